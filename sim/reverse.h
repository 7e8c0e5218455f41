/* SPDX-License-Identifier: BSD-2-Clause */
/* reverse.h - a race the other way round */
#ifndef SIM_REVERSE_H
#define SIM_REVERSE_H

#include "explore.h"

/**
 * From the node of step @i, explore the steps @v and then @q; @v is used up.
 * @whole: that is all behind @i that does not follow from it, whatever @q is.
 */
void reverse(struct explorer *ex, size_t i, const struct event *q, uint64_t *v, bool whole);

/**
 * The path ends at @n, where a thread has fallen asleep since: drop what it covers of
 * the first branch of the wakeup tree, and of those behind it as long as nothing is left.
 * False if there is nothing more to do at @n.
 */
bool drop_known(struct explorer *ex, struct node *n);

#endif

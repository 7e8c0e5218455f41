/* SPDX-License-Identifier: BSD-2-Clause */
/* reverse.h - a race the other way round */
#ifndef SIM_REVERSE_H
#define SIM_REVERSE_H

#include "explore.h"

/** From the node of step @i, explore the steps @v and then @q; @v is used up. */
void reverse(struct explorer *ex, size_t i, const struct event *q, uint64_t *v);

#endif

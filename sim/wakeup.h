/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * wakeup.h - what is still to be explored from a node
 *
 * A wakeup tree is an ordered tree of steps.  Each path from the root to a leaf is
 * a sequence to take from the node: it reverses a race that was found below, and
 * behind it the search is free.  All steps but a leaf's run as they were recorded,
 * and those that were leaves once.
 */
#ifndef SIM_WAKEUP_H
#define SIM_WAKEUP_H

#include "sim_internal.h"

/** Numbers of nodes in the pool; 0 is none. */
struct wakeup {
	uint32_t foot;  /* what the step touched when it was seen */
	uint32_t child; /* the first, 0: a leaf */
	uint32_t next;  /* the next sibling */
	uint8_t thread;
	uint8_t varies; /* enum vary: it may touch other things */
	bool doubtful;  /* a leaf: it may be covered by what is explored before it */
};

struct wakeups {
	struct wakeup *v; /* from 1 */
	uint32_t nr, max, free;
	uint32_t live, most; /* in use now, and at most so far */
};

/** A node without children and siblings; 0 without memory. */
uint32_t wakeup_new(struct wakeups *w, unsigned thread, uint32_t foot, unsigned varies);
void wakeup_free(struct wakeups *w, uint32_t id);
/** @id, its siblings behind it, and all below. */
void wakeup_free_all(struct wakeups *w, uint32_t id);
void wakeups_free(struct wakeups *w);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * state.h - the state of a machine: all that decides what can still happen
 *
 * That is the used part of the arena and the live part of the stacks, without what
 * only counts: steps, wake-ups, the numbers that new objects get, and what
 * sim_ignore() names.
 */
#ifndef SIM_STATE_H
#define SIM_STATE_H

#include "sim_internal.h"

struct state_range {
	char *begin, *end;
};

#define STATE_MAX_IGNORED (2 + 2 * SIM_MAX_THREADS + SIM_IGNORED)

/** What of the arena only counts, in any order; returns how many. */
unsigned state_ignored(const struct sim *sim, struct state_range *v);
/** The live part of a thread's stack. */
static inline size_t state_stack_size(const struct sim *sim, const struct sim_thread *t)
{
	return t->started ? (size_t)(sim->slots[t->id].hi - t->sp) : 0;
}

/** 128 bits, of which any are as good as the others. */
struct state_hash {
	uint64_t v[2];
};
/** Of the state between two steps. */
struct state_hash state_hash(struct sim *sim);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pasts.h - steps known by what came before them
 *
 * What a step touches depends on what its thread did and on what it reads: on the
 * steps that it follows from, directly or not.  That is its past.  Two executions
 * whose steps have the same past do the same step there.  A hash stands for a past,
 * and the hashes of all steps that were executed are kept: so of a step that would be
 * taken in another place it can be told what it touches, if it was ever taken there.
 *
 * That is known whenever the search must know it.  A thread s that sleeps at a state
 * covers a sequence v q if its step commutes with all of that.  v is recorded; q comes
 * in a new place.  But all that begins with s has been explored, s v q with it; and if
 * q after s v touches nothing that s does then it is the same as without s.
 */
#ifndef SIM_PASTS_H
#define SIM_PASTS_H

#include "explore.h"

struct pasts {
	uint64_t (*sums)[4]; /* for each key and mode, over the steps that touched it so */
	size_t nr_sums;
	uint64_t *known; /* pasts of steps that were executed: a table with open addressing */
	size_t nr_known, max_known;
	struct past last[SIM_MAX_THREADS]; /* of each thread, on the path */
	struct hash_set ways;              /* by struct past.own: what came next, a list in @nexts */
	struct next {
		uint32_t foot, next;
	} *nexts; /* from 1 */
	uint32_t nr_nexts, max_nexts;
};

int pasts_init(struct explorer *ex);
void pasts_free(struct explorer *ex);
/** @e, which has its footprint, was executed at the end of the path, or is undone. */
void pasts_step(struct explorer *ex, struct event *e);
/** Some time after pasts_step(): the table is large, and memory takes long to answer. */
void pasts_learn(struct explorer *ex, const struct event *e);
void pasts_undo(struct explorer *ex, const struct event *e);
/**
 * Put a step that is known behind the path without executing it, and take it back:
 * @before is what pasts_push() returned.
 */
struct past pasts_push(struct explorer *ex, unsigned thread, uint32_t foot);
void pasts_pop(struct explorer *ex, unsigned thread, uint32_t foot, struct past before);
/**
 * What the next step of @thread touches after the steps @of of the path (NULL: all, and
 * what was pushed) and then, if not NULL, the step of @s; 0: it was never taken there.
 */
uint32_t pasts_next(struct explorer *ex, const uint64_t *of, const struct sleeper *s,
		    unsigned thread);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * explore.h - what the search and the choice of alternatives share
 */
#ifndef SIM_EXPLORE_H
#define SIM_EXPLORE_H

#include "sim_internal.h"

/** A thread whose next step was explored, with what it touched. */
struct sleeper {
	struct footprint f;
	uint32_t thread;
};

/** A state between two steps, and the step being explored from it. */
struct node {
	uint32_t enabled;
	uint32_t asleep;         /* inherited, or tried here */
	uint32_t todo;           /* candidates not yet tried */
	uint32_t fresh;          /* enabled, and not picked above */
	uint32_t sleep_begin, sleep_end;
	struct footprint f;      /* of the step being explored */
	uint32_t fp_begin;       /* footprints below belong to nodes above */
	uint8_t pick;
	int8_t current;          /* the thread to stay on, or -1 */
	uint16_t in_a_row;       /* steps it has taken since another one did */
	bool tried, saved;
	enum sim_op_kind kind;   /* what @pick did, to compare when it is replayed */
	const char *what;
};

/** A step of the path in the happens-before order (races.c). */
struct event {
	int32_t prev; /* the step before it of the same thread, or -1 */
	uint16_t seq; /* its number in its thread, from 1 */
	uint8_t thread;
	uint16_t clock[SIM_MAX_THREADS]; /* how much of each thread precedes or is it */
};

struct explorer {
	struct sim *sim;
	const struct sim_explore_config *cfg;
	struct sim_explore_result *res;
	bool replay, brute, races, sample, stopped;
	bool cut; /* something was left out on purpose */
	uint64_t max_steps;
	int err; /* what ended the search */
	double begin;
	uint64_t checks;
	struct bounded *bounded;

	/* The path: one node, pick, mask of enabled threads and event a step. */
	struct node *nodes;
	uint8_t *picks;
	uint32_t *enabled;
	struct event *events;
	size_t depth, max_depth;
	int32_t last[SIM_MAX_THREADS];

	struct sleeper *sleepers;
	size_t max_sleepers;
	struct trace_hasher *hasher;
	uint64_t hash; /* of the last execution, if hashed */
};

/** Seconds since some moment. */
double explorer_clock(void);
int path_grow(struct explorer *ex);
void explorer_stop(struct explorer *ex, int err);
/** An execution or a prefix is done: is the search, too? */
void check_bounds(struct explorer *ex);
void execution_ends(struct explorer *ex, enum sim_end end);
/** All executions from the machine's present state. */
void search(struct explorer *ex);
/** A child of the last node, for the state the machine is in; or the end of an execution. */
void explorer_push(struct explorer *ex);
/** Take the step of the last node's next candidate. */
void explorer_step(struct explorer *ex, struct node *n);
/** It was taken: what follows. */
void explorer_descend(struct explorer *ex);

/* estimate.c */
void search_estimate(struct explorer *ex);

/* random.c */
void search_sample(struct explorer *ex);

/* bounded.c */
struct bounded *bounded_new(void);
void bounded_free(struct bounded *b);
void search_bounded(struct explorer *ex);
/** A new last node: leave the candidates that the bound allows, none if all is known. */
void bounded_enter(struct explorer *ex, struct node *n);
/** The last node's step was executed; it is undone. */
void bounded_step(struct explorer *ex);
void bounded_undo(struct explorer *ex, size_t step);
/** The path is an execution; false if its trace was seen. */
bool bounded_end(struct explorer *ex);

/* hashset.c: 64-bit hashes and a number for each */
struct hash_set {
	struct hash_cell {
		uint64_t hash;
		uint32_t value;
		bool used;
	} *cells;
	size_t nr, max;
};
/** The number of @hash, 0 when new; NULL without memory. */
uint32_t *hash_set_at(struct hash_set *s, uint64_t hash);
void hash_set_free(struct hash_set *s);

/* races.c */
void races_begin(struct explorer *ex);
/** The last node's step was executed. */
void races_step(struct explorer *ex);
/** It is about to be undone. */
void races_undo(struct explorer *ex, size_t step);
/** The path ends here: those who are blocked now. */
void races_end(struct explorer *ex);
/** The path ends here because of a finding. */
void races_cut(struct explorer *ex);

#endif

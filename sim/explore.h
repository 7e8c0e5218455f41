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
	bool replay, brute, races, stopped;
	uint64_t max_steps;
	int err; /* what ended the search */

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
};

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

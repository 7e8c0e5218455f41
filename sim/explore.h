/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * explore.h - what the search and the choice of alternatives share
 */
#ifndef SIM_EXPLORE_H
#define SIM_EXPLORE_H

#include "footset.h"
#include "sim_internal.h"
#include "wakeup.h"

/** A thread whose next step was explored, with what it touched. */
struct sleeper {
	uint32_t foot;
	uint32_t thread;
};

/** A state between two steps, and the step being explored from it. */
struct node {
	uint32_t enabled;
	uint32_t asleep;   /* inherited, or tried here */
	uint32_t todo;     /* candidates not yet tried */
	uint32_t fresh;    /* enabled, and not picked above */
	uint32_t sleep_begin, sleep_old, sleep_end; /* up to @sleep_old: reverse.c */
	uint32_t sleep_own; /* from here: threads that were tried here */
	uint32_t wakeups;  /* sequences to take from here, before @todo */
	uint32_t guide;    /* what they say about the child, once @pick is taken */
	uint32_t foot;     /* of the step being explored */
	uint8_t pick;
	int8_t current;    /* the thread to stay on, or -1 */
	uint16_t in_a_row; /* steps it has taken since another one did */
	bool tried, saved;
	bool taken;        /* the step is part of the path */
	bool full;         /* all threads are tried: nothing more can be asked of it */
	enum sim_op_kind kind; /* what @pick did, to compare when it is replayed */
	const char *what;
};

/** What a step waited for, and how it could have gone otherwise. */
struct need {
	uint32_t key;          /* the object's, or 0 */
	uint8_t needs;         /* enum sim_needs */
	bool waits;            /* it has a condition at all */
	bool met;              /* that holds now */
	uint64_t place;        /* a hash of where in its program the thread stands, or 0 */
	bool killable, killed; /* a signal is as good, and there was one */
	int64_t value;
};

/** A change of who may have an object (struct hold). */
struct held {
	uint32_t key;
	uint8_t free, readers;
	int8_t delta;
	int64_t value;
};

/** What a thread has done, hashed: with all that came before it, and what it touched alone. */
struct past {
	uint64_t all, own;
};

/** Sleepers of a node who conflict with nothing in some sequence (reverse.c). */
struct clean {
	uint32_t sleepers; /* counted from the node's first; but not those up to sleep_old */
	uint32_t threads;  /* all of them */
};

/** A step of the path in the happens-before order (races.c). */
struct event {
	int32_t prev; /* the step before it of the same thread, or -1 */
	uint32_t foot;
	uint32_t held, nr_held; /* of explorer.held */
	uint32_t found;         /* of explorer.found: those below are of the steps before it */
	uint8_t thread;
	uint8_t varies;
	struct need need;
	uint64_t born; /* paths that had ended when it was taken */
	uint64_t path; /* whose end explorer.apart is for */
	uint64_t clean_of; /* and @clean, of just that sequence */
	struct clean clean;
	uint64_t own; /* a hash of what its thread touched so far; 0 if that depended on more */
	struct past past; /* pasts.h; 0 if that is not used */
};

/** Two steps of the path that conflict and could come the other way round. */
struct race {
	uint32_t first, second;
};

/* hashset.c: 64-bit hashes and a number for each */
struct hash_set {
	struct hash_cell {
		uint64_t hash;
		uint32_t value;
		bool used;
	} *cells;
	size_t nr, max;
};
struct explorer {
	struct sim *sim;
	const struct sim_explore_config *cfg;
	struct sim_explore_result *res;
	bool replay, brute, races, sample, stopped;
	bool cut; /* something was left out on purpose */
	bool called;                   /* to give back what is not done (part.c) */
	struct sim_frontier *frontier; /* a search with others, or NULL */
	size_t prefix;                 /* nodes above the part being explored */
	uint64_t part_begin;           /* steps before it */
	uint64_t max_steps;
	int err; /* what ended the search */
	double begin;
	uint64_t checks;
	struct bounded *bounded;
	struct cache *cache;
	struct awaits *awaits;
	struct symmetry *symmetry;

	/* The path: one node, pick, mask of enabled threads and event a step. */
	struct node *nodes;
	uint8_t *picks;
	uint32_t *enabled;
	struct event *events;
	size_t depth, max_depth;

	struct sleeper *sleepers;
	size_t max_sleepers;
	struct footsets feet;
	struct wakeups wakeups;
	struct trace_hasher *hasher;
	uint64_t hash; /* of the last execution, if hashed */

	/* races.c */
	struct rows hb;         /* a row for each step: what precedes it */
	struct rows apart;      /* and what is independent of it */
	struct race *found;     /* that could be reversed, by their second step */
	size_t nr_found, max_found;
	size_t unchanged;       /* steps of the path that were there when the last one ended */
	struct rows settled;    /* one: the steps whose races need not be looked at again */
	uint64_t paths;         /* that have ended */
	struct rows steps;      /* a row for each thread: its steps */
	struct rows scratch;
	struct held *held;
	size_t max_held;
	int32_t last[SIM_MAX_THREADS];
	struct pasts *pasts; /* NULL if steps are fixed */
	struct hash_set touched; /* what steps that wait touched, by need.place */
};

/*
 * Most paths have so few steps that a row is one word.  What is done all the time is compiled
 * for that, and for any number.
 */
#define INLINE static inline __attribute__((always_inline))

/** Seconds since some moment. */
double explorer_clock(void);
int path_grow(struct explorer *ex);
/** Room for one node's sleepers above those of the path, which are @used. */
int sleepers_reserve(struct explorer *ex, size_t used);
void explorer_stop(struct explorer *ex, int err);
void show_progress(const struct explorer *ex);
/** An execution or a prefix is done: is the search, too? */
void check_bounds(struct explorer *ex);
void execution_ends(struct explorer *ex, enum sim_end end);
/** The same of one whose threads go round for ever, nothing of which is cut. */
void execution_goes_round(struct explorer *ex);
/** All executions from the machine's present state. */
void search(struct explorer *ex);
/** What is left below the first @depth nodes of the path. */
void search_below(struct explorer *ex, size_t depth);
/** A node at the end of the path, for the state the machine is in; NULL without memory. */
struct node *explorer_add_node(struct explorer *ex);
/** Who can go on from here, as the search has it. */
uint32_t explorer_enabled(const struct explorer *ex);
/** Leave the path as it is, for the begin. */
void explorer_abandon(struct explorer *ex);
/** A child of the last node, for the state the machine is in; or the end of an execution. */
void explorer_push(struct explorer *ex);
/** Take the step of the last node's next candidate; false if there was none to take. */
bool explorer_step(struct explorer *ex, struct node *n);
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

/* hashset.c */
/** The number of @hash, 0 when new; NULL without memory. */
uint32_t *hash_set_at(struct hash_set *s, uint64_t hash);
/** The same if it is there, or NULL. */
const uint32_t *hash_set_find(const struct hash_set *s, uint64_t hash);
void hash_set_free(struct hash_set *s);

/* races.c */
/** No race can say what else to try at @n: everything. */
void explorer_tries_all(struct explorer *ex, struct node *n);
int races_grow(struct explorer *ex);
void races_free(struct explorer *ex);
/** What the thread is about to do waits for this. */
void races_need(struct explorer *ex, const struct sim_thread *t, struct need *need);
/** The last node's step was executed; what it needed is in its event. */
void races_step(struct explorer *ex);
/** The last step is about to be undone. */
void races_undo(struct explorer *ex);
/** The path ends here: reverse its races, also with those who are blocked now. */
void races_end(struct explorer *ex);
/** The path ends here because of a finding. */
void races_cut(struct explorer *ex);

#endif

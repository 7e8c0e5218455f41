/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * frontier.h - the tree of shared nodes (frontier.c), and parts of a search (part.c)
 */
#ifndef SIM_FRONTIER_H
#define SIM_FRONTIER_H

#include <ck_queue.h>
#include <pthread.h>

#include "explore.h"
#include "uffdsim/frontier.h"

/** A sleeper whose footprint lies in no machine. */
struct shared_sleeper {
	uint8_t thread;
	uint32_t nr;
	struct access *v;
};

/** A node of the search that outlives the path on which it was found. */
struct shared_node {
	struct shared_node *parent;
	CK_LIST_HEAD(, shared_node) children;
	CK_LIST_ENTRY(shared_node) sibling;
	CK_LIST_ENTRY(shared_node) ready;
	size_t depth;
	uint32_t enabled;
	uint32_t asleep;
	uint32_t todo;   /* candidates that nobody has begun */
	uint32_t seen;   /* candidates that were ever begun or in todo */
	uint8_t pick;    /* the parent's step that leads here */
	bool fresh;      /* the root, before anything is known of it */
	bool busy;       /* a worker has it */
	bool is_ready;
	bool foreign;    /* another part's: only the way to ours */
	bool asked;      /* foreign: races below want others tried here */
	bool keep;       /* a merge will ask for it */
	int dealt;       /* the part that its candidates belong to, or PART_NONE */
	int part;        /* the part of all that is below, or PART_SEVERAL */
	size_t index;    /* in the file being written */
	struct shared_node *twin; /* in the frontier that it is merged into */
	unsigned nr_sleepers;
	struct shared_sleeper *sleepers;
};

struct sim_frontier {
	pthread_mutex_t lock;   /* everything below but @call */
	pthread_cond_t changed; /* something is ready, or all rest */
	struct shared_node *root;
	CK_LIST_HEAD(, shared_node) ready; /* those with candidates that are not busy */
	unsigned busy, idle;    /* workers */
	bool pause, wide;
	enum sim_limit limit;   /* what ended the search, for all */
	bool stopped;
	uint64_t grain;
	int call;               /* enum frontier_call; read without the lock */
};

enum { PART_NONE = -2, PART_SEVERAL = -1 };

/** What workers are asked for. */
enum frontier_call { CALL_NOTHING, CALL_SHARE, CALL_REST };

/** Something to explore below; waits for it.  NULL: there is none, or the search was stopped. */
struct shared_node *frontier_take(struct sim_frontier *f);
/** The worker has let go of its node. */
void frontier_release(struct sim_frontier *f);
/** End the search for all workers. */
void frontier_stop(struct sim_frontier *f, enum sim_limit limit);

/* With the lock held: */
struct shared_node *shared_node_new(struct shared_node *parent, unsigned pick);
/** Add candidates to a node, those that it has not seen. */
void frontier_add(struct sim_frontier *f, struct shared_node *n, uint32_t todo);
/** Races below @n want others tried there: all are. */
void frontier_ask(struct sim_frontier *f, struct shared_node *n);
/** Free a node that nobody needs any more, and those above it that it kept. */
void frontier_drop(struct sim_frontier *f, struct shared_node *n);
void shared_sleepers_free(struct shared_node *n);
/** The next node in an order that has parents before children; NULL after the last. */
struct shared_node *shared_node_next(const struct shared_node *n);

/* part.c */
/** What a worker does. */
void search_shared(struct explorer *ex);
/** Has the worker to give back what it has? */
bool part_is_called(const struct explorer *ex);

#endif

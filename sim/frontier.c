/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * frontier.c - what of a search is still to do, for several workers
 *
 * A tree of nodes; those with candidates are ready to be taken.  Other nodes
 * are there because they lie on the way, or because a race that is found below
 * may ask for candidates there.  A node goes when it has neither candidates nor
 * children nor a worker.
 *
 * One lock: workers come here once in thousands of steps.
 */
#include <ck_pr.h>
#include <errno.h>
#include <stdlib.h>

#include "frontier.h"

#define GRAIN 20000

struct shared_node *shared_node_new(struct shared_node *parent, unsigned pick)
{
	struct shared_node *n = calloc(1, sizeof(*n));

	if (!n)
		return NULL;
	CK_LIST_INIT(&n->children);
	n->parent = parent;
	n->pick = (uint8_t)pick;
	if (parent) {
		n->depth = parent->depth + 1;
		CK_LIST_INSERT_HEAD(&parent->children, n, sibling);
	}
	return n;
}

void shared_sleepers_free(struct shared_node *n)
{
	for (unsigned i = 0; i < n->nr_sleepers; i++)
		free(n->sleepers[i].v);
	free(n->sleepers);
	n->sleepers = NULL;
	n->nr_sleepers = 0;
}

static void node_free(struct shared_node *n)
{
	if (n->parent)
		CK_LIST_REMOVE(n, sibling);
	shared_sleepers_free(n);
	free(n);
}

static void tree_free(struct shared_node *root)
{
	struct shared_node *n = root;

	/* From the leaves up; paths are too long for a recursion. */
	while (n) {
		struct shared_node *up = n->parent;

		if (!CK_LIST_EMPTY(&n->children)) {
			n = CK_LIST_FIRST(&n->children);
			continue;
		}
		node_free(n);
		n = up;
	}
}

struct shared_node *shared_node_next(const struct shared_node *n)
{
	if (!CK_LIST_EMPTY(&n->children))
		return CK_LIST_FIRST(&n->children);
	while (n && !CK_LIST_NEXT(n, sibling))
		n = n->parent;
	return n ? CK_LIST_NEXT(n, sibling) : NULL;
}

int sim_frontier_create(struct sim_frontier **ret)
{
	struct sim_frontier *f = calloc(1, sizeof(*f));

	if (!f)
		return -ENOMEM;
	f->root = shared_node_new(NULL, 0);
	if (!f->root) {
		free(f);
		return -ENOMEM;
	}
	pthread_mutex_init(&f->lock, NULL);
	pthread_cond_init(&f->changed, NULL);
	CK_LIST_INIT(&f->ready);
	f->grain = GRAIN;
	f->root->fresh = true;
	frontier_add(f, f->root, ~0u);
	f->root->seen = 0; /* nobody knows yet who can go on */
	*ret = f;
	return 0;
}

void sim_frontier_destroy(struct sim_frontier *f)
{
	if (!f)
		return;
	tree_free(f->root);
	pthread_mutex_destroy(&f->lock);
	pthread_cond_destroy(&f->changed);
	free(f);
}

void sim_frontier_set_grain(struct sim_frontier *f, uint64_t steps)
{
	f->grain = steps;
}

void sim_frontier_set_wide(struct sim_frontier *f, bool wide)
{
	f->wide = wide;
}

void sim_frontier_restart(struct sim_frontier *f)
{
	f->stopped = false;
	f->limit = SIM_LIMIT_NONE;
	ck_pr_store_int(&f->call, CALL_NOTHING);
}

/* -------------------------------------------------------------------- workers */

static void set_call(struct sim_frontier *f)
{
	enum frontier_call call = CALL_NOTHING;

	if (f->pause || f->stopped)
		call = CALL_REST;
	else if (f->idle && CK_LIST_EMPTY(&f->ready))
		call = CALL_SHARE;
	ck_pr_store_int(&f->call, (int)call);
}

static void set_ready(struct sim_frontier *f, struct shared_node *n)
{
	if (n->is_ready || n->busy || !n->todo)
		return;
	n->is_ready = true;
	CK_LIST_INSERT_HEAD(&f->ready, n, ready);
	pthread_cond_broadcast(&f->changed);
	set_call(f);
}

void frontier_add(struct sim_frontier *f, struct shared_node *n, uint32_t todo)
{
	n->todo |= todo;
	n->seen |= todo;
	set_ready(f, n);
}

void frontier_ask(struct sim_frontier *f, struct shared_node *n)
{
	n->asked = n->foreign;
	if (!n->foreign)
		frontier_add(f, n, n->enabled & ~n->seen & ~n->asleep);
}

void frontier_drop(struct sim_frontier *f, struct shared_node *n)
{
	while (n != f->root && !n->todo && !n->busy && !n->keep && CK_LIST_EMPTY(&n->children)) {
		struct shared_node *up = n->parent;

		node_free(n);
		n = up;
	}
}

/* What was found last is near to what the worker did; who has waited takes the largest. */
static struct shared_node *next_ready(struct sim_frontier *f, bool wide)
{
	struct shared_node *best = CK_LIST_FIRST(&f->ready), *n;

	CK_LIST_FOREACH(n, &f->ready, ready)
		if (wide ? n->depth < best->depth : n->depth > best->depth)
			best = n;
	if (best) {
		CK_LIST_REMOVE(best, ready);
		best->is_ready = false;
		best->busy = true;
		f->busy++;
	}
	return best;
}

struct shared_node *frontier_take(struct sim_frontier *f)
{
	struct shared_node *n = NULL;
	bool waited = false;

	pthread_mutex_lock(&f->lock);
	while (!f->stopped) {
		n = f->pause ? NULL : next_ready(f, waited || f->wide);
		if (n || (!f->pause && !f->busy))
			break;
		f->idle++;
		set_call(f);
		pthread_cond_wait(&f->changed, &f->lock);
		f->idle--;
		waited = true;
	}
	set_call(f);
	pthread_mutex_unlock(&f->lock);
	return n;
}

void frontier_release(struct sim_frontier *f)
{
	f->busy--;
	if (!f->busy)
		pthread_cond_broadcast(&f->changed);
}

void frontier_stop(struct sim_frontier *f, enum sim_limit limit)
{
	pthread_mutex_lock(&f->lock);
	if (!f->stopped)
		f->limit = limit;
	f->stopped = true;
	set_call(f);
	pthread_cond_broadcast(&f->changed);
	pthread_mutex_unlock(&f->lock);
}

void sim_frontier_pause(struct sim_frontier *f)
{
	pthread_mutex_lock(&f->lock);
	f->pause = true;
	set_call(f);
	while (f->busy)
		pthread_cond_wait(&f->changed, &f->lock);
	pthread_mutex_unlock(&f->lock);
}

void sim_frontier_go_on(struct sim_frontier *f)
{
	pthread_mutex_lock(&f->lock);
	f->pause = false;
	set_call(f);
	pthread_cond_broadcast(&f->changed);
	pthread_mutex_unlock(&f->lock);
}

bool sim_frontier_done(struct sim_frontier *f)
{
	bool done;

	pthread_mutex_lock(&f->lock);
	done = !f->busy && CK_LIST_EMPTY(&f->ready);
	pthread_mutex_unlock(&f->lock);
	return done;
}

size_t sim_frontier_ready(struct sim_frontier *f)
{
	struct shared_node *n;
	size_t nr = 0;

	pthread_mutex_lock(&f->lock);
	CK_LIST_FOREACH(n, &f->ready, ready)
		nr++;
	pthread_mutex_unlock(&f->lock);
	return nr;
}

void sim_explore_result_add(struct sim_explore_result *to, const struct sim_explore_result *from)
{
	to->executions += from->executions;
	to->pruned += from->pruned;
	to->in_full += from->in_full;
	to->diverged += from->diverged;
	to->deadlocks += from->deadlocks;
	to->step_bound += from->step_bound;
	to->endless += from->endless;
	to->waited += from->waited;
	to->bugs += from->bugs;
	to->unmodelled += from->unmodelled;
	to->steps += from->steps;
	if (from->max_depth > to->max_depth)
		to->max_depth = from->max_depth;
	if (from->limit)
		to->limit = from->limit;
}

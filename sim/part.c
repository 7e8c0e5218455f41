/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * part.c - the search below one node of a frontier
 *
 *     root ---- ... ---- node        the prefix: taken again, nothing is tried on it
 *                         |   \
 *                        path  ...   the part: explored as always
 *
 * The nodes of the prefix have their sleepers, so the races of the part know
 * what has been tried there, and what is not becomes the node's business in the
 * frontier: there all threads are tried, as with sleep sets.  To give back what
 * is left, the path itself is added to the frontier, down to its last node with
 * candidates: the step being explored from a node counts as tried there, since
 * somebody will explore it to its end.  Of a wakeup sequence only the first step
 * is kept; what begins with it is explored without a guide.
 */
#include <ck_pr.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "frontier.h"

/* -------------------------------------------------------------- taking a node up */

/*
 * A copy of the way to a part, since others change the nodes of it meanwhile:
 * each node, its sleepers, and their footprints, one after the other.
 */
struct way {
	struct shared_node *nodes; /* the root first; their sleepers are those below */
	size_t nr;
	struct shared_sleeper *sleepers;
	struct access *accesses;
};

static void way_free(struct way *w)
{
	free(w->nodes);
	free(w->sleepers);
	free(w->accesses);
}

static bool way_alloc(struct way *w, const struct shared_node *last)
{
	size_t sleepers = 0, accesses = 0;

	for (const struct shared_node *n = last; n; n = n->parent) {
		sleepers += n->nr_sleepers;
		for (unsigned i = 0; i < n->nr_sleepers; i++)
			accesses += n->sleepers[i].nr;
	}
	w->nr = last->depth + 1;
	w->nodes = malloc(w->nr * sizeof(*w->nodes));
	w->sleepers = malloc((sleepers + 1) * sizeof(*w->sleepers));
	w->accesses = malloc((accesses + 1) * sizeof(*w->accesses));
	return w->nodes && w->sleepers && w->accesses;
}

static void way_copy(struct way *w, const struct shared_node *last)
{
	struct shared_sleeper *s = w->sleepers;
	struct access *v = w->accesses;

	for (const struct shared_node *n = last; n; n = n->parent) {
		struct shared_node *to = &w->nodes[n->depth];

		*to = *n;
		to->sleepers = s;
		for (unsigned i = 0; i < n->nr_sleepers; i++, s++) {
			*s = n->sleepers[i];
			s->v = v;
			memcpy(v, n->sleepers[i].v, s->nr * sizeof(*v));
			v += s->nr;
		}
	}
}

/*
 * The way to @last, with the candidates there.  While it is busy they are ours;
 * others may ask for more meanwhile.
 */
static bool take_way(struct sim_frontier *f, struct shared_node *last, struct way *w)
{
	bool ok;

	pthread_mutex_lock(&f->lock);
	ok = way_alloc(w, last);
	if (ok) {
		way_copy(w, last);
		last->todo = 0;
	}
	pthread_mutex_unlock(&f->lock);
	return ok;
}

/*
 * @but sleeps, too, but is the one who goes on.  All are old (reverse.c): what begins with
 * them is explored by somebody, but maybe later.  A race that is found there may want of this
 * node what begins with one who was given away before, and of that only the first step is kept.
 */
static void load_sleepers(struct explorer *ex, struct node *n, const struct shared_node *from,
			  uint32_t but)
{
	for (unsigned i = 0; i < from->nr_sleepers; i++) {
		const struct shared_sleeper *s = &from->sleepers[i];
		uint32_t foot;

		if (but >> s->thread & 1)
			continue;
		foot = footset(&ex->feet, s->v, s->nr);
		if (!foot)
			explorer_stop(ex, -ENOMEM);
		ex->sleepers[n->sleep_end++] = (struct sleeper){ foot, s->thread };
	}
	n->sleep_old = n->sleep_end;
}

/* A node of the prefix, with the thread that goes on (@last false), or the part's first. */
static void load_node(struct explorer *ex, const struct shared_node *from, uint32_t todo, bool last)
{
	struct node *n;

	if (explorer_enabled(ex) != from->enabled || ex->sim->ended) {
		explorer_stop(ex, -ESTALE);
		return;
	}
	n = explorer_add_node(ex);
	if (!n)
		return;
	load_sleepers(ex, n, from, last ? 0 : todo);
	n->asleep = from->asleep & ~(last ? 0 : todo);
	n->todo = todo;
	n->full = !(from->enabled & ~from->seen);
}

static void load_part(struct explorer *ex, const struct way *w)
{
	const struct shared_node *n = w->nodes;
	uint64_t steps = ex->res->steps;

	for (size_t i = 0; i + 1 < w->nr && !ex->stopped; i++) {
		load_node(ex, &n[i], 1u << n[i + 1].pick, false);
		if (!ex->stopped && !explorer_step(ex, &ex->nodes[i]))
			explorer_stop(ex, -ESTALE);
	}
	if (!ex->stopped)
		load_node(ex, &n[w->nr - 1], n[w->nr - 1].todo, true);
	/* They were counted when they were taken first. */
	ex->res->steps = steps;
}

/* -------------------------------------------------------------------- giving back */

static bool store_sleeper(struct explorer *ex, struct shared_node *to, unsigned thread,
			  uint32_t foot)
{
	struct shared_sleeper *s = &to->sleepers[to->nr_sleepers];
	const struct access *v = footset_list(&ex->feet, foot, &s->nr);

	s->thread = (uint8_t)thread;
	s->v = v ? malloc((s->nr + 1) * sizeof(*s->v)) : NULL;
	if (!s->v)
		return false;
	memcpy(s->v, v, s->nr * sizeof(*v));
	to->nr_sleepers++;
	return true;
}

/* What the path knows of a node. */
static bool store_node(struct explorer *ex, const struct node *n, struct shared_node *to)
{
	bool tried = n->taken && !ex->brute;
	uint32_t nr = n->sleep_end - n->sleep_begin;

	shared_sleepers_free(to);
	to->sleepers = calloc(nr + 1, sizeof(*to->sleepers));
	if (!to->sleepers)
		return false;
	for (uint32_t i = n->sleep_begin; i < n->sleep_end; i++)
		if (!store_sleeper(ex, to, ex->sleepers[i].thread, ex->sleepers[i].foot))
			return false;
	if (tried && !store_sleeper(ex, to, n->pick, n->foot))
		return false;
	to->fresh = false;
	to->enabled = n->enabled;
	to->asleep = n->asleep | (tried ? 1u << n->pick : 0);
	to->todo &= ~to->asleep;
	to->seen |= to->asleep & n->enabled;
	if (ex->brute || n->full)
		to->seen |= n->enabled;
	return true;
}

/* Whom the path would still try at a node. */
static uint32_t candidates(const struct explorer *ex, const struct node *n)
{
	uint32_t todo = n->todo, can = n->enabled & ~n->asleep;

	for (uint32_t id = n->wakeups; id; id = ex->wakeups.v[id].next) {
		uint32_t bit = 1u << ex->wakeups.v[id].thread;

		/* As the search has it: who cannot go first here stands for anybody. */
		todo |= can & bit ? bit : n->enabled;
	}
	return todo & n->enabled;
}

static bool give_back_path(struct explorer *ex, struct shared_node *first, size_t last)
{
	struct sim_frontier *f = ex->frontier;
	struct shared_node *to = first;

	for (size_t i = ex->prefix;; i++) {
		const struct node *n = &ex->nodes[i];

		if (!store_node(ex, n, to))
			return false;
		frontier_add(f, to, candidates(ex, n) & ~to->asleep);
		if (i >= last)
			return true;
		to = shared_node_new(to, n->pick);
		if (!to)
			return false;
	}
}

/* The deepest node of the part with candidates; the part's first if there is none. */
static size_t last_with_todo(const struct explorer *ex)
{
	size_t i = ex->depth;

	while (i-- > ex->prefix + 1)
		if (ex->nodes[i].todo || ex->nodes[i].wakeups)
			return i;
	return ex->prefix;
}

/* @known: its node is on the path, or was. */
static void give_back(struct explorer *ex, struct shared_node *first, bool known)
{
	struct sim_frontier *f = ex->frontier;
	struct shared_node *n = first->parent;
	bool ok = true;

	pthread_mutex_lock(&f->lock);
	first->busy = false;
	for (size_t i = ex->prefix; known && n; n = n->parent)
		if (candidates(ex, &ex->nodes[--i]))
			frontier_ask(f, n);
	if (known)
		ok = give_back_path(ex, first, last_with_todo(ex));
	frontier_drop(f, first);
	frontier_release(f);
	pthread_mutex_unlock(&f->lock);
	if (!ok)
		explorer_stop(ex, -ENOMEM);
}

/* ------------------------------------------------------------------------- workers */

bool part_is_called(const struct explorer *ex)
{
	int call = ck_pr_load_int(&ex->frontier->call);

	return call == CALL_REST ||
	       (call == CALL_SHARE && ex->res->steps - ex->part_begin >= ex->frontier->grain);
}

/* False: there was no node to explore below, only an execution. */
static bool explore_part(struct explorer *ex, struct shared_node *first)
{
	struct way way = { 0 };

	ex->depth = 0;
	ex->prefix = first->depth;
	ex->called = false;
	ex->part_begin = ex->res->steps;
	if (!take_way(ex->frontier, first, &way))
		explorer_stop(ex, -ENOMEM);
	else if (first->fresh)
		explorer_push(ex);
	else
		load_part(ex, &way);
	way_free(&way);
	if (ex->depth <= ex->prefix)
		return false;
	search_below(ex, ex->prefix);
	return true;
}

void search_shared(struct explorer *ex)
{
	struct sim_frontier *f = ex->frontier;
	struct shared_node *n;

	while (!ex->stopped && (n = frontier_take(f))) {
		bool known = explore_part(ex, n);

		give_back(ex, n, known);
		explorer_abandon(ex);
	}
	if (ex->stopped)
		frontier_stop(f, ex->res->limit);
	else
		ex->res->limit = f->limit;
}

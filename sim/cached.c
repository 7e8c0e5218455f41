/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cached.c - every state once, instead of every trace
 *
 * What can follow depends on the state alone.  So a node in a state that is known
 * need not be gone on from, unless it has to look at more: with a state is kept who
 * was asleep there, Z, and who comes back with Z' asleep tries Z \ Z', asleep being
 * only who is in both (Godefroid).  That leaves out no final state:
 *
 *	Let w be an execution from state s, and s be come to with nobody asleep who
 *	could begin w.  In the end all who could begin w were tried from s.  Of the
 *	visits in which one of them was, take the last, and of those it tried t, the
 *	first.  Below t nobody is asleep who could begin the rest of w: he would be
 *	independent of t, so he could begin w, and was neither tried before t in this
 *	visit nor asleep in it, or else he would have been tried in a later one.
 *	The rest of w is shorter.
 *
 * So it does with cycles, too; and a loop that only waits is one: it comes back to
 * a state.  Races and wakeup trees do not go with this, since what lies below a known
 * state is not looked at for them.  What an execution has behind it but what is in its
 * state is not known either; the orders of locks and the clocks of data races are in it.
 *
 * A state is known by 128 bits.  When the memory that may be used is full, further
 * states are not remembered, and explored as often as they are come to.
 *
 * In the end the states that can come back to themselves are reported: they may be
 * those of a livelock.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cached.h"
#include "state.h"
#include "symmetry.h"

#define CACHE_DEFAULT (1ULL << 30)

/* How many states of cycles are worth a look. */
#define MAX_CYCLING 1000

struct cell {
	struct state_hash hash;
	uint32_t asleep; /* in all visits so far */
	uint32_t parent; /* from which it was come to first, by @pick; 0: the first */
	uint8_t pick;
};

struct edge {
	uint32_t from, to;
};

struct cache {
	uint64_t limit; /* bytes */
	bool full;
	struct cell *cells; /* from 1 */
	uint32_t nr, max;
	uint32_t *slots; /* of cells, by hash; twice as many */
	struct edge *edges;
	size_t nr_edges, max_edges;
	uint32_t *path; /* the cell of each node; 0: not remembered */
	size_t max_path;
};

/* -------------------------------------------------------------------- memory */

static void *resize(void *pp, size_t nr, size_t size)
{
	void **where = pp, *p = realloc(*where, nr * size);

	if (p)
		*where = p;
	return p;
}

static uint32_t *slot_of(const struct cache *c, const struct state_hash *h)
{
	uint32_t mask = 2 * c->max - 1, i = (uint32_t)h->v[0] & mask;

	while (c->slots[i] && memcmp(&c->cells[c->slots[i]].hash, h, sizeof(*h)))
		i = (i + 1) & mask;
	return &c->slots[i];
}

/* Room for twice as many states; 0 or -ENOMEM. */
static int grow(struct cache *c, uint32_t max)
{
	uint32_t *slots = calloc(2 * (size_t)max, sizeof(*slots));

	if (!slots || !resize(&c->cells, (size_t)max + 1, sizeof(*c->cells))) {
		free(slots);
		return -ENOMEM;
	}
	free(c->slots);
	c->slots = slots;
	c->max = max;
	for (uint32_t i = 1; i <= c->nr; i++)
		*slot_of(c, &c->cells[i].hash) = i;
	return 0;
}

static uint64_t bytes(const struct cache *c, uint32_t max)
{
	return max * (sizeof(*c->cells) + 2 * sizeof(*c->slots)) + c->max_edges * sizeof(*c->edges);
}

/* Room for one more state, if there may be. */
static int reserve(struct cache *c)
{
	if (c->nr < c->max || c->full)
		return 0;
	c->full = c->max > UINT32_MAX / 4 || bytes(c, 2 * c->max) > c->limit;
	return c->full ? 0 : grow(c, 2 * c->max);
}

struct cache *cache_new(uint64_t limit)
{
	struct cache *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	c->limit = limit ? limit : CACHE_DEFAULT;
	if (!grow(c, 1024))
		return c;
	free(c);
	return NULL;
}

void cache_free(struct cache *c)
{
	if (!c)
		return;
	free(c->cells);
	free(c->slots);
	free(c->edges);
	free(c->path);
	free(c);
}

/* -------------------------------------------------------------------- states */

static int add_edge(struct cache *c, uint32_t from, uint32_t to)
{
	size_t max = c->max_edges ? 2 * c->max_edges : 1024;

	if (!from || !to)
		return 0;
	if (c->nr_edges == c->max_edges) {
		if (!resize(&c->edges, max, sizeof(*c->edges)))
			return -ENOMEM;
		c->max_edges = max;
	}
	c->edges[c->nr_edges++] = (struct edge){ from, to };
	return 0;
}

/* The cell of the state at the end of the path; 0 if there is no room for it. */
static int look_up(struct explorer *ex, uint32_t *ret, bool *known)
{
	struct cache *c = ex->cache;
	struct state_hash h = state_hash(ex->sim);
	uint32_t *slot, from = ex->depth ? c->path[ex->depth - 1] : 0;
	int err = reserve(c);

	if (err)
		return err;
	h.v[1] += symmetry_acted(ex); /* who may go on depends on that, too */
	slot = slot_of(c, &h);
	*known = *slot;
	if (!*known && c->nr < c->max) {
		*slot = ++c->nr;
		c->cells[c->nr] = (struct cell){
			.hash = h,
			.parent = from,
			.pick = ex->depth ? ex->nodes[ex->depth - 1].pick : 0,
		};
	}
	*ret = *slot;
	ex->res->states = c->nr;
	ex->res->forgotten += !*slot;
	ex->res->transitions += ex->depth > 0;
	return add_edge(c, from, *slot);
}

/* Sleepers that were tried from here are no longer any. */
static void keep_sleepers(struct explorer *ex, struct node *n, uint32_t mask)
{
	uint32_t end = n->sleep_begin;

	for (uint32_t i = n->sleep_begin; i < n->sleep_end; i++)
		if (mask >> ex->sleepers[i].thread & 1)
			ex->sleepers[end++] = ex->sleepers[i];
	n->sleep_old = n->sleep_end = end;
	n->asleep &= mask;
}

void cache_enter(struct explorer *ex, struct node *n)
{
	struct cache *c = ex->cache;
	uint32_t id = 0, asleep;
	bool known = false;
	int err = 0;

	if (ex->depth >= c->max_path) {
		c->max_path = ex->max_depth;
		err = resize(&c->path, c->max_path, sizeof(*c->path)) ? 0 : -ENOMEM;
	}
	if (!err)
		err = look_up(ex, &id, &known);
	if (err) {
		explorer_stop(ex, err);
		return;
	}
	c->path[ex->depth] = id;
	if (!known) {
		c->cells[id].asleep = n->asleep;
		return;
	}
	asleep = c->cells[id].asleep;
	c->cells[id].asleep &= n->asleep;
	n->todo &= asleep;
	keep_sleepers(ex, n, asleep);
}

bool cache_end(struct explorer *ex)
{
	uint32_t id;
	bool known;
	int err = look_up(ex, &id, &known);

	if (err)
		explorer_stop(ex, err);
	return !err && !known;
}

/* -------------------------------------------------------------------- cycles */

/*
 * Strongly connected components (Tarjan): a state is in a cycle if it is not alone in
 * its component, or leads to itself.
 */
struct components {
	uint32_t *first, *to;   /* the states after each */
	uint32_t *next;         /* of them to look at */
	uint32_t *number, *low; /* in the order in which they were come to, from 1 */
	uint32_t *stack, *call;
	uint32_t nr, nr_stack, nr_call;
	bool *cycles;
};

static void components_free(struct components *k)
{
	free(k->first);
	free(k->to);
	free(k->next);
	free(k->number);
	free(k->low);
	free(k->stack);
	free(k->call);
	free(k->cycles);
}

static int components_init(struct components *k, const struct cache *c)
{
	size_t nr = (size_t)c->nr + 2;

	k->first = calloc(nr + 1, sizeof(*k->first));
	k->to = calloc(c->nr_edges + 1, sizeof(*k->to));
	k->next = calloc(nr, sizeof(*k->next));
	k->number = calloc(nr, sizeof(*k->number));
	k->low = calloc(nr, sizeof(*k->low));
	k->stack = calloc(nr, sizeof(*k->stack));
	k->call = calloc(nr, sizeof(*k->call));
	k->cycles = calloc(nr, sizeof(*k->cycles));
	if (!k->first || !k->to || !k->next || !k->number || !k->low || !k->stack || !k->call ||
	    !k->cycles)
		return -ENOMEM;
	for (size_t i = 0; i < c->nr_edges; i++)
		k->first[c->edges[i].from + 1]++;
	for (size_t i = 1; i <= nr; i++)
		k->first[i] += k->first[i - 1];
	memcpy(k->next, k->first, nr * sizeof(*k->next));
	for (size_t i = 0; i < c->nr_edges; i++)
		k->to[k->next[c->edges[i].from]++] = c->edges[i].to;
	memcpy(k->next, k->first, nr * sizeof(*k->next));
	return 0;
}

static void come_to(struct components *k, uint32_t v)
{
	k->number[v] = k->low[v] = ++k->nr;
	k->stack[k->nr_stack++] = v;
	k->call[k->nr_call++] = v;
}

/* All from @v on the stack are a component. */
static void close_component(struct components *k, uint32_t v)
{
	bool alone = k->stack[k->nr_stack - 1] == v;
	uint32_t w;

	do {
		w = k->stack[--k->nr_stack];
		k->cycles[w] |= !alone;
		k->low[w] = UINT32_MAX; /* done with */
	} while (w != v);
}

static void lower(struct components *k, uint32_t v, uint32_t low)
{
	if (low < k->low[v])
		k->low[v] = low;
}

static void find_components(struct components *k, uint32_t root)
{
	come_to(k, root);
	while (k->nr_call) {
		uint32_t v = k->call[k->nr_call - 1], w;

		if (k->next[v] < k->first[v + 1]) {
			w = k->to[k->next[v]++];
			k->cycles[v] |= v == w;
			if (!k->number[w])
				come_to(k, w);
			else if (k->low[w] != UINT32_MAX)
				lower(k, v, k->number[w]);
			continue;
		}
		k->nr_call--;
		if (k->nr_call && k->low[v] != k->number[v])
			lower(k, k->call[k->nr_call - 1], k->low[v]);
		if (k->low[v] == k->number[v])
			close_component(k, v);
	}
}

/* The way to a state: picks from the end; returns how many. */
static size_t way_to(const struct cache *c, uint32_t id, uint8_t *picks)
{
	size_t nr = 0, i = 0;

	for (uint32_t at = id; c->cells[at].parent; at = c->cells[at].parent)
		nr++;
	for (uint32_t at = id; c->cells[at].parent; at = c->cells[at].parent)
		picks[nr - ++i] = c->cells[at].pick;
	return nr;
}

/* Go there, and report it as an execution without an end. */
static void report(struct explorer *ex, uint32_t id)
{
	struct sim_execution x = {
		.number = ex->res->cycles++,
		.end = SIM_END_STEP_BOUND,
		.picks = ex->picks,
		.enabled = ex->enabled,
	};
	int err = 0;

	x.steps = way_to(ex->cache, id, ex->picks);
	snap_restore(ex->sim);
	for (size_t i = 0; i < x.steps; i++) {
		ex->enabled[i] = sched_enabled(ex->sim);
		footprint_begin(ex->sim);
		sched_step(ex->sim, ex->picks[i]);
		ex->res->steps++;
	}
	if (ex->cfg->execution)
		err = ex->cfg->execution(ex->cfg->ctx, ex->sim, &x);
	if (err)
		explorer_stop(ex, err);
	check_bounds(ex);
}

static void report_cycles(struct explorer *ex)
{
	const struct cache *c = ex->cache;
	struct components k = { 0 };
	int err = components_init(&k, c);

	if (err)
		explorer_stop(ex, err);
	for (uint32_t i = 1; i <= c->nr && !err; i++)
		if (!k.number[i])
			find_components(&k, i);
	for (uint32_t i = 1; i <= c->nr && !ex->stopped && ex->res->cycles < MAX_CYCLING; i++)
		if (k.cycles[i])
			report(ex, i);
	components_free(&k);
}

void search_cached(struct explorer *ex)
{
	search(ex);
	if (!ex->stopped)
		report_cycles(ex);
}

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * shortest.c - of all executions that show the same, one that is easy to follow
 *
 * Fewest context switches first, then fewest steps.  Depth first with at most 0, 1, 2...
 * switches, until one is found or the effort is used up.  Where the search has been before
 * it need not go again: a prefix is known by its trace (the order of what depends on each
 * other) and by who ran last, whatever the order of the rest was.
 *
 * Like a token this takes first steps of threads as they come: nobody can see them.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "sim_internal.h"

#define TABLE_SIZE (1u << 17)

/** A state on the way, and who goes on from it. */
struct place {
	uint32_t enabled, todo, seen;
	uint16_t switches; /* up to here */
	int8_t current;
	uint8_t pick;
	bool tried, saved, stepped;
	struct footprint f; /* of the step from here */
	uint64_t hash;      /* of that step */
	uint64_t key;       /* of the state */
};

/* Nothing to be found from a state with so many more switches. */
struct known {
	uint64_t key;
	uint32_t left; /* and one */
};

struct shortest {
	struct sim *sim;
	const struct sim_shortest_config *cfg;
	struct sim_shortest_result *res;
	bool replay, found, stopped;
	unsigned limit;     /* switches of this round */
	uint64_t max_steps; /* only shorter executions are of interest */
	uint64_t effort;    /* steps left */
	size_t depth, max_depth;
	struct place *places;
	uint8_t *picks;
	uint32_t *enabled;
	struct trace_hasher *hasher;
	struct known *table;
	size_t nr_known;
	int err;
};

/* ----------------------------------------------------------------------- memory */

static int grow(struct shortest *s)
{
	size_t max = s->max_depth ? 2 * s->max_depth : 256;
	void *p = realloc(s->places, max * sizeof(*s->places));

	if (!p)
		return -ENOMEM;
	s->places = p;
	p = realloc(s->picks, max * sizeof(*s->picks));
	if (!p)
		return -ENOMEM;
	s->picks = p;
	p = realloc(s->enabled, max * sizeof(*s->enabled));
	if (!p)
		return -ENOMEM;
	s->enabled = p;
	s->max_depth = max;
	return 0;
}

static void stop(struct shortest *s, int err)
{
	s->stopped = true;
	if (!s->err)
		s->err = err;
}

static uint64_t mix(uint64_t x)
{
	x = (x ^ x >> 31) * 0x7fb5d329728ea185ULL;
	x = (x ^ x >> 27) * 0x81dadef4bc2dd44dULL;
	return x ^ x >> 33;
}

static struct known *slot(const struct shortest *s, uint64_t key)
{
	size_t i = key & (TABLE_SIZE - 1);

	while (s->table[i].left && s->table[i].key != key)
		i = (i + 1) & (TABLE_SIZE - 1);
	return &s->table[i];
}

static bool is_known(const struct shortest *s, const struct place *p)
{
	const struct known *k = slot(s, p->key);

	return k->left > s->limit - p->switches;
}

static void remember(struct shortest *s, const struct place *p)
{
	struct known *k = slot(s, p->key);

	if (!k->left && 4 * s->nr_known > 3 * TABLE_SIZE)
		return;
	s->nr_known += !k->left;
	k->key = p->key;
	if (k->left < s->limit - p->switches + 1)
		k->left = s->limit - p->switches + 1;
}

/* ----------------------------------------------------------------------- executions */

static int keep(struct shortest *s)
{
	struct sim_shortest_result *res = s->res;
	uint8_t *picks = malloc(s->depth + 1);
	uint32_t *enabled = malloc((s->depth + 1) * sizeof(*enabled));

	if (!picks || !enabled) {
		free(picks);
		free(enabled);
		return -ENOMEM;
	}
	free(res->picks);
	free(res->enabled);
	memcpy(picks, s->picks, s->depth);
	memcpy(enabled, s->enabled, s->depth * sizeof(*enabled));
	res->picks = picks;
	res->enabled = enabled;
	res->steps = s->depth;
	res->switches = s->limit;
	return 0;
}

static void execution_ends(struct shortest *s, enum sim_end end)
{
	if (!s->cfg->shows(s->cfg->ctx, s->sim, end))
		return;
	s->found = true;
	/* Less than all the switches that were allowed: an earlier round would have met it. */
	if (keep(s))
		stop(s, -ENOMEM);
	s->max_steps = s->depth ? s->depth - 1 : 0;
}

/* --------------------------------------------------------------------------- search */

/* Whoever can go on must be let to, if all have to end. */
static bool is_hopeless(const struct shortest *s, const struct place *p)
{
	uint32_t others = p->enabled & ~p->seen ? 0 : p->enabled;

	if (p->current >= 0)
		others &= ~(1u << p->current);
	else if (others)
		others &= others - 1;
	return s->cfg->all_end && p->switches + (unsigned)__builtin_popcount(others) > s->limit;
}

static uint32_t candidates(const struct shortest *s, const struct place *p)
{
	uint32_t fresh = p->enabled & ~p->seen;

	if (fresh)
		return fresh & -fresh;
	if (is_hopeless(s, p))
		return 0;
	if (p->current >= 0 && p->switches == s->limit)
		return p->enabled & 1u << p->current;
	return p->enabled;
}

static void place_init(struct shortest *s, struct place *p, const struct place *parent)
{
	*p = (struct place){ .enabled = sched_enabled(s->sim), .current = -1 };
	if (parent) {
		bool fresh = !(parent->seen >> parent->pick & 1);

		p->seen = parent->seen | 1u << parent->pick;
		p->current = fresh ? parent->current : (int8_t)parent->pick;
		p->switches = parent->switches;
		p->switches += !fresh && parent->current >= 0 && parent->current != p->current;
		p->f.first = parent->f.first + parent->f.nr;
	}
	p->key = mix(trace_hasher_end(s->hasher) + mix((uint64_t)(uint8_t)p->current + 1));
}

/* The machine has come to a new state. */
static void push_place(struct shortest *s)
{
	struct place *p;

	if (s->depth == s->max_depth && grow(s)) {
		stop(s, -ENOMEM);
		return;
	}
	p = &s->places[s->depth];
	place_init(s, p, s->depth ? p - 1 : NULL);
	if (!p->enabled) {
		execution_ends(s, sched_final(s->sim));
		return;
	}
	if (s->depth >= s->max_steps || is_known(s, p))
		return;
	p->todo = candidates(s, p);
	if (p->todo)
		s->enabled[s->depth++] = p->enabled;
}

static void take_back(struct shortest *s, struct place *p)
{
	if (p->stepped)
		trace_hasher_undo(s->hasher, p->pick, s->sim->fp.v + p->f.first, p->f.nr, p->hash);
	p->stepped = false;
	p->f.nr = 0;
}

static void rewind_to(struct shortest *s)
{
	snap_restore(s->sim);
	for (size_t i = 0; s->replay && i + 1 < s->depth; i++) {
		s->sim->fp.cur = s->places[i].f;
		footprint_begin(s->sim, s->places[s->depth - 1].f.first);
		sched_step(s->sim, s->places[i].pick);
	}
}

static bool prepare(struct shortest *s, struct place *p)
{
	uint32_t mine = p->current >= 0 ? p->todo & 1u << p->current : 0;

	take_back(s, p);
	if (p->tried)
		rewind_to(s);
	p->pick = (uint8_t)__builtin_ctz(mine ? mine : p->todo);
	p->todo &= ~(1u << p->pick);
	s->picks[s->depth - 1] = p->pick;
	if (p->saved && !p->todo) {
		snap_pop(s->sim);
		p->saved = false;
	} else if (!p->tried && p->todo && !s->replay) {
		if (snap_push(s->sim)) {
			stop(s, -ENOMEM);
			return false;
		}
		p->saved = true;
	}
	p->tried = true;
	return true;
}

/* Nobody notices this step: whoever comes before it may as well come after. */
static void drop_others(struct shortest *s, struct place *p)
{
	p->todo = 0;
	if (p->saved)
		snap_pop(s->sim);
	p->saved = false;
}

static void advance(struct shortest *s)
{
	struct place *p = &s->places[s->depth - 1];
	struct sim *sim = s->sim;

	if (!prepare(s, p))
		return;
	if (!s->effort--) {
		stop(s, 0);
		return;
	}
	footprint_begin(sim, p->f.first);
	sched_step(sim, p->pick);
	p->f = sim->fp.cur;
	if (sim->fp.failed ||
	    trace_hasher_step(s->hasher, p->pick, sim->fp.v + p->f.first, p->f.nr)) {
		stop(s, -ENOMEM);
		return;
	}
	p->hash = trace_hasher_last(s->hasher);
	p->stepped = true;
	if (sim->ended) {
		execution_ends(s, sim->end);
		return;
	}
	if (p->pick == p->current && p->todo && footprint_is_local(&sim->fp, &p->f, p->pick))
		drop_others(s, p);
	push_place(s);
}

static void leave(struct shortest *s)
{
	struct place *p = &s->places[--s->depth];

	take_back(s, p);
	if (p->saved)
		snap_pop(s->sim);
	remember(s, p);
}

static void search(struct shortest *s)
{
	trace_hasher_begin(s->hasher);
	s->depth = 0;
	s->sim->ran = ~0u;
	if (snap_push(s->sim)) {
		stop(s, -ENOMEM);
		return;
	}
	push_place(s);
	while (s->depth && !s->stopped) {
		if (s->places[s->depth - 1].todo)
			advance(s);
		else
			leave(s);
	}
	while (s->sim->snaps.depth > 1)
		snap_pop(s->sim);
	snap_restore(s->sim);
	snap_pop(s->sim);
}

static void rounds(struct shortest *s)
{
	struct sim *outer = fiber_set_running(s->sim);

	s->sim->in_run = true;
	s->sim->fp.failed = false;
	for (s->limit = 0; !s->found && !s->stopped && s->limit <= s->cfg->max_switches; s->limit++)
		search(s);
	s->sim->in_run = false;
	fiber_set_running(outer);
}

int sim_shortest(struct sim *sim, const struct sim_shortest_config *cfg,
		 struct sim_shortest_result *res)
{
	struct shortest s = {
		.sim = sim,
		.cfg = cfg,
		.res = res,
		.replay = SIM_ASAN,
		.max_steps = cfg->max_steps,
		.effort = cfg->effort,
	};

	memset(res, 0, sizeof(*res));
	if (sim->in_run || sim->ended || sim->trace.on)
		return -EINVAL;
	s.hasher = trace_hasher_new();
	s.table = calloc(TABLE_SIZE, sizeof(*s.table));
	if (s.hasher && s.table)
		rounds(&s);
	else
		s.err = -ENOMEM;
	res->proven = !s.stopped && !s.err;
	res->effort = cfg->effort - s.effort;
	trace_hasher_free(s.hasher);
	free(s.table);
	free(s.places);
	free(s.picks);
	free(s.enabled);
	if (s.err)
		sim_shortest_fini(res);
	return s.err;
}

void sim_shortest_fini(struct sim_shortest_result *res)
{
	free(res->picks);
	free(res->enabled);
	memset(res, 0, sizeof(*res));
}

uint64_t sim_switches(const uint8_t *picks, uint64_t n)
{
	uint64_t ret = 0;
	uint32_t seen = 0;
	int current = -1;

	for (uint64_t i = 0; i < n; i++) {
		if (seen >> picks[i] & 1) {
			ret += current >= 0 && current != picks[i];
			current = picks[i];
		}
		seen |= 1u << picks[i];
	}
	return ret;
}

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

#include "explore.h"
#include "footset.h"

/** A state on the way, and who goes on from it. */
struct place {
	uint32_t enabled, todo, seen;
	uint16_t switches; /* up to here */
	int8_t current;
	uint8_t pick;
	bool tried, saved;
	uint32_t foot; /* of the step from here; 0: none is taken */
	uint64_t hash; /* of that step */
	uint64_t key;  /* of the state */
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
	struct footsets feet;
	struct hash_set known; /* one more than the switches with which nothing is to be found */
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

/* Has it been tried with as many switches left, or more? */
static bool is_known(struct shortest *s, const struct place *p)
{
	const uint32_t *left = hash_set_at(&s->known, p->key);

	if (!left)
		stop(s, -ENOMEM);
	return !left || *left > s->limit - p->switches;
}

static void remember(struct shortest *s, const struct place *p)
{
	uint32_t *left = hash_set_at(&s->known, p->key);

	if (left && *left < s->limit - p->switches + 1)
		*left = s->limit - p->switches + 1;
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

static void look_at_end(struct shortest *s, enum sim_end end)
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
		look_at_end(s, sched_final(s->sim));
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
	const struct access *v;
	uint32_t nr;

	if (!p->foot)
		return;
	v = footset_list(&s->feet, p->foot, &nr);
	if (v)
		trace_hasher_undo(s->hasher, p->pick, v, nr, p->hash);
	else
		stop(s, -ENOMEM);
	p->foot = 0;
}

static void rewind_to(struct shortest *s)
{
	snap_restore(s->sim);
	for (size_t i = 0; s->replay && i + 1 < s->depth; i++) {
		footprint_begin(s->sim);
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
	footprint_begin(sim);
	sched_step(sim, p->pick);
	p->foot = footset(&s->feet, sim->fp.v, sim->fp.nr);
	if (sim->fp.failed || !p->foot ||
	    trace_hasher_step(s->hasher, p->pick, sim->fp.v, sim->fp.nr)) {
		p->foot = 0;
		stop(s, -ENOMEM);
		return;
	}
	p->hash = trace_hasher_last(s->hasher);
	if (sim->ended) {
		look_at_end(s, sim->end);
		return;
	}
	if (p->pick == p->current && p->todo && footset_is_local(&s->feet, p->foot, p->pick))
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

static void search_round(struct shortest *s)
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
		search_round(s);
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
	s.err = s.hasher ? footsets_init(&s.feet) : -ENOMEM;
	if (!s.err)
		rounds(&s);
	res->proven = !s.stopped && !s.err;
	res->effort = cfg->effort - s.effort;
	trace_hasher_free(s.hasher);
	footsets_free(&s.feet);
	hash_set_free(&s.known);
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

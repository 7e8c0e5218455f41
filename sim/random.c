/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * random.c - a sample of the executions, and what it is worth
 *
 * RANDOM: each step is by one of the enabled threads, all equally likely.  PCT
 * (probabilistic concurrency testing): threads have random priorities, the
 * highest that can go on does; at bug_depth - 1 random steps the one that runs
 * falls below all others.  If n threads make k choices, one such execution shows
 * a bug that depends on d orderings with probability 1 / (n * k^(d-1)) or more.
 *
 * Both are fair: nobody waits for ever while he could go on.  A thread that PCT
 * had to interrupt for that leaves the priorities in an order that was not drawn,
 * so nothing is said of such samples.
 *
 * How much was not seen is told by the traces that were seen once (Good and
 * Turing): the probability that the next one is new is about their share.
 */
#include <errno.h>
#include <string.h>

#include "explore.h"

/* So many traces are told apart; then only those of every second hash, and so on. */
#define MAX_SEEN (1u << 20)

struct sample {
	uint64_t seed;
	uint32_t passed[SIM_MAX_THREADS]; /* RANDOM: how often it could have gone on */

	/* PCT */
	uint64_t k;                       /* choices of the longest execution so far */
	uint32_t priority[SIM_MAX_THREADS];
	uint64_t change[16];              /* the steps at which priorities change, sorted */
	unsigned next_change;
	uint32_t lowest;
	uint64_t counted;                 /* executions drawn with the present k */
	bool interrupted;

	struct hash_set seen;
	unsigned shift;                   /* hashes with so many low bits 0 are told apart */
	uint64_t drawn;                   /* executions with such a hash */
	uint64_t once;                    /* of those, traces that were seen once */
};

static uint64_t below(struct sample *s, uint64_t n)
{
	return (uint64_t)(((unsigned __int128)sim_splitmix(&s->seed) * n) >> 64);
}

/* ------------------------------------------------------------------- choices */

/* Who has been passed over for long goes first. */
static unsigned pick_uniform(struct sample *s, uint32_t enabled)
{
	unsigned nr = (unsigned)__builtin_popcount(enabled), pick;
	uint32_t m = enabled;

	for (uint64_t i = below(s, nr); i; i--)
		m &= m - 1;
	pick = (unsigned)__builtin_ctz(m);
	for (m = enabled; m; m &= m - 1) {
		unsigned id = (unsigned)__builtin_ctz(m);

		if (s->passed[id]++ >= SIM_FAIR_STEPS * nr)
			pick = id;
	}
	s->passed[pick] = 0;
	return pick;
}

static unsigned highest(const struct sample *s, uint32_t enabled)
{
	unsigned best = (unsigned)__builtin_ctz(enabled);

	for (uint32_t m = enabled; m; m &= m - 1) {
		unsigned id = (unsigned)__builtin_ctz(m);

		if (s->priority[id] > s->priority[best])
			best = id;
	}
	return best;
}

static unsigned pick_by_priority(struct sample *s, const struct sim_choice *c)
{
	unsigned id = highest(s, c->enabled);
	bool others = c->enabled & ~(1u << id);

	while (s->next_change && s->change[s->next_change - 1] <= c->step) {
		if (s->change[--s->next_change] == c->step)
			s->priority[id] = --s->lowest;
		id = highest(s, c->enabled);
	}
	if (others && c->current == (int)id && c->in_a_row && c->in_a_row % SIM_FAIR_STEPS == 0) {
		s->interrupted = true;
		s->priority[id] = --s->lowest;
		id = highest(s, c->enabled);
	}
	return id;
}

/* ---------------------------------------------------------- one execution of it */

static void draw_changes(struct sample *s, unsigned nr)
{
	s->next_change = nr;
	for (unsigned i = 0; i < nr; i++) {
		uint64_t at = below(s, s->k ? s->k : 1);
		unsigned j = i;

		/* The last is the first to come. */
		for (; j && s->change[j - 1] < at; j--)
			s->change[j] = s->change[j - 1];
		s->change[j] = at;
	}
}

static void sample_begin(struct explorer *ex, struct sample *s)
{
	memset(s->passed, 0, sizeof(s->passed));
	s->lowest = SIM_MAX_THREADS * 64;
	for (unsigned i = 0; i < SIM_MAX_THREADS; i++)
		s->priority[i] = s->lowest + (uint32_t)(sim_splitmix(&s->seed) >> 33);
	if (ex->cfg->mode == SIM_EXPLORE_PCT)
		draw_changes(s, ex->cfg->bug_depth - 1);
	ex->depth = 0;
}

static unsigned sample_pick(struct explorer *ex, struct sample *s, const struct sim_choice *c)
{
	if (c->fresh)
		return (unsigned)__builtin_ctz(c->fresh);
	if (ex->cfg->mode == SIM_EXPLORE_PCT)
		return pick_by_priority(s, c);
	return pick_uniform(s, c->enabled);
}

/* One step; how the execution ends with it, or -1. */
static int sample_step(struct explorer *ex, struct sample *s, struct sim_choice *c, uint32_t seen)
{
	struct sim *sim = ex->sim;
	struct node *n;

	c->enabled = sched_enabled(sim);
	if (!c->enabled)
		return sched_final(sim);
	if (ex->depth == ex->max_steps)
		return SIM_END_STEP_BOUND;
	if (ex->depth == ex->max_depth && path_grow(ex)) {
		explorer_stop(ex, -ENOMEM);
		return SIM_END_STOPPED;
	}
	n = &ex->nodes[ex->depth];
	c->fresh = c->enabled & ~seen;
	n->enabled = ex->enabled[ex->depth] = c->enabled;
	n->pick = ex->picks[ex->depth] = (uint8_t)sample_pick(ex, s, c);
	footprint_begin(sim);
	sched_step(sim, n->pick);
	n->foot = footset(&ex->feet, sim->fp.v, sim->fp.nr);
	if (!n->foot)
		explorer_stop(ex, -ENOMEM);
	ex->depth++;
	ex->res->steps++;
	return sim->ended ? (int)sim->end : -1;
}

static enum sim_end one_execution(struct explorer *ex, struct sample *s)
{
	struct sim_choice c = { .current = -1 };
	uint32_t seen = 0;
	int end;

	sample_begin(ex, s);
	while ((end = sample_step(ex, s, &c, seen)) < 0) {
		int id = ex->picks[ex->depth - 1];

		if (seen >> id & 1) {
			c.in_a_row = id == c.current ? c.in_a_row + 1 : 1;
			c.current = id;
			c.step++;
		}
		seen |= 1u << id;
	}
	if (ex->depth > ex->res->max_depth)
		ex->res->max_depth = ex->depth;
	if (c.step > ex->res->sample.steps)
		ex->res->sample.steps = c.step;
	if ((unsigned)__builtin_popcount(seen) > ex->res->sample.threads)
		ex->res->sample.threads = (unsigned)__builtin_popcount(seen);
	return (enum sim_end)end;
}

/* --------------------------------------------------------------- what it is worth */

static bool told_apart(const struct sample *s, uint64_t hash)
{
	return !(hash & ((1ULL << s->shift) - 1));
}

/* Keep every second of them. */
static bool thin_out(struct sample *s)
{
	struct hash_set kept = { 0 };

	s->shift++;
	s->drawn = s->once = 0;
	for (size_t i = 0; i < s->seen.max; i++) {
		const struct hash_cell *c = &s->seen.cells[i];
		uint32_t *nr;

		if (!c->used || !told_apart(s, c->hash))
			continue;
		nr = hash_set_at(&kept, c->hash);
		if (!nr) {
			hash_set_free(&kept);
			return false;
		}
		*nr = c->value;
		s->drawn += c->value;
		s->once += c->value == 1;
	}
	hash_set_free(&s->seen);
	s->seen = kept;
	return true;
}

static void count_trace(struct explorer *ex, struct sample *s)
{
	uint32_t *nr;

	if (!told_apart(s, ex->hash))
		return;
	nr = s->seen.nr < MAX_SEEN || thin_out(s) ? hash_set_at(&s->seen, ex->hash) : NULL;
	if (!nr) {
		explorer_stop(ex, -ENOMEM);
		return;
	}
	s->drawn++;
	s->once += *nr == 0;
	s->once -= *nr == 1;
	*nr += *nr < UINT32_MAX;
}

/* An execution that is longer than those before: their changes were drawn from too few steps. */
static void count_odds(struct explorer *ex, struct sample *s)
{
	s->counted++;
	if (ex->res->sample.steps > s->k) {
		s->k = ex->res->sample.steps;
		s->counted = 0;
	}
}

static double odds(const struct explorer *ex, const struct sample *s)
{
	double p = 1, none = 1;

	if (ex->cfg->mode != SIM_EXPLORE_PCT || s->interrupted || !s->counted)
		return 0;
	p /= ex->res->sample.threads;
	for (unsigned i = 1; i < ex->cfg->bug_depth; i++)
		p /= (double)s->k;
	/* (1 - p) ^ counted */
	for (uint64_t n = s->counted; n; n >>= 1) {
		if (n & 1)
			none *= 1 - p;
		p = 2 * p - p * p;
	}
	return 1 - none;
}

void search_sample(struct explorer *ex)
{
	struct sample s = { .seed = ex->cfg->seed };
	struct sim_sample *res = &ex->res->sample;

	while (!ex->stopped) {
		enum sim_end end = one_execution(ex, &s);

		if (end == SIM_END_STOPPED)
			break;
		count_odds(ex, &s);
		execution_ends(ex, end);
		count_trace(ex, &s);
		snap_restore(ex->sim);
	}
	ex->cut = true;
	res->distinct = (uint64_t)s.seen.nr << s.shift;
	res->unseen = s.drawn ? (double)s.once / (double)s.drawn : 1;
	res->odds = odds(ex, &s);
	hash_set_free(&s.seen);
}

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * bounded.c - every trace that at most N preemptions lead to
 *
 * A preemption is a switch away from a thread that could go on.  Not counted:
 * the way of a new thread to its first point, and a switch after each
 * SIM_FAIR_STEPS steps of a thread, which may be waiting in a loop.
 *
 * Sleep sets and races do not go with a bound: the order of two steps that they
 * leave out may be the only one within it.  So this is brute force, minus what
 * is known: two prefixes of one trace lead to one state, and if the same thread
 * ran last, the same schedules go on from there at the same price.
 *
 *     known[trace of the prefix, last thread] = the preemptions that were left
 *
 * A prefix that comes with no more left than that is given up.  The bounds are
 * tried in turn, so each trace is met first where it takes the fewest.
 */
#include <errno.h>
#include <stdlib.h>

#include "explore.h"

struct bounded_step {
	uint64_t hash;  /* of the step, to take it back */
	uint32_t used;  /* preemptions before it */
};

struct bounded {
	unsigned bound;
	struct trace_hasher *hasher;
	uint32_t taken[SIM_MAX_THREADS]; /* steps of each thread on the path */
	struct bounded_step *steps;      /* one a node, and one for the next */
	size_t max;
	struct hash_set known, ended;
};

struct bounded *bounded_new(void)
{
	struct bounded *b = calloc(1, sizeof(*b));

	if (!b)
		return NULL;
	b->hasher = trace_hasher_new();
	if (!b->hasher) {
		free(b);
		return NULL;
	}
	trace_hasher_begin(b->hasher);
	return b;
}

void bounded_free(struct bounded *b)
{
	if (!b)
		return;
	trace_hasher_free(b->hasher);
	free(b->steps);
	hash_set_free(&b->known);
	hash_set_free(&b->ended);
	free(b);
}

static bool reserve(struct bounded *b, size_t nr)
{
	size_t max = b->max ? b->max * 2 : 256;
	void *p;

	if (nr <= b->max)
		return true;
	p = realloc(b->steps, max * sizeof(*b->steps));
	if (!p)
		return false;
	b->steps = p;
	b->max = max;
	return true;
}

/* Is it a preemption to go on with @id here? */
static bool preempts(const struct bounded *b, const struct node *n, unsigned id)
{
	unsigned current = (unsigned)n->current;

	return n->current >= 0 && id != current && n->enabled >> current & 1 &&
	       !(n->fresh >> id & 1) && b->taken[current] % SIM_FAIR_STEPS != 0;
}

/* Is all that can follow known?  If not, it will be. */
static bool known(struct explorer *ex, const struct node *n, uint32_t left)
{
	struct bounded *b = ex->bounded;
	uint64_t x = trace_hasher_end(b->hasher);
	uint32_t *value;

	x += sim_splitmix(&(uint64_t){ (uint64_t)(n->current + 1) });
	value = hash_set_at(&b->known, x);
	if (!value) {
		explorer_stop(ex, -ENOMEM);
		return true;
	}
	if (*value > left)
		return true;
	*value = left + 1;
	return false;
}

void bounded_enter(struct explorer *ex, struct node *n)
{
	struct bounded *b = ex->bounded;
	uint32_t left;

	if (!reserve(b, ex->depth + 2)) {
		explorer_stop(ex, -ENOMEM);
		return;
	}
	if (!ex->depth)
		b->steps[0].used = 0;
	left = b->bound - b->steps[ex->depth].used;
	if (known(ex, n, left))
		n->todo = 0;
	for (uint32_t m = left ? 0 : n->todo; m; m &= m - 1) {
		if (!preempts(b, n, (unsigned)__builtin_ctz(m)))
			continue;
		n->todo &= ~(m & -m);
		ex->cut = true;
	}
}

void bounded_step(struct explorer *ex)
{
	const struct node *n = &ex->nodes[ex->depth - 1];
	struct bounded_step *s = &ex->bounded->steps[ex->depth - 1];
	struct bounded *b = ex->bounded;
	const struct access *v;
	uint32_t nr;

	s[1].used = s->used + preempts(b, n, n->pick);
	v = footset_list(&ex->feet, n->foot, &nr);
	if (!v || trace_hasher_step(b->hasher, n->pick, v, nr))
		explorer_stop(ex, -ENOMEM);
	s->hash = trace_hasher_last(b->hasher);
	b->taken[n->pick]++;
}

void bounded_undo(struct explorer *ex, size_t step)
{
	const struct node *n = &ex->nodes[step];
	struct bounded *b = ex->bounded;
	uint32_t nr;
	const struct access *v = footset_list(&ex->feet, n->foot, &nr);

	b->taken[n->pick]--;
	if (v)
		trace_hasher_undo(b->hasher, n->pick, v, nr, b->steps[step].hash);
}

bool bounded_end(struct explorer *ex)
{
	uint32_t *seen = hash_set_at(&ex->bounded->ended, trace_hasher_end(ex->bounded->hasher));

	if (!seen) {
		explorer_stop(ex, -ENOMEM);
		return false;
	}
	return !(*seen)++;
}

void search_bounded(struct explorer *ex)
{
	struct bounded *b = ex->bounded;

	for (;; b->bound++) {
		ex->cut = false;
		search(ex);
		if (ex->stopped)
			break;
		ex->res->preemptions = (int)b->bound;
		if (!ex->cut || b->bound == ex->cfg->preemptions)
			break;
		snap_restore(ex->sim);
	}
}

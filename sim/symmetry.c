/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * symmetry.c - threads that could as well be each other act in order
 *
 * If threads with the same program are exchanged in an execution, that is another one.
 * One of them is enough: that in which they act for the first time in a given order, and
 * those who never do come last.  It is explored as a program in which each waits, before
 * it acts, until the one before it has acted (sim_explore_config.after):
 *
 *	a acts:			writes key a
 *	b acts, after a:	reads key a, writes key b
 *
 * If a has come to its end and has never acted, b waits in vain; that is given up.  To
 * act is to do more than to look: an operation that does not only read, or try a lock, or
 * take one that others may share; any other choice would be as right.  What threads look at is mostly the same for all; the first that
 * they do, often to the same thing, tells them apart.
 */
#include <errno.h>
#include <stdlib.h>

#include "symmetry.h"

#define act_key(thread) sim_key(SIM_CLASS_THREAD, 0xffffe, (thread))

struct symmetry {
	size_t max;
	bool acts;                     /* the step that is being taken */
	uint32_t *acted;               /* before each step, and behind the last */
	size_t first[SIM_MAX_THREADS]; /* of who has acted: when */
};

struct symmetry *symmetry_new(void)
{
	return calloc(1, sizeof(struct symmetry));
}

void symmetry_free(struct symmetry *y)
{
	if (y)
		free(y->acted);
	free(y);
}

uint32_t symmetry_acted(const struct explorer *ex)
{
	return ex->symmetry && ex->depth ? ex->symmetry->acted[ex->depth] : 0;
}

/* Who comes before @thread: 0 is nobody, 1 is thread 0. */
static unsigned before(const struct explorer *ex, unsigned thread)
{
	return ex->cfg->after[thread];
}

static bool acts(const struct sim_op *op)
{
	switch (op->kind) {
	case SIM_OP_ACQUIRE:
		return op->enabled && op->needs != SIM_NEEDS_SHARED;
	case SIM_OP_START:
	case SIM_OP_READ:
	case SIM_OP_RELEASE: /* of what was taken without acting */
		return false;
	default:
		return true;
	}
}

uint32_t symmetry_waits(const struct explorer *ex)
{
	const struct sim_state *st = ex->sim->state;
	uint32_t waits = 0;

	if (!ex->symmetry)
		return 0;
	for (uint32_t m = st->alive & ~symmetry_acted(ex); m; m &= m - 1) {
		const struct sim_thread *t = st->threads[__builtin_ctz(m)];
		unsigned a = before(ex, t->id);

		if (a && !(symmetry_acted(ex) >> (a - 1) & 1) && acts(t->op))
			waits |= m & -m;
	}
	return waits;
}

/* Has @thread one before it, or one after it? */
static bool takes_part(const struct explorer *ex, unsigned thread)
{
	for (unsigned i = 0; i < SIM_MAX_THREADS; i++)
		if (ex->cfg->after[i] && (i == thread || ex->cfg->after[i] == thread + 1))
			return true;
	return false;
}

static void touch_keys(struct explorer *ex, unsigned thread)
{
	struct sim *sim = ex->sim;
	unsigned a = before(ex, thread);

	sim->in_step = true;
	if (a)
		sim_touch(sim, act_key(a - 1), SIM_READ);
	sim_touch(sim, act_key(thread), SIM_WRITE);
	sim->in_step = false;
}

void symmetry_begin(struct explorer *ex, const struct sim_thread *t)
{
	ex->symmetry->acts = acts(t->op);
}

void symmetry_step(struct explorer *ex, const struct node *n)
{
	struct symmetry *y = ex->symmetry;
	uint32_t bit = 1u << n->pick;
	void *p;

	if (ex->max_depth > y->max) {
		p = realloc(y->acted, (ex->max_depth + 1) * sizeof(*y->acted));
		if (!p) {
			explorer_stop(ex, -ENOMEM);
			return;
		}
		y->acted = p;
		y->acted[0] = 0;
		y->max = ex->max_depth;
	}
	y->acted[ex->depth] = y->acted[ex->depth - 1];
	if (y->acted[ex->depth] & bit || !y->acts || !takes_part(ex, n->pick))
		return;
	y->acted[ex->depth] |= bit;
	y->first[n->pick] = ex->depth - 1;
	touch_keys(ex, n->pick);
}

/* Is step @j, or behind the last what @thread waits for, the one with which it acts? */
static bool acts_at(const struct explorer *ex, size_t j, unsigned thread)
{
	bool acted = symmetry_acted(ex) >> thread & 1;

	if (j < ex->depth)
		return acted && ex->symmetry->first[thread] == j;
	return !acted && acts(ex->sim->state->threads[thread]->op);
}

bool symmetry_allows(const struct explorer *ex, size_t i, size_t j, unsigned thread,
		     const uint64_t *v)
{
	unsigned a = ex->symmetry ? before(ex, thread) : 0;
	size_t first;

	if (!a || !acts_at(ex, j, thread))
		return true;
	if (!(symmetry_acted(ex) >> (a - 1) & 1))
		return false;
	first = ex->symmetry->first[a - 1];
	return first < i || bit_test(v, first);
}

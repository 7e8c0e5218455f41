/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * await.c - a round of a loop that changed nothing need not be gone
 *
 *     head --- e1 --- e2 --- ... --- ek --- head, and its thread knows what it knew
 *
 * If a thread comes back to the head of a loop (sim_loop()) knowing what it knew there
 * before, only looked at what others share, and what others did meanwhile could as well
 * have been done before or after all of the round, then the execution is as good without
 * it.  Every execution that ends is one without such rounds, then.  So who has gone one
 * goes no further here: it is parked.  That is a rule about the order of dependent steps
 * up to its last, so no two executions of one trace tell different things of it, and
 * for the search it is a program like another: after such a round the thread ends.
 *
 * When all others have gone as far as they can, and
 *     - something that a parked thread looked at has been changed since, then it would
 *	 go on, and what it does then is seen where it came later: a prefix, given up;
 *     - nothing was, then all who are parked go round for ever, whatever the schedule.
 */
#include <errno.h>
#include <stdlib.h>

#include "await.h"

/* Longer rounds are gone, each time. */
#define MAX_ROUND 256

struct awaits {
	size_t max;
	uint64_t *
		heads; /* of each step: the head it came to last, with what its thread knows; or 0 */
	uint32_t *parked;             /* before each step, and behind the last */
	size_t last[SIM_MAX_THREADS]; /* the last step of who is parked */
	size_t from[SIM_MAX_THREADS]; /* and the last one before its round */
};

void sim_loop(struct sim *sim, uint64_t knows)
{
	const struct sim_thread *t = sim->state->cur;
	uint64_t x = knows;

	if (!t || sim->plain)
		return;
	x = sim_splitmix(&x) + t->held;
	for (unsigned i = 0; i < t->nr_again; i++)
		x = sim_splitmix(&x) + t->again[i];
	sim->head_of_loop.knows = sim_splitmix(&x) | 1;
	sim->head_of_loop.touched = sim->fp.nr;
}

struct awaits *awaits_new(void)
{
	return calloc(1, sizeof(struct awaits));
}

void awaits_free(struct awaits *a)
{
	if (!a)
		return;
	free(a->heads);
	free(a->parked);
	free(a);
}

static bool reserve(struct awaits *a, size_t max)
{
	void *p;

	if (max <= a->max)
		return true;
	p = realloc(a->heads, max * sizeof(*a->heads));
	if (!p)
		return false;
	a->heads = p;
	p = realloc(a->parked, (max + 1) * sizeof(*a->parked));
	if (!p)
		return false;
	a->parked = p;
	a->parked[0] = 0;
	a->max = max;
	return true;
}

uint32_t await_parked(const struct explorer *ex)
{
	return ex->awaits && ex->depth ? ex->awaits->parked[ex->depth] : 0;
}

void await_begin(struct explorer *ex)
{
	ex->sim->head_of_loop.knows = 0;
}

/* What was touched behind the head belongs to the next round, which must not begin by writing. */
static uint64_t head_of_step(const struct sim *sim)
{
	const struct footprints *fp = &sim->fp;

	if (!sim->head_of_loop.knows || sim->head_of_loop.touched > fp->nr)
		return 0;
	for (uint32_t i = sim->head_of_loop.touched; i < fp->nr; i++)
		if (fp->v[i].mode == SIM_WRITE || fp->v[i].mode == SIM_PART_WRITE)
			return 0;
	return sim->head_of_loop.knows;
}

/* The last step of @thread before @d that came to the same; @d if there is none. */
static size_t same_head(const struct explorer *ex, unsigned thread, size_t d)
{
	const struct awaits *a = ex->awaits;

	for (size_t i = d; i-- > 0 && d - i < MAX_ROUND;)
		if (a->heads[i] == a->heads[d] && ex->nodes[i].pick == thread)
			return i;
	return d;
}

static bool conflict(const struct explorer *ex, size_t i, size_t j)
{
	return footsets_conflict(&ex->feet, ex->nodes[i].foot, ex->nodes[j].foot);
}

/* Does @j follow from one of the steps in @of, which are from @from on? */
static bool follows(const struct explorer *ex, size_t from, size_t j, const bool *of)
{
	for (size_t i = from; i < j; i++)
		if (of[i - from] && (ex->nodes[i].pick == ex->nodes[j].pick || conflict(ex, i, j)))
			return true;
	return false;
}

/*
 * The round of @thread behind its step @from, to its step @to: it changed nothing, and
 * no step of others lies between two of its steps in every order.
 */
static bool changed_nothing(const struct explorer *ex, unsigned thread, size_t from, size_t to)
{
	bool own[MAX_ROUND] = { true }, between[MAX_ROUND] = { false };

	for (size_t j = from + 1; j <= to; j++) {
		own[j - from] = ex->nodes[j].pick == thread;
		if (!own[j - from])
			between[j - from] =
				follows(ex, from, j, own) || follows(ex, from, j, between);
		else if (ex->feet.sets[ex->nodes[j].foot].write_sig ||
			 follows(ex, from, j, between))
			return false;
	}
	return true;
}

void await_step(struct explorer *ex)
{
	struct awaits *a = ex->awaits;
	size_t d = ex->depth - 1, from;
	unsigned thread = ex->nodes[d].pick;

	if (!reserve(a, ex->max_depth)) {
		explorer_stop(ex, -ENOMEM);
		return;
	}
	a->heads[d] = head_of_step(ex->sim);
	a->parked[d + 1] = a->parked[d];
	if (likely(!a->heads[d]))
		return;
	from = same_head(ex, thread, d);
	if (from == d || !changed_nothing(ex, thread, from, d))
		return;
	a->parked[d + 1] |= 1u << thread;
	a->last[thread] = d;
	a->from[thread] = from;
}

bool await_over(const struct explorer *ex)
{
	const struct awaits *a = ex->awaits;

	for (uint32_t m = await_parked(ex); m; m &= m - 1) {
		unsigned t = (unsigned)__builtin_ctz(m);

		for (size_t i = a->from[t] + 1; i <= a->last[t]; i++)
			for (size_t j = i + 1; ex->nodes[i].pick == t && j < ex->depth; j++)
				if (ex->nodes[j].pick != t && conflict(ex, i, j))
					return true;
	}
	return false;
}

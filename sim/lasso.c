/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lasso.c - a run that goes round for ever although everybody has a turn
 *
 *     begin --------> x --------> x --------> ...
 *                     same memory, same thread next
 *
 * From where a run stands it goes on, one step each thread in turn.  That is a
 * function of the state alone, so a state that comes back comes back for ever.
 * What the state is, state.h says.  The cycle is looked for with one copy, taken anew
 * after 1, 2, 4, ... steps; once found it is run a second time and must end where it
 * began.  It is fair: whoever could go on at some point of it has gone on.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "state.h"

struct lasso {
	struct sim *sim;
	/* The state to come back to; NULL before there is one. */
	char *copy;
	size_t room;
	uint32_t brk;
	char *sp[SIM_MAX_THREADS];
	int last;
	/* Since then. */
	uint64_t steps, period, limit;
	uint32_t enabled, stepped, threads;
	bool found, failed;

	unsigned nr_ignored;
	struct state_range ignored[STATE_MAX_IGNORED];
	int current;
};

static int by_begin(const void *a, const void *b)
{
	const struct state_range *x = a, *y = b;

	return (x->begin > y->begin) - (x->begin < y->begin);
}

static void collect_ignored(struct lasso *l)
{
	l->nr_ignored = state_ignored(l->sim, l->ignored);
	qsort(l->ignored, l->nr_ignored, sizeof(l->ignored[0]), by_begin);
}

/* The arena, but for the ignored ranges; they are sorted and apart. */
static bool arena_same(const struct lasso *l)
{
	const char *base = l->sim->base, *at = base, *end = base + l->brk;

	for (unsigned i = 0; i < l->nr_ignored; i++) {
		const struct state_range *r = &l->ignored[i];

		if (memcmp(at, l->copy + (at - base), (size_t)(r->begin - at)))
			return false;
		at = r->end;
	}
	return !memcmp(at, l->copy + (at - base), (size_t)(end - at));
}

/*
 * Of stacks, which AddressSanitizer has opinions on: with it byte by byte, so that no
 * library function is called that it looks into.
 */
#if SIM_ASAN
__attribute__((no_sanitize("address"))) static void copy_stack(char *to, const char *sp, size_t n)
{
	for (volatile const char *from = sp; n--;)
		*to++ = *from++;
}
__attribute__((no_sanitize("address"))) static bool stack_differs(const char *sp, const char *copy,
								    size_t n)
{
	for (volatile const char *at = sp; n--;)
		if (*at++ != *copy++)
			return true;
	return false;
}
#else
static void copy_stack(char *to, const char *sp, size_t n)
{
	if (n)
		memcpy(to, sp, n);
}
static bool stack_differs(const char *sp, const char *copy, size_t n)
{
	return n && memcmp(sp, copy, n);
}
#endif

static bool state_same(const struct lasso *l)
{
	const struct sim_state *st = l->sim->state;
	const char *copy = l->copy + l->brk;

	if (!l->copy || l->current != l->last || st->brk != l->brk)
		return false;
	for (uint32_t m = st->alive; m; m &= m - 1)
		if (st->threads[__builtin_ctz(m)]->sp != l->sp[__builtin_ctz(m)])
			return false;
	if (!arena_same(l)) /* who lives is part of it */
		return false;
	for (uint32_t m = st->alive; m; m &= m - 1) {
		const struct sim_thread *t = st->threads[__builtin_ctz(m)];
		size_t size = state_stack_size(l->sim, t);

		if (stack_differs(t->sp, copy, size))
			return false;
		copy += size;
	}
	return true;
}

static void take_copy(struct lasso *l)
{
	const struct sim_state *st = l->sim->state;
	size_t size = st->brk;
	char *copy;

	for (uint32_t m = st->alive; m; m &= m - 1)
		size += state_stack_size(l->sim, st->threads[__builtin_ctz(m)]);
	if (size > l->room) {
		copy = realloc(l->copy, size);
		l->failed = !copy;
		if (!copy)
			return;
		l->copy = copy;
		l->room = size;
	}
	l->brk = st->brk;
	l->last = l->current;
	memcpy(l->copy, l->sim->base, st->brk);
	copy = l->copy + st->brk;
	for (uint32_t m = st->alive; m; m &= m - 1) {
		const struct sim_thread *t = st->threads[__builtin_ctz(m)];

		l->sp[t->id] = t->sp;
		copy_stack(copy, t->sp, state_stack_size(l->sim, t));
		copy += state_stack_size(l->sim, t);
	}
	collect_ignored(l);
}

/* Between two steps: has it come back, and if so for the second time? */
static void look(struct lasso *l)
{
	bool fair = !(l->enabled & ~l->stepped);

	if (l->steps && fair && state_same(l)) {
		l->found = l->steps == l->period;
		l->period = l->steps;
		l->threads = l->stepped;
	} else if (!l->period && l->steps >= l->limit) {
		take_copy(l);
		l->limit = l->limit ? l->limit * 2 : 1;
	} else {
		return;
	}
	l->steps = 0;
	l->enabled = l->stepped = 0;
}

static int pick_in_turn(void *state, const struct sim_choice *choice)
{
	struct lasso *l = state;
	uint32_t above;

	look(l);
	if (l->found || l->failed)
		return -1;
	above = l->current < 0 ? choice->enabled : choice->enabled & ~((2u << l->current) - 1);
	l->current = __builtin_ctz(above ? above : choice->enabled);
	l->enabled |= choice->enabled;
	l->stepped |= 1u << l->current;
	l->steps++;
	return l->current;
}

int sim_find_lasso(struct sim *sim, struct sim_lasso *ret)
{
	struct lasso l = { .sim = sim, .current = -1 };
	struct sim_strategy in_turn = { .pick = pick_in_turn, .state = &l };

	bool traced = sim->trace.on;

	memset(ret, 0, sizeof(*ret));
	sim->trace.on = false;
	sim_run(sim, in_turn);
	if (l.found) {
		ret->steps = l.period;
		ret->threads = l.threads;
	}
	sim->trace.on = traced;
	free(l.copy);
	return l.failed ? -ENOMEM : l.found;
}

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * exchange.c - threads of a file that could as well be each other
 *
 * They have the same statements, but for the names of what they assign, and nobody
 * else speaks of them: no kill(), no other thread's expression, no process or mapping
 * of their own.  The condition may: for each execution it is looked at with the parts
 * that these threads played exchanged in every way.  An execution in which they are
 * exchanged is one of the program, so a token of it replays.
 */
#include <stdlib.h>
#include <string.h>

#include "tools/litmus/exchange.h"

/* More ways are not worth it: looking at an end would take longer than an execution. */
#define MAX_WAYS 5040

/* Two threads, and which name of @b is which of @a; -1: not yet known. */
struct pair {
	const struct litmus *prog;
	int ia, ib;
	const struct thread_decl *a, *b;
	int16_t to[LIT_MAX_NAMES];
	bool taken[LIT_MAX_NAMES];
};

/* ---------------------------------------------------------------------- alike */

static bool is_own(const struct thread_decl *t, int name)
{
	return t->slots[name] >= 0;
}

static bool same_name(struct pair *p, int a, int b)
{
	const struct thread_decl *init = &p->prog->threads[0];

	if (a < 0 || b < 0)
		return a == b;
	if (!is_own(p->a, a) || !is_own(p->b, b))
		return a == b && !is_own(p->a, a) && !is_own(p->b, b);
	/* Before it is assigned the name may be init's. */
	if (a != b && (is_own(init, a) || is_own(init, b)))
		return false;
	if (p->to[a] < 0 && !p->taken[b]) {
		p->to[a] = (int16_t)b;
		p->taken[b] = true;
	}
	return p->to[a] == b;
}

static bool same_text(const char *a, const char *b)
{
	return a == b || (a && b && !strcmp(a, b));
}

static bool same_expr(struct pair *p, const struct expr *a, const struct expr *b)
{
	if (!a || !b)
		return a == b;
	if (a->kind != b->kind || a->op != b->op || a->vkind != b->vkind || a->field != b->field ||
	    a->n != b->n || a->thread != b->thread)
		return false;
	if (a->kind == EXPR_NAME && a->thread < 0 && !same_name(p, a->name, b->name))
		return false;
	if (a->kind == EXPR_NAME && a->thread >= 0 && a->name != b->name)
		return false;
	if (a->kind == EXPR_WORDS && !same_text(a->text, b->text))
		return false;
	return same_expr(p, a->a, b->a) && same_expr(p, a->b, b->b) && same_expr(p, a->c, b->c);
}

/* What gives a thread something that it alone has. */
static bool is_of_its_own(const struct call *c)
{
	switch (c->desc->id) {
	case CALL_FORK:
	case CALL_MMAP:
	case CALL_MREMAP:
	case CALL_KILL:
		return true;
	default:
		return false;
	}
}

static bool same_call(struct pair *p, const struct call *a, const struct call *b)
{
	if (!a || !b)
		return a == b;
	if (a->desc != b->desc || a->ioctl != b->ioctl || a->nr_args != b->nr_args ||
	    !same_text(a->str, b->str) || !same_name(p, a->msg, b->msg) || is_of_its_own(a))
		return false;
	for (unsigned i = 0; i < LIT_MAX_ARGS; i++)
		if (!same_expr(p, a->args[i], b->args[i]))
			return false;
	for (unsigned i = 0; i < LIT_MAX_FIELDS; i++)
		if (!same_expr(p, a->fields[i], b->fields[i]))
			return false;
	return true;
}

static bool same_block(struct pair *p, const struct stmt *a, const struct stmt *b)
{
	for (; a && b; a = a->next, b = b->next)
		if (a->kind != b->kind || !same_name(p, a->dst, b->dst) ||
		    !same_expr(p, a->addr, b->addr) || !same_expr(p, a->value, b->value) ||
		    !same_call(p, a->call, b->call) || !same_block(p, a->body, b->body) ||
		    !same_block(p, a->other, b->other))
			return false;
	return a == b;
}

static bool nobody_looks(const struct litmus *prog, const struct thread_decl *t)
{
	for (int i = 0; i < prog->nr_names; i++)
		if (t->shared[i])
			return false;
	return !t->mortal && !t->proc;
}

static bool alike(struct pair *p, const struct litmus *prog, int a, int b)
{
	*p = (struct pair){ prog, a, b, &prog->threads[a], &prog->threads[b], { 0 }, { 0 } };
	memset(p->to, -1, sizeof(p->to));
	return nobody_looks(prog, p->a) && nobody_looks(prog, p->b) &&
	       p->a->daemon == p->b->daemon && p->a->nr_slots == p->b->nr_slots &&
	       same_block(p, p->a->body, p->b->body);
}

/* -------------------------------------------------------------------- classes */

/* What each slot of the first of a class is called by @t, whose variables are saved like that. */
static bool add_thread(struct exchange *y, unsigned c, int t)
{
	unsigned nr = y->classes[c].nr;

	if (y->nr * (nr + 1) > MAX_WAYS)
		return false;
	if (nr)
		y->nr *= nr + 1;
	y->classes[c].threads[y->classes[c].nr++] = (uint8_t)t;
	return true;
}

static void find_class(struct exchange *y, const struct litmus *prog, int first, bool *done,
		       struct pair *p)
{
	unsigned c = y->nr_classes;

	y->classes[c].nr = 0;
	add_thread(y, c, first);
	for (int t = first + 1; t < prog->nr_threads; t++)
		if (!done[t] && alike(p, prog, first, t))
			done[t] = add_thread(y, c, t);
	y->nr_classes += y->classes[c].nr > 1;
}

void exchange_free(struct exchange *y)
{
	if (!y)
		return;
	for (int i = 0; y->vars && i < y->nr_threads; i++)
		free(y->vars[i]);
	free(y->vars);
	free(y->saved);
	free(y);
}

static bool alloc_saved(struct exchange *y, const struct litmus *prog)
{
	y->nr_threads = prog->nr_threads;
	y->saved = calloc((size_t)prog->nr_threads, sizeof(*y->saved));
	y->vars = calloc((size_t)prog->nr_threads, sizeof(*y->vars));
	for (int i = 0; y->saved && y->vars && i < prog->nr_threads; i++) {
		y->vars[i] = calloc(prog->threads[i].nr_slots + 1, sizeof(**y->vars));
		if (!y->vars[i])
			return false;
	}
	return y->saved && y->vars;
}

struct exchange *exchange_find(const struct litmus *prog)
{
	struct exchange *y = calloc(1, sizeof(*y));
	struct pair *p = malloc(sizeof(*p));
	bool done[LIT_MAX_THREADS + 1] = { false };

	if (y && p) {
		y->nr = 1;
		for (int i = 1; i < prog->nr_threads; i++)
			if (!done[i])
				find_class(y, prog, i, done, p);
	}
	free(p);
	if (y && y->nr_classes && alloc_saved(y, prog))
		return y;
	exchange_free(y);
	return NULL;
}

void exchange_spawned(struct exchange *y, const struct world *w)
{
	for (unsigned c = 0; c < y->nr_classes; c++)
		for (unsigned i = 1; i < y->classes[c].nr; i++) {
			const struct lit_thread *a = &w->threads[y->classes[c].threads[i - 1]];
			const struct lit_thread *b = &w->threads[y->classes[c].threads[i]];

			y->after[sim_thread_id(b->fiber)] = (uint8_t)(sim_thread_id(a->fiber) + 1);
		}
}

/* ------------------------------------------------------------------- exchanges */

/*
 * The variables of @t are those of @from, by the order in which the two threads'
 * statements first speak of them.
 */
static void copy_vars(const struct exchange *y, const struct world *w, int t, int from)
{
	struct pair p;

	alike(&p, w->prog, from, t);
	for (int name = 0; name < w->prog->nr_names; name++) {
		int a = p.a->slots[name], to = p.to[name];

		if (a >= 0 && to >= 0)
			w->threads[t].vars[p.b->slots[to]] = y->vars[from][a];
	}
}

static void play(const struct exchange *y, const struct world *w, int t, int from)
{
	const struct lit_thread *s = &y->saved[from];
	struct lit_thread *to = &w->threads[t];

	to->fiber = s->fiber;
	to->task = s->task;
	to->cur = s->cur;
	if (t == from)
		memcpy(to->vars, y->vars[t], sizeof(*to->vars) * to->decl->nr_slots);
	else
		copy_vars(y, w, t, from);
}

void exchange_begin(struct exchange *y, const struct world *w)
{
	memcpy(y->saved, w->threads, sizeof(*y->saved) * (size_t)y->nr_threads);
	for (int i = 0; i < y->nr_threads; i++) {
		memcpy(y->vars[i], w->threads[i].vars,
		       sizeof(**y->vars) * w->threads[i].decl->nr_slots);
		y->plays[i] = (uint8_t)i;
	}
}

static void swap(uint8_t *a, uint8_t *b)
{
	uint8_t x = *a;

	*a = *b;
	*b = x;
}

/* The next arrangement of a class in the order of a dictionary; false: the first one again. */
static bool next_of_class(struct exchange *y, unsigned c)
{
	const uint8_t *t = y->classes[c].threads;
	unsigned nr = y->classes[c].nr, i = nr - 1, j = nr - 1;

	while (i && y->plays[t[i - 1]] > y->plays[t[i]])
		i--;
	if (i) {
		while (y->plays[t[j]] < y->plays[t[i - 1]])
			j--;
		swap(&y->plays[t[i - 1]], &y->plays[t[j]]);
	}
	for (unsigned a = i, b = nr - 1; a < b; a++, b--)
		swap(&y->plays[t[a]], &y->plays[t[b]]);
	return i;
}

bool exchange_next(struct exchange *y, struct world *w)
{
	bool more = false;

	for (unsigned c = 0; c < y->nr_classes && !more; c++)
		more = next_of_class(y, c);
	for (unsigned c = 0; c < y->nr_classes; c++)
		for (unsigned i = 0; i < y->classes[c].nr; i++)
			play(y, w, y->classes[c].threads[i], y->plays[y->classes[c].threads[i]]);
	return more;
}

void exchange_picks(const struct exchange *y, const struct world *w, uint8_t *picks,
		    uint32_t *enabled, uint64_t nr)
{
	uint8_t to[SIM_MAX_THREADS];
	uint32_t seen = 0;

	for (unsigned i = 0; i < SIM_MAX_THREADS; i++)
		to[i] = (uint8_t)i;
	/* Who plays @from does what @from did. */
	for (int t = 1; t < y->nr_threads; t++)
		if (y->saved[t].fiber && y->saved[y->plays[t]].fiber)
			to[sim_thread_id(y->saved[y->plays[t]].fiber)] =
				(uint8_t)sim_thread_id(y->saved[t].fiber);
	for (uint64_t i = 0; i < nr; i++) {
		uint32_t bit = 1u << picks[i], mask = 0;

		for (uint32_t m = enabled[i]; m; m &= m - 1)
			mask |= 1u << to[__builtin_ctz(m)];
		enabled[i] = mask;
		/* First steps come in one order, whoever does what later. */
		picks[i] = seen & bit ? to[picks[i]] : picks[i];
		seen |= bit;
	}
}

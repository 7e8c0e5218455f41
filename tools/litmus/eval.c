/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * eval.c - names and expressions
 */
#include <limits.h>
#include <string.h>

#include "tools/litmus/world.h"

/* ------------------------------------------------------------------- names */

static const struct value unset;

static struct value *own(struct lit_thread *t, int name)
{
	int slot = t->decl->slots[name];

	return slot < 0 ? NULL : &t->vars[slot];
}

static void touch_name(struct world *w, const struct lit_thread *t, int name, enum sim_mode mode)
{
	if (t->index && t->decl->shared[name])
		world_touch(w, sim_key(LIT_CLASS_VAR, (uint32_t)t->index, (uint64_t)name), mode);
}

/* What another thread assigns is read at a point of its own. */
static void read_shared(struct world *w, const struct lit_thread *whose, int name)
{
	if (!whose->index || !whose->decl->shared[name])
		return;
	world_yield(w, SIM_OP_READ, w->prog->names[name]);
	touch_name(w, whose, name, SIM_READ);
}

const struct value *lookup(struct world *w, const struct lit_thread *t, int name, bool touch)
{
	const struct value *v;

	/* The thread, the one that forked its process, ... and init last. */
	for (int i = 0; t && i <= w->nr_threads; i++) {
		const struct lit_proc *p = &w->procs[t->decl->proc];

		v = own((struct lit_thread *)t, name);
		if (v && touch && i)
			read_shared(w, t, name);
		if (v && v->set)
			return v;
		t = t->decl->proc && p->p ? &w->threads[p->forker] : NULL;
	}
	v = own(&w->threads[0], name);
	return v && v->set ? v : &unset;
}

void assign(struct lit_thread *t, int name, const struct value *v)
{
	struct value *dst = own(t, name);

	*dst = *v;
	dst->set = 1;
	touch_name(t->w, t, name, SIM_WRITE);
}

/* -------------------------------------------------------------- expressions */

bool value_true(const struct value *v)
{
	return v->kind != VAL_ABSENT && v->kind != VAL_MSG && v->n;
}

static void eval_name(struct world *w, struct lit_thread *t, const struct expr *e,
		      struct value *ret)
{
	struct lit_thread *whose = e->thread >= 0 ? &w->threads[e->thread] : t;
	const struct value *v;

	/* lookup() takes the first of the chain for the reader's own. */
	if (t && whose != t)
		read_shared(w, whose, e->name);
	v = lookup(w, whose, e->name, t);
	value_field(v, (enum field)e->field, ret);
}

static void eval_unary(struct world *w, struct lit_thread *t, const struct expr *e,
		       struct value *ret)
{
	struct value a;

	eval(w, t, e->a, &a);
	switch (e->op) {
	case '-':
		value_num(ret, (int64_t) - (uint64_t)a.n);
		break;
	case '+':
		*ret = a;
		break;
	case '~':
		value_num(ret, ~a.n);
		break;
	default:
		value_num(ret, !value_true(&a));
		break;
	}
}

/* Does the result still point somewhere? */
static bool is_address(uint16_t op, const struct value *a, const struct value *b)
{
	bool pa = a->kind == VAL_ADDR, pb = b->kind == VAL_ADDR;

	switch (op) {
	case '+':
	case '|':
	case '^':
	case '&':
		return pa != pb;
	case '-':
		return pa && !pb;
	}
	return false;
}

/* Conditions are looked at outside of the run, where nothing can end it. */
static int64_t divide_by_zero(struct world *w, const struct expr *e)
{
	if (w->sim ? sim_current(w->sim) != NULL : !w->over)
		world_bad(w, e->pos, "division by zero");
	world_note_bad(w, e->pos, "division by zero");
	return 0;
}

static int64_t divide(struct world *w, const struct expr *e, int64_t a, int64_t b)
{
	if (!b)
		return divide_by_zero(w, e);
	if (b == -1)
		return e->op == '/' ? (int64_t) - (uint64_t)a : 0;
	return e->op == '/' ? a / b : a % b;
}

static int64_t arithmetic(struct world *w, const struct expr *e, int64_t a, int64_t b)
{
	uint64_t ua = (uint64_t)a, ub = (uint64_t)b;

	switch (e->op) {
	case '+':
		return (int64_t)(ua + ub);
	case '-':
		return (int64_t)(ua - ub);
	case '*':
		return (int64_t)(ua * ub);
	case '/':
	case '%':
		return divide(w, e, a, b);
	case '&':
		return a & b;
	case '|':
		return a | b;
	case '^':
		return a ^ b;
	case '<':
		return a < b;
	case '>':
		return a > b;
	case OP2('<', '='):
		return a <= b;
	case OP2('>', '='):
		return a >= b;
	case OP2('<', '<'):
		return ub > 63 ? 0 : (int64_t)(ua << ub);
	default: /* >> */
		return ub > 63 ? (a < 0 ? -1 : 0) : a >> ub;
	}
}

static void eval_binary(struct world *w, struct lit_thread *t, const struct expr *e,
			struct value *ret)
{
	bool and = e->op == OP2('&', '&'), or = e->op == OP2('|', '|');
	struct value b;

	eval(w, t, e->a, ret);
	if ((and&&!value_true(ret)) || (or &&value_true(ret))) {
		value_num(ret, or);
		return;
	}
	eval(w, t, e->b, &b);
	if (and || or)
		value_num(ret, value_true(&b));
	else if (e->op == OP2('=', '='))
		value_num(ret, value_equal(ret, &b));
	else if (e->op == OP2('!', '='))
		value_num(ret, !value_equal(ret, &b));
	else
		value_kind(ret, is_address(e->op, ret, &b) ? VAL_ADDR : VAL_NUM,
			   arithmetic(w, e, ret->n, b.n));
}

void eval(struct world *w, struct lit_thread *t, const struct expr *e, struct value *ret)
{
	switch (e->kind) {
	case EXPR_CONST:
		value_kind(ret, (enum val_kind)e->vkind, e->n);
		break;
	case EXPR_WORDS:
		value_kind(ret, VAL_WORDS, 0);
		strncpy(ret->u.words, e->text, LIT_WORDS - 1);
		break;
	case EXPR_NAME:
		eval_name(w, t, e, ret);
		break;
	case EXPR_UNARY:
		eval_unary(w, t, e, ret);
		break;
	case EXPR_BINARY:
		eval_binary(w, t, e, ret);
		break;
	case EXPR_COND:
		eval(w, t, e->a, ret);
		eval(w, t, value_true(ret) ? e->b : e->c, ret);
		break;
	}
}

int64_t eval_number(struct lit_thread *t, const struct expr *e)
{
	struct value v;

	if (!e)
		return 0;
	eval(t->w, t, e, &v);
	return v.n;
}

int eval_fd(struct lit_thread *t, const struct expr *e)
{
	struct value v;

	eval(t->w, t, e, &v);
	/* A name stands for a descriptor only; a number may be written out. */
	if (e->kind == EXPR_NAME && v.kind != VAL_FD)
		return -1;
	return v.n < INT_MIN || v.n > INT_MAX ? -1 : (int)v.n;
}

int eval_pid(struct lit_thread *t, const struct expr *e)
{
	struct value v;

	eval(t->w, t, e, &v);
	return v.kind == VAL_PROC ? (int)v.n : -1;
}

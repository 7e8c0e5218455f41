/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * check.c - what can be said of a file without running it; resolves names
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tools/litmus/ast.h"

struct checker {
	struct litmus *prog;
	struct litmus_error *err;
	int thread; /* the one whose expressions are being looked at */
};

typedef int (*stmt_fn)(struct checker *c, struct stmt *s);

/* Every statement of a thread, or of all threads of a sequence, in order. */
static int walk(struct checker *c, struct stmt *first, stmt_fn fn)
{
	int r = 0;

	for (struct stmt *s = first; s && !r; s = s->next) {
		r = fn(c, s);
		if (!r)
			r = walk(c, s->body, fn);
		if (!r)
			r = walk(c, s->other, fn);
	}
	return r;
}

static int walk_all(struct checker *c, stmt_fn fn)
{
	struct litmus *prog = c->prog;
	int r = 0;

	for (c->thread = 0; c->thread < prog->nr_threads && !r; c->thread++)
		r = walk(c, prog->threads[c->thread].body, fn);
	for (struct stmt *s = prog->issue; s && !r; s = s->issue) {
		c->thread = s->thread;
		r = walk(c, s, fn);
	}
	return r;
}

/* ------------------------------------------------------ processes, variables */

static int collect_proc(struct checker *c, struct stmt *s)
{
	struct litmus *prog = c->prog;

	if (s->kind != STMT_CALL || s->call->desc->id != CALL_FORK || s->dst < 0)
		return 0;
	if (lit_find_proc(prog, prog->names[s->dst]) >= 0)
		return 0;
	if (prog->nr_procs > LIT_MAX_THREADS)
		return lit_error(prog, c->err, s->pos, "more than %d processes", LIT_MAX_THREADS);
	prog->procs[prog->nr_procs].name = prog->names[s->dst];
	prog->procs[prog->nr_procs++].name_id = s->dst;
	return 0;
}

static void give_slot(struct thread_decl *t, int name)
{
	if (name >= 0 && t->slots[name] < 0)
		t->slots[name] = (int16_t)t->nr_slots++;
}

static int collect_slots(struct checker *c, struct stmt *s)
{
	struct thread_decl *t = &c->prog->threads[c->thread];

	give_slot(t, s->dst);
	if (s->call)
		give_slot(t, s->call->msg);
	return 0;
}

static int make_slots(struct checker *c)
{
	struct litmus *prog = c->prog;

	for (int i = 0; i < prog->nr_threads; i++) {
		struct thread_decl *t = &prog->threads[i];

		t->slots = pool_alloc(prog, sizeof(*t->slots) * (size_t)(prog->nr_names + 1));
		t->shared = pool_alloc(prog, (size_t)prog->nr_names + 1);
		if (!t->slots || !t->shared)
			return -ENOMEM;
		for (int n = 0; n < prog->nr_names; n++)
			t->slots[n] = LIT_NONE;
	}
	return walk_all(c, collect_slots);
}

static int place_threads(struct checker *c)
{
	struct litmus *prog = c->prog;

	for (int i = 0; i < prog->nr_threads; i++) {
		struct thread_decl *t = &prog->threads[i];

		t->proc = t->pname ? lit_find_proc(prog, t->pname) : 0;
		if (t->proc < 0 || (t->pname && !t->proc && strcmp(t->pname, "main")))
			return lit_error(prog, c->err, t->pos,
					 "there is no process '%s': no `%s = fork()`", t->pname,
					 t->pname);
	}
	return 0;
}

/* -------------------------------------------------------------------- names */

static int assigners(const struct litmus *prog, int name, int *last)
{
	int n = 0;

	for (int i = 0; i < prog->nr_threads; i++) {
		if (prog->threads[i].slots[name] >= 0) {
			*last = i;
			n++;
		}
	}
	return n;
}

/* A T@c thread looks at what the thread that forks c assigns, and so on upwards. */
static void share_upwards(struct litmus *prog, int thread, int name, unsigned depth)
{
	const struct thread_decl *t = &prog->threads[thread];
	int proc_name;

	if (!t->proc || depth > (unsigned)prog->nr_threads)
		return;
	proc_name = prog->procs[t->proc].name_id;
	for (int i = 1; i < prog->nr_threads; i++) {
		struct thread_decl *up = &prog->threads[i];

		if (i == thread || up->slots[proc_name] < 0 || up->shared[name] == depth + 1)
			continue;
		up->shared[name] = (uint8_t)(depth + 1);
		share_upwards(prog, i, name, depth + 1);
	}
}

static int resolve_qualified(struct checker *c, struct expr *e)
{
	struct litmus *prog = c->prog;
	int t = lit_find_thread(prog, e->text);

	if (t < 0)
		return lit_error(prog, c->err, e->pos, "there is no thread '%s'", e->text);
	e->thread = (int16_t)t;
	if (t && t != c->thread)
		prog->threads[t].shared[e->name] = 1;
	share_upwards(prog, t, e->name, 0);
	return 0;
}

static int resolve_name(struct checker *c, struct expr *e)
{
	struct litmus *prog = c->prog;
	int last = LIT_NONE, n = assigners(prog, e->name, &last);

	if (!n)
		return lit_error(prog, c->err, e->pos, "unknown name '%s'", prog->names[e->name]);
	if (e->text)
		return resolve_qualified(c, e);
	if (c->thread >= 0) {
		share_upwards(prog, c->thread, e->name, 0);
		return 0;
	}
	/* A condition belongs to no thread. */
	if (prog->threads[0].slots[e->name] >= 0)
		last = 0;
	else if (n > 1)
		return lit_error(prog, c->err, e->pos,
				 "more than one thread assigns '%s': write THREAD:%s",
				 prog->names[e->name], prog->names[e->name]);
	e->thread = (int16_t)last;
	return 0;
}

static int check_expr(struct checker *c, struct expr *e)
{
	int r = 0;

	if (!e)
		return 0;
	if (e->kind == EXPR_NAME)
		return resolve_name(c, e);
	r = check_expr(c, e->a);
	if (!r)
		r = check_expr(c, e->b);
	if (!r)
		r = check_expr(c, e->c);
	return r;
}

/* A signal is for a thread of this file; its process must not end with it. */
static int check_kill(struct checker *c, const struct stmt *s)
{
	struct litmus *prog = c->prog;
	struct call *call = s->call;

	call->victim = lit_find_thread(prog, call->str);
	if (call->victim <= 0)
		return lit_error(prog, c->err, s->pos, "there is no thread '%s'", call->str);
	prog->threads[call->victim].mortal = true;
	return 0;
}

static int check_call(struct checker *c, const struct stmt *s)
{
	struct call *call = s->call;
	int r = call->desc->id == CALL_KILL ? check_kill(c, s) : 0;

	for (unsigned i = 0; i < LIT_MAX_ARGS && !r; i++)
		r = check_expr(c, call->args[i]);
	for (unsigned i = 0; i < LIT_MAX_FIELDS && !r; i++)
		r = check_expr(c, call->fields[i]);
	if (!r && s->dst >= 0 && (call->desc->id == CALL_MAPS || call->desc->id == CALL_SMAPS))
		r = lit_error(c->prog, c->err, s->pos, "%s() gives nothing that a name can hold",
			      call->desc->name);
	return r;
}

static int check_stmt(struct checker *c, struct stmt *s)
{
	int r = check_expr(c, s->addr);

	if (!r)
		r = check_expr(c, s->value);
	if (!r && s->call)
		r = check_call(c, s);
	return r;
}

/* --------------------------------------------------------------- conditions */

static int check_atom(struct checker *c, struct atom *a)
{
	struct litmus *prog = c->prog;
	int last;

	if (a->kind == ATOM_VERDICT)
		return 0;
	if (a->kind == ATOM_PEEK) {
		a->index = lit_find_proc(prog, a->who);
		if (a->index < 0)
			return lit_error(prog, c->err, a->pos, "there is no process '%s'", a->who);
		return check_expr(c, a->addr);
	}
	a->index = lit_find_thread(prog, a->who);
	if (a->index < 0)
		return lit_error(prog, c->err, a->pos, "there is no thread '%s'", a->who);
	if (a->kind == ATOM_VAR && !assigners(prog, a->name, &last))
		return lit_error(prog, c->err, a->pos, "unknown name '%s'", prog->names[a->name]);
	return 0;
}

static int check_cond(struct checker *c, struct cond *cond)
{
	int r;

	if (!cond)
		return 0;
	if (cond->kind == COND_ATOM && c->prog->atoms[cond->atom].kind == ATOM_VERDICT)
		c->prog->asserts |= 1u << c->prog->atoms[cond->atom].index;
	r = check_expr(c, cond->value);
	if (!r)
		r = check_cond(c, cond->a);
	if (!r)
		r = check_cond(c, cond->b);
	return r;
}

static int by_key(const void *a, const void *b, void *ctx)
{
	const struct litmus *prog = ctx;

	return strcmp(prog->atoms[*(const int *)a].key, prog->atoms[*(const int *)b].key);
}

static int check_conditions(struct checker *c)
{
	struct litmus *prog = c->prog;
	int r = 0;

	c->thread = LIT_NONE;
	for (int i = 0; i < prog->nr_atoms && !r; i++) {
		r = check_atom(c, &prog->atoms[i]);
		prog->keys[i] = i;
	}
	prog->nr_keys = prog->nr_atoms;
	qsort_r(prog->keys, (size_t)prog->nr_keys, sizeof(prog->keys[0]), by_key, prog);
	return r ? r : check_cond(c, prog->cond);
}

int lit_check(struct litmus *prog, struct litmus_error *err)
{
	struct checker c = { .prog = prog, .err = err };
	int r;

	prog->procs[0].name = "main";
	prog->procs[0].name_id = LIT_NONE;
	prog->nr_procs = 1;
	r = walk_all(&c, collect_proc);
	if (!r)
		r = place_threads(&c);
	if (!r)
		r = make_slots(&c);
	if (!r)
		r = walk_all(&c, check_stmt);
	return r ? r : check_conditions(&c);
}

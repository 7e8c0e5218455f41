/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * interp.c - statements, on the fiber of their thread
 *
 * Blocks are followed with the pointers of the tree, not by recursion: the
 * fiber's stack belongs to the model.
 */
#include "tools/litmus/world.h"

#define PLAIN_MAX 64

static void ret_access(struct lit_thread *t, enum access_result r, struct value *ret)
{
	value_kind(ret, VAL_SIG, r);
	rec_ret_text(t, r == ACCESS_SIGBUS ? "SIGBUS" : "SIGSEGV");
}

static void do_load(struct lit_thread *t, const struct stmt *s, struct value *ret)
{
	uint64_t addr = (uint64_t)eval_number(t, s->addr);
	enum access_result r;
	uint8_t byte = 0;
	bool faulted;
	char text[8];

	r = t->w->be->load(t, addr, &byte, &faulted);
	rec_flt(t, faulted);
	if (r != ACCESS_OK) {
		ret_access(t, r, ret);
		return;
	}
	value_kind(ret, VAL_BYTE, byte);
	value_show(t->w, ret, NULL, text, sizeof(text));
	rec_ret_text(t, text);
}

static void do_store(struct lit_thread *t, const struct stmt *s, struct value *ret)
{
	uint64_t addr = (uint64_t)eval_number(t, s->addr);
	uint8_t v = (uint8_t)eval_number(t, s->value);
	bool faulted;
	enum access_result r = t->w->be->store(t, addr, v, &faulted);

	rec_flt(t, faulted);
	if (r != ACCESS_OK) {
		ret_access(t, r, ret);
		return;
	}
	value_num(ret, 0);
	rec_ret_number(t, 0);
}

/* A fatal signal has come: what is under way still ends in the kernel, but nobody sees how. */
static bool is_killed(const struct lit_thread *t)
{
	return t->decl->mortal && t->fiber && fatal_signal_pending(t->fiber);
}

/* Statements that have records, and may block. */
static void exec_recorded(struct lit_thread *t, const struct stmt *s)
{
	struct value ret;

	t->cur = s;
	rec_begin(t, s);
	if (s->kind == STMT_LOAD)
		do_load(t, s, &ret);
	else if (s->kind == STMT_STORE)
		do_store(t, s, &ret);
	else if (s->call->desc->observer)
		t->w->be->observe(t, s, &ret);
	else
		t->w->be->call(t, s, &ret);
	if (is_killed(t))
		return;
	if (s->dst >= 0)
		assign(t, s->dst, &ret);
	rec_end(t);
	t->cur = NULL;
}

static void exec_assign(struct lit_thread *t, const struct stmt *s)
{
	struct value v;

	t->cur = s;
	if (t->decl->shared[s->dst] && t->index)
		world_yield(t->w, SIM_OP_WRITE, t->w->prog->names[s->dst]);
	eval(t->w, t, s->value, &v);
	assign(t, s->dst, &v);
	if (world_tracing(t->w))
		sim_trace_kind(t->w->sim, SIM_TRACE_RETURN, "%s", s->text);
	t->cur = NULL;
}

static bool test(struct lit_thread *t, const struct stmt *s)
{
	struct value v;

	t->cur = s;
	eval(t->w, t, s->value, &v);
	t->cur = NULL;
	return value_true(&v);
}

static const struct stmt *next_of(const struct stmt *s)
{
	return stmt_after((struct stmt *)s);
}

static const struct stmt *loop_around(const struct stmt *s)
{
	while (s->kind != STMT_WHILE)
		s = s->up;
	return s;
}

static uint64_t hash(uint64_t h, const void *p, size_t size)
{
	const unsigned char *b = p;

	for (size_t i = 0; i < size; i++)
		h = (h ^ b[i]) * 0x100000001b3ULL;
	return h;
}

/*
 * A round that comes back to this with the same variables may be left out.  A thread
 * with a TLB knows more than that.
 */
static void tell_head(struct lit_thread *t, const struct stmt *s)
{
	uint64_t knows = 0xcbf29ce484222325ULL;

	if (!t->fiber || task_remembers(t->task))
		return;
	knows = hash(knows, &s, sizeof(s));
	knows = hash(knows, &t->plain, sizeof(t->plain));
	knows = hash(knows, t->vars, sizeof(*t->vars) * t->decl->nr_slots);
	sim_loop(t->w->sim, knows);
}

/* Executes @s; returns the statement that follows. */
static const struct stmt *exec(struct lit_thread *t, const struct stmt *s)
{
	const struct stmt *inner;

	switch (s->kind) {
	case STMT_IF:
		inner = test(t, s) ? s->body : s->other;
		return inner ? inner : next_of(s);
	case STMT_WHILE:
		if (!test(t, s))
			return next_of(s);
		tell_head(t, s);
		return s->body ? s->body : s;
	case STMT_BREAK:
		return next_of(loop_around(s));
	case STMT_ASSIGN:
		exec_assign(t, s);
		break;
	default:
		exec_recorded(t, s);
		break;
	}
	return next_of(s);
}

/* A loop without scheduling points must reach the bound on steps, too. */
static void count_plain(struct lit_thread *t)
{
	uint64_t step;

	if (!t->w->sim)
		return;
	step = sim_steps(t->w->sim);
	if (step != t->plain_step) {
		t->plain_step = step;
		t->plain = 0;
	} else if (++t->plain == PLAIN_MAX) {
		t->plain = 0;
		sim_yield(t->w->sim, SIM_OP_YIELD, "loop");
	}
}

void lit_run(struct lit_thread *t, const struct stmt *s)
{
	while (s && !is_killed(t)) {
		count_plain(t);
		s = exec(t, s);
	}
}

static bool has_mail(const struct sim_thread *fiber, const struct sim_op *op)
{
	const struct lit_thread *t = (const struct lit_thread *)(uintptr_t)op->arg;

	return t->mail;
}

void lit_thread_main(void *arg)
{
	struct lit_thread *t = arg;
	struct sim_op op = {
		.kind = SIM_OP_WAIT,
		.what = "next statement",
		.arg = (uintptr_t)t,
		.enabled = has_mail,
		.idle = true,
	};

	if (!t->w->prog->sequence || !t->index) {
		lit_run(t, t->decl->body);
		return;
	}
	for (;;) {
		sim_point(t->w->sim, &op);
		lit_run(t, t->mail);
		t->mail = NULL;
		if (is_killed(t))
			break;
	}
}

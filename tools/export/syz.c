/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * syz.c - a sequence as a syzkaller program
 *
 * Such a program has one list of calls and no branches, and its memory is a
 * window of 16 MiB at 0x7f0000000000.  So addresses are those of the
 * simulator's run, moved there; a statement that sleeps in the run is async.
 * A program cannot load or store: data given with a pointer is stored by the
 * executor before the call, and a load becomes a write() to a pipe.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <uffdsim/abi.h>
#include <uffdsim/mm.h>

#include "tools/export/emit.h"
#include "tools/export/expect.h"
#include "tools/export/export.h"

#define WINDOW      0x7f0000000000ULL
#define WINDOW_SIZE (16ULL << 20)
#define ARGUMENTS   (2ULL << 20) /* structures lie below, the scenario's memory above */
#define SLOT        (2ULL << 20) /* of the arena */
#define SMALL_SLOT  (256ULL << 10)
#define BAD_FD      "0xffffffffffffffff"

/* What a name holds. */
struct syz_value {
	int64_t n;
	int resource; /* r0, r1...; -1: a number */
};

struct syz {
	struct emit x; /* for refuse() and put() */
	struct expectations e;
	uint64_t slot;          /* how much of the window a slot of the arena gets */
	struct syz_value *vars; /* by thread and name */
	int resources, pipe;
	unsigned args;          /* structures so far */
	struct pos pos;         /* of the statement */
};

static struct syz_value *var(struct syz *s, int owner, int name)
{
	return &s->vars[owner * LIT_MAX_NAMES + name];
}

/* ----------------------------------------------------------------- addresses */

/* 0 for what is not in the arena. */
static uint64_t place(struct syz *s, uint64_t addr, uint64_t len)
{
	uint64_t slot = (addr - ARENA_BASE) / SLOT, off = (addr - ARENA_BASE) % SLOT;
	uint64_t at = ARGUMENTS + slot * s->slot + off;

	if (addr < ARENA_BASE || addr - ARENA_BASE > 64 * SLOT)
		return 0;
	if ((s->slot < SLOT && off + len > s->slot) || at + len > WINDOW_SIZE)
		refuse(&s->x, s->pos, "an address beyond the 16 MiB of a syzkaller program");
	return WINDOW + at;
}

/* A range of memory as syzkaller writes it; a range elsewhere is null. */
static void put_vma(struct syz *s, uint64_t addr, uint64_t len)
{
	uint64_t pages = (len + PAGE_SIZE - 1) & PAGE_MASK, at;

	if (!pages || pages > WINDOW_SIZE)
		pages = PAGE_SIZE;
	at = place(s, addr, pages);
	if (at % PAGE_SIZE)
		refuse(&s->x, s->pos, "an address that is not that of a page");
	if (at)
		put(&s->x, "&(0x%" PRIx64 "/0x%" PRIx64 ")=nil", at, pages);
	else
		put(&s->x, "0x0");
}

static void put_hex(struct syz *s, int64_t n)
{
	put(&s->x, "0x%" PRIx64, (uint64_t)n);
}

/* Where the next structure lies. */
static uint64_t next_arg(struct syz *s)
{
	return WINDOW + 0x100 * (uint64_t)s->args++;
}

/* --------------------------------------------------------------- expressions */

static int64_t value_of(struct syz *s, const struct expr *e);

static int64_t binary(struct syz *s, const struct expr *e)
{
	int64_t a = value_of(s, e->a), b = value_of(s, e->b);

	switch (e->op) {
	case '+':
		return (int64_t)((uint64_t)a + (uint64_t)b);
	case '-':
		return (int64_t)((uint64_t)a - (uint64_t)b);
	case '*':
		return (int64_t)((uint64_t)a * (uint64_t)b);
	case '|':
		return a | b;
	case '&':
		return a & b;
	case '^':
		return a ^ b;
	case OP2('<', '<'):
		return b >= 0 && b < 64 ? (int64_t)((uint64_t)a << b) : 0;
	}
	refuse(&s->x, e->pos, "this operator");
	return 0;
}

static struct syz_value name_value(struct syz *s, const struct expr *e)
{
	int thread = e->thread >= 0 ? e->thread : s->x.thread;
	int owner = owner_of(s->x.prog, thread, e->name);

	if (e->field)
		refuse(&s->x, e->pos, "a field of an earlier answer");
	return owner < 0 ? (struct syz_value){ 0, -1 } : *var(s, owner, e->name);
}

static int64_t value_of(struct syz *s, const struct expr *e)
{
	if (!e)
		return 0;
	switch (e->kind) {
	case EXPR_CONST:
		return e->n;
	case EXPR_NAME:
		return name_value(s, e).n;
	case EXPR_UNARY:
		if (e->op == '-')
			return (int64_t) - (uint64_t)value_of(s, e->a);
		return e->op == '~' ? ~value_of(s, e->a) :
		       e->op == '!' ? !value_of(s, e->a) : value_of(s, e->a);
	case EXPR_BINARY:
		return binary(s, e);
	default:
		refuse(&s->x, e->pos, "this expression");
		return 0;
	}
}

static void put_fd(struct syz *s, const struct expr *e)
{
	struct syz_value v = { 0, -1 };

	if (e->kind == EXPR_NAME)
		v = name_value(s, e);
	if (v.resource >= 0)
		put(&s->x, "r%d", v.resource);
	else
		put(&s->x, BAD_FD);
}

/* -------------------------------------------------------------------- calls */

static void put_ioctl(struct syz *s, const struct call *c)
{
	uint64_t w[LIT_MAX_FIELDS];
	struct emit *x = &s->x;

	for (int i = 0; i < LIT_MAX_FIELDS; i++)
		w[i] = (uint64_t)value_of(s, c->fields[i]);
	if (c->ioctl->id == IOC_SCAN || c->ioctl->id == IOC_NEW)
		refuse(x, s->pos, "%s", c->ioctl->name);
	put(x, "ioctl$%s(", c->ioctl->name);
	put_fd(s, c->args[0]);
	put(x, ", 0x%x, &(0x%" PRIx64 ")={", c->ioctl->cmd, next_arg(s));
	switch (c->ioctl->id) {
	case IOC_API:
	case IOC_SET_MODE:
		put(x, "0x%" PRIx64 ", 0x%" PRIx64, w[0], w[1]);
		break;
	case IOC_COPY:
	case IOC_MOVE:
		put_vma(s, w[0], w[2]);
		put(x, ", ");
		put_vma(s, w[1], w[2]);
		put(x, ", 0x%" PRIx64 ", 0x%" PRIx64, w[2], w[3]);
		break;
	case IOC_UNREGISTER:
	case IOC_WAKE:
		put_vma(s, w[0], w[1]);
		put(x, ", 0x%" PRIx64, w[1]);
		break;
	default:
		put(x, "{");
		put_vma(s, w[0], w[1]);
		put(x, ", 0x%" PRIx64 "}, 0x%" PRIx64, w[1], w[2]);
		break;
	}
	put(x, "})");
}

static void put_mmap(struct syz *s, const struct call *c, int64_t ret)
{
	uint64_t addr = (uint64_t)value_of(s, c->args[0]);
	uint64_t len = (uint64_t)value_of(s, c->args[1]);
	int64_t flags = value_of(s, c->args[3]);

	if (!addr && ret > 0) {
		addr = (uint64_t)ret;
		flags |= MAP_FIXED;
	}
	put(&s->x, "mmap(");
	put_vma(s, addr, len);
	put(&s->x, ", 0x%" PRIx64 ", 0x%" PRIx64 ", 0x%" PRIx64 ", ", len,
	    (uint64_t)value_of(s, c->args[2]), (uint64_t)flags);
	put_fd(s, c->args[4]);
	put(&s->x, ", 0x%" PRIx64 ")", (uint64_t)value_of(s, c->args[5]));
}

static void put_mremap(struct syz *s, const struct call *c, int64_t ret)
{
	uint64_t old = (uint64_t)value_of(s, c->args[0]), to = (uint64_t)value_of(s, c->args[4]);
	uint64_t old_len = (uint64_t)value_of(s, c->args[1]);
	uint64_t new_len = (uint64_t)value_of(s, c->args[2]);
	int64_t flags = value_of(s, c->args[3]);

	if (!(flags & MREMAP_FIXED) && ret > 0 && (uint64_t)ret != old) {
		to = (uint64_t)ret;
		flags |= MREMAP_FIXED;
	}
	put(&s->x, "mremap(");
	put_vma(s, old, old_len);
	put(&s->x, ", 0x%" PRIx64 ", 0x%" PRIx64 ", 0x%" PRIx64 ", ", old_len, new_len,
	    (uint64_t)flags);
	put_vma(s, to, new_len);
	put(&s->x, ")");
}

static void put_range_call(struct syz *s, const struct call *c)
{
	uint64_t len = (uint64_t)value_of(s, c->args[1]);

	put(&s->x, "%s(", c->desc->name);
	put_vma(s, (uint64_t)value_of(s, c->args[0]), len);
	put(&s->x, ", 0x%" PRIx64, len);
	if (c->args[2]) {
		put(&s->x, ", ");
		put_hex(s, value_of(s, c->args[2]));
	}
	put(&s->x, ")");
}

static void put_store(struct syz *s, uint64_t addr, int64_t value, uint64_t len)
{
	for (uint64_t at = 0; at < len; at += PAGE_SIZE) {
		uint64_t where = place(s, addr + at, 1);

		if (!where)
			refuse(&s->x, s->pos, "a store outside of the arena");
		put(&s->x, "%swrite(" BAD_FD ", &(0x%" PRIx64 ")=\"%02x\", 0x1)", at ? "\n" : "",
		    where, (unsigned)(value & 0xff));
	}
}

static void put_load(struct syz *s, const struct stmt *st)
{
	uint64_t where = place(s, (uint64_t)value_of(s, st->addr), 1);

	if (!where)
		refuse(&s->x, s->pos, "a load outside of the arena");
	put(&s->x, "write(r%d, &(0x%" PRIx64 "), 0x1)", s->pipe, where);
}

static bool put_syz_call(struct syz *s, const struct stmt *st, int64_t ret)
{
	const struct call *c = st->call;
	struct emit *x = &s->x;

	switch (c->desc->id) {
	case CALL_MMAP:
		put_mmap(s, c, ret);
		break;
	case CALL_MREMAP:
		put_mremap(s, c, ret);
		break;
	case CALL_MUNMAP:
	case CALL_MPROTECT:
	case CALL_MADVISE:
		put_range_call(s, c);
		break;
	case CALL_USERFAULTFD:
		put(x, "userfaultfd(");
		put_hex(s, value_of(s, c->args[0]));
		put(x, ")");
		break;
	case CALL_IOCTL:
		put_ioctl(s, c);
		break;
	case CALL_READ:
		if (c->msg < 0)
			refuse(x, s->pos, "%s() of memory", c->label);
		put(x, "read(");
		put_fd(s, c->args[0]);
		put(x, ", &(0x%" PRIx64 ")=\"\"/32, 0x20)", next_arg(s));
		break;
	case CALL_POLL:
		put(x, "poll(&(0x%" PRIx64 ")=[{", next_arg(s));
		put_fd(s, c->args[0]);
		put(x, ", 0x%" PRIx64 "}], 0x1, 0x%" PRIx64 ")", (uint64_t)value_of(s, c->args[1]),
		    c->nr_args > 2 ? (uint64_t)value_of(s, c->args[2]) : UINT64_MAX);
		break;
	case CALL_CLOSE:
		put(x, "close(");
		put_fd(s, c->args[0]);
		put(x, ")");
		break;
	case CALL_MEMSET:
		put_store(s, (uint64_t)value_of(s, c->args[0]), value_of(s, c->args[1]),
			  (uint64_t)value_of(s, c->args[2]));
		break;
	default:
		if (!c->desc->observer)
			refuse(x, s->pos, "%s()", c->label);
		return false;
	}
	return true;
}

/* --------------------------------------------------------------- statements */

static const struct expectation *answer_of(const struct syz *s, unsigned step)
{
	const struct expectation *ret = NULL;

	for (size_t i = 0; i < s->e.nr; i++)
		if (s->e.v[i].step == step && !s->e.v[i].blocked)
			ret = &s->e.v[i];
	return ret;
}

static bool sleeps(const struct syz *s, unsigned step)
{
	for (size_t i = 0; i < s->e.nr; i++)
		if (s->e.v[i].step == step && s->e.v[i].blocked)
			return true;
	return false;
}

/* "0x10000000000" and "-EAGAIN" as numbers; a descriptor gets a resource. */
static void note_result(struct syz *s, const struct stmt *st, const char *text, int resource)
{
	int owner = st->dst < 0 ? LIT_NONE : owner_of(s->x.prog, s->x.thread, st->dst);
	struct syz_value *v;
	uint8_t kind;

	if (owner < 0)
		return;
	v = var(s, owner, st->dst);
	*v = (struct syz_value){ 0, resource };
	if (text && *text == '-' && constant_find(text + 1, strcspn(text + 1, " "), &kind, &v->n))
		v->n = -v->n;
	else if (text)
		v->n = (int64_t)strtoull(text, NULL, 0);
}

static void put_statement(struct syz *s, const struct stmt *st, int thread)
{
	const struct expectation *a = answer_of(s, st->step);
	bool call = st->kind == STMT_CALL, expressed = true;
	bool makes_fd = call && st->call->desc->id == CALL_USERFAULTFD;
	int64_t ret = a ? (int64_t)strtoull(a->text, NULL, 0) : 0;

	s->x.thread = thread;
	s->pos = st->pos;
	if (st->kind == STMT_IF || st->kind == STMT_WHILE || st->kind == STMT_BREAK)
		refuse(&s->x, st->pos, "a branch");
	if (s->x.prog->threads[thread].proc)
		refuse(&s->x, st->pos, "another process");
	put(&s->x, "# %s: %s", s->x.prog->threads[thread].name, st->text ? st->text : "");
	put(&s->x, a ? "  # %s\n" : "\n", a ? a->text : "");
	if (st->kind == STMT_ASSIGN) {
		note_result(s, st, NULL, -1);
		if (st->dst >= 0 && owner_of(s->x.prog, thread, st->dst) >= 0)
			var(s, owner_of(s->x.prog, thread, st->dst), st->dst)->n =
				value_of(s, st->value);
		return;
	}
	if (makes_fd)
		put(&s->x, "r%d = ", s->resources);
	if (st->kind == STMT_LOAD)
		put_load(s, st);
	else if (st->kind == STMT_STORE)
		put_store(s, (uint64_t)value_of(s, st->addr), value_of(s, st->value), 1);
	else
		expressed = put_syz_call(s, st, ret);
	note_result(s, st, a ? a->text : NULL, makes_fd ? s->resources++ : -1);
	if (expressed)
		put(&s->x, "%s\n", sleeps(s, st->step) ? " (async)" : "");
}

static bool has_load(const struct litmus *prog)
{
	for (const struct stmt *st = prog->threads[0].body; st; st = st->next)
		if (st->kind == STMT_LOAD)
			return true;
	for (const struct stmt *st = prog->issue; st; st = st->issue)
		if (st->kind == STMT_LOAD)
			return true;
	return false;
}

static void put_program(struct syz *s)
{
	const struct litmus *prog = s->x.prog;

	put(&s->x, "# %s\n# Made by uffdsim export --syz; behind each statement is what it answers.\n",
	    prog->name);
	if (has_load(prog)) {
		s->pipe = 1;
		s->resources = 2;
		put(&s->x, "# Loads go through this pipe.\n"
			   "pipe2(&(0x%" PRIx64 ")={<r0=>" BAD_FD ", <r1=>" BAD_FD "}, 0x0)\n",
		    next_arg(s));
	}
	for (const struct stmt *st = prog->threads[0].body; st; st = st->next)
		put_statement(s, st, 0);
	for (const struct stmt *st = prog->issue; st; st = st->issue)
		put_statement(s, st, st->thread);
}

static int attempt(struct syz *s, uint64_t slot, FILE *out)
{
	char *text = NULL;
	size_t size;

	s->slot = slot;
	s->resources = s->pipe = 0;
	s->args = 0;
	s->x.r = 0;
	for (int i = 0; i < (LIT_MAX_THREADS + 1) * LIT_MAX_NAMES; i++)
		s->vars[i] = (struct syz_value){ 0, -1 };
	s->x.f = open_memstream(&text, &size);
	if (!s->x.f)
		return -ENOMEM;
	put_program(s);
	fclose(s->x.f);
	if (!s->x.r && text)
		fputs(text, out);
	free(text);
	return s->x.r;
}

int export_syz(FILE *out, const struct litmus *prog, const char *profile, struct litmus_error *err)
{
	struct syz *s = calloc(1, sizeof(*s));
	int r = s ? 0 : -ENOMEM;

	if (!r) {
		s->x.prog = prog;
		s->x.err = err;
		s->vars = calloc((LIT_MAX_THREADS + 1) * LIT_MAX_NAMES, sizeof(*s->vars));
		r = s->vars ? 0 : -ENOMEM;
	}
	if (!r && !prog->sequence) {
		refuse(&s->x, (struct pos){ 0, 0 }, "threads: syzkaller programs are one list of calls");
		r = s->x.r;
	}
	if (!r)
		r = expectations_get(prog, profile, &s->e, err);
	/* Mappings are small, most of the time. */
	if (!r)
		r = attempt(s, SMALL_SLOT, out);
	if (r == -EOPNOTSUPP && prog->sequence && s->e.nr)
		r = attempt(s, SLOT, out);
	if (s) {
		expectations_free(&s->e);
		free(s->vars);
	}
	free(s);
	return r;
}

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * names.c - the scenario's names as members of one structure
 *
 * A name that a thread assigns is its own.  Whoever else uses it finds that of
 * the thread that forked its process, or init's.
 */
#include <ctype.h>
#include <string.h>

#include "tools/export/emit.h"

void walk(const struct stmt *s, int thread,
	  void (*fn)(void *ctx, const struct stmt *s, int thread), void *ctx)
{
	for (; s; s = s->next) {
		fn(ctx, s, thread);
		walk(s->body, thread, fn, ctx);
		walk(s->other, thread, fn, ctx);
	}
}

void walk_all(const struct litmus *prog,
	      void (*fn)(void *ctx, const struct stmt *s, int thread), void *ctx)
{
	for (int i = 0; i < prog->nr_threads; i++)
		if (!i || !prog->sequence)
			walk(prog->threads[i].body, i, fn, ctx);
	for (const struct stmt *s = prog->issue; s; s = s->issue)
		walk(s, s->thread, fn, ctx);
}

struct find_fork {
	int name, thread;
};

static void is_fork(void *ctx, const struct stmt *s, int thread)
{
	struct find_fork *f = ctx;

	if (s->kind == STMT_CALL && s->call->desc->id == CALL_FORK && s->dst == f->name)
		f->thread = thread;
}

int forker_of(const struct litmus *prog, int proc)
{
	struct find_fork f = { prog->procs[proc].name_id, LIT_NONE };

	walk_all(prog, is_fork, &f);
	return f.thread;
}

int owner_of(const struct litmus *prog, int thread, int name)
{
	for (int depth = 0; thread >= 0 && depth <= prog->nr_threads; depth++) {
		const struct thread_decl *t = &prog->threads[thread];

		if (t->slots[name] >= 0)
			return thread;
		thread = t->proc ? forker_of(prog, t->proc) : LIT_NONE;
	}
	return prog->threads[0].slots[name] >= 0 ? 0 : LIT_NONE;
}

/* -------------------------------------------------------------------- types */

struct typing {
	struct emit *x;
	int owner, name;
	bool any, differ;
	enum ctype type;
};

static enum ctype call_type(const struct call *c)
{
	switch (c->desc->id) {
	case CALL_MMAP:
	case CALL_MREMAP:
		return C_ADDR;
	case CALL_FORK:
	case CALL_USERFAULTFD:
	case CALL_OPEN:
	case CALL_MEMFD_CREATE:
	case CALL_DUP:
	case CALL_GETPID:
		return C_NAMED;
	case CALL_PIPE:
		return C_PIPE;
	case CALL_MEMSET:
		return C_DONE;
	case CALL_PREAD:
		return C_BYTE;
	case CALL_PEEK:
		return C_ABSENT;
	case CALL_PAGEMAP:
		return C_WORDS;
	default:
		return c->ioctl && c->ioctl->id == IOC_NEW ? C_NAMED : C_NUM;
	}
}

static enum ctype field_type(const struct expr *e)
{
	switch ((enum field)e->field) {
	case FIELD_FEATURES:
	case FIELD_IOCTLS:
		return C_HEX;
	case FIELD_PF_ADDRESS:
	case FIELD_REMAP_FROM:
	case FIELD_REMAP_TO:
	case FIELD_REMOVE_START:
	case FIELD_REMOVE_END:
		return C_ADDR;
	case FIELD_FORK_UFD:
		return C_NAMED;
	default:
		return C_NUM;
	}
}

static enum ctype expr_type(struct emit *x, const struct expr *e, int thread)
{
	int owner;

	if (e->kind == EXPR_NAME && e->field)
		return field_type(e);
	if (e->kind == EXPR_NAME) {
		owner = owner_of(x->prog, e->thread >= 0 ? e->thread : thread, e->name);
		return owner < 0 ? C_NUM : type_of(x, owner, e->name, e->pos);
	}
	if (e->kind == EXPR_BINARY && (e->op == '+' || e->op == '-')) {
		bool a = expr_type(x, e->a, thread) == C_ADDR;
		bool b = expr_type(x, e->b, thread) == C_ADDR;

		return a != b && (a || e->op == '+') ? C_ADDR : C_NUM;
	}
	return C_NUM;
}

static void note_type(struct typing *t, enum ctype type)
{
	t->differ |= t->any && t->type != type;
	t->any = true;
	t->type = type;
}

static void find_type(void *ctx, const struct stmt *s, int thread)
{
	struct typing *t = ctx;

	if (thread != t->owner)
		return;
	if (s->kind == STMT_CALL && s->call->msg == t->name)
		note_type(t, C_MSG);
	if (s->dst != t->name)
		return;
	if (s->kind == STMT_LOAD)
		note_type(t, C_BYTE);
	else if (s->kind == STMT_STORE)
		note_type(t, C_DONE);
	else if (s->kind == STMT_CALL)
		note_type(t, call_type(s->call));
	else if (s->value->kind == EXPR_NAME && !s->value->field && s->value->name == t->name)
		return; /* of itself */
	else
		note_type(t, expr_type(t->x, s->value, thread));
}

/* A type that needs another representation cannot be mixed with others. */
static bool is_number(enum ctype type)
{
	return type != C_MSG && type != C_WORDS && type != C_PIPE;
}

enum ctype type_of(struct emit *x, int owner, int name, struct pos pos)
{
	struct typing t = { .x = x, .owner = owner, .name = name, .type = C_NUM };
	static const struct pos none;

	/* x = y; y = x */
	if (x->type_depth > 8)
		return C_NUM;
	x->type_depth++;
	walk_all(x->prog, find_type, &t);
	x->type_depth--;
	if (t.differ && (pos.line || !is_number(t.type)))
		refuse(x, pos.line ? pos : none, "%s holds things of different kinds",
		       x->prog->names[name]);
	return t.type;
}

/* ---------------------------------------------------------------- variables */

void put_ident(FILE *f, const char *prefix, const char *name)
{
	fputs(prefix, f);
	for (; *name; name++)
		putc(isalnum((unsigned char)*name) ? *name : '_', f);
}

static bool is_keyword(const char *name)
{
	static const char *const words[] = {
		"auto", "case", "char", "const", "continue", "default", "do", "double", "enum",
		"extern", "float", "for", "goto", "inline", "int", "long", "register", "restrict",
		"return", "short", "signed", "sizeof", "static", "struct", "switch", "typedef",
		"union", "unsigned", "void", "volatile", "asm", "typeof", "unix", "linux", "errno",
		"stdin", "stdout", "stderr",
	};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (!strcmp(words[i], name))
			return true;
	return false;
}

static void put_member(const struct litmus *prog, FILE *f, int owner, int name)
{
	if (owner) {
		put_ident(f, "", prog->threads[owner].name);
		putc('_', f);
	}
	fprintf(f, "%s%s", prog->names[name], !owner && is_keyword(prog->names[name]) ? "_" : "");
}

void put_var(struct emit *x, FILE *f, int owner, int name)
{
	fputs("v->", f);
	put_member(x->prog, f, owner, name);
}

static void scan_expr(struct emit *x, const struct expr *e)
{
	if (!e)
		return;
	if (e->kind == EXPR_NAME && (e->field == FIELD_IOCTLS))
		x->ioctls_read[e->name] = true;
	else if (e->kind == EXPR_NAME && e->field)
		x->out_read[e->name] = true;
	scan_expr(x, e->a);
	scan_expr(x, e->b);
	scan_expr(x, e->c);
}

static void scan_stmt(void *ctx, const struct stmt *s, int thread)
{
	struct emit *x = ctx;

	scan_expr(x, s->addr);
	scan_expr(x, s->value);
	for (int i = 0; s->call && i < LIT_MAX_ARGS; i++)
		scan_expr(x, s->call->args[i]);
	for (int i = 0; s->call && i < LIT_MAX_FIELDS; i++)
		scan_expr(x, s->call->fields[i]);
}

static void scan_cond(struct emit *x, const struct cond *c)
{
	if (!c)
		return;
	scan_expr(x, c->value);
	scan_cond(x, c->a);
	scan_cond(x, c->b);
}

void scan_names(struct emit *x)
{
	walk_all(x->prog, scan_stmt, x);
	scan_cond(x, x->prog->cond);
	for (int i = 0; i < x->prog->nr_atoms; i++) {
		const struct atom *a = &x->prog->atoms[i];

		scan_expr(x, a->addr);
		if (a->kind != ATOM_VAR)
			continue;
		x->shown[a->name] = true;
		if (a->field == FIELD_IOCTLS)
			x->ioctls_read[a->name] = true;
		else if (a->field)
			x->out_read[a->name] = true;
	}
}

bool notes_assignment(struct emit *x, int owner, int name)
{
	static const struct pos none;
	enum ctype type;

	if (!x->shown[name])
		return false;
	type = type_of(x, owner, name, none);
	return type != C_NUM && type != C_DONE && is_number(type);
}

static void put_suffixed(struct emit *x, FILE *f, int owner, int name, const char *suffix)
{
	fputs(", ", f);
	put_member(x->prog, f, owner, name);
	fputs(suffix, f);
}

static void put_declaration(struct emit *x, FILE *f, int owner, int name)
{
	static const struct pos none;
	enum ctype type = type_of(x, owner, name, none);

	fputs(type == C_MSG ? "\tstruct uffd_msg " : type == C_WORDS ? "\tchar " : "\ts64 ", f);
	put_member(x->prog, f, owner, name);
	if (type == C_WORDS)
		fputs("[32]", f);
	if (type == C_PIPE)
		put_suffixed(x, f, owner, name, "_in");
	if (type == C_NUM && x->out_read[name])
		put_suffixed(x, f, owner, name, "_out");
	if (type == C_NUM && x->ioctls_read[name])
		put_suffixed(x, f, owner, name, "_ioctls");
	if (notes_assignment(x, owner, name))
		put_suffixed(x, f, owner, name, "_set");
	fputs(";\n", f);
}

void put_vars(struct emit *x, FILE *f)
{
	const struct litmus *prog = x->prog;
	bool any = false;

	fputs("/* The names of the scenario; those of a thread begin with it. */\n", f);
	fputs("static struct vars {\n", f);
	for (int i = 0; i < prog->nr_threads; i++) {
		for (int n = 0; n < prog->nr_names; n++) {
			if (prog->threads[i].slots[n] < 0)
				continue;
			put_declaration(x, f, i, n);
			any = true;
		}
	}
	if (!any)
		fputs("\tchar none;\n", f);
	fputs("} *v;\n", f);
}

void put_inherited(struct emit *x)
{
	static const struct pos none;
	const struct litmus *prog = x->prog;

	for (int i = 1; i < prog->nr_threads; i++) {
		for (int n = 0; n < prog->nr_names; n++) {
			if (prog->threads[i].slots[n] < 0 || prog->threads[0].slots[n] < 0)
				continue;
			if (type_of(x, i, n, none) == C_WORDS) {
				refuse(x, prog->name_pos[n], "words of pagemap() in two threads");
				return;
			}
			put_indent(x);
			put_var(x, x->f, i, n);
			put(x, " = ");
			put_var(x, x->f, 0, n);
			put(x, ";\n");
		}
	}
}

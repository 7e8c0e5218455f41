/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * stmt.c - statements as C
 *
 * Beside the call (call.c) a text that shows its answer as records do.
 */
#include <string.h>

#include "tools/export/emit.h"

/* ------------------------------------------------------------------ answers */

static void put_words(struct emit *x, const struct stmt *s, bool recording)
{
	const struct call *c = s->call;

	if (s->dst >= 0) {
		need(x, "pagemap_words");
		put_indent(x);
		put(x, "pagemap_words(");
		put_dst(x, s->dst);
		put(x, ", sizeof(");
		put_dst(x, s->dst);
		put(x, "), ");
		put_args(x, c, 0, 2);
		put(x, ");\n");
	}
	if (!recording)
		return;
	need(x, c->desc->name);
	put_indent(x);
	put(x, "say(%u, \"%%s\", %s(", s->step, c->desc->name);
	put_args(x, c, 0, c->nr_args);
	put(x, "));\n");
}

static void say_answer(struct emit *x, const struct stmt *s)
{
	const struct call *c = s->call;
	const char *show = "num";

	if (s->kind == STMT_CALL && c->desc->id == CALL_PEEK) {
		need(x, "peeked");
		put(x, "say(%u, \"[%%s]\", peeked(ret));\n", s->step);
		return;
	}
	if (s->kind != STMT_CALL || c->desc->id == CALL_MEMSET) {
		show = s->kind == STMT_LOAD ? "byte" : "done";
		need(x, show);
		need(x, "flt");
		put(x, "say(%u, \"%%s%%s\", %s(ret), flt());\n", s->step, show);
		return;
	}
	if (c->ioctl && c->ioctl->id != IOC_NEW && ioctl_answers(c->ioctl)) {
		need(x, "num");
		put(x, "say(%u, \"%%s%%s\", num(ret), ", s->step);
		put_ioctl_answer(x, c);
		put(x, ");\n");
		return;
	}
	if (c->msg >= 0) {
		need(x, "num");
		need(x, "message");
		put(x, "say(%u, \"%%s%%s\", num(ret), message(ret, &", s->step);
		put_dst(x, c->msg);
		put(x, "));\n");
		return;
	}
	switch (c->desc->id) {
	case CALL_MMAP:
	case CALL_MREMAP:
		show = "hex";
		break;
	case CALL_PREAD:
		show = "byte";
		break;
	case CALL_FORK:
	case CALL_USERFAULTFD:
	case CALL_OPEN:
	case CALL_MEMFD_CREATE:
	case CALL_PIPE:
	case CALL_DUP:
	case CALL_GETPID:
		show = "named";
		break;
	default:
		if (c->ioctl && c->ioctl->id == IOC_NEW)
			show = "named";
		break;
	}
	need(x, show);
	put(x, "say(%u, \"%%s\", %s(ret", s->step, show);
	if (!strcmp(show, "named"))
		put(x, ", \"%s\"", s->dst >= 0 ? x->prog->names[s->dst] :
		    c->desc->id == CALL_FORK || c->desc->id == CALL_GETPID ? "pid" : "fd");
	put(x, "));\n");
}

/* --------------------------------------------------------------- statements */

static void put_access(struct emit *x, const struct stmt *s)
{
	if (s->kind == STMT_LOAD) {
		need(x, "load");
		put(x, "load(");
		put_expr(x, s->addr);
	} else {
		need(x, "store");
		put(x, "store(");
		put_expr(x, s->addr);
		put(x, ", ");
		put_expr(x, s->value);
	}
	put(x, ")");
}

static void put_note(struct emit *x, int name)
{
	int owner = owner_of(x->prog, x->thread, name);

	if (!notes_assignment(x, owner, name))
		return;
	put_indent(x);
	put_dst(x, name);
	put(x, "_set = 1;\n");
}

/* Statements that have answers. */
static void put_recorded(struct emit *x, const struct stmt *s, bool recording)
{
	bool call = s->kind == STMT_CALL, words = false;
	bool has_struct = call && s->call->ioctl && s->call->ioctl->id != IOC_NEW;
	bool is_pipe_call = call && s->call->desc->id == CALL_PIPE;

	if (call && (s->call->desc->id == CALL_PAGEMAP || s->call->desc->id == CALL_MAPS ||
		     s->call->desc->id == CALL_SMAPS))
		words = true;
	else if (call && s->call->desc->observer && s->call->desc->id != CALL_PEEK)
		refuse(x, s->pos, "%s()", s->call->label);
	if (is_pipe_call && s->dst < 0)
		refuse(x, s->pos, "a pipe without a name");
	if (words) {
		put_words(x, s, recording);
		return;
	}
	if (has_struct)
		put_ioctl_struct(x, s->call);
	put_indent(x);
	if (recording)
		put(x, "s64 ret = ");
	else if (s->dst >= 0 && !is_pipe_call)
		put_dst(x, s->dst), put(x, " = ");
	if (call)
		put_call(x, s);
	else
		put_access(x, s);
	put(x, ";\n");
	if (recording && (s->dst >= 0 && !is_pipe_call)) {
		put(x, "\n");
		put_indent(x);
		put_dst(x, s->dst);
		put(x, " = ret;\n");
	} else if (recording) {
		put(x, "\n");
	}
	if (s->dst >= 0)
		put_note(x, s->dst);
	if (call)
		put_out_vars(x, s);
	if (recording) {
		put_indent(x);
		say_answer(x, s);
	}
}

static void put_block(struct emit *x, const struct stmt *s, bool recording)
{
	put(x, " {\n");
	x->indent++;
	put_stmts(x, s, recording);
	x->indent--;
	put_indent(x);
	put(x, "}");
}

static void put_branch(struct emit *x, const struct stmt *s, bool recording)
{
	put_indent(x);
	put(x, "%s (", s->kind == STMT_IF ? "if" : "while");
	put_expr(x, s->value);
	put(x, ")");
	put_block(x, s->body, recording);
	if (s->other) {
		put(x, " else");
		put_block(x, s->other, recording);
	}
	put(x, "\n");
}

static void put_assign(struct emit *x, const struct stmt *s)
{
	int owner = owner_of(x->prog, x->thread, s->dst);

	if (type_of(x, owner, s->dst, s->pos) == C_MSG)
		refuse(x, s->pos, "a message assigned");
	put_indent(x);
	put_dst(x, s->dst);
	put(x, " = ");
	put_expr(x, s->value);
	put(x, ";\n");
	put_note(x, s->dst);
}

void put_stmt(struct emit *x, const struct stmt *s, bool recording)
{
	switch (s->kind) {
	case STMT_ASSIGN:
		put_assign(x, s);
		break;
	case STMT_IF:
	case STMT_WHILE:
		put_branch(x, s, recording);
		break;
	case STMT_BREAK:
		put_indent(x);
		put(x, "break;\n");
		break;
	default:
		put_recorded(x, s, recording);
		break;
	}
}

static bool needs_block(const struct stmt *s, bool recording)
{
	bool call = s->kind == STMT_CALL;

	if (s->kind != STMT_CALL && s->kind != STMT_LOAD && s->kind != STMT_STORE)
		return false;
	return recording || (call && s->call->ioctl && s->call->ioctl->id != IOC_NEW);
}

void put_stmts(struct emit *x, const struct stmt *s, bool recording)
{
	for (; s; s = s->next) {
		bool block = needs_block(s, recording);
		bool recorded = s->kind == STMT_CALL || s->kind == STMT_LOAD || s->kind == STMT_STORE;

		if (!recording && recorded && x->thread) {
			need(x, "delay");
			put_indent(x);
			put(x, "delay();\n");
		}
		if (block) {
			put_indent(x);
			put(x, "{\n");
			x->indent++;
		}
		put_stmt(x, s, recording);
		if (block) {
			x->indent--;
			put_indent(x);
			put(x, "}\n");
		}
	}
}

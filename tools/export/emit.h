/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * emit.h - a C program in the making
 */
#ifndef EXPORT_EMIT_H
#define EXPORT_EMIT_H

#include <stdbool.h>
#include <stdio.h>

#include "tools/litmus/ast.h"

/** A helper function that generated programs may contain (parts/). */
struct part {
	const char *name, *needs, *text;
};
/** Ends with a name of NULL. */
extern const struct part export_parts[];
#define MAX_PARTS 96

/** What is stored in a name: decides its C type and how it is shown. */
enum ctype { C_NUM, C_HEX, C_ADDR, C_NAMED, C_BYTE, C_DONE, C_ABSENT, C_MSG, C_WORDS, C_PIPE };

struct emit {
	const struct litmus *prog;
	struct litmus_error *err;
	FILE *f;           /* the program's text below its helpers */
	int r;             /* the first error; later output does not matter */
	int thread;        /* whose statements are being written */
	bool used[MAX_PARTS];
	const char *constants[64]; /* used, and perhaps not in older headers */
	unsigned nr_constants;
	unsigned indent;
	/* By name: fields that are read, and values of final states. */
	bool out_read[LIT_MAX_NAMES], ioctls_read[LIT_MAX_NAMES], shown[LIT_MAX_NAMES];
	unsigned type_depth;
};

/** The scenario cannot be written that way. */
void refuse(struct emit *x, struct pos pos, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/** The program needs this helper, and what that needs. */
void need(struct emit *x, const char *part);
bool needed(const struct emit *x, const char *part);
/** Helpers that are needed, each below those it needs. */
void put_parts(struct emit *x, FILE *out);
/** Names that older headers lack. */
void put_constants(struct emit *x, FILE *out);
void need_constant(struct emit *x, const char *name, size_t len);

void put(struct emit *x, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void put_indent(struct emit *x);
/** Text as a C string literal. */
void put_string(FILE *f, const char *text);

/* names.c */
/** The thread whose variable @name is for @thread; LIT_NONE: nobody assigns it. */
int owner_of(const struct litmus *prog, int thread, int name);
/** The thread that forks process @proc; LIT_NONE without one. */
int forker_of(const struct litmus *prog, int proc);
enum ctype type_of(struct emit *x, int owner, int name, struct pos pos);
void put_var(struct emit *x, FILE *f, int owner, int name);
/** Fills in out_read, ioctls_read and shown. */
void scan_names(struct emit *x);
/** Its assignments must be noted: a name that has none is shown as 0. */
bool notes_assignment(struct emit *x, int owner, int name);
/** Declarations of all variables; then, after init, what threads inherit. */
void put_vars(struct emit *x, FILE *f);
void put_inherited(struct emit *x);
/** "thread_T", "process_c": as C has them. */
void put_ident(FILE *f, const char *prefix, const char *name);
/** Each statement of @s and below. */
void walk(const struct stmt *s, int thread,
	  void (*fn)(void *ctx, const struct stmt *s, int thread), void *ctx);
void walk_all(const struct litmus *prog,
	      void (*fn)(void *ctx, const struct stmt *s, int thread), void *ctx);

/* expr.c */
void put_expr(struct emit *x, const struct expr *e);
/** A value of a name as text: an expression of type const char *. */
void put_shown(struct emit *x, const struct atom *a);
void put_condition(struct emit *x, const struct cond *c);
/** An atom as a number. */
void put_atom(struct emit *x, const struct atom *a);

/* call.c */
void put_dst(struct emit *x, int name);
/** Arguments from @first to before @n. */
void put_args(struct emit *x, const struct call *c, unsigned first, unsigned n);
/** What the call's structure answers, as text; and into the names that it is read by. */
void put_ioctl_answer(struct emit *x, const struct call *c);
void put_out_vars(struct emit *x, const struct stmt *s);
/** The kernel writes a field back. */
bool ioctl_answers(const struct ioctl_desc *d);
/** The structure before the call. */
void put_ioctl_struct(struct emit *x, const struct call *c);
void put_call(struct emit *x, const struct stmt *s);

/* stmt.c */
/** @recording: leaves its answer for the test.  Starts with @delay if not empty. */
void put_stmts(struct emit *x, const struct stmt *s, bool recording);
void put_stmt(struct emit *x, const struct stmt *s, bool recording);

/* sequence.c, races.c: below the common head */
void put_sequence(struct emit *x, const char *profile);
void put_races(struct emit *x, const char *profile);

#endif

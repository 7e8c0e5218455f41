/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * parser.h - shared by the files of the parser
 *
 * Every function returns 0 or a negative errno; -EINVAL comes with a message.
 */
#ifndef LITMUS_PARSER_H
#define LITMUS_PARSER_H

#include <errno.h>

#include "tools/litmus/lexer.h"

struct parser {
	struct litmus *prog;
	struct litmus_error *err;
	struct lexer lx;
	struct token t;       /* the next one, not yet taken */
	const char *prev_end; /* behind the last one taken */
	unsigned depth;       /* of nesting, of whatever kind */
	unsigned loops;       /* around this statement */
};

/* parser.c */
int advance(struct parser *p);
bool at_op(const struct parser *p, uint16_t op);
bool at_word(const struct parser *p, const char *word);
int expect_op(struct parser *p, uint16_t op);
int unexpected(struct parser *p, const char *wanted);
int enter(struct parser *p); /* one level of nesting; p->depth-- leaves it */
int peek_token(struct parser *p, struct token *t); /* the one after p->t */
/** A new name to be assigned, at p->t, taken. */
int parse_target(struct parser *p, int *name);
/** NAME or NAME@NAME, taken, as one string; @proc (may be NULL) its second part or NULL. */
int parse_thread_name(struct parser *p, const char **name, const char **proc);

/* parse_expr.c */
int parse_expr(struct parser *p, struct expr **ret);
int parse_operand(struct parser *p, struct expr **ret);

/* parse_stmt.c */
int parse_stmt(struct parser *p, struct stmt *up, struct stmt **ret);
int parse_block(struct parser *p, struct stmt *up, struct stmt **ret);
int parse_call(struct parser *p, struct call **ret);

/* parse_cond.c */
int parse_condition(struct parser *p);
int parse_locations(struct parser *p);

#endif

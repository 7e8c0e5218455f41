/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef LITMUS_LEXER_H
#define LITMUS_LEXER_H

#include "tools/litmus/ast.h"

enum token_kind { TOK_END, TOK_NL, TOK_NAME, TOK_NUM, TOK_STR, TOK_OP };

struct token {
	enum token_kind kind;
	struct pos pos;
	const char *s; /* of a string: without the quotes */
	size_t len;
	uint64_t num;
	uint16_t op;
	bool glued;    /* no blank before it */
};

struct lexer {
	const struct litmus *prog;
	struct litmus_error *err;
	size_t at;
	unsigned line;
	size_t line_start;
	unsigned parens; /* inside these an end of line is a blank */
};

void lex_init(struct lexer *lx, const struct litmus *prog, struct litmus_error *err);
/** The next token; 0 or -EINVAL. */
int lex_next(struct lexer *lx, struct token *t);
/** What is left of this line as one word, blanks around it dropped: names and profiles. */
int lex_rest(struct lexer *lx, struct token *t);

#endif

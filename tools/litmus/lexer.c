/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lexer.c - text to tokens
 */
#include <string.h>

#include "tools/litmus/lexer.h"

static bool is_alpha(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static int hex_digit(char c)
{
	if (is_digit(c))
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

void lex_init(struct lexer *lx, const struct litmus *prog, struct litmus_error *err)
{
	*lx = (struct lexer){ .prog = prog, .err = err, .line = 1 };
}

static char peek(const struct lexer *lx, size_t n)
{
	return lx->at + n < lx->prog->len ? lx->prog->text[lx->at + n] : 0;
}

static struct pos here(const struct lexer *lx)
{
	return (struct pos){ lx->line, (uint32_t)(lx->at - lx->line_start + 1) };
}

static void newline(struct lexer *lx)
{
	lx->line++;
	lx->line_start = lx->at;
}

/* Blanks, comments, and inside parentheses line ends; true if there was any. */
static bool skip_blanks(struct lexer *lx)
{
	size_t from = lx->at;

	while (lx->at < lx->prog->len) {
		char c = lx->prog->text[lx->at];

		if (c == '#') {
			while (lx->at < lx->prog->len && lx->prog->text[lx->at] != '\n')
				lx->at++;
		} else if (c == '\n' && lx->parens) {
			lx->at++;
			newline(lx);
		} else if (c == ' ' || c == '\t' || c == '\r') {
			lx->at++;
		} else {
			break;
		}
	}
	return lx->at != from;
}

static int too_large(struct lexer *lx, const struct token *t)
{
	return lit_error(lx->prog, lx->err, t->pos, "number larger than 64 bits");
}

static int lex_number(struct lexer *lx, struct token *t)
{
	unsigned base = 10, shift = 0;
	uint64_t n = 0;
	bool any = false;
	int d;

	t->kind = TOK_NUM;
	if (peek(lx, 0) == '0' && (peek(lx, 1) | 0x20) == 'x') {
		base = 16;
		lx->at += 2;
	}
	for (; (d = hex_digit(peek(lx, 0))) >= 0 && (unsigned)d < base; lx->at++) {
		if (__builtin_mul_overflow(n, (uint64_t)base, &n) ||
		    __builtin_add_overflow(n, (uint64_t)d, &n))
			return too_large(lx, t);
		any = true;
	}
	if (peek(lx, 0) == 'p')
		shift = 12;
	else if (peek(lx, 0) == 'h')
		shift = 21;
	if (shift)
		lx->at++;
	if (shift && n > UINT64_MAX >> shift)
		return too_large(lx, t);
	if (!any || is_alpha(peek(lx, 0)) || is_digit(peek(lx, 0)))
		return lit_error(
			lx->prog, lx->err, t->pos,
			"not a number (decimal or 0x hex, with p for pages, h for huge pages)");
	t->num = n << shift;
	return 0;
}

static int lex_string(struct lexer *lx, struct token *t)
{
	size_t from = ++lx->at;

	t->kind = TOK_STR;
	while (lx->at < lx->prog->len && lx->prog->text[lx->at] != '"') {
		char c = lx->prog->text[lx->at++];

		if (c == '\n')
			newline(lx);
		if (!c)
			break;
	}
	if (peek(lx, 0) != '"')
		return lit_error(lx->prog, lx->err, t->pos, "string without an end");
	t->s = lx->prog->text + from;
	t->len = lx->at - from;
	lx->at++;
	return 0;
}

static int lex_op(struct lexer *lx, struct token *t)
{
	static const char two[][3] = {
		"==", "!=", "<=", ">=", "<<", ">>", "&&", "||", "/\\", "\\/"
	};
	static const char one[] = "+-*/%&|^~!<>=(){}[],;:.?@";
	char c = peek(lx, 0);

	t->kind = TOK_OP;
	for (size_t i = 0; i < sizeof(two) / sizeof(two[0]); i++) {
		if (c == two[i][0] && peek(lx, 1) == two[i][1]) {
			t->op = OP2(c, two[i][1]);
			t->len = 2;
			lx->at += 2;
			return 0;
		}
	}
	if (c && strchr(one, c)) {
		t->op = OP1(c);
		t->len = 1;
		lx->at++;
		return 0;
	}
	if (c > ' ' && c < 0x7f)
		return lit_error(lx->prog, lx->err, t->pos, "unexpected '%c'", c);
	return lit_error(lx->prog, lx->err, t->pos, "unexpected byte 0x%02x", (unsigned char)c);
}

int lex_next(struct lexer *lx, struct token *t)
{
	memset(t, 0, sizeof(*t));
	t->glued = !skip_blanks(lx);
	t->pos = here(lx);
	t->s = lx->prog->text + lx->at;
	if (lx->at >= lx->prog->len) {
		t->kind = TOK_END;
		return 0;
	}
	if (*t->s == '\n') {
		t->kind = TOK_NL;
		lx->at++;
		newline(lx);
		return 0;
	}
	if (is_alpha(*t->s)) {
		while (is_alpha(peek(lx, 0)) || is_digit(peek(lx, 0)))
			lx->at++;
		t->kind = TOK_NAME;
		t->len = (size_t)(lx->prog->text + lx->at - t->s);
		if (t->len > LIT_MAX_NAME)
			return lit_error(lx->prog, lx->err, t->pos, "name longer than %d letters",
					 LIT_MAX_NAME);
		return 0;
	}
	if (is_digit(*t->s)) {
		int r = lex_number(lx, t);

		t->len = (size_t)(lx->prog->text + lx->at - t->s);
		return r;
	}
	return *t->s == '"' ? lex_string(lx, t) : lex_op(lx, t);
}

int lex_rest(struct lexer *lx, struct token *t)
{
	memset(t, 0, sizeof(*t));
	skip_blanks(lx);
	t->pos = here(lx);
	t->kind = TOK_NAME;
	t->s = lx->prog->text + lx->at;
	while (lx->at < lx->prog->len && (is_alpha(peek(lx, 0)) || is_digit(peek(lx, 0)) ||
					  (peek(lx, 0) && strchr("-.+=", peek(lx, 0)))))
		lx->at++;
	t->len = (size_t)(lx->prog->text + lx->at - t->s);
	skip_blanks(lx);
	if (lx->at < lx->prog->len && peek(lx, 0) != '\n')
		return lit_error(lx->prog, lx->err, here(lx),
				 "a name is made of letters, digits, '-', '_' and '.'");
	return 0;
}

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * parse_stmt.c - statements and blocks
 */
#include <string.h>

#include "tools/litmus/parser.h"

static bool at_end_of_stmt(const struct parser *p)
{
	return p->t.kind == TOK_END || p->t.kind == TOK_NL || at_op(p, ';') || at_op(p, '}');
}

static int end_of_stmt(struct parser *p)
{
	return at_end_of_stmt(p) ? 0 : unexpected(p, "the end of the statement");
}

/* What stands between two places, without comments, blanks of any kind as one. */
static char *source_text(struct parser *p, const char *from, const char *to)
{
	char *ret = pool_alloc(p->prog, (size_t)(to - from) + 1);
	bool quoted = false;
	size_t n = 0;

	if (!ret)
		return NULL;
	for (const char *s = from; s < to; s++) {
		quoted ^= *s == '"';
		if (*s == '#' && !quoted) {
			while (s < to && *s != '\n')
				s++;
			s--;
		} else if (*s != ' ' && *s != '\t' && *s != '\n' && *s != '\r') {
			ret[n++] = *s;
		} else if (n && ret[n - 1] != ' ') {
			ret[n++] = ' ';
		}
	}
	while (n && ret[n - 1] == ' ')
		n--;
	ret[n] = 0;
	return ret;
}

static int parse_paren(struct parser *p, struct expr **ret)
{
	int r = expect_op(p, '(');

	if (!r)
		r = parse_expr(p, ret);
	return r < 0 ? r : expect_op(p, ')');
}

/* Is there an `else`, perhaps after line ends?  Then take up to it. */
static int at_else(struct parser *p, bool *ret)
{
	struct parser save = *p;
	int r = 0;

	while (!r && p->t.kind == TOK_NL)
		r = advance(p);
	if (r < 0)
		return r;
	*ret = at_word(p, "else");
	if (!*ret)
		*p = save;
	return 0;
}

static int parse_if(struct parser *p, struct stmt *s)
{
	bool other = false;
	int r;

	s->kind = STMT_IF;
	r = advance(p);
	if (!r)
		r = parse_paren(p, &s->value);
	if (!r)
		r = parse_block(p, s, &s->body);
	if (!r)
		r = at_else(p, &other);
	if (r < 0 || !other)
		return r;
	r = advance(p);
	if (r < 0)
		return r;
	return at_word(p, "if") ? parse_stmt(p, s, &s->other) : parse_block(p, s, &s->other);
}

static int parse_while(struct parser *p, struct stmt *s)
{
	int r;

	s->kind = STMT_WHILE;
	r = advance(p);
	if (!r)
		r = parse_paren(p, &s->value);
	p->loops++;
	if (!r)
		r = parse_block(p, s, &s->body);
	p->loops--;
	return r;
}

static int parse_store(struct parser *p, struct stmt *s)
{
	int r;

	s->kind = STMT_STORE;
	r = advance(p);
	if (!r)
		r = parse_operand(p, &s->addr);
	if (!r)
		r = expect_op(p, '=');
	if (!r)
		r = parse_expr(p, &s->value);
	return r;
}

static bool is_call(struct parser *p)
{
	struct token next;

	return p->t.kind == TOK_NAME && !peek_token(p, &next) && next.kind == TOK_OP &&
	       next.op == '(';
}

static int parse_assign(struct parser *p, struct stmt *s)
{
	int r = parse_target(p, &s->dst);

	if (r < 0)
		return r;
	if (!at_op(p, '='))
		return unexpected(p, "'=' or '('");
	r = advance(p);
	if (r < 0)
		return r;
	if (at_op(p, '*')) {
		s->kind = STMT_LOAD;
		r = advance(p);
		return r < 0 ? r : parse_operand(p, &s->addr);
	}
	if (is_call(p)) {
		s->kind = STMT_CALL;
		return parse_call(p, &s->call);
	}
	s->kind = STMT_ASSIGN;
	return parse_expr(p, &s->value);
}

static int parse_simple(struct parser *p, struct stmt *s)
{
	if (at_op(p, '*'))
		return parse_store(p, s);
	if (p->t.kind != TOK_NAME)
		return unexpected(p, "a statement");
	if (at_word(p, "break")) {
		if (!p->loops)
			return lit_error(p->prog, p->err, p->t.pos, "break outside of a while");
		s->kind = STMT_BREAK;
		return advance(p);
	}
	if (is_call(p)) {
		s->kind = STMT_CALL;
		return parse_call(p, &s->call);
	}
	return parse_assign(p, s);
}

int parse_stmt(struct parser *p, struct stmt *up, struct stmt **ret)
{
	struct stmt *s = pool_alloc(p->prog, sizeof(*s));
	const char *from = p->t.s;
	int r;

	if (!s)
		return -ENOMEM;
	r = enter(p);
	if (r < 0)
		return r;
	s->pos = p->t.pos;
	s->step = p->prog->nr_steps++;
	s->dst = LIT_NONE;
	s->up = up;
	if (at_word(p, "if")) {
		r = parse_if(p, s);
	} else if (at_word(p, "while")) {
		r = parse_while(p, s);
	} else {
		r = parse_simple(p, s);
		if (!r)
			r = end_of_stmt(p);
		if (!r) {
			s->text = source_text(p, from, p->t.s);
			r = s->text ? 0 : -ENOMEM;
		}
	}
	p->depth--;
	*ret = s;
	return r;
}

int parse_block(struct parser *p, struct stmt *up, struct stmt **ret)
{
	struct stmt **tail = ret;
	int r = 0;

	while (!r && p->t.kind == TOK_NL)
		r = advance(p);
	if (!r)
		r = expect_op(p, '{');
	while (!r) {
		while (!r && (p->t.kind == TOK_NL || at_op(p, ';')))
			r = advance(p);
		if (r < 0 || at_op(p, '}'))
			break;
		r = parse_stmt(p, up, tail);
		if (!r)
			tail = &(*tail)->next;
	}
	return r < 0 ? r : advance(p);
}

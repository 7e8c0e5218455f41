/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * parse_expr.c - expressions: C's operators with C's precedence
 */
#include <string.h>

#include "tools/litmus/parser.h"

static const struct {
	uint16_t op;
	uint8_t level; /* higher binds tighter */
} binary[] = {
	{ OP2('|', '|'), 1 }, { OP2('&', '&'), 2 }, { '|', 3 },           { '^', 4 },
	{ '&', 5 },           { OP2('=', '='), 6 }, { OP2('!', '='), 6 }, { '<', 7 },
	{ '>', 7 },           { OP2('<', '='), 7 }, { OP2('>', '='), 7 }, { OP2('<', '<'), 8 },
	{ OP2('>', '>'), 8 }, { '+', 9 },           { '-', 9 },           { '*', 10 },
	{ '/', 10 },          { '%', 10 },
};

static int new_expr(struct parser *p, enum expr_kind kind, struct pos pos, struct expr **ret)
{
	struct expr *e = pool_alloc(p->prog, sizeof(*e));

	if (!e)
		return -ENOMEM;
	e->kind = kind;
	e->pos = pos;
	e->depth = 1;
	e->name = e->thread = LIT_NONE;
	*ret = e;
	return 0;
}

static uint8_t depth_of(const struct expr *e)
{
	return e ? e->depth : 0;
}

/* Evaluation recurses on a small stack, so chains of operators are bounded too. */
static int new_node(struct parser *p, enum expr_kind kind, const struct token *op, struct expr *a,
		    struct expr *b, struct expr *c, struct expr **ret)
{
	unsigned depth = depth_of(a);
	struct expr *e;
	int r;

	depth = depth_of(b) > depth ? depth_of(b) : depth;
	depth = depth_of(c) > depth ? depth_of(c) : depth;
	if (depth >= LIT_MAX_DEPTH)
		return lit_error(p->prog, p->err, op->pos, "nested more than %d levels deep",
				 LIT_MAX_DEPTH);
	r = new_expr(p, kind, op->pos, &e);
	if (r < 0)
		return r;
	e->op = op->op;
	e->a = a;
	e->b = b;
	e->c = c;
	e->depth = (uint8_t)(depth + 1);
	*ret = e;
	return 0;
}

/* .copy, .pagefault.flags */
static int parse_field(struct parser *p, struct expr *e)
{
	struct token first, dot;
	const char *s;
	char name[32];
	size_t len;
	int r = advance(p);

	if (r < 0)
		return r;
	if (p->t.kind != TOK_NAME)
		return unexpected(p, "the name of a field");
	first = p->t;
	s = first.s;
	len = first.len;
	r = peek_token(p, &dot);
	if (r < 0)
		return r;
	if (len < 16 && field_is_prefix(s, len) && dot.kind == TOK_OP && dot.op == '.') {
		memcpy(name, s, len);
		name[len++] = '.';
		r = advance(p);
		if (!r)
			r = advance(p);
		if (r < 0)
			return r;
		if (p->t.kind != TOK_NAME || p->t.len > 15)
			return unexpected(p, "the name of a field");
		memcpy(name + len, p->t.s, p->t.len);
		len += p->t.len;
		s = name;
	}
	e->field = (uint8_t)field_find(s, len);
	if (!e->field)
		return lit_error(p->prog, p->err, first.pos, "unknown field '%.*s'",
				 len > 40 ? 40 : (int)len, s);
	return advance(p);
}

/* thread:name, without blanks so that `a ? b : c` stays C. */
static int parse_qualifier(struct parser *p, const char **ret)
{
	struct parser save = *p;
	const char *name;
	int r;

	*ret = NULL;
	r = parse_thread_name(p, &name, NULL);
	if (r < 0)
		return r;
	if (at_op(p, ':') && p->t.glued) {
		r = advance(p);
		if (r < 0)
			return r;
		if (p->t.kind == TOK_NAME && p->t.glued) {
			*ret = name;
			return 0;
		}
	}
	*p = save;
	return 0;
}

static int parse_name(struct parser *p, struct expr **ret)
{
	struct pos pos = p->t.pos;
	const char *qualifier;
	struct token next;
	struct expr *e;
	int name, r;

	r = peek_token(p, &next);
	if (r < 0)
		return r;
	if (next.kind == TOK_OP && next.op == '(')
		return lit_error(p->prog, p->err, pos,
				 "a call is a statement of its own: x = %.*s(...)",
				 p->t.len > 40 ? 40 : (int)p->t.len, p->t.s);
	r = new_expr(p, EXPR_NAME, pos, &e);
	if (r < 0)
		return r;
	if (constant_find(p->t.s, p->t.len, &e->vkind, &e->n)) {
		e->kind = EXPR_CONST;
		*ret = e;
		return advance(p);
	}
	r = parse_qualifier(p, &qualifier);
	if (!r)
		r = parse_target(p, &name);
	if (r < 0)
		return r;
	e->text = qualifier;
	e->name = (int16_t)name;
	*ret = e;
	return at_op(p, '.') ? parse_field(p, e) : 0;
}

static int parse_primary(struct parser *p, struct expr **ret)
{
	struct pos pos = p->t.pos;
	int r;

	if (p->t.kind == TOK_NUM) {
		r = new_expr(p, EXPR_CONST, pos, ret);
		if (r < 0)
			return r;
		(*ret)->n = (int64_t)p->t.num;
		return advance(p);
	}
	if (p->t.kind == TOK_NAME)
		return parse_name(p, ret);
	if (at_op(p, '(')) {
		r = advance(p);
		if (!r)
			r = parse_expr(p, ret);
		return r < 0 ? r : expect_op(p, ')');
	}
	if (at_op(p, '*'))
		return lit_error(p->prog, p->err, pos,
				 "a load is a statement of its own: x = *ADDR");
	return unexpected(p, "an expression");
}

int parse_operand(struct parser *p, struct expr **ret)
{
	struct token op = p->t;
	struct expr *a;
	int r;

	if (!at_op(p, '-') && !at_op(p, '+') && !at_op(p, '!') && !at_op(p, '~'))
		return parse_primary(p, ret);
	r = enter(p);
	if (!r)
		r = advance(p);
	if (!r)
		r = parse_operand(p, &a);
	if (!r)
		r = new_node(p, EXPR_UNARY, &op, a, NULL, NULL, ret);
	p->depth--;
	return r;
}

static unsigned level_of(const struct parser *p)
{
	if (p->t.kind != TOK_OP)
		return 0;
	for (size_t i = 0; i < sizeof(binary) / sizeof(binary[0]); i++)
		if (binary[i].op == p->t.op)
			return binary[i].level;
	return 0;
}

static int parse_binary(struct parser *p, unsigned min, struct expr **ret)
{
	struct expr *a, *b;
	unsigned level;
	int r;

	r = parse_operand(p, &a);
	while (!r && (level = level_of(p)) >= min && level) {
		struct token op = p->t;

		r = advance(p);
		if (!r)
			r = parse_binary(p, level + 1, &b);
		if (!r)
			r = new_node(p, EXPR_BINARY, &op, a, b, NULL, &a);
	}
	if (!r)
		*ret = a;
	return r;
}

int parse_expr(struct parser *p, struct expr **ret)
{
	struct expr *a, *b, *c;
	struct token op;
	int r = enter(p);

	if (!r)
		r = parse_binary(p, 1, &a);
	if (r < 0)
		return r;
	op = p->t;
	if (at_op(p, '?')) {
		r = advance(p);
		if (!r)
			r = parse_expr(p, &b);
		if (!r)
			r = expect_op(p, ':');
		if (!r)
			r = parse_expr(p, &c);
		if (!r)
			r = new_node(p, EXPR_COND, &op, a, b, c, &a);
	}
	if (!r)
		*ret = a;
	p->depth--;
	return r;
}

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * parse_cond.c - conditions and locations
 */
#include <string.h>

#include "tools/litmus/parser.h"
#include "tools/litmus/verdict.h"

#define OP_AND OP2('/', '\\')
#define OP_OR  OP2('\\', '/')

/* As written, without blanks and comments. */
static char *squeeze(struct parser *p, const char *from, const char *to)
{
	char *ret = pool_alloc(p->prog, (size_t)(to - from) + 1);
	size_t n = 0;

	for (const char *s = from; ret && s < to; s++) {
		if (*s == '#')
			while (s + 1 < to && *s != '\n')
				s++;
		else if (*s != ' ' && *s != '\t' && *s != '\n' && *s != '\r')
			ret[n++] = *s;
	}
	return ret;
}

static int parse_atom_name(struct parser *p, struct atom *a)
{
	struct expr *e;
	int r;

	if (p->t.kind != TOK_NAME)
		return unexpected(p, "a name or *ADDR");
	r = parse_operand(p, &e);
	if (r < 0)
		return r;
	if (e->kind != EXPR_NAME || e->text)
		return lit_error(p->prog, p->err, e->pos, "expected the name of a variable");
	a->kind = ATOM_VAR;
	a->name = e->name;
	a->field = (enum field)e->field;
	return 0;
}

static int parse_blocked(struct parser *p, struct atom *a)
{
	int r = advance(p);

	a->kind = ATOM_BLOCKED;
	if (!r)
		r = expect_op(p, '(');
	if (!r)
		r = parse_thread_name(p, &a->who, NULL);
	if (r < 0)
		return r;
	if (!at_op(p, ')'))
		return unexpected(p, "')'");
	return 0; /* the caller takes it, after it has seen the end of the text */
}

/* The length of a verdict's name at @s, words with dashes between them. */
static size_t dashed_length(const char *s)
{
	return strspn(s, "abcdefghijklmnopqrstuvwxyz-");
}

/* The name of a verdict: several tokens, as dashes are. */
static int parse_verdict(struct parser *p, struct atom *a)
{
	const char *end = p->t.s + dashed_length(p->t.s);
	int r = 0;

	a->kind = ATOM_VERDICT;
	a->index = verdict_find(p->t.s, (size_t)(end - p->t.s));
	while (!r && p->t.kind != TOK_END && p->t.s < end)
		r = advance(p);
	return r;
}

static bool at_verdict(const struct parser *p)
{
	const char *end = p->t.s + dashed_length(p->t.s);

	return verdict_find(p->t.s, (size_t)(end - p->t.s)) < NR_LITMUS_VERDICTS &&
	       !strchr(":@_0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ", *end ? *end : ' ');
}

static int parse_atom_body(struct parser *p, struct atom *a, bool *paren)
{
	struct token next;
	int r = peek_token(p, &next);

	*paren = false;
	if (r < 0)
		return r;
	if (at_word(p, "blocked") && next.kind == TOK_OP && next.op == '(') {
		*paren = true;
		return parse_blocked(p, a);
	}
	if (at_verdict(p))
		return parse_verdict(p, a);
	r = parse_thread_name(p, &a->who, NULL);
	if (!r)
		r = expect_op(p, ':');
	if (r < 0)
		return r;
	if (!at_op(p, '*'))
		return parse_atom_name(p, a);
	a->kind = ATOM_PEEK;
	r = advance(p);
	return r < 0 ? r : parse_operand(p, &a->addr);
}

/* The left side of an atom, or a location; *index is that of an equal one, if any. */
static int parse_atom(struct parser *p, int *index)
{
	struct litmus *prog = p->prog;
	struct atom a = { .pos = p->t.pos, .name = LIT_NONE };
	const char *from = p->t.s, *to;
	bool paren;
	int r;

	if (p->t.kind != TOK_NAME)
		return unexpected(p, "thread:name, process:*ADDR, blocked(thread) or a verdict");
	r = parse_atom_body(p, &a, &paren);
	if (r < 0)
		return r;
	to = paren ? p->t.s + 1 : p->t.s;
	if (paren) {
		r = advance(p);
		if (r < 0)
			return r;
	}
	a.key = squeeze(p, from, to);
	if (!a.key)
		return -ENOMEM;
	for (*index = 0; *index < prog->nr_atoms; (*index)++)
		if (!strcmp(prog->atoms[*index].key, a.key))
			return 0;
	if (prog->nr_atoms == LIT_MAX_ATOMS)
		return lit_error(prog, p->err, a.pos, "more than %d different atoms",
				 LIT_MAX_ATOMS);
	prog->atoms[prog->nr_atoms++] = a;
	return 0;
}

/* `-` alone stands for a byte that is not present. */
static bool at_absent(struct parser *p)
{
	struct token next;

	if (!at_op(p, '-') || peek_token(p, &next))
		return false;
	if (next.kind == TOK_NUM || next.kind == TOK_NAME)
		return false;
	return next.kind != TOK_OP || !strchr("(-+!~", next.op < 128 ? next.op : ' ');
}

static int parse_value(struct parser *p, struct cond *c)
{
	/* The token of a string begins behind its quote. */
	const char *from = p->t.kind == TOK_STR ? p->t.s - 1 : p->t.s;
	int r;

	if (at_absent(p) || p->t.kind == TOK_STR) {
		c->value = pool_alloc(p->prog, sizeof(*c->value));
		if (!c->value)
			return -ENOMEM;
		c->value->pos = p->t.pos;
		c->value->kind = at_op(p, '-') ? EXPR_CONST : EXPR_WORDS;
		c->value->vkind = VAL_ABSENT;
		c->value->text = pool_strndup(p->prog, p->t.s, p->t.len);
		c->value->name = c->value->thread = LIT_NONE;
		if (!c->value->text)
			return -ENOMEM;
		r = advance(p);
	} else {
		r = parse_expr(p, &c->value);
	}
	if (r < 0)
		return r;
	c->text = squeeze(p, from, p->t.s);
	return c->text ? 0 : -ENOMEM;
}

static int parse_cond_atom(struct parser *p, struct cond *c)
{
	int r = parse_atom(p, &c->atom);

	if (r < 0 || p->prog->atoms[c->atom].kind == ATOM_BLOCKED ||
	    p->prog->atoms[c->atom].kind == ATOM_VERDICT)
		return r;
	c->differs = at_op(p, OP2('!', '='));
	if (!c->differs && !at_op(p, '='))
		return unexpected(p, "'=' or '!='");
	r = advance(p);
	return r < 0 ? r : parse_value(p, c);
}

static int parse_or(struct parser *p, struct cond **ret);

static int parse_not(struct parser *p, struct cond **ret)
{
	struct cond *c;
	int r;

	if (at_op(p, '(')) {
		r = advance(p);
		if (!r)
			r = parse_or(p, ret);
		return r < 0 ? r : expect_op(p, ')');
	}
	c = pool_alloc(p->prog, sizeof(*c));
	if (!c)
		return -ENOMEM;
	c->depth = 1;
	*ret = c;
	if (!at_op(p, '~')) {
		c->kind = COND_ATOM;
		return parse_cond_atom(p, c);
	}
	c->kind = COND_NOT;
	r = enter(p);
	if (!r)
		r = advance(p);
	if (!r)
		r = parse_not(p, &c->a);
	p->depth--;
	if (!r)
		c->depth = (uint8_t)(c->a->depth + 1);
	return r;
}

static int join(struct parser *p, enum cond_kind kind, struct cond *b, struct cond **a)
{
	uint8_t depth = (*a)->depth > b->depth ? (*a)->depth : b->depth;
	struct cond *c = pool_alloc(p->prog, sizeof(*c));

	if (!c)
		return -ENOMEM;
	if (depth > LIT_MAX_DEPTH)
		return lit_error(p->prog, p->err, p->t.pos, "nested more than %d levels deep",
				 LIT_MAX_DEPTH);
	c->kind = kind;
	c->a = *a;
	c->b = b;
	c->depth = (uint8_t)(depth + 1);
	*a = c;
	return 0;
}

static int parse_and(struct parser *p, struct cond **ret)
{
	struct cond *b;
	int r = parse_not(p, ret);

	while (!r && at_op(p, OP_AND)) {
		r = advance(p);
		if (!r)
			r = parse_not(p, &b);
		if (!r)
			r = join(p, COND_AND, b, ret);
	}
	return r;
}

static int parse_or(struct parser *p, struct cond **ret)
{
	struct cond *b;
	int r = enter(p);

	if (!r)
		r = parse_and(p, ret);
	while (!r && at_op(p, OP_OR)) {
		r = advance(p);
		if (!r)
			r = parse_and(p, &b);
		if (!r)
			r = join(p, COND_OR, b, ret);
	}
	p->depth--;
	return r;
}

int parse_condition(struct parser *p)
{
	struct litmus *prog = p->prog;
	bool negated = at_op(p, '~');
	int r = 0;

	if (prog->quant)
		return lit_error(prog, p->err, p->t.pos, "a second condition");
	prog->cond_pos = p->t.pos;
	if (negated)
		r = advance(p);
	if (r < 0)
		return r;
	if (at_word(p, "exists"))
		prog->quant = negated ? QUANT_NOT_EXISTS : QUANT_EXISTS;
	else if (at_word(p, "forall") && !negated)
		prog->quant = QUANT_FORALL;
	else
		return unexpected(p, negated ? "'exists'" : "'exists', '~exists' or 'forall'");
	r = advance(p);
	while (!r && p->t.kind == TOK_NL)
		r = advance(p);
	if (r < 0)
		return r;
	if (!at_op(p, '('))
		return unexpected(p, "'('");
	r = parse_or(p, &prog->cond);
	if (!r && p->t.kind != TOK_NL && p->t.kind != TOK_END && !at_op(p, ';'))
		r = unexpected(p, "the end of the condition");
	return r;
}

int parse_locations(struct parser *p)
{
	int index, r = advance(p);

	if (!r)
		r = expect_op(p, '[');
	while (!r && !at_op(p, ']')) {
		r = parse_atom(p, &index);
		if (!r && !at_op(p, ']'))
			r = at_op(p, ';') ? advance(p) : unexpected(p, "';' or ']'");
	}
	return r < 0 ? r : advance(p);
}

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * parse_call.c - calls, and the structures of ioctls
 */
#include <string.h>

#include "tools/litmus/parser.h"

static int field_index(const struct ioctl_desc *d, const struct token *t)
{
	for (int i = 0; i < LIT_MAX_FIELDS && d->fields[i]; i++) {
		/* start and len are written inside of range, but where both forms are good */
		if (d->range && !d->flat_range && i < 2)
			continue;
		if (strlen(d->fields[i]) == t->len && !memcmp(d->fields[i], t->s, t->len))
			return i;
	}
	return -1;
}

static int set_field(struct parser *p, struct call *c, int i, struct pos pos)
{
	if (c->fields[i])
		return lit_error(p->prog, p->err, pos, "field '%s' is given twice",
				 c->ioctl->fields[i]);
	return parse_expr(p, &c->fields[i]);
}

/* .name= or name=, as C and strace write it; the name's token is kept in @t. */
static int parse_designator(struct parser *p, struct token *t)
{
	int r = at_op(p, '.') ? advance(p) : 0;

	if (r < 0)
		return r;
	if (p->t.kind != TOK_NAME)
		return unexpected(p, "field=value");
	*t = p->t;
	r = advance(p);
	return r < 0 ? r : expect_op(p, '=');
}

static bool designator_ahead(struct parser *p)
{
	struct token next;

	return at_op(p, '.') || (p->t.kind == TOK_NAME && !peek_token(p, &next) &&
				 next.kind == TOK_OP && next.op == '=');
}

/* {start, len} or {start=, len=} */
static int parse_range(struct parser *p, struct call *c)
{
	static const char *const names[] = { "start", "len" };
	int r = expect_op(p, '{');

	for (int i = 0; i < 2 && !r; i++) {
		struct token t = p->t;

		if (i)
			r = expect_op(p, ',');
		if (!r && designator_ahead(p)) {
			r = parse_designator(p, &t);
			if (!r && (t.len != strlen(names[i]) || memcmp(t.s, names[i], t.len)))
				return lit_error(p->prog, p->err, t.pos, "expected %s=", names[i]);
		}
		if (!r)
			r = set_field(p, c, i, t.pos);
	}
	if (!r && at_op(p, ','))
		r = advance(p);
	return r < 0 ? r : expect_op(p, '}');
}

static int parse_ioctl_field(struct parser *p, struct call *c)
{
	struct token t = p->t;
	int r = parse_designator(p, &t), i;

	if (r < 0)
		return r;
	if (c->ioctl->range && t.len == 5 && !memcmp(t.s, "range", 5))
		return parse_range(p, c);
	i = field_index(c->ioctl, &t);
	if (i < 0)
		return lit_error(p->prog, p->err, t.pos, "%s has no field '%.*s'", c->ioctl->name,
				 t.len > 40 ? 40 : (int)t.len, t.s);
	return set_field(p, c, i, t.pos);
}

static int parse_ioctl_struct(struct parser *p, struct call *c)
{
	int r = expect_op(p, '{');

	while (!r && !at_op(p, '}')) {
		r = parse_ioctl_field(p, c);
		if (!r && !at_op(p, '}'))
			r = at_op(p, ',') ? advance(p) : unexpected(p, "',' or '}'");
	}
	return r < 0 ? r : advance(p);
}

static int parse_ioctl(struct parser *p, struct call *c)
{
	int r = parse_expr(p, &c->args[0]);

	if (!r)
		r = expect_op(p, ',');
	if (r < 0)
		return r;
	if (p->t.kind == TOK_NAME)
		c->ioctl = ioctl_find(p->t.s, p->t.len);
	if (!c->ioctl && p->t.kind == TOK_NAME)
		return lit_error(p->prog, p->err, p->t.pos, "unknown ioctl '%.*s'",
				 p->t.len > 40 ? 40 : (int)p->t.len, p->t.s);
	if (!c->ioctl)
		return unexpected(p, "the name of an ioctl");
	c->label = c->ioctl->label;
	r = advance(p);
	if (!r)
		r = expect_op(p, ',');
	if (r < 0)
		return r;
	c->nr_args = 3;
	return c->ioctl->id == IOC_NEW ? parse_expr(p, &c->args[2]) : parse_ioctl_struct(p, c);
}

static int parse_string(struct parser *p, struct call *c)
{
	if (p->t.kind != TOK_STR)
		return unexpected(p, "a string");
	if (memchr(p->t.s, '\n', p->t.len) || p->t.len > 255)
		return lit_error(p->prog, p->err, p->t.pos, "not a name for a file");
	c->str = pool_strndup(p->prog, p->t.s, p->t.len);
	return c->str ? advance(p) : -ENOMEM;
}

static int wrong_count(struct parser *p, const struct call_desc *d, struct pos pos)
{
	return lit_error(p->prog, p->err, pos, "wrong number of arguments: %s(%s)", d->name,
			 d->args);
}

/* read(u, m) names what it fills; read(p, addr, len) has an address there. */
static bool is_message(struct parser *p, const struct call *c)
{
	struct token next;

	return c->desc->id == CALL_READ && c->nr_args == 1 && p->t.kind == TOK_NAME &&
	       !peek_token(p, &next) && next.kind == TOK_OP && next.op == ')';
}

/* write(fd, "text") has a string where write(fd, addr, len) has an address. */
static bool is_text(struct parser *p, const struct call *c)
{
	struct token next;

	return c->desc->id == CALL_WRITE && c->nr_args == 1 && p->t.kind == TOK_STR &&
	       !peek_token(p, &next) && next.kind == TOK_OP && next.op == ')';
}

static int check_forms(struct parser *p, const struct call *c)
{
	if (c->nr_args != 2)
		return 0;
	if (c->desc->id == CALL_READ && c->msg == LIT_NONE)
		return lit_error(p->prog, p->err, c->args[1]->pos,
				 "read(fd, name) puts a message into a name");
	if (c->desc->id == CALL_WRITE && !c->str)
		return lit_error(p->prog, p->err, c->args[1]->pos,
				 "write(fd, \"text\") takes a string");
	return 0;
}

static int parse_args(struct parser *p, struct call *c, struct pos pos)
{
	int r = 0;

	while (!r && !at_op(p, ')')) {
		if (c->nr_args == c->desc->max_args)
			return wrong_count(p, c->desc, p->t.pos);
		if (c->desc->string_at == (int)c->nr_args || is_text(p, c))
			r = parse_string(p, c);
		else if (c->desc->id == CALL_KILL)
			r = parse_thread_name(p, &c->str, NULL);
		else if (is_message(p, c))
			r = parse_target(p, &c->msg);
		else
			r = parse_expr(p, &c->args[c->nr_args]);
		c->nr_args++;
		if (!r && !at_op(p, ')')) {
			r = at_op(p, ',') ? advance(p) : unexpected(p, "',' or ')'");
			if (!r && at_op(p, ')'))
				return unexpected(p, "an argument");
		}
	}
	if (r < 0)
		return r;
	if (c->nr_args < c->desc->min_args)
		return wrong_count(p, c->desc, pos);
	p->prog->timers |= c->desc->id == CALL_POLL && c->nr_args > 2;
	return check_forms(p, c);
}

int parse_call(struct parser *p, struct call **ret)
{
	struct call *c = pool_alloc(p->prog, sizeof(*c));
	struct pos pos = p->t.pos;
	int r;

	if (!c)
		return -ENOMEM;
	c->msg = LIT_NONE;
	c->desc = call_find(p->t.s, p->t.len);
	if (!c->desc)
		return lit_error(p->prog, p->err, pos, "unknown call '%.*s'",
				 p->t.len > 40 ? 40 : (int)p->t.len, p->t.s);
	c->label = c->desc->name;
	r = advance(p);
	if (!r)
		r = expect_op(p, '(');
	if (!r)
		r = c->desc->id == CALL_IOCTL ? parse_ioctl(p, c) : parse_args(p, c, pos);
	*ret = c;
	return r < 0 ? r : expect_op(p, ')');
}

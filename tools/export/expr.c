/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * expr.c - expressions and conditions as C
 */
#include <string.h>

#include "tools/export/emit.h"

/* The word that stands at @pos of the file. */
static const char *word_at(const struct litmus *prog, struct pos pos, size_t *len)
{
	const char *s = prog->text, *end = prog->text + prog->len;

	for (uint32_t line = 1; line < pos.line && s < end; line++) {
		const char *nl = memchr(s, '\n', (size_t)(end - s));

		s = nl ? nl + 1 : end;
	}
	s += pos.col - 1;
	*len = 0;
	while (s + *len < end && (s[*len] == '_' || (s[*len] >= '0' && s[*len] <= '9') ||
				  ((s[*len] | 0x20) >= 'a' && (s[*len] | 0x20) <= 'z')))
		++*len;
	return s;
}

/* 3p is 3 * PAGE_SIZE. */
static void put_number(struct emit *x, const struct expr *e, const char *s, size_t len)
{
	char unit = len > 1 ? s[len - 1] : 0;
	const char *name = unit == 'p' ? "PAGE_SIZE" : unit == 'h' ? "HPAGE_SIZE" : NULL;

	if (name && len == 2 && *s == '1')
		put(x, "%s", name);
	else if (name)
		put(x, "(%.*s * %s)", (int)len - 1, s, name);
	else if (len && *s >= '0' && *s <= '9' && !(len > 1 && *s == '0' && (s[1] | 0x20) != 'x'))
		put(x, "%.*s", (int)len, s);
	else
		put(x, "%lld", (long long)e->n);
}

static void put_const(struct emit *x, const struct expr *e)
{
	size_t len;
	const char *s = word_at(x->prog, e->pos, &len);
	int64_t n;
	uint8_t kind;

	if (e->vkind == VAL_ABSENT) {
		need(x, "peek");
		put(x, "ABSENT");
	} else if (e->vkind == VAL_SIG) {
		need(x, "killed");
		put(x, "KILLED(%.*s)", (int)len, s);
	} else if (constant_find(s, len, &kind, &n) && n == e->n) {
		need_constant(x, s, len);
		put(x, "%.*s", len == 4 && !memcmp(s, "NULL", 4) ? 1 : (int)len,
		    len == 4 && !memcmp(s, "NULL", 4) ? "0" : s);
	} else {
		put_number(x, e, s, len);
	}
}

static void put_msg_field(struct emit *x, int owner, const struct expr *e)
{
	static const char *const helpers[] = {
		[FIELD_PF_FLAGS] = "fault_flags",      [FIELD_PF_ADDRESS] = "fault_address",
		[FIELD_FORK_UFD] = "fork_ufd",         [FIELD_REMAP_FROM] = "remap_from",
		[FIELD_REMAP_TO] = "remap_to",         [FIELD_REMAP_LEN] = "remap_len",
		[FIELD_REMOVE_START] = "remove_start", [FIELD_REMOVE_END] = "remove_end",
	};

	if (e->field == FIELD_EVENT || e->field == FIELD_NONE) {
		put_var(x, x->f, owner, e->name);
		put(x, ".event");
		return;
	}
	if (e->field < FIELD_PF_FLAGS) {
		put(x, "0");
		return;
	}
	need(x, helpers[e->field]);
	put(x, "%s(&", helpers[e->field]);
	put_var(x, x->f, owner, e->name);
	put(x, ")");
}

static void put_name(struct emit *x, const struct expr *e)
{
	int owner = owner_of(x->prog, e->thread >= 0 ? e->thread : x->thread, e->name);
	enum ctype type;

	if (owner < 0) {
		put(x, "0");
		return;
	}
	type = type_of(x, owner, e->name, (struct pos){ 0, 0 });
	if (type == C_MSG) {
		put_msg_field(x, owner, e);
	} else if (e->field && type != C_NUM) {
		put(x, "0");
	} else {
		put_var(x, x->f, owner, e->name);
		if (e->field >= FIELD_EVENT)
			refuse(x, e->pos, "a field of a message in a name that holds none");
		else if (e->field == FIELD_IOCTLS)
			put(x, "_ioctls");
		else if (e->field)
			put(x, "_out");
	}
}

static bool is_comparison(uint16_t op)
{
	return op == '<' || op == '>' || op == OP2('<', '=') || op == OP2('>', '=') ||
	       op == OP2('=', '=') || op == OP2('!', '=');
}

static void put_operand(struct emit *x, const struct expr *e, uint16_t around)
{
	bool same = e->kind == EXPR_BINARY && e->op == around && (around == '|' || around == '+');
	bool paren = (e->kind == EXPR_BINARY || e->kind == EXPR_COND) && !same;

	/* Constants of the headers may be unsigned. */
	if ((is_comparison(around) || around == OP2('<', '<')) && e->kind != EXPR_NAME)
		put(x, "(s64)");
	if (paren)
		put(x, "(");
	put_expr(x, e);
	if (paren)
		put(x, ")");
}

static void put_binary(struct emit *x, const struct expr *e)
{
	char op[3] = { (char)(e->op & 0xff), (char)(e->op >> 8), 0 };

	put_operand(x, e->a, e->op);
	put(x, " %s ", op);
	put_operand(x, e->b, e->op);
}

void put_expr(struct emit *x, const struct expr *e)
{
	switch (e->kind) {
	case EXPR_CONST:
		put_const(x, e);
		break;
	case EXPR_NAME:
		put_name(x, e);
		break;
	case EXPR_UNARY:
		put(x, "%c", e->op);
		put_operand(x, e->a, '-');
		break;
	case EXPR_BINARY:
		put_binary(x, e);
		break;
	case EXPR_COND:
		put_operand(x, e->a, 0);
		put(x, " ? ");
		put_operand(x, e->b, 0);
		put(x, " : ");
		put_operand(x, e->c, 0);
		break;
	case EXPR_WORDS:
		refuse(x, e->pos, "words of pagemap() as a value");
		break;
	}
}

/* --------------------------------------------------------------- conditions */

static struct expr as_expr(const struct atom *a, int thread)
{
	return (struct expr){
		.kind = EXPR_NAME,
		.pos = a->pos,
		.name = (int16_t)a->name,
		.thread = (int16_t)thread,
		.field = (uint8_t)a->field,
	};
}

void put_atom(struct emit *x, const struct atom *a)
{
	struct expr e;

	switch (a->kind) {
	case ATOM_VAR:
		e = as_expr(a, a->index);
		put_name(x, &e);
		break;
	case ATOM_PEEK:
		need(x, "peek");
		put(x, "peek(st->pids[%d], ", a->index);
		x->thread = 0;
		put_expr(x, a->addr);
		put(x, ")");
		break;
	case ATOM_BLOCKED:
		put(x, "!!st->threads[%d].busy", a->index - 1);
		break;
	case ATOM_VERDICT:
		refuse(x, a->pos, "a verdict");
		break;
	}
}

static const char *const show_as[] = {
	[C_NUM] = "num", [C_HEX] = "bits", [C_ADDR] = "hex", [C_BYTE] = "byte",
	[C_DONE] = "done", [C_ABSENT] = "peeked",
};

/* A name that was never assigned is 0, whatever it could hold. */
static void put_if_set(struct emit *x, int owner, int name)
{
	put(x, "!");
	put_var(x, x->f, owner, name);
	put(x, "_set ? \"0\" : ");
}

static void put_words_or_0(struct emit *x, int owner, int name)
{
	put(x, "*");
	put_var(x, x->f, owner, name);
	put(x, " ? ");
	put_var(x, x->f, owner, name);
	put(x, " : \"0\"");
}

static void put_shown_var(struct emit *x, const struct atom *a)
{
	int owner = owner_of(x->prog, a->index, a->name);
	enum ctype type = owner < 0 ? C_NUM : type_of(x, owner, a->name, a->pos);
	const char *how;

	if (type == C_MSG && a->field == FIELD_NONE) {
		need(x, "event_name");
		put(x, "event_name(");
	} else if (type == C_MSG) {
		how = a->field == FIELD_EVENT ? "event_name" :
		      a->field == FIELD_PF_FLAGS ? "flag_names" :
		      a->field == FIELD_REMAP_LEN ? "num" : "hex";
		if (a->field == FIELD_FORK_UFD)
			refuse(x, a->pos, "the descriptor of a FORK message as a final value");
		need(x, how);
		put(x, "%s(", how);
	} else if (type == C_NAMED) {
		need(x, "named");
		put_if_set(x, owner, a->name);
		put(x, "named(");
		put_atom(x, a);
		put(x, ", \"%s\")", x->prog->names[a->name]);
		return;
	} else {
		if (type == C_WORDS) {
			put_words_or_0(x, owner, a->name);
			return;
		}
		how = a->field == FIELD_IOCTLS || a->field == FIELD_FEATURES ? "bits" :
		      a->field ? "num" : show_as[type];
		if (!how) {
			refuse(x, a->pos, "this value as a final one");
			return;
		}
		need(x, how);
		if (owner >= 0 && notes_assignment(x, owner, a->name))
			put_if_set(x, owner, a->name);
		put(x, "%s(", how);
	}
	put_atom(x, a);
	put(x, ")");
}

void put_shown(struct emit *x, const struct atom *a)
{
	switch (a->kind) {
	case ATOM_VAR:
		put_shown_var(x, a);
		break;
	case ATOM_PEEK:
		need(x, "peeked");
		put(x, "peeked(");
		put_atom(x, a);
		put(x, ")");
		break;
	case ATOM_BLOCKED:
	case ATOM_VERDICT:
		put_atom(x, a);
		put(x, " ? \"true\" : \"false\"");
		break;
	}
}

/* Words equal only words. */
static bool put_words_test(struct emit *x, const struct atom *a, const struct cond *c)
{
	int owner = a->kind == ATOM_VAR ? owner_of(x->prog, a->index, a->name) : LIT_NONE;
	bool words = owner >= 0 && type_of(x, owner, a->name, a->pos) == C_WORDS;

	if (!words && !(c->value && c->value->kind == EXPR_WORDS))
		return false;
	if (words && c->value && c->value->kind == EXPR_WORDS) {
		put(x, "%sstrcmp(", c->differs ? "!!" : "!");
		put_var(x, x->f, owner, a->name);
		put(x, ", ");
		put_string(x->f, c->value->text);
		put(x, ")");
	} else {
		put(x, "%d", c->differs);
	}
	return true;
}

void put_condition(struct emit *x, const struct cond *c)
{
	switch (c->kind) {
	case COND_NOT:
		put(x, "!(");
		put_condition(x, c->a);
		put(x, ")");
		break;
	case COND_AND:
	case COND_OR:
		put(x, "(");
		put_condition(x, c->a);
		put(x, c->kind == COND_AND ? " && " : " || ");
		put_condition(x, c->b);
		put(x, ")");
		break;
	case COND_ATOM:
		if (put_words_test(x, &x->prog->atoms[c->atom], c))
			break;
		put_atom(x, &x->prog->atoms[c->atom]);
		if (!c->value)
			break;
		put(x, " %s ", c->differs ? "!=" : "==");
		x->thread = 0;
		put_operand(x, c->value, OP2('=', '='));
		break;
	}
}

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * final.c - final states and conditions, looked at when nothing moves any more
 */
#include <stdio.h>
#include <string.h>

#include "tools/litmus/world.h"

bool thread_blocked(const struct world *w, int index)
{
	const struct lit_thread *t = &w->threads[index];

	if (w->prog->sequence && index)
		return t->mail;
	return w->be->blocked(t);
}

static void atom_value(struct world *w, const struct atom *a, struct value *ret)
{
	struct value addr;
	int byte;

	switch (a->kind) {
	case ATOM_VAR:
		value_field(lookup(w, &w->threads[a->index], a->name, false), a->field, ret);
		break;
	case ATOM_PEEK:
		byte = -1;
		eval(w, NULL, a->addr, &addr);
		if (w->procs[a->index].p)
			byte = w->be->peek(w, a->index, (uint64_t)addr.n);
		value_kind(ret, byte < 0 ? VAL_ABSENT : VAL_BYTE, byte);
		break;
	case ATOM_BLOCKED:
		value_num(ret, thread_blocked(w, a->index));
		break;
	case ATOM_VERDICT:
		value_num(ret, w->verdicts >> a->index & 1);
		break;
	}
}

bool final_show(struct world *w, const struct atom *a, char *buf, size_t size)
{
	const char *name = NULL;
	struct value v;

	atom_value(w, a, &v);
	if (a->kind == ATOM_BLOCKED || a->kind == ATOM_VERDICT) {
		snprintf(buf, size, "%s", v.n ? "true" : "false");
		return true; /* no quotes in JSON */
	}
	if (a->kind == ATOM_VAR && !a->field)
		name = w->prog->names[a->name];
	return value_show(w, &v, name, buf, size);
}

bool final_plain(struct world *w, const struct atom *a, char to[FINAL_PLAIN])
{
	struct value v;
	int64_t n;

	atom_value(w, a, &v);
	if (v.kind == VAL_ADDR || v.kind == VAL_WORDS)
		return false;
	n = v.kind == VAL_MSG ? v.u.msg.event : v.n;
	*to = (char)v.kind;
	memcpy(to + 1, &n, sizeof(n));
	return true;
}

bool cond_holds(struct world *w, const struct cond *c)
{
	struct value a, b;

	if (!c)
		return true;
	switch (c->kind) {
	case COND_AND:
		return cond_holds(w, c->a) && cond_holds(w, c->b);
	case COND_OR:
		return cond_holds(w, c->a) || cond_holds(w, c->b);
	case COND_NOT:
		return !cond_holds(w, c->a);
	case COND_ATOM:
		break;
	}
	atom_value(w, &w->prog->atoms[c->atom], &a);
	if (!c->value)
		return a.n;
	eval(w, NULL, c->value, &b);
	return value_equal(&a, &b) != c->differs;
}

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * states.c - the table of distinct final states
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Without the fall-through of the default function, which clang warns of. */
#define HASH_FUNCTION(s, len, hashv) HASH_FNV(s, len, hashv)
#define HASH_NONFATAL_OOM            1
#define uthash_nonfatal_oom(entry)   ((entry)->lost = true)
#include <uthash.h>

#include "tools/litmus/states.h"

struct state_entry {
	UT_hash_handle hh;
	struct litmus_state state;
	bool lost;
	char text[];
};

static int reserve(struct states *s, size_t size)
{
	char *buf;

	if (size <= s->size)
		return 0;
	buf = realloc(s->buf, size * 2);
	if (!buf)
		return -ENOMEM;
	s->buf = buf;
	s->size = size * 2;
	return 0;
}

/* "key=value; key=value;" of the machine's state into s->buf. */
static int write_text(struct states *s, struct machine *m, size_t *ret)
{
	char value[96];
	size_t at = 0;
	int r;

	for (int i = 0; i < m->prog->nr_keys; i++) {
		const struct atom *a = &m->prog->atoms[m->prog->keys[i]];

		final_show(m->w, a, value, sizeof(value));
		r = reserve(s, at + strlen(a->key) + strlen(value) + 8);
		if (r < 0)
			return r;
		at += (size_t)sprintf(s->buf + at, "%s%s=%s;", i ? " " : "", a->key, value);
	}
	r = reserve(s, at + 8);
	if (r < 0)
		return r;
	s->buf[at] = 0;
	*ret = at;
	return 0;
}

static int add(struct states *s, struct machine *m, size_t len, bool holds)
{
	struct state_entry *e = calloc(1, sizeof(*e) + len + 1);
	struct litmus_final *f;
	int r;

	if (!e)
		return -ENOMEM;
	r = final_values(m, &f);
	if (r < 0) {
		free(e);
		return r;
	}
	memcpy(e->text, s->buf, len + 1);
	e->state.text = e->text;
	e->state.count = 1;
	e->state.holds = holds;
	e->state.final = f;
	HASH_ADD_KEYPTR(hh, s->table, e->text, len, e);
	if (e->lost) {
		final_free(f, (size_t)m->prog->nr_keys);
		free(e);
		return -ENOMEM;
	}
	s->nr++;
	return 0;
}

int states_count(struct states *s, struct machine *m, bool holds)
{
	struct state_entry *e;
	size_t len;
	int r = write_text(s, m, &len);

	if (r < 0)
		return r;
	HASH_FIND(hh, s->table, s->buf, len, e);
	if (!e)
		return add(s, m, len, holds);
	e->state.count++;
	return 0;
}

static int by_text(const void *a, const void *b)
{
	const struct litmus_state *x = a, *y = b;

	return strcmp(x->text, y->text);
}

int states_take(struct states *s, struct machine *m, struct litmus_explore_result *res)
{
	struct state_entry *e, *next;

	res->nr_final = (size_t)m->prog->nr_keys;
	res->states = calloc(s->nr + 1, sizeof(*res->states));
	if (!res->states)
		return -ENOMEM;
	HASH_ITER(hh, s->table, e, next)
	{
		struct litmus_state *to = &res->states[res->nr_states];

		*to = e->state;
		to->text = strdup(e->text);
		if (!to->text)
			return -ENOMEM;
		e->state.final = NULL;
		res->nr_states++;
	}
	qsort(res->states, res->nr_states, sizeof(*res->states), by_text);
	return 0;
}

void states_free(struct states *s, size_t nr_final)
{
	struct state_entry *e, *next;

	HASH_ITER(hh, s->table, e, next)
	{
		HASH_DEL(s->table, e);
		final_free((struct litmus_final *)e->state.final, nr_final);
		free(e);
	}
	free(s->buf);
	memset(s, 0, sizeof(*s));
}

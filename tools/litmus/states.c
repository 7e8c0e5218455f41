/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * states.c - the table of distinct final states
 */
#include <errno.h>
#include <inttypes.h>
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
	uint64_t counted; /* the last execution that did */
	bool lost;
	char text[];
};

static void entry_free(struct state_entry *e, size_t nr_final)
{
	final_free((struct litmus_final *)e->state.final, nr_final);
	free((char *)e->state.token);
	free(e);
}

/* Values whose text was @entry's.  There may be more than one for a text. */
struct plain_state {
	UT_hash_handle hh;
	struct state_entry *entry;
	bool lost;
	char values[];
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

bool states_is(struct machine *m, const char *text)
{
	char *now = states_text(m);
	bool same = now && !strcmp(now, text);

	free(now);
	return same;
}

char *states_text(struct machine *m)
{
	struct states s = { 0 };
	size_t len;

	if (!write_text(&s, m, &len))
		return s.buf;
	free(s.buf);
	return NULL;
}

/* The first execution that came to a state, if anybody wants to see it; 0 or -ENOMEM. */
static int keep_token(struct state_entry *e, struct machine *m, const struct sim_execution *ex)
{
	if (!m->opt->state_tokens || !ex)
		return 0;
	e->state.token = sim_token(m->program, ex->picks, ex->enabled, ex->steps);
	return e->state.token ? 0 : -ENOMEM;
}

static int add(struct states *s, struct machine *m, size_t len, bool holds,
	       const struct sim_execution *ex)
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
	e->counted = s->execution;
	e->state.holds = holds;
	e->state.final = f;
	r = keep_token(e, m, ex);
	if (!r)
		HASH_ADD_KEYPTR(hh, s->table, e->text, len, e);
	if (r || e->lost) {
		entry_free(e, (size_t)m->prog->nr_keys);
		return -ENOMEM;
	}
	s->nr++;
	return 0;
}

/* Another execution ends in it; or the same one, with threads exchanged. */
static void count_again(const struct states *s, struct state_entry *e)
{
	e->state.count += e->counted != s->execution;
	e->counted = s->execution;
}

static int count_text(struct states *s, struct machine *m, bool holds,
		      const struct sim_execution *ex, struct state_entry **ret)
{
	struct state_entry *e;
	size_t len;
	int r = write_text(s, m, &len);

	if (r < 0)
		return r;
	HASH_FIND(hh, s->table, s->buf, len, e);
	if (!e) {
		r = add(s, m, len, holds, ex);
		HASH_FIND(hh, s->table, s->buf, len, e);
	} else {
		count_again(s, e);
	}
	*ret = e;
	return r;
}

/* The machine's values without names and format into @to; false if that would not tell all. */
static bool plain_values(struct machine *m, char *to)
{
	for (int i = 0; i < m->prog->nr_keys; i++)
		if (!final_plain(m->w, &m->prog->atoms[m->prog->keys[i]], to + i * FINAL_PLAIN))
			return false;
	return true;
}

static int add_plain(struct states *s, const char *values, size_t len, struct state_entry *e)
{
	struct plain_state *p = calloc(1, sizeof(*p) + len);

	if (!p)
		return -ENOMEM;
	memcpy(p->values, values, len);
	p->entry = e;
	HASH_ADD(hh, s->plain, values, len, p);
	if (!p->lost)
		return 0;
	free(p);
	return -ENOMEM;
}

/* Most executions end in a state that was seen; to write down what it is takes long. */
#define MAX_PLAIN 32

int states_count(struct states *s, struct machine *m, bool holds, const struct sim_execution *ex)
{
	size_t len = (size_t)m->prog->nr_keys * FINAL_PLAIN;
	char values[MAX_PLAIN * FINAL_PLAIN];
	bool plain = len && len <= sizeof(values) && plain_values(m, values);
	struct plain_state *p = NULL;
	struct state_entry *e = NULL;
	int r;

	if (plain)
		HASH_FIND(hh, s->plain, values, len, p);
	if (p) {
		count_again(s, p->entry);
		return 0;
	}
	r = count_text(s, m, holds, ex, &e);
	return r || !plain ? r : add_plain(s, values, len, e);
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
		e->state.token = NULL;
		res->nr_states++;
	}
	qsort(res->states, res->nr_states, sizeof(*res->states), by_text);
	return 0;
}

void states_free(struct states *s, size_t nr_final)
{
	struct plain_state *p, *next_plain;
	struct state_entry *e, *next;

	HASH_ITER(hh, s->plain, p, next_plain)
	{
		HASH_DEL(s->plain, p);
		free(p);
	}
	HASH_ITER(hh, s->table, e, next)
	{
		HASH_DEL(s->table, e);
		entry_free(e, nr_final);
	}
	free(s->buf);
	memset(s, 0, sizeof(*s));
}

/* ------------------------------------------------------------ together, and in files */

static struct state_entry *find_text(const struct states *s, const char *text, size_t len)
{
	struct state_entry *e;

	HASH_FIND(hh, s->table, text, len, e);
	return e;
}

/* Takes over @f. */
static struct state_entry *new_entry(const char *text, size_t len, struct litmus_final *f)
{
	struct state_entry *e = calloc(1, sizeof(*e) + len + 1);

	if (!e)
		return NULL;
	memcpy(e->text, text, len);
	e->state.text = e->text;
	e->state.final = f;
	return e;
}

static int insert(struct states *s, struct state_entry *e, size_t nr_final)
{
	HASH_ADD_KEYPTR(hh, s->table, e->text, strlen(e->text), e);
	if (e->lost) {
		entry_free(e, nr_final);
		return -ENOMEM;
	}
	s->nr++;
	return 0;
}

/* The counts of @e to the state of that text, which takes @e itself if it is new. */
static int merge_entry(struct states *s, struct state_entry *e, size_t nr_final)
{
	struct state_entry *old = find_text(s, e->text, strlen(e->text));

	if (!old)
		return insert(s, e, nr_final);
	old->state.count += e->state.count;
	entry_free(e, nr_final);
	return 0;
}

static struct litmus_final *final_copy(const struct litmus_final *f, size_t nr)
{
	struct litmus_final *copy = calloc(nr + 1, sizeof(*copy));

	for (size_t i = 0; copy && i < nr; i++) {
		copy[i] = f[i];
		copy[i].value = strdup(f[i].value);
		if (!copy[i].value) {
			final_free(copy, nr);
			return NULL;
		}
	}
	return copy;
}

int states_merge(struct states *to, const struct states *from, size_t nr_final)
{
	struct state_entry *e, *next;
	int r = 0;

	HASH_ITER(hh, from->table, e, next)
	{
		struct litmus_final *f = final_copy(e->state.final, nr_final);
		struct state_entry *copy = f ? new_entry(e->text, strlen(e->text), f) : NULL;

		if (!copy) {
			if (f)
				final_free(f, nr_final);
			return -ENOMEM;
		}
		copy->state.count = e->state.count;
		copy->state.holds = e->state.holds;
		if (!r)
			r = merge_entry(to, copy, nr_final);
	}
	return r;
}

void states_write(const struct states *s, FILE *out, size_t nr_final)
{
	struct state_entry *e, *next;

	HASH_ITER(hh, s->table, e, next)
	{
		fprintf(out, "state %" PRIu64 " %d %s\n", e->state.count, e->state.holds, e->text);
		for (size_t i = 0; i < nr_final; i++)
			fprintf(out, "value %d %s\n", e->state.final[i].plain,
				e->state.final[i].value);
	}
}

/* "value PLAIN TEXT"; returns where the line ends. */
static const char *read_value(const char *at, struct litmus_final *f)
{
	const char *end = strchr(at, '\n');
	int plain;

	if (!end || sscanf(at, "value %d ", &plain) != 1 || end < at + 8)
		return NULL;
	f->plain = plain;
	f->value = strndup(at + 8, (size_t)(end - at - 8));
	return f->value ? end : NULL;
}

char *states_read(struct states *s, char *at, const struct litmus *prog)
{
	size_t nr = (size_t)prog->nr_keys;
	struct litmus_final *f = calloc(nr + 1, sizeof(*f));
	const char *end = strchr(at, '\n'), *text;
	struct state_entry *e = NULL;
	uint64_t count;
	int holds, n = 0;

	if (f && end && sscanf(at, "state %" SCNu64 " %d%n", &count, &holds, &n) == 2 &&
	    at[n] == ' ') {
		text = at + n + 1;
		e = new_entry(text, (size_t)(end - text), f);
	}
	if (!e) {
		if (f)
			final_free(f, nr);
		return NULL;
	}
	e->state.count = count;
	e->state.holds = holds;
	for (size_t i = 0; i < nr && end; i++) {
		f[i].key = prog->atoms[prog->keys[i]].key;
		end = read_value(end + 1, &f[i]);
	}
	if (!end) {
		entry_free(e, nr);
		return NULL;
	}
	return merge_entry(s, e, nr) ? NULL : (char *)end;
}

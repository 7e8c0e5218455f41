/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * records.c - records as JSON, one a line
 */
#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "tools/litmus/run.h"

static json_t *json_shown(const struct world *w, const struct shown *s)
{
	char buf[96];

	if (s->is_addr) {
		show_address(w, (uint64_t)s->n, s->is_end, buf, sizeof(buf));
		return json_string(buf);
	}
	return s->text ? json_string(s->text) : json_integer(s->n);
}

static json_t *json_address(const struct world *w, uint64_t addr, bool is_end)
{
	struct shown s = { .n = (int64_t)addr, .is_addr = true, .is_end = is_end };

	return json_shown(w, &s);
}

static json_t *json_regions(const struct world *w, const struct record *r)
{
	json_t *ret = json_array();

	for (unsigned i = 0; i < r->nr_regions; i++) {
		const struct shown_region *s = &r->regions[i];
		json_t *o = json_object();

		json_object_set_new(o, "start", json_address(w, s->start, false));
		json_object_set_new(o, "end", json_address(w, s->end, true));
		json_object_set_new(o, "categories", json_string(s->categories));
		json_array_append_new(ret, o);
	}
	return ret;
}

static json_t *json_out(const struct world *w, const struct record *r)
{
	json_t *ret = r->is_list ? json_array() : json_object();

	for (unsigned i = 0; i < r->nr_out; i++)
		json_object_set_new(ret, r->out[i].key, json_shown(w, &r->out[i]));
	if (r->has_regions)
		json_object_set_new(ret, "regions", json_regions(w, r));
	for (unsigned i = 0; i < r->nr_words; i++)
		json_array_append_new(ret, json_string(r->words[i]));
	return ret;
}

static const char *label_of(const struct stmt *s)
{
	return s->kind == STMT_LOAD ? "load" : s->kind == STMT_STORE ? "store" : s->call->label;
}

static int write_line(struct machine *m, json_t *o)
{
	int r = 0;

	if (!o || json_dumpf(o, m->opt->json, JSON_COMPACT) < 0 || fputc('\n', m->opt->json) == EOF)
		r = o ? -EIO : -ENOMEM;
	json_decref(o);
	return r;
}

static json_t *json_head(struct machine *m, int thread, const struct stmt *s)
{
	json_t *o = json_object();

	json_object_set_new(o, "step", json_integer(s->step));
	json_object_set_new(o, "thread", json_string(m->prog->threads[thread].name));
	json_object_set_new(o, "call", json_string(label_of(s)));
	return o;
}

/* -------------------------------------------------------------------- events */

static struct litmus_event event_of(const struct machine *m, int thread, const struct stmt *s)
{
	return (struct litmus_event){
		.step = s->step,
		.thread = m->prog->threads[thread].name,
		.call = label_of(s),
		.others = m->others,
		.lost_huge_pages = m->lost_huge_pages,
	};
}

static void tell(struct machine *m, struct litmus_event *ev)
{
	uint64_t left = sim_fail_alloc(m->sim, 0);

	sim_fail_alloc(m->sim, left);
	ev->failed_alloc = m->opt->fail_alloc && !left;
	m->opt->watch(m->opt->watch_ctx, ev);
}

static void tell_record(struct machine *m, const struct record *r, bool late)
{
	struct litmus_event ev = event_of(m, r->thread, r->stmt);
	char text[32];

	if (!m->opt->watch)
		return;
	ev.late = late;
	if (r->has_ret && !r->ret.is_addr) {
		ev.n = r->ret.n;
		ev.ret = r->ret.text;
		if (!ev.ret) {
			show_number(r->ret.n, text, sizeof(text));
			ev.ret = text;
		}
	}
	tell(m, &ev);
}

static void tell_blocked(struct machine *m, const struct lit_thread *t)
{
	struct litmus_event ev = event_of(m, t->index, t->cur);

	if (!m->opt->watch)
		return;
	ev.blocked = true;
	tell(m, &ev);
}

void records_skipped(struct machine *m, const struct stmt *s)
{
	struct litmus_event ev = { .step = s->step, .skipped = true };

	ev.thread = m->prog->threads[s->thread].name;
	if (m->opt->watch)
		tell(m, &ev);
}

/* ---------------------------------------------------------------------- JSON */

static int write_record(struct machine *m, const struct record *r, bool late)
{
	json_t *o;

	if (r->names)
		world_name_range(m->w, r->names);
	tell_record(m, r, late);
	if (!m->opt->json)
		return 0;
	o = json_head(m, r->thread, r->stmt);
	if (r->has_ret)
		json_object_set_new(o, "ret", json_shown(m->w, &r->ret));
	if (r->has_out)
		json_object_set_new(o, "out", json_out(m->w, r));
	if (r->has_flt)
		json_object_set_new(o, "flt", json_boolean(r->flt));
	if (late)
		json_object_set_new(o, "late", json_true());
	return write_line(m, o);
}

static int write_blocked(struct machine *m, const struct lit_thread *t)
{
	json_t *o;

	tell_blocked(m, t);
	if (!m->opt->json)
		return 0;
	o = json_head(m, t->index, t->cur);
	json_object_set_new(o, "blocked", json_true());
	return write_line(m, o);
}

static bool is_recorded(const struct stmt *s)
{
	return s && (s->kind == STMT_CALL || s->kind == STMT_LOAD || s->kind == STMT_STORE);
}

int records_flush(struct machine *m)
{
	struct world *w = m->w;
	int r = 0;

	for (const struct record *rec = w->first; rec && !r; rec = rec->next)
		r = write_record(m, rec, false);
	w->first = w->last = NULL;
	return r;
}

static int write_of_thread(struct machine *m, struct lit_thread *t)
{
	int r = 0;

	for (const struct record *rec = m->w->first; rec && !r; rec = rec->next) {
		if (rec->thread != t->index)
			continue;
		r = write_record(m, rec, rec->stmt == t->reported);
		if (rec->stmt == t->reported)
			t->reported = NULL;
	}
	if (r < 0 || !is_recorded(t->cur) || t->reported)
		return r;
	t->reported = t->cur;
	return write_blocked(m, t);
}

static int by_name(const void *a, const void *b)
{
	const struct lit_thread *const *x = a, *const *y = b;

	return strcmp((*x)->decl->name, (*y)->decl->name);
}

int records_flush_step(struct machine *m, struct lit_thread *t)
{
	struct world *w = m->w;
	struct lit_thread *others[LIT_MAX_THREADS + 1];
	size_t n = 0;
	int r;

	for (int i = 1; i < w->nr_threads; i++)
		if (i != t->index)
			others[n++] = &w->threads[i];
	qsort(others, n, sizeof(others[0]), by_name);
	r = write_of_thread(m, t);
	for (size_t i = 0; i < n && !r; i++)
		r = write_of_thread(m, others[i]);
	w->first = w->last = NULL;
	return r;
}

int records_blocked(struct machine *m)
{
	int r = 0;

	for (int i = 1; i < m->w->nr_threads && !r; i++)
		if (thread_blocked(m->w, i) && is_recorded(m->w->threads[i].cur))
			r = write_blocked(m, &m->w->threads[i]);
	return r;
}

json_t *json_final(const struct litmus_final *f, size_t n)
{
	json_t *o = json_object();

	for (size_t i = 0; i < n; i++) {
		const char *v = f[i].value;
		json_t *j;

		if (!f[i].plain)
			j = json_string(v);
		else if (*v == 't' || *v == 'f')
			j = json_boolean(*v == 't');
		else
			j = json_integer(strtoll(v, NULL, 10));
		json_object_set_new(o, f[i].key, j);
	}
	return o;
}

int records_end(struct machine *m, const struct litmus_final *f)
{
	json_t *o, *blocked;

	if (!m->opt->json)
		return 0;
	o = json_object();
	blocked = json_array();
	for (int i = 1; i < m->w->nr_threads; i++)
		if (thread_blocked(m->w, i))
			json_array_append_new(blocked, json_string(m->prog->threads[i].name));
	json_object_set_new(o, "end", json_true());
	json_object_set_new(o, "blocked", blocked);
	if (m->prog->nr_keys)
		json_object_set_new(o, "final", json_final(f, (size_t)m->prog->nr_keys));
	return write_line(m, o);
}

/* -------------------------------------------------------------- final values */

void final_free(struct litmus_final *f, size_t n)
{
	for (size_t i = 0; f && i < n; i++)
		free((char *)f[i].value);
	free(f);
}

int final_values(struct machine *m, struct litmus_final **ret)
{
	size_t n = (size_t)m->prog->nr_keys;
	struct litmus_final *f = calloc(n + 1, sizeof(*f));
	char buf[96];

	if (!f)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++) {
		const struct atom *a = &m->prog->atoms[m->prog->keys[i]];

		f[i].plain = final_show(m->w, a, buf, sizeof(buf));
		f[i].key = a->key;
		f[i].value = strdup(buf);
		if (!f[i].value) {
			final_free(f, n);
			return -ENOMEM;
		}
	}
	*ret = f;
	return 0;
}

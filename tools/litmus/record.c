/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * record.c - what a statement did, kept until somebody prints it
 *
 * Most text is made here.  Addresses get theirs when the record is printed: a
 * statement's result names addresses from its own record on.
 */
#include <stdio.h>
#include <string.h>

#include "tools/litmus/world.h"

static bool wanted(const struct lit_thread *t)
{
	return t->w->recording || world_tracing(t->w);
}

const char *keep_text(struct world *w, const char *text)
{
	size_t len = strlen(text) + 1;
	char *ret = world_alloc(w, len);

	memcpy(ret, text, len);
	return ret;
}

/* A record that nobody wants is not begun: exploration would have to save it. */
void rec_begin(struct lit_thread *t, const struct stmt *s)
{
	if (!wanted(t)) {
		t->rec.names = NULL;
		return;
	}
	memset(&t->rec, 0, sizeof(t->rec));
	t->rec.stmt = s;
	t->rec.thread = t->index;
	if (world_tracing(t->w) && !(s->call && s->call->desc->observer))
		sim_trace_kind(t->w->sim, SIM_TRACE_CALL, "%s", s->text);
}

void rec_ret_number(struct lit_thread *t, int64_t n)
{
	char buf[32];

	if (!wanted(t))
		return;
	t->rec.has_ret = true;
	t->rec.ret.n = n;
	if (!show_number(n, buf, sizeof(buf)))
		t->rec.ret.text = keep_text(t->w, buf);
}

void rec_ret_text(struct lit_thread *t, const char *text)
{
	if (!wanted(t))
		return;
	t->rec.has_ret = true;
	t->rec.ret.text = keep_text(t->w, text);
}

void rec_ret_address(struct lit_thread *t, uint64_t addr)
{
	if (!wanted(t))
		return;
	t->rec.has_ret = t->rec.ret.is_addr = true;
	t->rec.ret.n = (int64_t)addr;
}

static void add_out(struct lit_thread *t, const char *key, const char *text, int64_t n)
{
	struct shown *s;

	if (t->rec.nr_out == REC_OUT)
		return;
	s = &t->rec.out[t->rec.nr_out++];
	s->key = key;
	s->n = n;
	s->text = text ? keep_text(t->w, text) : NULL;
	t->rec.has_out = true;
}

void rec_out_number(struct lit_thread *t, const char *key, int64_t n)
{
	char buf[32];

	if (wanted(t))
		add_out(t, key, show_number(n, buf, sizeof(buf)) ? NULL : buf, n);
}

void rec_out_text(struct lit_thread *t, const char *key, const char *text)
{
	if (wanted(t))
		add_out(t, key, text, 0);
}

void rec_out_address(struct lit_thread *t, const char *key, uint64_t addr, bool end)
{
	if (!wanted(t))
		return;
	add_out(t, key, NULL, (int64_t)addr);
	t->rec.out[t->rec.nr_out - 1].is_addr = true;
	t->rec.out[t->rec.nr_out - 1].is_end = end;
}

void rec_flt(struct lit_thread *t, bool flt)
{
	if (!wanted(t))
		return;
	t->rec.has_flt = true;
	t->rec.flt = flt;
}

void rec_list(struct lit_thread *t, unsigned nr)
{
	if (!wanted(t))
		return;
	t->rec.has_out = t->rec.is_list = true;
	t->rec.words = world_alloc(t->w, sizeof(*t->rec.words) * (nr + 1));
}

void rec_word(struct lit_thread *t, const char *text)
{
	if (wanted(t))
		t->rec.words[t->rec.nr_words++] = keep_text(t->w, text);
}

void rec_regions(struct lit_thread *t, unsigned nr)
{
	if (!wanted(t))
		return;
	t->rec.has_regions = true;
	t->rec.nr_regions = nr;
	t->rec.regions = world_alloc(t->w, sizeof(*t->rec.regions) * (nr + 1));
}

void rec_region(struct lit_thread *t, unsigned i, uint64_t start, uint64_t end,
		const char *categories)
{
	struct shown_region *r;

	if (!wanted(t))
		return;
	r = &t->rec.regions[i];
	r->start = start;
	r->end = end;
	r->categories = keep_text(t->w, categories);
}

/* -------------------------------------------------------------------- traces */

static size_t put(char *buf, size_t size, size_t at, const char *text)
{
	int n = at < size ? snprintf(buf + at, size - at, "%s", text) : 0;

	return at + (n > 0 ? (size_t)n : 0);
}

static size_t put_shown(const struct world *w, char *buf, size_t size, size_t at,
			const struct shown *s)
{
	char text[96];

	if (s->key) {
		at = put(buf, size, at, s->key);
		at = put(buf, size, at, "=");
	}
	if (s->is_addr)
		show_address(w, (uint64_t)s->n, s->is_end, text, sizeof(text));
	else
		snprintf(text, sizeof(text), "%lld", (long long)s->n);
	return put(buf, size, at, s->text ? s->text : text);
}

/* How a call is called in the line that tells its result. */
static size_t put_name(char *buf, size_t size, const struct stmt *s)
{
	size_t at;

	if (s->kind != STMT_CALL)
		return put(buf, size, 0, s->kind == STMT_LOAD ? "load" : "store");
	if (s->call->ioctl)
		return put(buf, size, 0, s->call->ioctl->name);
	if (s->call->desc->observer)
		return put(buf, size, 0, s->text);
	at = put(buf, size, 0, s->call->label);
	return put(buf, size, at, "()");
}

/* As strace ends a line: "UFFDIO_COPY = 0 {copy=4096}". */
static void trace_end(struct lit_thread *t)
{
	const struct record *r = &t->rec;
	char buf[240];
	size_t at = put_name(buf, sizeof(buf), r->stmt);

	if (r->has_ret) {
		at = put(buf, sizeof(buf), at, " = ");
		at = put_shown(t->w, buf, sizeof(buf), at, &r->ret);
	}
	if (r->has_out) {
		at = put(buf, sizeof(buf), at, r->is_list ? " = [" : " {");
		for (unsigned i = 0; i < r->nr_out; i++) {
			at = put(buf, sizeof(buf), at, i ? ", " : "");
			at = put_shown(t->w, buf, sizeof(buf), at, &r->out[i]);
		}
		for (unsigned i = 0; i < r->nr_words; i++) {
			at = put(buf, sizeof(buf), at, i ? ", " : "");
			at = put(buf, sizeof(buf), at, r->words[i]);
		}
		put(buf, sizeof(buf), at, r->is_list ? "]" : "}");
	}
	sim_trace_kind(t->w->sim, SIM_TRACE_RETURN, "%s", buf);
}

void rec_end(struct lit_thread *t)
{
	struct world *w = t->w;
	struct record *r;

	/* Nobody prints records: the name counts at once. */
	if (!w->recording && t->rec.names) {
		world_lock(w);
		world_name_range(w, t->rec.names);
		world_unlock(w);
	}
	if (world_tracing(w))
		trace_end(t);
	if (!w->recording)
		return;
	r = world_alloc(w, sizeof(*r));
	*r = t->rec;
	world_lock(w);
	if (w->last)
		w->last->next = r;
	else
		w->first = r;
	w->last = r;
	world_unlock(w);
}

void observed_word(struct lit_thread *t, const struct stmt *s, struct value *ret, const char *word)
{
	size_t len = strlen(ret->u.words);

	rec_word(t, word);
	if (s->dst < 0)
		return;
	if (len + strlen(word) + 2 > sizeof(ret->u.words))
		world_bad(t->w, s->pos, "more words than a name can hold");
	snprintf(ret->u.words + len, sizeof(ret->u.words) - len, "%s%s", len ? "," : "", word);
}

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * trace.c - a run's trace for whoever draws it: threads, lines, and what changed in page tables
 *
 * At the end of each step all entries are compared with those after the step before.
 * Names come last: the name of a forked process is known only once fork() has returned.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tools/litmus/text.h"
#include "tools/litmus/tracer.h"
#include "tools/litmus/world.h"

struct entry {
	const struct process *p;
	struct inspected_pte pte;
};

struct entries {
	struct entry *v;
	size_t nr, max;
};

/* One or more entries that changed alike; @line: the trace's line that stands for them. */
struct change {
	size_t line;
	const struct process *p;
	uint64_t first, last;
	char from[12], to[12];
	int byte; /* -1: none to tell */
};

/* A line that speaks of a mapping. */
struct mapping {
	size_t line;
	const struct process *p;
	uint64_t start;
};

struct tracer {
	struct tracer_host host;
	size_t seen; /* lines of the steps before */
	struct mapping *mappings;
	size_t nr_mappings, max_mappings;
	struct entries before, now;
	const struct process *scanned;
	struct change *changes;
	size_t nr, max;
	bool failed;
};

/* ------------------------------------------------------------------- recording */

static void *grow(void *v, size_t *max, size_t size)
{
	size_t n = *max ? *max * 2 : 64;
	void *ret = realloc(v, n * size);

	if (ret)
		*max = n;
	return ret;
}

static void add_entry(void *ctx, const struct inspected_pte *pte)
{
	struct tracer *t = ctx;
	struct entries *e = &t->now;

	if (e->nr == e->max) {
		void *v = grow(e->v, &e->max, sizeof(*e->v));

		if (!v) {
			t->failed = true;
			return;
		}
		e->v = v;
	}
	e->v[e->nr++] = (struct entry){ t->scanned, *pte };
}

static void scan(struct tracer *t)
{
	struct process *p;

	t->now.nr = 0;
	for (unsigned i = 0; (p = kernel_process(t->host.kernel, i)); i++) {
		t->scanned = p;
		inspect_ptes(p, add_entry, t);
	}
}

/* The entry as it was; *from is where it should be, as most of them stay. */
static const struct entry *find(const struct entries *e, const struct entry *want, size_t *from)
{
	for (size_t n = 0; n < e->nr; n++) {
		size_t i = (*from + n) % e->nr;

		if (e->v[i].p == want->p && e->v[i].pte.addr == want->pte.addr) {
			*from = i + 1;
			return &e->v[i];
		}
	}
	return NULL;
}

static bool extends(const struct change *c, const struct process *p, uint64_t addr,
		    const char *from, const char *to)
{
	return c->p == p && c->last + PAGE_SIZE == addr && !strcmp(c->from, from) &&
	       !strcmp(c->to, to);
}

static void add_change(struct tracer *t, size_t begin, const struct entry *e, const char *from,
		       const char *to, int byte)
{
	struct change *c;

	if (t->nr > begin && extends(&t->changes[t->nr - 1], e->p, e->pte.addr, from, to)) {
		c = &t->changes[t->nr - 1];
		c->last = e->pte.addr;
		c->byte = c->byte == byte ? byte : -1;
		return;
	}
	if (t->nr == t->max) {
		void *v = grow(t->changes, &t->max, sizeof(*t->changes));

		if (!v) {
			t->failed = true;
			return;
		}
		t->changes = v;
	}
	c = &t->changes[t->nr++];
	*c = (struct change){ .p = e->p, .first = e->pte.addr, .last = e->pte.addr, .byte = byte };
	snprintf(c->from, sizeof(c->from), "%s", from);
	snprintf(c->to, sizeof(c->to), "%s", to);
}

static void compare(struct tracer *t)
{
	size_t begin = t->nr, from = 0;

	for (size_t i = 0; i < t->now.nr; i++) {
		const struct entry *e = &t->now.v[i], *old = find(&t->before, e, &from);
		bool other = !old || !old->pte.present || old->pte.frame != e->pte.frame;

		if (old && !strcmp(old->pte.bits, e->pte.bits) && old->pte.frame == e->pte.frame)
			continue;
		add_change(t, begin, e, old ? old->pte.bits : "-", e->pte.bits,
			   other ? e->pte.byte : -1);
	}
	from = 0;
	for (size_t i = 0; i < t->before.nr; i++)
		if (!find(&t->now, &t->before.v[i], &from))
			add_change(t, begin, &t->before.v[i], t->before.v[i].pte.bits, "-", -1);
	for (size_t i = begin; i < t->nr; i++) {
		const struct sim_trace_line *lines;

		t->changes[i].line = sim_trace_lines(t->host.sim, &lines);
		sim_trace_kind(t->host.sim, SIM_TRACE_CHANGE, "?");
	}
}

static void add_mapping(struct tracer *t, struct mapping m)
{
	if (t->nr_mappings == t->max_mappings) {
		void *v = grow(t->mappings, &t->max_mappings, sizeof(*t->mappings));

		if (!v) {
			t->failed = true;
			return;
		}
		t->mappings = v;
	}
	t->mappings[t->nr_mappings++] = m;
}

/* A mapping moves, and another one takes its place: where it is now is what is meant. */
static void find_mappings(struct tracer *t)
{
	const struct sim_trace_line *lines;
	size_t nr = sim_trace_lines(t->host.sim, &lines);
	struct process *p;
	uint64_t start;

	for (size_t i = t->seen; i < nr; i++)
		for (unsigned k = 0; lines[i].cls && (p = kernel_process(t->host.kernel, k)); k++)
			if (inspect_vma(p, lines[i].cls, lines[i].obj, &start))
				add_mapping(t, (struct mapping){ i, p, start });
	t->seen = nr;
}

static void each_step(void *ctx)
{
	struct tracer *t = ctx;
	struct entries old = t->before;

	find_mappings(t);
	scan(t);
	compare(t);
	t->before = t->now;
	t->now = old;
}

int tracer_new(const struct tracer_host *host, struct tracer **ret)
{
	struct tracer *t = calloc(1, sizeof(*t));

	*ret = t;
	if (!t)
		return -ENOMEM;
	t->host = *host;
	scan(t);
	t->before = t->now;
	t->now = (struct entries){ 0 };
	sim_trace_start(host->sim);
	sim_trace_each_step(host->sim, each_step, t);
	return 0;
}

void tracer_free(struct tracer *t)
{
	if (!t)
		return;
	free(t->before.v);
	free(t->now.v);
	free(t->changes);
	free(t->mappings);
	free(t);
}

/* ----------------------------------------------------------------------- names */

/* NULL for the process that was there from the begin. */
static const char *process_name(const struct tracer *t, const struct process *p)
{
	return t->host.process(t->host.ctx, p);
}

static void show_place(const struct tracer *t, uint64_t addr, char *buf, size_t size)
{
	t->host.address(t->host.ctx, addr, buf, size);
}

static char *change_text(const struct tracer *t, const struct change *c)
{
	const char *proc = process_name(t, c->p);
	char first[96], last[96] = "", byte[16] = "";

	show_place(t, c->first, first, sizeof(first));
	if (c->last != c->first)
		show_place(t, c->last, last, sizeof(last));
	if (c->byte >= 0)
		snprintf(byte, sizeof(byte), " 0x%x", (unsigned)c->byte);
	return format_text("%s%s%s%s%s: %s -> %s%s", proc ? proc : "", proc ? ":" : "", first,
			   *last ? ".." : "", last, c->from, c->to, byte);
}

/* @text with @word in it made "@prefix@word@suffix"; NULL without memory. */
static char *embellish(const char *text, const char *word, const char *prefix, const char *suffix)
{
	const char *at = strstr(text, word);

	if (!at)
		return strdup(text);
	return format_text("%.*s%s%s%s%s", (int)(at - text), text, prefix, word, suffix,
			   at + strlen(word));
}

/* "(vma)" is "(vma A)", or "(vma c:A)". */
static char *mapping_text(const struct tracer *t, const char *text, const struct mapping *v)
{
	const char *proc = process_name(t, v->p);
	char addr[96], suffix[160];

	show_place(t, v->start, addr, sizeof(addr));
	snprintf(suffix, sizeof(suffix), " %s%s%s", proc ? proc : "", proc ? ":" : "", addr);
	return embellish(text, strchr(text, '(') ? "(vma" : "vma", "", suffix);
}

/* "(mmap_lock)" of a forked process is "(c:mmap_lock)". */
static char *lock_text(const struct tracer *t, const struct sim_trace_line *line)
{
	static const char *const names[] = { "mmap_lock", "ptl" };
	struct process *p;

	for (unsigned i = 1; line->cls && (p = kernel_process(t->host.kernel, i)); i++) {
		const char *proc = process_name(t, p);

		for (size_t k = 0; proc && k < sizeof(names) / sizeof(names[0]); k++) {
			char prefix[96];

			if (!strstr(line->text, names[k]) || !inspect_owns(p, names[k], line->obj))
				continue;
			snprintf(prefix, sizeof(prefix), "%s:", proc);
			return embellish(line->text, names[k], prefix, "");
		}
	}
	return strdup(line->text);
}

/* " = -11" at the end is " = -EAGAIN". */
static char *note_text(const char *text)
{
	const char *at = strrchr(text, '=');
	char number[32], *end;
	long n = at ? strtol(at + 1, &end, 10) : 0;

	if (n >= 0 || *end)
		return strdup(text);
	show_number(n, number, sizeof(number));
	return format_text("%.*s= %s", (int)(at - text), text, number);
}

/* Bytes of the UTF-8 character at @s; 0 if it is none. */
static unsigned utf8_length(const unsigned char *s)
{
	unsigned n = s[0] < 0x80 ? 1 : s[0] < 0xc2 ? 0 : s[0] < 0xe0 ? 2 : s[0] < 0xf0 ? 3 : 4;

	if (s[0] > 0xf4)
		return 0;
	for (unsigned i = 1; i < n; i++)
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	/* Longer than need be, halves of pairs, beyond the last. */
	if ((s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xed && s[1] > 0x9f) ||
	    (s[0] == 0xf0 && s[1] < 0x90) || (s[0] == 0xf4 && s[1] > 0x8f))
		return 0;
	return n;
}

/* A file may have any bytes in its strings; those who draw want text. */
static char *make_clean(char *text)
{
	for (unsigned char *p = (unsigned char *)text; p && *p;) {
		unsigned n = *p < ' ' || *p == 0x7f ? 0 : utf8_length(p);

		if (!n)
			*p = '?';
		p += n ? n : 1;
	}
	return text;
}

static char *line_text(const struct tracer *t, size_t i, const struct sim_trace_line *line,
		       size_t *change, size_t *mapping)
{
	if (*change < t->nr && t->changes[*change].line == i)
		return change_text(t, &t->changes[(*change)++]);
	if (*mapping < t->nr_mappings && t->mappings[*mapping].line == i)
		return mapping_text(t, line->text, &t->mappings[(*mapping)++]);
	return line->kind == SIM_TRACE_NOTE ? note_text(line->text) : lock_text(t, line);
}

static int take_lines(const struct tracer *t, struct litmus_trace *tr)
{
	const struct sim_trace_line *lines;
	size_t nr = sim_trace_lines(t->host.sim, &lines), c = 0, v = 0;

	tr->lines = calloc(nr + 1, sizeof(*tr->lines));
	if (!tr->lines)
		return -ENOMEM;
	for (size_t i = 0; i < nr; i++) {
		struct litmus_trace_line *l = &tr->lines[i];

		l->step = lines[i].step;
		l->thread = lines[i].thread;
		l->kind = lines[i].kind;
		l->cls = lines[i].cls;
		l->obj = lines[i].obj;
		l->mask = lines[i].mask;
		l->text = make_clean(line_text(t, i, &lines[i], &c, &v));
		if (!l->text)
			return -ENOMEM;
		tr->nr_lines++;
	}
	return 0;
}

static int take_threads(const struct tracer *tracer, struct litmus_trace *tr)
{
	const struct tracer_host *host = &tracer->host;
	const struct sim_thread *t;

	tr->threads = calloc(SIM_MAX_THREADS, sizeof(*tr->threads));
	if (!tr->threads)
		return -ENOMEM;
	for (unsigned i = 0; i < SIM_MAX_THREADS && (t = sim_thread_by_id(host->sim, i)); i++) {
		struct litmus_trace_thread *th = &tr->threads[i];
		const struct sim_op *op = sim_thread_op(t);

		tr->nr_threads = i + 1;
		th->name = strdup(sim_thread_name(t));
		if (!th->name)
			return -ENOMEM;
		th->daemon = host->is_daemon(host->ctx, t);
		if (!op || !(sim_blocked(host->sim) >> i & 1))
			continue;
		th->holders = sim_thread_waits_for(t);
		th->waits_in = strdup(op->what ? op->what : "schedule");
		th->waits_for = op->obj && op->obj->name ? strdup(op->obj->name) : NULL;
	}
	return 0;
}

int tracer_lines(const struct tracer *t, struct litmus_trace **ret)
{
	struct litmus_trace *tr = calloc(1, sizeof(*tr));
	int r = tr && !t->failed ? take_threads(t, tr) : -ENOMEM;

	if (!r)
		r = take_lines(t, tr);
	if (r < 0) {
		litmus_trace_free(tr);
		return r;
	}
	*ret = tr;
	return 0;
}

void litmus_trace_free(struct litmus_trace *tr)
{
	if (!tr)
		return;
	for (size_t i = 0; i < tr->nr_lines; i++)
		free((char *)tr->lines[i].text);
	for (size_t i = 0; tr->threads && i < tr->nr_threads; i++) {
		free((char *)tr->threads[i].name);
		free((char *)tr->threads[i].waits_in);
		free((char *)tr->threads[i].waits_for);
	}
	free(tr->lines);
	free(tr->threads);
	free(tr);
}

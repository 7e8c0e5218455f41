/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * diagram.c - from a trace to rows
 *
 * What others could not have noticed is left out: spinlock sections within one step, the
 * locks of a statement during which nobody else ran and for which nobody waited.  A
 * statement begins where its first effect is, not where its thread stood waiting before.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include <uffdsim/mm.h>

#include "tools/show/show.h"

#define MAX_HELD   16
#define MAX_WAITED 64

struct object {
	uint8_t cls;
	uint32_t obj;
	const char *name;
};

/* A statement under way, while rows are made. */
struct under_way {
	const struct litmus_trace_line *call; /* not yet shown */
	bool open;                            /* shown, without its result */
	bool alone;                           /* nobody else ran meanwhile */
	size_t row;                           /* of the statement */
	struct object held[MAX_HELD];
	unsigned nr_held;
};

struct builder {
	const struct litmus_trace *tr;
	const struct show_options *opt;
	struct diagram *d;
	size_t max;
	bool failed;
	struct under_way t[SIM_MAX_THREADS + 1]; /* by thread + 1 */
	int last;                                /* who had the last row */
	struct object waited[MAX_WAITED];
	unsigned nr_waited;
};

static const char *skip_blanks(const char *s)
{
	return s + strspn(s, " ");
}

/* ------------------------------------------------------------- looking at the trace */

/* The line that ends what line @i began or is part of: the result, or the thread's next call. */
static size_t end_of_statement(const struct litmus_trace *tr, size_t i)
{
	int thread = tr->lines[i].thread;
	size_t k;

	for (k = i + 1; k < tr->nr_lines; k++)
		if (tr->lines[k].thread == thread &&
		    (tr->lines[k].kind == SIM_TRACE_RETURN || tr->lines[k].kind == SIM_TRACE_CALL))
			break;
	return k;
}

/* Does nobody else do anything between the first effect after line @i and its end? */
static bool runs_alone(const struct litmus_trace *tr, size_t i)
{
	size_t end = end_of_statement(tr, i);
	int thread = tr->lines[i].thread;
	bool begun = false;

	for (size_t k = i + 1; k < tr->nr_lines && k <= end; k++) {
		if (tr->lines[k].thread == thread)
			begun = true;
		else if (begun && tr->lines[k].kind != SIM_TRACE_CALL)
			return false;
	}
	return true;
}

/* Did anybody ever wait for this object? */
static bool waited_for(const struct builder *b, const struct litmus_trace_line *l)
{
	for (unsigned i = 0; i < b->nr_waited; i++)
		if (b->waited[i].cls == l->cls && b->waited[i].obj == l->obj)
			return true;
	return false;
}

static void find_waited(struct builder *b)
{
	for (size_t i = 0; i < b->tr->nr_lines && b->nr_waited < MAX_WAITED; i++) {
		const struct litmus_trace_line *l = &b->tr->lines[i];

		if (l->kind == SIM_TRACE_BLOCKED && l->mask && !waited_for(b, l))
			b->waited[b->nr_waited++] = (struct object){ l->cls, l->obj, NULL };
	}
}

/* A spinlock that is given back, or was taken, in this very step. */
static bool is_quiet_section(const struct litmus_trace *tr, size_t i)
{
	const struct litmus_trace_line *l = &tr->lines[i];
	bool hold = false, drop = false;
	size_t k = i;

	if (l->cls != SIM_CLASS_SPINLOCK)
		return false;
	while (k && tr->lines[k - 1].step == l->step)
		k--;
	for (; k < tr->nr_lines && tr->lines[k].step == l->step; k++) {
		const struct litmus_trace_line *m = &tr->lines[k];

		if (m->obj != l->obj || m->cls != l->cls)
			continue;
		hold |= m->kind == SIM_TRACE_HOLD;
		drop |= m->kind == SIM_TRACE_DROP;
	}
	return hold && drop;
}

static bool ends_with(const char *s, const char *end)
{
	size_t n = strlen(s), m = strlen(end);

	return n >= m && !strcmp(s + n - m, end);
}

static bool is_hidden(const struct builder *b, size_t i)
{
	const struct litmus_trace_line *l = &b->tr->lines[i];

	if (ends_with(l->text, " queues"))
		return true; /* that it waits is said by the line that follows */
	if (b->opt->full || l->kind != SIM_TRACE_OP)
		return false;
	if (l->cls == SIM_CLASS_REFCOUNT || is_quiet_section(b->tr, i))
		return true;
	return b->t[l->thread + 1].alone && !waited_for(b, l);
}

/* ------------------------------------------------------------------------- columns */

static unsigned column_of(struct builder *b, int thread)
{
	struct diagram *d = b->d;
	unsigned i = 0;

	while (i < d->nr_columns && d->threads[i] != thread)
		i++;
	return i;
}

static uint32_t columns_of(struct builder *b, uint32_t threads)
{
	uint32_t ret = 0;

	for (; threads; threads &= threads - 1)
		ret |= 1u << (column_of(b, __builtin_ctz(threads)) & 31);
	return ret;
}

static int by_number(const void *a, const void *b)
{
	return *(const int *)a - *(const int *)b;
}

static void choose_columns(struct builder *b)
{
	struct diagram *d = b->d;

	for (size_t i = 0; i < b->tr->nr_lines; i++)
		if (column_of(b, b->tr->lines[i].thread) == d->nr_columns)
			d->threads[d->nr_columns++] = b->tr->lines[i].thread;
	qsort(d->threads, d->nr_columns, sizeof(d->threads[0]), by_number);
	for (unsigned i = 0; i < d->nr_columns; i++) {
		int t = d->threads[i];

		d->names[i] = strdup(t < 0 ? "machine" : b->tr->threads[t].name);
		b->failed |= !d->names[i];
	}
}

/* ---------------------------------------------------------------------------- rows */

/* Takes @text, which may be NULL: no memory. */
static void append_row(struct builder *b, const struct litmus_trace_line *l, enum row_kind kind,
		       unsigned depth, char *text)
{
	struct diagram *d = b->d;

	if (text && d->nr_rows == b->max) {
		size_t max = b->max ? b->max * 2 : 64;
		struct row *rows = realloc(d->rows, max * sizeof(*rows));

		if (!rows) {
			free(text);
			text = NULL;
		} else {
			d->rows = rows;
			b->max = max;
		}
	}
	if (!text) {
		b->failed = true;
		return;
	}
	d->rows[d->nr_rows++] = (struct row){
		.kind = kind,
		.thread = l->thread,
		.depth = depth,
		.column = column_of(b, l->thread),
		.wakes = kind == ROW_WAKE ? columns_of(b, l->mask) : 0,
		.step = l->step,
		.text = text,
	};
	b->last = l->thread;
}

/* Who was just interrupted inside a statement says what it holds. */
static void say_holds(struct builder *b)
{
	struct litmus_trace_line l = { .thread = b->last };
	struct under_way *u;
	char *text = NULL;

	if (b->last < -1)
		return; /* the first row */
	u = &b->t[b->last + 1];
	if (!u->open || !u->nr_held)
		return;
	l.step = b->d->rows[b->d->nr_rows - 1].step;
	for (unsigned i = 0; i < u->nr_held; i++) {
		char *old = text;

		text = format_text("%s%s%s", old ? old : "holds ", old ? ", " : "",
					u->held[i].name);
		free(old);
	}
	append_row(b, &l, ROW_HOLDS, 1, text);
}

static void add_row(struct builder *b, const struct litmus_trace_line *l, enum row_kind kind,
		    unsigned depth, char *text)
{
	if (b->last != l->thread && kind != ROW_FINDING)
		say_holds(b);
	append_row(b, l, kind, depth, text);
}

static char *name_threads(const struct litmus_trace *tr, uint32_t mask, int self)
{
	char *ret = strdup("");

	for (; mask && ret; mask &= mask - 1) {
		unsigned t = (unsigned)__builtin_ctz(mask);
		char *old = ret;

		ret = format_text("%s%s%s", old, *old ? ", " : "",
				       (int)t == self     ? "itself" :
				       t < tr->nr_threads ? tr->threads[t].name :
							    "?");
		free(old);
	}
	return ret;
}

/* A statement is shown when its thread first does something in it. */
static void show_call(struct builder *b, const struct litmus_trace_line *now)
{
	struct under_way *u = &b->t[now->thread + 1];
	const struct litmus_trace_line *call = u->call;

	if (!call)
		return;
	u->call = NULL;
	u->open = true;
	u->row = b->d->nr_rows;
	u->alone = runs_alone(b->tr, (size_t)(call - b->tr->lines));
	add_row(b, call, ROW_CALL, 0, strdup(call->text));
}

static void on_call(struct builder *b, const struct litmus_trace_line *l)
{
	struct under_way *u = &b->t[l->thread + 1];

	if (u->call)
		show_call(b, l); /* one without a result */
	u->open = false;
	u->call = l;
}

/* "ioctl(...)" and "UFFDIO_COPY = 0 {copy=4096}" in one row. */
static char *with_result(const char *call, const char *result)
{
	const char *value = strstr(result, " = ");
	bool access = !strncmp(result, "load", 4) || !strncmp(result, "store", 5);

	if (!value)
		return strdup(call);
	if (!access)
		return format_text("%s%s", call, value);
	if (!strcmp(value, " = 0") && *result == 's')
		return strdup(call);
	return format_text("%s -> %s", call, value + 3);
}

static bool nothing_between(const struct builder *b, const struct under_way *u)
{
	for (size_t i = u->row + 1; i < b->d->nr_rows; i++)
		if (b->d->rows[i].kind != ROW_CHANGE)
			return false;
	return true;
}

static void on_return(struct builder *b, const struct litmus_trace_line *l)
{
	struct under_way *u = &b->t[l->thread + 1];

	show_call(b, l);
	if (!b->failed && u->open && u->row < b->d->nr_rows && nothing_between(b, u)) {
		struct row *r = &b->d->rows[u->row];
		char *text = with_result(r->text, l->text);

		b->failed |= !text;
		free(text ? r->text : NULL);
		r->text = text ? text : r->text;
	} else {
		add_row(b, l, ROW_RETURN, 0, strdup(l->text));
	}
	u->open = false;
}

static void on_hold(struct builder *b, const struct litmus_trace_line *l)
{
	struct under_way *u = &b->t[l->thread + 1];
	unsigned i = 0;

	while (i < u->nr_held && (u->held[i].obj != l->obj || u->held[i].cls != l->cls))
		i++;
	if (l->kind == SIM_TRACE_HOLD && i < MAX_HELD) {
		u->held[i] = (struct object){ l->cls, l->obj, l->text };
		u->nr_held += i == u->nr_held;
	} else if (l->kind == SIM_TRACE_DROP && i < u->nr_held) {
		memmove(&u->held[i], &u->held[i + 1], (u->nr_held - i - 1) * sizeof(u->held[0]));
		u->nr_held--;
	}
}

static void on_blocked(struct builder *b, const struct litmus_trace_line *l)
{
	char *who = l->mask ? name_threads(b->tr, l->mask, l->thread) : NULL;

	show_call(b, l);
	if (who)
		add_row(b, l, ROW_BLOCKED, 1, format_text("%s blocked by %s", l->text, who));
	else
		add_row(b, l, ROW_BLOCKED, 1,
			format_text("%s %s", l->text,
					 ends_with(l->text, "()") ? "sleeps" : "waits"));
	free(who);
}

/* A change stands below the function of its step, or where the step's result is. */
static void on_change(struct builder *b, const struct litmus_trace_line *l)
{
	show_call(b, l);
	add_row(b, l, ROW_CHANGE, 2, strdup(l->text));
}

static enum row_kind kind_of_op(const struct litmus_trace_line *l)
{
	return l->cls == SIM_CLASS_VAR || l->cls == SIM_CLASS_REFCOUNT ? ROW_STEP : ROW_LOCK;
}

static void on_line(struct builder *b, size_t i)
{
	const struct litmus_trace_line *l = &b->tr->lines[i];

	switch (l->kind) {
	case SIM_TRACE_CALL:
		on_call(b, l);
		break;
	case SIM_TRACE_RETURN:
		on_return(b, l);
		break;
	case SIM_TRACE_HOLD:
	case SIM_TRACE_DROP:
		on_hold(b, l);
		break;
	case SIM_TRACE_BLOCKED:
		on_blocked(b, l);
		break;
	case SIM_TRACE_CHANGE:
		on_change(b, l);
		break;
	case SIM_TRACE_FINDING:
		show_call(b, l);
		add_row(b, l, ROW_FINDING, 0, strdup(l->text));
		break;
	default:
		show_call(b, l);
		if (is_hidden(b, i))
			break;
		add_row(b, l,
			l->kind == SIM_TRACE_WAKE ? ROW_WAKE :
			l->kind == SIM_TRACE_OP   ? kind_of_op(l) :
						    ROW_STEP,
			1, strdup(skip_blanks(l->text)));
	}
}

static bool is_inner(const struct litmus_trace_line *l)
{
	return l->kind == SIM_TRACE_NOTE || l->kind == SIM_TRACE_WAKE;
}

/*
 * Lines [begin, end) are one step.  What changed is known only at its end, but is told
 * before the step's result and the call that comes after it.
 */
static void on_step(struct builder *b, size_t begin, size_t end)
{
	const struct litmus_trace_line *lines = b->tr->lines;
	size_t inner_end = begin;

	for (size_t i = begin; i < end; i++)
		if (is_inner(&lines[i]))
			inner_end = i + 1;
	for (size_t i = begin; i < inner_end; i++)
		if (lines[i].kind != SIM_TRACE_CHANGE)
			on_line(b, i);
	for (size_t i = begin; i < end; i++)
		if (lines[i].kind == SIM_TRACE_CHANGE)
			on_line(b, i);
	for (size_t i = inner_end; i < end; i++)
		if (lines[i].kind != SIM_TRACE_CHANGE)
			on_line(b, i);
}

static void build(struct builder *b)
{
	size_t begin = 0, end;

	while (begin < b->tr->nr_lines && !b->failed) {
		for (end = begin + 1; end < b->tr->nr_lines; end++)
			if (b->tr->lines[end].step != b->tr->lines[begin].step ||
			    b->tr->lines[end].thread != b->tr->lines[begin].thread)
				break;
		on_step(b, begin, end);
		begin = end;
	}
	/* Who never got on stands where it is. */
	for (unsigned i = 0; i < b->tr->nr_threads && !b->failed; i++)
		if (b->t[i + 1].call && b->tr->threads[i].waits_in)
			show_call(b, b->t[i + 1].call);
}

/* -------------------------------------------------------------------------- legend */

static bool is_letter_used(const struct diagram *d, char c)
{
	for (size_t i = 0; i < d->nr_rows; i++) {
		const char *bits =
			d->rows[i].kind == ROW_CHANGE ? strstr(d->rows[i].text, ": ") : NULL;
		const char *to = bits ? strstr(bits, " -> ") : NULL;
		const char *end = to ? to + 4 + strcspn(to + 4, " ") : NULL;

		for (bits = bits ? bits + 2 : NULL; bits && bits < end; bits++)
			if (*bits == c)
				return true;
	}
	return false;
}

static char *make_legend(const struct diagram *d)
{
	static const char letters[] = "pnwuxfzhdats!g";
	char *text = NULL;

	for (const char *c = letters; *c; c++) {
		char *old = text;

		if (!is_letter_used(d, *c))
			continue;
		text = format_text("%s%s%c %s", old ? old : "", old ? ", " : "", *c,
					inspect_bit_name(*c));
		free(old);
	}
	return text;
}

struct diagram *diagram_new(const struct litmus *prog, const struct litmus_run_result *run,
			    const struct show_options *opt)
{
	struct diagram *d = calloc(1, sizeof(*d));
	struct builder b = { .tr = run->trace, .opt = opt, .d = d, .last = -2 };

	if (!d)
		return NULL;
	choose_columns(&b);
	find_waited(&b);
	build(&b);
	if (b.failed) {
		diagram_free(d);
		return NULL;
	}
	rows_collapse(d);
	d->legend = make_legend(d);
	d->cycle = cycle_new(run->trace);
	d->sentence = sentence_new(d, prog, run, opt);
	return d;
}

void diagram_free(struct diagram *d)
{
	if (!d)
		return;
	for (size_t i = 0; i < d->nr_rows; i++)
		free(d->rows[i].text);
	for (unsigned i = 0; i < d->nr_columns; i++)
		free(d->names[i]);
	free(d->rows);
	free(d->legend);
	free(d->cycle);
	free(d->sentence);
	free(d);
}

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sentence.c - what went wrong, in one sentence; and who waits for whom
 *
 * Two parts: which statement came into the middle of which other one, and how it ended.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "tools/show/show.h"

/* ------------------------------------------------------------------------- names */

static char *part(const char *begin, size_t len, const char *tail)
{
	return format_text("%.*s%s", (int)len, begin, tail);
}

static size_t word_length(const char *s)
{
	size_t n = 0;

	while (isalnum((unsigned char)s[n]) || s[n] == '_')
		n++;
	return n;
}

char *statement_name(const char *text)
{
	const char *call = strchr(text, '('), *arg = call ? strstr(call, ", ") : NULL;
	const char *begin = call, *result = strstr(text, " -> ");

	while (begin && begin > text && word_length(begin - 1))
		begin--;
	if (!call || begin == call || *text == '*')
		return part(text, result ? (size_t)(result - text) : strlen(text), "");
	if (arg && (size_t)(call - begin) == 5 && !strncmp(begin, "ioctl", 5) &&
	    word_length(arg + 2))
		return part(arg + 2, word_length(arg + 2), "");
	return part(begin, (size_t)(call - begin), "()");
}

/* ----------------------------------------------------------- who came in between */

struct preemption {
	size_t inside, by; /* rows: the statement interrupted, that of who did it */
	size_t after;      /* the last thing the former had done; == inside: nothing to tell */
};

/* The statement that row @i belongs to. */
static size_t call_of(const struct diagram *d, size_t i)
{
	size_t k = i;

	while (k && (d->rows[k].thread != d->rows[i].thread || d->rows[k].kind != ROW_CALL))
		k--;
	return k;
}

/* Is there more of the statement of row @i behind row @from? */
static bool goes_on_after(const struct diagram *d, size_t i, size_t from)
{
	for (size_t k = from; k < d->nr_rows; k++)
		if (d->rows[k].thread == d->rows[i].thread)
			return d->rows[k].kind != ROW_CALL;
	return false;
}

/* The last statement of others that changed something in the turn that begins at row @i. */
static size_t effect_in_turn(const struct diagram *d, size_t i, int inside, bool *found)
{
	size_t ret = i;

	*found = false;
	for (; i < d->nr_rows && d->rows[i].thread != inside; i++) {
		if (d->rows[i].kind != ROW_CHANGE)
			continue;
		ret = i;
		*found = true;
	}
	return ret;
}

static size_t last_deed(const struct diagram *d, size_t i, size_t call)
{
	while (i > call && (d->rows[i].thread != d->rows[call].thread ||
			    d->rows[i].kind == ROW_HOLDS || d->rows[i].kind == ROW_CHANGE))
		i--;
	return i;
}

/* Row @i is followed by another thread's although its statement is not over, nor waits. */
static bool is_preempted_at(const struct diagram *d, size_t i)
{
	const struct row *r = &d->rows[i], *next = r + 1;
	size_t last = i;

	while (last && d->rows[last].kind == ROW_HOLDS)
		last--;
	return next->thread != r->thread && r->thread >= 0 && next->thread >= 0 &&
	       r->kind != ROW_RETURN && d->rows[last].kind != ROW_BLOCKED &&
	       next->kind != ROW_FINDING && goes_on_after(d, i, i + 1);
}

/* One in which something changed if there is one, else the first. */
static bool find_preemption(const struct diagram *d, struct preemption *p)
{
	bool any = false, effect;

	for (size_t i = 0; i + 1 < d->nr_rows; i++) {
		size_t inside, by;

		if (!is_preempted_at(d, i))
			continue;
		inside = call_of(d, i);
		by = call_of(d, effect_in_turn(d, i + 1, d->rows[i].thread, &effect));
		if (d->rows[inside].kind != ROW_CALL || d->rows[by].kind != ROW_CALL ||
		    (any && !effect))
			continue;
		any = true;
		*p = (struct preemption){ inside, by, last_deed(d, i, inside) };
		if (effect)
			break;
	}
	return any;
}

static const char *thread_name(const struct diagram *d, const struct row *r)
{
	return d->names[r->column];
}

#define MAX_TOLD 5

/* Each turn of a thread by its last statement: "fork() of A, then UFFDIO_COPY of B". */
static char *tell_order(const struct diagram *d)
{
	char *ret = NULL;
	unsigned nr = 0;

	for (size_t i = 0; i < d->nr_rows; i++) {
		const struct row *r = &d->rows[i];
		char *old = ret, *name;
		size_t k = i + 1;

		while (k < d->nr_rows && d->rows[k].kind != ROW_CALL)
			k++;
		if (r->kind != ROW_CALL || r->thread < 0 ||
		    (k < d->nr_rows && d->rows[k].thread == r->thread))
			continue;
		name = statement_name(r->text);
		ret = format_text("%s%s%s of %s", old ? old : "", old ? ", then " : "",
				       name ? name : "?", thread_name(d, r));
		free(name);
		free(old);
		if (++nr > MAX_TOLD)
			break;
	}
	if (nr >= 2 && nr <= MAX_TOLD)
		return ret;
	free(ret);
	return NULL;
}

static char *tell_preemption(const struct diagram *d)
{
	struct preemption p;
	const struct row *inside, *by;
	char *a, *b, *ret = NULL;

	if (!find_preemption(d, &p))
		return NULL;
	inside = &d->rows[p.inside];
	by = &d->rows[p.by];
	a = statement_name(by->text);
	b = statement_name(inside->text);
	if (a && b)
		ret = format_text("%s of %s came into the middle of %s of %s%s%s", a,
				       thread_name(d, by), b, thread_name(d, inside),
				       p.after > p.inside ? ", after " : "",
				       p.after > p.inside ? d->rows[p.after].text : "");
	free(a);
	free(b);
	return ret;
}

/* ------------------------------------------------------------------ how it ended */

char *cycle_new(const struct litmus_trace *tr)
{
	for (size_t start = 0; start < tr->nr_threads; start++) {
		uint32_t seen = 0;
		size_t t = start;
		char *text = strdup(tr->threads[start].name);

		while (text && tr->threads[t].waits_in && tr->threads[t].holders &&
		       !(seen >> t & 1)) {
			const struct litmus_trace_thread *th = &tr->threads[t];
			char *old = text;

			seen |= 1u << t;
			t = (size_t)__builtin_ctz(th->holders);
			if (t >= tr->nr_threads)
				break;
			text = format_text("%s -> %s -> %s", old,
						th->waits_for ? th->waits_for : th->waits_in,
						tr->threads[t].name);
			free(old);
			if (t == start)
				return text;
		}
		free(text);
	}
	return NULL;
}

/* The verdicts on threads: "lost-wakeup: T sleeps ...; lost-wakeup: U sleeps ..." */
static char *tell_verdicts(const char *text)
{
	char *ret = NULL;

	while (*text) {
		size_t len = strcspn(text, "\n");
		char *old = ret;

		ret = format_text("%s%s%.*s", old ? old : "", old ? "; " : "", (int)len, text);
		free(old);
		text += len + (text[len] == '\n');
	}
	return ret;
}

/* "T sleeps in handle_userfault(), and nobody is left to wake it" */
static char *tell_sleepers(const struct litmus_trace *tr)
{
	char *names = NULL, *ret;
	unsigned nr = 0;

	for (size_t i = 0; i < tr->nr_threads; i++) {
		const struct litmus_trace_thread *th = &tr->threads[i];
		char *old = names;

		if (!th->waits_in || th->daemon)
			continue;
		nr++;
		names = format_text("%s%s%s %s in %s()", old ? old : "", old ? ", " : "",
					 th->name, th->holders ? "waits" : "sleeps", th->waits_in);
		free(old);
	}
	if (!names)
		return NULL;
	ret = format_text("%s, and nobody is left to wake %s", names, nr > 1 ? "them" : "it");
	free(names);
	return ret;
}

static char *tell_blocked(const struct litmus_run_result *run)
{
	char *cycle = cycle_new(run->trace), *ret;

	if (!cycle)
		return run->verdict_text && *run->verdict_text ? tell_verdicts(run->verdict_text) :
								 tell_sleepers(run->trace);
	ret = format_text("they wait for each other: %s", cycle);
	free(cycle);
	return ret;
}

static bool is_verdict(const char *key)
{
	const struct litmus_verdict_info *info;

	for (unsigned v = 0; (info = litmus_verdict_info(v)); v++)
		if (!strcmp(info->name, key))
			return true;
	return !strncmp(key, "blocked(", 8);
}

/* Who is blocked is told in other words. */
static char *tell_values(const struct litmus_run_result *run)
{
	char *ret = NULL;

	for (size_t i = 0; i < run->nr_final; i++) {
		char *old = ret;

		if (is_verdict(run->final[i].key) && *run->final[i].value == 't')
			continue;
		ret = format_text("%s%s%s=%s", old ? old : "in the end ",
				       !old                   ? "" :
				       i + 1 == run->nr_final ? " and " :
								", ",
				       run->final[i].key, run->final[i].value);
		free(old);
	}
	return ret;
}

static char *tell_end(const struct litmus_run_result *run)
{
	char *blocked, *values, *ret;

	if (run->message)
		return strdup(run->message);
	values = run->has_condition ? tell_values(run) : NULL;
	blocked = tell_blocked(run);
	if (!values || !blocked)
		return values ? values : blocked;
	ret = format_text("%s; %s", values, blocked);
	free(values);
	free(blocked);
	return ret;
}

char *sentence_new(const struct diagram *d, const struct litmus *prog,
		   const struct litmus_run_result *run, const struct show_options *opt)
{
	char *how, *end, *ret;

	if (!opt->title)
		return NULL; /* nothing was found, an execution was asked for */
	how = tell_preemption(d);
	if (!how)
		how = tell_order(d);
	end = tell_end(run);
	ret = how || end ?
		      format_text("%s: %s%s%s.",
				       opt->expected ? "What happened" : "What went wrong",
				       how ? how : "", how && end ? "; " : "", end ? end : "") :
		      NULL;
	free(how);
	free(end);
	return ret;
}

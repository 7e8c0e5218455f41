/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * shrink.c - drop lines, then parts of lines, for as long as that helps
 */
#include <ck_pr.h>
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tools/fuzz/shrink.h"

struct shrinker {
	struct program *best, *try;
	const struct judge *judge;
	struct verdict want, v;
	char *text;
	unsigned asked;
	struct shrink_budget budget;
	time_t begun;
	const int *stop;
	int err;
};

static time_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec;
}

static bool over(const struct shrinker *s)
{
	if (s->err || s->asked >= s->budget.questions || (s->stop && ck_pr_load_int(s->stop)))
		return true;
	return s->budget.seconds && now() - s->begun >= s->budget.seconds;
}

static bool parses(const char *text, size_t len)
{
	struct litmus *prog;

	if (litmus_parse(text, len, &prog, NULL))
		return false;
	litmus_free(prog);
	return true;
}

/* Does s->try show the same?  Then it is the best so far. */
static bool accept(struct shrinker *s)
{
	struct program *swap = s->best;
	size_t len;

	if (over(s))
		return false;
	len = program_print(s->try, s->text);
	if (!parses(s->text, len))
		return false;
	s->asked++;
	s->err = s->judge->judge(s->judge->ctx, s->text, len, &s->v);
	if (s->err || s->v.kind != VERDICT_FINDING || strcmp(s->v.call, s->want.call) ||
	    strcmp(s->v.what, s->want.what))
		return false;
	s->want = s->v;
	s->best = s->try;
	s->try = swap;
	return true;
}

static bool try_without(struct shrinker *s, unsigned from, unsigned n)
{
	bool drop[PROGRAM_LINES] = { false };

	for (unsigned i = from; i < from + n && i < s->best->nr; i++)
		drop[i] = true;
	*s->try = *s->best;
	program_drop(s->try, drop);
	return accept(s);
}

/* From the end: what comes last depends on the rest, not the other way round. */
static bool drop_lines(struct shrinker *s)
{
	bool any = false;

	for (unsigned n = s->best->nr / 2; n; n /= 2)
		for (unsigned at = s->best->nr; at && !over(s);) {
			at = at > n ? at - n : 0;
			any |= try_without(s, at, n);
			if (at > s->best->nr)
				at = s->best->nr;
		}
	return any;
}

static bool drop_two_lines(struct shrinker *s)
{
	for (unsigned i = s->best->nr; i-- && !over(s);)
		for (unsigned k = i; k--;) {
			bool drop[PROGRAM_LINES] = { false };

			drop[i] = drop[k] = true;
			*s->try = *s->best;
			program_drop(s->try, drop);
			if (accept(s))
				return true;
		}
	return false;
}

/* -------------------------------------------------------------- parts of lines */

/* Replace @n bytes at @at of line @i. */
static bool try_edit(struct shrinker *s, unsigned i, size_t at, size_t n, const char *with)
{
	const char *old = s->best->line[i].text;
	char *new;
	int len;

	if (strlen(with) == n && !memcmp(old + at, with, n))
		return false;
	*s->try = *s->best;
	new = s->try->line[i].text;
	len = snprintf(new, PROGRAM_LINE, "%.*s%s%s", (int)at, old, with, old + at + n);
	return len < PROGRAM_LINE && accept(s);
}

static size_t word_length(const char *s)
{
	size_t n = 0;

	while (isalnum((unsigned char)s[n]) || s[n] == '_')
		n++;
	return n;
}

/* "A|B" becomes "B" or "A": one flag less. */
static bool drop_flag(struct shrinker *s, unsigned i)
{
	const char *text = s->best->line[i].text;

	for (const char *bar = strchr(text, '|'); bar; bar = strchr(bar + 1, '|')) {
		size_t at = (size_t)(bar - text), left = 0;

		while (left < at &&
		       (isalnum((unsigned char)text[at - left - 1]) || text[at - left - 1] == '_'))
			left++;
		if (try_edit(s, i, at - left, left + 1, "") ||
		    try_edit(s, i, at, 1 + word_length(bar + 1), ""))
			return true;
	}
	return false;
}

/* ", max_pages=0" */
static bool drop_field(struct shrinker *s, unsigned i)
{
	const char *text = s->best->line[i].text, *brace = strchr(text, '{');

	for (const char *comma = brace ? strchr(brace, ',') : NULL; comma;
	     comma = strchr(comma + 1, ',')) {
		size_t n = 1 + strcspn(comma + 1, ",}");

		if (strchr(comma, '=') && !memchr(comma, '{', n) &&
		    try_edit(s, i, (size_t)(comma - text), n, ""))
			return true;
	}
	return false;
}

/* A name of a constant that may as well be 0. */
static bool zero_word(struct shrinker *s, unsigned i)
{
	const char *text = s->best->line[i].text;

	for (const char *p = text; *p; p++) {
		size_t n = word_length(p);

		if (!n)
			continue;
		if (isupper((unsigned char)*p) && n > 2 && strchr("=, ", p > text ? p[-1] : ' ') &&
		    try_edit(s, i, (size_t)(p - text), n, "0"))
			return true;
		p += n - 1;
	}
	return false;
}

/* "A+3p" becomes "A+1p", then "A"; "8p" becomes "4p" ... "1p". */
static bool smaller_number(struct shrinker *s, unsigned i)
{
	const char *text = s->best->line[i].text;
	char with[32];

	for (const char *p = text; *p; p++) {
		size_t at = (size_t)(p - text), n, digits;

		if (!isdigit((unsigned char)*p) ||
		    (at && (isalnum((unsigned char)p[-1]) || p[-1] == '_')))
			continue;
		n = word_length(p);
		digits = strspn(p, "0123456789");
		if (at && p[-1] == '+' && try_edit(s, i, at - 1, n + 1, ""))
			return true;
		if (digits + 1 == n && strchr("ph", p[n - 1])) {
			unsigned long v = strtoul(p, NULL, 10);

			snprintf(with, sizeof(with), "1%c", p[n - 1]);
			if (v > 1 && try_edit(s, i, at, n, with))
				return true;
			snprintf(with, sizeof(with), "%lu%c", v - 1, p[n - 1]);
			if (v > 2 && try_edit(s, i, at, n, with))
				return true;
		}
		p += n - 1;
	}
	return false;
}

/* "(A)" where "A" will do. */
static bool drop_parens(struct shrinker *s, unsigned i)
{
	const char *text = s->best->line[i].text, *open = strstr(text, "*(");
	const char *close = open ? strchr(open, ')') : NULL;
	char inner[64];
	size_t n = close ? (size_t)(close - open) - 2 : 0;

	if (!n || n >= sizeof(inner) || word_length(open + 2) != n)
		return false;
	snprintf(inner, sizeof(inner), "*%.*s", (int)n, open + 2);
	return try_edit(s, i, (size_t)(open - text), n + 3, inner);
}

/* T before M before the others: there is an end to it. */
static unsigned rank(const char *name, size_t len)
{
	return len != 1 ? 2 : *name == 'T' ? 0 : *name == 'M' ? 1 : 2;
}

/* Let one of the first threads do what line @i does. */
static bool merge_thread(struct shrinker *s, unsigned i)
{
	const char *text = s->best->line[i].text;
	size_t len = word_length(text);

	if (s->best->threads || !s->best->line[i].part || text[len] != ':')
		return false;
	return (rank(text, len) > 0 && try_edit(s, i, 0, len, "T")) ||
	       (rank(text, len) > 1 && try_edit(s, i, 0, len, "M"));
}

static bool simplify_lines(struct shrinker *s)
{
	static bool (*const edits[])(struct shrinker *, unsigned) = {
		drop_flag, drop_field, zero_word, smaller_number, drop_parens, merge_thread,
	};
	bool any = false;

	for (unsigned i = 0; i < s->best->nr; i++)
		for (unsigned k = 0; k < sizeof(edits) / sizeof(edits[0]); k++)
			while (!over(s) && edits[k](s, i))
				any = true;
	return any;
}

long shrink(struct program *p, const struct judge *judge, struct verdict *v,
	    const struct shrink_budget *budget, const int *stop)
{
	struct shrinker s = {
		.judge = judge, .want = *v, .budget = *budget, .stop = stop, .begun = now()
	};
	struct program *mem = malloc(2 * sizeof(*mem));

	s.text = malloc(PROGRAM_TEXT);
	if (!mem || !s.text) {
		free(mem);
		free(s.text);
		return -ENOMEM;
	}
	s.best = &mem[0];
	s.try = &mem[1];
	*s.best = *p;
	while (!over(&s) && (drop_lines(&s) || simplify_lines(&s) || drop_two_lines(&s)))
		;
	*p = *s.best;
	*v = s.want;
	free(s.text);
	free(mem);
	return s.err ? s.err : (long)s.asked;
}

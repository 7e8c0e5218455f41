/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * diff_report.c - a difference as a table for people; counts for each call
 */
#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "tools/litmus/ast.h"
#include "tools/live/diff_internal.h"

#define WIDTH 44

/* ------------------------------------------------------------------ statements */

static const struct stmt *find_in(const struct stmt *first, unsigned step)
{
	for (const struct stmt *s = first; s; s = s->next) {
		const struct stmt *inner;

		if (s->step == step)
			return s;
		inner = find_in(s->body, step);
		if (!inner)
			inner = find_in(s->other, step);
		if (inner)
			return inner;
	}
	return NULL;
}

static const struct stmt *find_stmt(const struct litmus *prog, unsigned step)
{
	const struct stmt *ret = find_in(prog->threads[0].body, step);

	for (const struct stmt *s = prog->issue; s && !ret; s = s->issue)
		ret = find_in(s, step);
	return ret;
}

/* ----------------------------------------------------------------------- rows */

static void row(FILE *f, const char *head, const char *a, const char *b)
{
	bool differ = strcmp(a, b) != 0;

	fprintf(f, "%c %-9s %-*s %s\n", differ ? '*' : ' ', head, WIDTH, a, b);
}

static char *value_text(const json_t *o, const char *key)
{
	const json_t *v = json_object_get(o, key);

	if (!v)
		return strdup("");
	if (json_is_string(v))
		return strdup(json_string_value(v));
	return json_dumps(v, JSON_COMPACT | JSON_ENCODE_ANY);
}

static void rows_of_record(FILE *f, const json_t *a, const json_t *b)
{
	static const char *const keys[] = { "step", "thread",  "call", "ret",  "out",
					    "flt",  "blocked", "late", "final" };

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		char *x = value_text(a, keys[i]), *y = value_text(b, keys[i]);

		if (x && y && (*x || *y))
			row(f, keys[i], x, y);
		free(x);
		free(y);
	}
}

/* The name that a line of the memory begins with. */
static bool same_place(const char *a, const char *b)
{
	size_t n = strcspn(a, " "), k = strcspn(b, " ");

	return n == k && !memcmp(a, b, n);
}

static const char *nth(const json_t *list, size_t i)
{
	const char *s = json_string_value(json_array_get(list, i));

	return s ? s : "";
}

static bool has_place(const json_t *list, size_t from, const char *line)
{
	for (; from < json_array_size(list); from++)
		if (same_place(nth(list, from), line))
			return true;
	return false;
}

/* Lines of the same place stand beside each other. */
static void rows_of_memory(FILE *f, const char *proc, const json_t *a, const json_t *b)
{
	size_t i = 0, k = 0;

	while (i < json_array_size(a) || k < json_array_size(b)) {
		const char *x = nth(a, i), *y = nth(b, k);

		if (*x && *y && !same_place(x, y)) {
			if (has_place(b, k, x))
				x = "";
			else
				y = "";
		}
		row(f, proc, x, y);
		i += *x != 0;
		k += *y != 0;
	}
}

static void rows_of_state(FILE *f, const json_t *a, const json_t *b)
{
	const char *key;
	json_t *list;

	json_object_foreach((json_t *)(a ? a : b), key, list) if (strcmp(key, "state") != 0)
		rows_of_memory(f, key, json_object_get(a, key), json_object_get(b, key));
	json_object_foreach((json_t *)b, key, list) if (a && !json_object_get(a, key))
		rows_of_memory(f, key, NULL, list);
}

/* ----------------------------------------------------------------------- lines */

static json_t *line_json(const char *line)
{
	return line ? json_loadb(line, strcspn(line, "\n"), 0, NULL) : NULL;
}

/* The last line on memory before @line, or the first after it. */
static json_t *state_around(const struct side *side, const char *line, bool after)
{
	const char *found = NULL;

	for (const char *p = side->text; p && *p; p = strchr(p, '\n'), p = p ? p + 1 : NULL) {
		if (line && (after ? p < line : p >= line))
			continue;
		if (strncmp(p, "{\"state\"", 8) != 0)
			continue;
		found = p;
		if (after)
			break;
	}
	return line_json(found);
}

static void memory(FILE *f, const char *title, const struct side *sim, const struct side *live,
		   const char *a, const char *b, bool after)
{
	json_t *x = state_around(sim, a, after), *y = state_around(live, b, after);

	if (x || y) {
		fprintf(f, "  memory %s\n", title);
		rows_of_state(f, x, y);
	}
	json_decref(x);
	json_decref(y);
}

static unsigned step_of(const json_t *o)
{
	const json_t *step = json_object_get(o, "step");

	return (unsigned)json_integer_value(step ? step : json_object_get(o, "state"));
}

static void heading(FILE *f, const struct diff_context *c, const json_t *o, struct diff_result *res)
{
	const struct stmt *s = NULL;

	snprintf(res->call, sizeof(res->call), "end");
	if (o && !json_object_get(o, "end")) {
		res->step = (int)step_of(o);
		s = find_stmt(c->prog, (unsigned)res->step);
	}
	if (s && s->call)
		snprintf(res->call, sizeof(res->call), "%s", s->call->label);
	else if (s)
		snprintf(res->call, sizeof(res->call), "%s",
			 s->kind == STMT_LOAD  ? "load" :
			 s->kind == STMT_STORE ? "store" :
						 "?");
	if (s && s->thread > 0)
		fprintf(f, "%s:%u: statement %d: %s: %s\n", c->prog->name, s->pos.line, res->step,
			c->prog->threads[s->thread].name, s->text);
	else if (s)
		fprintf(f, "%s:%u: statement %d: %s\n", c->prog->name, s->pos.line, res->step,
			s->text);
	else
		fprintf(f, "%s: at the end\n", c->prog->name);
}

static void messages(FILE *f, const struct side *sim, const struct side *live)
{
	if (sim->err.text[0])
		fprintf(f, "  simulator: line %u: %s\n", sim->err.line, sim->err.text);
	if (live->err.text[0])
		fprintf(f, "  kernel: line %u: %s\n", live->err.line, live->err.text);
}

int diff_report_sequence(const struct diff_context *c, const struct side *sim,
			 const struct side *live, const char *a, const char *b,
			 struct diff_result *res)
{
	json_t *x = line_json(a), *y = line_json(b);
	bool state = json_object_get(x ? x : y, "state");
	char names[2][100];
	size_t size;
	FILE *f = open_memstream(&res->report, &size);

	if (!f)
		return -ENOMEM;
	heading(f, c, x && !json_object_get(x, "end") ? x : y ? y : x, res);
	snprintf(names[0], sizeof(names[0]), "simulator %s", c->profile);
	snprintf(names[1], sizeof(names[1]), "kernel %s", live_release(c->l));
	fprintf(f, "  %-9s %-*s %s\n", "", WIDTH, names[0], names[1]);
	if (state) {
		memory(f, "before", sim, live, a, b, false);
		fprintf(f, "  memory after\n");
		rows_of_state(f, x, y);
	} else {
		rows_of_record(f, x, y);
		memory(f, "before", sim, live, a, b, false);
		memory(f, "after", sim, live, a, b, true);
	}
	messages(f, sim, live);
	if (res->unstable)
		fprintf(f, "  the kernel gave other answers when asked again\n");
	json_decref(x);
	json_decref(y);
	if (c->sum)
		diff_count(c->sum, res->call, false);
	return fclose(f) ? -ENOMEM : 0;
}

/* -------------------------------------------------------------------- threads */

static bool among(const json_t *states, const json_t *state)
{
	const json_t *s;
	size_t i;

	json_array_foreach(states, i,
			   s) if (json_equal(json_object_get(s, "state"), state)) return true;
	return false;
}

int diff_report_threads(const struct diff_context *c, const json_t *sim, const json_t *live,
			struct diff_result *res)
{
	const json_t *allowed = json_object_get(sim, "states"), *s;
	bool complete = json_is_true(json_object_get(sim, "complete"));
	size_t size, i;
	FILE *f = open_memstream(&res->report, &size);

	if (!f)
		return -ENOMEM;
	fprintf(f, "%s: kernel %s ended in states that %s does not reach\n", c->prog->name,
		live_release(c->l), c->profile);
	json_array_foreach(json_object_get(live, "states"), i, s)
	{
		const json_t *state = json_object_get(s, "state");
		char *text = json_dumps(state, JSON_COMPACT);

		fprintf(f, "%c %8lld times %s\n", among(allowed, state) ? ' ' : '*',
			(long long)json_integer_value(json_object_get(s, "count")),
			text ? text : "");
		free(text);
	}
	if (json_integer_value(json_object_get(live, "hung")))
		fprintf(f, "  %lld times the kernel did not come to rest\n",
			(long long)json_integer_value(json_object_get(live, "hung")));
	if (!complete)
		fprintf(f, "  the exploration is not complete\n");
	snprintf(res->call, sizeof(res->call), "final state");
	if (c->sum)
		diff_count(c->sum, res->call, false);
	return fclose(f) ? -ENOMEM : 0;
}

/* ------------------------------------------------------------------ summaries */

#define MAX_CALLS 128

struct diff_summary {
	unsigned nr;
	struct {
		char call[40];
		uint64_t agree, diverge;
	} rows[MAX_CALLS];
};

struct diff_summary *diff_summary_new(void)
{
	return calloc(1, sizeof(struct diff_summary));
}

void diff_count(struct diff_summary *sum, const char *call, bool agrees)
{
	unsigned i = 0;

	while (i < sum->nr && strcmp(sum->rows[i].call, call) != 0)
		i++;
	if (i == MAX_CALLS)
		return;
	if (i == sum->nr) {
		snprintf(sum->rows[i].call, sizeof(sum->rows[i].call), "%s", call);
		sum->nr++;
	}
	sum->rows[i].agree += agrees;
	sum->rows[i].diverge += !agrees;
}

static int by_number(const void *a, const void *b)
{
	const struct diff_summary *none = NULL;
	const __typeof__(none->rows[0]) *x = a, *y = b;

	if (x->diverge != y->diverge)
		return x->diverge < y->diverge ? 1 : -1;
	if (x->agree != y->agree)
		return x->agree < y->agree ? 1 : -1;
	return strcmp(x->call, y->call);
}

void diff_summary_print(FILE *out, const struct diff_summary *sum)
{
	struct diff_summary sorted = *sum;

	qsort(sorted.rows, sorted.nr, sizeof(sorted.rows[0]), by_number);
	fprintf(out, "%-28s %9s %9s\n", "call", "agree", "diverge");
	for (unsigned i = 0; i < sorted.nr; i++)
		fprintf(out, "%-28s %9llu %9llu\n", sorted.rows[i].call,
			(unsigned long long)sorted.rows[i].agree,
			(unsigned long long)sorted.rows[i].diverge);
}

void diff_summary_free(struct diff_summary *sum)
{
	free(sum);
}

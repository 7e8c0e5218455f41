/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * trace.c - what happened, and the way people draw it in mails
 */
#include <stdlib.h>
#include <string.h>

#include "sim_internal.h"

#define COLUMN_GAP 3 /* " | " */

void sim_trace_start(struct sim *sim)
{
	trace_reset(sim);
	sim->trace.on = true;
}

bool sim_tracing(const struct sim *sim)
{
	return sim->trace.on;
}

void trace_reset(struct sim *sim)
{
	for (size_t i = 0; i < sim->trace.nr; i++)
		free(sim->trace.lines[i].text);
	free(sim->trace.lines);
	memset(&sim->trace, 0, sizeof(sim->trace));
}

static struct sim_trace_line *new_line(struct trace *tr)
{
	size_t max = tr->max ? tr->max * 2 : 64;
	struct sim_trace_line *lines;

	if (tr->nr == tr->max) {
		lines = realloc(tr->lines, max * sizeof(*lines));
		if (!lines)
			return NULL;
		tr->lines = lines;
		tr->max = max;
	}
	return &tr->lines[tr->nr];
}

void sim_trace(struct sim *sim, const char *fmt, ...)
{
	struct sim_trace_line *line;
	va_list ap;
	int len;

	if (!sim->trace.on)
		return;
	line = new_line(&sim->trace);
	if (!line)
		return;
	va_start(ap, fmt);
	len = vasprintf(&line->text, fmt, ap);
	va_end(ap);
	if (len < 0)
		return;
	line->step = sim->state->steps;
	line->thread = sim->state->cur ? sim->state->cur->id : -1;
	sim->trace.nr++;
}

size_t sim_trace_lines(const struct sim *sim, const struct sim_trace_line **ret)
{
	*ret = sim->trace.lines;
	return sim->trace.nr;
}

/* ------------------------------------------------------------------ columns */

struct columns {
	const struct sim *sim;
	unsigned nr, width;              /* of one column */
	int thread[SIM_MAX_THREADS + 1]; /* -1: the machine */
	unsigned wide[SIM_MAX_THREADS + 1];
};

static const char *column_name(const struct columns *c, unsigned i)
{
	return c->thread[i] < 0 ? "machine" : c->sim->state->threads[c->thread[i]]->name;
}

static int by_thread(const void *a, const void *b)
{
	return *(const int *)a - *(const int *)b;
}

static unsigned column_of(const struct columns *c, int thread)
{
	unsigned i = 0;

	while (i < c->nr && c->thread[i] != thread)
		i++;
	return i;
}

static void choose_columns(struct columns *c, unsigned width)
{
	const struct trace *tr = &c->sim->trace;
	unsigned fit;

	for (size_t i = 0; i < tr->nr; i++)
		if (column_of(c, tr->lines[i].thread) == c->nr)
			c->thread[c->nr++] = tr->lines[i].thread;
	if (!c->nr)
		return;
	qsort(c->thread, c->nr, sizeof(c->thread[0]), by_thread);
	/* More than two columns are as wide as two would be: nobody reads narrower. */
	fit = c->nr > 2 ? 2 : c->nr;
	c->width = (width - (fit - 1) * COLUMN_GAP) / fit;
	if (c->width < 16)
		c->width = 16;
	for (unsigned i = 0; i < c->nr; i++)
		c->wide[i] = (unsigned)strlen(column_name(c, i));
	for (size_t i = 0; i < tr->nr; i++) {
		unsigned col = column_of(c, tr->lines[i].thread);
		size_t len = strlen(tr->lines[i].text);

		if (len > c->wide[col])
			c->wide[col] = len > c->width ? c->width : (unsigned)len;
	}
}

/* Characters of @text that go on one line of @width: up to a blank if there is one. */
static unsigned wrap_at(const char *text, unsigned width)
{
	size_t len = strcspn(text, "\n");

	if (len <= width)
		return (unsigned)len;
	for (unsigned i = width; i > width / 3; i--)
		if (text[i] == ' ')
			return i;
	return width;
}

/* One row: @len characters of @text in column @col, nothing in the others. */
static void print_row(FILE *f, const struct columns *c, unsigned col, const char *text,
		      unsigned len)
{
	for (unsigned i = 0; i < c->nr; i++) {
		bool last = i + 1 == c->nr, next_is_bare = i + 2 == c->nr && i + 1 != col;

		if (i == col)
			fprintf(f, "%-*.*s", last ? 0 : (int)c->wide[i], (int)len, text);
		else if (!last)
			fprintf(f, "%*s", (int)c->wide[i], "");
		if (!last)
			fputs(next_is_bare ? " |" : " | ", f);
	}
	putc('\n', f);
}

static void print_header(FILE *f, const struct columns *c)
{
	for (unsigned i = 0; i < c->nr; i++)
		if (i + 1 < c->nr)
			fprintf(f, "%-*s | ", (int)c->wide[i], column_name(c, i));
		else
			fprintf(f, "%s\n", column_name(c, i));
	for (unsigned i = 0; i < c->nr; i++) {
		for (unsigned k = 0; k < c->wide[i]; k++)
			putc('-', f);
		fputs(i + 1 < c->nr ? "-+-" : "\n", f);
	}
}

static void print_line(FILE *f, const struct columns *c, const struct sim_trace_line *line)
{
	unsigned col = column_of(c, line->thread), indent = 0;
	const char *p = line->text;
	char row[512];

	do {
		unsigned len = wrap_at(p, c->wide[col] - indent);

		if (len > sizeof(row) - 4)
			len = sizeof(row) - 4;
		print_row(f, c, col, row,
			  (unsigned)snprintf(row, sizeof(row), "%*s%.*s", (int)indent, "", (int)len,
					     p));
		p += len;
		p += strspn(p, " \n");
		indent = 2;
	} while (*p);
}

char *sim_trace_columns(const struct sim *sim, unsigned width)
{
	struct columns c = { .sim = sim };
	size_t size;
	char *text;
	FILE *f = open_memstream(&text, &size);
	bool failed;

	if (!f)
		return NULL;
	choose_columns(&c, width);
	if (c.nr)
		print_header(f, &c);
	for (size_t i = 0; i < sim->trace.nr; i++)
		print_line(f, &c, &sim->trace.lines[i]);
	failed = ferror(f);
	if (fclose(f) || failed) {
		free(text);
		return NULL;
	}
	return text;
}

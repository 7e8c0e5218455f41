/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * text.c - columns of characters, as in a mail
 */
#include <stdlib.h>
#include <string.h>

#include "tools/show/show.h"

#define GAP           3 /* " | " */
#define DEFAULT_WIDTH 78
#define MIN_COLUMN    12

struct columns {
	const struct diagram *d;
	FILE *out;
	unsigned wide[SIM_MAX_THREADS + 1]; /* of each */
};

bool show_format_parse(const char *word, enum show_format *ret)
{
	static const char *const words[] = {
		[SHOW_TEXT] = "text",
		[SHOW_MARKDOWN] = "markdown",
		[SHOW_SVG] = "svg",
		[SHOW_HTML] = "html",
	};

	for (unsigned i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (strcmp(words[i], word))
			continue;
		*ret = i;
		return true;
	}
	return false;
}

static unsigned indent_of(const struct row *r)
{
	return 2 * r->depth;
}

/* "(holds mmap_lock)": what the thread does not do, but is. */
char *row_text(const struct row *r)
{
	if (r->kind == ROW_HOLDS || r->kind == ROW_REPEAT)
		return format_text("(%s)", r->text);
	return strdup(r->text);
}

/*
 * Two columns share the width as they need it.  More than two are as wide as two halves
 * would be: nobody reads narrower ones.
 */
void text_widths(const struct diagram *d, unsigned width, unsigned *wide)
{
	unsigned room = d->nr_columns > 1 ? width - GAP : width;
	unsigned half = d->nr_columns > 1 ? room / 2 : room;

	for (unsigned i = 0; i < d->nr_columns; i++)
		wide[i] = (unsigned)strlen(d->names[i]);
	for (size_t i = 0; i < d->nr_rows; i++) {
		const struct row *r = &d->rows[i];
		unsigned len = indent_of(r) + (unsigned)strlen(r->text) +
			       2 * (r->kind == ROW_HOLDS || r->kind == ROW_REPEAT);

		if (len > wide[r->column])
			wide[r->column] = len;
	}
	if (half < MIN_COLUMN)
		half = MIN_COLUMN;
	if (d->nr_columns == 2 && wide[0] + wide[1] > room) {
		unsigned small = wide[0] < wide[1] ? 0 : 1;

		if (wide[small] < half)
			wide[!small] = room - wide[small];
		else
			wide[0] = wide[1] = half;
		return;
	}
	for (unsigned i = 0; i < d->nr_columns && d->nr_columns != 2; i++)
		if (wide[i] > half)
			wide[i] = half;
}

/* Not in the middle of a character. */
static unsigned whole(const char *text, unsigned len)
{
	while (len && ((unsigned char)text[len] & 0xc0) == 0x80)
		len--;
	return len ? len : (unsigned)strlen(text);
}

/* Characters of @text that go on one line of @width: up to a blank, else behind a sign. */
unsigned text_wrap_at(const char *text, unsigned width)
{
	size_t len = strlen(text);

	if (len <= width)
		return (unsigned)len;
	for (unsigned i = width; i > width / 3; i--)
		if (text[i] == ' ')
			return i;
	for (unsigned i = width; i > width / 3; i--)
		if (strchr(",|(_:", text[i - 1]))
			return i;
	return whole(text, width);
}

/* One line: @len characters of @text in column @col, nothing in the others. */
static void print_cell(const struct columns *c, unsigned col, unsigned indent, const char *text,
		       unsigned len)
{
	unsigned nr = c->d->nr_columns, blanks = 0;

	for (unsigned i = 0; i < nr; i++) {
		unsigned used = 0;

		if (i == col) {
			fprintf(c->out, "%*s%.*s", (int)(blanks + indent), "", (int)len, text);
			used = indent + len;
			blanks = 0;
		}
		blanks += c->wide[i] - used;
		if (i + 1 < nr)
			fprintf(c->out, "%*s |", (int)blanks, "");
		blanks = 1;
	}
	fputc('\n', c->out);
}

static void print_row(const struct columns *c, const struct row *r)
{
	unsigned indent = indent_of(r), wide = c->wide[r->column];
	char *text = row_text(r);
	const char *p = text;

	while (p && *p) {
		unsigned room = wide > indent + 4 ? wide - indent : 4, len = text_wrap_at(p, room);

		print_cell(c, r->column, indent, p, len);
		p += len;
		p += strspn(p, " ");
		/* Behind what the statement does inside, so that it is not taken for that. */
		if (p != text && indent == indent_of(r))
			indent += r->depth ? 2 : 4;
	}
	free(text);
}

static void print_rule(const struct columns *c)
{
	for (unsigned i = 0; i < c->d->nr_columns; i++) {
		for (unsigned k = 0; k < c->wide[i]; k++)
			fputc('-', c->out);
		fputs(i + 1 < c->d->nr_columns ? "-+-" : "\n", c->out);
	}
}

void text_columns(FILE *out, const struct diagram *d, unsigned width)
{
	struct columns c = { .d = d, .out = out };

	text_widths(d, width ? width : DEFAULT_WIDTH, c.wide);
	for (unsigned i = 0; i < d->nr_columns; i++)
		fprintf(out, "%-*.*s%s", i + 1 < d->nr_columns ? (int)c.wide[i] : 0, (int)c.wide[i],
			d->names[i], i + 1 < d->nr_columns ? " | " : "\n");
	if (d->nr_columns)
		print_rule(&c);
	for (size_t i = 0; i < d->nr_rows; i++)
		print_row(&c, &d->rows[i]);
}

/* A paragraph. */
static void print_wrapped(FILE *out, const char *text, unsigned width)
{
	for (unsigned indent = 0; *text; indent = 2) {
		unsigned len = text_wrap_at(text, width - indent);

		fprintf(out, "%*s%.*s\n", (int)indent, "", (int)len, text);
		text += len;
		text += strspn(text, " ");
	}
}

void text_print(FILE *out, const struct diagram *d, const struct show_options *opt)
{
	unsigned width = opt->width ? opt->width : DEFAULT_WIDTH;

	if (opt->title)
		fprintf(out, "%s\n", opt->title);
	text_columns(out, d, width);
	if (d->legend) {
		char *text = format_text("PTE bits: %s", d->legend);

		if (text)
			print_wrapped(out, text, width);
		free(text);
	}
	if (d->cycle)
		fprintf(out, "Wait-for cycle: %s\n", d->cycle);
	if (d->sentence)
		print_wrapped(out, d->sentence, width);
	for (char **n = opt->notes; n && *n; n++)
		fprintf(out, "%s\n", *n);
}

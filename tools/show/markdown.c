/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * markdown.c - a table, as GitHub and its like show it
 */
#include <stdlib.h>
#include <string.h>

#include "tools/show/show.h"

/* Characters that mean something in a table's cell; code spans would keep pipes from working. */
static void escape(FILE *out, const char *text)
{
	for (; *text; text++) {
		if (*text == '<')
			fputs("&lt;", out);
		else if (*text == '&')
			fputs("&amp;", out);
		else if (*text == '\n')
			fputc(' ', out);
		else if (strchr("\\`*_{}[]()#+-.!|~>", *text))
			fprintf(out, "\\%c", *text);
		else
			fputc(*text, out);
	}
}

static void print_cell(FILE *out, const struct row *r)
{
	const char *mark = r->kind == ROW_CALL || r->kind == ROW_RETURN  ? "**" :
			   r->kind == ROW_HOLDS || r->kind == ROW_REPEAT ? "*" :
									   "";
	char *text = row_text(r);

	for (unsigned i = 0; i < r->depth; i++)
		fputs("&emsp;", out);
	fputs(mark, out);
	escape(out, text ? text : "");
	fputs(mark, out);
	free(text);
}

static void print_table(FILE *out, const struct diagram *d)
{
	for (unsigned i = 0; i < d->nr_columns; i++) {
		fputs(i ? " | " : "| ", out);
		escape(out, d->names[i]);
	}
	fputs(" |\n", out);
	for (unsigned i = 0; i < d->nr_columns; i++)
		fputs("|---", out);
	fputs("|\n", out);
	for (size_t i = 0; i < d->nr_rows; i++) {
		for (unsigned c = 0; c < d->nr_columns; c++) {
			fputs(c ? " | " : "| ", out);
			if (c == d->rows[i].column)
				print_cell(out, &d->rows[i]);
		}
		fputs(" |\n", out);
	}
}

void markdown_print(FILE *out, const struct diagram *d, const struct show_options *opt)
{
	if (opt->title)
		fprintf(out, "### %.*s\n\n", (int)strcspn(opt->title, ":"), opt->title);
	if (d->sentence) {
		escape(out, d->sentence);
		fputs("\n\n", out);
	}
	if (d->nr_columns)
		print_table(out, d);
	if (d->legend) {
		fputs("\nPTE bits: ", out);
		escape(out, d->legend);
		fputc('\n', out);
	}
	if (d->cycle) {
		fputs("\nWait-for cycle: ", out);
		escape(out, d->cycle);
		fputc('\n', out);
	}
	if (opt->notes && *opt->notes) {
		fputs("\n```\n", out);
		for (char **n = opt->notes; *n; n++)
			fprintf(out, "%s\n", *n);
		fputs("```\n", out);
	}
}

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * collapse.c - loops that only wait: a block of rows that comes again and again is shown once
 */
#include <stdlib.h>
#include <string.h>

#include "tools/show/show.h"

#define MAX_BLOCK 64
#define MIN_SAVED 3 /* rows; less is easier to read as it is */

static bool same(const struct row *a, const struct row *b)
{
	return a->thread == b->thread && a->kind == b->kind && a->depth == b->depth &&
	       !strcmp(a->text, b->text);
}

/* How often the @len rows at @at come one after the other. */
static size_t times(const struct diagram *d, size_t at, size_t len)
{
	size_t n = 1, i = at + len;

	for (; i + len <= d->nr_rows; i += len, n++)
		for (size_t k = 0; k < len; k++)
			if (!same(&d->rows[at + k], &d->rows[i + k]))
				return n;
	return n;
}

/* The block at @at that saves most: its length, and how often it comes. */
static size_t best_block(const struct diagram *d, size_t at, size_t *n)
{
	size_t best = 0, saved = MIN_SAVED - 1;

	for (size_t len = 1; len <= MAX_BLOCK && at + 2 * len <= d->nr_rows; len++) {
		size_t t;

		if (!same(&d->rows[at], &d->rows[at + len]))
			continue;
		t = times(d, at, len);
		if ((t - 1) * len > saved) {
			best = len;
			*n = t;
			saved = (t - 1) * len;
		}
	}
	return best;
}

void rows_collapse(struct diagram *d)
{
	size_t to = 0, n = 0;

	for (size_t at = 0; at < d->nr_rows;) {
		size_t len = best_block(d, at, &n);
		char *text = len ? format_text("%s %zu times in all",
						    len > 1 ? "the same" : "this", n) :
				   NULL;

		for (size_t i = 0; i < (text ? len : 1); i++)
			d->rows[to++] = d->rows[at++];
		if (!text)
			continue;
		if (len > 1) {
			char *old = text;

			text = format_text("the last %zu rows %zu times in all", len, n);
			free(text ? old : NULL);
			text = text ? text : old;
		}
		for (size_t i = 0; i < (n - 1) * len; i++)
			free(d->rows[at + i].text);
		/* There is room: at least MIN_SAVED rows are gone. */
		d->rows[to] = d->rows[to - 1];
		d->rows[to].kind = ROW_REPEAT;
		d->rows[to++].text = text;
		at += (n - 1) * len;
	}
	d->nr_rows = to;
}

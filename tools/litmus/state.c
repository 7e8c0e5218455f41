/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * state.c - the memory of every process between two statements, as one line of JSON
 *
 *	{"state":4,"main":["A-A+0x2000 rd wr mr mw me ac um","A PX 11","A+0x1000 PXW"]}
 *
 * For each mapping its VmFlags, then its pages that have anything to show: the letters
 * of pagemap() and the first byte if the page is present.  Pages alike that follow each
 * other are one: "A..A+0x3000 PX 0".
 */
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/litmus/run.h"

/* Of a mapping; more is not looked at. */
#define MAX_PAGES 2048
#define MAX_BYTES 16

struct lines {
	struct world *w;
	int proc;
	json_t *list;
	struct observed_page *pages;
};

static bool alike(const struct observed_page *a, const struct observed_page *b)
{
	return a->byte == b->byte && !strcmp(a->letters, b->letters);
}

static void add_pages(struct lines *l, uint64_t first, uint64_t last, const struct observed_page *p)
{
	char from[96], to[96] = "", line[260];

	if (!strcmp(p->letters, "-"))
		return;
	show_address(l->w, first, false, from, sizeof(from));
	if (last != first)
		show_address(l->w, last, false, to, sizeof(to));
	if (p->byte < 0)
		snprintf(line, sizeof(line), "%s%s%s %s", from, *to ? ".." : "", to, p->letters);
	else
		snprintf(line, sizeof(line), "%s%s%s %s %x", from, *to ? ".." : "", to, p->letters,
			 (unsigned)p->byte);
	json_array_append_new(l->list, json_string(line));
}

static void add_map(void *ctx, const struct observed_map *m)
{
	uint64_t all = (m->end - m->start) / PAGE_SIZE;
	unsigned nr = all > MAX_PAGES ? MAX_PAGES : (unsigned)all, begin = 0;
	struct lines *l = ctx;
	char line[320];

	smaps_line(l->w, m, line, sizeof(line));
	json_array_append_new(l->list, json_string(line));
	l->w->be->pages(l->w, l->proc, m->start, nr, MAX_BYTES, l->pages);
	for (unsigned i = 1; i <= nr; i++) {
		if (i < nr && alike(&l->pages[i], &l->pages[begin]))
			continue;
		add_pages(l, m->start + begin * PAGE_SIZE, m->start + (i - 1) * PAGE_SIZE,
			  &l->pages[begin]);
		begin = i;
	}
}

int records_state(struct machine *m, unsigned step)
{
	struct lines l = { .w = m->w };
	json_t *o;
	int r = 0;

	if (!m->opt->json)
		return 0;
	l.pages = malloc(sizeof(*l.pages) * MAX_PAGES);
	o = json_object();
	if (!l.pages || !o)
		r = -ENOMEM;
	json_object_set_new(o, "state", json_integer(step));
	for (int i = 0; i < m->prog->nr_procs && !r; i++) {
		if (!m->w->procs[i].p)
			continue;
		l.proc = i;
		l.list = json_array();
		m->w->be->each_map(m->w, i, add_map, &l);
		json_object_set_new(o, m->prog->procs[i].name, l.list);
	}
	if (!r &&
	    (json_dumpf(o, m->opt->json, JSON_COMPACT) < 0 || fputc('\n', m->opt->json) == EOF))
		r = -EIO;
	json_decref(o);
	free(l.pages);
	return r;
}

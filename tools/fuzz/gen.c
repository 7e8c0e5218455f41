/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * gen.c - a program: setup, then productions of the grammar, then a last look
 */
#include <stdio.h>
#include <string.h>

#include "tools/fuzz/gen.h"

#define DEFAULT_STATEMENTS 40
#define MAX_PRODUCTIONS    64

const char *gen_production(unsigned i)
{
	return i < nr_productions() ? productions[i].name : NULL;
}

unsigned gen_production_bytes(unsigned i, uint8_t buf[2])
{
	unsigned sum = 1, at = 0; /* as choose_taste() begins */

	for (unsigned k = 0; k < nr_productions(); k++) {
		at += k < i ? productions[k].weight : 0;
		sum += productions[k].weight;
	}
	at += i > 0;
	if (sum <= 256) {
		buf[0] = (uint8_t)at;
		return 1;
	}
	buf[0] = (uint8_t)(at >> 8);
	buf[1] = (uint8_t)at;
	return 2;
}

static void begin(struct gen *g, struct choices *c, const struct gen_options *opt,
		  struct program *p, bool threads)
{
	memset(g, 0, sizeof(*g));
	g->c = c;
	g->opt = opt;
	g->p = p;
	g->byte = 0x20;
	g->budget = opt->statements ? opt->statements : DEFAULT_STATEMENTS;
	program_init(p, "fuzz", threads);
}

/* Weights change as the program goes: who waits is served, and each program has its taste. */
static void choose_taste(struct gen *g, uint16_t *weights)
{
	for (unsigned i = 0; i < nr_productions(); i++) {
		weights[i] = productions[i].weight;
		if (chance(g->c, 15))
			weights[i] = 0;
		else if (chance(g->c, 8))
			weights[i] = (uint16_t)(weights[i] * 4);
	}
	weights[0] += 1;
}

static bool somebody_waits(const struct gen *g)
{
	return g->actor[0].waits != WAITS_NOT || g->actor[1].waits != WAITS_NOT;
}

/* What there is to see at the end. */
static void last_look(struct gen *g)
{
	for (unsigned i = 0; i < g->nr_areas; i++) {
		observe(g, &g->area[i], "");
		if (g->children && g->area[i].name[0] != 'T')
			observe(g, &g->area[i], "@c");
	}
	for (unsigned i = 0; i < g->nr_areas && i < 3; i++)
		say(g, "O", "peek(%s)", g->area[i].name);
	say(g, "O", "smaps()");
	if (g->children)
		say(g, "O@c", "smaps()");
}

void gen_sequence(struct choices *c, const struct gen_options *opt, struct program *p)
{
	uint16_t weights[MAX_PRODUCTIONS];
	struct gen g;
	unsigned n;

	begin(&g, c, opt, p, false);
	gen_setup(&g);
	choose_taste(&g, weights);
	n = g.budget;
	g.budget = 4 + choose(c, n > 4 ? n - 4 : 1);
	while (g.budget && !choices_end(c)) {
		unsigned before = g.budget;

		if (somebody_waits(&g) && chance(c, 55))
			p_serve(&g);
		else
			productions[choose_weighted(c, weights, nr_productions())].write(&g);
		if (before == g.budget)
			g.budget--; /* a production that did not apply */
	}
	last_look(&g);
}

/* ------------------------------------------------------------------- threads */

/* Productions that make sense in a thread of a few statements. */
static void thread_statement(struct gen *g, bool monitor)
{
	static void (*const app[])(struct gen *) = { p_load, p_store, p_store, p_memset };
	static void (*const mon[])(struct gen *) = { p_copy,      p_copy,  p_zeropage, p_protect,
						     p_unprotect, p_wake,  p_read,     p_unregister,
						     p_register,  p_poison };
	static const char *const other[] = { "mprotect",   "munmap", "mremap-fixed", "dontneed",
					     "mmap-fixed", "guard",  "populate",     "free" };

	if (monitor && chance(g->c, 85)) {
		mon[choose(g->c, 10)](g);
	} else if (chance(g->c, 65)) {
		app[choose(g->c, 4)](g);
	} else {
		const char *name = other[choose(g->c, 8)];

		for (unsigned i = 0; i < nr_productions(); i++)
			if (!strcmp(productions[i].name, name))
				productions[i].write(g);
	}
}

static void add_page(struct program *p, const struct area *a, unsigned page)
{
	char addr[ARG];

	gen_location(p, page ? "main:*(%s)" : "main:*%s", arg_page(addr, a, page));
}

void gen_threads(struct choices *c, const struct gen_options *opt, struct program *p)
{
	static const char *const names[] = { "T", "M", "V" };
	struct gen_options small = *opt;
	unsigned nr;
	struct gen g;

	small.only_anon = opt->only_anon || chance(c, 70);
	begin(&g, c, &small, p, true);
	gen_setup(&g);
	nr = chance(c, 30) ? 3 : 2;
	for (unsigned i = 0; i < nr; i++) {
		g.part = program_add_thread(p, names[i]);
		for (unsigned n = 1 + choose(c, nr == 3 ? 2 : 3); n; n--)
			thread_statement(&g, i == 1);
	}
	for (unsigned i = 0; i < g.nr_areas; i++)
		for (unsigned k = 0; k < 2 && k < g.area[i].pages && !g.area[i].name[1]; k++)
			add_page(p, &g.area[i], k);
	for (unsigned i = 0; i < nr; i++)
		gen_location(p, "blocked(%s)", names[i]);
}

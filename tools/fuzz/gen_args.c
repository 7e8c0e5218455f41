/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * gen_args.c - arguments: addresses, lengths, flags
 */
#include <stdio.h>
#include <string.h>

#include "tools/fuzz/gen.h"

bool is_huge(const struct area *a)
{
	return a->kind >= AREA_HUGE && a->kind <= AREA_HUGE_MEMFD_PRIVATE;
}

bool is_shmem(const struct area *a)
{
	return a->kind >= AREA_SHARED_ANON && a->kind <= AREA_MEMFD_PRIVATE;
}

char unit(const struct area *a)
{
	return is_huge(a) ? 'h' : 'p';
}

struct area *any_area(struct gen *g)
{
	struct area *a = &g->area[choose(g->c, g->nr_areas)];

	/* One more try: what was unmapped is less interesting. */
	return a->gone ? &g->area[choose(g->c, g->nr_areas)] : a;
}

struct area *watched_area(struct gen *g)
{
	unsigned first = choose(g->c, g->nr_areas);

	for (unsigned i = 0; i < g->nr_areas; i++) {
		struct area *a = &g->area[(first + i) % g->nr_areas];

		if (a->uffd >= 0 && !a->gone)
			return a;
	}
	return &g->area[first];
}

char *arg_page(char *buf, const struct area *a, unsigned page)
{
	if (page)
		snprintf(buf, ARG, "%s+%u%c", a->name, page, unit(a));
	else
		snprintf(buf, ARG, "%s", a->name);
	return buf;
}

unsigned any_page(struct gen *g, const struct area *a)
{
	/* Of a huge page: its first pages, and its last. */
	if (a->kind == AREA_THP)
		return chance(g->c, 20) ? 511 : choose(g->c, 4);
	return choose(g->c, a->pages);
}

uint32_t page_mask(unsigned page, unsigned pages)
{
	uint32_t up = page + pages >= 32 ? UINT32_MAX : (1u << (page + pages)) - 1;

	return page >= 32 ? 0 : up & ~((1u << page) - 1);
}

static void odd_range(struct gen *g, struct area *a, char *start, char *len)
{
	static const char *const lens[] = { "0", "1", "0x800", "0x1001", "1h", "3h", "-1p" };
	static const char *const offs[] = { "1", "0x800", "0xfff", "1p", "511p", "1h" };
	const struct area *b = any_area(g);

	switch (choose(g->c, 4)) {
	case 0:
		snprintf(start, ARG, "%s+%s", a->name, offs[choose(g->c, 6)]);
		break;
	case 1:
		snprintf(start, ARG, "%s-1p", a->name);
		break;
	case 2:
		snprintf(len, ARG, "%s", lens[choose(g->c, 7)]);
		break;
	default:
		/* Over what lies between two areas; if the other one is below, no range at all. */
		snprintf(len, ARG, "%.20s-%.20s+1p", b->name, a->name);
		break;
	}
}

void arg_range(struct gen *g, struct area *a, char *start, char *len, unsigned *page,
	       unsigned *pages)
{
	char scratch[ARG];
	unsigned from = any_page(g, a), n;

	if (chance(g->c, 35))
		from = 0;
	n = chance(g->c, 50) ? 1 : 1 + choose(g->c, a->pages > from ? a->pages - from : 1);
	if (a->kind == AREA_THP)
		n = chance(g->c, 40) ? (from = 0, a->pages) : 1 + choose(g->c, 4);
	arg_page(start, a, from);
	if (!len)
		len = scratch;
	if (a->kind == AREA_THP && n % 512 == 0)
		snprintf(len, ARG, "%uh", n / 512);
	else
		snprintf(len, ARG, "%u%c", n, unit(a));
	if (page)
		*page = from;
	if (pages)
		*pages = n;
	if (chance(g->c, 7))
		odd_range(g, a, start, len);
	else if (is_huge(a) && chance(g->c, 10))
		snprintf(len, ARG, "%up", 1 + choose(g->c, 4));
}

const char *arg_prot(struct gen *g)
{
	static const char *const prots[] = {
		"PROT_READ|PROT_WRITE",
		"PROT_READ",
		"PROT_NONE",
		"PROT_READ|PROT_EXEC",
		"PROT_WRITE",
		"PROT_EXEC",
		"PROT_READ|PROT_WRITE|PROT_EXEC",
	};
	static const uint16_t weights[] = { 45, 30, 12, 4, 4, 2, 3 };

	return prots[choose_weighted(g->c, weights, 7)];
}

char *arg_flags(struct gen *g, char *buf, size_t size, const struct word *words, unsigned n)
{
	size_t at = 0;

	buf[0] = '\0';
	for (unsigned i = 0; i < n; i++) {
		if (!chance(g->c, words[i].percent) || at >= size)
			continue;
		at += (size_t)snprintf(buf + at, size - at, "%s%s", at ? "|" : "", words[i].name);
	}
	if (!at || at >= size)
		snprintf(buf, size, "0");
	return buf;
}

const char *uffd_of(struct gen *g, const struct area *a)
{
	if (!g->nr_uffds)
		return "u";
	if (a->uffd < 0 || chance(g->c, 5))
		return g->uffd[choose(g->c, g->nr_uffds)].name;
	return g->uffd[a->uffd].name;
}

const char *arg_who(struct gen *g)
{
	static const uint16_t weights[] = { 60, 25, 15 };
	static const char *const names[] = { "T", "V", "M" };

	return names[choose_weighted(g->c, weights, 3)];
}

void may_wait(struct gen *g, const char *name, const struct area *a, unsigned feature)
{
	unsigned actor = name[0] == 'V';

	if (name[0] == 'M' || a->uffd < 0 || !(g->uffd[a->uffd].features & feature))
		return;
	g->actor[actor].waits = WAITS_EVENT;
	g->actor[actor].area = (unsigned)(a - g->area);
}

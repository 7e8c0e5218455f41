/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * gen_memory.c - productions: mappings and advice
 */
#include <stdio.h>
#include <string.h>

#include "tools/fuzz/gen.h"

/* ------------------------------------------------------------------ mappings */

void p_mprotect(struct gen *g)
{
	struct area *a = any_area(g);
	char start[ARG], len[ARG];
	const char *w = arg_who(g), *prot = arg_prot(g);

	arg_range(g, a, start, len, NULL, NULL);
	say(g, w, "mprotect(%s, %s, %s)", start, len, prot);
}

void p_munmap(struct gen *g)
{
	struct area *a = any_area(g);
	char start[ARG], len[ARG];
	const char *w = arg_who(g);
	unsigned page, n;

	arg_range(g, a, start, len, &page, &n);
	say(g, w, "munmap(%s, %s)", start, len);
	a->gone = n >= a->pages;
	a->filled &= ~page_mask(page, n);
	may_wait(g, w, a, FEAT_UNMAP);
}

static const char *map_flags(struct gen *g, const struct area *a)
{
	switch (a->kind) {
	case AREA_HUGE:
		return "MAP_PRIVATE|MAP_ANONYMOUS|MAP_HUGETLB";
	case AREA_MEMFD:
	case AREA_HUGE_MEMFD:
	case AREA_FILE:
		return chance(g->c, 70) ? "MAP_SHARED" : "MAP_PRIVATE";
	case AREA_MEMFD_PRIVATE:
	case AREA_HUGE_MEMFD_PRIVATE:
		return "MAP_PRIVATE";
	default:
		return chance(g->c, 90) ? "MAP_PRIVATE|MAP_ANONYMOUS" : "MAP_SHARED|MAP_ANONYMOUS";
	}
}

/* Over the area or right behind it, where mappings merge. */
void p_mmap_fixed(struct gen *g)
{
	struct area *a = any_area(g);
	char start[ARG], len[ARG];
	const char *w = arg_who(g), *flags = map_flags(g, a), *prot = arg_prot(g);
	const char *fixed = chance(g->c, 90) ? "MAP_FIXED" : "MAP_FIXED_NOREPLACE";
	bool populate = chance(g->c, 6), same_place = chance(g->c, 70);
	unsigned page, n;

	arg_range(g, a, start, len, &page, &n);
	if (chance(g->c, 40))
		arg_page(start, a, a->pages + choose(g->c, 2));
	say(g, w, "mmap(%s, %s, %s, %s|%s%s, %s, %u%c)", start, len, prot, flags, fixed,
	    populate ? "|MAP_POPULATE" : "", a->fd[0] && !strstr(flags, "ANON") ? a->fd : "-1",
	    same_place ? page : 0, unit(a));
	a->filled &= ~page_mask(page, n);
	may_wait(g, w, a, FEAT_UNMAP);
}

void p_mmap_new(struct gen *g)
{
	struct area *a = any_area(g);
	const char *flags = map_flags(g, a);
	struct area *b;
	unsigned n = ++g->names;

	say(g, "T", "r%u = mmap(NULL, %u%c, %s, %s, %s, 0)", n, a->kind == AREA_THP ? 1 : a->pages,
	    a->kind == AREA_THP ? 'h' : unit(a), arg_prot(g), flags,
	    a->fd[0] && !strstr(flags, "ANON") ? a->fd : "-1");
	if (g->nr_areas == GEN_AREAS || g->p->threads)
		return;
	b = &g->area[g->nr_areas++];
	*b = *a;
	snprintf(b->name, sizeof(b->name), "T:r%u", n);
	b->filled = b->wp = 0;
	b->uffd = -1;
	b->gone = false;
}

/* From now on also at the place where it went. */
static void moved(struct gen *g, const struct area *a, const char *name, unsigned pages)
{
	struct area *b =
		g->nr_areas < GEN_AREAS ? &g->area[g->nr_areas++] : &g->area[GEN_AREAS - 1];

	if (b == a)
		return;
	*b = *a;
	snprintf(b->name, sizeof(b->name), "%s", name);
	b->pages = pages ? pages : 1;
	b->gone = false;
}

void p_mremap_fixed(struct gen *g)
{
	struct area *a = any_area(g);
	const struct area *b = any_area(g);
	char start[ARG], len[ARG], to[ARG];
	const char *w = arg_who(g);
	unsigned page, n;
	bool dontunmap = chance(g->c, 20);

	arg_range(g, a, start, len, &page, &n);
	/* Free room behind the area, right behind it, or on top of another one. */
	if (chance(g->c, 50))
		snprintf(to, ARG, "%.20s+%s", a->name, unit(a) == 'h' ? "8h" : "40p");
	else
		arg_page(to, b, chance(g->c, 50) ? b->pages : choose(g->c, b->pages));
	if (a->kind == AREA_THP && chance(g->c, 60))
		snprintf(to, ARG, "%.20s+%s", a->name, "4h");
	say(g, w, "mremap(%s, %s, %s, MREMAP_MAYMOVE|MREMAP_FIXED%s, %s)", start, len, len,
	    dontunmap ? "|MREMAP_DONTUNMAP" : "", to);
	may_wait(g, w, a, FEAT_REMAP | FEAT_UNMAP);
	if (strlen(to) < sizeof(a->name))
		moved(g, a, to, n);
}

void p_mremap_size(struct gen *g)
{
	struct area *a = any_area(g);
	unsigned old = chance(g->c, 80) ? a->pages : choose(g->c, a->pages + 1);
	unsigned new = choose(g->c, a->pages + 4);
	const char *w = arg_who(g);

	if (a->kind == AREA_THP)
		new = 512 * choose(g->c, 3);
	say(g, w, "mremap(%s, %u%c, %u%c, %s)", a->name, old, unit(a), new, unit(a),
	    chance(g->c, 40) ? "0" : "MREMAP_MAYMOVE");
	may_wait(g, w, a, FEAT_REMAP | FEAT_UNMAP);
}

void p_mremap_move(struct gen *g)
{
	struct area *a = any_area(g);
	unsigned n = ++g->names, old = a->pages, new = old;
	char name[24];
	bool dontunmap = chance(g->c, 40);

	if (!dontunmap)
		new += a->kind == AREA_THP ? 512 : 1 + choose(g->c, 3);
	say(g, "T", "r%u = mremap(%s, %u%c, %u%c, MREMAP_MAYMOVE%s)", n, a->name, old, unit(a), new,
	    unit(a), dontunmap ? "|MREMAP_DONTUNMAP" : "");
	may_wait(g, "T", a, FEAT_REMAP | FEAT_UNMAP);
	snprintf(name, sizeof(name), "T:r%u", n);
	if (!g->p->threads)
		moved(g, a, name, new);
}

/* -------------------------------------------------------------------- advice */

static void advise(struct gen *g, const char *w, struct area *a, const char *advice)
{
	char start[ARG], len[ARG];

	if (!w)
		w = arg_who(g);
	if (!a)
		a = any_area(g);

	arg_range(g, a, start, len, NULL, NULL);
	say(g, w, "madvise(%s, %s, %s)", start, len, advice);
}

void p_dontneed(struct gen *g)
{
	struct area *a = any_area(g);
	const char *w = arg_who(g);

	advise(g, w, a, chance(g->c, 85) ? "MADV_DONTNEED" : "MADV_DONTNEED_LOCKED");
	a->filled = 0;
	may_wait(g, w, a, FEAT_REMOVE);
}

void p_free(struct gen *g)
{
	struct area *a = any_area(g);
	const char *w = arg_who(g);

	if (g->avoid.lazyfree)
		return;
	advise(g, w, a, "MADV_FREE");
	may_wait(g, w, a, FEAT_REMOVE);
}

void p_remove(struct gen *g)
{
	struct area *a = any_area(g);
	const char *w = arg_who(g);

	if (!g->has_file && chance(g->c, 80))
		return;
	advise(g, w, a, "MADV_REMOVE");
	a->filled = 0;
	may_wait(g, w, a, FEAT_REMOVE);
}

void p_guard(struct gen *g)
{
	if (!g->avoid.guard)
		advise(g, NULL, NULL,
		       chance(g->c, 65) ? "MADV_GUARD_INSTALL" : "MADV_GUARD_REMOVE");
}

void p_reclaim(struct gen *g)
{
	const char *advice = chance(g->c, 80) ? "MADV_PAGEOUT" : "MADV_COLD";

	if (!g->avoid.pageout)
		advise(g, NULL, NULL, g->has_file ? "MADV_COLD" : advice);
}

void p_populate(struct gen *g)
{
	struct area *a = any_area(g);
	const char *w = g->actor[0].waits == WAITS_NOT ? "T" : "V";
	bool write = chance(g->c, 50);

	advise(g, w, a, write ? "MADV_POPULATE_WRITE" : "MADV_POPULATE_READ");
	if (a->uffd < 0 || !(a->modes & MODE_MISSING)) {
		a->filled = UINT32_MAX;
	} else {
		g->actor[w[0] == 'V'].waits = WAITS_MISSING;
		g->actor[w[0] == 'V'].area = (unsigned)(a - g->area);
		g->actor[w[0] == 'V'].page = 0;
	}
}

void p_advice_flags(struct gen *g)
{
	static const char *const words[] = {
		"MADV_DONTFORK",
		"MADV_DOFORK",
		"MADV_WIPEONFORK",
		"MADV_KEEPONFORK",
		"MADV_DONTDUMP",
		"MADV_DODUMP",
		"MADV_SEQUENTIAL",
		"MADV_RANDOM",
		"MADV_NORMAL",
		"MADV_WILLNEED",
		"MADV_NOHUGEPAGE",
		"MADV_HUGEPAGE",
		"77",
	};

	advise(g, NULL, NULL, words[choose(g->c, 13)]);
}

void p_collapse(struct gen *g)
{
	struct area *a = any_area(g);

	if (a->kind == AREA_THP)
		advise(g, NULL, a, "MADV_COLLAPSE");
	else if (chance(g->c, 10))
		say(g, arg_who(g), "madvise(%s, 1h, MADV_COLLAPSE)", a->name);
}

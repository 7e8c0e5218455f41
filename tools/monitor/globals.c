/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * globals.c - has the test written to what is not rewound?
 *
 * The writable segments of the object file that a thread's function is in, before and
 * after.  The dynamic linker writes there, too: addresses of functions, as they are called
 * for the first time.  A word that now points to code is taken for one of those.
 */
#include <link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/monitor/program.h"

/* AddressSanitizer puts zones between variables that must not be looked at. */
#ifdef __has_feature
#if __has_feature(address_sanitizer)
#define BLIND true
#endif
#elif defined(__SANITIZE_ADDRESS__)
#define BLIND true
#endif
#ifndef BLIND
#define BLIND false
#endif

#define MAX_SEGMENTS 4

struct globals {
	uintptr_t fn;
	unsigned nr;
	struct segment {
		const uint64_t *at;
		uint64_t *copy;
		size_t words;
	} segments[MAX_SEGMENTS];
};

struct search {
	uintptr_t addr;
	unsigned flags;
	bool found;
};

static bool is_in(const struct dl_phdr_info *info, const ElfW(Phdr) * ph, uintptr_t addr)
{
	uintptr_t begin = info->dlpi_addr + ph->p_vaddr;

	return ph->p_type == PT_LOAD && addr >= begin && addr - begin < ph->p_memsz;
}

static int find_code(struct dl_phdr_info *info, size_t size, void *ctx)
{
	struct search *s = ctx;

	for (unsigned i = 0; i < info->dlpi_phnum; i++)
		if (info->dlpi_phdr[i].p_flags & PF_X && is_in(info, &info->dlpi_phdr[i], s->addr))
			s->found = true;
	return s->found;
}

static bool is_code(uint64_t word)
{
	struct search s = { .addr = (uintptr_t)word };

	dl_iterate_phdr(find_code, &s);
	return s.found;
}

static void save_segment(struct globals *g, uintptr_t begin, size_t size)
{
	struct segment *s = &g->segments[g->nr];
	uintptr_t aligned = (begin + 7) & ~(uintptr_t)7;

	size -= aligned - begin;
	s->at = (const uint64_t *)aligned;
	s->words = size / 8;
	s->copy = malloc(size);
	if (!s->copy)
		return;
	memcpy(s->copy, s->at, s->words * 8);
	g->nr++;
}

static int save_object(struct dl_phdr_info *info, size_t size, void *ctx)
{
	struct globals *g = ctx;
	bool mine = false;

	for (unsigned i = 0; i < info->dlpi_phnum; i++)
		mine |= is_in(info, &info->dlpi_phdr[i], g->fn);
	for (unsigned i = 0; mine && i < info->dlpi_phnum && g->nr < MAX_SEGMENTS; i++) {
		const ElfW(Phdr) *ph = &info->dlpi_phdr[i];

		if (ph->p_type == PT_LOAD && ph->p_flags & PF_W)
			save_segment(g, info->dlpi_addr + ph->p_vaddr, ph->p_memsz);
	}
	return mine;
}

struct globals *globals_save(uffdsim_fn fn)
{
	struct globals *g = BLIND ? NULL : calloc(1, sizeof(*g));

	if (!g)
		return NULL;
	g->fn = (uintptr_t)fn;
	dl_iterate_phdr(save_object, g);
	return g;
}

static bool segment_changed(const struct segment *s, char *error, size_t size)
{
	for (size_t i = 0; i < s->words; i++) {
		if (s->at[i] == s->copy[i] || is_code(s->at[i]))
			continue;
		snprintf(error, size,
			 "a global or static variable was written, at %p: it is not rewound; "
			 "what threads share belongs into struct world",
			 (const void *)&s->at[i]);
		return true;
	}
	return false;
}

bool globals_changed(struct globals *g, char *error, size_t size)
{
	bool ret = false;

	for (unsigned i = 0; g && i < g->nr; i++) {
		ret = ret || segment_changed(&g->segments[i], error, size);
		free(g->segments[i].copy);
	}
	free(g);
	return ret;
}

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * snapshot.c - going back to a branch
 *
 * The shadow is a copy of the machine as it was at the top snapshot.  A new
 * snapshot brings the shadow up to date line by line and logs what it replaces;
 * going back copies lines that differ the other way; dropping a snapshot plays
 * its log back into the shadow.  Only what a run can see is looked at: the used
 * part of the arena, and the live part of the stacks of threads that ran.
 *
 *     snapshot 1     snapshot 2      now
 *         |  log 2       |            |
 *         |<-------------| shadow     |
 *                        |<-- lines --| restore
 */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "sim_internal.h"

#if SIM_ASAN
#include <sanitizer/asan_interface.h>
#define unpoison(p, n) ASAN_UNPOISON_MEMORY_REGION(p, n)
#else
#define unpoison(p, n) ((void)(p), (void)(n))
#endif

struct region {
	size_t begin, end; /* offsets in the machine, whole lines */
};

static struct region arena_region(const struct sim_state *st)
{
	return (struct region){ 0, (st->brk + SIM_LINE - 1) & ~(size_t)(SIM_LINE - 1) };
}

static struct region stack_region(const struct sim *sim, const struct sim_thread *t)
{
	size_t mask = ~(size_t)(SIM_LINE - 1);
	size_t begin = (size_t)(t->sp - sim->base) & mask;
	size_t end = (size_t)(sim->slots[t->id].hi - sim->base);

	return (struct region){ begin, end };
}

/* What lies on an abandoned stack means nothing any more. */
static bool has_stack(const struct sim_thread *t)
{
	return t->started && !t->dead;
}

/* The compiler knows how wide the machine's registers are. */
typedef uint64_t vec __attribute__((vector_size(16), may_alias));
#define VECS (SIM_LINE / sizeof(vec))
_Static_assert(VECS == 4, "line_differs");

/* Most of a machine is as it was: that is found out for some lines at once. */
#define CHUNK (8 * SIM_LINE)

/* What is smaller is copied back whole: to look for what differs takes longer. */
#define SMALL (256u << 10)

#define RAW __attribute__((no_sanitize_address)) static inline

RAW bool line_differs(const char *pa, const char *pb)
{
	const vec *a = (const void *)pa, *b = (const void *)pb;
	vec d = (a[0] ^ b[0]) | (a[1] ^ b[1]) | (a[2] ^ b[2]) | (a[3] ^ b[3]);

	return d[0] | d[1];
}

/* The C library knows wider registers than the compiler may assume; but not what is poisoned. */
RAW bool chunk_differs(const char *a, const char *b)
{
#if SIM_ASAN
	return true;
#else
	return memcmp(a, b, CHUNK);
#endif
}

RAW void line_copy(char *pto, const char *pfrom)
{
	vec *to = (void *)pto;
	const vec *from = (const void *)pfrom;

	for (unsigned i = 0; i < VECS; i++)
		to[i] = from[i];
}

/* The next line of @r that differs, from @off on; r.end if none. */
RAW size_t next_difference(const struct sim *sim, struct region r, size_t off)
{
	const char *now = sim->base, *old = sim->snaps.shadow;

	while (off < r.end) {
		if (off % CHUNK == 0 && off + CHUNK <= r.end &&
		    !chunk_differs(now + off, old + off))
			off += CHUNK;
		else if (line_differs(now + off, old + off))
			break;
		else
			off += SIM_LINE;
	}
	return off;
}

/* A line and its shadow must not have the same place in their pages: caches take them for one. */
#define SHADOW_SHIFT (40 * SIM_LINE)

static int shadow_create(struct sim *sim)
{
	struct snapshots *s = &sim->snaps;
	char *p;

	if (s->shadow)
		return 0;
	p = mmap(NULL, sim->span + SHADOW_SHIFT, PROT_READ | PROT_WRITE,
		 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (p == MAP_FAILED)
		return -ENOMEM;
	s->shadow = p + SHADOW_SHIFT;
	return 0;
}

void snap_free(struct sim *sim)
{
	struct snapshots *s = &sim->snaps;

	if (s->shadow)
		munmap(s->shadow - SHADOW_SHIFT, sim->span + SHADOW_SHIFT);
	free(s->log_lines);
	free(s->log_index);
	free(s->stack);
	memset(s, 0, sizeof(*s));
}

static int log_grow(struct snapshots *s, size_t need)
{
	size_t max = s->log_max ? s->log_max : 4096;
	uint32_t *index;
	char *lines;

	while (max < need)
		max *= 2;
	lines = realloc(s->log_lines, max * SIM_LINE);
	if (!lines)
		return -ENOMEM;
	s->log_lines = lines;
	index = realloc(s->log_index, max * sizeof(*index));
	if (!index)
		return -ENOMEM;
	s->log_index = index;
	s->log_max = max;
	return 0;
}

/* Bring the shadow of a region up to date. */
__attribute__((no_sanitize_address)) static int region_save(struct sim *sim, struct region r)
{
	struct snapshots *s = &sim->snaps;
	size_t n = s->log_len, need = n + (r.end - r.begin) / SIM_LINE;

	if (need > s->log_max && log_grow(s, need))
		return -ENOMEM;
	for (size_t off = next_difference(sim, r, r.begin); off < r.end;
	     off = next_difference(sim, r, off + SIM_LINE)) {
		line_copy(s->log_lines + n * SIM_LINE, s->shadow + off);
		s->log_index[n++] = (uint32_t)(off / SIM_LINE);
		line_copy(s->shadow + off, sim->base + off);
	}
	s->log_len = n;
	return 0;
}

__attribute__((no_sanitize_address)) static void region_restore(struct sim *sim, struct region r)
{
	if (!SIM_ASAN && r.end - r.begin <= SMALL) {
		memcpy(sim->base + r.begin, sim->snaps.shadow + r.begin, r.end - r.begin);
		return;
	}
	for (size_t off = next_difference(sim, r, r.begin); off < r.end;
	     off = next_difference(sim, r, off + SIM_LINE))
		line_copy(sim->base + off, sim->snaps.shadow + off);
}

static int stack_push(struct snapshots *s)
{
	size_t max = s->max ? s->max * 2 : 64;
	struct snapshot *v;

	if (s->depth == s->max) {
		v = realloc(s->stack, max * sizeof(*v));
		if (!v)
			return -ENOMEM;
		s->stack = v;
		s->max = max;
	}
	s->stack[s->depth++].log_begin = s->log_len;
	return 0;
}

void stack_written(struct sim *sim, const void *p)
{
	size_t off = (size_t)((const char *)p - sim->base) - sim->cfg.arena_size;

	if (off < sim->span - sim->cfg.arena_size)
		sim->ran |= 1u << off / (SIM_PAGE + sim->cfg.stack_size);
}

/* Stacks that the snapshot need not look at: they are as the shadow has them. */
static void check_others(const struct sim *sim)
{
#ifndef NDEBUG
	const struct sim_state *st = sim->state;

	for (uint32_t m = st->alive & ~sim->ran; m; m &= m - 1) {
		const struct sim_thread *t = st->threads[__builtin_ctz(m)];
		struct region r = stack_region(sim, t);

		assert(!has_stack(t) || next_difference(sim, r, r.begin) >= r.end);
	}
#endif
}

int snap_push(struct sim *sim)
{
	const struct sim_state *st = sim->state;
	int err = shadow_create(sim);

	if (!err)
		err = stack_push(&sim->snaps);
	if (err)
		return err;
	check_others(sim);
	err = region_save(sim, arena_region(st));
	for (uint32_t m = st->alive & sim->ran; m && !err; m &= m - 1) {
		const struct sim_thread *t = st->threads[__builtin_ctz(m)];

		if (has_stack(t))
			err = region_save(sim, stack_region(sim, t));
	}
	sim->snaps.stack[sim->snaps.depth - 1].ran = sim->ran;
	sim->ran = 0;
	if (err)
		snap_pop(sim);
	return err;
}

void snap_restore(struct sim *sim)
{
	const struct sim_state *st = sim->state;

	finding_clear(sim);
	region_restore(sim, arena_region((const void *)sim->snaps.shadow));
	for (uint32_t m = st->alive & sim->ran; m; m &= m - 1) {
		const struct sim_thread *t = st->threads[__builtin_ctz(m)];
		struct region r;

		if (!has_stack(t))
			continue;
		r = stack_region(sim, t);
		unpoison(sim->slots[t->id].lo,
			 (size_t)(sim->slots[t->id].top - sim->slots[t->id].lo));
		region_restore(sim, r);
	}
	sim->ran = 0;
}

void snap_pop(struct sim *sim)
{
	struct snapshots *s = &sim->snaps;
	size_t begin = s->stack[--s->depth].log_begin;

	sim->ran |= s->stack[s->depth].ran;
	/* Backwards is not needed within one snapshot: a line is logged once. */
	for (size_t i = begin; i < s->log_len; i++)
		line_copy(s->shadow + (size_t)s->log_index[i] * SIM_LINE,
			  s->log_lines + i * SIM_LINE);
	s->log_len = begin;
}

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * arena.c - the memory of a machine
 *
 * One reserve of address space holds the arena and behind it the stacks.  The
 * arena is dense: blocks of a size class are cut from its end, given back into
 * a queue of that class, and taken from there only when the queue is long, so
 * that a stale pointer finds the pattern instead of the next owner's data.
 */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "sim_internal.h"

#define ARENA_DEFAULT (8u << 20)
#define ARENA_MIN     (64u << 10)
#define ARENA_MAX     (1u << 30)
#define STACK_DEFAULT (64u << 10)
#define STACK_MIN     (16u << 10)
#define STACK_MAX     (64u << 20)
#define STEPS_DEFAULT 20000
#define HUGE_PAGE     (2u << 20)

/* AddressSanitizer's frames are that much larger. */
#define STACK_FACTOR (SIM_ASAN ? 4 : 1)

#define STACK_COLOUR (16 * SIM_LINE)

/* Blocks of one class that wait before the oldest of them is used again. */
#define QUARANTINE 4

static unsigned class_of(size_t size)
{
	if (size <= 16 * ARENA_SMALL)
		return size ? (unsigned)((size - 1) / 16) : 0;
	return ARENA_SMALL + (63 - __builtin_clzll(size - 1)) - 8;
}

static size_t class_size(unsigned c)
{
	return c < ARENA_SMALL ? (c + 1) * 16 : (size_t)512 << (c - ARENA_SMALL);
}

static size_t round_up(size_t n, size_t to)
{
	return (n + to - 1) / to * to;
}

static int config_fill(struct sim_config *cfg)
{
	if (!cfg->arena_size)
		cfg->arena_size = ARENA_DEFAULT;
	if (!cfg->stack_size)
		cfg->stack_size = STACK_DEFAULT;
	if (!cfg->max_steps)
		cfg->max_steps = STEPS_DEFAULT;
	if (cfg->arena_size < ARENA_MIN || cfg->arena_size > ARENA_MAX)
		return -EINVAL;
	if (cfg->stack_size < STACK_MIN || cfg->stack_size > STACK_MAX)
		return -EINVAL;
	cfg->arena_size = round_up(cfg->arena_size, SIM_PAGE);
	cfg->stack_size = round_up(cfg->stack_size * STACK_FACTOR, SIM_PAGE);
	return 0;
}

/*
 * What lies behind the first few MiB is of huge pages of the host, and asked for ahead, a
 * quarter of what is used already: a small machine need not pay for clearing them, a large one
 * spends its time on faults and misses of the TLB else.
 */
static void arena_use_huge_pages(struct sim *sim)
{
	size_t small = 2 * HUGE_PAGE - (uintptr_t)sim->base % HUGE_PAGE;

	sim->ready = small;
	if (sim->cfg.arena_size > small)
		madvise(sim->base + small, sim->cfg.arena_size - small, MADV_HUGEPAGE);
}

/* The memory that comes next.  If the host does not give it now, it does when it is used. */
static void arena_get_ready(struct sim *sim)
{
	size_t left = sim->cfg.arena_size - sim->ready;
	size_t len = round_up(sim->state->brk / 4, HUGE_PAGE);

	if (len > left)
		len = left;
	madvise(sim->base + sim->ready, len, MADV_POPULATE_WRITE);
	sim->ready += len;
}

/* What even a small machine uses, at once: a run is not the time to wait for the host. */
static void arena_populate(struct sim *sim)
{
#ifdef MADV_POPULATE_WRITE
	madvise(sim->base, ARENA_MIN, MADV_POPULATE_WRITE);
#endif
}

int arena_create(struct sim *sim)
{
	size_t slot;
	int err;

	err = config_fill(&sim->cfg);
	if (err)
		return err;
	slot = SIM_PAGE + sim->cfg.stack_size;
	sim->span = sim->cfg.arena_size + SIM_MAX_THREADS * slot;
	sim->base = mmap(NULL, sim->span, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (sim->base == MAP_FAILED) {
		sim->base = NULL;
		return -ENOMEM;
	}
	arena_use_huge_pages(sim);
	arena_populate(sim);
	sim->state = (void *)sim->base;
	for (unsigned i = 0; i < SIM_MAX_THREADS; i++) {
		struct fiber_slot *s = &sim->slots[i];

		s->lo = sim->base + sim->cfg.arena_size + i * slot + SIM_PAGE;
		/* Tops at different places of their pages, or they compete for the same cache lines. */
		s->hi = s->lo + sim->cfg.stack_size - STACK_COLOUR * (i % 4);
	}
	arena_reset(sim);
	return 0;
}

void arena_destroy(struct sim *sim)
{
	if (sim->base)
		munmap(sim->base, sim->span);
}

void arena_reset(struct sim *sim)
{
	struct sim_state *st = sim->state;

	memset(st, 0, sizeof(*st));
	st->brk = (uint32_t)round_up(sizeof(*st), SIM_LINE);
	if (st->brk > sim->used)
		sim->used = st->brk;
	st->last = -1;
	st->outside.sim = sim;
	st->outside.id = SIM_MAX_THREADS;
	st->outside.name = "machine";
}

/* Blocks are whole pieces of 16 bytes. */
typedef uint32_t piece __attribute__((vector_size(16), may_alias));

static void check_pattern(struct sim *sim, const unsigned char *p, size_t size)
{
	const uint32_t word = 0x01010101u * SIM_POISON;
	const piece pattern = { word, word, word, word }, *v = (const void *)p;
	piece differs = (v[0] ^ pattern) & (piece){ 0, ~0u, ~0u, ~0u }; /* the link to the next */

	for (size_t i = 1; i < size / sizeof(piece); i++)
		differs |= v[i] ^ pattern;
	if (likely(!(differs[0] | differs[1] | differs[2] | differs[3])))
		return;
	for (size_t i = sizeof(uint32_t); i < size; i++) {
		if (p[i] == SIM_POISON)
			continue;
		finding_set(sim, SIM_END_BUG, SIM_BUG_USE_AFTER_FREE,
			    "a freed block of %zu bytes was written at offset %zu", size, i);
		return;
	}
}

static void *take_oldest(struct sim *sim, struct arena_class *ac, size_t size)
{
	char *p = sim->base + ac->head;

	memcpy(&ac->head, p, sizeof(ac->head));
	ac->count--;
	check_pattern(sim, (unsigned char *)p, size);
	return p;
}

static bool alloc_should_fail(struct sim_state *st)
{
	return st->fail_alloc && --st->fail_alloc == 0;
}

#define SMALL_BLOCK (16 * sizeof(piece))

static inline void clear(void *p, size_t size)
{
	piece *v = p;

	if (size > SMALL_BLOCK) {
		memset(p, 0, size);
		return;
	}
	for (size_t i = 0; i < size / sizeof(piece); i++) {
		v[i] = (piece){ 0 };
		__asm__ volatile(""); /* or it becomes a string instruction, slow to begin */
	}
}

/*
 * From the end.  What was never used is zero as the host gave it; of small blocks clearing
 * is what brings them into the cache.
 */
static inline void *take_new(struct sim *sim, size_t size)
{
	struct sim_state *st = sim->state;
	size_t begin = st->brk;

	if (unlikely(size > sim->cfg.arena_size - begin))
		return NULL;
	st->brk += (uint32_t)size;
	if (unlikely(st->brk > sim->ready))
		arena_get_ready(sim);
	if (size <= SMALL_BLOCK || begin < sim->used)
		clear(sim->base + begin, size);
	if (st->brk > sim->used)
		sim->used = st->brk;
	return sim->base + begin;
}

/* A block of class @c, whose size is @size. */
static inline void *take(struct sim *sim, unsigned c, size_t size)
{
	struct arena_class *ac = &sim->state->classes[c];
	void *p = NULL;

	if (likely(ac->count <= QUARANTINE))
		p = take_new(sim, size);
	if (unlikely(!p) && ac->count) {
		p = take_oldest(sim, ac, size);
		clear(p, size);
	}
	return p;
}

void *sim_zalloc_outside(struct sim *sim, size_t size)
{
	unsigned c = class_of(size);

	return size <= sim->cfg.arena_size && c < ARENA_CLASSES ? take(sim, c, class_size(c)) :
								  NULL;
}

void *sim_zalloc_nofail(struct sim *sim, size_t size)
{
	void *p = sim_zalloc_outside(sim, size);

	sim->state->allocated += !!p;
	return p;
}

void *sim_zalloc(struct sim *sim, size_t size)
{
	void *p;

	if (unlikely(alloc_should_fail(sim->state)))
		return NULL;
	if (size - 1 >= 16 * ARENA_SMALL)
		return sim_zalloc_nofail(sim, size);
	p = take(sim, (unsigned)((size - 1) / 16), (size + 15) & ~(size_t)15);
	sim->state->allocated += !!p;
	return p;
}

void sim_free(struct sim *sim, void *ptr, size_t size)
{
	unsigned c = class_of(size);
	struct arena_class *ac = &sim->state->classes[c];
	uint32_t off;

	if (!ptr)
		return;
	sim->state->allocated--;
	off = (uint32_t)((char *)ptr - sim->base);
	memset(ptr, SIM_POISON, class_size(c));
	if (ac->count++)
		memcpy(sim->base + ac->tail, &off, sizeof(off));
	else
		ac->head = off;
	ac->tail = off;
}

uint64_t sim_fail_alloc(struct sim *sim, uint64_t nth)
{
	uint64_t left = sim->state->fail_alloc;

	sim->state->fail_alloc = nth;
	return left;
}

uint64_t sim_allocated(const struct sim *sim)
{
	return sim->state->allocated;
}

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * calls_mm.c - mmap and mremap, which choose addresses; memset; fork
 *
 * A mapping without an address goes where the language says, not where this kernel
 * would put it: it is asked for with MAP_FIXED_NOREPLACE at the cursor, and further on
 * as long as the place is taken.
 */
#include <errno.h>

#include "tools/live/calls.h"

static void cursor_used(struct world *w, uint64_t end)
{
	uint64_t next = next_slot(end), cur = __atomic_load_n(&w->cursor, __ATOMIC_ACQUIRE);

	while (cur < next && !__atomic_compare_exchange_n(&w->cursor, &cur, next, false,
							  __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
		;
}

/* Refused: back to where it was, unless another thread has taken a place since. */
static void cursor_unused(struct world *w, uint64_t end, uint64_t was)
{
	uint64_t next = next_slot(end);

	__atomic_compare_exchange_n(&w->cursor, &next, was, false, __ATOMIC_ACQ_REL,
				    __ATOMIC_ACQUIRE);
}

struct mmap_args {
	uint64_t addr, len, prot, flags, off;
	int fd;
};

/* MAP_SHARED_VALIDATE does not take MAP_FIXED_NOREPLACE: over something that keeps the place. */
static int64_t map_validated_at(const struct mmap_args *m, uint64_t addr)
{
	uint64_t keep = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE;
	int64_t r = SYS(SYS_mmap, addr, m->len, PROT_NONE, keep, -1, 0);

	if (r < 0)
		return r;
	r = SYS(SYS_mmap, addr, m->len, m->prot, m->flags | MAP_FIXED, m->fd, m->off);
	if (r < 0)
		SYS(SYS_munmap, addr, m->len);
	return r;
}

static int64_t map_at(const struct mmap_args *m, uint64_t addr)
{
	if ((m->flags & MAP_TYPE) == MAP_SHARED_VALIDATE && !(m->flags & MAP_ANONYMOUS))
		return map_validated_at(m, addr);
	return SYS(SYS_mmap, addr, m->len, m->prot, m->flags | MAP_FIXED_NOREPLACE, m->fd, m->off);
}

/* Some other thread may take the place in between; then the cursor has moved on, or will. */
static int64_t map_at_cursor(struct world *w, const struct mmap_args *m)
{
	uint64_t addr = __atomic_load_n(&w->cursor, __ATOMIC_ACQUIRE);

	while (m->len <= LIVE_ARENA_END && addr + m->len <= LIVE_ARENA_END) {
		int64_t r = map_at(m, addr);
		uint64_t cur;

		if (r != -EEXIST) {
			if (r >= 0)
				cursor_used(w, (uint64_t)r + m->len);
			return r;
		}
		cur = __atomic_load_n(&w->cursor, __ATOMIC_ACQUIRE);
		addr = cur > addr ? cur : addr + PMD_SIZE;
	}
	return m->len ? -ENOMEM : -EINVAL;
}

static int64_t do_mmap(struct lit_thread *t, const struct stmt *s, const struct mmap_args *m)
{
	int64_t r;

	if (m->flags & (MAP_FIXED | MAP_FIXED_NOREPLACE)) {
		live_check_range(t, s, m->addr, m->len);
		return SYS(SYS_mmap, m->addr, m->len, m->prot, m->flags, m->fd, m->off);
	}
	/* A wish for what cannot be is no wish. */
	if (!m->addr || m->addr >= TASK_SIZE || m->len > TASK_SIZE - m->addr)
		return map_at_cursor(t->w, m);
	live_check_range(t, s, m->addr, m->len);
	r = map_at(m, m->addr & PAGE_MASK);
	return r == -EEXIST ? map_at_cursor(t->w, m) : r;
}

void live_call_mmap(struct lit_thread *t, const struct stmt *s, struct value *ret)
{
	struct mmap_args m;

	m.addr = uarg(t, s, 0);
	m.len = uarg(t, s, 1);
	m.prot = uarg(t, s, 2);
	m.flags = uarg(t, s, 3);
	m.fd = (int)live_read_fd(t, s, 4);
	m.off = uarg(t, s, 5);
	ret_mapping(t, s, ret, do_mmap(t, s, &m), m.len);
}

/* --------------------------------------------------------------------- mremap */

struct mremap_args {
	uint64_t addr, old_len, new_len, flags, to;
};

static int64_t remap(const struct mremap_args *m, uint64_t flags, uint64_t to)
{
	return SYS(SYS_mremap, m->addr, m->old_len, m->new_len, flags, to);
}

static bool is_free(uint64_t addr, uint64_t len)
{
	struct mmap_args m = { .len = len,
			       .prot = PROT_NONE,
			       .fd = -1,
			       .flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE };
	int64_t r = map_at(&m, addr);

	if (r >= 0)
		SYS(SYS_munmap, r, len);
	return r >= 0;
}

/* The next place for a mapping that moves. */
static uint64_t free_slot(struct world *w, uint64_t len)
{
	uint64_t addr = __atomic_load_n(&w->cursor, __ATOMIC_ACQUIRE);

	while (len && len <= LIVE_ARENA_END && addr + len <= LIVE_ARENA_END) {
		if (is_free(addr, len))
			return addr;
		addr += PMD_SIZE;
	}
	return 0;
}

/* In place if the kernel can do that; else it is told where to go. */
static int64_t remap_maymove(struct world *w, const struct mremap_args *m)
{
	bool dontunmap = m->flags & MREMAP_DONTUNMAP;
	int64_t r = dontunmap ? -ENOMEM : remap(m, m->flags & ~(uint64_t)MREMAP_MAYMOVE, 0);
	uint64_t to, cur;

	if (r != -ENOMEM)
		return r;
	to = free_slot(w, m->new_len);
	/* Nothing is mapped there, so a source in it is wrong whatever the target is. */
	if (!to || (m->addr < to + m->new_len && to < m->addr + m->old_len))
		return remap(m, m->flags, 0);
	/* It may wait for the reader of its event, and by then the place is taken. */
	cur = __atomic_load_n(&w->cursor, __ATOMIC_ACQUIRE);
	cursor_used(w, to + m->new_len);
	/* DONTUNMAP takes a free address as a wish, and MREMAP_FIXED with it means more. */
	r = remap(m, dontunmap ? m->flags : m->flags | MREMAP_FIXED, to);
	if (r >= 0)
		cursor_used(w, (uint64_t)r + m->new_len);
	else
		cursor_unused(w, to + m->new_len, cur);
	return r;
}

void live_call_mremap(struct lit_thread *t, const struct stmt *s, struct value *ret)
{
	struct mremap_args m;
	int64_t r;

	m.addr = uarg(t, s, 0);
	m.old_len = uarg(t, s, 1);
	m.new_len = uarg(t, s, 2);
	m.flags = uarg(t, s, 3);
	m.to = uarg(t, s, 4);
	live_check_range(t, s, m.addr, m.old_len);
	live_check_range(t, s, m.addr, m.new_len);
	if (m.flags & MREMAP_FIXED)
		live_check_range(t, s, m.to, m.new_len);
	/* Elsewhere a fifth argument means nothing. */
	if (m.flags & MREMAP_MAYMOVE && !(m.flags & MREMAP_FIXED) &&
	    (!m.to || !(m.flags & MREMAP_DONTUNMAP)))
		r = remap_maymove(t->w, &m);
	else
		r = remap(&m, m.flags, m.to);
	ret_mapping(t, s, ret, r, m.new_len);
}

/* --------------------------------------------------------------- memset, fork */

void live_call_memset(struct lit_thread *t, const struct stmt *s, struct value *ret)
{
	uint64_t addr = uarg(t, s, 0), v = uarg(t, s, 1), len = uarg(t, s, 2);
	bool faulted;
	enum access_result r = live_memset(t, addr, (uint8_t)v, len, &faulted);

	rec_flt(t, faulted);
	ret_access(t, ret, r);
}

/* The name stands for the child, and in a file of threads its threads start. */
static void forked(struct lit_thread *t, int name, struct live_proc *child)
{
	struct world *w = t->w;
	int proc = lit_find_proc(w->prog, w->prog->names[name]);

	if (proc <= 0)
		return;
	child->index = proc;
	w->procs[proc].forker = t->index;
	__atomic_store_n(&w->procs[proc].p, child, __ATOMIC_RELEASE);
	if (w->prog->sequence)
		return;
	for (int i = 1; i < w->prog->nr_threads; i++)
		if (w->prog->threads[i].proc == proc &&
		    live_run_of(w)->threads[i].state == LIVE_NONE)
			live_want_thread(child, i);
}

void live_call_fork(struct lit_thread *t, const struct stmt *s, struct value *ret)
{
	struct live_proc *child = NULL;
	int64_t n = live_fork(t, s, &child);

	ret_named(t, s, ret, VAL_PROC, "pid", n);
	if (n > 0 && s->dst >= 0) {
		/* The child's threads may look the name up as soon as they exist. */
		assign(t, s->dst, ret);
		forked(t, s->dst, child);
	}
}

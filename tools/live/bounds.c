/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * bounds.c - a scenario may touch its arena and nothing else
 *
 * The runner's own memory lies from LIVE_ARENA_END to the end of the user's address
 * space.  A range that reaches outside of the arena is an error of the file, decided
 * here for every call.  Not refused: what is no address of a user at all (the kernel
 * answers for those), and the first pages, where nothing is mapped.
 */
#include "tools/live/run.h"

#define FIRST_PAGES 0x10000ULL

static bool is_refused(uint64_t addr, uint64_t len)
{
	uint64_t end = addr + len;

	if (addr >= TASK_SIZE)
		return false;
	/* The kernel finds a length that goes round. */
	if (end < addr)
		return false;
	if (end <= FIRST_PAGES)
		return false;
	return addr < LIVE_ARENA_LOW || end > LIVE_ARENA_END;
}

void live_check_range(struct lit_thread *t, const struct stmt *s, uint64_t addr, uint64_t len)
{
	if (is_refused(addr, len))
		world_bad(t->w, s->pos,
			  "0x%llx-0x%llx: outside of the arena (0x%llx-0x%llx), refused",
			  (unsigned long long)addr, (unsigned long long)(addr + len),
			  (unsigned long long)ARENA_BASE, (unsigned long long)LIVE_ARENA_END);
}

void live_check_user_range(struct lit_thread *t, const struct stmt *s, uint64_t addr, uint64_t len)
{
	live_check_range(t, s, addr, addr + len < addr ? UINT64_MAX - addr : len);
}

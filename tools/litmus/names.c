/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * names.c - addresses as people see them: NAME+0x1000
 */
#include <stdio.h>

#include "tools/litmus/world.h"

struct named_range *named_range_new(struct world *w, int name, uint64_t start, uint64_t len)
{
	struct named_range *r = world_alloc(w, sizeof(*r));
	uint64_t end = start + ((len + PAGE_SIZE - 1) & PAGE_MASK);

	r->name = name;
	r->start = start;
	r->end = end < start ? UINT64_MAX : end;
	return r;
}

void world_name_range(struct world *w, struct named_range *r)
{
	r->next = w->ranges;
	w->ranges = r;
	world_touch(w, sim_key(LIT_CLASS_WORLD, 0, 1), SIM_WRITE);
}

void show_address(const struct world *w, uint64_t addr, bool end, char *buf, size_t size)
{
	uint64_t inside = end && addr ? addr - 1 : addr;

	/* The newest first: the last result that covered it gives the name. */
	for (const struct named_range *r = w->hex_addresses ? NULL : w->ranges; r; r = r->next) {
		if (inside < r->start || inside >= r->end)
			continue;
		if (addr == r->start)
			snprintf(buf, size, "%s", w->prog->names[r->name]);
		else
			snprintf(buf, size, "%s+0x%llx", w->prog->names[r->name],
				 (unsigned long long)(addr - r->start));
		return;
	}
	snprintf(buf, size, "0x%llx", (unsigned long long)addr);
}

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * docall_scan.c - PAGEMAP_SCAN: its structure and the regions it gives
 */
#include <stdio.h>

#include "tools/litmus/docall.h"

/* In the order of their bits. */
static void show_categories(uint64_t categories, char *buf, size_t size)
{
	static const char *const names[] = {
		"WPALLOWED", "WRITTEN", "FILE", "PRESENT", "SWAPPED", "PFNZERO", "HUGE",
		"SOFT_DIRTY", "GUARD", "ACCESSED",
	};
	size_t len = 0;

	snprintf(buf, size, "0");
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]) && len < size; i++)
		if (categories >> i & 1)
			len += (size_t)snprintf(buf + len, size - len, "%s%s", len ? "|" : "",
						names[i]);
}

void record_scan(struct lit_thread *t, uint64_t walk_end, const struct page_region *regions,
		 unsigned nr)
{
	char text[96];

	rec_out_address(t, "walk_end", walk_end, true);
	rec_regions(t, nr);
	for (unsigned i = 0; i < nr; i++) {
		show_categories(regions[i].categories, text, sizeof(text));
		rec_region(t, i, regions[i].start, regions[i].end, text);
	}
}

/* The words of the structure in order; what the file does not set is 0, but for two of them. */
void scan_pagemap(struct lit_thread *t, const struct stmt *s, int fd, struct value *ret)
{
	const struct call *c = s->call;
	struct pm_scan_request req = { 0 };
	uint64_t *words = (uint64_t *)&req.arg, vec_len;
	struct page_region *regions = NULL;
	bool written = false;
	int64_t n;

	for (unsigned i = 0; i < LIT_MAX_FIELDS; i++)
		words[i] = (uint64_t)eval_number(t, c->fields[i]);
	if (!c->fields[SCAN_SIZE])
		req.arg.size = sizeof(req.arg);
	vec_len = req.arg.vec_len;
	if (vec_len > SCAN_MAX_REGIONS)
		world_bad(t->w, s->pos, "vec_len: more than %d regions", SCAN_MAX_REGIONS);
	if (!c->fields[SCAN_VEC] && vec_len) {
		regions = world_alloc(t->w, vec_len * sizeof(*regions));
		req.arg.vec = ARENA_BASE; /* any address does */
		req.room = regions;
	}
	n = sys_ioctl(t->task, fd, c->ioctl->cmd, &req, 0, &written);
	ret_number(t, ret, n);
	ret->ioctl = IOC_SCAN + 1;
	if (written)
		record_scan(t, req.arg.walk_end, regions, n > 0 && regions ? (unsigned)n : 0);
}

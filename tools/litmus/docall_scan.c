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
		"SOFT_DIRTY", "GUARD",
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

void scan_pagemap(struct lit_thread *t, const struct stmt *s, int fd, struct value *ret)
{
	uint64_t words[LIT_MAX_FIELDS];
	bool written = false;
	int64_t n;

	for (unsigned i = 0; i < LIT_MAX_FIELDS; i++)
		words[i] = (uint64_t)eval_number(t, s->call->fields[i]);
	if (!s->call->fields[0])
		words[0] = sizeof(words);
	n = sys_ioctl(t->task, fd, s->call->ioctl->cmd, words, 0, &written);
	ret_number(t, ret, n);
	ret->ioctl = IOC_SCAN + 1;
}

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * reuse-by-mapcount.c - a page that nobody else maps is written in place
 *
 * The rule before 5.9: who only holds a reference, a pin for example, does not count.
 * For v5.9 and what follows it up to 5.18; since 5.19 exclusive pages are known as such.
 */
#include <uffdsim/patch.h>

static bool reuse(struct vm_area_struct *vma, uint64_t addr, pte_t pte, struct page *page)
{
	return page_mapcount(page) == 1;
}

UFFDSIM_PATCH("reuse-by-mapcount", "A page that only one entry maps is written in place.",
	      .base = "v5.9", .decide.wp_can_reuse_anon_page = reuse);

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * wp-ignored.c - a write to a protected page just goes on
 *
 * Not a good idea: the entry becomes writable and keeps uffd-wp, and the monitor never
 * hears of the write.  mm_check() says so, with the execution that leads there.
 */
#include <uffdsim/patch.h>

static enum uffd_wp_action ignore(struct vm_area_struct *vma, uint64_t addr, pte_t pte)
{
	return UFFD_WP_IGNORE;
}

UFFDSIM_PATCH("wp-ignored", "A write to a page under uffd-wp goes on as if nothing was.",
	      .decide.userfaultfd_wp_fault = ignore);

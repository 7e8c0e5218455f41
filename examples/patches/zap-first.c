/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * zap-first.c - userfaultfd_remove() in two halves
 *
 * A question of January 2024: could MADV_DONTNEED announce itself, drop the pages, and
 * tell the monitor afterwards, as munmap does?  Then mmap_changing is up while the pages
 * go.  The variant +remove-split is the same.
 */
#include <uffdsim/patch.h>

static int zap_first(struct madvise_behavior *mb)
{
	int err;

	remove_prep(mb);
	err = remove_zap(mb);
	remove_unlock(mb);
	remove_tell(mb);
	/* The mapping may be gone by now: its pages are, too. */
	remove_relock(mb);
	return err;
}

UFFDSIM_PATCH("zap-first",
	      "MADV_DONTNEED announces itself, drops the pages, and waits until REMOVE was read.",
	      .decide.userfaultfd_remove = zap_first);

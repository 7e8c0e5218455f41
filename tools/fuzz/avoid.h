/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * avoid.h - what the generator must not write, all in one place
 *
 * Some things a live kernel does not answer, or not twice the same.  A program
 * decides at its begin on which side of each exclusion it is:
 *
 *   guard | wp on memory with a file
 *      MADV_GUARD_INSTALL over pages with uffd-wp, or markers of it, in a VMA
 *      that is not anonymous never returns (6.18).
 *   wp of a huge page | another mode for it
 *      A store to a write-protected page of hugetlb whose VMA was registered again
 *      without WP finds no way and is tried again for ever (6.18).
 *   lazyfree | pageout
 *      MADV_PAGEOUT of a page that MADV_FREE gave up: whether it goes depends
 *      on batches of the LRU.
 *   pageout | memory with a file
 *      MADV_PAGEOUT of a page of shared memory that was never written drops it from
 *      the cache, or does not: batches of the LRU again.
 *   swap only if asked (--swap)
 *      It is a setting of the whole machine.  And then: whether a page of shared
 *      memory leaves the swap cache, and mincore, are not compared.
 *
 * Taken out later, when a run on the simulator shows it (settle.c): a statement
 * that makes two or more other threads go on, because who is first is open; a
 * MADV_GUARD_INSTALL that never returns all the same, because a mapping with a
 * file was put in the place of another; and an mremap of a part of a private
 * mapping of huge pages: the kernel forgets what it promised to the rest, for good,
 * so that the pool of the machine would have to grow with every program.
 *
 * Never written: MADV_HWPOISON and MADV_SOFT_OFFLINE (they act on the machine),
 * MADV_MERGEABLE (ksmd has its own time), huge pages of 1 GiB, addresses that
 * are not in the arena (the live runner refuses them), a blocking read() or
 * poll() by the only thread that could end it (it is cut out as blocked).
 */
#ifndef FUZZ_AVOID_H
#define FUZZ_AVOID_H

#include <stdbool.h>

#include "tools/fuzz/choices.h"

struct avoid {
	bool guard;    /* no guard regions: uffd-wp of file memory may be used */
	bool file_wp;  /* the reverse */
	bool lazyfree; /* no MADV_FREE */
	bool pageout;  /* no MADV_PAGEOUT */
};

void avoid_choose(struct choices *c, bool swap, struct avoid *ret);

#endif

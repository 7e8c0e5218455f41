/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * gup.h - get_user_pages and what is built on it
 *
 * Two kinds of hold on a page: FOLL_GET counts one reference, FOLL_PIN is known
 * to fork, COW and UFFDIO_MOVE as a pin (page_maybe_dma_pinned).
 */
#ifndef MM_GUP_H
#define MM_GUP_H

#include "mm-model/internal.h"

/**
 * get_user_pages_locked - hold @nr pages of @mm from @start on, faulting as needed
 * @pages: receives them, or NULL to fault only
 * @locked: whether mmap_lock is held for reading, on entry and on return;
 *	false on entry: it is taken, and dropped again
 *
 * Returns how many, or -errno if the first of them cannot be had.
 */
int64_t get_user_pages_locked(struct task_struct *t, struct mm_struct *mm, uint64_t start,
			      uint64_t nr, unsigned flags, struct page **pages, bool *locked);
/** The caller's own pages: what is there at once without any lock, then the rest. */
int64_t get_user_pages_fast(struct task_struct *t, uint64_t start, uint64_t nr, unsigned flags,
			    struct page **pages);
/** Gives @nr holds back; @flags tells of which kind. */
void put_user_pages(struct page **pages, uint64_t nr, unsigned flags);

/** One VMA, with the strongest access it allows.  As get_user_pages_locked(). */
int64_t populate_vma_page_range(struct task_struct *t, struct vm_area_struct *vma, uint64_t start,
				uint64_t end, bool *locked);
/** All VMAs of the range; without @ignore_errors the first failure ends it. */
int mm_populate(struct task_struct *t, uint64_t start, uint64_t len, bool ignore_errors);
/** Up to one page of bytes at @addr, which is not waited for: true if it was done. */
bool access_remote_byte(struct task_struct *t, struct mm_struct *mm, uint64_t addr, uint8_t *byte,
			unsigned flags);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * huge_memory.h - leaves of transparent huge pages, for who meets one in a range
 */
#ifndef MM_HUGE_MEMORY_H
#define MM_HUGE_MEMORY_H

#include "mm-model/internal.h"

bool is_huge_zero_pmd(const struct mm_struct *mm, pte_t pmd);
/** The 2 MiB around @addr lie in @vma. */
bool thp_vma_suitable(const struct vm_area_struct *vma, uint64_t addr);
/** May a fault in @vma make a huge page? */
bool thp_vma_allowable_pagefault(const struct vm_area_struct *vma);

/* Faults.  VM_FAULT_FALLBACK: go on with the small entry. */

/** pmd_none() was true. */
vm_fault_t do_huge_pmd_anonymous_page(struct task_struct *t, struct vm_fault *vmf);
/** vmf->orig_pmd is a leaf. */
vm_fault_t handle_huge_pmd_fault(struct task_struct *t, struct vm_fault *vmf);

/* Splits: small entries that say the same in the place of a leaf, if there is one. */

void split_huge_pmd(struct vm_area_struct *vma, uint64_t addr);
/** Under ptl. */
void split_huge_pmd_locked(struct vm_area_struct *vma, uint64_t addr);
/** @vma, write-locked, is going to end or begin at @addr. */
void vma_adjust_trans_huge(struct vm_area_struct *vma, uint64_t addr);
/**
 * split_folio - pages instead of a folio that @vma alone maps; under ptl
 *
 * The caller holds a reference, which goes to nobody if this succeeds.  Pages that
 * hold only zeros become the zero page.  -EAGAIN: somebody else holds the folio.
 */
int split_folio(struct vm_area_struct *vma, struct page *folio);
/** The same for a folio that any mms map; without a ptl. */
int split_folio_everywhere(struct kernel *k, struct page *folio);

/*
 * A leaf in the way of an operation on [addr, end) of @vma; under ptl.  True if it
 * was dealt with as a whole; false: only a part is concerned, and it is split now.
 */
bool huge_pmd_covered(uint64_t addr, uint64_t end);
bool zap_huge_pmd(struct vm_area_struct *vma, uint64_t addr, uint64_t end);
bool change_huge_pmd(struct vm_area_struct *vma, uint64_t addr, uint64_t end, unsigned cp_flags);
/** fork: 0; -EAGAIN if it is split now, as the folio is pinned; or -ENOMEM. */
int copy_huge_pmd(struct vm_area_struct *dst_vma, struct vm_area_struct *src_vma, uint64_t addr);
/**
 * madvise_large_folio - FREE, COLD, PAGEOUT and GUARD_REMOVE at @addr; under ptl
 *
 * How many bytes were dealt with, or are none of the advice's business; 0: go on
 * with the small entry, whose page is one by itself.
 */
uint64_t madvise_large_folio(struct vm_area_struct *vma, uint64_t addr, uint64_t end, int behavior);
/**
 * MADV_COLLAPSE of [start, end) of @vma: 0 or -errno.  mmap_lock is held for reading
 * on entry and exit, *@lock_dropped tells whether all the while.
 */
int madvise_collapse(struct vm_area_struct *vma, uint64_t start, uint64_t end, bool *lock_dropped);
/** What the fault met has changed: the access is simply tried again.  Under ptl. */
bool vmf_pmd_changed(struct vm_fault *vmf);
bool can_change_pmd_writable(struct vm_area_struct *vma, pte_t pmd);
/** mremap: 0; -EAGAIN: there is a table at the target; or -ENOMEM. */
int move_huge_pmd(const struct vm_area_struct *vma, uint64_t old, uint64_t new, bool clear_uffd_wp);

#endif

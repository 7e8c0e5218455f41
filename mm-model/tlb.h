/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tlb.h - what each processor remembers of the page tables
 *
 * Only with the choice `tlb` of the profile.  Every task has a processor of its own.  A
 * translation stays until it is flushed: that it may be lost before is the case without.
 */
#ifndef MM_TLB_H
#define MM_TLB_H

#include "mm-model/internal.h"

struct tlb;

/** For a new task; NULL without TLBs, or without memory (*err). */
struct tlb *tlb_alloc(struct kernel *k, struct mm_struct *mm, bool *err);
/** The page that the processor of @t takes @addr for, without a look at the table; or NULL. */
struct page *tlb_hit(struct task_struct *t, uint64_t addr, bool write);
/** It has just walked the table, and remembers. */
void tlb_fill(struct task_struct *t, uint64_t addr);
/** An entry loses rights or its page: flushed at once, unless this thread gathers. */
void tlb_entry_changes(struct mm_struct *mm, uint64_t addr, pte_t old, pte_t new);
/** From here to tlb_finish() what this thread takes away is not flushed, but together at the end. */
void tlb_gather(struct mm_struct *mm);
void tlb_finish(struct mm_struct *mm, uint64_t start, uint64_t end);
/** Somebody gathers: under ptl, whoever relies on an entry flushes it. */
bool mm_tlb_flush_pending(struct mm_struct *mm);
void flush_tlb_page(struct mm_struct *mm, uint64_t addr);

#endif

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
/** An entry loses rights or its page: flushed at once, unless this thread gathers. */
void tlb_entry_changes(struct mm_struct *mm, uint64_t addr, pte_t old, pte_t new);
void flush_tlb_page(struct mm_struct *mm, uint64_t addr);

/* Those with __ are for who has TLBs. */
struct page *__tlb_hit(struct task_struct *t, uint64_t addr, bool write);
void __tlb_fill(struct task_struct *t, uint64_t addr);
void __tlb_gather(struct mm_struct *mm);
void __tlb_finish(struct mm_struct *mm, uint64_t start, uint64_t end);
bool __mm_tlb_flush_pending(struct mm_struct *mm);

/** The page that the processor of @t takes @addr for, without a look at the table; or NULL. */
static inline struct page *tlb_hit(struct task_struct *t, uint64_t addr, bool write)
{
	return t->tlb ? __tlb_hit(t, addr, write) : NULL;
}
/** It has just walked the table, and remembers. */
static inline void tlb_fill(struct task_struct *t, uint64_t addr)
{
	if (t->tlb)
		__tlb_fill(t, addr);
}
/** From here to tlb_finish() what this thread takes away is not flushed, but together at the end. */
static inline void tlb_gather(struct mm_struct *mm)
{
	if (mm->tlb)
		__tlb_gather(mm);
}
static inline void tlb_finish(struct mm_struct *mm, uint64_t start, uint64_t end)
{
	if (mm->tlb)
		__tlb_finish(mm, start, end);
}
/** Somebody gathers: under ptl, whoever relies on an entry flushes it. */
static inline bool mm_tlb_flush_pending(struct mm_struct *mm)
{
	return mm->tlb && __mm_tlb_flush_pending(mm);
}

#endif

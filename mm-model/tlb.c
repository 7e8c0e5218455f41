/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tlb.c - stores through translations that the tables do not have any more
 *
 * Entries of small pages are cached, as the walk found them.  What takes rights away
 * flushes in the same step, so that nobody can tell it from a machine without TLBs,
 * but for change_protection(): it flushes once, when it has been through its range.
 * In between others may use what is no longer there.
 */
#include <utlist.h>

#include "mm-model/tlb.h"

#define TLB_ENTRIES 16

struct tlb {
	struct tlb *next; /* kernel->tlbs */
	const struct mm_struct *mm;
	bool gathers;
	struct {
		uint64_t page; /* its number + 1; 0: empty */
		pte_t pte;
	} e[TLB_ENTRIES];
};

/* One page in all TLBs of an mm; all pages; whether a flush is pending. */
static uint64_t page_tlb_key(const struct mm_struct *mm, uint64_t addr)
{
	return sim_key(MM_CLASS_TLB, mm->obj.id, addr >> PAGE_SHIFT);
}
static uint64_t mm_tlb_key(const struct mm_struct *mm)
{
	return sim_key(MM_CLASS_TLB, mm->obj.id, 1ULL << 35);
}
static uint64_t pending_key(const struct mm_struct *mm)
{
	return sim_key(MM_CLASS_TLB, mm->obj.id, 1ULL << 35 | 1);
}

static void touch_page(const struct mm_struct *mm, uint64_t addr, enum sim_mode mode)
{
	sim_touch(mm_sim(mm), page_tlb_key(mm, addr), mode);
	sim_touch(mm_sim(mm), mm_tlb_key(mm), mode == SIM_WRITE ? SIM_PART_WRITE : mode);
}

struct tlb *tlb_alloc(struct kernel *k, struct mm_struct *mm, bool *err)
{
	struct tlb *tlb = NULL;

	*err = false;
	if (!mm->tlb)
		return NULL;
	tlb = sim_zalloc_outside(k->sim, sizeof(*tlb));
	*err = !tlb;
	if (!tlb)
		return NULL;
	tlb->mm = mm;
	LL_PREPEND(k->tlbs, tlb);
	return tlb;
}

static unsigned slot_of(uint64_t addr)
{
	return (addr >> PAGE_SHIFT) % TLB_ENTRIES;
}

struct page *__tlb_hit(struct task_struct *t, uint64_t addr, bool write)
{
	unsigned i = slot_of(addr);
	pte_t pte;

	touch_page(t->mm, addr, SIM_PART_READ);
	if (t->tlb->e[i].page != (addr >> PAGE_SHIFT) + 1)
		return NULL;
	pte = t->tlb->e[i].pte;
	/* The first store walks again, to set the dirty bit. */
	if (write && !(pte_write(pte) && pte_dirty(pte)))
		return NULL;
	if (!pte_same(pte, pte_peek(t->mm, addr)))
		sim_trace(mm_sim(t->mm), "  stale translation");
	return pte_page(t->mm->k, pte);
}

void __tlb_fill(struct task_struct *t, uint64_t addr)
{
	unsigned i = slot_of(addr);

	if (pmd_leaf(t->mm, addr))
		return;
	touch_page(t->mm, addr, SIM_PART_WRITE);
	t->tlb->e[i].page = (addr >> PAGE_SHIFT) + 1;
	t->tlb->e[i].pte = ptep_get_lockless(t->mm, addr);
}

static void drop(struct mm_struct *mm, uint64_t start, uint64_t end)
{
	struct tlb *tlb;

	LL_FOREACH(mm->k->tlbs, tlb)
		for (unsigned i = 0; tlb->mm == mm && i < TLB_ENTRIES; i++)
			if (tlb->e[i].page > start >> PAGE_SHIFT &&
			    tlb->e[i].page <= end >> PAGE_SHIFT)
				tlb->e[i].page = 0;
}

void flush_tlb_page(struct mm_struct *mm, uint64_t addr)
{
	touch_page(mm, addr, SIM_WRITE);
	drop(mm, addr & PAGE_MASK, (addr & PAGE_MASK) + PAGE_SIZE);
}

#define FEW_PAGES 16

static void flush_tlb_range(struct mm_struct *mm, uint64_t start, uint64_t end)
{
	if ((end - start) >> PAGE_SHIFT > FEW_PAGES)
		sim_touch(mm_sim(mm), mm_tlb_key(mm), SIM_WRITE);
	else
		for (uint64_t addr = start; addr < end; addr += PAGE_SIZE)
			touch_page(mm, addr, SIM_WRITE);
	drop(mm, start, end);
	sim_trace(mm_sim(mm), "flush_tlb_range()");
}

/* The processor that this thread runs on; NULL where no task does. */
static struct tlb *my_tlb(const struct mm_struct *mm)
{
	const struct sim_thread *fiber = sim_current(mm_sim(mm));
	const struct task_struct *t = fiber ? sim_thread_data(fiber) : NULL;

	return t ? t->tlb : NULL;
}

void tlb_entry_changes(struct mm_struct *mm, uint64_t addr, pte_t old, pte_t new)
{
	const struct tlb *me = my_tlb(mm);
	bool less = !pte_hw_present(new) || (old.val & PTE_PFN_MASK) != (new.val & PTE_PFN_MASK) ||
		    (pte_write(old) && !pte_write(new)) || (pte_dirty(old) && !pte_dirty(new));

	if (pte_hw_present(old) && less && !(me && me->gathers))
		flush_tlb_page(mm, addr);
}

void __tlb_gather(struct mm_struct *mm)
{
	struct tlb *me = my_tlb(mm);

	if (!me)
		return;
	sim_yield(mm_sim(mm), SIM_OP_WRITE, "tlb_gather_mmu");
	sim_touch(mm_sim(mm), pending_key(mm), SIM_WRITE);
	mm->tlb_flush_pending++;
	me->gathers = true;
}

void __tlb_finish(struct mm_struct *mm, uint64_t start, uint64_t end)
{
	struct tlb *me = my_tlb(mm);

	if (!me)
		return;
	sim_yield(mm_sim(mm), SIM_OP_WRITE, "tlb_finish_mmu");
	me->gathers = false;
	flush_tlb_range(mm, start, end);
	sim_touch(mm_sim(mm), pending_key(mm), SIM_WRITE);
	mm->tlb_flush_pending--;
}

bool __mm_tlb_flush_pending(struct mm_struct *mm)
{
	sim_touch(mm_sim(mm), pending_key(mm), SIM_READ);
	return mm->tlb_flush_pending;
}

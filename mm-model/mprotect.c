/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mprotect.c - mprotect, and what it shares with userfaultfd write protection
 */
#include "mm-model/gup.h"
#include "mm-model/huge_memory.h"
#include "mm-model/hugetlb.h"
#include "mm-model/swap.h"
#include "mm-model/vma.h"

static bool can_change_private_pte_writable(struct vm_area_struct *vma, pte_t pte)
{
	struct page *page, scratch;

	if (pte_special(pte) || (!mm_prof(vma->mm)->clean_anon_writable && !pte_dirty(pte)))
		return false;
	page = pte_page_peek(vma->mm->k, pte, &scratch);
	return page->flags & PG_ANON && PageAnonExclusive(page);
}

bool can_change_pte_writable(struct vm_area_struct *vma, uint64_t addr, pte_t pte)
{
	if (!mm_prof(vma->mm)->anon_exclusive)
		return false;
	if (!(vma->vm_flags & VM_WRITE) || pte_protnone(pte))
		return false;
	if (userfaultfd_wp(vma) && pte_uffd_wp(pte))
		return false;
	if (vma_soft_dirty_enabled(vma) && !pte_soft_dirty(pte))
		return false;
	/* A dirty page of a shared mapping: whoever wanted to know has been told. */
	if (vma->vm_flags & VM_SHARED)
		return pte_dirty(pte);
	return can_change_private_pte_writable(vma, pte);
}

/* The template's rights; what private memory had gets W back below, or not. */
pte_t pte_modify(const struct vm_area_struct *vma, pte_t pte)
{
	pte = vma->vm_page_prot_w ? pte_mkwrite(pte) : pte_wrprotect(pte);
	return pte_set_protnone(pte, !(vma->vm_flags & VM_ACCESS_FLAGS));
}

static pte_t change_present_pte(struct vm_area_struct *vma, uint64_t addr, pte_t pte,
				unsigned cp_flags)
{
	pte = pte_modify(vma, pte);
	/* Before 6.3 the rights came from the VMA's flags, not from its template. */
	if (cp_flags & MM_CP_UFFD_WP_RESOLVE && !mm_prof(vma->mm)->unprotect_restores_write &&
	    (vma->vm_flags & (VM_SHARED | VM_WRITE)) == (VM_SHARED | VM_WRITE))
		pte = pte_mkwrite(pte);
	if (cp_flags & MM_CP_UFFD_WP)
		pte = pte_mkuffd_wp(pte);
	else if (cp_flags & MM_CP_UFFD_WP_RESOLVE)
		pte = pte_clear_uffd_wp(pte);
	if (cp_flags & MM_CP_TRY_CHANGE_WRITABLE && !pte_write(pte) &&
	    can_change_pte_writable(vma, addr, pte))
		pte = pte_mkwrite(pte);
	return pte;
}

/* What becomes of an entry; *@counts if it is one of those that are reported. */
static pte_t change_pte(struct vm_area_struct *vma, uint64_t addr, pte_t pte, unsigned cp_flags,
			bool markers, bool *counts)
{
	*counts = true;
	if (pte_present(pte))
		return change_present_pte(vma, addr, pte, cp_flags);
	if (pte_none(pte) && markers)
		return make_pte_marker(PTE_MARKER_UFFD_WP);
	if (pte_marker_uffd_wp(pte) && cp_flags & MM_CP_UFFD_WP_RESOLVE)
		return PTE(0);
	if (is_swap_pte(pte) && cp_flags & MM_CP_UFFD_WP)
		return pte_swp_mkuffd_wp(pte);
	if (is_swap_pte(pte) && cp_flags & MM_CP_UFFD_WP_RESOLVE)
		return pte_swp_clear_uffd_wp(pte);
	*counts = false;
	return pte;
}

/* The same result as below, for a thread that nobody can interrupt or watch. */
static long change_ptes_alone(struct vm_area_struct *vma, uint64_t addr, uint64_t end,
			      unsigned cp_flags)
{
	long pages = 0;
	unsigned nr;

	for (; addr < end; addr += (uint64_t)nr * PAGE_SIZE) {
		uint64_t *e = pte_run(vma->mm, addr, end, &nr);

		for (unsigned i = 0; e && i < nr; i++) {
			bool counts;

			if (!e[i])
				continue;
			e[i] = change_pte(vma, addr + i * PAGE_SIZE, PTE(e[i]), cp_flags, false,
					  &counts)
				       .val;
			pages += counts;
		}
	}
	return pages;
}

/* Entries of one table, in one section of its lock; -EAGAIN: it is gone. */
static long change_pte_range(struct vm_area_struct *vma, uint64_t addr, uint64_t end,
			     unsigned cp_flags, bool markers)
{
	struct mm_struct *mm = vma->mm;
	bool any = false, counts;
	long pages = 0;

	spin_lock(&mm->ptl);
	if (pmd_leaf(mm, addr) && change_huge_pmd(vma, addr, end, cp_flags)) {
		spin_unlock(&mm->ptl);
		return HPAGE_PMD_NR;
	}
	if (markers && !pte_table_exists(mm, addr)) {
		spin_unlock(&mm->ptl);
		return -EAGAIN;
	}
	if (!markers && sim_alone(mm_sim(mm))) {
		pages = change_ptes_alone(vma, addr, end, cp_flags);
		addr = end;
	}
	for (;; addr += PAGE_SIZE) {
		pte_t old, new;

		if (!markers)
			addr = pte_next_present(mm, addr, end);
		if (addr >= end)
			break;
		old = ptep_get(mm, addr);
		new = change_pte(vma, addr, old, cp_flags, markers, &counts);
		pages += counts;
		if (pte_same(old, new))
			continue;
		if (any) {
			pte_step_before(mm, addr, "change_pte_range");
			/* The processor may have set A or D meanwhile. */
			new = change_pte(vma, addr, ptep_get(mm, addr), cp_flags, markers, &counts);
		}
		set_pte_at(mm, addr, new);
		any = true;
	}
	spin_unlock(&mm->ptl);
	return pages;
}

long change_protection(struct vm_area_struct *vma, uint64_t start, uint64_t end, unsigned cp_flags)
{
	bool markers = cp_flags & MM_CP_UFFD_WP && vma_can_have_uffd_markers(vma);
	struct mm_struct *mm = vma->mm;
	long pages = 0, n;
	uint64_t next;

	if (is_vm_hugetlb_page(vma))
		return hugetlb_change_protection(vma, start, end, cp_flags);
	for (; start < end; start = next) {
		next = pmd_addr_end(start, end);
		if (markers && pte_alloc(mm, start))
			return -ENOMEM;
		/* Without a table there is nothing, unless a fault may bring one right now. */
		if (!pte_table_exists(mm, start) && !pmd_leaf(mm, start) &&
		    vma_is_write_locked(vma))
			continue;
		n = change_pte_range(vma, start, next, cp_flags, markers);
		if (n == -EAGAIN)
			next = start;
		else
			pages += n;
	}
	sim_trace(mm_sim(mm), "  change_protection(): %ld page%s", pages,
		  pages == 1 ? "" : "s");
	return pages;
}

/* -------------------------------------------------------------------- mprotect */

/* The part [start, end) of one VMA; *@done tells where the VMA that has it now ends. */
static int mprotect_fixup(struct task_struct *t, struct vm_area_struct *vma, uint64_t start,
			  uint64_t end, vm_flags_t newflags, uint64_t *done)
{
	vm_flags_t oldflags = vma->vm_flags;
	unsigned cp_flags;

	if (vma_is_sealed(vma))
		return -EPERM;
	*done = vma->vm_end;
	if (newflags == oldflags)
		return 0;
	/* Charged once it becomes writable, and for good once it has pages. */
	if (newflags & VM_WRITE) {
		if (!(oldflags & (VM_ACCOUNT | VM_WRITE | VM_HUGETLB | VM_SHARED | VM_NORESERVE)))
			newflags |= VM_ACCOUNT;
	} else if (kernel_since(vma->mm, 6, 6) && oldflags & VM_ACCOUNT && vma_is_anonymous(vma) &&
		   !vma->anon_vma) {
		newflags &= ~VM_ACCOUNT;
	}
	vma = vma_modify_flags(vma, start, end, newflags);
	if (IS_ERR(vma))
		return PTR_ERR(vma);
	*done = vma->vm_end;
	vma_start_write(vma);
	vma->vm_flags = newflags | (vma->vm_flags & VM_STICKY);
	vma_list_changed(vma->mm);
	cp_flags = vma_wants_manual_pte_write_upgrade(vma) ? MM_CP_TRY_CHANGE_WRITABLE : 0;
	vma_set_page_prot(vma);
	change_protection(vma, start, end, cp_flags);
	/* Locked memory that becomes writable has its copies made now; nobody is waited for. */
	if ((oldflags & (VM_WRITE | VM_SHARED | VM_LOCKED)) == VM_LOCKED && newflags & VM_WRITE)
		populate_vma_page_range(t, vma, start, end, NULL);
	return 0;
}

static vm_flags_t prot_bits(uint64_t prot)
{
	return (prot & PROT_READ ? VM_READ : 0) | (prot & PROT_WRITE ? VM_WRITE : 0) |
	       (prot & PROT_EXEC ? VM_EXEC : 0);
}

/* VMA after VMA; what precedes a failure stays changed. */
static int mprotect_walk(struct task_struct *t, struct vm_area_struct *vma, uint64_t start,
			 uint64_t end, uint64_t prot)
{
	int err;

	for (; vma && vma->vm_start <= start; vma = find_vma(t->mm, start)) {
		vm_flags_t newflags = prot_bits(prot) | (vma->vm_flags & ~VM_ACCESS_FLAGS);

		/* VM_MAY* stand four bits above what they allow. */
		if (newflags & ~(newflags >> 4) & VM_ACCESS_FLAGS)
			return -EACCES;
		err = mprotect_fixup(t, vma, start, min_u64(vma->vm_end, end), newflags, &start);
		if (err)
			return err;
		if (start >= end)
			return 0;
	}
	return -ENOMEM;
}

static int do_mprotect(struct task_struct *t, uint64_t start, uint64_t end, uint64_t prot,
		       uint64_t grows)
{
	struct vm_area_struct *vma = find_vma_intersection(t->mm, start, end);

	if (!vma)
		return -ENOMEM;
	if (grows & PROT_GROWSDOWN) {
		start = vma->vm_start;
		if (!(vma->vm_flags & VM_GROWSDOWN))
			return -EINVAL;
	} else if (vma->vm_start > start) {
		return -ENOMEM;
	} else if (grows & PROT_GROWSUP) {
		return -EINVAL; /* no such VMA on x86 */
	}
	return mprotect_walk(t, vma, start, end, prot);
}

int64_t sys_mprotect(struct task_struct *t, uint64_t start, uint64_t len, uint64_t prot)
{
	const uint64_t both = PROT_GROWSDOWN | PROT_GROWSUP;
	uint64_t grows = prot & both, end;
	struct mm_struct *mm = t->mm;
	int ret;

	prot &= ~both;
	if (grows == both)
		return -EINVAL;
	if (offset_in_page(start))
		return -EINVAL;
	if (!len)
		return 0;
	end = start + page_align(len);
	if (end <= start)
		return -ENOMEM;
	if (prot & ~(uint64_t)(PROT_READ | PROT_WRITE | PROT_EXEC | PROT_SEM))
		return -EINVAL;
	if (mmap_write_lock_killable(mm))
		return -EINTR;
	ret = do_mprotect(t, start, end, prot, grows);
	mmap_write_unlock(mm);
	return ret;
}

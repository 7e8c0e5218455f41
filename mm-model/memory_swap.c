/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * memory_swap.c - faults on swap entries
 */
#include "mm-model/swap.h"

/* Who writes to a page that nobody else maps needs no copy of it on the device any more. */
static bool should_try_to_free_swap(struct vm_fault *vmf, struct page *page)
{
	if (vm_swap_full(vmf->vma->mm->k) || vmf->vma->vm_flags & VM_LOCKED)
		return true;
	return vmf->flags & FAULT_FLAG_WRITE && page_count(page) == 2;
}

/* Read-write protected as it was: the access that brought it comes again, and is told of then. */
static bool swapin_stays_rwp(const struct vm_fault *vmf, pte_t pte)
{
	return userfaultfd_pte_rwp(vmf->vma, pte) && !mm_prof(vmf->vma->mm)->rwp_swapin_copies;
}

/* The entry of a page that has just come back; FAULT_FLAG_WRITE goes if it serves the write. */
static pte_t swapin_pte(struct vm_fault *vmf, struct page *page)
{
	struct vm_area_struct *vma = vmf->vma;
	pte_t pte = pte_keep_rwp(vma, pte_from_swp(mk_pte(vma, page), vmf->orig_pte));

	if (!pte_swp_exclusive(vmf->orig_pte) && page_count(page) != 1)
		return pte;
	SetPageAnonExclusive(page);
	if (swapin_stays_rwp(vmf, pte))
		return pte;
	if (!(vma->vm_flags & VM_WRITE) || (userfaultfd_wp(vma) && pte_uffd_wp(pte)) ||
	    (vma_soft_dirty_enabled(vma) && !pte_soft_dirty(pte)))
		return pte;
	if (vmf->flags & FAULT_FLAG_WRITE || mm_prof(vma->mm)->swapin_writable)
		pte = pte_mkwrite(pte);
	if (vmf->flags & FAULT_FLAG_WRITE) {
		pte = pte_mkdirty(pte);
		vmf->flags &= ~FAULT_FLAG_WRITE;
	}
	return pte;
}

vm_fault_t do_swap_page(struct task_struct *t, struct vm_fault *vmf)
{
	struct mm_struct *mm = vmf->vma->mm;
	struct swap_slot *slot;
	struct page *page;

	spin_lock(&mm->ptl);
	if (vmf_pte_changed(vmf)) {
		spin_unlock(&mm->ptl);
		return 0;
	}
	slot = pte_to_swp_entry(mm->k, vmf->orig_pte);
	if (read_swap_cache(mm->k, slot)) {
		spin_unlock(&mm->ptl);
		return VM_FAULT_OOM;
	}
	page = swap_cache_get_folio(slot);
	get_page(page);
	swap_free(slot);
	if (should_try_to_free_swap(vmf, page))
		folio_free_swap(page);
	vmf->orig_pte = swapin_pte(vmf, page);
	page_add_anon_rmap(page, vmf->vma);
	set_pte_at(mm, vmf->address, vmf->orig_pte);
	sim_trace(mm_sim(mm), "  do_swap_page()");
	if (vmf->flags & (FAULT_FLAG_WRITE | FAULT_FLAG_BREAK_COW) &&
	    !swapin_stays_rwp(vmf, vmf->orig_pte))
		return do_wp_page(t, vmf);
	spin_unlock(&mm->ptl);
	return 0;
}

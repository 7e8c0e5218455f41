/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pte.c - what an entry says of its page, and entries made for one
 */
#include "mm-model/internal.h"

struct page *pte_folio(const struct kernel *k, pte_t pte)
{
	struct page *head = pte_head(k, pte);

	return pte.val & PTE_SUBPAGE && folio_pages(head)->split ? pte_page(k, pte) : head;
}

pte_t pmd_subpage_pte(const struct kernel *k, pte_t pmd, unsigned i)
{
	uint64_t bits = pmd.val & ~(PTE_PFN_MASK | _PAGE_PSE);
	uint64_t pfn = pmd.val & PTE_PFN_MASK;

	if (pte_head(k, pmd)->flags & PG_ZERO)
		return PTE(bits | ((uintptr_t)k->zero_page - (uintptr_t)k) / 16 << PAGE_SHIFT);
	return PTE(bits | pfn | PTE_SUBPAGE | (uint64_t)i << PTE_SUBPAGE_SHIFT);
}

pte_t __mk_pte(const struct vm_area_struct *vma, struct page *page)
{
	struct page *parent = page_parent(page), *head = parent ? parent : page;
	uint64_t pfn = ((uintptr_t)head - (uintptr_t)vma->mm->k) / 16;
	pte_t pte = PTE(pfn << PAGE_SHIFT | _PAGE_PRESENT);

	if (head != page)
		pte.val |= PTE_SUBPAGE | (uint64_t)page->more->index << PTE_SUBPAGE_SHIFT;
	else if (head->order)
		pte.val |= _PAGE_PSE;
	if (page->flags & PG_ZERO)
		pte = pte_mkspecial(pte);
	return pte_set_protnone(pte, !(vma->vm_flags & VM_ACCESS_FLAGS));
}

void pte_step(struct mm_struct *mm, const char *what)
{
	sim_yield(mm_sim(mm), SIM_OP_WRITE, what);
}

void pte_step_before(struct mm_struct *mm, uint64_t addr, const char *what)
{
	pte_t pte = ptep_get(mm, addr);

	if (!pte_present(pte) || !(pte.val & PTE_SUBPAGE) || pmd_leaf(mm, addr) ||
	    folio_page_is_made(pte_head(mm->k, pte), pte_subpage(pte)))
		pte_step(mm, what);
}

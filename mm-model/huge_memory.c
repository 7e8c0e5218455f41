/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * huge_memory.c - transparent huge pages for anonymous memory
 *
 * THP is "madvise" here: the first touch of an aligned 2 MiB inside a VMA with
 * VM_HUGEPAGE, with no page table there yet, maps a huge page (a write) or the huge
 * zero page (a read).  What concerns only a part of such a leaf splits it into
 * small entries first; the folio they map stays one until reclaim or a move needs
 * it in pieces.  The lock of the leaf is the page table lock of its mm.
 */
#include "mm-model/huge_memory.h"
#include "mm-model/swap.h"
#include "mm-model/vma.h"

static uint64_t huge_address(uint64_t addr)
{
	return addr & ~(PMD_SIZE - 1);
}

bool is_huge_zero_pmd(const struct mm_struct *mm, pte_t pmd)
{
	return pte_present(pmd) && pte_head(mm->k, pmd)->flags & PG_ZERO;
}

bool thp_vma_suitable(const struct vm_area_struct *vma, uint64_t addr)
{
	addr = huge_address(addr);
	return addr >= vma->vm_start && addr + PMD_SIZE <= vma->vm_end;
}

bool thp_vma_allowable_pagefault(const struct vm_area_struct *vma)
{
	return vma->vm_flags & VM_HUGEPAGE && !(vma->vm_flags & (VM_NOHUGEPAGE | VM_SPECIAL)) &&
	       vma_is_anonymous(vma);
}

/* --------------------------------------------------------------------- splits */

struct pmd_split {
	const struct kernel *k;
	pte_t pmd;
};

static pte_t split_entry(void *ctx, unsigned i)
{
	const struct pmd_split *s = ctx;
	pte_t pte = pmd_subpage_pte(s->k, s->pmd, i);

	/* Also where the leaf was writable, as its protection was none of its VMA any more. */
	if (s->k->prof->split_protects && pte_uffd_wp(pte))
		pte = pte_mkuffd_wp(pte);
	return s->k->prof->split_keeps_dirty ? pte : pte_mkclean(pte);
}

void split_huge_pmd_locked(struct vm_area_struct *vma, uint64_t addr)
{
	struct mm_struct *mm = vma->mm;
	struct pmd_split s = { mm->k, pmd_get(mm, addr) };

	if (pte_none(s.pmd))
		return;
	s.pmd = pte_keep_rwp(vma, pte_set_protnone(s.pmd, !(vma->vm_flags & VM_ACCESS_FLAGS)));
	if (!is_huge_zero_pmd(mm, s.pmd)) {
		struct page *folio = pte_page(mm->k, s.pmd);

		if (pte_dirty(s.pmd))
			folio->flags |= PG_DIRTY;
		folio_split_rmap(folio, vma);
	}
	pmd_populate(mm, addr, split_entry, &s);
	sim_trace(mm_sim(mm), "  __split_huge_pmd()");
}

void split_huge_pmd(struct vm_area_struct *vma, uint64_t addr)
{
	spin_lock(&vma->mm->ptl);
	split_huge_pmd_locked(vma, addr);
	spin_unlock(&vma->mm->ptl);
}

void vma_adjust_trans_huge(struct vm_area_struct *vma, uint64_t addr)
{
	/* The VMA is write-locked: where there is no leaf, none can come. */
	if (addr & (PMD_SIZE - 1) && thp_vma_suitable(vma, addr) && pmd_leaf(vma->mm, addr))
		split_huge_pmd(vma, addr);
}

struct folio_walk {
	struct mm_struct *mm;
	struct page *folio;
};

/* A page of zeros comes back from a split as the zero page. */
static void remap_page(void *ctx, uint64_t addr, pte_t pte)
{
	const struct folio_walk *w = ctx;
	struct vm_area_struct *vma = vma_lookup(w->mm, addr);
	struct page_scratch scratch;
	pte_t zero;

	if (!pte_present(pte) || pte_head(w->mm->k, pte) != w->folio || !vma)
		return;
	if (vma->vm_flags & VM_LOCKED ||
	    !page_is_zero_filled(pte_page_peek(w->mm->k, pte, &scratch)))
		return;
	zero = pte_mkyoung(mk_pte(vma, w->mm->k->zero_page));
	if (pte_uffd_wp(pte))
		zero = pte_keep_rwp(vma, pte_mkuffd_wp(zero));
	set_pte_at(w->mm, addr, zero);
	pte_remove_rmap(vma, pte);
}

/* Small entries where a leaf of @vma maps it; under ptl. */
static void unmap_folio(struct vm_area_struct *vma, struct page *folio)
{
	for (uint64_t addr = vma->vm_start; folio->mapcount && addr < vma->vm_end; addr += PMD_SIZE)
		if (pte_head(vma->mm->k, pmd_peek(vma->mm, addr)) == folio)
			split_huge_pmd_locked(vma, addr);
}

static void remap_folio(struct mm_struct *mm, struct page *folio)
{
	struct folio_walk w = { mm, folio };

	if (mm_prof(mm)->split_maps_zero_page)
		pte_for_each(mm, remap_page, &w);
}

static bool held_by_others(struct page *folio)
{
	return page_count(folio) != folio_large_mapcount(folio) + 1;
}

int split_folio(struct vm_area_struct *vma, struct page *folio)
{
	int err;

	if (folio_maybe_mapped_shared(folio) || folio->mapcount > 1 || held_by_others(folio))
		return -EAGAIN;
	unmap_folio(vma, folio);
	err = folio_split(folio);
	if (!err)
		remap_folio(vma->mm, folio);
	sim_trace(mm_sim(vma->mm), "  split_folio()");
	return err;
}

/* Under the ptl of every mm. */
static int split_folio_locked(struct kernel *k, struct page *folio)
{
	struct vm_area_struct *vma;
	struct mm_struct *mm;
	int err;

	if (held_by_others(folio))
		return -EAGAIN;
	for (mm = k->mms; mm; mm = mm->next_mm)
		for (vma = mm->mmap; vma; vma = vma->next)
			unmap_folio(vma, folio);
	err = folio_split(folio);
	for (mm = k->mms; mm && !err; mm = mm->next_mm)
		remap_folio(mm, folio);
	sim_trace(k->sim, "  split_folio()");
	return err;
}

int split_folio_everywhere(struct kernel *k, struct page *folio)
{
	struct mm_struct *mm;
	int err;

	/* All in the order of the list; the folio lock orders those who split the same one. */
	for (mm = k->mms; mm; mm = mm->next_mm)
		spin_lock(&mm->ptl);
	err = split_folio_locked(k, folio);
	for (mm = k->mms; mm; mm = mm->next_mm)
		spin_unlock(&mm->ptl);
	return err;
}

/* --------------------------------------------------------------------- faults */

static void set_huge_zero_folio(struct vm_fault *vmf, struct page *zero)
{
	set_pmd_at(vmf->vma->mm, vmf->address, mk_pte(vmf->vma, zero));
	sim_trace(mm_sim(vmf->vma->mm), "  set_pmd(huge zero page)");
}

static void map_anon_folio_pmd(struct vm_fault *vmf, struct page *folio)
{
	struct vm_area_struct *vma = vmf->vma;

	page_add_anon_rmap(folio, vma);
	SetPageAnonExclusive(folio);
	set_pmd_at(vma->mm, vmf->address, maybe_mkwrite(pte_mkdirty(mk_pte(vma, folio)), vma));
	sim_trace(mm_sim(vma->mm), "  set_pmd(new huge page)");
}

/* Made when it is first needed. */
static struct page *mm_get_huge_zero_folio(struct kernel *k)
{
	if (!k->huge_zero_folio) {
		k->huge_zero_folio = alloc_huge_folio(k);
		if (k->huge_zero_folio)
			k->huge_zero_folio->flags |= PG_ZERO;
	}
	return k->huge_zero_folio;
}

vm_fault_t do_huge_pmd_anonymous_page(struct task_struct *t, struct vm_fault *vmf)
{
	struct vm_area_struct *vma = vmf->vma;
	struct mm_struct *mm = vma->mm;
	struct page *folio;
	vm_fault_t ret;

	if (!thp_vma_suitable(vma, vmf->address))
		return VM_FAULT_FALLBACK;
	ret = vmf_anon_prepare(vmf);
	if (ret)
		return ret;
	if (pmd_alloc(mm, vmf->address))
		return VM_FAULT_OOM;
	folio = vmf->flags & FAULT_FLAG_WRITE ? alloc_huge_folio(mm->k) :
						mm_get_huge_zero_folio(mm->k);
	if (!folio)
		return VM_FAULT_FALLBACK;
	spin_lock(&mm->ptl);
	if (!pmd_none(mm, vmf->address)) {
		spin_unlock(&mm->ptl);
		put_page(folio);
		return 0;
	}
	if (userfaultfd_missing(vma)) {
		spin_unlock(&mm->ptl);
		put_page(folio);
		return handle_userfault(t, vmf, VM_UFFD_MISSING);
	}
	if (folio->flags & PG_ZERO)
		set_huge_zero_folio(vmf, folio);
	else
		map_anon_folio_pmd(vmf, folio);
	spin_unlock(&mm->ptl);
	return 0;
}

bool vmf_pmd_changed(struct vm_fault *vmf)
{
	return !pte_same(pmd_get(vmf->vma->mm, vmf->address), vmf->orig_pmd);
}

static vm_fault_t do_huge_zero_wp_pmd(struct vm_fault *vmf)
{
	struct mm_struct *mm = vmf->vma->mm;
	struct page *folio;

	if (!mm_prof(mm)->hugezero_wp_allocates)
		return VM_FAULT_FALLBACK;
	folio = alloc_huge_folio(mm->k);
	if (!folio)
		return VM_FAULT_FALLBACK;
	spin_lock(&mm->ptl);
	if (vmf_pmd_changed(vmf))
		put_page(folio);
	else
		map_anon_folio_pmd(vmf, folio);
	spin_unlock(&mm->ptl);
	return 0;
}

/* May the folio be written in place?  Nobody else may hold it. */
static bool huge_pmd_reusable(struct page *folio)
{
	if (PageAnonExclusive(folio))
		return true;
	if (page_count(folio) != 1)
		return false;
	SetPageAnonExclusive(folio);
	return true;
}

/* FALLBACK: the leaf is split, go on with the small entry. */
static vm_fault_t do_huge_pmd_wp_page(struct vm_fault *vmf)
{
	struct vm_area_struct *vma = vmf->vma;
	struct mm_struct *mm = vma->mm;
	vm_fault_t ret = VM_FAULT_FALLBACK;

	if (is_huge_zero_pmd(mm, vmf->orig_pmd)) {
		ret = do_huge_zero_wp_pmd(vmf);
		if (!(ret & VM_FAULT_FALLBACK))
			return ret;
		split_huge_pmd(vma, vmf->address);
		return ret;
	}
	spin_lock(&mm->ptl);
	if (vmf_pmd_changed(vmf)) {
		ret = 0;
	} else if (huge_pmd_reusable(pte_page(mm->k, vmf->orig_pmd))) {
		if (!(vmf->flags & FAULT_FLAG_UNSHARE))
			set_pmd_at(mm, vmf->address,
				   maybe_mkwrite(pte_mkdirty(pte_mkyoung(vmf->orig_pmd)), vma));
		ret = 0;
	}
	spin_unlock(&mm->ptl);
	if (ret)
		split_huge_pmd(vma, vmf->address);
	return ret;
}

static vm_fault_t wp_huge_pmd(struct task_struct *t, struct vm_fault *vmf)
{
	struct vm_area_struct *vma = vmf->vma;

	if (!(vmf->flags & FAULT_FLAG_UNSHARE) && userfaultfd_wp(vma) &&
	    pte_uffd_wp(vmf->orig_pmd)) {
		if (!userfaultfd_wp_async(vma))
			return handle_userfault(t, vmf, VM_UFFD_WP);
		/* Only the small page that is written loses the bit. */
		split_huge_pmd(vma, vmf->address);
		return VM_FAULT_FALLBACK;
	}
	return do_huge_pmd_wp_page(vmf);
}

static void huge_pmd_set_accessed(struct vm_fault *vmf)
{
	struct mm_struct *mm = vmf->vma->mm;
	pte_t pmd = pte_mkyoung(vmf->orig_pmd);

	if (vmf->flags & FAULT_FLAG_WRITE)
		pmd = pte_mkdirty(pmd);
	spin_lock(&mm->ptl);
	if (!vmf_pmd_changed(vmf) && !pte_same(pmd, vmf->orig_pmd))
		set_pmd_at(mm, vmf->address, pmd);
	spin_unlock(&mm->ptl);
}

vm_fault_t handle_huge_pmd_fault(struct task_struct *t, struct vm_fault *vmf)
{
	if (vmf->flags & (FAULT_FLAG_WRITE | FAULT_FLAG_UNSHARE) && !pte_write(vmf->orig_pmd))
		return wp_huge_pmd(t, vmf);
	huge_pmd_set_accessed(vmf);
	return 0;
}

/* ------------------------------------------- one leaf within a range, under ptl */

bool huge_pmd_covered(uint64_t addr, uint64_t end)
{
	return !(addr & (PMD_SIZE - 1)) && addr + PMD_SIZE <= end;
}

bool zap_huge_pmd(struct vm_area_struct *vma, uint64_t addr, uint64_t end)
{
	struct mm_struct *mm = vma->mm;
	pte_t pmd = pmd_get(mm, addr);

	if (!huge_pmd_covered(addr, end)) {
		split_huge_pmd_locked(vma, addr);
		return false;
	}
	set_pmd_at(mm, addr, PTE(0));
	if (!is_huge_zero_pmd(mm, pmd))
		pte_remove_rmap(vma, pmd);
	return true;
}

bool can_change_pmd_writable(struct vm_area_struct *vma, pte_t pmd)
{
	if (!(vma->vm_flags & VM_WRITE) || pte_protnone(pmd))
		return false;
	if (userfaultfd_wp(vma) && pte_uffd_wp(pmd))
		return false;
	return !is_huge_zero_pmd(vma->mm, pmd) && PageAnonExclusive(pte_page(vma->mm->k, pmd));
}

bool change_huge_pmd(struct vm_area_struct *vma, uint64_t addr, uint64_t end, unsigned cp_flags)
{
	struct mm_struct *mm = vma->mm;
	pte_t old = pmd_get(mm, addr), pmd;

	if (!huge_pmd_covered(addr, end)) {
		split_huge_pmd_locked(vma, addr);
		return false;
	}
	pmd = pte_set_protnone(pte_wrprotect(old), !(vma->vm_flags & VM_ACCESS_FLAGS) ||
							   wp_leaves_nothing(vma, cp_flags));
	if (cp_flags & MM_CP_UFFD_WP)
		pmd = pte_mkuffd_wp(pmd);
	else if (cp_flags & MM_CP_UFFD_RESOLVE)
		pmd = pte_clear_uffd_wp(pmd);
	pmd = cp_flags & MM_CP_UFFD_RWP ? pte_mkuffd_rwp(pmd) : pte_keep_rwp(vma, pmd);
	if (cp_flags & MM_CP_TRY_CHANGE_WRITABLE && mm_prof(mm)->pmd_restores_write &&
	    can_change_pmd_writable(vma, pmd))
		pmd = pte_mkwrite(pmd);
	if (!pte_same(pmd, old))
		set_pmd_at(mm, addr, pmd);
	return true;
}

int copy_huge_pmd(struct vm_area_struct *dst_vma, struct vm_area_struct *src_vma, uint64_t addr)
{
	struct mm_struct *dst = dst_vma->mm, *src = src_vma->mm;
	pte_t pmd = pmd_get(src, addr);

	if (pmd_alloc(dst, addr))
		return -ENOMEM;
	if (!is_huge_zero_pmd(src, pmd)) {
		struct page *folio = pte_page(src->k, pmd);

		if (PageAnonExclusive(folio) && folio_needs_cow_for_dma(src_vma, folio)) {
			split_huge_pmd_locked(src_vma, addr);
			return -EAGAIN;
		}
		get_page(folio);
		page_add_anon_rmap(folio, dst_vma);
		ClearPageAnonExclusive(folio);
	}
	if (pte_write(pmd)) {
		pmd = pte_wrprotect(pmd);
		set_pmd_at(src, addr, pmd);
	}
	pmd = pte_mkold(pmd);
	if (!userfaultfd_protected(dst_vma)) {
		if (userfaultfd_pte_rwp(src_vma, pmd))
			pmd = pte_wrprotect(pte_modify(dst_vma, pmd));
		pmd = pte_clear_uffd_wp(pmd);
	}
	set_pmd_at(dst, addr, pmd);
	return 0;
}

int move_huge_pmd(const struct vm_area_struct *vma, uint64_t old, uint64_t new, bool clear_uffd_wp)
{
	struct mm_struct *mm = vma->mm;
	pte_t pmd = pmd_get(mm, old);

	if (pmd_alloc(mm, new))
		return -ENOMEM;
	if (!pmd_none(mm, new))
		return -EAGAIN;
	if (clear_uffd_wp && userfaultfd_pte_rwp(vma, pmd))
		pmd = pte_modify(vma, pmd);
	if (clear_uffd_wp)
		pmd = pte_clear_uffd_wp(pmd);
	set_pmd_at(mm, old, PTE(0));
	set_pmd_at(mm, new, pmd);
	return 0;
}

/* ---------------------------------------------------------------------- madvise */

#define BATCH_IGNORES \
	(_PAGE_ACCESSED | _PAGE_DIRTY | _PAGE_SAVED_DIRTY | _PAGE_RW | \
	 (HPAGE_PMD_NR - 1ULL) << PTE_SUBPAGE_SHIFT)

/* How many entries from @addr on, in one table, map one folio page by page in the same way. */
static unsigned folio_pte_batch(struct mm_struct *mm, uint64_t addr, uint64_t end)
{
	pte_t first = ptep_get(mm, addr), pte;
	unsigned nr = 1;

	end = pmd_addr_end(addr, end);
	for (addr += PAGE_SIZE; addr < end; addr += PAGE_SIZE, nr++) {
		pte = ptep_get(mm, addr);
		if ((pte.val ^ first.val) & ~BATCH_IGNORES ||
		    pte_subpage(pte) != pte_subpage(first) + nr)
			break;
	}
	return nr;
}

/* The folio's mark is of all that map it. */
static void touch_lazyfree(const struct page *folio, enum sim_mode mode)
{
	sim_touch(folio->sim, sim_key(MM_CLASS_PAGE_REF, folio->id, 1), mode);
}

static bool is_lazyfree(const struct page *folio)
{
	touch_lazyfree(folio, SIM_READ);
	return folio->flags & PG_LAZYFREE;
}

static void set_lazyfree(struct page *folio, bool on)
{
	touch_lazyfree(folio, SIM_WRITE);
	folio->flags = on ? folio->flags | PG_LAZYFREE : folio->flags & ~PG_LAZYFREE;
}

/* 0: it is in pieces; else the bytes to pass over. */
static uint64_t madvise_split_folio(struct vm_area_struct *vma, struct page *folio, uint64_t len)
{
	if (folio_maybe_mapped_shared(folio))
		return len;
	get_page(folio);
	if (!split_folio(vma, folio))
		return 0;
	put_page(folio);
	return len;
}

/* The leaf, or the 512 entries, of a folio that is concerned as a whole. */
static void change_all(struct mm_struct *mm, uint64_t addr, pte_t (*change)(pte_t pte))
{
	if (pmd_leaf(mm, addr)) {
		pte_t pmd = pmd_get(mm, addr);

		if (!pte_same(pmd, change(pmd)))
			set_pmd_at(mm, addr, change(pmd));
		return;
	}
	for (unsigned i = 0; i < HPAGE_PMD_NR; i++) {
		pte_t pte = ptep_get(mm, addr + i * PAGE_SIZE);

		if (!pte_same(pte, change(pte)))
			set_pte_at(mm, addr + i * PAGE_SIZE, change(pte));
	}
}

static pte_t mkold_clean(pte_t pte)
{
	return pte_mkclean(pte_mkold(pte));
}

static bool any_dirty(struct mm_struct *mm, uint64_t addr)
{
	for (unsigned i = 0; i < HPAGE_PMD_NR; i++)
		if (pte_dirty(ptep_get(mm, addr + i * PAGE_SIZE)))
			return true;
	return false;
}

/* What was given up and not written since goes; else reclaim wants pages that it can swap. */
static uint64_t pageout_folio(struct vm_area_struct *vma, uint64_t addr, struct page *folio)
{
	if (!is_lazyfree(folio))
		return madvise_split_folio(vma, folio, PMD_SIZE);
	split_huge_pmd_locked(vma, addr);
	if (folio->flags & PG_DIRTY || any_dirty(vma->mm, addr))
		set_lazyfree(folio, false);
	else if (page_count(folio) == folio_large_mapcount(folio))
		for (unsigned i = 0; i < HPAGE_PMD_NR; i++)
			zap_pte(vma, addr + i * PAGE_SIZE);
	return PMD_SIZE;
}

static uint64_t madvise_whole_folio(struct vm_area_struct *vma, uint64_t addr, struct page *folio,
				    int behavior)
{
	switch (behavior) {
	case MADV_PAGEOUT:
		return pageout_folio(vma, addr, folio);
	case MADV_FREE:
		folio->flags &= ~PG_DIRTY;
		set_lazyfree(folio, true);
		change_all(vma->mm, addr, mkold_clean);
		break;
	default:
		change_all(vma->mm, addr, pte_mkold);
	}
	return PMD_SIZE;
}

uint64_t madvise_large_folio(struct vm_area_struct *vma, uint64_t addr, uint64_t end, int behavior)
{
	struct mm_struct *mm = vma->mm;
	pte_t pmd = pmd_get(mm, addr), pte;
	struct page *folio;
	unsigned nr;

	if (!pte_none(pmd)) {
		folio = pte_page(mm->k, pmd);
		end = pmd_addr_end(addr, end);
		if (behavior == MADV_GUARD_REMOVE || is_huge_zero_pmd(mm, pmd) ||
		    folio_maybe_mapped_shared(folio))
			return end - addr;
		if (!huge_pmd_covered(addr, end))
			return madvise_split_folio(vma, folio, end - addr);
		return madvise_whole_folio(vma, addr, folio, behavior);
	}
	pte = ptep_get(mm, addr);
	if (behavior == MADV_GUARD_REMOVE || !pte_present(pte) || !(pte.val & PTE_SUBPAGE) ||
	    !pte_folio(mm->k, pte)->order)
		return 0;
	folio = pte_folio(mm->k, pte);
	nr = folio_pte_batch(mm, addr, end);
	if (nr < HPAGE_PMD_NR)
		return madvise_split_folio(vma, folio, nr * PAGE_SIZE);
	if (folio_large_mapcount(folio) != HPAGE_PMD_NR)
		return PMD_SIZE;
	return madvise_whole_folio(vma, addr, folio, behavior);
}

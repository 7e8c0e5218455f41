/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * memory.c - faults on private anonymous memory, copying and dropping entries
 *
 * The fault path reads the entry without the lock, decides what kind of fault
 * it is, and decides again under ptl whether that is still true.
 */
#include "mm-model/fs.h"
#include "mm-model/huge_memory.h"
#include "mm-model/hugetlb.h"
#include "mm-model/swap.h"

void touch_anon_vma(const struct vm_area_struct *vma)
{
	sim_touch(mm_sim(vma->mm), sim_key(MM_CLASS_ANON_VMA, vma->mm->obj.id, 0),
		  vma->anon_vma ? SIM_READ : SIM_WRITE);
}

void release_fault_lock(struct vm_fault *vmf)
{
	if (vmf->flags & FAULT_FLAG_VMA_LOCK)
		vma_end_read(vmf->vma);
	else
		mmap_read_unlock(vmf->vma->mm);
}

/*
 * An anonymous page needs the VMA to have an anon_vma, which may only be given
 * to it with mmap_lock held: RETRY if that cannot be had at once.
 */
vm_fault_t __vmf_anon_prepare(struct vm_fault *vmf)
{
	struct vm_area_struct *vma = vmf->vma;
	bool trylock = vmf->flags & FAULT_FLAG_VMA_LOCK;
	vm_fault_t ret = 0;

	touch_anon_vma(vma);
	if (vma->anon_vma)
		return 0;
	if (trylock && !mmap_read_trylock(vma->mm))
		return VM_FAULT_RETRY;
	touch_anon_vma(vma);
	if (anon_vma_prepare(vma))
		ret = VM_FAULT_OOM;
	if (trylock)
		mmap_read_unlock(vma->mm);
	return ret;
}

vm_fault_t vmf_anon_prepare(struct vm_fault *vmf)
{
	vm_fault_t ret = __vmf_anon_prepare(vmf);

	if (ret & VM_FAULT_RETRY)
		vma_end_read(vmf->vma);
	return ret;
}

/* Map @page (a reference of which is handed over) at the fault. */
static void map_anon_page(struct vm_fault *vmf, struct page *page, pte_t entry)
{
	page_add_anon_rmap(page, vmf->vma);
	if (!(page->flags & PG_ZERO))
		SetPageAnonExclusive(page);
	if (pte_marker_uffd_wp(vmf->orig_pte))
		entry = pte_mkuffd_wp(entry);
	set_pte_at(vmf->vma->mm, vmf->address, entry);
}

/*
 * What the fault met has changed, or the table that it had made is gone (MADV_DONTNEED
 * frees those that it empties): the access is simply tried again.
 */
static bool vmf_pte_changed(struct vm_fault *vmf)
{
	struct mm_struct *mm = vmf->vma->mm;

	return !pte_same(ptep_get(mm, vmf->address), vmf->orig_pte) ||
	       (pte_none(vmf->orig_pte) && !pte_table_exists(mm, vmf->address));
}

static vm_fault_t do_anonymous_page(struct task_struct *t, struct vm_fault *vmf)
{
	struct vm_area_struct *vma = vmf->vma;
	struct mm_struct *mm = vma->mm;
	struct page *page = mm->k->zero_page;
	vm_fault_t ret;
	pte_t entry;

	if (pte_alloc(mm, vmf->address))
		return VM_FAULT_OOM;
	if (vmf->flags & FAULT_FLAG_WRITE) {
		ret = vmf_anon_prepare(vmf);
		if (ret)
			return ret;
		page = alloc_page(mm->k);
		if (!page)
			return VM_FAULT_OOM;
	}
	entry = mk_pte(vma, page);
	if (vmf->flags & FAULT_FLAG_WRITE)
		entry = maybe_mkwrite(pte_mkdirty(entry), vma);

	spin_lock(&mm->ptl);
	if (vmf_pte_changed(vmf) || !pte_table_exists(mm, vmf->address)) {
		spin_unlock(&mm->ptl);
		put_page(page);
		return 0;
	}
	if (userfaultfd_missing(vma)) {
		spin_unlock(&mm->ptl);
		put_page(page);
		return handle_userfault(t, vmf, VM_UFFD_MISSING);
	}
	map_anon_page(vmf, page, entry);
	spin_unlock(&mm->ptl);
	sim_trace(mm_sim(mm), "  set_pte(%s)", page->flags & PG_ZERO ? "zero page" : "new page");
	return 0;
}

/* ------------------------------------------------------------- pages of a file */

void set_file_pte(struct vm_fault *vmf, uint64_t addr, struct page *page, bool write)
{
	struct vm_area_struct *vma = vmf->vma;
	pte_t entry = mk_pte(vma, page);

	if (vma->vm_page_prot_w)
		entry = pte_mkwrite(entry);
	if (write)
		entry = maybe_mkwrite(pte_mkdirty(entry), vma);
	else if (pte_write(entry) && folio_test_dirty(page) && mm_prof(vma->mm)->map_dirty_as_dirty)
		entry = pte_mkdirty(entry);
	if (pte_marker_uffd_wp(vmf->orig_pte))
		entry = pte_mkuffd_wp(entry);
	page_add_file_rmap(page, vma);
	set_pte_at(vma->mm, addr, entry);
}

static void set_cow_pte(struct vm_fault *vmf)
{
	struct vm_area_struct *vma = vmf->vma;

	map_anon_page(vmf, vmf->cow_page,
		      maybe_mkwrite(pte_mkdirty(mk_pte(vma, vmf->cow_page)), vma));
}

/* Map what the fault has got; a reference goes with it unless it comes too late: NOPAGE. */
static vm_fault_t finish_fault(struct vm_fault *vmf)
{
	struct mm_struct *mm = vmf->vma->mm;
	vm_fault_t ret = VM_FAULT_NOPAGE;

	if (pte_alloc(mm, vmf->address))
		return VM_FAULT_OOM;
	spin_lock(&mm->ptl);
	if (!vmf_pte_changed(vmf)) {
		if (vmf->cow_page)
			set_cow_pte(vmf);
		else
			set_file_pte(vmf, vmf->address, vmf->page, vmf->flags & FAULT_FLAG_WRITE);
		ret = 0;
	}
	spin_unlock(&mm->ptl);
	if (!ret)
		sim_trace(mm_sim(mm), "  set_pte(%s)", vmf->cow_page ? "copy" : "page of file");
	return ret;
}

/* 16 pages around the fault, as far as the VMA and the page table go. */
static vm_fault_t do_fault_around(struct vm_fault *vmf)
{
	const struct vm_area_struct *vma = vmf->vma;
	const uint64_t size = 16 * PAGE_SIZE;
	uint64_t start = vmf->address & ~(size - 1), end;

	if (start < vma->vm_start)
		start = vma->vm_start;
	end = pmd_addr_end(vmf->address, start + size);
	if (end > vma->vm_end)
		end = vma->vm_end;
	sim_yield(mm_sim(vma->mm), SIM_OP_READ, "filemap_map_pages");
	return filemap_map_pages(vmf, start, (end - start) >> PAGE_SHIFT);
}

/* Whoever wants to hear of single pages does not want their neighbours mapped. */
static bool should_fault_around(const struct vm_area_struct *vma)
{
	return vma->vm_ops->map_pages && !(vma->vm_flags & (VM_UFFD_WP | VM_UFFD_MINOR));
}

static vm_fault_t do_read_fault(struct task_struct *t, struct vm_fault *vmf)
{
	vm_fault_t ret = 0;

	if (should_fault_around(vmf->vma))
		ret = do_fault_around(vmf);
	if (!ret)
		ret = vmf->vma->vm_ops->fault(t, vmf);
	if (ret)
		return ret;
	ret = finish_fault(vmf);
	folio_unlock(vmf->page);
	if (ret)
		put_page(vmf->page);
	return ret;
}

static vm_fault_t do_cow_fault(struct task_struct *t, struct vm_fault *vmf)
{
	vm_fault_t ret = vmf_anon_prepare(vmf);

	if (ret)
		return ret;
	vmf->cow_page = alloc_page(vmf->vma->mm->k);
	if (!vmf->cow_page)
		return VM_FAULT_OOM;
	ret = vmf->vma->vm_ops->fault(t, vmf);
	if (!ret) {
		copy_page(vmf->cow_page, vmf->page);
		ret = finish_fault(vmf);
		folio_unlock(vmf->page);
		put_page(vmf->page);
	}
	if (ret)
		put_page(vmf->cow_page);
	return ret;
}

static vm_fault_t do_shared_fault(struct task_struct *t, struct vm_fault *vmf)
{
	const struct vm_operations_struct *vm_ops = vmf->vma->vm_ops;
	vm_fault_t ret = vm_ops->fault(t, vmf);

	if (ret)
		return ret;
	if (vm_ops->page_mkwrite) {
		folio_unlock(vmf->page);
		ret = vm_ops->page_mkwrite(vmf);
		if (ret) {
			put_page(vmf->page);
			return ret;
		}
	}
	ret = finish_fault(vmf);
	if (!ret)
		folio_mark_dirty(vmf->page);
	folio_unlock(vmf->page);
	if (ret)
		put_page(vmf->page);
	return ret;
}

/* Nothing, or a marker, at an address of a file's mapping. */
static vm_fault_t do_fault(struct task_struct *t, struct vm_fault *vmf)
{
	if (!(vmf->flags & FAULT_FLAG_WRITE))
		return do_read_fault(t, vmf);
	if (!(vmf->vma->vm_flags & VM_SHARED))
		return do_cow_fault(t, vmf);
	return do_shared_fault(t, vmf);
}

static vm_fault_t do_pte_missing(struct task_struct *t, struct vm_fault *vmf)
{
	return vma_is_anonymous(vmf->vma) ? do_anonymous_page(t, vmf) : do_fault(t, vmf);
}

/* --------------------------------------------------------------------- markers */

/* A uffd-wp marker whose VMA is no longer write-protected means nothing. */
static vm_fault_t pte_marker_clear(struct vm_fault *vmf)
{
	struct mm_struct *mm = vmf->vma->mm;

	spin_lock(&mm->ptl);
	if (!vmf_pte_changed(vmf))
		set_pte_at(mm, vmf->address, PTE(0));
	spin_unlock(&mm->ptl);
	return 0;
}

static vm_fault_t handle_pte_marker(struct task_struct *t, struct vm_fault *vmf)
{
	if (pte_marker_poisoned(vmf->orig_pte))
		return VM_FAULT_HWPOISON;
	if (pte_marker_guard(vmf->orig_pte))
		return VM_FAULT_SIGSEGV;
	if (!userfaultfd_wp(vmf->vma))
		return pte_marker_clear(vmf);
	return do_pte_missing(t, vmf);
}

/*
 * May the page be written in place although it was shared once?  With
 * PageAnonExclusive known pages do not come here; nobody else may hold it.
 */
static bool wp_can_reuse_anon_page(const struct profile *prof, struct page *page)
{
	struct page *folio = page_folio(page);
	bool swapcache = page_swap(page);
	int mapped;

	if (!folio->order || !prof->large_folio_reuse) {
		if (swapcache && page_count(page) == 2)
			folio_free_swap(page);
		return page_count(page) == 1;
	}
	/* More than the one page is mapped, by this mm only, and nobody else holds it. */
	mapped = folio_large_mapcount(folio);
	return mapped > 1 && !folio_maybe_mapped_shared(folio) && mapped == page_count(page);
}

/* ptl is held and given back. */
static vm_fault_t wp_page_reuse(struct vm_fault *vmf)
{
	struct vm_area_struct *vma = vmf->vma;
	pte_t entry = maybe_mkwrite(pte_mkdirty(pte_mkyoung(vmf->orig_pte)), vma);

	set_pte_at(vma->mm, vmf->address, entry);
	spin_unlock(&vma->mm->ptl);
	sim_trace(mm_sim(vma->mm), "  wp_page_reuse()");
	return 0;
}

/* Install the copy if nothing came in between; true if it was. */
static bool install_copy(struct vm_fault *vmf, struct page *old, struct page *new)
{
	struct vm_area_struct *vma = vmf->vma;
	struct mm_struct *mm = vma->mm;
	pte_t entry = mk_pte(vma, new);

	if (vmf->flags & FAULT_FLAG_UNSHARE) {
		if (pte_uffd_wp(vmf->orig_pte))
			entry = pte_mkuffd_wp(entry);
	} else {
		entry = maybe_mkwrite(pte_mkdirty(entry), vma);
	}
	spin_lock(&mm->ptl);
	if (vmf_pte_changed(vmf)) {
		spin_unlock(&mm->ptl);
		return false;
	}
	page_remove_rmap(old, vma);
	page_add_anon_rmap(new, vma);
	SetPageAnonExclusive(new);
	set_pte_at(mm, vmf->address, entry);
	spin_unlock(&mm->ptl);
	sim_trace(mm_sim(mm), "  wp_page_copy()");
	return true;
}

/* @old comes with a reference for the time of the copy. */
static vm_fault_t wp_page_copy(struct vm_fault *vmf, struct page *old)
{
	struct kernel *k = vmf->vma->mm->k;
	struct page *new;
	vm_fault_t ret;

	ret = vmf_anon_prepare(vmf);
	if (ret)
		goto out;
	ret = VM_FAULT_OOM;
	new = alloc_page(k);
	if (!new)
		goto out;
	ret = 0;
	if (!(old->flags & PG_ZERO)) {
		sim_yield(k->sim, SIM_OP_READ, "copy_user_highpage");
		copy_page(new, old);
	}
	if (install_copy(vmf, old, new)) {
		free_swap_cache(old);
		put_page(old); /* the reference of the mapping that went */
	} else {
		put_page(new);
	}
out:
	put_page(old);
	return ret;
}

/* A shared page was told to the file system, which let us write it: locked again. */
static vm_fault_t finish_mkwrite_fault(struct vm_fault *vmf)
{
	struct mm_struct *mm = vmf->vma->mm;

	spin_lock(&mm->ptl);
	if (vmf_pte_changed(vmf)) {
		spin_unlock(&mm->ptl);
		return VM_FAULT_NOPAGE;
	}
	return wp_page_reuse(vmf);
}

/* A write to what is everybody's.  ptl is held and given back. */
static vm_fault_t wp_page_shared(struct vm_fault *vmf, struct page *page)
{
	const struct vm_operations_struct *vm_ops = vmf->vma->vm_ops;
	vm_fault_t ret;

	get_page(page);
	if (vm_ops->page_mkwrite) {
		spin_unlock(&vmf->vma->mm->ptl);
		vmf->page = page;
		ret = vm_ops->page_mkwrite(vmf);
		if (ret) {
			put_page(page);
			return ret;
		}
		ret = finish_mkwrite_fault(vmf);
		folio_mark_dirty(page);
		folio_unlock(page);
	} else {
		ret = wp_page_reuse(vmf);
		folio_mark_dirty(page);
	}
	put_page(page);
	return ret;
}

/* ptl is held and given back. */
static vm_fault_t do_wp_page(struct task_struct *t, struct vm_fault *vmf)
{
	struct vm_area_struct *vma = vmf->vma;
	struct mm_struct *mm = vma->mm;
	bool unshare = vmf->flags & FAULT_FLAG_UNSHARE;
	bool has_exclusive = mm_prof(mm)->anon_exclusive;
	struct page *page;

	if (!unshare && userfaultfd_wp(vma) && pte_uffd_wp(vmf->orig_pte)) {
		if (!userfaultfd_wp_async(vma)) {
			spin_unlock(&mm->ptl);
			return handle_userfault(t, vmf, VM_UFFD_WP);
		}
		vmf->orig_pte = pte_clear_uffd_wp(vmf->orig_pte);
		set_pte_at(mm, vmf->address, vmf->orig_pte);
	}
	page = pte_page(mm->k, vmf->orig_pte);
	if (vma->vm_flags & (VM_SHARED | VM_MAYSHARE))
		return wp_page_shared(vmf, page);
	if (page->flags & PG_ANON && ((has_exclusive && PageAnonExclusive(page)) ||
				      wp_can_reuse_anon_page(mm_prof(mm), page))) {
		SetPageAnonExclusive(page);
		if (!unshare)
			return wp_page_reuse(vmf);
		spin_unlock(&mm->ptl);
		return 0;
	}
	get_page(page);
	spin_unlock(&mm->ptl);
	return wp_page_copy(vmf, page);
}

/* Who writes to a page that nobody else maps needs no copy of it on the device any more. */
static bool should_try_to_free_swap(struct vm_fault *vmf, struct page *page)
{
	if (vm_swap_full(vmf->vma->mm->k) || vmf->vma->vm_flags & VM_LOCKED)
		return true;
	return vmf->flags & FAULT_FLAG_WRITE && page_count(page) == 2;
}

/* The entry of a page that has just come back; FAULT_FLAG_WRITE goes if it serves the write. */
static pte_t swapin_pte(struct vm_fault *vmf, struct page *page)
{
	struct vm_area_struct *vma = vmf->vma;
	pte_t pte = pte_from_swp(mk_pte(vma, page), vmf->orig_pte);

	if (!pte_swp_exclusive(vmf->orig_pte) && page_count(page) != 1)
		return pte;
	SetPageAnonExclusive(page);
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

static vm_fault_t do_swap_page(struct task_struct *t, struct vm_fault *vmf)
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
	if (vmf->flags & FAULT_FLAG_WRITE)
		return do_wp_page(t, vmf);
	spin_unlock(&mm->ptl);
	return 0;
}

static vm_fault_t handle_present_pte(struct task_struct *t, struct vm_fault *vmf)
{
	struct mm_struct *mm = vmf->vma->mm;
	pte_t entry = vmf->orig_pte;

	spin_lock(&mm->ptl);
	if (vmf_pte_changed(vmf)) {
		spin_unlock(&mm->ptl);
		return 0;
	}
	if (vmf->flags & (FAULT_FLAG_WRITE | FAULT_FLAG_UNSHARE)) {
		if (!pte_write(entry))
			return do_wp_page(t, vmf);
		if (vmf->flags & FAULT_FLAG_WRITE)
			entry = pte_mkdirty(entry);
	}
	entry = pte_mkyoung(entry);
	if (!pte_same(entry, vmf->orig_pte))
		set_pte_at(mm, vmf->address, entry);
	spin_unlock(&mm->ptl);
	return 0;
}

static vm_fault_t handle_pte_fault(struct task_struct *t, struct vm_fault *vmf)
{
	struct mm_struct *mm = vmf->vma->mm;

	vmf->orig_pte = ptep_get_lockless(mm, vmf->address);
	if (pte_none(vmf->orig_pte))
		return do_pte_missing(t, vmf);
	if (is_swap_pte(vmf->orig_pte))
		return do_swap_page(t, vmf);
	if (!pte_present(vmf->orig_pte))
		return handle_pte_marker(t, vmf);
	return handle_present_pte(t, vmf);
}

/* The step that looks at the leaf, if there is one, and at the small entry. */
static vm_fault_t __handle_mm_fault(struct task_struct *t, struct vm_fault *vmf)
{
	struct vm_area_struct *vma = vmf->vma;
	vm_fault_t ret = VM_FAULT_FALLBACK;

	sim_yield(mm_sim(vma->mm), SIM_OP_READ, "handle_pte_fault");
	vmf->orig_pmd = pmd_get(vma->mm, vmf->address);
	if (!pte_none(vmf->orig_pmd))
		ret = handle_huge_pmd_fault(t, vmf);
	else if (thp_vma_allowable_pagefault(vma) && pmd_none(vma->mm, vmf->address))
		ret = do_huge_pmd_anonymous_page(t, vmf);
	return ret & VM_FAULT_FALLBACK ? handle_pte_fault(t, vmf) : ret;
}

/* A fault is counted once it is done: not when it has to be tried again. */
static void mm_account_fault(struct task_struct *t, unsigned flags, vm_fault_t ret)
{
	if (ret & (VM_FAULT_RETRY | VM_FAULT_ERROR))
		return;
	if (flags & FAULT_FLAG_TRIED)
		t->maj_flt++;
	else
		t->min_flt++;
}

/* Without VM_WRITE only copies of one's own can be written, and only those be unshared. */
static bool sanitize_fault_flags(const struct vm_area_struct *vma, unsigned *flags)
{
	bool cow = (vma->vm_flags & (VM_SHARED | VM_MAYWRITE)) == VM_MAYWRITE;

	if (!cow)
		*flags &= ~FAULT_FLAG_UNSHARE;
	return !(*flags & FAULT_FLAG_WRITE) || vma->vm_flags & VM_WRITE || cow;
}

vm_fault_t handle_mm_fault(struct task_struct *t, struct vm_area_struct *vma, uint64_t address,
			   unsigned flags)
{
	struct vm_fault vmf = {
		.vma = vma,
		.address = address & PAGE_MASK,
		.real_address = address,
		.flags = flags,
	};
	vm_fault_t ret;

	if (!sanitize_fault_flags(vma, &vmf.flags))
		return VM_FAULT_SIGSEGV;
	sim_trace(mm_sim(vma->mm), "handle_mm_fault(%s)",
		  flags & FAULT_FLAG_WRITE ? "write" : "read");
	if (is_vm_hugetlb_page(vma))
		ret = hugetlb_fault(t, vma, address, flags);
	else
		ret = __handle_mm_fault(t, &vmf);
	mm_account_fault(t, flags, ret);
	return ret;
}

/* ------------------------------------------------------------------------ zap */

/** What of the entries goes, and what comes in their place. */
struct zap_details {
	bool even_cows;                  /* private copies too */
	bool drop_markers;               /* nothing is to be remembered */
	bool reclaim_pt;                 /* page tables that are empty then */
	const struct page *single_folio; /* only what maps this one */
};

/* Does the entry stay? */
static bool zap_skips(const struct vm_area_struct *vma, pte_t pte,
		      const struct zap_details *details)
{
	const struct page *folio;

	if (pte_marker_uffd_wp(pte))
		return !vma_is_anonymous(vma) && !details->drop_markers;
	if (pte_marker_guard(pte))
		return !details->drop_markers;
	if (pte_marker_poisoned(pte) || is_swap_pte(pte))
		return !details->even_cows;
	if (!pte_present(pte) || pte_special(pte))
		return false;
	folio = pte_folio(vma->mm->k, pte);
	if (details->single_folio && folio != details->single_folio)
		return true;
	return !details->even_cows && folio->flags & PG_ANON;
}

/* Pages of a file leave their write protection behind, also when they were copies. */
static pte_t zap_leaves(const struct vm_area_struct *vma, pte_t pte,
			const struct zap_details *details)
{
	if (vma_is_anonymous(vma) || details->drop_markers)
		return PTE(0);
	/* Truncation comes without any lock of the VMA's mm. */
	sim_touch(mm_sim(vma->mm), mm_key(vma->mm), SIM_READ);
	if (!userfaultfd_wp(vma))
		return PTE(0);
	return pte_uffd_wp(pte) || pte_swp_uffd_wp(pte) ? make_pte_marker(PTE_MARKER_UFFD_WP) :
							  PTE(0);
}

static void zap_pte_to(struct vm_area_struct *vma, uint64_t addr, pte_t new)
{
	struct mm_struct *mm = vma->mm;
	pte_t pte = ptep_get(mm, addr);

	set_pte_at(mm, addr, new);
	if (is_swap_pte(pte))
		free_swap_and_cache(pte_to_swp_entry(mm->k, pte));
	if (!pte_present(pte))
		return;
	if (pte_dirty(pte) && pte_folio(mm->k, pte)->cache)
		folio_mark_dirty(pte_folio(mm->k, pte));
	pte_remove_rmap(vma, pte);
}

void zap_pte(struct vm_area_struct *vma, uint64_t addr)
{
	zap_pte_to(vma, addr, PTE(0));
}

void zap_pte_remembering(struct vm_area_struct *vma, uint64_t addr)
{
	const struct zap_details details = { 0 };

	zap_pte_to(vma, addr, zap_leaves(vma, ptep_get(vma->mm, addr), &details));
}

/* Free the tables that are empty now, of the 2 MiB that lie in the range as a whole. */
static void zap_reclaim_tables(struct mm_struct *mm, uint64_t addr, uint64_t end)
{
	addr = (addr + PMD_SIZE - 1) & ~(PMD_SIZE - 1);
	for (; addr + PMD_SIZE <= end; addr += PMD_SIZE)
		if (pte_table_exists(mm, addr) && pte_table_empty(mm, addr))
			pmd_free_table(mm, addr);
}

static void zap_range(struct vm_area_struct *vma, uint64_t addr, uint64_t end,
		      const struct zap_details *details)
{
	uint64_t start = addr;
	struct mm_struct *mm = vma->mm;
	bool any = false;
	uint64_t next;

	if (is_vm_hugetlb_page(vma)) {
		unmap_hugepage_range(vma, addr, end, details->single_folio, details->drop_markers);
		return;
	}
	if (pte_peek_next(mm, addr, end) == end && !pte_table_exists(mm, addr) &&
	    details->drop_markers && !details->single_folio)
		return; /* munmap of what was never touched: write-locked, nothing to see */
	spin_lock(&mm->ptl);
	for (addr = pte_next_present(mm, addr, end); addr < end;
	     addr = pte_next_present(mm, next, end)) {
		next = addr + PAGE_SIZE;
		if (zap_skips(vma, ptep_get(mm, addr), details))
			continue;
		if (any)
			pte_step_before(mm, addr, "zap_pte_range");
		any = true;
		if (pmd_leaf(mm, addr) && zap_huge_pmd(vma, addr, end))
			next = pmd_addr_end(addr, end);
		else
			zap_pte_to(vma, addr, zap_leaves(vma, ptep_get(mm, addr), details));
	}
	if (details->reclaim_pt && mm_prof(mm)->pt_reclaim)
		zap_reclaim_tables(mm, start, end);
	spin_unlock(&mm->ptl);
	sim_trace(mm_sim(mm), "  zap_pte_range()");
}

void zap_page_range(struct vm_area_struct *vma, uint64_t start, uint64_t end)
{
	const struct zap_details details = { .even_cows = true };

	zap_range(vma, start, end, &details);
}

void zap_page_range_and_tables(struct vm_area_struct *vma, uint64_t start, uint64_t end)
{
	const struct zap_details details = { .even_cows = true, .reclaim_pt = true };

	zap_range(vma, start, end, &details);
}

void unmap_page_range(struct vm_area_struct *vma, uint64_t start, uint64_t end)
{
	const struct zap_details details = { .even_cows = true, .drop_markers = true };

	zap_range(vma, start, end, &details);
}

/* The mappings of pages [first, last] of a file, one after the other. */
static void unmap_mapping_range_tree(struct address_space *mapping, uint64_t first, uint64_t last,
				     const struct zap_details *details)
{
	struct vm_area_struct *vma;

	down_read(&mapping->i_mmap_rwsem);
	for (vma = mapping->i_mmap; vma; vma = vma->i_mmap_next) {
		uint64_t from = vma->vm_pgoff, to = from + vma_pages(vma) - 1;

		if (from > last || to < first)
			continue;
		from = first > from ? first : from;
		to = last < to ? last : to;
		zap_range(vma, vma->vm_start + ((from - vma->vm_pgoff) << PAGE_SHIFT),
			  vma->vm_start + ((to + 1 - vma->vm_pgoff) << PAGE_SHIFT), details);
	}
	up_read(&mapping->i_mmap_rwsem);
}

void unmap_mapping_pages(struct address_space *mapping, uint64_t start, uint64_t nr, bool even_cows)
{
	const struct zap_details details = { .even_cows = even_cows };

	unmap_mapping_range_tree(mapping, start, nr ? start + nr - 1 : UINT64_MAX, &details);
}

void unmap_mapping_folio(struct page *page)
{
	const struct zap_details details = { .drop_markers = true, .single_folio = page };
	struct cache_folio *cache = page->cache;

	unmap_mapping_range_tree(cache->mapping, cache->index, cache->index, &details);
}

/* ----------------------------------------------------------------------- copy */

uint64_t copy_pte_marker(const struct vm_area_struct *dst_vma, pte_t pte)
{
	uint64_t marker = pte.val & (PTE_MARKER_POISONED | PTE_MARKER_GUARD);

	if (userfaultfd_wp(dst_vma))
		marker |= pte.val & PTE_MARKER_UFFD_WP;
	return marker;
}

/* Whoever pinned the page goes on with the parent's: the child gets a copy at once. */
static int copy_present_page(struct vm_area_struct *dst_vma, uint64_t addr, pte_t src_pte,
			     struct page *page)
{
	struct page *new = alloc_page(dst_vma->mm->k);
	pte_t pte;

	if (!new)
		return -ENOMEM;
	copy_page(new, page);
	page_add_anon_rmap(new, dst_vma);
	SetPageAnonExclusive(new);
	pte = maybe_mkwrite(pte_mkdirty(mk_pte(dst_vma, new)), dst_vma);
	if (userfaultfd_wp(dst_vma) && pte_uffd_wp(src_pte))
		pte = pte_mkuffd_wp(pte);
	set_pte_at(dst_vma->mm, addr, pte);
	return 0;
}

static void dup_rmap(struct page *page, const struct vm_area_struct *dst_vma)
{
	get_page(page);
	if (!(page->flags & PG_ANON)) {
		page_add_file_rmap(page, dst_vma);
		return;
	}
	page_add_anon_rmap(page, dst_vma);
	ClearPageAnonExclusive(page);
}

/*
 * One present entry: both sides lose write access to a private page.  A shared one
 * is only copied for what the entry carries beside it.
 */
static int copy_present_pte(struct vm_area_struct *dst_vma, struct vm_area_struct *src_vma,
			    uint64_t addr, pte_t pte)
{
	struct page *page = pte_page(src_vma->mm->k, pte);
	const vm_flags_t flags = src_vma->vm_flags;

	if (page->flags & PG_ANON && PageAnonExclusive(page) &&
	    folio_needs_cow_for_dma(src_vma, page))
		return copy_present_page(dst_vma, addr, pte, page);
	dup_rmap(page, dst_vma);
	if ((flags & (VM_SHARED | VM_MAYWRITE)) == VM_MAYWRITE && pte_write(pte)) {
		pte = pte_wrprotect(pte);
		set_pte_at(src_vma->mm, addr, pte);
	}
	if (flags & VM_SHARED)
		pte = pte_mkclean(pte);
	pte = pte_mkold(pte);
	if (!userfaultfd_wp(dst_vma))
		pte = pte_clear_uffd_wp(pte);
	set_pte_at(dst_vma->mm, addr, pte);
	return 0;
}

/* A child only gets entries that it could not build again by faulting. */
static bool vma_needs_copy(const struct vm_area_struct *dst_vma,
			   const struct vm_area_struct *src_vma)
{
	return src_vma->anon_vma || dst_vma->vm_flags & (VM_UFFD_WP | VM_MAYBE_GUARD);
}

/* A page in swap is shared as one in memory is; neither side has it for itself. */
static void copy_swap_pte(struct vm_area_struct *dst_vma, struct vm_area_struct *src_vma,
			  uint64_t addr, pte_t pte)
{
	swap_duplicate(pte_to_swp_entry(src_vma->mm->k, pte));
	if (pte_swp_exclusive(pte)) {
		pte.val &= ~_PAGE_SWP_EXCLUSIVE;
		set_pte_at(src_vma->mm, addr, pte);
	}
	if (!userfaultfd_wp(dst_vma))
		pte = pte_swp_clear_uffd_wp(pte);
	set_pte_at(dst_vma->mm, addr, pte);
}

/* What is at @addr, a leaf perhaps; *next: where it ends. */
static int copy_entry(struct vm_area_struct *dst_vma, struct vm_area_struct *src_vma, uint64_t addr,
		      uint64_t *next)
{
	struct mm_struct *src = src_vma->mm;
	int err = -EAGAIN;
	pte_t pte;

	*next = pmd_addr_end(addr, src_vma->vm_end);
	if (pmd_leaf(src, addr))
		err = copy_huge_pmd(dst_vma, src_vma, addr);
	if (err != -EAGAIN)
		return err;
	*next = addr + PAGE_SIZE;
	err = pte_alloc(dst_vma->mm, addr);
	if (err)
		return err;
	pte = ptep_get(src, addr);
	if (pte_present(pte))
		return copy_present_pte(dst_vma, src_vma, addr, pte);
	if (is_swap_pte(pte)) {
		copy_swap_pte(dst_vma, src_vma, addr, pte);
		return 0;
	}
	if (copy_pte_marker(dst_vma, pte))
		set_pte_at(dst_vma->mm, addr, make_pte_marker(copy_pte_marker(dst_vma, pte)));
	return 0;
}

/* A table in the parent gives the child one, whether or not it gets an entry. */
static int copy_tables(struct vm_area_struct *dst_vma, struct vm_area_struct *src_vma)
{
	uint64_t addr = src_vma->vm_start, end = src_vma->vm_end;

	for (addr = pmd_peek_next(src_vma->mm, addr, end); addr < end;
	     addr = pmd_peek_next(src_vma->mm, pmd_addr_end(addr, end), end))
		if (pte_table_exists(src_vma->mm, addr) && pte_alloc(dst_vma->mm, addr))
			return -ENOMEM;
	return 0;
}

int copy_page_range(struct vm_area_struct *dst_vma, struct vm_area_struct *src_vma)
{
	struct mm_struct *src = src_vma->mm;
	uint64_t addr = src_vma->vm_start, end = src_vma->vm_end, next;
	bool any = false;
	int ret = 0;

	touch_anon_vma(src_vma);
	if (!vma_needs_copy(dst_vma, src_vma))
		return 0;
	if (is_vm_hugetlb_page(src_vma))
		return copy_hugetlb_page_range(dst_vma, src_vma);
	spin_lock(&src->ptl);
	ret = copy_tables(dst_vma, src_vma);
	for (addr = pte_next_present(src, addr, end); addr < end && !ret;
	     addr = pte_next_present(src, next, end)) {
		if (any)
			pte_step_before(src, addr, "copy_pte_range");
		any = true;
		ret = copy_entry(dst_vma, src_vma, addr, &next);
	}
	spin_unlock(&src->ptl);
	sim_trace(mm_sim(src), "copy_page_range()");
	return ret;
}

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * memory.c - page faults: memory without a file, copy on write
 *
 * The fault path reads the entry without the lock, decides what kind of fault
 * it is, and decides again under ptl whether that is still true.
 */
#include "mm-model/decisions.h"
#include "mm-model/fs.h"
#include "mm-model/huge_memory.h"
#include "mm-model/hugetlb.h"
#include "mm-model/swap.h"
#include "mm-model/tlb.h"

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

void map_anon_page(struct vm_fault *vmf, struct page *page, pte_t entry)
{
	page_add_anon_rmap(page, vmf->vma);
	if (!(page->flags & PG_ZERO))
		SetPageAnonExclusive(page);
	if (pte_marker_uffd_wp(vmf->orig_pte))
		entry = pte_mkuffd_wp(entry);
	set_pte_at(vmf->vma->mm, vmf->address, entry);
}

bool vmf_pte_changed(struct vm_fault *vmf)
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

	if (!prof->cow_counts_references && !folio->order)
		return page_mapcount(page) == 1;
	if (!folio->order || !prof->large_folio_reuse) {
		if (swapcache && page_count(page) == 2)
			folio_free_swap(page);
		return page_count(page) == 1;
	}
	/* More than the one page is mapped, by this mm only, and nobody else holds it. */
	mapped = folio_large_mapcount(folio);
	return mapped > 1 && !folio_maybe_mapped_shared(folio) && mapped == page_count(page);
}

bool builtin_wp_can_reuse_anon_page(struct vm_area_struct *vma, uint64_t addr, pte_t pte,
				    struct page *page)
{
	const struct profile *prof = mm_prof(vma->mm);

	return (prof->anon_exclusive && PageAnonExclusive(page)) ||
	       wp_can_reuse_anon_page(prof, page);
}

/* Written in place, or to a copy? */
static bool reuses_anon_page(struct vm_fault *vmf, struct page *page)
{
	struct vm_area_struct *vma = vmf->vma;
	const struct profile *prof = mm_prof(vma->mm);

	if (patched(prof->decide.wp_can_reuse_anon_page))
		return prof->decide.wp_can_reuse_anon_page(vma, vmf->address, vmf->orig_pte, page);
	return builtin_wp_can_reuse_anon_page(vma, vmf->address, vmf->orig_pte, page);
}

enum uffd_wp_action builtin_userfaultfd_wp_fault(struct vm_area_struct *vma, uint64_t addr,
						 pte_t pte)
{
	return userfaultfd_wp_async(vma) ? UFFD_WP_RESOLVE : UFFD_WP_NOTIFY;
}

static enum uffd_wp_action userfaultfd_wp_fault(const struct vm_fault *vmf)
{
	struct vm_area_struct *vma = vmf->vma;
	const struct profile *prof = mm_prof(vma->mm);

	if (patched(prof->decide.userfaultfd_wp_fault))
		return prof->decide.userfaultfd_wp_fault(vma, vmf->address, vmf->orig_pte);
	return builtin_userfaultfd_wp_fault(vma, vmf->address, vmf->orig_pte);
}

/* COW is broken for a reader: does the entry that @what makes stay protected? */
static bool break_cow_keeps_wp(const struct vm_fault *vmf, enum break_cow_wp_choice what)
{
	return vmf->flags & FAULT_FLAG_BREAK_COW && pte_uffd_wp(vmf->orig_pte) &&
	       mm_prof(vmf->vma->mm)->break_cow_keeps_wp >= what;
}

/* ptl is held and given back. */
static vm_fault_t wp_page_reuse(struct vm_fault *vmf)
{
	struct vm_area_struct *vma = vmf->vma;
	pte_t entry = pte_mkdirty(pte_mkyoung(vmf->orig_pte));

	if (!break_cow_keeps_wp(vmf, BREAK_COW_WP_ALWAYS))
		entry = maybe_mkwrite(entry, vma);
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
	} else if (break_cow_keeps_wp(vmf, BREAK_COW_WP_COPY)) {
		entry = pte_mkuffd_wp(pte_mkdirty(entry));
	} else {
		entry = maybe_mkwrite(pte_mkdirty(entry), vma);
	}
	spin_lock(&mm->ptl);
	if (vmf_pte_changed(vmf)) {
		spin_unlock(&mm->ptl);
		return false;
	}
	/* What was stored since then through a stale translation is lost (M13). */
	if (mm->tlb && old->flags & PG_ANON && !page_same_bytes(old, new))
		sim_invariant(mm_sim(mm), "page at 0x%llx: a store came after it was copied",
			      (unsigned long long)vmf->address);
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

vm_fault_t do_wp_page(struct task_struct *t, struct vm_fault *vmf)
{
	struct vm_area_struct *vma = vmf->vma;
	struct mm_struct *mm = vma->mm;
	bool unshare = vmf->flags & FAULT_FLAG_UNSHARE;
	struct page *page;

	if (vmf->flags & FAULT_FLAG_WRITE && userfaultfd_wp(vma) && pte_uffd_wp(vmf->orig_pte)) {
		enum uffd_wp_action action = userfaultfd_wp_fault(vmf);

		if (action == UFFD_WP_NOTIFY) {
			spin_unlock(&mm->ptl);
			return handle_userfault(t, vmf, VM_UFFD_WP);
		}
		if (action == UFFD_WP_RESOLVE) {
			vmf->orig_pte = pte_clear_uffd_wp(vmf->orig_pte);
			set_pte_at(mm, vmf->address, vmf->orig_pte);
		}
	}
	if (userfaultfd_wp(vma) && mm_prof(mm)->wp_copy_flushes && mm_tlb_flush_pending(mm))
		flush_tlb_page(mm, vmf->address);
	page = pte_page(mm->k, vmf->orig_pte);
	if (vma->vm_flags & (VM_SHARED | VM_MAYSHARE))
		return wp_page_shared(vmf, page);
	if (page->flags & PG_ANON && reuses_anon_page(vmf, page)) {
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

static vm_fault_t handle_present_pte(struct task_struct *t, struct vm_fault *vmf)
{
	struct mm_struct *mm = vmf->vma->mm;
	pte_t entry = vmf->orig_pte;

	spin_lock(&mm->ptl);
	if (vmf_pte_changed(vmf)) {
		spin_unlock(&mm->ptl);
		return 0;
	}
	if (vmf->flags & (FAULT_FLAG_WRITE | FAULT_FLAG_BREAK_COW | FAULT_FLAG_UNSHARE)) {
		if (!pte_write(entry))
			return do_wp_page(t, vmf);
		if (!(vmf->flags & FAULT_FLAG_UNSHARE))
			entry = pte_mkdirty(entry);
	}
	entry = pte_mkyoung(entry);
	if (!pte_same(entry, vmf->orig_pte))
		set_pte_at(mm, vmf->address, entry);
	spin_unlock(&mm->ptl);
	return 0;
}

/* The processor may not use what its VMA allows: a hint of NUMA balancing, it is thought. */
static vm_fault_t do_numa_page(struct vm_fault *vmf, bool leaf)
{
	struct mm_struct *mm = vmf->vma->mm;
	pte_t old = leaf ? vmf->orig_pmd : vmf->orig_pte, pte;

	spin_lock(&mm->ptl);
	if (pte_same(leaf ? pmd_get(mm, vmf->address) : ptep_get(mm, vmf->address), old)) {
		pte = pte_mkyoung(pte_set_protnone(old, false));
		if (leaf)
			set_pmd_at(mm, vmf->address, pte);
		else
			set_pte_at(mm, vmf->address, pte);
	}
	spin_unlock(&mm->ptl);
	return 0;
}

static bool is_numa_hint(const struct vm_area_struct *vma, pte_t pte)
{
	return pte_protnone(pte) && vma_is_accessible(vma);
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
	if (is_numa_hint(vmf->vma, vmf->orig_pte))
		return userfaultfd_pte_rwp(vmf->vma, vmf->orig_pte) ? do_uffd_rwp(t, vmf) :
								      do_numa_page(vmf, false);
	return handle_present_pte(t, vmf);
}

/* The step that looks at the leaf, if there is one, and at the small entry. */
static vm_fault_t __handle_mm_fault(struct task_struct *t, struct vm_fault *vmf)
{
	struct vm_area_struct *vma = vmf->vma;
	vm_fault_t ret = VM_FAULT_FALLBACK;

	sim_yield(mm_sim(vma->mm), SIM_OP_READ, "handle_pte_fault");
	vmf->orig_pmd = pmd_get(vma->mm, vmf->address);
	if (is_numa_hint(vma, vmf->orig_pmd))
		ret = userfaultfd_pte_rwp(vma, vmf->orig_pmd) ? do_huge_pmd_uffd_rwp(t, vmf) :
								do_numa_page(vmf, true);
	else if (!pte_none(vmf->orig_pmd))
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
	if (flags & FAULT_FLAG_BREAK_COW && (is_vm_hugetlb_page(vma) || pmd_leaf(vma->mm, address)))
		sim_unmodelled(mm_sim(vma->mm), "breaking COW of a huge page for a reader");
	sim_trace(mm_sim(vma->mm), "handle_mm_fault(%s)",
		  flags & FAULT_FLAG_WRITE ? "write" : "read");
	if (is_vm_hugetlb_page(vma))
		ret = hugetlb_fault(t, vma, address, flags);
	else
		ret = __handle_mm_fault(t, &vmf);
	mm_account_fault(t, flags, ret);
	return ret;
}

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * hugetlb_fault.c - faults on leaves of hugetlb mappings
 *
 * A fault holds the mutex of its page and the vma lock, so that it meets no other
 * fault or fill of the page, nor anybody who drops it; it lets go of both before it
 * waits for a monitor.
 */
#include "mm-model/hugetlb.h"
#include "mm-model/userfaultfd.h"
#include "mm-model/vma.h"

/** A fault in a hugetlb mapping; its mutex and the vma lock are held. */
struct hugetlb_fault {
	struct task_struct *t;
	struct vm_fault vmf; /* address: of the huge page */
	uint64_t pgoff;      /* in huge pages */
	struct mutex *mutex;
	bool in_change;      /* for a check: the entry was just being changed */
};

static void hugetlb_fault_lock(struct hugetlb_fault *hf)
{
	mutex_lock(hf->mutex);
	hugetlb_vma_lock_read(hf->vmf.vma);
}

static void hugetlb_fault_unlock(struct hugetlb_fault *hf)
{
	hugetlb_vma_unlock_read(hf->vmf.vma);
	hugetlb_fault_mutex_unlock(hf->mutex);
}

/* The end of a fault that did not wait: RETRY only comes of __vmf_anon_prepare(). */
static void hugetlb_fault_end(struct hugetlb_fault *hf, vm_fault_t ret)
{
	hugetlb_fault_unlock(hf);
	if (ret & VM_FAULT_RETRY)
		vma_end_read(hf->vmf.vma);
}

/* Is the entry still what the fault met?  Under ptl. */
static bool huge_pte_unchanged(const struct hugetlb_fault *hf)
{
	return pte_same(pmd_get(hf->vmf.vma->mm, hf->vmf.address), hf->vmf.orig_pte);
}

static bool hugetlb_pte_stable(const struct hugetlb_fault *hf)
{
	struct mm_struct *mm = hf->vmf.vma->mm;
	bool same;

	if (!mm_prof(mm)->hugetlb_pte_stable)
		return true;
	spin_lock(&mm->ptl);
	same = huge_pte_unchanged(hf);
	spin_unlock(&mm->ptl);
	return same;
}

static vm_fault_t hugetlb_handle_userfault(struct hugetlb_fault *hf, vm_flags_t reason)
{
	hugetlb_fault_unlock(hf);
	return handle_userfault(hf->t, &hf->vmf, reason);
}

static vm_fault_t vmf_error(int err)
{
	return err == -ENOMEM ? VM_FAULT_OOM : VM_FAULT_SIGBUS;
}

static void set_huge_ptep_writable(const struct hugetlb_fault *hf, pte_t pte)
{
	if (hf->vmf.vma->vm_flags & VM_WRITE)
		set_pmd_at(hf->vmf.vma->mm, hf->vmf.address, pte_mkwrite(pte_mkdirty(pte_mkyoung(pte))));
}

/* Take the page from those who have it by a fork and no promise of their own. */
static void unmap_ref_private(struct hugetlb_fault *hf, struct page *folio)
{
	struct vm_area_struct *vma = hf->vmf.vma, *iter;
	struct address_space *mapping = vma_mapping(vma);

	down_write(&mapping->i_mmap_rwsem);
	for (iter = mapping->i_mmap; iter; iter = iter->i_mmap_next) {
		uint64_t first = vma_hugecache_offset(iter, iter->vm_start);
		uint64_t addr = iter->vm_start + (hf->pgoff - first) * HPAGE_SIZE;

		if (iter == vma || hf->pgoff < first ||
		    hf->pgoff >= vma_hugecache_offset(iter, iter->vm_end))
			continue;
		if (!(iter->vm_flags & VM_MAYSHARE) && !iter->resv_map)
			unmap_hugepage_range(iter, addr, addr + HPAGE_SIZE, folio, false);
	}
	up_write(&mapping->i_mmap_rwsem);
}

/* A page for the copy.  With err 0 and none the fault has to look again. */
static struct page *hugetlb_cow_alloc(struct hugetlb_fault *hf, struct page *old, int *err)
{
	struct vm_area_struct *vma = hf->vmf.vma;
	bool cow_from_owner = vma->resv_map && old->flags & PG_ANON;
	struct page *new = alloc_hugetlb_folio(vma, hf->vmf.address, cow_from_owner, err);

	if (new || *err != -ENOSPC || !cow_from_owner)
		return new;
	/* Who made the mapping may rely on it: children lose the page instead. */
	hugetlb_fault_unlock(hf);
	unmap_ref_private(hf, old);
	hugetlb_fault_lock(hf);
	*err = 0;
	return NULL;
}

static vm_fault_t hugetlb_wp(struct hugetlb_fault *hf, pte_t pte);

/* Under ptl: put the copy in the place of @old if nothing came in between. */
static bool hugetlb_install_copy(struct hugetlb_fault *hf, pte_t pte, struct page *old,
				 struct page *new)
{
	struct vm_area_struct *vma = hf->vmf.vma;
	pte_t newpte;

	if (!pte_same(pmd_get(vma->mm, hf->vmf.address), pte))
		return false;
	newpte = make_huge_pte(vma, new, !(hf->vmf.flags & FAULT_FLAG_UNSHARE));
	page_remove_rmap(old, vma);
	new->flags &= ~PG_RESTORE_RESERVE;
	page_add_anon_rmap(new, vma);
	SetPageAnonExclusive(new);
	if (pte_uffd_wp(pte))
		newpte = pte_mkuffd_wp(newpte);
	set_pmd_at(vma->mm, hf->vmf.address, newpte);
	sim_trace(mm_sim(vma->mm), "  hugetlb_wp()");
	return true;
}

/* ptl is not held, on return it is.  @old comes with a reference. */
static vm_fault_t hugetlb_wp_copy(struct hugetlb_fault *hf, pte_t pte, struct page *old)
{
	struct vm_area_struct *vma = hf->vmf.vma;
	struct mm_struct *mm = vma->mm;
	vm_fault_t ret = 0;
	int err;
	struct page *new = hugetlb_cow_alloc(hf, old, &err);

	if (!new) {
		put_page(old);
		spin_lock(&mm->ptl);
		if (err)
			return vmf_error(err);
		return pte_same(pmd_get(mm, hf->vmf.address), pte) ? hugetlb_wp(hf, pte) : 0;
	}
	ret = __vmf_anon_prepare(&hf->vmf);
	if (!ret) {
		sim_yield(mm_sim(mm), SIM_OP_READ, "copy_user_large_folio");
		copy_folio(new, old);
		spin_lock(&mm->ptl);
		if (hugetlb_install_copy(hf, pte, old, new))
			new = old; /* the reference of the mapping that went */
		spin_unlock(&mm->ptl);
	}
	if (new != old)
		restore_reserve_on_error(vma, hf->vmf.address, new);
	put_page(new);
	put_page(old);
	spin_lock(&mm->ptl);
	return ret;
}

/* A write to an entry that does not allow it.  ptl is held, on return too. */
static vm_fault_t hugetlb_wp(struct hugetlb_fault *hf, pte_t pte)
{
	bool unshare = hf->vmf.flags & FAULT_FLAG_UNSHARE;
	struct vm_area_struct *vma = hf->vmf.vma;
	struct page *old;

	/* Only from hugetlb_no_page(): the write comes again, as a fault of its own. */
	if (!unshare && pte_uffd_wp(pte))
		return 0;
	if (vma->vm_flags & VM_MAYSHARE) {
		set_huge_ptep_writable(hf, pte);
		return 0;
	}
	old = pte_folio(vma->mm->k, pte);
	if (old->flags & PG_ANON && page_mapcount(old) == 1) {
		SetPageAnonExclusive(old);
		if (!unshare)
			set_huge_ptep_writable(hf, pte);
		return 0;
	}
	get_page(old);
	spin_unlock(&vma->mm->ptl);
	return hugetlb_wp_copy(hf, pte, old);
}

/* Map @folio, whose reference is handed over; then go on with the write. */
static vm_fault_t hugetlb_map_page(struct hugetlb_fault *hf, struct page *folio, bool new_folio)
{
	bool shared = hf->vmf.vma->vm_flags & VM_SHARED;
	struct vm_area_struct *vma = hf->vmf.vma;
	struct mm_struct *mm = vma->mm;
	vm_fault_t ret = 0;
	pte_t pte;

	spin_lock(&mm->ptl);
	if (!huge_pte_unchanged(hf)) {
		spin_unlock(&mm->ptl);
		if (new_folio && !(vma->vm_flags & VM_MAYSHARE))
			restore_reserve_on_error(vma, hf->vmf.address, folio);
		put_page(folio);
		return 0;
	}
	if (new_folio && !(vma->vm_flags & VM_MAYSHARE)) {
		folio->flags &= ~PG_RESTORE_RESERVE;
		page_add_anon_rmap(folio, vma);
		SetPageAnonExclusive(folio);
	} else {
		page_add_file_rmap(folio, vma);
	}
	pte = make_huge_pte(vma, folio, shared);
	if (pte_marker_uffd_wp(hf->vmf.orig_pte))
		pte = pte_mkuffd_wp(pte);
	set_pmd_at(mm, hf->vmf.address, pte);
	sim_trace(mm_sim(mm), "  set_huge_pte_at(%s)", new_folio ? "new page" : "page of the file");
	if (hf->vmf.flags & FAULT_FLAG_WRITE && !shared)
		ret = hugetlb_wp(hf, pte);
	spin_unlock(&mm->ptl);
	return ret;
}

/* The file lacks the page: a monitor's, or a new one. */
static vm_fault_t hugetlb_missing_page(struct hugetlb_fault *hf, bool *waited, struct page **folio)
{
	struct vm_area_struct *vma = hf->vmf.vma;
	vm_fault_t ret;
	int err;

	if (hf->pgoff >= hugetlb_file_pages(vma_inode(vma)))
		return VM_FAULT_SIGBUS;
	if (userfaultfd_missing(vma)) {
		if (!hugetlb_pte_stable(hf))
			return 0;
		/* M23 */
		if (hf->in_change)
			sim_invariant(mm_sim(vma->mm), "MISSING at 0x%llx, where a page is",
				      (unsigned long long)hf->vmf.address);
		*waited = true;
		return hugetlb_handle_userfault(hf, VM_UFFD_MISSING);
	}
	if (!(vma->vm_flags & VM_MAYSHARE)) {
		ret = __vmf_anon_prepare(&hf->vmf);
		if (ret)
			return ret;
	}
	*folio = alloc_hugetlb_folio(vma, hf->vmf.address, false, &err);
	if (!*folio)
		return hugetlb_pte_stable(hf) ? vmf_error(err) : 0;
	if (vma->vm_flags & VM_MAYSHARE &&
	    hugetlb_add_to_page_cache(vma_inode(vma), hf->pgoff, *folio)) {
		/* Memory for the place in the cache: like that for the page. */
		restore_reserve_on_error(vma, hf->vmf.address, *folio);
		put_page(*folio);
		*folio = NULL;
		return VM_FAULT_OOM;
	}
	return 0;
}

static vm_fault_t hugetlb_no_page(struct hugetlb_fault *hf)
{
	struct vm_area_struct *vma = hf->vmf.vma;
	bool waited = false, new_folio;
	vm_fault_t ret = 0;
	struct page *folio;

	/* What was taken from the child must not come back as zeroes. */
	if (vma->resv_unmapped) {
		hugetlb_fault_unlock(hf);
		return VM_FAULT_SIGBUS;
	}
	folio = hugetlb_find_page(vma_inode(vma), hf->pgoff);
	new_folio = !folio;
	if (new_folio) {
		ret = hugetlb_missing_page(hf, &waited, &folio);
	} else if (userfaultfd_minor(vma)) {
		put_page(folio);
		folio = NULL;
		if (hugetlb_pte_stable(hf)) {
			waited = true;
			ret = hugetlb_handle_userfault(hf, VM_UFFD_MINOR);
		}
	}
	if (folio)
		ret = hugetlb_map_page(hf, folio, new_folio);
	if (!waited)
		hugetlb_fault_end(hf, ret);
	return ret;
}

/* ptl is held: what a present entry lacks. */
static vm_fault_t hugetlb_present(struct hugetlb_fault *hf)
{
	unsigned flags = hf->vmf.flags;
	pte_t pte = hf->vmf.orig_pte;

	if (flags & (FAULT_FLAG_WRITE | FAULT_FLAG_UNSHARE)) {
		if (!pte_write(pte))
			return hugetlb_wp(hf, pte);
		if (flags & FAULT_FLAG_WRITE)
			pte = pte_mkdirty(pte);
	}
	pte = pte_mkyoung(pte);
	if (!pte_same(pte, hf->vmf.orig_pte))
		set_pmd_at(hf->vmf.vma->mm, hf->vmf.address, pte);
	return 0;
}

static vm_fault_t hugetlb_present_fault(struct hugetlb_fault *hf)
{
	struct vm_area_struct *vma = hf->vmf.vma;
	struct mm_struct *mm = vma->mm;
	vm_fault_t ret = 0;

	spin_lock(&mm->ptl);
	if (!huge_pte_unchanged(hf))
		goto out;
	if (userfaultfd_wp(vma) && pte_uffd_wp(hf->vmf.orig_pte) &&
	    hf->vmf.flags & FAULT_FLAG_WRITE && !pte_write(hf->vmf.orig_pte)) {
		if (!userfaultfd_wp_async(vma)) {
			spin_unlock(&mm->ptl);
			return hugetlb_handle_userfault(hf, VM_UFFD_WP);
		}
		hf->vmf.orig_pte = pte_clear_uffd_wp(hf->vmf.orig_pte);
		set_pmd_at(mm, hf->vmf.address, hf->vmf.orig_pte);
	}
	ret = hugetlb_present(hf);
out:
	spin_unlock(&mm->ptl);
	hugetlb_fault_end(hf, ret);
	return ret;
}

/*
 * An entry that is present but may not be used.  Resolved without a monitor it does not get
 * the write bit back in a private mapping: a write faults once more.
 */
static vm_fault_t hugetlb_uffd_rwp(struct hugetlb_fault *hf)
{
	struct vm_area_struct *vma = hf->vmf.vma;
	struct mm_struct *mm = vma->mm;
	pte_t pte;

	if (!userfaultfd_rwp_async(vma))
		return hugetlb_handle_userfault(hf, VM_UFFD_RWP);
	spin_lock(&mm->ptl);
	pte = pmd_get(mm, hf->vmf.address);
	if (pte_protnone(pte) && pte_uffd_wp(pte))
		set_pmd_at(mm, hf->vmf.address,
			   pte_mkyoung(pte_clear_uffd_wp(pte_modify(vma, pte))));
	spin_unlock(&mm->ptl);
	sim_trace(mm_sim(mm), "  hugetlb_fault(): access given back");
	hugetlb_fault_end(hf, 0);
	return 0;
}

vm_fault_t hugetlb_fault(struct task_struct *t, struct vm_area_struct *vma, uint64_t address,
			 unsigned flags)
{
	struct hugetlb_fault hf = {
		.t = t,
		.vmf = {
			.vma = vma,
			.address = address & HPAGE_MASK,
			.real_address = address,
			.flags = flags,
		},
		.pgoff = vma_hugecache_offset(vma, address),
	};
	vm_fault_t ret;

	hf.mutex = hugetlb_fault_mutex(vma_inode(vma), hf.pgoff);
	hugetlb_fault_lock(&hf);
	ret = VM_FAULT_OOM;
	if (pmd_alloc(vma->mm, address))
		goto out;
	hf.vmf.orig_pte = pmd_get(vma->mm, address);
	hf.in_change = !pte_none(vma->mm->changing) && vma->mm->changing_addr == hf.vmf.address;
	ret = VM_FAULT_HWPOISON;
	if (pte_marker_poisoned(hf.vmf.orig_pte))
		goto out;
	if (pte_none_mostly(hf.vmf.orig_pte))
		return hugetlb_no_page(&hf);
	if (pte_protnone(hf.vmf.orig_pte) && vma_is_accessible(vma) &&
	    userfaultfd_pte_rwp(vma, hf.vmf.orig_pte))
		return hugetlb_uffd_rwp(&hf);
	return hugetlb_present_fault(&hf);
out:
	hugetlb_fault_unlock(&hf);
	return ret;
}

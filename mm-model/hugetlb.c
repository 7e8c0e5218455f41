/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * hugetlb.c - leaves of hugetlb mappings: filling, copying, moving, dropping them
 *
 * All entries are leaves, markers too.
 */
#include "mm-model/hugetlb.h"
#include "mm-model/userfaultfd.h"
#include "mm-model/vma.h"

/* ---------------------------------------------------------------------- locks */

struct mutex *hugetlb_fault_mutex(const struct inode *inode, uint64_t idx)
{
	uint64_t hash = (uint64_t)inode->obj.id * 7 + idx;

	return &inode->k->hstate->fault_mutex[hash % NUM_FAULT_MUTEXES];
}

void hugetlb_fault_mutex_unlock(struct mutex *m)
{
	sim_preempt_disable(m->obj.sim);
	mutex_unlock(m);
	sim_preempt_enable(m->obj.sim);
}

static struct rwsem *hugetlb_vma_sem(struct vm_area_struct *vma)
{
	if (vma->vm_flags & VM_MAYSHARE)
		return vma->hugetlb_lock;
	if (!mm_prof(vma->mm)->hugetlb_private_vma_lock)
		return NULL;
	return vma->resv_map ? &vma->resv_map->rw_sema : NULL;
}

void hugetlb_vma_lock_read(struct vm_area_struct *vma)
{
	struct rwsem *sem = hugetlb_vma_sem(vma);

	if (sem)
		down_read(sem);
}

void hugetlb_vma_unlock_read(struct vm_area_struct *vma)
{
	struct rwsem *sem = hugetlb_vma_sem(vma);

	if (!sem)
		return;
	sim_preempt_disable(mm_sim(vma->mm));
	up_read(sem);
	sim_preempt_enable(mm_sim(vma->mm));
}

void hugetlb_vma_lock_write(struct vm_area_struct *vma)
{
	struct rwsem *sem = hugetlb_vma_sem(vma);

	if (sem)
		down_write(sem);
}

void hugetlb_vma_unlock_write(struct vm_area_struct *vma)
{
	struct rwsem *sem = hugetlb_vma_sem(vma);

	if (!sem)
		return;
	sim_preempt_disable(mm_sim(vma->mm));
	up_write(sem);
	sim_preempt_enable(mm_sim(vma->mm));
}

pte_t make_huge_pte(const struct vm_area_struct *vma, struct page *folio, bool try_mkwrite)
{
	pte_t pte = pte_wrprotect(mk_pte(vma, folio));

	if (try_mkwrite && vma->vm_flags & VM_WRITE)
		pte = pte_mkwrite(pte_mkdirty(pte));
	return pte_mkyoung(pte);
}

/* ---------------------------------------------------------------------- fills */

/* Put the leaf at @addr if nothing is there; a page also takes the place of a marker. */
static int hugetlb_install(struct vm_area_struct *vma, uint64_t addr, pte_t pte,
			   struct page *folio, bool cached)
{
	struct mm_struct *mm = vma->mm;
	int ret = -EEXIST;
	pte_t old;

	spin_lock(&mm->ptl);
	old = pmd_get(mm, addr);
	if (pte_none(old) || (folio && is_pte_marker(old))) {
		if (folio && cached) {
			page_add_file_rmap(folio, vma);
		} else if (folio) {
			folio->flags &= ~PG_RESTORE_RESERVE;
			page_add_anon_rmap(folio, vma);
			SetPageAnonExclusive(folio);
		}
		set_pmd_at(mm, addr, pte);
		ret = 0;
	}
	spin_unlock(&mm->ptl);
	sim_trace(mm_sim(mm), "  hugetlb_mfill_atomic_pte()%s", ret ? " = -EEXIST" : "");
	return ret;
}

/* The page of a COPY with its contents, not in the file yet. */
static int hugetlb_copy_source(struct task_struct *t, struct vm_area_struct *vma, uint64_t dst,
			       uint64_t src, struct page **foliop, struct page **ret)
{
	struct page *filled = *foliop;
	int err;

	*foliop = NULL;
	*ret = alloc_hugetlb_folio(vma, dst, false, &err);
	if (!*ret) {
		if (filled)
			put_page(filled);
		/* Since 6.15 the pool's end looks like somebody else having filled it, at first. */
		return filled || err == -ENOMEM || !mm_prof(vma->mm)->huge_copy_empty_pool_eexist ? -ENOMEM :
										   -EEXIST;
	}
	if (filled) {
		copy_folio(*ret, filled);
		put_page(filled);
		return 0;
	}
	sim_yield(mm_sim(vma->mm), SIM_OP_READ, "copy_from_user");
	if (!copy_folio_from_user(t, *ret, src, false))
		return 0;
	restore_reserve_on_error(vma, dst, *ret);
	put_page(*ret);
	*foliop = alloc_hugetlb_folio_nodemask(vma->mm->k);
	return *foliop ? -ENOENT : -ENOMEM;
}

static int hugetlb_mfill_copy(struct task_struct *t, struct vm_area_struct *vma, uint64_t dst,
			      uint64_t src, struct page **foliop, struct page **folio)
{
	uint64_t idx = vma_hugecache_offset(vma, dst);
	bool shared = vma->vm_flags & VM_SHARED;
	int ret;

	*folio = shared ? hugetlb_find_page(vma_inode(vma), idx) : NULL;
	if (*folio) {
		put_page(*folio);
		if (*foliop)
			put_page(*foliop);
		*foliop = NULL;
		return -EEXIST;
	}
	ret = hugetlb_copy_source(t, vma, dst, src, foliop, folio);
	if (ret || !shared)
		return ret;
	ret = idx < hugetlb_file_pages(vma_inode(vma)) ? hugetlb_add_to_page_cache(vma_inode(vma), idx, *folio) : -EFAULT;
	if (ret) {
		restore_reserve_on_error(vma, dst, *folio);
		put_page(*folio);
	}
	return ret;
}

int hugetlb_mfill_atomic_pte(struct task_struct *t, struct vm_area_struct *vma, uint64_t dst,
			     uint64_t src, unsigned flags, struct page **foliop)
{
	bool is_continue = (flags & MFILL_ATOMIC_MODE_MASK) == MFILL_ATOMIC_CONTINUE;
	bool wp = flags & MFILL_ATOMIC_WP, shared = vma->vm_flags & VM_SHARED;
	bool copied = is_continue && !shared && !mm_prof(vma->mm)->continue_private_write;
	struct page *folio;
	pte_t pte;
	int ret;

	if ((flags & MFILL_ATOMIC_MODE_MASK) == MFILL_ATOMIC_POISON)
		return hugetlb_install(vma, dst, make_pte_marker(PTE_MARKER_POISONED), NULL, false);
	if (is_continue) {
		folio = hugetlb_find_page(vma_inode(vma), vma_hugecache_offset(vma, dst));
		ret = folio ? 0 : -EFAULT;
	} else {
		ret = hugetlb_mfill_copy(t, vma, dst, src, foliop, &folio);
	}
	if (ret)
		return ret;
	pte = pte_mkdirty(make_huge_pte(vma, folio, !wp && !copied));
	if (wp)
		pte = pte_mkuffd_wp(pte);
	ret = hugetlb_install(vma, dst, pte, folio, is_continue || shared);
	if (ret && !is_continue && !shared)
		restore_reserve_on_error(vma, dst, folio);
	if (ret)
		put_page(folio);
	return ret;
}

/* ----------------------------------------------------------------------- zap */

/* One leaf, under ptl.  The page to give back, if one was mapped. */
static struct page *zap_huge_pte(struct vm_area_struct *vma, uint64_t addr,
				 const struct page *only, bool drop_markers)
{
	struct mm_struct *mm = vma->mm;
	pte_t pte = pmd_get(mm, addr), left = PTE(0);
	struct page *folio;

	if (!drop_markers && (pte_uffd_wp(pte) || pte_marker_uffd_wp(pte)))
		left = make_pte_marker(PTE_MARKER_UFFD_WP);
	if (!pte_present(pte)) {
		if (!pte_same(pte, left))
			set_pmd_at(mm, addr, left);
		return NULL;
	}
	folio = pte_folio(mm->k, pte);
	if (only && only != folio)
		return NULL;
	if (only)
		vma->resv_unmapped = true;
	set_pmd_at(mm, addr, left);
	page_remove_rmap(folio, vma);
	return folio;
}

static void __unmap_hugepage_range(struct vm_area_struct *vma, uint64_t start, uint64_t end,
				   const struct page *only, bool drop_markers)
{
	struct mm_struct *mm = vma->mm;

	for (uint64_t addr = start; addr < end; addr += HPAGE_SIZE) {
		struct page *folio = NULL;

		if (pte_none(pmd_get(mm, addr)))
			continue;
		spin_lock(&mm->ptl);
		folio = zap_huge_pte(vma, addr, only, drop_markers);
		spin_unlock(&mm->ptl);
		if (!folio)
			continue;
		hugetlb_zap_restores_reserve(vma, addr, folio);
		put_page(folio);
	}
	sim_trace(mm_sim(mm), "  __unmap_hugepage_range()");
}

void unmap_hugepage_range(struct vm_area_struct *vma, uint64_t start, uint64_t end,
			  const struct page *folio, bool drop_markers)
{
	hugetlb_vma_lock_write(vma);
	__unmap_hugepage_range(vma, start, end, folio, drop_markers);
	hugetlb_vma_unlock_write(vma);
}

/* ---------------------------------------------------------------- fork, mremap */

/* Before 6.4 a child's huge pages stay protected, whoever would lift that. */
static bool fork_keeps_uffd_wp(const struct vm_area_struct *dst_vma)
{
	return userfaultfd_protected(dst_vma) || !mm_prof(dst_vma->mm)->hugetlb_fork_wp_by_child;
}

/* One present leaf of a fork: a private page is shared and no longer written by either. */
static void copy_huge_pte(struct vm_area_struct *dst_vma, struct vm_area_struct *src_vma,
			  uint64_t addr, pte_t pte)
{
	struct page *folio = pte_folio(src_vma->mm->k, pte);

	get_page(folio);
	if (folio->flags & PG_ANON) {
		page_add_anon_rmap(folio, dst_vma);
		ClearPageAnonExclusive(folio);
	} else {
		page_add_file_rmap(folio, dst_vma);
	}
	if (is_cow_mapping(src_vma->vm_flags)) {
		pte = pte_wrprotect(pte);
		set_pmd_at(src_vma->mm, addr, pte);
	}
	if (!fork_keeps_uffd_wp(dst_vma)) {
		if (userfaultfd_pte_rwp(src_vma, pte))
			pte = pte_wrprotect(pte_modify(dst_vma, pte));
		pte = pte_clear_uffd_wp(pte);
	}
	set_pmd_at(dst_vma->mm, addr, pte);
}

/* Whoever pinned the page goes on with the parent's: the child gets a copy at once. */
static int copy_pinned_huge_pte(struct vm_area_struct *dst_vma, uint64_t addr, pte_t pte)
{
	struct mm_struct *mm = dst_vma->mm;
	struct page *folio = pte_folio(mm->k, pte), *new;
	pte_t newpte;
	int err;

	new = alloc_hugetlb_folio(dst_vma, addr, false, &err);
	if (!new)
		return err;
	copy_folio(new, folio);
	newpte = make_huge_pte(dst_vma, new, true);
	if (userfaultfd_wp(dst_vma) && pte_uffd_wp(pte) && mm_prof(mm)->hugetlb_fork_wp_by_child)
		newpte = pte_mkuffd_wp(newpte);
	else if (userfaultfd_rwp(dst_vma) && pte_uffd_wp(pte))
		newpte = pte_mkuffd_rwp(newpte);
	page_add_anon_rmap(new, dst_vma);
	SetPageAnonExclusive(new);
	set_pmd_at(mm, addr, newpte);
	return 0;
}

static bool hugetlb_pinned(struct vm_area_struct *src_vma, pte_t pte)
{
	struct page *folio = pte_folio(src_vma->mm->k, pte);

	return folio->flags & PG_ANON && PageAnonExclusive(folio) &&
	       folio_needs_cow_for_dma(src_vma, folio);
}

int copy_hugetlb_page_range(struct vm_area_struct *dst_vma, struct vm_area_struct *src_vma)
{
	bool cow = is_cow_mapping(src_vma->vm_flags);
	struct mm_struct *src = src_vma->mm;
	int ret = 0;

	if (!cow)
		hugetlb_vma_lock_read(src_vma);
	for (uint64_t addr = src_vma->vm_start; addr < src_vma->vm_end && !ret; addr += HPAGE_SIZE) {
		pte_t pte = pmd_get(src, addr);

		if (pte_none(pte))
			continue;
		ret = pmd_alloc(dst_vma->mm, addr);
		if (ret)
			break;
		spin_lock(&src->ptl);
		pte = pmd_get(src, addr);
		if (pte_present(pte) && hugetlb_pinned(src_vma, pte))
			ret = copy_pinned_huge_pte(dst_vma, addr, pte);
		else if (pte_present(pte))
			copy_huge_pte(dst_vma, src_vma, addr, pte);
		else if (!pte_none(pte) && copy_pte_marker(dst_vma, pte))
			set_pmd_at(dst_vma->mm, addr, make_pte_marker(copy_pte_marker(dst_vma, pte)));
		spin_unlock(&src->ptl);
	}
	if (!cow)
		hugetlb_vma_unlock_read(src_vma);
	sim_trace(mm_sim(src), "copy_hugetlb_page_range()");
	return ret;
}

int move_hugetlb_page_tables(struct vm_area_struct *vma, uint64_t old, uint64_t new, uint64_t len,
			     bool clear_uffd_wp)
{
	struct mm_struct *mm = vma->mm;
	int err = 0;

	hugetlb_vma_lock_write(vma);
	for (uint64_t done = 0; done < len && !err; done += HPAGE_SIZE) {
		pte_t pte;

		if (pte_none(pmd_get(mm, old + done)))
			continue;
		err = pmd_alloc(mm, new + done);
		if (err)
			break;
		spin_lock(&mm->ptl);
		pte = pmd_get(mm, old + done);
		set_pmd_at(mm, old + done, PTE(0));
		set_pmd_at(mm, new + done, move_pte(vma, pte, clear_uffd_wp));
		spin_unlock(&mm->ptl);
	}
	hugetlb_vma_unlock_write(vma);
	return err;
}

/* ---------------------------------------------------- mprotect, write protection */

static pte_t change_huge_pte(struct vm_area_struct *vma, pte_t pte, unsigned cp_flags)
{
	if (pte_present(pte))
		return change_present_leaf(vma, pte, cp_flags);
	if (pte_none(pte) && cp_flags & MM_CP_UFFD_WP)
		return make_pte_marker(PTE_MARKER_UFFD_WP);
	if (pte_marker_uffd_wp(pte) && cp_flags & MM_CP_UFFD_RESOLVE)
		return PTE(0);
	return pte;
}

/* Cleared first, lest the processor set a bit meanwhile; who reads without ptl sees that. */
static void huge_ptep_modify_prot_start(struct mm_struct *mm, uint64_t addr, pte_t old)
{
	set_pmd_at(mm, addr, PTE(0));
	mm->changing = old;
	mm->changing_addr = addr;
	pte_step(mm, "huge_ptep_modify_prot_start");
}

long hugetlb_change_protection(struct vm_area_struct *vma, uint64_t start, uint64_t end,
			       unsigned cp_flags)
{
	struct mm_struct *mm = vma->mm;
	long pages = 0;

	hugetlb_vma_lock_write(vma);
	for (uint64_t addr = start; addr < end; addr += HPAGE_SIZE) {
		pte_t old, new;

		if (!(cp_flags & MM_CP_UFFD_WP) && pte_none(pmd_get(mm, addr)))
			continue;
		if (pmd_alloc(mm, addr)) {
			pages = -ENOMEM;
			break;
		}
		spin_lock(&mm->ptl);
		old = pmd_get(mm, addr);
		new = change_huge_pte(vma, old, cp_flags);
		if (!pte_same(old, new) && pte_present(old))
			huge_ptep_modify_prot_start(mm, addr, old);
		if (!pte_same(old, new))
			set_pmd_at(mm, addr, new);
		mm->changing = PTE(0);
		pages += pte_present(old);
		spin_unlock(&mm->ptl);
	}
	hugetlb_vma_unlock_write(vma);
	return pages;
}

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * memory_copy.c - what of the parent's entries a forked child gets
 *
 * Of the kernel's mm/memory.c the part below copy_page_range().
 */
#include "mm-model/decisions.h"
#include "mm-model/fs.h"
#include "mm-model/huge_memory.h"
#include "mm-model/hugetlb.h"
#include "mm-model/swap.h"

/* Does the child keep the protection of an entry? */
static bool keeps_uffd_wp(const struct vm_area_struct *dst_vma,
			  const struct vm_area_struct *src_vma)
{
	bool keeps = userfaultfd_protected(dst_vma);

	if (!keeps && userfaultfd_wp(src_vma) && !mm_prof(src_vma->mm)->fork_wp_by_child) {
		dst_vma->mm->stale_uffd_wp = true;
		keeps = true;
	}
	return keeps;
}

uint64_t copy_pte_marker(const struct vm_area_struct *dst_vma, pte_t pte)
{
	uint64_t marker = pte.val & (PTE_MARKER_POISONED | PTE_MARKER_GUARD);

	if (userfaultfd_wp(dst_vma) || !mm_prof(dst_vma->mm)->fork_drops_markers)
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
	if (userfaultfd_wp(dst_vma) && pte_uffd_wp(src_pte) &&
	    mm_prof(dst_vma->mm)->fork_early_cow_keeps_wp)
		pte = pte_mkuffd_wp(pte);
	else if (userfaultfd_rwp(dst_vma) && pte_uffd_wp(src_pte))
		pte = pte_mkuffd_rwp(pte);
	set_pte_at(dst_vma->mm, addr, pte);
	return 0;
}

/* What a child gets that nobody watches: nothing of the parent's protection. */
static pte_t child_pte(const struct vm_area_struct *dst_vma, const struct vm_area_struct *src_vma,
		       pte_t pte)
{
	if (userfaultfd_rwp(src_vma) &&
	    (pte_uffd_wp(pte) || mm_prof(src_vma->mm)->rwp_fork_asks_late))
		pte = pte_modify(dst_vma, pte);
	return pte_clear_uffd_wp(pte);
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

/* Both sides lose write access to a private page. */
struct fork_ptes builtin_copy_present_pte(struct vm_area_struct *dst_vma,
					  struct vm_area_struct *src_vma, uint64_t addr, pte_t pte)
{
	const vm_flags_t flags = src_vma->vm_flags;
	struct fork_ptes ret = { .parent = pte };
	bool writable = pte_write(pte);

	if (!keeps_uffd_wp(dst_vma, src_vma))
		pte = child_pte(dst_vma, src_vma, pte);
	if (mm_prof(src_vma->mm)->rwp_fork_asks_late)
		writable = pte_write(pte);
	if ((flags & (VM_SHARED | VM_MAYWRITE)) == VM_MAYWRITE && writable) {
		pte = pte_wrprotect(pte);
		ret.parent = pte_wrprotect(ret.parent);
	}
	if (flags & VM_SHARED)
		pte = pte_mkclean(pte);
	ret.child = pte_mkold(pte);
	return ret;
}

static struct fork_ptes fork_ptes(struct vm_area_struct *dst_vma, struct vm_area_struct *src_vma,
				  uint64_t addr, pte_t pte)
{
	const struct profile *prof = mm_prof(src_vma->mm);
	struct fork_ptes ret;

	if (!patched(prof->decide.copy_present_pte))
		return builtin_copy_present_pte(dst_vma, src_vma, addr, pte);
	ret = prof->decide.copy_present_pte(dst_vma, src_vma, addr, pte);
	patch_pte(src_vma->mm, DECISION_NAME(copy_present_pte), pte, ret.parent);
	if (!pte_none(ret.child))
		patch_pte(src_vma->mm, DECISION_NAME(copy_present_pte), pte, ret.child);
	return ret;
}

/* One present entry.  A shared one is only copied for what the entry carries beside it. */
static int copy_present_pte(struct vm_area_struct *dst_vma, struct vm_area_struct *src_vma,
			    uint64_t addr, pte_t pte)
{
	struct page *page = pte_page(src_vma->mm->k, pte);
	struct fork_ptes to;

	if (page->flags & PG_ANON && PageAnonExclusive(page) &&
	    folio_needs_cow_for_dma(src_vma, page))
		return copy_present_page(dst_vma, addr, pte, page);
	to = fork_ptes(dst_vma, src_vma, addr, pte);
	if (!pte_none(to.child))
		dup_rmap(page, dst_vma);
	if (!pte_same(to.parent, pte))
		set_pte_at(src_vma->mm, addr, to.parent);
	if (!pte_none(to.child))
		set_pte_at(dst_vma->mm, addr, to.child);
	return 0;
}

/* A child only gets entries that it could not build again by faulting. */
static bool vma_needs_copy(const struct vm_area_struct *dst_vma,
			   const struct vm_area_struct *src_vma)
{
	return src_vma->anon_vma || dst_vma->vm_flags & (VM_UFFD_WP | VM_UFFD_RWP | VM_MAYBE_GUARD);
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
	if (!userfaultfd_protected(dst_vma))
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

/* ------------------------------------------------- where nobody can come in between */

/* Pages are as far apart as they are small: what comes next often lies behind. */
#define PREFETCH_PAGES 64

/* An entry of a page that counts for itself; false: it is of another kind. */
static inline bool copy_pte_alone(const struct kernel *k, uint64_t *src, uint64_t *dst,
				  uint64_t lost)
{
	pte_t pte = PTE(*src);
	struct page *page = pte_head(k, pte);

	__builtin_prefetch(page + PREFETCH_PAGES, 1);
	if (!pte_of_page(pte) || !page_try_dup_anon_rmap(page))
		return false;
	if (pte.val & _PAGE_RW)
		*src = pte.val = pte_wrprotect(pte).val;
	*dst = pte.val & ~lost;
	return true;
}

/* Entries of a private mapping in which no page was ever pinned. */
static int copy_ptes_alone(struct vm_area_struct *dst_vma, struct vm_area_struct *src_vma,
			   uint64_t addr, uint64_t *src, uint64_t *dst, unsigned nr)
{
	const uint64_t lost = _PAGE_ACCESSED | (keeps_uffd_wp(dst_vma, src_vma) ? 0 : _PAGE_UFFD_WP);
	const struct kernel *k = src_vma->mm->k;
	uint64_t next;
	int err;

	for (unsigned i = 0; i < nr; i++) {
		if (!src[i] || copy_pte_alone(k, &src[i], &dst[i], lost))
			continue;
		err = copy_entry(dst_vma, src_vma, addr + i * PAGE_SIZE, &next);
		if (err)
			return err;
	}
	return 0;
}

static bool ptes_none(const uint64_t *e, unsigned nr)
{
	uint64_t any = 0;

	for (unsigned i = 0; i < nr; i++)
		any |= e[i];
	return !any;
}

/* What is below one entry of the PMD level. */
static int copy_pte_range_alone(struct vm_area_struct *dst_vma, struct vm_area_struct *src_vma,
				uint64_t addr, uint64_t end)
{
	struct pgtable *src = pte_offset_table(src_vma->mm, addr), *dst;
	struct sim *sim = mm_sim(src_vma->mm);
	unsigned nr;
	int err;

	if (!src) {
		err = copy_huge_pmd(dst_vma, src_vma, addr);
		if (err != -EAGAIN)
			return err;
		src = pte_offset_table(src_vma->mm, addr);
	}
	err = pte_alloc(dst_vma->mm, addr);
	dst = pte_offset_table(dst_vma->mm, addr);
	for (; addr < end && !err; addr += (uint64_t)nr * PAGE_SIZE) {
		uint64_t *e = pte_run(src, addr, end, &nr), *new;

		if (!e || ptes_none(e, nr))
			continue;
		new = pte_run_alloc(sim, dst, addr, addr + (uint64_t)nr * PAGE_SIZE, &nr);
		err = copy_ptes_alone(dst_vma, src_vma, addr, e, new, nr);
	}
	return err;
}

static int copy_entries_alone(struct vm_area_struct *dst_vma, struct vm_area_struct *src_vma)
{
	uint64_t addr = src_vma->vm_start, end = src_vma->vm_end, next;
	int err = 0;

	for (; addr < end && !err; addr = next) {
		addr = pmd_peek_next(src_vma->mm, addr, end);
		next = pmd_addr_end(addr, end);
		if (addr < end)
			err = copy_pte_range_alone(dst_vma, src_vma, addr, next);
	}
	return err;
}

/* ---------------------------------------------------------------------------------- */

static int copy_entries(struct vm_area_struct *dst_vma, struct vm_area_struct *src_vma)
{
	struct mm_struct *src = src_vma->mm;
	uint64_t addr, end = src_vma->vm_end, next;
	bool any = false;
	int ret = 0;

	for (addr = pte_next_present(src, src_vma->vm_start, end); addr < end && !ret;
	     addr = pte_next_present(src, next, end)) {
		if (any)
			pte_step_before(src, addr, "copy_pte_range");
		any = true;
		ret = copy_entry(dst_vma, src_vma, addr, &next);
	}
	return ret;
}

int copy_page_range(struct vm_area_struct *dst_vma, struct vm_area_struct *src_vma)
{
	struct mm_struct *src = src_vma->mm;
	int ret;

	touch_anon_vma(src_vma);
	if (!vma_needs_copy(dst_vma, src_vma))
		return 0;
	if (is_vm_hugetlb_page(src_vma))
		return copy_hugetlb_page_range(dst_vma, src_vma);
	spin_lock(&src->ptl);
	ret = copy_tables(dst_vma, src_vma);
	if (!ret && sim_alone(mm_sim(src)) && is_cow_mapping(src_vma->vm_flags) &&
	    !src->has_pinned && !mm_prof(src)->nr_patches && !userfaultfd_rwp(src_vma))
		ret = copy_entries_alone(dst_vma, src_vma);
	else if (!ret)
		ret = copy_entries(dst_vma, src_vma);
	spin_unlock(&src->ptl);
	sim_trace(mm_sim(src), "copy_page_range()");
	return ret;
}

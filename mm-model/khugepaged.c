/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * khugepaged.c - MADV_COLLAPSE: the pages of an aligned 2 MiB become a huge page
 *
 * Each block is looked at with mmap_lock held for reading; if nothing speaks
 * against it the lock is dropped for the allocation, taken for writing, and all
 * is tested again.  The thread that does the same in the background, by its own
 * rules and times, is not modelled.
 */
#include "mm-model/fs.h"
#include "mm-model/huge_memory.h"
#include "mm-model/swap.h"
#include "mm-model/vma.h"

enum scan_result {
	SCAN_SUCCEED,
	SCAN_PMD_MAPPED,
	SCAN_FAIL, /* the VMA, no page table, or an entry that no fault can turn into a page */
	SCAN_PTE_UFFD_WP,
	SCAN_PAGE_RO,
	SCAN_PAGE_COUNT,
	SCAN_EXCEED_NONE_PTE,
	SCAN_ALLOC_HUGE_PAGE_FAIL,
};

static bool thp_vma_allowable_collapse(const struct vm_area_struct *vma)
{
	uint64_t last = (vma->vm_end & ~(PMD_SIZE - 1)) - PMD_SIZE;

	if (vma->vm_flags & (VM_NOHUGEPAGE | VM_SPECIAL) || vma->vm_end < PMD_SIZE ||
	    last < vma->vm_start)
		return false;
	if (vma_is_anonymous(vma))
		return vma->anon_vma;
	/* Blocks of the file have to be blocks of memory, too. */
	return vma_is_shmem(vma) && !(linear_page_index(vma, last) & (HPAGE_PMD_NR - 1));
}

/* Nothing comes of a block of a file without a page. */
static enum scan_result hpage_collapse_scan_file(const struct vm_area_struct *vma, uint64_t addr)
{
	uint64_t index = linear_page_index(vma, addr);

	if (filemap_next(vma_mapping(vma), index) < index + HPAGE_PMD_NR)
		sim_unmodelled(mm_sim(vma->mm), "MADV_COLLAPSE of shared memory to a huge page");
	return SCAN_FAIL;
}

/* After mmap_lock was dropped: the VMA of @addr, if it still will do. */
static enum scan_result hugepage_vma_revalidate(struct mm_struct *mm, uint64_t addr,
						struct vm_area_struct **vma)
{
	*vma = vma_lookup(mm, addr);
	if (!*vma || !thp_vma_suitable(*vma, addr) || !vma_is_anonymous(*vma))
		return SCAN_FAIL;
	touch_anon_vma(*vma);
	return thp_vma_allowable_collapse(*vma) ? SCAN_SUCCEED : SCAN_FAIL;
}

static enum scan_result find_pmd_or_thp_or_none(struct mm_struct *mm, uint64_t addr)
{
	if (pmd_leaf(mm, addr))
		return SCAN_PMD_MAPPED;
	return pmd_none(mm, addr) ? SCAN_FAIL : SCAN_SUCCEED;
}

/* Somebody besides the entries holds the page. */
static bool has_extra_refs(struct page *page)
{
	struct page *folio = page_folio(page);
	int maps = folio->order ? folio_large_mapcount(folio) : page_mapcount(page);

	return page_count(folio) != maps + (!folio->order && page_swap(folio));
}

static enum scan_result scan_present(const struct vm_area_struct *vma, pte_t pte, bool again,
				     bool *writable)
{
	struct page_scratch scratch;
	struct page *page;

	if (pte_uffd_wp(pte) && !(again && !mm_prof(vma->mm)->collapse_checks_wp_again))
		return SCAN_PTE_UFFD_WP;
	page = pte_page_peek(vma->mm->k, pte, &scratch);
	*writable |= pte_write(pte);
	return has_extra_refs(page) ? SCAN_PAGE_COUNT : SCAN_SUCCEED;
}

/*
 * Under ptl; @again: the second time.  *@unmapped: there are entries that would have to be
 * faulted in first.
 */
static enum scan_result scan_ptes(const struct vm_area_struct *vma, uint64_t start, bool again,
				  bool *unmapped)
{
	bool writable = mm_prof(vma->mm)->collapse_readonly;
	enum scan_result ret = SCAN_SUCCEED;

	pte_table_look(vma->mm, start);
	for (uint64_t addr = start; addr < start + PMD_SIZE && !ret; addr += PAGE_SIZE) {
		pte_t pte = pte_peek(vma->mm, addr);

		if (pte_none(pte) || pte_special(pte))
			ret = userfaultfd_armed(vma) ? SCAN_EXCEED_NONE_PTE : SCAN_SUCCEED;
		else if (pte_present(pte))
			ret = scan_present(vma, pte, again, &writable);
		else if (pte_marker_uffd_wp(pte) || pte_swp_uffd_wp(pte))
			ret = SCAN_PTE_UFFD_WP;
		else if (is_swap_pte(pte))
			sim_unmodelled(mm_sim(vma->mm), "MADV_COLLAPSE of pages in swap");
		else
			*unmapped = true;
	}
	return ret || writable ? ret : SCAN_PAGE_RO;
}

static enum scan_result hpage_collapse_scan_pmd(struct vm_area_struct *vma, uint64_t addr,
						bool *unmapped)
{
	struct mm_struct *mm = vma->mm;
	enum scan_result ret;

	sim_yield(mm_sim(mm), SIM_OP_READ, "hpage_collapse_scan_pmd");
	ret = find_pmd_or_thp_or_none(mm, addr);
	if (ret)
		return ret;
	spin_lock(&mm->ptl);
	ret = find_pmd_or_thp_or_none(mm, addr);
	if (!ret)
		ret = scan_ptes(vma, addr, false, unmapped);
	spin_unlock(&mm->ptl);
	return ret;
}

/* ---------------------------------------------------------------- the new page */

/* Every page holds one value, the same in all: then it need not be kept page by page. */
static bool one_fill(const struct mm_struct *mm, uint64_t addr, uint8_t *fill)
{
	for (unsigned i = 0; i < HPAGE_PMD_NR; i++) {
		pte_t pte = pte_peek(mm, addr + i * PAGE_SIZE);
		struct page_scratch scratch;
		struct page *page;
		uint8_t v = 0;

		if (pte_present(pte)) {
			page = pte_page_peek(mm->k, pte, &scratch);
			if (page_contents(page)->nr)
				return false;
			v = page_contents(page)->fill;
		}
		if (i && v != *fill)
			return false;
		*fill = v;
	}
	return true;
}

static void collapse_copy(struct mm_struct *mm, struct page *folio, uint64_t addr)
{
	uint8_t fill = 0;
	bool same = one_fill(mm, addr, &fill);

	if (same)
		page_contents(folio)->fill = fill;
	for (unsigned i = 0; i < HPAGE_PMD_NR; i++) {
		pte_t pte = pte_peek(mm, addr + i * PAGE_SIZE);
		struct page_scratch scratch;
		struct page *page;

		if (!pte_present(pte) || pte_special(pte))
			continue;
		page = pte_page_peek(mm->k, pte, &scratch);
		sim_touch(mm_sim(mm), page_key(page), SIM_READ);
		if (!same)
			copy_page(folio_page(folio, i), page);
	}
}

/* Under ptl: the folio in the place of the table and what it maps. */
static void collapse_replace(struct vm_area_struct *vma, struct page *folio, uint64_t addr)
{
	struct mm_struct *mm = vma->mm;

	collapse_copy(mm, folio, addr);
	for (unsigned i = 0; i < HPAGE_PMD_NR; i++) {
		pte_t pte = pte_peek(mm, addr + i * PAGE_SIZE);

		if (pte_present(pte))
			pte_remove_rmap(vma, pte);
	}
	pmd_free_table(mm, addr);
	page_add_anon_rmap(folio, vma);
	SetPageAnonExclusive(folio);
	set_pmd_at(mm, addr, maybe_mkwrite(pte_mkdirty(mk_pte(vma, folio)), vma));
	sim_trace(mm_sim(mm), "  collapse_huge_page()");
}

/* With mmap_lock held for writing. */
static enum scan_result collapse_locked(struct mm_struct *mm, struct page *folio, uint64_t addr)
{
	struct vm_area_struct *vma;
	enum scan_result ret = hugepage_vma_revalidate(mm, addr, &vma);
	bool unmapped = false;

	if (ret)
		return ret;
	vma_start_write(vma);
	spin_lock(&mm->ptl);
	ret = find_pmd_or_thp_or_none(mm, addr);
	if (!ret)
		ret = scan_ptes(vma, addr, true, &unmapped);
	if (!ret && unmapped)
		ret = SCAN_FAIL;
	if (!ret)
		collapse_replace(vma, folio, addr);
	spin_unlock(&mm->ptl);
	return ret;
}

/* Entered with mmap_lock held for reading, left without it. */
static enum scan_result collapse_huge_page(struct mm_struct *mm, uint64_t addr, bool unmapped)
{
	struct vm_area_struct *vma;
	enum scan_result ret;
	struct page *folio;

	mmap_read_unlock(mm);
	folio = alloc_huge_folio(mm->k);
	if (!folio)
		return SCAN_ALLOC_HUGE_PAGE_FAIL;
	mmap_read_lock(mm);
	ret = hugepage_vma_revalidate(mm, addr, &vma);
	if (!ret)
		ret = find_pmd_or_thp_or_none(mm, addr);
	/* What a fault says of a poisoned or a guarded page is no page. */
	if (!ret && unmapped)
		ret = SCAN_FAIL;
	mmap_read_unlock(mm);
	if (!ret) {
		mmap_write_lock(mm);
		ret = collapse_locked(mm, folio, addr);
		mmap_write_unlock(mm);
	}
	if (ret)
		put_page(folio);
	return ret;
}

/* -------------------------------------------------------------------- madvise */

static int madvise_collapse_errno(enum scan_result result)
{
	switch (result) {
	case SCAN_ALLOC_HUGE_PAGE_FAIL:
		return -ENOMEM;
	case SCAN_EXCEED_NONE_PTE:
		return -EBUSY;
	case SCAN_PAGE_COUNT:
		return -EAGAIN;
	default:
		return -EINVAL;
	}
}

/* What is wrong with one block says nothing about the next. */
static bool goes_on_after(enum scan_result result)
{
	return result == SCAN_PTE_UFFD_WP || result == SCAN_PAGE_RO || result == SCAN_PAGE_COUNT;
}

int madvise_collapse(struct vm_area_struct *vma, uint64_t start, uint64_t end, bool *lock_dropped)
{
	uint64_t addr = (start + PMD_SIZE - 1) & ~(PMD_SIZE - 1);
	enum scan_result result, last = SCAN_SUCCEED;
	struct mm_struct *mm = vma->mm;
	bool locked = true;

	touch_anon_vma(vma);
	if (!thp_vma_allowable_collapse(vma))
		return -EINVAL;
	end &= ~(PMD_SIZE - 1);
	if (end < addr)
		return -EINVAL; /* within one block: not even none */
	for (; addr < end; addr += PMD_SIZE) {
		bool unmapped = false;

		result = SCAN_SUCCEED;
		if (!locked) {
			mmap_read_lock(mm);
			locked = true;
			result = hugepage_vma_revalidate(mm, addr, &vma);
			end = min_u64(end, vma ? vma->vm_end & ~(PMD_SIZE - 1) : end);
		}
		if (!result)
			result = vma_is_anonymous(vma) ?
					 hpage_collapse_scan_pmd(vma, addr, &unmapped) :
					 hpage_collapse_scan_file(vma, addr);
		if (!result) {
			result = collapse_huge_page(mm, addr, unmapped);
			*lock_dropped = true;
			locked = false;
		}
		if (result > SCAN_PMD_MAPPED)
			last = result;
		if (result > SCAN_PMD_MAPPED && !goes_on_after(result))
			break;
	}
	if (!locked)
		mmap_read_lock(mm);
	return last ? madvise_collapse_errno(last) : 0;
}

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * memory_zap.c - entries that go: munmap, madvise, truncation
 *
 * Of the kernel's mm/memory.c the part below unmap_vmas().
 */
#include "mm-model/fs.h"
#include "mm-model/huge_memory.h"
#include "mm-model/hugetlb.h"
#include "mm-model/swap.h"

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
	if (pte_dirty(pte) && page_cache(pte_folio(mm->k, pte)))
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
	struct cache_folio *cache = page->more->cache;

	unmap_mapping_range_tree(cache->mapping, cache->index, cache->index, &details);
}

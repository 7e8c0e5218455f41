/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * vmscan.c - reclaim, as far as MADV_PAGEOUT asks for it
 *
 * A page is looked at, taken off its one entry and written in one section of the
 * table lock; the kernel isolates a block's pages first and then goes through
 * them, but nothing of what is in between can be seen.
 */
#include "mm-model/fs.h"
#include "mm-model/swap.h"

/* The page's flag is of all that map it, unlike the exclusive one. */
static void touch_lazyfree(const struct page *page, enum sim_mode mode)
{
	sim_touch(page->sim, sim_key(MM_CLASS_PAGE_REF, page->id, 1), mode);
}

bool page_is_lazyfree(const struct page *page)
{
	touch_lazyfree(page, SIM_READ);
	return page->flags & PG_LAZYFREE;
}

/*
 * What MADV_FREE gave up is dropped, unless it was written since: then it is as
 * any other page from now on, but stays where it is this time.
 */
static bool discard_lazyfree(struct vm_area_struct *vma, uint64_t addr, pte_t pte,
			     struct page *page)
{
	if (pte_dirty(pte) || page->flags & PG_DIRTY) {
		touch_lazyfree(page, SIM_WRITE);
		page->flags |= PG_DIRTY;
		page->flags &= ~PG_LAZYFREE;
		return false;
	}
	if (page_count(page) != 1)
		return false;
	zap_pte(vma, addr);
	return true;
}

/* The entry of a page that has a slot becomes that slot's. */
static void try_to_unmap_one(struct vm_area_struct *vma, uint64_t addr, pte_t pte,
			     struct page *page)
{
	pte_t new = swp_entry_to_pte(vma->mm->k, page->more->swap);

	swap_duplicate(page->more->swap);
	if (PageAnonExclusive(page))
		new.val |= _PAGE_SWP_EXCLUSIVE;
	if (pte_soft_dirty(pte))
		new.val |= _PAGE_SWP_SOFT_DIRTY;
	if (pte_uffd_wp(pte))
		new.val |= _PAGE_SWP_UFFD_WP;
	set_pte_at(vma->mm, addr, new);
	ClearPageAnonExclusive(page);
	page_remove_rmap(page, vma);
	put_page(page);
}

static bool folio_alloc_swap(struct kernel *k, struct page *page)
{
	struct swap_slot *slot = page_swap(page);

	if (slot)
		return true;
	slot = swap_alloc(k);
	if (!slot)
		return false;
	add_to_swap_cache(page, slot);
	return true;
}

/*
 * A page of a file is unmapped.  If nobody ever wrote it the cache drops it as well;
 * else memory that has a file goes to swap, if there is any.
 */
static bool shrink_file_folio(struct vm_area_struct *vma, uint64_t addr, pte_t pte,
			      struct page *page)
{
	bool dirty = pte_dirty(pte) || folio_test_dirty(page);

	if (page_maybe_dma_pinned(page) || folio_test_locked(page))
		return false;
	get_page(page);
	zap_pte_remembering(vma, addr);
	if (dirty && vma_is_shmem(vma) && swap_is_on(vma->mm->k))
		shmem_set_swapped(page, true);
	else if (!dirty && page->more->cache->mapping && page_count(page) == 2)
		__filemap_remove_folio(page);
	put_page(page);
	return true;
}

bool shrink_folio(struct vm_area_struct *vma, uint64_t addr)
{
	struct mm_struct *mm = vma->mm;
	pte_t pte = ptep_get(mm, addr);
	struct page *page = pte_page(mm->k, pte);

	if (page_cache(page))
		return shrink_file_folio(vma, addr, pte, page);
	if (page_is_lazyfree(page))
		return !discard_lazyfree(vma, addr, pte, page);
	if (page_maybe_dma_pinned(page) || !folio_alloc_swap(mm->k, page))
		return false;
	try_to_unmap_one(vma, addr, pte, page);
	swap_writeout(page);
	return true;
}

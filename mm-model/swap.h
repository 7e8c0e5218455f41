/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * swap.h - swap devices, their slots, and the swap cache
 *
 * A page that is swapped out has a slot: the entries that name it count, and the
 * swap cache may hold the page itself.  A slot is free again when neither is left.
 * Here the device is at once as fast as it can be: what is written is on it when
 * the call that writes it goes on, and so leaves the cache unless somebody else
 * holds the page.
 *
 * What ptl guards in the kernel beside the locks of clusters and folios is
 * guarded here by the step: nothing below has a scheduling point.
 */
#ifndef MM_SWAP_H
#define MM_SWAP_H

#include "mm-model/internal.h"

/** Pages of a device of the scenario language, its header apart. */
#define SWAP_FILE_PAGES 255

struct swap_info {
	const char *name;
	bool writeok; /* takes new pages: not while it is turned off */
	unsigned pages, inuse;
	struct swap_info *next; /* kernel->swaps */
};

struct swap_slot {
	struct sim_obj obj; /* MM_CLASS_SWAP_SLOT */
	struct swap_info *si;
	int count;          /* entries of page tables, and of files that are memory */
	struct page *cache; /* the swap cache's page, a reference of which is held */
	struct page *data;  /* what is on the device, or NULL */
	int seen;           /* mm_check() counts here; 0 between calls */
};

/* ------------------------------------------------------------------ swapfile.c */

/** Some device takes pages. */
bool swap_is_on(struct kernel *k);
/** More than half of all slots are in use. */
bool vm_swap_full(struct kernel *k);
/** A slot with count 0 and nothing in it, or NULL: there is none. */
struct swap_slot *swap_alloc(struct kernel *k);
void swap_duplicate(struct swap_slot *slot);
/** An entry goes, because the page comes back. */
void swap_free(struct swap_slot *slot);
/** An entry goes for good; a page that only the cache holds then goes too. */
void free_swap_and_cache(struct swap_slot *slot);
int swap_count(struct swap_slot *slot);
/** A slot that nothing uses any more goes. */
void swap_put(struct swap_slot *slot);

static inline bool is_swap_pte(pte_t pte)
{
	return !pte_none(pte) && !pte_present(pte) && !is_pte_marker(pte);
}
struct swap_slot *pte_to_swp_entry(const struct kernel *k, pte_t pte);
pte_t swp_entry_to_pte(const struct kernel *k, const struct swap_slot *slot);
/** @pte of a page that came back, with what @old, its swap entry, has kept for it. */
static inline pte_t pte_from_swp(pte_t pte, pte_t old)
{
	if (pte_swp_soft_dirty(old))
		pte = pte_mksoft_dirty(pte);
	return pte_swp_uffd_wp(old) ? pte_mkuffd_wp(pte) : pte;
}

/* ---------------------------------------------------------------- swap_state.c */

/** The slot of a page in the cache, or NULL. */
struct swap_slot *page_swap(struct page *page);
/** The same without a footprint. */
static inline struct swap_slot *page_swap_peek(const struct page *page)
{
	return page->flags & PG_CACHE || !page->has_more ? NULL : page->more->swap;
}
/** The cache's page, or NULL.  No reference. */
struct page *swap_cache_get_folio(struct swap_slot *slot);
/** Put @page into the cache, which takes a reference of its own. */
void add_to_swap_cache(struct page *page, struct swap_slot *slot);
void delete_from_swap_cache(struct page *page);
/** Have the page in the cache, from the device if need be: 0 or -ENOMEM. */
int read_swap_cache(struct kernel *k, struct swap_slot *slot);
/** Write the page to its slot; it leaves the cache if the cache alone holds it. */
void swap_writeout(struct page *page);
/** Take @page out of the cache unless entries still need its slot: whether it is out. */
bool folio_free_swap(struct page *page);
/** The last mapping of @page went: it need not stay for the cache's sake. */
void free_swap_cache(struct page *page);

/* -------------------------------------------------------------------- vmscan.c */

/** MADV_FREE gave it up. */
bool page_is_lazyfree(const struct page *page);
/** Under ptl: page out what is mapped at @addr.  False: it stays mapped. */
bool shrink_folio(struct vm_area_struct *vma, uint64_t addr);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * swap_state.c - the swap cache: pages that have a slot and are in memory
 */
#include "mm-model/swap.h"

static void touch_slot(const struct swap_slot *slot, enum sim_mode mode)
{
	sim_obj_check(&slot->obj);
	sim_touch(slot->obj.sim, sim_obj_key(&slot->obj), mode);
}

/* Without swap nobody else's references matter here. */
struct swap_slot *page_swap(struct page *page)
{
	if (!kernel_of(page->sim)->swap_used)
		return NULL;
	page_count(page); /* the footprint: coming and leaving changes it */
	return page_swap_peek(page);
}

struct page *swap_cache_get_folio(struct swap_slot *slot)
{
	touch_slot(slot, SIM_READ);
	return slot->cache;
}

void add_to_swap_cache(struct page *page, struct swap_slot *slot)
{
	touch_slot(slot, SIM_WRITE);
	get_page(page);
	slot->cache = page;
	page_more_make(page)->swap = slot;
}

void delete_from_swap_cache(struct page *page)
{
	struct swap_slot *slot = page->more->swap;

	touch_slot(slot, SIM_WRITE);
	slot->cache = NULL;
	page->more->swap = NULL;
	put_page(page);
	swap_put(slot);
}

int read_swap_cache(struct kernel *k, struct swap_slot *slot)
{
	struct page *page;

	if (swap_cache_get_folio(slot))
		return 0;
	page = alloc_page(k);
	if (!page)
		return -ENOMEM;
	copy_page(page, slot->data);
	page->flags |= PG_ANON;
	add_to_swap_cache(page, slot);
	put_page(page);
	return 0;
}

void swap_writeout(struct page *page)
{
	struct swap_slot *slot = page->more->swap;

	/* A page that somebody else holds cannot be freed, so it is not written. */
	if (page_count(page) != 1)
		return;
	touch_slot(slot, SIM_WRITE);
	if (slot->data)
		put_page(slot->data);
	slot->data = page;
	slot->cache = NULL;
	page->more->swap = NULL;
	page->flags &= ~(PG_DIRTY | PG_ANON_EXCLUSIVE);
}

bool folio_free_swap(struct page *page)
{
	struct swap_slot *slot = page_swap(page);

	if (!slot || swap_count(slot))
		return false;
	page->flags |= PG_DIRTY;
	delete_from_swap_cache(page);
	return true;
}

void free_swap_cache(struct page *page)
{
	if (page_swap(page) && !page_mapcount(page))
		folio_free_swap(page);
}

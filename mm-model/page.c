/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * page.c - pages: contents, references, mappings
 *
 * Contents are shared by whoever maps the page, so every access is part of the
 * step's footprint, byte by byte.  References and map counts are only counted:
 * two changes commute, a look at the count (COW reuse, pagemap) does not
 * commute with a change.
 */
#include <string.h>

#include "mm-model/internal.h"

static uint64_t byte_key(const struct page *page, unsigned off)
{
	return sim_key(MM_CLASS_BYTE, page->obj.id, off);
}

static uint64_t ref_key(const struct page *page)
{
	return sim_key(MM_CLASS_PAGE_REF, page->obj.id, 0);
}

struct page *alloc_page(struct kernel *k)
{
	struct page *page = sim_zalloc(k->sim, sizeof(*page));

	if (!page)
		return NULL;
	sim_obj_init(k->sim, &page->obj, (enum sim_class)MM_CLASS_PAGE, "page");
	page->refcount = 1;
	return page;
}

static void free_page(struct page *page)
{
	struct sim *sim = page->obj.sim;

	if (page->bytes)
		sim_free(sim, page->bytes, PAGE_SIZE);
	/* No sim_obj_fini(): who is the last of several holders is all the same. */
	page->obj.live = 0;
	sim_free(sim, page, sizeof(*page));
}

void get_page(struct page *page)
{
	if (page->flags & PG_ZERO)
		return;
	sim_obj_check(&page->obj);
	sim_touch(page->obj.sim, ref_key(page), SIM_PART_WRITE);
	page->refcount++;
}

void put_page(struct page *page)
{
	if (page->flags & PG_ZERO)
		return;
	sim_obj_check(&page->obj);
	sim_touch(page->obj.sim, ref_key(page), SIM_PART_WRITE);
	if (page->refcount <= 0)
		sim_bug(page->obj.sim, SIM_BUG_REFCOUNT, "page %u: put without a reference",
			page->obj.id);
	if (--page->refcount == 0)
		free_page(page);
}

void page_add_anon_rmap(struct page *page)
{
	if (page->flags & PG_ZERO)
		return;
	sim_touch(page->obj.sim, ref_key(page), SIM_PART_WRITE);
	page->flags |= PG_ANON;
	page->mapcount++;
}

void page_remove_rmap(struct page *page)
{
	if (page->flags & PG_ZERO)
		return;
	sim_touch(page->obj.sim, ref_key(page), SIM_PART_WRITE);
	if (page->mapcount <= 0)
		sim_bug(page->obj.sim, SIM_BUG_REFCOUNT, "page %u: unmapped more often than mapped",
			page->obj.id);
	page->mapcount--;
}

int page_count(struct page *page)
{
	sim_touch(page->obj.sim, ref_key(page), SIM_READ);
	return page->refcount;
}

int page_mapcount(struct page *page)
{
	sim_touch(page->obj.sim, ref_key(page), SIM_READ);
	return page->mapcount;
}

/* The exclusive bit belongs to the one entry that maps the page: its ptl guards it. */
bool PageAnonExclusive(const struct page *page)
{
	return page->flags & PG_ANON_EXCLUSIVE;
}

void SetPageAnonExclusive(struct page *page)
{
	page->flags |= PG_ANON_EXCLUSIVE;
}

void ClearPageAnonExclusive(struct page *page)
{
	page->flags &= ~PG_ANON_EXCLUSIVE;
}

/* ---------------------------------------------------------------- contents */

int page_peek(const struct page *page, unsigned off)
{
	if (page->bytes)
		return page->bytes[off];
	for (unsigned i = 0; i < page->nr; i++)
		if (page->ov[i].off == off)
			return page->ov[i].val;
	return page->fill;
}

uint8_t page_read(struct page *page, unsigned off)
{
	sim_obj_check(&page->obj);
	sim_touch(page->obj.sim, sim_obj_key(&page->obj), SIM_PART_READ);
	sim_touch(page->obj.sim, byte_key(page, off), SIM_READ);
	return page_peek(page, off);
}

/* Too many bytes differ from the fill: keep them all. */
static void page_expand(struct page *page)
{
	uint8_t *bytes = sim_zalloc(page->obj.sim, PAGE_SIZE);

	if (!bytes)
		sim_bug(page->obj.sim, SIM_BUG_NOMEM, "arena used up by page contents");
	memset(bytes, page->fill, PAGE_SIZE);
	for (unsigned i = 0; i < page->nr; i++)
		bytes[page->ov[i].off] = page->ov[i].val;
	page->bytes = bytes;
	page->nr = 0;
}

static void page_set(struct page *page, unsigned off, uint8_t v)
{
	if (!page->bytes) {
		for (unsigned i = 0; i < page->nr; i++)
			if (page->ov[i].off == off) {
				page->ov[i].val = v;
				return;
			}
		if (page->fill == v)
			return;
		if (page->nr < PAGE_OVERRIDES) {
			page->ov[page->nr].off = off;
			page->ov[page->nr++].val = v;
			return;
		}
		page_expand(page);
	}
	page->bytes[off] = v;
}

void page_write(struct page *page, unsigned off, uint8_t v)
{
	sim_obj_check(&page->obj);
	sim_touch(page->obj.sim, sim_obj_key(&page->obj), SIM_PART_WRITE);
	sim_touch(page->obj.sim, byte_key(page, off), SIM_WRITE);
	page_set(page, off, v);
}

void page_fill(struct page *page, uint8_t v)
{
	sim_obj_check(&page->obj);
	sim_touch(page->obj.sim, sim_obj_key(&page->obj), SIM_WRITE);
	if (page->bytes)
		sim_free(page->obj.sim, page->bytes, PAGE_SIZE);
	page->bytes = NULL;
	page->nr = 0;
	page->fill = v;
}

void copy_page(struct page *dst, struct page *src)
{
	sim_obj_check(&src->obj);
	sim_touch(src->obj.sim, sim_obj_key(&src->obj), SIM_READ);
	page_fill(dst, src->fill);
	memcpy(dst->ov, src->ov, sizeof(dst->ov));
	dst->nr = src->nr;
	if (src->bytes) {
		page_expand(dst);
		memcpy(dst->bytes, src->bytes, PAGE_SIZE);
	}
}

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * page.c - pages: contents, references, mappings
 *
 * Contents are shared by whoever maps the page, so every access is part of the
 * step's footprint, byte by byte.  References and map counts are only counted:
 * two changes commute, a look at the count (COW reuse, pagemap) does not
 * commute with a change.
 * Pages of huge folios are in folio.c.
 */
#include <string.h>

#include "mm-model/fs.h"
#include "mm-model/hugetlb.h"

/* Pages of a folio share its object number; their keys differ in the part. */
static uint64_t byte_key(const struct page *page, unsigned off)
{
	return sim_key(MM_CLASS_BYTE, page->obj.id, (uint64_t)page->index << PAGE_SHIFT | off);
}

uint64_t page_key(const struct page *page)
{
	return sim_key(MM_CLASS_PAGE, page->obj.id, page->folio ? 1 + page->index : 0);
}

/* References and mappings: a folio's as a whole, until it is split for good. */
void page_ref_touch(const struct page *page, enum sim_mode mode)
{
	uint64_t part = 0;

	if (page->folio && page->folio->pages->split) {
		sim_touch(page->obj.sim, sim_key(MM_CLASS_PAGE_REF, page->obj.id, 0),
			  SIM_PART_READ);
		part = (page->index + 1) * 16;
	}
	sim_touch(page->obj.sim, sim_key(MM_CLASS_PAGE_REF, page->obj.id, part), mode);
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

void free_page(struct page *page)
{
	struct sim *sim = page->obj.sim;

	if (page->bytes)
		sim_free(sim, page->bytes, PAGE_SIZE);
	if (page->cache)
		sim_free(sim, page->cache, sizeof(*page->cache));
	/* No sim_obj_fini(): who is the last of several holders is all the same. */
	page->obj.live = 0;
	sim_free(sim, page, sizeof(*page));
}

void folio_ref_add(struct page *folio, int n)
{
	folio = page_folio(folio);
	if (folio->flags & PG_ZERO)
		return;
	sim_obj_check(&folio->obj);
	page_ref_touch(folio, SIM_PART_WRITE);
	folio->refcount += n;
}

void get_page(struct page *page)
{
	folio_ref_add(page, 1);
}

void put_page(struct page *page)
{
	struct page *folio = page_folio(page);

	if (folio->flags & PG_ZERO)
		return;
	sim_obj_check(&folio->obj);
	page_ref_touch(folio, SIM_PART_WRITE);
	if (folio->flags & PG_HUGETLB)
		touch_huge_page_goes(folio);
	if (folio->refcount <= 0)
		sim_bug(folio->obj.sim, SIM_BUG_REFCOUNT, "page %u: put without a reference",
			folio->obj.id);
	if (--folio->refcount)
		return;
	if (folio->order || folio->folio)
		free_folio(folio);
	else
		free_page(folio);
}

/* ------------------------------------------------------------------ map counts */

static void add_rmap(struct page *page, const struct vm_area_struct *vma)
{
	struct page *folio = page_folio(page);

	if (page->flags & PG_ZERO)
		return;
	page_ref_touch(page, SIM_PART_WRITE);
	page->mapcount++;
	if (folio->order)
		folio_add_mapcount(folio, vma->mm, 1);
}

static void remove_rmap(struct page *page, const struct vm_area_struct *vma)
{
	struct page *folio = page_folio(page);

	if (page->flags & PG_ZERO)
		return;
	page_ref_touch(page, SIM_PART_WRITE);
	if (page->mapcount <= 0)
		sim_bug(page->obj.sim, SIM_BUG_REFCOUNT, "page %u: unmapped more often than mapped",
			page->obj.id);
	page->mapcount--;
	if (folio->order)
		folio_sub_mapcount(folio, vma->mm, 1);
}

void page_add_anon_rmap(struct page *page, const struct vm_area_struct *vma)
{
	if (!(page->flags & PG_ZERO))
		page->flags |= PG_ANON;
	for (unsigned i = 0; page->order && i < HPAGE_PMD_NR; i++)
		if (folio_page_if_made(page, i))
			folio_page_if_made(page, i)->flags |= PG_ANON;
	add_rmap(page, vma);
}

void page_add_file_rmap(struct page *page, const struct vm_area_struct *vma)
{
	add_rmap(page, vma);
}

void page_remove_rmap(struct page *page, const struct vm_area_struct *vma)
{
	remove_rmap(page, vma);
}

int page_count(struct page *page)
{
	page_ref_touch(page, SIM_READ);
	return page_folio(page)->refcount;
}

int page_mapcount_peek(const struct page *page)
{
	return page->mapcount + (page->folio ? page->folio->mapcount : 0);
}

int page_mapcount(struct page *page)
{
	page_ref_touch(page, SIM_READ);
	return page_mapcount_peek(page);
}

bool page_maybe_dma_pinned(struct page *page)
{
	struct page *folio = page_folio(page);

	/* So many plain references look like a pin. */
	return folio->order ? page_count(folio) && folio->pincount :
			      page_count(folio) >= GUP_PIN_COUNTING_BIAS;
}

bool folio_needs_cow_for_dma(const struct vm_area_struct *vma, struct page *page)
{
	return vma->mm->has_pinned && page_maybe_dma_pinned(page);
}

/*
 * The exclusive bit belongs to the one entry that maps the page: its ptl guards
 * it.  While a leaf maps a folio, what is true of the folio is of its pages.
 */
bool PageAnonExclusive(const struct page *page)
{
	if (page->folio && page->folio->mapcount)
		page = page->folio;
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

bool page_is_zero_filled(const struct page *page)
{
	for (unsigned i = 0; page->bytes && i < PAGE_SIZE; i++)
		if (page->bytes[i])
			return false;
	for (unsigned i = 0; i < page->nr; i++)
		if (page->ov[i].val)
			return false;
	return page->bytes || !page->fill;
}

uint8_t page_read(struct page *page, unsigned off)
{
	sim_obj_check(&page->obj);
	sim_touch(page->obj.sim, page_key(page), SIM_PART_READ);
	sim_touch(page->obj.sim, byte_key(page, off), SIM_READ);
	return page_peek(page, off);
}

/* Too many bytes differ from the fill: keep them all. */
static void page_expand(struct page *page)
{
	uint8_t *bytes = sim_zalloc_nofail(page->obj.sim, PAGE_SIZE);

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
	sim_touch(page->obj.sim, page_key(page), SIM_PART_WRITE);
	sim_touch(page->obj.sim, byte_key(page, off), SIM_WRITE);
	page_set(page, off, v);
}

void page_fill(struct page *page, uint8_t v)
{
	sim_obj_check(&page->obj);
	sim_touch(page->obj.sim, page_key(page), SIM_WRITE);
	if (page->bytes)
		sim_free(page->obj.sim, page->bytes, PAGE_SIZE);
	page->bytes = NULL;
	page->nr = 0;
	page->fill = v;
}

void copy_page(struct page *dst, struct page *src)
{
	sim_obj_check(&src->obj);
	sim_touch(src->obj.sim, page_key(src), SIM_READ);
	page_fill(dst, src->fill);
	memcpy(dst->ov, src->ov, sizeof(dst->ov));
	dst->nr = src->nr;
	if (src->bytes) {
		page_expand(dst);
		memcpy(dst->bytes, src->bytes, PAGE_SIZE);
	}
}

void copy_folio(struct page *dst, struct page *src)
{
	struct sim *sim = src->obj.sim;

	sim_obj_check(&src->obj);
	sim_touch(sim, page_key(src), SIM_READ);
	dst->fill = src->fill;
	for (unsigned i = 0; i < HPAGE_PMD_NR; i++) {
		struct page *page = folio_page_if_made(src, i);

		sim_touch(sim, sim_key(MM_CLASS_PAGE, src->obj.id, 1 + i), SIM_READ);
		if (page)
			copy_page(folio_page(dst, i), page);
	}
}

/* A few bytes are told one by one; of many, that some part of the page changed. */
void copy_page_bytes(struct page *dst, unsigned to, struct page *src, unsigned from, unsigned n)
{
	if (n == PAGE_SIZE && dst != src) {
		copy_page(dst, src);
	} else if (n <= PAGE_OVERRIDES) {
		for (unsigned i = 0; i < n; i++)
			page_write(dst, to + i, page_read(src, from + i));
	} else {
		sim_obj_check(&src->obj);
		sim_obj_check(&dst->obj);
		sim_touch(src->obj.sim, page_key(src), SIM_READ);
		sim_touch(dst->obj.sim, page_key(dst), SIM_WRITE);
		for (unsigned i = 0; i < n; i++)
			page_set(dst, to + i, page_peek(src, from + i));
	}
}

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

static unsigned page_index(const struct page *page)
{
	return page->has_more ? page->more->index : 0;
}

/* Pages of a folio share its object number; their keys differ in the part. */
static uint64_t byte_key(const struct page *page, unsigned off)
{
	return sim_key(MM_CLASS_BYTE, page->id, (uint64_t)page_index(page) << PAGE_SHIFT | off);
}

uint64_t page_key(const struct page *page)
{
	return sim_key(MM_CLASS_PAGE, page->id, page_parent(page) ? 1 + page_index(page) : 0);
}

/* References and mappings: a folio's as a whole, until it is split for good. */
void __page_ref_touch(const struct page *page, enum sim_mode mode)
{
	uint64_t part = 0;

	if (page_parent(page) && folio_pages(page->more->folio)->split) {
		sim_touch(page->sim, sim_key(MM_CLASS_PAGE_REF, page->id, 0),
			  SIM_PART_READ);
		part = (page_index(page) + 1) * 16;
	}
	sim_touch(page->sim, sim_key(MM_CLASS_PAGE_REF, page->id, part), mode);
}

struct page *alloc_page(struct kernel *k)
{
	struct page *page = sim_zalloc(k->sim, sizeof(*page));

	if (!page)
		return NULL;
	page->sim = k->sim;
	page->id = sim_obj_number(k->sim);
	page->live = SIM_OBJ_LIVE;
	page->refcount = 1;
	return page;
}

void page_is_dead(const struct page *page)
{
	const struct sim_obj obj = { .live = page->live, .name = "page" };

	sim_obj_check(&obj);
}

struct page_more *page_more_make(struct page *page)
{
	struct page_more *more = page->has_more ? page->more : NULL;

	if (more)
		return more;
	more = sim_zalloc_nofail(page->sim, sizeof(*more));
	if (!more)
		sim_bug(page->sim, SIM_BUG_NOMEM, "arena used up by pages");
	more->contents = page->contents;
	more->ov[0] = page->ov;
	page->more = more;
	page->has_more = true;
	return more;
}

static void free_bytes(struct page *page)
{
	struct page_contents *contents = page_contents(page);

	if (contents->nr == PAGE_BYTES)
		sim_free(page->sim, page->more->bytes, PAGE_SIZE);
	contents->nr = 0;
}

void free_page(struct page *page)
{
	struct sim *sim = page->sim;

	free_bytes(page);
	if (page_cache(page))
		sim_free(sim, page->more->cache, sizeof(*page->more->cache));
	if (page->has_more)
		sim_free(sim, page->more, sizeof(*page->more));
	/* No sim_obj_fini(): who is the last of several holders is all the same. */
	page->live = 0;
	sim_free(sim, page, sizeof(*page));
}

void folio_ref_add(struct page *folio, int n)
{
	folio = page_folio(folio);
	if (folio->flags & PG_ZERO)
		return;
	page_check(folio);
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
	page_check(folio);
	page_ref_touch(folio, SIM_PART_WRITE);
	if (folio->flags & PG_HUGETLB)
		touch_huge_page_goes(folio);
	if (folio->refcount <= 0)
		sim_bug(folio->sim, SIM_BUG_REFCOUNT, "page %u: put without a reference",
			folio->id);
	if (--folio->refcount)
		return;
	if (folio->order || page_parent(folio))
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
		sim_bug(page->sim, SIM_BUG_REFCOUNT, "page %u: unmapped more often than mapped",
			page->id);
	page->mapcount--;
	if (folio->order)
		folio_sub_mapcount(folio, vma->mm, 1);
}

void __page_add_anon_rmap(struct page *page, const struct vm_area_struct *vma)
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
	return page->mapcount + (page_parent(page) ? page->more->folio->mapcount : 0);
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
	return folio->order ? page_count(folio) && page_pincount(folio) :
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
	if (page_parent(page) && page->more->folio->mapcount)
		page = page->more->folio;
	return page->flags & PG_ANON_EXCLUSIVE;
}

/* ---------------------------------------------------------------- contents */

static unsigned ov_off(const struct page_override *ov)
{
	return ov->off[0] | (unsigned)ov->off[1] << 8;
}

/* Those that are listed, of a page that lists its bytes. */
static struct page_override *page_ov(const struct page *page)
{
	return page->has_more ? page->more->ov : (struct page_override *)&page->ov;
}

/* The byte at @off if it is listed. */
static struct page_override *ov_find(const struct page *page, unsigned off)
{
	struct page_override *ov = page_ov(page);

	for (unsigned i = page_contents(page)->nr; i-- > 0; ov++)
		if (ov_off(ov) == off)
			return ov;
	return NULL;
}

int page_peek(const struct page *page, unsigned off)
{
	const struct page_override *ov;

	if (page_contents(page)->nr == PAGE_BYTES)
		return page->more->bytes[off];
	ov = ov_find(page, off);
	return ov ? ov->val : page_contents(page)->fill;
}

bool page_is_zero_filled(const struct page *page)
{
	const struct page_contents *contents = page_contents(page);

	if (contents->nr == PAGE_BYTES) {
		for (unsigned i = 0; i < PAGE_SIZE; i++)
			if (page->more->bytes[i])
				return false;
		return true;
	}
	for (unsigned i = 0; i < contents->nr; i++)
		if (page_ov(page)[i].val)
			return false;
	return !contents->fill;
}

uint8_t page_read(struct page *page, unsigned off)
{
	page_check(page);
	sim_touch(page->sim, page_key(page), SIM_PART_READ);
	sim_touch(page->sim, byte_key(page, off), SIM_READ);
	return page_peek(page, off);
}

/* Too many bytes differ from the fill: keep them all. */
static void page_expand(struct page *page)
{
	struct page_more *more = page_more_make(page);
	uint8_t *bytes = sim_zalloc_nofail(page->sim, PAGE_SIZE);

	if (!bytes)
		sim_bug(page->sim, SIM_BUG_NOMEM, "arena used up by page contents");
	memset(bytes, more->contents.fill, PAGE_SIZE);
	for (unsigned i = 0; i < more->contents.nr; i++)
		bytes[ov_off(&more->ov[i])] = more->ov[i].val;
	more->bytes = bytes;
	more->contents.nr = PAGE_BYTES;
}

/* One more byte that differs from the fill; false: there are too many. */
static bool ov_add(struct page *page, struct page_override ov)
{
	unsigned nr = page_contents(page)->nr;

	if (nr == PAGE_OVERRIDES)
		return false;
	if (nr)
		page_more_make(page);
	page_ov(page)[nr] = ov;
	page_contents(page)->nr++;
	return true;
}

static void page_set(struct page *page, unsigned off, uint8_t v)
{
	struct page_override *ov;

	if (page_contents(page)->nr != PAGE_BYTES) {
		ov = ov_find(page, off);
		if (ov) {
			ov->val = v;
			return;
		}
		if (page_contents(page)->fill == v ||
		    ov_add(page, (struct page_override){ { off & 0xff, off >> 8 }, v }))
			return;
		page_expand(page);
	}
	page->more->bytes[off] = v;
}

void page_write(struct page *page, unsigned off, uint8_t v)
{
	page_check(page);
	sim_touch(page->sim, page_key(page), SIM_PART_WRITE);
	sim_touch(page->sim, byte_key(page, off), SIM_WRITE);
	page_set(page, off, v);
}

static inline void fill(struct page *page, uint8_t v)
{
	struct page_contents *contents = page_contents(page);

	page_check(page);
	sim_touch(page->sim, page_key(page), SIM_WRITE);
	if (contents->nr)
		free_bytes(page);
	contents->fill = v;
}

void page_fill(struct page *page, uint8_t v)
{
	fill(page, v);
}

void copy_page(struct page *dst, struct page *src)
{
	const struct page_contents *from = page_contents(src);

	page_check(src);
	sim_touch(src->sim, page_key(src), SIM_READ);
	fill(dst, from->fill);
	if (from->nr == PAGE_BYTES) {
		page_expand(dst);
		memcpy(dst->more->bytes, src->more->bytes, PAGE_SIZE);
		return;
	}
	if (src->has_more || dst->has_more) {
		for (unsigned i = 0; i < from->nr; i++)
			ov_add(dst, page_ov(src)[i]);
		return;
	}
	dst->contents.nr = from->nr;
	dst->ov = src->ov;
}

bool page_same_bytes(const struct page *a, const struct page *b)
{
	for (unsigned i = 0; i < PAGE_SIZE; i++)
		if (page_peek(a, i) != page_peek(b, i))
			return false;
	return true;
}

void copy_folio(struct page *dst, struct page *src)
{
	struct sim *sim = src->sim;

	page_check(src);
	sim_touch(sim, page_key(src), SIM_READ);
	page_contents(dst)->fill = page_contents(src)->fill;
	for (unsigned i = 0; i < HPAGE_PMD_NR; i++) {
		struct page *page = folio_page_if_made(src, i);

		sim_touch(sim, sim_key(MM_CLASS_PAGE, src->id, 1 + i), SIM_READ);
		if (page)
			copy_page(folio_page(dst, i), page);
	}
}

/* A few bytes are told one by one; of many, that some part of the page changed. */
#define FEW_BYTES 6

void copy_page_bytes(struct page *dst, unsigned to, struct page *src, unsigned from, unsigned n)
{
	if (n == PAGE_SIZE && dst != src) {
		copy_page(dst, src);
	} else if (n <= FEW_BYTES) {
		for (unsigned i = 0; i < n; i++)
			page_write(dst, to + i, page_read(src, from + i));
	} else {
		page_check(src);
		page_check(dst);
		sim_touch(src->sim, page_key(src), SIM_READ);
		sim_touch(dst->sim, page_key(dst), SIM_WRITE);
		for (unsigned i = 0; i < n; i++)
			page_set(dst, to + i, page_peek(src, from + i));
	}
}

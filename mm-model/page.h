/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * page.h - pages and huge folios: contents, references, map counts (page.c, folio.c)
 */
#ifndef MM_PAGE_H
#define MM_PAGE_H

#include "mm-model/mm_types.h"

#define PG_ANON           (1u << 0)
#define PG_ANON_EXCLUSIVE (1u << 1)
#define PG_ZERO           (1u << 2)
#define PG_LAZYFREE       (1u << 3)
#define PG_UPTODATE       (1u << 4) /* of a file: its contents are there */
#define PG_MKWRITE        (1u << 7) /* the file system knows that it is written (page_mkwrite) */
#define PG_SHMEM_SWAPPED  (1u << 6) /* must be read again before it can be mapped */
#define PG_DIRTY          (1u << 5) /* whatever its entries say; of files, and as swap needs it */
#define PG_CACHE          (1u << 8) /* a file has it, or had: its cache says which */
#define PG_OTHER_KIND     (1u << 9) /* prepared for another kind of mapping than it went to */
#define PG_OTHER_OWNER    (1u << 10) /* says that it belongs to where it is not mapped */
/* Of the hugetlb pool; it took a promise with it that comes back with it; not counted in it. */
#define PG_HUGETLB           (1u << 13)
#define PG_RESTORE_RESERVE   (1u << 14)
#define PG_HUGETLB_TEMPORARY (1u << 15)

#define PAGE_OVERRIDES 5
#define PAGE_BYTES     UINT8_MAX
#define HPAGE_PMD_ORDER 9
#define HPAGE_PMD_NR    512
#define FOLIO_CHUNK     16
#define MM_ID_NONE      UINT32_MAX
struct page;
/**
 * What a huge folio has beside its struct page.  @chunk: the pages somebody asked
 * for; of the others each is mapped by @mapcount small entries, and exclusive or
 * not.  @mm_id, @mm_mapcount: whose mappings are counted apart.
 */
struct folio_pages {
	struct page **chunk[HPAGE_PMD_NR / FOLIO_CHUNK];
	int mapcount;
	bool exclusive;
	bool first_exclusive; /* the first page, when it went: it keeps what it was */
	uint64_t gone[HPAGE_PMD_NR / 64]; /* not made, and mapped once less; split: freed */
	bool split;     /* for good: the pages count for themselves */
	int left;       /* then, of them */
	bool mm_shared; /* maybe mapped by several mms */
	int large_mapcount; /* leaves and small entries */
	uint32_t mm_id[2];
	int mm_mapcount[2];
	int seen; /* mm_check() counts small entries here */
};
/** A byte that differs from the fill. */
struct page_override {
	uint8_t off[2], val;
};
/**
 * Contents: every byte is @fill but the @nr listed, or all of them are in page_more.bytes
 * once they are too many (@nr PAGE_BYTES).  A folio's @fill is that of its pages not made yet.
 */
struct page_contents {
	uint8_t fill;
	uint8_t nr;
	uint16_t seen; /* mm_check() counts mappings here; 0 between calls */
};
/** What most pages do not need, once one needs some of it (page_more_make()). */
struct page_more {
	struct page_contents contents;
	uint16_t pincount; /* of a folio: pins among its references */
	uint16_t index;    /* in @folio */
	union {
		struct page *folio;        /* order 0: of which it is or was a part, or NULL */
		struct folio_pages *pages; /* of a folio */
	};
	union {
		struct cache_folio *cache; /* PG_CACHE (fs.h) */
		struct swap_slot *swap;    /* else: in the swap cache (swap_state.c), or NULL */
	};
	union {
		struct page_override ov[PAGE_OVERRIDES];
		uint8_t *bytes;
	};
};
/**
 * A page, a folio of 512 (@order 9), or a page of such a folio (page_parent()).
 * As small as can be, since there are as many as pages: half a line of the cache.
 */
struct page {
	struct sim *sim;
	union {
		struct { /* without page_more */
			struct page_contents contents;
			struct page_override ov; /* the one byte that is listed */
		};
		struct page_more *more;
	};
	int refcount; /* of the folio as a whole */
	int mapcount; /* by entries of its own size; of a folio: by leaves */
	uint16_t flags;
	uint8_t live; /* SIM_OBJ_LIVE, or freed */
	uint8_t order : 7, has_more : 1;
	uint32_t id; /* MM_CLASS_PAGE; pages of a folio have the folio's */
};
/** A page that nobody else knows, to look at. */
struct page_scratch {
	struct page page;
	struct page_more more;
};
/** It has a page_more from now on; the run ends if there is no memory for it. */
struct page_more *page_more_make(struct page *page);
static inline struct page_contents *page_contents(const struct page *page)
{
	return page->has_more ? &page->more->contents : (struct page_contents *)&page->contents;
}
static inline int page_pincount(const struct page *page)
{
	return page->has_more ? page->more->pincount : 0;
}
/** Use of a page that was freed ends the run. */
void page_is_dead(const struct page *page);
static inline void page_check(const struct page *page)
{
	if (page->live != SIM_OBJ_LIVE)
		page_is_dead(page);
}
/** The huge folio that a page is or was a part of, or NULL. */
static inline struct page *page_parent(const struct page *page)
{
	return page->order || !page->has_more ? NULL : page->more->folio;
}
/** Of a huge folio. */
static inline struct folio_pages *folio_pages(const struct page *folio)
{
	return folio->more->pages;
}
/** Of a page of a file, else NULL. */
static inline struct cache_folio *page_cache(const struct page *page)
{
	return page->flags & PG_CACHE ? page->more->cache : NULL;
}
struct page *alloc_page(struct kernel *k); /* zeroed, one reference, or NULL */
/** A zeroed folio of 512 pages, for an anonymous or a hugetlb leaf: one reference, or NULL. */
struct page *alloc_huge_folio(struct kernel *k);
/** What counts the references of a page: its folio, or it is by itself. */
static inline struct page *page_folio(struct page *page)
{
	struct page *parent = page_parent(page);

	return parent && !folio_pages(parent)->split ? parent : page;
}
/** Page @i of a huge folio. */
struct page *folio_page(struct page *folio, unsigned i);
/** The same if somebody asked for it before, else NULL: it is as the folio says. */
struct page *folio_page_if_made(const struct page *folio, unsigned i);
/** Whether somebody did, as part of the step. */
bool folio_page_is_made(const struct page *folio, unsigned i);
/** pte_page() for who only looks: a page not made yet is shown in @scratch. */
struct page *pte_page_peek(const struct kernel *k, pte_t pte, struct page_scratch *scratch);
/**
 * Split a folio for good, that is mapped by small entries only: 0; -EAGAIN if
 * anybody but these entries and the caller (one reference, which goes) holds it.
 */
int folio_split(struct page *folio);
/** All its bytes are 0. */
bool page_is_zero_filled(const struct page *page);
/** Footprint key of the contents. */
uint64_t page_key(const struct page *page);
void get_page(struct page *page);
void put_page(struct page *page);
void folio_ref_add(struct page *folio, int n);
/**
 * A mapping by an entry of @vma comes (with a reference of its own) or goes.  A
 * folio is mapped by leaves, its pages by small entries.
 */
void page_add_file_rmap(struct page *page, const struct vm_area_struct *vma);
void page_remove_rmap(struct page *page, const struct vm_area_struct *vma);
void __page_add_anon_rmap(struct page *page, const struct vm_area_struct *vma);
/**
 * One more entry maps an anonymous page that counts for itself, which is nobody's alone then;
 * with a reference.  False: it is another kind of page.  Without a footprint.
 */
static inline bool page_try_dup_anon_rmap(struct page *page)
{
	if (!(page->flags & PG_ANON) || page->live != SIM_OBJ_LIVE)
		return false;
	page->refcount++;
	page->mapcount++;
	page->flags &= ~PG_ANON_EXCLUSIVE;
	return true;
}
/**
 * page_remove_rmap() and put_page() of what the entry @pte of @vma mapped, without
 * making a page of a folio for it.
 */
void pte_remove_rmap(const struct vm_area_struct *vma, pte_t pte);
/** One leaf of @vma becomes 512 small entries; references and exclusive bits follow. */
void folio_split_rmap(struct page *folio, const struct vm_area_struct *vma);
/** Of a huge folio: mappings of all kinds; whether more than one mm may have some. */
int folio_large_mapcount(struct page *folio);
bool folio_maybe_mapped_shared(struct page *folio);
/** Is the first page of a huge folio exclusive? */
bool folio_first_exclusive(const struct page *folio);
/** How often the page is mapped, by entries of either kind. */
int page_mapcount_peek(const struct page *page);
void __page_ref_touch(const struct page *page, enum sim_mode mode);
static inline void page_ref_touch(const struct page *page, enum sim_mode mode)
{
	if (__builtin_expect(sim_head(page->sim)->records, 0))
		__page_ref_touch(page, mode);
}
static inline void page_add_anon_rmap(struct page *page, const struct vm_area_struct *vma)
{
	if (page->has_more || page->flags & PG_ZERO) {
		__page_add_anon_rmap(page, vma);
		return;
	}
	page->flags |= PG_ANON;
	page_ref_touch(page, SIM_PART_WRITE);
	page->mapcount++;
}
void folio_add_mapcount(struct page *folio, const struct mm_struct *mm, int n);
void folio_sub_mapcount(struct page *folio, const struct mm_struct *mm, int n);
void free_page(struct page *page);
void free_folio(struct page *folio);
int page_count(struct page *page);
int page_mapcount(struct page *page);
/** References that a pin (FOLL_PIN) takes: so many that nothing else looks like it. */
#define GUP_PIN_COUNTING_BIAS 1024
bool page_maybe_dma_pinned(struct page *page);
/** Fork must not leave it to chance who keeps it. */
bool folio_needs_cow_for_dma(const struct vm_area_struct *vma, struct page *page);
bool PageAnonExclusive(const struct page *page);
static inline void SetPageAnonExclusive(struct page *page)
{
	page->flags |= PG_ANON_EXCLUSIVE;
}
static inline void ClearPageAnonExclusive(struct page *page)
{
	page->flags &= ~PG_ANON_EXCLUSIVE;
}
uint8_t page_read(struct page *page, unsigned off);
void page_write(struct page *page, unsigned off, uint8_t v); /* may end the run: arena out */
void page_fill(struct page *page, uint8_t v);
void copy_page(struct page *dst, struct page *src);
/** For checks, without a footprint. */
bool page_same_bytes(const struct page *a, const struct page *b);
/** A huge folio's contents into @dst, which nobody else knows yet. */
void copy_folio(struct page *dst, struct page *src);
/** @n bytes at @from of @src to @to of @dst. */
void copy_page_bytes(struct page *dst, unsigned to, struct page *src, unsigned from, unsigned n);
int page_peek(const struct page *page, unsigned off);

#endif

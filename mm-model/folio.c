/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * folio.c - huge folios: 512 pages with one count of references
 *
 * One struct page stands for the folio and counts references and the leaves that
 * map it.  What is peculiar to one of its pages (bytes, map count by small
 * entries, the exclusive bit) has a struct page of its own that is made when
 * somebody first asks for it; until then it is as the folio says.
 *
 * Two things are called split.  Where small entries take the place of a leaf
 * (folio_split_rmap) the folio stays what it is.  A folio that is split for good
 * (folio_split) leaves 512 pages that count for themselves; its struct page is
 * then nothing but the shelf on which they lie, and goes with the last of them.
 */
#include "mm-model/hugetlb.h"
#include "mm-model/swap.h"

struct page *alloc_huge_folio(struct kernel *k)
{
	struct page *folio = alloc_page(k);
	struct folio_pages *pages;

	if (!folio)
		return NULL;
	pages = sim_zalloc_nofail(k->sim, sizeof(*pages));
	if (!pages) {
		sim_free(k->sim, folio, sizeof(*folio));
		return NULL;
	}
	page_more_make(folio)->pages = pages;
	folio->order = HPAGE_PMD_ORDER;
	pages->mm_id[0] = pages->mm_id[1] = MM_ID_NONE;
	return folio;
}

/* Only the model allocates here: the kernel has these with the folio. */
static void *zalloc_nofail(struct sim *sim, size_t size)
{
	void *p = sim_zalloc_nofail(sim, size);

	if (!p)
		sim_bug(sim, SIM_BUG_NOMEM, "arena used up by pages of a huge page");
	return p;
}

struct page *folio_page_if_made(const struct page *folio, unsigned i)
{
	struct page **chunk = folio_pages(folio)->chunk[i / FOLIO_CHUNK];

	return chunk ? chunk[i % FOLIO_CHUNK] : NULL;
}

static bool is_gone(const struct page *folio, unsigned i)
{
	return folio_pages(folio)->gone[i / 64] >> i % 64 & 1;
}

bool folio_page_is_made(const struct page *folio, unsigned i)
{
	sim_touch(folio->sim, sim_key(MM_CLASS_PAGE, folio->id, 1 + i), SIM_READ);
	return folio_page_if_made(folio, i);
}

/* As every page is of which nothing in particular is known; @more is zeroed. */
static void page_init_of(struct page *page, struct page_more *more, struct page *folio, unsigned i)
{
	page->sim = folio->sim;
	page->id = folio->id;
	page->live = folio->live;
	page->more = more;
	page->has_more = true;
	more->folio = folio;
	more->index = i;
	more->contents.fill = page_contents(folio)->fill;
	page->mapcount = folio_pages(folio)->mapcount - is_gone(folio, i);
	if (folio_pages(folio)->split) {
		page->refcount = page->mapcount;
		page->live = page->mapcount ? SIM_OBJ_LIVE : 0;
	}
	page->flags = folio->flags & ~(PG_ANON_EXCLUSIVE | PG_CACHE);
	if (folio_pages(folio)->exclusive)
		page->flags |= PG_ANON_EXCLUSIVE;
}

struct page *folio_page(struct page *folio, unsigned i)
{
	struct page *page = folio_page_if_made(folio, i);
	struct sim *sim = folio->sim;
	struct page ***chunk = &folio_pages(folio)->chunk[i / FOLIO_CHUNK];

	page_check(folio);
	if (page)
		return page;
	if (!*chunk)
		*chunk = zalloc_nofail(sim, FOLIO_CHUNK * sizeof(**chunk));
	page = zalloc_nofail(sim, sizeof(*page));
	page_init_of(page, zalloc_nofail(sim, sizeof(struct page_more)), folio, i);
	sim_touch(sim, page_key(page), SIM_WRITE);
	(*chunk)[i % FOLIO_CHUNK] = page;
	return page;
}

struct page *pte_page_peek(const struct kernel *k, pte_t pte, struct page_scratch *scratch)
{
	struct page *folio = pte_head(k, pte), *page;

	if (!(pte.val & PTE_SUBPAGE))
		return folio;
	page = folio_page_if_made(folio, pte_subpage(pte));
	if (page)
		return page;
	*scratch = (struct page_scratch){ 0 };
	page_init_of(&scratch->page, &scratch->more, folio, pte_subpage(pte));
	return &scratch->page;
}

static void set_gone(struct page *folio, unsigned i)
{
	if (!i)
		folio_pages(folio)->first_exclusive = folio_pages(folio)->exclusive;
	folio_pages(folio)->gone[i / 64] |= 1ULL << i % 64;
}

static void free_shelf(struct page *folio)
{
	struct sim *sim = folio->sim;

	for (unsigned c = 0; c < HPAGE_PMD_NR / FOLIO_CHUNK; c++) {
		struct page **chunk = folio_pages(folio)->chunk[c];

		for (unsigned i = 0; chunk && i < FOLIO_CHUNK; i++)
			if (chunk[i])
				free_page(chunk[i]);
		sim_free(sim, chunk, FOLIO_CHUNK * sizeof(*chunk));
	}
	sim_free(sim, folio_pages(folio), sizeof(*folio_pages(folio)));
	free_page(folio);
}

/* One page that counts for itself goes from the shelf. */
static void free_split_page(struct page *folio, unsigned i)
{
	struct page **chunk = folio_pages(folio)->chunk[i / FOLIO_CHUNK];

	if (chunk && chunk[i % FOLIO_CHUNK]) {
		free_page(chunk[i % FOLIO_CHUNK]);
		chunk[i % FOLIO_CHUNK] = NULL;
	}
	set_gone(folio, i);
	if (--folio_pages(folio)->left == 0)
		free_shelf(folio);
}

void free_folio(struct page *page)
{
	if (page->flags & PG_HUGETLB)
		free_huge_folio(page);
	if (page_parent(page))
		free_split_page(page->more->folio, page->more->index);
	else
		free_shelf(page);
}

/*
 * Whether a folio is mapped by one mm only is known as far as two slots can
 * tell: each counts the mappings of one mm.  Once a third came, "shared" may stay
 * although all but one have gone.
 */
void folio_add_mapcount(struct page *folio, const struct mm_struct *mm, int n)
{
	struct folio_pages *fp = folio_pages(folio);
	uint32_t id = mm->obj.id;

	fp->large_mapcount += n;
	for (int i = 0; i < 2; i++) {
		if (fp->mm_id[i] != id)
			continue;
		fp->mm_mapcount[i] += n;
		return;
	}
	for (int i = 0; i < 2; i++) {
		if (fp->mm_id[i] != MM_ID_NONE)
			continue;
		fp->mm_id[i] = id;
		fp->mm_mapcount[i] = n;
		if (fp->large_mapcount != n)
			fp->mm_shared = true;
		return;
	}
}

void folio_sub_mapcount(struct page *folio, const struct mm_struct *mm, int n)
{
	struct folio_pages *fp = folio_pages(folio);
	uint32_t id = mm->obj.id;

	fp->large_mapcount -= n;
	for (int i = 0; i < 2; i++) {
		if (fp->mm_id[i] != id)
			continue;
		fp->mm_mapcount[i] -= n;
		if (!fp->mm_mapcount[i])
			fp->mm_id[i] = MM_ID_NONE;
		break;
	}
	for (int i = 0; i < 2; i++)
		if (fp->mm_mapcount[i] == fp->large_mapcount)
			fp->mm_shared = false;
}

/* All small pages are mapped by a table now where a leaf was. */
void folio_split_rmap(struct page *folio, const struct vm_area_struct *vma)
{
	bool exclusive = folio->flags & PG_ANON_EXCLUSIVE;

	page_ref_touch(folio, SIM_PART_WRITE);
	folio->mapcount--;
	folio->flags &= ~PG_ANON_EXCLUSIVE;
	folio_pages(folio)->mapcount++;
	folio_pages(folio)->exclusive = exclusive;
	for (unsigned i = 0; i < HPAGE_PMD_NR; i++) {
		struct page *page = folio_page_if_made(folio, i);

		if (!page)
			continue;
		page->mapcount++;
		page->flags &= ~PG_ANON_EXCLUSIVE;
		if (exclusive)
			page->flags |= PG_ANON_EXCLUSIVE;
	}
	folio_add_mapcount(folio, vma->mm, HPAGE_PMD_NR - 1);
	folio_ref_add(folio, HPAGE_PMD_NR - 1);
}

int folio_large_mapcount(struct page *folio)
{
	page_ref_touch(folio, SIM_READ);
	return folio_pages(folio)->large_mapcount;
}

bool folio_maybe_mapped_shared(struct page *folio)
{
	page_ref_touch(folio, SIM_READ);
	return folio_pages(folio)->mm_shared;
}

bool folio_first_exclusive(const struct page *folio)
{
	const struct page *first = folio_page_if_made(folio, 0);

	if (folio->mapcount)
		return folio->flags & PG_ANON_EXCLUSIVE;
	if (first)
		return first->flags & PG_ANON_EXCLUSIVE;
	return is_gone(folio, 0) ? folio_pages(folio)->first_exclusive : folio_pages(folio)->exclusive;
}

/* The entry of a page that was not made, and of which nobody else knows. */
static bool remove_unmade(const struct vm_area_struct *vma, struct page *folio, unsigned i)
{
	if (folio_page_if_made(folio, i) || is_gone(folio, i) || folio_pages(folio)->mapcount != 1)
		return false;
	if (folio_pages(folio)->split) {
		page_ref_touch(folio, SIM_PART_READ);
		free_split_page(folio, i);
		return true;
	}
	page_ref_touch(folio, SIM_PART_WRITE);
	set_gone(folio, i);
	folio_sub_mapcount(folio, vma->mm, 1);
	put_page(folio);
	return true;
}

void pte_remove_rmap(const struct vm_area_struct *vma, pte_t pte)
{
	const struct kernel *k = vma->mm->k;
	struct page *page;

	if (pte.val & PTE_SUBPAGE && remove_unmade(vma, pte_head(k, pte), pte_subpage(pte)))
		return;
	page = pte_page(k, pte);
	page_remove_rmap(page, vma);
	free_swap_cache(page);
	put_page(page);
}

/* ----------------------------------------------------------------- split for good */

int folio_split(struct page *folio)
{
	struct folio_pages *fp = folio_pages(folio);

	page_check(folio);
	page_ref_touch(folio, SIM_WRITE);
	if (folio->mapcount || folio->refcount != fp->large_mapcount + 1)
		return -EAGAIN;
	fp->left = 0;
	fp->split = true;
	for (unsigned i = 0; i < HPAGE_PMD_NR; i++) {
		struct page *page = folio_page_if_made(folio, i);

		if (!page) {
			if (fp->mapcount == is_gone(folio, i))
				set_gone(folio, i);
			else
				fp->left++;
			continue;
		}
		page->refcount = page->mapcount;
		page->flags |= folio->flags & (PG_LAZYFREE | PG_DIRTY);
		if (page->refcount) {
			fp->left++;
			continue;
		}
		free_page(page);
		fp->chunk[i / FOLIO_CHUNK][i % FOLIO_CHUNK] = NULL;
		set_gone(folio, i);
	}
	return 0;
}

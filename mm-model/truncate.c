/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * truncate.c - taking pages out of a page cache for good
 *
 * Who calls has taken the pages out of the page tables already; a fault that was
 * under way may have mapped one again, which the folio's lock brings to light.
 */
#include "mm-model/fs.h"

/* Zero bytes [from, to] of the page at @index, if it is there. */
static void truncate_partial(struct address_space *mapping, uint64_t index, unsigned from,
			     unsigned to)
{
	struct page *page = filemap_get_entry(mapping, index);

	if (!page)
		return;
	folio_lock(page);
	if (page->more->cache->mapping == mapping) {
		folio_mark_dirty(page);
		for (unsigned i = from; i <= to; i++)
			page_write(page, i, 0);
	}
	folio_unlock(page);
	put_page(page);
}

/* With @wait, even if somebody has it locked just now. */
static void truncate_inode_folio(struct address_space *mapping, uint64_t index, bool wait)
{
	struct page *page = filemap_get_entry(mapping, index);

	if (!page)
		return;
	if (wait) {
		folio_lock(page);
	} else if (!folio_trylock(page)) {
		put_page(page);
		return;
	}
	if (page->more->cache->mapping == mapping) {
		if (page_mapcount(page))
			unmap_mapping_folio(page);
		filemap_remove_folio(page);
	}
	folio_unlock(page);
	put_page(page);
}

/*
 * What is not locked first, then the rest, and what came back meanwhile.  To the end
 * of a file that goes on until nothing is left; a hole may be filled again at once.
 */
static void truncate_whole(struct address_space *mapping, uint64_t first, uint64_t end)
{
	uint64_t index = first;

	while (index < end && (index = filemap_next(mapping, index)) < end)
		truncate_inode_folio(mapping, index++, false);
	for (index = first; index < end;) {
		uint64_t next = filemap_next(mapping, index);

		if (next < end) {
			truncate_inode_folio(mapping, next, true);
			index = next + 1;
		} else if (index == first || end != UINT64_MAX) {
			break;
		} else {
			index = first;
		}
	}
}

void truncate_inode_pages_range(struct inode *inode, uint64_t from, uint64_t to)
{
	struct address_space *mapping = &inode->i_mapping;
	uint64_t first = from >> PAGE_SHIFT, end = UINT64_MAX;
	unsigned head = from & ~PAGE_MASK, tail = 0;

	if (to != UINT64_MAX) {
		end = (to + 1) >> PAGE_SHIFT;
		tail = (to + 1) & ~PAGE_MASK;
	}
	if (head && first == end) {
		if (tail > head)
			truncate_partial(mapping, first, head, tail - 1);
		return;
	}
	if (head)
		truncate_partial(mapping, first++, head, PAGE_SIZE - 1);
	if (tail)
		truncate_partial(mapping, end, 0, tail - 1);
	truncate_whole(mapping, first, end);
}

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * filemap.c - page caches: what is cached of a file, folio locks, fault-around
 *
 * Each index of a file has a footprint key of its own.  A look-up needs no lock,
 * and so what it finds has to be locked, and looked at again, before it counts.
 */
#include <utlist.h>

#include "mm-model/fs.h"
#include "mm-model/vma.h"

#define CHUNK_PAGES 16

/** A stretch of the file of which something is cached; sorted by @base. */
struct cache_chunk {
	uint64_t base;
	struct page *page[CHUNK_PAGES];
	struct cache_chunk *next;
};

#define KEY_SIZE (1ULL << 34) /* the part that stands for i_size */
#define KEY_ALL  (1ULL << 33) /* for the cache as a whole */

static struct sim *mapping_sim(const struct address_space *mapping)
{
	return mapping->host->k->sim;
}

static uint64_t inode_key(const struct inode *inode, uint64_t part)
{
	return sim_key(MM_CLASS_INODE, inode->obj.id, part);
}

static void touch_index(const struct address_space *mapping, uint64_t index, enum sim_mode mode)
{
	sim_touch(mapping_sim(mapping), inode_key(mapping->host, index & (KEY_ALL - 1)), mode);
	if (mode == SIM_WRITE)
		sim_touch(mapping_sim(mapping), inode_key(mapping->host, KEY_ALL), SIM_PART_WRITE);
}

/* --------------------------------------------------------------------- inodes */

void inode_init(struct kernel *k, struct inode *inode, const char *name)
{
	sim_obj_init(k->sim, &inode->obj, (enum sim_class)MM_CLASS_INODE, name);
	init_rwsem(k->sim, &inode->i_rwsem, "i_rwsem");
	init_rwsem(k->sim, &inode->falloc, "shmem_falloc");
	init_rwsem(k->sim, &inode->i_mapping.i_mmap_rwsem, "i_mmap_rwsem");
	inode->k = k;
	inode->i_mapping.host = inode;
	inode->refs = 1;
}

static void cache_entry_free(struct page *page)
{
	page->more->cache->mapping = NULL;
	put_page(page);
}

void inode_evict(struct inode *inode)
{
	struct sim *sim = inode->k->sim;
	struct cache_chunk *c, *tmp;

	LL_FOREACH_SAFE(inode->i_mapping.pages, c, tmp) {
		for (unsigned i = 0; i < CHUNK_PAGES; i++)
			if (c->page[i])
				cache_entry_free(c->page[i]);
		sim_free(sim, c, sizeof(*c));
	}
	inode->i_mapping.pages = NULL;
}

void inode_free(struct inode *inode)
{
	inode_evict(inode);
	sim_free(inode->k->sim, inode, sizeof(*inode));
}

uint64_t i_size_read(const struct inode *inode)
{
	sim_touch(inode->k->sim, inode_key(inode, KEY_SIZE), SIM_READ);
	return inode->i_size;
}

void i_size_write(struct inode *inode, uint64_t size)
{
	sim_yield(inode->k->sim, SIM_OP_WRITE, "i_size_write");
	sim_touch(inode->k->sim, inode_key(inode, KEY_SIZE), SIM_WRITE);
	inode->i_size = size;
	sim_trace(inode->k->sim, "i_size = %llu", (unsigned long long)size);
}

/* ---------------------------------------------------------------- folio flags */

struct page *filemap_alloc_folio(struct kernel *k)
{
	struct page *page = alloc_page(k);
	struct cache_folio *cache = page ? sim_zalloc(k->sim, sizeof(*cache)) : NULL;

	if (!cache) {
		if (page)
			put_page(page);
		return NULL;
	}
	mutex_init(k->sim, &cache->lock, "folio_lock");
	page_more_make(page)->cache = cache;
	page->flags |= PG_CACHE;
	return page;
}

void __folio_set_locked(struct page *page)
{
	sim_preempt_disable(page->sim);
	mutex_lock(&page->more->cache->lock);
	sim_preempt_enable(page->sim);
}

void folio_lock(struct page *page)
{
	mutex_lock(&page_folio(page)->more->cache->lock);
}

bool folio_trylock(struct page *page)
{
	return mutex_trylock(&page_folio(page)->more->cache->lock);
}

void folio_unlock(struct page *page)
{
	struct sim *sim = page->sim;

	sim_preempt_disable(sim);
	mutex_unlock(&page_folio(page)->more->cache->lock);
	sim_preempt_enable(sim);
}

bool folio_test_locked(const struct page *page)
{
	const struct mutex *lock = &page->more->cache->lock;

	sim_touch(page->sim, sim_obj_key(&lock->obj), SIM_READ);
	return lock->owner;
}

static uint64_t dirty_key(const struct page *page)
{
	return sim_key(MM_CLASS_PAGE_REF, page->id, 2);
}

bool folio_test_dirty(const struct page *page)
{
	sim_touch(page->sim, dirty_key(page), SIM_READ);
	return page->flags & PG_DIRTY;
}

void folio_mark_dirty(struct page *page)
{
	page = page_folio(page);
	sim_touch(page->sim, dirty_key(page), SIM_PART_WRITE);
	page->flags |= PG_DIRTY;
}

/* ------------------------------------------------------------------- the cache */

static struct cache_chunk *chunk_find(const struct address_space *mapping, uint64_t index)
{
	uint64_t base = index - index % CHUNK_PAGES;
	struct cache_chunk *c;

	LL_FOREACH(mapping->pages, c)
		if (c->base >= base)
			return c->base == base ? c : NULL;
	return NULL;
}

static struct cache_chunk *chunk_alloc(struct address_space *mapping, uint64_t index)
{
	struct cache_chunk **p = &mapping->pages, *c = chunk_find(mapping, index);

	if (c)
		return c;
	c = sim_zalloc(mapping_sim(mapping), sizeof(*c));
	if (!c)
		return NULL;
	c->base = index - index % CHUNK_PAGES;
	while (*p && (*p)->base < c->base)
		p = &(*p)->next;
	c->next = *p;
	*p = c;
	return c;
}

struct page *filemap_peek(const struct address_space *mapping, uint64_t index)
{
	const struct cache_chunk *c = chunk_find(mapping, index);

	return c ? c->page[index % CHUNK_PAGES] : NULL;
}

struct page *filemap_get_entry(struct address_space *mapping, uint64_t index)
{
	struct page *page;

	sim_yield(mapping_sim(mapping), SIM_OP_READ, "filemap_get_entry");
	touch_index(mapping, index, SIM_READ);
	page = filemap_peek(mapping, index);
	if (page)
		get_page(page);
	return page;
}

int filemap_add_folio(struct address_space *mapping, struct page *page, uint64_t index)
{
	struct cache_chunk *c;

	sim_yield(mapping_sim(mapping), SIM_OP_WRITE, "filemap_add_folio");
	if (filemap_peek(mapping, index)) {
		touch_index(mapping, index, SIM_READ);
		return -EEXIST;
	}
	c = chunk_alloc(mapping, index);
	if (!c)
		return -ENOMEM;
	touch_index(mapping, index, SIM_WRITE);
	c->page[index % CHUNK_PAGES] = page;
	page->more->cache->mapping = mapping;
	page->more->cache->index = index;
	mapping->nrpages++;
	get_page(page);
	sim_trace(mapping_sim(mapping), "  filemap_add_folio(%llu)", (unsigned long long)index);
	return 0;
}

void __filemap_remove_folio(struct page *page)
{
	struct cache_folio *cache = page->more->cache;
	struct address_space *mapping = cache->mapping;

	touch_index(mapping, cache->index, SIM_WRITE);
	chunk_find(mapping, cache->index)->page[cache->index % CHUNK_PAGES] = NULL;
	mapping->nrpages--;
	cache->mapping = NULL;
	sim_trace(mapping_sim(mapping), "  filemap_remove_folio(%llu)",
		  (unsigned long long)cache->index);
	put_page(page);
}

void filemap_remove_folio(struct page *page)
{
	sim_yield(page->sim, SIM_OP_WRITE, "filemap_remove_folio");
	__filemap_remove_folio(page);
}

uint64_t filemap_next(struct address_space *mapping, uint64_t index)
{
	const struct cache_chunk *c;

	sim_yield(mapping_sim(mapping), SIM_OP_READ, "find_get_entries");
	sim_touch(mapping_sim(mapping), inode_key(mapping->host, KEY_ALL), SIM_READ);
	LL_FOREACH(mapping->pages, c)
		for (unsigned i = 0; i < CHUNK_PAGES; i++)
			if (c->page[i] && c->base + i >= index)
				return c->base + i;
	return UINT64_MAX;
}

void shmem_set_swapped(struct page *page, bool swapped)
{
	const struct cache_folio *cache = page->more->cache;

	if (!cache->mapping || swapped == !!(page->flags & PG_SHMEM_SWAPPED))
		return;
	touch_index(cache->mapping, cache->index, SIM_WRITE);
	page->flags ^= PG_SHMEM_SWAPPED;
}

/* ---------------------------------------------------------------- fault-around */

/* The page at @index if it can be mapped without waiting for anything. */
static struct page *next_uptodate_folio(struct address_space *mapping, uint64_t index)
{
	struct page *page;

	touch_index(mapping, index, SIM_READ);
	page = filemap_peek(mapping, index);
	if (!page || folio_test_locked(page) ||
	    (page->flags & (PG_UPTODATE | PG_SHMEM_SWAPPED)) != PG_UPTODATE)
		return NULL;
	if (index << PAGE_SHIFT >= i_size_read(mapping->host))
		return NULL;
	return page;
}

/*
 * Of a window behind the end of a file on disk, the file's last page is mapped only
 * together with one before it, or where there is a table already.
 */
static bool only_last_page(const struct vm_area_struct *vma, uint64_t start, uint64_t nr)
{
	uint64_t pages = page_align(i_size_read(vma->vm_file->f_inode)) >> PAGE_SHIFT;
	uint64_t first = linear_page_index(vma, start);

	return !vma_is_shmem(vma) && mm_prof(vma->mm)->around_within_file && first + nr > pages &&
	       first + 1 >= pages;
}

/* The table of the fault is only made once there is something to map. */
vm_fault_t filemap_map_pages(struct vm_fault *vmf, uint64_t start, uint64_t nr)
{
	struct vm_area_struct *vma = vmf->vma;
	struct mm_struct *mm = vma->mm;
	vm_fault_t ret = 0;

	if (!pte_table_present(mm, vmf->address) && only_last_page(vma, start, nr))
		return 0;

	spin_lock(&mm->ptl);
	for (uint64_t i = 0; i < nr; i++) {
		uint64_t addr = start + i * PAGE_SIZE;
		struct page *page =
			next_uptodate_folio(vma_mapping(vma), linear_page_index(vma, addr));

		if (!page)
			continue;
		if (pte_alloc(mm, vmf->address)) {
			ret = VM_FAULT_OOM;
			break;
		}
		if (!pte_none(ptep_get(mm, addr)))
			continue;
		get_page(page);
		set_file_pte(vmf, addr, page, false);
		if (addr == vmf->address)
			ret = VM_FAULT_NOPAGE;
	}
	spin_unlock(&mm->ptl);
	sim_trace(mm_sim(mm), "  filemap_map_pages()");
	return ret;
}

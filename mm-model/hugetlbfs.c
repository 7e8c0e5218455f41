/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * hugetlbfs.c - the files behind mappings of huge pages
 *
 * Their page cache counts in huge pages.  A page comes into it and goes with its
 * fault mutex held, which does what a folio's lock does elsewhere.
 */
#include "mm-model/hugetlb.h"
#include "mm-model/vma.h"

const struct vm_operations_struct hugetlb_vm_ops = { .name = "hugetlbfs" };

bool is_file_hugepages(const struct file *file)
{
	return file && file->f_op == &hugetlbfs_file_operations;
}

/* ------------------------------------------------------------------ page cache */

uint64_t hugetlb_file_pages(const struct inode *inode)
{
	return i_size_read(inode) >> HPAGE_SHIFT;
}

struct page *hugetlb_find_page(struct inode *inode, uint64_t idx)
{
	return filemap_get_entry(&inode->i_mapping, idx);
}

int hugetlb_add_to_page_cache(struct inode *inode, uint64_t idx, struct page *folio)
{
	int err;

	folio->more->cache = sim_zalloc(inode->k->sim, sizeof(*folio->more->cache));
	if (!folio->more->cache)
		return -ENOMEM;
	folio->flags |= PG_CACHE;
	mutex_init(inode->k->sim, &folio->more->cache->lock, "folio_lock");
	err = filemap_add_folio(&inode->i_mapping, folio, idx);
	if (!err)
		folio->flags &= ~PG_RESTORE_RESERVE;
	return err;
}

/* -------------------------------------------------------------------- truncation */

/* The part of [from, to), in pages of the file, that @vma shows: false, none. */
static bool vma_part(const struct vm_area_struct *vma, uint64_t from, uint64_t to, uint64_t *start,
		     uint64_t *end)
{
	uint64_t first = vma_hugecache_offset(vma, vma->vm_start);
	uint64_t last = vma_hugecache_offset(vma, vma->vm_end);

	if (from >= last || to <= first)
		return false;
	*start = vma->vm_start + (max_u64(from, first) - first) * HPAGE_SIZE;
	*end = vma->vm_start + (min_u64(to, last) - first) * HPAGE_SIZE;
	return true;
}

/* Entries for [from, to) go in every mapping, also of private copies. */
static void hugetlb_vmdelete_list(struct inode *inode, uint64_t from, uint64_t to,
				  bool drop_markers)
{
	struct address_space *mapping = &inode->i_mapping;
	uint64_t start, end;

	down_write(&mapping->i_mmap_rwsem);
	for (struct vm_area_struct *vma = mapping->i_mmap; vma; vma = vma->i_mmap_next)
		if (vma_part(vma, from, to, &start, &end))
			unmap_hugepage_range(vma, start, end, NULL, drop_markers);
	up_write(&mapping->i_mmap_rwsem);
}

/* One page of the cache, with its mutex held.  Somebody may have mapped it again. */
static void remove_inode_single_folio(struct inode *inode, uint64_t idx, struct page *folio)
{
	if (page_mapcount(folio))
		hugetlb_vmdelete_list(inode, idx, idx + 1, true);
	filemap_remove_folio(folio);
}

/* Pages [from, to) leave the cache: how many there were. */
static long remove_inode_hugepages(struct inode *inode, uint64_t from, uint64_t to, bool hole)
{
	long freed = 0;

	for (uint64_t idx = filemap_next(&inode->i_mapping, from); idx < to;
	     idx = filemap_next(&inode->i_mapping, idx + 1)) {
		struct mutex *mutex = hugetlb_fault_mutex(inode, idx);
		struct page *folio;

		mutex_lock(mutex);
		folio = hugetlb_find_page(inode, idx);
		if (folio) {
			remove_inode_single_folio(inode, idx, folio);
			if (hole)
				hugetlb_unreserve_pages(inode->k, inode->resv_map, idx, idx + 1, 1);
			put_page(folio);
			freed++;
		}
		hugetlb_fault_mutex_unlock(mutex);
	}
	return freed;
}

static void hugetlb_vmtruncate(struct inode *inode, uint64_t size)
{
	uint64_t from = size >> HPAGE_SHIFT;
	long freed;

	i_size_write(inode, size);
	hugetlb_vmdelete_list(inode, from, UINT64_MAX, true);
	freed = remove_inode_hugepages(inode, from, UINT64_MAX, false);
	hugetlb_unreserve_pages(inode->k, inode->resv_map, from, UINT64_MAX, freed);
}

static int64_t hugetlbfs_setattr(struct file *file, uint64_t size)
{
	struct inode *inode = file->f_inode;

	if (!huge_aligned(size))
		return -EINVAL;
	down_write(&inode->i_rwsem);
	hugetlb_vmtruncate(inode, size);
	up_write(&inode->i_rwsem);
	return 0;
}

/* --------------------------------------------------------------------- fallocate */

static void zero_bytes(struct page *folio, uint64_t from, uint64_t to)
{
	while (from < to) {
		uint64_t end = min_u64(to, (from | ~PAGE_MASK) + 1);
		struct page *page = folio_page(folio, from >> PAGE_SHIFT);

		if (end - from == PAGE_SIZE)
			page_fill(page, 0);
		else
			for (uint64_t i = from; i < end; i++)
				page_write(page, i & ~PAGE_MASK, 0);
		from = end;
	}
}

/* Bytes [start, end) of the file, which lie in one huge page. */
static void hugetlbfs_zero_partial_page(struct inode *inode, uint64_t start, uint64_t end)
{
	struct page *folio = hugetlb_find_page(inode, start >> HPAGE_SHIFT);

	if (!folio)
		return;
	zero_bytes(folio, start & ~HPAGE_MASK, (start & ~HPAGE_MASK) + (end - start));
	put_page(folio);
}

static void hugetlbfs_punch_hole(struct inode *inode, uint64_t off, uint64_t len)
{
	uint64_t start = huge_align(off), end = (off + len) & HPAGE_MASK;

	if (off < start)
		hugetlbfs_zero_partial_page(inode, off, min_u64(off + len, start));
	if (end > start)
		hugetlb_vmdelete_list(inode, start >> HPAGE_SHIFT, end >> HPAGE_SHIFT, false);
	if (off + len > end && off + len > start)
		hugetlbfs_zero_partial_page(inode, end, off + len);
	if (end > start)
		remove_inode_hugepages(inode, start >> HPAGE_SHIFT, end >> HPAGE_SHIFT, true);
}

/* One page, if the file lacks it; the promises of its shared mappings are used. */
static int hugetlbfs_falloc_page(struct file *file, uint64_t idx)
{
	struct inode *inode = file->f_inode;
	struct vm_area_struct pseudo = {
		.mm = kernel_init_process(inode->k)->mm,
		.vm_flags = VM_HUGETLB | VM_MAYSHARE | VM_SHARED,
		.vm_file = file,
	};
	struct mutex *mutex = hugetlb_fault_mutex(inode, idx);
	struct page *folio;
	int err = 0;

	mutex_lock(mutex);
	folio = hugetlb_find_page(inode, idx);
	if (!folio) {
		folio = alloc_hugetlb_folio(&pseudo, idx * HPAGE_SIZE, false, &err);
		if (folio)
			err = hugetlb_add_to_page_cache(inode, idx, folio);
		if (folio && err)
			restore_reserve_on_error(&pseudo, idx * HPAGE_SIZE, folio);
	}
	if (folio)
		put_page(folio);
	hugetlb_fault_mutex_unlock(mutex);
	return err;
}

static int64_t hugetlbfs_fallocate(struct file *file, uint64_t mode, uint64_t off, uint64_t len)
{
	struct inode *inode = file->f_inode;
	uint64_t end = off + len;
	int err = 0;

	if (mode & ~(uint64_t)(FALLOC_FL_KEEP_SIZE | FALLOC_FL_PUNCH_HOLE))
		return -EOPNOTSUPP;
	down_write(&inode->i_rwsem);
	if (mode & FALLOC_FL_PUNCH_HOLE) {
		hugetlbfs_punch_hole(inode, off, len);
		goto out;
	}
	for (uint64_t idx = off >> HPAGE_SHIFT; idx < huge_align(end) >> HPAGE_SHIFT && !err; idx++)
		err = hugetlbfs_falloc_page(file, idx);
	if (!err && !(mode & FALLOC_FL_KEEP_SIZE) && end > i_size_read(inode))
		i_size_write(inode, end);
out:
	up_write(&inode->i_rwsem);
	return err;
}

/* ------------------------------------------------------------------------- files */

/* Its inode lock is below mmap_lock, as nobody faults with it held. */
static int hugetlbfs_file_mmap(struct file *file, struct vm_area_struct *vma)
{
	struct inode *inode = file->f_inode;
	uint64_t len = vma->vm_end - vma->vm_start + (vma->vm_pgoff << PAGE_SHIFT);
	uint64_t from, to;
	int err = 0;

	vma->vm_ops = &hugetlb_vm_ops;
	if (vma->vm_pgoff & (HPAGE_PMD_NR - 1))
		return -EINVAL;
	if (hugetlb_vm_op_open(vma, NULL))
		return -ENOMEM;
	from = vma_hugecache_offset(vma, vma->vm_start);
	to = vma_hugecache_offset(vma, vma->vm_end);
	down_write(&inode->i_rwsem);
	if (!hugetlb_reserve_pages(vma, from, to))
		err = -ENOMEM;
	else if (vma->vm_flags & VM_WRITE && i_size_read(inode) < len)
		i_size_write(inode, len);
	up_write(&inode->i_rwsem);
	return err;
}

static void hugetlbfs_release(struct file *file)
{
	struct inode *inode = file->f_inode;
	struct kernel *k = inode->k;
	struct resv_map *map = inode->resv_map;
	unsigned freed = inode->i_mapping.nrpages;

	if (--inode->refs)
		return;
	inode_free(inode);
	hugetlb_unreserve_pages(k, map, 0, UINT64_MAX, freed);
	resv_map_release(k, map);
}

const struct file_operations hugetlbfs_file_operations = {
	.name = "memfd (huge pages)",
	.read = hugetlbfs_read,
	.pread = hugetlbfs_pread,
	.mmap = hugetlbfs_file_mmap,
	.setattr = hugetlbfs_setattr,
	.fallocate = hugetlbfs_fallocate,
	.release = hugetlbfs_release,
};

struct file *hugetlb_file_setup(struct kernel *k, uint64_t size)
{
	struct inode *inode = sim_zalloc(k->sim, sizeof(*inode));
	struct resv_map *map = inode ? resv_map_alloc(k) : NULL;
	struct file *file = map ? file_alloc(k, &hugetlbfs_file_operations, O_RDWR) : NULL;

	if (!file) {
		if (map)
			resv_map_release(k, map);
		sim_free(k->sim, inode, sizeof(*inode));
		return NULL;
	}
	inode_init(k, inode, "inode");
	inode->i_size = size;
	inode->resv_map = map;
	file->f_inode = inode;
	return file;
}

/* The size of a page in the flags of mmap and memfd_create: 0, or -EINVAL for no such. */
int hstate_sizelog(struct kernel *k, unsigned log)
{
	if (log == 30)
		sim_unmodelled(k->sim, "huge pages of 1 GiB");
	return log && log != HPAGE_SHIFT ? -EINVAL : 0;
}

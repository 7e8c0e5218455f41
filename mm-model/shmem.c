/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * shmem.c - memory that has a file: memfd_create, MAP_SHARED|MAP_ANONYMOUS
 *
 * The page cache is all there is to such a file.  A page comes into it by a fault,
 * a fill of userfaultfd or fallocate, and goes by truncation or a punched hole.
 */
#include <string.h>

#include "mm-model/hugetlb.h"
#include "mm-model/vma.h"

/** More pages than this at once are not worth their memory. */
#define MAX_FALLOC_PAGES 65536

#define MFD_HUGE_SHIFT 26
#define MFD_HUGE_MASK  0x3fULL

static bool beyond_size(const struct inode *inode, uint64_t index)
{
	return index << PAGE_SHIFT >= i_size_read(inode);
}

/* ------------------------------------------------------------------------ pages */

/*
 * A page that is there, for whoever may wait for its lock.  False: it was taken
 * out of the cache meanwhile.
 */
static bool shmem_lock_found(struct inode *inode, struct page *page)
{
	folio_lock(page);
	if (page->more->cache->mapping == &inode->i_mapping)
		return true;
	folio_unlock(page);
	put_page(page);
	return false;
}

/* A new page at @index, or -EEXIST if somebody was faster. */
static int shmem_alloc_and_add_folio(struct inode *inode, uint64_t index, struct page **ret)
{
	struct page *page = filemap_alloc_folio(inode->k);
	int err;

	if (!page)
		return -ENOMEM;
	__folio_set_locked(page);
	err = filemap_add_folio(&inode->i_mapping, page, index);
	if (err) {
		folio_unlock(page);
		put_page(page);
		return err;
	}
	*ret = page;
	return 0;
}

/* What is missing in the cache.  *@found: the page, NULL for none. */
static int shmem_get_entry(struct task_struct *t, struct inode *inode, uint64_t index,
			   struct page **found, bool *fresh, enum sgp_type sgp,
			   struct vm_fault *vmf, vm_fault_t *fault)
{
	struct page *page = filemap_get_entry(&inode->i_mapping, index);

	*found = NULL;
	if (page && vmf && userfaultfd_minor(vmf->vma)) {
		put_page(page);
		*fault = handle_userfault(t, vmf, VM_UFFD_MINOR);
		return 0;
	}
	if (page && !shmem_lock_found(inode, page))
		return -EEXIST;
	/* fallocate made it, and nobody has used it yet. */
	if (page && sgp == SGP_READ && !(page->flags & PG_UPTODATE)) {
		folio_unlock(page);
		put_page(page);
		return 0;
	}
	*found = page;
	*fresh = !page;
	if (page || sgp == SGP_READ)
		return 0;
	if (sgp == SGP_NOALLOC)
		return -ENOENT;
	if (vmf && userfaultfd_missing(vmf->vma)) {
		*fault = handle_userfault(t, vmf, VM_UFFD_MISSING);
		return 0;
	}
	return shmem_alloc_and_add_folio(inode, index, found);
}

int shmem_get_folio(struct task_struct *t, struct inode *inode, uint64_t index, struct page **ret,
		    enum sgp_type sgp, struct vm_fault *vmf, vm_fault_t *fault)
{
	struct page *page;
	bool fresh = false;
	int err;

	if (index > MAX_LFS_FILESIZE >> PAGE_SHIFT)
		return -EFBIG;
	do {
		if (sgp <= SGP_CACHE && beyond_size(inode, index))
			return -EINVAL;
		err = shmem_get_entry(t, inode, index, &page, &fresh, sgp, vmf, fault);
	} while (err == -EEXIST);
	*ret = page;
	if (err || !page)
		return err;
	/* What fallocate makes is written later, unless it made it before. */
	if (sgp != SGP_FALLOC || !fresh)
		page->flags |= PG_UPTODATE;
	shmem_set_swapped(page, false);
	/* It may have been truncated since we looked. */
	if (sgp <= SGP_CACHE && beyond_size(inode, index)) {
		folio_unlock(page);
		put_page(page);
		return -EINVAL;
	}
	return 0;
}

static uint64_t falloc_key(const struct inode *inode)
{
	return sim_obj_key(&inode->falloc.obj) | 1;
}

static void set_falloc(struct inode *inode, uint64_t start, uint64_t next)
{
	sim_touch(inode->k->sim, falloc_key(inode), SIM_WRITE);
	inode->falloc_start = start;
	inode->falloc_next = next;
}

/*
 * A hole that is being punched could be filled again for ever, so faults in it wait until it
 * is done, if possible without the lock of the fault, and come again.
 */
static bool shmem_falloc_wait(struct vm_fault *vmf, struct inode *inode, uint64_t index,
			      vm_fault_t *ret)
{
	sim_touch(inode->k->sim, falloc_key(inode), SIM_READ);
	if (index < inode->falloc_start || index >= inode->falloc_next)
		return false;
	*ret = VM_FAULT_NOPAGE;
	if (vmf->flags & FAULT_FLAG_ALLOW_RETRY && !(vmf->flags & FAULT_FLAG_TRIED)) {
		release_fault_lock(vmf);
		*ret = VM_FAULT_RETRY;
	}
	down_read(&inode->falloc);
	up_read(&inode->falloc);
	return true;
}

static vm_fault_t shmem_fault(struct task_struct *t, struct vm_fault *vmf)
{
	struct inode *inode = vmf->vma->vm_file->f_inode;
	uint64_t index = linear_page_index(vmf->vma, vmf->address);
	vm_fault_t fault = 0;
	int err;

	if (shmem_falloc_wait(vmf, inode, index, &fault))
		return fault;
	err = shmem_get_folio(t, inode, index, &vmf->page, SGP_CACHE, vmf, &fault);
	if (err)
		return err == -ENOMEM ? VM_FAULT_OOM : VM_FAULT_SIGBUS;
	return fault;
}

const struct vm_operations_struct shmem_vm_ops = {
	.name = "shmem",
	.fault = shmem_fault,
	.map_pages = true,
};

int shmem_mfill_add(struct vm_area_struct *vma, uint64_t addr, struct page *page)
{
	struct inode *inode = vma->vm_file->f_inode;
	uint64_t index = linear_page_index(vma, addr);

	if (beyond_size(inode, index))
		return -EFAULT;
	page->flags |= PG_UPTODATE;
	return filemap_add_folio(&inode->i_mapping, page, index);
}

/* -------------------------------------------------------------------- the size */

static int64_t shmem_setattr(struct file *file, uint64_t newsize)
{
	struct inode *inode = file->f_inode;
	uint64_t oldsize, hole = page_align(newsize);

	down_write(&inode->i_rwsem);
	oldsize = i_size_read(inode);
	if (newsize != oldsize)
		i_size_write(inode, newsize);
	if (newsize <= oldsize) {
		if (oldsize > hole)
			unmap_mapping_pages(&inode->i_mapping, hole >> PAGE_SHIFT, 0, true);
		truncate_inode_pages_range(inode, newsize, UINT64_MAX);
		/* Copies that faults made meanwhile. */
		if (oldsize > hole)
			unmap_mapping_pages(&inode->i_mapping, hole >> PAGE_SHIFT, 0, true);
	}
	up_write(&inode->i_rwsem);
	return 0;
}

static void shmem_punch_hole(struct inode *inode, uint64_t off, uint64_t len)
{
	uint64_t start = page_align(off), end = (off + len) & PAGE_MASK;

	down_write(&inode->falloc);
	set_falloc(inode, start >> PAGE_SHIFT, end >> PAGE_SHIFT);
	if (end > start)
		unmap_mapping_pages(&inode->i_mapping, start >> PAGE_SHIFT,
				    (end - start) >> PAGE_SHIFT, false);
	/* Copies in private mappings stay. */
	truncate_inode_pages_range(inode, off, off + len - 1);
	set_falloc(inode, 0, 0);
	up_write(&inode->falloc);
}

/* A failure leaves nothing behind that was not there before, as far as it can tell. */
static int shmem_falloc_pages(struct inode *inode, uint64_t start, uint64_t end)
{
	for (uint64_t index = start; index < end; index++) {
		struct page *page;
		int err = shmem_get_folio(NULL, inode, index, &page, SGP_FALLOC, NULL, NULL);

		if (err) {
			if (index > start)
				truncate_inode_pages_range(inode, start << PAGE_SHIFT,
							   (index << PAGE_SHIFT) - 1);
			return err;
		}
		folio_mark_dirty(page);
		folio_unlock(page);
		put_page(page);
	}
	return 0;
}

static int64_t shmem_fallocate(struct file *file, uint64_t mode, uint64_t off, uint64_t len)
{
	struct inode *inode = file->f_inode;
	uint64_t end = off + len;
	int64_t ret = 0;

	if (mode & ~(uint64_t)(FALLOC_FL_KEEP_SIZE | FALLOC_FL_PUNCH_HOLE))
		return -EOPNOTSUPP;
	down_write(&inode->i_rwsem);
	if (mode & FALLOC_FL_PUNCH_HOLE) {
		shmem_punch_hole(inode, off, len);
	} else {
		if (len >> PAGE_SHIFT > MAX_FALLOC_PAGES)
			sim_unmodelled(inode->k->sim, "fallocate of more than 256 MiB");
		ret = shmem_falloc_pages(inode, off >> PAGE_SHIFT, page_align(end) >> PAGE_SHIFT);
		if (!ret && !(mode & FALLOC_FL_KEEP_SIZE) && end > i_size_read(inode))
			i_size_write(inode, end);
	}
	up_write(&inode->i_rwsem);
	return ret;
}

/* ---------------------------------------------------------------------- files */

static int shmem_mmap(struct file *file, struct vm_area_struct *vma)
{
	vma->vm_ops = &shmem_vm_ops;
	return 0;
}

static void shmem_release(struct file *file)
{
	if (!--file->f_inode->refs)
		inode_free(file->f_inode);
}

static const struct file_operations shmem_file_operations = {
	.name = "memfd",
	.read = shmem_read,
	.write = shmem_write,
	.pread = shmem_pread,
	.pwrite = shmem_pwrite,
	.mmap = shmem_mmap,
	.setattr = shmem_setattr,
	.fallocate = shmem_fallocate,
	.release = shmem_release,
};

static struct file *shmem_file_setup(struct kernel *k, uint64_t size)
{
	struct inode *inode = sim_zalloc(k->sim, sizeof(*inode));
	struct file *file = inode ? file_alloc(k, &shmem_file_operations, O_RDWR) : NULL;

	if (!file) {
		sim_free(k->sim, inode, sizeof(*inode));
		return NULL;
	}
	inode_init(k, inode, "inode");
	inode->i_size = size;
	file->f_inode = inode;
	return file;
}

int shmem_zero_setup(struct vm_area_struct *vma)
{
	struct file *file = shmem_file_setup(vma->mm->k, vma->vm_end - vma->vm_start);

	if (!file)
		return -ENOMEM;
	if (vma->vm_file)
		fput(vma->vm_file);
	vma->vm_file = file;
	vma->vm_ops = &shmem_vm_ops;
	return 0;
}

int64_t sys_memfd_create(struct task_struct *t, const char *name, uint64_t flags)
{
	struct kernel *k = t->process->k;
	uint64_t known = MFD_CLOEXEC | MFD_ALLOW_SEALING;

	if (mm_has(t->mm, HAS_MFD_EXEC))
		known |= MFD_NOEXEC_SEAL | MFD_EXEC;
	if (flags & MFD_HUGETLB && mm_has(t->mm, HAS_MFD_HUGETLB))
		known |= MFD_HUGETLB | MFD_HUGE_MASK << MFD_HUGE_SHIFT;
	/* An unsigned int. */
	if ((uint32_t)flags & ~known)
		return -EINVAL;
	if ((flags & (MFD_EXEC | MFD_NOEXEC_SEAL)) == (MFD_EXEC | MFD_NOEXEC_SEAL))
		return -EINVAL;
	if (strlen(name) > 249)
		return -EINVAL;
	if (flags & MFD_HUGETLB && hstate_sizelog(k, flags >> MFD_HUGE_SHIFT & MFD_HUGE_MASK))
		return -ENODEV;
	sim_yield(k->sim, SIM_OP_WRITE, "memfd_create");
	if (flags & MFD_HUGETLB)
		return file_open(t, hugetlb_file_setup(k, 0));
	return file_open(t, shmem_file_setup(k, 0));
}

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * generic_file.c - a regular file of a disk file system, and /dev/zero
 *
 * What sets such a file apart is that its file system wants to be told before a
 * page is first written through a shared mapping (page_mkwrite): it may have to
 * find room for it, or refuse.  So shared entries are made without write access,
 * and nobody but that fault may grant it.
 */
#include <string.h>

#include "mm-model/fs.h"
#include "mm-model/vma.h"

/** How much is read at once around a page that is missed. */
#define READAHEAD_PAGES 32
/** With blocks of 4 KiB. */
#define EXT4_MAX_SIZE 0xffffffff000ULL

struct generic_inode {
	struct inode inode;
	char name[32];
	struct generic_inode *next; /* kernel->disk_files */
};

/* ----------------------------------------------------------------------- faults */

/* One page for the cache, unless somebody was faster; read from the disk or not yet. */
static int add_cache_page(struct inode *inode, uint64_t index, bool uptodate)
{
	struct page *page = filemap_alloc_folio(inode->k);
	int err;

	if (!page)
		return -ENOMEM;
	__folio_set_locked(page);
	if (uptodate)
		page->flags |= PG_UPTODATE;
	err = filemap_add_folio(&inode->i_mapping, page, index);
	folio_unlock(page);
	put_page(page);
	return err == -EEXIST ? 0 : err;
}

/* The pages [*first, *end) that are read because @index is missed. */
static void readahead_window(const struct vm_area_struct *vma, uint64_t index, uint64_t *first,
			     uint64_t *end)
{
	const uint64_t half = READAHEAD_PAGES / 2;

	*first = index;
	*end = index + 1;
	if (vma->vm_flags & VM_RAND_READ)
		return;
	*end = index + READAHEAD_PAGES;
	if (vma->vm_flags & VM_SEQ_READ)
		return;
	/* Since 6.16 nothing before it, where it is code that is mapped. */
	if (vma->vm_flags & VM_EXEC && mm_prof(vma->mm)->readahead_of_code_within) {
		*end = min_u64(*end, linear_page_index(vma, vma->vm_end));
		return;
	}
	*first = index > half ? index - half : 0;
	*end = *first + READAHEAD_PAGES;
}

/* Those of [first, end) that the file has and the cache has not. */
static int force_page_cache_ra(struct inode *inode, uint64_t first, uint64_t end)
{
	uint64_t pages = (i_size_read(inode) + PAGE_SIZE - 1) >> PAGE_SHIFT;
	int err = 0;

	for (; !err && first < end && first < pages; first++)
		if (!filemap_peek(&inode->i_mapping, first))
			err = add_cache_page(inode, first, true);
	return err;
}

static int do_sync_mmap_readahead(const struct vm_fault *vmf, struct inode *inode, uint64_t index)
{
	uint64_t first, end;

	/* Read as large as they fit, and mapped whole. */
	if (vmf->vma->vm_flags & VM_HUGEPAGE && i_size_read(inode) > PAGE_SIZE)
		sim_unmodelled(inode->k->sim, "large folios of a file on disk");
	readahead_window(vmf->vma, index, &first, &end);
	return force_page_cache_ra(inode, first, end);
}

static vm_fault_t filemap_fault(struct task_struct *t, struct vm_fault *vmf)
{
	struct inode *inode = vmf->vma->vm_file->f_inode;
	uint64_t index = linear_page_index(vmf->vma, vmf->address);
	struct page *page;

	for (;;) {
		if (index << PAGE_SHIFT >= i_size_read(inode))
			return VM_FAULT_SIGBUS;
		page = filemap_get_entry(&inode->i_mapping, index);
		if (!page) {
			if (do_sync_mmap_readahead(vmf, inode, index))
				return VM_FAULT_OOM;
			/* Nothing is held while the disk is waited for. */
			if ((vmf->flags & (FAULT_FLAG_ALLOW_RETRY | FAULT_FLAG_TRIED)) ==
			    FAULT_FLAG_ALLOW_RETRY) {
				release_fault_lock(vmf);
				return VM_FAULT_RETRY;
			}
			continue;
		}
		folio_lock(page);
		if (page->more->cache->mapping == &inode->i_mapping)
			break;
		folio_unlock(page);
		put_page(page);
	}
	if (index << PAGE_SHIFT >= i_size_read(inode)) {
		folio_unlock(page);
		put_page(page);
		return VM_FAULT_SIGBUS;
	}
	page->flags |= PG_UPTODATE;
	vmf->page = page;
	return 0;
}

/* The file system makes room for the page, if it still is one of the file. */
static vm_fault_t filemap_page_mkwrite(struct vm_fault *vmf)
{
	struct inode *inode = vmf->vma->vm_file->f_inode;

	folio_lock(vmf->page);
	if (vmf->page->more->cache->mapping != &inode->i_mapping) {
		folio_unlock(vmf->page);
		return VM_FAULT_NOPAGE;
	}
	vmf->page->flags |= PG_MKWRITE;
	folio_mark_dirty(vmf->page);
	sim_trace(inode->k->sim, "  page_mkwrite(%llu)",
		  (unsigned long long)vmf->page->more->cache->index);
	return 0;
}

static const struct vm_operations_struct generic_file_vm_ops = {
	.name = "file",
	.fault = filemap_fault,
	.map_pages = true,
	.page_mkwrite = filemap_page_mkwrite,
};

static int generic_file_mmap(struct file *file, struct vm_area_struct *vma)
{
	vma->vm_ops = &generic_file_vm_ops;
	return 0;
}

/* ------------------------------------------------------------------------ calls */

static int64_t generic_setattr(struct file *file, uint64_t newsize)
{
	struct inode *inode = file->f_inode;
	uint64_t oldsize, hole = (newsize + PAGE_SIZE - 1) & PAGE_MASK;

	if (newsize > EXT4_MAX_SIZE)
		return -EFBIG;
	down_write(&inode->i_rwsem);
	oldsize = i_size_read(inode);
	i_size_write(inode, newsize);
	if (newsize < oldsize) {
		unmap_mapping_pages(&inode->i_mapping, hole >> PAGE_SHIFT, 0, true);
		truncate_inode_pages_range(inode, newsize, UINT64_MAX);
		/* ext4 looks at the block that is cut, and leaves its page unread. */
		if (offset_in_page(newsize) &&
		    !filemap_peek(&inode->i_mapping, newsize >> PAGE_SHIFT))
			add_cache_page(inode, newsize >> PAGE_SHIFT, false);
		unmap_mapping_pages(&inode->i_mapping, hole >> PAGE_SHIFT, 0, true);
	}
	up_write(&inode->i_rwsem);
	return 0;
}

static int64_t generic_fallocate(struct file *file, uint64_t mode, uint64_t off, uint64_t len)
{
	sim_unmodelled(file->f_inode->k->sim, "fallocate of a file on disk");
}

/* What cannot be read ahead is read when it is missed. */
static void generic_willneed(struct file *file, uint64_t first, uint64_t end)
{
	force_page_cache_ra(file->f_inode, first, end);
}

/* The inode stays: it has a name. */
static void generic_release(struct file *file)
{
	file->f_inode->refs--;
}

static const struct file_operations generic_file_operations = {
	.name = "file",
	.read = unmodelled_rw,
	.write = unmodelled_rw,
	.pread = unmodelled_pread,
	.pwrite = unmodelled_pwrite,
	.mmap = generic_file_mmap,
	.setattr = generic_setattr,
	.fallocate = generic_fallocate,
	.willneed = generic_willneed,
	.release = generic_release,
};

static uint64_t names_key(void)
{
	return sim_key(MM_CLASS_INODE, 0xfffff, 0);
}

static struct generic_inode *find_name(struct kernel *k, const char *name)
{
	struct generic_inode *f = k->disk_files;

	sim_touch(k->sim, names_key(), SIM_READ);
	while (f && strcmp(f->name, name))
		f = f->next;
	return f;
}

static struct generic_inode *create_name(struct kernel *k, const char *name)
{
	/* It is on the disk: it outlives the processes. */
	struct generic_inode *f = sim_zalloc_outside(k->sim, sizeof(*f));

	if (!f)
		return NULL;
	sim_touch(k->sim, names_key(), SIM_WRITE);
	inode_init(k, &f->inode, "inode");
	strcpy(f->name, name);
	f->next = k->disk_files;
	k->disk_files = f;
	return f;
}

void evict_disk_files(struct kernel *k)
{
	for (struct generic_inode *f = k->disk_files; f; f = f->next)
		inode_evict(&f->inode);
}

int64_t generic_file_open(struct task_struct *t, const char *name, uint64_t flags)
{
	struct kernel *k = t->process->k;
	struct generic_inode *f;
	struct file *file;

	if (strlen(name) >= sizeof(f->name))
		sim_unmodelled(k->sim, "a file name of more than 31 characters");
	f = find_name(k, name);
	if (!f && !(flags & O_CREAT))
		return -ENOENT;
	if (f && (flags & (O_CREAT | O_EXCL)) == (O_CREAT | O_EXCL))
		return -EEXIST;
	if (!f)
		f = create_name(k, name);
	file = f ? file_alloc(k, &generic_file_operations, flags) : NULL;
	if (!file)
		return -ENOMEM;
	file->f_inode = &f->inode;
	f->inode.refs++;
	if (flags & O_TRUNC && file->writable)
		generic_setattr(file, 0);
	return file_open(t, file);
}

/* -------------------------------------------------------------------- /dev/zero */

/* A private mapping is anonymous memory; a shared one has a file of its own. */
static int mmap_zero(struct file *file, struct vm_area_struct *vma)
{
	return vma->vm_flags & VM_SHARED ? shmem_zero_setup(vma) : 0;
}

static void zero_release(struct file *file)
{
	if (!--file->f_inode->refs)
		inode_free(file->f_inode);
}

static const struct file_operations zero_fops = {
	.name = "/dev/zero",
	.read = read_zero,
	.write = write_zero,
	.pread = pread_zero,
	.pwrite = pwrite_zero,
	.mmap = mmap_zero,
	.release = zero_release,
};

int64_t zero_open(struct task_struct *t, uint64_t flags)
{
	struct kernel *k = t->process->k;
	struct inode *inode = sim_zalloc(k->sim, sizeof(*inode));
	struct file *file = inode ? file_alloc(k, &zero_fops, flags) : NULL;

	if (!file) {
		if (inode)
			sim_free(k->sim, inode, sizeof(*inode));
		return -ENOMEM;
	}
	inode_init(k, inode, "inode");
	file->f_inode = inode;
	return file_open(t, file);
}

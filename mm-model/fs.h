/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * fs.h - inodes, their page caches, and what a mapping of them can do
 *
 * Locks, outermost first: inode->i_rwsem, mmap_lock, vm_lock, folio lock,
 * i_mmap_rwsem, ptl.  The inode's lock is above mmap_lock, so that a fault must
 * not take it and MADV_REMOVE lets go of mmap_lock first.
 */
#ifndef MM_FS_H
#define MM_FS_H

#include "mm-model/file.h"

#define MAX_LFS_FILESIZE ((uint64_t)INT64_MAX)

struct cache_chunk;

/**
 * What is cached of an inode, and who maps it.
 * Pages: an entry is looked at without a lock and changed with the folio locked;
 * each holds a reference of its page.  @i_mmap: VMAs in the order of their birth,
 * parents before their children; @i_mmap_rwsem guards it and the ranges in it.
 */
struct address_space {
	struct inode *host;
	struct cache_chunk *pages;
	unsigned nrpages;
	struct rwsem i_mmap_rwsem;
	struct vm_area_struct *i_mmap;
};

/**
 * @i_size: written with @i_rwsem held for writing, read without.
 * References: one of each open file.
 */
struct inode {
	struct sim_obj obj; /* MM_CLASS_INODE */
	struct kernel *k;
	uint64_t i_size;
	struct rwsem i_rwsem;
	struct address_space i_mapping;
	unsigned refs;
	struct resv_map *resv_map; /* of files of huge pages (hugetlb.h) */
	/* Of shared memory: the hole that is being punched, and what faults in it wait for. */
	struct rwsem falloc;
	uint64_t falloc_start, falloc_next;
};

/** The place of a page in a page cache, and its lock. */
struct cache_folio {
	struct address_space *mapping; /* NULL once it was taken out; folio lock */
	uint64_t index;
	struct mutex lock;
};

struct vm_operations_struct {
	const char *name;
	/** The page of the fault in vmf->page, referenced and locked, or why not. */
	vm_fault_t (*fault)(struct task_struct *t, struct vm_fault *vmf);
	/** Neighbours that are cached may be mapped too (filemap_map_pages). */
	bool map_pages;
	/** Before the first write through a shared mapping: the folio is unlocked; 0 locks it. */
	vm_fault_t (*page_mkwrite)(struct vm_fault *vmf);
	/** A VMA with a hook for its end is not given up in a merge. */
	bool close;
};

static inline struct address_space *vma_mapping(const struct vm_area_struct *vma)
{
	return vma->vm_file && vma->vm_file->f_inode ? &vma->vm_file->f_inode->i_mapping : NULL;
}
/** The page of the file that @addr of @vma shows. */
static inline uint64_t linear_page_index(const struct vm_area_struct *vma, uint64_t addr)
{
	return vma->vm_pgoff + ((addr - vma->vm_start) >> PAGE_SHIFT);
}

/* ------------------------------------------------------------------ filemap.c */

void inode_init(struct kernel *k, struct inode *inode, const char *name);
/** Drop the cache; nobody maps it and nobody has it open. */
void inode_free(struct inode *inode);
/** Drop its page cache; nobody uses it any more. */
void inode_evict(struct inode *inode);
/** The page cache of all files on the disk; the files stay. */
void evict_disk_files(struct kernel *k);
uint64_t i_size_read(const struct inode *inode);
void i_size_write(struct inode *inode, uint64_t size);
/** A page for the cache, not locked: zeroed, not yet up to date, or NULL. */
struct page *filemap_alloc_folio(struct kernel *k);
/** Lock a page that nobody else knows: no scheduling point. */
void __folio_set_locked(struct page *page);
/** Put a locked page in, which takes a reference for the cache: 0, -EEXIST or -ENOMEM. */
int filemap_add_folio(struct address_space *mapping, struct page *page, uint64_t index);
/** Take a locked page out, and drop the cache's reference. */
void filemap_remove_folio(struct page *page);
/** The same without a scheduling point. */
void __filemap_remove_folio(struct page *page);
/** The page at @index with a further reference, or NULL.  Without a lock. */
struct page *filemap_get_entry(struct address_space *mapping, uint64_t index);
/** Is one there?  Without a footprint. */
struct page *filemap_peek(const struct address_space *mapping, uint64_t index);
/** The first cached index >= @index, or UINT64_MAX. */
uint64_t filemap_next(struct address_space *mapping, uint64_t index);
void folio_lock(struct page *page);
bool folio_trylock(struct page *page);
/** The unlock is part of the current step: who waits for it sees it from then on. */
void folio_unlock(struct page *page);
bool folio_test_locked(const struct page *page);
bool folio_test_dirty(const struct page *page);
void folio_mark_dirty(struct page *page);
/** The contents are on the swap device, and have to be read before the page is mapped. */
void shmem_set_swapped(struct page *page, bool swapped);
/** Map what is cached around the fault: NOPAGE if the fault's own page was among it. */
vm_fault_t filemap_map_pages(struct vm_fault *vmf, uint64_t start, uint64_t nr);

/* ----------------------------------------------------------------- truncate.c */

/** Pages that lie wholly in bytes [from, to] leave the cache, the edges are zeroed. */
void truncate_inode_pages_range(struct inode *inode, uint64_t from, uint64_t to);

/* -------------------------------------------------------- memory.c: other mappings */

/**
 * Entries that map @nr pages (0: all) of the file from @start on go, in every
 * mapping; with @even_cows private copies too.
 */
void unmap_mapping_pages(struct address_space *mapping, uint64_t start, uint64_t nr,
			 bool even_cows);
/** The entries that map this locked page of a file, with the markers in their place. */
void unmap_mapping_folio(struct page *page);
/** Under ptl: @addr maps @page of the file, whose reference is handed over. */
void set_file_pte(struct vm_fault *vmf, uint64_t addr, struct page *page, bool write);

/* -------------------------------------------------------------------- shmem.c */

extern const struct vm_operations_struct shmem_vm_ops;
static inline bool vma_is_shmem(const struct vm_area_struct *vma)
{
	return vma->vm_ops == &shmem_vm_ops;
}
/** MAP_SHARED|MAP_ANONYMOUS: a file of its own for @vma. */
int shmem_zero_setup(struct vm_area_struct *vma);

enum sgp_type {
	SGP_READ,    /* what is there */
	SGP_NOALLOC, /* the same, but a hole is -ENOENT */
	SGP_CACHE,   /* a hole is filled, within the size */
	SGP_WRITE,   /* beyond it, too */
	SGP_FALLOC,  /* and may stay unwritten */
};
/**
 * The page at @index of a shmem file, locked and referenced, in *@ret (NULL: a
 * hole, with SGP_READ).  0, -EINVAL beyond the end, -ENOENT, -ENOMEM; or with @vmf
 * what userfaultfd made of it in *@fault.
 */
int shmem_get_folio(struct task_struct *t, struct inode *inode, uint64_t index, struct page **ret,
		    enum sgp_type sgp, struct vm_fault *vmf, vm_fault_t *fault);
/** A filled page for UFFDIO_COPY and ZEROPAGE into the cache: 0, -EFAULT, -EEXIST, -ENOMEM. */
int shmem_mfill_add(struct vm_area_struct *vma, uint64_t addr, struct page *page);

/* --------------------------------------------------------------- read_write.c */

int64_t shmem_read(struct task_struct *t, struct file *file, uint64_t buf, uint64_t len);
int64_t shmem_write(struct task_struct *t, struct file *file, uint64_t buf, uint64_t len);
int64_t shmem_pread(struct task_struct *t, struct file *file, uint64_t pos, uint8_t *byte);
int64_t shmem_pwrite(struct task_struct *t, struct file *file, uint64_t pos, uint8_t byte);
/** Huge pages are only read like that. */
int64_t hugetlbfs_read(struct task_struct *t, struct file *file, uint64_t buf, uint64_t len);
int64_t hugetlbfs_pread(struct task_struct *t, struct file *file, uint64_t pos, uint8_t *byte);
int64_t read_zero(struct task_struct *t, struct file *file, uint64_t buf, uint64_t len);
int64_t write_zero(struct task_struct *t, struct file *file, uint64_t buf, uint64_t len);
int64_t pread_zero(struct task_struct *t, struct file *file, uint64_t pos, uint8_t *byte);
int64_t pwrite_zero(struct task_struct *t, struct file *file, uint64_t pos, uint8_t byte);

#endif

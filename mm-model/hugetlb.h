/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * hugetlb.h - memory in huge pages of 2 MiB from a pool
 *
 * Four files: hugetlb.c (entries), hugetlb_fault.c, hugetlb_reserve.c (the pool and
 * who is promised what of it), hugetlbfs.c (the files behind it).
 *
 * Locks, outermost first:
 *
 *   mmap_lock or vm_lock
 *     map_changing_lock
 *       hugetlb_fault_mutex   one page of one file: who faults, fills or removes it
 *         hugetlb vma lock    read: faults and fills; write: who changes or drops entries
 *           ptl
 *
 * The vma lock is a VMA's own if it is shared, that of its reservation map if it
 * is private and has one; else there is none.
 */
#ifndef MM_HUGETLB_H
#define MM_HUGETLB_H

#include "mm-model/fs.h"

#define HPAGE_SHIFT PMD_SHIFT
#define HPAGE_SIZE  PMD_SIZE
#define HPAGE_MASK  (~(HPAGE_SIZE - 1))

/** The pool of the world of a scenario. */
#define HUGETLB_POOL_PAGES 16
#define NUM_FAULT_MUTEXES  32

/**
 * hstate - the pool; one step looks at it and changes it
 * @resv: of the free pages, those promised to somebody.  Below 0 while the kernel
 * has given a promise back for a page that somebody else still maps.
 */
struct hstate {
	struct sim_obj obj; /* MM_CLASS_HSTATE */
	int nr, free, resv;
	int lost; /* of resv: promises that nobody can take or give back any more */
	struct mutex fault_mutex[NUM_FAULT_MUTEXES];
};

struct resv_region {
	uint64_t idx;
	struct resv_region *next;
};

/**
 * resv_map - of which huge pages of a file a reservation is known
 *
 * Of a file, for its shared mappings: a page that is promised, or there.  Of a
 * private mapping: a page whose reservation was used up; the others of the VMA
 * have theirs.  Changes: for a page under its fault mutex, or with the vma lock
 * or the file held for writing.
 */
struct resv_map {
	unsigned refs; /* VMAs of a private mapping */
	struct rwsem rw_sema;
	struct resv_region *regions;
};

static inline bool huge_aligned(uint64_t v)
{
	return !(v & ~HPAGE_MASK);
}
static inline uint64_t huge_align(uint64_t v)
{
	return (v + HPAGE_SIZE - 1) & HPAGE_MASK;
}
static inline struct inode *vma_inode(const struct vm_area_struct *vma)
{
	return vma->vm_file->f_inode;
}
/** Which huge page of its file @addr is. */
static inline uint64_t vma_hugecache_offset(const struct vm_area_struct *vma, uint64_t addr)
{
	return ((addr - vma->vm_start) >> HPAGE_SHIFT) +
	       (vma->vm_pgoff >> (HPAGE_SHIFT - PAGE_SHIFT));
}

/* --------------------------------------------------------- hugetlb_reserve.c */

struct hstate *hstate_alloc(struct kernel *k);
struct resv_map *resv_map_alloc(struct kernel *k);
void resv_map_release(struct kernel *k, struct resv_map *map);
/**
 * A VMA more for a mapping: 0 or -ENOMEM.  It shares the promises of @from; with
 * NULL (a forked child's, what was promised was promised to the parent) it has none.
 */
int hugetlb_vm_op_open(struct vm_area_struct *vma, const struct vm_area_struct *from);
void hugetlb_vm_op_close(struct vm_area_struct *vma);
/**
 * What was at [start, end) of @vma was moved to elsewhere, and its reservation with
 * it.  Promises of the rest of @vma are forgotten, but stay promises.
 */
void clear_vma_resv_huge_pages(struct vm_area_struct *vma, uint64_t start, uint64_t end);
/** For a mapping of the pages [from, to) of its file by @vma: false, the pool is too small. */
bool hugetlb_reserve_pages(struct vm_area_struct *vma, uint64_t from, uint64_t to);
/** Pages [from, to) of a file are gone, @freed of which were there. */
void hugetlb_unreserve_pages(struct kernel *k, struct resv_map *map, uint64_t from, uint64_t to,
			     long freed);
/**
 * alloc_hugetlb_folio - a zeroed page of the pool for @addr, with what is promised to @vma
 * @cow_from_owner: a copy beside a page that used up the reservation already.
 * NULL, with -ENOSPC (the pool) or -ENOMEM in *@err.
 */
struct page *alloc_hugetlb_folio(struct vm_area_struct *vma, uint64_t addr, bool cow_from_owner,
				 int *err);
/** A page for a moment, from elsewhere if the pool has none to spare; NULL: -ENOMEM. */
struct page *alloc_hugetlb_folio_nodemask(struct kernel *k);
/** @folio, just allocated for @addr, is not used after all; put it afterwards. */
void restore_reserve_on_error(struct vm_area_struct *vma, uint64_t addr, struct page *folio);
/** A private page of @vma goes away; its reservation comes back with it. */
void hugetlb_zap_restores_reserve(struct vm_area_struct *vma, uint64_t addr, struct page *folio);
/** Footprint of giving up a reference: who of several is the last must not show. */
void touch_huge_page_goes(const struct page *folio);
/** The last reference of a page of the pool is gone. */
void free_huge_folio(struct page *folio);
/** For mm_check(): no more is promised than is free. */
void check_hstate(struct kernel *k);

/* ---------------------------------------------------------------- hugetlbfs.c */

extern const struct file_operations hugetlbfs_file_operations;
bool is_file_hugepages(const struct file *file);
/** Is there a pool for the size of page in the flags of mmap and memfd_create: 0 or -EINVAL. */
int hstate_sizelog(struct kernel *k, unsigned log);
/** A new file of huge pages, with one reference; NULL: no memory. */
struct file *hugetlb_file_setup(struct kernel *k, uint64_t size);
/** How many whole huge pages the file has by its size. */
uint64_t hugetlb_file_pages(const struct inode *inode);
/** The page of the file, with a further reference, or NULL. */
struct page *hugetlb_find_page(struct inode *inode, uint64_t idx);
/** It takes a reference of its own: 0 or -ENOMEM. */
int hugetlb_add_to_page_cache(struct inode *inode, uint64_t idx, struct page *folio);

/* ------------------------------------------------------------ hugetlb_fault.c */

vm_fault_t hugetlb_fault(struct task_struct *t, struct vm_area_struct *vma, uint64_t address,
			 unsigned flags);

/* ------------------------------------------------------------------ hugetlb.c */

struct mutex *hugetlb_fault_mutex(const struct inode *inode, uint64_t idx);
void hugetlb_vma_lock_read(struct vm_area_struct *vma);
void hugetlb_vma_unlock_read(struct vm_area_struct *vma);
void hugetlb_vma_lock_write(struct vm_area_struct *vma);
void hugetlb_vma_unlock_write(struct vm_area_struct *vma);
/** As mutex_unlock(), part of the step before: there is no trylock. */
void hugetlb_fault_mutex_unlock(struct mutex *m);

pte_t make_huge_pte(const struct vm_area_struct *vma, struct page *folio, bool try_mkwrite);
/**
 * One page of a fill; the caller holds its mutex and the vma lock.  -ENOENT with a
 * page in *@foliop: fault the source's contents into that and come again.
 */
int hugetlb_mfill_atomic_pte(struct task_struct *t, struct vm_area_struct *vma, uint64_t dst,
			     uint64_t src, unsigned flags, struct page **foliop);
/**
 * Drop the leaves of [start, end); with @folio only one that maps it.  Without
 * @drop_markers write protection stays behind as markers.
 */
void unmap_hugepage_range(struct vm_area_struct *vma, uint64_t start, uint64_t end,
			  const struct page *folio, bool drop_markers);
int copy_hugetlb_page_range(struct vm_area_struct *dst_vma, struct vm_area_struct *src_vma);
int move_hugetlb_page_tables(struct vm_area_struct *vma, uint64_t old, uint64_t new, uint64_t len,
			     bool clear_uffd_wp);
long hugetlb_change_protection(struct vm_area_struct *vma, uint64_t start, uint64_t end,
			       unsigned cp_flags);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * vma.h - what vma.c, mmap.c, mremap.c and madvise.c share about mappings
 */
#ifndef MM_VMA_H
#define MM_VMA_H

#include "mm-model/internal.h"

/** Never merged. */
#define VM_SPECIAL VM_DONTEXPAND
/** Do not stand in the way of a merge; the result has them if one part had them. */
#define VM_STICKY (VM_MAYBE_GUARD | VM_SOFTDIRTY)

/**
 * A merge that is asked for: the range, its flags, and who lies around it.
 * @middle: the VMA that has the range now, NULL if nothing is mapped there yet.
 * @copied_from: for mremap, where the pages of the new range come from.
 */
struct vma_merge_struct {
	struct mm_struct *mm;
	struct vm_area_struct *prev, *middle, *next, *copied_from;
	uint64_t start, end, pgoff;
	vm_flags_t vm_flags;
	struct file *file;
	struct anon_vma *anon_vma;
	struct userfaultfd_ctx *uffd_ctx;
	bool next_first; /* where either neighbour would do: the one behind */
	bool nomem; /* answer: memory ran out, nothing was changed */
};

struct vm_area_struct *vma_prev(const struct vm_area_struct *vma);
/** The expanded neighbour that now covers the range, or NULL: make a new VMA. */
struct vm_area_struct *vma_merge_new_range(struct vma_merge_struct *vmg);
/** Grow @vma by @delta bytes, into free space; NULL: memory is out. */
struct vm_area_struct *vma_merge_extend(struct vm_area_struct *vma, uint64_t delta);
/**
 * A VMA at @addr like *vmap, merged where possible; *vmap is replaced if it
 * became part of it.  NULL: memory is out.
 */
struct vm_area_struct *copy_vma(struct vm_area_struct **vmap, uint64_t addr, uint64_t len,
				uint64_t pgoff, bool source_stays);
/** Another range for a write-locked VMA. */
void vma_set_range(struct vm_area_struct *vma, uint64_t start, uint64_t end, uint64_t pgoff);
/** As split_vma(). */
int __split_vma(struct vm_area_struct *vma, uint64_t addr, bool new_below);
/** Out of the list; it stays write-locked and is no longer found. */
void vma_detach(struct vm_area_struct *vma);
/** Truncation need no longer look into @vma, whose entries are gone. */
void unlink_file_vma(struct vm_area_struct *vma);
bool vma_singular(const struct vm_area_struct *vma);

/** munmap's do_munmap(); with @unlock, mmap_lock is released if it succeeds. */
int do_vmi_munmap(struct mm_struct *mm, uint64_t start, uint64_t len,
		  struct userfaultfd_unmap_ctx **uf, bool unlock);
/** Nothing is mapped below. */
#define MMAP_MIN_ADDR 0x1000ULL
/** Can [addr, addr+len) be mapped with MAP_FIXED: 0 or -errno. */
int check_fixed_area(uint64_t addr, uint64_t len);

/** Does the profile's kernel know this call, flag or advice (HAS_MSEAL)? */
static inline bool mm_has(const struct mm_struct *mm, enum kernel_surface what)
{
	return mm_prof(mm)->surface & what;
}

static inline bool vma_is_sealed(const struct vm_area_struct *vma)
{
	return vma->vm_flags & VM_SEALED;
}
static inline uint64_t page_align(uint64_t v)
{
	return (v + PAGE_SIZE - 1) & PAGE_MASK;
}
static inline bool offset_in_page(uint64_t v)
{
	return v & ~PAGE_MASK;
}
static inline uint64_t min_u64(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}
static inline uint64_t max_u64(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * stack.c - MAP_GROWSDOWN: a fault below such a mapping makes it longer
 */
#include "mm-model/vma.h"

#define STACK_GUARD_GAP (256 * PAGE_SIZE)
#define STACK_LIMIT     (8ULL << 20) /* RLIMIT_STACK */

/* With mmap_lock held for writing. */
static int expand_downwards(struct vm_area_struct *vma, uint64_t addr)
{
	const struct vm_area_struct *prev = vma_prev(vma);

	if (!(vma->vm_flags & VM_GROWSDOWN))
		return -EFAULT;
	if (addr < MMAP_MIN_ADDR)
		return -EPERM;
	if (prev && !(prev->vm_flags & VM_GROWSDOWN) && prev->vm_flags & VM_ACCESS_FLAGS &&
	    addr - prev->vm_end < STACK_GUARD_GAP)
		return -ENOMEM;
	if (vma->vm_end - addr > STACK_LIMIT || anon_vma_prepare(vma))
		return -ENOMEM;
	vma_start_write(vma);
	vma_set_range(vma, addr, vma->vm_end,
		      vma->vm_pgoff - ((vma->vm_start - addr) >> PAGE_SHIFT));
	return 0;
}

static bool expand_stack(struct mm_struct *mm, uint64_t addr)
{
	struct vm_area_struct *vma;
	bool ok = false;

	if (mmap_write_lock_killable(mm))
		return false;
	vma = find_vma(mm, addr);
	if (vma)
		ok = vma->vm_start <= addr || !expand_downwards(vma, addr & PAGE_MASK);
	mmap_write_unlock(mm);
	return ok;
}

struct vm_area_struct *lock_mm_and_find_vma(struct mm_struct *mm, uint64_t addr)
{
	struct vm_area_struct *vma;

	mmap_read_lock(mm);
	for (;;) {
		vma = find_vma(mm, addr);
		if (vma && vma->vm_start <= addr)
			return vma;
		mmap_read_unlock(mm);
		if (!vma || !(vma->vm_flags & VM_GROWSDOWN) || !expand_stack(mm, addr))
			return NULL;
		mmap_read_lock(mm);
	}
}

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mlock.c - memory that stays: flags of VMAs, then pages for all of it
 */
#include "mm-model/cred.h"
#include "mm-model/gup.h"
#include "mm-model/vma.h"

/* Where there is nothing to lock the flag is not set, and that is no error. */
bool vma_supports_mlock(const struct vm_area_struct *vma)
{
	return !(vma->vm_flags & (VM_SPECIAL | VM_DROPPABLE | VM_HUGETLB));
}

static int mlock_fixup(struct vm_area_struct *vma, uint64_t start, uint64_t end, vm_flags_t flags,
		       uint64_t *next)
{
	*next = end;
	vma_flags_read(vma);
	if (flags == vma->vm_flags || !vma_supports_mlock(vma))
		return 0;
	vma = vma_modify_flags(vma, start, end, flags);
	if (IS_ERR(vma))
		return PTR_ERR(vma);
	vma_start_write(vma);
	vm_flags_reset(vma, flags | (vma->vm_flags & VM_STICKY));
	vma_list_changed(vma->mm);
	*next = max_u64(end, vma->vm_end);
	return 0;
}

/* VMA after VMA; what precedes a hole stays changed. */
static int apply_vma_lock_flags(struct mm_struct *mm, uint64_t start, uint64_t end,
				vm_flags_t flags)
{
	struct vm_area_struct *vma;
	int err;

	if (end < start)
		return -EINVAL;
	for (; start < end; start = max_u64(start, vma->vm_end)) {
		uint64_t next;

		vma = vma_lookup(mm, start);
		if (!vma)
			return -ENOMEM;
		err = mlock_fixup(vma, start, min_u64(end, vma->vm_end),
				  (vma->vm_flags & ~VM_LOCKED_MASK) | flags, &next);
		if (err)
			return err;
		/* A merge may have freed the VMA that was found. */
		vma = vma_lookup(mm, start);
	}
	return 0;
}

/* Pages of locked VMAs in [start, end). */
static uint64_t count_mlocked(const struct mm_struct *mm, uint64_t start, uint64_t end)
{
	uint64_t n = 0;

	for (const struct vm_area_struct *vma = mm->mmap; vma; vma = vma->next) {
		uint64_t from = max_u64(start, vma->vm_start), to = min_u64(end, vma->vm_end);

		if (vma->vm_flags & VM_LOCKED && from < to)
			n += (to - from) >> PAGE_SHIFT;
	}
	return n;
}

bool mlock_future_ok(struct task_struct *t, uint64_t len)
{
	uint64_t locked = count_mlocked(t->mm, 0, TASK_SIZE) + (len >> PAGE_SHIFT);

	return capable(t) || locked <= MEMLOCK_LIMIT >> PAGE_SHIFT;
}

static bool may_lock(struct task_struct *t, uint64_t start, uint64_t len)
{
	uint64_t again = count_mlocked(t->mm, start, start + len) << PAGE_SHIFT;

	return mlock_future_ok(t, len - min_u64(len, again));
}

/* What POSIX calls the failures of faults. */
static int mlock_posix_error(int err)
{
	if (err == -EFAULT)
		return -ENOMEM;
	return err == -ENOMEM ? -EAGAIN : err;
}

static int64_t do_mlock(struct task_struct *t, uint64_t start, uint64_t len, vm_flags_t flags)
{
	int err = -ENOMEM;

	len = page_align(len + (start & ~PAGE_MASK));
	start &= PAGE_MASK;
	if (mmap_write_lock_killable(t->mm))
		return -EINTR;
	if (may_lock(t, start, len))
		err = apply_vma_lock_flags(t->mm, start, start + len, flags);
	mmap_write_unlock(t->mm);
	if (err)
		return err;
	return mlock_posix_error(mm_populate(t, start, len, false));
}

int64_t sys_mlock(struct task_struct *t, uint64_t start, uint64_t len)
{
	return do_mlock(t, start, len, VM_LOCKED);
}

int64_t sys_mlock2(struct task_struct *t, uint64_t start, uint64_t len, uint64_t flags)
{
	if ((uint32_t)flags & ~MLOCK_ONFAULT)
		return -EINVAL;
	return do_mlock(t, start, len, VM_LOCKED | (flags & MLOCK_ONFAULT ? VM_LOCKONFAULT : 0));
}

int64_t sys_munlock(struct task_struct *t, uint64_t start, uint64_t len)
{
	int err;

	len = page_align(len + (start & ~PAGE_MASK));
	start &= PAGE_MASK;
	if (mmap_write_lock_killable(t->mm))
		return -EINTR;
	err = apply_vma_lock_flags(t->mm, start, start + len, 0);
	mmap_write_unlock(t->mm);
	return err;
}

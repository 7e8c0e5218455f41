/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * madvise_dontneed.c - pages that are given up: MADV_DONTNEED and FREE
 *
 * A monitor that asked for REMOVE is told first, and mmap_lock is dropped for that.
 */
#include "mm-model/decisions.h"
#include "mm-model/hugetlb.h"
#include "mm-model/madvise.h"
#include "mm-model/vma.h"

/* Of huge pages only whole ones go. */
static bool madvise_dontneed_free_valid_vma(struct madvise_behavior *mb)
{
	if (is_vm_hugetlb_page(mb->vma)) {
		if (mb->behavior == MADV_FREE || !mm_prof(mb->mm)->hugetlb_dontneed ||
		    !huge_aligned(mb->start))
			return false;
		mb->end &= HPAGE_MASK;
		return true;
	}
	return mb->behavior == MADV_DONTNEED_LOCKED || !(mb->vma->vm_flags & VM_LOCKED);
}

static int dontneed_or_free(struct madvise_behavior *mb)
{
	if (mb->behavior == MADV_FREE && !vma_is_anonymous(mb->vma))
		return -EINVAL;
	if (mb->behavior == MADV_FREE)
		madvise_free(mb);
	else
		zap_page_range_and_tables(mb->vma, mb->start, mb->end);
	return 0;
}

/* ----------------------------------------- telling of it, and the steps that makes */

void remove_prep(struct madvise_behavior *mb)
{
	mb->announced = userfaultfd_remove_prep(mb->vma);
	mb->announced_start = mb->start;
	mb->announced_end = mb->end;
}

void remove_unlock(struct madvise_behavior *mb)
{
	mb->lock_dropped = mb->unlocked = true;
	mmap_read_unlock(mb->mm);
}

void remove_tell(struct madvise_behavior *mb)
{
	struct userfaultfd_ctx *ctx = mb->announced;

	mb->announced = NULL;
	userfaultfd_remove_complete(ctx, mb->announced_start, mb->announced_end);
}

/* The lock was dropped to tell about it: the VMA may be another, or shorter. */
int remove_relock(struct madvise_behavior *mb)
{
	mb->lock_dropped = true;
	mmap_read_lock(mb->mm);
	mb->unlocked = false;
	if (mm_prof(mb->mm)->remove_keeps_vma) {
		sim_obj_check(&mb->vma->obj);
		return 0;
	}
	mb->vma = vma_lookup(mb->mm, mb->start);
	if (!mb->vma)
		return -ENOMEM;
	if (!madvise_dontneed_free_valid_vma(mb))
		return -EINVAL;
	mb->end = min_u64(mb->end, mb->vma->vm_end);
	return 0;
}

int remove_zap(struct madvise_behavior *mb)
{
	return mb->start == mb->end ? 0 : dontneed_or_free(mb);
}

/* As proposed: mmap_changing is up while the pages go, and the monitor reads of it afterwards. */
static int zap_then_tell(struct madvise_behavior *mb)
{
	int err;

	remove_prep(mb);
	err = remove_zap(mb);
	remove_unlock(mb);
	remove_tell(mb);
	mmap_read_lock(mb->mm);
	mb->unlocked = false;
	return err;
}

int builtin_userfaultfd_remove(struct madvise_behavior *mb)
{
	int err;

	if (mm_prof(mb->mm)->split_remove)
		return zap_then_tell(mb);
	if (mm_prof(mb->mm)->remove_after_zap)
		zap_page_range_and_tables(mb->vma, mb->start, mb->end);
	remove_prep(mb);
	remove_unlock(mb);
	remove_tell(mb);
	err = remove_relock(mb);
	if (err || mm_prof(mb->mm)->remove_after_zap)
		return err;
	return remove_zap(mb);
}

int madvise_dontneed_free(struct madvise_behavior *mb)
{
	if (!madvise_dontneed_free_valid_vma(mb))
		return -EINVAL;
	if (mb->start == mb->end)
		return 0;
	if (!userfaultfd_wants_remove(mb->vma))
		return dontneed_or_free(mb);
	if (patched(mm_prof(mb->mm)->decide.userfaultfd_remove))
		return patch_userfaultfd_remove(mb);
	return builtin_userfaultfd_remove(mb);
}

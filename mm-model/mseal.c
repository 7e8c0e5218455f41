/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mseal.c - mappings that stay as they are
 *
 * What would take a sealed mapping away or change its rights asks
 * vma_is_sealed() and answers EPERM.
 */
#include "mm-model/vma.h"

static bool range_contains_unmapped(struct mm_struct *mm, uint64_t start, uint64_t end)
{
	while (start < end) {
		const struct vm_area_struct *vma = vma_lookup(mm, start);

		if (!vma)
			return true;
		start = vma->vm_end;
	}
	return false;
}

static int mseal_apply(struct mm_struct *mm, uint64_t start, uint64_t end)
{
	while (start < end) {
		struct vm_area_struct *vma = vma_lookup(mm, start);
		uint64_t to = min_u64(end, vma->vm_end);

		if (!vma_is_sealed(vma)) {
			vm_flags_t flags = vma->vm_flags | VM_SEALED;

			vma = vma_modify_flags(vma, start, to, flags);
			if (IS_ERR(vma))
				return PTR_ERR(vma);
			vma_start_write(vma);
			vm_flags_reset(vma, flags | (vma->vm_flags & VM_STICKY));
			vma_list_changed(mm);
		}
		start = to;
	}
	return 0;
}

int64_t sys_mseal(struct task_struct *t, uint64_t start, uint64_t len, uint64_t flags)
{
	uint64_t end = start + page_align(len);
	struct mm_struct *mm = t->mm;
	int err = -ENOMEM;

	if (!mm_has(mm, HAS_MSEAL))
		return -ENOSYS;
	if (flags || offset_in_page(start) || (len && !page_align(len)) || end < start)
		return -EINVAL;
	if (end == start)
		return 0;
	if (mmap_write_lock_killable(mm))
		return -EINTR;
	if (!range_contains_unmapped(mm, start, end))
		err = mseal_apply(mm, start, end);
	mmap_write_unlock(mm);
	return err;
}

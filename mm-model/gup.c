/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * gup.c - the kernel gets at user pages: MADV_POPULATE_READ and _WRITE
 *
 * Faults are taken with mmap_lock held for reading; a fault that has to wait
 * drops it, and the walk goes on where it was with the lock taken again.
 */
#include "mm-model/internal.h"

static int64_t vm_fault_to_errno(vm_fault_t fault)
{
	if (fault & VM_FAULT_OOM)
		return -ENOMEM;
	if (fault & VM_FAULT_HWPOISON)
		return -EHWPOISON;
	return -EFAULT;
}

/* What is at @addr serves the access as it is. */
static bool follow_page_pte(struct mm_struct *mm, uint64_t addr, bool write)
{
	bool ok;

	spin_lock(&mm->ptl);
	pte_t pte = ptep_get(mm, addr);

	ok = pte_hw_present(pte) && (!write || pte_write(pte));
	spin_unlock(&mm->ptl);
	return ok;
}

/* Make [addr, end) of one VMA present; *addr tells how far it came, *locked whether the
 * lock is still held. */
static int64_t populate_vma(struct task_struct *t, struct vm_area_struct *vma, uint64_t *addr,
			    uint64_t end, bool write, unsigned *flags, bool *locked)
{
	while (*addr < end) {
		vm_fault_t fault;

		if (follow_page_pte(t->mm, *addr, write)) {
			*addr += PAGE_SIZE;
			*flags &= ~FAULT_FLAG_TRIED;
			continue;
		}
		fault = handle_mm_fault(t, vma, *addr, *flags);
		if (fault & VM_FAULT_ERROR)
			return vm_fault_to_errno(fault);
		if (fault & VM_FAULT_RETRY) {
			*flags |= FAULT_FLAG_TRIED;
			*locked = false;
			return 0;
		}
	}
	return 0;
}

int64_t madvise_populate(struct task_struct *t, uint64_t start, uint64_t end, bool write)
{
	unsigned flags =
		FAULT_FLAG_ALLOW_RETRY | FAULT_FLAG_KILLABLE | (write ? FAULT_FLAG_WRITE : 0);
	vm_flags_t need = write ? VM_WRITE : VM_READ;
	bool locked = false;
	int64_t ret = 0;

	while (start < end && !ret) {
		struct vm_area_struct *vma;

		if (!locked)
			mmap_read_lock(t->mm);
		locked = true;
		if (fatal_signal_pending(sim_current(mm_sim(t->mm)))) {
			ret = -EINTR;
			break;
		}
		vma = vma_lookup(t->mm, start);
		if (!vma)
			ret = -ENOMEM;
		else if (!(vma->vm_flags & need))
			ret = -EINVAL;
		else
			ret = populate_vma(t, vma, &start, end < vma->vm_end ? end : vma->vm_end,
					   write, &flags, &locked);
	}
	if (locked)
		mmap_read_unlock(t->mm);
	return ret;
}

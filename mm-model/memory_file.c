/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * memory_file.c - page faults where there is nothing yet of a file's mapping
 *
 * Of the kernel's mm/memory.c the part around do_fault().
 */
#include "mm-model/fs.h"

void set_file_pte(struct vm_fault *vmf, uint64_t addr, struct page *page, bool write)
{
	struct vm_area_struct *vma = vmf->vma;
	pte_t entry = mk_pte(vma, page);

	if (vma->vm_page_prot_w)
		entry = pte_mkwrite(entry);
	if (write)
		entry = maybe_mkwrite(pte_mkdirty(entry), vma);
	else if (pte_write(entry) && folio_test_dirty(page) && mm_prof(vma->mm)->map_dirty_as_dirty)
		entry = pte_mkdirty(entry);
	if (pte_marker_uffd_wp(vmf->orig_pte))
		entry = pte_mkuffd_wp(entry);
	page_add_file_rmap(page, vma);
	set_pte_at(vma->mm, addr, entry);
}

static void set_cow_pte(struct vm_fault *vmf)
{
	struct vm_area_struct *vma = vmf->vma;

	map_anon_page(vmf, vmf->cow_page,
		      maybe_mkwrite(pte_mkdirty(mk_pte(vma, vmf->cow_page)), vma));
}

/* Map what the fault has got; a reference goes with it unless it comes too late: NOPAGE. */
static vm_fault_t finish_fault(struct vm_fault *vmf)
{
	struct mm_struct *mm = vmf->vma->mm;
	vm_fault_t ret = VM_FAULT_NOPAGE;

	if (pte_alloc(mm, vmf->address))
		return VM_FAULT_OOM;
	spin_lock(&mm->ptl);
	if (!vmf_pte_changed(vmf)) {
		if (vmf->cow_page)
			set_cow_pte(vmf);
		else
			set_file_pte(vmf, vmf->address, vmf->page, vmf->flags & FAULT_FLAG_WRITE);
		ret = 0;
	}
	spin_unlock(&mm->ptl);
	if (!ret)
		sim_trace(mm_sim(mm), "  set_pte(%s)", vmf->cow_page ? "copy" : "page of file");
	return ret;
}

/* 16 pages around the fault, as far as the VMA and the page table go. */
static vm_fault_t do_fault_around(struct vm_fault *vmf)
{
	const struct vm_area_struct *vma = vmf->vma;
	const uint64_t size = 16 * PAGE_SIZE;
	uint64_t start = vmf->address & ~(size - 1), end;

	if (start < vma->vm_start)
		start = vma->vm_start;
	end = pmd_addr_end(vmf->address, start + size);
	if (end > vma->vm_end)
		end = vma->vm_end;
	sim_yield(mm_sim(vma->mm), SIM_OP_READ, "filemap_map_pages");
	return filemap_map_pages(vmf, start, (end - start) >> PAGE_SHIFT);
}

/* Whoever wants to hear of single pages does not want their neighbours mapped. */
static bool should_fault_around(const struct vm_area_struct *vma)
{
	return vma->vm_ops->map_pages && !(vma->vm_flags & (VM_UFFD_WP | VM_UFFD_MINOR)) &&
	       (!userfaultfd_rwp(vma) || mm_prof(vma->mm)->rwp_fault_around);
}

static vm_fault_t do_read_fault(struct task_struct *t, struct vm_fault *vmf)
{
	vm_fault_t ret = 0;

	if (should_fault_around(vmf->vma))
		ret = do_fault_around(vmf);
	if (!ret)
		ret = vmf->vma->vm_ops->fault(t, vmf);
	if (ret)
		return ret;
	ret = finish_fault(vmf);
	folio_unlock(vmf->page);
	if (ret)
		put_page(vmf->page);
	return ret;
}

static vm_fault_t do_cow_fault(struct task_struct *t, struct vm_fault *vmf)
{
	vm_fault_t ret = vmf_anon_prepare(vmf);

	if (ret)
		return ret;
	vmf->cow_page = alloc_page(vmf->vma->mm->k);
	if (!vmf->cow_page)
		return VM_FAULT_OOM;
	ret = vmf->vma->vm_ops->fault(t, vmf);
	if (!ret) {
		copy_page(vmf->cow_page, vmf->page);
		ret = finish_fault(vmf);
		folio_unlock(vmf->page);
		put_page(vmf->page);
	}
	if (ret)
		put_page(vmf->cow_page);
	return ret;
}

static vm_fault_t do_shared_fault(struct task_struct *t, struct vm_fault *vmf)
{
	const struct vm_operations_struct *vm_ops = vmf->vma->vm_ops;
	vm_fault_t ret = vm_ops->fault(t, vmf);

	if (ret)
		return ret;
	if (vm_ops->page_mkwrite) {
		folio_unlock(vmf->page);
		ret = vm_ops->page_mkwrite(vmf);
		if (ret) {
			put_page(vmf->page);
			return ret;
		}
	}
	ret = finish_fault(vmf);
	if (!ret)
		folio_mark_dirty(vmf->page);
	folio_unlock(vmf->page);
	if (ret)
		put_page(vmf->page);
	return ret;
}

vm_fault_t do_fault(struct task_struct *t, struct vm_fault *vmf)
{
	if (!(vmf->flags & FAULT_FLAG_WRITE))
		return do_read_fault(t, vmf);
	if (!(vmf->vma->vm_flags & VM_SHARED))
		return do_cow_fault(t, vmf);
	return do_shared_fault(t, vmf);
}

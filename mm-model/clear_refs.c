/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * clear_refs.c - /proc/self/clear_refs: forget what was used, or written
 *
 * "4" is soft-dirty: entries lose the bit and the right to be written, so that
 * the next write faults and sets it; mappings that count as written as a whole no
 * longer do.  Without MEM_SOFT_DIRTY (soft_dirty=no) it is accepted and does
 * nothing.  What the other numbers clear cannot be seen here.
 */
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "mm-model/cred.h"
#include "mm-model/gup.h"
#include "mm-model/huge_memory.h"
#include "mm-model/hugetlb.h"
#include "mm-model/vma.h"

#define CLEAR_REFS_SOFT_DIRTY 4
#define CLEAR_REFS_LAST       6
#define PROC_NUMBUF           13

/* A pinned page may be written through its pin at any time: it stays as it is. */
static bool pte_is_pinned(struct vm_area_struct *vma, pte_t pte)
{
	struct page_scratch scratch;
	struct page *page;

	if ((vma->vm_flags & (VM_SHARED | VM_MAYWRITE)) != VM_MAYWRITE || pte_special(pte))
		return false;
	page = pte_page_peek(vma->mm->k, pte, &scratch);
	return page != &scratch.page && page->flags & PG_ANON && page_maybe_dma_pinned(page);
}

static pte_t soft_dirty_cleared(struct vm_area_struct *vma, pte_t pte)
{
	if (pte_present(pte) && pte_is_pinned(vma, pte))
		return pte;
	return pte_clear_soft_dirty(pte_present(pte) ? pte_wrprotect(pte) : pte);
}

static void clear_soft_dirty_range(struct vm_area_struct *vma, uint64_t addr, uint64_t end)
{
	struct mm_struct *mm = vma->mm;
	bool any = false;
	uint64_t next;

	spin_lock(&mm->ptl);
	for (addr = pte_next_present(mm, addr, end); addr < end;
	     addr = pte_next_present(mm, next, end)) {
		bool leaf = pmd_leaf(mm, addr);
		pte_t old = leaf ? pmd_get(mm, addr) : ptep_get(mm, addr);

		next = leaf ? pmd_addr_end(addr, end) : addr + PAGE_SIZE;
		if (pte_same(old, soft_dirty_cleared(vma, old)))
			continue;
		if (any)
			pte_step(mm, "clear_refs_pte_range");
		any = true;
		/* The processor may have set A or D meanwhile. */
		if (leaf)
			set_pmd_at(mm, addr, soft_dirty_cleared(vma, pmd_get(mm, addr)));
		else
			set_pte_at(mm, addr, soft_dirty_cleared(vma, ptep_get(mm, addr)));
	}
	spin_unlock(&mm->ptl);
}

static int clear_soft_dirty(struct mm_struct *mm)
{
	struct vm_area_struct *vma;

	if (mmap_write_lock_killable(mm))
		return -EINTR;
	for (vma = mm->mmap; vma && mm_prof(mm)->soft_dirty; vma = vma->next) {
		if (!(vma->vm_flags & VM_SOFTDIRTY))
			continue;
		vma_start_write(vma);
		vm_flags_reset(vma, vma->vm_flags & ~VM_SOFTDIRTY);
		vma_set_page_prot(vma);
		vma_list_changed(mm);
	}
	for (vma = mm->mmap; vma && mm_prof(mm)->soft_dirty; vma = vma->next)
		if (!is_vm_hugetlb_page(vma))
			clear_soft_dirty_range(vma, vma->vm_start, vma->vm_end);
	mmap_write_unlock(mm);
	return 0;
}

/* As the kernel reads a number; or -EINVAL for what is none, or none of ours, -ERANGE. */
static int clear_refs_type(const char *text, size_t count)
{
	char buf[PROC_NUMBUF], *end;
	long type;

	memcpy(buf, text, count);
	buf[count] = '\0';
	type = strtol(buf, &end, 10);
	end += strspn(end, " \t\n\v\f\r");
	if (!count || end == buf || *end)
		return -EINVAL;
	if (type < INT_MIN || type > INT_MAX)
		return -ERANGE;
	return type < 1 || type >= CLEAR_REFS_LAST ? -EINVAL : (int)type;
}

static int64_t clear_refs_write(struct task_struct *t, struct file *file, const char *text)
{
	size_t count = strlen(text) < PROC_NUMBUF ? strlen(text) : PROC_NUMBUF - 1;
	int err = clear_refs_type(text, count);

	if (err == CLEAR_REFS_SOFT_DIRTY)
		err = clear_soft_dirty(file->private_data);
	return err < 0 ? err : (int64_t)count;
}

static const struct file_operations clear_refs_fops = {
	.name = "/proc/self/clear_refs",
	.write_text = clear_refs_write,
};

int64_t clear_refs_open(struct task_struct *t, uint64_t flags)
{
	struct file *file;

	if (!proc_self_accessible(t))
		return -EACCES;
	file = file_alloc(t->process->k, &clear_refs_fops, flags);
	if (file)
		file->private_data = t->mm;
	return file_open(t, file);
}

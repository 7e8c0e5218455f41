/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * madvise_guard.c - guard regions: markers that fault, in empty entries
 */
#include "mm-model/madvise.h"
#include "mm-model/vma.h"

/* Take ptl with the tables of the range all there. */
static int lock_tables(struct madvise_behavior *mb)
{
	struct mm_struct *mm = mb->mm;
	uint64_t addr;

	for (;;) {
		for (addr = mb->start; addr < mb->end; addr = pmd_addr_end(addr, mb->end))
			if (pte_alloc(mm, addr))
				return -ENOMEM;
		spin_lock(&mm->ptl);
		for (addr = mb->start; addr < mb->end; addr = pmd_addr_end(addr, mb->end))
			if (!pte_table_exists(mm, addr) && !pmd_leaf(mm, addr))
				break;
		if (addr >= mb->end)
			return 0;
		spin_unlock(&mm->ptl); /* one was freed meanwhile */
	}
}

/* Markers into what is empty: 0; 1 as soon as something is not; or -ENOMEM. */
static int guard_install_range(struct madvise_behavior *mb)
{
	struct mm_struct *mm = mb->mm;
	bool any = false, full = false;

	if (lock_tables(mb))
		return -ENOMEM;
	for (uint64_t addr = mb->start; addr < mb->end && !full; addr += PAGE_SIZE) {
		pte_t pte = ptep_get(mm, addr);

		if (pte_marker_guard(pte))
			continue;
		if (pte_none(pte) && any)
			pte_step(mm, "guard_install_set_pte");
		any = true;
		full = !pte_none(pte);
		if (!full)
			set_pte_at(mm, addr, make_pte_marker(PTE_MARKER_GUARD));
	}
	spin_unlock(&mm->ptl);
	return full;
}

int madvise_guard_install(struct madvise_behavior *mb)
{
	struct vm_area_struct *vma = mb->vma;
	int err;

	if (vma->vm_flags & (VM_SPECIAL | VM_LOCKED))
		return -EINVAL;
	/* The one flag that is set atomically, with the VMA shared: it races with nobody. */
	vma->vm_flags |= VM_MAYBE_GUARD;
	if (vma_is_anonymous(vma)) {
		touch_anon_vma(vma);
		if (anon_vma_prepare(vma))
			return -ENOMEM;
	}
	for (int i = 0; i < 3; i++) {
		err = guard_install_range(mb);
		if (err <= 0)
			return err;
		zap_page_range(vma, mb->start, mb->end);
	}
	return RESTART_SYSCALL;
}

static bool marker_is_gone(const struct sim_thread *t, const struct sim_op *op)
{
	const struct mm_struct *mm = (const void *)op->obj; /* first member */

	return !pte_marker_uffd_wp(pte_peek(mm, op->arg));
}

/*
 * In a write-protected mapping of a file emptying leaves markers behind: the kernel
 * tries again for ever, unless somebody else takes them away or kills the caller.
 */
int guard_wait(struct mm_struct *mm, uint64_t start, uint64_t end)
{
	struct sim_op op = {
		.kind = SIM_OP_WAIT,
		.what = "madvise_guard_install",
		.obj = &mm->obj,
		.enabled = marker_is_gone,
		.spins = true,
	};
	int err;

	for (op.arg = pte_peek_next(mm, start, end); op.arg < end && marker_is_gone(NULL, &op);)
		op.arg = pte_peek_next(mm, op.arg + PAGE_SIZE, end);
	if (op.arg >= end)
		return 0;
	err = sim_point_killable(mm_sim(mm), &op);
	ptep_get_lockless(mm, op.arg);
	return err;
}

static pte_t guard_remove_pte(struct madvise_behavior *mb, pte_t pte)
{
	return pte_marker_guard(pte) ? PTE(0) : pte;
}

int madvise_guard_remove(struct madvise_behavior *mb)
{
	if (mb->vma->vm_flags & VM_SPECIAL)
		return -EINVAL;
	walk_present(mb, "guard_remove_pte_entry", guard_remove_pte);
	return 0;
}

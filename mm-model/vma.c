/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * vma.c - the list of mappings: finding, splitting, merging
 *
 * The list and the VMAs in it change with mmap_lock held for writing and the
 * VMA write-locked.  A merge keeps one of the VMAs it joins and frees the
 * others; which one is kept is as in the kernel, since a lockless reader may be
 * waiting for its lock.
 */
#include <utlist.h>

#include "mm-model/fs.h"
#include "mm-model/huge_memory.h"
#include "mm-model/hugetlb.h"
#include "mm-model/vma.h"

struct vm_area_struct *vma_prev(const struct vm_area_struct *vma)
{
	return vma == vma->mm->mmap ? NULL : vma->prev;
}

/* ---------------------------------------------------------- birth and death */

struct vm_area_struct *vm_area_alloc(struct mm_struct *mm)
{
	struct vm_area_struct *vma = sim_zalloc(mm_sim(mm), sizeof(*vma));

	if (!vma)
		return NULL;
	sim_obj_init(mm_sim(mm), &vma->obj, (enum sim_class)MM_CLASS_VMA_LOCK, "vma");
	vma->mm = mm;
	vma->vm_lock_seq = UINT32_MAX;
	vma->detached = true;
	return vma;
}

struct vm_area_struct *vm_area_dup(struct mm_struct *mm, const struct vm_area_struct *vma)
{
	struct vm_area_struct *new = vm_area_alloc(mm);

	if (!new)
		return NULL;
	new->vm_start = vma->vm_start;
	new->vm_end = vma->vm_end;
	new->vm_pgoff = vma->vm_pgoff;
	new->vm_flags = vma->vm_flags;
	new->vm_page_prot_w = vma->vm_page_prot_w;
	new->vm_ops = vma->vm_ops;
	new->vm_file = vma->vm_file;
	if (new->vm_file)
		get_file(new->vm_file);
	new->uffd_ctx = vma->uffd_ctx;
	return new;
}

void vm_area_free(struct vm_area_struct *vma)
{
	struct sim *sim = mm_sim(vma->mm);

	unlink_anon_vmas(vma);
	hugetlb_vm_op_close(vma);
	if (vma->vm_file)
		fput(vma->vm_file);
	sim_obj_fini(&vma->obj);
	sim_free(sim, vma, sizeof(*vma));
}

/* ------------------------------------------------------------ who maps a file */

/* Around changes of the range of @vma, or of which VMAs map its file. */
static void i_mmap_lock_write(const struct vm_area_struct *vma)
{
	if (vma_mapping(vma))
		down_write(&vma_mapping(vma)->i_mmap_rwsem);
}

static void i_mmap_unlock_write(const struct vm_area_struct *vma)
{
	if (vma_mapping(vma))
		up_write(&vma_mapping(vma)->i_mmap_rwsem);
}

/* At the end: after the VMA that it has its entries from. */
static void __vma_link_file(struct vm_area_struct *vma)
{
	if (vma_mapping(vma))
		LL_APPEND2(vma_mapping(vma)->i_mmap, vma, i_mmap_next);
}

static void __unlink_file_vma(struct vm_area_struct *vma)
{
	if (vma_mapping(vma))
		LL_DELETE2(vma_mapping(vma)->i_mmap, vma, i_mmap_next);
}

void unlink_file_vma(struct vm_area_struct *vma)
{
	i_mmap_lock_write(vma);
	__unlink_file_vma(vma);
	i_mmap_unlock_write(vma);
}

/* ------------------------------------------------------------------- the list */

static void vma_iter_store(struct mm_struct *mm, struct vm_area_struct *vma)
{
	struct vm_area_struct *next = find_vma(mm, vma->vm_start);

	vma_start_write(vma);
	if (next)
		DL_PREPEND_ELEM(mm->mmap, next, vma);
	else
		DL_APPEND(mm->mmap, vma);
	vma->detached = false;
	mm->map_count++;
	vma_list_changed(mm);
}

void vma_link(struct mm_struct *mm, struct vm_area_struct *vma)
{
	vma_iter_store(mm, vma);
	i_mmap_lock_write(vma);
	__vma_link_file(vma);
	i_mmap_unlock_write(vma);
}

void vma_detach(struct vm_area_struct *vma)
{
	struct mm_struct *mm = vma->mm;

	vma_assert_write_locked(vma);
	DL_DELETE(mm->mmap, vma);
	vma->detached = true;
	mm->map_count--;
	vma_list_changed(mm);
}

/* ------------------------------------------------------------------- splits */

void vma_set_range(struct vm_area_struct *vma, uint64_t start, uint64_t end, uint64_t pgoff)
{
	vma_assert_write_locked(vma);
	vma->vm_start = start;
	vma->vm_end = end;
	vma->vm_pgoff = pgoff;
	vma_list_changed(vma->mm);
}

int __split_vma(struct vm_area_struct *vma, uint64_t addr, bool new_below)
{
	uint64_t pgoff = vma->vm_pgoff + ((addr - vma->vm_start) >> PAGE_SHIFT);
	struct vm_area_struct *new;

	if (is_vm_hugetlb_page(vma) && !huge_aligned(addr))
		return -EINVAL;
	new = vm_area_dup(vma->mm, vma);
	if (!new)
		return -ENOMEM;
	if (hugetlb_vm_op_open(new, vma) || anon_vma_clone(new, vma)) {
		vm_area_free(new);
		return -ENOMEM;
	}
	vma_start_write(vma);
	vma_start_write(new);
	i_mmap_lock_write(vma);
	vma_adjust_trans_huge(vma, addr);
	if (new_below) {
		new->vm_end = addr;
		vma_set_range(vma, addr, vma->vm_end, pgoff);
	} else {
		new->vm_start = addr;
		new->vm_pgoff = pgoff;
		vma_set_range(vma, vma->vm_start, addr, vma->vm_pgoff);
	}
	vma_iter_store(vma->mm, new);
	__vma_link_file(new);
	i_mmap_unlock_write(vma);
	return 0;
}

int split_vma(struct vm_area_struct *vma, uint64_t addr, bool new_below)
{
	return __split_vma(vma, addr, new_below);
}

/* ------------------------------------------------------- may these two merge */

static bool is_mergeable_vma(const struct vma_merge_struct *vmg, const struct vm_area_struct *vma)
{
	return !((vma->vm_flags ^ vmg->vm_flags) & ~VM_STICKY) && vma->vm_file == vmg->file &&
	       vma->uffd_ctx == vmg->uffd_ctx;
}

/* Pages of @vma may come from a parent process: it keeps its anon_vmas to itself. */
static bool vma_had_uncowed_parents(const struct vm_area_struct *vma)
{
	return vma && vma->anon_vma && !vma_singular(vma);
}

/* Where only the neighbour @tgt may be without pages if the range has some. */
static bool is_mergeable_anon_vma_old(const struct vma_merge_struct *vmg,
				      const struct vm_area_struct *tgt)
{
	if ((!vmg->anon_vma || !tgt->anon_vma) && vma_singular(tgt))
		return true;
	return vmg->anon_vma == tgt->anon_vma;
}

static bool is_mergeable_anon_vma(const struct vma_merge_struct *vmg,
				  const struct vm_area_struct *tgt)
{
	if (!mm_prof(vmg->mm)->merge_unfaulted_either)
		return is_mergeable_anon_vma_old(vmg, tgt);
	if (!tgt->anon_vma && vmg->anon_vma)
		return !vma_had_uncowed_parents(vmg->middle) &&
		       !vma_had_uncowed_parents(vmg->copied_from);
	if (tgt->anon_vma && !vmg->anon_vma)
		return !vma_had_uncowed_parents(tgt);
	return tgt->anon_vma == vmg->anon_vma;
}

static bool can_vma_merge_left(const struct vma_merge_struct *vmg)
{
	const struct vm_area_struct *prev = vmg->prev;

	return prev && prev->vm_end == vmg->start && is_mergeable_vma(vmg, prev) &&
	       is_mergeable_anon_vma(vmg, prev) && prev->vm_pgoff + vma_pages(prev) == vmg->pgoff;
}

static bool can_vma_merge_right(const struct vma_merge_struct *vmg, bool can_merge_left)
{
	const struct vm_area_struct *prev = vmg->prev, *next = vmg->next;
	uint64_t pglen = (vmg->end - vmg->start) >> PAGE_SHIFT;

	if (!next || vmg->end != next->vm_start || !is_mergeable_vma(vmg, next) ||
	    !is_mergeable_anon_vma(vmg, next) || next->vm_pgoff != vmg->pgoff + pglen)
		return false;
	/* Both fit the range; to become one they must fit each other, too. */
	return !can_merge_left || !prev->anon_vma || !next->anon_vma ||
	       prev->anon_vma == next->anon_vma;
}

/* ------------------------------------------------------------------- merges */

/* A VMA that is about to cover pages of @src must be linked to their anon_vma. */
static int dup_anon_vma(struct vm_area_struct *dst, struct vm_area_struct *src)
{
	if (!src->anon_vma || dst->anon_vma)
		return 0;
	vma_assert_write_locked(dst);
	return anon_vma_clone(dst, src);
}

static void merge_sticky(struct vm_area_struct *target, const struct vm_area_struct *from)
{
	target->vm_flags |= from->vm_flags & VM_STICKY;
}

/* The end of a VMA that another one has swallowed. */
static void merge_remove(struct vm_area_struct *vma)
{
	vma_detach(vma);
	__unlink_file_vma(vma);
	vm_area_free(vma);
}

/* prev + [start, end) of middle, perhaps + next. */
static struct vm_area_struct *merge_into_prev(struct vma_merge_struct *vmg, bool both)
{
	struct vm_area_struct *prev = vmg->prev, *middle = vmg->middle, *next = vmg->next;
	bool whole = vmg->end == middle->vm_end;

	if (dup_anon_vma(prev, both && next->anon_vma ? next : middle))
		return NULL;
	merge_sticky(prev, middle);
	if (both)
		merge_sticky(prev, next);
	i_mmap_lock_write(prev);
	vma_adjust_trans_huge(middle, vmg->end);
	sim_preempt_disable(mm_sim(vmg->mm));
	if (whole)
		merge_remove(middle);
	else
		vma_set_range(middle, vmg->end, middle->vm_end,
			      middle->vm_pgoff + ((vmg->end - vmg->start) >> PAGE_SHIFT));
	vma_set_range(prev, prev->vm_start, both ? next->vm_end : vmg->end, prev->vm_pgoff);
	if (both)
		merge_remove(next);
	sim_preempt_enable(mm_sim(vmg->mm));
	i_mmap_unlock_write(prev);
	return prev;
}

/* [start, end) of middle + next. */
static struct vm_area_struct *merge_into_next(struct vma_merge_struct *vmg)
{
	struct vm_area_struct *middle = vmg->middle, *next = vmg->next;
	uint64_t pglen = (vmg->end - vmg->start) >> PAGE_SHIFT;

	if (dup_anon_vma(next, middle))
		return NULL;
	merge_sticky(next, middle);
	i_mmap_lock_write(next);
	vma_adjust_trans_huge(middle, vmg->start);
	sim_preempt_disable(mm_sim(vmg->mm));
	if (vmg->start == middle->vm_start)
		merge_remove(middle);
	else
		vma_set_range(middle, middle->vm_start, vmg->start, middle->vm_pgoff);
	vma_set_range(next, vmg->start, next->vm_end, next->vm_pgoff - pglen);
	sim_preempt_enable(mm_sim(vmg->mm));
	i_mmap_unlock_write(next);
	return next;
}

/* A range of vmg->middle changes: does it now fit what touches it? */
static struct vm_area_struct *vma_merge_existing_range(struct vma_merge_struct *vmg)
{
	struct vm_area_struct *middle = vmg->middle, *ret;
	bool left_side = vmg->start == middle->vm_start;
	bool right_side = vmg->end == middle->vm_end;
	bool merge_left, merge_right;

	mmap_assert_write_locked(vmg->mm);
	if (vmg->vm_flags & VM_SPECIAL)
		return NULL;
	vmg->next = right_side ? middle->next : NULL;
	merge_left = left_side && can_vma_merge_left(vmg);
	merge_right = right_side && can_vma_merge_right(vmg, merge_left);
	if (!merge_left && !merge_right)
		return NULL;
	vma_start_write(middle);
	if (merge_right)
		vma_start_write(vmg->next);
	if (merge_left)
		vma_start_write(vmg->prev);
	ret = merge_left ? merge_into_prev(vmg, merge_right) : merge_into_next(vmg);
	vmg->nomem = !ret;
	return ret;
}

/* Let @target cover vmg's range, which is free, and vmg->next with it if @remove_next. */
static int vma_expand(struct vma_merge_struct *vmg, struct vm_area_struct *target, bool remove_next)
{
	struct vm_area_struct *next = vmg->next;
	bool had_anon_vma = target->anon_vma;

	vma_start_write(target);
	if (remove_next) {
		vma_start_write(next);
		if (dup_anon_vma(target, next))
			return -ENOMEM;
	}
	if (vmg->copied_from && dup_anon_vma(target, vmg->copied_from)) {
		if (!had_anon_vma)
			unlink_anon_vmas(target);
		return -ENOMEM;
	}
	if (vmg->copied_from)
		merge_sticky(target, vmg->copied_from);
	if (remove_next)
		merge_sticky(target, next);
	i_mmap_lock_write(target);
	sim_preempt_disable(mm_sim(vmg->mm));
	if (target == next)
		vma_set_range(target, vmg->start, target->vm_end, vmg->pgoff);
	else
		vma_set_range(target, target->vm_start, remove_next ? next->vm_end : vmg->end,
			      target->vm_pgoff);
	if (remove_next)
		merge_remove(next);
	sim_preempt_enable(mm_sim(vmg->mm));
	i_mmap_unlock_write(target);
	return 0;
}

struct vm_area_struct *vma_merge_new_range(struct vma_merge_struct *vmg)
{
	struct vm_area_struct *target;
	bool left, right;

	mmap_assert_write_locked(vmg->mm);
	if (vmg->vm_flags & VM_SPECIAL)
		return NULL;
	left = can_vma_merge_left(vmg);
	right = can_vma_merge_right(vmg, left);
	/* Both neighbours would do, but only one of them. */
	if (left && !right && vmg->next_first && can_vma_merge_right(vmg, false)) {
		left = false;
		right = true;
	}
	if (!left && !right)
		return NULL;
	target = left ? vmg->prev : vmg->next;
	if (vma_expand(vmg, target, left && right)) {
		vmg->nomem = true;
		return NULL;
	}
	return target;
}

struct vm_area_struct *vma_merge_extend(struct vm_area_struct *vma, uint64_t delta)
{
	struct vma_merge_struct vmg = {
		.mm = vma->mm,
		.prev = vma,
		.next = vma->next,
		.start = vma->vm_end,
		.end = vma->vm_end + delta,
		.pgoff = vma->vm_pgoff + vma_pages(vma),
		.vm_flags = vma->vm_flags,
		.file = vma->vm_file,
		.anon_vma = vma->anon_vma,
		.uffd_ctx = vma->uffd_ctx,
	};

	return vma_merge_new_range(&vmg);
}

/* ------------------------------------------------------------ change a range */

static struct vm_area_struct *vma_modify(struct vma_merge_struct *vmg)
{
	struct vm_area_struct *vma = vmg->middle;
	struct vm_area_struct *merged = vma_merge_existing_range(vmg);

	int err = vmg->nomem ? -ENOMEM : 0;

	if (merged)
		return merged;
	if (!err && vma->vm_start < vmg->start)
		err = split_vma(vma, vmg->start, true);
	if (!err && vma->vm_end > vmg->end)
		err = split_vma(vma, vmg->end, false);
	return err ? ERR_PTR(err) : vma;
}

static struct vm_area_struct *modify_flags(struct vm_area_struct *vma, uint64_t start, uint64_t end,
					   uint64_t pgoff, vm_flags_t flags,
					   struct userfaultfd_ctx *ctx)
{
	struct vma_merge_struct vmg = {
		.mm = vma->mm,
		.prev = start > vma->vm_start ? vma : vma_prev(vma),
		.middle = vma,
		.start = start,
		.end = end,
		.pgoff = pgoff,
		.vm_flags = flags,
		.file = vma->vm_file,
		.anon_vma = vma->anon_vma,
		.uffd_ctx = ctx,
	};

	return vma_modify(&vmg);
}

static uint64_t pgoff_of(const struct vm_area_struct *vma, uint64_t addr)
{
	return vma->vm_pgoff + ((addr - vma->vm_start) >> PAGE_SHIFT);
}

/* Before 6.4 the offset was that of the whole VMA: the rest of one did not merge with the next. */
struct vm_area_struct *vma_modify_flags_uffd(struct vm_area_struct *vma, uint64_t start,
					     uint64_t end, vm_flags_t flags,
					     struct userfaultfd_ctx *ctx)
{
	uint64_t pgoff = mm_prof(vma->mm)->register_merges_rest ? pgoff_of(vma, start) : vma->vm_pgoff;

	return modify_flags(vma, start, end, pgoff, flags, ctx);
}

struct vm_area_struct *vma_modify_flags(struct vm_area_struct *vma, uint64_t start, uint64_t end,
					vm_flags_t flags)
{
	return modify_flags(vma, start, end, pgoff_of(vma, start), flags, vma->uffd_ctx);
}

/* -------------------------------------------------------------- copy for move */

/* A VMA of its own at the new place. */
static struct vm_area_struct *copy_vma_unmerged(struct vm_area_struct *vma, uint64_t addr,
						uint64_t len, uint64_t pgoff)
{
	struct vm_area_struct *new_vma = vm_area_dup(vma->mm, vma);

	if (!new_vma)
		return NULL;
	new_vma->vm_start = addr;
	new_vma->vm_end = addr + len;
	new_vma->vm_pgoff = pgoff;
	if (hugetlb_vm_op_open(new_vma, vma) || anon_vma_clone(new_vma, vma)) {
		vm_area_free(new_vma);
		return NULL;
	}
	vma_link(vma->mm, new_vma);
	return new_vma;
}

struct vm_area_struct *copy_vma(struct vm_area_struct **vmap, uint64_t addr, uint64_t len,
				uint64_t pgoff, bool source_stays)
{
	struct vm_area_struct *vma = *vmap, *next = find_vma(vma->mm, addr), *new_vma;
	struct mm_struct *mm = vma->mm;
	uint64_t vma_start = vma->vm_start;
	struct vma_merge_struct vmg = {
		.mm = mm,
		.next = next,
		.copied_from = vma,
		.start = addr,
		.end = addr + len,
		.vm_flags = vma->vm_flags,
		.file = vma->vm_file,
		.anon_vma = vma->anon_vma,
		.uffd_ctx = vma->uffd_ctx,
	};

	if (next && next->vm_start < addr + len)
		return NULL;
	if (next)
		vmg.prev = vma_prev(next);
	else
		vmg.prev = mm->mmap ? mm->mmap->prev : NULL;
	if (source_stays && mm_prof(mm)->dontunmap_shuns_source) {
		vmg.prev = vmg.prev == vma ? NULL : vmg.prev;
		vmg.next = vmg.next == vma ? NULL : vmg.next;
	}
	/* Without pages the offset may follow the address, which helps merging. */
	vmg.pgoff = vma->anon_vma || !vma_is_anonymous(vma) ? pgoff : addr >> PAGE_SHIFT;

	new_vma = vma_merge_new_range(&vmg);
	if (!new_vma)
		return copy_vma_unmerged(vma, addr, len, vmg.pgoff);
	if (vma_start >= new_vma->vm_start && vma_start < new_vma->vm_end)
		*vmap = new_vma;
	return new_vma;
}

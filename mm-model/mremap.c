/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mremap.c - mremap: in place, or by a new VMA to which the entries are moved
 *
 * Everything that userfaultfd is told about is prepared under mmap_lock and
 * told in this order afterwards: what was unmapped at the target, the move,
 * what was unmapped at the source.
 */
#include "mm-model/gup.h"
#include "mm-model/fs.h"
#include "mm-model/huge_memory.h"
#include "mm-model/hugetlb.h"
#include "mm-model/userfaultfd.h"
#include "mm-model/vma.h"

enum mremap_type { MREMAP_NO_RESIZE, MREMAP_SHRINK, MREMAP_EXPAND };

/** One mremap, or the part of it that concerns one VMA. */
struct vma_remap_struct {
	struct task_struct *t;
	struct mm_struct *mm;
	uint64_t addr, old_len, new_len, flags, new_addr;
	uint64_t asked_len; /* old_len, before the tail was cut off */
	struct vm_userfaultfd_remap uf;
	struct userfaultfd_unmap_ctx *uf_unmap_early, *uf_unmap;
	struct vm_area_struct *vma;
	uint64_t delta;
	enum mremap_type remap_type;
	bool mmap_locked;
	bool populate_expand; /* what was added is locked */
	bool chosen;          /* new_addr comes from the layout */
};

/* ----------------------------------------------------------------- page tables */

static bool vma_has_uffd_without_event_remap(const struct vm_area_struct *vma)
{
	return vma->uffd_ctx && !(vma->uffd_ctx->features & UFFD_FEATURE_EVENT_REMAP);
}

/* What moves counts as written where it arrives. */
pte_t move_pte(const struct vm_area_struct *vma, pte_t pte, bool clear_uffd)
{
	pte = pte_present(pte) ? pte_mksoft_dirty(pte) : pte_swp_mksoft_dirty(pte);
	if (!clear_uffd)
		return pte;
	if (userfaultfd_pte_rwp(vma, pte))
		pte = pte_modify(vma, pte);
	if (pte_present(pte))
		return pte_clear_uffd_wp(pte);
	return pte_marker_uffd_wp(pte) ? PTE(0) : pte_swp_clear_uffd_wp(pte);
}

/* The entries of [old, old + len), which lies in one table here and there. */
static int move_ptes(struct vm_area_struct *vma, uint64_t old, uint64_t new, uint64_t len,
		     bool clear_uffd_wp)
{
	struct mm_struct *mm = vma->mm;
	uint64_t end = old + len, addr = old;
	bool any = false;
	int err = 0;

	spin_lock(&mm->ptl);
	for (addr = pte_next_present(mm, addr, end); addr < end;
	     addr = pte_next_present(mm, addr + PAGE_SIZE, end)) {
		pte_t pte;

		err = pte_alloc(mm, new + (addr - old));
		if (err)
			break;
		if (any)
			pte_step_before(mm, addr, "move_ptes");
		pte = ptep_get(mm, addr);
		set_pte_at(mm, addr, PTE(0));
		set_pte_at(mm, new + (addr - old), move_pte(vma, pte, clear_uffd_wp));
		any = true;
	}
	spin_unlock(&mm->ptl);
	return err;
}

/* A leaf, as a whole if both places are aligned; false: it is small entries now, or never was. */
static bool move_leaf(struct vm_area_struct *vma, uint64_t old, uint64_t new, uint64_t extent,
		      bool clear_uffd_wp)
{
	bool moved;

	if (!pmd_leaf(vma->mm, old))
		return false;
	spin_lock(&vma->mm->ptl);
	moved = extent == PMD_SIZE && !move_huge_pmd(vma, old, new, clear_uffd_wp);
	if (!moved)
		split_huge_pmd_locked(vma, old);
	spin_unlock(&vma->mm->ptl);
	return moved;
}

/* What lies in one table here and there. */
static int move_extent(struct vm_area_struct *vma, uint64_t old, uint64_t new, uint64_t extent,
		       bool clear_uffd_wp)
{
	struct mm_struct *mm = vma->mm;
	bool whole = extent == PMD_SIZE && !clear_uffd_wp && !pte_table_exists(mm, new);

	if (move_leaf(vma, old, new, extent, clear_uffd_wp) || !pte_table_exists(mm, old))
		return 0;
	if (pte_alloc(mm, new) || move_ptes(vma, old, new, extent, clear_uffd_wp))
		return -ENOMEM;
	/* The kernel moves the table itself then. */
	if (whole)
		pmd_free_table(mm, old);
	return 0;
}

/* Nothing but @vma, which begins at @addr, is in the 2 MiB before it. */
static bool can_align_down(const struct vm_area_struct *vma, uint64_t addr)
{
	uint64_t masked = addr & ~(PMD_SIZE - 1);

	return vma->vm_start == addr && !find_vma_intersection(vma->mm, masked, addr);
}

/* How much earlier the move may begin, so that the first table can be moved as a whole. */
static uint64_t realign_addr(const struct vm_area_struct *vma, uint64_t old,
			     const struct vm_area_struct *new_vma, uint64_t new, uint64_t len)
{
	uint64_t align = old & (PMD_SIZE - 1);

	if (!mm_prof(vma->mm)->mremap_realigns || !align || align != (new &(PMD_SIZE - 1)) ||
	    len < PMD_SIZE - align || !can_align_down(vma, old) || !can_align_down(new_vma, new))
		return 0;
	return align;
}

static int move_tables(struct vm_area_struct *vma, uint64_t old, struct vm_area_struct *new_vma,
		       uint64_t new, uint64_t len)
{
	struct mm_struct *mm = vma->mm;
	bool clear = mm_prof(mm)->remap_clears_wp && vma_has_uffd_without_event_remap(vma);
	uint64_t done, extent, before = realign_addr(vma, old, new_vma, new, len);

	if (is_vm_hugetlb_page(vma))
		return move_hugetlb_page_tables(vma, old, new, len, clear);
	old -= before;
	new -= before;
	len += before;
	for (done = 0; done < len; done += extent) {
		uint64_t o = old + done, n = new + done;

		extent = min_u64(len - done, PMD_SIZE - (o & (PMD_SIZE - 1)));
		extent = min_u64(extent, PMD_SIZE - (n & (PMD_SIZE - 1)));
		if (move_extent(vma, o, n, extent, clear))
			return -ENOMEM;
	}
	sim_trace(mm_sim(mm), "  move_page_tables()");
	return 0;
}

/*
 * On failure some entries are moved, the others are where they were.  Truncation
 * looks at one mapping of the file after the other and must not miss what moves
 * between two of them.
 */
static int move_page_tables(struct vm_area_struct *vma, uint64_t old,
			    struct vm_area_struct *new_vma, uint64_t new, uint64_t len)
{
	struct address_space *mapping = vma_mapping(vma);
	int ret;

	if (mapping)
		down_write(&mapping->i_mmap_rwsem);
	ret = move_tables(vma, old, new_vma, new, len);
	if (mapping)
		up_write(&mapping->i_mmap_rwsem);
	return ret;
}

/* -------------------------------------------------------------------- the move */

static bool vrm_implies_new_addr(const struct vma_remap_struct *vrm)
{
	return vrm->flags & (MREMAP_FIXED | MREMAP_DONTUNMAP);
}

static int vrm_set_new_addr(struct vma_remap_struct *vrm)
{
	uint64_t hint = vrm_implies_new_addr(vrm) ? vrm->new_addr : 0;
	int64_t res;

	if (vrm->flags & MREMAP_FIXED)
		return check_fixed_area(vrm->new_addr, vrm->new_len);
	res = get_unmapped_area(vrm->mm, hint, vrm->new_len);
	if (res < 0)
		return res;
	vrm->chosen = (uint64_t)res != hint;
	vrm->new_addr = res;
	return 0;
}

/*
 * The new VMA with the old one's entries.  If they could not all be moved they
 * are moved back, and it is the new VMA that has to go: @vrm then says so.
 */
static int copy_vma_and_data(struct vma_remap_struct *vrm, struct vm_area_struct **new_vma)
{
	struct vm_area_struct *vma = vrm->vma;
	uint64_t pgoff = vma->vm_pgoff + ((vrm->addr - vma->vm_start) >> PAGE_SHIFT);
	const struct profile *prof = mm_prof(vrm->mm);
	bool failed;

	*new_vma = copy_vma(&vma, vrm->new_addr, vrm->new_len, pgoff,
			    vrm->flags & MREMAP_DONTUNMAP);
	if (!*new_vma)
		return -ENOMEM;
	vrm->vma = vma;
	if (prof->remap_prep_first)
		mremap_userfaultfd_prep(*new_vma, &vrm->uf);
	failed = move_page_tables(vma, vrm->addr, *new_vma, vrm->new_addr, vrm->old_len) ||
		 prof->fails == FAILS_MREMAP;
	/* The new one has its promises now. */
	clear_vma_resv_huge_pages(vma, vrm->addr, vrm->addr + vrm->old_len);
	if (failed) {
		move_page_tables(*new_vma, vrm->new_addr, vma, vrm->addr, vrm->old_len);
		vrm->vma = *new_vma;
		vrm->old_len = vrm->new_len;
		vrm->addr = vrm->new_addr;
		return -ENOMEM;
	}
	if (!prof->remap_prep_first)
		mremap_userfaultfd_prep(*new_vma, &vrm->uf);
	return 0;
}

/* @vma without what is outside of [start, end); not if memory is out. */
static bool cut_out(struct vm_area_struct *vma, uint64_t start, uint64_t end)
{
	if (start > vma->vm_start && split_vma(vma, start, true))
		return false;
	return end == vma->vm_end || !split_vma(vma, end, false);
}

/* The old VMA stays, without pages. */
static void dontunmap_complete(struct vma_remap_struct *vrm, const struct vm_area_struct *new_vma)
{
	struct vm_area_struct *vma = vrm->vma;
	bool part = mm_prof(vrm->mm)->dontunmap_unlocks_part && vma->vm_flags & VM_LOCKED_MASK;

	if (part && !cut_out(vma, vrm->addr, vrm->addr + vrm->old_len))
		return;
	vma_start_write(vma);
	vm_flags_reset(vma, vma->vm_flags & ~VM_LOCKED_MASK);
	if (new_vma != vma && vrm->addr == vma->vm_start && vrm->addr + vrm->old_len == vma->vm_end)
		unlink_anon_vmas(vma);
}

static int64_t move_vma(struct vma_remap_struct *vrm)
{
	struct vm_area_struct *new_vma;
	int err;

	vma_start_write(vrm->vma); /* no faults from now on */
	err = copy_vma_and_data(vrm, &new_vma);
	if (err && !new_vma)
		return err;
	if (!err && vrm->flags & MREMAP_DONTUNMAP)
		dontunmap_complete(vrm, new_vma);
	else
		do_munmap(vrm->mm, vrm->addr, vrm->old_len, &vrm->uf_unmap);
	vrm->vma = NULL;
	if (err)
		return err;
	if (vrm->chosen)
		unmapped_area_used(vrm->mm, vrm->new_addr, vrm->new_len);
	return vrm->new_addr;
}

/* ---------------------------------------------------------------------- checks */

/* Huge pages move whole, and there is no growing. */
static bool align_hugetlb(struct vma_remap_struct *vrm)
{
	if (!is_vm_hugetlb_page(vrm->vma))
		return true;
	vrm->old_len = huge_align(vrm->old_len);
	vrm->new_len = huge_align(vrm->new_len);
	return huge_aligned(vrm->addr) && huge_aligned(vrm->new_addr) &&
	       vrm->new_len <= vrm->old_len;
}

/* What is wrong with the VMA for this; also finds out which kind of remap it is. */
static int check_prep_vma(struct vma_remap_struct *vrm)
{
	const struct vm_area_struct *vma = vrm->vma;
	uint64_t old_len = vrm->old_len, pgoff;

	if (!vma)
		return -EFAULT;
	if (vma_is_sealed(vma))
		return -EPERM;
	if (!align_hugetlb(vrm))
		return -EINVAL;
	vrm->delta = vrm->old_len < vrm->new_len ? vrm->new_len - vrm->old_len :
						   vrm->old_len - vrm->new_len;
	vrm->remap_type = !vrm->delta                 ? MREMAP_NO_RESIZE :
			  vrm->old_len > vrm->new_len ? MREMAP_SHRINK :
							MREMAP_EXPAND;
	if (vrm->remap_type != MREMAP_EXPAND && !vrm_implies_new_addr(vrm))
		return 0;
	/* A second mapping of what is shared, or nonsense. */
	if (!old_len && !(vma->vm_flags & (VM_SHARED | VM_MAYSHARE)))
		return -EINVAL;
	if (vrm->flags & MREMAP_DONTUNMAP &&
	    (vma->vm_flags & VM_DONTEXPAND ||
	     (!mm_prof(vma->mm)->dontunmap_files && !vma_is_anonymous(vma))))
		return -EINVAL;
	if (vrm->remap_type == MREMAP_SHRINK)
		old_len = vrm->new_len;
	if (old_len > vma->vm_end - vrm->addr)
		return -EFAULT;
	if (vrm->new_len == old_len)
		return 0;
	pgoff = vma->vm_pgoff + ((vrm->addr - vma->vm_start) >> PAGE_SHIFT);
	if (pgoff + (vrm->new_len >> PAGE_SHIFT) < pgoff)
		return -EINVAL;
	if (vma->vm_flags & VM_LOCKED && !mlock_future_ok(vrm->t, vrm->delta))
		return -EAGAIN;
	vrm->populate_expand = vma->vm_flags & VM_LOCKED;
	return 0;
}

static bool vrm_overlaps(const struct vma_remap_struct *vrm)
{
	return vrm->addr + vrm->old_len > vrm->new_addr && vrm->new_addr + vrm->new_len > vrm->addr;
}

static bool new_addr_silly(const struct vma_remap_struct *vrm)
{
	return vrm->new_len > TASK_SIZE || vrm->new_addr > TASK_SIZE - vrm->new_len;
}

/* Since 6.17 everything that needs no VMA is checked before one is looked up. */
static int check_mremap_params(const struct vma_remap_struct *vrm)
{
	if (vrm->flags & ~(uint64_t)(MREMAP_FIXED | MREMAP_MAYMOVE | MREMAP_DONTUNMAP))
		return -EINVAL;
	if (offset_in_page(vrm->addr))
		return -EINVAL;
	if (!vrm->new_len || vrm->new_len > TASK_SIZE)
		return -EINVAL;
	if (!vrm_implies_new_addr(vrm))
		return 0;
	if (new_addr_silly(vrm) || offset_in_page(vrm->new_addr))
		return -EINVAL;
	if (!(vrm->flags & MREMAP_MAYMOVE))
		return -EINVAL;
	if (vrm->flags & MREMAP_DONTUNMAP && vrm->old_len != vrm->new_len)
		return -EINVAL;
	return vrm_overlaps(vrm) ? -EINVAL : 0;
}

/* Before that, only this; the rest follows in old_check_target(). */
static int old_check_params(const struct vma_remap_struct *vrm, uint64_t old_len, uint64_t new_len)
{
	uint64_t known = MREMAP_FIXED | MREMAP_MAYMOVE;

	if (mm_has(vrm->mm, HAS_MREMAP_DONTUNMAP))
		known |= MREMAP_DONTUNMAP;
	if (vrm->flags & ~known)
		return -EINVAL;
	if (vrm_implies_new_addr(vrm) && !(vrm->flags & MREMAP_MAYMOVE))
		return -EINVAL;
	if (vrm->flags & MREMAP_DONTUNMAP && old_len != new_len)
		return -EINVAL;
	if (offset_in_page(vrm->addr) || !vrm->new_len)
		return -EINVAL;
	return 0;
}

static int old_check_target(const struct vma_remap_struct *vrm)
{
	if (!vrm_implies_new_addr(vrm))
		return 0;
	if (offset_in_page(vrm->new_addr) || new_addr_silly(vrm) || vrm_overlaps(vrm))
		return -EINVAL;
	return 0;
}

/* ------------------------------------------------------------------- the kinds */

/* The tail goes.  With @drop_lock that is all there is to do. */
static int shrink_vma(struct vma_remap_struct *vrm, bool drop_lock)
{
	int err = do_vmi_munmap(vrm->mm, vrm->addr + vrm->new_len, vrm->delta, &vrm->uf_unmap,
				drop_lock);

	if (err)
		return err;
	if (drop_lock) {
		vrm->mmap_locked = false;
		return 0;
	}
	vrm->vma = vma_lookup(vrm->mm, vrm->addr);
	return vrm->vma ? 0 : -EFAULT;
}

/* To a place that was given or, with DONTUNMAP, may be chosen. */
static int64_t mremap_to(struct vma_remap_struct *vrm)
{
	int err;

	if (vrm->flags & MREMAP_FIXED) {
		err = do_munmap(vrm->mm, vrm->new_addr, vrm->new_len, &vrm->uf_unmap_early);
		if (err)
			return err;
		/* It may have split the VMA that is to be moved. */
		vrm->vma = vma_lookup(vrm->mm, vrm->addr);
		if (!vrm->vma)
			return -EFAULT;
	}
	if (vrm->old_len > vrm->new_len) {
		err = shrink_vma(vrm, false);
		if (err)
			return err;
		vrm->old_len = vrm->new_len;
	}
	if (!mm_prof(vrm->mm)->mremap_multi_vma) {
		err = check_prep_vma(vrm);
		if (err)
			return err;
	}
	err = vrm_set_new_addr(vrm);
	return err ? err : move_vma(vrm);
}

static bool vrm_can_expand_in_place(const struct vma_remap_struct *vrm)
{
	const struct vm_area_struct *vma = vrm->vma;
	uint64_t end = vma->vm_end + vrm->delta;

	return vma->vm_end - vrm->addr == vrm->old_len && end > vma->vm_end && end <= TASK_SIZE &&
	       !find_vma_intersection(vrm->mm, vma->vm_end, end);
}

static int64_t expand_vma(struct vma_remap_struct *vrm)
{
	int err;

	if (vrm_can_expand_in_place(vrm))
		return vma_merge_extend(vrm->vma, vrm->delta) ? (int64_t)vrm->addr : -ENOMEM;
	if (!(vrm->flags & MREMAP_MAYMOVE))
		return -ENOMEM;
	err = vrm_set_new_addr(vrm);
	return err ? err : move_vma(vrm);
}

static int64_t mremap_at(struct vma_remap_struct *vrm)
{
	int err;

	switch (vrm->remap_type) {
	case MREMAP_NO_RESIZE:
		break;
	case MREMAP_SHRINK:
		err = shrink_vma(vrm, true);
		if (err)
			return err;
		break;
	case MREMAP_EXPAND:
		return expand_vma(vrm);
	}
	return vrm->addr;
}

static int64_t mremap_one(struct vma_remap_struct *vrm)
{
	int err;

	vrm->vma = vma_lookup(vrm->mm, vrm->addr);
	if (!vrm->vma)
		return -EFAULT;
	if (vma_is_sealed(vrm->vma))
		return -EPERM;
	if (!align_hugetlb(vrm))
		return -EINVAL;
	vrm->asked_len = vrm->old_len;
	err = mm_prof(vrm->mm)->mremap_multi_vma ? check_prep_vma(vrm) : old_check_target(vrm);
	if (err)
		return err;
	if (vrm_implies_new_addr(vrm)) {
		vrm->delta = vrm->old_len > vrm->new_len ? vrm->old_len - vrm->new_len : 0;
		return mremap_to(vrm);
	}
	err = check_prep_vma(vrm);
	return err ? err : mremap_at(vrm);
}

/* An armed VMA can only be moved alone: its event needs mmap_lock dropped. */
static bool vma_multi_allowed(const struct vm_area_struct *vma, uint64_t end, bool first)
{
	return !userfaultfd_armed(vma) || (first && vma->vm_end >= end);
}

/* A move without resizing may take several VMAs; the gaps between them are kept. */
static int64_t remap_move(struct vma_remap_struct *vrm)
{
	uint64_t start = vrm->addr, end = vrm->addr + vrm->old_len, at = start;
	int64_t target = vrm->new_addr, res = -EFAULT;
	struct vm_area_struct *vma;
	bool seen = false;

	for (; at < end && (vma = find_vma_intersection(vrm->mm, at, end)); seen = true) {
		uint64_t vm_end = vma->vm_end;
		int64_t moved;

		if (!seen && start < vma->vm_start)
			return -EFAULT;
		if (!vma_multi_allowed(vma, end, !seen))
			return -EFAULT;
		vrm->vma = vma;
		vrm->addr = max_u64(vma->vm_start, start);
		vrm->new_addr = target + (seen ? vma->vm_start - at : 0);
		vrm->old_len = vrm->new_len = min_u64(end, vm_end) - vrm->addr;
		moved = check_prep_vma(vrm);
		if (!moved)
			moved = mremap_to(vrm);
		if (moved < 0)
			return moved;
		if (!seen)
			res = moved;
		target = moved + vrm->new_len;
		at = vm_end;
	}
	return res;
}

static void notify_uffd(struct vma_remap_struct *vrm, bool failed)
{
	uint64_t len = mm_prof(vrm->mm)->remap_event_whole_pages ? vrm->old_len : vrm->asked_len;

	userfaultfd_unmap_complete(vrm->mm, vrm->uf_unmap_early);
	if (failed)
		mremap_userfaultfd_fail(&vrm->uf);
	else
		mremap_userfaultfd_complete(&vrm->uf, vrm->addr, vrm->new_addr, len);
	userfaultfd_unmap_complete(vrm->mm, vrm->uf_unmap);
}

int64_t sys_mremap(struct task_struct *t, uint64_t addr, uint64_t old_len, uint64_t new_len,
		   uint64_t flags, uint64_t new_addr)
{
	struct vma_remap_struct vrm = {
		.t = t,
		.mm = t->mm,
		.addr = addr,
		.old_len = page_align(old_len),
		.new_len = page_align(new_len),
		.flags = flags,
		.new_addr = new_addr,
	};
	bool multi = mm_prof(t->mm)->mremap_multi_vma;
	int64_t res;

	res = multi ? check_mremap_params(&vrm) : old_check_params(&vrm, old_len, new_len);
	if (res)
		return res;
	if (mmap_write_lock_killable(vrm.mm))
		return -EINTR;
	vrm.mmap_locked = true;
	if (multi && flags & MREMAP_FIXED && vrm.old_len == vrm.new_len)
		res = remap_move(&vrm);
	else
		res = mremap_one(&vrm);
	if (vrm.mmap_locked)
		mmap_write_unlock(vrm.mm);
	if (res >= 0 && vrm.populate_expand && vrm.new_len > vrm.old_len)
		mm_populate(t, res + vrm.old_len, vrm.new_len - vrm.old_len, true);
	notify_uffd(&vrm, res < 0);
	return res;
}

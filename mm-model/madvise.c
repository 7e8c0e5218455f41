/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * madvise.c - madvise on a range of mappings
 *
 * The range is walked VMA by VMA under the lock that the advice needs.  Holes
 * are passed over and reported at the end; a failure ends the walk.
 */
#include "mm-model/cred.h"
#include "mm-model/decisions.h"
#include "mm-model/fs.h"
#include "mm-model/huge_memory.h"
#include "mm-model/hugetlb.h"
#include "mm-model/madvise.h"
#include "mm-model/swap.h"
#include "mm-model/vma.h"

/* ---------------------------------------------------------- one entry after another */

void walk_present(struct madvise_behavior *mb, const char *what,
		  pte_t (*change)(struct madvise_behavior *mb, pte_t pte))
{
	struct mm_struct *mm = mb->mm;
	bool any = false;
	uint64_t next;

	spin_lock(&mm->ptl);
	for (uint64_t addr = pte_next_present(mm, mb->start, mb->end); addr < mb->end;
	     addr = pte_next_present(mm, next, mb->end)) {
		uint64_t huge = madvise_large_folio(mb->vma, addr, mb->end, mb->behavior);
		pte_t old, new;

		next = addr + (huge ? huge : PAGE_SIZE);
		if (huge)
			continue;
		old = ptep_get(mm, addr);
		new = change(mb, old);
		if (pte_same(old, new))
			continue;
		if (any) {
			pte_step_before(mm, addr, what);
			old = ptep_get(mm, addr);
			new = change(mb, old);
		}
		if (pte_none(new))
			zap_pte(mb->vma, addr);
		else
			set_pte_at(mm, addr, new);
		any = true;
	}
	spin_unlock(&mm->ptl);
}

static struct page *normal_page(const struct madvise_behavior *mb, pte_t pte)
{
	if (!pte_present(pte) || pte_special(pte))
		return NULL;
	return pte_page(mb->mm->k, pte);
}

/* The page's flag is of all that map it, unlike the exclusive one. */
static void touch_lazyfree(const struct page *page)
{
	sim_touch(page->sim, sim_key(MM_CLASS_PAGE_REF, page->id, 1), SIM_WRITE);
}

static pte_t cold_pte(struct madvise_behavior *mb, pte_t pte)
{
	struct page *page = normal_page(mb, pte);

	if (!page || page_mapcount(page) != 1)
		return pte;
	return pte_mkold(pte);
}

/* What only this mapping still needs can lose its place in swap, and then be given up. */
static bool may_be_given_up(struct page *page)
{
	if (!page_swap(page) && !(page->flags & PG_DIRTY))
		return true;
	if (page_mapcount(page) != 1 || (page_swap(page) && !folio_free_swap(page)))
		return false;
	page->flags &= ~PG_DIRTY;
	return true;
}

static pte_t free_pte(struct madvise_behavior *mb, pte_t pte)
{
	struct page *page = normal_page(mb, pte);

	if (pte_marker_poisoned(pte) || is_swap_pte(pte))
		return PTE(0);
	if (!page || !may_be_given_up(page))
		return pte;
	touch_lazyfree(page);
	page->flags |= PG_LAZYFREE;
	return pte_mkclean(pte_mkold(pte));
}

void madvise_free(struct madvise_behavior *mb)
{
	mb->mm->cleaning++;
	walk_present(mb, "madvise_free_pte_range", free_pte);
	mb->mm->cleaning--;
}

/* ------------------------------------------------------------------------- PAGEOUT */

/* Mapped here and nowhere else; without swap, given up. */
static bool may_be_paged_out(const struct madvise_behavior *mb, pte_t pte, bool swap)
{
	struct page *page = normal_page(mb, pte);

	if (!page || page_mapcount(page) != 1)
		return false;
	/* A page of a file is at least unmapped, wherever it goes then. */
	return swap || !(page->flags & PG_ANON) || page_is_lazyfree(page);
}

static void madvise_pageout(struct madvise_behavior *mb)
{
	struct mm_struct *mm = mb->mm;
	bool any = false, swap;
	uint64_t next;

	spin_lock(&mm->ptl);
	swap = swap_is_on(mm->k);
	for (uint64_t addr = pte_next_present(mm, mb->start, mb->end); addr < mb->end;
	     addr = pte_next_present(mm, next, mb->end)) {
		uint64_t huge = madvise_large_folio(mb->vma, addr, mb->end, mb->behavior);

		next = addr + (huge ? huge : PAGE_SIZE);
		if (huge || !may_be_paged_out(mb, ptep_get(mm, addr), swap))
			continue;
		if (any)
			pte_step_before(mm, addr, "madvise_pageout_pte_range");
		any = true;
		shrink_folio(mb->vma, addr);
	}
	spin_unlock(&mm->ptl);
}

static pte_t willneed_pte(struct madvise_behavior *mb, pte_t pte)
{
	if (is_swap_pte(pte))
		read_swap_cache(mb->mm->k, pte_to_swp_entry(mb->mm->k, pte));
	return pte;
}

/* Files are told without mmap_lock; those in memory have nothing to read. */
static int madvise_willneed(struct madvise_behavior *mb)
{
	struct vm_area_struct *vma = mb->vma;
	struct file *file = vma->vm_file;
	uint64_t first;

	if (!file && swap_is_on(mb->mm->k))
		walk_present(mb, "swapin_walk_pmd_entry", willneed_pte);
	if (!file || !file->f_op->willneed)
		return 0;
	mb->lock_dropped = true;
	first = linear_page_index(vma, mb->start);
	get_file(file);
	mmap_read_unlock(mb->mm);
	file->f_op->willneed(file, first, first + ((mb->end - mb->start) >> PAGE_SHIFT));
	fput(file);
	mmap_read_lock(mb->mm);
	return 0;
}

/* ------------------------------------------------------------------- other advice */

static int madvise_cold_or_pageout(struct madvise_behavior *mb)
{
	if (mb->vma->vm_flags & (VM_LOCKED | VM_HUGETLB))
		return -EINVAL;
	if (mb->vma->vm_flags & VM_DROPPABLE)
		sim_unmodelled(mm_sim(mb->mm), "reclaim of MAP_DROPPABLE memory");
	if (mb->behavior == MADV_COLD)
		walk_present(mb, "madvise_cold_pte_range", cold_pte);
	else
		madvise_pageout(mb);
	return 0;
}

/* A hole in the file.  The inode's lock is above mmap_lock, which has to go. */
static int madvise_remove(struct madvise_behavior *mb)
{
	struct vm_area_struct *vma = mb->vma;
	struct file *file = vma->vm_file;
	uint64_t start = mb->start, end = mb->end, off;
	int err;

	mb->lock_dropped = true;
	if (vma->vm_flags & VM_LOCKED || !file || !file->f_inode)
		return -EINVAL;
	if ((vma->vm_flags & (VM_SHARED | VM_MAYWRITE)) != (VM_SHARED | VM_MAYWRITE))
		return -EACCES;
	off = linear_page_index(vma, start) << PAGE_SHIFT;
	get_file(file);
	if (userfaultfd_remove(vma, start, end))
		mmap_read_unlock(mb->mm);
	err = vfs_fallocate(mb->mm->k, file, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, off,
			    end - start);
	fput(file);
	mmap_read_lock(mb->mm);
	return err;
}

/* The flags that the advice leaves @flags with. */
static vm_flags_t advised_flags(int behavior, vm_flags_t flags)
{
	switch (behavior) {
	case MADV_NORMAL:
		return flags & ~(VM_RAND_READ | VM_SEQ_READ);
	case MADV_SEQUENTIAL:
		return (flags & ~VM_RAND_READ) | VM_SEQ_READ;
	case MADV_RANDOM:
		return (flags & ~VM_SEQ_READ) | VM_RAND_READ;
	case MADV_DONTFORK:
		return flags | VM_DONTCOPY;
	case MADV_DOFORK:
		return flags & ~VM_DONTCOPY;
	case MADV_WIPEONFORK:
		return flags | VM_WIPEONFORK;
	case MADV_KEEPONFORK:
		return flags & ~VM_WIPEONFORK;
	case MADV_DONTDUMP:
		return flags | VM_DONTDUMP;
	case MADV_DODUMP:
		return flags & ~VM_DONTDUMP;
	case MADV_MERGEABLE:
		return flags & (VM_SPECIAL | VM_MAYSHARE) ? flags : flags | VM_MERGEABLE;
	case MADV_UNMERGEABLE:
		return flags & ~VM_MERGEABLE;
	case MADV_HUGEPAGE:
		return (flags & ~VM_NOHUGEPAGE) | VM_HUGEPAGE;
	case MADV_NOHUGEPAGE:
		return (flags & ~VM_HUGEPAGE) | VM_NOHUGEPAGE;
	default:
		return flags;
	}
}

static int madvise_update_vma(struct madvise_behavior *mb)
{
	struct vm_area_struct *vma = mb->vma;
	vm_flags_t new_flags = advised_flags(mb->behavior, vma->vm_flags);

	if (mb->behavior == MADV_WIPEONFORK && (vma->vm_file || vma->vm_flags & VM_SHARED))
		return -EINVAL;
	if (vma->vm_flags & VM_DROPPABLE &&
	    (mb->behavior == MADV_KEEPONFORK || mb->behavior == MADV_DODUMP))
		return -EINVAL;
	if (new_flags == vma->vm_flags)
		return 0;
	vma = vma_modify_flags(vma, mb->start, mb->end, new_flags);
	/* The one place where running out of memory is called so. */
	if (IS_ERR(vma))
		return PTR_ERR(vma) == -ENOMEM ? -EAGAIN : PTR_ERR(vma);
	vma_start_write(vma);
	vm_flags_reset(vma, new_flags | (vma->vm_flags & VM_STICKY));
	vma_list_changed(mb->mm);
	mb->vma = vma;
	return 0;
}

static bool is_discard(int behavior)
{
	switch (behavior) {
	case MADV_FREE:
	case MADV_DONTNEED:
	case MADV_DONTNEED_LOCKED:
	case MADV_REMOVE:
	case MADV_DONTFORK:
	case MADV_WIPEONFORK:
	case MADV_GUARD_INSTALL:
		return true;
	}
	return false;
}

/* What could not be written must not be emptied either, once it is sealed. */
static bool can_madvise_modify(const struct madvise_behavior *mb)
{
	return !vma_is_sealed(mb->vma) || !is_discard(mb->behavior) || !vma_is_anonymous(mb->vma) ||
	       mb->vma->vm_flags & VM_WRITE;
}

static int madvise_vma_behavior(struct madvise_behavior *mb)
{
	if (!can_madvise_modify(mb))
		return -EPERM;
	switch (mb->behavior) {
	case MADV_REMOVE:
		return madvise_remove(mb);
	case MADV_WILLNEED:
		return madvise_willneed(mb);
	case MADV_COLD:
	case MADV_PAGEOUT:
		return madvise_cold_or_pageout(mb);
	case MADV_FREE:
	case MADV_DONTNEED:
	case MADV_DONTNEED_LOCKED:
		return madvise_dontneed_free(mb);
	case MADV_COLLAPSE:
		return madvise_collapse(mb->vma, mb->start, mb->end, &mb->lock_dropped);
	case MADV_GUARD_INSTALL:
		return madvise_guard_install(mb);
	case MADV_GUARD_REMOVE:
		return madvise_guard_remove(mb);
	default:
		return madvise_update_vma(mb);
	}
}

/* ------------------------------------------------------------------------ the walk */

/* HWPOISON and SOFT_OFFLINE: kernels that outlive broken memory have them for tests. */
static bool madvise_behavior_valid(const struct mm_struct *mm, int behavior)
{
	switch (behavior) {
	case MADV_NORMAL ... MADV_DONTNEED:
	case MADV_FREE ... MADV_DODUMP:
		return true;
	case MADV_WIPEONFORK:
	case MADV_KEEPONFORK:
		return mm_has(mm, HAS_MADV_WIPEONFORK);
	case MADV_COLD:
	case MADV_PAGEOUT:
		return mm_has(mm, HAS_MADV_PAGEOUT);
	case MADV_POPULATE_READ:
	case MADV_POPULATE_WRITE:
		return mm_has(mm, HAS_MADV_POPULATE);
	case MADV_DONTNEED_LOCKED:
		return mm_has(mm, HAS_MADV_DONTNEED_LOCKED);
	case MADV_COLLAPSE:
		return mm_has(mm, HAS_MADV_COLLAPSE);
	case MADV_GUARD_INSTALL:
	case MADV_GUARD_REMOVE:
		return mm_has(mm, HAS_MADV_GUARD);
	case MADV_HWPOISON:
	case MADV_SOFT_OFFLINE:
		return mm_prof(mm)->memory_failure;
	default:
		return false;
	}
}

static int madvise_inject_error(const struct task_struct *t)
{
	if (!capable(t))
		return -EPERM;
	sim_unmodelled(mm_sim(t->mm), "memory that breaks: MADV_HWPOISON, MADV_SOFT_OFFLINE");
}

static enum madvise_lock_mode get_lock_mode(const struct madvise_behavior *mb)
{
	switch (mb->behavior) {
	case MADV_DONTNEED:
	case MADV_DONTNEED_LOCKED:
	case MADV_FREE:
		if (mm_prof(mb->mm)->madvise_vma_lock)
			return MADVISE_VMA_READ_LOCK;
		return MADVISE_MMAP_READ_LOCK;
	case MADV_REMOVE:
	case MADV_WILLNEED:
	case MADV_COLD:
	case MADV_PAGEOUT:
	case MADV_COLLAPSE:
	case MADV_GUARD_INSTALL:
	case MADV_GUARD_REMOVE:
		return MADVISE_MMAP_READ_LOCK;
	default:
		return MADVISE_MMAP_WRITE_LOCK;
	}
}

/* One VMA, with no userfaultfd to tell, needs no more than its own lock. */
static bool try_vma_read_lock(struct madvise_behavior *mb)
{
	struct vm_area_struct *vma = lock_vma_under_rcu(mb->mm, mb->start);

	if (vma && mb->end <= vma->vm_end && !userfaultfd_armed(vma)) {
		mb->vma = vma;
		return true;
	}
	if (vma)
		vma_end_read(vma);
	return false;
}

static int madvise_walk_vmas(struct madvise_behavior *mb)
{
	struct vm_area_struct *vma = find_vma(mb->mm, mb->start);
	uint64_t last_end = mb->end;
	int unmapped_error = 0, err;
	uint64_t tmp;

	for (;;) {
		if (!vma)
			return -ENOMEM;
		if (mb->start < vma->vm_start) {
			unmapped_error = -ENOMEM;
			mb->start = vma->vm_start;
			if (mb->start >= last_end)
				break;
		}
		mb->end = tmp = min_u64(vma->vm_end, last_end);
		mb->vma = vma;
		mb->lock_dropped = false;
		err = madvise_vma_behavior(mb);
		if (err)
			return err;
		/* A merge has dealt with all of the VMA that came out of it. */
		if (!mb->lock_dropped)
			mb->end = max_u64(mb->end, mb->vma->vm_end);
		else if (!mm_prof(mb->mm)->madvise_follows_clipped_end)
			mb->end = tmp; /* what it was, even if less of it is left now */
		if (mb->end >= last_end)
			break;
		mb->start = mb->end;
		vma = find_vma(mb->mm, mb->start);
	}
	return unmapped_error;
}

static int madvise_do_behavior(struct madvise_behavior *mb)
{
	struct mm_struct *mm = mb->mm;
	int ret;

	switch (mb->lock_mode) {
	case MADVISE_VMA_READ_LOCK:
		if (try_vma_read_lock(mb)) {
			ret = madvise_vma_behavior(mb);
			vma_end_read(mb->vma);
			return ret;
		}
		__attribute__((fallthrough));
	case MADVISE_MMAP_READ_LOCK:
		mmap_read_lock(mm);
		ret = madvise_walk_vmas(mb);
		mmap_read_unlock(mm);
		return ret;
	case MADVISE_MMAP_WRITE_LOCK:
		break;
	}
	if (mmap_write_lock_killable(mm))
		return -EINTR;
	ret = madvise_walk_vmas(mb);
	mmap_write_unlock(mm);
	return ret;
}

/* Before 6.9 holes are passed over here as by other advice; since then they end it. */
static int64_t populate(struct task_struct *t, uint64_t start, uint64_t end, bool write)
{
	struct mm_struct *mm = t->mm;
	int64_t ret = 0, err;

	if (mm_prof(mm)->populate_ends_at_hole)
		return madvise_populate(t, start, end, write);
	for (uint64_t to; start < end; start = to) {
		struct vm_area_struct *vma;

		mmap_read_lock(mm);
		vma = find_vma(mm, start);
		to = vma ? min_u64(end, vma->vm_end) : end;
		if (!vma || vma->vm_start > start)
			ret = -ENOMEM;
		start = vma ? max_u64(start, vma->vm_start) : end;
		mmap_read_unlock(mm);
		err = start < end ? madvise_populate(t, start, to, write) : 0;
		if (err)
			return err;
	}
	return ret;
}

int64_t sys_madvise(struct task_struct *t, uint64_t start, uint64_t len, int advice)
{
	uint64_t end = start + page_align(len);
	int ret;

	if (!madvise_behavior_valid(t->mm, advice))
		return -EINVAL;
	if (offset_in_page(start))
		return -EINVAL;
	if ((len && !page_align(len)) || end < start)
		return -EINVAL;
	if (!len)
		return 0;
	if (advice == MADV_HWPOISON || advice == MADV_SOFT_OFFLINE)
		return madvise_inject_error(t);
	if (advice == MADV_POPULATE_READ || advice == MADV_POPULATE_WRITE)
		return populate(t, start, end, advice == MADV_POPULATE_WRITE);
	do {
		struct madvise_behavior mb = {
			.mm = t->mm,
			.behavior = advice,
			.start = start,
			.end = end,
		};

		mb.lock_mode = get_lock_mode(&mb);
		ret = madvise_do_behavior(&mb);
		if (ret == RESTART_SYSCALL && guard_wait(t->mm, start, end))
			return -EINTR;
	} while (ret == RESTART_SYSCALL);
	return ret;
}

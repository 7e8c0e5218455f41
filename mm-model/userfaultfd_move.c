/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * userfaultfd_move.c - UFFDIO_MOVE: pages change their address, not their identity
 *
 * Held all the while: the VMA of the destination and that of the source (their
 * own locks, or mmap_lock in older kernels) and map_changing_lock for reading.
 * So no fork, mremap, mprotect or munmap gets at either; what can change under
 * a move are single entries, by faults, madvise and other moves.  Each page is
 * looked at first and moved in a second section of the table lock that sees
 * whether that look is still true.
 */
#include "mm-model/huge_memory.h"
#include "mm-model/swap.h"
#include "mm-model/userfaultfd.h"
#include "mm-model/vma.h"

/* One move_pages() under way. */
struct move {
	struct userfaultfd_ctx *ctx;
	struct mm_struct *mm;
	uint64_t dst_start, src_start, len, mode;
	struct vm_area_struct *dst_vma, *src_vma;
	uint64_t done;
	bool small, hole; /* the last step was about small entries; there was none */
};

/* The page that is next. */
struct move_page {
	uint64_t dst, src;
	pte_t orig_dst, orig_src;
};

/* ---------------------------------------------------------------- both VMAs */

static bool same_vma(const struct move *mv)
{
	return mv->src_start >= mv->dst_vma->vm_start && mv->src_start < mv->dst_vma->vm_end;
}

/* With mmap_lock held. */
static int find_vmas_mm_locked(struct move *mv)
{
	int err = find_vma_and_prepare_anon(mv->mm, mv->dst_start, &mv->dst_vma);

	if (err)
		return err;
	mv->src_vma = same_vma(mv) ? mv->dst_vma : vma_lookup(mv->mm, mv->src_start);
	return mv->src_vma ? 0 : -ENOENT;
}

/*
 * Waiting for the source's lock while the destination's is held could close a
 * circle with a writer that has mmap_lock: then both are taken under mmap_lock.
 */
static int uffd_move_lock_vmas(struct move *mv)
{
	int err = uffd_lock_vma(mv->mm, mv->dst_start, &mv->dst_vma);

	if (err)
		return err;
	mv->src_vma = mv->dst_vma;
	if (same_vma(mv))
		return 0;
	mv->src_vma = lock_vma_under_rcu(mv->mm, mv->src_start);
	if (mv->src_vma)
		return 0;
	vma_end_read(mv->dst_vma);
	mmap_read_lock(mv->mm);
	err = find_vmas_mm_locked(mv);
	if (!err) {
		vma_start_read_locked(mv->dst_vma);
		if (mv->src_vma != mv->dst_vma)
			vma_start_read_locked(mv->src_vma);
	}
	mmap_read_unlock(mv->mm);
	return err;
}

static int uffd_move_lock(struct move *mv)
{
	int err;

	if (mm_prof(mv->mm)->fill_vma_lock)
		return uffd_move_lock_vmas(mv);
	mmap_read_lock(mv->mm);
	err = find_vmas_mm_locked(mv);
	if (err)
		mmap_read_unlock(mv->mm);
	return err;
}

static void uffd_move_unlock(struct move *mv)
{
	if (!mm_prof(mv->mm)->fill_vma_lock) {
		mmap_read_unlock(mv->mm);
		return;
	}
	if (mv->src_vma != mv->dst_vma)
		vma_end_read(mv->src_vma);
	vma_end_read(mv->dst_vma);
}

static bool vma_move_compatible(const struct vm_area_struct *vma)
{
	return !(vma->vm_flags & (VM_SPECIAL | VM_HUGETLB));
}

static int validate_move_areas(const struct move *mv)
{
	const struct vm_area_struct *src = mv->src_vma, *dst = mv->dst_vma;

	if (src->vm_flags & VM_SHARED || mv->src_start + mv->len > src->vm_end ||
	    dst->vm_flags & VM_SHARED || mv->dst_start + mv->len > dst->vm_end)
		return -EINVAL;
	if ((src->vm_flags ^ dst->vm_flags) & (VM_ACCESS_FLAGS | VM_LOCKED))
		return -EINVAL;
	if (!(src->vm_flags & VM_WRITE))
		return -EINVAL;
	if (!vma_move_compatible(src) || !vma_move_compatible(dst))
		return -EINVAL;
	if (dst->uffd_ctx != mv->ctx)
		return -EINVAL;
	return vma_is_anonymous(src) && vma_is_anonymous(dst) ? 0 : -EINVAL;
}

/* ------------------------------------------------------------------ one page */

/* A section of its own, as whoever changes an entry meanwhile may come in between. */
static pte_t look_at_pte(struct mm_struct *mm, uint64_t addr)
{
	pte_t pte;

	spin_lock(&mm->ptl);
	pte = ptep_get(mm, addr);
	spin_unlock(&mm->ptl);
	return pte;
}

/* Under ptl: both entries are as they were when they were looked at. */
static bool is_pte_pages_stable(struct move *mv, const struct move_page *p)
{
	return pte_same(ptep_get(mv->mm, p->src), p->orig_src) &&
	       pte_same(ptep_get(mv->mm, p->dst), p->orig_dst) && pte_table_exists(mv->mm, p->dst);
}

/* Where the destination is registered for it, what arrives is protected. */
static pte_t arm_moved(const struct move *mv, pte_t pte)
{
	return userfaultfd_rwp(mv->dst_vma) ? pte_mkuffd_rwp(pte) : pte;
}

static void move_zeropage_pte(struct move *mv, const struct move_page *p)
{
	set_pte_at(mv->mm, p->src, PTE(0));
	set_pte_at(mv->mm, p->dst, arm_moved(mv, mk_pte(mv->dst_vma, mv->mm->k->zero_page)));
}

/* As it is, uffd-wp included. */
static void move_swap_pte(struct move *mv, const struct move_page *p)
{
	pte_t pte = pte_swp_mksoft_dirty(p->orig_src);

	if (userfaultfd_rwp(mv->dst_vma))
		pte = pte_swp_mkuffd_wp(pte);
	set_pte_at(mv->mm, p->src, PTE(0));
	set_pte_at(mv->mm, p->dst, pte);
}

/* Always writable: what uffd-wp said of the page stays behind. */
static void move_present_pte(struct move *mv, const struct move_page *p, struct page *page)
{
	pte_t pte = mk_pte(mv->dst_vma, page);

	pte = pte_mksoft_dirty(pte);
	if (pte_dirty(p->orig_src))
		pte = pte_mkdirty(pte);
	set_pte_at(mv->mm, p->src, PTE(0));
	set_pte_at(mv->mm, p->dst, arm_moved(mv, maybe_mkwrite(pte, mv->dst_vma)));
}

/*
 * The page that may be moved in the same section as the one before it; those
 * that need more than a look end the section.
 */
static struct page *check_ptes_for_batched_move(struct move *mv, struct move_page *p)
{
	struct page *page;

	p->src += PAGE_SIZE;
	p->dst += PAGE_SIZE;
	if (!mm_prof(mv->mm)->move_batch || p->src >= mv->src_start + mv->len ||
	    !(p->src & (PMD_SIZE - 1)) || !(p->dst & (PMD_SIZE - 1)))
		return NULL;
	p->orig_dst = ptep_get(mv->mm, p->dst);
	if (!pte_none(p->orig_dst))
		return NULL;
	p->orig_src = ptep_get(mv->mm, p->src);
	if (!pte_present(p->orig_src) || pte_special(p->orig_src))
		return NULL;
	page = pte_page(mv->mm->k, p->orig_src);
	return PageAnonExclusive(page) && !page_folio(page)->order ? page : NULL;
}

/* Under ptl: bytes moved, as many pages as can go without another look. */
static int64_t move_present_ptes(struct move *mv, struct move_page *p)
{
	struct page *page = pte_page(mv->mm->k, p->orig_src);
	int64_t moved = 0;

	while (page) {
		if (!mm_prof(mv->mm)->move_owner_late)
			page->flags |= PG_OTHER_OWNER;
		if (page_maybe_dma_pinned(page))
			return moved ? moved : -EBUSY;
		page->flags &= ~PG_OTHER_OWNER;
		move_present_pte(mv, p, page);
		moved += PAGE_SIZE;
		page = check_ptes_for_batched_move(mv, p);
		if (!page)
			break;
		pte_step(mv->mm, "move_present_ptes");
		/* The processor may have set A or D meanwhile. */
		p->orig_src = ptep_get(mv->mm, p->src);
	}
	return moved;
}

/*
 * A page of a huge folio, to which the caller has a reference, has to be one by
 * itself first: 0, look again, or -EBUSY.
 */
static int64_t move_split_folio(struct move *mv, struct page *folio)
{
	if (!split_folio_everywhere(mv->mm->k, folio))
		return 0;
	put_page(folio);
	/* Some kernels try again for as long as somebody holds the folio. */
	return mm_prof(mv->mm)->move_split_busy ? -EBUSY : -EAGAIN;
}

/* -EAGAIN: it is not as it was; 0: look again. */
static int64_t move_looked_at(struct move *mv, struct move_page *p)
{
	struct mm_struct *mm = mv->mm;
	struct page *folio = NULL;
	int64_t ret = PAGE_SIZE;

	spin_lock(&mm->ptl);
	if (!is_pte_pages_stable(mv, p))
		ret = -EAGAIN;
	else if (is_swap_pte(p->orig_src))
		move_swap_pte(mv, p);
	else if (pte_special(p->orig_src))
		move_zeropage_pte(mv, p);
	else if (pte_folio(mm->k, p->orig_src)->order)
		folio = pte_folio(mm->k, p->orig_src);
	else if (!PageAnonExclusive(pte_page(mm->k, p->orig_src)))
		ret = -EBUSY;
	else
		ret = move_present_ptes(mv, p);
	/* It is the first page of a folio that is asked whether it is exclusive. */
	if (folio && folio_first_exclusive(folio))
		get_page(folio);
	else if (folio)
		ret = -EBUSY;
	spin_unlock(&mm->ptl);
	return folio && ret != -EBUSY ? move_split_folio(mv, folio) : ret;
}

/* Bytes dealt with at the current place, or -errno; 0 and -EAGAIN: try the place again. */
static int64_t move_pages_ptes(struct move *mv)
{
	struct move_page p = { .dst = mv->dst_start + mv->done, .src = mv->src_start + mv->done };
	int64_t ret;

	mv->small = true;
	p.orig_dst = look_at_pte(mv->mm, p.dst);
	if (!pte_none(p.orig_dst))
		return -EEXIST;
	p.orig_src = look_at_pte(mv->mm, p.src);
	mv->hole = pte_none(p.orig_src);
	if (mv->hole)
		return mv->mode & UFFDIO_MOVE_MODE_ALLOW_SRC_HOLES ? (int64_t)PAGE_SIZE : -ENOENT;
	if (!pte_present(p.orig_src) && !is_swap_pte(p.orig_src))
		return -EFAULT;
	if (is_swap_pte(p.orig_src) && !pte_swp_exclusive(p.orig_src))
		return -EBUSY;
	ret = move_looked_at(mv, &p);
	sim_trace(mm_sim(mv->mm), "  move_pages_ptes() = %lld", (long long)ret);
	return ret;
}

/* ----------------------------------------------------------------- one huge page */

static bool move_splits_huge_pmd(const struct move *mv, uint64_t dst, uint64_t src)
{
	return (src | dst) & (PMD_SIZE - 1) || mv->src_start + mv->len - src < PMD_SIZE;
}

/* Under ptl: 0 if the leaf may go, or be split. */
static int huge_pmd_movable(const struct mm_struct *mm, pte_t pmd)
{
	return is_huge_zero_pmd(mm, pmd) || PageAnonExclusive(pte_page(mm->k, pmd)) ? 0 : -EBUSY;
}

/* In a second section: the leaf as it was looked at goes to where nothing is. */
static int64_t move_pages_huge_pmd(struct move *mv, uint64_t dst, uint64_t src, pte_t orig)
{
	struct mm_struct *mm = mv->mm;
	struct page *folio = pte_page(mm->k, orig);
	bool zero = is_huge_zero_pmd(mm, orig);
	int64_t ret = PMD_SIZE;
	pte_t pmd = mk_pte(mv->dst_vma, folio);

	if (pmd_alloc(mm, dst))
		return -ENOMEM;
	spin_lock(&mm->ptl);
	if (!pte_same(pmd_get(mm, src), orig) || !pmd_none(mm, dst)) {
		ret = -EAGAIN;
	} else if (!zero && page_maybe_dma_pinned(folio)) {
		ret = -EBUSY;
	} else {
		set_pmd_at(mm, src, PTE(0));
		pmd = zero ? pmd : maybe_mkwrite(pte_mkdirty(pmd), mv->dst_vma);
		set_pmd_at(mm, dst, arm_moved(mv, pmd));
	}
	spin_unlock(&mm->ptl);
	sim_trace(mm_sim(mm), "  move_pages_huge_pmd() = %lld", (long long)ret);
	return ret;
}

/* Bytes moved, or -errno; 0: there are small entries now, or it is gone. */
static int64_t move_huge_page(struct move *mv, uint64_t dst, uint64_t src)
{
	struct mm_struct *mm = mv->mm;
	bool split = move_splits_huge_pmd(mv, dst, src) || !pmd_none(mm, dst);
	int64_t ret = 0;
	pte_t pmd;

	spin_lock(&mm->ptl);
	pmd = pmd_get(mm, src);
	if (!pte_none(pmd))
		ret = huge_pmd_movable(mm, pmd);
	spin_unlock(&mm->ptl);
	if (ret || pte_none(pmd))
		return ret;
	if (!split)
		return move_pages_huge_pmd(mv, dst, src, pmd);
	split_huge_pmd(mv->src_vma, src);
	return 0;
}

/* A source without a table is a hole, which is seen before the destination is looked at. */
static int64_t move_one_step(struct move *mv)
{
	uint64_t dst = mv->dst_start + mv->done, src = mv->src_start + mv->done;

	sim_yield(mm_sim(mv->mm), SIM_OP_READ, "mm_find_pmd");
	if (pmd_leaf(mv->mm, dst))
		return -EEXIST;
	if (pmd_leaf(mv->mm, src))
		return move_huge_page(mv, dst, src);
	if (!pte_table_present(mv->mm, src)) {
		if (!(mv->mode & UFFDIO_MOVE_MODE_ALLOW_SRC_HOLES))
			return -ENOENT;
		if (pte_alloc(mv->mm, src))
			return -ENOMEM;
	}
	return pte_alloc(mv->mm, dst) ? -ENOMEM : move_pages_ptes(mv);
}

/* Something is there again, at the source or in the way, or a fatal signal has come. */
static bool hole_is_filled(const struct sim_thread *t, const struct sim_op *op)
{
	const struct move *mv = (const void *)(uintptr_t)op->arg;

	return !pte_none(pte_peek(mv->mm, mv->src_start + mv->done)) ||
	       !pte_none(pte_peek(mv->mm, mv->dst_start + mv->done)) || fatal_signal_pending(t);
}

/*
 * 6.18 forgets what came of a page that it had to try again, and tries it once
 * more: the page is at the destination now, which is EEXIST, so it is neither
 * counted nor are those who wait for it woken.  Over a hole there is no end to
 * it; the kernel spins here with its locks held.
 */
static void move_forgets(struct move *mv)
{
	struct mm_struct *mm = mv->mm;
	const struct sim_op op = {
		.kind = SIM_OP_READ,
		.what = "move_pages",
		.obj = &mm->ptl.obj,
		.arg = (uintptr_t)mv,
		.enabled = hole_is_filled,
		.spins = true,
	};

	if (!mv->hole)
		return;
	sim_point(mm_sim(mm), &op);
	ptep_get_lockless(mm, mv->src_start + mv->done);
	ptep_get_lockless(mm, mv->dst_start + mv->done);
}

/* The next place; *@err is what ends the move, or -EAGAIN if a try was in vain. */
static void move_next(struct move *mv, int *err)
{
	int64_t ret;

	mv->small = mv->hole = false;
	ret = move_one_step(mv);
	if (ret < 0) {
		*err = (int)ret;
	} else if (*err && mv->small && mm_prof(mv->mm)->move_retry_lost) {
		move_forgets(mv);
	} else if (ret) {
		mv->done += (uint64_t)ret;
		*err = 0;
	}
	if ((!*err || *err == -EAGAIN) && fatal_signal_pending(sim_current(mm_sim(mv->mm))))
		*err = -EINTR;
}

static int move_locked(struct move *mv)
{
	int err = 0;

	if (mm_prof(mv->mm)->map_changing_lock)
		down_read(&mv->ctx->map_changing_lock);
	else
		sim_yield(mm_sim(mv->mm), SIM_OP_READ, "mmap_changing");
	if (mmap_is_changing(mv->ctx, CHANGING_MOVE))
		err = -EAGAIN;
	else
		err = validate_move_areas(mv);
	if (!err)
		do {
			move_next(mv, &err);
		} while ((!err || err == -EAGAIN) && mv->done < mv->len);
	if (mm_prof(mv->mm)->map_changing_lock)
		map_changing_read_unlock(mv->ctx);
	return err;
}

int64_t move_pages(struct userfaultfd_ctx *ctx, uint64_t dst_start, uint64_t src_start,
		   uint64_t len, uint64_t mode)
{
	struct move mv = {
		.ctx = ctx,
		.mm = ctx->mm,
		.dst_start = dst_start,
		.src_start = src_start,
		.len = len,
		.mode = mode,
	};
	int err = mm_has_exited(mv.mm) ? -ESRCH : uffd_move_lock(&mv);

	if (err)
		return err;
	err = move_locked(&mv);
	uffd_move_unlock(&mv);
	return mv.done ? (int64_t)mv.done : err;
}

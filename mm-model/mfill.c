/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mfill.c - filling and write-protecting memory for a monitor
 *
 * Plays the role of the kernel's mm/userfaultfd.c.  A fill holds the VMA (its
 * lock, or mmap_lock in older kernels) and map_changing_lock for reading from
 * the second test of mmap_changing to the last page.  Only to fault in source
 * bytes does it let go of both, and then begins with the tests again.
 */
#include "mm-model/fs.h"
#include "mm-model/hugetlb.h"
#include "mm-model/userfaultfd.h"

/* One mfill_atomic() under way. */
struct mfill {
	struct task_struct *t;
	struct userfaultfd_ctx *ctx;
	struct mm_struct *mm;
	uint64_t dst_start, src_start, len;
	unsigned flags;
	struct vm_area_struct *vma;
	uint64_t done;
	struct page *page; /* source bytes already copied with the locks dropped */
	bool huge;         /* as the VMA was found the first time */
	bool shared;
	const struct inode *inode;
	uint64_t index;
	bool again;        /* the locks were dropped once */
};

static unsigned mode_of(const struct mfill *mf)
{
	return mf->flags & MFILL_ATOMIC_MODE_MASK;
}

int find_vma_and_prepare_anon(struct mm_struct *mm, uint64_t addr, struct vm_area_struct **ret)
{
	*ret = vma_lookup(mm, addr);
	if (!*ret)
		return -ENOENT;
	if ((*ret)->vm_flags & VM_SHARED)
		return 0;
	touch_anon_vma(*ret);
	return anon_vma_prepare(*ret);
}

/* Private memory is filled with private pages, which needs an anon_vma. */
static bool ready_for_fill(const struct vm_area_struct *vma)
{
	if (vma->vm_flags & VM_SHARED)
		return true;
	touch_anon_vma(vma);
	return vma->anon_vma;
}

int uffd_lock_vma(struct mm_struct *mm, uint64_t addr, struct vm_area_struct **ret)
{
	int err;

	*ret = lock_vma_under_rcu(mm, addr);
	if (*ret) {
		if (ready_for_fill(*ret))
			return 0;
		vma_end_read(*ret);
	}
	mmap_read_lock(mm);
	err = find_vma_and_prepare_anon(mm, addr, ret);
	if (!err)
		vma_start_read_locked(*ret);
	mmap_read_unlock(mm);
	return err;
}

/* Take the lock under which this kernel fills. */
static int uffd_mfill_lock(struct mfill *mf)
{
	if (mm_prof(mf->mm)->fill_vma_lock)
		return uffd_lock_vma(mf->mm, mf->dst_start, &mf->vma);
	mmap_read_lock(mf->mm);
	mf->vma = vma_lookup(mf->mm, mf->dst_start);
	if (mf->vma)
		return 0;
	mmap_read_unlock(mf->mm);
	return -ENOENT;
}

static void uffd_mfill_unlock(struct mfill *mf)
{
	if (mm_prof(mf->mm)->fill_vma_lock)
		vma_end_read(mf->vma);
	else
		mmap_read_unlock(mf->mm);
}

static int validate_dst_vma(const struct mfill *mf)
{
	vma_flags_read(mf->vma);
	if (mf->dst_start + mf->len > mf->vma->vm_end || !mf->vma->uffd_ctx)
		return -ENOENT;
	return 0;
}

/* Is what is filled a page of the file? */
static bool fills_file(const struct mfill *mf)
{
	return mf->vma->vm_flags & VM_SHARED ||
	       (vma_is_shmem(mf->vma) && !mm_prof(mf->mm)->private_fill_is_private);
}

/* The facts that hold as long as the lock does; false: they were others the first time. */
static bool mfill_same_vma(struct mfill *mf)
{
	const struct inode *inode = mf->vma->vm_file ? mf->vma->vm_file->f_inode : NULL;
	uint64_t index = inode ? linear_page_index(mf->vma, mf->dst_start) : 0;
	bool shared = mf->vma->vm_flags & VM_SHARED;
	bool same = inode == mf->inode && index == mf->index && shared == mf->shared;

	mf->inode = inode;
	mf->index = index;
	mf->shared = shared;
	return same || !mf->again;
}

static int mfill_check_hugetlb(const struct mfill *mf)
{
	if (mode_of(mf) == MFILL_ATOMIC_ZEROPAGE)
		return -EINVAL;
	return huge_aligned(mf->dst_start) && huge_aligned(mf->len) ? 0 : -EINVAL;
}

/* Older kernels give the VMA its anon_vma once the request turned out to be good. */
static int mfill_prepare_anon(const struct mfill *mf)
{
	if (mm_prof(mf->mm)->fill_vma_lock || mf->vma->vm_flags & VM_SHARED)
		return 0;
	touch_anon_vma(mf->vma);
	return anon_vma_prepare(mf->vma);
}

static bool mfill_looks_for_events(const struct mfill *mf)
{
	const struct profile *prof = mm_prof(mf->mm);

	if (prof->fill_checks_unlocked)
		return false;
	return !(mf->huge && mf->again) || prof->hugetlb_fill_rechecks;
}

/* With the VMA held: map_changing_lock, and whether the fill may go on. */
static int mfill_begin(struct mfill *mf)
{
	if (mm_prof(mf->mm)->map_changing_lock)
		down_read(&mf->ctx->map_changing_lock);
	else
		sim_yield(mm_sim(mf->mm), SIM_OP_READ, "mmap_changing");
	if (mfill_looks_for_events(mf) && mmap_is_changing(mf->ctx, CHANGING_FILL))
		return -EAGAIN;
	if (!mfill_same_vma(mf) && mm_prof(mf->mm)->copy_retry_checks_vma)
		return -EAGAIN;
	if (mf->huge && mf->again)
		return is_vm_hugetlb_page(mf->vma) ? 0 : -ENOENT;
	if (mf->flags & MFILL_ATOMIC_WP && !userfaultfd_wp(mf->vma))
		return -EINVAL;
	mf->huge = is_vm_hugetlb_page(mf->vma);
	if (mf->huge && mfill_check_hugetlb(mf))
		return -EINVAL;
	if (!mf->huge && !vma_is_anonymous(mf->vma) && !vma_is_shmem(mf->vma))
		return -EINVAL;
	if (!mf->huge && mode_of(mf) == MFILL_ATOMIC_CONTINUE &&
	    !(vma_is_shmem(mf->vma) && mm_prof(mf->mm)->features & UFFD_FEATURE_MINOR_SHMEM))
		return -EINVAL;
	if (mode_of(mf) == MFILL_ATOMIC_ZEROPAGE && vma_is_shmem(mf->vma) &&
	    !mm_prof(mf->mm)->shmem_zeropage)
		return -EINVAL;
	return mfill_prepare_anon(mf);
}

static void mfill_end(struct mfill *mf)
{
	if (mm_prof(mf->mm)->map_changing_lock)
		map_changing_read_unlock(mf->ctx);
	uffd_mfill_unlock(mf);
}

/* Beyond the last page of the file, if there is one, nothing can be filled. */
static bool mfill_file_over_size(const struct vm_area_struct *vma, uint64_t addr)
{
	const struct inode *inode = vma->vm_file ? vma->vm_file->f_inode : NULL;

	return inode && linear_page_index(vma, addr) << PAGE_SHIFT >= i_size_read(inode);
}

static bool size_matters(const struct mfill *mf, const struct page *page)
{
	return !page || vma_is_shmem(mf->vma) || mm_prof(mf->mm)->fill_checks_any_size;
}

/* Older code that wrote to the file, and what CONTINUE first had of it. */
static bool takes_page_for_its_own(const struct mfill *mf)
{
	return mode_of(mf) == MFILL_ATOMIC_CONTINUE ? mm_prof(mf->mm)->continue_like_new :
						      fills_file(mf);
}

/* What a page of a file or a private one looks like once it is filled in. */
static inline pte_t mfill_page_pte(const struct mfill *mf, struct page *page)
{
	const struct vm_area_struct *vma = mf->vma;
	pte_t pte = pte_mkdirty(mk_pte(vma, page));

	/* A private mapping of a page of the file has to copy it to write. */
	if (!page_cache(page) || vma->vm_flags & VM_SHARED || takes_page_for_its_own(mf))
		pte = maybe_mkwrite(pte, vma);
	return mf->flags & MFILL_ATOMIC_WP ? pte_mkuffd_wp(pte) : pte;
}

static void mfill_add_rmap(const struct mfill *mf, struct page *page)
{
	if (page_cache(page)) {
		page_add_file_rmap(page, mf->vma);
		return;
	}
	page_add_anon_rmap(page, mf->vma);
	SetPageAnonExclusive(page);
}

static bool fill_replaces(const struct mfill *mf, pte_t old)
{
	return is_pte_marker(old) &&
	       !(mm_prof(mf->mm)->fill_spares_guards && pte_marker_guard(old));
}

pte_t builtin_mfill_install_pte(struct vm_area_struct *vma, uint64_t addr, pte_t pte,
				enum mfill_kind kind)
{
	return pte;
}

static pte_t decide_install_pte(const struct mfill *mf, uint64_t addr, pte_t pte)
{
	static const enum mfill_kind kinds[] = {
		[MFILL_ATOMIC_COPY] = MFILL_COPY,
		[MFILL_ATOMIC_ZEROPAGE] = MFILL_ZEROPAGE,
		[MFILL_ATOMIC_CONTINUE] = MFILL_CONTINUE,
	};
	const struct uffdsim_decisions *decide = &mm_prof(mf->mm)->decide;

	return patch_pte(mf->mm, DECISION_NAME(mfill_install_pte), pte,
			 decide->mfill_install_pte(mf->vma, addr, pte, kinds[mode_of(mf)]));
}

/*
 * Put @pte at @addr if nothing is there.  A page (whose reference goes with it)
 * also takes the place of a marker.
 */
static inline int mfill_install_pte(struct mfill *mf, uint64_t addr, pte_t pte, struct page *page)
{
	struct mm_struct *mm = mf->mm;
	pte_t old;
	int ret = -EEXIST;

	if (patched(mm_prof(mm)->decide.mfill_install_pte) && pte_present(pte))
		pte = decide_install_pte(mf, addr, pte);
	spin_lock(&mm->ptl);
	old = ptep_get(mm, addr);
	if (!pte_table_exists(mm, addr) && pte_none(old)) {
		ret = -EAGAIN; /* whoever emptied the table freed it */
	} else if (size_matters(mf, page) && mfill_file_over_size(mf->vma, addr)) {
		ret = -EFAULT;
	} else if (pte_none(old) || (page && fill_replaces(mf, old))) {
		if (page)
			mfill_add_rmap(mf, page);
		set_pte_at(mm, addr, pte);
		ret = 0;
	}
	spin_unlock(&mm->ptl);
	sim_trace(mm_sim(mm), "  mfill_atomic_install_pte()%s",
		  ret == -EEXIST ? " = -EEXIST" :
		  ret            ? " = -EAGAIN" :
				   "");
	return ret;
}

static struct page *mfill_alloc(const struct mfill *mf)
{
	struct kernel *k = mf->mm->k;

	return fills_file(mf) ? filemap_alloc_folio(k) : alloc_page(k);
}

/* A page that was prepared when something else was mapped here: -ENOMEM, or one that will do. */
static int mfill_fit_page(const struct mfill *mf, struct page **page)
{
	struct page *new;

	if (!page_cache(*page) == !fills_file(mf))
		return 0;
	new = mfill_alloc(mf);
	if (new)
		copy_page(new, *page);
	put_page(*page);
	if (!new)
		return -ENOMEM;
	new->flags |= PG_OTHER_KIND;
	*page = new;
	return 0;
}

/* A new page of the file: into its cache, then into the table; or neither. */
static int mfill_atomic_pte_shmem(struct mfill *mf, uint64_t dst, struct page *page)
{
	int ret;

	__folio_set_locked(page);
	ret = shmem_mfill_add(mf->vma, dst, page);
	if (!ret) {
		ret = mfill_install_pte(mf, dst, mfill_page_pte(mf, page), page);
		if (ret)
			filemap_remove_folio(page);
		else
			folio_mark_dirty(page);
	}
	folio_unlock(page);
	if (ret)
		put_page(page);
	return ret;
}

static inline int mfill_install_new(struct mfill *mf, uint64_t dst, struct page *page)
{
	int ret = mfill_fit_page(mf, &page);

	if (ret)
		return ret;
	if (page_cache(page))
		return mfill_atomic_pte_shmem(mf, dst, page);
	ret = mfill_install_pte(mf, dst, mfill_page_pte(mf, page), page);
	if (ret)
		put_page(page);
	return ret;
}

/* -ENOENT: the source is not there; fault it in with the locks dropped. */
static inline int mfill_atomic_pte_copy(struct mfill *mf, uint64_t dst, uint64_t src)
{
	struct page *page = mf->page;

	mf->page = NULL;
	if (!page) {
		page = mfill_alloc(mf);
		if (!page)
			return -ENOMEM;
		if (mm_prof(mf->mm)->copy_faults_locked) {
			if (copy_page_from_user(mf->t, page, src)) {
				put_page(page);
				return -EFAULT;
			}
			return mfill_install_new(mf, dst, page);
		}
		sim_yield(mm_sim(mf->mm), SIM_OP_READ, "copy_from_user");
		if (copy_page_from_user_nofault(mf->t, page, src)) {
			mf->page = page;
			return -ENOENT;
		}
	}
	return mfill_install_new(mf, dst, page);
}

/* The zero page; a shared file gets a page of zeroes of its own. */
static int mfill_atomic_pte_zeropage(struct mfill *mf, uint64_t dst)
{
	struct page *page;

	if (!fills_file(mf))
		return mfill_install_pte(mf, dst, mk_pte(mf->vma, mf->mm->k->zero_page), NULL);
	page = filemap_alloc_folio(mf->mm->k);
	return page ? mfill_atomic_pte_shmem(mf, dst, page) : -ENOMEM;
}

/* The page that the file has already. */
static int mfill_atomic_pte_continue(struct mfill *mf, uint64_t dst)
{
	uint64_t index = linear_page_index(mf->vma, dst);
	struct page *page;
	int ret = shmem_get_folio(mf->t, mf->vma->vm_file->f_inode, index, &page, SGP_NOALLOC, NULL,
				  NULL);

	if (ret)
		return ret == -ENOENT ? -EFAULT : ret;
	ret = mfill_install_pte(mf, dst, mfill_page_pte(mf, page), page);
	if (ret && mm_prof(mf->mm)->continue_like_new)
		filemap_remove_folio(page);
	folio_unlock(page);
	if (ret)
		put_page(page);
	return ret;
}

/* A second look must find the table that the first saw or made: what else is EEXIST. */
static int mfill_alloc_table(struct mfill *mf, uint64_t dst)
{
	if (!pte_walked(mf->mm, dst)) {
		if (pmd_leaf(mf->mm, dst))
			return -EEXIST;
		if (pte_alloc(mf->mm, dst))
			return -ENOMEM;
	}
	if (!mm_prof(mf->mm)->pt_reclaim)
		return 0;
	sim_yield(mm_sim(mf->mm), SIM_OP_READ, "pmdp_get_lockless");
	return pmd_none(mf->mm, dst) ? -EEXIST : 0;
}

static int mfill_atomic_pte(struct mfill *mf)
{
	uint64_t dst = mf->dst_start + mf->done;
	int ret = mfill_alloc_table(mf, dst);

	if (ret)
		return ret;
	switch (mode_of(mf)) {
	case MFILL_ATOMIC_COPY:
		return mfill_atomic_pte_copy(mf, dst, mf->src_start + mf->done);
	case MFILL_ATOMIC_ZEROPAGE:
		return mfill_atomic_pte_zeropage(mf, dst);
	case MFILL_ATOMIC_CONTINUE:
		return mfill_atomic_pte_continue(mf, dst);
	default:
		return mfill_install_pte(mf, dst, make_pte_marker(PTE_MARKER_POISONED), NULL);
	}
}

/* One huge page, with its mutex and the vma lock. */
static int mfill_atomic_hugetlb(struct mfill *mf)
{
	uint64_t dst = mf->dst_start + mf->done;
	struct vm_area_struct *vma = mf->vma;
	struct mutex *mutex = hugetlb_fault_mutex(vma_inode(vma), vma_hugecache_offset(vma, dst));
	int ret = -ENOMEM;

	mutex_lock(mutex);
	hugetlb_vma_lock_read(vma);
	if (pmd_alloc(mf->mm, dst))
		goto out;
	ret = -EEXIST;
	if (mode_of(mf) != MFILL_ATOMIC_CONTINUE && !pte_none_mostly(pmd_get(mf->mm, dst)))
		goto out;
	ret = hugetlb_mfill_atomic_pte(mf->t, vma, dst, mf->src_start + mf->done, mf->flags,
				       &mf->page);
out:
	hugetlb_vma_unlock_read(vma);
	hugetlb_fault_mutex_unlock(mutex);
	return ret;
}

static int mfill_one(struct mfill *mf)
{
	if (mf->huge)
		return mfill_atomic_hugetlb(mf);
	return mfill_atomic_pte(mf);
}

/* One time with the locks.  -ENOENT with a page: drop, fault the source in, come again. */
static int mfill_locked(struct mfill *mf)
{
	int ret = mfill_begin(mf);

	while (!ret && mf->done < mf->len) {
		ret = mfill_one(mf);
		if (ret)
			break;
		mf->done += mf->huge ? HPAGE_SIZE : PAGE_SIZE;
		if (fatal_signal_pending(sim_current(mm_sim(mf->mm))))
			ret = -EINTR;
	}
	mfill_end(mf);
	return ret;
}

int64_t mfill_atomic(struct task_struct *t, struct userfaultfd_ctx *ctx, uint64_t dst_start,
		     uint64_t src_start, uint64_t len, unsigned flags)
{
	struct mfill mf = {
		.t = t,
		.ctx = ctx,
		.mm = ctx->mm,
		.dst_start = dst_start,
		.src_start = src_start,
		.len = len,
		.flags = flags,
	};
	int ret;

	if (mm_has_exited(mf.mm))
		return -ESRCH;
	for (;;) {
		ret = uffd_mfill_lock(&mf);
		if (ret)
			break;
		ret = validate_dst_vma(&mf);
		if (ret) {
			uffd_mfill_unlock(&mf);
			break;
		}
		ret = mfill_locked(&mf);
		if (ret != -ENOENT || !mf.page)
			break;
		if (mf.huge)
			ret = copy_folio_from_user(t, mf.page, src_start + mf.done, true);
		else
			ret = copy_page_from_user(t, mf.page, src_start + mf.done);
		if (ret)
			break;
		mf.again = true;
	}
	if (mf.page)
		put_page(mf.page);
	return mf.done ? (int64_t)mf.done : ret;
}

/* ------------------------------------------------------------ write-protect */

static long change_wp_range(struct vm_area_struct *vma, uint64_t start, uint64_t len, bool enable,
			    unsigned flags)
{
	flags |= enable ? MM_CP_UFFD_WP : MM_CP_UFFD_WP_RESOLVE;

	/* Without the protection a private page that is ours alone may be written at once. */
	if (!enable && vma_wants_manual_pte_write_upgrade(vma) &&
	    mm_prof(vma->mm)->unprotect_restores_write)
		flags |= MM_CP_TRY_CHANGE_WRITABLE;
	return change_protection(vma, start, start + len, flags);
}

long uffd_wp_range(struct vm_area_struct *vma, uint64_t start, uint64_t len, bool enable)
{
	return change_wp_range(vma, start, len, enable, 0);
}

/* Every VMA of the range must be registered for it; holes are passed over. */
static int wp_vmas(struct mm_struct *mm, uint64_t start, uint64_t end, bool enable,
		   unsigned flags)
{
	struct vm_area_struct *vma = find_vma_intersection(mm, start, end);
	bool one_vma = !mm_prof(mm)->wp_skips_holes;
	int ret = -ENOENT;

	if (one_vma && (!vma || start < vma->vm_start || end > vma->vm_end || !vma->uffd_ctx))
		return -ENOENT;
	for (; vma && vma->vm_start < end; vma = vma->next) {
		uint64_t from = start > vma->vm_start ? start : vma->vm_start;
		uint64_t to = end < vma->vm_end ? end : vma->vm_end;
		long n;

		if (!userfaultfd_wp(vma))
			return -ENOENT;
		if (is_vm_hugetlb_page(vma) && (!huge_aligned(start) || !huge_aligned(end)))
			return -EINVAL;
		n = change_wp_range(vma, from, to - from, enable, flags);
		if (n < 0)
			return n;
		ret = 0;
	}
	return ret;
}

int mwriteprotect_range(struct userfaultfd_ctx *ctx, uint64_t start, uint64_t len, bool enable,
			bool will_need)
{
	struct mm_struct *mm = ctx->mm;
	bool locked = mm_prof(mm)->map_changing_lock;
	int ret = -EAGAIN;

	if (mm_prof(mm)->wp_holds_mm && mm_has_exited(mm))
		return -ESRCH;
	mmap_read_lock(mm);
	if (!mm_prof(mm)->wp_holds_mm && mm_has_exited(mm))
		sim_bug(mm_sim(mm), SIM_BUG_USE_AFTER_FREE,
			"WRITEPROTECT walks the VMAs of an address space that has ended");
	if (locked)
		down_read(&ctx->map_changing_lock);
	if (!mmap_is_changing(ctx, CHANGING_WP))
		ret = wp_vmas(mm, start, start + len, enable, will_need ? MM_CP_WILL_NEED : 0);
	if (locked)
		map_changing_read_unlock(ctx);
	mmap_read_unlock(mm);
	return ret;
}

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * userfaultfd_rwp.c - read-write protection: the request, the switch, the faults
 *
 * As posted ten times in 2026.  A protected page stays where it is, but its entry is
 * PROT_NONE, as for NUMA balancing, and has the uffd bit, which says whose PROT_NONE
 * that is; a mapping is registered for WP or for RWP, so the bit is never both.  Who
 * touches the page waits for the monitor, or (RWP_ASYNC) gets access back from the
 * kernel at once, and PAGEMAP_SCAN tells of it.  What is empty stays empty: there
 * are no markers.  Where the postings differ: choices_rwp.c.
 */
#include "mm-model/decisions.h"
#include "mm-model/huge_memory.h"
#include "mm-model/hugetlb.h"
#include "mm-model/userfaultfd.h"
#include "mm-model/vma.h"

/* -------------------------------------------------------------------- faults */

/* The VMA is read-locked, or mmap_lock held: SET_MODE waits for that. */
bool userfaultfd_rwp_async(const struct vm_area_struct *vma)
{
	const struct userfaultfd_ctx *ctx = vma->uffd_ctx;

	if (!ctx)
		return false;
	sim_touch(ctx->obj.sim, features_key(ctx), SIM_READ);
	return ctx->features & UFFD_FEATURE_RWP_ASYNC;
}

/* An entry of @vma with the rights that it would have; the bit goes with the protection. */
static pte_t give_back(const struct vm_area_struct *vma, pte_t pte)
{
	return pte_mkyoung(pte_clear_uffd_wp(pte_modify(vma, pte)));
}

vm_fault_t do_uffd_rwp(struct task_struct *t, struct vm_fault *vmf)
{
	struct vm_area_struct *vma = vmf->vma;
	struct mm_struct *mm = vma->mm;
	pte_t pte;

	if (!userfaultfd_rwp_async(vma))
		return handle_userfault(t, vmf, VM_UFFD_RWP);
	spin_lock(&mm->ptl);
	if (vmf_pte_changed(vmf)) {
		spin_unlock(&mm->ptl);
		return 0;
	}
	pte = give_back(vma, vmf->orig_pte);
	if (!pte_write(pte) && vma_wants_manual_pte_write_upgrade(vma) &&
	    builtin_can_change_pte_writable(vma, vmf->address, pte))
		pte = pte_mkwrite(pte);
	set_pte_at(mm, vmf->address, pte);
	spin_unlock(&mm->ptl);
	sim_trace(mm_sim(mm), "  do_uffd_rwp(): access given back");
	return 0;
}

vm_fault_t do_huge_pmd_uffd_rwp(struct task_struct *t, struct vm_fault *vmf)
{
	struct vm_area_struct *vma = vmf->vma;
	struct mm_struct *mm = vma->mm;
	pte_t pmd;

	if (!userfaultfd_rwp_async(vma))
		return handle_userfault(t, vmf, VM_UFFD_RWP);
	spin_lock(&mm->ptl);
	if (vmf_pmd_changed(vmf)) {
		spin_unlock(&mm->ptl);
		return 0;
	}
	pmd = give_back(vma, vmf->orig_pmd);
	if (!pte_write(pmd) && vma_wants_manual_pte_write_upgrade(vma) &&
	    can_change_pmd_writable(vma, pmd))
		pmd = pte_mkwrite(pmd);
	set_pmd_at(mm, vmf->address, pmd);
	spin_unlock(&mm->ptl);
	sim_trace(mm_sim(mm), "  do_huge_pmd_uffd_rwp(): access given back");
	return 0;
}

/* ------------------------------------------------------------------- RWPROTECT */

static unsigned resolve_flags(const struct vm_area_struct *vma)
{
	return MM_CP_UFFD_RWP_RESOLVE |
	       (vma_wants_manual_pte_write_upgrade(vma) ? MM_CP_TRY_CHANGE_WRITABLE : 0);
}

void uffd_rwp_clear(struct vm_area_struct *vma, uint64_t start, uint64_t end)
{
	change_protection(vma, start, end, resolve_flags(vma));
}

/* Every VMA is looked at before the first is changed; holes are passed over. */
static int check_rwp_vmas(struct mm_struct *mm, uint64_t start, uint64_t end)
{
	const struct vm_area_struct *vma = find_vma_intersection(mm, start, end);

	if (!vma)
		return -ENOENT;
	for (; vma && vma->vm_start < end; vma = vma->next) {
		if (!userfaultfd_rwp(vma))
			return -ENOENT;
		if (is_vm_hugetlb_page(vma) && !huge_aligned(start | end))
			return -EINVAL;
	}
	return 0;
}

static int rwp_vmas(struct mm_struct *mm, uint64_t start, uint64_t end, bool enable)
{
	struct vm_area_struct *vma = find_vma_intersection(mm, start, end);
	int err = check_rwp_vmas(mm, start, end);

	for (; !err && vma && vma->vm_start < end; vma = vma->next)
		change_protection(vma, max_u64(start, vma->vm_start), min_u64(end, vma->vm_end),
				  enable ? MM_CP_UFFD_RWP : resolve_flags(vma));
	return err;
}

static int mrwprotect_range(struct userfaultfd_ctx *ctx, uint64_t start, uint64_t len, bool enable)
{
	struct mm_struct *mm = ctx->mm;
	int ret = -EAGAIN;

	if (mm_has_exited(mm))
		return -ESRCH;
	mmap_read_lock(mm);
	if (mm_prof(mm)->map_changing_lock)
		down_read(&ctx->map_changing_lock);
	if (!mmap_is_changing(ctx, CHANGING_WP))
		ret = rwp_vmas(mm, start, start + len, enable);
	if (mm_prof(mm)->map_changing_lock)
		map_changing_read_unlock(ctx);
	mmap_read_unlock(mm);
	return ret;
}

int64_t userfaultfd_rwprotect(struct userfaultfd_ctx *ctx, const struct uffdio_rwprotect *rwp)
{
	bool enable = rwp->mode & UFFDIO_RWPROTECT_MODE_RWP;
	bool dontwake = rwp->mode & UFFDIO_RWPROTECT_MODE_DONTWAKE;
	int64_t ret;

	if (mmap_is_changing(ctx, CHANGING_REQUEST))
		return -EAGAIN;
	if (validate_range(rwp->range.start, rwp->range.len))
		return -EINVAL;
	if (rwp->mode & ~(UFFDIO_RWPROTECT_MODE_RWP | UFFDIO_RWPROTECT_MODE_DONTWAKE))
		return -EINVAL;
	if (enable && dontwake)
		return -EINVAL;
	ret = mrwprotect_range(ctx, rwp->range.start, rwp->range.len, enable);
	if (!ret && !enable && !dontwake)
		wake_userfault(ctx, rwp->range.start, rwp->range.len);
	return ret;
}

/* --------------------------------------------------------------------- SET_MODE */

static int check_switch(const struct userfaultfd_ctx *ctx, const struct uffdio_set_mode *mode)
{
	uint64_t known = ctx->prof->features & UFFD_FEATURE_RWP_ASYNC;

	if (mode->enable & mode->disable || (mode->enable | mode->disable) & ~known)
		return -EINVAL;
	if (mode->enable && !(ctx->features & UFFD_FEATURE_RWP))
		return -EINVAL;
	return 0;
}

static void switch_features(struct userfaultfd_ctx *ctx, const struct uffdio_set_mode *mode)
{
	struct sim *sim = ctx->obj.sim;

	sim_touch(sim, features_key(ctx), SIM_WRITE);
	/* Who looks at the features without a lock looks at other bits, but in the same word. */
	if (ctx->prof->rwp_switch_plain)
		sim_plain_write(sim, sim_obj_key(&ctx->obj), "ctx->features");
	ctx->features = (ctx->features | mode->enable) & ~mode->disable;
}

/*
 * Faults that look at the mode hold mmap_lock or their VMA's lock until they are queued, so
 * whoever found the old mode is asleep, or gone, when it changes, and can be woken.
 */
int64_t userfaultfd_set_mode(struct userfaultfd_ctx *ctx, const struct uffdio_set_mode *mode)
{
	struct mm_struct *mm = ctx->mm;
	int err = check_switch(ctx, mode);

	if (err)
		return err;
	if (mm_has_exited(mm))
		return -ESRCH;
	mmap_write_lock(mm);
	for (struct vm_area_struct *vma = mm->mmap; vma; vma = vma->next)
		if (vma->uffd_ctx == ctx && !ctx->prof->rwp_switch_waits_not)
			vma_start_write(vma);
	switch_features(ctx, mode);
	mmap_write_unlock(mm);
	if (mode->enable & UFFD_FEATURE_RWP_ASYNC)
		wake_all_userfaults(ctx);
	return 0;
}

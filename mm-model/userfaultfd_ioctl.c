/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * userfaultfd_ioctl.c - the requests of a userfaultfd, with their order of checks
 *
 * A request writes its answer field in exactly the cases in which the kernel
 * does; *written tells.
 */
#include <string.h>

#include "mm-model/cred.h"
#include "mm-model/decisions.h"
#include "mm-model/fs.h"
#include "mm-model/hugetlb.h"
#include "mm-model/userfaultfd.h"
#include "mm-model/vma.h"

/* ----------------------------------------------------------- VMAs and contexts */

void userfaultfd_set_ctx(struct vm_area_struct *vma, struct userfaultfd_ctx *ctx, vm_flags_t flags)
{
	vma_start_write(vma);
	vm_flags_reset(vma, (vma->vm_flags & ~__VM_UFFD_FLAGS) | (flags & __VM_UFFD_FLAGS));
	vma->uffd_ctx = ctx;
	vma_set_page_prot(vma);
	vma_list_changed(vma->mm);
}

void userfaultfd_wp_goes_stale(const struct vm_area_struct *vma)
{
	if (userfaultfd_wp(vma))
		vma->mm->stale_uffd_wp = true;
}

void userfaultfd_reset_ctx(struct vm_area_struct *vma)
{
	userfaultfd_set_ctx(vma, NULL, 0);
}

/*
 * A fill with MODE_WP that holds only the VMA's lock can come after the walk that
 * took uffd-wp off and before the VMA is write-locked, in the kernel too.  For
 * mm_check(): no footprint.
 */
static void note_entries_left(const struct vm_area_struct *vma, uint64_t start, uint64_t end)
{
	struct mm_struct *mm = vma->mm;

	for (uint64_t addr = pte_peek_next(mm, start, end); addr < end;
	     addr = pte_peek_next(mm, addr + PAGE_SIZE, end))
		if (pte_uffd_wp(pte_peek(mm, addr)))
			mm->stale_uffd_wp = true;
}

struct vm_area_struct *userfaultfd_clear_vma(struct vm_area_struct *vma, uint64_t start,
					     uint64_t end, bool clear_wp)
{
	if (!clear_wp)
		userfaultfd_wp_goes_stale(vma);
	else if (userfaultfd_wp(vma))
		uffd_wp_range(vma, start, end - start, false);
	else if (userfaultfd_rwp(vma))
		uffd_rwp_clear(vma, start, end);
	vma = vma_modify_flags_uffd(vma, start, end, vma->vm_flags & ~__VM_UFFD_FLAGS, NULL);
	if (!IS_ERR(vma)) {
		userfaultfd_reset_ctx(vma);
		note_entries_left(vma, start, end);
	}
	return vma;
}

int validate_range(uint64_t start, uint64_t len)
{
	if (start & ~PAGE_MASK || len & ~PAGE_MASK || !len)
		return -EINVAL;
	if (start >= TASK_SIZE || len > TASK_SIZE - start)
		return -EINVAL;
	return 0;
}

/* The same for a source, which may begin anywhere. */
static int validate_unaligned_range(uint64_t start, uint64_t len)
{
	if (len & ~PAGE_MASK || !len)
		return -EINVAL;
	if (start >= TASK_SIZE || len > TASK_SIZE - start)
		return -EINVAL;
	return 0;
}

/* ----------------------------------------------------------------------- API */

static int64_t userfaultfd_api(struct task_struct *t, struct userfaultfd_ctx *ctx,
			       struct uffdio_api *api, bool *written)
{
	const struct profile *prof = ctx->prof;
	uint64_t features = api->features;
	bool right_api = api->api == UFFD_API;
	bool known = right_api && !(features & ~prof->features);

	/* Before 5.15 this came before the request was even read. */
	if (!prof->api_once && userfaultfd_is_initialized(ctx))
		return -EINVAL;
	*written = true;
	memset(api, 0, sizeof(*api));
	if (right_api && features & UFFD_FEATURE_EVENT_FORK && prof->event_fork_privileged &&
	    !capable(t))
		return -EPERM;
	if (!known)
		return -EINVAL;
	if (features & UFFD_FEATURE_RWP_ASYNC && !(features & UFFD_FEATURE_RWP))
		return -EINVAL;
	if (features & UFFD_FEATURE_WP_ASYNC)
		features |= UFFD_FEATURE_WP_UNPOPULATED;
	/* Two threads may both get past a test that is not part of the change. */
	if (!prof->api_once)
		sim_yield(ctx->obj.sim, SIM_OP_WRITE, "ctx->state");
	sim_touch(ctx->obj.sim, sim_obj_key(&ctx->obj), SIM_WRITE);
	if (prof->api_once && ctx->features & UFFD_FEATURE_INITIALIZED)
		return -EINVAL;
	/* Since 5.15 it is one atomic exchange. */
	if (!prof->api_once)
		sim_plain_write(ctx->obj.sim, sim_obj_key(&ctx->obj), "ctx->features");
	ctx->features = features | UFFD_FEATURE_INITIALIZED;
	api->api = UFFD_API;
	api->features = prof->features;
	api->ioctls = 1ULL << _UFFDIO_REGISTER | 1ULL << _UFFDIO_UNREGISTER | 1ULL << _UFFDIO_API;
	if (prof->features & UFFD_FEATURE_RWP)
		api->ioctls |= 1ULL << _UFFDIO_SET_MODE;
	return 0;
}

/* ------------------------------------------------------ REGISTER, UNREGISTER */

static vm_flags_t register_flags(uint64_t mode)
{
	return (mode & UFFDIO_REGISTER_MODE_MISSING ? VM_UFFD_MISSING : 0) |
	       (mode & UFFDIO_REGISTER_MODE_WP ? VM_UFFD_WP : 0) |
	       (mode & UFFDIO_REGISTER_MODE_RWP ? VM_UFFD_RWP : 0) |
	       (mode & UFFDIO_REGISTER_MODE_MINOR ? VM_UFFD_MINOR : 0);
}

/* The modes that this kernel knows at all, and that can work on this machine. */
static int validate_modes(const struct userfaultfd_ctx *ctx, uint64_t mode)
{
	const uint64_t both = UFFDIO_REGISTER_MODE_WP | UFFDIO_REGISTER_MODE_RWP;
	const struct profile *prof = ctx->prof;
	uint64_t known = UFFDIO_REGISTER_MODE_MISSING | UFFDIO_REGISTER_MODE_WP;

	if (prof->features & UFFD_FEATURE_MINOR_HUGETLBFS)
		known |= UFFDIO_REGISTER_MODE_MINOR;
	if (ctx->features & UFFD_FEATURE_RWP)
		known |= UFFDIO_REGISTER_MODE_RWP;
	if (!mode || mode & ~known)
		return -EINVAL;
	/* They share the bit in the entries. */
	if ((mode & both) == both)
		return -EINVAL;
	if (mode & UFFDIO_REGISTER_MODE_WP && !prof->uffd_wp)
		return -EINVAL;
	return 0;
}

/* Can memory of this kind be registered with these modes? */
bool builtin_vma_can_userfault(const struct vm_area_struct *vma, vm_flags_t flags, bool wp_async)
{
	flags &= __VM_UFFD_FLAGS;
	if (vma->vm_flags & VM_DROPPABLE && mm_prof(vma->mm)->droppable_not_registered)
		return false;
	if (flags & VM_UFFD_MINOR && !is_vm_hugetlb_page(vma) &&
	    !(vma_is_shmem(vma) && mm_prof(vma->mm)->features & UFFD_FEATURE_MINOR_SHMEM))
		return false;
	if (flags & VM_UFFD_MINOR && !(vma->vm_flags & VM_SHARED) &&
	    mm_prof(vma->mm)->minor_shared_only)
		return false;
	if (wp_async && flags == VM_UFFD_WP)
		return true;
	if (flags & VM_UFFD_RWP && !vma_is_accessible(vma) &&
	    mm_prof(vma->mm)->rwp_prot_none == RWP_PROT_NONE_REFUSED)
		return false;
	if (flags & VM_UFFD_WP && !vma_is_anonymous(vma) &&
	    !(mm_prof(vma->mm)->features & UFFD_FEATURE_WP_HUGETLBFS_SHMEM))
		return false;
	return vma_is_anonymous(vma) || is_vm_hugetlb_page(vma) || vma_is_shmem(vma);
}

static bool vma_can_userfault(const struct vm_area_struct *vma, vm_flags_t flags, bool wp_async)
{
	const struct profile *prof = mm_prof(vma->mm);

	if (patched(prof->decide.vma_can_userfault))
		return prof->decide.vma_can_userfault(vma, flags & __VM_UFFD_FLAGS, wp_async);
	return builtin_vma_can_userfault(vma, flags, wp_async);
}

static bool ctx_wp_async(const struct userfaultfd_ctx *ctx)
{
	return ctx->features & UFFD_FEATURE_WP_ASYNC;
}

/* The mode would go and leave its bits in the entries. */
static bool drops_protection(const struct vm_area_struct *vma, vm_flags_t flags)
{
	return mm_prof(vma->mm)->features & UFFD_FEATURE_RWP &&
	       vma->vm_flags & ~flags & (VM_UFFD_WP | VM_UFFD_RWP);
}

/* All VMAs are looked at before any is changed. */
static int check_register(struct userfaultfd_ctx *ctx, uint64_t start, uint64_t end,
			  vm_flags_t flags)
{
	struct vm_area_struct *vma = find_vma_intersection(ctx->mm, start, end);

	if (!vma || (is_vm_hugetlb_page(vma) && !huge_aligned(start)))
		return -EINVAL;
	for (; vma && vma->vm_start < end; vma = vma->next) {
		if (!vma_can_userfault(vma, flags, ctx_wp_async(ctx)))
			return -EINVAL;
		/* Nothing could be given back there. */
		if (flags & VM_UFFD_RWP && !vma_is_accessible(vma) &&
		    ctx->prof->rwp_prot_none != RWP_PROT_NONE_ACCEPTED)
			return -EINVAL;
		if (ctx->prof->maywrite_needed && !(vma->vm_flags & VM_MAYWRITE))
			return -EPERM;
		if (is_vm_hugetlb_page(vma) && end <= vma->vm_end && !huge_aligned(end))
			return -EINVAL;
		if (vma->uffd_ctx && vma->uffd_ctx != ctx)
			return -EBUSY;
		if (drops_protection(vma, flags))
			return -EBUSY;
	}
	return 0;
}

static int register_vmas(struct userfaultfd_ctx *ctx, uint64_t start, uint64_t end,
			 vm_flags_t flags)
{
	struct vm_area_struct *vma = find_vma_intersection(ctx->mm, start, end);

	for (; vma && vma->vm_start < end; vma = vma->next) {
		uint64_t from = start > vma->vm_start ? start : vma->vm_start;
		uint64_t to = end < vma->vm_end ? end : vma->vm_end;
		vm_flags_t new = (vma->vm_flags & ~__VM_UFFD_FLAGS) | flags;

		if (vma->uffd_ctx == ctx && (vma->vm_flags & flags) == flags)
			continue;
		if (!(flags & VM_UFFD_WP))
			userfaultfd_wp_goes_stale(vma);
		vma = vma_modify_flags_uffd(vma, from, to, new, ctx);
		if (IS_ERR(vma))
			return PTR_ERR(vma);
		userfaultfd_set_ctx(vma, ctx, flags);
	}
	return 0;
}

/* Memory that requests of the basic kind alone work on. */
static bool vma_is_basic(const struct vm_area_struct *vma)
{
	return is_vm_hugetlb_page(vma) ||
	       (vma_is_shmem(vma) && !mm_prof(vma->mm)->shmem_zeropage);
}

static bool range_has_basic(struct mm_struct *mm, uint64_t start, uint64_t end)
{
	const struct vm_area_struct *vma = find_vma_intersection(mm, start, end);

	while (vma && vma->vm_start < end && !vma_is_basic(vma))
		vma = vma->next;
	return vma && vma->vm_start < end;
}

static int64_t userfaultfd_register(struct userfaultfd_ctx *ctx, struct uffdio_register *reg,
				    bool *written)
{
	const struct profile *prof = ctx->prof;
	uint64_t start = reg->range.start, end = start + reg->range.len;
	vm_flags_t flags = register_flags(reg->mode);
	int64_t ret = validate_modes(ctx, reg->mode);
	bool basic = false;

	if (!ret)
		ret = validate_range(start, reg->range.len);
	if (ret)
		return ret;
	if (mm_has_exited(ctx->mm))
		return -ENOMEM;
	mmap_write_lock(ctx->mm);
	ret = check_register(ctx, start, end, flags);
	if (!ret)
		basic = range_has_basic(ctx->mm, start, end);
	if (!ret)
		ret = register_vmas(ctx, start, end, flags);
	mmap_write_unlock(ctx->mm);
	if (ret)
		return ret;
	reg->ioctls = prof->register_ioctls;
	if (!(reg->mode & UFFDIO_REGISTER_MODE_WP))
		reg->ioctls &= ~(1ULL << _UFFDIO_WRITEPROTECT);
	if (!(reg->mode & UFFDIO_REGISTER_MODE_MINOR))
		reg->ioctls &= ~(1ULL << _UFFDIO_CONTINUE);
	if (!(reg->mode & UFFDIO_REGISTER_MODE_RWP))
		reg->ioctls &= ~(1ULL << _UFFDIO_RWPROTECT);
	if (basic)
		reg->ioctls &= ~(1ULL << _UFFDIO_ZEROPAGE | 1ULL << _UFFDIO_MOVE);
	*written = true;
	return 0;
}

static int check_unregister(struct userfaultfd_ctx *ctx, uint64_t start, uint64_t end)
{
	struct vm_area_struct *vma = find_vma_intersection(ctx->mm, start, end);

	if (!vma || (is_vm_hugetlb_page(vma) && !huge_aligned(start)))
		return -EINVAL;
	for (; vma && vma->vm_start < end; vma = vma->next) {
		if (ctx->prof->unregister_checks_ctx && vma->uffd_ctx &&
		    vma->uffd_ctx != ctx)
			return -EINVAL;
		if (!vma_can_userfault(vma, vma->vm_flags, ctx_wp_async(ctx)))
			return -EINVAL;
	}
	return 0;
}

static int unregister_vmas(struct userfaultfd_ctx *ctx, uint64_t start, uint64_t end)
{
	struct vm_area_struct *vma = find_vma_intersection(ctx->mm, start, end);

	for (; vma && vma->vm_start < end; vma = vma->next) {
		uint64_t from = start > vma->vm_start ? start : vma->vm_start;
		uint64_t to = end < vma->vm_end ? end : vma->vm_end;

		if (!vma->uffd_ctx)
			continue;
		/* Without the context nobody could wake who sleeps there now. */
		if (userfaultfd_missing(vma))
			wake_userfault(vma->uffd_ctx, from, to - from);
		vma = userfaultfd_clear_vma(vma, from, to, ctx->prof->unregister_clears_wp);
		if (IS_ERR(vma))
			return PTR_ERR(vma);
	}
	return 0;
}

static int64_t userfaultfd_unregister(struct userfaultfd_ctx *ctx, const struct uffdio_range *range)
{
	uint64_t start = range->start, end = start + range->len;
	int64_t ret = validate_range(start, range->len);

	if (ret)
		return ret;
	if (mm_has_exited(ctx->mm))
		return -ENOMEM;
	mmap_write_lock(ctx->mm);
	ret = check_unregister(ctx, start, end);
	if (!ret)
		ret = unregister_vmas(ctx, start, end);
	mmap_write_unlock(ctx->mm);
	return ret;
}

static int64_t userfaultfd_wake(struct userfaultfd_ctx *ctx, const struct uffdio_range *range)
{
	int64_t ret = validate_range(range->start, range->len);

	if (!ret)
		wake_userfault(ctx, range->start, range->len);
	return ret;
}

/* -------------------------------------------------------------------- fills */

/*
 * The test before the request is even read.  True: the answer is -EAGAIN, and
 * newer kernels say so in the field too.
 */
static bool early_eagain(struct userfaultfd_ctx *ctx, int64_t *field, bool *written)
{
	if (!mmap_is_changing(ctx, CHANGING_REQUEST))
		return false;
	if (field && ctx->prof->eagain_writes_field) {
		*field = -EAGAIN;
		*written = true;
	}
	return true;
}

/* A fill's end: the field, the wake-up of what was filled, the result. */
static int64_t fill_result(struct userfaultfd_ctx *ctx, int64_t filled, int64_t *field,
			   bool *written, uint64_t start, uint64_t len, bool wake)
{
	*field = filled;
	*written = true;
	if (filled < 0)
		return filled;
	if (wake)
		wake_userfault(ctx, start, filled);
	return (uint64_t)filled == len ? 0 : -EAGAIN;
}

/* Older kernels only want the source range not to wrap; reading it then fails. */
static int validate_copy_src(const struct userfaultfd_ctx *ctx, const struct uffdio_copy *c)
{
	if (ctx->prof->copy_checks_src)
		return validate_unaligned_range(c->src, c->len);
	return c->src + c->len <= c->src ? -EINVAL : 0;
}

static int64_t userfaultfd_copy(struct task_struct *t, struct userfaultfd_ctx *ctx,
				struct uffdio_copy *c, bool *written)
{
	uint64_t known =
		UFFDIO_COPY_MODE_DONTWAKE | (ctx->prof->uffd_wp ? UFFDIO_COPY_MODE_WP : 0);
	unsigned flags = MFILL_ATOMIC_COPY;

	if (early_eagain(ctx, &c->copy, written))
		return -EAGAIN;
	if (validate_copy_src(ctx, c) || validate_range(c->dst, c->len))
		return -EINVAL;
	if (c->mode & ~known)
		return -EINVAL;
	if (c->mode & UFFDIO_COPY_MODE_WP)
		flags |= MFILL_ATOMIC_WP;
	return fill_result(ctx, mfill_atomic(t, ctx, c->dst, c->src, c->len, flags), &c->copy,
			   written, c->dst, c->len, !(c->mode & UFFDIO_COPY_MODE_DONTWAKE));
}

/*
 * ZEROPAGE, CONTINUE and POISON share a layout: range, mode, field.  @known: the
 * mode bits; DONTWAKE is bit 0 and WP bit 1 in all of them.
 */
static int64_t userfaultfd_fill_range(struct task_struct *t, struct userfaultfd_ctx *ctx,
				      struct uffdio_zeropage *z, unsigned flags, uint64_t known,
				      bool *written)
{
	if (early_eagain(ctx, &z->zeropage, written))
		return -EAGAIN;
	if (validate_range(z->range.start, z->range.len))
		return -EINVAL;
	if (z->mode & ~known)
		return -EINVAL;
	if (z->mode & UFFDIO_CONTINUE_MODE_WP)
		flags |= MFILL_ATOMIC_WP;
	return fill_result(ctx, mfill_atomic(t, ctx, z->range.start, 0, z->range.len, flags),
			   &z->zeropage, written, z->range.start, z->range.len,
			   !(z->mode & UFFDIO_ZEROPAGE_MODE_DONTWAKE));
}

static int64_t userfaultfd_continue(struct task_struct *t, struct userfaultfd_ctx *ctx,
				    struct uffdio_zeropage *z, bool *written)
{
	uint64_t known = UFFDIO_CONTINUE_MODE_DONTWAKE;

	if (ctx->prof->wp_unpopulated)
		known |= UFFDIO_CONTINUE_MODE_WP;
	return userfaultfd_fill_range(t, ctx, z, MFILL_ATOMIC_CONTINUE, known, written);
}

static int64_t userfaultfd_move(struct task_struct *t, struct userfaultfd_ctx *ctx,
				struct uffdio_move *m, bool *written)
{
	if (early_eagain(ctx, &m->move, written))
		return -EAGAIN;
	if (ctx->mm != t->mm)
		return -EINVAL;
	if (validate_range(m->dst, m->len) || validate_range(m->src, m->len))
		return -EINVAL;
	if (m->mode & ~(UFFDIO_MOVE_MODE_DONTWAKE | UFFDIO_MOVE_MODE_ALLOW_SRC_HOLES))
		return -EINVAL;
	return fill_result(ctx, move_pages(ctx, m->dst, m->src, m->len, m->mode), &m->move, written,
			   m->dst, m->len, !(m->mode & UFFDIO_MOVE_MODE_DONTWAKE));
}

#define ACCESS_HINTS (UFFDIO_WRITEPROTECT_MODE_ACCESS_LIKELY | UFFDIO_WRITEPROTECT_MODE_WRITE_LIKELY)

static uint64_t wp_modes(const struct userfaultfd_ctx *ctx)
{
	return UFFDIO_WRITEPROTECT_MODE_WP | UFFDIO_WRITEPROTECT_MODE_DONTWAKE |
	       (ctx->features & UFFD_FEATURE_ACCESS_HINTS ? ACCESS_HINTS : 0);
}

/* Is un-protecting a sign that the pages will be used?  Proposed, and in no kernel. */
static bool wp_will_need(const struct userfaultfd_ctx *ctx, uint64_t mode)
{
	switch (ctx->prof->unprotect_marks) {
	case MARKS_NOTHING:
		return patched(ctx->prof->decide.change_pte);
	case MARKS_POSTED:
	case MARKS_WRITABLE:
	case MARKS_YOUNG:
		return true;
	case MARKS_HINTED:
		return mode & ACCESS_HINTS;
	default:
		return false;
	}
}

static int64_t userfaultfd_writeprotect(struct userfaultfd_ctx *ctx,
					const struct uffdio_writeprotect *wp)
{
	bool enable = wp->mode & UFFDIO_WRITEPROTECT_MODE_WP;
	bool dontwake = wp->mode & UFFDIO_WRITEPROTECT_MODE_DONTWAKE;
	int64_t ret;

	if (early_eagain(ctx, NULL, NULL))
		return -EAGAIN;
	if (validate_range(wp->range.start, wp->range.len))
		return -EINVAL;
	if (wp->mode & ~wp_modes(ctx))
		return -EINVAL;
	if (enable && dontwake)
		return -EINVAL;
	ret = mwriteprotect_range(ctx, wp->range.start, wp->range.len, enable,
				  !enable && wp_will_need(ctx, wp->mode));
	if (!ret && !dontwake && (!enable || ctx->prof->wp_protect_wakes))
		wake_userfault(ctx, wp->range.start, wp->range.len);
	return ret;
}

/* ----------------------------------------------------------------- dispatch */

/* The number of a request, as it appears in the masks that REGISTER returns. */
static bool kernel_has(const struct profile *prof, uint64_t cmd)
{
	unsigned nr = cmd & 0xff;

	if (nr == _UFFDIO_SET_MODE)
		return prof->features & UFFD_FEATURE_RWP;
	return nr < 2 || (nr < 64 && prof->register_ioctls >> nr & 1);
}

static int64_t dispatch(struct task_struct *t, struct userfaultfd_ctx *ctx, uint64_t cmd, void *arg,
			bool *written)
{
	switch (cmd) {
	case UFFDIO_REGISTER:
		return userfaultfd_register(ctx, arg, written);
	case UFFDIO_UNREGISTER:
		return userfaultfd_unregister(ctx, arg);
	case UFFDIO_WAKE:
		return userfaultfd_wake(ctx, arg);
	case UFFDIO_COPY:
		return userfaultfd_copy(t, ctx, arg, written);
	case UFFDIO_ZEROPAGE:
		return userfaultfd_fill_range(t, ctx, arg, MFILL_ATOMIC_ZEROPAGE,
					      UFFDIO_ZEROPAGE_MODE_DONTWAKE, written);
	case UFFDIO_CONTINUE:
		return userfaultfd_continue(t, ctx, arg, written);
	case UFFDIO_POISON:
		return userfaultfd_fill_range(t, ctx, arg, MFILL_ATOMIC_POISON,
					      UFFDIO_POISON_MODE_DONTWAKE, written);
	case UFFDIO_WRITEPROTECT:
		return userfaultfd_writeprotect(ctx, arg);
	case UFFDIO_RWPROTECT:
		return userfaultfd_rwprotect(ctx, arg);
	case UFFDIO_SET_MODE:
		return userfaultfd_set_mode(ctx, arg);
	case UFFDIO_MOVE:
		return userfaultfd_move(t, ctx, arg, written);
	default:
		return -EINVAL;
	}
}

int64_t userfaultfd_ioctl(struct task_struct *t, struct file *file, uint64_t cmd, void *arg,
			  uint64_t value, bool *written)
{
	struct userfaultfd_ctx *ctx = file->ctx;

	if (cmd == UFFDIO_API)
		return userfaultfd_api(t, ctx, arg, written);
	if (!userfaultfd_is_initialized(ctx))
		return -EINVAL;
	if (!kernel_has(ctx->prof, cmd))
		return -EINVAL;
	return dispatch(t, ctx, cmd, arg, written);
}

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * observe_wait.c - what a sleeping thread waits for, and whether it is there
 *
 * "There" means: if the thread was woken now, with nothing else changed, it would
 * not come back to the same sleep.  Then it is only a wake-up that it lacks.
 */
#include <string.h>

#include "mm-model/fs.h"
#include "mm-model/hugetlb.h"
#include "mm-model/pipe.h"
#include "mm-model/userfaultfd.h"

static const struct userfaultfd_wait_queue *find_sleeper(const struct wait_queue_head *wqh,
							 const struct sim_thread *t)
{
	for (const struct wait_queue_entry *wq = wqh->head; wq; wq = wq->next)
		if (wq->thread == t)
			return (const void *)wq;
	return NULL;
}

static bool has_message(const struct userfaultfd_ctx *ctx)
{
	return ctx->fault_pending_wqh.head || ctx->event_wqh.head;
}

/* -------------------------------------------------------------------- faults */

static bool is_cached(const struct vm_area_struct *vma, uint64_t addr)
{
	uint64_t index;

	if (!vma_mapping(vma))
		return false;
	index = is_vm_hugetlb_page(vma) ? vma_hugecache_offset(vma, addr) :
					  linear_page_index(vma, addr);
	return filemap_peek(vma_mapping(vma), index);
}

/* Would the access come back to the monitor with the same message? */
static bool fault_repeats(const struct userfaultfd_ctx *ctx, uint64_t addr, uint64_t flags)
{
	const struct vm_area_struct *vma = vma_lookup(ctx->mm, addr);
	pte_t pte = pte_peek(ctx->mm, addr);

	if (!vma || vma->uffd_ctx != ctx)
		return false;
	if (!(vma->vm_flags & (flags & UFFD_PAGEFAULT_FLAG_WRITE ? VM_WRITE : VM_ACCESS_FLAGS)))
		return false;
	if (flags & UFFD_PAGEFAULT_FLAG_WP)
		return userfaultfd_wp(vma) && !pte_write(pte) &&
		       (pte_uffd_wp(pte) || pte_marker_uffd_wp(pte) || pte_swp_uffd_wp(pte));
	if (flags & UFFD_PAGEFAULT_FLAG_RWP)
		return userfaultfd_pte_rwp(vma, pte) && pte_protnone(pte) &&
		       !(ctx->features & UFFD_FEATURE_RWP_ASYNC);
	if (!pte_none(pte) && !pte_marker_uffd_wp(pte))
		return false;
	if (flags & UFFD_PAGEFAULT_FLAG_MINOR)
		return userfaultfd_minor(vma) && is_cached(vma, addr);
	return userfaultfd_missing(vma) && !is_cached(vma, addr);
}

static bool observe_fault(const struct userfaultfd_ctx *ctx, const struct sim_thread *t,
			  struct observed_wait *ret)
{
	const struct userfaultfd_wait_queue *uwq = find_sleeper(&ctx->fault_pending_wqh, t);
	bool read = !uwq;

	if (read)
		uwq = find_sleeper(&ctx->fault_wqh, t);
	if (!uwq)
		return false;
	ret->read = read;
	ret->message = uffd_event_name(UFFD_EVENT_PAGEFAULT);
	ret->address = uwq->msg.arg.pagefault.address;
	ret->reader = uwq->reader;
	ret->there = ctx->released || !fault_repeats(ctx, ret->address & PAGE_MASK,
						     uwq->msg.arg.pagefault.flags);
	return true;
}

static bool observe_event(const struct userfaultfd_ctx *ctx, const struct sim_thread *t,
			  struct observed_wait *ret)
{
	const struct userfaultfd_wait_queue *uwq = find_sleeper(&ctx->event_wqh, t);

	if (!uwq)
		return false;
	ret->message = uffd_event_name(uwq->msg.event);
	ret->address = uwq->msg.event == UFFD_EVENT_FORK ? 0 : uwq->msg.arg.remove.start;
	ret->there = ctx->released;
	return true;
}

/* ------------------------------------------------------------------- readers */

/* Whoever reads or polls stands in the context's queue. */
static bool observe_reader(const struct userfaultfd_ctx *ctx, const struct sim_thread *t,
			   struct observed_wait *ret)
{
	if (!find_sleeper(&ctx->fd_wqh, t))
		return false;
	ret->there = has_message(ctx);
	return true;
}

static bool observe_pipe(const struct sim_op *op, struct observed_wait *ret)
{
	const struct pipe_inode_info *pipe = (const void *)op->obj; /* first member */

	ret->there = strcmp(op->what, "pipe_write") ? pipe_readable(pipe) : pipe_writable(pipe);
	return true;
}

bool observe_wait(struct kernel *k, const struct sim_thread *t, struct observed_wait *ret)
{
	const struct sim_op *op = sim_thread_op(t);
	const struct userfaultfd_ctx *ctx;

	memset(ret, 0, sizeof(*ret));
	if (!op || op->kind != SIM_OP_WAIT || !op->obj)
		return false;
	if (op->obj->cls == MM_CLASS_PIPE)
		return observe_pipe(op, ret);
	for (ctx = k->ctxs; ctx; ctx = ctx->next) {
		ret->ctx = ctx->obj.id;
		if (observe_fault(ctx, t, ret) || observe_event(ctx, t, ret) ||
		    observe_reader(ctx, t, ret))
			return true;
	}
	return false;
}

bool observe_reads(struct task_struct *t, int fd, uint32_t ctx)
{
	const struct files_struct *files = t->process->files;
	const struct file *file = fd >= 0 && (unsigned)fd < files->max ? files->fd[fd] : NULL;

	return file && file->ctx && file->ctx->obj.id == ctx;
}

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * userfaultfd_wake.c - whom a wake-up takes
 *
 * By address, on both queues of faults: those whose message was read, and those nobody
 * has read.  Who is woken is taken off its queue.
 */
#include "mm-model/decisions.h"
#include "mm-model/userfaultfd.h"

static bool wakes(uint64_t address, uint64_t start, uint64_t len)
{
	return !len || (address >= start && address - start < len);
}

bool builtin_userfaultfd_wake_function(const struct uffd_waiter *waiter, uint64_t start,
				       uint64_t len)
{
	return wakes(waiter->address, start, len);
}

static struct uffd_waiter waiter_of(const struct userfaultfd_wait_queue *uwq)
{
	uint64_t flags = uwq->msg.arg.pagefault.flags;

	return (struct uffd_waiter){
		.address = uwq->msg.arg.pagefault.address,
		.reason = flags & UFFD_PAGEFAULT_FLAG_WP    ? VM_UFFD_WP :
			  flags & UFFD_PAGEFAULT_FLAG_RWP   ? VM_UFFD_RWP :
			  flags & UFFD_PAGEFAULT_FLAG_MINOR ? VM_UFFD_MINOR :
			  flags & UFFD_PAGEFAULT_FLAG_RWP   ? VM_UFFD_RWP :
							      VM_UFFD_MISSING,
		.write = flags & UFFD_PAGEFAULT_FLAG_WRITE,
		.read = uwq->on == &uwq->ctx->fault_wqh,
	};
}

static bool taken_by(const struct userfaultfd_wait_queue *uwq,
		     const struct userfaultfd_wake_range *range)
{
	const struct profile *prof = uwq->ctx->prof;
	struct uffd_waiter waiter;

	if (!patched(prof->decide.userfaultfd_wake_function))
		return wakes(uwq->msg.arg.pagefault.address, range->start, range->len);
	waiter = waiter_of(uwq);
	return prof->decide.userfaultfd_wake_function(&waiter, range->start, range->len);
}

int userfaultfd_wake_function(struct wait_queue_entry *wq, void *key)
{
	struct userfaultfd_wait_queue *uwq = (void *)wq;

	if (!taken_by(uwq, key))
		return 0;
	uwq->waken = true;
	if (!wake_up_process(wq->thread))
		return 0;
	uwq_dequeue(uwq);
	return 1;
}

static __attribute__((noinline)) void __wake_userfault(struct userfaultfd_ctx *ctx, uint64_t start,
						       uint64_t len)
{
	struct userfaultfd_wake_range range = { .start = start, .len = len };

	spin_lock(&ctx->fault_pending_wqh.lock);
	__wake_up_locked_key(&ctx->fault_pending_wqh, 0, &range);
	__wake_up(&ctx->fault_wqh, 0, &range);
	spin_unlock(&ctx->fault_pending_wqh.lock);
}

/* The lockless test first: most fills find nobody asleep. */
void wake_userfault(struct userfaultfd_ctx *ctx, uint64_t start, uint64_t len)
{
	sim_yield(ctx->obj.sim, SIM_OP_READ, "wake_userfault");
	if (waitqueue_active(&ctx->fault_pending_wqh) || waitqueue_active(&ctx->fault_wqh))
		__wake_userfault(ctx, start, len);
}

void wake_all_userfaults(struct userfaultfd_ctx *ctx)
{
	struct userfaultfd_wake_range all = { 0 };

	spin_lock(&ctx->fault_pending_wqh.lock);
	__wake_up_locked_key(&ctx->fault_pending_wqh, 0, &all);
	__wake_up(&ctx->fault_wqh, 0, &all);
	spin_unlock(&ctx->fault_pending_wqh.lock);
}

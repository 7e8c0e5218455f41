/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * userfaultfd_event.c - FORK, REMAP, REMOVE, UNMAP, and what they hold back
 *
 * An event has three parts.  *prep*, while the system call holds mmap_lock:
 * the context gets a reference and mmap_changing goes up.  *delivery*, after
 * the lock was dropped: the message is queued and the thread sleeps until it is
 * read, the context is released, or the thread is killed.  *end*: mmap_changing
 * goes down, by the sleeper once it runs again.  In between, fills and
 * write-protection on that context answer EAGAIN.
 */
#include <utlist.h>

#include "mm-model/userfaultfd.h"

void map_changing_read_unlock(struct userfaultfd_ctx *ctx)
{
	up_read_in_step(&ctx->map_changing_lock);
}

static bool takes_map_changing_lock(const struct profile *prof, unsigned event)
{
	return prof->map_changing_lock && prof->event_lock != EVENT_LOCK_NONE &&
	       !(prof->event_lock == EVENT_LOCK_NOT_REMOVE && event == UFFD_EVENT_REMOVE);
}

/*
 * The section is one step: it only raises mmap_changing, and nobody looks
 * whether the lock is held without waiting for it.
 */
static void raise_mmap_changing(struct userfaultfd_ctx *ctx, unsigned event, unsigned producers)
{
	const struct profile *prof = ctx->prof;
	bool locked = takes_map_changing_lock(prof, event);

	if (locked)
		down_write(&ctx->map_changing_lock);
	else
		sim_yield(ctx->obj.sim, SIM_OP_WRITE, "mmap_changing");
	sim_preempt_disable(ctx->obj.sim);
	if (prof->mmap_changing == MMAP_CHANGING_BOOL)
		write_once(&ctx->mmap_changing, 1);
	else if (prof->mmap_changing == MMAP_CHANGING_COUNTER)
		atomic_inc(&ctx->mmap_changing);
	ctx->producers += producers;
	if (locked)
		up_write(&ctx->map_changing_lock);
	sim_preempt_enable(ctx->obj.sim);
}

void builtin_userfaultfd_event_begin(struct userfaultfd_ctx *ctx, unsigned event)
{
	raise_mmap_changing(ctx, event, 0);
}

static void userfaultfd_event_begin(struct userfaultfd_ctx *ctx, unsigned event)
{
	const struct profile *prof = ctx->prof;

	userfaultfd_ctx_get(ctx);
	if (!patched(prof->decide.userfaultfd_event_begin)) {
		raise_mmap_changing(ctx, event, 1);
		return;
	}
	ctx->producers++;
	prof->decide.userfaultfd_event_begin(ctx, event);
}

void builtin_userfaultfd_event_end(struct userfaultfd_ctx *ctx, unsigned event)
{
	const struct profile *prof = ctx->prof;

	if (prof->mmap_changing == MMAP_CHANGING_BOOL)
		write_once(&ctx->mmap_changing, 0);
	else if (prof->mmap_changing == MMAP_CHANGING_COUNTER)
		atomic_dec(&ctx->mmap_changing);
}

static void userfaultfd_event_end(struct userfaultfd_ctx *ctx, unsigned event)
{
	if (patched(ctx->prof->decide.userfaultfd_event_end))
		ctx->prof->decide.userfaultfd_event_end(ctx, event);
	else
		builtin_userfaultfd_event_end(ctx, event);
	ctx->producers--;
	userfaultfd_ctx_put(ctx);
}

bool builtin_mmap_is_changing(struct userfaultfd_ctx *ctx, enum changing_asker who)
{
	if (ctx->prof->mmap_changing == MMAP_CHANGING_NONE)
		return false;
	return sim_var_look(&ctx->mmap_changing) != 0;
}

/* Nobody is left who would count down. */
static void userfaultfd_event_leak(struct userfaultfd_ctx *ctx)
{
	ctx->producers--;
	userfaultfd_ctx_put(ctx);
}

static void forget_new_ctx(struct vm_area_struct *vma)
{
	if (mm_prof(vma->mm)->fork_fail_forgets == FORK_FAIL_CONTEXT) {
		vma->uffd_ctx = NULL;
		return;
	}
	userfaultfd_wp_goes_stale(vma);
	userfaultfd_reset_ctx(vma);
}

/* The child's memory was never handed to a monitor: nobody watches it. */
static void release_new_ctx(struct userfaultfd_ctx *ctx)
{
	struct mm_struct *mm = ctx->mm;
	struct vm_area_struct *vma;

	if (mm_prof(mm)->fork_fail_forgets != FORK_FAIL_NOTHING) {
		mmap_write_lock(mm);
		DL_FOREACH(mm->mmap, vma)
			if (vma->uffd_ctx == ctx)
				forget_new_ctx(vma);
		mmap_write_unlock(mm);
	}
	userfaultfd_ctx_put(ctx);
}

const char *uffd_event_name(unsigned event)
{
	switch (event) {
	case UFFD_EVENT_PAGEFAULT:
		return "PAGEFAULT";
	case UFFD_EVENT_FORK:
		return "FORK";
	case UFFD_EVENT_REMAP:
		return "REMAP";
	case UFFD_EVENT_REMOVE:
		return "REMOVE";
	case UFFD_EVENT_UNMAP:
		return "UNMAP";
	}
	return "0";
}

/* Queue the message and sleep until it is read.  Returns a context to give up, if any. */
static struct userfaultfd_ctx *event_wait(struct userfaultfd_ctx *ctx,
					  struct userfaultfd_wait_queue *ewq)
{
	struct sim *sim = ctx->obj.sim;
	struct userfaultfd_ctx *unread = NULL;

	sim_trace(sim, "event %s", uffd_event_name(ewq->msg.event));
	spin_lock(&ctx->event_wqh.lock);
	uwq_queue(ewq, &ctx->event_wqh);
	for (;;) {
		__set_current_state(sim, TASK_KILLABLE);
		if (ewq->msg.event == 0)
			break;
		if (ctx_released(ctx) || fatal_signal_pending(sim_current(sim))) {
			uwq_dequeue(ewq);
			if (ewq->msg.event == UFFD_EVENT_FORK)
				unread = ewq->fork_ctx;
			break;
		}
		spin_unlock(&ctx->event_wqh.lock);
		__wake_up(&ctx->fd_wqh, 1, NULL);
		schedule(sim, &ctx->obj, "userfaultfd_event_wait_completion");
		spin_lock(&ctx->event_wqh.lock);
	}
	__set_current_state(sim, TASK_RUNNING);
	spin_unlock(&ctx->event_wqh.lock);
	return unread;
}

static void userfaultfd_event_wait_completion(struct userfaultfd_ctx *ctx,
					      struct userfaultfd_wait_queue *ewq)
{
	unsigned event = ewq->msg.event;
	struct userfaultfd_ctx *unread;

	ewq->ctx = ctx;
	init_waitqueue_entry(&ewq->wq, sim_current(ctx->obj.sim));
	unread = event_wait(ctx, ewq);
	if (unread)
		release_new_ctx(unread);
	userfaultfd_event_end(ctx, event);
}

void builtin_userfaultfd_event_complete(struct userfaultfd_ctx *ctx, unsigned event)
{
}

void userfaultfd_event_complete(struct userfaultfd_ctx *ctx, struct userfaultfd_wait_queue *ewq)
{
	if (patched(ctx->prof->decide.userfaultfd_event_complete))
		ctx->prof->decide.userfaultfd_event_complete(ctx, ewq->msg.event);
	ewq->msg.event = 0;
	__wake_up_locked_key(&ctx->event_wqh, 1, NULL);
	uwq_dequeue(ewq);
}

/* ---------------------------------------------------------------------- fork */

static struct userfaultfd_fork_ctx *fork_ctx_alloc(struct userfaultfd_ctx *octx,
						   struct mm_struct *mm)
{
	struct sim *sim = octx->obj.sim;
	struct userfaultfd_fork_ctx *fctx = sim_zalloc(sim, sizeof(*fctx));

	if (!fctx)
		return NULL;
	fctx->new = userfaultfd_ctx_alloc(mm, octx->flags);
	if (!fctx->new) {
		sim_free(sim, fctx, sizeof(*fctx));
		return NULL;
	}
	fctx->new->features = octx->features;
	fctx->orig = octx;
	return fctx;
}

/* @vma is the child's copy, still pointing to the parent's context. */
int dup_userfaultfd(struct vm_area_struct *vma, struct userfaultfd_fork_ctx **fcs)
{
	struct userfaultfd_ctx *octx = vma->uffd_ctx;
	struct userfaultfd_fork_ctx *fctx;

	if (!octx)
		return 0;
	if (!(octx->features & UFFD_FEATURE_EVENT_FORK)) {
		userfaultfd_reset_ctx(vma);
		return 0;
	}
	LL_SEARCH_SCALAR(*fcs, fctx, orig, octx);
	if (!fctx) {
		fctx = fork_ctx_alloc(octx, vma->mm);
		if (!fctx)
			return -ENOMEM;
		userfaultfd_event_begin(octx, UFFD_EVENT_FORK);
		LL_APPEND(*fcs, fctx);
	}
	vma->uffd_ctx = fctx->new;
	return 0;
}

void dup_userfaultfd_complete(struct kernel *k, struct userfaultfd_fork_ctx *fcs)
{
	while (fcs) {
		struct userfaultfd_fork_ctx *fctx = fcs;
		struct userfaultfd_wait_queue ewq = { .msg.event = UFFD_EVENT_FORK };

		LL_DELETE(fcs, fctx);
		ewq.fork_ctx = fctx->new;
		userfaultfd_event_wait_completion(fctx->orig, &ewq);
		sim_free(k->sim, fctx, sizeof(*fctx));
	}
}

void dup_userfaultfd_fail(struct kernel *k, struct userfaultfd_fork_ctx *fcs)
{
	while (fcs) {
		struct userfaultfd_fork_ctx *fctx = fcs;

		LL_DELETE(fcs, fctx);
		userfaultfd_event_end(fctx->orig, UFFD_EVENT_FORK);
		userfaultfd_ctx_put(fctx->new);
		sim_free(k->sim, fctx, sizeof(*fctx));
	}
}

/* -------------------------------------------------------------------- mremap */

void mremap_userfaultfd_prep(struct vm_area_struct *vma, struct vm_userfaultfd_remap *r)
{
	struct userfaultfd_ctx *ctx = vma->uffd_ctx;

	if (!ctx)
		return;
	if (!(ctx->features & UFFD_FEATURE_EVENT_REMAP)) {
		if (!mm_prof(vma->mm)->remap_drops_ctx)
			return;
		if (!mm_prof(vma->mm)->remap_clears_wp)
			userfaultfd_wp_goes_stale(vma);
		userfaultfd_reset_ctx(vma);
		return;
	}
	r->ctx = ctx;
	userfaultfd_event_begin(ctx, UFFD_EVENT_REMAP);
}

void mremap_userfaultfd_complete(struct vm_userfaultfd_remap *r, uint64_t from, uint64_t to,
				 uint64_t len)
{
	struct userfaultfd_wait_queue ewq = { .msg.event = UFFD_EVENT_REMAP };

	if (!r->ctx)
		return;
	ewq.msg.arg.remap.from = from;
	ewq.msg.arg.remap.to = to;
	ewq.msg.arg.remap.len = len;
	userfaultfd_event_wait_completion(r->ctx, &ewq);
	r->ctx = NULL;
}

void mremap_userfaultfd_fail(struct vm_userfaultfd_remap *r)
{
	if (r->ctx && r->ctx->prof->remap_fail_ends_event)
		userfaultfd_event_end(r->ctx, UFFD_EVENT_REMAP);
	else if (r->ctx)
		userfaultfd_event_leak(r->ctx);
	r->ctx = NULL;
}

/* ---------------------------------------------------------------------- exit */

/* As it was for some weeks: whom to tell is found without a lock, and nothing ends the wait. */
static void userfaultfd_exit(struct mm_struct *mm)
{
	struct vm_area_struct *vma;

	sim_yield(mm_sim(mm), SIM_OP_READ, "userfaultfd_exit");
	vma_list_look(mm);
	for (vma = mm->mmap; vma; vma = vma->next) {
		struct userfaultfd_wait_queue ewq = { .msg.event = UFFD_EVENT_UNMAP };

		if (!vma->uffd_ctx)
			continue;
		userfaultfd_event_begin(vma->uffd_ctx, UFFD_EVENT_UNMAP);
		userfaultfd_event_wait_completion(vma->uffd_ctx, &ewq);
		vma_list_look(mm);
		sim_obj_check(&vma->obj);
	}
}

int64_t sys_exit(struct task_struct *t)
{
	if (mm_prof(t->mm)->event_exit)
		userfaultfd_exit(t->mm);
	return 0;
}

/* ------------------------------------------------------------ remove, unmap */

bool userfaultfd_wants_remove(const struct vm_area_struct *vma)
{
	return vma->uffd_ctx && vma->uffd_ctx->features & UFFD_FEATURE_EVENT_REMOVE;
}

struct userfaultfd_ctx *userfaultfd_remove_prep(struct vm_area_struct *vma)
{
	struct userfaultfd_ctx *ctx = vma->uffd_ctx;

	if (!userfaultfd_wants_remove(vma))
		return NULL;
	userfaultfd_event_begin(ctx, UFFD_EVENT_REMOVE);
	return ctx;
}

void userfaultfd_remove_complete(struct userfaultfd_ctx *ctx, uint64_t start, uint64_t end)
{
	struct userfaultfd_wait_queue ewq = { .msg.event = UFFD_EVENT_REMOVE };

	ewq.msg.arg.remove.start = start;
	ewq.msg.arg.remove.end = end;
	userfaultfd_event_wait_completion(ctx, &ewq);
}

bool userfaultfd_remove(struct vm_area_struct *vma, uint64_t start, uint64_t end)
{
	struct userfaultfd_ctx *ctx = userfaultfd_remove_prep(vma);

	if (!ctx)
		return true;
	mmap_read_unlock(vma->mm);
	userfaultfd_remove_complete(ctx, start, end);
	return false;
}

int userfaultfd_unmap_prep(struct vm_area_struct *vma, uint64_t start, uint64_t end,
			   struct userfaultfd_unmap_ctx **uf)
{
	struct userfaultfd_ctx *ctx = vma->uffd_ctx;
	struct userfaultfd_unmap_ctx *u;

	if (!ctx || !(ctx->features & UFFD_FEATURE_EVENT_UNMAP))
		return 0;
	LL_FOREACH(*uf, u)
		if (u->ctx == ctx && u->start == start && u->end == end)
			return 0;
	u = sim_zalloc(ctx->obj.sim, sizeof(*u));
	if (!u)
		return -ENOMEM;
	userfaultfd_event_begin(ctx, UFFD_EVENT_UNMAP);
	u->ctx = ctx;
	u->start = start;
	u->end = end;
	LL_APPEND(*uf, u);
	return 0;
}

void userfaultfd_unmap_complete(struct mm_struct *mm, struct userfaultfd_unmap_ctx *uf)
{
	while (uf) {
		struct userfaultfd_unmap_ctx *u = uf;
		struct userfaultfd_wait_queue ewq = { .msg.event = UFFD_EVENT_UNMAP };

		LL_DELETE(uf, u);
		ewq.msg.arg.remove.start = u->start;
		ewq.msg.arg.remove.end = u->end;
		userfaultfd_event_wait_completion(u->ctx, &ewq);
		sim_free(mm_sim(mm), u, sizeof(*u));
	}
}

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * userfaultfd.c - contexts, faults that wait for the monitor, read, poll, close
 *
 * A fault queues itself on fault_pending_wqh, looks at the page table once more
 * and sleeps.  read() moves it to fault_wqh.  Whoever resolves it wakes by
 * address, on both queues; the thread takes itself off and tries the access
 * again from the start.
 */
#include "mm-model/cred.h"
#include "mm-model/decisions.h"
#include "mm-model/hugetlb.h"
#include "mm-model/userfaultfd.h"
#include "mm-model/vma.h"

static uint64_t ctx_key(const struct userfaultfd_ctx *ctx)
{
	return sim_obj_key(&ctx->obj);
}

bool ctx_released(const struct userfaultfd_ctx *ctx)
{
	sim_touch(ctx->obj.sim, ctx_key(ctx), SIM_READ);
	return ctx->released;
}

bool userfaultfd_wp_async(const struct vm_area_struct *vma)
{
	return vma->uffd_ctx && vma->uffd_ctx->features & UFFD_FEATURE_WP_ASYNC;
}

bool vma_can_have_uffd_markers(const struct vm_area_struct *vma)
{
	if (!vma_is_anonymous(vma))
		return userfaultfd_wp(vma);
	return vma->uffd_ctx && vma->uffd_ctx->features & UFFD_FEATURE_WP_UNPOPULATED;
}

/* ----------------------------------------------------------------- contexts */

struct userfaultfd_ctx *userfaultfd_ctx_alloc(struct mm_struct *mm, unsigned flags)
{
	struct kernel *k = mm->k;
	struct userfaultfd_ctx *ctx = sim_zalloc(k->sim, sizeof(*ctx));

	if (!ctx)
		return NULL;
	sim_obj_init(k->sim, &ctx->obj, (enum sim_class)MM_CLASS_CTX, "userfaultfd_ctx");
	init_waitqueue_head(k->sim, &ctx->fault_pending_wqh, "fault_pending_wqh");
	init_waitqueue_head(k->sim, &ctx->fault_wqh, "fault_wqh");
	init_waitqueue_head(k->sim, &ctx->fd_wqh, "fd_wqh");
	init_waitqueue_head(k->sim, &ctx->event_wqh, "event_wqh");
	init_rwsem(k->sim, &ctx->map_changing_lock, "map_changing_lock");
	sim_var_init(k->sim, &ctx->mmap_changing, "mmap_changing", 0);
	ctx->mm = mm;
	ctx->prof = k->prof;
	ctx->flags = flags;
	ctx->refs = 1;
	ctx->next = k->ctxs;
	k->ctxs = ctx;
	return ctx;
}

void userfaultfd_ctx_get(struct userfaultfd_ctx *ctx)
{
	sim_obj_check(&ctx->obj);
	ctx->refs++;
}

void userfaultfd_ctx_put(struct userfaultfd_ctx *ctx)
{
	struct kernel *k = ctx->mm->k;
	struct userfaultfd_ctx **p = &k->ctxs;

	sim_obj_check(&ctx->obj);
	if (--ctx->refs)
		return;
	while (*p != ctx)
		p = &(*p)->next;
	*p = ctx->next;
	ctx->obj.live =
		0; /* no sim_obj_fini(): who is the last of several holders is all the same */
	sim_free(k->sim, ctx, sizeof(*ctx));
}

int userfaultfd_install_fd(struct task_struct *t, struct userfaultfd_ctx *ctx)
{
	/* Since 6.1 there is nothing to write to it. */
	uint64_t mode = mm_prof(t->mm)->uffd_read_only ? O_RDONLY : O_RDWR;
	struct file *file =
		file_alloc(t->process->k, &userfaultfd_fops, mode | (ctx->flags & O_NONBLOCK));
	int fd;

	if (!file)
		return -ENOMEM;
	file->ctx = ctx;
	file->noexec = true;
	fd = fd_install(t->process->files, file);
	if (fd < 0) {
		sim_obj_fini(&file->obj);
		sim_free(t->process->k->sim, file, sizeof(*file));
	}
	return fd;
}

int64_t new_userfaultfd(struct task_struct *t, uint64_t flags)
{
	const struct profile *prof = t->process->k->prof;
	uint64_t known = O_CLOEXEC | O_NONBLOCK | (prof->user_mode_only ? UFFD_USER_MODE_ONLY : 0);
	struct userfaultfd_ctx *ctx;
	int fd;

	/* An int argument: what lies above is not looked at. */
	if ((uint32_t)flags & ~known)
		return -EINVAL;
	ctx = userfaultfd_ctx_alloc(t->mm, flags);
	if (!ctx)
		return -ENOMEM;
	fd = userfaultfd_install_fd(t, ctx);
	if (fd < 0)
		userfaultfd_ctx_put(ctx);
	return fd;
}

int64_t sys_userfaultfd(struct task_struct *t, uint64_t flags)
{
	sim_yield(t->process->k->sim, SIM_OP_WRITE, "userfaultfd");
	/* Who is not privileged may only watch what user mode does. */
	if (mm_prof(t->mm)->uffd_privileged && !capable(t) &&
	    !(flags & UFFD_USER_MODE_ONLY && t->process->k->prof->user_mode_only))
		return -EPERM;
	return new_userfaultfd(t, flags);
}

/* -------------------------------------------------------------------- faults */

void uwq_queue(struct userfaultfd_wait_queue *uwq, struct wait_queue_head *on)
{
	__add_wait_queue(on, &uwq->wq);
	uwq->on = on;
}

void uwq_dequeue(struct userfaultfd_wait_queue *uwq)
{
	__remove_wait_queue(uwq->on, &uwq->wq);
	uwq->on = NULL;
}

static struct uffd_msg userfault_msg(const struct userfaultfd_ctx *ctx, const struct vm_fault *vmf,
				     vm_flags_t reason, unsigned tid)
{
	struct uffd_msg msg = { .event = UFFD_EVENT_PAGEFAULT };

	msg.arg.pagefault.address =
		ctx->features & UFFD_FEATURE_EXACT_ADDRESS ? vmf->real_address : vmf->address;
	if (vmf->flags & FAULT_FLAG_WRITE)
		msg.arg.pagefault.flags |= UFFD_PAGEFAULT_FLAG_WRITE;
	if (reason & VM_UFFD_WP)
		msg.arg.pagefault.flags |= UFFD_PAGEFAULT_FLAG_WP;
	if (reason & VM_UFFD_RWP)
		msg.arg.pagefault.flags |= UFFD_PAGEFAULT_FLAG_RWP;
	if (reason & VM_UFFD_MINOR)
		msg.arg.pagefault.flags |= UFFD_PAGEFAULT_FLAG_MINOR;
	if (ctx->features & UFFD_FEATURE_THREAD_ID)
		msg.arg.pagefault.feat.ptid = tid;
	return msg;
}

bool builtin_userfaultfd_must_wait(struct vm_area_struct *vma, uint64_t addr, pte_t pte,
				   vm_flags_t reason)
{
	if (!mm_prof(vma->mm)->fault_looks_again || pte_none_mostly(pte))
		return true;
	if (reason & VM_UFFD_RWP)
		return pte_protnone(pte) && pte_uffd_wp(pte);
	/* The write bit is what counts, not uffd-wp: a second message is allowed. */
	return reason & VM_UFFD_WP && !pte_write(pte);
}

/* Does the page table still call for the monitor, now that we are in the queue? */
static bool userfaultfd_must_wait(struct vm_fault *vmf, vm_flags_t reason)
{
	struct mm_struct *mm = vmf->vma->mm;
	const struct profile *prof = mm_prof(mm);
	pte_t pte;

	if (!prof->fault_looks_again && !patched(prof->decide.userfaultfd_must_wait))
		return true;
	sim_yield(mm_sim(mm), SIM_OP_READ, "userfaultfd_must_wait");
	if (is_vm_hugetlb_page(vmf->vma))
		pte = pmd_get(mm, vmf->address);
	else
		pte = ptep_get_lockless(mm, vmf->address);
	sim_trace(mm_sim(mm), "userfaultfd_must_wait()");
	if (patched(prof->decide.userfaultfd_must_wait) && !is_vm_hugetlb_page(vmf->vma))
		return prof->decide.userfaultfd_must_wait(vmf->vma, vmf->address, pte, reason);
	return builtin_userfaultfd_must_wait(vmf->vma, vmf->address, pte, reason);
}

/* Older kernels sleep on until the monitor wakes them, the context goes, or a signal comes. */
static bool sleeps_on(struct userfaultfd_ctx *ctx, struct userfaultfd_wait_queue *uwq,
		      enum sim_task_state state)
{
	struct sim *sim = ctx->obj.sim;

	if (!ctx->prof->fault_waits_for_waker || uwq->waken || ctx_released(ctx) ||
	    fatal_signal_pending(sim_current(sim)))
		return false;
	__set_current_state(sim, state);
	return true;
}

/* Queue, look again, sleep.  The lock of the fault is dropped. */
static void userfault_wait(struct userfaultfd_ctx *ctx, struct userfaultfd_wait_queue *uwq,
			   struct vm_fault *vmf, vm_flags_t reason)
{
	struct sim *sim = ctx->obj.sim;
	enum sim_task_state state = vmf->flags & FAULT_FLAG_INTERRUPTIBLE ? TASK_INTERRUPTIBLE :
									    TASK_KILLABLE;
	bool huge = is_vm_hugetlb_page(vmf->vma);
	bool must_wait;

	if (huge)
		hugetlb_vma_lock_read(vmf->vma);
	spin_lock(&ctx->fault_pending_wqh.lock);
	uwq_queue(uwq, &ctx->fault_pending_wqh);
	uwq->sleeps = true;
	__set_current_state(sim, state);
	spin_unlock(&ctx->fault_pending_wqh.lock);
	sim_trace(sim, "handle_userfault(%s)", reason & VM_UFFD_WP    ? "wp" :
						reason & VM_UFFD_RWP   ? "rwp" :
						reason & VM_UFFD_MINOR ? "minor" :
									 "missing");

	must_wait = userfaultfd_must_wait(vmf, reason);
	if (huge)
		hugetlb_vma_unlock_read(vmf->vma);
	release_fault_lock(vmf);
	if (must_wait && !ctx_released(ctx)) {
		__wake_up(&ctx->fd_wqh, 1, NULL);
		do
			schedule(sim, &ctx->obj, "handle_userfault");
		while (sleeps_on(ctx, uwq, state));
	}
	__set_current_state(sim, TASK_RUNNING);
	uwq->sleeps = false;
	/* Who was woken was taken off; both queues change only under the pending one's lock. */
	if (!uwq->waken || uwq->on) {
		spin_lock(&ctx->fault_pending_wqh.lock);
		if (uwq->on)
			uwq_dequeue(uwq);
		spin_unlock(&ctx->fault_pending_wqh.lock);
	}
}

static bool ctx_is_detached(const struct sim_thread *t, const struct sim_op *op)
{
	const struct userfaultfd_ctx *ctx = (const void *)op->obj; /* first member */

	return ctx->detached;
}

/*
 * The context is being released: the kernel tries the fault again and again until
 * its VMA has forgotten it.  Nothing can be seen of that but the time it takes.
 */
static vm_fault_t wait_for_release(struct userfaultfd_ctx *ctx, struct vm_fault *vmf)
{
	const struct sim_op op = {
		.kind = SIM_OP_WAIT,
		.needs = SIM_NEEDS_EVENT,
		.what = "handle_userfault",
		.obj = &ctx->obj,
		.enabled = ctx_is_detached,
		.spins = true,
	};

	/* Who is told that nothing is to do keeps the lock and comes again. */
	bool keeps_lock = ctx->prof->release_fault == RELEASE_FAULT_NOPAGE &&
			  !(vmf->flags & FAULT_FLAG_USER);

	userfaultfd_ctx_get(ctx);
	if (!keeps_lock)
		release_fault_lock(vmf);
	sim_point_killable(ctx->obj.sim, &op);
	sim_touch(ctx->obj.sim, ctx_key(ctx), SIM_READ);
	userfaultfd_ctx_put(ctx);
	return keeps_lock ? VM_FAULT_NOPAGE : VM_FAULT_RETRY;
}

vm_fault_t handle_userfault(struct task_struct *t, struct vm_fault *vmf, vm_flags_t reason)
{
	struct userfaultfd_ctx *ctx = vmf->vma->uffd_ctx;
	struct userfaultfd_wait_queue uwq;

	vma_flags_read(vmf->vma);
	if (!ctx)
		return VM_FAULT_SIGBUS;
	if (ctx->features & UFFD_FEATURE_SIGBUS)
		return VM_FAULT_SIGBUS;
	if (!(vmf->flags & FAULT_FLAG_USER) && ctx->flags & UFFD_USER_MODE_ONLY)
		return VM_FAULT_SIGBUS;
	/* A user's second try that meets a release is let go: the context is not asked. */
	if (!(vmf->flags & FAULT_FLAG_ALLOW_RETRY) &&
	    !(vmf->flags & FAULT_FLAG_TRIED && vmf->flags & FAULT_FLAG_USER && ctx_released(ctx)))
		return VM_FAULT_SIGBUS;
	if (ctx_released(ctx))
		return ctx->prof->release_fault == RELEASE_FAULT_SIGBUS ? VM_FAULT_SIGBUS :
									  wait_for_release(ctx, vmf);
	userfaultfd_ctx_get(ctx);
	init_waitqueue_func_entry(&uwq.wq, sim_current(ctx->obj.sim), userfaultfd_wake_function);
	uwq.msg = userfault_msg(ctx, vmf, reason, t->tid);
	uwq.ctx = ctx;
	uwq.fork_ctx = NULL;
	uwq.on = NULL;
	uwq.reader = NULL;
	uwq.waken = uwq.sleeps = false;
	userfault_wait(ctx, &uwq, vmf, reason);
	userfaultfd_ctx_put(ctx);
	return VM_FAULT_RETRY;
}

/* ---------------------------------------------------------------------- read */

/* The oldest entry: they are added at the head. */
static struct userfaultfd_wait_queue *find_userfault_in(struct wait_queue_head *wqh)
{
	struct wait_queue_entry *wq = waitqueue_active(wqh) ? wqh->head : NULL;

	while (wq && wq->next)
		wq = wq->next;
	return (void *)wq;
}

/* Move a fault to the queue of those that were read. */
static bool read_fault(struct userfaultfd_ctx *ctx, struct uffd_msg *msg)
{
	struct userfaultfd_wait_queue *uwq;

	spin_lock(&ctx->fault_pending_wqh.lock);
	uwq = find_userfault_in(&ctx->fault_pending_wqh);
	if (uwq) {
		uwq_dequeue(uwq);
		uwq->reader = sim_current(ctx->obj.sim);
		/* Who looks at both queues now finds them empty. */
		if (!ctx->prof->refile_atomic)
			sim_yield(ctx->obj.sim, SIM_OP_WRITE, "refile");
		spin_lock(&ctx->fault_wqh.lock);
		uwq_queue(uwq, &ctx->fault_wqh);
		spin_unlock(&ctx->fault_wqh.lock);
		*msg = uwq->msg;
	}
	spin_unlock(&ctx->fault_pending_wqh.lock);
	return uwq != NULL;
}

/*
 * Take the oldest event.  A FORK event stays unfinished: it is parked on @fork,
 * with a reference to the child's context in @new, until its descriptor is made.
 * Its thread may leave @fork meanwhile, if it is killed.
 */
static bool read_event(struct userfaultfd_ctx *ctx, struct uffd_msg *msg,
		       struct wait_queue_head *fork, struct userfaultfd_ctx **new)
{
	struct userfaultfd_wait_queue *uwq;

	spin_lock(&ctx->event_wqh.lock);
	uwq = find_userfault_in(&ctx->event_wqh);
	if (uwq) {
		*msg = uwq->msg;
		if (uwq->msg.event == UFFD_EVENT_FORK) {
			uwq_dequeue(uwq);
			uwq_queue(uwq, fork);
			userfaultfd_ctx_get(uwq->fork_ctx);
			*new = uwq->fork_ctx;
		} else {
			userfaultfd_event_complete(ctx, uwq);
		}
	}
	spin_unlock(&ctx->event_wqh.lock);
	return uwq != NULL;
}

/* The child's descriptor goes into the reader's table, then fork may go on. */
static int64_t resolve_userfault_fork(struct task_struct *t, struct userfaultfd_ctx *ctx,
				      struct wait_queue_head *fork, struct userfaultfd_ctx *new,
				      struct uffd_msg *msg)
{
	struct userfaultfd_wait_queue *uwq;
	int fd;

	sim_yield(ctx->obj.sim, SIM_OP_WRITE, "resolve_userfault_fork");
	fd = userfaultfd_install_fd(t, new);
	if (fd >= 0)
		msg->arg.fork.ufd = fd;
	spin_lock(&ctx->event_wqh.lock);
	uwq = find_userfault_in(fork);
	if (uwq) {
		uwq_dequeue(uwq);
		uwq_queue(uwq, &ctx->event_wqh);
		if (fd >= 0)
			userfaultfd_event_complete(ctx, uwq);
	}
	spin_unlock(&ctx->event_wqh.lock);
	/* The descriptor takes the reference of the fork; if that was killed, the one of read_event(). */
	if (uwq || fd < 0)
		userfaultfd_ctx_put(new);
	return fd < 0 ? fd : 0;
}

/* Faults before events.  The reader waits on fd_wqh. */
static int64_t userfaultfd_ctx_read(struct userfaultfd_ctx *ctx, bool nonblock,
				    struct uffd_msg *msg, struct wait_queue_head *fork,
				    struct userfaultfd_ctx **new)
{
	struct sim *sim = ctx->obj.sim;
	struct wait_queue_entry wait;
	int64_t ret = 0;

	init_waitqueue_entry(&wait, sim_current(sim));
	spin_lock(&ctx->fd_wqh.lock);
	__add_wait_queue(&ctx->fd_wqh, &wait);
	for (;;) {
		__set_current_state(sim, TASK_INTERRUPTIBLE);
		if (read_fault(ctx, msg) || read_event(ctx, msg, fork, new))
			break;
		ret = fatal_signal_pending(sim_current(sim)) ? -EINTR : 0;
		if (!ret && nonblock)
			ret = -EAGAIN;
		if (ret)
			break;
		spin_unlock(&ctx->fd_wqh.lock);
		schedule(sim, &ctx->obj, "read");
		spin_lock(&ctx->fd_wqh.lock);
	}
	__remove_wait_queue(&ctx->fd_wqh, &wait);
	__set_current_state(sim, TASK_RUNNING);
	spin_unlock(&ctx->fd_wqh.lock);
	return ret;
}

/* One message; @nonblock beyond what the descriptor says. */
static int64_t read_message(struct task_struct *t, struct file *file, struct uffd_msg *msg,
			    bool nonblock)
{
	struct userfaultfd_ctx *new = NULL;
	struct wait_queue_head fork;
	int64_t ret;

	init_waitqueue_head(file->obj.sim, &fork, "fork_event");
	ret = userfaultfd_ctx_read(file->ctx, file->nonblock || nonblock, msg, &fork, &new);
	if (!ret && new)
		ret = resolve_userfault_fork(t, file->ctx, &fork, new, msg);
	return ret;
}

int64_t userfaultfd_read(struct task_struct *t, struct file *file, struct uffd_msg *msg)
{
	int64_t ret;

	if (!userfaultfd_is_initialized(file->ctx))
		return -EINVAL;
	ret = read_message(t, file, msg, false);
	return ret ? ret : (int64_t)sizeof(*msg);
}

/* Messages into user memory, as many as are there and fit; the first may be waited for. */
static int64_t userfaultfd_read_iter(struct task_struct *t, struct file *file, uint64_t buf,
				     uint64_t len)
{
	int64_t done = 0;

	if (!userfaultfd_is_initialized(file->ctx))
		return -EINVAL;
	for (;;) {
		struct uffd_msg msg;
		int64_t ret;

		if (len - done < sizeof(msg))
			return done ? done : -EINVAL;
		ret = read_message(t, file, &msg, done);
		if (ret < 0)
			return done ? done : ret;
		/* What could not be delivered is lost. */
		if (copy_to_user(t, buf + done, &msg, sizeof(msg)))
			return done ? done : -EFAULT;
		done += sizeof(msg);
	}
}

/* ---------------------------------------------------------------------- poll */

static uint64_t userfaultfd_poll(struct file *file, uint64_t events)
{
	struct userfaultfd_ctx *ctx = file->ctx;

	if (!userfaultfd_is_initialized(ctx))
		return POLLERR;
	/* A blocking descriptor could sleep in the read that poll promised. */
	if (!file->nonblock)
		return POLLERR;
	if (waitqueue_active(&ctx->fault_pending_wqh) || waitqueue_active(&ctx->event_wqh))
		return POLLIN;
	return 0;
}

static struct wait_queue_head *userfaultfd_poll_queue(struct file *file)
{
	return &file->ctx->fd_wqh;
}

/* --------------------------------------------------------------------- close */

/* The VMAs forget the context; write protection goes with it. */
static void userfaultfd_release_all(struct userfaultfd_ctx *ctx)
{
	struct mm_struct *mm = ctx->mm;
	struct vm_area_struct *vma;

	mmap_write_lock(mm);
	for (vma = mm->mmap; vma; vma = vma->next) {
		if (vma->uffd_ctx != ctx)
			continue;
		vma = userfaultfd_clear_vma(vma, vma->vm_start, vma->vm_end,
					    mm_prof(mm)->close_clears_wp);
		if (IS_ERR(vma))
			sim_bug(mm_sim(mm), SIM_BUG_NOMEM, "arena used up while closing");
	}
	mmap_write_unlock(mm);
	sim_touch(ctx->obj.sim, ctx_key(ctx), SIM_WRITE);
	sim_happens(&ctx->obj, ctx->detached);
	ctx->detached = true;
}

static void userfaultfd_release(struct file *file)
{
	struct userfaultfd_ctx *ctx = file->ctx;

	sim_touch(ctx->obj.sim, ctx_key(ctx), SIM_WRITE);
	ctx->released = true;
	userfaultfd_release_all(ctx);
	wake_all_userfaults(ctx);
	wake_up_all(&ctx->event_wqh);
	wake_up_all(&ctx->fd_wqh);
	userfaultfd_ctx_put(ctx);
}

const struct file_operations userfaultfd_fops = {
	.name = "userfaultfd",
	.stream = true,
	.read = userfaultfd_read_iter,
	.ioctl = userfaultfd_ioctl,
	.poll = userfaultfd_poll,
	.poll_queue = userfaultfd_poll_queue,
	.release = userfaultfd_release,
};

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * userfaultfd.h - the context behind a userfaultfd
 */
#ifndef MM_USERFAULTFD_H
#define MM_USERFAULTFD_H

#include "mm-model/decisions.h"
#include "mm-model/file.h"

/**
 * userfaultfd_ctx
 *
 * Locks: fd_wqh.lock > fault_pending_wqh.lock > fault_wqh.lock, and fd_wqh.lock >
 * event_wqh.lock.  map_changing_lock: read by who fills or write-protects, around
 * the test of mmap_changing and the work; written by who begins an event.
 * @features: written once by UFFDIO_API, then constant, but for RWP_ASYNC, which SET_MODE
 * switches with mmap_lock for writing and the VMAs write-locked (features_key()).
 * References: one of the file, one of each call, fault or event under way.
 */
struct userfaultfd_ctx {
	struct sim_obj obj; /* MM_CLASS_CTX: released, features */
	struct wait_queue_head fault_pending_wqh; /* faults nobody has read */
	struct wait_queue_head fault_wqh;         /* faults read, not woken */
	struct wait_queue_head fd_wqh;            /* who polls or reads */
	struct wait_queue_head event_wqh;         /* events nobody has read */
	struct rwsem map_changing_lock;
	struct sim_var mmap_changing;
	struct mm_struct *mm;
	const struct profile *prof; /* of its kernel */
	uint64_t features; /* with UFFD_FEATURE_INITIALIZED once UFFDIO_API succeeded */
	unsigned flags;
	unsigned refs;
	bool released; /* the last descriptor is gone */
	bool detached; /* and no VMA names the context any more */
	unsigned producers; /* events between prep and end: what mmap_changing must count */
	struct userfaultfd_ctx *next; /* kernel->ctxs */
};

#define UFFD_FEATURE_INITIALIZED (1ULL << 31)

/** One thread's fault or event, on that thread's stack. */
struct userfaultfd_wait_queue {
	struct wait_queue_entry wq; /* first */
	struct uffd_msg msg;
	struct userfaultfd_ctx *ctx;
	struct userfaultfd_ctx *fork_ctx; /* of a FORK event: what its reader gets */
	struct wait_queue_head *on;       /* the queue it is on */
	struct sim_thread *reader;        /* of a fault: who took its message */
	bool waken;
	bool sleeps; /* from before it is queued until it runs again */
};

struct userfaultfd_wake_range {
	uint64_t start, len; /* len 0: everything */
};

/** A FORK event being prepared: the parent's context and the child's. */
struct userfaultfd_fork_ctx {
	struct userfaultfd_ctx *orig, *new;
	struct userfaultfd_fork_ctx *next;
};

/* ------------------------------------------------------------- userfaultfd.c */
struct userfaultfd_ctx *userfaultfd_ctx_alloc(struct mm_struct *mm, unsigned flags);
void userfaultfd_ctx_get(struct userfaultfd_ctx *ctx);
void userfaultfd_ctx_put(struct userfaultfd_ctx *ctx);
int64_t new_userfaultfd(struct task_struct *t, uint64_t flags);
/** A descriptor for @ctx (its reference is handed over) in the table of @t. */
int userfaultfd_install_fd(struct task_struct *t, struct userfaultfd_ctx *ctx);
int64_t userfaultfd_read(struct task_struct *t, struct file *file, struct uffd_msg *msg);
/** Footprint key of the features that can be switched. */
static inline uint64_t features_key(const struct userfaultfd_ctx *ctx)
{
	return sim_key(MM_CLASS_CTX, ctx->obj.id, 1);
}
static inline bool userfaultfd_is_initialized(const struct userfaultfd_ctx *ctx)
{
	sim_touch(ctx->obj.sim, sim_obj_key(&ctx->obj), SIM_READ);
	sim_plain_read(ctx->obj.sim, sim_obj_key(&ctx->obj), "ctx->features");
	return ctx->features & UFFD_FEATURE_INITIALIZED;
}
bool ctx_released(const struct userfaultfd_ctx *ctx);

/** Move between queues; the lock of the pending (or event) queue is held. */
void uwq_queue(struct userfaultfd_wait_queue *uwq, struct wait_queue_head *on);
void uwq_dequeue(struct userfaultfd_wait_queue *uwq);

/* -------------------------------------------------------- userfaultfd_wake.c */
/** Of the queue entry of a fault; @key is a userfaultfd_wake_range. */
int userfaultfd_wake_function(struct wait_queue_entry *wq, void *key);
/** Wake faults at addresses in [start, start+len). */
void wake_userfault(struct userfaultfd_ctx *ctx, uint64_t start, uint64_t len);
/** Whoever waits for an answer, to whatever. */
void wake_all_userfaults(struct userfaultfd_ctx *ctx);

/* ------------------------------------------------------- userfaultfd_ioctl.c */
/** Page-aligned and within the address space: 0 or -EINVAL. */
int validate_range(uint64_t start, uint64_t len);
int64_t userfaultfd_ioctl(struct task_struct *t, struct file *file, uint64_t cmd, void *arg,
			  uint64_t value, bool *written);
/** Give @vma to @ctx (or to nobody) with these mode flags. */
void userfaultfd_set_ctx(struct vm_area_struct *vma, struct userfaultfd_ctx *ctx, vm_flags_t flags);
/** @vma is about to lose its mode while its entries keep uffd-wp, as the kernel lets happen. */
void userfaultfd_wp_goes_stale(const struct vm_area_struct *vma);
struct vm_area_struct *userfaultfd_clear_vma(struct vm_area_struct *vma, uint64_t start,
					     uint64_t end, bool clear_wp);

/* ------------------------------------------------------- userfaultfd_event.c */
/** Is an event in flight, as far as this profile looks at it?  Part of the current step. */
static inline bool mmap_is_changing(struct userfaultfd_ctx *ctx, enum changing_asker who)
{
	if (patched(ctx->prof->decide.mmap_is_changing))
		return ctx->prof->decide.mmap_is_changing(ctx, who);
	if (ctx->prof->mmap_changing == MMAP_CHANGING_NONE)
		return false;
	return sim_var_look(&ctx->mmap_changing) != 0;
}
/** End of a fill's section, as part of the step before (see mmap_read_unlock()). */
void map_changing_read_unlock(struct userfaultfd_ctx *ctx);
int dup_userfaultfd(struct vm_area_struct *vma, struct userfaultfd_fork_ctx **fcs);
void dup_userfaultfd_complete(struct kernel *k, struct userfaultfd_fork_ctx *fcs);
void dup_userfaultfd_fail(struct kernel *k, struct userfaultfd_fork_ctx *fcs);
/** Under event_wqh.lock: the message was read, its thread goes on. */
void userfaultfd_event_complete(struct userfaultfd_ctx *ctx, struct userfaultfd_wait_queue *ewq);

/* -------------------------------------------------------------------- mfill.c */
#define MFILL_ATOMIC_COPY     0u
#define MFILL_ATOMIC_ZEROPAGE 1u
#define MFILL_ATOMIC_CONTINUE 2u
#define MFILL_ATOMIC_POISON   3u
#define MFILL_ATOMIC_MODE_MASK 3u
#define MFILL_ATOMIC_WP       (1u << 2)
/** Bytes filled (> 0) or -errno. */
int64_t mfill_atomic(struct task_struct *t, struct userfaultfd_ctx *ctx, uint64_t dst_start,
		     uint64_t src_start, uint64_t len, unsigned flags);
/** With mmap_lock held: the VMA of @addr ready for private pages, or -ENOENT, -ENOMEM. */
int find_vma_and_prepare_anon(struct mm_struct *mm, uint64_t addr, struct vm_area_struct **ret);
/** The same, read-locked by its own lock and without mmap_lock. */
int uffd_lock_vma(struct mm_struct *mm, uint64_t addr, struct vm_area_struct **ret);
int mwriteprotect_range(struct userfaultfd_ctx *ctx, uint64_t start, uint64_t len, bool enable,
			bool will_need);
long uffd_wp_range(struct vm_area_struct *vma, uint64_t start, uint64_t len, bool enable);

/* ---------------------------------------------------------- userfaultfd_rwp.c */
int64_t userfaultfd_rwprotect(struct userfaultfd_ctx *ctx, const struct uffdio_rwprotect *rwp);
int64_t userfaultfd_set_mode(struct userfaultfd_ctx *ctx, const struct uffdio_set_mode *mode);
/** The end of protection in a part of @vma that is no longer registered. */
void uffd_rwp_clear(struct vm_area_struct *vma, uint64_t start, uint64_t end);

/* --------------------------------------------------------- userfaultfd_move.c */
/** Bytes moved (> 0), holes that were let pass counted in, or -errno. */
int64_t move_pages(struct userfaultfd_ctx *ctx, uint64_t dst_start, uint64_t src_start,
		   uint64_t len, uint64_t mode);

#endif

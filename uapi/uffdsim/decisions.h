/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * <uffdsim/decisions.h> - what a patch may decide, and what it may ask
 *
 * Some decisions of the model are functions that a patch may replace.  Each stands
 * for a place of the kernel.  What kernels do differently there are choices of the
 * profile (<uffdsim/profile.h>); the model's own function follows them, the patch's
 * does what it says.  `uffdsim profiles --decisions` lists both together.
 *
 * Rules for every decision:
 *
 *  - It returns or does what its line says, and nothing beside.  What it gets is
 *    valid until it returns.
 *  - It looks at the state of the kernel through what it gets and through struct
 *    uffdsim_api alone: these functions tell the exploration what was looked at.
 *    What is learnt otherwise makes executions be left out.
 *  - It keeps nothing: no variable that outlives the call.  The exploration goes
 *    back and forth between states, and several threads of the host may be in the
 *    same function at once.
 *  - "Atomic": spinlocks are held, so it must not sleep (take map_changing_lock, the
 *    steps of userfaultfd_remove).  The run ends with a finding if it does.
 *  - They are about small pages.  Leaves of huge pages, and hugetlb memory, keep the
 *    model's own behaviour, but for follow_page_pte, userfaultfd_wake_function, the
 *    events, and vma_can_userfault.
 *
 * What breaks an invariant of the model (mm_check()) is reported as such, with the
 * execution that leads there.
 */
#ifndef UFFDSIM_DECISIONS_H
#define UFFDSIM_DECISIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <uffdsim/pte.h>

#ifdef __cplusplus
extern "C" {
#endif

struct madvise_behavior;
struct page;
struct userfaultfd_ctx;
struct vm_area_struct;

/** What becomes of a write to an entry that has uffd-wp. */
enum uffd_wp_action {
	UFFD_WP_NOTIFY,  /**< the monitor gets a message, the thread sleeps */
	UFFD_WP_RESOLVE, /**< the bit goes, and the write goes on as without it (WP_ASYNC) */
	UFFD_WP_IGNORE,  /**< the write goes on, and the bit stays */
};

/** What get_user_pages() makes of a present entry. */
enum gup_action {
	GUP_TAKE,    /**< this page */
	GUP_FAULT,   /**< a fault first, of the kind that the flags ask for, then a look again */
	GUP_UNSHARE, /**< a fault that makes the page exclusive without making it writable */
};

/** Who asks whether the mappings are changing. */
enum changing_asker {
	CHANGING_REQUEST, /**< a request that was just entered: no lock is held */
	CHANGING_FILL,    /**< a fill with its VMA and map_changing_lock held */
	CHANGING_WP,      /**< UFFDIO_WRITEPROTECT, the same */
	CHANGING_MOVE,    /**< UFFDIO_MOVE, the same */
};

/** Kinds of mappings. */
enum vma_kind { VMA_ANON, VMA_SHMEM, VMA_HUGETLB, VMA_FILE };

/** How a fill comes to its page. */
enum mfill_kind { MFILL_COPY, MFILL_ZEROPAGE, MFILL_CONTINUE };

/** A page's entry on both sides of a fork. */
struct fork_ptes {
	pte_t parent, child; /**< @child none: the child faults it in for itself */
};

/** A fault that sleeps. */
struct uffd_waiter {
	uint64_t address;   /**< as its message says it */
	vm_flags_t reason;  /**< VM_UFFD_MISSING, _WP, _MINOR, or _RWP */
	bool write;
	bool read;          /**< its message was */
};

/**
 * struct uffdsim_decisions - the table; NULL leaves a decision to the model
 *
 * Members are only ever added at the end.
 */
struct uffdsim_decisions {
	/* ------------------------------------------ entries: mprotect and WRITEPROTECT */

	/**
	 * can_change_pte_writable - may this entry have the write bit at once?
	 * The kernel: can_change_pte_writable(), mm/mprotect.c.
	 *
	 * Asked by mprotect() and by the end of write protection for an entry of a
	 * writable mapping that is not writable, with the bits that the change has
	 * given it.  "No" costs the next write a fault.  Atomic (ptl).
	 */
	bool (*can_change_pte_writable)(struct vm_area_struct *vma, uint64_t addr, pte_t pte);
	/**
	 * change_pte - what a change of protection makes of one present entry
	 * The kernel: the body of change_pte_range(), mm/mprotect.c.
	 *
	 * @pte is the entry as it is, @cp_flags what is asked for: MM_CP_UFFD_WP (protect),
	 * MM_CP_UFFD_WP_RESOLVE (un-protect; with MM_CP_WILL_NEED if it was
	 * UFFDIO_WRITEPROTECT, not UNREGISTER or close()), neither (mprotect), and
	 * MM_CP_TRY_CHANGE_WRITABLE.  The answer maps the same page.  Atomic (ptl).  May be
	 * asked twice for one entry, if the processor has changed it meanwhile.
	 */
	pte_t (*change_pte)(struct vm_area_struct *vma, uint64_t addr, pte_t pte,
			    unsigned cp_flags);

	/* --------------------------------------------------------------------- faults */

	/**
	 * userfaultfd_wp_fault - what a write to a page under uffd-wp does
	 * The kernel: the head of do_wp_page(), mm/memory.c.
	 *
	 * Asked when a write fault finds @pte with uffd-wp in a mapping that is
	 * registered for it.  Atomic (ptl).
	 */
	enum uffd_wp_action (*userfaultfd_wp_fault)(struct vm_area_struct *vma, uint64_t addr,
						    pte_t pte);
	/**
	 * wp_can_reuse_anon_page - write in place, or to a copy?
	 * The kernel: wp_can_reuse_anon_page() and the test of PageAnonExclusive() before
	 * it, do_wp_page(), mm/memory.c.
	 *
	 * Asked for a write to an anonymous page of a private mapping whose entry is not
	 * writable.  "Yes" makes the page exclusive to this entry.  Atomic (ptl).
	 */
	bool (*wp_can_reuse_anon_page)(struct vm_area_struct *vma, uint64_t addr, pte_t pte,
				       struct page *page);
	/**
	 * userfaultfd_must_wait - does the table still call for the monitor?
	 * The kernel: userfaultfd_must_wait(), fs/userfaultfd.c.
	 *
	 * The fault is queued and looks once more before it sleeps: @pte is what it sees,
	 * @reason why it came.  "No": it tries its access again.  The VMA or mmap_lock is
	 * held for reading.
	 */
	bool (*userfaultfd_must_wait)(struct vm_area_struct *vma, uint64_t addr, pte_t pte,
				      vm_flags_t reason);
	/**
	 * userfaultfd_wake_function - does this wake-up take this sleeper?
	 * The kernel: userfaultfd_wake_function(), fs/userfaultfd.c.
	 *
	 * A fill, WRITEPROTECT, UNREGISTER or UFFDIO_WAKE wakes [start, start+len); @len 0
	 * is everything, as when the descriptor is closed.  Atomic (fault_pending_wqh).
	 */
	bool (*userfaultfd_wake_function)(const struct uffd_waiter *waiter, uint64_t start,
					  uint64_t len);

	/* ------------------------------------------------------------ fork, fills, GUP */

	/**
	 * copy_present_pte - what of a present entry the child gets, and what the parent keeps
	 * The kernel: copy_present_pte(), mm/memory.c.
	 *
	 * For pages that are shared by fork; one that is pinned is copied without being
	 * asked for.  Both entries map the page of @pte.  Both mmap_locks are held for
	 * writing; atomic (ptl).
	 */
	struct fork_ptes (*copy_present_pte)(struct vm_area_struct *dst_vma,
					     struct vm_area_struct *src_vma, uint64_t addr,
					     pte_t pte);
	/**
	 * mfill_install_pte - the entry that a fill puts in
	 * The kernel: mfill_atomic_install_pte(), mm/userfaultfd.c.
	 *
	 * @pte is what the model would put in (with uffd-wp for MODE_WP); the answer maps
	 * the same page.  The VMA is held, and map_changing_lock for reading.
	 */
	pte_t (*mfill_install_pte)(struct vm_area_struct *vma, uint64_t addr, pte_t pte,
				   enum mfill_kind kind);
	/**
	 * follow_page_pte - may get_user_pages() have this page as it is?
	 * The kernel: follow_page_pte() and can_follow_write_pte(), mm/gup.c.
	 *
	 * @pte is present; @flags are FOLL_*.  Atomic (ptl).  get_user_pages_fast() asks
	 * without a lock, and only about pages that the model would take at once.
	 */
	enum gup_action (*follow_page_pte)(struct vm_area_struct *vma, uint64_t addr, pte_t pte,
					   struct page *page, unsigned flags);

	/* --------------------------------------------------- events and mmap_changing */

	/**
	 * mmap_is_changing - is an event in flight, as far as @who minds?
	 * The kernel: the tests of ctx->mmap_changing in fs/userfaultfd.c and
	 * mm/userfaultfd.c.
	 *
	 * "Yes" is EAGAIN.  No scheduling point may come before the look: it is part of the
	 * caller's step.
	 */
	bool (*mmap_is_changing)(struct userfaultfd_ctx *ctx, enum changing_asker who);
	/**
	 * userfaultfd_event_begin - announce an event
	 * The kernel: the raising of mmap_changing in dup_userfaultfd(),
	 * mremap_userfaultfd_prep(), userfaultfd_remove() and userfaultfd_unmap_prep(),
	 * fs/userfaultfd.c.
	 *
	 * @event is UFFD_EVENT_FORK, REMAP, REMOVE or UNMAP.  mmap_lock is held: for
	 * reading with REMOVE, else for writing.  May take map_changing_lock.
	 */
	void (*userfaultfd_event_begin)(struct userfaultfd_ctx *ctx, unsigned event);
	/**
	 * userfaultfd_event_complete - the monitor has taken the message of an event
	 * The kernel: userfaultfd_event_complete(), fs/userfaultfd.c.  The model's own does
	 * nothing: there, too, it is the sleeper who counts down.
	 *
	 * Runs in the thread of read(2), before the sleeper is woken.  Of FORK, when the
	 * child's descriptor is there.  Atomic (event_wqh).
	 */
	void (*userfaultfd_event_complete)(struct userfaultfd_ctx *ctx, unsigned event);
	/**
	 * userfaultfd_event_end - an event is over
	 * The kernel: the end of userfaultfd_event_wait_completion(), fs/userfaultfd.c, and
	 * of dup_userfaultfd_fail().
	 *
	 * Runs in the thread that told of it, once it has been woken and holds no lock.
	 */
	void (*userfaultfd_event_end)(struct userfaultfd_ctx *ctx, unsigned event);
	/**
	 * userfaultfd_remove - drop pages, and tell of it: in which order, under which locks
	 * The kernel: userfaultfd_remove(), fs/userfaultfd.c, and
	 * madvise_dontneed_free(), mm/madvise.c.
	 *
	 * Instead of what MADV_DONTNEED, DONTNEED_LOCKED and FREE do with memory whose
	 * userfaultfd asked for EVENT_REMOVE.  A program of the steps remove_prep(),
	 * remove_unlock(), remove_tell(), remove_relock() and remove_zap().  mmap_lock is
	 * held for reading, and must be when it returns; what was prepared must be told.
	 * Returns 0 or -errno, the result of madvise().  MADV_REMOVE keeps its own order.
	 */
	int (*userfaultfd_remove)(struct madvise_behavior *mb);

	/* --------------------------------------------------------------- registration */

	/**
	 * vma_can_userfault - can this mapping be registered?
	 * The kernel: vma_can_userfault(), include/linux/userfaultfd_k.h.
	 *
	 * @mode: VM_UFFD_MISSING, VM_UFFD_WP, VM_UFFD_MINOR, as asked for by REGISTER, or as
	 * they are at UNREGISTER; @wp_async: the monitor has UFFD_FEATURE_WP_ASYNC.
	 * mmap_lock is held for writing.
	 */
	bool (*vma_can_userfault)(const struct vm_area_struct *vma, vm_flags_t mode,
				  bool wp_async);
};

/**
 * struct uffdsim_api - what a decision may ask and do
 *
 * <uffdsim/patch.h> has an inline function of the same name for each.  Members are
 * only ever added at the end; @size tells how many there are.
 */
struct uffdsim_api {
	size_t size;
	/** The model's own decisions, as this kernel's choices have them. */
	const struct uffdsim_decisions *orig;

	/* Mappings.  Of those that a decision gets; constant while it runs. */
	uint64_t (*vma_start)(const struct vm_area_struct *vma);
	uint64_t (*vma_end)(const struct vm_area_struct *vma);
	vm_flags_t (*vma_flags)(const struct vm_area_struct *vma);   /**< VM_* */
	enum vma_kind (*vma_kind)(const struct vm_area_struct *vma);
	/** Features of the userfaultfd that watches it, UFFD_FEATURE_*; 0: none does. */
	uint64_t (*vma_features)(const struct vm_area_struct *vma);

	/* Entries and pages. */
	/** The entry at @addr of the same address space, as it is now. */
	pte_t (*ptep_get)(struct vm_area_struct *vma, uint64_t addr);
	/** What a present entry maps. */
	struct page *(*pte_page)(const struct vm_area_struct *vma, pte_t pte);
	bool (*page_is_anon)(const struct page *page); /**< else of a file, or the zero page */
	int (*page_mapcount)(struct page *page);
	int (*page_count)(struct page *page);          /**< references */
	bool (*page_anon_exclusive)(const struct page *page);
	bool (*page_maybe_dma_pinned)(struct page *page);

	/* A userfaultfd. */
	uint64_t (*ctx_features)(const struct userfaultfd_ctx *ctx);
	int64_t (*mmap_changing_read)(struct userfaultfd_ctx *ctx);
	void (*mmap_changing_set)(struct userfaultfd_ctx *ctx, int64_t v);
	void (*mmap_changing_add)(struct userfaultfd_ctx *ctx, int n);
	/** May sleep. */
	void (*map_changing_write_lock)(struct userfaultfd_ctx *ctx);
	void (*map_changing_write_unlock)(struct userfaultfd_ctx *ctx);
	/** Let the others have a turn: a scheduling point, called @what in diagrams. */
	void (*ctx_step)(struct userfaultfd_ctx *ctx, const char *what);
	/** A line for the diagram. */
	void (*ctx_note)(struct userfaultfd_ctx *ctx, const char *text);
	void (*vma_note)(const struct vm_area_struct *vma, const char *text);

	/* The steps of userfaultfd_remove. */
	/** Announce: userfaultfd_event_begin().  Once; with mmap_lock held. */
	void (*remove_prep)(struct madvise_behavior *mb);
	/** Give mmap_lock back. */
	void (*remove_unlock)(struct madvise_behavior *mb);
	/** Queue the message, sleep until it is read, userfaultfd_event_end(). */
	void (*remove_tell)(struct madvise_behavior *mb);
	/** Take mmap_lock and find the mapping again: 0, or -errno if it is gone. */
	int (*remove_relock)(struct madvise_behavior *mb);
	/** Drop the pages: 0 or -errno.  With mmap_lock held. */
	int (*remove_zap)(struct madvise_behavior *mb);
};

/** The number of this interface: another one does not fit. */
#define UFFDSIM_PATCH_ABI 1

/** struct uffdsim_patch - what a patch is; UFFDSIM_PATCH() fills it in */
struct uffdsim_patch {
	uint32_t abi;      /**< UFFDSIM_PATCH_ABI */
	uint32_t size;     /**< sizeof(struct uffdsim_patch) as it was compiled */
	const struct uffdsim_api **api; /**< receives what it may ask */
	const char *name;  /**< letters, digits, '-', '_', '.'; at most 32 */
	const char *about; /**< one paragraph */
	const char *base;  /**< "v6.12": the profile where neither the command line nor the
				scenario names one; NULL: the newest */
	const char *sets;  /**< choices, as in a profile's name: "+split_remove=yes"; NULL: none */
	struct uffdsim_decisions decide; /**< last: it grows */
};

/** The symbol that a patch in a file exports: const struct uffdsim_patch uffdsim_patch. */
#define UFFDSIM_PATCH_SYMBOL "uffdsim_patch"

#ifdef __cplusplus
}
#endif

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * profile.h - which kernel's semantics: named choices, each with a value
 *
 * The code asks for a choice at the one place where it matters.  What each is
 * about, and in which kernels it has which value, is in choices.h and its tables.
 * Where a patch may take the place of what the choices say is in decisions.h.
 */
#ifndef MM_PROFILE_H
#define MM_PROFILE_H

#include <stdbool.h>
#include <stdint.h>

#include <uffdsim/decisions.h>

/** How an event in flight holds back UFFDIO_COPY and its kin. */
enum mmap_changing_choice {
	MMAP_CHANGING_NONE,    /* before 4.18 */
	MMAP_CHANGING_BOOL,    /* 4.18: one flag for all producers */
	MMAP_CHANGING_COUNTER, /* 5.15: producers are counted */
};

/** What a child's VMAs forget when the FORK event of their context reaches nobody. */
enum fork_fail_choice {
	FORK_FAIL_NOTHING, /* before 4.15 */
	FORK_FAIL_CONTEXT, /* 4.15: the pointer, but not the flags */
	FORK_FAIL_ALL,     /* 4.18 */
};

/** What a fault does that meets a context which is being released. */
enum release_fault_choice {
	RELEASE_FAULT_SIGBUS, /* before 4.14 */
	RELEASE_FAULT_NOPAGE, /* 4.14: as if it was resolved */
	RELEASE_FAULT_RETRY,  /* 6.15: with the lock dropped */
};

/** Where memory runs out, which no scenario can bring about. */
enum fails_choice {
	FAILS_NOT,
	FAILS_MREMAP, /* when the entries were moved */
	FAILS_FORK,   /* at the second VMA */
};

/* Of no kernel, but proposed: choices_proposal.c says by whom. */

/** Which events take map_changing_lock for writing to announce themselves. */
enum event_lock_choice {
	EVENT_LOCK_ALL,
	EVENT_LOCK_NOT_REMOVE,
	EVENT_LOCK_NONE,
};

/** What un-protecting makes of the accessed and dirty bits. */
enum unprotect_marks_choice {
	MARKS_NOTHING, /* the processor sets them when it comes to it */
	MARKS_POSTED,  /* accessed; and dirty if this gives the write bit */
	MARKS_HINTED,  /* the same, but only where the request says so */
	MARKS_WRITABLE, /* accessed; and dirty if the entry is writable then */
	MARKS_YOUNG,   /* accessed */
	MARKS_GRANTED, /* dirty if this gives the write bit, by mprotect, too */
};

/** Calls, flags and advice that came later: bits of `surface`. */
enum kernel_surface {
	HAS_IO_URING = 1 << 0,
	HAS_MSEAL = 1 << 1,
	HAS_PAGEMAP_SCAN = 1 << 2,
	HAS_PAGE_IS_GUARD = 1 << 3,
	HAS_MFD_HUGETLB = 1 << 4,
	HAS_MFD_EXEC = 1 << 5,
	HAS_MAP_SHARED_VALIDATE = 1 << 6,
	HAS_MAP_FIXED_NOREPLACE = 1 << 7,
	HAS_MREMAP_DONTUNMAP = 1 << 8,
	HAS_MADV_WIPEONFORK = 1 << 9,
	HAS_MADV_PAGEOUT = 1 << 10, /* MADV_COLD, too */
	HAS_MADV_POPULATE = 1 << 11,
	HAS_MADV_DONTNEED_LOCKED = 1 << 12,
	HAS_MADV_COLLAPSE = 1 << 13,
	HAS_MADV_GUARD = 1 << 14,
	HAS_MAP_DROPPABLE = 1 << 15,
};

/** What stays write-protected when COW is broken for a reader by a flag of its own. */
enum break_cow_wp_choice {
	BREAK_COW_WP_NOTHING,
	BREAK_COW_WP_COPY,   /* a page that is copied */
	BREAK_COW_WP_ALWAYS, /* one that is kept, too */
};

/** Where read-write protection meets memory that nobody may touch: choices_rwp.c. */
enum rwp_prot_none_choice {
	RWP_PROT_NONE_REGISTER, /* REGISTER refuses it */
	RWP_PROT_NONE_REFUSED,  /* and UNREGISTER */
	RWP_PROT_NONE_ACCEPTED,
};

/** Of which present pages PAGEMAP_SCAN says WRITTEN, with read-write protection. */
enum rwp_written_choice {
	RWP_WRITTEN_WP,      /* of mappings registered for WP */
	RWP_WRITTEN_NOT_RWP, /* of all but those registered for RWP */
};

#define PROFILE_PATCHES 8

#define KERNEL(major, minor) ((major) * 1000u + (minor))

struct profile {
	char name[24]; /* "v6.18" */
	const char *summary;
	unsigned version; /* KERNEL(major, minor) */
	char variants[128]; /* "v6.18+map_changing_lock=no": what was asked for */
	enum mmap_changing_choice mmap_changing;
	enum fork_fail_choice fork_fail_forgets;
	/* Of the machine, not of the kernel: sources of behaviour beyond the schedule. */
	unsigned rwsem_unfair; /* new readers pass a writer that waits */
	unsigned memory;       /* enum sim_memory_model */
	unsigned tlb;          /* processors remember translations until they are flushed */
	unsigned spurious;     /* how often each thread may be woken without reason */
	bool fill_checks_unlocked;   /* no kernel: a fill looks at mmap_changing without its locks only */
	bool map_changing_lock;      /* 6.9: producers wait for fills under way */
	bool fault_vma_lock;         /* 6.6: faults, userfaults too, under the VMA lock */
	bool fill_vma_lock;          /* 6.9: fills under the VMA lock */
	bool madvise_vma_lock;       /* 6.17: DONTNEED, FREE under the VMA lock */
	bool copy_faults_locked;     /* before 4.3: COPY faults in its source with mmap_lock held */
	bool remove_keeps_vma;       /* before 4.11: after REMOVE was read the VMA is not looked up again */
	bool fault_retries_once;     /* before 5.7: a second userfault of one access is SIGBUS */
	bool fault_waits_for_waker;  /* 4.10 to 5.6: who was woken by nobody sleeps on */
	bool wp_copy_flushes;        /* 5.12: a copy on write minds a flush that is pending */
	bool eagain_writes_field;    /* 6.15, 6.12.y: the early EAGAIN stores -EAGAIN */
	bool uffd_wp;                /* 5.7: write protection at all */
	bool wp_unpopulated;         /* 6.4: markers in empty anonymous entries */
	bool user_mode_only;         /* 5.11: UFFD_USER_MODE_ONLY */
	bool dev_userfaultfd;        /* 6.1 */
	bool api_once;               /* 5.15: UFFDIO_API tests and sets the state in one step */
	bool maywrite_needed;        /* 4.20: REGISTER wants VM_MAYWRITE */
	bool remap_clears_wp;        /* 6.13, 6.12.y: mremap without EVENT_REMAP strips uffd-wp */
	bool unregister_checks_ctx;  /* 6.17: another context's range is EINVAL */
	bool unregister_clears_wp;   /* 6.0 */
	bool close_clears_wp;        /* 6.9 */
	bool mremap_multi_vma;       /* 6.17 */
	bool dontunmap_unlocks_part; /* 6.12: the rest of the VMA stays locked */
	bool dontunmap_shuns_source; /* 6.12: DONTUNMAP does not merge with what it moves from */
	bool merge_unfaulted_either; /* 6.16: either side of a merge may be unfaulted */
	bool wp_skips_holes;         /* 6.2 (5.7-6.1: one VMA only) */
	bool anon_exclusive;         /* 5.19: PageAnonExclusive; before: page count decides */
	bool unprotect_restores_write; /* 6.3: anon exclusive pages become writable at once */
	bool clean_anon_writable;    /* 6.2: mprotect gives W to clean exclusive pages too */
	bool droppable_not_registered; /* 6.17: MAP_DROPPABLE memory cannot be registered */
	bool wp_from_template;       /* 6.3: write protection takes the write bit and nothing else */
	bool wp_wants_writenotify;   /* 6.2, 6.1.y: no writable template in a uffd-wp VMA */
	bool mmap_merges_next_first; /* 6.1 to 6.11: a gap filled between two goes to the second */
	bool fill_checks_any_size;   /* 6.6: COPY minds the size of other files than shmem's */
	bool map_dirty_as_dirty;     /* 6.16: a writable entry of a dirty page is made dirty */
	bool around_within_file;     /* 6.18.y: fault-around at the end of a file makes no table */
	bool copy_checks_src;        /* 6.6: COPY's source range is validated */
	bool hugetlb_fill_rechecks;  /* 6.8: a huge COPY that slept looks for events again */
	bool hugetlb_pte_stable;     /* 6.2: a huge page's fault looks again before it waits */
	bool hugetlb_private_vma_lock; /* 6.6: private huge pages have a vma lock, too */
	bool hugetlb_zap_restores_reserve; /* 6.9: what DONTNEED gives back stays promised */
	bool hugetlb_zap_restores_mapped;  /* 6.18: even while somebody else maps it */
	bool soft_dirty;             /* MEM_SOFT_DIRTY, as Debian's 6.1 and 6.12 have it */
	bool memory_failure;         /* CONFIG_MEMORY_FAILURE, as Debian has it */
	bool move_retry_lost;        /* 6.18: a page that MOVE had to try again is not counted */
	bool swapin_writable;        /* 6.11: a read that brings a page from swap maps it writable */
	bool move_split_busy;        /* 6.18: MOVE of a part of a held huge page is EBUSY */
	bool move_batch;             /* 6.18: MOVE takes the table lock once for a run of pages */
	bool pmd_restores_write;     /* 6.2: so do the leaves of huge pages */
	bool split_keeps_dirty;      /* 6.3: the small entries of a split leaf are dirty as it was */
	bool split_protects;         /* 6.3: those of a leaf with uffd-wp are not writable */
	bool split_maps_zero_page;   /* 6.12: a folio's pages of zeros become the zero page */
	bool hugezero_wp_allocates;  /* 6.13: writing to the huge zero page makes a huge page */
	bool pagemap_each_of_leaf;   /* 6.11 to 6.14: "mapped once" is told of each page of a leaf */
	bool pt_reclaim;             /* 6.14: DONTNEED frees the tables it emptied */
	bool large_folio_reuse;      /* 6.15: small entries of one mm's folio are written in place */
	bool collapse_readonly;      /* 6.17: MADV_COLLAPSE wants no writable page */
	/* Bugs of the past that no scenario but the museum's needs: choices_museum.c. */
	enum release_fault_choice release_fault;
	enum fails_choice fails;       /* of the machine: memory runs out there */
	bool stale_wp_is_bug;          /* of mm_check(): uffd-wp where nobody is registered for it */
	bool fault_looks_again;        /* 4.3: a fault that is queued looks whether it must wait */
	bool refile_atomic;            /* 4.3: wakers wait while a message changes its queue */
	bool remap_drops_ctx;          /* 5.0: mremap without EVENT_REMAP ends the registration */
	bool remap_prep_first;         /* mremap announces itself before it moves the tables */
	bool remap_fail_ends_event;    /* 7.1: an mremap that fails counts mmap_changing down */
	bool fork_fail_silent;         /* 6.12: a fork that fails is not announced */
	bool gup_breaks_cow;           /* 5.8 only: whoever holds a private page to read it writes */
	bool fork_early_cow_keeps_wp;  /* 5.14: the copy of a pinned page is protected as it was */
	bool fork_wp_by_child;         /* 5.14: whether the child is watched decides of its entries */
	bool fork_drops_markers;       /* 6.2, 6.1.y: so it does of markers */
	bool scan_wp_atomic;           /* 6.9: PAGEMAP_SCAN keeps A and D that are set meanwhile */
	bool soft_dirty_checked;       /* 6.0: no write bit back while soft-dirty waits for a write */
	bool wp_protect_wakes;         /* development of 5.7: protecting wakes, too */
	bool wp_holds_mm;              /* 5.15: WRITEPROTECT holds the address space */
	bool event_exit;               /* development of 4.11: the end of a thread is announced */
	bool remove_after_zap;         /* development of 4.11: REMOVE is announced when it is done */
	bool copy_retry_checks_vma;    /* 7.1: a COPY that dropped its locks finds the same VMA */
	bool private_fill_is_private;  /* 4.20: COPY into a private mapping of a file, too */
	bool continue_like_new;        /* development of 5.13: CONTINUE treats the page as its own */
	bool swapoff_minds_uffd_wp;    /* 5.13: uffd-wp makes no other swap entry of one */
	bool scan_minds_swap;          /* 6.9: PAGEMAP_SCAN looks for uffd-wp where swap entries have it */
	bool collapse_checks_wp_again; /* 6.3, 6.1.y: so does the second look of a collapse */
	bool move_owner_late;          /* 6.8: MOVE renames the page once nothing can fail any more */
	bool cow_counts_references; /* 5.9: a page that is pinned is copied, too */
	bool hugetlb_dontneed; /* 5.18: MADV_DONTNEED of huge pages of the pool */
	bool dontunmap_files; /* 5.13: MREMAP_DONTUNMAP of all memory */
	bool shmem_zeropage; /* 4.14 */
	bool fill_spares_guards; /* 6.19: a fill leaves guards alone */
	/* Answers that changed, memory apart: choices_call.c says how. */
	bool event_fork_privileged; /* 5.5 */
	bool uffd_privileged; /* 5.2 */
	bool uffd_read_only; /* 6.1 */
	bool mremap_realigns; /* 6.7 */
	bool remap_event_whole_pages; /* 6.17 */
	bool unmap_event_each; /* 6.3 */
	bool map_fixed_says_why; /* 6.12 */
	bool map_stack_small_pages; /* 6.7 */
	bool register_merges_rest; /* 6.4 */
	bool madvise_follows_clipped_end; /* 6.17 */
	bool populate_ends_at_hole; /* 6.9 */
	bool mprotect_uncharges; /* 6.6 */
	bool uring_huge_len_einval; /* 6.12 */
	bool uring_pins_fast; /* 6.5 */
	bool uring_without_ring; /* 6.13 */
	bool pipe_fault_adds_nothing; /* 6.15 */
	bool fallocate_one_mode; /* 6.12 */
	bool write_faults_chunk; /* 6.11 */
	bool write_faults_late; /* 6.15 */
	bool longterm_pin_unshares_file; /* 6.2 */
	bool longterm_pin_shuns_files; /* 6.5 */
	bool hugetlb_force_write; /* 6.14 */
	bool huge_copy_empty_pool_eexist; /* 6.15 */
	bool hugetlb_fork_wp_by_child; /* 6.4 */
	bool readahead_of_code_within; /* 6.16 */
	bool smaps_knows_lf; /* 6.12 */
	/* Positions of mails that no kernel took: choices_posted.c. */
	enum break_cow_wp_choice break_cow_keeps_wp;
	bool break_cow_flag;           /* COW broken for a reader is no write */
	bool break_cow_followed;       /* get_user_pages takes no page that is still to be copied */
	bool break_cow_believed;       /* after the fault it takes one that is not writable */
	bool minor_shared_only;        /* REGISTER refuses MINOR of a private mapping */
	bool continue_private_write;   /* CONTINUE of a private mapping makes it writable */
	enum event_lock_choice event_lock;
	enum unprotect_marks_choice unprotect_marks;
	/* Read-write protection, where its postings differ: choices_rwp.c. */
	bool rwp_fork_asks_late;     /* fork asks for the write bit when it has changed the rights */
	bool rwp_switch_waits_not;   /* SET_MODE does not wait for faults under the VMA lock */
	bool rwp_switch_plain;       /* poll and read look at the features in a plain way */
	bool rwp_swapin_copies;      /* a write that brings a page from swap is not told of */
	bool rwp_fault_around;       /* neighbours are mapped, too */
	bool rwp_gup_always;         /* get_user_pages faults where nobody may touch, too */
	bool rwp_scan_refused;       /* PM_SCAN_WP_MATCHING is EINVAL there, not passed over */
	enum rwp_prot_none_choice rwp_prot_none;
	enum rwp_written_choice rwp_written;
	bool split_remove;           /* REMOVE is read after the zap, announced before */
	uint64_t features;           /* what UFFDIO_API reports */
	uint64_t register_ioctls;    /* the widest `ioctls` of UFFDIO_REGISTER, anonymous memory */
	uint64_t surface;            /* calls, flags and advice that are known: enum kernel_surface */
	/* Beyond the choices: decisions.h. */
	struct uffdsim_decisions decide; /* NULL: the model's own function decides */
	unsigned nr_patches;
	const struct uffdsim_patch *patches[PROFILE_PATCHES];
};

#endif

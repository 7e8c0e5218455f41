/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * madvise.h - what the files of madvise() call of each other
 */
#ifndef MM_MADVISE_H
#define MM_MADVISE_H

#include "mm-model/internal.h"

enum madvise_lock_mode {
	MADVISE_MMAP_READ_LOCK,
	MADVISE_MMAP_WRITE_LOCK,
	MADVISE_VMA_READ_LOCK,
};

struct madvise_behavior {
	struct mm_struct *mm;
	int behavior;
	enum madvise_lock_mode lock_mode;
	uint64_t start, end; /* what is left, then: its part in @vma */
	struct vm_area_struct *vma;
	bool lock_dropped; /* and taken again: @vma may be gone */
	/* An event that was announced and not yet told, of which range. */
	struct userfaultfd_ctx *announced;
	uint64_t announced_start, announced_end;
	bool unlocked; /* right now */
};

/** Apply @change to what is mapped in the range; it answers whether it changed it. */
void walk_present(struct madvise_behavior *mb, const char *what,
		  pte_t (*change)(struct madvise_behavior *mb, pte_t pte));
/** FREE of the range: what is not written again may go. */
void madvise_free(struct madvise_behavior *mb);

/* --------------------------------------------------------- madvise_dontneed.c */

/** DONTNEED, DONTNEED_LOCKED or FREE of the part in one VMA: 0 or -errno. */
int madvise_dontneed_free(struct madvise_behavior *mb);
/**
 * The steps of userfaultfd_remove: announce; give mmap_lock back; wait until it was
 * read; take mmap_lock and find the VMA again (0 or -errno); drop the pages.
 */
void remove_prep(struct madvise_behavior *mb);
void remove_unlock(struct madvise_behavior *mb);
void remove_tell(struct madvise_behavior *mb);
int remove_relock(struct madvise_behavior *mb);
int remove_zap(struct madvise_behavior *mb);

/* ------------------------------------------------------------ madvise_guard.c */

/** What GUARD_INSTALL answers when others fill its range faster than it empties it. */
#define RESTART_SYSCALL 1
int madvise_guard_install(struct madvise_behavior *mb);
int madvise_guard_remove(struct madvise_behavior *mb);
/** Wait until RESTART_SYSCALL has a chance to end otherwise; an error if killed meanwhile. */
int guard_wait(struct mm_struct *mm, uint64_t start, uint64_t end);

#endif

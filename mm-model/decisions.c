/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * decisions.c - the table of the decisions that a patch may take
 */
#include "mm-model/decisions.h"

#include <uffdsim/profile.h>

const struct uffdsim_decisions builtin_decisions = {
	.can_change_pte_writable = builtin_can_change_pte_writable,
	.change_pte = builtin_change_pte,
	.userfaultfd_wp_fault = builtin_userfaultfd_wp_fault,
	.wp_can_reuse_anon_page = builtin_wp_can_reuse_anon_page,
	.userfaultfd_must_wait = builtin_userfaultfd_must_wait,
	.userfaultfd_wake_function = builtin_userfaultfd_wake_function,
	.copy_present_pte = builtin_copy_present_pte,
	.mfill_install_pte = builtin_mfill_install_pte,
	.follow_page_pte = builtin_follow_page_pte,
	.mmap_is_changing = builtin_mmap_is_changing,
	.userfaultfd_event_begin = builtin_userfaultfd_event_begin,
	.userfaultfd_event_complete = builtin_userfaultfd_event_complete,
	.userfaultfd_event_end = builtin_userfaultfd_event_end,
	.userfaultfd_remove = builtin_userfaultfd_remove,
	.vma_can_userfault = builtin_vma_can_userfault,
};

#define DECISION(member) .name = #member, .offset = offsetof(struct uffdsim_decisions, member)
#define CHOICES(...) .choices = (const char *const[]){ __VA_ARGS__, NULL }
#define NO_CHOICES   CHOICES(NULL)

static const struct decision rows[] = {
	{
		DECISION(can_change_pte_writable),
		.kernel = "can_change_pte_writable(), mm/mprotect.c",
		.about = "Whether mprotect() and the end of write protection give an entry its "
			 "write bit back at once, or leave that to a fault.",
		.locks = "ptl; mmap_lock for writing (mprotect) or reading",
		CHOICES("anon_exclusive", "clean_anon_writable", "soft_dirty_checked"),
	},
	{
		DECISION(change_pte),
		.kernel = "change_pte_range(), mm/mprotect.c: one present entry",
		.about = "The entry that mprotect(), write protection and its end write: write, "
			 "uffd-wp, accessed and dirty.",
		.locks = "ptl; mmap_lock for writing (mprotect) or reading",
		CHOICES("unprotect_restores_write", "unprotect_marks"),
	},
	{
		DECISION(userfaultfd_wp_fault),
		.kernel = "do_wp_page(), mm/memory.c: its head",
		.about = "What a write to a page under uffd-wp does: tell the monitor and sleep, "
			 "resolve it on the spot as WP_ASYNC does, or go on as if nothing was.",
		.locks = "ptl; the VMA's lock or mmap_lock for reading",
		NO_CHOICES,
	},
	{
		DECISION(wp_can_reuse_anon_page),
		.kernel = "do_wp_page() and wp_can_reuse_anon_page(), mm/memory.c",
		.about = "Whether a write to an anonymous page that is not writable goes to the "
			 "page itself or to a copy.",
		.locks = "ptl; the VMA's lock or mmap_lock for reading",
		CHOICES("anon_exclusive", "cow_counts_references", "large_folio_reuse"),
	},
	{
		DECISION(userfaultfd_must_wait),
		.kernel = "userfaultfd_must_wait(), fs/userfaultfd.c",
		.about = "Whether a fault that is queued and looks at the table once more goes to "
			 "sleep.",
		.locks = "the VMA's lock or mmap_lock for reading",
		CHOICES("fault_looks_again"),
	},
	{
		DECISION(userfaultfd_wake_function),
		.kernel = "userfaultfd_wake_function(), fs/userfaultfd.c",
		.about = "Which sleepers a wake-up takes: by default those whose address is in "
			 "its range.",
		.locks = "fault_pending_wqh.lock",
		NO_CHOICES,
	},
	{
		DECISION(copy_present_pte),
		.kernel = "copy_present_pte(), mm/memory.c",
		.about = "What fork makes of an entry on both sides: who may write, whether the "
			 "child inherits uffd-wp, dirty and accessed, or anything at all.",
		.locks = "ptl; both mmap_locks for writing",
		CHOICES("fork_wp_by_child"),
	},
	{
		DECISION(mfill_install_pte),
		.kernel = "mfill_atomic_install_pte(), mm/userfaultfd.c",
		.about = "The entry that COPY, ZEROPAGE and CONTINUE put in.",
		.locks = "the VMA's lock or mmap_lock, and map_changing_lock, for reading",
		CHOICES("continue_like_new", "private_fill_is_private"),
	},
	{
		DECISION(follow_page_pte),
		.kernel = "follow_page_pte(), can_follow_write_pte(), mm/gup.c",
		.about = "Whether get_user_pages takes the page of an entry as it is, or faults "
			 "first: what a pin and a forced write may pass over.",
		.locks = "ptl; mmap_lock for reading; none in get_user_pages_fast()",
		CHOICES("anon_exclusive", "break_cow_flag", "break_cow_followed",
			"longterm_pin_unshares_file"),
	},
	{
		DECISION(mmap_is_changing),
		.kernel = "the tests of mmap_changing, fs/userfaultfd.c and mm/userfaultfd.c",
		.about = "Whether, and when, a fill, WRITEPROTECT or MOVE answers EAGAIN because "
			 "of an event in flight.",
		.locks = "none at the request's begin; then the VMA and map_changing_lock",
		CHOICES("mmap_changing"),
	},
	{
		DECISION(userfaultfd_event_begin),
		.kernel = "dup_userfaultfd(), mremap_userfaultfd_prep(), userfaultfd_remove(), "
			  "userfaultfd_unmap_prep(), fs/userfaultfd.c: mmap_changing goes up",
		.about = "How an event is announced: under which lock mmap_changing goes up, and "
			 "for which events.",
		.locks = "mmap_lock for writing, with REMOVE for reading",
		CHOICES("mmap_changing", "map_changing_lock", "event_lock"),
	},
	{
		DECISION(userfaultfd_event_complete),
		.kernel = "userfaultfd_event_complete(), fs/userfaultfd.c",
		.about = "What else happens in the thread that reads an event's message.  By "
			 "default nothing.",
		.locks = "event_wqh.lock",
		NO_CHOICES,
	},
	{
		DECISION(userfaultfd_event_end),
		.kernel = "userfaultfd_event_wait_completion(), fs/userfaultfd.c: its end",
		.about = "How mmap_changing goes down, once the thread that told of an event runs "
			 "again.",
		.locks = "none",
		CHOICES("mmap_changing"),
	},
	{
		DECISION(userfaultfd_remove),
		.kernel = "userfaultfd_remove(), fs/userfaultfd.c; madvise_dontneed_free(), "
			  "mm/madvise.c",
		.about = "MADV_DONTNEED and FREE of watched memory: in which order they announce, "
			 "drop the pages, tell of it, and under which locks.",
		.locks = "mmap_lock for reading",
		CHOICES("split_remove", "remove_after_zap", "remove_keeps_vma"),
	},
	{
		DECISION(vma_can_userfault),
		.kernel = "vma_can_userfault(), include/linux/userfaultfd_k.h",
		.about = "Which mappings can be registered, and for what.",
		.locks = "mmap_lock for writing",
		CHOICES("minor_shared_only", "UFFD_FEATURE_MINOR_SHMEM",
			"UFFD_FEATURE_WP_HUGETLBFS_SHMEM"),
	},
};
#define NR_DECISIONS (sizeof(rows) / sizeof(rows[0]))
_Static_assert(NR_DECISIONS * sizeof(void (*)(void)) == sizeof(struct uffdsim_decisions),
	       "a decision without a row");

const struct decision *decision_row(unsigned i)
{
	return i < NR_DECISIONS ? &rows[i] : NULL;
}

bool decision_nth(unsigned i, struct decision_info *ret)
{
	const struct decision *d = decision_row(i);

	if (!d)
		return false;
	*ret = (struct decision_info){ .name = d->name,
				       .kernel = d->kernel,
				       .about = d->about,
				       .locks = d->locks,
				       .choices = d->choices };
	return true;
}

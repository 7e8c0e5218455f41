/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * variants.c - choices under a name: positions of discussions, proposals, and what
 * would be if a kernel lacked one thing
 *
 * --profile v6.18+NAME.  One row each; what it sets are choices (choices.h).
 */
#include "mm-model/choices.h"

const struct variant variants[] = {
	{
		.name = "break-cow-v2",
		.sets = "+break_cow_flag=yes",
		.about = "The first remedy for the hang of 5.8: breaking copy on write for a reader is "
			 "asked for by a flag, of which userfaultfd does not hear.  For v5.8.",
		.source = "\"mm/gup: Allow real explicit breaking of COW\", v2, 10 August 2020",
		.scenario = "threads/enforced-cow-read",
	},
	{
		.name = "break-cow-v3",
		.sets = "+break_cow_flag=yes+break_cow_keeps_wp=copy",
		.about = "The next posting: a page that is copied stays protected.  For v5.8.",
		.source = "\"mm/gup: Allow real explicit breaking of COW\", v3, 11 August 2020",
		.scenario = "threads/enforced-cow-read",
	},
	{
		.name = "break-cow-v2-followed",
		.sets = "+break_cow_flag=yes+break_cow_followed=yes",
		.about = "break-cow-v2, and get_user_pages insists on the copy, but the copy does not "
			 "inherit the protection.  For v5.8.",
		.source = "Jann Horn's question, August 2020",
		.scenario = "threads/enforced-cow-evict-shared",
	},
	{
		.name = "break-cow-v3-followed",
		.sets = "+break_cow_flag=yes+break_cow_keeps_wp=copy+break_cow_followed=yes",
		.about = "break-cow-v3, and get_user_pages insists on the copy, as the answer to Jann "
			 "Horn's question proposed.  For v5.8.",
		.source = "the answer to Jann Horn's question, August 2020",
		.scenario = "threads/enforced-cow-evict",
	},
	{
		.name = "break-cow-strict",
		.sets = "+break_cow_flag=yes+break_cow_keeps_wp=always+break_cow_followed=yes",
		.about = "break-cow-v3-followed, and no entry loses its protection; but then "
			 "get_user_pages never sees the writable entry that it waits for.  For v5.8.",
		.source = "docs/threads/enforced-cow.md",
		.scenario = "threads/enforced-cow-read",
	},
	{
		.name = "break-cow-done",
		.sets = "+break_cow_flag=yes+break_cow_keeps_wp=always+break_cow_followed=yes"
			"+break_cow_believed=yes",
		.about = "break-cow-strict, and get_user_pages believes the fault that has just broken "
			 "copy on write.  What the proposal needed to do all it was meant to.  For v5.8.",
		.source = "docs/threads/enforced-cow.md",
		.scenario = "threads/enforced-cow-evict",
	},
	{
		.name = "continue-v3",
		.sets = "+UFFD_FEATURE_MINOR_SHMEM=no+minor_shared_only=yes"
			"+continue_private_write=yes",
		.about = "Minor faults and CONTINUE as first shown to reviewers: huge pages of the pool "
			 "in shared mappings, nothing else.  For v5.14; v5.13 as released is v5.14 with "
			 "UFFD_FEATURE_MINOR_SHMEM=no.",
		.source = "series \"userfaultfd: handle minor faults\", v3, 28 January 2021",
		.scenario = "threads/continue-register",
	},
	{
		.name = "changing-none",
		.sets = "+mmap_changing=none+map_changing_lock=no",
		.about = "Nothing holds back a fill while the mappings change, as before 4.18: "
			 "after a "
			 "fork the monitor cannot know whether the child inherited what it filled "
			 "in "
			 "meanwhile, and EEXIST does not tell.",
		.source = "mails of May 2018 and December 2020",
		.scenario = "fork-vs-copy",
	},
	{
		.name = "changing-bool",
		.sets = "+mmap_changing=bool+map_changing_lock=no",
		.about = "One flag for all events, as in 4.18 to 5.14: the first event that ends "
			 "allows "
			 "fills again although another has not been read.",
		.source = "patch of August 2021; bug-museum M02",
		.scenario = "remove-bool-vs-counter",
	},
	{
		.name = "changing-counter",
		.sets = "+mmap_changing=counter+map_changing_lock=no",
		.about = "Events are counted, as in 5.15 to 6.8, but do not wait for the fills "
			 "that have "
			 "looked already: enough while fills hold mmap_lock against fork, mremap "
			 "and "
			 "munmap, and not against MADV_DONTNEED.",
		.source = "discussion of January 2024",
		.scenario = "dontneed-vs-copy",
	},
	{
		.name = "changing-counter-and-lock",
		.sets = "+mmap_changing=counter+map_changing_lock=yes",
		.about = "The counter, and a lock that fills hold for reading from the look at it "
			 "to "
			 "their end, and events take for writing to raise it: what was merged for "
			 "6.9.",
		.source = "series of January 2024",
		.scenario = "dontneed-vs-copy",
	},
	{
		.name = "remove-without-lock",
		.sets = "+event_lock=not-remove",
		.about = "MADV_DONTNEED does not wait for the fills under way: to announce an "
			 "event is "
			 "a signal to those who come, not a reason to wait for those who are "
			 "there.  "
			 "Then a fill may end after the monitor has read REMOVE.",
		.source = "discussion of January 2024, Howlett",
		.scenario = "threads/dontneed-waits-for-fills",
	},
	{
		.name = "events-without-lock",
		.sets = "+event_lock=none",
		.about = "No event takes map_changing_lock.  Beyond MADV_DONTNEED nobody can tell: "
			 "fork, "
			 "mremap and munmap write-lock each VMA before they announce it, and so "
			 "wait "
			 "for the fills under way as it is.",
		.source = "discussion of January 2024: does fork need the write lock?",
		.scenario = "remap-vs-copy",
	},
	{
		.name = "remap-announces-first",
		.sets = "+remap_prep_first=yes",
		.about = "mremap announces itself before it moves the page tables, as other events "
			 "do, "
			 "instead of after.  While it holds mmap_lock for writing nobody can tell, "
			 "but "
			 "by an mremap that fails.",
		.source = "discussion of January 2024: Gidra's first question",
		.scenario = "remap-vs-copy",
	},
	{
		.name = "remove-split",
		.sets = "+split_remove=yes",
		.about = "userfaultfd_remove() in two halves: announce, drop the pages, and tell "
			 "the "
			 "monitor afterwards.  It closes the window between the end of the event "
			 "and "
			 "the zap, in which a fill may be dropped.",
		.source = "discussion of January 2024: Gidra's second question",
		.scenario = "dontneed-window",
	},
	{
		.name = "access-hint-posted",
		.sets = "+unprotect_marks=posted",
		.about = "Un-protecting sets the accessed bit, and the dirty bit where it gives "
			 "the write "
			 "bit back, without being asked, so that the next store need not.",
		.source = "mail of 18 July 2022, Amit, as posted",
		.scenario = "threads/unprotect-marks",
	},
	{
		.name = "access-hint",
		.sets = "+unprotect_marks=hinted+UFFD_FEATURE_ACCESS_HINTS=yes",
		.about = "The same only for requests that say that the page will be used, of "
			 "monitors "
			 "that asked for the feature: nobody else sees other bits than before.",
		.source = "mail of 19 July 2022, Xu",
		.scenario = "threads/unprotect-marks",
	},
	{
		.name = "dirty-if-writable",
		.sets = "+unprotect_marks=writable",
		.about = "The accessed bit, and the dirty bit wherever the entry is writable in "
			 "the end: "
			 "an entry that may be written without a fault may as well be dirty.",
		.source = "mail of 20 July 2022, Amit",
		.scenario = "threads/unprotect-marks",
	},
	{
		.name = "young-always",
		.sets = "+unprotect_marks=young",
		.about = "The accessed bit alone: pages of a file are not dirtied behind the file "
			 "system's back, and pages that nobody writes are not written back.",
		.source = "thread of July 2022",
		.scenario = "threads/unprotect-marks",
	},
	{
		.name = "dirty-with-write",
		.sets = "+unprotect_marks=granted",
		.about = "Whoever gives the write bit to an entry, mprotect too, makes it dirty: "
			 "write "
			 "and dirty go together on all paths.",
		.source = "mail of 19 July 2022, Xu; Hildenbrand's answer of 20 July",
		.scenario = "threads/unprotect-marks",
	},
	{
		.name = "rwp",
		.sets = "+UFFD_FEATURE_RWP=yes+UFFD_FEATURE_RWP_ASYNC=yes+UFFDIO_RWPROTECT=yes",
		.about = "Read-write protection as last posted (v10): whoever touches a protected page "
			 "is reported, or let in and remembered.",
		.source = "\"userfaultfd: working set tracking for VM guest memory\", v10, 8 July 2026",
		.scenario = "threads/rwp-sync",
	},
	{
		.name = "rwp-v1",
		.sets = "+rwp-v4+rwp_fork_asks_late=yes+rwp_switch_plain=yes+rwp_scan_refused=no",
		.about = "As first posted: a fork of which nobody hears leaves the parent writing to "
			 "pages of the child, and SET_MODE races with poll and read.",
		.source = "the same, v1, 27 April 2026",
		.scenario = "threads/rwp-fork-unwatched",
	},
	{
		.name = "rwp-v4",
		.sets = "+rwp-v7+rwp_scan_refused=yes+rwp_prot_none=accepted+rwp_gup_always=yes",
		.about = "PROT_NONE memory can be registered, and get_user_pages may go round for ever "
			 "there.",
		.source = "the same, v4, 25 May 2026",
		.scenario = "threads/rwp-force-prot-none",
	},
	{
		.name = "rwp-v7",
		.sets = "+rwp-v8+rwp_swapin_copies=yes",
		.about = "A write that brings back a page in swap which a child has, too, is not reported.",
		.source = "the same, v7, 29 June 2026",
		.scenario = "threads/rwp-swap-shared",
	},
	{
		.name = "rwp-v8",
		.sets = "+rwp+rwp_fault_around=yes+rwp_prot_none=refused",
		.about = "Neighbours of a page that was read count as accessed; what was made PROT_NONE "
			 "cannot be unregistered.",
		.source = "the same, v8, 3 July 2026",
		.scenario = "threads/rwp-fault-around",
	},
	{
		.name = "rwp-rfc-switch",
		.sets = "+rwp+rwp_switch_waits_not=yes",
		.about = "SET_MODE as in the RFC: faults under the lock of their VMA are not waited for, "
			 "so one of them may go to sleep when everybody has been woken.",
		.source = "RFC of 14 April 2026, patch 10, whose SET_MODE was for another mode",
		.scenario = "threads/rwp-switch-vs-fault",
	},
	{ .name = NULL },
};

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * choices_museum.c - the table of choices: bugs of the past that only the museum
 * (tests/litmus/museum) asks for.  Where no version is named they never were in a
 * release, and the museum's scenario sets them.
 */
#include "mm-model/choices.h"

static const char *const release_values[] = { "sigbus", "nopage", "retry", NULL };
static const char *const fails_values[] = { "no", "mremap", "fork", NULL };

static const struct choice rows[] = {
	{
		CHOICE_ENUM(release_fault, release_values),
		.oldest = RELEASE_FAULT_SIGBUS,
		.changes = {
			{ KERNEL(4, 14), RELEASE_FAULT_NOPAGE, "656710a60e36",
			  "a fault that meets a release is no error", { 0 } },
			{ KERNEL(6, 15), RELEASE_FAULT_RETRY, "fe4cdc2c4e24",
			  "it is tried again, with the lock dropped",
			  { KERNEL(6, 12), KERNEL(6, 1) } },
		},
		.about = "A fault that comes while the descriptor is being closed.  sigbus: kills a "
			 "thread whose monitor only wanted to be done.  nopage: says that there is "
			 "nothing to do; get_user_pages looks, finds nothing, and faults again with "
			 "mmap_lock held, which the closer waits for.  retry: the lock is dropped.",
		.source = "bug-museum M14; reports of July 2023 and March 2025",
		.scenario = "museum/close-vs-mlock",
	},
	{
		CHOICE_BOOL(fault_looks_again),
		.changes = { { KERNEL(4, 3), YES, "8d2afd96c203",
			       "a fault that is queued looks at the table again", { 0 } } },
		.about = "A COPY may come between the look at the empty entry and the queueing of the "
			 "fault, and finds nobody to wake.  Who looks again once he is queued does not "
			 "sleep on a page that is there.",
		.source = "bug-museum M09; patch of 14 May 2015",
		.scenario = "museum/copy-before-queueing",
	},
	{
		CHOICE_BOOL(refile_atomic),
		.changes = { { KERNEL(4, 3), YES, "2c5b7e1be74f",
			       "wakers look again if a message changed its queue", { 0 } } },
		.about = "read takes a fault from the queue of the pending and puts it on that of the "
			 "read ones.  Who fills looks at both without a lock first; between the two "
			 "steps it finds them empty and wakes nobody.",
		.source = "bug-museum M10; mails of June and July 2015",
		.scenario = "museum/refile-vs-wake",
	},
	{
		CHOICE_BOOL(remap_drops_ctx),
		.changes = { { KERNEL(5, 0), YES, "3cfd22be0ad6",
			       "mremap without EVENT_REMAP ends the registration", { 0 } } },
		.about = "Memory that is moved without EVENT_REMAP is not watched any more.  Before, "
			 "the new mapping stayed registered, and its faults came from addresses that "
			 "the monitor had never heard of.",
		.source = "bug-museum M17; patch of December 2018",
		.scenario = "museum/remap-keeps-watching",
	},
	{
		CHOICE_BOOL(remap_prep_first),
		.about = "mremap announces itself (mmap_changing goes up) before it moves the tables "
			 "rather than after.  Then an mremap that fails has something to take back.",
		.source = "bug-museum M03",
		.scenario = "museum/remap-fails",
	},
	{
		CHOICE_BOOL(remap_fail_ends_event),
		.changes = { { KERNEL(7, 1), YES, "0496a59745b0",
			       "an mremap that fails counts mmap_changing down", { KERNEL(6, 18) } } },
		.about = "An mremap that announced itself and then fails has to take that back.  Before, "
			 "it only gave up its reference: the counter stays up, and every COPY answers "
			 "EAGAIN for ever.",
		.source = "bug-museum M03; Mike Rapoport, May 2026",
		.scenario = "museum/remap-fails",
	},
	{
		CHOICE_BOOL(fork_fail_silent),
		.changes = { { KERNEL(6, 12), YES, "f64e67e5d3a4",
			       "a fork that fails takes its events back", { 0 } } },
		.about = "A fork that runs out of memory half way has no child to announce.  Before, "
			 "the FORK event was delivered all the same, with a descriptor for an address "
			 "space that is half there.",
		.source = "bug-museum M22; October 2024",
		.scenario = "museum/fork-fails",
	},
	{
		CHOICE_BOOL(gup_breaks_cow),
		.changes = {
			{ KERNEL(5, 8), YES, "17839856fd58",
			  "get_user_pages for reading of private memory is a write", { 0 } },
			{ KERNEL(5, 9), NO, "09854ba94c6a", "copy on write asks who else there is",
			  { 0 } },
		},
		.about = "Whoever takes a reference to a page of private memory to read it breaks copy "
			 "on write first, so that it stays with him.  The write fault that it takes for "
			 "that meets uffd-wp, and tells the monitor of a write that nobody made.",
		.source = "bug-museum M12; llnl/umap#109, August 2020",
		.scenario = "museum/gup-read-reports-write",
	},
	{
		CHOICE_BOOL(fork_early_cow_keeps_wp),
		.changes = { { KERNEL(5, 14), YES, "8f34f1eac382",
			       "the child's copy of a pinned page inherits uffd-wp", { 0 } } },
		.about = "A pinned page is copied for the child at once.  Before, the copy was writable "
			 "and not protected, so that the child's writes were not reported.",
		.source = "bug-museum M19; series of January 2021",
		.scenario = "museum/fork-pinned-wp",
	},
	{
		CHOICE_BOOL(fork_wp_by_child),
		.changes = { { KERNEL(5, 14), YES, "8f34f1eac382",
			       "the child's VMA decides whether uffd-wp is kept", { 0 } } },
		.about = "Without EVENT_FORK the child is not watched, so its entries must not be "
			 "protected.  Before, the parent's VMA was asked instead.",
		.source = "bug-museum M19; series of January 2021",
		.scenario = "museum/fork-unwatched-wp",
	},
	{
		CHOICE_BOOL(fork_drops_markers),
		.changes = { { KERNEL(6, 2), YES, "49d6d7fb6313",
			       "an unwatched child gets no uffd-wp marker", { KERNEL(6, 1) } } },
		.about = "The same for the markers that protect empty entries: before, fork copied "
			 "them whoever the child belonged to.",
		.source = "bug-museum M20; December 2022",
		.scenario = "museum/fork-unwatched-marker",
	},
	{
		CHOICE_BOOL(scan_wp_atomic),
		.changes = { { KERNEL(6, 9), YES, "c70dce4982ce",
			       "PAGEMAP_SCAN protects what the entry is when it changes it", { 0 } } },
		.about = "PAGEMAP_SCAN looks at an entry, decides, and protects it.  Before, it wrote "
			 "back what it had looked at: accessed and dirty bits that the processor set "
			 "meanwhile were lost.",
		.source = "bug-museum M24; April 2024",
		.scenario = "museum/scan-loses-dirty",
	},
	{
		CHOICE_BOOL(soft_dirty_checked),
		.changes = { { KERNEL(6, 0), YES, "76aefad628aa",
			       "mprotect asks the right way round whether soft-dirty is tracked",
			       { 0 } } },
		.about = "mprotect may only give the write bit back if nobody waits to see a write.  The "
			 "test whether soft-dirty is tracked was the wrong way round, and writes went "
			 "unseen.",
		.source = "bug-museum M27; July 2022",
		.scenario = "museum/soft-dirty-inverted",
	},
	{
		CHOICE_BOOL(wp_protect_wakes),
		.about = "WRITEPROTECT that protects wakes whoever sleeps in the range, as the one that "
			 "lifts protection does.  Harmless, but who is woken only sends his message "
			 "again, and once upon a time it ate his only retry.",
		.source = "bug-museum M28; v6 of the series, February 2020",
		.scenario = "museum/protect-wakes",
	},
	{
		CHOICE_BOOL(wp_holds_mm),
		.changes = { { KERNEL(5, 15), YES, "cb185d5f1ebf",
			       "WRITEPROTECT holds the address space", { 0 } } },
		.about = "WRITEPROTECT of an address space whose last thread ends meanwhile: the others "
			 "hold it, or say ESRCH.  This one walked VMAs that were being freed.",
		.source = "bug-museum M30; CVE-2021-47461",
		.scenario = "museum/wp-vs-exit",
	},
	{
		CHOICE_BOOL(event_exit),
		.about = "A thread that ends goes through its mappings and announces that to their "
			 "monitors.  It may hold no lock, since it has to sleep, and cannot be killed any "
			 "more: mappings go away under it, and who does not read keeps it for ever.",
		.source = "bug-museum M31; rolled back in February 2017",
		.scenario = "museum/exit-event",
	},
	{
		CHOICE_BOOL(remove_after_zap),
		.about = "MADV_DONTNEED drops the pages first and announces it then.  A COPY in between "
			 "succeeds, and the monitor that reads REMOVE afterwards believes that the page "
			 "is gone.",
		.source = "bug-museum M06; mail of 2 March 2017",
		.scenario = "museum/remove-after-zap",
	},
	{
		CHOICE_BOOL(copy_retry_checks_vma),
		.changes = { { KERNEL(7, 1), YES, "292411fda25b",
			       "COPY that dropped its locks compares what it finds then", { 0 } } },
		.about = "COPY prepares a page for the kind of mapping that it sees, drops its locks to "
			 "fetch the source, and looks the mapping up again.  Before, it put the page "
			 "into whatever was there then: a page of a file into anonymous memory.",
		.source = "bug-museum M32",
		.scenario = "museum/copy-retry-other-kind",
	},
	{
		CHOICE_BOOL(private_fill_is_private),
		.changes = { { KERNEL(4, 20), YES, "5b51072e97d5",
			       "COPY into a private mapping of a file makes a private page",
			       { 0 } } },
		.about = "COPY and ZEROPAGE into a private mapping of a file fill the mapping.  Before, "
			 "they put the page into the file, where everybody sees it, though the mapping "
			 "may be read-only.",
		.source = "bug-museum M36; CVE-2018-18397",
		.scenario = "museum/private-copy-writes-file",
	},
	{
		CHOICE_BOOL(continue_like_new),
		.about = "CONTINUE as first posted for memory with a file went the way of COPY, which "
			 "has made the page itself: a private mapping became writable, and an error "
			 "took the page out of the file.",
		.source = "bug-museum M37; patches of spring 2021",
		.scenario = "museum/continue-undoes",
	},
	{
		CHOICE_BOOL(swapoff_minds_uffd_wp),
		.changes = { { KERNEL(5, 13), YES, NULL,
			       "swapoff leaves uffd-wp out when it compares entries", { 0 } } },
		.about = "swapoff looks for the entries of a slot and compares them without their "
			 "flags.  Before, uffd-wp was not among those: it never found the entry, and "
			 "went round for ever.",
		.source = "bug-museum M38; June 2021",
		.scenario = "museum/swapoff-uffd-wp",
	},
	{
		CHOICE_BOOL(scan_minds_swap),
		.changes = { { KERNEL(6, 9), YES, "2c7ad9a590d1",
			       "PAGEMAP_SCAN asks a swap entry as one", { 0 } } },
		.about = "uffd-wp has another place in a swap entry than in a present one.  Before, "
			 "PAGEMAP_SCAN looked in one place for both, and reported protected pages in "
			 "swap as written.",
		.source = "bug-museum M38; April 2024",
		.scenario = "museum/scan-swapped",
	},
	{
		CHOICE_BOOL(collapse_checks_wp_again),
		.changes = { { KERNEL(6, 3), YES, "dd47ac428c3f",
			       "the second look of a collapse minds uffd-wp", { KERNEL(6, 1) } } },
		.about = "A collapse looks at the entries twice, the second time with mmap_lock held for "
			 "writing.  Before, only the first look minded uffd-wp, and protection that "
			 "came in between was lost in the huge page.",
		.source = "bug-museum M39; April 2023",
		.scenario = "museum/collapse-loses-wp",
	},
	{
		CHOICE_BOOL(move_owner_late),
		.changes = { { KERNEL(6, 8), YES, NULL,
			       "a MOVE that fails leaves the page as it was", { 0 } } },
		.about = "MOVE gives the page its new owner, looks whether somebody has pinned it, and "
			 "puts the entry back if so.  As first posted the page then said that it "
			 "belongs to the destination.",
		.source = "bug-museum M40; February 2024",
		.scenario = "museum/move-fails-half-way",
	},
	{
		CHOICE_BOOL(stale_wp_is_bug),
		.about = "Entries with uffd-wp in memory that is not registered for write protection "
			 "count as a broken invariant.  Not by itself, since every kernel can leave "
			 "some behind (unregister-vs-copy-wp).",
		.source = "bug-museum M17 M18",
		.scenario = "checks/stale-wp",
	},
	{
		CHOICE_ENUM(fails, fails_values),
		.about = "Memory runs out where no scenario can make it: in mremap when the entries "
			 "have been moved, or in fork at the second mapping.",
		.source = "bug-museum M03 M22",
		.scenario = "museum/fork-fails",
	},
};
CHOICE_TABLE(choices_museum, rows);

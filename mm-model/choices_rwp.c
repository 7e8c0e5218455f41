/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * choices_rwp.c - the table of choices: read-write protection, and where its
 * postings of 2026 differ
 *
 * Without a setting each is as in the last posting (v10).
 */
#include "mm-model/choices.h"
#include "mm-model/mm_types.h"

static const char *const prot_none_values[] = { "not-register", "refused", "accepted", NULL };
static const char *const written_values[] = { "wp", "not-rwp", NULL };

#define FEATURE(feature) \
	.name = #feature, .offset = offsetof(struct profile, features), .bit = (feature), \
	.values = choice_no_yes

static const struct choice rows[] = {
	{
		FEATURE(UFFD_FEATURE_RWP),
		.about = "Pages can be read-write protected: whoever touches one, to read or to "
			 "write, is reported, and the page stays where it is.  Brings "
			 "UFFDIO_REGISTER_MODE_RWP, UFFDIO_SET_MODE and PAGE_IS_ACCESSED, and "
			 "REGISTER no longer drops a mode that leaves bits in the entries.",
		.source = "\"userfaultfd: working set tracking for VM guest memory\", 27 April to "
			  "8 July 2026, Shutsemau",
		.scenario = "threads/rwp-sync",
	},
	{
		FEATURE(UFFD_FEATURE_RWP_ASYNC),
		.about = "The kernel itself gives access back to who touches a protected page; "
			 "PAGEMAP_SCAN tells which pages were touched.  SET_MODE switches it.",
		.source = "the same, v10, patches 12 and 13",
		.scenario = "threads/rwp-async",
	},
	{
		.name = "UFFDIO_RWPROTECT",
		.offset = offsetof(struct profile, register_ioctls),
		.bit = 1ULL << _UFFDIO_RWPROTECT,
		.values = choice_no_yes,
		.about = "Protects a range, or gives access back and wakes.",
		.source = "the same, v10, patch 9",
		.scenario = "threads/rwp-sync",
	},
	{
		CHOICE_BOOL(rwp_fork_asks_late),
		.about = "Where the child is not watched, fork gives its entries ordinary rights, "
			 "and asks only then whether the entry was writable: the parent keeps its "
			 "write bit, and what it stores shows in the child.  v1; from v2 on it asks "
			 "first.",
		.source = "review of v1 (sashiko), answered in v2, patch 6",
		.scenario = "threads/rwp-fork-unwatched",
	},
	{
		CHOICE_BOOL(rwp_switch_waits_not),
		.about = "SET_MODE takes mmap_lock and does not wait for faults that hold only the "
			 "lock of their VMA.  The RFC, whose SET_MODE was for another mode; from v1 "
			 "on each VMA of the context is write-locked.",
		.source = "RFC of 14 April 2026, patch 10; v1, patch 12",
		.scenario = "threads/rwp-switch-vs-fault",
	},
	{
		CHOICE_BOOL(rwp_switch_plain),
		.about = "poll, read and ioctl look at ctx->features in a plain way while SET_MODE "
			 "may write it.  v1; marked accesses from v2 on.",
		.source = "review of v1 (sashiko), answered in v2, patch 12",
		.scenario = "threads/rwp-switch-race",
	},
	{
		CHOICE_BOOL(rwp_swapin_copies),
		.about = "A write that brings a protected page back from swap, of which somebody "
			 "else has a part, copies it on the spot: nobody is told, and the copy is not "
			 "protected.  Up to v7; from v8 on the write comes again and is reported.",
		.source = "review of v7 (sashiko), answered in v8, patch 7",
		.scenario = "threads/rwp-swap-shared",
	},
	{
		CHOICE_BOOL(rwp_fault_around),
		.about = "A read fault maps the pages around it, too, which then count as accessed.  "
			 "Up to v8.",
		.source = "review of v8 (sashiko), answered in v9, patch 5",
		.scenario = "threads/rwp-fault-around",
	},
	{
		CHOICE_BOOL(rwp_gup_always),
		.about = "get_user_pages faults on a protected page even where nobody may touch the "
			 "memory, and the fault changes nothing: with FOLL_FORCE it does so for ever. "
			 " Up to v5.",
		.source = "v6, patch 8",
		.scenario = "threads/rwp-force-prot-none",
	},
	{
		CHOICE_BOOL(rwp_scan_refused),
		.about = "PM_SCAN_WP_MATCHING answers EINVAL where a mapping is registered for RWP; "
			 "otherwise it is passed over.  v2 to v4.",
		.source = "v2, patch 10; v5, patch 14",
		.scenario = "threads/rwp-scan",
	},
	{
		CHOICE_ENUM(rwp_prot_none, prot_none_values),
		.about = "RWP and memory that nobody may touch, where access cannot be given back.  "
			 "accepted: REGISTER takes it (up to v4).  refused: not, but neither can be "
			 "unregistered what was made PROT_NONE later (v5 to v8).  not-register: only "
			 "REGISTER refuses.",
		.source = "v5, patch 12; review of v8 (sashiko), answered in v9, patch 9",
		.scenario = "threads/rwp-prot-none",
	},
	{
		CHOICE_ENUM(rwp_written, written_values),
		.about = "Where PAGEMAP_SCAN says WRITTEN of a present page without the uffd bit.  "
			 "wp: in mappings registered for WP, where it means something.  not-rwp: "
			 "everywhere else, too, as before.",
		.source = "Usama Arif's question to v9, patch 11, and the answer, 6 July 2026",
		.scenario = "threads/rwp-scan",
	},
};
CHOICE_TABLE(choices_rwp, rows);

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * choices_wp.c - the table of choices: write protection, and who gives the write
 * bit to an entry
 */
#include "mm-model/choices.h"

static const struct choice rows[] = {
	{
		CHOICE_BOOL(uffd_wp),
		.changes = { { KERNEL(5, 7),
			       YES,
			       "63b2d4174c4a",
			       "write protection through userfaultfd",
			       { 0 } } },
		.about = "There is write protection at all: REGISTER with MODE_WP, WRITEPROTECT, "
			 "COPY "
			 "with MODE_WP, and messages with the WP flag.",
		.source = "series of February 2020",
		.scenario = "wp-snapshot",
	},
	{
		CHOICE_BOOL(wp_copy_flushes),
		.changes = { { KERNEL(5, 12),
			       YES,
			       "6ce64428d620",
			       "a copy on write flushes first if a flush is pending",
			       { 0 } } },
		.about =
			"WRITEPROTECT takes the write bit and flushes the processors' translations "
			"only at its end.  A fault that copies the page before that would lose "
			"what "
			"another processor still stores to the old one, so it flushes first.",
		.source = "bug-museum M13; thread of December 2020",
		.scenario = "museum/wp-deferred-flush",
	},
	{
		CHOICE_BOOL(wp_unpopulated),
		.changes = { { KERNEL(6, 4),
			       YES,
			       "2bad466cc9d9",
			       "UFFD_FEATURE_WP_UNPOPULATED",
			       { 0 } } },
		.about =
			"WRITEPROTECT leaves a marker in empty entries of anonymous memory, if the "
			"feature was asked for.  Without it, protecting a hole protects nothing: a "
			"later write makes a page and nobody is told.",
		.source = "bug-museum M35",
		.scenario = "wp-unpopulated",
	},
	{
		CHOICE_BOOL(wp_skips_holes),
		.changes = { { KERNEL(6, 2),
			       YES,
			       NULL,
			       "WRITEPROTECT goes over several VMAs and holes",
			       { 0 } } },
		.about = "WRITEPROTECT protects whatever is registered in its range; before, the "
			 "range "
			 "had to lie within one VMA.",
		.source = "kernel source",
		.scenario = "wp-hole",
	},
	{
		CHOICE_BOOL(remap_clears_wp),
		.changes = { { KERNEL(6, 13),
			       YES,
			       "0cef0bb836e3",
			       "mremap without EVENT_REMAP clears uffd-wp in what it moves",
			       { KERNEL(6, 12) } } },
		.about = "mremap ends the registration of what it moves unless EVENT_REMAP was "
			 "asked "
			 "for.  Before, the bits in the moved entries stayed behind, and took part "
			 "in "
			 "whatever was done there later.",
		.source = "bug-museum M17; mail of January 2025",
		.scenario = "remap-unwatched",
	},
	{
		CHOICE_BOOL(unregister_clears_wp),
		.changes = { { KERNEL(6, 0),
			       YES,
			       "f369b07c8614",
			       "UNREGISTER clears uffd-wp in its range",
			       { 0 } } },
		.about = "UNREGISTER takes the protection from its pages.  Before, the bits stayed "
			 "in "
			 "memory that nobody watches.",
		.source = "bug-museum M18",
		.scenario = "wp-unregister-sleeps",
	},
	{
		CHOICE_BOOL(close_clears_wp),
		.changes = { { KERNEL(6, 9),
			       YES,
			       "c88033efe9a3",
			       "the last close clears uffd-wp in all its ranges",
			       { 0 } } },
		.about = "The last close of a descriptor takes the protection from the pages that "
			 "were "
			 "registered with it, as UNREGISTER does.",
		.source = "bug-museum M18; CVE-2024-36881",
	},
	{
		CHOICE_BOOL(wp_wants_writenotify),
		.changes = { { KERNEL(6, 2),
			       YES,
			       "51d3d5eb74ff",
			       "a VMA registered for WP has no writable default protection",
			       { KERNEL(6, 1) } } },
		.about = "Whoever rebuilds an entry of a shared mapping from the VMA's default "
			 "protection (mprotect, migration) must not make a protected page "
			 "writable, so "
			 "that default lacks the write bit while the VMA is registered for WP.",
		.source = "bug-museum M25; report of December 2022",
	},
	{
		CHOICE_BOOL(wp_from_template),
		.changes = { { KERNEL(6, 3), YES, "931298e103c2",
			       "WRITEPROTECT takes the rights of entries from the template", { 0 } } },
		.about = "Protecting an entry of a VMA with PROT_WRITE alone takes the write bit.  "
			 "Before, its rights were those of the flags without VM_WRITE, so none were "
			 "left, and the next access faulted as on a hint of NUMA balancing.",
		.source = "kernel source; recorded answers of 6.1",
	},
	{
		CHOICE_BOOL(unprotect_restores_write),
		.changes = { { KERNEL(6, 3),
			       YES,
			       NULL,
			       "un-protecting makes exclusive pages writable at once",
			       { 0 } } },
		.about = "WRITEPROTECT that ends protection gives the write bit to anonymous pages "
			 "that "
			 "belong to this process alone, which saves the next store a fault.",
		.source = "bug-museum M26",
		.scenario = "wp-unprotect-vs-write",
	},
	{
		CHOICE_BOOL(clean_anon_writable),
		.changes = { { KERNEL(6, 2),
			       YES,
			       NULL,
			       "mprotect makes clean exclusive pages writable, too",
			       { 0 } } },
		.about = "mprotect that gives PROT_WRITE also makes those anonymous pages writable "
			 "at "
			 "once that nobody wrote yet; before, only dirty ones.",
		.source = "bug-museum M26",
	},
	{
		CHOICE_BOOL(anon_exclusive),
		.changes = { { KERNEL(5, 19),
			       YES,
			       "6c287605fd56",
			       "anonymous pages know whether they are exclusive",
			       { 0 } } },
		.about = "Each anonymous page says whether one process alone has it, and only such "
			 "a "
			 "page is written in place or pinned.  Before, a store counted references, "
			 "so "
			 "that a pin made it copy a page that was nobody else's.",
		.source = "series of early 2022",
		.scenario = "pin-vs-fork",
	},
	{
		CHOICE_BOOL(map_dirty_as_dirty),
		.changes = { { KERNEL(6, 16),
			       YES,
			       NULL,
			       "a writable entry of a dirty page is made dirty",
			       { 0 } } },
		.about =
			"A read fault that maps a dirty page of a file with a writable entry marks "
			"the entry dirty as well.",
		.source = "kernel source",
	},
	{
		CHOICE_BOOL(swapin_writable),
		.changes = { { KERNEL(6, 11),
			       YES,
			       NULL,
			       "a read that brings a page from swap maps it writable",
			       { 0 } } },
		.about = "A read fault on a page in swap gives its entry the write bit if the page "
			 "is "
			 "exclusive, so that a store afterwards takes no fault.",
		.source = "kernel source",
	},
	{
		CHOICE_BOOL(cow_counts_references),
		.changes = { { KERNEL(5, 9),
			       YES,
			       "09854ba94c6a",
			       "a store reuses a page only if nothing else holds it",
			       { 0 } } },
		.about = "A store to a page that was shared once writes it in place if nothing but "
			 "this "
			 "entry refers to it.  Before, it was enough that no other entry mapped "
			 "it, so "
			 "a page that somebody still reads by a pin could be written.",
		.source = "mails of August 2020; bug-museum M12",
	},
};
CHOICE_TABLE(choices_wp, rows);

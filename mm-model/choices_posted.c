/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * choices_posted.c - the table of choices: what mails proposed and no kernel took
 *
 * No kernel sets them; docs/threads tells what came of each.
 */
#include "mm-model/choices.h"

static const char *const break_cow_wp_values[] = { "nothing", "copy", "always", NULL };

static const struct choice rows[] = {
	{
		CHOICE_BOOL(break_cow_flag),
		.about = "Where get_user_pages breaks copy on write for a reader (gup_breaks_cow), it "
			 "asks for that by a flag of its own instead of pretending a write, and "
			 "userfaultfd hears of writes only.  Nobody is told of a write that nobody made, "
			 "so an evictor does not wait for itself.",
		.source = "\"mm/gup: Allow real explicit breaking of COW\", v2, 10 August 2020",
		.scenario = "threads/enforced-cow-evict",
	},
	{
		CHOICE_BOOL(break_cow_followed),
		.about = "With break_cow_flag, get_user_pages takes the page of an entry that is not "
			 "writable only after a fault that breaks copy on write.  As posted it took any "
			 "page that was there: no fault, and nothing was broken.",
		.source = "Jann Horn's question to v3 and the answer, August 2020",
		.scenario = "threads/enforced-cow-child-reads",
	},
	{
		CHOICE_ENUM(break_cow_keeps_wp, break_cow_wp_values),
		.about = "With break_cow_flag, a protected page may be copied or found to be one's own.  "
			 "nothing: the entry becomes writable either way.  copy: the copy inherits "
			 "uffd-wp and is not writable, as v3 has it for small pages; a page that is kept "
			 "has its bit but becomes writable.  always: neither becomes writable.",
		.source = "\"mm/gup: Allow real explicit breaking of COW\", v3, 11 August 2020",
		.scenario = "threads/enforced-cow-evict-shared",
	},
	{
		CHOICE_BOOL(break_cow_believed),
		.about = "With break_cow_followed, the walk after the fault takes a dirty entry that is "
			 "not writable.  Without, get_user_pages of a protected page in a writable VMA "
			 "never gets what it wants: the fault leaves the entry protected, and the walk "
			 "asks for one that is writable.",
		.source = "follows from the code of 5.8, where FOLL_COW is for read-only VMAs alone",
		.scenario = "threads/enforced-cow-evict",
	},
	{
		CHOICE_BOOL(minor_shared_only),
		.about = "REGISTER with MODE_MINOR wants a shared mapping.  The reviewers asked why: what "
			 "counts is that the file has the page.  Merged without it.",
		.source = "\"userfaultfd: add minor fault registration mode\", v3, 28 January 2021",
		.scenario = "threads/continue-register",
	},
	{
		CHOICE_BOOL(continue_private_write),
		.about = "CONTINUE maps a page of the file into a private mapping of huge pages with the "
			 "write bit, so that a private store lands in the file.  As merged the entry is "
			 "read-only, and the first store copies.",
		.source = "\"userfaultfd: add UFFDIO_CONTINUE ioctl\", v3, 28 January 2021",
		.scenario = "threads/continue-private-huge",
	},
};
CHOICE_TABLE(choices_posted, rows);

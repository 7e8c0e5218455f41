/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * choices_proposal.c - the table of choices: what was proposed or asked for and is
 * in no kernel
 */
#include "mm-model/choices.h"
#include "mm-model/mm_types.h"

static const char *const event_lock_values[] = { "all", "not-remove", "none", NULL };
static const char *const marks_values[] = { "nothing", "posted",  "hinted", "writable",
					    "young",   "granted", NULL };

static const struct choice rows[] = {
	{
		CHOICE_ENUM(event_lock, event_lock_values),
		.about = "Which events take map_changing_lock for writing when they announce "
			 "themselves, and so wait for the fills under way.  all: what was merged.  "
			 "not-remove: MADV_DONTNEED only counts up, as it holds mmap_lock for "
			 "reading "
			 "alone anyway.  none: the counter is enough where mmap_lock is held for "
			 "writing, as long as fills still took that.",
		.source = "discussion of January 2024: Howlett, Rapoport, Gidra",
		.scenario = "threads/dontneed-waits-for-fills",
	},
	{
		CHOICE_BOOL(split_remove),
		.about = "MADV_DONTNEED announces itself, drops the pages, and then waits until "
			 "REMOVE "
			 "was read, as munmap does, instead of waiting before it drops them.  "
			 "mmap_changing stays up during the zap, so no fill that was begun after "
			 "the "
			 "event was read can be dropped; but who reads REMOVE learns of what has "
			 "happened already.",
		.source = "discussion of January 2024: Gidra's question, Rapoport's answer",
		.scenario = "dontneed-window",
	},
	{
		CHOICE_ENUM(unprotect_marks, marks_values),
		.about = "What write-unprotecting makes of the accessed and dirty bits of small "
			 "pages.  "
			 "nothing: they are the processor's.  posted: accessed, and dirty if the "
			 "write "
			 "bit is given back here.  hinted: the same, but only with a hint in the "
			 "request and UFFD_FEATURE_ACCESS_HINTS.  writable: dirty if the entry is "
			 "writable in the end.  young: accessed alone.  granted: dirty with the "
			 "write "
			 "bit, by mprotect, too.",
		.source = "thread of July 2022: Amit, Xu, Hildenbrand; bug-museum M26",
		.scenario = "threads/unprotect-marks",
	},
	{
		.name = "UFFD_FEATURE_ACCESS_HINTS",
		.offset = offsetof(struct profile, features),
		.bit = UFFD_FEATURE_ACCESS_HINTS,
		.values = choice_no_yes,
		.about = "WRITEPROTECT takes UFFDIO_WRITEPROTECT_MODE_ACCESS_LIKELY and "
			 "WRITE_LIKELY: "
			 "the page will be used soon.",
		.source = "series of July 2022, Amit; the numbers are ours",
		.scenario = "threads/unprotect-marks",
	},
};
CHOICE_TABLE(choices_proposal, rows);

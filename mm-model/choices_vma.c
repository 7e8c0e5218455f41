/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * choices_vma.c - the table of choices: mappings, how they merge, move and are
 * emptied
 */
#include "mm-model/choices.h"

static const struct choice rows[] = {
	{
		CHOICE_BOOL(madvise_vma_lock),
		.changes = { { KERNEL(6, 17), YES, "a6fde7add78d",
			       "DONTNEED and FREE under the VMA lock", { 0 } } },
		.about = "MADV_DONTNEED and MADV_FREE within one VMA that sends no REMOVE event lock "
			 "that VMA alone instead of mmap_lock.",
		.source = "series of June 2025",
		.scenario = "madv-free-vs-copy",
	},
	{
		CHOICE_BOOL(mremap_multi_vma),
		.changes = { { KERNEL(6, 17), YES, "d23cb648e365", "mremap moves several VMAs at once",
			       { 0 } } },
		.about = "A pure move by mremap may cover several VMAs and the holes between them; a "
			 "registered one stops it with EFAULT.",
		.source = "uffd-ioctls.md",
	},
	{
		CHOICE_BOOL(dontunmap_unlocks_part),
		.changes = {
			{ KERNEL(6, 12), YES, NULL,
			  "MREMAP_DONTUNMAP unlocks only what it moved away", { 0 } },
			{ KERNEL(6, 17), NO, NULL, "the whole old VMA is unlocked", { 0 } },
		},
		.about = "Of a locked VMA from which MREMAP_DONTUNMAP moves a part, the rest stays "
			 "locked, so the VMA is split.",
		.source = "recorded answers of 6.12; the version in which it ended is a guess",
	},
	{
		CHOICE_BOOL(dontunmap_shuns_source),
		.changes = {
			{ KERNEL(6, 12), YES, NULL,
			  "the VMA that is moved from is no neighbour to merge with", { 0 } },
			{ KERNEL(6, 17), NO, NULL, "it is one again", { 0 } },
		},
		.about = "A mapping that MREMAP_DONTUNMAP makes next to its source does not merge with "
			 "it.",
		.source = "recorded answers of 6.12; the version in which it ended is a guess",
	},
	{
		CHOICE_BOOL(merge_unfaulted_either),
		.changes = { { KERNEL(6, 16), YES, "879bca0a2c4f",
			       "either side of a merge may be without pages", { 0 } } },
		.about = "Two neighbours merge also if the existing one has never had an anonymous "
			 "page and the new range has; before, only the other way round.",
		.source = "kernel source; recorded answers of 6.12 and 6.18",
	},
	{
		CHOICE_BOOL(mmap_merges_next_first),
		.changes = {
			{ KERNEL(6, 1), YES, NULL, "a gap filled between two VMAs goes to the second",
			  { 0 } },
			{ KERNEL(6, 12), NO, NULL, "it goes to the first", { 0 } },
		},
		.about = "When mmap fills the gap between two mappings that cannot become one, because "
			 "each has pages of its own, the new pages belong to the one behind the gap.",
		.source = "recorded answers of 6.1, 6.12 and 6.18",
	},
	{
		CHOICE_BOOL(around_within_file),
		.changes = { { KERNEL(6, 18), YES, NULL,
			       "fault-around at the end of a file makes no table", { 0 } } },
		.about = "A read fault behind the end of a file on disk does not map the file's last "
			 "page when that would need a page table.  Of 6.18.y.",
		.source = "kernel source",
	},
	{
		CHOICE_BOOL(pt_reclaim),
		.changes = { { KERNEL(6, 14), YES, "6375e95f381e",
			       "MADV_DONTNEED frees the page tables that it emptied", { 0 } } },
		.about = "MADV_DONTNEED of a whole 2 MiB frees the page table.  A COPY that looks at "
			 "that moment answers EAGAIN or EEXIST though there is nothing and no event.",
		.source = "DESIGN.md, \"Seen on the live kernel\"",
		.scenario = "copy-vs-table-reclaim",
	},
	{
		CHOICE_BOOL(dontunmap_files),
		.changes = { { KERNEL(5, 13), YES, NULL, "MREMAP_DONTUNMAP of any memory", { 0 } } },
		.about = "MREMAP_DONTUNMAP moves from shared memory and mappings of files, too; before, "
			 "EINVAL.",
		.source = "kernel source",
	},
};
CHOICE_TABLE(choices_vma, rows);

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * choices_huge.c - the table of choices: huge pages of the pool, and transparent
 * ones
 */
#include "mm-model/choices.h"

static const struct choice rows[] = {
	{
		CHOICE_BOOL(hugetlb_private_vma_lock),
		.changes = { { KERNEL(6, 6), YES, "bf4916922c60", "private mappings have a hugetlb vma lock, too",
			       { 0 } } },
		.about = "The lock that keeps page tables of the pool's huge pages from going away "
			 "exists for private mappings as well, so their faults wait for each other "
			 "where before only those of shared ones did.",
		.source = "kernel source",
	},
	{
		CHOICE_BOOL(hugetlb_zap_restores_reserve),
		.changes = { { KERNEL(6, 9), YES, "df7a6d1f6405", "what DONTNEED gives back stays promised",
			       { 0 } } },
		.about = "A huge page that MADV_DONTNEED drops from a private mapping goes back to the "
			 "pool but stays promised to the mapping, so that the next touch cannot fail.",
		.source = "recorded answers",
	},
	{
		CHOICE_BOOL(hugetlb_zap_restores_mapped),
		.changes = { { KERNEL(6, 18), YES, NULL, "even while somebody else maps it", { 0 } } },
		.about = "The same for a page that a forked child still maps; the promise is then given "
			 "twice until the child lets go.",
		.source = "DESIGN.md, \"Seen on the live kernel\"",
		.scenario = "huge-fork-vs-last-page",
	},
	{
		CHOICE_BOOL(pmd_restores_write),
		.changes = { { KERNEL(6, 2), YES, NULL,
			       "mprotect and un-protecting make leaves of huge pages writable", { 0 } } },
		.about = "A transparent huge page that belongs to this process alone becomes writable "
			 "as soon as it is allowed to, as small pages do.",
		.source = "kernel source",
	},
	{
		CHOICE_BOOL(split_keeps_dirty),
		.changes = { { KERNEL(6, 3), YES, NULL,
			       "the small entries of a split leaf are as dirty as it was", { 0 } } },
		.about = "Splitting the leaf of a huge page hands its dirty bit to the small entries; "
			 "before, only the page was marked.",
		.source = "kernel source",
	},
	{
		CHOICE_BOOL(split_protects),
		.changes = { { KERNEL(6, 3), YES, "f1eb1bacfba9",
			       "an entry that gets uffd-wp is never writable", { 0 } } },
		.about = "A leaf can be writable and keep the uffd-wp of a registration that is gone.  "
			 "Split, its small entries lose the write bit; before, they kept both.",
		.source = "recorded answers of 6.1 and 6.18",
	},
	{
		CHOICE_BOOL(split_maps_zero_page),
		.changes = { { KERNEL(6, 12), YES, "b1f202060afe",
			       "a folio's pages of zeros become the zero page", { 0 } } },
		.about = "When a huge page is taken to pieces, those that hold only zeros are freed and "
			 "the zero page is mapped instead.",
		.source = "recorded answers of 6.12",
	},
	{
		CHOICE_BOOL(hugezero_wp_allocates),
		.changes = { { KERNEL(6, 13), YES, "1ced09e0331f",
			       "writing to the huge zero page makes a huge page", { 0 } } },
		.about = "A store to the huge zero page allocates a whole huge page; before, the leaf "
			 "was split and one small page made.",
		.source = "recorded answers of 6.12 and 6.18",
	},
	{
		CHOICE_BOOL(pagemap_each_of_leaf),
		.changes = {
			{ KERNEL(6, 11), YES, NULL, "pagemap asks each page of a leaf", { 0 } },
			{ KERNEL(6, 15), NO, NULL, "it asks the first for all", { 0 } },
		},
		.about = "Whether a page is mapped once is told of each page of a huge page rather than "
			 "of the first for all.",
		.source = "recorded answers of 6.12 and 6.18",
	},
	{
		CHOICE_BOOL(large_folio_reuse),
		.changes = { { KERNEL(6, 15), YES, "1da190f4d0a6",
			       "small entries of one process's folio are written in place", { 0 } } },
		.about = "A store to a small entry of a large folio that only this process maps reuses "
			 "the page, where before it was copied.",
		.source = "recorded answers of 6.12 and 6.18",
	},
	{
		CHOICE_BOOL(collapse_readonly),
		.changes = { { KERNEL(6, 17), YES, NULL,
			       "MADV_COLLAPSE wants no writable page", { 0 } } },
		.about = "MADV_COLLAPSE makes a huge page also of pages none of which is writable.",
		.source = "recorded answers of 6.12 and 6.18",
	},
	{
		CHOICE_BOOL(hugetlb_dontneed),
		.changes = { { KERNEL(5, 18), YES, NULL, "MADV_DONTNEED of huge pages of the pool",
			       { 0 } } },
		.about = "MADV_DONTNEED drops huge pages of the pool; before, EINVAL.",
		.source = "kernel source",
		.scenario = "huge-fork-vs-last-page",
	},
};
CHOICE_TABLE(choices_huge, rows);

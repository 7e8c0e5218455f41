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
	{ .name = NULL },
};

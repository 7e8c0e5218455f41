/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * choices_event.c - the table of choices: events (FORK, REMAP, REMOVE, UNMAP) and
 * the fills that they race with
 */
#include "mm-model/choices.h"

static const char *const changing_values[] = { "none", "bool", "counter", NULL };
static const char *const fork_fail_values[] = { "nothing", "context", "all", NULL };

static const struct choice rows[] = {
	{
		CHOICE_ENUM(mmap_changing, changing_values),
		.oldest = MMAP_CHANGING_NONE,
		.changes = {
			{ KERNEL(4, 18), MMAP_CHANGING_BOOL, "df2cc96e7701",
			  "fills answer EAGAIN while an event is in flight", { 0 } },
			{ KERNEL(5, 15), MMAP_CHANGING_COUNTER, "a759a909d42d",
			  "the events in flight are counted", { 0 } },
		},
		.about = "How an event in flight holds back COPY and the other requests that fill or "
			 "protect memory.  none: not at all, so a monitor cannot tell whether its fill "
			 "came before or after a fork.  bool: one flag for all events; the first that "
			 "ends clears it though another is still unread.  counter: each event counts "
			 "for itself, and requests answer EAGAIN until the last one has ended.",
		.source = "bug-museum M01 M02; mails of May 2018 and December 2020",
		.scenario = "fork-vs-copy",
	},
	{
		CHOICE_BOOL(map_changing_lock),
		.changes = { { KERNEL(6, 9), YES, "5e4c24a57b0c",
			       "mmap_changing is protected by a lock of its own", { 0 } } },
		.about = "Requests hold a lock for reading from the look at mmap_changing until they "
			 "are done, and an event takes it for writing to announce itself.  So an event "
			 "waits for the requests under way; without it a COPY that looked before "
			 "MADV_DONTNEED announced itself may install old bytes after the range was "
			 "dropped.",
		.source = "bug-museum M05; discussion of January and February 2024",
		.scenario = "dontneed-vs-copy",
	},
	{
		CHOICE_BOOL(fill_checks_unlocked),
		.about = "A fill looks at mmap_changing before it takes its locks, and not again.  No "
			 "kernel does that: all look again once no event can begin, and so nothing but "
			 "the lock orders the flag.  Without that second look a fork may begin in "
			 "between, and the fill is done after it.",
		.source = "mails of May 2018 and December 2020",
		.scenario = "threads/fork-vs-copy-order",
	},
	{
		CHOICE_ENUM(fork_fail_forgets, fork_fail_values),
		.oldest = FORK_FAIL_NOTHING,
		.changes = {
			{ KERNEL(4, 15), FORK_FAIL_CONTEXT, "0cbb4b4f4c44",
			  "the child's VMAs drop the pointer to the context that is gone", { 0 } },
			{ KERNEL(4, 18), FORK_FAIL_ALL, NULL,
			  "the VMA flags are cleared, too", { KERNEL(4, 17) } },
		},
		.about = "What the VMAs of a child forget when the FORK event of their context reaches "
			 "nobody (the forking thread was killed, or the descriptor closed).  nothing: "
			 "they point at a context that is freed.  context: the pointer goes, the flags "
			 "stay and say something else.  all: the child is not watched.",
		.source = "bug-museum M21",
		.scenario = "museum/fork-aborted-dead-context",
	},
	{
		CHOICE_BOOL(remove_keeps_vma),
		.oldest = YES,
		.changes = { { KERNEL(4, 11), NO, "70ccb92fdd90",
			       "the VMA is looked up again after the event was read", { 0 } } },
		.about = "MADV_DONTNEED drops mmap_lock while its REMOVE event waits to be read.  If it "
			 "then goes on with the VMA that it had found before, that VMA may be gone or "
			 "split.  Only ever in development versions.",
		.source = "bug-museum M06; mail of 2 March 2017",
		.scenario = "museum/dontneed-freed-vma",
	},
	{
		CHOICE_BOOL(eagain_writes_field),
		.changes = { { KERNEL(6, 15), YES, "95567729173e",
			       "the early EAGAIN stores -EAGAIN in the result field",
			       { KERNEL(6, 12) } } },
		.about = "A fill that is refused at once, because an event is in flight, stores -EAGAIN "
			 "in its copy, zeropage, mapped, updated or move field.  Before, the field kept "
			 "what the monitor had left there, which looked like progress.",
		.source = "bug-museum M34; mail of April 2025",
	},
	{
		CHOICE_BOOL(copy_faults_locked),
		.oldest = YES,
		.changes = { { KERNEL(4, 3), NO, "b6ebaedb4cb1",
			       "a source page that is absent is fetched with the lock dropped",
			       { 0 } } },
		.about = "UFFDIO_COPY fetches an absent source page while it holds mmap_lock for "
			 "reading; the fault wants the same lock again, behind whoever waits to write "
			 "it: a deadlock if the lock is fair.  Only ever in development versions.",
		.source = "bug-museum M33",
		.scenario = "museum/copy-nested-read-lock",
	},
	{
		CHOICE_BOOL(hugetlb_fill_rechecks),
		.changes = { { KERNEL(6, 8), YES, "67695f18d559",
			       "a huge COPY that dropped the lock looks at mmap_changing again",
			       { 0 } } },
		.about = "A COPY into huge pages whose source is absent drops the lock, fetches the "
			 "bytes and goes on.  Before, it did not look again whether an event had "
			 "started meanwhile, and filled memory behind the monitor's back.",
		.source = "bug-museum M04",
	},
};
CHOICE_TABLE(choices_event, rows);

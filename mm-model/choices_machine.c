/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * choices_machine.c - the table of choices: sources of behaviour beyond the
 * schedule, and what a configuration adds.  No version of the kernel sets them.
 */
#include "mm-model/choices.h"

static const char *const rwsem_values[] = { "fair", "unfair", NULL };
static const char *const memory_values[] = { "sc", "tso", "weak", NULL };
static const char *const tlb_values[] = { "off", "on", NULL };
static const char *const spurious_values[] = { "no", "1", "2", "3", NULL };

static const struct choice rows[] = {
	{
		.name = "rwsem",
		.offset = offsetof(struct profile, rwsem_unfair),
		.values = rwsem_values,
		.about = "Whether a new reader of a lock passes a writer that waits for it.  Fair: "
			 "it "
			 "queues behind the writer, so that a reader who takes the lock twice can "
			 "wait "
			 "for itself.  Unfair: it enters as long as only readers are inside, and "
			 "the "
			 "writer may starve.  Also --rwsem.",
		.source = "bug-museum M33",
		.scenario = "museum/copy-nested-read-lock",
	},
	{
		CHOICE_ENUM(memory, memory_values),
		.about = "When others see a store to a word that no lock guards (mmap_changing is one). "
			 "sc: at once.  tso: later, but one after the other, as from the store buffers "
			 "of x86.  weak: later, each word by itself, unless a lock or a barrier orders "
			 "it.  Also --memory.",
		.source = "mail thread of 2018 and 2020 on fork and background copies",
		.scenario = "fork-vs-copy",
	},
	{
		CHOICE_ENUM(tlb, tlb_values),
		.about =
			"Processors remember translations until they are told to forget them, so a "
			"thread may go on writing through an entry that is already protected.  "
			"Also "
			"--tlb.",
		.source = "bug-museum M13",
		.scenario = "museum/wp-deferred-flush",
	},
	{
		CHOICE_ENUM(spurious, spurious_values),
		.about = "How often each sleeper may be woken for no reason, at any moment.  Code "
			 "that "
			 "sleeps has to bear it; userfaultfd did not always.  Also --spurious.",
		.source = "bug-museum M15",
		.scenario = "museum/false-wakeup-sigbus",
	},
	{
		CHOICE_BOOL(soft_dirty),
		.about = "The kernel was built with CONFIG_MEM_SOFT_DIRTY: /proc/PID/clear_refs "
			 "starts "
			 "a round of tracking, in which each page that is written gets a mark that "
			 "pagemap shows.  Debian's 6.1 and 6.12 have it.",
		.source = "Debian's configuration",
		.scenario = "soft-dirty-vs-store",
	},
	{
		CHOICE_BOOL(memory_failure),
		.about = "The kernel was built with CONFIG_MEMORY_FAILURE: MADV_HWPOISON and "
			 "MADV_SOFT_OFFLINE are known.  Debian's 6.12 has it.",
		.source = "Debian's configuration",
	},
};
CHOICE_TABLE(choices_machine, rows);

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * choices_uffd.c - the table of choices: userfaultfd's descriptors and requests,
 * and the faults that it answers
 */
#include "mm-model/choices.h"

static const struct choice rows[] = {
	{
		CHOICE_BOOL(fault_vma_lock),
		.changes = { { KERNEL(6, 6), YES, "29a22b9e08d7",
			       "mm: handle userfaults under VMA lock", { 0 } } },
		.about = "A fault, also one that ends in userfaultfd, runs under the lock of its VMA "
			 "and does not take mmap_lock.  So it can queue its message between the two "
			 "halves of UNREGISTER, which wakes sleepers first and locks the VMA after.",
		.source = "series of June 2023",
		.scenario = "unregister-vs-fault",
	},
	{
		CHOICE_BOOL(fill_vma_lock),
		.changes = { { KERNEL(6, 9), YES, "867a43a34ff8",
			       "fills and MOVE take the VMA lock instead of mmap_lock", { 0 } } },
		.about = "COPY, ZEROPAGE, CONTINUE, POISON and MOVE lock only the VMA they fill, so "
			 "they run beside fork and mremap until these come to that VMA.  "
			 "WRITEPROTECT still takes mmap_lock.",
		.source = "bug-museum M05; series of January 2024",
		.scenario = "unregister-vs-copy-wp",
	},
	{
		CHOICE_BOOL(fault_retries_once),
		.oldest = YES,
		.changes = { { KERNEL(5, 7), NO, "4064b9827063",
			       "a fault may be tried again any number of times", { 0 } } },
		.about = "An access may sleep in userfaultfd only once; if it meets a second userfault "
			 "(MISSING, then WP; or a wake-up for nothing) it gets SIGBUS.",
		.source = "bug-museum M15 M16",
		.scenario = "museum/false-wakeup-sigbus",
	},
	{
		CHOICE_BOOL(fault_waits_for_waker),
		.changes = {
			{ KERNEL(4, 10), YES, "15a77c6fe494",
			  "a sleeper that nobody of userfaultfd woke sleeps on", { 0 } },
			{ KERNEL(5, 7), NO, "4064b9827063",
			  "it may look at its entry again instead", { 0 } },
		},
		.about = "A thread that sleeps on a fault and is woken by somebody else than a fill or "
			 "WAKE goes back to sleep.  While a fault could be tried only once this was "
			 "what kept such a wake-up from becoming SIGBUS.",
		.source = "bug-museum M15",
		.scenario = "museum/false-wakeup-sigbus",
	},
	{
		CHOICE_BOOL(user_mode_only),
		.changes = { { KERNEL(5, 11), YES, "37cd0575b851",
			       "userfaultfd(UFFD_USER_MODE_ONLY)", { 0 } } },
		.about = "userfaultfd() knows UFFD_USER_MODE_ONLY: such a descriptor serves faults of "
			 "user code alone, an access by the kernel gets SIGBUS or EFAULT.  Processes "
			 "without privilege may have only those.",
		.source = "uffd-ioctls.md",
	},
	{
		CHOICE_BOOL(dev_userfaultfd),
		.changes = { { KERNEL(6, 1), YES, "2d5de004e009", "/dev/userfaultfd", { 0 } } },
		.about = "There is a device whose permissions decide who may create descriptors that "
			 "serve faults of the kernel, too: USERFAULTFD_IOC_NEW.",
		.source = "uffd-ioctls.md",
	},
	{
		CHOICE_BOOL(api_once),
		.changes = { { KERNEL(5, 15), YES, "22e5fe2a2a27",
			       "UFFDIO_API sets the features in one atomic step", { 0 } } },
		.about = "Of two threads in UFFDIO_API on one descriptor only one succeeds.  Before, "
			 "both could find it fresh, and each believed in the features it had asked for.",
		.source = "bug-museum M29",
		.scenario = "api-twice",
	},
	{
		CHOICE_BOOL(maywrite_needed),
		.changes = { { KERNEL(4, 20), YES, "29ec90660d68", "REGISTER wants VM_MAYWRITE", { 0 } } },
		.about = "REGISTER answers EPERM for memory that could never become writable, such as "
			 "a shared mapping of a file opened for reading; before, a fill could write to "
			 "the file.",
		.source = "bug-museum M36; series of November 2018",
	},
	{
		CHOICE_BOOL(copy_checks_src),
		.changes = { { KERNEL(6, 6), YES, NULL, "COPY's source range is validated", { 0 } } },
		.about = "COPY answers EINVAL when its source range leaves the address space, instead "
			 "of EFAULT when it comes to it.",
		.source = "uffd-ioctls.md",
	},
	{
		CHOICE_BOOL(fill_checks_any_size),
		.changes = { { KERNEL(6, 6), YES, NULL,
			       "the size of any file is minded, not only of shmem's", { 0 } } },
		.about = "A fill behind the end of a file is EFAULT whatever kind of file was mapped.",
		.source = "bug-museum M36; kernel source",
	},
	{
		CHOICE_BOOL(unregister_checks_ctx),
		.changes = { { KERNEL(6, 17), YES, NULL,
			       "UNREGISTER of another context's range is EINVAL", { 0 } } },
		.about = "UNREGISTER refuses a range that is registered with another descriptor.  "
			 "Before, it silently ended somebody else's watch.",
		.source = "bug-museum, \"Not placed\"",
		.scenario = "unregister-by-another",
	},
	{
		CHOICE_BOOL(move_retry_lost),
		.changes = { { KERNEL(6, 18), YES, NULL, "MOVE takes runs of pages", { 0 } } },
		.about = "A page whose entry changes between MOVE's look and its lock is tried again; "
			 "the success of the second try is forgotten, and the third finds the page "
			 "there: EEXIST for a page that has moved, and nobody is woken.",
		.source = "DESIGN.md, \"Seen on the live kernel\"",
		.scenario = "move-retry-lost",
	},
	{
		CHOICE_BOOL(move_batch),
		.changes = { { KERNEL(6, 18), YES, NULL, "MOVE takes runs of pages", { 0 } } },
		.about = "MOVE takes the page table lock once for a run of small pages that are "
			 "present, so nobody sees the middle of the run.",
		.source = "uffd-ioctls.md",
		.scenario = "move-two-pages",
	},
	{
		CHOICE_BOOL(move_split_busy),
		.changes = { { KERNEL(6, 18), YES, NULL,
			       "MOVE of a part of a held huge page is EBUSY", { 0 } } },
		.about = "MOVE of a part of a huge page that somebody holds answers EBUSY; before, it "
			 "tried again for as long as the page was held.",
		.source = "DESIGN.md, \"Seen on the live kernel\"",
	},
	{
		CHOICE_BOOL(hugetlb_pte_stable),
		.changes = { { KERNEL(6, 2), YES, "2ea7ff1e39cb",
			       "the entry is looked at again under its lock before the message",
			       { 0 } } },
		.about = "A fault on a huge page of the pool looks at the entry without its lock; in the "
			 "middle of a change it seems empty.  With this it looks again under the lock "
			 "before it reports MISSING or MINOR, so that a page which COPY had already "
			 "installed is not reported as missing.",
		.source = "bug-museum M23",
		.scenario = "huge-copy-vs-fault",
	},
	{
		CHOICE_BOOL(shmem_zeropage),
		.changes = { { KERNEL(4, 14), YES, NULL,
			       "userfaultfd: shmem: wire up shmem_mfill_zeropage_pte", { 0 } } },
		.about = "ZEROPAGE fills shared memory; before, EINVAL, and REGISTER does not report it.",
		.source = "series of June 2017",
		.scenario = "shmem-punch-vs-copy",
	},
	{
		CHOICE_BOOL(droppable_not_registered),
		.changes = { { KERNEL(6, 17), YES, NULL,
			       "REGISTER looks at the flags of the mapping", { 0 } } },
		.about = "Memory of MAP_DROPPABLE cannot be registered.  It was never meant to be, but "
			 "before, the flags that were looked at were those to be set.",
		.source = "uffd-ioctls.md; recorded answers of 6.12 and 6.18",
	},
	{
		CHOICE_BOOL(fill_spares_guards),
		.changes = { { KERNEL(6, 19), YES, NULL, "mm: correctly handle UFFD PTE markers",
			       { 0 } } },
		.about = "A fill takes the place of the markers that userfaultfd itself leaves, and "
			 "answers EEXIST where a guard was installed; before, it replaced guards.",
		.source = "series of November 2025; uffd-ioctls.md",
	},
};
CHOICE_TABLE(choices_uffd, rows);

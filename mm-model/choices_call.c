/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * choices_call.c - the table of choices: answers of system calls that changed
 * without changing what memory holds
 */
#include "mm-model/choices.h"

static const struct choice rows[] = {
	{
		CHOICE_BOOL(event_fork_privileged),
		.changes = { { KERNEL(5, 5),
			       YES,
			       "3c1c24d91ffd",
			       "userfaultfd: require CAP_SYS_PTRACE for UFFD_FEATURE_EVENT_FORK",
			       { 0 } } },
		.about = "UFFDIO_API grants EVENT_FORK only to who may trace processes; others get "
			 "EPERM, as reading the event puts a descriptor into the reader's table.",
		.source = "uffd-ioctls.md",
	},
	{
		CHOICE_BOOL(uffd_privileged),
		.changes = { { KERNEL(5, 2),
			       YES,
			       "cefdca0a86be",
			       "userfaultfd/sysctl: add vm.unprivileged_userfaultfd",
			       { 0 } } },
		.about = "userfaultfd() wants privilege, or UFFD_USER_MODE_ONLY, where the sysctl "
			 "vm.unprivileged_userfaultfd is 0, as it is in a scenario's world.",
		.source = "uffd-ioctls.md",
	},
	{
		CHOICE_BOOL(uffd_read_only),
		.changes = { { KERNEL(6, 1),
			       YES,
			       NULL,
			       "descriptors are opened read-only",
			       { 0 } } },
		.about = "A userfaultfd is open for reading only, so write() to it is EBADF "
			 "instead of "
			 "EINVAL.",
		.source = "uffd-ioctls.md",
	},
	{
		CHOICE_BOOL(mremap_realigns),
		.changes = { { KERNEL(6, 7),
			       YES,
			       NULL,
			       "a move starts at the table's beginning",
			       { 0 } } },
		.about = "mremap begins its move earlier if it then can move whole page tables; "
			 "shows "
			 "only in which tables exist afterwards.",
		.source = "kernel source",
	},
	{
		CHOICE_BOOL(remap_event_whole_pages),
		.changes = { { KERNEL(6, 17),
			       YES,
			       NULL,
			       "the event's length is of whole pages",
			       { 0 } } },
		.about = "The REMAP event tells the length rounded up to pages; before, as the "
			 "caller "
			 "gave it.",
		.source = "kernel source; recorded answers of 6.12",
	},
	{
		CHOICE_BOOL(unmap_event_each),
		.changes = { { KERNEL(6, 3),
			       YES,
			       NULL,
			       "munmap prepares its events VMA by VMA",
			       { 0 } } },
		.about = "munmap announces each VMA as it comes to it, so that a failure later on "
			 "leaves the events of those before it; earlier it first split all, and "
			 "then "
			 "announced all.",
		.source = "kernel source; recorded answers of 6.1",
	},
	{
		CHOICE_BOOL(map_fixed_says_why),
		.changes = { { KERNEL(6, 12),
			       YES,
			       NULL,
			       "mmap hands on the error of its unmapping",
			       { 0 } } },
		.about = "mmap with MAP_FIXED over memory that cannot be unmapped answers with the "
			 "reason; before, always ENOMEM.",
		.source = "kernel source; recorded answers of 6.1",
	},
	{
		CHOICE_BOOL(map_stack_small_pages),
		.changes = { { KERNEL(6, 7), YES, NULL, "MAP_STACK means VM_NOHUGEPAGE", { 0 } } },
		.about = "Memory mapped with MAP_STACK gets no transparent huge pages, and so does "
			 "not "
			 "merge with other memory.",
		.source = "kernel source; DESIGN.md",
	},
	{
		CHOICE_BOOL(register_merges_rest),
		.changes = { { KERNEL(6, 4),
			       YES,
			       NULL,
			       "REGISTER of the rest of a VMA merges with the next",
			       { 0 } } },
		.about = "REGISTER and UNREGISTER that begin within a VMA hand the right file "
			 "offset to "
			 "the merge; before, the rest of the VMA did not merge with its neighbour.",
		.source = "bug-museum, \"Not placed\"; 270aa0106206 cited there",
	},
	{
		CHOICE_BOOL(madvise_follows_clipped_end),
		.changes = { { KERNEL(6, 17),
			       YES,
			       NULL,
			       "DONTNEED goes on where it was clipped",
			       { 0 } } },
		.about = "MADV_DONTNEED whose VMA shrank while the REMOVE event waited goes on "
			 "behind "
			 "the VMA's new end; before, behind its old one, leaving a part alone.",
		.source = "bug-museum M06, the RFC of 2021; kernel source",
		.scenario = "dontneed-vs-munmap",
	},
	{
		CHOICE_BOOL(populate_ends_at_hole),
		.changes = { { KERNEL(6, 9), YES, NULL, "MADV_POPULATE ends at a hole", { 0 } } },
		.about = "MADV_POPULATE_READ and WRITE end with ENOMEM at the first hole; before, "
			 "they "
			 "passed over it and said ENOMEM at the end.",
		.source = "recorded answers of 6.1",
	},
	{
		CHOICE_BOOL(mprotect_uncharges),
		.changes = { { KERNEL(6, 6),
			       YES,
			       NULL,
			       "memory without pages gives its charge back when it becomes "
			       "read-only",
			       { 0 } } },
		.about = "mprotect that takes PROT_WRITE from private memory without pages takes "
			 "VM_ACCOUNT as well, which decides merges.",
		.source = "kernel source; recorded answers of 6.1",
	},
	{
		CHOICE_BOOL(uring_huge_len_einval),
		.changes = { { KERNEL(6, 12),
			       YES,
			       NULL,
			       "a buffer of negative length is EINVAL",
			       { 0 } } },
		.about = "io_uring_register of a buffer with a length beyond what is signed is "
			 "EINVAL; "
			 "before, EFAULT.",
		.source = "recorded answers of 6.1 and 6.12",
	},
	{
		CHOICE_BOOL(uring_pins_fast),
		.changes = { { KERNEL(6, 5),
			       YES,
			       NULL,
			       "buffers are pinned without mmap_lock",
			       { 0 } } },
		.about = "Registered buffers are pinned by the fast path; before, under mmap_lock, "
			 "with "
			 "a look at the kind of mapping.",
		.source = "kernel source",
	},
	{
		CHOICE_BOOL(uring_without_ring),
		.changes = { { KERNEL(6, 13),
			       YES,
			       NULL,
			       "io_uring_register(-1) is EINVAL",
			       { 0 } } },
		.about = "The descriptor -1 stands for registering something without a ring, so a "
			 "buffer there is EINVAL; before, EBADF.",
		.source = "DESIGN.md, \"Seen on the live kernel\"",
	},
	{
		CHOICE_BOOL(pipe_fault_adds_nothing),
		.changes = { { KERNEL(6, 15),
			       YES,
			       NULL,
			       "a write to a pipe that faults leaves no empty buffer",
			       { 0 } } },
		.about = "write() to a pipe whose source cannot be read leaves the pipe as it was; "
			 "before, an empty buffer stayed in it.",
		.source = "kernel source; recorded answers of 6.12",
	},
	{
		CHOICE_BOOL(fallocate_one_mode),
		.changes = { { KERNEL(6, 12), YES, NULL,
			       "fallocate() takes one mode, and flags apart from it", { 0 } } },
		.about = "Modes of fallocate() that exclude each other are EOPNOTSUPP; before, some were "
			 "EINVAL.",
		.source = "recorded answers of 6.1 and 6.12",
	},
	{
		CHOICE_BOOL(write_faults_chunk),
		.changes = { { KERNEL(6, 11), YES, NULL,
			       "write() to a file thinks in large folios", { 0 } } },
		.about = "Before the first page of a write() to a memfd is there, all of its source is "
			 "faulted in, up to 2 MiB; before, a page at a time.",
		.source = "kernel source; recorded answers of 6.1 and 6.12",
	},
	{
		CHOICE_BOOL(write_faults_late),
		.changes = { { KERNEL(6, 15), YES, "665575cff098",
			       "write() to a file looks for its source after the page is there", { 0 } } },
		.about = "write() to a memfd first tries to copy, and only if the source is not there "
			 "faults it in: one that cannot be read leaves a page of zeros in the file. "
			 "Before, it was faulted in first.",
		.source = "kernel source; recorded answers of 6.12 and 6.18",
	},
	{
		CHOICE_BOOL(longterm_pin_unshares_file),
		.changes = { { KERNEL(6, 2),
			       YES,
			       NULL,
			       "a long pin of a private mapping's file page copies it first",
			       { 0 } } },
		.about = "Pinning for long, for reading, memory that maps a file privately makes a "
			 "page "
			 "of its own first, so that later writers write to the pinned one.",
		.source = "kernel source",
	},
	{
		CHOICE_BOOL(longterm_pin_shuns_files),
		.changes = { { KERNEL(6, 5),
			       YES,
			       NULL,
			       "no long pins for writing of files that are told of writes",
			       { 0 } } },
		.about = "Pinning for long, for writing, shared memory of a file whose file system "
			 "is "
			 "told of writes is EFAULT.",
		.source = "kernel source",
	},
	{
		CHOICE_BOOL(hugetlb_force_write),
		.changes = { { KERNEL(6, 14),
			       YES,
			       NULL,
			       "/proc/PID/mem writes read-only huge pages of the pool",
			       { 0 } } },
		.about = "A forced write (/proc/PID/mem) goes past the protection of private huge "
			 "pages "
			 "of the pool, too; before, EIO.",
		.source = "DESIGN.md, \"Seen on the live kernel\"",
	},
	{
		CHOICE_BOOL(huge_copy_empty_pool_eexist),
		.changes = { { KERNEL(6, 15),
			       YES,
			       NULL,
			       "COPY with the pool empty seems to come second",
			       { 0 } } },
		.about =
			"COPY of a huge page answers EEXIST if the pool is empty at its first try; "
			"before, ENOMEM.",
		.source = "uffd-ioctls.md; recorded answers of 6.12",
	},
	{
		CHOICE_BOOL(hugetlb_fork_wp_by_child),
		.changes = { { KERNEL(6, 4),
			       YES,
			       NULL,
			       "fork keeps a huge page's uffd-wp if the child is watched",
			       { 0 } } },
		.about =
			"Whether a forked child's huge pages of the pool stay protected depends on "
			"whether the child's memory is registered for WP; before, they always did, "
			"and "
			"a copied pinned one never.",
		.source = "recorded answers of 6.1",
	},
	{
		CHOICE_BOOL(readahead_of_code_within),
		.changes = { { KERNEL(6, 16),
			       YES,
			       NULL,
			       "no readahead before mapped code",
			       { 0 } } },
		.about = "A fault in an executable mapping of a file on disk reads ahead only "
			 "behind "
			 "the address, and within the mapping.",
		.source = "kernel source",
	},
	{
		CHOICE_BOOL(smaps_knows_lf),
		.changes = { { KERNEL(6, 12), YES, NULL, "smaps calls VM_LOCKONFAULT lf", { 0 } } },
		.about = "smaps shows memory locked on fault as \"lf\"; before, as \"??\".",
		.source = "recorded answers of 6.1",
	},
};
CHOICE_TABLE(choices_call, rows);

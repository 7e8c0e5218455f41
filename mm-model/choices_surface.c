/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * choices_surface.c - the table of choices: which features UFFDIO_API offers, and
 * which requests UFFDIO_REGISTER reports
 */
#include "mm-model/choices.h"
#include "mm-model/mm_types.h"

#define FEATURE(feature) \
	.name = #feature, .offset = offsetof(struct profile, features), .bit = (feature), \
	.values = choice_no_yes
#define REQUEST(request) \
	.name = #request, .offset = offsetof(struct profile, register_ioctls), \
	.bit = 1ULL << (_##request), .values = choice_no_yes
#define SINCE(major, minor, text) \
	.changes = { { KERNEL(major, minor), YES, NULL, text, { 0 } } }, .source = "uffd-ioctls.md"

static const struct choice rows[] = {
	{ FEATURE(UFFD_FEATURE_PAGEFAULT_FLAG_WP),
	  SINCE(5, 7, "write protection of anonymous memory"),
	  .about = "WP faults are reported; tells that anonymous memory can be write-protected.",
	  .scenario = "wp-snapshot" },
	{ FEATURE(UFFD_FEATURE_EVENT_FORK), SINCE(4, 11, "events"),
	  .about = "fork() reports the child and hands over a descriptor for it.",
	  .scenario = "fork-child-fault" },
	{ FEATURE(UFFD_FEATURE_EVENT_REMAP), SINCE(4, 11, "events"),
	  .about = "mremap() reports where registered memory went.",
	  .scenario = "remap-vs-copy" },
	{ FEATURE(UFFD_FEATURE_EVENT_REMOVE), SINCE(4, 11, "events"),
	  .about = "MADV_DONTNEED and MADV_REMOVE report what is about to be dropped.",
	  .scenario = "dontneed-vs-copy" },
	{ FEATURE(UFFD_FEATURE_MISSING_HUGETLBFS), SINCE(4, 11, "huge pages of the pool"),
	  .about = "Huge pages of the pool can be registered for MISSING.",
	  .scenario = "huge-copy-vs-fault" },
	{ FEATURE(UFFD_FEATURE_MISSING_SHMEM), SINCE(4, 11, "shared memory"),
	  .about = "Shared memory and memfds can be registered for MISSING.",
	  .scenario = "shmem-punch-vs-copy" },
	{ FEATURE(UFFD_FEATURE_EVENT_UNMAP), SINCE(4, 11, "events"),
	  .about = "munmap() and what replaces mappings report what is gone.",
	  .scenario = "munmap-event-wake" },
	{ FEATURE(UFFD_FEATURE_SIGBUS), SINCE(4, 14, "SIGBUS instead of a message"),
	  .about = "A userfault raises SIGBUS in the thread instead of a message to a monitor.",
	  .scenario = "sigbus-feature" },
	{ FEATURE(UFFD_FEATURE_THREAD_ID), SINCE(4, 14, "the message names the thread"),
	  .about = "A fault's message has the thread's number." },
	{ FEATURE(UFFD_FEATURE_MINOR_HUGETLBFS), SINCE(5, 13, "minor faults of huge pages"),
	  .about = "Huge pages of the pool can be registered for MINOR: the page is in the file but "
		   "not mapped.",
	  .scenario = "huge-continue-vs-minor" },
	{ FEATURE(UFFD_FEATURE_MINOR_SHMEM), SINCE(5, 14, "minor faults of shared memory"),
	  .about = "Shared memory can be registered for MINOR.",
	  .scenario = "shmem-minor-two-faults" },
	{ FEATURE(UFFD_FEATURE_EXACT_ADDRESS), SINCE(5, 18, "the address unrounded"),
	  .about = "A fault's message has the address as it was touched, not its page." },
	{ FEATURE(UFFD_FEATURE_WP_HUGETLBFS_SHMEM), SINCE(5, 19, "write protection of files"),
	  .about = "Shared memory and huge pages of the pool can be write-protected; entries that "
		   "are empty keep a marker.",
	  .scenario = "shmem-wp-alias" },
	{ FEATURE(UFFD_FEATURE_WP_UNPOPULATED), SINCE(6, 4, "markers in empty entries"),
	  .about = "Protecting leaves a marker in empty entries of anonymous memory, too.",
	  .scenario = "wp-unpopulated" },
	{ FEATURE(UFFD_FEATURE_POISON), SINCE(6, 6, "UFFDIO_POISON"),
	  .about = "Pages can be marked so that touching them is SIGBUS.",
	  .scenario = "poison-on-fault" },
	{ FEATURE(UFFD_FEATURE_WP_ASYNC), SINCE(6, 7, "write protection without messages"),
	  .about = "The kernel itself ends the protection of a page that is written; PAGEMAP_SCAN "
		   "tells which pages were.",
	  .scenario = "wp-async" },
	{ FEATURE(UFFD_FEATURE_MOVE), SINCE(6, 8, "UFFDIO_MOVE"),
	  .about = "Pages can be moved instead of copied.",
	  .scenario = "move-on-fault" },
	{ REQUEST(UFFDIO_WAKE), SINCE(4, 3, "userfaultfd itself"), .about = "Wakes a range.",
	  .scenario = "copy-dontwake-then-wake" },
	{ REQUEST(UFFDIO_COPY), SINCE(4, 3, "userfaultfd itself"),
	  .about = "Fills a range with a copy.", .scenario = "fork-vs-copy" },
	{ REQUEST(UFFDIO_ZEROPAGE), SINCE(4, 3, "userfaultfd itself"),
	  .about = "Fills a range with zeros.", .scenario = "fork-vs-zeropage" },
	{ REQUEST(UFFDIO_WRITEPROTECT), SINCE(5, 7, "write protection"),
	  .about = "Protects a range, or ends its protection.", .scenario = "wp-snapshot" },
	{ REQUEST(UFFDIO_CONTINUE), SINCE(5, 13, "minor faults"),
	  .about = "Maps pages that are in the file already.",
	  .scenario = "huge-continue-vs-minor" },
	{ REQUEST(UFFDIO_POISON), SINCE(6, 6, "UFFDIO_POISON"),
	  .about = "Marks a range so that touching it is SIGBUS.", .scenario = "poison-on-fault" },
	{ REQUEST(UFFDIO_MOVE), SINCE(6, 8, "UFFDIO_MOVE"), .about = "Moves pages.",
	  .scenario = "move-on-fault" },
};
CHOICE_TABLE(choices_surface, rows);

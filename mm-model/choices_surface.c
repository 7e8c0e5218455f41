/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * choices_surface.c - the table of choices: what there is at all: features of
 * UFFDIO_API, requests that UFFDIO_REGISTER reports, calls, flags and advice
 */
#include "mm-model/choices.h"
#include "mm-model/mm_types.h"

#define FEATURE(feature) \
	.name = #feature, .offset = offsetof(struct profile, features), .bit = (feature), \
	.values = choice_no_yes
#define REQUEST(request) \
	.name = #request, .offset = offsetof(struct profile, register_ioctls), \
	.bit = 1ULL << (_##request), .values = choice_no_yes
#define KNOWN(bit_name, text) \
	.name = text, .offset = offsetof(struct profile, surface), .bit = (bit_name), \
	.values = choice_no_yes
#define SINCE(major, minor, hash, text) \
	.changes = { { KERNEL(major, minor), YES, hash, text, { 0 } } }, .source = "that commit"

static const struct choice rows[] = {
	{ FEATURE(UFFD_FEATURE_PAGEFAULT_FLAG_WP),
	  SINCE(5, 7, "63b2d4174c4a",
		"userfaultfd: wp: add the writeprotect API to userfaultfd ioctl"),
	  .about = "WP faults are reported; tells that anonymous memory can be write-protected.",
	  .scenario = "wp-snapshot" },
	{ FEATURE(UFFD_FEATURE_EVENT_FORK),
	  SINCE(4, 11, "893e26e61d04", "userfaultfd: non-cooperative: Add fork() event"),
	  .about = "fork() reports the child and hands over a descriptor for it.",
	  .scenario = "fork-child-fault" },
	{ FEATURE(UFFD_FEATURE_EVENT_REMAP),
	  SINCE(4, 11, "72f87654c696", "userfaultfd: non-cooperative: add mremap() event"),
	  .about = "mremap() reports where registered memory went.", .scenario = "remap-vs-copy" },
	{ FEATURE(UFFD_FEATURE_EVENT_REMOVE),
	  SINCE(4, 11, "05ce77249d50", "userfaultfd: non-cooperative: add madvise() event"),
	  .about = "MADV_DONTNEED and MADV_REMOVE report what is about to be dropped.",
	  .scenario = "dontneed-vs-copy" },
	{ FEATURE(UFFD_FEATURE_MISSING_HUGETLBFS), SINCE(4, 11, NULL, "huge pages of the pool"),
	  .about = "Huge pages of the pool can be registered for MISSING.",
	  .scenario = "huge-copy-vs-fault" },
	{ FEATURE(UFFD_FEATURE_MISSING_SHMEM), SINCE(4, 11, NULL, "shared memory"),
	  .about = "Shared memory and memfds can be registered for MISSING.",
	  .scenario = "shmem-punch-vs-copy" },
	{ FEATURE(UFFD_FEATURE_EVENT_UNMAP),
	  SINCE(4, 11, "897ab3e0c49e", "userfaultfd: non-cooperative: add event for memory unmaps"),
	  .about = "munmap() and what replaces mappings report what is gone.",
	  .scenario = "munmap-event-wake" },
	{ FEATURE(UFFD_FEATURE_SIGBUS), SINCE(4, 14, "2d6d6f5a09a9", "SIGBUS instead of a message"),
	  .about = "A userfault raises SIGBUS in the thread instead of a message to a monitor.",
	  .scenario = "sigbus-feature" },
	{ FEATURE(UFFD_FEATURE_THREAD_ID),
	  SINCE(4, 14, "9d4ac934829a", "the message names the thread"),
	  .about = "A fault's message has the thread's number." },
	{ FEATURE(UFFD_FEATURE_MINOR_HUGETLBFS),
	  SINCE(5, 13, "7677f7fd8be7", "userfaultfd: add minor fault registration mode"),
	  .about =
		  "Huge pages of the pool can be registered for MINOR: the page is in the file but "
		  "not mapped.",
	  .scenario = "huge-continue-vs-minor" },
	{ FEATURE(UFFD_FEATURE_MINOR_SHMEM),
	  SINCE(5, 14, "c949b097ef2e",
		"userfaultfd/shmem: support minor fault registration for shmem"),
	  .about = "Shared memory can be registered for MINOR.",
	  .scenario = "shmem-minor-two-faults" },
	{ FEATURE(UFFD_FEATURE_EXACT_ADDRESS),
	  SINCE(5, 18, "824ddc601adc", "userfaultfd: provide unmasked address on page-fault"),
	  .about = "A fault's message has the address as it was touched, not its page." },
	{ FEATURE(UFFD_FEATURE_WP_HUGETLBFS_SHMEM),
	  SINCE(5, 19, "b1f9e876862d", "mm/uffd: enable write protection for shmem & hugetlbfs"),
	  .about = "Shared memory and huge pages of the pool can be write-protected; entries that "
		   "are empty keep a marker.",
	  .scenario = "shmem-wp-alias" },
	{ FEATURE(UFFD_FEATURE_WP_UNPOPULATED),
	  SINCE(6, 4, "2bad466cc9d9", "mm/uffd: UFFD_FEATURE_WP_UNPOPULATED"),
	  .about = "Protecting leaves a marker in empty entries of anonymous memory, too.",
	  .scenario = "wp-unpopulated" },
	{ FEATURE(UFFD_FEATURE_POISON),
	  SINCE(6, 6, "fc71884a5f59", "mm: userfaultfd: add new UFFDIO_POISON ioctl"),
	  .about = "Pages can be marked so that touching them is SIGBUS.",
	  .scenario = "poison-on-fault" },
	{ FEATURE(UFFD_FEATURE_WP_ASYNC),
	  SINCE(6, 7, "d61ea1cb0095", "userfaultfd: UFFD_FEATURE_WP_ASYNC"),
	  .about = "The kernel itself ends the protection of a page that is written; PAGEMAP_SCAN "
		   "tells which pages were.",
	  .scenario = "wp-async" },
	{ FEATURE(UFFD_FEATURE_MOVE), SINCE(6, 8, "adef440691ba", "userfaultfd: UFFDIO_MOVE uABI"),
	  .about = "Pages can be moved instead of copied.", .scenario = "move-on-fault" },
	{ REQUEST(UFFDIO_WAKE), SINCE(4, 3, "1038628d80e9", "userfaultfd itself"),
	  .about = "Wakes a range.", .scenario = "copy-dontwake-then-wake" },
	{ REQUEST(UFFDIO_COPY), SINCE(4, 3, "1f1c6f075904", "userfaultfd itself"),
	  .about = "Fills a range with a copy.", .scenario = "fork-vs-copy" },
	{ REQUEST(UFFDIO_ZEROPAGE), SINCE(4, 3, "1f1c6f075904", "userfaultfd itself"),
	  .about = "Fills a range with zeros.", .scenario = "fork-vs-zeropage" },
	{ REQUEST(UFFDIO_WRITEPROTECT),
	  SINCE(5, 7, "63b2d4174c4a",
		"userfaultfd: wp: add the writeprotect API to userfaultfd ioctl"),
	  .about = "Protects a range, or ends its protection.", .scenario = "wp-snapshot" },
	{ REQUEST(UFFDIO_CONTINUE),
	  SINCE(5, 13, "f619147104c8", "userfaultfd: add UFFDIO_CONTINUE ioctl"),
	  .about = "Maps pages that are in the file already.",
	  .scenario = "huge-continue-vs-minor" },
	{ REQUEST(UFFDIO_POISON),
	  SINCE(6, 6, "fc71884a5f59", "mm: userfaultfd: add new UFFDIO_POISON ioctl"),
	  .about = "Marks a range so that touching it is SIGBUS.", .scenario = "poison-on-fault" },
	{ REQUEST(UFFDIO_MOVE), SINCE(6, 8, "adef440691ba", "userfaultfd: UFFDIO_MOVE uABI"),
	  .about = "Moves pages.", .scenario = "move-on-fault" },
	{ KNOWN(HAS_MADV_WIPEONFORK, "MADV_WIPEONFORK"),
	  SINCE(4, 14, NULL, "memory that a child finds empty"),
	  .about = "MADV_WIPEONFORK and KEEPONFORK: a forked child finds such memory empty." },
	{ KNOWN(HAS_MFD_HUGETLB, "MFD_HUGETLB"),
	  SINCE(4, 14, NULL, "memfd_create of huge pages of the pool"),
	  .about = "memfd_create() with MFD_HUGETLB.", .scenario = "huge-copy-vs-fault" },
	{ KNOWN(HAS_MAP_SHARED_VALIDATE, "MAP_SHARED_VALIDATE"),
	  SINCE(4, 15, NULL, "shared mappings whose flags are checked"),
	  .about = "mmap() with MAP_SHARED_VALIDATE refuses flags that it does not know; before, "
		   "it was EINVAL itself." },
	{ KNOWN(HAS_MAP_FIXED_NOREPLACE, "MAP_FIXED_NOREPLACE"),
	  SINCE(4, 17, NULL, "a fixed address where nothing is"),
	  .about = "mmap() with MAP_FIXED_NOREPLACE answers EEXIST where something is mapped; "
		   "before, the flag was not looked at." },
	{ KNOWN(HAS_IO_URING, "io_uring"), SINCE(5, 1, NULL, "io_uring"),
	  .about = "io_uring_setup() and registered buffers, which pin pages." },
	{ KNOWN(HAS_MADV_PAGEOUT, "MADV_PAGEOUT"),
	  SINCE(5, 4, "1a4e58cce84e", "mm: introduce MADV_PAGEOUT"),
	  .about = "MADV_PAGEOUT and MADV_COLD: reclaim by advice.",
	  .scenario = "pageout-vs-fork" },
	{ KNOWN(HAS_MREMAP_DONTUNMAP, "MREMAP_DONTUNMAP"),
	  SINCE(5, 7, "e346b3813067", "mm/mremap: add MREMAP_DONTUNMAP to mremap()"),
	  .about = "mremap() may leave the old mapping behind, empty.",
	  .scenario = "remap-dontunmap-vs-copy" },
	{ KNOWN(HAS_MADV_POPULATE, "MADV_POPULATE"),
	  SINCE(5, 14, "4ca9b3859dac", "MADV_POPULATE_READ and WRITE"),
	  .about = "Faults a range in and says what went wrong.", .scenario = "populate-waits" },
	{ KNOWN(HAS_MADV_DONTNEED_LOCKED, "MADV_DONTNEED_LOCKED"),
	  SINCE(5, 18, "9457056ac426", "mm: madvise: MADV_DONTNEED_LOCKED"),
	  .about = "MADV_DONTNEED of locked memory, too." },
	{ KNOWN(HAS_MADV_COLLAPSE, "MADV_COLLAPSE"),
	  SINCE(6, 1, "7d8faaf15545", "mm/madvise: introduce MADV_COLLAPSE sync hugepage collapse"),
	  .about = "Makes huge pages of small ones at once." },
	{ KNOWN(HAS_MFD_EXEC, "MFD_EXEC"),
	  SINCE(6, 3, NULL, "memfd_create knows MFD_EXEC and MFD_NOEXEC_SEAL"),
	  .about = "memfd_create() with MFD_EXEC or MFD_NOEXEC_SEAL; before, EINVAL." },
	{ KNOWN(HAS_PAGEMAP_SCAN, "PAGEMAP_SCAN"),
	  SINCE(6, 7, "52526ca7fdb9", "PAGEMAP_SCAN gets and clears what is known of pages"),
	  .about = "The request to /proc/PID/pagemap that finds pages by kind and protects them in "
		   "one step; before, ENOTTY.",
	  .scenario = "scan-vs-store" },
	{ KNOWN(HAS_MSEAL, "mseal"), SINCE(6, 10, "8be7258aad44", "mseal: add mseal syscall"),
	  .about = "Mappings that can no longer be changed." },
	{ KNOWN(HAS_MADV_GUARD, "MADV_GUARD"),
	  SINCE(6, 13, "662df3e5c376", "mm: madvise: implement lightweight guard page mechanism"),
	  .about = "MADV_GUARD_INSTALL and REMOVE: pages whose touch is SIGSEGV, without a VMA of "
		   "their own." },
	{ KNOWN(HAS_PAGE_IS_GUARD, "PAGE_IS_GUARD"),
	  SINCE(6, 16, "a516403787e0", "PAGEMAP_SCAN tells of guards"),
	  .about = "The category of guards in PAGEMAP_SCAN; before, EINVAL." },
};
CHOICE_TABLE(choices_surface, rows);

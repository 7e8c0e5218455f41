/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * abi.h - numbers and structures of the simulated system call interface
 *
 * The values are those of Linux on x86-64.  The names are the kernel's, so do
 * not include this together with <sys/mman.h>, <fcntl.h>, <poll.h> or
 * <linux/userfaultfd.h>.
 */
#ifndef UFFDSIM_ABI_H
#define UFFDSIM_ABI_H

#include <stdint.h>

#define PAGE_SHIFT 12
#define PAGE_SIZE  (1ULL << PAGE_SHIFT)
#define PAGE_MASK  (~(PAGE_SIZE - 1))
#define PMD_SHIFT  21
#define PMD_SIZE   (1ULL << PMD_SHIFT)
#define TASK_SIZE  0x7ffffffff000ULL

/* mmap, mprotect */
#define PROT_NONE  0x0
#define PROT_READ  0x1
#define PROT_WRITE 0x2
#define PROT_EXEC  0x4
#define PROT_SEM   0x8
#define PROT_GROWSDOWN 0x01000000
#define PROT_GROWSUP   0x02000000

#define MAP_SHARED    0x01
#define MAP_PRIVATE   0x02
#define MAP_SHARED_VALIDATE 0x03
#define MAP_DROPPABLE 0x08
#define MAP_TYPE      0x0f
#define MAP_FIXED     0x10
#define MAP_ANONYMOUS 0x20
#define MAP_GROWSDOWN 0x0100
#define MAP_LOCKED    0x2000
#define MAP_NORESERVE 0x4000
#define MAP_POPULATE  0x8000
#define MAP_NONBLOCK  0x10000
#define MAP_STACK     0x20000
#define MAP_HUGETLB   0x40000
#define MAP_SYNC      0x80000
#define MAP_FIXED_NOREPLACE 0x100000

#define MLOCK_ONFAULT 1

#define MREMAP_MAYMOVE   1
#define MREMAP_FIXED     2
#define MREMAP_DONTUNMAP 4

#define MADV_NORMAL 0
#define MADV_RANDOM 1
#define MADV_SEQUENTIAL 2
#define MADV_WILLNEED 3
#define MADV_DONTNEED 4
#define MADV_FREE 8
#define MADV_REMOVE 9
#define MADV_DONTFORK 10
#define MADV_DOFORK 11
#define MADV_MERGEABLE 12
#define MADV_UNMERGEABLE 13
#define MADV_HUGEPAGE 14
#define MADV_NOHUGEPAGE 15
#define MADV_DONTDUMP 16
#define MADV_DODUMP 17
#define MADV_WIPEONFORK 18
#define MADV_KEEPONFORK 19
#define MADV_COLD 20
#define MADV_PAGEOUT 21
#define MADV_POPULATE_READ 22
#define MADV_POPULATE_WRITE 23
#define MADV_DONTNEED_LOCKED 24
#define MADV_COLLAPSE 25
#define MADV_HWPOISON 100
#define MADV_SOFT_OFFLINE 101
#define MADV_GUARD_INSTALL 102
#define MADV_GUARD_REMOVE 103

/* open, poll */
#define O_RDONLY   00000000
#define O_WRONLY   00000001
#define O_RDWR     00000002
#define O_ACCMODE  00000003
#define O_CREAT    00000100
#define O_EXCL     00000200
#define O_TRUNC    00001000
#define O_NONBLOCK 00004000
#define O_CLOEXEC  02000000

#define MFD_CLOEXEC       0x01
#define MFD_ALLOW_SEALING 0x02
#define MFD_HUGETLB       0x04
#define MFD_NOEXEC_SEAL   0x08
#define MFD_EXEC          0x10

#define FALLOC_FL_KEEP_SIZE      0x01
#define FALLOC_FL_PUNCH_HOLE     0x02
#define FALLOC_FL_COLLAPSE_RANGE 0x08
#define FALLOC_FL_ZERO_RANGE     0x10
#define FALLOC_FL_INSERT_RANGE   0x20
#define FALLOC_FL_UNSHARE_RANGE  0x40

#define POLLIN  0x0001
#define POLLPRI 0x0002
#define POLLOUT 0x0004
#define POLLERR 0x0008
#define POLLHUP 0x0010
#define POLLNVAL 0x0020
#define POLLRDNORM 0x0040
#define POLLWRNORM 0x0100
struct pollfd {
	int fd;
	short events, revents;
};

/* userfaultfd */
#define UFFD_USER_MODE_ONLY 1
#define USERFAULTFD_IOC_NEW 0xaa00

#define UFFD_API 0xaaULL

#define UFFD_FEATURE_PAGEFAULT_FLAG_WP   (1ULL << 0)
#define UFFD_FEATURE_EVENT_FORK          (1ULL << 1)
#define UFFD_FEATURE_EVENT_REMAP         (1ULL << 2)
#define UFFD_FEATURE_EVENT_REMOVE        (1ULL << 3)
#define UFFD_FEATURE_MISSING_HUGETLBFS   (1ULL << 4)
#define UFFD_FEATURE_MISSING_SHMEM       (1ULL << 5)
#define UFFD_FEATURE_EVENT_UNMAP         (1ULL << 6)
#define UFFD_FEATURE_SIGBUS              (1ULL << 7)
#define UFFD_FEATURE_THREAD_ID           (1ULL << 8)
#define UFFD_FEATURE_MINOR_HUGETLBFS     (1ULL << 9)
#define UFFD_FEATURE_MINOR_SHMEM         (1ULL << 10)
#define UFFD_FEATURE_EXACT_ADDRESS       (1ULL << 11)
#define UFFD_FEATURE_WP_HUGETLBFS_SHMEM  (1ULL << 12)
#define UFFD_FEATURE_WP_UNPOPULATED      (1ULL << 13)
#define UFFD_FEATURE_POISON              (1ULL << 14)
#define UFFD_FEATURE_WP_ASYNC            (1ULL << 15)
#define UFFD_FEATURE_MOVE                (1ULL << 16)
/* Read-write protection, posted in 2026: variant "rwp". */
#define UFFD_FEATURE_RWP                 (1ULL << 17)
#define UFFD_FEATURE_RWP_ASYNC           (1ULL << 18)
/* Of no kernel: proposed in 2022. */
#define UFFD_FEATURE_ACCESS_HINTS        (1ULL << 30)

/* ioctl request codes; their numbers are bits of the `ioctls` masks */
#define UFFDIO_API          0xc018aa3fU
#define UFFDIO_REGISTER     0xc020aa00U
#define UFFDIO_UNREGISTER   0x8010aa01U
#define UFFDIO_WAKE         0x8010aa02U
#define UFFDIO_COPY         0xc028aa03U
#define UFFDIO_ZEROPAGE     0xc020aa04U
#define UFFDIO_MOVE         0xc028aa05U
#define UFFDIO_WRITEPROTECT 0xc018aa06U
#define UFFDIO_CONTINUE     0xc020aa07U
#define UFFDIO_POISON       0xc020aa08U
#define UFFDIO_RWPROTECT    0xc018aa09U
#define UFFDIO_SET_MODE     0x4010aa0aU

#define _UFFDIO_REGISTER     0x00
#define _UFFDIO_UNREGISTER   0x01
#define _UFFDIO_WAKE         0x02
#define _UFFDIO_COPY         0x03
#define _UFFDIO_ZEROPAGE     0x04
#define _UFFDIO_MOVE         0x05
#define _UFFDIO_WRITEPROTECT 0x06
#define _UFFDIO_CONTINUE     0x07
#define _UFFDIO_POISON       0x08
#define _UFFDIO_RWPROTECT    0x09
#define _UFFDIO_SET_MODE     0x0a
#define _UFFDIO_API          0x3f

struct uffdio_range {
	uint64_t start, len;
};
struct uffdio_api {
	uint64_t api, features, ioctls;
};
#define UFFDIO_REGISTER_MODE_MISSING 1ULL
#define UFFDIO_REGISTER_MODE_WP      2ULL
#define UFFDIO_REGISTER_MODE_MINOR   4ULL
#define UFFDIO_REGISTER_MODE_RWP     8ULL
struct uffdio_register {
	struct uffdio_range range;
	uint64_t mode, ioctls;
};
#define UFFDIO_COPY_MODE_DONTWAKE 1ULL
#define UFFDIO_COPY_MODE_WP       2ULL
struct uffdio_copy {
	uint64_t dst, src, len, mode;
	int64_t copy;
};
#define UFFDIO_ZEROPAGE_MODE_DONTWAKE 1ULL
struct uffdio_zeropage {
	struct uffdio_range range;
	uint64_t mode;
	int64_t zeropage;
};
#define UFFDIO_WRITEPROTECT_MODE_WP       1ULL
#define UFFDIO_WRITEPROTECT_MODE_DONTWAKE 2ULL
/* With UFFD_FEATURE_ACCESS_HINTS. */
#define UFFDIO_WRITEPROTECT_MODE_ACCESS_LIKELY 4ULL
#define UFFDIO_WRITEPROTECT_MODE_WRITE_LIKELY  8ULL
struct uffdio_writeprotect {
	struct uffdio_range range;
	uint64_t mode;
};
#define UFFDIO_CONTINUE_MODE_DONTWAKE 1ULL
#define UFFDIO_CONTINUE_MODE_WP       2ULL
struct uffdio_continue {
	struct uffdio_range range;
	uint64_t mode;
	int64_t mapped;
};
#define UFFDIO_POISON_MODE_DONTWAKE 1ULL
struct uffdio_poison {
	struct uffdio_range range;
	uint64_t mode;
	int64_t updated;
};
#define UFFDIO_RWPROTECT_MODE_RWP      1ULL
#define UFFDIO_RWPROTECT_MODE_DONTWAKE 2ULL
struct uffdio_rwprotect {
	struct uffdio_range range;
	uint64_t mode;
};
/** Features to switch while the descriptor is in use: UFFD_FEATURE_RWP_ASYNC alone. */
struct uffdio_set_mode {
	uint64_t enable, disable;
};
#define UFFDIO_MOVE_MODE_DONTWAKE        1ULL
#define UFFDIO_MOVE_MODE_ALLOW_SRC_HOLES 2ULL
struct uffdio_move {
	uint64_t dst, src, len, mode;
	int64_t move;
};

/* PAGEMAP_SCAN of /proc/self/pagemap */
#define PAGEMAP_SCAN 0xc0606610U

#define PM_SCAN_WP_MATCHING   1
#define PM_SCAN_CHECK_WPASYNC 2

#define PAGE_IS_WPALLOWED  0x001
#define PAGE_IS_WRITTEN    0x002
#define PAGE_IS_FILE       0x004
#define PAGE_IS_PRESENT    0x008
#define PAGE_IS_SWAPPED    0x010
#define PAGE_IS_PFNZERO    0x020
#define PAGE_IS_HUGE       0x040
#define PAGE_IS_SOFT_DIRTY 0x080
#define PAGE_IS_GUARD      0x100
#define PAGE_IS_ACCESSED   0x200

/** A region as PAGEMAP_SCAN gives it. */
struct page_region {
	uint64_t start, end, categories;
};
struct pm_scan_arg {
	uint64_t size, flags, start, end, walk_end, vec, vec_len, max_pages;
	uint64_t category_inverted, category_mask, category_anyof_mask, return_mask;
};

#define UFFD_EVENT_PAGEFAULT 0x12
#define UFFD_EVENT_FORK      0x13
#define UFFD_EVENT_REMAP     0x14
#define UFFD_EVENT_REMOVE    0x15
#define UFFD_EVENT_UNMAP     0x16

#define UFFD_PAGEFAULT_FLAG_WRITE 1ULL
#define UFFD_PAGEFAULT_FLAG_WP    2ULL
#define UFFD_PAGEFAULT_FLAG_MINOR 4ULL
#define UFFD_PAGEFAULT_FLAG_RWP   8ULL

/** As read from a userfaultfd: 32 bytes. */
struct uffd_msg {
	uint8_t event;
	uint8_t reserved1;
	uint16_t reserved2;
	uint32_t reserved3;
	union {
		struct {
			uint64_t flags, address;
			union {
				uint32_t ptid;
			} feat;
		} pagefault;
		struct {
			uint32_t ufd;
		} fork;
		struct {
			uint64_t from, to, len;
		} remap;
		struct {
			uint64_t start, end;
		} remove;
	} arg;
};

#endif

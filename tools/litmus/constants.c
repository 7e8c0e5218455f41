/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * constants.c - every name that stands for a number, and names of fields
 */
#include <string.h>

#include <uffdsim/abi.h>

#include "tools/litmus/ast.h"

/* Known to the language; the calls that take them are not in abi.h. */
enum {
	O_APPEND = 02000,
	O_DIRECT = 040000,
	MFD_HUGE_SHIFT = 26,
	MFD_HUGE_2MB = 21 << 26,
	MFD_HUGE_1GB = 30 << 26,
	MAP_HUGE_SHIFT = 26,
	MAP_HUGE_2MB = 21 << 26,
	MAP_HUGE_1GB = 30 << 26,
	SPLICE_F_MOVE = 1,
	SPLICE_F_NONBLOCK = 2,
	SPLICE_F_MORE = 4,
	SPLICE_F_GIFT = 8,
	IORING_REGISTER_BUFFERS = 0,
	IORING_UNREGISTER_BUFFERS = 1,
	SWAP_FLAG_PREFER = 0x8000,
	SWAP_FLAG_DISCARD = 0x10000,
};

struct constant {
	const char *name;
	int64_t n;
};

/* clang-format off */
#define K(name) { #name, (int64_t)(name) }
static const struct constant constants[] = {
	{ "NULL", 0 },
	K(PAGE_SIZE), K(PAGE_SHIFT), K(TASK_SIZE),
	K(PROT_NONE), K(PROT_READ), K(PROT_WRITE), K(PROT_EXEC), K(PROT_SEM),
	K(PROT_GROWSDOWN), K(PROT_GROWSUP),
	K(MAP_SHARED), K(MAP_PRIVATE), K(MAP_SHARED_VALIDATE), K(MAP_DROPPABLE), K(MAP_TYPE),
	K(MAP_FIXED), K(MAP_ANONYMOUS), { "MAP_ANON", MAP_ANONYMOUS }, { "MAP_FILE", 0 },
	K(MAP_GROWSDOWN), { "MAP_DENYWRITE", 0x800 }, { "MAP_EXECUTABLE", 0x1000 }, K(MAP_LOCKED),
	K(MAP_NORESERVE), K(MAP_POPULATE), K(MAP_NONBLOCK), K(MAP_STACK), K(MAP_HUGETLB),
	K(MAP_SYNC), K(MAP_FIXED_NOREPLACE), K(MAP_HUGE_SHIFT), K(MAP_HUGE_2MB), K(MAP_HUGE_1GB),
	{ "MAP_32BIT", 0x40 }, { "MAP_ABOVE4G", 0x80 }, { "MAP_UNINITIALIZED", 0x4000000 },
	K(MREMAP_MAYMOVE), K(MREMAP_FIXED), K(MREMAP_DONTUNMAP),
	K(MADV_NORMAL), K(MADV_RANDOM), K(MADV_SEQUENTIAL), K(MADV_WILLNEED), K(MADV_DONTNEED),
	K(MADV_FREE), K(MADV_REMOVE), K(MADV_DONTFORK), K(MADV_DOFORK), K(MADV_MERGEABLE),
	K(MADV_UNMERGEABLE), K(MADV_HUGEPAGE), K(MADV_NOHUGEPAGE), K(MADV_DONTDUMP),
	K(MADV_DODUMP), K(MADV_WIPEONFORK), K(MADV_KEEPONFORK), K(MADV_COLD), K(MADV_PAGEOUT),
	K(MADV_POPULATE_READ), K(MADV_POPULATE_WRITE), K(MADV_DONTNEED_LOCKED), K(MADV_COLLAPSE),
	K(MADV_HWPOISON), K(MADV_SOFT_OFFLINE), K(MADV_GUARD_INSTALL), K(MADV_GUARD_REMOVE),
	K(O_RDONLY), K(O_WRONLY), K(O_RDWR), K(O_ACCMODE), K(O_CREAT), K(O_EXCL), K(O_TRUNC),
	K(O_APPEND), K(O_NONBLOCK), K(O_DIRECT), K(O_CLOEXEC),
	K(POLLIN), K(POLLPRI), K(POLLOUT), K(POLLERR), K(POLLHUP), K(POLLNVAL),
	K(POLLRDNORM), { "POLLRDBAND", 0x80 }, K(POLLWRNORM),
	{ "POLLWRBAND", 0x200 }, { "POLLRDHUP", 0x2000 },
	K(MFD_CLOEXEC), K(MFD_ALLOW_SEALING), K(MFD_HUGETLB), K(MFD_NOEXEC_SEAL), K(MFD_EXEC),
	K(MFD_HUGE_SHIFT), K(MFD_HUGE_2MB), K(MFD_HUGE_1GB),
	K(FALLOC_FL_KEEP_SIZE), K(FALLOC_FL_PUNCH_HOLE), K(FALLOC_FL_COLLAPSE_RANGE),
	K(FALLOC_FL_ZERO_RANGE), K(FALLOC_FL_INSERT_RANGE), K(FALLOC_FL_UNSHARE_RANGE),
	K(MLOCK_ONFAULT),
	K(SPLICE_F_MOVE), K(SPLICE_F_NONBLOCK), K(SPLICE_F_MORE), K(SPLICE_F_GIFT),
	K(IORING_REGISTER_BUFFERS), K(IORING_UNREGISTER_BUFFERS),
	K(SWAP_FLAG_PREFER), K(SWAP_FLAG_DISCARD),
	K(PM_SCAN_WP_MATCHING), K(PM_SCAN_CHECK_WPASYNC),
	K(PAGE_IS_WPALLOWED), K(PAGE_IS_WRITTEN), K(PAGE_IS_FILE), K(PAGE_IS_PRESENT),
	K(PAGE_IS_SWAPPED), K(PAGE_IS_PFNZERO), K(PAGE_IS_HUGE), K(PAGE_IS_SOFT_DIRTY),
	K(PAGE_IS_GUARD), K(PAGE_IS_ACCESSED),
	K(UFFD_USER_MODE_ONLY), K(UFFD_API),
	K(UFFD_FEATURE_PAGEFAULT_FLAG_WP), K(UFFD_FEATURE_EVENT_FORK), K(UFFD_FEATURE_EVENT_REMAP),
	K(UFFD_FEATURE_EVENT_REMOVE), K(UFFD_FEATURE_MISSING_HUGETLBFS),
	K(UFFD_FEATURE_MISSING_SHMEM), K(UFFD_FEATURE_EVENT_UNMAP), K(UFFD_FEATURE_SIGBUS),
	K(UFFD_FEATURE_THREAD_ID), K(UFFD_FEATURE_MINOR_HUGETLBFS), K(UFFD_FEATURE_MINOR_SHMEM),
	K(UFFD_FEATURE_EXACT_ADDRESS), K(UFFD_FEATURE_WP_HUGETLBFS_SHMEM),
	K(UFFD_FEATURE_WP_UNPOPULATED), K(UFFD_FEATURE_POISON), K(UFFD_FEATURE_WP_ASYNC),
	K(UFFD_FEATURE_MOVE), K(UFFD_FEATURE_ACCESS_HINTS),
	K(UFFD_FEATURE_RWP), K(UFFD_FEATURE_RWP_ASYNC),
	K(_UFFDIO_REGISTER), K(_UFFDIO_UNREGISTER), K(_UFFDIO_WAKE), K(_UFFDIO_COPY),
	K(_UFFDIO_ZEROPAGE), K(_UFFDIO_MOVE), K(_UFFDIO_WRITEPROTECT), K(_UFFDIO_CONTINUE),
	K(_UFFDIO_POISON), K(_UFFDIO_RWPROTECT), K(_UFFDIO_SET_MODE), K(_UFFDIO_API),
	K(UFFDIO_REGISTER_MODE_MISSING), K(UFFDIO_REGISTER_MODE_WP), K(UFFDIO_REGISTER_MODE_MINOR),
	K(UFFDIO_REGISTER_MODE_RWP), K(UFFDIO_RWPROTECT_MODE_RWP), K(UFFDIO_RWPROTECT_MODE_DONTWAKE),
	K(UFFDIO_COPY_MODE_DONTWAKE), K(UFFDIO_COPY_MODE_WP), K(UFFDIO_ZEROPAGE_MODE_DONTWAKE),
	K(UFFDIO_WRITEPROTECT_MODE_WP), K(UFFDIO_WRITEPROTECT_MODE_DONTWAKE),
	K(UFFDIO_WRITEPROTECT_MODE_ACCESS_LIKELY), K(UFFDIO_WRITEPROTECT_MODE_WRITE_LIKELY),
	K(UFFDIO_CONTINUE_MODE_DONTWAKE), K(UFFDIO_CONTINUE_MODE_WP),
	K(UFFDIO_POISON_MODE_DONTWAKE), K(UFFDIO_MOVE_MODE_DONTWAKE),
	K(UFFDIO_MOVE_MODE_ALLOW_SRC_HOLES),
	K(UFFD_EVENT_PAGEFAULT), K(UFFD_EVENT_FORK), K(UFFD_EVENT_REMAP), K(UFFD_EVENT_REMOVE),
	K(UFFD_EVENT_UNMAP),
	K(UFFD_PAGEFAULT_FLAG_WRITE), K(UFFD_PAGEFAULT_FLAG_WP), K(UFFD_PAGEFAULT_FLAG_MINOR),
	K(UFFD_PAGEFAULT_FLAG_RWP),
};

/* Linux's numbers, which need not be the host's. */
static const struct constant errnos[] = {
	{ "EPERM", 1 }, { "ENOENT", 2 }, { "ESRCH", 3 }, { "EINTR", 4 }, { "EIO", 5 },
	{ "ENXIO", 6 }, { "E2BIG", 7 }, { "ENOEXEC", 8 }, { "EBADF", 9 }, { "ECHILD", 10 },
	{ "EAGAIN", 11 }, { "EWOULDBLOCK", 11 }, { "ENOMEM", 12 }, { "EACCES", 13 },
	{ "EFAULT", 14 }, { "ENOTBLK", 15 }, { "EBUSY", 16 }, { "EEXIST", 17 }, { "EXDEV", 18 },
	{ "ENODEV", 19 }, { "ENOTDIR", 20 }, { "EISDIR", 21 }, { "EINVAL", 22 }, { "ENFILE", 23 },
	{ "EMFILE", 24 }, { "ENOTTY", 25 }, { "ETXTBSY", 26 }, { "EFBIG", 27 }, { "ENOSPC", 28 },
	{ "ESPIPE", 29 }, { "EROFS", 30 }, { "EMLINK", 31 }, { "EPIPE", 32 }, { "EDOM", 33 },
	{ "ERANGE", 34 }, { "EDEADLK", 35 }, { "ENAMETOOLONG", 36 }, { "ENOLCK", 37 },
	{ "ENOSYS", 38 }, { "ENOTEMPTY", 39 }, { "ELOOP", 40 }, { "EOVERFLOW", 75 },
	{ "EOPNOTSUPP", 95 }, { "ENOTSUP", 95 }, { "ETIMEDOUT", 110 }, { "EALREADY", 114 },
	{ "EINPROGRESS", 115 }, { "ECANCELED", 125 }, { "EHWPOISON", 133 },
	{ "ENODATA", 61 }, { "EBADFD", 77 }, { "EMSGSIZE", 90 }, { "ENOBUFS", 105 },
	{ "ESTALE", 116 }, { "EREMOTEIO", 121 }, { "EDQUOT", 122 }, { "ENOKEY", 126 },
};

static const struct {
	const char *name;
	enum field field;
} fields[] = {
	{ "copy", FIELD_COPY }, { "zeropage", FIELD_ZEROPAGE }, { "mapped", FIELD_MAPPED },
	{ "updated", FIELD_UPDATED }, { "move", FIELD_MOVE }, { "features", FIELD_FEATURES },
	{ "ioctls", FIELD_IOCTLS }, { "event", FIELD_EVENT },
	{ "pagefault.flags", FIELD_PF_FLAGS }, { "pagefault.address", FIELD_PF_ADDRESS },
	{ "fork.ufd", FIELD_FORK_UFD }, { "remap.from", FIELD_REMAP_FROM },
	{ "remap.to", FIELD_REMAP_TO }, { "remap.len", FIELD_REMAP_LEN },
	{ "remove.start", FIELD_REMOVE_START }, { "remove.end", FIELD_REMOVE_END },
};
/* clang-format on */

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static bool is_name(const char *name, const char *s, size_t len)
{
	return strlen(name) == len && !memcmp(name, s, len);
}

bool constant_find(const char *name, size_t len, uint8_t *kind, int64_t *n)
{
	*kind = VAL_NUM;
	for (size_t i = 0; i < COUNT(constants); i++) {
		if (is_name(constants[i].name, name, len)) {
			*n = constants[i].n;
			return true;
		}
	}
	for (size_t i = 0; i < COUNT(errnos); i++) {
		if (is_name(errnos[i].name, name, len)) {
			*n = errnos[i].n;
			return true;
		}
	}
	*kind = VAL_SIG;
	*n = is_name("SIGBUS", name, len) ? 7 : is_name("SIGSEGV", name, len) ? 11 : 0;
	return *n;
}

const char *errno_name(int64_t err)
{
	for (size_t i = 0; i < COUNT(errnos); i++)
		if (errnos[i].n == err)
			return errnos[i].name;
	return NULL;
}

enum field field_find(const char *name, size_t len)
{
	for (size_t i = 0; i < COUNT(fields); i++)
		if (is_name(fields[i].name, name, len))
			return fields[i].field;
	return FIELD_NONE;
}

bool field_is_prefix(const char *name, size_t len)
{
	for (size_t i = 0; i < COUNT(fields); i++)
		if (!strncmp(fields[i].name, name, len) && fields[i].name[len] == '.')
			return true;
	return false;
}

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * uffd.h - what every monitor begins with: includes, the handshake, the usual requests
 */
#ifndef EXAMPLES_UFFD_H
#define EXAMPLES_UFFD_H

#include <errno.h>

#include <uffdsim/cmocka.h>

#define MISSING UFFDIO_REGISTER_MODE_MISSING
#define WP      UFFDIO_REGISTER_MODE_WP

static inline int uffd_open(uint64_t features)
{
	struct uffdio_api api = { .api = UFFD_API, .features = features };
	int fd = u_userfaultfd(O_CLOEXEC | O_NONBLOCK);

	uffdsim_assert(u_ioctl(fd, UFFDIO_API, &api) == 0, "the kernel lacks what is asked for");
	return fd;
}

static inline void uffd_register(int fd, uint64_t addr, unsigned pages, uint64_t mode)
{
	struct uffdio_register r = { .range = { addr, pages * PAGE_SIZE }, .mode = mode };

	uffdsim_assert(u_ioctl(fd, UFFDIO_REGISTER, &r) == 0, "UFFDIO_REGISTER");
}

/** One page. */
static inline int64_t uffd_copy(int fd, uint64_t dst, uint64_t src)
{
	struct uffdio_copy c = { .dst = dst, .src = src, .len = PAGE_SIZE };

	return u_ioctl(fd, UFFDIO_COPY, &c);
}

static inline int64_t uffd_zeropage(int fd, uint64_t addr)
{
	struct uffdio_zeropage z = { .range = { addr, PAGE_SIZE } };

	return u_ioctl(fd, UFFDIO_ZEROPAGE, &z);
}

static inline int64_t uffd_protect(int fd, uint64_t addr, bool protect)
{
	struct uffdio_writeprotect wp = {
		.range = { addr, PAGE_SIZE },
		.mode = protect ? UFFDIO_WRITEPROTECT_MODE_WP : 0,
	};

	return u_ioctl(fd, UFFDIO_WRITEPROTECT, &wp);
}

static inline int64_t uffd_wake(int fd, uint64_t addr)
{
	struct uffdio_range r = { addr, PAGE_SIZE };

	return u_ioctl(fd, UFFDIO_WAKE, &r);
}

static inline int64_t uffd_unregister(int fd, uint64_t addr, uint64_t len)
{
	struct uffdio_range r = { addr, len };

	return u_ioctl(fd, UFFDIO_UNREGISTER, &r);
}

/** Wait for a message and read it; false if somebody else has read it. */
static inline bool uffd_wait(int fd, struct uffd_msg *msg)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	u_poll(&p, 1, -1);
	return u_read(fd, msg, sizeof(*msg)) == sizeof(*msg);
}

static inline uint64_t fault_page(const struct uffd_msg *msg)
{
	return msg->arg.pagefault.address & PAGE_MASK;
}

#endif

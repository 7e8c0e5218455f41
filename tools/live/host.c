/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * host.c - see host.h
 */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tools/live/host.h"

void *host_map_shared(size_t size)
{
	void *ret = mmap(NULL, size, PROT_READ | PROT_WRITE,
			 MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	return ret == MAP_FAILED ? NULL : ret;
}

void host_unmap(uint64_t addr, uint64_t len)
{
	munmap((void *)(uintptr_t)addr, len); // NOLINT(performance-no-int-to-ptr)
}

int host_move_fd(int fd, int least)
{
	int ret = fcntl(fd, F_DUPFD_CLOEXEC, least);

	if (ret < 0)
		return -errno;
	close(fd);
	return ret;
}

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * host.c - see host.h
 */
#include <errno.h>
#include <fcntl.h>
#include <link.h>
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

static int keep_segments(struct dl_phdr_info *info, size_t size, void *arg)
{
	for (int i = 0; i < info->dlpi_phnum; i++) {
		const ElfW(Phdr) *p = &info->dlpi_phdr[i];
		uintptr_t start = info->dlpi_addr + p->p_vaddr;

		if (p->p_type == PT_LOAD && !(p->p_flags & PF_W))
			mlock((void *)start, p->p_filesz); // NOLINT(performance-no-int-to-ptr)
	}
	(void)size;
	(void)arg;
	return 0;
}

void host_keep_code(void)
{
	dl_iterate_phdr(keep_segments, NULL);
}

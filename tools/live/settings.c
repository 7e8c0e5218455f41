/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * settings.c - is this machine the world that the language describes?
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "tools/live/settings.h"

#define HUGE_DIR       "/sys/kernel/mm/hugepages/hugepages-2048kB"
#define HUGE_PAGES     16
#define HUGE_PAGE_SIZE (2L << 20)
#define MEMORY_SHARE   4

static bool read_text(const char *path, char *buf, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, buf, size - 1);

	if (fd >= 0)
		close(fd);
	if (n < 0)
		return false;
	buf[n] = 0;
	return true;
}

static bool write_text(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	bool ok = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);

	if (fd >= 0)
		close(fd);
	return ok;
}

/* A setting must be so; as root of a machine of our own it is made so. */
static bool setting(const char *path, const char *want, const char *set, bool arrange, char *why,
		    size_t size)
{
	char text[256];

	if (!read_text(path, text, sizeof(text)))
		return true; /* this kernel has no such thing */
	if (strstr(text, want))
		return true;
	if (arrange && write_text(path, set))
		return true;
	text[strcspn(text, "\n")] = 0;
	snprintf(why, size, "%s is '%s'; scenarios need '%s'", path, text, set);
	return false;
}

bool settings_good(bool arrange, char *why, size_t size)
{
	long fd = syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK);

	if (geteuid()) {
		snprintf(why, size, "live runs need root");
		return false;
	}
	if (fd < 0) {
		snprintf(why, size, "no userfaultfd: %s", strerror(errno));
		return false;
	}
	close((int)fd);
	return setting("/sys/kernel/mm/transparent_hugepage/enabled", "[madvise]", "madvise",
		       arrange, why, size) &&
	       setting("/sys/kernel/mm/transparent_hugepage/shmem_enabled", "[never]", "never",
		       arrange, why, size) &&
	       setting("/proc/sys/vm/unprivileged_userfaultfd", "0", "0", arrange, why, size);
}

static long number_of(const char *path)
{
	char text[64];

	return read_text(path, text, sizeof(text)) ? atol(text) : -1;
}

/* Memory of processes that are gone may take a moment to come back. */
static bool all_free(long nr)
{
	for (int i = 0; i < 50 && number_of(HUGE_DIR "/free_hugepages") != nr; i++)
		usleep(20000);
	return number_of(HUGE_DIR "/free_hugepages") == nr;
}

/* No more than a part of the machine's memory goes to make up for lost promises. */
static long most_lost_pages(void)
{
	long bytes = sysconf(_SC_PHYS_PAGES) / MEMORY_SHARE * sysconf(_SC_PAGESIZE);

	return bytes / HUGE_PAGE_SIZE;
}

static bool resize_pool(long pages)
{
	char text[32];

	snprintf(text, sizeof(text), "%ld", pages);
	if (number_of(HUGE_DIR "/nr_hugepages") != pages)
		write_text(HUGE_DIR "/nr_hugepages", text);
	return number_of(HUGE_DIR "/nr_hugepages") == pages && all_free(pages);
}

static bool pool_too_small(char *why, size_t size)
{
	snprintf(why, size, "%s: %ld of %ld huge pages are free; scenarios need a pool of %d",
		 HUGE_DIR, number_of(HUGE_DIR "/free_hugepages"),
		 number_of(HUGE_DIR "/nr_hugepages"), HUGE_PAGES);
	return false;
}

/*
 * The kernel loses promises of pages that nobody takes (mremap of a part of a private
 * mapping does it): they are made up for with pages.
 */
static bool fill_pool(char *why, size_t size)
{
	long nr = number_of(HUGE_DIR "/nr_hugepages"), lost = 0;

	if (nr >= HUGE_PAGES && !all_free(nr))
		return pool_too_small(why, size);
	if (nr >= HUGE_PAGES)
		lost = number_of(HUGE_DIR "/resv_hugepages");
	if (lost > most_lost_pages()) {
		snprintf(
			why, size,
			"%s: the kernel has lost %ld promises of huge pages (mremap of a part of a "
			"private mapping does it), more than the %ld that are made up for; only a "
			"reboot brings them back",
			HUGE_DIR, lost, most_lost_pages());
		return false;
	}
	return resize_pool(HUGE_PAGES + lost) || pool_too_small(why, size);
}

bool settings_huge_begin(struct huge_pool *pool, char *why, size_t size)
{
	pool->fd = open(HUGE_DIR, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (pool->fd < 0) {
		snprintf(why, size, HUGE_DIR ": %s", strerror(errno));
		return false;
	}
	while (flock(pool->fd, LOCK_EX) && errno == EINTR)
		;
	pool->before = number_of(HUGE_DIR "/nr_hugepages");
	if (fill_pool(why, size))
		return true;
	settings_huge_end(pool);
	return false;
}

void settings_huge_end(struct huge_pool *pool)
{
	if (pool->fd < 0)
		return;
	close(pool->fd);
	pool->fd = -1;
}

int settings_lock_swap(bool exclusive)
{
	int fd = open("/proc/swaps", O_RDONLY | O_CLOEXEC);

	while (fd >= 0 && flock(fd, exclusive ? LOCK_EX : LOCK_SH) && errno == EINTR)
		;
	return fd;
}

void settings_unlock(int fd)
{
	if (fd >= 0)
		close(fd);
}

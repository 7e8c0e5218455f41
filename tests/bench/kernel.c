/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * kernel.c - the operations on this machine's kernel
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/sysinfo.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/bench/bench.h"

#define PAGE 4096ULL

struct live {
	int fd;
	char *area, *src;
	double *ns;
};

static void keep_best(double *best, double begun, double pages)
{
	double ns = (bench_now() - begun) * 1e9 / pages;

	if (!*best || ns < *best)
		*best = ns;
}

static char *map(uint64_t len)
{
	char *ret = mmap(NULL, len, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (ret == MAP_FAILED)
		bench_fail("mmap");
	madvise(ret, len, MADV_NOHUGEPAGE);
	return ret;
}

static void watch(struct live *l, char *start, uint64_t len, uint64_t mode)
{
	struct uffdio_register reg = { .range = { (uintptr_t)start, len }, .mode = mode };

	if (ioctl(l->fd, UFFDIO_REGISTER, &reg))
		bench_fail("UFFDIO_REGISTER");
}

static void fill_page(struct live *l, uint64_t dst)
{
	struct uffdio_copy c = { .dst = dst, .src = (uintptr_t)l->src, .len = PAGE };

	if (ioctl(l->fd, UFFDIO_COPY, &c))
		bench_fail("UFFDIO_COPY");
}

static void protect(struct live *l, char *start, uint64_t len, uint64_t mode)
{
	struct uffdio_writeprotect wp = { .range = { (uintptr_t)start, len }, .mode = mode };

	if (ioctl(l->fd, UFFDIO_WRITEPROTECT, &wp))
		bench_fail("UFFDIO_WRITEPROTECT");
}

static void *monitor(void *arg)
{
	struct live *l = arg;
	struct uffd_msg m;

	for (unsigned i = 0; i < BENCH_PAGES; i++) {
		if (read(l->fd, &m, sizeof(m)) != (ssize_t)sizeof(m))
			bench_fail("read");
		fill_page(l, m.arg.pagefault.address & ~(PAGE - 1));
	}
	return NULL;
}

static void touch_all(struct live *l, double *best)
{
	double t = bench_now();

	for (unsigned i = 0; i < BENCH_PAGES; i++)
		((volatile char *)l->area)[i * PAGE] = 1;
	keep_best(best, t, BENCH_PAGES);
}

static void one_page(struct live *l)
{
	uint64_t len = BENCH_PAGES * PAGE;
	pthread_t thread;
	double t;

	l->area = map(len);
	touch_all(l, &l->ns[OP_FAULT]);
	madvise(l->area, len, MADV_DONTNEED);
	watch(l, l->area, len, UFFDIO_REGISTER_MODE_MISSING | UFFDIO_REGISTER_MODE_WP);
	t = bench_now();
	for (unsigned i = 0; i < BENCH_PAGES; i++)
		fill_page(l, (uintptr_t)l->area + i * PAGE);
	keep_best(&l->ns[OP_COPY], t, BENCH_PAGES);
	for (int on = 1; on >= 0; on--) {
		t = bench_now();
		for (unsigned i = 0; i < BENCH_PAGES; i++)
			protect(l, l->area + i * PAGE, PAGE, (uint64_t)on);
		keep_best(&l->ns[on ? OP_WP : OP_UNWP], t, BENCH_PAGES);
	}
	madvise(l->area, len, MADV_DONTNEED);
	if (pthread_create(&thread, NULL, monitor, l))
		bench_fail("pthread_create");
	touch_all(l, &l->ns[OP_MISSING]);
	pthread_join(thread, NULL);
	munmap(l->area, len);
}

static void fork_once(struct live *l, double pages)
{
	double t = bench_now();
	pid_t pid = fork();

	if (!pid)
		_exit(0);
	keep_best(&l->ns[OP_FORK], t, pages);
	if (pid < 0 || waitpid(pid, NULL, 0) != pid)
		bench_fail("fork");
}

static void range(struct live *l, uint64_t len)
{
	double pages = (double)(len / PAGE), t;

	l->area = map(len);
	for (uint64_t at = 0; at < len; at += PAGE)
		((volatile char *)l->area)[at] = 1;
	for (int round = 0; round < BENCH_RANGE_ROUNDS; round++) {
		t = bench_now();
		mprotect(l->area, len, PROT_READ);
		keep_best(&l->ns[OP_MPROTECT], t, pages);
		t = bench_now();
		mprotect(l->area, len, PROT_READ | PROT_WRITE);
		keep_best(&l->ns[OP_MPROTECT_BACK], t, pages);
		watch(l, l->area, len, UFFDIO_REGISTER_MODE_WP);
		for (int on = 1; on >= 0; on--) {
			t = bench_now();
			protect(l, l->area, len, (uint64_t)on);
			keep_best(&l->ns[on ? OP_WP_RANGE : OP_UNWP_RANGE], t, pages);
		}
		if (ioctl(l->fd, UFFDIO_UNREGISTER,
			  &(struct uffdio_range){ (uintptr_t)l->area, len }))
			bench_fail("UFFDIO_UNREGISTER");
		fork_once(l, pages);
	}
	munmap(l->area, len);
}

const char *bench_kernel(double ns[NR_OPS])
{
	static char why[80];
	struct uffdio_api api = { .api = UFFD_API };
	struct live l = { .ns = ns };
	struct sysinfo info;
	uint64_t len = BENCH_RANGE;

	memset(ns, 0, sizeof(*ns) * NR_OPS);
	l.fd = (int)syscall(SYS_userfaultfd, O_CLOEXEC);
	if (l.fd < 0) {
		snprintf(why, sizeof(why), "userfaultfd: %s", strerror(errno));
		return why;
	}
	if (ioctl(l.fd, UFFDIO_API, &api) || !(api.features & UFFD_FEATURE_PAGEFAULT_FLAG_WP)) {
		close(l.fd);
		return "this kernel has no write-protection by userfaultfd";
	}
	/* Half of what is there, if that is less. */
	if (!sysinfo(&info) && (uint64_t)info.freeram * info.mem_unit < 2 * len)
		len = ((uint64_t)info.freeram * info.mem_unit / 2) & ~((2ULL << 20) - 1);
	l.src = map(PAGE);
	*l.src = 1;
	for (int round = 0; round < 4 * BENCH_ROUNDS; round++)
		one_page(&l);
	range(&l, len);
	munmap(l.src, PAGE);
	close(l.fd);
	return NULL;
}

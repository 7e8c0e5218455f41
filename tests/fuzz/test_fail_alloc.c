/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_fail_alloc.c - memory runs out at any point, and nothing is left at the end
 *
 * Each row is a scenario.  It runs once as it is and once for every allocation that
 * fails; all invariants hold, what is returned is what the kernel returns, and when
 * all processes have ended all memory has been given back.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "tools/fuzz/judge.h"

#define ANON "PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0)\n"
#define UFFD(features) \
	"u = userfaultfd(O_CLOEXEC|O_NONBLOCK)\n" \
	"ioctl(u, UFFDIO_API, {api=UFFD_API, features=" features "})\n"
#define REGISTER(mode) \
	"ioctl(u, UFFDIO_REGISTER, {range={A, 4p}, mode=UFFDIO_REGISTER_MODE_" mode "})\n"

struct row {
	const char *name, *init, *sequence;
};

static const struct row rows[] = {
	{ "a store is tried again", "A = mmap(NULL, 2p, " ANON, "T: *A = 1\nT: r = *(A+1p)\n" },
	{ "a copy on write is tried again", "A = mmap(NULL, 2p, " ANON "*A = 1\n",
	  "T: c = fork()\nT: *A = 2\nC@c: *A = 3\n" },
	{ "mappings that split and merge", "A = mmap(NULL, 8p, " ANON "memset(A, 1, 8p)\n",
	  "T: mprotect(A+2p, 2p, PROT_READ)\nT: mprotect(A+2p, 2p, PROT_READ|PROT_WRITE)\n"
	  "T: munmap(A+3p, 1p)\nT: madvise(A+5p, 1p, MADV_DONTFORK)\n"
	  "T: mmap(A+3p, 1p, PROT_READ, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED, -1, 0)\n" },
	{ "mappings that move", "A = mmap(NULL, 4p, " ANON "memset(A, 1, 4p)\n",
	  "T: mremap(A, 2p, 2p, MREMAP_MAYMOVE|MREMAP_FIXED, A+16p)\n"
	  "T: mremap(A+2p, 2p, 6p, MREMAP_MAYMOVE)\n"
	  "T: mremap(A+16p, 2p, 2p, MREMAP_MAYMOVE|MREMAP_DONTUNMAP)\n" },
	{ "fills",
	  "A = mmap(NULL, 4p, " ANON "S = mmap(NULL, 2p, " ANON "memset(S, 1, 2p)\n" UFFD("0")
		  REGISTER("MISSING"),
	  "M: ioctl(u, UFFDIO_COPY, {dst=A, src=S, len=2p, mode=0})\n"
	  "M: ioctl(u, UFFDIO_ZEROPAGE, {range={A+2p, 1p}, mode=0})\n"
	  "M: ioctl(u, UFFDIO_POISON, {range={A+3p, 1p}, mode=0})\n" },
	{ "faults that wait",
	  "A = mmap(NULL, 4p, " ANON "S = mmap(NULL, 1p, " ANON "*S = 1\n" UFFD("0")
		  REGISTER("MISSING"),
	  "T: *A = 2\nM: read(u, m)\nM: ioctl(u, UFFDIO_COPY, {dst=A, src=S, len=1p, mode=0})\n" },
	{ "write protection with markers",
	  "A = mmap(NULL, 4p, " ANON "*A = 1\n" UFFD("UFFD_FEATURE_WP_UNPOPULATED") REGISTER("WP"),
	  "M: ioctl(u, UFFDIO_WRITEPROTECT, {range={A, 4p}, mode=UFFDIO_WRITEPROTECT_MODE_WP})\n"
	  "T: *(A+1p) = 2\nM: read(u, m)\nM: ioctl(u, UFFDIO_UNREGISTER, {range={A, 4p}})\n" },
	{ "registration of parts", "A = mmap(NULL, 4p, " ANON "memset(A, 1, 4p)\n" UFFD("0"),
	  "M: ioctl(u, UFFDIO_REGISTER, {range={A+1p, 1p}, mode=UFFDIO_REGISTER_MODE_WP})\n"
	  "M: ioctl(u, UFFDIO_REGISTER, {range={A+1p, 2p}, mode=UFFDIO_REGISTER_MODE_MISSING})\n"
	  "M: ioctl(u, UFFDIO_UNREGISTER, {range={A+2p, 1p}})\nM: close(u)\n" },
	{ "a fork event that is read",
	  "A = mmap(NULL, 4p, " ANON UFFD("UFFD_FEATURE_EVENT_FORK") REGISTER("MISSING"),
	  "T: c = fork()\nM: read(u, k)\n" },
	{ "a fork event that nobody reads",
	  "A = mmap(NULL, 4p, " ANON UFFD("UFFD_FEATURE_EVENT_FORK") REGISTER("MISSING"),
	  "T: c = fork()\nM: close(u)\n" },
	{ "a fork of files with a fork event",
	  "F = memfd_create(\"f\", 0)\nftruncate(F, 4p)\n"
	  "A = mmap(NULL, 4p, PROT_READ|PROT_WRITE, MAP_PRIVATE, F, 0)\n"
	  "B = mmap(NULL, 2p, PROT_READ|PROT_WRITE, MAP_SHARED, F, 1p)\n"
	  "*A = 1\n*(B+1p) = 1\n" UFFD("UFFD_FEATURE_EVENT_FORK") REGISTER("MISSING"),
	  "T: c = fork()\nM: read(u, k)\nC@c: *A = 2\nT: ftruncate(F, 1p)\n" },
	{ "minor faults",
	  "F = memfd_create(\"f\", 0)\nftruncate(F, 4p)\n"
	  "A = mmap(NULL, 4p, PROT_READ|PROT_WRITE, MAP_SHARED, F, 0)\n" UFFD(
		  "UFFD_FEATURE_MINOR_SHMEM") REGISTER("MINOR"),
	  "T: *A = 1\nT: *(A+1p) = 1\nM: read(u, m)\n"
	  "M: ioctl(u, UFFDIO_CONTINUE, {range={A, 2p}, mode=0})\n" },
	{ "huge pages of both kinds",
	  "A = mmap(NULL, 1h, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS|MAP_HUGETLB, -1, 0)\n"
	  "B = mmap(NULL, 1h, " ANON "madvise(B, 1h, MADV_HUGEPAGE)\n",
	  "T: *A = 1\nT: *B = 1\nT: c = fork()\nT: *A = 2\nC@c: *(B+3p) = 3\n"
	  "T: mprotect(B+1p, 1p, PROT_READ)\nT: munmap(B, 2p)\n" },
	{ "events of unmapping and moving",
	  "A = mmap(NULL, 4p, " ANON "memset(A, 1, 4p)\n" UFFD(
		  "UFFD_FEATURE_EVENT_REMAP|UFFD_FEATURE_EVENT_UNMAP|UFFD_FEATURE_EVENT_REMOVE")
		  REGISTER("WP"),
	  "T: mremap(A, 2p, 2p, MREMAP_MAYMOVE|MREMAP_FIXED, A+16p)\nM: read(u, m)\nM: read(u, m)\n"
	  "V: munmap(A+3p, 1p)\nM: read(u, m)\nM: read(u, m)\n"
	  "V: madvise(A+2p, 1p, MADV_DONTNEED)\nM: read(u, m)\n" },
	{ "populate, locked memory and the kernel's copies",
	  "A = mmap(NULL, 4p, " ANON "p = pipe()\nmem = open(\"/proc/self/mem\", O_RDWR)\n",
	  "T: madvise(A, 2p, MADV_POPULATE_WRITE)\nT: mlock(A, 3p)\nT: write(p, A, 1p)\n"
	  "T: read(p, A+3p, 1p)\nT: pwrite(mem, A+3p, 7)\nT: munlock(A, 4p)\n" },
};

static void judge_row(const struct row *r, const char *name,
		      int (*judge)(void *, const char *, size_t, struct verdict *))
{
	struct judge_options jo = { 0 };
	char text[4096];
	struct verdict v;

	snprintf(text, sizeof(text), "uffd row\ninit {\n%s}\nsequence {\n%s}\n", r->init,
		 r->sequence);
	assert_int_equal(judge(&jo, text, strlen(text), &v), 0);
	if (v.kind != VERDICT_FINE)
		fail_msg("%s (%s): %s: %s\n%s\n%s", r->name, name, v.call, v.what, v.detail,
			 v.command);
}

static void nothing_is_left(void **state)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		judge_row(&rows[i], "as it is", judge_simulator);
}

static void every_allocation_may_fail(void **state)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		judge_row(&rows[i], "memory runs out", judge_fail_alloc);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_is_left),
		cmocka_unit_test(every_allocation_may_fail),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

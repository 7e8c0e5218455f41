/* SPDX-License-Identifier: BSD-2-Clause */
/* mmap, munmap, splits and merges: what the list of mappings shows. */
#include "script.h"

static const struct script_row mapping[] = {
	{ "a new mapping merges with an equal one before it", "m 0 2 rw; m 2 2 rw", "0-4 rw-",
	  NULL },
	{ "and with one after it", "m 2 2 rw; m 0 2 rw", "0-4 rw-", NULL },
	{ "and fills the gap between two", "m 0 2 rw; m 4 2 rw; m 2 2 rw", "0-6 rw-", NULL },
	{ "not with other access", "m 0 2 rw; m 2 2 r", "0-2 rw-; 2-4 r--", NULL },
	{ "not with memory that is not charged", "m 0 2 rw; m 2 2 rw 4000", "0-2 rw-; 2-4 rw-",
	  NULL },
	{ "stacks get no huge pages, so they stay apart", "m 0 2 rw; m 2 2 rw 20000",
	  "0-2 rw-; 2-4 rw-", NULL },
	{ "one faulted neighbour is no obstacle", "m 0 2 rw; w 0 1; m 2 2 rw", "0-4 rw-", "PX -" },
	{ "two that were faulted apart stay two", "m 0 2 rw; w 0 1; m 4 2 rw; w 4 1; m 2 2 rw",
	  "0-4 rw-; 4-6 rw-", "PX - - - PX -" },
	{ "MAP_FIXED replaces", "m 0 6 rw; w 0 1 6; m 2 2 r", "0-2 rw-; 2-4 r--; 4-6 rw-",
	  "PX PX - - PX PX" },
	{ "MAP_FIXED with the same access leaves one mapping, without the pages",
	  "m 0 6 rw; w 0 1 6; m 2 2 rw", "0-6 rw-", "PX PX - - PX PX" },
	{ "MAP_FIXED_NOREPLACE does not", "m 0 4 rw; m 3 2 rw 100000=EEXIST", "0-4 rw-", NULL },
	{ "MAP_POPULATE writes where it may", "m 0 2 rw 8000; m 2 2 r 8000; m 4 1 - 8000", NULL,
	  "PX PX P P -" },
	{ "even where it may only execute", "m 0 2 x 8000", NULL, "P P" },
	{ "MAP_NONBLOCK switches that off", "m 0 2 rw 18000", NULL, "- -" },
	{ "a length of nothing", "m 0 0 rw=EINVAL", "", NULL },
	{ "the type must be one", "m 0 1 rw 1=EINVAL", "", NULL },
	{ "too long for any address space", "m 0 68719476736 rw=ENOMEM", "", NULL },
};

static const struct script_row unmapping[] = {
	{ "the middle", "m 0 6 rw; w 0 1 6; u 2 2", "0-2 rw-; 4-6 rw-", "PX PX - - PX PX" },
	{ "the head", "m 0 6 rw; u 0 2", "2-6 rw-", NULL },
	{ "the tail, as far as it goes", "m 0 6 rw; u 4 9", "0-4 rw-", NULL },
	{ "several and holes", "m 0 2 rw; m 3 2 r; m 6 2 rw; u 1 6", "0-1 rw-; 7-8 rw-", NULL },
	{ "nothing at all", "u 0 6", "", NULL },
	{ "no length", "m 0 2 rw; u 0 0=EINVAL", "0-2 rw-", NULL },
	{ "beyond the end of memory", "m 0 2 rw; u 0 68719476736=EINVAL", "0-2 rw-", NULL },
};

static void test_mmap(void **state)
{
	SCRIPT_TABLE("v6.18", mapping);
}

static void test_munmap(void **state)
{
	SCRIPT_TABLE("v6.18", unmapping);
}

/* A child keeps forked memory apart; kernels before 6.16 looked at one side only. */
static void test_merge_rule(void **state)
{
	static const struct script_row either[] = {
		{ "unfaulted memory merges into faulted, and the other way round",
		  "m 0 2 rw; m 2 2 r; w 0 1; p 2 2 rw; m 5 2 r; m 7 2 rw; w 7 1; p 5 2 rw",
		  "0-4 rw-; 5-9 rw-", NULL },
		{ "what has pages stays charged, which keeps it apart",
		  "m 0 2 rw; m 2 2 r; w 0 1; p 0 2 r", "0-2 r--; 2-4 r--", NULL },
		{ "faulted memory merges into unfaulted with equal flags",
		  "m 0 2 rw; m 2 2 rwx; w 0 1; p 0 2 rwx", "0-4 rwx", NULL },
	};
	static const struct script_row old[] = {
		{ "only the neighbour may be the faulted one",
		  "m 0 2 rw; m 2 2 rwx; w 0 1; p 0 2 rwx", "0-2 rwx; 2-4 rwx", NULL },
		{ "that it may", "m 0 2 rw; m 2 2 rwx; w 0 1; p 2 2 rw", "0-4 rw-", NULL },
	};

	SCRIPT_TABLE("v6.18", either);
	SCRIPT_TABLE("v6.9", old);
}

/* What came from a parent with its pages is not extended; the parent's own may be. */
static void test_merge_after_fork(void **state)
{
	struct script s = {
		.w = world_new("v6.18"),
		.text = "m 0 2 rw; w 0 1; f; @m 2 2 rw; m 2 2 rw",
	};

	world_do(s.w, script_run, &s);
	assert_string_equal(maps(s.w, NULL), "0-4 rw-");
	assert_string_equal(maps(s.w, s.child), "0-2 rw-; 2-4 rw-");
	world_free(s.w);
}

struct mmap_row {
	const char *promise;
	uint64_t addr, len, prot, flags;
	int fd;
	uint64_t off;
	int64_t ret;
};

static void check_mmap_args(struct task_struct *t, void *arg)
{
	const int uffd = uffd_open(t, 0);
	const struct mmap_row rows[] = {
		{ "offset of part of a page", A0, 1, PROT_READ, ANON | MAP_FIXED, -1, 1, -EINVAL },
		{ "offset before descriptor", A0, 1, PROT_READ, MAP_PRIVATE, 77, 1, -EINVAL },
		{ "no such descriptor", A0, 0, PROT_READ, MAP_PRIVATE, 77, 0, -EBADF },
		{ "huge pages of what has none", A0, 1, PROT_READ, MAP_PRIVATE | MAP_HUGETLB, uffd,
		  0, -EINVAL },
		{ "a userfaultfd is not for mapping", 0, 1, PROT_READ, MAP_PRIVATE, uffd, 0,
		  -ENODEV },
		{ "nor for writing", 0, 1, RW, MAP_SHARED, uffd, 0, -EACCES },
		{ "nor for executing", 0, 1, PROT_EXEC, MAP_PRIVATE, uffd, 0, -EPERM },
		{ "offset beyond any file", 0, 1, PROT_READ, MAP_PRIVATE, uffd, -PAGE_SIZE,
		  -EOVERFLOW },
		{ "fixed but not on a page", A0 + 1, 1, PROT_READ, ANON | MAP_FIXED, -1, 0,
		  -EINVAL },
		{ "above the last page, aligned or not", TASK_SIZE + 1, 1, PROT_READ,
		  ANON | MAP_FIXED, -1, 0, -ENOMEM },
		{ "up to the last page", TASK_SIZE - PAGE_SIZE, 1, PROT_READ, ANON | MAP_FIXED, -1,
		  0, TASK_SIZE - PAGE_SIZE },
		{ "a hint is rounded", A0 + 0x5001, 1, PROT_READ, ANON, -1, 0, A0 + 0x5000 },
		{ "unknown protection is ignored", A0, 1, 0x80, ANON | MAP_FIXED, -1, 0, A0 },
		{ "SHARED_VALIDATE needs a file", A0, 1, PROT_READ,
		  MAP_SHARED_VALIDATE | MAP_ANONYMOUS, -1, 0, -EINVAL },
		{ "a length that wraps", A0, UINT64_MAX, PROT_READ, ANON, -1, 0, -ENOMEM },
	};

	for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct mmap_row *r = &rows[i];
		int64_t ret = sys_mmap(t, r->addr, r->len, r->prot, r->flags, r->fd, r->off);

		assert_result(r->promise, ret, r->ret);
	}
}

static void test_mmap_arguments(void **state)
{
	struct world *w = world_new("v6.18");

	world_do(w, check_mmap_args, NULL);
	world_free(w);
}

static void check_layout(struct task_struct *t, void *arg)
{
	assert_int_equal(sys_mmap(t, 0, 2 * PAGE_SIZE, RW, ANON, -1, 0), A0);
	assert_int_equal(sys_mmap(t, 0, PMD_SIZE, RW, ANON, -1, 0), A0 + PMD_SIZE);
	/* The next multiple would touch what was mapped last. */
	map_at(t, A0 + 3 * PMD_SIZE, 1, RW);
	assert_int_equal(sys_mmap(t, 0, 1, RW, ANON, -1, 0), A0 + 4 * PMD_SIZE);
	/* An occupied hint is no hint. */
	assert_int_equal(sys_mmap(t, A0, 1, RW, ANON, -1, 0), A0 + 5 * PMD_SIZE);
}

static void test_layout(void **state)
{
	struct world *w = world_new("v6.18");

	world_do(w, check_layout, NULL);
	world_free(w);
}

struct failing {
	uint64_t nth;
	int64_t ret;
};

static void munmap_middle(struct task_struct *t, void *arg)
{
	struct failing *f = arg;
	struct script s = { .text = "m 0 6 rw; w 0 1 6" };

	script_run(t, &s);
	sim_fail_alloc(t->mm->k->sim, f->nth);
	f->ret = sys_munmap(t, A0 + 2 * PAGE_SIZE, 2 * PAGE_SIZE);
	sim_fail_alloc(t->mm->k->sim, 0);
}

/* A split takes a VMA and a link to its anon_vma; without them all pages stay. */
static void test_munmap_without_memory(void **state)
{
	static const char *const after[] = { "0-6 rw-", "0-6 rw-", "0-2 rw-; 2-6 rw-",
					     "0-2 rw-; 2-6 rw-", "0-2 rw-; 4-6 rw-" };

	for (unsigned nth = 1; nth <= 5; nth++) {
		struct world *w = world_new("v6.18");
		struct failing f = { .nth = nth };

		world_do(w, munmap_middle, &f);
		assert_int_equal(f.ret, nth < 5 ? -ENOMEM : 0);
		assert_string_equal(maps(w, NULL), after[nth - 1]);
		assert_string_equal(pagemap(w, NULL, A0, 6),
				    nth < 5 ? "PX PX PX PX PX PX" : "PX PX - - PX PX");
		world_free(w);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_mmap),       cmocka_unit_test(test_mmap_arguments),
		cmocka_unit_test(test_munmap),     cmocka_unit_test(test_munmap_without_memory),
		cmocka_unit_test(test_merge_rule), cmocka_unit_test(test_merge_after_fork),
		cmocka_unit_test(test_layout),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Faults on memory that no monitor watches: what is mapped, what it costs, and
 * which signal ends an access.
 */
#include "harness.h"

/* -------------------------------------------------------------- one access */

static void nothing(struct task_struct *t)
{
}
static void read_it(struct task_struct *t)
{
	load(t, A0);
}
static void write_it(struct task_struct *t)
{
	store(t, A0, 1);
}
static void write_then_read_only(struct task_struct *t)
{
	store(t, A0, 1);
	sys_mprotect(t, A0, PAGE_SIZE, PROT_READ);
}
static void read_only_and_back(struct task_struct *t)
{
	write_then_read_only(t);
	sys_mprotect(t, A0, PAGE_SIZE, RW);
}
static void zero_read_only_and_back(struct task_struct *t)
{
	load(t, A0);
	sys_mprotect(t, A0, PAGE_SIZE, PROT_READ);
	sys_mprotect(t, A0, PAGE_SIZE, RW);
}
static void none_and_back(struct task_struct *t)
{
	store(t, A0, 1);
	sys_mprotect(t, A0, PAGE_SIZE, PROT_NONE);
	sys_mprotect(t, A0, PAGE_SIZE, RW);
}
static void write_then_none(struct task_struct *t)
{
	store(t, A0, 1);
	sys_mprotect(t, A0, PAGE_SIZE, PROT_NONE);
}
static void guard(struct task_struct *t)
{
	assert_int_equal(sys_madvise(t, A0, PAGE_SIZE, MADV_GUARD_INSTALL), 0);
}
static void unguard(struct task_struct *t)
{
	guard(t);
	assert_int_equal(sys_madvise(t, A0, PAGE_SIZE, MADV_GUARD_REMOVE), 0);
}
static void poison(struct task_struct *t)
{
	int fd = uffd_open(t, 0);

	assert_int_equal(uffd_register(t, fd, A0, 1, MISSING), 0);
	assert_int_equal(uffd_fill(t, fd, UFFDIO_POISON, A0, 1, 0, NULL), 0);
	assert_int_equal(sys_close(t, fd), 0);
}
static void dontneed(struct task_struct *t)
{
	store(t, A0, 1);
	assert_int_equal(sys_madvise(t, A0, PAGE_SIZE, MADV_DONTNEED), 0);
}
static void unmap(struct task_struct *t)
{
	assert_int_equal(sys_munmap(t, A0, PAGE_SIZE), 0);
}

enum access { R, W };
struct row {
	const char *what;
	uint64_t prot;
	void (*before)(struct task_struct *t);
	enum access access;
	enum access_result result;
	const char *pagemap;
	unsigned faults;
};
static const struct row rows[] = {
	{ "the first read maps the zero page", RW, nothing, R, ACCESS_OK, "P", 1 },
	{ "the first write maps a page", RW, nothing, W, ACCESS_OK, "PX", 1 },
	{ "a write after a read copies the zero page", RW, read_it, W, ACCESS_OK, "PX", 1 },
	{ "a read after a write costs nothing", RW, write_it, R, ACCESS_OK, "PX", 0 },
	{ "a write after a write costs nothing", RW, write_it, W, ACCESS_OK, "PX", 0 },
	{ "read-only memory can be read", PROT_READ, nothing, R, ACCESS_OK, "P", 1 },
	{ "but not written", PROT_READ, nothing, W, ACCESS_SIGSEGV, "-", 0 },
	{ "what may be written may be read", PROT_WRITE, nothing, R, ACCESS_OK, "P", 1 },
	{ "what may be executed may be read", PROT_EXEC, nothing, R, ACCESS_OK, "P", 1 },
	{ "but not written", PROT_EXEC, nothing, W, ACCESS_SIGSEGV, "-", 0 },
	{ "no access, no read", PROT_NONE, nothing, R, ACCESS_SIGSEGV, "-", 0 },
	{ "no access, no write", PROT_NONE, nothing, W, ACCESS_SIGSEGV, "-", 0 },
	{ "a page made read-only stays", RW, write_then_read_only, W, ACCESS_SIGSEGV, "PX", 0 },
	{ "and can be read", RW, write_then_read_only, R, ACCESS_OK, "PX", 0 },
	{ "an own page made writable again is", RW, read_only_and_back, W, ACCESS_OK, "PX", 0 },
	{ "the zero page is not", RW, zero_read_only_and_back, W, ACCESS_OK, "PX", 1 },
	{ "no access and back is the same", RW, none_and_back, W, ACCESS_OK, "PX", 0 },
	{ "no access to a page that is there", RW, write_then_none, R, ACCESS_SIGSEGV, "PX", 0 },
	{ "a guard ends a read", RW, guard, R, ACCESS_SIGSEGV, "SG", 0 },
	{ "a guard ends a write", RW, guard, W, ACCESS_SIGSEGV, "SG", 0 },
	{ "what was guarded is empty", RW, unguard, R, ACCESS_OK, "P", 1 },
	{ "poison ends a read, also after close", RW, poison, R, ACCESS_SIGBUS, "S", 0 },
	{ "poison ends a write", RW, poison, W, ACCESS_SIGBUS, "S", 0 },
	{ "DONTNEED empties", RW, dontneed, R, ACCESS_OK, "P", 1 },
	{ "nothing is mapped", RW, unmap, R, ACCESS_SIGSEGV, "-", 0 },
};

static void access(struct task_struct *t, void *arg)
{
	const struct row *row = arg;
	enum access_result r;
	uint64_t faults;
	uint8_t v;

	map_at(t, A0, 1, row->prot);
	row->before(t);
	faults = task_faults(t);
	r = row->access == R ? user_load(t, A0, &v) : user_store(t, A0, 2);
	if (r != row->result)
		fail_msg("%s: signal %d", row->what, r);
	if (task_faults(t) - faults != row->faults)
		fail_msg("%s: %d faults", row->what, (int)(task_faults(t) - faults));
}

static void test_one_access(void **state)
{
	for (unsigned i = 0; i < ARRAY_SIZE(rows); i++) {
		struct world *w = world_new("v6.18");

		world_do(w, access, (void *)&rows[i]);
		if (strcmp(pagemap(w, NULL, A0, 1), rows[i].pagemap))
			fail_msg("%s: %s", rows[i].what, pagemap(w, NULL, A0, 1));
		world_free(w);
	}
}

/* --------------------------------------------------------------- the bytes */

static void bytes(struct task_struct *t, void *arg)
{
	map_at(t, A0, 2, RW);
	assert_int_equal(load(t, A0), 0);
	store(t, A0 + 5, 7);
	assert_int_equal(load(t, A0 + 5), 7);
	assert_int_equal(load(t, A0 + 4), 0);
	assert_int_equal(user_memset(t, A0 + 10, 3, PAGE_SIZE), ACCESS_OK);
	assert_int_equal(load(t, A0 + 9), 0);
	assert_int_equal(load(t, A0 + PAGE_SIZE + 9), 3);
	assert_int_equal(load(t, A0 + PAGE_SIZE + 10), 0);
}

static void test_bytes_are_where_they_were_stored(void **state)
{
	in_world(bytes, NULL);
}

static void memset_into_hole(struct task_struct *t, void *arg)
{
	map_at(t, A0, 1, RW);
	map_at(t, PAGE(2), 1, RW);
	assert_int_equal(user_memset(t, A0, 3, 3 * PAGE_SIZE), ACCESS_SIGSEGV);
	assert_int_equal(load(t, PAGE(1) - 1), 3);
	assert_int_equal(load(t, PAGE(2)), 0);
}

static void test_memset_stops_at_the_first_bad_page(void **state)
{
	in_world(memset_into_hole, NULL);
}

/* ------------------------------------------------- the end of the address space */

static const uint64_t beyond[] = { TASK_SIZE, TASK_SIZE + 1, 1ULL << 63, UINT64_MAX };

static void far_away(struct task_struct *t, void *arg)
{
	uint8_t v;

	for (unsigned i = 0; i < ARRAY_SIZE(beyond); i++) {
		assert_int_equal(user_load(t, beyond[i], &v), ACCESS_SIGSEGV);
		assert_int_equal(user_store(t, beyond[i], 1), ACCESS_SIGSEGV);
	}
}

static void test_no_access_beyond_the_task_size(void **state)
{
	in_world(far_away, NULL);
}

/* ---------------------------------------------------------------- MADV_POPULATE */

static const struct {
	const char *what;
	uint64_t prot;
	void (*before)(struct task_struct *t);
	int advice;
	int64_t ret;
	const char *pagemap; /* of two pages, the second one plain RW */
} populates[] = {
	{ "READ maps the zero page", RW, nothing, MADV_POPULATE_READ, 0, "P P" },
	{ "WRITE maps pages", RW, nothing, MADV_POPULATE_WRITE, 0, "PX PX" },
	{ "WRITE copies the zero page", RW, read_it, MADV_POPULATE_WRITE, 0, "PX PX" },
	{ "WRITE of read-only memory", PROT_READ, nothing, MADV_POPULATE_WRITE, -EINVAL, "- -" },
	{ "READ of memory without access", PROT_NONE, nothing, MADV_POPULATE_READ, -EINVAL, "- -" },
	{ "READ of memory only for writing", PROT_WRITE, nothing, MADV_POPULATE_READ, -EINVAL, "- -" },
	{ "a hole", RW, unmap, MADV_POPULATE_READ, -ENOMEM, "- -" },
	{ "a guard", RW, guard, MADV_POPULATE_READ, -EFAULT, "SG -" },
	{ "poison", RW, poison, MADV_POPULATE_WRITE, -EHWPOISON, "S -" },
};

static void populate(struct task_struct *t, void *arg)
{
	unsigned i = *(unsigned *)arg;

	map_at(t, A0, 1, populates[i].prot);
	map_at(t, PAGE(1), 1, RW);
	populates[i].before(t);
	assert_int_equal(sys_madvise(t, A0, 2 * PAGE_SIZE, populates[i].advice), populates[i].ret);
}

static void test_populate(void **state)
{
	for (unsigned i = 0; i < ARRAY_SIZE(populates); i++) {
		struct world *w = world_new("v6.18");

		world_do(w, populate, &i);
		if (strcmp(pagemap(w, NULL, A0, 2), populates[i].pagemap))
			fail_msg("%s: %s", populates[i].what, pagemap(w, NULL, A0, 2));
		world_free(w);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_access),
		cmocka_unit_test(test_bytes_are_where_they_were_stored),
		cmocka_unit_test(test_memset_stops_at_the_first_bad_page),
		cmocka_unit_test(test_no_access_beyond_the_task_size),
		cmocka_unit_test(test_populate),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

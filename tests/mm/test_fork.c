/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * fork without FORK events: which mappings and entries a child gets, and who
 * pays for the first write afterwards.
 */
#include "harness.h"

static void nothing(struct task_struct *t)
{
}
static void written(struct task_struct *t)
{
	store(t, A0, 1);
}
static void zero(struct task_struct *t)
{
	load(t, A0);
}
static void zero_beside_written(struct task_struct *t)
{
	load(t, A0);
	store(t, PAGE(1), 1);
}
static void guarded(struct task_struct *t)
{
	sys_madvise(t, A0, PAGE_SIZE, MADV_GUARD_INSTALL);
}
static void dont_fork(struct task_struct *t)
{
	written(t);
	sys_madvise(t, A0, 2 * PAGE_SIZE, MADV_DONTFORK);
}
static void dont_fork_half(struct task_struct *t)
{
	written(t);
	sys_madvise(t, PAGE(1), PAGE_SIZE, MADV_DONTFORK);
}
static void wipe_on_fork(struct task_struct *t)
{
	written(t);
	sys_madvise(t, A0, 2 * PAGE_SIZE, MADV_WIPEONFORK);
}
static void forked_before(struct task_struct *t)
{
	struct process *child;

	written(t);
	assert_true(sys_fork(t, &child) > 0);
}
static void read_only(struct task_struct *t)
{
	written(t);
	sys_mprotect(t, A0, 2 * PAGE_SIZE, PROT_READ);
}
static void watch(struct task_struct *t, uint64_t features)
{
	int fd = uffd_open(t, features);

	assert_int_equal(uffd_register(t, fd, A0, 2, MISSING | WP), 0);
}
static void registered(struct task_struct *t)
{
	written(t);
	watch(t, 0);
}
static void protected(struct task_struct *t)
{
	written(t);
	watch(t, 0);
	assert_int_equal(uffd_wp(t, FIRST_FD, A0, 2, UFFDIO_WRITEPROTECT_MODE_WP), 0);
}
static void marked(struct task_struct *t)
{
	watch(t, UFFD_FEATURE_WP_UNPOPULATED);
	assert_int_equal(uffd_wp(t, FIRST_FD, A0, 2, UFFDIO_WRITEPROTECT_MODE_WP), 0);
}
static void poisoned(struct task_struct *t)
{
	watch(t, 0);
	assert_int_equal(uffd_fill(t, FIRST_FD, UFFDIO_POISON, A0, 1, 0, NULL), 0);
}

struct row {
	const char *what;
	void (*before)(struct task_struct *t);
	const char *parent, *child;	      /* pagemap of two pages */
	const char *parent_maps, *child_maps; /* NULL: "0-2 rw-" */
};
static const struct row rows[] = {
	{ "nothing touched, nothing copied", nothing, "- -", "- -", NULL, NULL },
	{ "a page is shared", written, "P -", "P -", NULL, NULL },
	{ "three ways, too", forked_before, "P -", "P -", NULL, NULL },
	{ "memory with only zero pages is not copied", zero, "P -", "- -", NULL, NULL },
	{ "zero pages beside a page are", zero_beside_written, "P P", "P P", NULL, NULL },
	{ "read-only memory likewise", read_only, "P -", "P -", "0-2 r--", "0-2 r--" },
	{ "guards are kept by both", guarded, "SG -", "SG -", NULL, NULL },
	{ "DONTFORK: no mapping", dont_fork, "PX -", "- -", NULL, "" },
	{ "DONTFORK of a part", dont_fork_half, "P -", "P -", "0-1 rw-; 1-2 rw-", "0-1 rw-" },
	{ "WIPEONFORK: a mapping without pages", wipe_on_fork, "PX -", "- -", NULL, NULL },
	{ "the child is not registered", registered, "P -", "P -", "0-2 rw- um uw", NULL },
	{ "nor write-protected", protected, "PW -", "P -", "0-2 rw- um uw", NULL },
	{ "nor does it keep such markers", marked, "SW SW", "- -", "0-2 rw- um uw", NULL },
	{ "poison is kept by both", poisoned, "S -", "S -", "0-2 rw- um uw", NULL },
};

static void fork_it(struct task_struct *t, void *arg)
{
	const struct row *row = arg;
	struct process *child;

	map_at(t, A0, 2, RW);
	row->before(t);
	assert_true(sys_fork(t, &child) > 0);
}

static struct process *last_process(struct world *w)
{
	struct process *p = w->main;

	while (p->next)
		p = p->next;
	return p;
}

static void expect(const char *what, const char *whose, const char *is, const char *wanted)
{
	if (strcmp(is, wanted ? wanted : "0-2 rw-"))
		fail_msg("%s: the %s's is \"%s\"", what, whose, is);
}

static void test_what_the_child_gets(void **state)
{
	for (unsigned i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct row *row = &rows[i];
		struct world *w = world_new("v6.18");
		struct process *child;

		world_do(w, fork_it, (void *)row);
		child = last_process(w);
		expect(row->what, "parent", pagemap(w, NULL, A0, 2), row->parent);
		expect(row->what, "child", pagemap(w, child, A0, 2), row->child);
		expect(row->what, "parent", maps(w, NULL), row->parent_maps);
		expect(row->what, "child", maps(w, child), row->child_maps);
		world_free(w);
	}
}

/* ---------------------------------------------------------------- after the fork */

static void written_and_forked(struct task_struct *t, void *arg)
{
	struct process *child;

	map_at(t, A0, 1, RW);
	store(t, A0, 1);
	store(t, A0 + 1, 7);
	assert_true(sys_fork(t, &child) > 0);
	assert_int_equal(process_id(child), 1);
}

static void write_two(struct task_struct *t, void *arg)
{
	uint64_t faults = task_faults(t);

	store(t, A0, 2);
	assert_int_equal(task_faults(t) - faults, 1);
}

static void read_free(struct task_struct *t, void *arg)
{
	uint64_t faults = task_faults(t);

	load(t, A0);
	assert_int_equal(task_faults(t), faults);
}

static void run_in(struct world *w, struct process *p, task_fn fn)
{
	world_thread(w, p, "t", fn, NULL);
	world_run(w, SIM_END_DONE);
}

static void test_the_first_writer_copies_the_second_reuses(void **state)
{
	struct world *w = world_new("v6.18");
	struct process *child;

	world_do(w, written_and_forked, NULL);
	child = last_process(w);
	run_in(w, child, read_free);
	run_in(w, w->main, read_free);
	run_in(w, child, write_two);
	assert_int_equal(observe_peek(w->main, A0), 1);
	assert_int_equal(observe_peek(child, A0), 2);
	assert_int_equal(observe_peek(child, A0 + 1), 7);
	assert_string_equal(pagemap(w, NULL, A0, 1), "PX");
	run_in(w, w->main, write_two); /* one fault, no copy */
	assert_string_equal(pagemap(w, child, A0, 1), "PX");
	world_free(w);
}

static void reap(struct task_struct *t, void *arg)
{
	assert_int_equal(process_reap(arg), 0);
	store(t, A0, 3);
}

static void test_who_was_reaped_maps_nothing(void **state)
{
	struct world *w = world_new("v6.18");

	world_do(w, written_and_forked, NULL);
	world_do(w, reap, last_process(w));
	/* The page was nobody else's any more: kept, not copied. */
	assert_string_equal(pagemap(w, NULL, A0, 1), "PX");
	assert_ptr_equal(last_process(w), w->main);
	assert_int_equal(observe_peek(w->main, A0 + 1), 7);
	world_free(w);
}

static void wp_after_fork(struct task_struct *t, void *arg)
{
	uint64_t faults;

	written_and_forked(t, arg);
	assert_int_equal(uffd_register(t, uffd_open(t, 0), A0, 1, MISSING | WP), 0);
	assert_int_equal(uffd_wp(t, FIRST_FD, A0, 1, UFFDIO_WRITEPROTECT_MODE_WP), 0);
	assert_int_equal(uffd_wp(t, FIRST_FD, A0, 1, 0), 0);
	faults = task_faults(t);
	store(t, A0, 3);
	assert_int_equal(task_faults(t) - faults, 1);
}

static void test_a_shared_page_that_is_unprotected_is_copied_silently(void **state)
{
	struct world *w = world_new("v6.18");

	world_do(w, wp_after_fork, NULL);
	assert_int_equal(observe_peek(last_process(w), A0), 1);
	assert_int_equal(observe_peek(w->main, A0), 3);
	world_free(w);
}

/* ---------------------------------------------------------------- descriptors */

static void copy_into_parent(struct task_struct *t, void *arg)
{
	map_at(t, PAGE(9), 1, RW);
	store(t, PAGE(9), 42);
	assert_int_equal(uffd_copy(t, FIRST_FD, A0, PAGE(9), 1, 0, NULL), 0);
	assert_int_equal(sys_close(t, FIRST_FD), 0);
}

static void registered_and_forked(struct task_struct *t, void *arg)
{
	struct process *child;

	map_at(t, A0, 1, RW);
	assert_int_equal(uffd_register(t, uffd_open(t, 0), A0, 1, MISSING), 0);
	assert_true(sys_fork(t, &child) > 0);
}

static void test_an_inherited_descriptor_acts_on_the_parent(void **state)
{
	struct world *w = world_new("v6.18");

	world_do(w, registered_and_forked, NULL);
	run_in(w, last_process(w), copy_into_parent);
	assert_int_equal(observe_peek(w->main, A0), 42);
	assert_int_equal(observe_peek(last_process(w), A0), -1);
	assert_string_equal(maps(w, NULL), "0-1 rw- um"); /* not the last close */
	world_free(w);
}

static void fork_twice(struct task_struct *t, void *arg)
{
	struct process *a, *b;
	int64_t pid_a = sys_fork(t, &a), pid_b = sys_fork(t, &b);

	assert_true(pid_a > 0 && pid_b > pid_a);
	assert_ptr_not_equal(a->mm, b->mm);
	assert_int_equal(process_id(a), 1);
	assert_int_equal(process_id(b), 2);
}

static void test_children_are_numbered(void **state)
{
	in_world(fork_twice, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_the_child_gets),
		cmocka_unit_test(test_the_first_writer_copies_the_second_reuses),
		cmocka_unit_test(test_a_shared_page_that_is_unprotected_is_copied_silently),
		cmocka_unit_test(test_who_was_reaped_maps_nothing),
		cmocka_unit_test(test_an_inherited_descriptor_acts_on_the_parent),
		cmocka_unit_test(test_children_are_numbered),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

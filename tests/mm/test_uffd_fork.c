/* SPDX-License-Identifier: BSD-2-Clause */
/* The descriptor that a FORK event brings: what it serves, and when it cannot be had. */
#include "harness.h"

static void watch_child(struct task_struct *t, void *arg)
{
	struct uffdio_api api = { .api = UFFD_API };
	bool written;

	assert_string_equal(uffd_wait(t, FIRST_FD), "fork 4");
	assert_int_equal(sys_ioctl(t, 4, UFFDIO_API, &api, 0, &written), -EINVAL);
	assert_string_equal(uffd_read(t, 4), "EAGAIN"); /* it is as non-blocking as its parent */
}

static void fork_protected(struct task_struct *t, void *arg)
{
	struct process *child;

	assert_int_equal(uffd_wp(t, FIRST_FD, A0, 1, UFFDIO_WRITEPROTECT_MODE_WP), 0);
	assert_true(sys_fork(t, &child) > 0);
}

static void child_faults(struct task_struct *t, void *arg)
{
	user_store(t, A0, 2);
	user_store(t, PAGE(8), 2);
}

static void serve_child(struct task_struct *t, void *arg)
{
	assert_string_equal(uffd_wait(t, 4), "fault 3 @0");
	assert_int_equal(uffd_wp(t, 4, A0, 1, 0), 0);
	assert_string_equal(uffd_wait(t, 4), "fault 1 @8");
	assert_int_equal(uffd_copy(t, 4, PAGE(8), PAGE(4), 1, 0, NULL), 0);
	assert_string_equal(uffd_read(t, FIRST_FD), "EAGAIN");
}

static struct world *forked(void)
{
	static const uint64_t features = EVENTS;
	struct world *w = world_new("v6.18");

	world_do(w, watched_memory, (void *)&features);
	world_thread(w, NULL, "forker", fork_protected, NULL);
	world_thread(w, NULL, "monitor", watch_child, NULL);
	world_run(w, SIM_END_DONE);
	return w;
}

static void test_the_childs_faults_come_to_its_own_descriptor(void **state)
{
	struct world *w = forked();
	struct process *child = w->main->next;

	assert_string_equal(maps(w, child), WATCHED_MAPS);
	assert_string_equal(pagemap(w, child, A0, 2), "PW P");
	world_thread(w, child, "child", child_faults, NULL);
	world_thread(w, NULL, "monitor", serve_child, NULL);
	world_run(w, SIM_END_DONE);
	assert_int_equal(observe_peek(child, A0), 2);
	assert_int_equal(observe_peek(w->main, A0), 1);
	assert_int_equal(observe_peek(w->main, PAGE(8)), -1);
	world_free(w);
}

static void close_child(struct task_struct *t, void *arg)
{
	assert_int_equal(sys_close(t, 4), 0);
}

static void test_closing_the_childs_descriptor_lets_it_run_unwatched(void **state)
{
	struct world *w = forked();
	struct process *child = w->main->next;

	world_do(w, close_child, NULL);
	/* Since the fork each has an anon_vma of its own: they do not merge. */
	assert_string_equal(maps(w, child), "0-4 rw-; 4-6 rw-; 8-10 rw-");
	assert_string_equal(maps(w, NULL), WATCHED_MAPS);
	world_thread(w, child, "child", child_faults, NULL);
	world_run(w, SIM_END_DONE);
	world_free(w);
}

static void fill_the_table(struct task_struct *t, void *arg)
{
	while (sys_userfaultfd(t, 0) >= 0)
		;
}

static void read_fork_without_room(struct task_struct *t, void *arg)
{
	assert_string_equal(uffd_wait(t, FIRST_FD), "EMFILE");
	assert_int_equal(sys_close(t, 10), 0);
	assert_string_equal(uffd_wait(t, FIRST_FD), "fork 10");
}

static void test_a_fork_event_without_a_descriptor_can_be_read_again(void **state)
{
	static const uint64_t features = EVENTS;
	struct world *w = world_new("v6.18");

	world_do(w, watched_memory, (void *)&features);
	world_do(w, fill_the_table, NULL);
	world_thread(w, NULL, "forker", fork_protected, NULL);
	world_run(w, SIM_END_DEADLOCK);
	world_thread(w, NULL, "monitor", read_fork_without_room, NULL);
	world_run(w, SIM_END_DONE);
	world_free(w);
}

static void close_parent(struct task_struct *t, void *arg)
{
	assert_int_equal(sys_close(t, FIRST_FD), 0);
}

static void test_close_cannot_end_fork_while_the_child_has_the_descriptor(void **state)
{
	static const uint64_t features = EVENTS;
	struct world *w = world_new("v6.18");

	world_do(w, watched_memory, (void *)&features);
	world_thread(w, NULL, "forker", fork_protected, NULL);
	world_run(w, SIM_END_DEADLOCK);
	world_thread(w, NULL, "closer", close_parent, NULL);
	world_run(w, SIM_END_DEADLOCK);
	world_free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_childs_faults_come_to_its_own_descriptor),
		cmocka_unit_test(test_closing_the_childs_descriptor_lets_it_run_unwatched),
		cmocka_unit_test(test_a_fork_event_without_a_descriptor_can_be_read_again),
		cmocka_unit_test(test_close_cannot_end_fork_while_the_child_has_the_descriptor),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

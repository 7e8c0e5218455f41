/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Faults that wait for a monitor: their messages, read, poll, close, signals,
 * and the features that change them.
 */
#include "harness.h"

#define P PAGE_SIZE

/* ------------------------------------------------------------------ the message */

struct message {
	const char *what;
	uint64_t features;
	uint64_t address; /* from A0 */
	bool write;
	uint64_t flags, told; /* in the message */
	bool tid;
};
static const struct message messages[] = {
	{ "a read", 0, 0, false, 0, 0, false },
	{ "a write", 0, 0, true, UFFD_PAGEFAULT_FLAG_WRITE, 0, false },
	{ "the address is that of the page", 0, P + 0x123, false, 0, P, false },
	{ "EXACT_ADDRESS", UFFD_FEATURE_EXACT_ADDRESS, P + 0x123, false, 0, P + 0x123, false },
	{ "THREAD_ID", UFFD_FEATURE_THREAD_ID, 0, true, UFFD_PAGEFAULT_FLAG_WRITE, 0, true },
};

struct faulter {
	const struct message *m;
	unsigned tid;
};

static void set_up(struct task_struct *t, void *arg)
{
	const struct message *m = arg;

	map_at(t, A0, 2, RW);
	map_at(t, PAGE(4), 1, RW);
	store(t, PAGE(4), 44);
	assert_int_equal(uffd_register(t, uffd_open(t, m ? m->features : 0), A0, 2, MISSING), 0);
}

static void fault(struct task_struct *t, void *arg)
{
	struct faulter *f = arg;
	uint8_t v;

	f->tid = t->tid;
	if (f->m->write)
		assert_int_equal(user_store(t, A0 + f->m->address, 1), ACCESS_OK);
	else
		assert_int_equal(user_load(t, A0 + f->m->address, &v), ACCESS_OK);
}

static void read_message(struct task_struct *t, void *arg)
{
	const struct faulter *f = arg;
	struct uffd_msg msg;

	assert_int_equal(sys_read_uffd(t, FIRST_FD, &msg), sizeof(msg));
	assert_int_equal(msg.event, UFFD_EVENT_PAGEFAULT);
	assert_true(!msg.reserved1 && !msg.reserved2 && !msg.reserved3);
	if (msg.arg.pagefault.flags != f->m->flags ||
	    msg.arg.pagefault.address != A0 + f->m->told ||
	    msg.arg.pagefault.feat.ptid != (f->m->tid ? f->tid : 0))
		fail_msg("%s", f->m->what);
	assert_int_equal(uffd_zeropage(t, FIRST_FD, A0, 2, NULL), 0);
}

static void test_the_message(void **state)
{
	for (unsigned i = 0; i < ARRAY_SIZE(messages); i++) {
		struct faulter f = { .m = &messages[i] };
		struct world *w = world_new("v6.18");

		world_do(w, set_up, (void *)&messages[i]);
		world_thread(w, NULL, "t", fault, &f);
		world_run(w, SIM_END_DEADLOCK);
		world_thread(w, NULL, "monitor", read_message, &f);
		world_run(w, SIM_END_DONE);
		world_free(w);
	}
}

/* --------------------------------------------------------------- no message */

static void set_up_sigbus(struct task_struct *t, uint64_t features, uint64_t flags)
{
	struct uffdio_api api = { .api = UFFD_API, .features = features };
	int fd = sys_userfaultfd(t, O_NONBLOCK | flags);
	bool written;

	map_at(t, A0, 2, RW);
	store(t, PAGE(1), 1);
	assert_int_equal(sys_ioctl(t, fd, UFFDIO_API, &api, 0, &written), 0);
	assert_int_equal(uffd_register(t, fd, A0, 2, MISSING | WP), 0);
	assert_int_equal(uffd_wp(t, fd, PAGE(1), 1, UFFDIO_WRITEPROTECT_MODE_WP), 0);
}

static void sigbus(struct task_struct *t, void *arg)
{
	uint8_t v;

	set_up_sigbus(t, UFFD_FEATURE_SIGBUS, 0);
	assert_int_equal(user_load(t, A0, &v), ACCESS_SIGBUS);
	assert_int_equal(user_store(t, A0, 1), ACCESS_SIGBUS);
	assert_int_equal(user_store(t, PAGE(1), 1), ACCESS_SIGBUS);
	assert_int_equal(user_load(t, PAGE(1), &v), ACCESS_OK);
	assert_int_equal(sys_madvise(t, A0, P, MADV_POPULATE_READ), -EFAULT);
	assert_string_equal(uffd_read(t, FIRST_FD), "EAGAIN");
	assert_int_equal(uffd_zeropage(t, FIRST_FD, A0, 1, NULL), 0);
	assert_int_equal(user_load(t, A0, &v), ACCESS_OK);
}

static void test_with_the_sigbus_feature_a_fault_is_a_signal(void **state)
{
	in_world(sigbus, NULL);
}

static void user_mode_only(struct task_struct *t, void *arg)
{
	int64_t field;

	set_up_sigbus(t, 0, UFFD_USER_MODE_ONLY);
	assert_int_equal(sys_madvise(t, A0, P, MADV_POPULATE_READ), -EFAULT);
	assert_int_equal(sys_madvise(t, PAGE(1), P, MADV_POPULATE_WRITE), -EFAULT);
	map_at(t, PAGE(4), 1, RW);
	assert_int_equal(uffd_register(t, FIRST_FD, PAGE(4), 1, MISSING), 0);
	assert_int_equal(uffd_copy(t, FIRST_FD, PAGE(4), A0, 1, 0, &field), -EFAULT);
	assert_int_equal(field, -EFAULT);
	assert_string_equal(uffd_read(t, FIRST_FD), "EAGAIN");
}

static void test_user_mode_only_refuses_the_kernels_accesses(void **state)
{
	in_world(user_mode_only, NULL);
}

static void fault_at(struct task_struct *t, void *arg)
{
	uint8_t v;

	*(int *)arg = user_load(t, A0, &v);
}

static void test_user_mode_only_tells_of_the_programs_accesses(void **state)
{
	struct world *w = world_new("v6.18");
	int result = -1;

	world_do(w, user_mode_only, NULL);
	world_thread(w, NULL, "t", fault_at, &result);
	world_run(w, SIM_END_DEADLOCK);
	assert_int_equal(result, -1);
	world_free(w);
}

/* ---------------------------------------------------------------- read and poll */

static void write_0(struct task_struct *t, void *arg)
{
	user_store(t, A0, 1);
}
static void write_1(struct task_struct *t, void *arg)
{
	user_store(t, PAGE(1), 1);
}
static void read_0(struct task_struct *t, void *arg)
{
	uint8_t v;

	user_load(t, A0, &v);
}

static void read_in_order(struct task_struct *t, void *arg)
{
	assert_int_equal(sys_poll(t, FIRST_FD, POLLIN), POLLIN);
	assert_string_equal(uffd_read(t, FIRST_FD), "fault 1 @1");
	assert_string_equal(uffd_read(t, FIRST_FD), "fault 0 @0");
	assert_string_equal(uffd_read(t, FIRST_FD), "fault 1 @0");
	assert_string_equal(uffd_read(t, FIRST_FD), "EAGAIN");
	/* Woken without being resolved they come anew. */
	assert_int_equal(uffd_wake(t, FIRST_FD, PAGE(1), 1), 0);
	assert_string_equal(uffd_wait(t, FIRST_FD), "fault 1 @1");
	/* One resolution for all who wait for the page. */
	assert_int_equal(uffd_copy(t, FIRST_FD, A0, PAGE(4), 1, 0, NULL), 0);
	assert_int_equal(uffd_copy(t, FIRST_FD, PAGE(1), PAGE(4), 1, 0, NULL), 0);
}

static void test_messages_are_read_oldest_first(void **state)
{
	struct world *w = world_new("v6.18");

	world_do(w, set_up, NULL);
	world_thread(w, NULL, "first", write_1, NULL);
	world_thread(w, NULL, "second", read_0, NULL);
	world_thread(w, NULL, "third", write_0, NULL);
	world_run(w, SIM_END_DEADLOCK);
	world_thread(w, NULL, "monitor", read_in_order, NULL);
	world_run(w, SIM_END_DONE);
	world_free(w);
}

static void resolve_unread(struct task_struct *t, void *arg)
{
	assert_int_equal(uffd_copy(t, FIRST_FD, A0, PAGE(4), 1, 0, NULL), 0);
	assert_string_equal(uffd_read(t, FIRST_FD), "EAGAIN");
}

static void test_a_message_goes_with_its_fault(void **state)
{
	struct world *w = world_new("v6.18");

	world_do(w, set_up, NULL);
	world_thread(w, NULL, "t", write_0, NULL);
	world_run(w, SIM_END_DEADLOCK);
	world_thread(w, NULL, "monitor", resolve_unread, NULL);
	world_run(w, SIM_END_DONE);
	assert_int_equal(observe_peek(w->main, A0), 1);
	assert_int_equal(observe_peek(w->main, A0 + 1), 0);
	world_free(w);
}

static void set_up_blocking(struct task_struct *t, void *arg)
{
	struct uffdio_api api = { .api = UFFD_API };
	int fd = sys_userfaultfd(t, 0);
	bool written;

	map_at(t, A0, 2, RW);
	assert_int_equal(sys_ioctl(t, fd, UFFDIO_API, &api, 0, &written), 0);
	assert_int_equal(uffd_register(t, fd, A0, 2, MISSING), 0);
	assert_int_equal(sys_poll(t, fd, POLLIN), POLLERR);
}

static void read_and_fill(struct task_struct *t, void *arg)
{
	assert_string_equal(uffd_read(t, FIRST_FD), "fault 1 @0");
	assert_int_equal(uffd_zeropage(t, FIRST_FD, A0, 1, NULL), 0);
}

static void test_a_blocking_read_waits_for_a_fault(void **state)
{
	struct world *w = world_new("v6.18");

	world_do(w, set_up_blocking, NULL);
	world_thread(w, NULL, "monitor", read_and_fill, NULL);
	world_run(w, SIM_END_DEADLOCK);
	world_thread(w, NULL, "t", write_0, NULL);
	world_run(w, SIM_END_DONE);
	assert_int_equal(observe_peek(w->main, A0), 1);
	world_free(w);
}

static void poll_resolved(struct task_struct *t, void *arg)
{
	assert_int_equal(sys_poll(t, FIRST_FD, POLLIN), POLLIN);
	assert_string_equal(uffd_read(t, FIRST_FD), "fault 1 @0");
	sys_poll(t, FIRST_FD, POLLIN); /* read, but not resolved: nothing to poll for */
	fail_msg("poll came back");
}

static void test_poll_tells_of_unread_messages_only(void **state)
{
	struct world *w = world_new("v6.18");

	world_do(w, set_up, NULL);
	world_thread(w, NULL, "t", write_0, NULL);
	world_thread(w, NULL, "monitor", poll_resolved, NULL);
	world_run(w, SIM_END_DEADLOCK);
	assert_int_equal(__builtin_popcount(sim_blocked(w->sim)), 2);
	world_free(w);
}

/* Descriptors: a userfaultfd with a message or not, the second without, none. */
static void poll_many(struct task_struct *t, void *arg)
{
	const struct {
		const char *promise;
		int fds[2], timeout;
		int64_t ret;
		short revents[2];
	} rows[] = {
		{ "a look", { FIRST_FD, FIRST_FD + 1 }, 0, 1, { POLLIN, 0 } },
		{ "a look at nothing", { FIRST_FD + 1, -1 }, 0, 0, { 0, 0 } },
		{ "one of two is enough", { FIRST_FD + 1, FIRST_FD }, -1, 1, { 0, POLLIN } },
		{ "no descriptor is news", { FIRST_FD + 1, 60 }, -1, 1, { 0, POLLNVAL } },
		{ "both", { FIRST_FD, 60 }, -1, 2, { POLLIN, POLLNVAL } },
		{ "time passes", { FIRST_FD + 1, -1 }, 5, 0, { 0, 0 } },
		{ "only time", { -1, -1 }, 5, 0, { 0, 0 } },
	};

	assert_int_equal(uffd_open(t, 0), FIRST_FD + 1);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct pollfd p[2] = { { rows[i].fds[0], POLLIN, 9 }, { rows[i].fds[1], POLLIN, 9 } };

		assert_result(rows[i].promise, sys_poll_fds(t, p, 2, rows[i].timeout), rows[i].ret);
		assert_result(rows[i].promise, p[0].revents, rows[i].revents[0]);
		assert_result(rows[i].promise, p[1].revents, rows[i].revents[1]);
	}
	assert_int_equal(sys_close(t, FIRST_FD), 0); /* lets the other thread go on */
}

static void test_poll_of_several_and_with_a_limit(void **state)
{
	const struct sim_config cfg = { .check_steps = true, .timers = true };
	struct world *w = world_new_in("v6.18", &cfg);

	world_do(w, set_up, NULL);
	world_thread(w, NULL, "t", write_0, NULL);
	world_run(w, SIM_END_DEADLOCK);
	world_thread(w, NULL, "monitor", poll_many, NULL);
	world_run(w, SIM_END_DONE);
	world_free(w);
}

/* --------------------------------------------------------------------- close */

static void close_it(struct task_struct *t, void *arg)
{
	assert_int_equal(sys_close(t, FIRST_FD), 0);
}

static void protect_all(struct task_struct *t, void *arg)
{
	set_up_sigbus(t, 0, 0);
}

static const struct {
	const char *what;
	task_fn before, fault;
	int byte;
} closes[] = {
	{ "a read fault gets the zero page", set_up, read_0, 0 },
	{ "a write fault a page", set_up, write_0, 1 },
	{ "a protected page may be written", protect_all, write_1, -1 },
};

static void test_close_lets_everybody_go_on(void **state)
{
	for (unsigned i = 0; i < ARRAY_SIZE(closes); i++) {
		struct world *w = world_new("v6.18");

		world_do(w, closes[i].before, NULL);
		world_thread(w, NULL, "t", closes[i].fault, NULL);
		world_run(w, SIM_END_DEADLOCK);
		world_thread(w, NULL, "closer", close_it, NULL);
		world_run(w, SIM_END_DONE);
		assert_int_equal(observe_peek(w->main, A0), closes[i].byte);
		assert_null(w->k->ctxs);
		world_free(w);
	}
}

static void close_and_look(struct task_struct *t, void *arg)
{
	set_up_sigbus(t, 0, 0);
	assert_int_equal(uffd_fill(t, FIRST_FD, UFFDIO_POISON, A0, 1, 0, NULL), 0);
	assert_int_equal(sys_close(t, FIRST_FD), 0);
}

static void test_close_unregisters_and_keeps_only_poison(void **state)
{
	struct world *w = world_new("v6.18");

	world_do(w, close_and_look, NULL);
	assert_string_equal(maps(w, NULL), "0-2 rw-");
	assert_string_equal(pagemap(w, NULL, A0, 2), "S PX");
	world_free(w);
}

/* ------------------------------------------- what others do while a fault waits */

static void unmap(struct task_struct *t, void *arg)
{
	assert_int_equal(sys_munmap(t, A0, P), 0);
}
static void no_access(struct task_struct *t, void *arg)
{
	assert_int_equal(sys_mprotect(t, A0, P, PROT_NONE), 0);
}
static void move(struct task_struct *t, void *arg)
{
	assert_int_equal(sys_mremap(t, A0, P, P, MREMAP_MAYMOVE | MREMAP_FIXED, PAGE(8)), PAGE(8));
}
static void map_over(struct task_struct *t, void *arg)
{
	map_at(t, A0, 1, RW);
}
static void wake(struct task_struct *t, void *arg)
{
	assert_int_equal(uffd_wake(t, FIRST_FD, A0, 1), 0);
}

static const struct {
	const char *what;
	task_fn fn;
	int result; /* of the access, after an explicit WAKE */
} meanwhile[] = {
	{ "munmap", unmap, ACCESS_SIGSEGV },
	{ "mprotect", no_access, ACCESS_SIGSEGV },
	{ "mremap", move, ACCESS_SIGSEGV },
	{ "mmap over it", map_over, ACCESS_OK },
};

static void test_no_lock_is_held_and_nobody_is_woken_meanwhile(void **state)
{
	for (unsigned i = 0; i < ARRAY_SIZE(meanwhile); i++) {
		struct world *w = world_new("v6.18");
		int result = -1;

		world_do(w, set_up, NULL);
		world_thread(w, NULL, "t", fault_at, &result);
		world_run(w, SIM_END_DEADLOCK);
		world_thread(w, NULL, "other", meanwhile[i].fn, NULL);
		world_run(w, SIM_END_DEADLOCK);
		assert_int_equal(result, -1);
		world_thread(w, NULL, "waker", wake, NULL);
		world_run(w, SIM_END_DONE);
		if (result != meanwhile[i].result)
			fail_msg("%s: %d", meanwhile[i].what, result);
		world_free(w);
	}
}

/* --------------------------------------------------------------------- signals */

static void nothing_pending(struct task_struct *t, void *arg)
{
	assert_string_equal(uffd_read(t, FIRST_FD), "EAGAIN");
}

static void test_a_killed_thread_takes_its_message_along(void **state)
{
	struct world *w = world_new("v6.18");
	struct sim_thread *t;
	int result = -1;

	world_do(w, set_up, NULL);
	t = world_thread(w, NULL, "t", fault_at, &result);
	world_run(w, SIM_END_DEADLOCK);
	sim_kill(t);
	world_run(w, SIM_END_DONE);
	assert_int_not_equal(result, ACCESS_OK);
	world_do(w, nothing_pending, NULL);
	world_free(w);
}

static void blocked_read(struct task_struct *t, void *arg)
{
	assert_string_equal(uffd_read(t, FIRST_FD), "EINTR");
}

static void test_a_fatal_signal_ends_read(void **state)
{
	struct world *w = world_new("v6.18");
	struct sim_thread *t;

	world_do(w, set_up_blocking, NULL);
	t = world_thread(w, NULL, "t", blocked_read, NULL);
	world_run(w, SIM_END_DEADLOCK);
	sim_kill(t);
	world_run(w, SIM_END_DONE);
	world_free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_message),
		cmocka_unit_test(test_with_the_sigbus_feature_a_fault_is_a_signal),
		cmocka_unit_test(test_user_mode_only_refuses_the_kernels_accesses),
		cmocka_unit_test(test_user_mode_only_tells_of_the_programs_accesses),
		cmocka_unit_test(test_messages_are_read_oldest_first),
		cmocka_unit_test(test_a_message_goes_with_its_fault),
		cmocka_unit_test(test_a_blocking_read_waits_for_a_fault),
		cmocka_unit_test(test_poll_tells_of_unread_messages_only),
		cmocka_unit_test(test_poll_of_several_and_with_a_limit),
		cmocka_unit_test(test_close_lets_everybody_go_on),
		cmocka_unit_test(test_close_unregisters_and_keeps_only_poison),
		cmocka_unit_test(test_no_lock_is_held_and_nobody_is_woken_meanwhile),
		cmocka_unit_test(test_a_killed_thread_takes_its_message_along),
		cmocka_unit_test(test_a_fatal_signal_ends_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

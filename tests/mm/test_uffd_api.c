/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * userfaultfd(2), /dev/userfaultfd, and the UFFDIO_API handshake.
 */
#include "harness.h"

/* ------------------------------------------------------------------ creation */

static const struct {
	const char *what;
	uint64_t flags;
	int64_t ret; /* 0: a descriptor */
} flags[] = {
	{ "no flags", 0, 0 },
	{ "O_CLOEXEC", O_CLOEXEC, 0 },
	{ "O_NONBLOCK", O_NONBLOCK, 0 },
	{ "user mode only", UFFD_USER_MODE_ONLY, 0 },
	{ "all of them", O_CLOEXEC | O_NONBLOCK | UFFD_USER_MODE_ONLY, 0 },
	{ "an unknown bit", 2, -EINVAL },
	{ "another one", 0x100000, -EINVAL },
	{ "-1", -1, -EINVAL },
};

static void check_descriptor(struct task_struct *t, const char *what, int64_t fd, int64_t wanted)
{
	if (wanted ? fd != wanted : fd < FIRST_FD)
		fail_msg("%s: %lld", what, (long long)fd);
	if (fd >= 0)
		assert_int_equal(sys_close(t, fd), 0);
}

static void create(struct task_struct *t, void *arg)
{
	int dev = sys_open(t, "/dev/userfaultfd", O_RDWR | O_CLOEXEC);
	bool written;

	assert_string_equal(fd_kind(t, dev), "/dev/userfaultfd");
	for (unsigned i = 0; i < ARRAY_SIZE(flags); i++) {
		check_descriptor(t, flags[i].what, sys_userfaultfd(t, flags[i].flags),
				 flags[i].ret);
		check_descriptor(t, flags[i].what,
				 sys_ioctl(t, dev, USERFAULTFD_IOC_NEW, NULL, flags[i].flags,
					   &written),
				 flags[i].ret);
		assert_false(written);
	}
}

static void test_flags_of_creation(void **state)
{
	in_world(create, NULL);
}

static void device(struct task_struct *t, void *arg)
{
	int dev = sys_open(t, "/dev/userfaultfd", O_RDWR);
	struct uffdio_api api = { .api = UFFD_API };
	struct uffd_msg msg;
	bool written;

	assert_int_equal(sys_ioctl(t, dev, UFFDIO_API, &api, 0, &written), -EINVAL);
	assert_false(written);
	assert_int_equal(sys_read_uffd(t, dev, &msg), -EINVAL);
	assert_int_equal(sys_close(t, dev), 0);
	assert_null(fd_kind(t, dev));
	assert_int_equal(sys_ioctl(t, dev, USERFAULTFD_IOC_NEW, NULL, 0, &written), -EBADF);
	assert_int_equal(sys_close(t, dev), -EBADF);
}

static void test_the_device_makes_descriptors_and_nothing_else(void **state)
{
	in_world(device, NULL);
}

static void lowest_free(struct task_struct *t, void *arg)
{
	struct uffd_msg msg;

	for (int fd = FIRST_FD; fd < MAX_FDS; fd++)
		assert_int_equal(sys_userfaultfd(t, 0), fd);
	assert_int_equal(sys_userfaultfd(t, 0), -EMFILE);
	assert_int_equal(sys_open(t, "/dev/userfaultfd", O_RDWR), -EMFILE);
	assert_int_equal(sys_userfaultfd(t, 2), -EINVAL);
	assert_int_equal(sys_close(t, 10), 0);
	assert_int_equal(sys_read_uffd(t, 10, &msg), -EBADF);
	assert_int_equal(sys_poll(t, 10, POLLIN), POLLNVAL);
	assert_int_equal(sys_userfaultfd(t, 0), 10);
}

static void test_descriptors_are_the_lowest_free_numbers(void **state)
{
	in_world(lowest_free, NULL);
}

/* ----------------------------------------------------------------- handshake */

#define ALL_FEATURES 0x1ffffULL
#define API_IOCTLS   0x8000000000000003ULL

static const struct {
	const char *what;
	uint64_t api, features;
	int64_t ret;
	uint64_t stored; /* the features that the context then has */
} handshakes[] = {
	{ "no features", UFFD_API, 0, 0, 0 },
	{ "one feature", UFFD_API, UFFD_FEATURE_SIGBUS, 0, UFFD_FEATURE_SIGBUS },
	{ "all features", UFFD_API, ALL_FEATURES, 0, ALL_FEATURES },
	{ "WP_ASYNC brings WP_UNPOPULATED", UFFD_API, UFFD_FEATURE_WP_ASYNC, 0, 0xa000 },
	{ "but not the reverse", UFFD_API, UFFD_FEATURE_WP_UNPOPULATED, 0, 0x2000 },
	{ "a wrong api", 0xab, 0, -EINVAL, 0 },
	{ "a wrong api with features", 0xab, ALL_FEATURES, -EINVAL, 0 },
	{ "an unknown feature", UFFD_API, 1ULL << 17, -EINVAL, 0 },
	{ "a known and an unknown one", UFFD_API, 1ULL << 17 | 1, -EINVAL, 0 },
	{ "the bit that says initialized", UFFD_API, UFFD_FEATURE_INITIALIZED, -EINVAL, 0 },
	{ "the highest bit", UFFD_API, 1ULL << 63, -EINVAL, 0 },
};

static void check_answer(const char *what, const struct uffdio_api *api, bool ok)
{
	if (api->api != (ok ? UFFD_API : 0) || api->features != (ok ? ALL_FEATURES : 0) ||
	    api->ioctls != (ok ? API_IOCTLS : 0))
		fail_msg("%s: answer 0x%llx 0x%llx 0x%llx", what, (unsigned long long)api->api,
			 (unsigned long long)api->features, (unsigned long long)api->ioctls);
}

/* Each on a descriptor of its own; a failure leaves the way open for another try. */
static void handshake(struct task_struct *t, void *arg)
{
	for (unsigned i = 0; i < ARRAY_SIZE(handshakes); i++) {
		struct uffdio_api api = { handshakes[i].api, handshakes[i].features, 77 };
		int fd = sys_userfaultfd(t, 0);
		struct file *file = t->process->files->fd[fd];
		bool written;

		assert_int_equal(sys_ioctl(t, fd, UFFDIO_API, &api, 0, &written),
				 handshakes[i].ret);
		assert_true(written);
		check_answer(handshakes[i].what, &api, !handshakes[i].ret);
		if (!handshakes[i].ret)
			assert_int_equal(file->ctx->features & ~UFFD_FEATURE_INITIALIZED,
					 handshakes[i].stored);
		api = (struct uffdio_api){ .api = UFFD_API };
		assert_int_equal(sys_ioctl(t, fd, UFFDIO_API, &api, 0, &written),
				 handshakes[i].ret ? 0 : -EINVAL);
		check_answer(handshakes[i].what, &api, handshakes[i].ret);
		assert_int_equal(sys_close(t, fd), 0);
	}
}

static void test_handshake(void **state)
{
	in_world(handshake, NULL);
}

/* --------------------------------------------------- before and after the handshake */

static const uint64_t requests[] = {
	UFFDIO_REGISTER, UFFDIO_UNREGISTER, UFFDIO_WAKE,	 UFFDIO_COPY, UFFDIO_ZEROPAGE,
	UFFDIO_MOVE,	 UFFDIO_CONTINUE,   UFFDIO_WRITEPROTECT, UFFDIO_POISON, 0, 0x1234, 0xaa00,
};

static void before(struct task_struct *t, void *arg)
{
	char buf[64] = { 0 };
	int fd = sys_userfaultfd(t, O_NONBLOCK);
	struct uffd_msg msg;
	bool written;

	for (unsigned i = 0; i < ARRAY_SIZE(requests); i++) {
		assert_int_equal(sys_ioctl(t, fd, requests[i], buf, 0, &written), -EINVAL);
		assert_false(written);
	}
	assert_int_equal(sys_read_uffd(t, fd, &msg), -EINVAL);
	assert_int_equal(sys_poll(t, fd, POLLIN), POLLERR);
}

static void test_before_the_handshake_all_else_is_refused(void **state)
{
	in_world(before, NULL);
}

static void after(struct task_struct *t, void *arg)
{
	static const uint64_t unknown[] = { 0, 0x1234, 0xaa00, UFFDIO_API + 1, 0xc020aa09 };
	char buf[64] = { 0 };
	int fd = uffd_open(t, 0), blocking = sys_userfaultfd(t, 0);
	struct uffdio_api api = { .api = UFFD_API };
	struct uffd_msg msg;
	bool written;

	for (unsigned i = 0; i < ARRAY_SIZE(unknown); i++)
		assert_int_equal(sys_ioctl(t, fd, unknown[i], buf, 0, &written), -EINVAL);
	assert_int_equal(sys_read_uffd(t, fd, &msg), -EAGAIN);
	assert_int_equal(sys_ioctl(t, blocking, UFFDIO_API, &api, 0, &written), 0);
	assert_int_equal(sys_poll(t, blocking, POLLIN), POLLERR);
}

static void test_after_the_handshake(void **state)
{
	in_world(after, NULL);
}

static void open_elsewhere(struct task_struct *t, void *arg)
{
	sys_open(t, "/dev/elsewhere", O_RDWR);
}

static void test_what_is_not_modelled_says_so(void **state)
{
	struct world *w = world_new("v6.18");

	world_thread(w, NULL, "t", open_elsewhere, NULL);
	assert_int_equal(sim_run(w->sim, sim_run_to_completion()), SIM_END_UNMODELLED);
	assert_string_equal(sim_finding(w->sim)->text, "open of \"/dev/elsewhere\"");
	world_free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_flags_of_creation),
		cmocka_unit_test(test_the_device_makes_descriptors_and_nothing_else),
		cmocka_unit_test(test_descriptors_are_the_lowest_free_numbers),
		cmocka_unit_test(test_handshake),
		cmocka_unit_test(test_before_the_handshake_all_else_is_refused),
		cmocka_unit_test(test_after_the_handshake),
		cmocka_unit_test(test_what_is_not_modelled_says_so),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

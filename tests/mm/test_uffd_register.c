/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * UFFDIO_REGISTER and UFFDIO_UNREGISTER: order of checks, which mappings come
 * out, and who is woken.
 */
#include "harness.h"

#define MINOR UFFDIO_REGISTER_MODE_MINOR

/*
 * The memory of all rows: pages 0-3 mapped, hole at 4, 5 mapped read-only, 6
 * without access, hole at 7, 8-9 registered (MISSING) with another descriptor.
 */
static int other_fd;

static int memory(struct task_struct *t)
{
	int fd = uffd_open(t, 0);

	map_at(t, A0, 4, RW);
	map_at(t, PAGE(5), 1, PROT_READ);
	map_at(t, PAGE(6), 1, PROT_NONE);
	map_at(t, PAGE(8), 2, RW);
	other_fd = uffd_open(t, 0);
	assert_int_equal(uffd_register(t, other_fd, PAGE(8), 2, MISSING), 0);
	return fd;
}

/* --------------------------------------------------------------- order of checks */

#define P PAGE_SIZE

struct refusal {
	const char *what;
	uint64_t start, len, mode;
	int64_t reg, unreg; /* mode does not count for UNREGISTER */
};
static const struct refusal refusals[] = {
	{ "no mode", A0, P, 0, -EINVAL, 0 },
	{ "an unknown mode", A0, P, 8, -EINVAL, 0 },
	{ "a known and an unknown one", A0, P, MISSING | 8, -EINVAL, 0 },
	{ "MINOR of anonymous memory", A0, P, MINOR, -EINVAL, 0 },
	{ "MISSING and MINOR", A0, P, MISSING | MINOR, -EINVAL, 0 },
	{ "an unaligned start", A0 + 1, P, MISSING, -EINVAL, -EINVAL },
	{ "an unaligned length", A0, P + 1, MISSING, -EINVAL, -EINVAL },
	{ "no length", A0, 0, MISSING, -EINVAL, -EINVAL },
	{ "a start beyond user space", TASK_SIZE, P, MISSING, -EINVAL, -EINVAL },
	{ "an end beyond user space", TASK_SIZE - P, 2 * P, MISSING, -EINVAL, -EINVAL },
	{ "a wrap", A0, -P, MISSING, -EINVAL, -EINVAL },
	{ "nothing mapped", PAGE(4), P, MISSING, -EINVAL, -EINVAL },
	{ "nothing mapped, at the end", TASK_SIZE - P, P, MISSING, -EINVAL, -EINVAL },
	{ "of another descriptor", PAGE(8), P, MISSING, -EBUSY, -EINVAL },
	{ "the last page of another", PAGE(5), 4 * P, MISSING, -EBUSY, -EINVAL },
};

static void refuse(struct task_struct *t, void *arg)
{
	const struct refusal *r = arg;
	struct uffdio_register reg = { { r->start, r->len }, r->mode, 77 };
	int fd = memory(t);
	bool written;

	if (sys_ioctl(t, fd, UFFDIO_REGISTER, &reg, 0, &written) != r->reg)
		fail_msg("REGISTER: %s", r->what);
	assert_false(written);
	assert_int_equal(reg.ioctls, 77);
	if (sys_ioctl(t, fd, UFFDIO_UNREGISTER, &reg.range, 0, &written) != r->unreg)
		fail_msg("UNREGISTER: %s", r->what);
	assert_false(written);
}

static void test_a_refusal_changes_nothing(void **state)
{
	for (unsigned i = 0; i < ARRAY_SIZE(refusals); i++) {
		struct world *w = world_new("v6.18");

		world_do(w, refuse, (void *)&refusals[i]);
		assert_string_equal(maps(w, NULL), "0-4 rw-; 5-6 r--; 6-7 ---; 8-10 rw- um");
		world_free(w);
	}
}

/* -------------------------------------------------------------- what comes out */

struct step {
	uint8_t start, pages, mode; /* mode 0: UNREGISTER */
};
struct effect {
	const char *what;
	struct step steps[3];
	const char *maps; /* of pages 0-6 */
};
static const struct effect effects[] = {
	{ "a whole mapping", { { 0, 4, MISSING } }, "0-4 rw- um; 5-6 r--; 6-7 ---" },
	{ "the middle", { { 1, 2, WP } }, "0-1 rw-; 1-3 rw- uw; 3-4 rw-; 5-6 r--; 6-7 ---" },
	{ "the rest makes it whole again", { { 1, 2, WP }, { 0, 1, WP }, { 3, 1, WP } },
	  "0-4 rw- uw; 5-6 r--; 6-7 ---" },
	{ "but not with another mode", { { 1, 2, WP }, { 0, 1, MISSING } },
	  "0-1 rw- um; 1-3 rw- uw; 3-4 rw-; 5-6 r--; 6-7 ---" },
	{ "holes are passed over, rights do not matter", { { 2, 5, MISSING | WP } },
	  "0-2 rw-; 2-4 rw- um uw; 5-6 r-- um uw; 6-7 --- um uw" },
	{ "a hole first", { { 4, 2, MISSING } }, "0-4 rw-; 5-6 r-- um; 6-7 ---" },
	{ "a hole last", { { 3, 2, MISSING } }, "0-3 rw-; 3-4 rw- um; 5-6 r--; 6-7 ---" },
	{ "fewer modes again: it keeps all", { { 0, 4, MISSING | WP }, { 0, 4, MISSING } },
	  "0-4 rw- um uw; 5-6 r--; 6-7 ---" },
	{ "another mode replaces", { { 0, 4, MISSING }, { 0, 4, WP } },
	  "0-4 rw- uw; 5-6 r--; 6-7 ---" },
	{ "more modes are added", { { 0, 4, MISSING }, { 0, 4, MISSING | WP } },
	  "0-4 rw- um uw; 5-6 r--; 6-7 ---" },
	{ "a part of it", { { 0, 4, MISSING }, { 0, 2, WP } },
	  "0-2 rw- uw; 2-4 rw- um; 5-6 r--; 6-7 ---" },
	{ "unregister all", { { 0, 4, MISSING | WP }, { 0, 4, 0 } }, "0-4 rw-; 5-6 r--; 6-7 ---" },
	{ "unregister a part", { { 0, 4, MISSING }, { 1, 1, 0 } },
	  "0-1 rw- um; 1-2 rw-; 2-4 rw- um; 5-6 r--; 6-7 ---" },
	{ "unregister over holes and others", { { 5, 1, MISSING }, { 0, 7, 0 } },
	  "0-4 rw-; 5-6 r--; 6-7 ---" },
	{ "unregister what is not registered", { { 0, 2, 0 } }, "0-4 rw-; 5-6 r--; 6-7 ---" },
};

static void take_effect(struct task_struct *t, void *arg)
{
	const struct effect *e = arg;
	int fd = memory(t);

	assert_int_equal(sys_munmap(t, PAGE(8), 2 * P), 0);
	for (const struct step *s = e->steps; s < e->steps + 3 && s->pages; s++)
		assert_int_equal(s->mode ? uffd_register(t, fd, PAGE(s->start), s->pages, s->mode) :
					   uffd_unregister(t, fd, PAGE(s->start), s->pages),
				 0);
}

static void test_mappings_afterwards(void **state)
{
	for (unsigned i = 0; i < ARRAY_SIZE(effects); i++) {
		struct world *w = world_new("v6.18");

		world_do(w, take_effect, (void *)&effects[i]);
		if (strcmp(maps(w, NULL), effects[i].maps))
			fail_msg("%s: %s", effects[i].what, maps(w, NULL));
		world_free(w);
	}
}

static const struct {
	uint64_t mode, ioctls;
} answers[] = { { MISSING, 0x13c }, { WP, 0x17c }, { MISSING | WP, 0x17c }, { MISSING, 0x13c } };

/* The answer follows the request, not what the mapping has. */
static void answer(struct task_struct *t, void *arg)
{
	int fd = memory(t);

	for (unsigned i = 0; i < ARRAY_SIZE(answers); i++) {
		struct uffdio_register reg = { { A0, P }, answers[i].mode, 0 };
		bool written;

		assert_int_equal(sys_ioctl(t, fd, UFFDIO_REGISTER, &reg, 0, &written), 0);
		assert_true(written);
		assert_int_equal(reg.ioctls, answers[i].ioctls);
	}
}

static void test_the_answer_lists_what_the_mode_allows(void **state)
{
	in_world(answer, NULL);
}

static void two_descriptors(struct task_struct *t, void *arg)
{
	int a = uffd_open(t, 0), b = uffd_open(t, 0);

	map_at(t, A0, 4, RW);
	assert_int_equal(uffd_register(t, a, A0, 2, MISSING), 0);
	assert_int_equal(uffd_register(t, b, PAGE(2), 2, MISSING), 0);
	/* The whole range is looked at before anything is changed. */
	assert_int_equal(uffd_register(t, a, A0, 4, WP), -EBUSY);
	assert_int_equal(uffd_unregister(t, a, A0, 4), -EINVAL);
}

static void test_neighbours_of_two_descriptors_stay_apart(void **state)
{
	struct world *w = world_new("v6.18");

	world_do(w, two_descriptors, NULL);
	assert_string_equal(maps(w, NULL), "0-2 rw- um; 2-4 rw- um");
	world_free(w);
}

static void unregister_of_another(struct task_struct *t, void *arg)
{
	int a = uffd_open(t, 0), b = uffd_open(t, 0);

	map_at(t, A0, 1, RW);
	assert_int_equal(uffd_register(t, a, A0, 1, MISSING), 0);
	assert_int_equal(uffd_unregister(t, b, A0, 1), *(int64_t *)arg);
}

static void test_unregister_of_another_descriptor_was_allowed_before_6_17(void **state)
{
	static int64_t allowed = 0, refused = -EINVAL;
	static const struct {
		const char *profile;
		int64_t *ret;
	} kernels[] = { { "v6.9", &allowed }, { "v6.18", &refused } };

	for (unsigned i = 0; i < ARRAY_SIZE(kernels); i++) {
		struct world *w = world_new(kernels[i].profile);

		world_do(w, unregister_of_another, kernels[i].ret);
		world_free(w);
	}
}

/* ------------------------------------------------------- entries of WP mode */

static void protect_and_unregister(struct task_struct *t, void *arg)
{
	int fd = uffd_open(t, UFFD_FEATURE_WP_UNPOPULATED);
	uint64_t faults;

	map_at(t, A0, 4, RW);
	store(t, A0, 1);
	store(t, PAGE(1), 1);
	assert_int_equal(uffd_register(t, fd, A0, 4, WP), 0);
	assert_int_equal(uffd_wp(t, fd, A0, 4, UFFDIO_WRITEPROTECT_MODE_WP), 0);
	assert_int_equal(uffd_unregister(t, fd, PAGE(1), 2), 0);
	faults = task_faults(t);
	store(t, PAGE(1), 2);
	assert_int_equal(task_faults(t), faults);
}

static void test_unregister_takes_the_protection_off_its_range(void **state)
{
	struct world *w = world_new("v6.18");

	world_do(w, protect_and_unregister, NULL);
	assert_string_equal(pagemap(w, NULL, A0, 4), "PXW PX - SW");
	world_free(w);
}

static void replace_wp(struct task_struct *t, void *arg)
{
	int fd = uffd_open(t, 0);

	map_at(t, A0, 2, RW);
	store(t, A0, 1);
	store(t, PAGE(1), 1);
	assert_int_equal(uffd_register(t, fd, A0, 2, WP), 0);
	assert_int_equal(uffd_wp(t, fd, A0, 2, UFFDIO_WRITEPROTECT_MODE_WP), 0);
	assert_int_equal(uffd_register(t, fd, A0, 2, MISSING), 0);
	store(t, A0, 2);
	assert_int_equal(uffd_register(t, fd, A0, 2, MISSING | WP), 0);
	store(t, A0, 3); /* written in between: not trapped any more */
	store(t, PAGE(1), 2);
}

static void test_a_dropped_mode_leaves_stale_bits_that_count_again_later(void **state)
{
	struct world *w = world_new("v6.18");

	world_thread(w, NULL, "t", replace_wp, NULL);
	world_run(w, SIM_END_DEADLOCK); /* the last store waits for a monitor */
	assert_string_equal(pagemap(w, NULL, A0, 2), "PXW PXW");
	assert_int_equal(observe_peek(w->main, A0), 3);
	assert_int_equal(observe_peek(w->main, PAGE(1)), 1);
	world_free(w);
}

/* ------------------------------------------------------------------- waking */

static void write_page_0(struct task_struct *t, void *arg)
{
	user_store(t, A0, 9);
}

static void set_up_missing(struct task_struct *t, void *arg)
{
	uint64_t mode = *(uint64_t *)arg;

	map_at(t, A0, 2, RW);
	store(t, PAGE(1), 1);
	if (mode == WP)
		store(t, A0, 1);
	assert_int_equal(uffd_register(t, uffd_open(t, 0), A0, 2, mode), 0);
	if (mode & WP)
		uffd_wp(t, FIRST_FD, A0, 1, UFFDIO_WRITEPROTECT_MODE_WP);
}

static void unregister_0(struct task_struct *t, void *arg)
{
	assert_int_equal(uffd_unregister(t, FIRST_FD, A0, 1), 0);
}

static void unregister_1(struct task_struct *t, void *arg)
{
	assert_int_equal(uffd_unregister(t, FIRST_FD, PAGE(1), 1), 0);
}

static void register_again(struct task_struct *t, void *arg)
{
	assert_int_equal(uffd_register(t, FIRST_FD, A0, 2, MISSING | WP), 0);
}

static void wake_all(struct task_struct *t, void *arg)
{
	assert_int_equal(uffd_wake(t, FIRST_FD, A0, 2), 0);
}

static void close_it(struct task_struct *t, void *arg)
{
	assert_int_equal(sys_close(t, FIRST_FD), 0);
}

static const struct {
	const char *what;
	uint64_t mode;
	task_fn fn, then;
	enum sim_end end, after; /* before and after @then */
} wakes[] = {
	{ "UNREGISTER wakes a missing fault", MISSING, unregister_0, NULL, SIM_END_DONE, 0 },
	{ "only in its range", MISSING, unregister_1, NULL, SIM_END_DEADLOCK, 0 },
	{ "but no write fault of a mapping only for WP", WP, unregister_0, wake_all,
	  SIM_END_DEADLOCK, SIM_END_DONE },
	{ "which close finds, too", WP, unregister_0, close_it, SIM_END_DEADLOCK, SIM_END_DONE },
	{ "with MISSING it does", MISSING | WP, unregister_0, NULL, SIM_END_DONE, 0 },
	{ "REGISTER wakes nobody", MISSING, register_again, NULL, SIM_END_DEADLOCK, 0 },
};

static void test_who_is_woken(void **state)
{
	for (unsigned i = 0; i < ARRAY_SIZE(wakes); i++) {
		struct world *w = world_new("v6.18");

		world_do(w, set_up_missing, (void *)&wakes[i].mode);
		world_thread(w, NULL, "writer", write_page_0, NULL);
		world_run(w, SIM_END_DEADLOCK);
		world_thread(w, NULL, "monitor", wakes[i].fn, NULL);
		world_run(w, wakes[i].end);
		if (wakes[i].then) {
			world_thread(w, NULL, "again", wakes[i].then, NULL);
			world_run(w, wakes[i].after);
		}
		world_free(w);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_refusal_changes_nothing),
		cmocka_unit_test(test_mappings_afterwards),
		cmocka_unit_test(test_the_answer_lists_what_the_mode_allows),
		cmocka_unit_test(test_neighbours_of_two_descriptors_stay_apart),
		cmocka_unit_test(test_unregister_of_another_descriptor_was_allowed_before_6_17),
		cmocka_unit_test(test_unregister_takes_the_protection_off_its_range),
		cmocka_unit_test(test_a_dropped_mode_leaves_stale_bits_that_count_again_later),
		cmocka_unit_test(test_who_is_woken),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

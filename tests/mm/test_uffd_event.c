/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * FORK, REMAP, REMOVE and UNMAP: who is told what, when, and what is held back
 * until it was read.
 */
#include "harness.h"

#define P       PAGE_SIZE
#define FIXED   (MREMAP_MAYMOVE | MREMAP_FIXED)
#define PROTECT UFFDIO_WRITEPROTECT_MODE_WP

/* ------------------------------------------------------------------- the calls */

static int64_t munmap_part(struct task_struct *t)
{
	return sys_munmap(t, PAGE(1), 4 * P);
}
static int64_t munmap_two(struct task_struct *t)
{
	return sys_munmap(t, A0, 10 * P);
}
static int64_t munmap_other(struct task_struct *t)
{
	return sys_munmap(t, PAGE(4), 4 * P);
}
static int64_t map_over(struct task_struct *t)
{
	return sys_mmap(t, PAGE(3), P, RW, ANON | MAP_FIXED, -1, 0) == (int64_t)PAGE(3) ? 0 : -1;
}
static int64_t remap(struct task_struct *t, uint64_t from, uint64_t old, uint64_t new,
		     uint64_t flags, uint64_t to)
{
	int64_t ret = sys_mremap(t, from, old * P, new * P, flags, to);

	return ret < 0 ? ret : 0;
}
static int64_t move(struct task_struct *t)
{
	return remap(t, A0, 4, 4, FIXED, PAGE(16));
}
static int64_t move_part(struct task_struct *t)
{
	return remap(t, PAGE(1), 2, 2, FIXED, PAGE(16));
}
static int64_t move_onto(struct task_struct *t)
{
	return remap(t, A0, 2, 2, FIXED, PAGE(8));
}
static int64_t move_and_grow(struct task_struct *t)
{
	return remap(t, A0, 4, 6, FIXED, PAGE(16));
}
static int64_t move_and_shrink(struct task_struct *t)
{
	return remap(t, A0, 4, 2, FIXED, PAGE(16));
}
static int64_t move_and_stay(struct task_struct *t)
{
	return remap(t, A0, 4, 4, FIXED | MREMAP_DONTUNMAP, PAGE(16));
}
static int64_t shrink(struct task_struct *t)
{
	return remap(t, A0, 4, 3, 0, 0);
}
static int64_t grow(struct task_struct *t)
{
	return remap(t, PAGE(8), 2, 3, 0, 0);
}
static int64_t move_several(struct task_struct *t)
{
	return remap(t, A0, 6, 6, FIXED, PAGE(16));
}
static int64_t dontneed(struct task_struct *t)
{
	return sys_madvise(t, PAGE(1), P, MADV_DONTNEED);
}
static int64_t dontneed_all(struct task_struct *t)
{
	return sys_madvise(t, A0, 10 * P, MADV_DONTNEED);
}
static int64_t free_one(struct task_struct *t)
{
	return sys_madvise(t, PAGE(1), P, MADV_FREE);
}
static int64_t guard(struct task_struct *t)
{
	return sys_madvise(t, PAGE(1), P, MADV_GUARD_INSTALL);
}
static int64_t fork_it(struct task_struct *t)
{
	struct process *child;
	int64_t ret = sys_fork(t, &child);

	return ret < 0 ? ret : 0;
}

struct row {
	const char *what;
	int64_t (*call)(struct task_struct *t);
	uint64_t features;
	const char *events[5]; /* as they are read, one after the other */
	int64_t ret;
	const char *maps;
};
static const struct row rows[] = {
	{ "munmap: the whole request, once", munmap_part, EVENTS, { "unmap 1-5" }, 0,
	  "0-1 rw- um uw; 5-6 rw-; 8-10 rw- um uw" },
	{ "munmap of two mappings", munmap_two, EVENTS, { "unmap 0-10" }, 0, "" },
	{ "munmap of what is not registered", munmap_other, EVENTS, { NULL }, 0,
	  "0-4 rw- um uw; 8-10 rw- um uw" },
	{ "munmap without the feature", munmap_part, EVENTS & ~UFFD_FEATURE_EVENT_UNMAP, { NULL }, 0,
	  "0-1 rw- um uw; 5-6 rw-; 8-10 rw- um uw" },
	{ "mmap over it", map_over, EVENTS, { "unmap 3-4" }, 0,
	  "0-3 rw- um uw; 3-6 rw-; 8-10 rw- um uw" },
	{ "mremap: the move, then the old place", move, EVENTS, { "remap 0->16+4", "unmap 0-4" }, 0,
	  "4-6 rw-; 8-10 rw- um uw; 16-20 rw- um uw" },
	{ "mremap of a part", move_part, UFFD_FEATURE_EVENT_REMAP, { "remap 1->16+2" }, 0,
	  "0-1 rw- um uw; 3-4 rw- um uw; 4-6 rw-; 8-10 rw- um uw; 16-18 rw- um uw" },
	{ "mremap onto a registered place: that first", move_onto, EVENTS,
	  { "unmap 8-10", "remap 0->8+2", "unmap 0-2" }, 0,
	  "2-4 rw- um uw; 4-6 rw-; 8-10 rw- um uw" },
	{ "mremap that grows tells the old length", move_and_grow, EVENTS,
	  { "remap 0->16+4", "unmap 0-4" }, 0,
	  "4-6 rw-; 8-10 rw- um uw; 16-22 rw- um uw" },
	{ "mremap that shrinks: the tail in between", move_and_shrink, EVENTS,
	  { "remap 0->16+2", "unmap 2-4", "unmap 0-2" }, 0,
	  "4-6 rw-; 8-10 rw- um uw; 16-18 rw- um uw" },
	{ "mremap that stays: both are registered", move_and_stay, EVENTS, { "remap 0->16+4" }, 0,
	  "0-4 rw- um uw; 4-6 rw-; 8-10 rw- um uw; 16-20 rw- um uw" },
	{ "shrinking in place", shrink, EVENTS, { "unmap 3-4" }, 0,
	  "0-3 rw- um uw; 4-6 rw-; 8-10 rw- um uw" },
	{ "growing in place: registered, nobody is told", grow, EVENTS, { NULL }, 0,
	  "0-4 rw- um uw; 4-6 rw-; 8-11 rw- um uw" },
	{ "mremap without the feature: not registered", move, 0, { NULL }, 0,
	  "4-6 rw-; 8-10 rw- um uw; 16-20 rw-" },
	{ "which stays without it", move_and_stay, 0, { NULL }, 0,
	  "0-4 rw- um uw; 4-6 rw-; 8-10 rw- um uw; 16-20 rw-" },
	{ "a registered mapping moves alone", move_several, EVENTS, { NULL }, -EFAULT,
	  "0-4 rw- um uw; 4-6 rw-; 8-10 rw- um uw" },
	{ "DONTNEED", dontneed, EVENTS, { "remove 1-2" }, 0, NULL },
	{ "DONTNEED: each mapping its part; the hole is reported", dontneed_all, EVENTS,
	  { "remove 0-4", "remove 8-10" }, -ENOMEM, NULL },
	{ "DONTNEED without the feature", dontneed, EVENTS & ~UFFD_FEATURE_EVENT_REMOVE, { NULL }, 0,
	  NULL },
	{ "FREE", free_one, EVENTS, { "remove 1-2" }, 0, NULL },
	{ "GUARD_INSTALL tells nobody", guard, EVENTS, { NULL }, 0, NULL },
	{ "fork: a descriptor for the child", fork_it, EVENTS, { "fork 4" }, 0, NULL },
	{ "fork without the feature", fork_it, EVENTS & ~UFFD_FEATURE_EVENT_FORK, { NULL }, 0, NULL },
};


struct caller {
	const struct row *row;
	int64_t ret;
};

static void make_call(struct task_struct *t, void *arg)
{
	struct caller *c = arg;

	c->ret = c->row->call(t);
}

/* Everything is held back from the first to the last. */
static void read_events(struct task_struct *t, void *arg)
{
	const struct row *row = arg;
	int64_t field;

	for (const char *const *e = row->events; *e; e++) {
		const char *msg = uffd_wait(t, FIRST_FD);

		if (strcmp(msg, *e))
			fail_msg("%s: %s instead of %s", row->what, msg, *e);
		if (e[1]) {
			assert_int_equal(uffd_zeropage(t, FIRST_FD, PAGE(9), 1, &field), -EAGAIN);
			assert_int_equal(field, -EAGAIN);
		}
	}
}

static void test_what_is_told(void **state)
{
	for (unsigned i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct row *row = &rows[i];
		struct caller c = { row, 77 };
		struct world *w = world_new("v6.18");

		world_do(w, watched_memory, (void *)&row->features);
		world_thread(w, NULL, "caller", make_call, &c);
		if (row->events[0]) {
			world_run(w, SIM_END_DEADLOCK);
			world_thread(w, NULL, "monitor", read_events, (void *)row);
		}
		world_run(w, SIM_END_DONE);
		if (c.ret != row->ret)
			fail_msg("%s: %lld", row->what, (long long)c.ret);
		if (strcmp(maps(w, NULL), row->maps ? row->maps : WATCHED_MAPS))
			fail_msg("%s: %s", row->what, maps(w, NULL));
		world_free(w);
	}
}

/* ----------------------------------------------- what is done when it can be read */

static const struct {
	const char *what;
	int64_t (*call)(struct task_struct *t);
	const char *before, *after; /* reading the first event: pagemap of pages 0-3 */
} moments[] = {
	{ "REMOVE precedes the zap", dontneed, "PX PX PX PX", "PX - PX PX" },
	{ "UNMAP follows it", munmap_part, "PX - - -", "PX - - -" },
	{ "REMAP follows the move", move_part, "PX - - PX", "PX - - PX" },
	{ "FORK follows the copy", fork_it, "P P P P", "P P P P" },
};

static void read_one(struct task_struct *t, void *arg)
{
	while (strcmp(uffd_read(t, FIRST_FD), "EAGAIN"))
		sim_yield(t->process->k->sim, SIM_OP_READ, "test");
}

static void test_what_is_done_when_it_is_told(void **state)
{
	static const uint64_t features = EVENTS;

	for (unsigned i = 0; i < ARRAY_SIZE(moments); i++) {
		struct row row = { .call = moments[i].call };
		struct caller c = { &row, 77 };
		struct world *w = world_new("v6.18");

		world_do(w, watched_memory, (void *)&features);
		world_thread(w, NULL, "caller", make_call, &c);
		world_run(w, SIM_END_DEADLOCK);
		if (strcmp(pagemap(w, NULL, A0, 4), moments[i].before))
			fail_msg("%s: before %s", moments[i].what, pagemap(w, NULL, A0, 4));
		while (c.ret == 77) {
			world_thread(w, NULL, "monitor", read_one, NULL);
			sim_run(w->sim, sim_run_to_completion());
		}
		if (strcmp(pagemap(w, NULL, A0, 4), moments[i].after))
			fail_msg("%s: after %s", moments[i].what, pagemap(w, NULL, A0, 4));
		world_free(w);
	}
}

/* ------------------------------------------------------------------ held back */

static void all_requests(struct task_struct *t, void *arg)
{
	bool sets_field = *(bool *)arg;
	struct uffdio_copy bad = { .dst = 1, .mode = ~0ULL };
	int64_t field, eagain = sets_field ? -EAGAIN : UNTOUCHED;
	bool written;

	assert_int_equal(uffd_copy(t, FIRST_FD, PAGE(8), PAGE(4), 1, 0, &field), -EAGAIN);
	assert_int_equal(field, eagain);
	assert_int_equal(uffd_zeropage(t, FIRST_FD, PAGE(8), 1, &field), -EAGAIN);
	assert_int_equal(field, eagain);
	assert_int_equal(uffd_fill(t, FIRST_FD, UFFDIO_POISON, PAGE(8), 1, 0, &field), -EAGAIN);
	assert_int_equal(field, eagain);
	assert_int_equal(uffd_wp(t, FIRST_FD, A0, 1, PROTECT), -EAGAIN);
	/* Before the request is even looked at. */
	assert_int_equal(sys_ioctl(t, FIRST_FD, UFFDIO_COPY, &bad, 0, &written), -EAGAIN);
	/* These do not mind. */
	assert_int_equal(uffd_wake(t, FIRST_FD, A0, 1), 0);
	assert_int_equal(uffd_register(t, FIRST_FD, PAGE(4), 1, MISSING), 0);
	assert_int_equal(uffd_unregister(t, FIRST_FD, PAGE(4), 1), 0);
	assert_string_equal(uffd_read(t, FIRST_FD), "remove 1-2");
}

static void copy_works(struct task_struct *t, void *arg)
{
	assert_int_equal(uffd_copy(t, FIRST_FD, PAGE(8), PAGE(4), 1, 0, NULL), 0);
}

static void test_fills_are_held_back_until_the_event_is_over(void **state)
{
	static const struct {
		const char *profile;
		bool sets_field;
	} kernels[] = { { "v6.18", true }, { "v6.9", false } };
	static const uint64_t features = EVENTS;

	for (unsigned i = 0; i < ARRAY_SIZE(kernels); i++) {
		struct row row = { .call = dontneed };
		struct caller c = { &row, 77 };
		struct world *w = world_new(kernels[i].profile);

		world_do(w, watched_memory, (void *)&features);
		world_thread(w, NULL, "caller", make_call, &c);
		world_run(w, SIM_END_DEADLOCK);
		world_thread(w, NULL, "monitor", all_requests, (void *)&kernels[i].sets_field);
		world_run(w, SIM_END_DONE);
		world_do(w, copy_works, NULL);
		world_free(w);
	}
}

static void copy_through(struct task_struct *t, void *arg)
{
	int64_t ret = uffd_copy(t, FIRST_FD, PAGE(8), PAGE(4), 1, 0, NULL);

	if (ret != *(int64_t *)arg)
		fail_msg("COPY during an event: %lld", (long long)ret);
}

static void memory_of_old_kernel(struct task_struct *t, void *arg)
{
	int fd = uffd_open(t, EVENTS);

	map_at(t, A0, 6, RW);
	map_at(t, PAGE(8), 2, RW);
	assert_int_equal(uffd_register(t, fd, A0, 4, MISSING), 0);
	assert_int_equal(uffd_register(t, fd, PAGE(8), 2, MISSING), 0);
}

static void test_before_4_18_nothing_is_held_back(void **state)
{
	static const struct {
		const char *profile;
		int64_t ret;
	} kernels[] = { { "v4.17", 0 }, { "v4.18", -EAGAIN }, { "v5.15", -EAGAIN } };

	for (unsigned i = 0; i < ARRAY_SIZE(kernels); i++) {
		struct row row = { .call = dontneed };
		struct caller c = { &row, 77 };
		struct world *w = world_new(kernels[i].profile);

		world_do(w, memory_of_old_kernel, NULL);
		world_thread(w, NULL, "caller", make_call, &c);
		world_run(w, SIM_END_DEADLOCK);
		world_thread(w, NULL, "monitor", copy_through, (void *)&kernels[i].ret);
		world_run(w, SIM_END_DEADLOCK);
		world_free(w);
	}
}

/* -------------------------------------------------------------- faults and events */

static void read_5_from_8(struct task_struct *t, void *arg)
{
	uint8_t v;

	user_load(t, PAGE(8), &v);
}

static void fault_first(struct task_struct *t, void *arg)
{
	assert_string_equal(uffd_wait(t, FIRST_FD), "fault 0 @8");
	assert_int_equal(uffd_zeropage(t, FIRST_FD, PAGE(8), 1, NULL), -EAGAIN);
	assert_string_equal(uffd_wait(t, FIRST_FD), "remove 1-2");
	while (uffd_zeropage(t, FIRST_FD, PAGE(8), 1, NULL) == -EAGAIN)
		;
}

static void test_faults_are_read_before_older_events(void **state)
{
	static const uint64_t features = EVENTS;
	struct row row = { .call = dontneed };
	struct caller c = { &row, 77 };
	struct world *w = world_new("v6.18");
	struct sim_random random;

	world_do(w, watched_memory, (void *)&features);
	world_thread(w, NULL, "caller", make_call, &c);
	world_run(w, SIM_END_DEADLOCK);
	world_thread(w, NULL, "t", read_5_from_8, NULL);
	world_run(w, SIM_END_DEADLOCK);
	world_thread(w, NULL, "monitor", fault_first, NULL);
	assert_int_equal(sim_run(w->sim, sim_random_init(&random, 1)), SIM_END_DONE);
	world_free(w);
}

/* --------------------------------------------------------------- how it may end */

static void close_it(struct task_struct *t, void *arg)
{
	assert_int_equal(sys_close(t, FIRST_FD), 0);
}

static const struct {
	const char *what;
	int64_t (*call)(struct task_struct *t);
	const char *maps, *pagemap; /* of pages 0-3, after close */
} closes[] = {
	{ "REMOVE", dontneed, "0-6 rw-; 8-10 rw-", "PX - PX PX" },
	{ "UNMAP", munmap_part, "0-1 rw-; 5-6 rw-; 8-10 rw-", "PX - - -" },
	{ "REMAP", move_part, "0-1 rw-; 3-6 rw-; 8-10 rw-; 16-18 rw-", "PX - - PX" },
};

static void test_close_ends_the_wait_and_the_call_succeeds(void **state)
{
	static const uint64_t features = EVENTS;

	for (unsigned i = 0; i < ARRAY_SIZE(closes); i++) {
		struct row row = { .call = closes[i].call };
		struct caller c = { &row, 77 };
		struct world *w = world_new("v6.18");

		world_do(w, watched_memory, (void *)&features);
		world_thread(w, NULL, "caller", make_call, &c);
		world_run(w, SIM_END_DEADLOCK);
		world_thread(w, NULL, "closer", close_it, NULL);
		world_run(w, SIM_END_DONE);
		assert_int_equal(c.ret, 0);
		if (strcmp(maps(w, NULL), closes[i].maps))
			fail_msg("%s: %s", closes[i].what, maps(w, NULL));
		assert_string_equal(pagemap(w, NULL, A0, 4), closes[i].pagemap);
		world_free(w);
	}
}

static void nothing_pending(struct task_struct *t, void *arg)
{
	assert_string_equal(uffd_read(t, FIRST_FD), "EAGAIN");
	assert_int_equal(uffd_zeropage(t, FIRST_FD, PAGE(8), 1, NULL), 0);
}

static void test_a_killed_caller_takes_its_event_along(void **state)
{
	static const uint64_t features = EVENTS;
	int64_t (*const calls[])(struct task_struct *) = { dontneed, munmap_part, move_part, fork_it };

	for (unsigned i = 0; i < ARRAY_SIZE(calls); i++) {
		struct row row = { .call = calls[i] };
		struct caller c = { &row, 77 };
		struct world *w = world_new("v6.18");
		struct sim_thread *t;

		world_do(w, watched_memory, (void *)&features);
		t = world_thread(w, NULL, "caller", make_call, &c);
		world_run(w, SIM_END_DEADLOCK);
		sim_kill(t);
		world_run(w, SIM_END_DONE);
		world_do(w, nothing_pending, NULL);
		world_free(w);
	}
}

/* -------------------------------------------------------------------- REMAP and WP */

static void move_protected(struct task_struct *t, void *arg)
{
	assert_int_equal(uffd_wp(t, FIRST_FD, A0, 1, PROTECT), 0);
	assert_int_equal(uffd_wp(t, FIRST_FD, PAGE(9), 1, PROTECT), 0);
	assert_int_equal(move(t), 0);
}

static void test_with_its_event_protection_moves_along(void **state)
{
	static const struct {
		const char *profile;
		uint64_t features;
		const char *pagemap;
	} kernels[] = {
		{ "v6.18", UFFD_FEATURE_EVENT_REMAP, "PXW PX" },
		{ "v6.18", 0, "PX PX" },
		{ "v6.9", 0, "PXW PX" }, /* stale: the mapping is not registered */
	};

	for (unsigned i = 0; i < ARRAY_SIZE(kernels); i++) {
		struct row row = { .events = { "remap 0->16+4" } };
		struct world *w = world_new(kernels[i].profile);

		world_do(w, watched_memory, (void *)&kernels[i].features);
		world_thread(w, NULL, "mover", move_protected, NULL);
		if (kernels[i].features)
			world_thread(w, NULL, "monitor", read_events, &row);
		world_run(w, SIM_END_DONE);
		assert_string_equal(pagemap(w, NULL, PAGE(16), 2), kernels[i].pagemap);
		assert_string_equal(pagemap(w, NULL, A0, 2), "- -");
		world_free(w);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_is_told),
		cmocka_unit_test(test_what_is_done_when_it_is_told),
		cmocka_unit_test(test_fills_are_held_back_until_the_event_is_over),
		cmocka_unit_test(test_before_4_18_nothing_is_held_back),
		cmocka_unit_test(test_faults_are_read_before_older_events),
		cmocka_unit_test(test_close_ends_the_wait_and_the_call_succeeds),
		cmocka_unit_test(test_a_killed_caller_takes_its_event_along),
		cmocka_unit_test(test_with_its_event_protection_moves_along),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The C interface for monitor authors: what a test of theirs is told.
 */
#include "examples/uffd.h"

#include <string.h>

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

struct world {
	uint64_t A, S;
	int uffd, ready, seen;
	uint8_t bytes[3];
	struct u_mutex m, n;
	struct u_cond c;
};

static void setup(struct world *w)
{
	w->A = u_map("A", 1);
	w->S = u_map("S", 1);
	u_memset(w->S, 0x11, PAGE_SIZE);
	w->uffd = uffd_open(0);
	uffd_register(w->uffd, w->A, 1, MISSING);
	u_mutex_init(&w->m, "m");
	u_mutex_init(&w->n, "n");
	u_cond_init(&w->c, "c");
}

static void toucher(struct world *w)
{
	w->seen = u_load(w->A);
}

static void filler(struct world *w)
{
	uffd_copy(w->uffd, w->A, w->S);
}

static void filler_that_wakes_nobody(struct world *w)
{
	struct uffdio_copy c = { .dst = w->A, .src = w->S, .len = PAGE_SIZE };

	c.mode = UFFDIO_COPY_MODE_DONTWAKE;
	u_ioctl(w->uffd, UFFDIO_COPY, &c);
}

static void reader(struct world *w)
{
	struct uffd_msg msg;

	uffd_wait(w->uffd, &msg);
}

static void reader_of_its_own(struct world *w)
{
	struct pollfd p = { .fd = w->uffd, .events = POLLIN };

	u_poll(&p, 1, 0);
	u_load(w->A);
}

static void m_then_n(struct world *w)
{
	u_mutex_lock(&w->m);
	u_mutex_lock(&w->n);
	u_mutex_unlock(&w->n);
	u_mutex_unlock(&w->m);
}

static void n_then_m(struct world *w)
{
	u_mutex_lock(&w->n);
	u_mutex_lock(&w->m);
	u_mutex_unlock(&w->m);
	u_mutex_unlock(&w->n);
}

static void wait_until_ready(struct world *w)
{
	u_mutex_lock(&w->m);
	while (!w->ready)
		u_cond_wait(&w->c, &w->m);
	u_mutex_unlock(&w->m);
}

static void wait_carelessly(struct world *w)
{
	u_mutex_lock(&w->m);
	u_cond_wait(&w->c, &w->m);
	u_mutex_unlock(&w->m);
}

static void make_ready(struct world *w)
{
	u_mutex_lock(&w->m);
	w->ready = 1;
	u_cond_signal(&w->c);
	u_mutex_unlock(&w->m);
}

static void count(struct world *w)
{
	WRITE_ONCE(w->seen, READ_ONCE(w->seen) + 1);
}

static void count_atomically(struct world *w)
{
	ADD_RETURN(w->seen, 1);
}

static void count_by_exchange(struct world *w)
{
	int old;

	do
		old = READ_ONCE(w->seen);
	while (CMPXCHG(w->seen, old, old + 1) != old);
}

static void both_counted(struct world *w)
{
	uffdsim_assert(w->seen == 2, "counted to %d", w->seen);
}

static void await_one(struct world *w)
{
	AWAIT(w->bytes[1], 1);
}

static void one_then_two(struct world *w)
{
	WRITE_ONCE(w->bytes[1], 1);
	WRITE_ONCE(w->bytes[1], 2);
}

static void write_one(struct world *w)
{
	WRITE_ONCE(w->bytes[1], 1);
}

static void try_with_a_limit(struct world *w)
{
	struct pollfd p = { .fd = w->uffd, .events = POLLIN };

	w->seen = u_poll(&p, 1, 10);
}

static void try_for_ever(struct world *w)
{
	struct pollfd p = { .fd = w->uffd, .events = POLLIN };

	while (!u_poll(&p, 1, 10))
		;
}

static void time_was_up(struct world *w)
{
	uffdsim_assert(w->seen == 0, "poll() gave %d", w->seen);
}

static void memory_is_seen_at_the_end(struct world *w)
{
	uffdsim_assert(u_peek(w->A) == 0x11, "A has %d", u_peek(w->A));
}

static void use_after_unlock(struct world *w)
{
	u_mutex_unlock(&w->m);
}

#define TEST(...) \
	{ \
		.name = "test", .world_size = sizeof(struct world), .setup = setup, __VA_ARGS__ \
	}
#define THREADS(...) .threads = { __VA_ARGS__ }

/* What a test shows, and how often; "": nothing. */
static void what_is_found_has_a_name(void **state)
{
	static const struct {
		const char *promise, *finding;
		struct uffdsim_test test;
	} rows[] = {
		{ "nothing", "", TEST(THREADS({ "t", toucher, 0 }, { "f", filler, 0 })) },
		{ "nobody answers", "unanswered", TEST(THREADS({ "t", toucher, 0 })) },
		{ "read and forgotten", "unanswered",
		  TEST(THREADS({ "t", toucher, 0 }, { "r", reader, 0 })) },
		{ "filled and not woken", "lost-wakeup",
		  TEST(THREADS({ "t", toucher, 0 }, { "f", filler_that_wakes_nobody, 0 })) },
		{ "only the waiter reads", "self-wait",
		  TEST(THREADS({ "r", reader_of_its_own, 0 })) },
		{ "locks crossed", "deadlock",
		  TEST(THREADS({ "a", m_then_n, 0 }, { "b", n_then_m, 0 })) },
		{ "locks crossed", "lock-order",
		  TEST(THREADS({ "a", m_then_n, 0 }, { "b", n_then_m, 0 })) },
		{ "a condition", "",
		  TEST(THREADS({ "a", wait_until_ready, 0 }, { "b", make_ready, 0 })) },
		{ "a careless wait", "deadlock",
		  TEST(THREADS({ "a", wait_carelessly, 0 }, { "b", make_ready, 0 })) },
		{ "a lost update", "assertion",
		  TEST(THREADS({ "a", count, 0 }, { "b", count, 0 }), .finish = both_counted) },
		{ "an atomic one", "",
		  TEST(THREADS({ "a", count_atomically, 0 }, { "b", count_atomically, 0 }),
		       .finish = both_counted) },
		{ "by exchange", "",
		  TEST(THREADS({ "a", count_by_exchange, 0 }, { "b", count_by_exchange, 0 }),
		       .finish = both_counted) },
		{ "a value comes", "",
		  TEST(THREADS({ "a", await_one, 0 }, { "b", write_one, 0 })) },
		{ "a value goes again", "deadlock",
		  TEST(THREADS({ "a", await_one, 0 }, { "b", one_then_two, 0 })) },
		{ "time passes", "",
		  TEST(THREADS({ "a", try_with_a_limit, 0 }), .finish = time_was_up) },
		{ "but a message comes first", "assertion",
		  TEST(THREADS({ "a", try_with_a_limit, 0 }, { "t", toucher, UFFDSIM_DAEMON }),
		       .finish = time_was_up) },
		{ "trying for ever", "livelock",
		  TEST(THREADS({ "a", try_for_ever, 0 }), .max_steps = 100) },
		{ "memory at the end", "",
		  TEST(THREADS({ "f", filler, 0 }), .finish = memory_is_seen_at_the_end) },
		{ "not one's lock", "misuse", TEST(THREADS({ "a", use_after_unlock, 0 })) },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct uffdsim_result res;
		bool good;

		assert_int_equal(uffdsim_explore(&rows[i].test, &res), 0);
		good = *rows[i].finding ?
			       uffdsim_found(&res, rows[i].finding) && !res.passed && res.witness &&
				       strstr(res.witness, "Counterexample") :
			       res.passed && res.complete && !*res.findings && !res.witness;
		if (!good)
			fail_msg("%s: not \"%s\" but \"%s\" (%s) %s", rows[i].promise,
				 rows[i].finding, res.findings, res.coverage,
				 res.witness ? "" : "without a witness");
		uffdsim_result_fini(&res);
	}
}

static void what_is_allowed_does_not_fail(void **state)
{
	struct uffdsim_test test = TEST(THREADS({ "t", toucher, 0 }));
	struct uffdsim_result res;

	test.allow = "deadlock unanswered";
	assert_int_equal(uffdsim_explore(&test, &res), 0);
	assert_true(res.passed);
	assert_int_equal(uffdsim_found(&res, "deadlock"), 1);
	uffdsim_result_fini(&res);
}

/* ------------------------------------------------------------- wrong tests */

/* Where variables are not watched there is nothing to test. */
#ifdef __has_feature
#if __has_feature(address_sanitizer)
#define BLIND
#endif
#elif defined(__SANITIZE_ADDRESS__)
#define BLIND
#endif

static int global;

static void __attribute__((unused)) write_a_global(struct world *w)
{
	u_load(w->S);
	global++;
}

static void share_a_local(struct world *w)
{
	int local = 0;

	WRITE_ONCE(local, 1);
}

static void lock_what_was_not_made(struct world *w)
{
	u_mutex_lock(&w->m);
}

static void wait_for_ever(struct world *w)
{
	setup(w);
	u_load(w->A);
}

static void assert_in_setup(struct world *w)
{
	uffdsim_assert(w->ready, "not ready");
}

static void a_wrong_test_is_told_so(void **state)
{
	static const struct {
		const char *text;
		struct uffdsim_test test;
	} rows[] = {
		{ "no threads", { .name = "t" } },
		{ "v1.0", { .name = "t", .profile = "v1.0", THREADS({ "a", write_one, 0 }) } },
		{ "setup does not come to its end",
		  { .name = "t",
		    .world_size = sizeof(struct world),
		    .setup = wait_for_ever,
		    THREADS({ "a", write_one, 0 }) } },
		{ "not ready",
		  { .name = "t",
		    .world_size = sizeof(struct world),
		    .setup = assert_in_setup,
		    THREADS({ "a", write_one, 0 }) } },
#ifndef BLIND
		{ "a global or static variable", TEST(THREADS({ "a", write_a_global, 0 })) },
#endif
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct uffdsim_result res;

		assert_int_equal(uffdsim_explore(&rows[i].test, &res), -EINVAL);
		if (!strstr(res.error, rows[i].text))
			fail_msg("\"%s\" does not say \"%s\"", res.error, rows[i].text);
		uffdsim_result_fini(&res);
	}
}

static void misuse_has_words(void **state)
{
	static const struct {
		const char *text;
		struct uffdsim_test test;
	} rows[] = {
		{ "local is no member of the world", TEST(THREADS({ "a", share_a_local, 0 })) },
		{ "a mutex without u_mutex_init()",
		  { .name = "t",
		    .world_size = sizeof(struct world),
		    THREADS({ "a", lock_what_was_not_made, 0 }) } },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct uffdsim_result res;

		assert_int_equal(uffdsim_explore(&rows[i].test, &res), 0);
		assert_int_equal(uffdsim_found(&res, "misuse"), 1);
		if (!strstr(res.witness, rows[i].text))
			fail_msg("\"%s\" does not say \"%s\"", res.witness, rows[i].text);
		uffdsim_result_fini(&res);
	}
}

/* Two tests at a time: one is explored from inside the other's assertion helper. */
static void an_exploration_within_another(struct world *w)
{
	struct uffdsim_test test = TEST(THREADS({ "t", toucher, 0 }, { "f", filler, 0 }));
	struct uffdsim_result res;

	uffdsim_assert(w->ready == 0, "the outer world");
	if (uffdsim_explore(&test, &res) || !res.passed)
		uffdsim_fail(__FILE__, __LINE__, "inner", "the inner test fails");
	uffdsim_result_fini(&res);
	uffdsim_assert(u_peek(w->A) == -1, "the outer kernel");
}

static void tests_do_not_share_anything(void **state)
{
	struct uffdsim_test test = TEST(THREADS({ "a", write_one, 0 }, { "b", write_one, 0 }));

	test.finish = an_exploration_within_another;
	assert_uffdsim_passes(&test);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_found_has_a_name),
		cmocka_unit_test(what_is_allowed_does_not_fail),
		cmocka_unit_test(a_wrong_test_is_told_so),
		cmocka_unit_test(misuse_has_words),
		cmocka_unit_test(tests_do_not_share_anything),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

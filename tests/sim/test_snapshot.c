/* SPDX-License-Identifier: BSD-2-Clause */
#include "classics.h"
#include "harness.h"
#include "random_program.h"

/* Order matters here: the two ways to go back visit the same in the same order. */
struct sequence {
	uint64_t sum, nr;
};

static int add(void *ctx, struct sim *sim, const struct sim_execution *x)
{
	struct sequence *s = ctx;

	s->sum = s->sum * 0x100000001b3ULL + (x->trace_hash ^ (uint64_t)x->end);
	for (uint64_t i = 0; i < x->steps; i++)
		s->sum = s->sum * 31 + x->picks[i];
	return ++s->nr == 2000;
}

static int add_state(void *ctx, struct sim *sim, const struct sim_execution *x)
{
	struct sequence *s = ctx;

	s->sum = s->sum * 0x100000001b3ULL + rp_final_state(sim);
	return add(ctx, sim, x);
}

static struct sequence explore(struct sim *sim, enum sim_rewind rewind,
			       int (*fn)(void *, struct sim *, const struct sim_execution *))
{
	struct sequence s = { 0 };
	const struct sim_explore_config cfg = {
		.rewind = rewind, .hash_traces = true, .execution = fn, .ctx = &s,
	};
	struct sim_explore_result res;

	assert_in_range(sim_explore(sim, &cfg, &res), 0, 1);
	return s;
}

static void rewinding_equals_replaying(void **state)
{
	for (unsigned i = 0; i < nr_classics; i++) {
		struct sim *sim = classic_machine(&classics[i], classics[i].small);
		struct sequence a = explore(sim, SIM_REWIND_SNAPSHOT, add);
		struct sequence b = explore(sim, SIM_REWIND_REPLAY, add);

		assert_true(a.nr > 0 && a.nr == b.nr && a.sum == b.sum);
		sim_destroy(sim);
	}
}

static void rewinding_equals_replaying_in_random_programs(void **state)
{
	for (uint64_t seed = 100000; seed < 100300; seed++) {
		struct rp_program p;
		struct sequence a, b;
		struct sim *sim;

		rp_generate(&p, seed);
		sim = rp_machine(&p);
		a = explore(sim, SIM_REWIND_SNAPSHOT, add_state);
		b = explore(sim, SIM_REWIND_REPLAY, add_state);
		if (a.nr != b.nr || a.sum != b.sum)
			fail_msg("seed %llu", (unsigned long long)seed);
		sim_destroy(sim);
	}
}

static int explore_another(void *ctx, struct sim *sim, const struct sim_execution *x)
{
	struct sim *other = ctx;

	assert_int_equal(t_explore(other).executions, 7);
	return 0;
}

static void two_machines_do_not_notice_each_other(void **state)
{
	struct sim *a = classic_machine(classic_find("readers"), 3);
	struct sim *b = classic_machine(classic_find("philosophers"), 3);
	const struct sim_explore_config cfg = { .execution = explore_another, .ctx = b };
	struct sim_explore_result res;

	assert_int_equal(sim_explore(a, &cfg, &res), 0);
	assert_int_equal(res.executions, 8);
	assert_int_equal(t_run(b), SIM_END_DONE);
	assert_int_equal(t_explore(a).executions, 8);
	sim_destroy(a);
	sim_destroy(b);
}

/* A large arena, deep stacks, and memory that comes and goes. */
struct big {
	struct sim *sim;
	struct sim_var v;
	unsigned char *block[40];
};

static unsigned char churn(struct big *b, int depth)
{
	volatile unsigned char local[300];
	unsigned char *p = sim_zalloc(b->sim, 3000);

	for (size_t i = 0; i < sizeof(local); i++)
		local[i] = (unsigned char)depth;
	memset(p, depth, 3000);
	if (depth % 2)
		atomic_inc(&b->v);
	if (depth)
		churn(b, depth - 1);
	for (size_t i = 0; i < sizeof(local); i++)
		if (local[i] != depth)
			sim_bug(b->sim, SIM_BUG_MISUSE, "the stack changed");
	for (int i = 0; i < 3000; i++)
		if (p[i] != depth)
			sim_bug(b->sim, SIM_BUG_MISUSE, "the arena changed");
	b->block[depth][depth]++;
	sim_free(b->sim, p, 3000);
	return local[0];
}

static void churner(void *arg)
{
	churn(arg, 7);
}

static void stacks_and_memory_come_back(void **state)
{
	struct sim *sim = t_machine();
	struct big *b = sim_zalloc(sim, sizeof(*b));
	struct sim_explore_result res;

	b->sim = sim;
	sim_var_init(sim, &b->v, "v", 0);
	for (size_t i = 0; i < ARRAY_SIZE(b->block); i++)
		b->block[i] = sim_zalloc(sim, 1000);
	for (int i = 0; i < 2; i++)
		sim_spawn(sim, i ? "b" : "a", churner, b, 0);
	res = t_explore(sim);
	/* Four increments each, all dependent: 8! / (4! 4!) */
	assert_int_equal(res.executions, 70);
	assert_int_equal(res.bugs, 0);
	assert_int_equal(b->block[3][3], 0);
	sim_destroy(sim);
}

static void sleeper(void *arg)
{
	struct completion *c = arg;

	wait_for_completion(c);
}

static void waker(void *arg)
{
	complete(arg);
}

static void threads_may_be_asleep_where_a_search_begins(void **state)
{
	struct sim *sim = t_machine();
	struct completion *c = sim_zalloc(sim, sizeof(*c));

	init_completion(sim, c, "c");
	sim_spawn(sim, "daemon", sleeper, c, SIM_THREAD_DAEMON);
	assert_int_equal(t_run(sim), SIM_END_DONE);
	sim_spawn(sim, "waker", waker, c, 0);
	sim_spawn(sim, "waker", waker, c, 0);
	/* The waiter goes on after the first or after both. */
	assert_int_equal(explore(sim, SIM_REWIND_SNAPSHOT, add).nr, 4);
	assert_int_equal(explore(sim, SIM_REWIND_REPLAY, add).nr, 4);
	assert_int_equal(t_run(sim), SIM_END_DONE);
	assert_true(sim_thread_dead(sim_thread_by_id(sim, 0)));
	sim_destroy(sim);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rewinding_equals_replaying),
		cmocka_unit_test(rewinding_equals_replaying_in_random_programs),
		cmocka_unit_test(two_machines_do_not_notice_each_other),
		cmocka_unit_test(stacks_and_memory_come_back),
		cmocka_unit_test(threads_may_be_asleep_where_a_search_begins),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

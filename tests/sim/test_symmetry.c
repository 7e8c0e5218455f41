/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Threads with the same program may be exchanged: of executions that differ in nothing
 * else one is explored.  The ends, up to who is who, are those of all executions.
 *
 *     test_symmetry [first seed [number of programs]]
 */
#include "classics.h"
#include "ends.h"

static uint64_t first_seed = 1;
#ifdef __SANITIZE_ADDRESS__
static unsigned nr_programs = 200;
#else
static unsigned nr_programs = 1000;
#endif

static const struct sim_explore_config ways[] = {
	{ .mode = SIM_EXPLORE_OPTIMAL, .awaits = true },
	{ .mode = SIM_EXPLORE_SLEEP, .awaits = true },
	{ .mode = SIM_EXPLORE_STATES },
};

/* All threads but the first are like the second. */
static void make_alike(struct sp_program *p, uint8_t *after)
{
	p->nr_threads = SP_THREADS;
	memset(after, 0, SIM_MAX_THREADS);
	for (unsigned t = 2; t < SP_THREADS; t++) {
		memcpy(p->ops[t], p->ops[1], sizeof(p->ops[t]));
		after[t] = (uint8_t)(1 + t - 1);
	}
}

static void ends_are_those_of_all_executions(void **state)
{
	static struct ends all = { .state = sp_end_of_likes }, got = { .state = sp_end_of_likes };
	uint64_t executions = 0, without = 0;

	for (uint64_t seed = first_seed; seed < first_seed + nr_programs; seed++) {
		struct sp_program p;
		uint8_t after[SIM_MAX_THREADS];
		struct sim_explore_result res;

		sp_generate(&p, seed);
		make_alike(&p, after);
		all.spin = got.spin = &p;
		for (unsigned i = 0; i < ARRAY_SIZE(ways); i++) {
			struct sim_explore_config cfg = ways[i];

			cfg.max_steps = i == 2 ? 0 : 40;
			cfg.max_executions = MAX_ENDS;
			if (!ends_explore(sp_machine(&p), cfg, &all, &res) || !res.complete)
				continue;
			without += res.executions;
			cfg.after = after;
			assert_true(ends_explore(sp_machine(&p), cfg, &got, &res));
			assert_true(res.complete);
			executions += res.executions;
			ends_same(seed, &all, &got);
			if (all.livelock != got.livelock)
				fail_msg("seed %" PRIu64 ": livelock %d", seed, got.livelock);
		}
	}
	print_message("%" PRIu64 " executions instead of %" PRIu64 "\n", executions, without);
	assert_true(executions < without);
}

/* N threads that take one lock have N! executions, which are all alike. */
static void who_takes_a_lock_first_is_one_execution(void **state)
{
	uint8_t after[SIM_MAX_THREADS] = { 0 };
	struct sim_explore_config cfg = { .after = after };
	struct sim_explore_result res;
	struct sim *sim;

	for (int n = 2; n <= 8; n++) {
		sim = classic_machine(classic_find("lockinc"), n);
		for (int i = 1; i < n; i++)
			after[i] = (uint8_t)i;
		assert_int_equal(sim_explore(sim, &cfg, &res), 0);
		assert_true(res.complete);
		assert_int_equal(res.executions, 1);
		sim_destroy(sim);
	}
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ends_are_those_of_all_executions),
		cmocka_unit_test(who_takes_a_lock_first_is_one_execution),
	};

	if (argc > 1)
		first_seed = strtoull(argv[1], NULL, 10);
	if (argc > 2)
		nr_programs = (unsigned)strtoul(argv[2], NULL, 10);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

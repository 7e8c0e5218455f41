/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A search that remembers states finds the final states and the findings of brute
 * force; with loops, too, and then whether one goes round for ever.
 *
 *     test_cached [first seed [number of programs]]
 */
#include "classics.h"
#include "ends.h"
#include "random_program.h"

static uint64_t first_seed = 1;
#ifdef __SANITIZE_ADDRESS__
static unsigned nr_programs = 100;
#else
static unsigned nr_programs = 800;
#endif

static const struct sim_explore_config brute_force = { .mode = SIM_EXPLORE_BRUTE,
						       .max_executions = MAX_ENDS };
static const struct sim_explore_config every_state = { .mode = SIM_EXPLORE_STATES };
/* Room for few states, so most are forgotten. */
static const struct sim_explore_config few_states = { .mode = SIM_EXPLORE_STATES,
						      .cache_bytes = 1 };

static void final_states_are_those_of_brute_force(void **state)
{
	static struct ends brute = { .state = rp_final_state },
			   cached = { .state = rp_final_state };
	struct sim_explore_result res;
	unsigned checked = 0;

	for (uint64_t seed = first_seed; seed < first_seed + nr_programs; seed++) {
		struct rp_program p;

		rp_generate(&p, seed);
		if (!ends_explore(rp_machine(&p), brute_force, &brute, &res) || res.limit)
			continue;
		checked++;
		assert_true(ends_explore(rp_machine(&p), every_state, &cached, &res));
		assert_true(res.complete && !res.forgotten);
		ends_same(seed, &brute, &cached);
	}
	assert_true(nr_programs < 100 || checked > nr_programs / 3);
}

static void loops_are_cycles_of_states(void **state)
{
	static struct ends brute = { .state = sp_final_state },
			   cached = { .state = sp_final_state };
	struct sim_explore_config cut = brute_force;
	struct sim_explore_result res;
	unsigned loops = 0, livelocks = 0;

	for (uint64_t seed = first_seed; seed < first_seed + nr_programs; seed++) {
		struct sp_program p;

		sp_generate(&p, seed);
		brute.spin = cached.spin = &p;
		/* Without going round, so brute force sees all ends. */
		cut.max_steps = sp_steps(&p) + 1;
		if (!ends_explore(sp_machine(&p), cut, &brute, &res) || res.limit)
			continue;
		assert_true(ends_explore(sp_machine(&p), every_state, &cached, &res));
		assert_true(res.complete && !res.forgotten);
		assert_int_equal(cached.endless, res.cycles > 0);
		ends_same(seed, &brute, &cached);
		/* What was cut may have an end beyond; what comes back to a state has none. */
		assert_true(brute.endless || !cached.endless);
		if (brute.livelock && !cached.livelock)
			fail_msg("seed %" PRIu64 ": a livelock is missing", seed);
		loops += res.cycles > 0;
		livelocks += cached.livelock;
	}
	assert_true(nr_programs < 100 ||
		    (loops > nr_programs / 20 && livelocks > 0 && livelocks < loops));
}

static uint64_t who_is_blocked(struct sim *sim)
{
	return sim_blocked(sim);
}

/* What is not remembered is explored more often, and nothing is lost. */
static void a_full_memory_loses_nothing(void **state)
{
	static struct ends all = { .state = who_is_blocked }, few = { .state = who_is_blocked };
	const struct classic *c = classic_find("philosophers");
	struct sim_explore_result res, small;

	assert_non_null(c);
	assert_true(ends_explore(classic_machine(c, 7), every_state, &all, &res));
	assert_true(ends_explore(classic_machine(c, 7), few_states, &few, &small));
	ends_same(7, &all, &few);
	assert_true(small.complete && small.forgotten);
	assert_in_range(small.states, 1, res.states - 1);
	assert_true(small.transitions > res.transitions);
	assert_int_equal(res.deadlocks, 1);
}

/* 40,320 executions. */
static void states_are_fewer_than_executions(void **state)
{
	struct sim_explore_result res;
	struct sim *sim = classic_machine(classic_find("lockinc"), 8);

	assert_int_equal(sim_explore(sim, &every_state, &res), 0);
	sim_destroy(sim);
	assert_true(res.complete);
	print_message("lockinc(8): %" PRIu64 " states, %" PRIu64 " transitions\n", res.states,
		      res.transitions);
#ifndef __SANITIZE_ADDRESS__
	assert_in_range(res.transitions, 1, 20000);
#endif
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(final_states_are_those_of_brute_force),
		cmocka_unit_test(loops_are_cycles_of_states),
		cmocka_unit_test(a_full_memory_loses_nothing),
		cmocka_unit_test(states_are_fewer_than_executions),
	};

	t_seeds(argc, argv, &first_seed, &nr_programs);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

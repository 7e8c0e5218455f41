/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Rounds of loops that only wait are left out, and nothing else is: the same final
 * states as brute force has, which goes round; with races the same as with sleep sets;
 * and what is said to go round for ever does.
 *
 *     test_awaits [first seed [number of programs]]
 */
#include "ends.h"

static uint64_t first_seed = 1;
#ifdef __SANITIZE_ADDRESS__
static unsigned nr_programs = 200;
#else
static unsigned nr_programs = 1000;
#endif

/* Loops that give a lock back and take it again have rounds without end. */
#define MANY_STEPS 40

static const struct sim_explore_config ways[] = {
	{ .mode = SIM_EXPLORE_OPTIMAL, .awaits = true },
	{ .mode = SIM_EXPLORE_SLEEP, .awaits = true },
	{ .mode = SIM_EXPLORE_SLEEP, .awaits = true, .rewind = SIM_REWIND_REPLAY },
};

static void final_states_are_those_of_brute_force(void **state)
{
	static struct ends brute = { .state = sp_final_state }, got = { .state = sp_final_state };
	unsigned complete = 0, endless = 0;
	uint64_t waited = 0;

	for (uint64_t seed = first_seed; seed < first_seed + nr_programs; seed++) {
		struct sim_explore_config cfg = { .mode = SIM_EXPLORE_BRUTE,
						  .max_executions = MAX_ENDS };
		struct sim_explore_result res, first;
		struct sp_program p;

		sp_generate(&p, seed);
		brute.spin = got.spin = &p;
		/* Without going round, so brute force sees all ends. */
		cfg.max_steps = sp_steps(&p) + 1;
		if (!ends_explore(sp_machine(&p), cfg, &brute, &res) || res.limit)
			continue;
		for (unsigned i = 0; i < ARRAY_SIZE(ways); i++) {
			cfg = ways[i];
			cfg.max_steps = MANY_STEPS;
			cfg.max_executions = MAX_ENDS;
			/* What is cut says nothing of what it did not see. */
			if (!ends_explore(sp_machine(&p), cfg, &got, &res) || !res.complete)
				break;
			ends_same(seed, &brute, &got);
			if (brute.livelock && !got.livelock)
				fail_msg("seed %" PRIu64 ": a livelock is missing", seed);
			if (got.without)
				fail_msg("seed %" PRIu64 ": %u that do not go round for ever", seed,
					 got.without);
			if (!i) {
				complete++;
				endless += res.endless > 0;
				waited += res.waited;
				first = res;
			} else if (res.executions != first.executions ||
				   res.waited != first.waited || res.endless != first.endless) {
				fail_msg("seed %" PRIu64 ": %" PRIu64 " executions, not %" PRIu64,
					 seed, first.executions, res.executions);
			}
		}
	}
	print_message("%u complete, %u with executions without end, %" PRIu64
		      " prefixes given up\n",
		      complete, endless, waited);
	assert_true(nr_programs < 100 || (complete > nr_programs / 2 && endless && waited));
}

struct waiting {
	struct sim_var var[3];
	unsigned rounds;
};

static void wait_for(struct waiting *w, unsigned i)
{
	struct sim *sim = w->var[0].obj.sim;

	for (sim_loop(sim, i); !read_once(&w->var[i]);)
		sim_loop(sim, i);
}

static void chain_0(void *arg)
{
	struct waiting *w = arg;

	write_once(&w->var[0], 1);
}

static void chain_1(void *arg)
{
	struct waiting *w = arg;

	wait_for(w, 0);
	write_once(&w->var[1], 1);
}

static void chain_2(void *arg)
{
	struct waiting *w = arg;

	wait_for(w, 1);
	write_once(&w->var[2], 1);
}

/* Each of these waits for the one before: there is one way to the end. */
static void a_chain_of_waiting_has_one_execution(void **state)
{
	const struct sim_explore_config cfg = { .awaits = true };
	struct sim *sim = t_machine();
	struct waiting *w = sim_zalloc(sim, sizeof(*w));
	struct sim_explore_result res;

	for (unsigned i = 0; i < 3; i++)
		sim_var_init(sim, &w->var[i], "var", 0);
	sim_spawn(sim, "first", chain_0, w, 0);
	sim_spawn(sim, "second", chain_1, w, 0);
	sim_spawn(sim, "third", chain_2, w, 0);
	assert_int_equal(sim_explore(sim, &cfg, &res), 0);
	assert_true(res.complete);
	assert_int_equal(res.executions, 1);
	/* The second comes too early, and so does the third; or only the third does. */
	assert_int_equal(res.waited, 2);
	sim_destroy(sim);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(final_states_are_those_of_brute_force),
		cmocka_unit_test(a_chain_of_waiting_has_one_execution),
	};

	if (argc > 1)
		first_seed = strtoull(argv[1], NULL, 10);
	if (argc > 2)
		nr_programs = (unsigned)strtoul(argv[2], NULL, 10);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

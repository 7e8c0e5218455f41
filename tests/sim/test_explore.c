/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The classic programs have as many traces as their closed forms say, the
 * deadlocks among them; a search ends where it began.
 */
#include <errno.h>

#include "classics.h"
#include "harness.h"

static void check_classic(const struct classic *c, int n, enum sim_explore_mode mode,
			  enum sim_rewind rewind)
{
	struct sim *sim = classic_machine(c, n);
	const struct sim_explore_config cfg = { .mode = mode, .rewind = rewind, .fixed_steps = true };
	struct sim_explore_result res;

	assert_non_null(sim);
	assert_int_equal(sim_explore(sim, &cfg, &res), 0);
	if (res.executions != c->traces(n) || res.deadlocks != c->deadlocks || !res.complete)
		fail_msg("%s(%d): %llu executions, %llu deadlocks", c->name, n,
			 (unsigned long long)res.executions, (unsigned long long)res.deadlocks);
	if (mode == SIM_EXPLORE_OPTIMAL && (res.pruned || res.in_full || res.diverged))
		fail_msg("%s(%d): %llu prefixes given up, %llu nodes in full, %llu diverged", c->name, n,
			 (unsigned long long)res.pruned, (unsigned long long)res.in_full,
			 (unsigned long long)res.diverged);
	sim_destroy(sim);
}

static void a_classic(void **state)
{
	const struct classic *c = *state;

	for (enum sim_explore_mode mode = SIM_EXPLORE_OPTIMAL; mode <= SIM_EXPLORE_SLEEP; mode++) {
		check_classic(c, c->small, mode, SIM_REWIND_SNAPSHOT);
		check_classic(c, c->small, mode, SIM_REWIND_REPLAY);
		check_classic(c, c->large, mode, SIM_REWIND_DEFAULT);
	}
	check_classic(c, c->most, SIM_EXPLORE_OPTIMAL, SIM_REWIND_DEFAULT);
}

static void brute_force_counts_interleavings(void **state)
{
	/* All interleavings, as published for explorers without reduction. */
	static const struct {
		const char *name;
		int n;
		uint64_t executions;
	} rows[] = {
		{ "ainc", 4, 2520 },        { "fib", 3, 48620 },     { "lastwrite", 6, 720 },
		{ "philosophers", 3, 168 }, { "readers", 4, 120 },   { "sb", 3, 90 },
		{ "uffd-race", 1, 27 },     { "uffd-race", 2, 892 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct sim *sim = classic_machine(classic_find(rows[i].name), rows[i].n);
		const struct sim_explore_config cfg = { .mode = SIM_EXPLORE_BRUTE };
		struct sim_explore_result res;

		assert_int_equal(sim_explore(sim, &cfg, &res), 0);
		assert_int_equal(res.executions, rows[i].executions);
		assert_int_equal(res.pruned, 0);
		sim_destroy(sim);
	}
}

static int stop_at_third(void *ctx, struct sim *sim, const struct sim_execution *x)
{
	return x->number == 2 ? -EINTR : 0;
}

static void the_callback_can_stop_the_search(void **state)
{
	struct sim *sim = classic_machine(classic_find("fib"), 3);
	const struct sim_explore_config cfg = { .execution = stop_at_third };
	struct sim_explore_result res;

	assert_int_equal(sim_explore(sim, &cfg, &res), -EINTR);
	assert_int_equal(res.executions, 3);
	assert_false(res.complete);
	/* The machine is where it was. */
	assert_int_equal(t_explore(sim).executions, 141);
	assert_int_equal(t_run(sim), SIM_END_DONE);
	sim_destroy(sim);
}

static void a_flag_stops_the_search(void **state)
{
	struct sim *sim = classic_machine(classic_find("fib"), 3);
	struct sim_progress progress = { 0 };
	const int stop = 1;
	const struct sim_explore_config cfg = { .stop = &stop, .progress = &progress };
	struct sim_explore_result res;

	assert_int_equal(sim_explore(sim, &cfg, &res), 0);
	assert_int_equal(res.executions, 1);
	assert_int_equal(progress.executions, 1);
	assert_int_equal(progress.steps, res.steps);
	assert_false(res.complete);
	sim_destroy(sim);
}

static void spin_for_ever(void *arg)
{
	struct sim_var *v = arg;

	while (!read_once(v))
		;
}

static void store_one(void *arg)
{
	write_once(arg, 1);
}

static void endless_executions_are_cut_and_counted(void **state)
{
	struct sim *sim = t_machine_with((struct sim_config){ .max_steps = 50 });
	struct sim_var *v = sim_zalloc(sim, sizeof(*v));
	struct sim_explore_result res;

	sim_var_init(sim, v, "flag", 0);
	sim_spawn(sim, "spinner", spin_for_ever, v, 0);
	sim_spawn(sim, "setter", store_one, v, 0);
	res = t_explore(sim);
	/* The flag is never set, or too late for the spinner to see it. */
	assert_int_equal(res.step_bound, 2);
	assert_true(res.executions > 20);
	assert_false(res.complete);
	sim_destroy(sim);
}

static void bug_if_zero(void *arg)
{
	struct sim_var *v = arg;

	if (!read_once(v))
		sim_bug(v->obj.sim, SIM_BUG_MISUSE, "read too early");
}

static void unmodelled_if_set(void *arg)
{
	struct sim_var *v = arg;

	if (read_once(v))
		sim_unmodelled(v->obj.sim, "no such thing");
}

static void ends_of_all_kinds_are_counted(void **state)
{
	struct sim *sim = t_machine();
	struct sim_var *v = sim_zalloc(sim, sizeof(*v));
	struct sim_explore_result res;

	sim_var_init(sim, v, "flag", 0);
	sim_spawn(sim, "bug", bug_if_zero, v, 0);
	sim_spawn(sim, "unmodelled", unmodelled_if_set, v, 0);
	sim_spawn(sim, "setter", store_one, v, 0);
	res = t_explore(sim);
	assert_true(res.bugs > 0);
	assert_true(res.unmodelled > 0);
	assert_false(res.complete);
	assert_int_equal(t_explore(sim).executions, res.executions);
	assert_int_equal(sim_finding(sim)->bug, SIM_BUG_NONE);
	sim_destroy(sim);
}

static void a_finding_hides_nothing(void **state)
{
	/* The reader's bug comes first; that the setter could have come before must be seen. */
	static const enum sim_explore_mode modes[] = {
		SIM_EXPLORE_OPTIMAL, SIM_EXPLORE_SLEEP, SIM_EXPLORE_BRUTE,
	};

	for (size_t i = 0; i < ARRAY_SIZE(modes); i++) {
		struct sim *sim = t_machine();
		struct sim_var *v = sim_zalloc(sim, sizeof(*v));
		const struct sim_explore_config cfg = { .mode = modes[i] };
		struct sim_explore_result res;

		sim_var_init(sim, v, "flag", 0);
		sim_spawn(sim, "bug", bug_if_zero, v, 0);
		sim_spawn(sim, "setter", store_one, v, 0);
		assert_int_equal(sim_explore(sim, &cfg, &res), 0);
		assert_int_equal(res.executions, 2);
		assert_int_equal(res.bugs, 1);
		sim_destroy(sim);
	}
}

static unsigned outside;

static void not_deterministic(void *arg)
{
	struct sim_var *v = arg;

	if (outside++ % 2)
		read_once(v);
	else
		write_once(v, 1);
	read_once(v);
}

static void a_program_that_changes_its_mind_is_found(void **state)
{
	struct sim *sim = t_machine();
	struct sim_var *v = sim_zalloc(sim, sizeof(*v));
	const struct sim_explore_config cfg = { .rewind = SIM_REWIND_REPLAY };
	struct sim_explore_result res;

	sim_var_init(sim, v, "v", 0);
	sim_spawn(sim, "fickle", not_deterministic, v, 0);
	sim_spawn(sim, "setter", store_one, v, 0);
	assert_int_equal(sim_explore(sim, &cfg, &res), 0);
	assert_int_equal(res.bugs, 1);
	assert_false(res.complete);
	sim_destroy(sim);
}

int main(void)
{
	static const struct CMUnitTest rest[] = {
		cmocka_unit_test(brute_force_counts_interleavings),
		cmocka_unit_test(the_callback_can_stop_the_search),
		cmocka_unit_test(a_flag_stops_the_search),
		cmocka_unit_test(endless_executions_are_cut_and_counted),
		cmocka_unit_test(ends_of_all_kinds_are_counted),
		cmocka_unit_test(a_finding_hides_nothing),
		cmocka_unit_test(a_program_that_changes_its_mind_is_found),
	};
	struct CMUnitTest tests[64];
	unsigned nr = 0;
	int failed;

	for (; nr < nr_classics; nr++)
		tests[nr] = (struct CMUnitTest){
			classics[nr].name, a_classic, NULL, NULL, (void *)&classics[nr],
		};
	failed = _cmocka_run_group_tests("classics", tests, nr, NULL, NULL);
	return failed + cmocka_run_group_tests(rest, NULL, NULL);
}

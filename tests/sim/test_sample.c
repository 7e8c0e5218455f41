/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Samples: what they contain, and that what is said of them is true.
 */
#include "classics.h"
#include "harness.h"

static struct sim_explore_result sample(struct sim *sim, struct sim_explore_config cfg)
{
	struct sim_explore_result res;

	assert_int_equal(sim_explore(sim, &cfg, &res), 0);
	return res;
}

static const enum sim_explore_mode modes[] = { SIM_EXPLORE_RANDOM, SIM_EXPLORE_PCT };

struct schedules {
	uint8_t picks[100][64];
	unsigned nr;
};

static int keep_picks(void *ctx, struct sim *sim, const struct sim_execution *x)
{
	struct schedules *s = ctx;

	memcpy(s->picks[s->nr++], x->picks, x->steps);
	return 0;
}

static void a_seed_names_a_sample(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(modes); i++) {
		static struct schedules s[3];
		struct sim *sim = classic_machine(classic_find("fib"), 4);

		memset(s, 0, sizeof(s));
		for (unsigned k = 0; k < 3; k++)
			sample(sim, (struct sim_explore_config){
				.mode = modes[i], .bug_depth = 3, .seed = k == 2,
				.max_executions = 100, .execution = keep_picks, .ctx = &s[k],
			});
		assert_int_equal(s[0].nr, 100);
		assert_memory_equal(&s[0], &s[1], sizeof(s[0]));
		assert_memory_not_equal(&s[0], &s[2], sizeof(s[0]));
		sim_destroy(sim);
	}
}

static void a_sample_is_never_complete_but_knows_when_little_is_left(void **state)
{
	struct sim *sim = classic_machine(classic_find("philosophers"), 4);
	struct sim_explore_result res;

	res = sample(sim, (struct sim_explore_config){
		.mode = SIM_EXPLORE_RANDOM, .max_executions = 20,
	});
	assert_in_range(res.sample.distinct, 2, 15);
	assert_true(res.sample.unseen > 0);
	assert_false(res.complete);
	res = sample(sim, (struct sim_explore_config){
		.mode = SIM_EXPLORE_RANDOM, .max_executions = 5000,
	});
	assert_int_equal(res.sample.distinct, 15);
	assert_true(res.sample.unseen < 0.001);
	assert_true(res.deadlocks > 0);
	assert_false(res.complete);
	assert_int_equal(res.limit, SIM_LIMIT_EXECUTIONS);
	sim_destroy(sim);
}

static double power(double x, uint64_t n)
{
	double y = 1;

	for (uint64_t i = 0; i < n; i++)
		y *= x;
	return y;
}

static void the_odds_of_pct_are_those_of_its_theorem(void **state)
{
	/* philosophers(n): n threads; a choice for each of 4 operations, but for the last step. */
	static const struct {
		int n;
		unsigned depth;
		uint64_t executions;
	} rows[] = { { 2, 1, 1 }, { 2, 2, 100 }, { 3, 2, 1 }, { 3, 3, 1000 } };

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct sim *sim = classic_machine(classic_find("philosophers"), rows[i].n);
		struct sim_explore_result res = sample(sim, (struct sim_explore_config){
			.mode = SIM_EXPLORE_PCT, .bug_depth = rows[i].depth,
			.max_executions = rows[i].executions,
		});
		double k = (double)res.sample.steps, p;

		assert_int_equal(res.sample.threads, rows[i].n);
		p = 1 / (rows[i].n * power(k, rows[i].depth - 1));
		/* The first execution only tells how long they are. */
		p = 1 - power(1 - p, rows[i].executions - 1);
		assert_true(res.sample.odds <= p + 1e-9);
		assert_true(res.sample.odds > p / 2 - 1e-9);
		sim_destroy(sim);
	}
}

static void the_deadlock_of_two_philosophers_comes_at_least_as_often_as_said(void **state)
{
	/* A bug of depth 2: in single executions, over many seeds. */
	struct sim *sim = classic_machine(classic_find("philosophers"), 2);
	struct sim_explore_result res;
	unsigned n = 2000;

	res = sample(sim, (struct sim_explore_config){
		.mode = SIM_EXPLORE_PCT, .bug_depth = 2, .max_executions = n, .seed = 7,
	});
	assert_true((double)res.deadlocks / n > 1.0 / (2 * (double)res.sample.steps));
	sim_destroy(sim);
}

static void spin(void *arg)
{
	struct sim_var *v = arg;

	while (!read_once(v))
		;
}

static void store(void *arg)
{
	write_once(arg, 1);
}

static void nobody_waits_for_ever(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(modes); i++) {
		struct sim *sim = t_machine_with((struct sim_config){ .max_steps = 5000 });
		struct sim_var *v = sim_zalloc(sim, sizeof(*v));
		struct sim_explore_result res;

		sim_var_init(sim, v, "flag", 0);
		for (unsigned k = 0; k < 3; k++)
			sim_spawn(sim, "spinner", spin, v, 0);
		sim_spawn(sim, "setter", store, v, 0);
		res = sample(sim, (struct sim_explore_config){
			.mode = modes[i], .bug_depth = 2, .max_executions = 200,
		});
		assert_int_equal(res.executions, 200);
		assert_int_equal(res.step_bound, 0);
		/* Turns that were not drawn: no theorem. */
		assert_true(res.sample.odds == 0);
		sim_destroy(sim);
	}
}

static void every_kind_of_search_ends_in_time(void **state)
{
	static const enum sim_explore_mode all[] = {
		SIM_EXPLORE_OPTIMAL, SIM_EXPLORE_SLEEP, SIM_EXPLORE_BRUTE,
		SIM_EXPLORE_BOUNDED, SIM_EXPLORE_RANDOM, SIM_EXPLORE_PCT,
	};

	for (size_t i = 0; i < ARRAY_SIZE(all); i++) {
		struct sim *sim = classic_machine(classic_find("fib"), 12);
		struct sim_explore_result res = sample(sim, (struct sim_explore_config){
			.mode = all[i], .bug_depth = 3, .preemptions = 100, .max_seconds = 0.05,
		});

		assert_int_equal(res.limit, SIM_LIMIT_SECONDS);
		assert_true(res.executions > 0);
		assert_false(res.complete);
		sim_destroy(sim);
	}
}

/* ------------------------------------------------------------------- estimates */

#define CROWDS 10

static void walks_count_the_traces(void **state)
{
	for (unsigned i = 0; i < nr_classics; i++) {
		const struct classic *c = &classics[i];
		struct sim *sim = classic_machine(c, c->small);
		struct sim_explore_result res = sample(sim, (struct sim_explore_config){
			.mode = SIM_EXPLORE_ESTIMATE, .max_executions = CROWDS,
		});
		double off = res.estimate.total - (double)c->traces(c->small);

		assert_int_equal(res.executions, CROWDS);
		/* Four standard errors. */
		if (off * off > 16 * res.estimate.variance + 1e-9)
			fail_msg("%s(%d): %f, not %llu", c->name, c->small, res.estimate.total,
				 (unsigned long long)c->traces(c->small));
		assert_false(res.complete);
		sim_destroy(sim);
	}
}

static void what_takes_long_is_estimated_at_once(void **state)
{
	static const struct {
		const char *name;
		int n;
	} rows[] = { { "fib", 7 }, { "uffd-race", 5 }, { "barrier", 5 } };

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct classic *c = classic_find(rows[i].name);
		struct sim *sim = classic_machine(c, rows[i].n);
		struct sim_explore_result res = sample(sim, (struct sim_explore_config){
			.mode = SIM_EXPLORE_ESTIMATE, .max_executions = CROWDS,
		});
		double truth = (double)c->traces(rows[i].n);

		if (res.estimate.total < truth / 2 || res.estimate.total > truth * 2)
			fail_msg("%s(%d): %f, not %f", c->name, rows[i].n, res.estimate.total,
				 truth);
		sim_destroy(sim);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_seed_names_a_sample),
		cmocka_unit_test(a_sample_is_never_complete_but_knows_when_little_is_left),
		cmocka_unit_test(the_odds_of_pct_are_those_of_its_theorem),
		cmocka_unit_test(the_deadlock_of_two_philosophers_comes_at_least_as_often_as_said),
		cmocka_unit_test(nobody_waits_for_ever),
		cmocka_unit_test(every_kind_of_search_ends_in_time),
		cmocka_unit_test(walks_count_the_traces),
		cmocka_unit_test(what_takes_long_is_estimated_at_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

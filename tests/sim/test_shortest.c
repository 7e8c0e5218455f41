/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_shortest.c - the execution with the fewest switches, against brute force
 */
#include <errno.h>

#include "classics.h"
#include "harness.h"
#include "random_program.h"

#define OUTCOMES 32
#define BRUTE    30000

/* A way to end, and the easiest execution that ends so. */
struct outcome {
	uint64_t state;
	enum sim_end end;
	uint64_t switches, steps;
};

struct brute {
	struct outcome v[OUTCOMES];
	unsigned nr;
	bool full;
};

/* Who else had begun when a bug ended it does not matter. */
static struct outcome outcome_of(struct sim *sim, enum sim_end end)
{
	uint64_t state = end == SIM_END_BUG ? sim_finding(sim)->bug : rp_final_state(sim);

	return (struct outcome){ .state = state, .end = end };
}

static int look(void *ctx, struct sim *sim, const struct sim_execution *x)
{
	struct brute *b = ctx;
	struct outcome o = outcome_of(sim, x->end);
	unsigned i = 0;

	o.switches = sim_switches(x->picks, x->steps);
	o.steps = x->steps;
	while (i < b->nr && (b->v[i].state != o.state || b->v[i].end != o.end))
		i++;
	if (i == OUTCOMES) {
		b->full = true;
		return 0;
	}
	if (i == b->nr)
		b->v[b->nr++] = o;
	else if (o.switches < b->v[i].switches ||
		 (o.switches == b->v[i].switches && o.steps < b->v[i].steps))
		b->v[i] = o;
	return 0;
}

static bool shows(void *ctx, struct sim *sim, enum sim_end end)
{
	const struct outcome *want = ctx;
	struct outcome o = outcome_of(sim, end);

	return o.end == want->end && o.state == want->state;
}

static struct sim_shortest_result shortest(struct sim *sim, struct outcome *want, bool all_end)
{
	const struct sim_shortest_config cfg = {
		.shows = shows,
		.ctx = want,
		.all_end = all_end,
		.max_switches = 100,
		.max_steps = 200,
		.effort = 10000000,
	};
	struct sim_shortest_result res;

	assert_int_equal(sim_shortest(sim, &cfg, &res), 0);
	return res;
}

static void search(struct sim *sim, struct outcome *want, bool all_end, uint64_t seed)
{
	struct sim_shortest_result res = shortest(sim, want, all_end);

	if (!res.picks || !res.proven || res.switches != want->switches ||
	    (res.steps != want->steps && want->end != SIM_END_BUG) ||
	    res.steps > want->steps + RP_THREADS)
		fail_msg("seed %llu, %s: %llu switches and %llu steps instead of %llu and %llu",
			 (unsigned long long)seed, sim_end_name(want->end),
			 (unsigned long long)res.switches, (unsigned long long)res.steps,
			 (unsigned long long)want->switches, (unsigned long long)want->steps);
	assert_int_equal(sim_switches(res.picks, res.steps), res.switches);
	sim_shortest_fini(&res);
}

/* Replayed, the schedule ends as it should. */
static void replay(const struct rp_program *p, struct sim *sim, struct outcome *want)
{
	struct sim_shortest_result res = shortest(sim, want, false);
	struct sim_strategy strategy;
	struct sim_replay r;
	struct outcome got;
	struct sim *again;
	char *token;

	token = sim_token(1, res.picks, res.enabled, res.steps);
	again = rp_machine(p);
	assert_int_equal(sim_replay_init(&r, token, 1, &strategy), 0);
	got = outcome_of(again, sim_run(again, strategy));
	assert_null(r.error);
	assert_int_equal(got.end, want->end);
	assert_true(got.state == want->state);
	sim_destroy(again);
	free(token);
	sim_shortest_fini(&res);
}

static bool one_program(uint64_t seed)
{
	static struct brute b;
	const struct sim_explore_config cfg = {
		.mode = SIM_EXPLORE_BRUTE,
		.max_executions = BRUTE,
		.execution = look,
		.ctx = &b,
	};
	struct sim_explore_result res;
	struct rp_program p;
	struct sim *sim;
	bool good;

	memset(&b, 0, sizeof(b));
	rp_generate(&p, seed);
	sim = rp_machine(&p);
	assert_int_equal(sim_explore(sim, &cfg, &res), 0);
	good = res.complete && !b.full;
	for (unsigned i = 0; good && i < b.nr; i++) {
		search(sim, &b.v[i], false, seed);
		if (b.v[i].end == SIM_END_DONE)
			search(sim, &b.v[i], true, seed);
		if (i < 4)
			replay(&p, sim, &b.v[i]);
	}
	sim_destroy(sim);
	return good;
}

static void it_is_what_brute_force_finds(void **state)
{
	unsigned good = 0;

	for (uint64_t seed = 1; seed <= 400; seed++)
		good += one_program(seed);
	/* The others are too large for brute force. */
	assert_in_range(good, 40, 400);
}

static bool is_deadlock(void *ctx, struct sim *sim, enum sim_end end)
{
	return end == SIM_END_DEADLOCK;
}

static struct sim_shortest_config for_deadlock(uint64_t max_switches)
{
	return (struct sim_shortest_config){
		.shows = is_deadlock,
		.max_switches = max_switches,
		.max_steps = 200,
		.effort = 2000000,
	};
}

static void philosophers_need_a_switch_less_than_they_are(void **state)
{
	for (int n = 2; n <= 5; n++) {
		struct sim *sim = classic_machine(classic_find("philosophers"), n);
		const struct sim_shortest_config cfg = for_deadlock(20);
		struct sim_shortest_result res;

		assert_int_equal(sim_shortest(sim, &cfg, &res), 0);
		assert_true(res.proven);
		assert_int_equal(res.switches, n - 1);
		sim_shortest_fini(&res);
		sim_destroy(sim);
	}
}

static void what_is_not_there_is_not_found(void **state)
{
	struct sim *sim = classic_machine(classic_find("fib"), 3);
	struct sim_shortest_config cfg = for_deadlock(3);
	struct sim_shortest_result res;

	assert_int_equal(sim_shortest(sim, &cfg, &res), 0);
	assert_null(res.picks);
	assert_true(res.proven);
	cfg.effort = 50;
	cfg.max_switches = 100;
	assert_int_equal(sim_shortest(sim, &cfg, &res), 0);
	assert_null(res.picks);
	assert_false(res.proven);
	assert_int_equal(res.effort, 51);
	sim_trace_start(sim);
	assert_int_equal(sim_shortest(sim, &cfg, &res), -EINVAL);
	sim_destroy(sim);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_is_what_brute_force_finds),
		cmocka_unit_test(philosophers_need_a_switch_less_than_they_are),
		cmocka_unit_test(what_is_not_there_is_not_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

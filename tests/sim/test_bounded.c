/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A search bounded to N preemptions finds the traces that some interleaving with
 * at most N of them leads to, each once, where brute force has them counted.
 */
#include <inttypes.h>

#include "classics.h"
#include "harness.h"
#include "random_program.h"

#define MAX_BRUTE  2000
#define MAX_BOUND  4

#ifdef __SANITIZE_ADDRESS__
#define PROGRAMS 150
#else
#define PROGRAMS 1000
#endif

struct ending {
	uint64_t hash, state;
	unsigned preemptions; /* the fewest that lead to it */
};

struct endings {
	struct ending v[MAX_BRUTE];
	size_t nr;
	bool reduced;
};

/* As sim.h defines them. */
static unsigned preemptions(const struct sim_execution *x)
{
	unsigned taken[SIM_MAX_THREADS] = { 0 }, nr = 0;
	int current = -1;

	for (uint64_t i = 0; i < x->steps; i++) {
		unsigned id = x->picks[i];

		if (taken[id] && current >= 0 && (unsigned)current != id)
			nr += x->enabled[i] >> current & 1 && taken[current] % SIM_FAIR_STEPS;
		if (taken[id]++)
			current = (int)id;
	}
	return nr;
}

static int collect(void *ctx, struct sim *sim, const struct sim_execution *x)
{
	struct endings *e = ctx;

	if (e->nr == MAX_BRUTE)
		return 1;
	e->v[e->nr++] = (struct ending){
		x->trace_hash, x->end == SIM_END_BUG ? 0 : rp_final_state(sim), preemptions(x),
	};
	return 0;
}

static int by_hash(const void *pa, const void *pb)
{
	const struct ending *a = pa, *b = pb;

	if (a->hash != b->hash)
		return a->hash > b->hash ? 1 : -1;
	return (int)a->preemptions - (int)b->preemptions;
}

static void sort(struct endings *e, uint64_t seed)
{
	size_t nr = 0;

	qsort(e->v, e->nr, sizeof(e->v[0]), by_hash);
	for (size_t i = 0; i < e->nr; i++) {
		if (!nr || e->v[nr - 1].hash != e->v[i].hash)
			e->v[nr++] = e->v[i];
		else if (e->reduced)
			fail_msg("seed %" PRIu64 ": a trace comes twice", seed);
	}
	e->nr = nr;
}

static bool explore(const struct rp_program *p, enum sim_explore_mode mode, unsigned bound,
		    struct endings *e, struct sim_explore_result *res)
{
	struct sim_explore_config cfg = {
		.mode = mode, .preemptions = bound, .hash_traces = true,
		.execution = collect, .ctx = e,
	};
	struct sim *sim = rp_machine(p);
	int err;

	assert_non_null(sim);
	e->nr = 0;
	e->reduced = mode == SIM_EXPLORE_BOUNDED;
	err = sim_explore(sim, &cfg, res);
	sim_destroy(sim);
	return err == 0;
}

static void compare(uint64_t seed, unsigned bound, const struct endings *brute,
		    const struct endings *got)
{
	size_t j = 0;

	for (size_t i = 0; i < brute->nr; i++) {
		const struct ending *b = &brute->v[i], *g = &got->v[j];

		if (b->preemptions > bound)
			continue;
		if (j == got->nr || b->hash != g->hash || b->state != g->state)
			fail_msg("seed %" PRIu64 ", bound %u: a trace is missing", seed, bound);
		/* Smaller bounds come first. */
		if (g->preemptions > b->preemptions)
			fail_msg("seed %" PRIu64 ": %u preemptions where %u do", seed,
				 g->preemptions, b->preemptions);
		j++;
	}
	if (j != got->nr)
		fail_msg("seed %" PRIu64 ", bound %u: %zu traces too many", seed, bound,
			 got->nr - j);
}

static bool check_program(uint64_t seed)
{
	static struct endings brute, got;
	struct sim_explore_result res;
	struct rp_program p;

	rp_generate(&p, seed);
	if (!explore(&p, SIM_EXPLORE_BRUTE, 0, &brute, &res))
		return false;
	sort(&brute, seed);
	for (unsigned bound = 0; bound <= MAX_BOUND; bound++) {
		assert_true(explore(&p, SIM_EXPLORE_BOUNDED, bound, &got, &res));
		sort(&got, seed);
		compare(seed, bound, &brute, &got);
		if (res.complete && got.nr != brute.nr)
			fail_msg("seed %" PRIu64 ", bound %u: not complete", seed, bound);
		assert_in_range(res.preemptions, 0, bound);
		assert_true(res.complete || res.preemptions == (int)bound || res.step_bound ||
			    res.unmodelled);
	}
	return true;
}

static void a_bound_is_brute_force_filtered(void **state)
{
	unsigned checked = 0;

	for (uint64_t seed = 1; seed <= PROGRAMS; seed++)
		checked += check_program(seed);
	assert_true(checked > PROGRAMS / 3);
}

static void with_enough_preemptions_it_is_complete(void **state)
{
	for (unsigned i = 0; i < nr_classics; i++) {
		const struct classic *c = &classics[i];
		struct sim *sim = classic_machine(c, c->small);
		const struct sim_explore_config cfg = {
			.mode = SIM_EXPLORE_BOUNDED, .preemptions = 1000,
		};
		struct sim_explore_result res;

		assert_int_equal(sim_explore(sim, &cfg, &res), 0);
		if (!res.complete || res.executions != c->traces(c->small) ||
		    res.deadlocks != c->deadlocks)
			fail_msg("%s(%d): %" PRIu64 " executions", c->name, c->small,
				 res.executions);
		sim_destroy(sim);
	}
}

static void one_preemption_and_the_philosophers_starve(void **state)
{
	for (int n = 2; n <= 5; n++) {
		for (int bound = 0; bound < n; bound++) {
			struct sim *sim = classic_machine(classic_find("philosophers"), n);
			const struct sim_explore_config cfg = {
				.mode = SIM_EXPLORE_BOUNDED, .preemptions = (unsigned)bound,
			};
			struct sim_explore_result res;

			assert_int_equal(sim_explore(sim, &cfg, &res), 0);
			/* In the right order all others run into a fork that is taken. */
			assert_int_equal(res.deadlocks, bound >= 1);
			assert_int_equal(res.preemptions, bound);
			sim_destroy(sim);
		}
	}
}

static void a_search_that_is_stopped_tells_the_last_bound_it_finished(void **state)
{
	struct sim *sim = classic_machine(classic_find("fib"), 4);
	struct sim_explore_config cfg = { .mode = SIM_EXPLORE_BOUNDED, .preemptions = 1 };
	struct sim_explore_result res;

	assert_int_equal(sim_explore(sim, &cfg, &res), 0);
	assert_int_equal(res.preemptions, 1);
	cfg.preemptions = 9;
	cfg.max_executions = res.executions + 1;
	assert_int_equal(sim_explore(sim, &cfg, &res), 0);
	assert_int_equal(res.preemptions, 1);
	assert_int_equal(res.limit, SIM_LIMIT_EXECUTIONS);
	assert_false(res.complete);
	sim_destroy(sim);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_bound_is_brute_force_filtered),
		cmocka_unit_test(with_enough_preemptions_it_is_complete),
		cmocka_unit_test(one_preemption_and_the_philosophers_starve),
		cmocka_unit_test(a_search_that_is_stopped_tells_the_last_bound_it_finished),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

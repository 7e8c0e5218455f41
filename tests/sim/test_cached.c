/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A search that remembers states finds the final states and the findings of brute
 * force; with loops, too, and then whether one goes round for ever.
 *
 *     test_cached [first seed [number of programs]]
 */
#include <inttypes.h>

#include "classics.h"
#include "harness.h"
#include "random_program.h"
#include "spin_program.h"

#define MAX_BRUTE 20000

static uint64_t first_seed = 1;
#ifdef __SANITIZE_ADDRESS__
static unsigned nr_programs = 200;
#else
static unsigned nr_programs = 800;
#endif

/* The ends of executions, each once. */
struct ends {
	struct end {
		uint64_t state;
		int end;
	} v[MAX_BRUTE + 1];
	size_t nr;
	uint64_t (*state)(struct sim *sim);
	/* Those without an end, of which the first few are followed further. */
	const struct sp_program *spin;
	bool endless, livelock;
	unsigned tried;
};

struct way {
	const uint8_t *picks;
	uint64_t at, nr;
};

static int follow(void *state, const struct sim_choice *choice)
{
	struct way *w = state;

	return w->at < w->nr ? w->picks[w->at++] : -1;
}

static bool goes_round(const struct sp_program *p, const struct sim_execution *x)
{
	struct way way = { .picks = x->picks, .nr = x->steps };
	struct sim *sim = sp_machine(p);
	struct sim_lasso lasso;
	int r;

	assert_int_equal(sim_run(sim, (struct sim_strategy){ follow, &way }), SIM_END_STOPPED);
	r = sim_find_lasso(sim, &lasso);
	sim_destroy(sim);
	assert_true(r >= 0);
	return r;
}

static int collect(void *ctx, struct sim *sim, const struct sim_execution *x)
{
	struct ends *e = ctx;

	if (x->end == SIM_END_STEP_BOUND) {
		e->endless = true;
		if (!e->livelock && e->tried++ < 200)
			e->livelock = goes_round(e->spin, x);
		return 0;
	}
	if (e->nr == MAX_BRUTE)
		return 1;
	e->v[e->nr++] = (struct end){ x->end == SIM_END_BUG ? t_finding(sim) : e->state(sim), x->end };
	return 0;
}

static int by_state(const void *pa, const void *pb)
{
	const struct end *a = pa, *b = pb;

	if (a->end != b->end)
		return a->end - b->end;
	return (a->state > b->state) - (a->state < b->state);
}

static void unique(struct ends *e)
{
	size_t nr = 0;

	qsort(e->v, e->nr, sizeof(e->v[0]), by_state);
	for (size_t i = 0; i < e->nr; i++)
		if (!nr || by_state(&e->v[nr - 1], &e->v[i]))
			e->v[nr++] = e->v[i];
	e->nr = nr;
}

static bool explore(struct sim *sim, struct sim_explore_config cfg, struct ends *e,
		    struct sim_explore_result *res)
{
	int err;

	assert_non_null(sim);
	cfg.execution = collect;
	cfg.ctx = e;
	e->nr = e->tried = 0;
	e->endless = e->livelock = false;
	err = sim_explore(sim, &cfg, res);
	sim_destroy(sim);
	unique(e);
	return err == 0;
}

static void same(uint64_t seed, const struct ends *brute, const struct ends *cached)
{
	if (brute->nr != cached->nr)
		fail_msg("seed %" PRIu64 ": %zu ends of %zu", seed, cached->nr, brute->nr);
	for (size_t i = 0; i < brute->nr; i++)
		if (by_state(&brute->v[i], &cached->v[i]))
			fail_msg("seed %" PRIu64 ": other ends", seed);
}

static const struct sim_explore_config brute_force = { .mode = SIM_EXPLORE_BRUTE,
						       .max_executions = MAX_BRUTE };
static const struct sim_explore_config every_state = { .mode = SIM_EXPLORE_STATES };
/* Room for few states, so most are forgotten. */
static const struct sim_explore_config few_states = { .mode = SIM_EXPLORE_STATES,
						      .cache_bytes = 1 };

static void final_states_are_those_of_brute_force(void **state)
{
	static struct ends brute = { .state = rp_final_state }, cached = { .state = rp_final_state };
	struct sim_explore_result res;
	unsigned checked = 0;

	for (uint64_t seed = first_seed; seed < first_seed + nr_programs; seed++) {
		struct rp_program p;

		rp_generate(&p, seed);
		if (!explore(rp_machine(&p), brute_force, &brute, &res) || res.limit)
			continue;
		checked++;
		assert_true(explore(rp_machine(&p), every_state, &cached, &res));
		assert_true(res.complete && !res.forgotten);
		same(seed, &brute, &cached);
	}
	assert_true(nr_programs < 100 || checked > nr_programs / 3);
}

static void loops_are_cycles_of_states(void **state)
{
	static struct ends brute = { .state = sp_final_state }, cached = { .state = sp_final_state };
	struct sim_explore_config cut = brute_force;
	struct sim_explore_result res;
	unsigned loops = 0, livelocks = 0;

	for (uint64_t seed = first_seed; seed < first_seed + nr_programs; seed++) {
		struct sp_program p;

		sp_generate(&p, seed);
		brute.spin = cached.spin = &p;
		/* Without going round, so brute force sees all ends. */
		cut.max_steps = sp_steps(&p) + 1;
		if (!explore(sp_machine(&p), cut, &brute, &res) || res.limit)
			continue;
		assert_true(explore(sp_machine(&p), every_state, &cached, &res));
		assert_true(res.complete && !res.forgotten);
		assert_int_equal(cached.endless, res.cycles > 0);
		same(seed, &brute, &cached);
		/* What was cut may have an end beyond; what comes back to a state has none. */
		assert_true(brute.endless || !cached.endless);
		if (brute.livelock && !cached.livelock)
			fail_msg("seed %" PRIu64 ": a livelock is missing", seed);
		loops += res.cycles > 0;
		livelocks += cached.livelock;
	}
	assert_true(nr_programs < 100 || (loops > nr_programs / 20 && livelocks > 0 && livelocks < loops));
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
	assert_true(explore(classic_machine(c, 7), every_state, &all, &res));
	assert_true(explore(classic_machine(c, 7), few_states, &few, &small));
	same(7, &all, &few);
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

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Exploring with races and with sleep sets alone is compared with every
 * interleaving: the same traces, each once; the same final states; the same
 * deadlocks.
 *
 *     test_random_programs [first seed [number of programs]]
 */
#include <inttypes.h>
#include <stdio.h>

#include <uffdsim/frontier.h>

#include "harness.h"
#include "random_program.h"

/* Programs with more interleavings than this are left to other seeds. */
#define MAX_BRUTE 1000

static uint64_t first_seed = 1;
#ifdef __SANITIZE_ADDRESS__
static unsigned nr_programs = 500;
#else
static unsigned nr_programs = 3000;
#endif

struct ending {
	uint64_t hash, state;
	int end;
};

struct endings {
	struct ending v[MAX_BRUTE];
	size_t nr, twice;
};

static int collect(void *ctx, struct sim *sim, const struct sim_execution *x)
{
	struct endings *e = ctx;

	if (e->nr == MAX_BRUTE)
		return 1;
	if (x->end == SIM_END_BUG) {
		e->v[e->nr++] = (struct ending){ t_finding(sim), 0, x->end };
		return 0;
	}
	e->v[e->nr++] = (struct ending){ x->trace_hash, rp_final_state(sim), x->end };
	return 0;
}

static int by_hash(const void *pa, const void *pb)
{
	const struct ending *a = pa, *b = pb;

	return (a->hash > b->hash) - (a->hash < b->hash);
}

static size_t unique(struct endings *e, uint64_t seed)
{
	size_t nr = 0;

	e->twice = 0;
	qsort(e->v, e->nr, sizeof(e->v[0]), by_hash);
	for (size_t i = 0; i < e->nr; i++) {
		struct ending *last = nr ? &e->v[nr - 1] : NULL;

		if (!last || last->hash != e->v[i].hash)
			e->v[nr++] = e->v[i];
		else if (last->state != e->v[i].state || last->end != e->v[i].end)
			fail_msg("seed %" PRIu64 ": one trace, two final states", seed);
		else
			e->twice += last->end != SIM_END_BUG;
	}
	return nr;
}

/* What was given up or tried for want of knowledge, in all programs; where steps are fixed, and not. */
static struct sim_explore_result total[2];

static bool explore(const struct rp_program *p, enum sim_explore_mode mode, enum sim_rewind rewind,
		    bool fixed, struct endings *e)
{
	struct sim_explore_config cfg = {
		.mode = mode, .rewind = rewind, .hash_traces = true, .execution = collect, .ctx = e,
		.fixed_steps = fixed,
	};
	struct sim_explore_result res;
	struct sim *sim = rp_machine(p);
	int err;

	assert_non_null(sim);
	e->nr = 0;
	err = sim_explore(sim, &cfg, &res);
	sim_destroy(sim);
	if (mode == SIM_EXPLORE_OPTIMAL && !err)
		sim_explore_result_add(&total[!fixed], &res);
	return err == 0;
}

static void compare(uint64_t seed, const char *what, struct endings *brute, size_t nr,
		    struct endings *sleep)
{
	size_t visited = unique(sleep, seed);

	if (sleep->twice)
		fail_msg("seed %" PRIu64 ", %s: a trace was visited twice", seed, what);
	if (visited != nr)
		fail_msg("seed %" PRIu64 ", %s: %zu traces of %zu", seed, what, visited, nr);
	for (size_t i = 0; i < nr; i++) {
		const struct ending *a = &brute->v[i], *b = &sleep->v[i];

		if (a->hash != b->hash || a->state != b->state || a->end != b->end)
			fail_msg("seed %" PRIu64 ", %s: other traces or final states", seed, what);
	}
}

/* Returns the number of traces, 0 if the program is too large. */
static size_t check_program(uint64_t seed)
{
	static struct endings brute, sleep;
	struct rp_program p;
	size_t nr;

	rp_generate(&p, seed);
	if (!explore(&p, SIM_EXPLORE_BRUTE, SIM_REWIND_DEFAULT, false, &brute))
		return 0;
	nr = unique(&brute, seed);
	assert_true(explore(&p, SIM_EXPLORE_OPTIMAL, SIM_REWIND_DEFAULT, true, &sleep));
	compare(seed, "optimal", &brute, nr, &sleep);
	assert_true(explore(&p, SIM_EXPLORE_OPTIMAL, SIM_REWIND_DEFAULT, false, &sleep));
	compare(seed, "optimal, any steps", &brute, nr, &sleep);
	assert_true(explore(&p, SIM_EXPLORE_SLEEP, SIM_REWIND_SNAPSHOT, false, &sleep));
	compare(seed, "snapshot", &brute, nr, &sleep);
	assert_true(explore(&p, SIM_EXPLORE_SLEEP, SIM_REWIND_REPLAY, false, &sleep));
	compare(seed, "replay", &brute, nr, &sleep);
	return nr;
}

static void searches_equal_brute_force(void **state)
{
	unsigned checked = 0;
	size_t traces = 0;

	for (unsigned i = 0; i < nr_programs; i++) {
		size_t nr = check_program(first_seed + i);

		checked += nr > 0;
		traces += nr;
	}
	print_message("%u programs, %zu traces\n", checked, traces);
	for (unsigned i = 0; i < 2; i++) {
		print_message("%s: given up: %" PRIu64 ", in full: %" PRIu64 "\n",
			      i ? "any steps" : "fixed steps", total[i].pruned, total[i].in_full);
		assert_int_equal(total[i].diverged, 0);
	}
	assert_true(nr_programs < 100 || checked > nr_programs / 3);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(searches_equal_brute_force),
	};

	t_seeds(argc, argv, &first_seed, &nr_programs);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Long random programs under random schedules: whatever is called in whatever
 * order, no invariant breaks, no lock order is inverted, and killing everybody
 * who sleeps lets everybody end.  SEED=N runs one of them.
 */
#include "random_calls.h"

#include <stdlib.h>
#include <string.h>

static void long_program(struct program *p, uint64_t seed)
{
	uint64_t x = seed;

	*p = (struct program){
		.seed = seed,
		.profile = random_profile(&x),
		.pages = 1 + below(&x, 6),
		.nr = 1 + below(&x, MAX_WORKERS),
		.blocking = !below(&x, 4),
		.source_missing = !below(&x, 4),
	};
	random_memory(p, &x, 16);
	p->features = below(&x, 3) ? EVENTS & sim_splitmix(&x) : 0;
	p->features |= random_wp_feature(p, &x);
	for (unsigned i = 0; i < p->nr; i++) {
		p->w[i].in_child = !below(&x, 5);
		p->w[i].nr = 3 + below(&x, MAX_CALLS - 3);
		for (unsigned j = 0; j < p->w[i].nr; j++)
			p->w[i].calls[j] = random_call(p, &x, random_op(p, &x));
	}
}

static void no_finding(const struct program *p, const struct sim *sim, enum sim_end end)
{
	if ((end == SIM_END_DONE || end == SIM_END_DEADLOCK) && !sim_lock_inversion(sim, 0))
		return;
	print_program(p);
	fail_msg("%s: %s", sim_end_name(end), sim_lock_inversion(sim, 0) ?
			 sim_lock_inversion(sim, 0) : sim_finding(sim)->text);
}

static void run_long(uint64_t seed)
{
	struct sim_random random;
	struct program p;
	struct ready r;
	enum sim_end end;

	long_program(&p, seed);
	r = make_ready(&p, true);
	end = sim_run(r.world->sim, sim_random_init(&random, seed));
	no_finding(&p, r.world->sim, end);
	/* Nobody sleeps in a way that a fatal signal cannot end; the last calls may block anew. */
	for (unsigned i = 0; end == SIM_END_DEADLOCK && i < 4 * MAX_CALLS; i++) {
		for (uint32_t m = sim_blocked(r.world->sim); m; m &= m - 1)
			sim_kill(sim_thread_by_id(r.world->sim, __builtin_ctz(m)));
		end = sim_run(r.world->sim, sim_random_init(&random, seed));
		no_finding(&p, r.world->sim, end);
	}
	if (end != SIM_END_DONE) {
		print_program(&p);
		fail_msg("a killed thread sleeps for ever");
	}
	world_free(r.world);
}

static void test_long_programs_break_nothing(void **state)
{
	const char *one = getenv("SEED");

	if (one)
		run_long(strtoull(one, NULL, 0));
	for (uint64_t seed = 1; !one && seed <= 20000 / SLOW; seed++)
		run_long(seed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_long_programs_break_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

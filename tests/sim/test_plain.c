/* SPDX-License-Identifier: BSD-2-Clause */
/* The short ways of a plain run end where the long ones do. */
#include <stdio.h>

#include "harness.h"
#include "random_program.h"

#define FIRST_SEED 300000
#define SEEDS      3000

/* Run to completion by another name: the machine cannot know what it will answer. */
static int ask(void *state, const struct sim_choice *choice)
{
	const struct sim_strategy *inner = state;

	return inner->pick(inner->state, choice);
}

struct outcome {
	enum sim_end end;
	uint64_t steps, state, inversions;
	char finding[256];
};

static struct outcome run(const struct rp_program *p, bool asks)
{
	struct sim_strategy inner = sim_run_to_completion();
	struct sim_strategy s = { .pick = ask, .state = &inner };
	struct sim *sim = rp_machine(p);
	struct outcome o = { 0 };

	assert_non_null(sim);
	o.end = sim_run(sim, asks ? s : inner);
	o.steps = sim_steps(sim);
	o.state = rp_final_state(sim);
	while (sim_lock_inversion(sim, o.inversions))
		o.inversions++;
	snprintf(o.finding, sizeof(o.finding), "%s", sim_finding(sim)->text);
	sim_destroy(sim);
	return o;
}

static void random_programs_end_the_same(void **state)
{
	for (uint64_t seed = FIRST_SEED; seed < FIRST_SEED + SEEDS; seed++) {
		struct rp_program p;
		struct outcome a, b;

		rp_generate(&p, seed);
		a = run(&p, false);
		b = run(&p, true);
		if (a.end != b.end || a.steps != b.steps || a.state != b.state ||
		    a.inversions != b.inversions || strcmp(a.finding, b.finding))
			fail_msg("seed %llu", (unsigned long long)seed);
	}
}

/* Two that take many steps: whose turn it is, and where the bound stops them. */
struct counting {
	struct sim *sim;
	struct rwsem sem;
	struct spinlock lock;
	uint64_t seen[2], sum;
};

static void count(void *arg)
{
	struct counting *c = arg;
	unsigned id = sim_thread_id(sim_current(c->sim));

	for (int i = 0; i < 500; i++) {
		down_read(&c->sem);
		spin_lock(&c->lock);
		c->sum = c->sum * 31 + id;
		spin_unlock(&c->lock);
		sim_yield(c->sim, SIM_OP_YIELD, "between");
		c->seen[id] = sim_steps(c->sim);
		up_read(&c->sem);
	}
}

static void turns_and_bounds_are_the_same(void **state)
{
	static const uint64_t max_steps[] = { 0, 1, 2, 49, 50, 51, 52, 100, 151, 977, 2000 };

	for (size_t i = 0; i < ARRAY_SIZE(max_steps); i++) {
		struct counting got[2];
		enum sim_end end[2];
		uint64_t steps[2];

		for (int asks = 0; asks < 2; asks++) {
			struct sim *sim = t_machine_with(
				(struct sim_config){ .max_steps = max_steps[i] });
			struct counting *c = sim_zalloc(sim, sizeof(*c));
			struct sim_strategy inner = sim_run_to_completion();
			struct sim_strategy s = { .pick = ask, .state = &inner };

			c->sim = sim;
			init_rwsem(sim, &c->sem, "sem");
			spin_lock_init(sim, &c->lock, "lock", 0);
			sim_spawn(sim, "a", count, c, 0);
			sim_spawn(sim, "b", count, c, 0);
			end[asks] = sim_run(sim, asks ? s : inner);
			steps[asks] = sim_steps(sim);
			got[asks] = *c;
			sim_destroy(sim);
		}
		assert_int_equal(end[0], end[1]);
		assert_int_equal(steps[0], steps[1]);
		assert_int_equal(got[0].sum, got[1].sum);
		assert_memory_equal(got[0].seen, got[1].seen, sizeof(got[0].seen));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(random_programs_end_the_same),
		cmocka_unit_test(turns_and_bounds_are_the_same),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

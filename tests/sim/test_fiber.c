/* SPDX-License-Identifier: BSD-2-Clause */
/* The two ways to switch stacks: whatever runs cannot tell them apart. */
#include "harness.h"
#include "random_program.h"

#define FIRST_SEED 200000
#define SEEDS      200

static int add_token(void *ctx, struct sim *sim, const struct sim_execution *x)
{
	char *token = sim_token(0, x->picks, x->enabled, x->steps);
	uint64_t *sum = ctx;

	assert_non_null(token);
	for (const char *p = token; *p; p++)
		*sum = *sum * 0x100000001b3ULL + (unsigned char)*p;
	*sum = *sum * 31 + x->trace_hash + rp_final_state(sim);
	free(token);
	return x->number == 300;
}

static uint64_t all_tokens(struct rp_program *p, bool portable, enum sim_rewind rewind)
{
	uint64_t sum = 0;
	const struct sim_explore_config cfg = {
		.rewind = rewind, .hash_traces = true, .execution = add_token, .ctx = &sum,
	};
	struct sim_explore_result res;
	struct sim *sim;

	p->portable_fibers = portable;
	sim = rp_machine(p);
	assert_in_range(sim_explore(sim, &cfg, &res), 0, 1);
	assert_true(res.executions > 0);
	sim_destroy(sim);
	return sum;
}

static void both_give_the_same_tokens(void **state)
{
	for (uint64_t seed = FIRST_SEED; seed < FIRST_SEED + SEEDS; seed++) {
		struct rp_program p;
		uint64_t want;

		rp_generate(&p, seed);
		want = all_tokens(&p, false, SIM_REWIND_REPLAY);
		if (all_tokens(&p, true, SIM_REWIND_REPLAY) != want ||
		    all_tokens(&p, false, SIM_REWIND_SNAPSHOT) != want ||
		    all_tokens(&p, true, SIM_REWIND_SNAPSHOT) != want)
			fail_msg("seed %llu", (unsigned long long)seed);
	}
}

/* Values in registers and on the stack across switches, floating point among them. */
struct counting {
	struct sim *sim;
	double sum[2];
};

static void count(void *arg)
{
	struct counting *c = arg;
	unsigned id = sim_thread_id(sim_current(c->sim));
	uint64_t a = id + 1, b = a * 3, d = a * 5, e = a * 7, f = a * 11, g = a * 13;
	double x = (double)a, y = x * 0.5, z = x * 0.25;

	for (int i = 0; i < 1000; i++) {
		sim_yield(c->sim, SIM_OP_YIELD, "between");
		a += b, b ^= d, d += e, e ^= f, f += g, g ^= a;
		x += y, y = z * 3, z = x / 1024;
	}
	c->sum[id] = x + y + z + (double)((a ^ b ^ d ^ e ^ f ^ g) % 1000003);
}

static void registers_survive(void **state)
{
	double want[2] = { 0 };

	for (int portable = 0; portable < 2; portable++) {
		struct sim *sim = t_machine_with((struct sim_config){ .portable_fibers = portable });
		struct counting *c = sim_zalloc(sim, sizeof(*c));
		struct sim_random r;

		c->sim = sim;
		sim_spawn(sim, "a", count, c, 0);
		sim_spawn(sim, "b", count, c, 0);
		assert_int_equal(sim_run(sim, sim_random_init(&r, 1)), SIM_END_DONE);
		if (portable)
			assert_memory_equal(c->sum, want, sizeof(want));
		memcpy(want, c->sum, sizeof(want));
		sim_destroy(sim);
	}
}

static void fails(void *arg)
{
	struct sim *sim = arg;

	sim_yield(sim, SIM_OP_YIELD, "before");
	sim_bug(sim, SIM_BUG_MISUSE, "%s has enough", sim_thread_name(sim_current(sim)));
}

static void ends(void *arg)
{
	sim_yield(arg, SIM_OP_YIELD, "once");
}

/* A stack that was left in the middle is as good as new to the next who gets it. */
static void a_stack_is_used_again(void **state)
{
	for (int portable = 0; portable < 2; portable++) {
		struct sim *sim = t_machine_with((struct sim_config){ .portable_fibers = portable });

		for (int round = 0; round < 3; round++) {
			sim_spawn(sim, "first", fails, sim, 0);
			t_expect_bug(sim, SIM_BUG_MISUSE, "first has enough");
			sim_reset(sim);
			for (int i = 0; i < 3 * SIM_MAX_THREADS; i++) {
				assert_non_null(sim_spawn(sim, "next", ends, sim, 0));
				assert_int_equal(t_run(sim), SIM_END_DONE);
			}
			sim_reset(sim);
		}
		sim_destroy(sim);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_give_the_same_tokens),
		cmocka_unit_test(registers_survive),
		cmocka_unit_test(a_stack_is_used_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Exploration asks the system for memory only where it comes to more than ever before: each buffer
 * grows to twice its size, and none is given back before the end.  The linker sends all
 * calls here.
 */
#include "classics.h"
#include "harness.h"
#include "sim/sim_internal.h"

static uint64_t nr_calls;

void *__real_malloc(size_t size);
void *__real_calloc(size_t nr, size_t size);
void *__real_realloc(void *p, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t nr, size_t size);
void *__wrap_realloc(void *p, size_t size);

void *__wrap_malloc(size_t size)
{
	nr_calls++;
	return __real_malloc(size);
}

void *__wrap_calloc(size_t nr, size_t size)
{
	nr_calls++;
	return __real_calloc(nr, size);
}

void *__wrap_realloc(void *p, size_t size)
{
	nr_calls++;
	return __real_realloc(p, size);
}

#define FEW  500
#define MANY ((SIM_ASAN ? 2 : 8) * FEW)
/* Some buffers may come to twice their size a few times more. */
#define LATE 16

/* Calls before, and since, a number of executions. */
struct calls {
	uint64_t executions, early, late;
};

static int count(void *ctx, struct sim *sim, const struct sim_execution *x)
{
	struct calls *c = ctx;

	*(++c->executions <= FEW ? &c->early : &c->late) += nr_calls;
	nr_calls = 0;
	return 0;
}

static struct calls explore(const char *name, int n, struct sim_explore_config cfg)
{
	struct sim *sim = classic_machine(classic_find(name), n);
	struct sim_explore_result res;
	struct calls c = { 0 };

	cfg.max_executions = MANY;
	cfg.execution = count;
	cfg.ctx = &c;
	nr_calls = 0;
	assert_int_equal(sim_explore(sim, &cfg, &res), 0);
	assert_int_equal(res.executions, MANY);
	sim_destroy(sim);
	return c;
}

/* What the search does after some hundred executions it does with what it has. */
static void exploration_allocates_nothing(void **state)
{
	static const struct {
		const char *name;
		int n;
	} programs[] = {
		{ "fib", 6 },	 { "uffd-race", 6 }, { "uffd-rwsem", 6 }, { "uffd-pages", 7 },
		{ "barrier", 6 }, { "lastzero", 12 }, { "sigma", 6 },	  { "locks", 4 },
	};
	static const struct sim_explore_config modes[] = {
		{ .mode = SIM_EXPLORE_OPTIMAL },
		{ .mode = SIM_EXPLORE_OPTIMAL, .fixed_steps = true },
		{ .mode = SIM_EXPLORE_OPTIMAL, .fixed_steps = true, .hash_traces = true },
		{ .mode = SIM_EXPLORE_OPTIMAL, .rewind = SIM_REWIND_REPLAY, .fixed_steps = true },
		{ .mode = SIM_EXPLORE_SLEEP },
		{ .mode = SIM_EXPLORE_BRUTE },
	};

	for (unsigned i = 0; i < ARRAY_SIZE(programs); i++)
		for (unsigned k = 0; k < ARRAY_SIZE(modes); k++) {
			struct calls c = explore(programs[i].name, programs[i].n, modes[k]);

			assert_true(c.early > 0);
			if (c.late > LATE)
				fail_msg("%s(%d), mode %u: %llu calls after %d executions",
					 programs[i].name, programs[i].n, k,
					 (unsigned long long)c.late, FEW);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(exploration_allocates_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

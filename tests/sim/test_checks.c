/* SPDX-License-Identifier: BSD-2-Clause */
/* What is looked for beyond ends: data races, cycles of states, wake-ups without reason. */
#include "harness.h"

/*
 * Threads as strings over one plain field f:
 *     w r  write, read f           ( ) mutex        [ ] down_read, up_read
 *     a    an atomic operation     < > spinlock     { } down_write, up_write
 */
struct world {
	struct sim *sim;
	struct mutex mutex;
	struct rwsem sem;
	struct spinlock spin;
	struct sim_var var;
	const char *ops[2];
	unsigned races, executions;
};

#define FIELD sim_key(SIM_CLASS_MODEL, 1, 0)

static void step(struct world *w, char op)
{
	sim_yield(w->sim, SIM_OP_WRITE, "step");
	switch (op) {
	case 'w':
		sim_touch(w->sim, FIELD, SIM_WRITE);
		sim_plain_write(w->sim, FIELD, "f");
		break;
	case 'r':
		sim_touch(w->sim, FIELD, SIM_READ);
		sim_plain_read(w->sim, FIELD, "f");
		break;
	case 'a': atomic_inc(&w->var); break;
	case '(': mutex_lock(&w->mutex); break;
	case ')': mutex_unlock(&w->mutex); break;
	case '[': down_read(&w->sem); break;
	case ']': up_read(&w->sem); break;
	case '{': down_write(&w->sem); break;
	case '}': up_write(&w->sem); break;
	}
}

static void follow(struct world *w, const char *ops)
{
	for (; *ops; ops++) {
		if (*ops != '<') {
			step(w, *ops);
			continue;
		}
		/* A section of a spinlock is one step. */
		spin_lock(&w->spin);
		for (ops++; *ops != '>'; ops++) {
			sim_preempt_disable(w->sim);
			step(w, *ops);
			sim_preempt_enable(w->sim);
		}
		spin_unlock(&w->spin);
	}
}

static void first(void *arg)
{
	struct world *w = arg;

	follow(w, w->ops[0]);
}

static void second(void *arg)
{
	struct world *w = arg;

	follow(w, w->ops[1]);
}

static int count(void *ctx, struct sim *sim, const struct sim_execution *ex)
{
	struct world *w = ctx;

	w->executions++;
	w->races += sim_data_race(sim) != NULL;
	return 0;
}

enum { NEVER, SOMETIMES, ALWAYS };

static const struct {
	const char *a, *b;
	int races;
} programs[] = {
	{ "w", "r", ALWAYS },      { "w", "w", ALWAYS },       { "r", "r", NEVER },
	{ "(w)", "(r)", NEVER },   { "(w)", "w", ALWAYS },     { "<w>", "<w>", NEVER },
	{ "{w}", "[r]", NEVER },   { "{w}", "{w}", NEVER },    { "[w]", "[r]", ALWAYS },
	{ "wa", "ar", SOMETIMES }, { "w()", "()r", SOMETIMES }, { "[r]", "[r]", NEVER },
};

static void test_data_races(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(programs); i++) {
		struct sim *sim = t_machine_with((struct sim_config){ .watch_races = true });
		struct world *w = sim_zalloc(sim, sizeof(*w)), total = { 0 };
		const struct sim_explore_config cfg = { .execution = count, .ctx = &total };
		struct sim_explore_result res;
		int want = programs[i].races;

		*w = (struct world){ .sim = sim, .ops = { programs[i].a, programs[i].b } };
		mutex_init(sim, &w->mutex, "mutex");
		init_rwsem(sim, &w->sem, "sem");
		spin_lock_init(sim, &w->spin, "spin", 0);
		sim_var_init(sim, &w->var, "var", 0);
		sim_spawn(sim, "a", first, w, 0);
		sim_spawn(sim, "b", second, w, 0);
		assert_int_equal(sim_explore(sim, &cfg, &res), 0);
		if ((want == NEVER && total.races) || (want != NEVER && !total.races) ||
		    (want == ALWAYS) != (total.races == total.executions))
			fail_msg("%s | %s: %u of %u", programs[i].a, programs[i].b, total.races,
				 total.executions);
		sim_destroy(sim);
	}
}

/* ------------------------------------------------------------------- lassos */

static void wait_for_one(void *arg)
{
	while (!read_once(arg))
		;
}

/* Has registers on its stack that nobody put anything into. */
static __attribute__((noinline)) int64_t read_with_more(void *arg, ...)
{
	int64_t ret;
	va_list more;

	va_start(more, arg);
	__asm__ volatile("" : : "r"(&more) : "memory");
	ret = read_once(arg);
	va_end(more);
	return ret;
}

static void wait_with_more(void *arg)
{
	while (!read_with_more(arg))
		;
}

static void count_to_many(void *arg)
{
	for (volatile int i = 0; i < 500; i++)
		read_once(arg);
}

static void toggle(void *arg)
{
	for (;;) {
		int64_t v = read_once(arg);

		write_once(arg, !v);
	}
}

static void set_one(void *arg)
{
	write_once(arg, 1);
}

static const struct {
	void (*fn[2])(void *arg);
	int found;
	uint32_t threads;
} loops[] = {
	{ { wait_for_one }, 1, 1 },
	{ { wait_with_more }, 1, 1 },
	{ { wait_for_one, count_to_many }, 1, 1 },
	{ { wait_for_one, set_one }, 0, 0 },
	{ { count_to_many, count_to_many }, 0, 0 },
	{ { toggle, toggle }, 1, 3 },
};

static void test_lassos(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(loops); i++) {
		struct sim *sim = t_machine();
		struct sim_var *var = sim_zalloc(sim, sizeof(*var));
		struct sim_lasso lasso;

		sim_var_init(sim, var, "var", 0);
		for (unsigned j = 0; j < 2 && loops[i].fn[j]; j++)
			sim_spawn(sim, j ? "b" : "a", loops[i].fn[j], var, 0);
		assert_int_equal(sim_find_lasso(sim, &lasso), loops[i].found);
		assert_int_equal(lasso.threads, loops[i].threads);
		assert_int_equal(lasso.steps != 0, loops[i].found);
		sim_destroy(sim);
	}
}

/* --------------------------------------------------------- spurious wake-ups */

static void sleep_once(void *arg)
{
	set_current_state(arg, TASK_UNINTERRUPTIBLE);
	schedule(arg, NULL, "sleep");
}

static void test_who_sleeps_may_be_woken(void **state)
{
	struct sim *sim = t_machine();
	struct sim_explore_result res;

	assert_int_equal(sim_wake_spuriously(sim_spawn(sim, "a", sleep_once, sim, 0), 1), 0);
	res = t_explore(sim);
	/* Woken, or the wake-up came before it slept. */
	assert_true(res.deadlocks > 0 && res.deadlocks < res.executions);
	sim_destroy(sim);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_data_races),
		cmocka_unit_test(test_lassos),
		cmocka_unit_test(test_who_sleeps_may_be_woken),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: BSD-2-Clause */
#include "harness.h"

struct log {
	struct sim *sim;
	char text[256];
};

struct arg {
	struct log *log;
	char name;
	int steps;
};

static void say(struct log *log, char c)
{
	size_t len = strlen(log->text);

	assert_in_range(len, 0, sizeof(log->text) - 2);
	log->text[len] = c;
}

static void worker(void *p)
{
	struct arg *a = p;

	for (int i = 0; i < a->steps; i++) {
		sim_yield(a->log->sim, SIM_OP_YIELD, "work");
		say(a->log, a->name);
	}
}

static void spawn_workers(struct sim *sim, struct log *log, struct arg *args, int nr)
{
	log->sim = sim;
	for (int i = 0; i < nr; i++) {
		args[i] = (struct arg){ log, (char)('a' + i), 3 };
		assert_non_null(sim_spawn(sim, "worker", worker, &args[i], 0));
	}
}

static void run_to_completion_stays_on_a_thread(void **state)
{
	struct sim *sim = t_machine();
	struct log log = { 0 };
	struct arg args[3];

	spawn_workers(sim, &log, args, 3);
	assert_int_equal(t_run(sim), SIM_END_DONE);
	assert_string_equal(log.text, "aaabbbccc");
	assert_int_equal(sim_steps(sim), 12);
	sim_destroy(sim);
}

static void a_seed_is_a_schedule(void **state)
{
	char seen[3][256];

	for (int i = 0; i < 3; i++) {
		struct sim *sim = t_machine();
		struct sim_random r;
		struct log log = { 0 };
		struct arg args[3];

		spawn_workers(sim, &log, args, 3);
		assert_int_equal(sim_run(sim, sim_random_init(&r, i == 2 ? 7 : 42)), SIM_END_DONE);
		memcpy(seen[i], log.text, sizeof(seen[i]));
		sim_destroy(sim);
	}
	assert_string_equal(seen[0], seen[1]);
	assert_string_not_equal(seen[0], seen[2]);
}

static int give_up(void *state, const struct sim_choice *choice)
{
	int *left = state;

	return (*left)-- ? __builtin_ctz(choice->enabled) : -1;
}

static void a_strategy_may_give_up_and_another_go_on(void **state)
{
	struct sim *sim = t_machine();
	struct log log = { 0 };
	struct arg args[2];
	int left = 3;

	spawn_workers(sim, &log, args, 2);
	assert_int_equal(sim_run(sim, (struct sim_strategy){ give_up, &left }), SIM_END_STOPPED);
	assert_string_equal(log.text, "aa");
	assert_int_equal(t_run(sim), SIM_END_DONE);
	assert_int_equal(strlen(log.text), 6);
	sim_destroy(sim);
}

static void endless(void *p)
{
	for (;;)
		sim_yield(p, SIM_OP_YIELD, "on and on");
}

static void an_endless_run_meets_its_bound(void **state)
{
	struct sim *sim = t_machine_with((struct sim_config){ .max_steps = 100 });

	sim_spawn(sim, "endless", endless, sim, 0);
	assert_int_equal(t_run(sim), SIM_END_STEP_BOUND);
	assert_int_equal(sim_steps(sim), 100);
	sim_destroy(sim);
}

static void nothing(void *p)
{
}

static void threads_come_and_go_for_ever_from_outside(void **state)
{
	struct sim *sim = t_machine();

	for (int i = 0; i < 100; i++) {
		struct sim_thread *t = sim_spawn(sim, "short", nothing, NULL, 0);

		assert_non_null(t);
		assert_false(sim_thread_dead(t));
		assert_int_equal(t_run(sim), SIM_END_DONE);
		assert_true(sim_thread_dead(t));
	}
	sim_destroy(sim);
}

static void there_are_32_threads(void **state)
{
	struct sim *sim = t_machine();

	for (unsigned i = 0; i < SIM_MAX_THREADS; i++)
		assert_int_equal(sim_thread_id(sim_spawn(sim, "t", nothing, NULL, 0)), i);
	assert_null(sim_spawn(sim, "one too many", nothing, NULL, 0));
	assert_int_equal(t_run(sim), SIM_END_DONE);
	sim_destroy(sim);
}

static void spawner(void *p)
{
	struct arg *a = p;

	sim_yield(a->log->sim, SIM_OP_YIELD, "before");
	a[1] = (struct arg){ a->log, 'c', 2 };
	assert_non_null(sim_spawn(a->log->sim, "child", worker, &a[1], 0));
	say(a->log, 's');
}

static void a_thread_may_make_threads(void **state)
{
	struct sim *sim = t_machine();
	struct log log = { .sim = sim };
	struct arg args[2] = { { &log, 's', 0 } };

	sim_spawn(sim, "parent", spawner, args, 0);
	assert_int_equal(t_run(sim), SIM_END_DONE);
	assert_string_equal(log.text, "scc");
	sim_destroy(sim);
}

static void sleep_for_good(void *p)
{
	set_current_state(p, TASK_UNINTERRUPTIBLE);
	schedule(p, NULL, "nap");
}

static void daemons_may_stay_blocked_others_not(void **state)
{
	static const struct {
		unsigned flags;
		enum sim_end end;
	} rows[] = { { SIM_THREAD_DAEMON, SIM_END_DONE }, { 0, SIM_END_DEADLOCK } };

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct sim *sim = t_machine();
		char buf[100];

		sim_spawn(sim, "napper", sleep_for_good, sim, rows[i].flags);
		assert_int_equal(t_run(sim), rows[i].end);
		assert_int_equal(sim_blocked(sim), 1);
		assert_int_equal(sim_describe_blocked(sim, buf, sizeof(buf)), 20);
		assert_string_equal(buf, "napper waits in nap\n");
		sim_destroy(sim);
	}
}

static void preempt_off(void *p)
{
	struct arg *a = p;

	sim_yield(a->log->sim, SIM_OP_YIELD, "begin");
	sim_preempt_disable(a->log->sim);
	worker(p);
	sim_preempt_enable(a->log->sim);
}

static void without_preemption_there_are_no_points(void **state)
{
	struct sim *sim = t_machine();
	struct log log = { .sim = sim };
	struct arg a = { &log, 'a', 3 };

	sim_spawn(sim, "atomic", preempt_off, &a, 0);
	assert_int_equal(t_run(sim), SIM_END_DONE);
	assert_int_equal(sim_steps(sim), 2);
	sim_destroy(sim);
}

static void enable_too_often(void *p)
{
	sim_preempt_enable(p);
}

static void stay_disabled(void *p)
{
	sim_preempt_disable(p);
}

static void sleep_atomically(void *p)
{
	sim_preempt_disable(p);
	sleep_for_good(p);
}

static int recurse(struct sim *sim, int n, bool yield);

/* So that no compiler makes a loop of it. */
static int (*volatile deeper)(struct sim *sim, int n, bool yield) = recurse;

static int recurse(struct sim *sim, int n, bool yield)
{
	volatile char page[1024];

	for (size_t i = 0; i < sizeof(page); i += 64)
		page[i] = (char)n;
	if (yield)
		sim_yield(sim, SIM_OP_YIELD, "deeper");
	return n ? deeper(sim, n - 1, yield) + page[n % 1024] : 0;
}

static void recurse_with_points(void *p)
{
	recurse(p, 1000, true);
}

static void misuse_is_found(void **state)
{
	static const struct {
		void (*fn)(void *);
		enum sim_bug bug;
		const char *text;
	} rows[] = {
		{ enable_too_often, SIM_BUG_MISUSE, "not disabled" },
		{ stay_disabled, SIM_BUG_MISUSE, "t ended inside a preempt-disabled section" },
		{ sleep_atomically, SIM_BUG_ATOMIC_SLEEP, "nap would block with preemption disabled" },
		{ recurse_with_points, SIM_BUG_STACK_OVERFLOW, "t used up its stack" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct sim *sim = t_machine();

		sim_spawn(sim, "t", rows[i].fn, sim, 0);
		t_expect_bug(sim, rows[i].bug, rows[i].text);
		/* It stays that way until the machine is reset. */
		assert_int_equal(t_run(sim), SIM_END_BUG);
		sim_reset(sim);
		assert_int_equal(t_run(sim), SIM_END_DONE);
		assert_int_equal(sim_finding(sim)->bug, SIM_BUG_NONE);
		sim_destroy(sim);
	}
}

static void recurse_without_points(void *p)
{
	recurse(p, 1000, false);
}

static void an_overrun_stack_can_be_caught(void **state)
{
	/* Twice: the first must leave the signal usable. */
	for (int i = 0; i < 2; i++) {
		struct sim *sim = t_machine();

		assert_int_equal(sim_catch_stack_overflow(sim), 0);
		sim_spawn(sim, "deep", recurse_without_points, sim, 0);
		t_expect_bug(sim, SIM_BUG_STACK_OVERFLOW, "deep overran its stack");
		sim_destroy(sim);
	}
}

static void unmodelled(void *p)
{
	sim_unmodelled(p, "a %s", "teapot");
}

static void what_cannot_be_done_is_said(void **state)
{
	struct sim *sim = t_machine();

	sim_spawn(sim, "t", unmodelled, sim, 0);
	assert_int_equal(t_run(sim), SIM_END_UNMODELLED);
	assert_string_equal(sim_finding(sim)->text, "a teapot");
	sim_destroy(sim);
}

struct counter {
	struct sim *sim;
	int v;
};

static void count_to_five(void *p)
{
	struct counter *c = p;

	for (int i = 0; i < 5; i++) {
		sim_yield(c->sim, SIM_OP_WRITE, "count");
		c->v++;
	}
}

static void check_counter(void *p)
{
	struct counter *c = p;

	if (c->v == 3)
		sim_invariant(c->sim, "the count is %d", c->v);
}

static void a_broken_invariant_is_found_at_its_step(void **state)
{
	struct sim *sim = t_machine_with((struct sim_config){ .check_steps = true });
	struct counter *c = sim_zalloc(sim, sizeof(*c));

	c->sim = sim;
	sim_set_model(sim, c, check_counter);
	assert_ptr_equal(sim_model(sim), c);
	sim_spawn(sim, "t", count_to_five, c, 0);
	t_expect_bug(sim, SIM_BUG_INVARIANT, "the count is 3");
	assert_int_equal(sim_finding(sim)->step, 4);
	assert_int_equal(sim_finding(sim)->thread, 0);
	sim_destroy(sim);
}

struct talk {
	struct sim *sim;
	struct mutex m;
};

static void talker(void *p)
{
	struct talk *t = p;

	mutex_lock(&t->m);
	sim_yield(t->sim, SIM_OP_YIELD, "talk");
	sim_trace(t->sim, "%s says hello", sim_thread_name(sim_current(t->sim)));
	mutex_unlock(&t->m);
}

/* Ends of steps: the hook's lines are those of the thread that took the step. */
static void each_step(void *ctx)
{
	struct talk *t = ctx;

	sim_trace_kind(t->sim, SIM_TRACE_CHANGE, "%s", t->m.owner ? "taken" : "free");
}

static int alternate(void *state, const struct sim_choice *c)
{
	int *last = state, other = !*last;

	*last = c->enabled >> other & 1 ? other : *last;
	return *last;
}

static void a_trace_tells_who_did_what(void **state)
{
	static const struct {
		int thread;
		enum sim_trace_kind kind;
		const char *text;
		uint32_t mask;
	} want[] = {
		{ 0, SIM_TRACE_HOLD, "m", SIM_HOLD_EXCLUSIVE },
		{ 0, SIM_TRACE_OP, "mutex_lock(m)", 0 },
		{ 0, SIM_TRACE_NOTE, "alice says hello", 0 },
		{ 0, SIM_TRACE_DROP, "m", 0 },
		{ 0, SIM_TRACE_OP, "mutex_unlock(m)", 0 },
		{ 1, SIM_TRACE_HOLD, "m", SIM_HOLD_EXCLUSIVE },
		{ 1, SIM_TRACE_OP, "mutex_lock(m)", 0 },
		{ 1, SIM_TRACE_NOTE, "bob says hello", 0 },
		{ 1, SIM_TRACE_DROP, "m", 0 },
		{ 1, SIM_TRACE_OP, "mutex_unlock(m)", 0 },
	};
	struct sim *sim = t_machine();
	struct talk *t = sim_zalloc(sim, sizeof(*t));
	const struct sim_trace_line *lines;
	size_t nr, n = 0, changes = 0;
	int last = 1;

	t->sim = sim;
	mutex_init(sim, &t->m, "m");
	sim_trace_start(sim);
	sim_trace_each_step(sim, each_step, t);
	sim_spawn(sim, "alice", talker, t, 0);
	sim_spawn(sim, "bob", talker, t, 0);
	assert_int_equal(sim_run(sim, (struct sim_strategy){ alternate, &last }), SIM_END_DONE);
	nr = sim_trace_lines(sim, &lines);
	for (size_t i = 0; i < nr; i++) {
		if (lines[i].kind == SIM_TRACE_CHANGE) {
			changes++;
			continue;
		}
		assert_true(n < sizeof(want) / sizeof(want[0]));
		assert_string_equal(lines[i].text, want[n].text);
		assert_int_equal(lines[i].thread, want[n].thread);
		assert_int_equal(lines[i].kind, want[n].kind);
		assert_int_equal(lines[i].mask, want[n].mask);
		n++;
	}
	assert_int_equal(n, sizeof(want) / sizeof(want[0]));
	assert_int_equal(changes, sim_steps(sim));
	sim_destroy(sim);
}

static int pick_twice(void *state, const struct sim_choice *c)
{
	return (*(int *)state)++ < 2 ? 0 : -1;
}

static void a_trace_tells_who_blocks_whom(void **state)
{
	struct sim *sim = t_machine();
	struct talk *t = sim_zalloc(sim, sizeof(*t));
	const struct sim_trace_line *lines;
	size_t nr;

	t->sim = sim;
	mutex_init(sim, &t->m, "m");
	sim_spawn(sim, "alice", talker, t, 0);
	sim_run(sim, (struct sim_strategy){ pick_twice, (int[]){ 0 } });
	sim_trace_start(sim);
	sim_spawn(sim, "bob", talker, t, 0);
	assert_int_equal(t_run(sim), SIM_END_DONE);
	nr = sim_trace_lines(sim, &lines);
	assert_true(nr > 1);
	assert_string_equal(lines[0].text, "alice says hello");
	assert_int_equal(lines[1].kind, SIM_TRACE_BLOCKED);
	assert_string_equal(lines[1].text, "mutex_lock(m)");
	assert_int_equal(lines[1].thread, 1);
	assert_int_equal(lines[1].mask, 1);
	sim_destroy(sim);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(run_to_completion_stays_on_a_thread),
		cmocka_unit_test(a_seed_is_a_schedule),
		cmocka_unit_test(a_strategy_may_give_up_and_another_go_on),
		cmocka_unit_test(an_endless_run_meets_its_bound),
		cmocka_unit_test(threads_come_and_go_for_ever_from_outside),
		cmocka_unit_test(there_are_32_threads),
		cmocka_unit_test(a_thread_may_make_threads),
		cmocka_unit_test(daemons_may_stay_blocked_others_not),
		cmocka_unit_test(without_preemption_there_are_no_points),
		cmocka_unit_test(misuse_is_found),
		cmocka_unit_test(an_overrun_stack_can_be_caught),
		cmocka_unit_test(what_cannot_be_done_is_said),
		cmocka_unit_test(a_broken_invariant_is_found_at_its_step),
		cmocka_unit_test(a_trace_tells_who_did_what),
		cmocka_unit_test(a_trace_tells_who_blocks_whom),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Who sees which store: the shapes that memory models are described by.
 *
 * Each row has its threads, one outcome, and under which models some execution ends
 * with it.  What TSO allows is that of x86; what WEAK allows is that of the kernel's
 * memory model, but for the shapes marked so: see sim/memory_order.c.
 */
#include <stdio.h>
#include <string.h>

#include "harness.h"

#define THREADS 4

/*
 * A thread is a list of
 *     x=1  WRITE_ONCE         x:=1  smp_store_release      x+    atomic_add_return
 *     x    READ_ONCE          x?    smp_load_acquire       x++   atomic_add
 *     x==1 await_value        mb wmb rmb                   ( )   a spinlock
 *     < >  a mutex            state set_current_state
 */
static const struct shape {
	const char *name, *threads[THREADS], *outcome;
	bool sc, tso, weak;
} shapes[] = {
#define NEVER  false, false, false
#define WEAK   false, false, true
#define TSO    false, true, true
#define ALWAYS true, true, true
	{ "SB", { "x=1 y", "y=1 x" }, "0 0", TSO },
	{ "SB, one barrier", { "x=1 mb y", "y=1 x" }, "0 0", TSO },
	{ "SB, barriers", { "x=1 mb y", "y=1 mb x" }, "0 0", NEVER },
	{ "SB, barriers: the other outcomes stay", { "x=1 mb y", "y=1 mb x" }, "0 1", ALWAYS },
	{ "SB, wmb", { "x=1 wmb y", "y=1 wmb x" }, "0 0", TSO },
	{ "SB, release and acquire", { "x:=1 y?", "y:=1 x?" }, "0 0", TSO },
	{ "SB, atomic", { "x+ y", "y+ x" }, "1 0 1 0", NEVER },
	{ "SB, atomic without order", { "x++ y", "y++ x" }, "0 0", WEAK },
	{ "SB, state of a task", { "x=1 state y", "y=1 state x" }, "0 0", NEVER },
	{ "SB, one's own store is seen", { "x=1 x y", "y=1 y x" }, "1 0 1 0", TSO },
	{ "SB, one takes a lock", { "x=1 ( ) y", "y=1 x" }, "0 0", TSO },
	{ "SB, a spinlock", { "x=1 ( ) y", "y=1 ( ) x" }, "0 0", NEVER },
	{ "SB, behind a spinlock", { "( x=1 ) y", "( y=1 ) x" }, "0 0", NEVER },
	{ "SB, unlocking is no barrier", { "( x=1 ) y", "y=1 mb x" }, "0 0", TSO },
	{ "SB, giving back a mutex is one for x86", { "< x=1 > y", "y=1 mb x" }, "0 0", WEAK },
	{ "SB, in a mutex", { "< x=1 y >", "< y=1 x >" }, "0 0", NEVER },

	{ "MP", { "x=1 y=1", "y x" }, "1 0", WEAK },
	{ "MP, wmb alone", { "x=1 wmb y=1", "y x" }, "1 0", WEAK },
	{ "MP, rmb alone", { "x=1 y=1", "y rmb x" }, "1 0", WEAK },
	{ "MP, wmb and rmb", { "x=1 wmb y=1", "y rmb x" }, "1 0", NEVER },
	{ "MP, release and acquire", { "x=1 y:=1", "y? x" }, "1 0", NEVER },
	{ "MP, release and rmb", { "x=1 y:=1", "y rmb x" }, "1 0", NEVER },
	{ "MP, wmb and acquire", { "x=1 wmb y=1", "y? x" }, "1 0", NEVER },
	{ "MP, mb and mb", { "x=1 mb y=1", "y mb x" }, "1 0", NEVER },
	{ "MP, in a mutex", { "< x=1 y=1 >", "< y x >" }, "1 0", NEVER },
	{ "MP, in a spinlock", { "( x=1 y=1 )", "( y x )" }, "1 0", NEVER },
	{ "MP, a barrier at the end", { "x=1 y=1", "y x mb" }, "1 0", WEAK },
	{ "SB, barriers at the ends", { "x=1 y mb", "y=1 x mb" }, "0 0", TSO },
	{ "SB, barriers at the ends: one sees the other", { "x=1 y mb", "y=1 x mb" }, "1 1", ALWAYS },
	{ "MP, waits for the word", { "x=1 y=1", "y==1 x" }, "0", WEAK },
	{ "MP, waits for the word behind barriers", { "x=1 wmb y=1", "y==1 rmb x" }, "0", NEVER },

	{ "CoRR", { "x=1", "x x" }, "1 0", NEVER },
	{ "CoRW", { "x=1", "x x=2 x" }, "1 1", NEVER },
	{ "CoWR", { "x=1 x", "x=2" }, "0", NEVER },
	{ "CoRR2", { "x=1", "x=2", "x x", "x x" }, "1 2 2 1", NEVER },
	{ "atomic_add loses nothing", { "x++", "x++", "x==2" }, "", ALWAYS },

	{ "R", { "x=1 y=1", "y=2 x" }, "0; y=2", TSO },
	{ "R, barriers", { "x=1 mb y=1", "y=2 mb x" }, "0; y=2", NEVER },
	{ "WRC", { "x=1", "x y=1", "y x" }, "1 1 0", WEAK },
	{ "WRC, release and acquire", { "x=1", "x? y:=1", "y? x" }, "1 1 0", NEVER },
	{ "ISA2", { "x=1 y:=1", "y? z:=1", "z? x" }, "1 1 0", NEVER },
	{ "IRIW", { "x=1", "y=1", "x y", "y x" }, "1 0 1 0", WEAK },
	{ "IRIW, rmb", { "x=1", "y=1", "x rmb y", "y rmb x" }, "1 0 1 0", WEAK },
	{ "IRIW, barriers", { "x=1", "y=1", "x mb y", "y mb x" }, "1 0 1 0", NEVER },

	/* The kernel's model has these, too; this one does not show them. */
	{ "LB", { "x y=1", "y x=1" }, "1 1", NEVER },
	{ "S", { "x=2 y=1", "y x=1" }, "1; x=2", NEVER },
	{ "2+2W", { "x=1 y=2", "y=1 x=2" }, "; x=1 y=1", NEVER },
};

struct world {
	struct sim *sim;
	const struct shape *shape;
	struct sim_var var[3];
	struct spinlock spin;
	struct mutex mutex;
	int seen[THREADS][4];
	unsigned nr[THREADS];
};

struct explored {
	struct world *w;
	unsigned hits;
};

static void do_op(struct world *w, unsigned me, const char *op)
{
	struct sim_var *v = op[0] >= 'x' && op[0] <= 'z' ? &w->var[op[0] - 'x'] : NULL;
	int *seen = &w->seen[me][w->nr[me]];

	if (!strcmp(op, "mb"))
		smp_mb(w->sim);
	else if (!strcmp(op, "wmb"))
		smp_wmb(w->sim);
	else if (!strcmp(op, "rmb"))
		smp_rmb(w->sim);
	else if (!strcmp(op, "state"))
		set_current_state(w->sim, TASK_RUNNING);
	else if (op[0] == '(')
		spin_lock(&w->spin);
	else if (op[0] == ')')
		spin_unlock(&w->spin);
	else if (op[0] == '<')
		mutex_lock(&w->mutex);
	else if (op[0] == '>')
		mutex_unlock(&w->mutex);
	else if (!strncmp(op + 1, "==", 2))
		await_value(v, op[3] - '0');
	else if (!strcmp(op + 1, "++"))
		atomic_add(v, 1);
	else if (op[1] == ':')
		smp_store_release(v, op[3] - '0');
	else if (op[1] == '=')
		write_once(v, op[2] - '0');
	else {
		*seen = (int)(op[1] == '?' ? smp_load_acquire(v) :
			      op[1] == '+' ? atomic_add_return(v, 1) :
					     read_once(v));
		w->nr[me]++;
	}
}

static void thread(void *arg)
{
	struct world *w = arg;
	unsigned me = (unsigned)(uintptr_t)sim_thread_data(sim_current(w->sim));
	const char *at = w->shape->threads[me];
	char op[8];
	int n;

	for (; sscanf(at, "%7s%n", op, &n) == 1; at += n)
		do_op(w, me, op);
}

/* "1 0": what was read, thread by thread; "; x=2": and what is in memory in the end. */
static bool has_outcome(const struct world *w)
{
	char text[64] = "", *p = text;
	const char *end = strchr(w->shape->outcome, ';');
	size_t len = end ? (size_t)(end - w->shape->outcome) : strlen(w->shape->outcome);

	for (unsigned t = 0; t < THREADS; t++)
		for (unsigned i = 0; i < w->nr[t]; i++)
			p += sprintf(p, "%s%d", p > text ? " " : "", w->seen[t][i]);
	if (strlen(text) != len || strncmp(text, w->shape->outcome, len))
		return false;
	for (const char *s = end ? strchr(end, '=') : NULL; s; s = strchr(s + 1, '='))
		if (w->var[s[-1] - 'x'].v != s[1] - '0')
			return false;
	return true;
}

static int count(void *ctx, struct sim *sim, const struct sim_execution *ex)
{
	struct explored *e = ctx;

	assert_int_equal(ex->end, SIM_END_DONE);
	e->hits += has_outcome(e->w);
	return 0;
}

static const char *const names[] = { "x", "y", "z" };

static unsigned executions_with_outcome(const struct shape *s, enum sim_memory_model memory,
					enum sim_explore_mode mode)
{
	struct sim *sim = t_machine_with((struct sim_config){ .memory = memory });
	struct world *w = sim_zalloc(sim, sizeof(*w));
	struct explored e = { w, 0 };
	const struct sim_explore_config cfg = { .execution = count, .ctx = &e, .mode = mode };
	struct sim_explore_result res;

	w->sim = sim;
	w->shape = s;
	for (unsigned i = 0; i < 3; i++)
		sim_var_init(sim, &w->var[i], names[i], 0);
	spin_lock_init(sim, &w->spin, "spin", 0);
	mutex_init(sim, &w->mutex, "mutex");
	for (unsigned t = 0; t < THREADS && s->threads[t]; t++)
		sim_thread_set_data(sim_spawn(sim, "t", thread, w, 0), (void *)(uintptr_t)t);
	assert_int_equal(sim_explore(sim, &cfg, &res), 0);
	assert_true(res.complete);
	sim_destroy(sim);
	return e.hits;
}

static const char *const models[] = { "sc", "tso", "weak" };

static void test_shapes(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(shapes); i++) {
		const struct shape *s = &shapes[i];
		const bool allowed[] = { s->sc, s->tso, s->weak };

		for (unsigned m = SIM_MEMORY_SC; m <= SIM_MEMORY_WEAK; m++)
			if (!!executions_with_outcome(s, m, SIM_EXPLORE_OPTIMAL) != allowed[m])
				fail_msg("%s: %s is %s under %s", s->name, s->outcome,
					 allowed[m] ? "not reached" : "reached", models[m]);
	}
}

/* What is seen late is a step like any other: both searches find the same traces. */
static void test_optimal_agrees_with_sleep_sets(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(shapes); i++)
		for (unsigned m = SIM_MEMORY_TSO; m <= SIM_MEMORY_WEAK; m++) {
			unsigned optimal = executions_with_outcome(&shapes[i], m, SIM_EXPLORE_OPTIMAL);
			unsigned sleep = executions_with_outcome(&shapes[i], m, SIM_EXPLORE_SLEEP);

			if (optimal != sleep)
				fail_msg("%s, %s: %u, and %u by sleep sets", shapes[i].name,
					 models[m], optimal, sleep);
		}
}

static void store_to_all(void *arg)
{
	struct sim_var *var = arg;

	for (unsigned i = 0; i <= SIM_MEMORY_WORDS; i++)
		write_once(&var[i], 1);
}

static void test_too_many_words_are_not_modelled(void **state)
{
	struct sim *sim = t_machine_with((struct sim_config){ .memory = SIM_MEMORY_WEAK });
	struct sim_var *var = sim_zalloc(sim, (SIM_MEMORY_WORDS + 1) * sizeof(*var));

	for (unsigned i = 0; i <= SIM_MEMORY_WORDS; i++)
		sim_var_init(sim, &var[i], "word", 0);
	assert_non_null(sim_spawn(sim, "a", store_to_all, var, 0));
	assert_int_equal(t_run(sim), SIM_END_UNMODELLED);
	sim_destroy(sim);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_shapes),
		cmocka_unit_test(test_optimal_agrees_with_sleep_sets),
		cmocka_unit_test(test_too_many_words_are_not_modelled),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

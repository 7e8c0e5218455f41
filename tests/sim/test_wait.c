/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>

#include "harness.h"

struct world {
	struct sim *sim;
	struct wait_queue_head wqh;
	struct sim_var flag;
	struct completion done;
	char log[64];
	enum sim_task_state task_state;
	bool careless; /* tests the condition before it says that it sleeps */
	bool tail, exclusive, stop;
	int killed;
};

static struct world *world(struct sim **sim)
{
	struct world *w;

	*sim = t_machine();
	w = sim_zalloc(*sim, sizeof(*w));
	w->sim = *sim;
	w->task_state = TASK_UNINTERRUPTIBLE;
	init_waitqueue_head(*sim, &w->wqh, "wqh");
	sim_var_init(*sim, &w->flag, "flag", 0);
	init_completion(*sim, &w->done, "done");
	return w;
}

static void sleep_once(struct world *w, struct wait_queue_entry *wq)
{
	if (w->careless) {
		if (read_once(&w->flag))
			return;
		set_current_state(w->sim, w->task_state);
	} else {
		set_current_state(w->sim, w->task_state);
		if (read_once(&w->flag))
			return;
	}
	schedule(w->sim, &w->wqh.obj, "wait_event");
}

static void waiter(void *arg)
{
	struct world *w = arg;
	struct sim_thread *me = sim_current(w->sim);
	struct wait_queue_entry wq;

	init_waitqueue_entry(&wq, me);
	add_wait_queue(&w->wqh, &wq);
	while (!sim_var_peek(&w->flag) && !fatal_signal_pending(me))
		sleep_once(w, &wq);
	set_current_state(w->sim, TASK_RUNNING);
	remove_wait_queue(&w->wqh, &wq);
}

static void waker(void *arg)
{
	struct world *w = arg;

	write_once(&w->flag, 1);
	wake_up_all(&w->wqh);
}

static void a_wake_up_is_not_lost_unless_the_waiter_is_careless(void **state)
{
	for (int careless = 0; careless < 2; careless++) {
		struct sim_explore_result res;
		struct sim *sim;
		struct world *w = world(&sim);

		w->careless = careless;
		sim_spawn(sim, "waiter", waiter, w, 0);
		sim_spawn(sim, "waker", waker, w, 0);
		res = t_explore(sim);
		assert_true(res.complete && res.executions > 3);
		assert_int_equal(res.deadlocks > 0, careless);
		sim_destroy(sim);
	}
}

static void killer(void *arg)
{
	struct world *w = arg;

	sim_yield(w->sim, SIM_OP_WAKE, "kill");
	sim_kill(sim_thread_by_id(w->sim, 0));
}

static void a_signal_ends_some_sleeps(void **state)
{
	static const struct {
		enum sim_task_state task_state;
		enum sim_end end;
	} rows[] = {
		{ TASK_INTERRUPTIBLE, SIM_END_DONE },
		{ TASK_KILLABLE, SIM_END_DONE },
		{ TASK_UNINTERRUPTIBLE, SIM_END_DEADLOCK },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct sim *sim;
		struct world *w = world(&sim);

		w->task_state = rows[i].task_state;
		sim_spawn(sim, "waiter", waiter, w, 0);
		sim_spawn(sim, "killer", killer, w, 0);
		assert_int_equal(t_run(sim), rows[i].end);
		if (rows[i].end == SIM_END_DONE)
			assert_int_equal(t_explore(sim).deadlocks, 0);
		sim_destroy(sim);
	}
}

/* ------------------------------------------------------------------ the queue */

static int log_and_remove(struct wait_queue_entry *wq, void *key)
{
	struct world *w = key;
	size_t len = strlen(w->log);
	int ret = autoremove_wake_function(wq, NULL);

	w->log[len] = *sim_thread_name(wq->thread);
	return w->stop ? -1 : ret;
}

static void queued(void *arg)
{
	struct world *w = arg;
	struct wait_queue_entry wq;

	init_waitqueue_func_entry(&wq, sim_current(w->sim), log_and_remove);
	wq.exclusive = w->exclusive;
	spin_lock(&w->wqh.lock);
	if (w->tail)
		__add_wait_queue_entry_tail(&w->wqh, &wq);
	else
		__add_wait_queue(&w->wqh, &wq);
	set_current_state(w->sim, TASK_UNINTERRUPTIBLE);
	spin_unlock(&w->wqh.lock);
	schedule(w->sim, &w->wqh.obj, "queue");
}

static void wake_nr(void *arg)
{
	struct world *w = arg;

	__wake_up(&w->wqh, w->killed, w);
}

static void a_walk_goes_from_head_to_tail(void **state)
{
	static const struct {
		bool tail, exclusive, stop;
		int nr;
		const char *log;
		uint32_t asleep;
	} rows[] = {
		{ false, false, false, 1, "cba", 0 },
		{ true, false, false, 1, "abc", 0 },
		{ true, true, false, 1, "a", 6 },
		{ true, true, false, 2, "ab", 4 },
		{ true, true, false, 0, "abc", 0 },
		{ false, true, false, 1, "c", 3 },
		{ true, false, true, 0, "a", 6 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct sim *sim;
		struct world *w = world(&sim);

		w->tail = rows[i].tail;
		w->exclusive = rows[i].exclusive;
		w->stop = rows[i].stop;
		w->killed = rows[i].nr;
		sim_spawn(sim, "a", queued, w, 0);
		sim_spawn(sim, "b", queued, w, 0);
		sim_spawn(sim, "c", queued, w, 0);
		assert_int_equal(t_run(sim), SIM_END_DEADLOCK);
		assert_true(waitqueue_active(&w->wqh));
		sim_spawn(sim, "waker", wake_nr, w, 0);
		t_run(sim);
		assert_string_equal(w->log, rows[i].log);
		assert_int_equal(sim_blocked(sim), rows[i].asleep);
		assert_int_equal(waitqueue_active(&w->wqh), rows[i].asleep != 0);
		sim_destroy(sim);
	}
}

static void look(void *arg)
{
	struct world *w = arg;

	wake_up(&w->wqh);
}

static void waking_nobody_only_looks(void **state)
{
	struct sim *sim;
	struct world *w = world(&sim);

	sim_spawn(sim, "a", look, w, 0);
	sim_spawn(sim, "b", look, w, 0);
	assert_int_equal(t_explore(sim).executions, 1);
	sim_destroy(sim);
}

static void sleep_in_spinlock(void *arg)
{
	struct world *w = arg;

	spin_lock(&w->wqh.lock);
	set_current_state(w->sim, TASK_UNINTERRUPTIBLE);
	schedule(w->sim, NULL, "oops");
}

static void sleeping_under_a_spinlock_is_found(void **state)
{
	struct sim *sim;
	struct world *w = world(&sim);

	sim_spawn(sim, "t", sleep_in_spinlock, w, 0);
	t_expect_bug(sim, SIM_BUG_ATOMIC_SLEEP, "schedule inside a spinlock section");
	sim_destroy(sim);
}

/* ----------------------------------------------------------------- completions */

static void wait_done(void *arg)
{
	struct world *w = arg;

	wait_for_completion(&w->done);
}

static void wait_done_killable(void *arg)
{
	struct world *w = arg;

	w->killed = wait_for_completion_killable(&w->done);
}

static void complete_one(void *arg)
{
	struct world *w = arg;

	complete(&w->done);
}

static void complete_for_all(void *arg)
{
	struct world *w = arg;

	complete_all(&w->done);
}

static void completions_count(void **state)
{
	static const struct {
		void (*wait)(void *);
		void (*act)(void *);
		uint64_t executions, deadlocks;
	} rows[] = {
		/* One of two waiters goes on: either. */
		{ wait_done, complete_one, 2, 2 },
		/* Both go on, in no order. */
		{ wait_done, complete_for_all, 1, 0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct sim_explore_result res;
		struct sim *sim;
		struct world *w = world(&sim);

		sim_spawn(sim, "a", rows[i].wait, w, 0);
		sim_spawn(sim, "b", rows[i].wait, w, 0);
		sim_spawn(sim, "c", rows[i].act, w, 0);
		res = t_explore(sim);
		assert_int_equal(res.executions, rows[i].executions);
		assert_int_equal(res.deadlocks, rows[i].deadlocks);
		sim_destroy(sim);
	}
}

static void a_killed_waiter_gives_up_a_completion(void **state)
{
	struct sim *sim;
	struct world *w = world(&sim);

	sim_spawn(sim, "a", wait_done_killable, w, 0);
	sim_spawn(sim, "killer", killer, w, 0);
	assert_int_equal(t_run(sim), SIM_END_DONE);
	assert_int_equal(w->killed, -EINTR);
	sim_destroy(sim);
}

/* ---------------------------------------------------------------- time limits */

struct timed {
	struct sim *sim;
	struct wait_queue_head wqh;
	struct sim_var order; /* who came first is the last digit */
	bool flag;
	unsigned expired;
};

static bool wait_with_limit(struct timed *w)
{
	struct wait_queue_entry wq;
	bool expired = false;

	init_waitqueue_entry(&wq, sim_current(w->sim));
	add_wait_queue(&w->wqh, &wq);
	set_current_state(w->sim, TASK_INTERRUPTIBLE);
	sim_touch(w->sim, sim_key(SIM_CLASS_MODEL, 1, 0), SIM_READ);
	if (!w->flag)
		expired = schedule_timeout(w->sim, &w->wqh.obj, "wait");
	__set_current_state(w->sim, TASK_RUNNING);
	remove_wait_queue(&w->wqh, &wq);
	return expired;
}

static void wait_once(void *arg)
{
	struct timed *w = arg;

	w->expired += wait_with_limit(w);
}

static void wait_in_order(void *arg)
{
	struct timed *w = arg;

	wait_with_limit(w);
	write_once(&w->order, read_once(&w->order) * 10 + sim_thread_id(sim_current(w->sim)) + 1);
}

static void wait_until_set(void *arg)
{
	struct timed *w = arg;

	while (!w->flag)
		wait_with_limit(w);
}

static void set_and_wake(void *arg)
{
	struct timed *w = arg;

	sim_yield(w->sim, SIM_OP_WRITE, "set");
	sim_touch(w->sim, sim_key(SIM_CLASS_MODEL, 1, 0), SIM_WRITE);
	w->flag = true;
	wake_up_all(&w->wqh);
}

static void sleep_without_limit(void *arg)
{
	struct timed *w = arg;

	set_current_state(w->sim, TASK_UNINTERRUPTIBLE);
	schedule(w->sim, &w->wqh.obj, "wait");
}

static struct timed *timed_world(void)
{
	struct sim *sim = t_machine_with((struct sim_config){ .timers = true, .max_steps = 60 });
	struct timed *w = sim_zalloc(sim, sizeof(*w));

	w->sim = sim;
	init_waitqueue_head(sim, &w->wqh, "wqh");
	sim_var_init(sim, &w->order, "order", 0);
	return w;
}

static void time_passes_only_when_nobody_can_go_on(void **state)
{
	static const struct {
		void (*a)(void *), (*b)(void *);
		unsigned flags;
		enum sim_end end;
		unsigned expired;
	} rows[] = {
		{ wait_once, NULL, 0, SIM_END_DONE, 1 },
		/* who is woken is never late */
		{ wait_once, set_and_wake, 0, SIM_END_DONE, 0 },
		/* nobody waits for the end of a daemon */
		{ wait_once, NULL, SIM_THREAD_DAEMON, SIM_END_DONE, 0 },
		{ wait_once, wait_once, 0, SIM_END_DONE, 2 },
		/* a limit does not help who has none */
		{ wait_once, sleep_without_limit, 0, SIM_END_DEADLOCK, 1 },
		/* nor who waits again and again */
		{ wait_until_set, sleep_without_limit, 0, SIM_END_STEP_BOUND, 0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct timed *w = timed_world();

		sim_spawn(w->sim, "a", rows[i].a, w, rows[i].flags);
		if (rows[i].b)
			sim_spawn(w->sim, "b", rows[i].b, w, 0);
		assert_int_equal(t_run(w->sim), rows[i].end);
		assert_int_equal(w->expired, rows[i].expired);
		sim_destroy(w->sim);
	}
}

static int note_order(void *ctx, struct sim *sim, const struct sim_execution *ex)
{
	struct timed *w = sim_model(sim);
	int64_t order = sim_var_peek(&w->order);

	*(unsigned *)ctx |= order == 12 ? 1 : order == 21 ? 2 : 4;
	return 0;
}

static void whose_time_is_up_first_is_explored(void **state)
{
	struct timed *w = timed_world();
	unsigned seen = 0;
	const struct sim_explore_config cfg = { .execution = note_order, .ctx = &seen };
	struct sim_explore_result res;

	sim_set_model(w->sim, w, NULL);
	sim_spawn(w->sim, "a", wait_in_order, w, 0);
	sim_spawn(w->sim, "b", wait_in_order, w, 0);
	assert_int_equal(sim_explore(w->sim, &cfg, &res), 0);
	assert_true(res.complete);
	assert_int_equal(seen, 3); /* each order; never at the same time: b's limit ends after a is done */
	sim_destroy(w->sim);
}

static void without_timers_a_limit_is_not_modelled(void **state)
{
	struct sim *sim = t_machine();
	struct timed *v = sim_zalloc(sim, sizeof(*v));

	v->sim = sim;
	init_waitqueue_head(sim, &v->wqh, "wqh");
	sim_spawn(sim, "a", wait_once, v, 0);
	assert_int_equal(t_run(sim), SIM_END_UNMODELLED);
	sim_destroy(sim);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_wake_up_is_not_lost_unless_the_waiter_is_careless),
		cmocka_unit_test(a_signal_ends_some_sleeps),
		cmocka_unit_test(a_walk_goes_from_head_to_tail),
		cmocka_unit_test(waking_nobody_only_looks),
		cmocka_unit_test(sleeping_under_a_spinlock_is_found),
		cmocka_unit_test(completions_count),
		cmocka_unit_test(a_killed_waiter_gives_up_a_completion),
		cmocka_unit_test(time_passes_only_when_nobody_can_go_on),
		cmocka_unit_test(whose_time_is_up_first_is_explored),
		cmocka_unit_test(without_timers_a_limit_is_not_modelled),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

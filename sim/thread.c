/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * thread.c - simulated threads: birth, sleep, wake-up, death
 *
 * What others can see of a thread has keys of its own: its task state, its
 * pending signal, and whether it lives.  A sleeper that goes on has read what
 * its waker wrote; so no exploration can take the two for independent.
 */
#include "inline.h"
#include "sim_internal.h"

/* The key of "which id comes next": spawns of different threads are ordered. */
#define SPAWN_KEY sim_key(SIM_CLASS_THREAD, 0xfffff, 0)

static const struct sim_op start_op = { .kind = SIM_OP_START, .what = "start" };

/* Ids are used again only by the machine's owner, who knows that nobody looks. */
static struct sim_thread *thread_slot(struct sim *sim)
{
	struct sim_state *st = sim->state;
	struct sim_thread *t;

	if (st->nr_threads < SIM_MAX_THREADS) {
		t = sim_zalloc_outside(sim, sizeof(*t));
		if (!t)
			return NULL;
		t->id = (uint8_t)st->nr_threads++;
		st->threads[t->id] = t;
		return t;
	}
	for (unsigned i = 0; !st->cur && i < SIM_MAX_THREADS; i++)
		if (st->threads[i]->dead)
			return st->threads[i];
	return NULL;
}

struct sim_thread *sim_spawn(struct sim *sim, const char *name, void (*fn)(void *arg), void *arg,
			     unsigned flags)
{
	struct sim_thread *t;

	sim_touch(sim, SPAWN_KEY, SIM_WRITE);
	sched_settle(sim);
	t = thread_slot(sim);
	if (!t)
		return NULL;
	t->sim = sim;
	t->name = name;
	t->fn = fn;
	t->arg = arg;
	t->data = NULL;
	t->daemon = flags & SIM_THREAD_DAEMON;
	t->op = &start_op;
	t->task_state = TASK_RUNNING;
	t->started = t->dead = t->killed = t->killable = false;
	t->preempt_off = t->spin_depth = 0;
	t->held = t->nr_again = 0;
	sim->state->alive |= 1u << t->id;
	datarace_hand_over(sim, t);
	memory_hand_over(sim, t);
	sim_touch(sim, thread_key(t, THREAD_LIFE), SIM_WRITE);
	sim_hold(sim, thread_key(t, THREAD_LIFE), 0, 0, 0);
	if (sim->state->memory && !t->daemon && !memory_watch(sim, t))
		sim_unmodelled(sim, "too many threads under this memory model");
	return t;
}

void thread_main(struct sim *sim, struct sim_thread *t)
{
	sim_touch(sim, thread_key(t, THREAD_LIFE), SIM_READ);
	t->fn(t->arg);
	if (t->preempt_off || t->spin_depth)
		sim_bug(sim, SIM_BUG_MISUSE, "%s ended inside a %s", t->name,
			t->spin_depth ? "spinlock section" : "preempt-disabled section");
	sim_touch(sim, thread_key(t, THREAD_LIFE), SIM_WRITE);
	t->dead = true;
	t->op = NULL;
	sim->state->alive &= ~(1u << t->id);
}

struct sim_thread *sim_current(const struct sim *sim)
{
	return sim->state->cur;
}

struct sim_thread *sim_thread_by_id(const struct sim *sim, unsigned id)
{
	return id < sim->state->nr_threads ? sim->state->threads[id] : NULL;
}

unsigned sim_thread_id(const struct sim_thread *t)
{
	return t->id;
}

const char *sim_thread_name(const struct sim_thread *t)
{
	return t->name;
}

bool sim_thread_dead(const struct sim_thread *t)
{
	sim_touch(t->sim, thread_key(t, THREAD_LIFE), SIM_READ);
	return t->dead;
}

const struct sim_op *sim_thread_op(const struct sim_thread *t)
{
	return t->op;
}

uint32_t sim_thread_waits_for(const struct sim_thread *t)
{
	return t->op && t->op->holders && !op_enabled(t) ? t->op->holders(t->op) : 0;
}

void *sim_thread_data(const struct sim_thread *t)
{
	return t->data;
}

void sim_thread_set_data(struct sim_thread *t, void *data)
{
	t->data = data;
}

/* ------------------------------------------------------------------- signals */

static bool signal_ends_sleep(const struct sim_thread *t)
{
	return t->task_state == TASK_INTERRUPTIBLE || t->task_state == TASK_KILLABLE;
}

/* Before somebody wakes it: whether that makes a difference. */
static void touch_sleeper(const struct sim_thread *t)
{
	uint64_t key = thread_key(t, THREAD_STATE);
	bool awake = t->task_state == TASK_RUNNING || (t->killed && signal_ends_sleep(t));

	sim_touch(t->sim, key, SIM_WRITE);
	sim_hold(t->sim, key, awake ? HOLD_EVENT : 0, 0, 0);
}

void sim_kill(struct sim_thread *t)
{
	uint64_t key = thread_key(t, THREAD_SIGNAL);

	sim_touch(t->sim, key, SIM_WRITE);
	sim_hold(t->sim, key, t->killed ? HOLD_EVENT : 0, 0, 0);
	touch_sleeper(t);
	sim_note(t->sim, "kill(%s)", t->name);
	t->killed = true;
	if (signal_ends_sleep(t))
		t->task_state = TASK_RUNNING;
}

bool fatal_signal_pending(const struct sim_thread *t)
{
	sim_touch(t->sim, thread_key(t, THREAD_SIGNAL), SIM_READ);
	return t->killed;
}

/* ----------------------------------------------------------- sleep and wake */

void __set_current_state(struct sim *sim, enum sim_task_state state)
{
	struct sim_thread *t = sim_self(sim);

	sim_touch(sim, thread_key(t, THREAD_STATE), SIM_WRITE);
	t->task_state = (uint8_t)state;
}

/*
 * A store that wakers look at, so a scheduling point like any other; without it
 * the gap between testing a condition and going to sleep could not be hit.
 * Under a spinlock the section is the step.
 */
void set_current_state(struct sim *sim, enum sim_task_state state)
{
	static const struct sim_op op = { .kind = SIM_OP_WRITE, .what = "set_current_state" };
	struct sim_thread *t = sim_self(sim);

	if (!t->spin_depth)
		sim_point(sim, &op);
	memory_barrier(sim);
	__set_current_state(sim, state);
}

static bool is_awake(const struct sim_thread *t, const struct sim_op *op)
{
	return t->task_state == TASK_RUNNING || (t->killed && signal_ends_sleep(t));
}

static bool sleep_until_woken(struct sim *sim, struct sim_op op)
{
	struct sim_thread *t = sim_self(sim);
	bool expired;

	op.kind = SIM_OP_WAIT;
	op.needs = SIM_NEEDS_WAKE_UP;
	op.enabled = is_awake;
	sim_touch(sim, thread_key(t, THREAD_STATE), SIM_READ);
	if (t->task_state == TASK_RUNNING)
		return false;
	might_sleep(sim, "schedule");
	memory_barrier(sim);
	sim_point(sim, &op);
	sim_touch(sim, thread_key(t, THREAD_STATE), SIM_READ);
	if (t->task_state == TASK_RUNNING)
		return false;
	sim_touch(sim, thread_key(t, THREAD_SIGNAL), SIM_READ);
	expired = !is_awake(t, &op);
	sim_touch(sim, thread_key(t, THREAD_STATE), SIM_WRITE);
	t->task_state = TASK_RUNNING;
	return expired;
}

void schedule(struct sim *sim, const struct sim_obj *waits_for, const char *what)
{
	sleep_until_woken(sim, (struct sim_op){ .what = what, .obj = waits_for });
}

/*
 * Everybody else reads the clock, so what was done before it moved comes before what is
 * done then: an order that nothing can turn round.
 */
bool schedule_timeout(struct sim *sim, const struct sim_obj *waits_for, const char *what)
{
	if (!sim->cfg.timers)
		sim_unmodelled(sim, "a time limit in a machine without timers");
	if (!sleep_until_woken(sim, (struct sim_op){ .what = what, .obj = waits_for, .expires = true }))
		return false;
	sim_touch(sim, CLOCK_KEY, SIM_WRITE);
	sim_note(sim, "the time is up");
	return true;
}

bool sim_thread_sleeps(const struct sim_thread *t)
{
	return t->task_state != TASK_RUNNING && !(t->killed && signal_ends_sleep(t));
}

bool wake_up_process(struct sim_thread *t)
{
	touch_sleeper(t);
	if (t->task_state == TASK_RUNNING)
		return false;
	if (unlikely(t->sim->trace.on))
		trace_wake(t->sim, t);
	datarace_hand_over(t->sim, t);
	memory_hand_over(t->sim, t);
	t->task_state = TASK_RUNNING;
	t->woken = ++t->sim->state->wake_ups;
	return true;
}

uint32_t sim_thread_woken(const struct sim_thread *t)
{
	return t->woken;
}

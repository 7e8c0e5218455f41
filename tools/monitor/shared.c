/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * shared.c - what the threads of a test share: words of its world, mutexes, conditions
 */
#include <string.h>

#include "tools/monitor/describe.h"

/* ---------------------------------------------------------------------- words */

/* Where in the world: its number of eight bytes. */
static uint32_t place_of(struct program *p, const volatile void *ptr, size_t size, const char *what)
{
	const volatile char *begin = (const volatile char *)p->b->world, *at = ptr;

	if (at < begin || (size_t)(at - begin) + size > p->test->world_size)
		sim_bug(p->sim, SIM_BUG_MISUSE, "%s is no member of the world", what);
	return (uint32_t)((at - begin) / 8);
}

static const char *short_name(const char *what)
{
	return !strncmp(what, "w->", 3) ? what + 3 : what;
}

/* A step, and its footprint: the word by its place in the world. */
void uffdsim_shared(const volatile void *ptr, size_t size, bool write, const char *how,
		    const char *what)
{
	struct program *p = program_running();
	uint32_t place;

	if (!sim_current(p->sim))
		return; /* finish() looks */
	place = place_of(p, ptr, size, what);
	describe_call("%s(%s)", how, short_name(what));
	sim_yield(p->sim, write ? SIM_OP_WRITE : SIM_OP_READ, "shared word");
	sim_touch(p->sim, sim_key(MONITOR_CLASS_WORLD, place, 0), write ? SIM_WRITE : SIM_READ);
}

void uffdsim_shared_is(const char *what, long long v)
{
	if (sim_current(program_running()->sim))
		describe_words("%s = %lld", what, v);
}

/* A wait for a value: @op first, so that its enabledness finds the rest. */
struct await {
	struct sim_op op;
	struct sim_obj obj;
	const volatile void *ptr;
	size_t size;
	long long v;
};

static bool has_value(const struct sim_thread *t, const struct sim_op *op)
{
	const struct await *a = (const struct await *)op;

	switch (a->size) {
	case 1:
		return *(const volatile uint8_t *)a->ptr == (uint8_t)a->v;
	case 2:
		return *(const volatile uint16_t *)a->ptr == (uint16_t)a->v;
	case 4:
		return *(const volatile uint32_t *)a->ptr == (uint32_t)a->v;
	default:
		return *(const volatile uint64_t *)a->ptr == (uint64_t)a->v;
	}
}

void uffdsim_await(const volatile void *ptr, size_t size, long long v, const char *what)
{
	struct program *p = program_running();
	struct await a = { .ptr = ptr, .size = size, .v = v };

	a.obj = (struct sim_obj){ .sim = p->sim, .name = short_name(what), .live = SIM_OBJ_LIVE };
	a.obj.cls = MONITOR_CLASS_WORLD;
	a.obj.id = place_of(p, ptr, size, what);
	a.op = (struct sim_op){ .kind = SIM_OP_WAIT, .what = "AWAIT", .obj = &a.obj };
	a.op.enabled = has_value;
	a.op.spins = true;
	describe_call("AWAIT(%s, %lld)", a.obj.name, v);
	sim_point(p->sim, &a.op);
	sim_touch(p->sim, sim_obj_key(&a.obj), SIM_READ);
	describe_words("AWAIT()");
}

/* -------------------------------------------------------- mutexes, conditions */

_Static_assert(sizeof(struct mutex) <= sizeof(struct u_mutex), "u_mutex is too small");
_Static_assert(sizeof(struct wait_queue_head) <= sizeof(struct u_cond), "u_cond is too small");

static struct mutex *mutex_of(struct u_mutex *m)
{
	struct mutex *ret = (struct mutex *)m;

	if (!ret->obj.sim)
		sim_bug(program_running()->sim, SIM_BUG_MISUSE, "a mutex without u_mutex_init()");
	return ret;
}

static struct wait_queue_head *queue_of(struct u_cond *c)
{
	struct wait_queue_head *ret = (struct wait_queue_head *)c;

	if (!ret->obj.sim)
		sim_bug(program_running()->sim, SIM_BUG_MISUSE,
			"a condition without u_cond_init()");
	return ret;
}

void u_mutex_init(struct u_mutex *m, const char *name)
{
	mutex_init(program_running()->sim, (struct mutex *)m, name);
}

void u_mutex_lock(struct u_mutex *m)
{
	struct mutex *mutex = mutex_of(m);

	describe_call("lock(%s)", mutex->obj.name);
	mutex_lock(mutex);
	describe_words("lock()");
}

void u_mutex_unlock(struct u_mutex *m)
{
	struct mutex *mutex = mutex_of(m);

	describe_call("unlock(%s)", mutex->obj.name);
	mutex_unlock(mutex);
	describe_words("unlock()");
}

void u_cond_init(struct u_cond *c, const char *name)
{
	init_waitqueue_head(program_running()->sim, (struct wait_queue_head *)c, name);
}

/* In the queue before the mutex is given back: a signal that comes then is not lost. */
int u_cond_wait(struct u_cond *c, struct u_mutex *m)
{
	struct wait_queue_head *wqh = queue_of(c);
	struct mutex *mutex = mutex_of(m);
	struct sim *sim = program_running()->sim;
	struct wait_queue_entry wait;

	describe_call("wait(%s, %s)", wqh->obj.name, mutex->obj.name);
	init_waitqueue_entry(&wait, sim_current(sim));
	wait.func = autoremove_wake_function;
	wait.exclusive = true;
	spin_lock(&wqh->lock);
	__add_wait_queue_entry_tail(wqh, &wait);
	__set_current_state(sim, TASK_UNINTERRUPTIBLE);
	spin_unlock(&wqh->lock);
	mutex_unlock(mutex);
	schedule(sim, &wqh->obj, "cond_wait");
	remove_wait_queue(wqh, &wait);
	mutex_lock(mutex);
	describe_words("wait()");
	return 0;
}

void u_cond_signal(struct u_cond *c)
{
	struct wait_queue_head *wqh = queue_of(c);

	describe_call("signal(%s)", wqh->obj.name);
	wake_up(wqh);
	describe_words("signal()");
}

void u_cond_broadcast(struct u_cond *c)
{
	struct wait_queue_head *wqh = queue_of(c);

	describe_call("broadcast(%s)", wqh->obj.name);
	wake_up_all(wqh);
	describe_words("broadcast()");
}

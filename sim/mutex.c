/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mutex.c - one owner, who may sleep
 *
 * Taking and giving back are steps of their own.  Whoever can go on when it
 * becomes free may get it: the schedule decides, there is no queue.
 */
#include "sim_internal.h"

void mutex_init(struct sim *sim, struct mutex *m, const char *name)
{
	sim_obj_init(sim, &m->obj, SIM_CLASS_MUTEX, name);
	m->owner = NULL;
}

static bool is_free(const struct sim_thread *t, const struct sim_op *op)
{
	const struct mutex *m = (const void *)op->obj;

	return !m->owner;
}

static uint32_t mutex_holders(const struct sim_op *op)
{
	const struct mutex *m = (const void *)op->obj;

	return m->owner ? thread_bit(op->obj->sim, m->owner) : 0;
}

static struct sim_op acquire_op(const struct mutex *m, const char *what)
{
	sim_obj_check(&m->obj);
	might_sleep(m->obj.sim, what);
	return (struct sim_op){
		.kind = SIM_OP_ACQUIRE,
		.needs = SIM_NEEDS_EXCLUSIVE,
		.what = what,
		.obj = &m->obj,
		.enabled = is_free,
		.holders = mutex_holders,
	};
}

static void touch(const struct mutex *m, enum sim_mode mode)
{
	uint64_t key = sim_obj_key(&m->obj);

	sim_obj_check(&m->obj);
	sim_touch(m->obj.sim, key, mode);
	if (mode == SIM_WRITE)
		sim_hold(m->obj.sim, key, m->owner ? 0 : HOLD_NO_WRITER, 0, 0);
}

static void take(struct mutex *m, bool can_wait)
{
	m->owner = sim_self(m->obj.sim);
	lockdep_acquire(&m->obj, 0, can_wait);
}

void mutex_lock(struct mutex *m)
{
	const struct sim_op op = acquire_op(m, "mutex_lock");

	sim_point(m->obj.sim, &op);
	touch(m, SIM_WRITE);
	take(m, true);
	obj_note(&m->obj, "mutex_lock(%s)", m->obj.name);
}

int mutex_lock_killable(struct mutex *m)
{
	const struct sim_op op = acquire_op(m, "mutex_lock_killable");
	int err = sim_point_killable(m->obj.sim, &op);

	sim_varies(m->obj.sim, VARY_MODE);
	touch(m, err ? SIM_READ : SIM_WRITE);
	if (!err)
		take(m, true);
	obj_note(&m->obj, "mutex_lock_killable(%s) = %d", m->obj.name, err);
	return err;
}

bool mutex_trylock(struct mutex *m)
{
	const struct sim_op op = {
		.kind = SIM_OP_ACQUIRE,
		.what = "mutex_trylock",
		.obj = &m->obj,
	};
	bool ok;

	sim_obj_check(&m->obj);
	sim_point(m->obj.sim, &op);
	ok = !m->owner;
	sim_varies(m->obj.sim, VARY_MODE);
	touch(m, ok ? SIM_WRITE : SIM_READ);
	if (ok)
		take(m, false);
	obj_note(&m->obj, "mutex_trylock(%s) = %d", m->obj.name, ok);
	return ok;
}

void mutex_unlock(struct mutex *m)
{
	const struct sim_op op = {
		.kind = SIM_OP_RELEASE,
		.what = "mutex_unlock",
		.obj = &m->obj,
	};
	struct sim *sim = m->obj.sim;

	sim_obj_check(&m->obj);
	sim_point(sim, &op);
	touch(m, SIM_WRITE);
	if (m->owner != sim_self(sim))
		sim_bug(sim, SIM_BUG_BAD_UNLOCK, "%s unlocks mutex %s, which %s holds",
			sim_self(sim)->name, m->obj.name ? m->obj.name : "?",
			m->owner ? m->owner->name : "nobody");
	m->owner = NULL;
	lockdep_release(&m->obj, 0);
	obj_note(&m->obj, "mutex_unlock(%s)", m->obj.name);
}

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * spinlock.c - sections that are one step, if they can be
 *
 * Unlocking is no scheduling point: what follows it belongs to the same step
 * until the next one.  So most sections begin and end inside a step, and nobody
 * can ever see such a lock taken.  A fine lock makes use of that: the section
 * only *reads* its lock.  If a step ends inside the section, the lock becomes
 * visible, and the step that took it has written it, and so will the step that
 * gives it back.
 */
#include "sim_internal.h"

void spin_lock_init(struct sim *sim, struct spinlock *lock, const char *name, unsigned flags)
{
	sim_obj_init(sim, &lock->obj, SIM_CLASS_SPINLOCK, name);
	lock->owner = NULL;
	lock->taken_at = 0;
	lock->fine = flags & SIM_SPIN_FINE;
}

static bool is_free(const struct sim_thread *t, const struct sim_op *op)
{
	const struct spinlock *lock = (const void *)op->obj;

	return !lock->owner;
}

static uint32_t spin_holders(const struct sim_op *op)
{
	const struct spinlock *lock = (const void *)op->obj;

	return lock->owner ? thread_bit(op->obj->sim, lock->owner) : 0;
}

/* The step shows that it takes the lock, or gives it back. */
static void touch_visibly(const struct spinlock *lock, unsigned free)
{
	sim_touch(lock->obj.sim, sim_obj_key(&lock->obj), SIM_WRITE);
	sim_hold(lock->obj.sim, sim_obj_key(&lock->obj), free, 0, 0);
}

static void take(struct spinlock *lock, bool can_wait)
{
	struct sim *sim = lock->obj.sim;
	struct sim_thread *t = sim_self(sim);

	lock->owner = t;
	lock->taken_at = sim->state->steps;
	t->spin_depth++;
	if (lock->fine && sim->nr_step_locks < SIM_STEP_LOCKS)
		sim->step_locks[sim->nr_step_locks++] = lock;
	else
		touch_visibly(lock, HOLD_NO_WRITER);
	sim_touch(sim, sim_obj_key(&lock->obj), SIM_READ);
	lockdep_acquire(&lock->obj, 0, can_wait);
}

/* Sections that outlive the step have become visible. */
void spin_step_end(struct sim *sim)
{
	for (unsigned i = 0; i < sim->nr_step_locks; i++)
		touch_visibly(sim->step_locks[i], HOLD_NO_WRITER);
	sim->nr_step_locks = 0;
}

static bool forget_step_lock(struct sim *sim, const struct spinlock *lock)
{
	for (unsigned i = sim->nr_step_locks; i-- > 0;) {
		if (sim->step_locks[i] != lock)
			continue;
		sim->step_locks[i] = sim->step_locks[--sim->nr_step_locks];
		return true;
	}
	return false;
}

static __attribute__((noinline)) void lock_slow(struct spinlock *lock)
{
	const struct sim_op op = {
		.kind = SIM_OP_ACQUIRE,
		.needs = SIM_NEEDS_EXCLUSIVE,
		.what = "spin_lock",
		.obj = &lock->obj,
		.enabled = is_free,
		.holders = spin_holders,
	};

	sim_obj_check(&lock->obj);
	if (sim_self(lock->obj.sim)->spin_depth)
		sim_varies(lock->obj.sim, VARY_ANY);
	if (lock->owner || !sim_self(lock->obj.sim)->spin_depth) {
		/* Inside a section the step ends here only because the lock is taken. */
		if (sim_self(lock->obj.sim)->spin_depth)
			sim_touch(lock->obj.sim, sim_obj_key(&lock->obj), SIM_READ);
		sim_point(lock->obj.sim, &op);
		sim_obj_check(&lock->obj);
	}
	take(lock, true);
	obj_note(&lock->obj, "spin_lock(%s)", lock->obj.name);
}

/* Within a section there is no point to pass. */
void spin_lock(struct spinlock *lock)
{
	struct sim *sim = lock->obj.sim;
	struct sim_thread *t;

	if (!obj_is_live(&lock->obj) || !nobody_looks(sim) || lock->owner) {
		lock_slow(lock);
		return;
	}
	t = sim->head.cur;
	if (!t->spin_depth && !free_step(sim)) {
		lock_slow(lock);
		return;
	}
	lock->owner = t;
	t->spin_depth++;
	lockdep_acquire_quick(&lock->obj, t);
}

bool spin_lock_unseen(struct spinlock *lock)
{
	struct sim *sim = lock->obj.sim;

	if (!obj_is_live(&lock->obj) || !nobody_looks(sim) || lock->owner ||
	    !lockdep_knows(&lock->obj, sim->head.cur))
		return false;
	if (!sim->head.cur->spin_depth)
		sim->head.free_steps--;
	return true;
}

bool spin_trylock(struct spinlock *lock)
{
	const struct sim_op op = {
		.kind = SIM_OP_ACQUIRE,
		.what = "spin_trylock",
		.obj = &lock->obj,
	};

	sim_obj_check(&lock->obj);
	if (!sim_self(lock->obj.sim)->spin_depth) {
		sim_point(lock->obj.sim, &op);
		sim_obj_check(&lock->obj);
	}
	obj_note(&lock->obj, "spin_trylock(%s) = %d", lock->obj.name, !lock->owner);
	sim_varies(lock->obj.sim, VARY_ANY);
	if (lock->owner) {
		sim_touch(lock->obj.sim, sim_obj_key(&lock->obj), SIM_READ);
		return false;
	}
	take(lock, false);
	return true;
}

static __attribute__((noinline)) void unlock_slow(struct spinlock *lock)
{
	struct sim *sim = lock->obj.sim;
	struct sim_thread *t = sim_self(sim);

	sim_obj_check(&lock->obj);
	sim_touch(sim, sim_obj_key(&lock->obj), SIM_READ);
	if (lock->owner != t)
		sim_bug(sim, SIM_BUG_BAD_UNLOCK, "%s unlocks spinlock %s, which %s holds", t->name,
			lock->obj.name ? lock->obj.name : "?",
			lock->owner ? lock->owner->name : "nobody");
	/* A section that is one step shows as its spin_lock line alone. */
	if (lock->taken_at != sim->state->steps)
		obj_note(&lock->obj, "spin_unlock(%s)", lock->obj.name);
	if (!forget_step_lock(sim, lock))
		touch_visibly(lock, 0);
	lock->owner = NULL;
	lock->taken_at = 0;
	t->spin_depth--;
	lockdep_release(&lock->obj, 0);
}

void spin_unlock(struct spinlock *lock)
{
	struct sim *sim = lock->obj.sim;

	if (!obj_is_live(&lock->obj) || !nobody_looks(sim) || sim->nr_step_locks ||
	    lock->owner != sim->head.cur) {
		unlock_slow(lock);
		return;
	}
	lock->owner->spin_depth--;
	lockdep_release_quick(&lock->obj, lock->owner);
	lock->owner = NULL;
}

bool spin_is_locked_by_me(const struct spinlock *lock)
{
	return lock->owner == sim_self(lock->obj.sim);
}

void might_sleep(struct sim *sim, const char *what)
{
	const struct sim_thread *t = sim_self(sim);

	if (t->spin_depth)
		sim_bug(sim, SIM_BUG_ATOMIC_SLEEP, "%s: %s inside a spinlock section", t->name,
			what);
}

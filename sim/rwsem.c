/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * rwsem.c - the kernel's rw_semaphore
 *
 *                 free --down_read--> read-held --(writer queues)--> closing
 *                  |  <---up_read----     |  <---the writer gets it---  |
 *              down_write                 +---- new readers join        +---- nobody joins
 *
 * Readers commute with each other: they READ the semaphore's key, everything a
 * writer does WRITEs it.
 *
 * Fairness.  Once a writer waits, new readers wait behind it, and a thread that
 * read-locks twice can deadlock.  When a writer has begun to wait is a choice
 * of the schedule: the writer's operation is enabled while the semaphore is
 * read-held, and then its step only puts it on the queue.  Other waiters need
 * no such step: a waiter changes what others may do only by holding readers
 * back, so only writers matter, and only while readers could otherwise join.
 * (A writer that would queue behind a writer can as well queue when the first
 * one has downgraded, before any reader joins.)
 */
#include "sim_internal.h"

void init_rwsem(struct sim *sim, struct rwsem *sem, const char *name)
{
	*sem = (struct rwsem){ .writer = NULL };
	sim_obj_init(sim, &sem->obj, SIM_CLASS_RWSEM, name);
}

static bool read_allowed(const struct rwsem *sem)
{
	return !sem->writer && (!sem->waiting_writers || sem->obj.sim->cfg.rwsem_unfair);
}

static bool write_allowed(const struct rwsem *sem)
{
	return !sem->writer && !sem->nr_readers;
}

/* Before the change: readers are @delta more after it. */
static void touch(const struct rwsem *sem, enum sim_mode mode, int delta)
{
	struct sim *sim = sem->obj.sim;
	uint64_t key = sim_obj_key(&sem->obj);
	unsigned free = 0;

	sim_obj_check(&sem->obj);
	sim_touch(sim, key, mode);
	if (mode != SIM_WRITE && !delta)
		return;
	if (!sem->writer)
		free |= HOLD_NO_WRITER;
	if (read_allowed(sem))
		free |= HOLD_SHARED;
	sim_hold(sim, key, free, sem->nr_readers, delta);
}

static bool can_read(const struct sim_thread *t, const struct sim_op *op)
{
	return read_allowed((const void *)op->obj);
}

/* It can take the semaphore, or it can begin to wait. */
static bool can_write(const struct sim_thread *t, const struct sim_op *op)
{
	const struct rwsem *sem = (const void *)op->obj;

	if (write_allowed(sem))
		return true;
	return sem->nr_readers && !op->obj->sim->cfg.rwsem_unfair &&
	       !(sem->waiting_writers & thread_bit(op->obj->sim, t));
}

/* A reader waits for the writer it queues behind, too. */
static uint32_t rwsem_holders(const struct sim_op *op)
{
	const struct rwsem *sem = (const void *)op->obj;
	uint32_t m = sem->readers;

	if (sem->writer)
		m |= thread_bit(op->obj->sim, sem->writer);
	return m;
}

static uint32_t read_holders(const struct sim_op *op)
{
	const struct rwsem *sem = (const void *)op->obj;

	return sem->writer ? rwsem_holders(op) : rwsem_holders(op) | sem->waiting_writers;
}

static struct sim_op acquire_op(const struct rwsem *sem, const char *what, bool write)
{
	sim_obj_check(&sem->obj);
	might_sleep(sem->obj.sim, what);
	return (struct sim_op){
		.kind = SIM_OP_ACQUIRE,
		.needs = !write                     ? SIM_NEEDS_SHARED
			 : sem->obj.sim->cfg.rwsem_unfair ? SIM_NEEDS_EXCLUSIVE
							  : SIM_NEEDS_NO_WRITER,
		.what = what,
		.obj = &sem->obj,
		.enabled = write ? can_write : can_read,
		.holders = write ? rwsem_holders : read_holders,
	};
}

static void release_point(const struct rwsem *sem, const char *what)
{
	const struct sim_op op = { .kind = SIM_OP_RELEASE, .what = what, .obj = &sem->obj };

	sim_obj_check(&sem->obj);
	sim_point(sem->obj.sim, &op);
}

static void bad_unlock(const struct rwsem *sem, const char *what)
{
	struct sim *sim = sem->obj.sim;

	sim_bug(sim, SIM_BUG_BAD_UNLOCK, "%s: %s(%s) without holding it", sim_self(sim)->name, what,
		sem->obj.name ? sem->obj.name : "?");
}

/* ------------------------------------------------------------------- readers */

static void add_reader(struct rwsem *sem)
{
	struct sim *sim = sem->obj.sim;
	struct sim_thread *t = sim_self(sim);

	sem->nr_readers++;
	if (t == &sim->state->outside)
		return;
	sem->reader_depth[t->id]++;
	sem->readers |= 1u << t->id;
}

static void remove_reader(struct rwsem *sem, const char *what)
{
	struct sim *sim = sem->obj.sim;
	struct sim_thread *t = sim_self(sim);
	bool outside = t == &sim->state->outside;

	if (outside ? !sem->nr_readers : !sem->reader_depth[t->id])
		bad_unlock(sem, what);
	sem->nr_readers--;
	if (!outside && --sem->reader_depth[t->id] == 0)
		sem->readers &= ~(1u << t->id);
}

static void take_read(struct rwsem *sem, bool can_wait)
{
	add_reader(sem);
	lockdep_acquire(&sem->obj, 0, can_wait);
}

/* The same where nobody looks: by thread @t, which can go on. */
static inline void begin_read(struct rwsem *sem, struct sim_thread *t)
{
	sem->nr_readers++;
	sem->reader_depth[t->id]++;
	sem->readers |= sem->obj.sim->head.running;
	lockdep_acquire_quick(&sem->obj, t);
}

static inline bool holds_read(const struct rwsem *sem)
{
	return likely(sem->reader_depth[sem->obj.sim->head.cur->id]);
}

static inline void end_read(struct rwsem *sem, struct sim_thread *t)
{
	sem->nr_readers--;
	if (!--sem->reader_depth[t->id])
		sem->readers &= ~sem->obj.sim->head.running;
	lockdep_release_quick(&sem->obj, t);
}

/* Nobody looks, nobody writes or wants to, and the reader's step is all there is to it. */
static inline bool read_at_once(const struct rwsem *sem)
{
	struct sim *sim = sem->obj.sim;

	return obj_is_live(&sem->obj) && !((uintptr_t)sem->writer | sem->waiting_writers) &&
	       nobody_looks(sim) && !sim->head.cur->spin_depth && free_step(sim);
}

static __attribute__((noinline)) void down_read_slow(struct rwsem *sem)
{
	const struct sim_op op = acquire_op(sem, "down_read", false);

	sim_point(sem->obj.sim, &op);
	touch(sem, SIM_READ, 1);
	take_read(sem, true);
	obj_note(&sem->obj, "down_read(%s)", sem->obj.name);
}

void down_read(struct rwsem *sem)
{
	if (likely(read_at_once(sem)))
		begin_read(sem, sem->obj.sim->head.cur);
	else
		down_read_slow(sem);
}

int down_read_killable(struct rwsem *sem)
{
	const struct sim_op op = acquire_op(sem, "down_read_killable", false);
	int err = sim_point_killable(sem->obj.sim, &op);

	touch(sem, SIM_READ, err ? 0 : 1);
	if (!err)
		take_read(sem, true);
	obj_note(&sem->obj, "down_read_killable(%s) = %d", sem->obj.name, err);
	return err;
}

bool down_read_trylock(struct rwsem *sem)
{
	const struct sim_op op = {
		.kind = SIM_OP_ACQUIRE,
		.what = "down_read_trylock",
		.obj = &sem->obj,
	};
	bool ok;

	sim_obj_check(&sem->obj);
	sim_point(sem->obj.sim, &op);
	ok = read_allowed(sem);
	touch(sem, SIM_READ, ok);
	if (ok)
		take_read(sem, false);
	obj_note(&sem->obj, "down_read_trylock(%s) = %d", sem->obj.name, ok);
	return ok;
}

static __attribute__((noinline)) void up_read_slow(struct rwsem *sem)
{
	release_point(sem, "up_read");
	touch(sem, SIM_READ, -1);
	remove_reader(sem, "up_read");
	lockdep_release(&sem->obj, 0);
	obj_note(&sem->obj, "up_read(%s)", sem->obj.name);
}

void up_read(struct rwsem *sem)
{
	if (obj_is_live(&sem->obj) && nobody_looks(sem->obj.sim) && holds_read(sem) &&
	    free_step(sem->obj.sim))
		end_read(sem, sem->obj.sim->head.cur);
	else
		up_read_slow(sem);
}

static __attribute__((noinline)) void up_read_in_step_slow(struct rwsem *sem)
{
	sim_preempt_disable(sem->obj.sim);
	up_read_slow(sem);
	sim_preempt_enable(sem->obj.sim);
}

void up_read_in_step(struct rwsem *sem)
{
	if (obj_is_live(&sem->obj) && nobody_looks(sem->obj.sim) && holds_read(sem))
		end_read(sem, sem->obj.sim->head.cur);
	else
		up_read_in_step_slow(sem);
}

/* ------------------------------------------------------------------- writers */

static void take_write(struct rwsem *sem, int subclass, bool can_wait)
{
	sem->writer = sim_self(sem->obj.sim);
	lockdep_acquire(&sem->obj, subclass, can_wait);
}

static uint32_t my_bit(const struct rwsem *sem)
{
	return thread_bit(sem->obj.sim, sim_self(sem->obj.sim));
}

/* The step that only begins to wait; true if there is more to do. */
static bool queue_up(struct rwsem *sem, struct sim_op *op)
{
	touch(sem, SIM_WRITE, 0);
	if (write_allowed(sem)) {
		sem->waiting_writers &= ~my_bit(sem);
		return false;
	}
	sem->waiting_writers |= my_bit(sem);
	op->needs = SIM_NEEDS_EXCLUSIVE;
	return true;
}

static void lock_write(struct rwsem *sem, const char *what, int subclass)
{
	struct sim_op op = acquire_op(sem, what, true);

	do {
		sim_point(sem->obj.sim, &op);
		if (!queue_up(sem, &op))
			break;
		obj_note(&sem->obj, "%s(%s) queues", what, sem->obj.name);
	} while (true);
	take_write(sem, subclass, true);
	obj_note(&sem->obj, "%s(%s)", what, sem->obj.name);
}

void down_write(struct rwsem *sem)
{
	lock_write(sem, "down_write", 0);
}

void down_write_nested(struct rwsem *sem, int subclass)
{
	lock_write(sem, "down_write_nested", subclass);
}

int down_write_killable(struct rwsem *sem)
{
	struct sim_op op = acquire_op(sem, "down_write_killable", true);
	int err;

	do {
		err = sim_point_killable(sem->obj.sim, &op);
	} while (!err && queue_up(sem, &op));
	if (err) {
		touch(sem, SIM_WRITE, 0);
		sem->waiting_writers &= ~my_bit(sem);
	} else {
		take_write(sem, 0, true);
	}
	obj_note(&sem->obj, "down_write_killable(%s) = %d", sem->obj.name, err);
	return err;
}

bool down_write_trylock(struct rwsem *sem)
{
	const struct sim_op op = {
		.kind = SIM_OP_ACQUIRE,
		.what = "down_write_trylock",
		.obj = &sem->obj,
	};
	bool ok;

	sim_obj_check(&sem->obj);
	sim_point(sem->obj.sim, &op);
	/* Even if it fails: whether it does depends on each single reader. */
	touch(sem, SIM_WRITE, 0);
	ok = write_allowed(sem);
	if (ok)
		take_write(sem, 0, false);
	obj_note(&sem->obj, "down_write_trylock(%s) = %d", sem->obj.name, ok);
	return ok;
}

void up_write(struct rwsem *sem)
{
	release_point(sem, "up_write");
	touch(sem, SIM_WRITE, 0);
	if (sem->writer != sim_self(sem->obj.sim))
		bad_unlock(sem, "up_write");
	sem->writer = NULL;
	lockdep_release(&sem->obj, -1);
	obj_note(&sem->obj, "up_write(%s)", sem->obj.name);
}

void downgrade_write(struct rwsem *sem)
{
	release_point(sem, "downgrade_write");
	touch(sem, SIM_WRITE, 1);
	if (sem->writer != sim_self(sem->obj.sim))
		bad_unlock(sem, "downgrade_write");
	sem->writer = NULL;
	sim_sync_release(sem->obj.sim, sim_obj_key(&sem->obj), false);
	add_reader(sem);
	if (unlikely(sem->obj.sim->trace.on))
		trace_acquired(&sem->obj);
	obj_note(&sem->obj, "downgrade_write(%s)", sem->obj.name);
}

bool rwsem_is_write_locked_by_me(const struct rwsem *sem)
{
	return sem->writer == sim_self(sem->obj.sim);
}

bool rwsem_is_locked_by_me(const struct rwsem *sem)
{
	const struct sim *sim = sem->obj.sim;
	const struct sim_thread *t = sim_self(sim);

	if (sem->writer == t)
		return true;
	return t == &sim->state->outside ? sem->nr_readers : sem->reader_depth[t->id];
}

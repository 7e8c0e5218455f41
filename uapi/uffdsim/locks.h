/* SPDX-License-Identifier: BSD-2-Clause */
/* locks.h - locks, wait queues, variables: what threads of a machine meet at (begin with sim.h) */
#ifndef UFFDSIM_LOCKS_H
#define UFFDSIM_LOCKS_H

#include <uffdsim/machine.h>

#ifdef __cplusplus
extern "C" {
#endif

/* -------------------------------------------------------------------- locks */

/**
 * A spinlock.  By default a section orders everything.  With SIM_SPIN_FINE the
 * data under it are touched with sim_touch() (page table entries, wait queues):
 * two sections that are one step each and touch nothing in common commute.  A
 * section that contains a scheduling point always orders.
 *
 * Taking a free spinlock inside another's section is no scheduling point.
 */
struct spinlock {
	struct sim_obj obj;
	struct sim_thread *owner;
	uint64_t taken_at; /* step in which the section began */
	bool fine;
};
#define SIM_SPIN_FINE 1u
void spin_lock_init(struct sim *sim, struct spinlock *lock, const char *name, unsigned flags);
void spin_lock(struct spinlock *lock);
bool spin_trylock(struct spinlock *lock);
/**
 * A whole section where nobody looks and the lock is free: true, and what spin_lock() and
 * spin_unlock() would leave behind is done.  False: nothing was done.  For a section with
 * neither scheduling points nor other locks, which does not ask who has this one.
 */
bool spin_lock_unseen(struct spinlock *lock);
void spin_unlock(struct spinlock *lock);
bool spin_is_locked_by_me(const struct spinlock *lock);

struct mutex {
	struct sim_obj obj;
	struct sim_thread *owner;
};
void mutex_init(struct sim *sim, struct mutex *m, const char *name);
void mutex_lock(struct mutex *m);
int mutex_lock_killable(struct mutex *m);
bool mutex_trylock(struct mutex *m);
void mutex_unlock(struct mutex *m);

/**
 * The kernel's rw_semaphore.  Fair by default: once a writer waits, new readers
 * wait behind it (whether a writer has begun to wait is a choice of the
 * schedule).  @subclass of the _nested form tells the lock-order check that two
 * locks of one name are taken in a known order.
 */
struct rwsem {
	struct sim_obj obj;
	struct sim_thread *writer;
	uint32_t readers;         /* mask of thread ids */
	uint32_t waiting_writers; /* mask */
	uint8_t nr_readers;
	uint8_t reader_depth[SIM_MAX_THREADS];
};
void init_rwsem(struct sim *sim, struct rwsem *sem, const char *name);
void down_read(struct rwsem *sem);
int down_read_killable(struct rwsem *sem);
bool down_read_trylock(struct rwsem *sem);
void up_read(struct rwsem *sem);
/**
 * The same as part of the step before, if that can be seen by nobody: who looks at the
 * semaphore waits for it (there is no down_write_trylock()).
 */
void up_read_in_step(struct rwsem *sem);
void down_write(struct rwsem *sem);
void down_write_nested(struct rwsem *sem, int subclass);
int down_write_killable(struct rwsem *sem);
bool down_write_trylock(struct rwsem *sem);
void up_write(struct rwsem *sem);
void downgrade_write(struct rwsem *sem);
bool rwsem_is_write_locked_by_me(const struct rwsem *sem);
bool rwsem_is_locked_by_me(const struct rwsem *sem);

/* -------------------------------------------------------------- wait queues */

struct wait_queue_entry;
/** Returns nonzero if it woke somebody; negative stops the walk. */
typedef int (*wait_queue_func_t)(struct wait_queue_entry *wq, void *key);

struct wait_queue_entry {
	struct wait_queue_entry *prev, *next;
	struct sim_thread *thread;
	wait_queue_func_t func;
	bool exclusive;
	bool queued;
};

/** @lock guards the list; the functions with __ expect it held. */
struct wait_queue_head {
	struct sim_obj obj;
	struct spinlock lock; /* SIM_SPIN_FINE */
	struct wait_queue_entry *head;
};
void init_waitqueue_head(struct sim *sim, struct wait_queue_head *wqh, const char *name);
void init_waitqueue_entry(struct wait_queue_entry *wq, struct sim_thread *t);
void init_waitqueue_func_entry(struct wait_queue_entry *wq, struct sim_thread *t, wait_queue_func_t f);
int default_wake_function(struct wait_queue_entry *wq, void *key);
int autoremove_wake_function(struct wait_queue_entry *wq, void *key);
void add_wait_queue(struct wait_queue_head *wqh, struct wait_queue_entry *wq);
void remove_wait_queue(struct wait_queue_head *wqh, struct wait_queue_entry *wq);
void __add_wait_queue(struct wait_queue_head *wqh, struct wait_queue_entry *wq); /* at the head */
void __add_wait_queue_entry_tail(struct wait_queue_head *wqh, struct wait_queue_entry *wq);
void __remove_wait_queue(struct wait_queue_head *wqh, struct wait_queue_entry *wq);
/** Walk from the head; stop after @nr_exclusive exclusive entries (0: wake all). */
void __wake_up_locked_key(struct wait_queue_head *wqh, int nr_exclusive, void *key);
void __wake_up(struct wait_queue_head *wqh, int nr_exclusive, void *key);
static inline void wake_up(struct wait_queue_head *wqh) { __wake_up(wqh, 1, NULL); }
static inline void wake_up_all(struct wait_queue_head *wqh) { __wake_up(wqh, 0, NULL); }
/** The lockless test: touches the queue, no scheduling point of its own. */
bool waitqueue_active(const struct wait_queue_head *wqh);

struct completion {
	struct sim_obj obj;
	unsigned done;
};
void init_completion(struct sim *sim, struct completion *c, const char *name);
void wait_for_completion(struct completion *c);
int wait_for_completion_killable(struct completion *c);
void complete(struct completion *c);
void complete_all(struct completion *c);

/* ------------------------------------------------- variables and references */

/** One word that threads share; each access is a scheduling point. */
struct sim_var {
	struct sim_obj obj;
	int64_t v;
	bool awaited; /**< set it if threads wait for values of this: the search asks less then */
};
void sim_var_init(struct sim *sim, struct sim_var *var, const char *name, int64_t v);
int64_t read_once(struct sim_var *var);
void write_once(struct sim_var *var, int64_t v);
/** Fully ordered; a cmpxchg that fails orders nothing. */
int64_t atomic_add_return(struct sim_var *var, int64_t n);
int64_t atomic_cmpxchg(struct sim_var *var, int64_t old, int64_t v); /* returns what it found */
/** Block until the value is @v. */
void await_value(struct sim_var *var, int64_t v);
/** Atomic, but ordered with nothing else. */
void atomic_add(struct sim_var *var, int64_t n);
static inline int64_t atomic_read(struct sim_var *var) { return read_once(var); }
static inline void atomic_inc(struct sim_var *var) { atomic_add(var, 1); }
static inline void atomic_dec(struct sim_var *var) { atomic_add(var, -1); }
/** read_once() as part of the current step. */
int64_t sim_var_look(struct sim_var *var);
void smp_store_release(struct sim_var *var, int64_t v);
int64_t smp_load_acquire(struct sim_var *var);
/** Barriers between what the running thread stores and loads; nothing under SIM_MEMORY_SC. */
void smp_mb(struct sim *sim);
void smp_wmb(struct sim *sim);
void smp_rmb(struct sim *sim);
/** The value in memory, without a step, for checks and reports. */
static inline int64_t sim_var_peek(const struct sim_var *var) { return var->v; }

struct refcount {
	struct sim_obj obj;
	int v;
};
void refcount_set(struct sim *sim, struct refcount *r, const char *name, int v);
void refcount_inc(struct refcount *r);          /* from 0: a finding */
bool refcount_inc_not_zero(struct refcount *r);
bool refcount_dec_and_test(struct refcount *r); /* below 0: a finding */

/* --------------------------------------------------------------- data races */

/**
 * A plain field of the model is used, by the current thread.  Only with
 * sim_config.watch_races; no footprint and no scheduling point.  @name is for reports.
 */
void sim_plain_read(struct sim *sim, uint64_t key, const char *name);
void sim_plain_write(struct sim *sim, uint64_t key, const char *name);
/**
 * For locks of the model's own: what was done before the release comes before what is done
 * after the acquire.  Those of the runtime do it themselves.  @shared: readers, who order
 * nothing among each other.
 */
void sim_sync_acquire(struct sim *sim, uint64_t key, bool shared);
void sim_sync_release(struct sim *sim, uint64_t key, bool shared);
bool sim_watches_races(const struct sim *sim);
/** The first data race of this execution in words, or NULL. */
const char *sim_data_race(const struct sim *sim);

#ifdef __cplusplus
}
#endif
#endif

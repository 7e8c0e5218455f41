/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sim.h - one simulated machine: memory, threads, locks, schedules
 *
 * Simulated threads are fibers on the calling OS thread.  Between two of its
 * scheduling points a thread runs alone; what it does there is one *step*.
 * A step records its *footprint*: which objects it touched and how.  Two steps
 * of different threads are dependent exactly if their footprints conflict;
 * exploration needs to know nothing else about the code that runs.
 *
 * Rules for code that runs inside a simulation:
 *   - all memory that changes comes from sim_zalloc(); nothing is kept outside;
 *   - a thread's stack is its own: what others write lies in the arena (wait queue
 *     heads and entries may lie on a stack);
 *   - every access to data that another thread may touch at the same time is
 *     either one of the operations below, or ordered by a sleeping lock, or
 *     reported with sim_touch();
 *   - no decision depends on an address, on time or on anything outside.
 *
 * Nothing here is thread-safe for OS threads; two machines are independent.
 */
#ifndef UFFDSIM_SIM_H
#define UFFDSIM_SIM_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define SIM_MAX_THREADS 32

struct sim;
struct sim_thread;

/* ------------------------------------------------------------------ machine */

/** Who sees a store to a word (struct sim_var), and when. */
enum sim_memory_model {
	SIM_MEMORY_SC,   /**< everybody at once */
	SIM_MEMORY_TSO,  /**< others later, but in one order: the store buffers of x86 */
	SIM_MEMORY_WEAK, /**< others later, each word by itself, unless barriers order it */
};
#define SIM_MEMORY_WORDS 3 /**< so many words can be stored to under TSO and WEAK */

/** What a machine is made with; a zero field means its default. */
struct sim_config {
	size_t arena_size;  /**< bytes a run may use in all; default 8 MiB */
	size_t stack_size;  /**< bytes of one thread's stack; default 64 KiB */
	uint64_t max_steps; /**< steps of one execution before it counts as endless; default 20000 */
	bool watch_races;   /**< of plain fields: sim_data_race() */
	bool never_alone;   /**< sim_alone() is false, whoever lives */
	bool rwsem_unfair;  /**< let new readers pass a waiting writer */
	enum sim_memory_model memory; /**< when a store to a shared word is seen by others */
	bool check_steps;   /**< call the model's check after every step */
	bool portable_fibers; /**< switch stacks as the C library can, not by hand */
	bool timers;        /**< threads may wait with a time limit: schedule_timeout() */
};

/**
 * sim_create - make an empty machine
 * @ret: receives the machine; untouched on failure
 * @cfg: may be NULL
 *
 * Returns 0, -ENOMEM, or -EINVAL (a field out of range).  sim_destroy() it.
 */
int sim_create(struct sim **ret, const struct sim_config *cfg);
void sim_destroy(struct sim *sim);

/** Forget all threads, objects and findings; keep the configuration. */
void sim_reset(struct sim *sim);

/**
 * sim_zalloc - memory of the machine, zeroed, rewound together with it
 *
 * Returns NULL when the arena is used up (or sim_fail_alloc() says so).
 * Memory given back is filled with a pattern and reused late.
 */
void *sim_zalloc(struct sim *sim, size_t size);
void sim_free(struct sim *sim, void *ptr, size_t size);

/**
 * The same, but an injected failure spares it.  _nofail: what stands for no
 * allocation of the simulated system, or for one that cannot fail.  _outside: what
 * is no part of that system; it is not counted and never given back.
 */
void *sim_zalloc_nofail(struct sim *sim, size_t size);
void *sim_zalloc_outside(struct sim *sim, size_t size);

/**
 * sim_fail_alloc - let the @nth allocation from now (1 = the next) fail once
 *
 * 0 switches off.  Returns how many were still to come before that failure; 0
 * if it has happened, or there was none.
 */
uint64_t sim_fail_alloc(struct sim *sim, uint64_t nth);

/** Blocks of the simulated system that were not given back. */
uint64_t sim_allocated(const struct sim *sim);

/** The model's root object, and its invariants: run after every step if asked. */
void sim_set_model(struct sim *sim, void *root, void (*check)(void *root));
void *sim_model(const struct sim *sim);

/* ------------------------------------------------------------------ objects */

/** Classes of things a step can touch; the model may use SIM_CLASS_MODEL and up. */
enum sim_class {
	SIM_CLASS_NONE,
	SIM_CLASS_THREAD,
	SIM_CLASS_SPINLOCK,
	SIM_CLASS_MUTEX,
	SIM_CLASS_RWSEM,
	SIM_CLASS_WAITQUEUE,
	SIM_CLASS_COMPLETION,
	SIM_CLASS_VAR,
	SIM_CLASS_REFCOUNT,
	SIM_CLASS_CLOCK, /* time itself, which passes when nothing else happens */
	SIM_CLASS_MEMORY,
	SIM_CLASS_MODEL = 32,
	SIM_CLASS_MAX = 255,
};

/**
 * The head of every object that threads share.  @id is made of the creating
 * thread and its count of objects, so it does not depend on the schedule.
 */
struct sim_obj {
	struct sim *sim;
	const char *name; /**< for traces; not copied, must outlive the object */
	uint32_t id;
	uint8_t cls;
	uint8_t live; /**< SIM_OBJ_LIVE, or the object is gone */
	uint8_t lock_class; /**< of the lock-order check, once it was looked up */
	uint8_t held_class; /**< the one it is held as, if that is another */
};
#define SIM_OBJ_LIVE 0xa5

void sim_obj_init(struct sim *sim, struct sim_obj *obj, enum sim_class cls, const char *name);
/** Only the number that it would get: for objects of which there are too many for a head. */
uint32_t sim_obj_number(struct sim *sim);
/** End of life; any later use is a finding (SIM_BUG_USE_AFTER_FREE). */
void sim_obj_fini(struct sim_obj *obj);
/** A finding, and the end of the run, if @obj is not alive. */
void sim_obj_check(const struct sim_obj *obj);

/* --------------------------------------------------------------- footprints */

/**
 * How a step touched a key.  READ and WRITE are of the whole; the intention
 * modes are of a part of it, whose own key the step touches as well (a byte of
 * a page: WRITE of the byte's key, PART_WRITE of the page's).
 */
enum sim_mode { SIM_PART_READ, SIM_PART_WRITE, SIM_READ, SIM_WRITE };

/** A key: class (8 bits), object (20 bits), part (36 bits). */
static inline uint64_t sim_key(unsigned cls, uint32_t id, uint64_t part)
{
	return (uint64_t)cls << 56 | (uint64_t)(id & 0xfffff) << 36 | (part & 0xfffffffffULL);
}
static inline uint64_t sim_obj_key(const struct sim_obj *obj)
{
	return sim_key(obj->cls, obj->id, 0);
}

/** Add to the footprint of the current step.  No scheduling point. */
void sim_touch(struct sim *sim, uint64_t key, enum sim_mode mode);

/* ------------------------------------------------------- scheduling points */

enum sim_op_kind {
	SIM_OP_START,
	SIM_OP_READ,
	SIM_OP_WRITE,
	SIM_OP_ACQUIRE,
	SIM_OP_RELEASE,
	SIM_OP_WAIT,
	SIM_OP_WAKE,
	SIM_OP_YIELD,
};

/**
 * What @enabled of an operation asks for, if it is one of the common things;
 * with it the search can tell whether an operation could have gone first.
 * UNKNOWN is always right, but tries more.
 */
enum sim_needs {
	SIM_NEEDS_UNKNOWN,
	SIM_NEEDS_SHARED,    /**< @obj would let a reader in */
	SIM_NEEDS_NO_WRITER, /**< nobody holds @obj for writing */
	SIM_NEEDS_EXCLUSIVE, /**< nobody holds @obj at all */
	SIM_NEEDS_EVENT,     /**< what @obj stands for has happened */
	SIM_NEEDS_WAKE_UP,   /**< the thread is awake */
	SIM_NEEDS_VALUE,     /**< @obj is a variable whose value is @arg */
};

/** What a thread is about to do.  @enabled NULL: it can always go on. */
struct sim_op {
	enum sim_op_kind kind;
	enum sim_needs needs;      /**< of @obj, if it has @enabled */
	const char *what;          /**< in the kernel's words: "down_write" */
	const struct sim_obj *obj; /**< may be NULL */
	uint64_t arg;
	bool (*enabled)(const struct sim_thread *t, const struct sim_op *op);
	/** who holds what this waits for, for reports; a mask of thread ids; may be NULL */
	uint32_t (*holders)(const struct sim_op *op);
	bool spins; /**< stands for a loop that goes round until @enabled: who waits here is busy */
	bool idle;  /**< a wait for something to do: nothing that a trace tells of */
	bool expires; /**< has a time limit: see schedule_timeout() */
};

/**
 * sim_point - let the scheduler choose; returns when this thread goes on
 *
 * The end of the current step and the begin of the next.  Not a scheduling
 * point inside sim_preempt_disable() unless the operation would block, which
 * there is a finding (SIM_BUG_ATOMIC_SLEEP).
 */
void sim_point(struct sim *sim, const struct sim_op *op);
/** The same for a wait that a fatal signal ends: 0, or -EINTR. */
int sim_point_killable(struct sim *sim, const struct sim_op *op);

/**
 * What an operation of the model's own @needs of @obj: said by whoever changes that, before.
 * Threads share @obj, @nr of them now, @delta more from here on (SIM_NEEDS_EXCLUSIVE); or
 * what it stands for has @happened, or not (SIM_NEEDS_EVENT).
 */
void sim_shares(const struct sim_obj *obj, unsigned nr, int delta);
void sim_happens(const struct sim_obj *obj, bool happened);

/**
 * sim_loop - the running thread is at the head of a loop
 * @knows: a hash of all that decides what it does next, apart from what it will touch:
 *	where it is, its variables
 *
 * No scheduling point.  An exploration with @awaits leaves out rounds that end where they
 * began and only touched for reading.  Up to its next point the thread writes nothing.
 */
void sim_loop(struct sim *sim, uint64_t knows);

/** A bare scheduling point before touching the model's own data. */
void sim_yield(struct sim *sim, enum sim_op_kind kind, const char *what);

/** What is between is one step.  Nests. */
void sim_preempt_disable(struct sim *sim);
void sim_preempt_enable(struct sim *sim);

/* ------------------------------------------------------------------ threads */

#define SIM_THREAD_DAEMON 1u /**< may end blocked without that being a deadlock */

/**
 * sim_spawn - a new thread, able to run from now on
 *
 * @name is not copied.  Returns NULL when SIM_MAX_THREADS exist or memory is out.
 * May be called from outside or by a thread of the machine.
 */
struct sim_thread *sim_spawn(struct sim *sim, const char *name, void (*fn)(void *arg), void *arg,
			     unsigned flags);
struct sim_thread *sim_current(const struct sim *sim);
struct sim_thread *sim_thread_by_id(const struct sim *sim, unsigned id);
unsigned sim_thread_id(const struct sim_thread *t);
const char *sim_thread_name(const struct sim_thread *t);
bool sim_thread_dead(const struct sim_thread *t);
/** What it is about to do, or waits to do; NULL if it has ended. */
const struct sim_op *sim_thread_op(const struct sim_thread *t);
/** Who holds what @t waits for: a mask of thread ids. */
uint32_t sim_thread_waits_for(const struct sim_thread *t);
void *sim_thread_data(const struct sim_thread *t);
void sim_thread_set_data(struct sim_thread *t, void *data);

/** Deliver a fatal signal: ends killable waits.  A step's effect, not a point. */
void sim_kill(struct sim_thread *t);
bool fatal_signal_pending(const struct sim_thread *t);

/* Sleeping as the kernel does: set the state, test the condition, schedule(). */
enum sim_task_state { TASK_RUNNING, TASK_INTERRUPTIBLE, TASK_UNINTERRUPTIBLE, TASK_KILLABLE };
void set_current_state(struct sim *sim, enum sim_task_state state);
/** The same as an effect of the current step, where what it guards is tested in that step, too. */
void __set_current_state(struct sim *sim, enum sim_task_state state);
/** Sleep until woken (or, if killable, killed).  Returns at once if RUNNING. */
void schedule(struct sim *sim, const struct sim_obj *waits_for, const char *what);
/**
 * The same with a time limit; true if it was that which ended the sleep.  Time passes where
 * no thread can go on otherwise and one that is no daemon has not ended: what runs is
 * always faster than a clock, so how long the limit is does not matter.  Needs
 * sim_config.timers.
 */
bool schedule_timeout(struct sim *sim, const struct sim_obj *waits_for, const char *what);
/** Without a step: it has gone to sleep, and neither a wake-up nor a signal has come. */
bool sim_thread_sleeps(const struct sim_thread *t);
/** Make @t RUNNING; true if it slept.  A step's effect, not a point. */
bool wake_up_process(struct sim_thread *t);
/**
 * sim_wake_spuriously - @t may be woken without reason, @times times
 *
 * Where it sleeps at that moment: whether and when is a choice of the schedule.  Takes
 * a thread's place.  Returns 0 or -EAGAIN (SIM_MAX_THREADS exist).
 */
int sim_wake_spuriously(struct sim_thread *t, unsigned times);
/** Grows with each wake-up in the machine: who got his earlier; 0: none so far. */
uint32_t sim_thread_woken(const struct sim_thread *t);

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

/* ------------------------------------------------------------ runs and ends */

/**
 * sim_catch_stack_overflow - a thread that overruns its stack is a finding
 *
 * Most overflows are found at the next scheduling point without this.  It takes
 * over SIGSEGV and the alternate signal stack of the calling OS thread until
 * sim_destroy(); faults that are not such overflows go to the handler before.
 * Returns 0 or a negative errno.
 */
int sim_catch_stack_overflow(struct sim *sim);

/** Why a run stopped. */
enum sim_end {
	SIM_END_DONE,       /**< every thread ended, daemons apart */
	SIM_END_DEADLOCK,   /**< no thread can go on, and one that should has not ended */
	SIM_END_STEP_BOUND, /**< max_steps reached: endless, as far as it was followed */
	SIM_END_BUG,        /**< a finding ended it: sim_finding() */
	SIM_END_UNMODELLED, /**< it needs something the simulator cannot do */
	SIM_END_STOPPED,    /**< the strategy gave up (a token that does not fit, an interrupt) */
};

enum sim_bug {
	SIM_BUG_NONE,
	SIM_BUG_INVARIANT,
	SIM_BUG_BAD_UNLOCK,
	SIM_BUG_USE_AFTER_FREE,
	SIM_BUG_ATOMIC_SLEEP,
	SIM_BUG_STACK_OVERFLOW,
	SIM_BUG_REFCOUNT,
	SIM_BUG_LOCK_ORDER,
	SIM_BUG_MISUSE,
	SIM_BUG_NOMEM,
	SIM_BUG_ASSERTION, /**< what the simulated program promises of itself */
};
const char *sim_end_name(enum sim_end end);
const char *sim_bug_name(enum sim_bug bug);

/** What ended a run, in words. */
struct sim_finding {
	enum sim_bug bug;
	uint64_t step;
	int thread; /**< id, or -1 */
	char text[256];
};
const struct sim_finding *sim_finding(const struct sim *sim);

/** End the run from inside a thread; these do not return there. */
void sim_bug(struct sim *sim, enum sim_bug bug, const char *fmt, ...)
	__attribute__((format(printf, 3, 4), noreturn));
void sim_unmodelled(struct sim *sim, const char *fmt, ...)
	__attribute__((format(printf, 2, 3), noreturn));
/** A broken invariant found by the model's check (which may run outside threads): returns. */
void sim_invariant(struct sim *sim, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/** A choice: which of the enabled threads goes on. */
struct sim_choice {
	uint64_t step;
	uint32_t enabled; /**< mask of thread ids, not 0 */
	uint32_t fresh;   /**< those of them not picked yet in this run */
	int current;      /**< the thread that ran last, first steps apart; -1 at the begin */
	unsigned in_a_row; /**< steps that it has taken since another one did */
};

/** A thread that took so many steps in a row may be waiting for another one in a loop. */
#define SIM_FAIR_STEPS 50

/** A strategy picks a thread id out of choice->enabled, or -1 to stop. */
struct sim_strategy {
	int (*pick)(void *state, const struct sim_choice *choice);
	void *state;
};

/**
 * A fresh thread goes first, up to its first scheduling point.  Otherwise stay
 * on the current thread while it can go on, else the lowest id; but after
 * SIM_FAIR_STEPS steps in a row the next thread has a turn.
 */
struct sim_strategy sim_run_to_completion(void);

struct sim_random {
	uint64_t s[2];
};
struct sim_strategy sim_random_init(struct sim_random *r, uint64_t seed);
/** The next number of the splitmix64 generator whose state is *@x: the same on any machine. */
uint64_t sim_splitmix(uint64_t *x);

/**
 * A token names a schedule: the points at which it leaves run-to-completion.
 * "v1:PROGRAM:CHOICES", printable, the same on every machine.
 */
struct sim_replay {
	const char *next;
	uint64_t skip;
	int deviate;
	const char *error; /**< set when the token does not fit the program */
};
/** 0, or -EINVAL with @r->error set.  @program: a hash of what is run. */
int sim_replay_init(struct sim_replay *r, const char *token, uint64_t program,
		    struct sim_strategy *ret);
/** The token of a schedule: @picks[i] was chosen at step i out of @enabled[i].  malloc()ed. */
char *sim_token(uint64_t program, const uint8_t *picks, const uint32_t *enabled, uint64_t n);

/** Run until no thread can go on or something ends the run.  May be called again. */
enum sim_end sim_run(struct sim *sim, struct sim_strategy strategy);

/** A cycle of states. */
struct sim_lasso {
	uint64_t steps;   /**< its length */
	uint32_t threads; /**< who goes on in it: a mask of ids */
};
/**
 * sim_find_lasso - does the run, from where it stands, go round for ever?
 *
 * It goes on with every thread that can in turn, until a state comes back twice (1), until
 * nothing can go on or max_steps is reached (0).  So a cycle is a livelock: nobody was
 * starved in it.  -ENOMEM.
 */
int sim_find_lasso(struct sim *sim, struct sim_lasso *ret);
/** A number (8 bytes at most) that only counts, and lives for good: two states may differ in it. */
void sim_ignore(struct sim *sim, void *p, size_t size);

/**
 * Nothing can come between two steps of the running thread: this is a run to completion, not an
 * exploration, and no other thread lives.  Then a long operation need not be cut into steps.
 */
bool sim_alone(const struct sim *sim);

uint64_t sim_steps(const struct sim *sim);
/** Ids of the threads that are neither dead nor able to go on. */
uint32_t sim_blocked(const struct sim *sim);
/** Who waits for what, held by whom; one line a thread.  Returns as snprintf. */
int sim_describe_blocked(const struct sim *sim, char *buf, size_t size);
/** Lock-order inversions seen so far on this machine, as text; NULL after the last. */
const char *sim_lock_inversion(const struct sim *sim, unsigned i);
/** The execution that has just ended shows one, by itself. */
bool sim_lock_order_inverted(struct sim *sim);

/* -------------------------------------------------------------------- trace */

enum sim_trace_kind {
	SIM_TRACE_NOTE,    /**< what the model says that it does */
	SIM_TRACE_OP,      /**< an operation on an object */
	SIM_TRACE_BLOCKED, /**< cannot go on; the mask: who holds the object, 0 for a sleeper */
	SIM_TRACE_WAKE,    /**< the mask: who can go on now */
	SIM_TRACE_HOLD,    /**< holds a lock from here on; the mask: enum sim_trace_hold */
	SIM_TRACE_DROP,    /**< and no more */
	SIM_TRACE_CALL,    /**< a statement of a scenario begins */
	SIM_TRACE_RETURN,  /**< and has its result */
	SIM_TRACE_CHANGE,  /**< data that the step changed */
	SIM_TRACE_FINDING, /**< what ended the run */
};
enum sim_trace_hold { SIM_HOLD_SHARED = 1, SIM_HOLD_EXCLUSIVE = 2 };

/** One line of a trace.  @thread -1: the machine itself. */
struct sim_trace_line {
	uint64_t step;
	int thread;
	enum sim_trace_kind kind;
	uint8_t cls;   /**< of the object it is about, SIM_CLASS_NONE if of none */
	uint32_t obj;  /**< its id */
	uint32_t mask; /**< thread ids, or as the kind says */
	char *text;    /**< HOLD, DROP: the object's name */
};

/** Record lines from now on (not to be used while exploring). */
void sim_trace_start(struct sim *sim);
bool sim_tracing(const struct sim *sim);
/** Called at the end of every traced step: its lines come after those of the step. */
void sim_trace_each_step(struct sim *sim, void (*fn)(void *ctx), void *ctx);
/** A line of the current thread.  Costs nothing unless a trace is recorded. */
void sim_trace(struct sim *sim, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void sim_trace_kind(struct sim *sim, enum sim_trace_kind kind, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
void sim_trace_obj(const struct sim_obj *obj, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
/** A line, and: the current thread has got hold of @obj, or (@hold 0) has let go of it. */
void sim_trace_lock(const struct sim_obj *obj, unsigned hold, const char *text);
size_t sim_trace_lines(const struct sim *sim, const struct sim_trace_line **ret);

/* -------------------------------------------------------------- exploration */

enum sim_explore_mode {
	SIM_EXPLORE_OPTIMAL, /**< every trace once, and nothing else where steps are fixed */
	SIM_EXPLORE_SLEEP,   /**< the same by sleep sets alone, to check it */
	SIM_EXPLORE_BRUTE,   /**< every interleaving, for checking the others */
	SIM_EXPLORE_BOUNDED, /**< every trace that few preemptions lead to, fewest first */
	SIM_EXPLORE_RANDOM, /**< a sample: each step by one of the enabled threads, all alike */
	SIM_EXPLORE_PCT,    /**< a sample: random priorities that change at a few random steps */
	SIM_EXPLORE_STATES, /**< every state once: each final state, but not each trace */
	SIM_EXPLORE_ESTIMATE, /**< no search: random walks that tell how many traces there are */
};
enum sim_rewind {
	SIM_REWIND_DEFAULT,  /**< snapshots; replay under AddressSanitizer */
	SIM_REWIND_SNAPSHOT, /**< undo what changed since the branch */
	SIM_REWIND_REPLAY,   /**< run the prefix again from the start */
};

/** One maximal execution, handed to the callback at its end. */
struct sim_execution {
	uint64_t number;
	enum sim_end end;
	uint64_t steps;
	uint64_t trace_hash; /**< the same for equivalent executions; 0 unless asked for */
	const uint8_t *picks;
	const uint32_t *enabled;
};

struct sim_explore_config {
	enum sim_explore_mode mode;
	enum sim_rewind rewind;
	uint64_t max_executions; /**< 0: no bound */
	double max_seconds;      /**< 0: no bound */
	uint64_t max_steps;      /**< of one execution; 0: as the machine is configured */
	unsigned preemptions;    /**< BOUNDED: at most so many, tried with 0, 1, ... of them */
	unsigned bug_depth;      /**< PCT: how many orderings a bug may depend on, from 1 */
	uint64_t seed;           /**< RANDOM, PCT, ESTIMATE */
	uint64_t cache_bytes;    /**< STATES: memory to remember them, about; 0: 1 GiB.  What finds no
				      room is explored as often as it is come to. */
	bool hash_traces;
	/**
	 * What a step touches depends on nothing that it reads, apart from keys of its own
	 * thread; and two steps of a thread that wait for the same object, after steps that
	 * touched the same, touch the same.  True of programs that only use the operations
	 * above one after the other; then no prefix need be given up.
	 */
	bool fixed_steps;
	/**
	 * OPTIMAL, SLEEP, STATES: of threads with the same program, of whom nobody speaks, one
	 * acts after the other; SIM_MAX_THREADS numbers, by thread one more than the id of the
	 * one it acts after, 0 for none.  Executions in which they are exchanged are left out.
	 * NULL: none are alike.  -EXDEV in a machine with timers.
	 */
	const uint8_t *after;
	/** OPTIMAL, SLEEP, ESTIMATE: leave out rounds of loops that change nothing: sim_loop(). */
	bool awaits;
	/**
	 * Called at each maximal execution, the machine in its final state; BOUNDED: at the
	 * first one of each trace; STATES: of each final state.  Nonzero stops.
	 */
	int (*execution)(void *ctx, struct sim *sim, const struct sim_execution *ex);
	/** Called when a bug or an unmodelled case ended an execution goes through the same. */
	void *ctx;
	/** Counters for another OS thread to read (ck_pr), may be NULL. */
	struct sim_progress *progress;
	/** Set to nonzero from anywhere to stop; may be NULL. */
	const int *stop;
};

struct sim_progress {
	uint64_t executions, pruned, steps, depth;
};

/** Which bound ended a search. */
enum sim_limit { SIM_LIMIT_NONE, SIM_LIMIT_EXECUTIONS, SIM_LIMIT_SECONDS, SIM_LIMIT_STOP };

/** What a sample says of the executions that are not in it. */
struct sim_sample {
	uint64_t distinct; /**< traces in it, about, if there are millions */
	double unseen;     /**< probability that the next one is of a new trace, about */
	unsigned threads;  /**< that took part in an execution, at most */
	uint64_t steps;    /**< choices in an execution, at most */
	double odds;       /**< PCT: a bug that depends on bug_depth orderings is in the sample with
				at least this probability; 0: nothing is known */
};

/** How many traces a program has. */
struct sim_estimate {
	double total;    /**< the mean of all walks */
	double variance; /**< the square of its standard error */
};

struct sim_explore_result {
	uint64_t executions;  /**< maximal executions, deadlocks included; STATES: final states */
	uint64_t pruned;      /**< prefixes given up because all their continuations are known */
	uint64_t in_full;     /**< nodes where every thread was tried: no race could say which */
	uint64_t diverged;    /**< sequences that reverse a race and did not run as it said */
	uint64_t deadlocks;
	uint64_t step_bound;  /**< executions cut by max_steps */
	uint64_t endless;     /**< executions with threads that go round for ever and nobody to end that,
				   handed to the callback with SIM_END_STEP_BOUND (awaits) */
	uint64_t waited;      /**< prefixes given up because a round of a loop in them could be left out */
	uint64_t bugs;
	uint64_t unmodelled;
	uint64_t steps;       /**< steps executed in all */
	uint64_t max_depth;
	bool complete;        /**< nothing was cut */
	enum sim_limit limit;
	int preemptions;      /**< BOUNDED: all traces of so many are known; -1: of none */
	uint64_t states;      /**< STATES: different ones that are remembered */
	uint64_t transitions; /**< STATES: steps between them */
	uint64_t forgotten;   /**< STATES: visits of others */
	uint64_t cycles;      /**< STATES: those that can come back to themselves, 1000 at most; each is
				   handed to the callback with SIM_END_STEP_BOUND */
	struct sim_sample sample; /**< RANDOM, PCT */
	struct sim_estimate estimate; /**< ESTIMATE; @executions are walks then */
};

/**
 * sim_explore - every execution from the machine's present state
 *
 * The machine must not be inside sim_run(); its threads may have been spawned
 * but none may stand inside a step's middle.  Afterwards it is again in the
 * state it was in.  Returns 0, -ENOMEM, or what the callback returned.
 */
int sim_explore(struct sim *sim, const struct sim_explore_config *cfg, struct sim_explore_result *res);

/* ----------------------------------------------------- easy to follow executions */

struct sim_shortest_config {
	/** Does this finished execution show what is looked for?  The machine is in its final state. */
	bool (*shows)(void *ctx, struct sim *sim, enum sim_end end);
	void *ctx;
	bool all_end;          /**< only executions in which every thread ends can show it */
	uint64_t max_switches; /**< look no further than this */
	uint64_t max_steps;    /**< of an execution */
	uint64_t effort;       /**< steps to take in all */
};

struct sim_shortest_result {
	uint8_t *picks;    /**< as sim_token() wants them; NULL: none found */
	uint32_t *enabled;
	uint64_t steps, switches;
	bool proven;       /**< there is none with fewer switches, or as many and fewer steps */
	uint64_t effort;   /**< steps taken */
};

/**
 * sim_shortest - of the executions that show something the one that is easiest to follow
 *
 * Fewest context switches first, then fewest steps.  The machine is left in the state it
 * was in.  Returns 0, -EINVAL (inside a run, or tracing) or -ENOMEM.  sim_shortest_fini() @res.
 */
int sim_shortest(struct sim *sim, const struct sim_shortest_config *cfg,
		 struct sim_shortest_result *res);
void sim_shortest_fini(struct sim_shortest_result *res);
/** Context switches of a schedule; the first step of a thread does not count. */
uint64_t sim_switches(const uint8_t *picks, uint64_t n);

#ifdef __cplusplus
}
#endif
#endif

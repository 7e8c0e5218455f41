/* SPDX-License-Identifier: BSD-2-Clause */
/* machine.h - a simulated machine: its memory, what threads share, steps, threads (begin with sim.h) */
#ifndef UFFDSIM_MACHINE_H
#define UFFDSIM_MACHINE_H

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

#ifdef __cplusplus
}
#endif
#endif

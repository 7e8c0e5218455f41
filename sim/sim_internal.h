/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sim_internal.h - what the files of the runtime share
 *
 * struct sim is the machine as its owner sees it; nothing in it is rewound.
 * struct sim_state lies at the begin of the arena together with everything else
 * that a step may change: copying the arena and the live stacks copies the run.
 */
#ifndef SIM_INTERNAL_H
#define SIM_INTERNAL_H

#include <signal.h>
#include <stdio.h>

#include "context.h"
#include "head.h"

#if defined(__SANITIZE_ADDRESS__)
#define SIM_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SIM_ASAN 1
#endif
#endif
#ifndef SIM_ASAN
#define SIM_ASAN 0
#endif

#define SIM_PAGE 4096u
#define SIM_LINE 64u
#define SIM_POISON 0x6b

#define likely(x) __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)

/* ------------------------------------------------------------------ arena.c */

/* 16 bytes to 256 in steps of 16, then powers of two up to 32 MiB. */
#define ARENA_SMALL 16
#define ARENA_CLASSES (ARENA_SMALL + 17)

struct arena_class {
	uint32_t head, tail; /* offsets of freed blocks, oldest first */
	uint32_t count;
};

/* ----------------------------------------------------------------- thread.c */

/* Parts of a thread's key: what other threads can change or see of it. */
enum thread_part { THREAD_STATE, THREAD_SIGNAL, THREAD_LIFE };

#define LOCKDEP_AGAIN   15
#define LOCKDEP_CLASSES 64

struct sim_thread {
	struct sim *sim;
	const struct sim_op *op; /* what it is about to do; on its stack */
	char *sp;                /* live stack: from here to its slot's top */
	void *data;
	void (*fn)(void *arg);
	void *arg;
	const char *name;
	uint32_t nr_objects;
	uint16_t preempt_off;
	uint16_t spin_depth;
	uint8_t id;
	uint8_t task_state;
	bool started, dead, daemon, killed, killable;
	uint32_t woken;             /* the number of its last wake-up */
	uint64_t held; /* classes of the locks it holds, a bit for each */
	uint8_t nr_again;
	uint8_t again[LOCKDEP_AGAIN]; /* those that it holds once more */
	void *context;              /* where it goes on; on its stack */
	void *fake_stack;           /* AddressSanitizer's */
};

struct sim_state {
	uint64_t steps;
	uint64_t fail_alloc;
	uint64_t allocated;
	uint32_t wake_ups;
	uint32_t brk;
	uint32_t alive;
	struct sim_thread *cur;
	void *model;
	void (*check)(void *root);
	int last;
	uint32_t nr_threads, nr_ignored;
	struct sim_thread *threads[SIM_MAX_THREADS];
	struct arena_class classes[ARENA_CLASSES];
	struct sim_races *races; /* NULL unless they are watched (datarace.c) */
	struct sim_memory *memory; /* NULL if all see the same (memory_order.c) */
	uint64_t lock_before[LOCKDEP_CLASSES]; /* the lock orders of this execution (lockdep.c) */
	struct sim_thread outside; /* stands for the owner of the machine */
};

/* -------------------------------------------------------------- footprint.c */

struct access {
	uint64_t key;
	uint32_t mode;
};

/* The footprint of the current step. */
struct footprints {
	struct access *v;
	uint32_t nr, max;
	uint64_t sig; /* a bit for each key */
	bool failed; /* out of memory: the step's footprint is not whole */
};

/* What a step that ran otherwise might have touched as well. */
enum vary {
	VARY_NOT,
	VARY_OWN,  /* what others see of its thread */
	VARY_MODE, /* also the same keys, another way */
	VARY_ANY,
};

/*
 * Who may have an object can be changed by a step.  @free and @readers are from
 * before it: what the object would be if the step had not been taken.
 */
#define HOLD_SHARED 1u    /* a reader may have it */
#define HOLD_NO_WRITER 2u /* no writer has it */
#define HOLD_EVENT 4u     /* it has happened, a thread is awake */

struct hold {
	uint64_t key;
	uint8_t free;
	uint8_t readers;
	int8_t delta; /* of readers */
	int64_t value; /* of a variable */
};

#define SIM_STEP_HOLDS 32

/* ------------------------------------------------------------------ fiber.c */

struct fiber_slot {
	union {
		struct registers registers;
		jmp_buf env;
	} begin; /* first; the context of a thread that has not run yet */
	struct sim *sim;
	char *lo, *hi; /* the stack, without its guard page */
	char *top;     /* below this the thread's own frames begin */
	bool booted;
};

/* --------------------------------------------------------------- snapshot.c */

struct snapshot {
	size_t log_begin;
	uint32_t ran; /* whose stacks changed between the snapshot below and this one */
};

struct snapshots {
	char *shadow;
	char *log_lines; /* SIM_LINE bytes each */
	uint32_t *log_index;
	size_t log_len, log_max;
	struct snapshot *stack;
	size_t depth, max;
};

/* ---------------------------------------------------------------- lockdep.c */

struct lockdep_class {
	const char *name;
	uint8_t cls;
	int subclass;
};

struct lockdep_edge {
	const char *thread; /* who took them so first */
	uint8_t held, wanted;
};

struct lockdep {
	unsigned nr; /* classes, counted from 1 */
	struct lockdep_class classes[LOCKDEP_CLASSES];
	uint64_t after[LOCKDEP_CLASSES];    /* taken while this was held */
	uint64_t reported[LOCKDEP_CLASSES];
	char **texts;
	unsigned nr_texts, max_texts;
	struct lockdep_edge *edges; /* all of @after, in the order they were seen */
	unsigned nr_edges, max_edges;
	char **names;               /* those that came from elsewhere */
	unsigned nr_names;
};

/* ------------------------------------------------------------------ trace.c */

struct trace {
	bool on;
	bool ended; /* the hook at the end of a step is running */
	struct sim_trace_line *lines;
	size_t nr, max;
	void (*each_step)(void *ctx);
	void *ctx;
};

#define SIM_STEP_LOCKS 16
#define SIM_IGNORED    128
#define SIM_IGNORED_SIZE 8 /* of each */

struct sim {
	struct sim_head head; /* first */
	struct sim_config cfg;
	char *base; /* the arena, then the stacks */
	size_t ready; /* of the arena: the host was asked for it, or does not matter */
	size_t used; /* of the arena, ever: what lies behind is zero */
	size_t span;
	struct sim_state *state;
	struct fiber_slot slots[SIM_MAX_THREADS];
	void *sched_context; /* where the machine goes on while a thread runs */
	jmp_buf check_env;   /* a check that ends the run */
	const void *sched_stack;
	size_t sched_stack_size;
	void *sched_fake_stack;
	bool in_run, in_step, in_check;
	/* A plain run: nobody looks at footprints, and the step loop's state. */
	bool plain;
	struct {
		bool stays; /* run to completion: a thread goes on while it can */
		uint32_t seen;
		uint32_t granted; /* free steps, of which head.free_steps are left */
		uint64_t limit;
		struct sim_choice choice;
	} loop;

	bool ended;
	enum sim_end end;
	struct sim_finding finding;

	struct footprints fp;
	struct spinlock *step_locks[SIM_STEP_LOCKS]; /* taken in this step */
	unsigned nr_step_locks;
	struct hold holds[SIM_STEP_HOLDS]; /* changed by this step */
	unsigned nr_holds;
	enum vary varies;
	/* The last head of a loop in this step (await.c). */
	struct {
		uint64_t knows;   /* with what its thread knows there; 0: none */
		uint32_t touched; /* what lies before it in the footprint */
	} head_of_loop;

	struct snapshots snaps;
	uint32_t ran; /* whose stacks may differ from the shadow */
	struct lockdep lockdep;
	struct trace trace;

	/* Memory that only counts (state.h): the first state->nr_ignored. */
	struct sim_ignored {
		void *p;
		size_t size;
	} ignored[SIM_IGNORED];

	bool catches;
	struct sigaction old_segv;
	void *alt_stack;
};

/* arena.c */
int arena_create(struct sim *sim);
void arena_destroy(struct sim *sim);
void arena_reset(struct sim *sim);

/* fiber.c */
void fiber_enter(struct sim *sim, struct sim_thread *t);
void fiber_leave(struct sim *sim, struct sim_thread *t);
void fiber_abandon(struct sim *sim) __attribute__((noreturn));
void fiber_check_stack(struct sim *sim, struct sim_thread *t);
void fiber_uncatch(struct sim *sim);
/** The machine that runs on this OS thread, or NULL. */
struct sim *fiber_running(void);
struct sim *fiber_set_running(struct sim *sim);

/* thread.c */
void thread_main(struct sim *sim, struct sim_thread *t);
/** The current thread, or what stands for the machine's owner. */
static inline struct sim_thread *sim_self(const struct sim *sim)
{
	return sim->state->cur ? sim->state->cur : &sim->state->outside;
}
static inline uint32_t thread_bit(const struct sim *sim, const struct sim_thread *t)
{
	return t == &sim->state->outside ? 0 : 1u << t->id;
}
static inline uint64_t thread_key(const struct sim_thread *t, enum thread_part part)
{
	return sim_key(SIM_CLASS_THREAD, t->id, part);
}

/* sched.c */
/** Time: read by every step, written by one that was waited for so long that time passed. */
#define CLOCK_KEY sim_key(SIM_CLASS_CLOCK, 0, 0)
/** Those of @threads that only time lets go on. */
uint32_t sched_timers(const struct sim *sim, uint32_t threads);
uint32_t sched_enabled(const struct sim *sim);
/** Who goes next if nobody says otherwise. */
int sched_default(uint32_t enabled, uint32_t fresh, int current);
/** The same, if a thread that has gone on for long lets others have a turn. */
int sched_fair(uint32_t enabled, uint32_t fresh, int current, unsigned in_a_row);
/** Run one step; its footprint is sim->fp.  The run may be over after it. */
void sched_step(struct sim *sim, unsigned id);
/** Why a state without enabled threads is one. */
enum sim_end sched_final(const struct sim *sim);
bool op_enabled(const struct sim_thread *t);
/** Free steps that were taken count from now on, and there are no more of them. */
void sched_settle(struct sim *sim);
/**
 * The short way of an operation through a scheduling point: true if the running
 * thread just goes on, and nobody looks at what it does.
 */
static inline bool free_step(struct sim *sim)
{
	if (!sim->head.free_steps)
		return false;
	sim->head.free_steps--;
	return true;
}
/** The same for what is no scheduling point. */
static inline bool nobody_looks(const struct sim *sim)
{
	return sim->head.free_steps;
}

/* footprint.c */
void footprint_begin(struct sim *sim);
void footprint_end(struct sim *sim);
static inline bool modes_conflict(unsigned a, unsigned b)
{
	static const uint8_t conflicts[4] = {
		[SIM_PART_READ] = 1 << SIM_WRITE,
		[SIM_PART_WRITE] = 1 << SIM_READ | 1 << SIM_WRITE,
		[SIM_READ] = 1 << SIM_PART_WRITE | 1 << SIM_WRITE,
		[SIM_WRITE] = 1 << SIM_PART_READ | 1 << SIM_PART_WRITE | 1 << SIM_READ |
			      1 << SIM_WRITE,
	};

	return conflicts[a] >> b & 1;
}
/** This step changes who may have what @key stands for. */
void sim_hold(struct sim *sim, uint64_t key, unsigned free, unsigned readers, int delta);
/** The same for a variable whose value others wait for. */
void sim_hold_value(struct sim *sim, uint64_t key, int64_t before);
/** What this step touches depends on what it finds. */
static inline void sim_varies(struct sim *sim, enum vary how)
{
	sim->varies = sim->varies > how ? sim->varies : how;
}

/* spinlock.c */
void spin_step_end(struct sim *sim);
/** A finding if a thread that may not sleep is about to. */
void might_sleep(struct sim *sim, const char *what);

/* lockdep.c */
void lockdep_acquire(const struct sim_obj *obj, int subclass, bool can_wait);
void lockdep_release(const struct sim_obj *obj, int subclass);
static inline uint64_t lockdep_bit(const struct sim_obj *obj)
{
	return 1ULL << (obj->lock_class & (LOCKDEP_CLASSES - 1));
}
/** Its class is not held, and all that is was held with it before. */
static inline bool lockdep_knows(const struct sim_obj *obj, const struct sim_thread *t)
{
	uint64_t before = obj->sim->state->lock_before[obj->lock_class];

	return likely(obj->lock_class && !(t->held & (~before | lockdep_bit(obj))));
}
/** A lock that was waited for, in an order that was seen before: mostly that is all. */
static inline void lockdep_acquire_quick(const struct sim_obj *obj, struct sim_thread *t)
{
	if (lockdep_knows(obj, t))
		t->held |= lockdep_bit(obj);
	else
		lockdep_acquire(obj, 0, true);
}
static inline void lockdep_release_quick(const struct sim_obj *obj, struct sim_thread *t)
{
	if (unlikely(t->nr_again))
		lockdep_release(obj, 0);
	else
		t->held &= ~lockdep_bit(obj); /* that of no class is never set */
}
void lockdep_reset(struct sim *sim);

/* datarace.c */
void datarace_init(struct sim *sim);
/** The running thread starts or wakes @to. */
void datarace_hand_over(struct sim *sim, const struct sim_thread *to);
void datarace_acquire(struct sim *sim, uint64_t key, bool shared);
void datarace_release(struct sim *sim, uint64_t key, bool shared);

/* memory_order.c: without a memory model these do nothing, or what one expects. */
void memory_init(struct sim *sim);
/** A shared word is born. */
void memory_add_word(struct sim *sim, const struct sim_var *var);
/** @t, new, may see another memory than others: false if there is no room for what that needs. */
bool memory_watch(struct sim *sim, struct sim_thread *t);
/** The word as the running thread sees it, with its footprint. */
int64_t memory_load(struct sim_var *var, bool acquire);
/** The same of any thread, without. */
int64_t memory_value(const struct sim_var *var, const struct sim_thread *t);
/** The word was stored to, under its key. */
void memory_store(struct sim_var *var, int64_t before, bool release);
void memory_read_modify_write(struct sim_var *var, int64_t before, bool changed, bool relaxed);
void memory_barrier(struct sim *sim);
void memory_acquire(struct sim *sim, uint64_t key);
void memory_release(struct sim *sim, uint64_t key);
void memory_hand_over(struct sim *sim, const struct sim_thread *to);

/* finding.c */
void finding_set(struct sim *sim, enum sim_end end, enum sim_bug bug, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
void finding_clear(struct sim *sim);

/* trace.c */
void trace_reset(struct sim *sim);
void trace_step_end(struct sim *sim);
void trace_acquired(const struct sim_obj *obj);
void trace_hold(const struct sim_obj *obj, unsigned hold);
void trace_blocked(struct sim *sim, const struct sim_op *op);
void trace_wake(struct sim *sim, const struct sim_thread *t);
#define sim_note(sim, ...)                                                                         \
	do {                                                                                       \
		if (unlikely((sim)->trace.on))                                                     \
			sim_trace(sim, __VA_ARGS__);                                               \
	} while (0)
static inline bool obj_is_live(const struct sim_obj *obj)
{
	return likely(obj->live == SIM_OBJ_LIVE);
}
#define obj_note(obj, fmt, ...)                                                                    \
	do {                                                                                       \
		if (unlikely((obj)->sim->trace.on) && (obj)->name)                                 \
			sim_trace_obj((obj), fmt, __VA_ARGS__);                                    \
	} while (0)

/* snapshot.c */
/** A thread writes only its own stack; who writes elsewhere (wait queues do) says so. */
void stack_written(struct sim *sim, const void *p);
int snap_push(struct sim *sim);
void snap_restore(struct sim *sim);
void snap_pop(struct sim *sim);
void snap_free(struct sim *sim);

/* hash of an execution: tracehash.c */
struct trace_hasher;
struct trace_hasher *trace_hasher_new(void);
void trace_hasher_free(struct trace_hasher *h);
void trace_hasher_begin(struct trace_hasher *h);
int trace_hasher_step(struct trace_hasher *h, unsigned thread, const struct access *v, unsigned nr);
/** The last step's own hash, with which it can be taken back, last step first. */
uint64_t trace_hasher_last(const struct trace_hasher *h);
void trace_hasher_undo(struct trace_hasher *h, unsigned thread, const struct access *v, unsigned nr,
		       uint64_t last);
uint64_t trace_hasher_end(const struct trace_hasher *h);

#endif

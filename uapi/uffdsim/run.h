/* SPDX-License-Identifier: BSD-2-Clause */
/* run.h - one execution of a machine: schedules, how it ends, its trace (begin with sim.h) */
#ifndef UFFDSIM_RUN_H
#define UFFDSIM_RUN_H

#include <uffdsim/machine.h>

#ifdef __cplusplus
extern "C" {
#endif

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

#ifdef __cplusplus
}
#endif
#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * run.h - a scenario on a live kernel: shared by the files of this folder
 *
 * A run has a world (the language's, world.h) in memory that the controller and
 * every process of the scenario share and that lies outside of the arena.  The
 * threads of the scenario execute statements on stacks in that memory, and touch
 * the arena only where a statement says so.  They use system calls without the C
 * library: they have no thread-local storage of their own.
 */
#ifndef LIVE_RUN_H
#define LIVE_RUN_H

#include <setjmp.h>
#include <sys/types.h>

#include "tools/litmus/world.h"

/* No scenario touches memory at or above this: the runner itself lives there. */
#define LIVE_ARENA_END 0x20000000000ULL
/* Nothing is mapped right below the arena either: a page too low is a fair mistake to make. */
#define LIVE_ARENA_LOW (ARENA_BASE - 16 * PMD_SIZE)
#define LIVE_MAX_UIDS  8
#define LIVE_STACK     (128u << 10)

/* A process of the scenario.  Its first task starts threads and nothing else. */
struct live_proc {
	struct live_run *run;
	int index; /* in world.procs; LIT_NONE: it has no name */
	pid_t pid;
	uint32_t wanted; /* threads to be started, a bit each */
	uint32_t bell;   /* futex: look at @wanted */
	/* What setuid() was told, for the threads that have not done it yet. */
	uint32_t nr_uids;
	uint32_t uids[LIVE_MAX_UIDS];
};

enum live_state { LIVE_NONE, LIVE_STARTED, LIVE_ENDED };

struct live_thread {
	struct lit_thread *t;
	struct live_proc *proc;
	pid_t tid;
	uint32_t state;   /* enum live_state */
	uint32_t bell;    /* futex: a statement was issued */
	uint32_t delay;   /* threads: loops to wait before the first statement */
	uint32_t nr_uids; /* how many of its process's it has done */
	int pinned;       /* threads: processor + 1 that it is bound to; 0: none */
	uint64_t random;  /* threads: of its delays */
};

struct live_run {
	struct world w; /* w.priv is this */
	struct live_thread threads[LIT_MAX_THREADS + 1];
	struct live_proc main;
	uint32_t events; /* futex: counts whatever the controller waits for */
	uint32_t spin;   /* world_lock() */
	/* Threads: one process may serve many rounds. */
	uint32_t round;    /* futex: init of this round may begin */
	uint32_t start;    /* futex: the others of this round may */
	uint32_t alive;    /* threads that have not ended; the last one tells the controller */
	uint32_t gate;     /* how many are at the start */
	uint32_t nr_gate;  /* they go on when so many are there */
	uint32_t forks;    /* processes made by the scenario */
	uint32_t parked;   /* threads that an error of the file ended */
	jmp_buf *engine;   /* way out of the engine itself, while it runs an observer */
	bool exact_faults; /* somebody looks at flt */
	int cpu_first;     /* threads: thread i runs on (i + this) mod nr_cpus; -1: anywhere */
	int nr_cpus;
	const char *scratch; /* directory for open("NAME"), NULL: none yet */
	uint64_t used, size; /* of memory[] */
	uint64_t stacks;     /* they grow down from the end */
	_Alignas(64) unsigned char memory[];
};

static inline struct live_run *live_run_of(const struct world *w)
{
	return w->priv;
}

static inline struct live_thread *live_thread_of(const struct lit_thread *t)
{
	return &live_run_of(t->w)->threads[t->index];
}

static inline struct live_proc *live_proc_of(const struct lit_thread *t)
{
	return t->w->procs[t->decl->proc].p;
}

/* memory.c */
struct live_run *live_run_map(void);
void live_run_reset(struct live_run *run, const struct litmus *prog, bool recording);
/** A fresh world for the threads that are there already. */
int live_run_renew(struct live_run *run);
/** The top of a new stack; NULL when memory is out. */
void *live_stack(struct live_run *run);
extern const struct lit_backend live_backend;
void live_event(struct live_run *run);

/* process.c */
/** Start the main process of a run; 0 or -errno. */
int live_start(struct live_run *run);
/** Have @proc start the thread @index. */
void live_want_thread(struct live_proc *proc, int index);
/** Let the next round begin. */
void live_round(struct live_run *run);
/** End everything that runs, and wait for it. */
void live_kill(struct live_run *run);
/** fork() by the calling thread of the scenario. */
int64_t live_fork(struct lit_thread *t, const struct stmt *s, struct live_proc **ret);

/* access.c */
void live_catch_signals(void);
/** Take one signal and two counts, so that all they need is there. */
void live_warm_up(struct live_run *run);
enum access_result live_load(struct lit_thread *t, uint64_t addr, uint8_t *byte, bool *faulted);
enum access_result live_store(struct lit_thread *t, uint64_t addr, uint8_t byte, bool *faulted);
enum access_result live_memset(struct lit_thread *t, uint64_t addr, uint8_t byte, uint64_t len,
			       bool *faulted);

/* process.c */
/**
 * Before a statement touches the kernel: become who the process is; and of threads, now
 * and then, wait a little, so that statements meet in other ways.
 */
void live_prepare(struct lit_thread *t);

/* bounds.c */
/** What @s is about to do touches [addr, addr+len): an error of the file outside of the arena. */
void live_check_range(struct lit_thread *t, const struct stmt *s, uint64_t addr, uint64_t len);
/** The same where nobody else finds a length that goes round. */
void live_check_user_range(struct lit_thread *t, const struct stmt *s, uint64_t addr, uint64_t len);

/* calls.c */
void live_call(struct lit_thread *t, const struct stmt *s, struct value *ret);

/* observe.c */
void live_observe(struct lit_thread *t, const struct stmt *s, struct value *ret);
/** The letters of pagemap() for a word of /proc/PID/pagemap.  @buf: 8 bytes. */
void live_pagemap_letters(uint64_t word, char *buf);
/** Every mapping below LIVE_ARENA_END, in order; 0 or a negative errno. */
int64_t live_each_map(pid_t pid, void (*fn)(void *ctx, const struct observed_map *m), void *ctx);
void live_maps(struct world *w, int proc, void (*fn)(void *ctx, const struct observed_map *m),
	       void *ctx);
void live_pages(struct world *w, int proc, uint64_t addr, unsigned nr, unsigned bytes,
		struct observed_page *ret);
int live_peek(struct world *w, int proc, uint64_t addr);

/* settle.c */
enum live_rest {
	LIVE_AT_REST, /* every thread has ended or sleeps, and nothing will wake it */
	LIVE_BAD,     /* world.bad says why */
	LIVE_DIED,    /* a process of the scenario is gone */
	LIVE_HUNG,    /* something still runs after the time limit */
};
/**
 * Wait until nothing can move.  @is_short: a third of a second of processor time is taken
 * for a loop without end.  @who: a thread that did not come to rest.
 */
enum live_rest live_settle(struct live_run *run, unsigned limit_ms, bool is_short,
			   struct lit_thread **who);
/** It is in a statement, or on its way to the next. */
bool live_busy(const struct live_thread *lt);

#endif

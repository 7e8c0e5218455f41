/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * program.h - a test of <uffdsim/monitor.h> while it runs
 */
#ifndef MONITOR_PROGRAM_H
#define MONITOR_PROGRAM_H

#include <uffdsim/litmus.h>
#include <uffdsim/mm.h>
#include <uffdsim/monitor.h>

/* Classes of footprint keys, apart from the model's. */
enum { MONITOR_CLASS_LAYOUT = 240, MONITOR_CLASS_WORLD };

#define MAX_NAMES 32

struct name {
	const char *text;
	uint64_t start, end;
};

/* A thread of the test, or of a process that it forked; by the number of its fiber. */
struct user_thread {
	uffdsim_fn fn;
	struct sim_thread *fiber;
	struct task_struct *task;
	const char *name;
	bool daemon;
	uint64_t reads; /* descriptors that it has read or polled */
};

/* What changes while the program runs, in the machine. */
struct books {
	struct mmap_layout layout;
	struct sim *sim;
	uint64_t cursor; /* the next mapping without an address */
	unsigned nr_names;
	struct name names[MAX_NAMES];
	struct user_thread threads[SIM_MAX_THREADS];
	struct world *world;
};

/* One machine with the test in it. */
struct program {
	const struct uffdsim_test *test;
	struct profile *prof;
	struct sim *sim;
	struct kernel *kernel;
	struct books *b;
	uint64_t hash;     /* for tokens */
	bool timers;       /* something has a time limit */
	bool wants_timers; /* and was met without */
	char failure[240]; /* of finish() */
	char *error;       /* where words go: 256 bytes */
};

/* program.c */
/** A machine up to where the threads start: 0, -EINVAL with words in @error, -ENOMEM. */
int program_begin(struct program *p, const struct uffdsim_test *test, bool timers, char *error);
void program_end(struct program *p);
/** The same from where it stands: a thread of process @proc. */
struct user_thread *program_spawn(struct program *p, struct process *proc, const char *name,
				  uffdsim_fn fn, bool daemon);
/** Calls come to @p from now on, on this OS thread; returns who had them before. */
struct program *program_enter(struct program *p);
/** The program whose thread, or whose finish(), runs. */
struct program *program_running(void);
struct user_thread *thread_running(void);
void show_place(const struct books *b, uint64_t addr, char *buf, size_t size);
/** Look at the final state: false, with words in @p->failure, if that asserts in vain. */
bool program_finish(struct program *p);

/* verdict.c */
#define FINDING_ASSERTION NR_LITMUS_VERDICTS
#define NR_FINDINGS       (NR_LITMUS_VERDICTS + 1)
const char *finding_name(unsigned finding);
/** What an execution that has ended so shows: a mask.  Calls finish(). */
uint32_t program_findings(struct program *p, enum sim_end end);
/** Those that speak of threads in words, a line each; malloc()ed, NULL without memory. */
char *program_explain(struct program *p);

/* witness.c */
/** The diagram of an execution that shows one of @findings; 0, or -errno. */
int program_witness(const struct uffdsim_test *test, bool timers, const uint8_t *picks, uint64_t nr,
		    uint32_t findings, char **diagram, char **token);

/* globals.c */
struct globals;
/** Remember the writable data of the object file that @fn is in; NULL: it cannot be. */
struct globals *globals_save(uffdsim_fn fn);
/** Has something of it been written?  Then words in @error.  Frees @g. */
bool globals_changed(struct globals *g, char *error, size_t size);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * run.h - outside of the fibers: machines, their ends, and what gets printed
 */
#ifndef LITMUS_RUN_H
#define LITMUS_RUN_H

#include <uffdsim/litmus.h>

#include "tools/litmus/text.h"
#include "tools/litmus/tracer.h"
#include "tools/litmus/world.h"

/* Longer executions come from loops that wait: exploring those further shows nothing new. */
#define EXPLORE_STEPS 1000
/* Where states are known no loop goes round twice. */
#define CACHED_STEPS  100000

/* A machine with a scenario in it whose init has run. */
struct machine {
	const struct litmus *prog;
	const struct litmus_options *opt;
	struct litmus_error *err;
	struct profile *prof;
	struct sim *sim;
	struct world *w;
	uint64_t program;     /* for tokens */
	unsigned others;      /* threads besides its own that the last statement made run */
	int lost_huge_pages;  /* and how many promises it made the kernel forget */
	enum litmus_status status;
	char *message;        /* why it ended early */
	struct tracer *tracer; /* NULL: no trace is kept */
};

/** What the run is of: NULL stands for the defaults. */
int machine_init(struct machine *m, const struct litmus *prog, const struct litmus_options *opt,
		 bool recording, struct litmus_error *err);
void machine_fini(struct machine *m);
/** The condition speaks of it, or it is forbidden. */
bool machine_asks(const struct machine *m, enum litmus_verdict v);
/** Rounds of loops that only wait are left out of an exploration. */
bool machine_awaits(const struct machine *m);
/** Run init; 0, or 1 when m->status says why there is no more to run, or -ENOMEM. */
int machine_run_init(struct machine *m);
/** Spawn the file's threads. */
int machine_spawn(struct machine *m);
/**
 * An end other than DONE and DEADLOCK: fill in status, message and error.
 * Returns 1, or -ENOMEM.
 */
int machine_ended(struct machine *m, enum sim_end end);
/** The condition turned out to be wrong. */
int machine_bad(struct machine *m, struct pos pos, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/** Everything of the sequence; 0, 1 or -errno as above. */
int machine_run_sequence(struct machine *m);
/** At the end of an execution that nothing cut short: final values, records, status. */
int machine_finish(struct machine *m, struct litmus_run_result *res);
/** The end of a sequence: opt->leaks.  0, 1 or -errno as above. */
int machine_find_leaks(struct machine *m);

/* patches.c */
/** Take the patches of m->opt into m->prof; 0, or -EINVAL with its message. */
int patches_apply(struct machine *m);
/** "NAME: DECISION, DECISION, +CHOICE=VALUE", a line each; *ret is NULL without patches. */
int patches_describe(const struct profile *prof, char **ret);
/** Which patches, and which builds of them; "" without.  malloc()ed; NULL: out of memory. */
char *patches_identity(const struct machine *m);
/** What patches_describe() made, as lines of a report and as a list of names. */
void patches_print(FILE *out, const char *described);
struct json_t *patches_json(const char *described);

/* run.c */
/** Keep a trace from now on; 0 or -ENOMEM. */
int machine_trace(struct machine *m);

/* lasso.c */
#define LASSO_STEPS 20000 /* before it is taken for something that ends some day */
/** Does the run go round for ever, everybody taking turns?  1 with *text, 0 or -ENOMEM. */
int machine_find_lasso(struct machine *m, char **text);
/** The same of the execution with these @nr steps, made again. */
int lasso_after(const struct machine *m, const uint8_t *picks, uint64_t nr, char **text);

/* records.c */
/** Print and forget the records so far; 0 or -errno. */
int records_flush(struct machine *m);
/** Records of one step of a sequence: @t's own, then what others finished. */
int records_flush_step(struct machine *m, struct lit_thread *t);
/** "blocked":true for every thread that stands in a statement. */
int records_blocked(struct machine *m);
/** A statement of a sequence that was passed over. */
void records_skipped(struct machine *m, const struct stmt *s);
/** The memory of every process after statement @step, as one line. */
int records_state(struct machine *m, unsigned step);
/** The last line. */
int records_end(struct machine *m, const struct litmus_final *f);
struct json_t *json_final(const struct litmus_final *f, size_t n);

/** All values of the final state, sorted by key.  malloc()ed; -ENOMEM. */
int final_values(struct machine *m, struct litmus_final **ret);
void final_free(struct litmus_final *f, size_t n);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * present.h - executions as diagrams and traces, in the format and to the place asked for
 */
#ifndef PRESENT_H
#define PRESENT_H

#include "tools/uffdsim/uffdsim.h"

/** An execution to be shown; everything in it but the texts is filled in by present_load(). */
struct exhibit {
	const char *title; /* "Counterexample:"; NULL: one that was asked for */
	bool expected;
	const char *token; /* NULL: @run is filled in already */
	uint64_t max_steps; /* of an execution without an end: so many are shown; 0: all */
	struct litmus_short length;
	struct litmus_run_result run;
	struct diagram *d;
	char *notes[SIM_MAX_THREADS + 8];
};

/** Replace the token by that of the shortest execution that shows the same; 0 or -errno. */
int exhibit_shorten(struct exhibit *e, const struct options *opt, const struct litmus *prog,
		    enum litmus_shows what);
/** Run it with a trace and make the diagram and the lines below; 0 or -errno. */
int exhibit_load(struct exhibit *e, const struct options *opt, const struct litmus *prog);
void exhibit_fini(struct exhibit *e);

/** The document replaces what is usually printed: a format that holds nothing else. */
bool present_replaces_output(const struct options *opt);
/**
 * Show them; @summary (may be NULL) is what stands above them in a page.
 * 0, or an exit status after a message.
 */
int present(const struct options *opt, const struct litmus *prog, const char *verb,
	    struct exhibit *v, size_t nr, const char *summary);
/** --trace: write it; 0, or an exit status after a message. */
int present_trace(const struct options *opt, const struct litmus *prog, const char *verb,
		  const struct exhibit *e);

#endif

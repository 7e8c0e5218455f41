/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * diff.h - the simulator and a live kernel on the same file
 *
 *	struct live *l;
 *	live_open(NULL, &l, why, sizeof(why));          (once, early)
 *	for (...) {
 *		struct diff_result res;
 *		live_diff(l, prog, &opt, &res);
 *		if (res.verdict == DIFF_DIVERGES)
 *			fputs(res.report, stdout);
 *		diff_result_fini(&res);
 *	}
 *	live_close(l);
 */
#ifndef LIVE_DIFF_H
#define LIVE_DIFF_H

#include "tools/live/live.h"

enum diff_verdict {
	DIFF_AGREES,
	DIFF_DIVERGES,
	DIFF_BAD,        /**< the file is wrong, for at least one of the two */
	DIFF_UNMODELLED, /**< the simulator cannot do it: nothing to compare from there on */
	DIFF_MISSING,    /**< the machine cannot do it */
};

struct diff_options {
	const char *profile; /**< NULL: that of the live kernel */
	bool no_state;       /**< compare records only, not the memory after every statement */
	bool skip_blocked; /**< pass over statements of blocked threads (not with the simulator alone) */
	unsigned confirm; /**< a divergence must come out again this many times; 0: 2 */
	/* threads */
	uint64_t runs, seed;     /**< runs 0: 1000 */
	uint64_t max_executions; /**< of the exploration; 0: no bound */
	uint64_t max_steps;
};

struct diff_result {
	enum diff_verdict verdict;
	struct litmus_error err; /**< BAD, UNMODELLED, MISSING: where and why */
	unsigned records;        /**< compared */
	unsigned states;         /**< of memory, compared */
	int step;                /**< statement that diverges; -1: none, or the end */
	char call[40];           /**< its call, as records name it */
	char *report;            /**< DIVERGES: a table; NULL otherwise */
	bool same_error;         /**< BAD: both say the same of it */
	bool unstable;           /**< the kernel did not give the same answers again */
	/* threads */
	uint64_t allowed, seen; /**< states that are explored, and those of them seen live */
};

/** 0 with @res filled in, or -EIO (the engine is gone), -ENOMEM. */
int live_diff(struct live *l, const struct litmus *prog, const struct diff_options *opt,
	      struct diff_result *res);
void diff_result_fini(struct diff_result *res);

/** Counts of agreement for each call, over any number of files. */
struct diff_summary;
struct diff_summary *diff_summary_new(void);
/** Have live_diff() count into it. */
void live_count_into(struct live *l, struct diff_summary *sum);
void diff_summary_print(FILE *out, const struct diff_summary *sum);
void diff_summary_free(struct diff_summary *sum);

#endif

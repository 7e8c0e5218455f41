/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * judge.h - who says whether a program shows something
 *
 * A judge is a function.  Two verdicts are of the same finding if they agree in
 * @call and @what; so these hold no number that another program would change.
 */
#ifndef FUZZ_JUDGE_H
#define FUZZ_JUDGE_H

#include <stdint.h>

#include <uffdsim/litmus.h>

#include "tools/fuzz/program.h"

enum verdict_kind {
	VERDICT_FINE, /* nothing to see */
	VERDICT_FINDING,
	VERDICT_UNSTABLE,   /* the kernel did not do the same twice */
	VERDICT_UNMODELLED, /* the simulator cannot say */
	VERDICT_BAD,        /* no scenario, or refused */
};

struct verdict {
	enum verdict_kind kind;
	unsigned step;
	char call[48];     /* "ioctl:UFFDIO_COPY"; empty: none */
	char what[160];    /* "ret -EAGAIN, kernel 0" */
	char detail[1200]; /* for people, with line ends; may be empty */
	char command[160]; /* that shows it again, with %s for the file */
};

struct judge {
	const char *name;
	/** 0 with @v filled in, or a negative errno: the judge itself cannot go on. */
	int (*judge)(void *ctx, const char *text, size_t len, struct verdict *v);
	void *ctx;
};

/** Digits and addresses replaced: two messages of one kind become equal. */
void verdict_plain(char *dst, size_t size, const char *src);

/** What the judges of the simulator are asked with. */
struct judge_options {
	const char *profile;     /* NULL: the newest */
	uint64_t max_executions; /* of judge_threads; 0: its default */
	uint64_t max_brute;      /* the same without reduction */
	uint64_t fail_alloc;     /* of judge_fail_alloc: only this one fails; 0: each in turn */
};
/** What a run with status NOT_MET says: a bug of the simulator. */
void simulator_verdict(const struct litmus_run_result *res, const struct litmus_error *err,
		       struct verdict *v);
/** Bugs and broken invariants of the simulator itself.  @ctx: struct judge_options */
int judge_simulator(void *ctx, const char *text, size_t len, struct verdict *v);
/** The same after each allocation that can fail; what a failed call left behind. */
int judge_fail_alloc(void *ctx, const char *text, size_t len, struct verdict *v);
/** Explores; for small programs against every interleaving. */
int judge_threads(void *ctx, const char *text, size_t len, struct verdict *v);

/** The kernel against the simulator: after every statement; of threads every final state. */
struct live;
struct live_judge {
	struct live *live;
	const char *profile; /* NULL: that of the kernel */
	uint64_t runs;       /* of threads */
};
int judge_live(void *ctx, const char *text, size_t len, struct verdict *v);

#endif

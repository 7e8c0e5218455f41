/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * live.h - scenarios on a live kernel
 *
 * live_open() starts an engine: a small process that runs scenarios on the kernel of
 * this machine, each in processes of its own that it ends afterwards; or the same
 * program as the first process of another kernel, in QEMU.  An engine serves one
 * request at a time and lives until live_close(); it also ends when its caller does.
 *
 * Open it early: it is forked from the caller, and what the caller has mapped by then
 * it copies for every run.
 */
#ifndef LIVE_H
#define LIVE_H

#include <uffdsim/litmus.h>

struct live;

struct live_config {
	const char *kernel; /**< an image to boot in QEMU; NULL: this machine's kernel */
	bool verbose;       /**< show the console of that kernel on standard error */
};

/**
 * live_open - start an engine
 * @why: receives the reason if this machine cannot do it
 *
 * Returns 0; -ENOTSUP with a reason (no userfaultfd, not root, a setting that cannot be
 * arranged, no QEMU); or another negative errno.
 */
int live_open(const struct live_config *cfg, struct live **ret, char *why, size_t whylen);
void live_close(struct live *l);

/** The profile of the kernel that runs: "v6.18"; the nearest older one that is known. */
const char *live_profile(const struct live *l);
/** The process of the engine, or of QEMU. */
int live_pid(const struct live *l);
/** Its release: "6.18.44". */
const char *live_release(const struct live *l);

struct live_options {
	const char *profile; /**< shown in the JSON of threads; NULL: live_profile() */
	uint64_t runs;       /**< of threads; 0: 1000 */
	uint64_t seed;       /**< of their delays */
	unsigned limit_ms;   /**< how long one statement may run; 0: 10000 */
	bool state;          /**< sequences: a line on the memory after every statement */
	bool skip_blocked;   /**< sequences: pass over statements of blocked threads */
	bool text;           /**< threads: the summary instead of JSON */
	bool notime;
};

/** What a run gave.  live_answer_fini() it. */
struct live_answer {
	enum litmus_status status; /**< LITMUS_UNMODELLED: the machine cannot do it */
	struct litmus_error err;   /**< err.text is "" if nothing went wrong */
	char *out;                 /**< records or one object, as JSON; or text */
	size_t len;
};

/**
 * live_run - run a scenario
 *
 * Returns 0 with @ans filled in, whatever its status; -EIO if the engine is gone.
 */
int live_run(struct live *l, const char *text, size_t len, const struct live_options *opt,
	     struct live_answer *ans);
void live_answer_fini(struct live_answer *ans);

#endif

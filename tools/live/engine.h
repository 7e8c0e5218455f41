/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * engine.h - the process that runs scenarios for real, and how it is talked to
 *
 * It is a process of its own, small so that forking it is cheap, forked before the
 * simulator takes memory; or the first process of another kernel.  It reads requests
 * from one descriptor and writes answers to another, in the format below.
 */
#ifndef LIVE_ENGINE_H
#define LIVE_ENGINE_H

#include "tools/litmus/run.h"
#include "tools/live/run.h"
#include "tools/live/settings.h"

#define ENGINE_MAGIC 0x55464c56u

struct engine_request {
	uint32_t magic, len; /* of the text that follows */
	uint64_t runs, seed;
	uint32_t limit_ms;
	uint32_t flags;
	char profile[128];
};
enum { ENGINE_STATE = 1, ENGINE_TEXT = 2, ENGINE_NOTIME = 4, ENGINE_SKIP = 8, ENGINE_QUIT = 16 };

struct engine_answer {
	uint32_t magic, len; /* of the output that follows */
	int32_t status;      /* enum litmus_status */
	uint32_t runs_done;
	struct litmus_error err; /* text: "" without a message */
};

struct engine {
	struct live_run *run;
	FILE *out;
	const struct engine_request *req;
	struct engine_answer *ans;
	bool hung; /* the last wait for rest was in vain */
	char scratch[128];
	struct huge_pool pool; /* what of the machine is ours alone for the moment */
	int swap;
};

/* sequence.c */
int engine_sequence(struct engine *e, const struct litmus *prog);
/* rounds.c */
int engine_rounds(struct engine *e, const struct litmus *prog);
/**
 * Begin a run in a fresh world: main process and, of threads, all of them start.  Of a
 * sequence init is done afterwards.  0, 1 (m->status says why not) or -errno.
 */
int engine_begin(struct engine *e, struct machine *m);
/** 0, or 1 if init is where the scenario is stuck. */
int engine_init_done(struct engine *e, struct machine *m);
/** Wait for rest; 0, or 1 with the reason in @m. */
int engine_settle(struct engine *e, struct machine *m);
/** Between rounds: let others have what is the whole machine's.  1 if it does not come back. */
int engine_give_way(struct engine *e, struct machine *m);
/** End all processes and throw away what the scenario left behind. */
void engine_end(struct engine *e);
#endif

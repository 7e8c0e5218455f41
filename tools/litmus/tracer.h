/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tracer.h - a run's trace in the words of whoever runs it
 */
#ifndef LITMUS_TRACER_H
#define LITMUS_TRACER_H

#include <uffdsim/litmus.h>
#include <uffdsim/mm.h>

/** A kernel, and what its addresses, processes and threads are called; asked at the end. */
struct tracer_host {
	struct sim *sim;
	struct kernel *kernel;
	const void *ctx;
	void (*address)(const void *ctx, uint64_t addr, char *buf, size_t size);
	/** NULL for the process that was there from the begin. */
	const char *(*process)(const void *ctx, const struct process *p);
	bool (*is_daemon)(const void *ctx, const struct sim_thread *t);
};

struct tracer;
/** Keep a trace from now on; 0 or -ENOMEM. */
int tracer_new(const struct tracer_host *host, struct tracer **ret);
/** What it has kept; 0 or -ENOMEM. */
int tracer_lines(const struct tracer *t, struct litmus_trace **ret);
void tracer_free(struct tracer *t);

#endif

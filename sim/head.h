/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * head.h - the few words of a machine that its busiest operations look at
 *
 * They stand at the begin of struct sim, where inline functions find them.
 */
#ifndef SIM_HEAD_H
#define SIM_HEAD_H

#include <stdint.h>

#include "uffdsim/sim.h"

struct sim_head {
	bool records; /* what a step touches; nobody asks in a plain run */
	bool traces;
	bool watches; /* for data races */
	/*
	 * Scheduling points that the running thread may pass without asking the step
	 * loop: what it would answer is known.  Only in a plain run that nobody traces;
	 * so who finds one need not leave footprints or lines of a trace either.
	 */
	uint32_t free_steps;
	uint32_t running; /* the bit of the running thread */
	struct sim_thread *cur; /* the thread itself; NULL outside of threads */
	const char *stack_end; /* it may use its stack down to here */
};

static inline struct sim_head *sim_head(const struct sim *sim)
{
	return (struct sim_head *)(uintptr_t)sim;
}

#endif

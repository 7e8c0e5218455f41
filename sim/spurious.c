/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * spurious.c - wake-ups that nobody meant
 *
 * A sleeper must expect to be woken without reason.  Here a thread of its own does
 * it, a daemon with one step for each wake-up.  Where that step comes is a choice of
 * the schedule like any other; if the victim is awake then, nothing happens, and
 * that is the execution without it.  So exploration needs no rule of its own, and
 * the number of wake-ups is bounded.
 */
#include <errno.h>

#include "sim_internal.h"

static void wake_without_reason(void *arg)
{
	static const struct sim_op op = { .kind = SIM_OP_WAKE, .what = "spurious wake-up" };
	struct sim_thread *t = arg;
	uintptr_t times = (uintptr_t)sim_thread_data(sim_self(t->sim));

	while (times--) {
		sim_point(t->sim, &op);
		wake_up_process(t);
	}
}

int sim_wake_spuriously(struct sim_thread *t, unsigned times)
{
	struct sim_thread *ghost =
		sim_spawn(t->sim, "spurious", wake_without_reason, t, SIM_THREAD_DAEMON);

	if (!ghost)
		return -EAGAIN;
	sim_thread_set_data(ghost, (void *)(uintptr_t)times);
	return 0;
}

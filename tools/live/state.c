/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * state.c - the memory of every process, as the kernel shows it, in one line of JSON
 */
#include "tools/live/engine.h"

int engine_state(struct engine *e, struct machine *m, unsigned step)
{
	return 0;
}

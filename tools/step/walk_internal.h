/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * walk_internal.h - a walk
 */
#ifndef WALK_INTERNAL_H
#define WALK_INTERNAL_H

#include "tools/litmus/run.h"
#include "tools/step/walk.h"

/* Longer paths come from loops that wait. */
#define WALK_MAX 5000

struct walk {
	const struct litmus *prog;
	struct litmus_options opt;
	struct machine m;
	/* Steps of the machine, first steps of threads included. */
	uint8_t *picks;
	uint32_t *enabled;
	size_t nr, max;
	unsigned at;     /* those that were taken */
	unsigned *marks; /* how many were taken at each place */
	unsigned place, length;
	uint32_t seen; /* threads that have taken one */
	bool ended;
	enum sim_end end;
};

#endif

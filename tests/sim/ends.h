/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ends.h - how executions ended, each end once, to compare searches
 *
 * Those without an end that come from a spin_program are followed further, to see
 * whether they go round for ever.
 */
#ifndef TESTS_SIM_ENDS_H
#define TESTS_SIM_ENDS_H

#include <inttypes.h>

#include "harness.h"
#include "spin_program.h"

#define MAX_ENDS 20000

struct ends {
	struct end {
		uint64_t state; /* or the finding */
		int end;
	} v[MAX_ENDS + 1];
	size_t nr;
	uint64_t (*state)(struct sim *sim);
	const struct sp_program *spin;
	bool endless, livelock;
	unsigned tried, max_tries; /* 0: 40 */
	unsigned without;          /* of those tried: not for ever */
};

/** Explore and destroy @sim; false if there are too many. */
bool ends_explore(struct sim *sim, struct sim_explore_config cfg, struct ends *e,
		  struct sim_explore_result *res);
/** Fail unless both are the same. */
void ends_same(uint64_t seed, const struct ends *want, const struct ends *got);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/* harness.h - what the tests of the runtime begin with */
#ifndef TESTS_SIM_HARNESS_H
#define TESTS_SIM_HARNESS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "uffdsim/sim.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof(*(a)))

static inline struct sim *t_machine(void)
{
	struct sim *sim;

	assert_int_equal(sim_create(&sim, NULL), 0);
	return sim;
}

static inline struct sim *t_machine_with(struct sim_config cfg)
{
	struct sim *sim;

	assert_int_equal(sim_create(&sim, &cfg), 0);
	return sim;
}

static inline enum sim_end t_run(struct sim *sim)
{
	return sim_run(sim, sim_run_to_completion());
}

/**
 * A hash of what a finding says.  It cuts an execution short; how many independent steps of
 * others came before is no matter, so two such ends are alike if this is.
 */
static inline uint64_t t_finding(const struct sim *sim)
{
	uint64_t h = (uint64_t)sim_finding(sim)->thread;

	for (const char *p = sim_finding(sim)->text; *p; p++)
		h = h * 0x100000001b3ULL + (unsigned char)*p;
	return h;
}

/** Of a test of random programs: [first seed [how many]] */
static inline void t_seeds(int argc, char **argv, uint64_t *first, unsigned *nr)
{
	if (argc > 1)
		*first = strtoull(argv[1], NULL, 10);
	if (argc > 2)
		*nr = (unsigned)strtoul(argv[2], NULL, 10);
}

/** The run ends with this bug, and its text says so. */
static inline void t_expect_bug(struct sim *sim, enum sim_bug bug, const char *text)
{
	assert_int_equal(t_run(sim), SIM_END_BUG);
	assert_string_equal(sim_bug_name(sim_finding(sim)->bug), sim_bug_name(bug));
	if (!strstr(sim_finding(sim)->text, text))
		fail_msg("\"%s\" does not say \"%s\"", sim_finding(sim)->text, text);
}

/** All executions, however they end. */
static inline struct sim_explore_result t_explore(struct sim *sim)
{
	const struct sim_explore_config cfg = { .mode = SIM_EXPLORE_SLEEP };
	struct sim_explore_result res;

	assert_int_equal(sim_explore(sim, &cfg, &res), 0);
	return res;
}

#endif

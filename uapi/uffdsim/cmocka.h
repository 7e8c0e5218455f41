/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cmocka.h - assertions on explorations, for tests that use cmocka
 *
 * The diagram of what was found is printed where that is a
 * failure, and everywhere with UFFDSIM_SHOW in the environment.
 */
#ifndef UFFDSIM_CMOCKA_H
#define UFFDSIM_CMOCKA_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include <uffdsim/monitor.h>

/** Every execution was looked at, and nothing was found; else the diagram is printed. */
#define assert_uffdsim_passes(test) uffdsim_expect(test, NULL, __FILE__, __LINE__)

/** An execution shows @what ("assertion", "deadlock", "unanswered", ...). */
#define assert_uffdsim_finds(test, what) uffdsim_expect(test, what, __FILE__, __LINE__)

static inline void uffdsim_expect(const struct uffdsim_test *test, const char *what,
				  const char *file, int line)
{
	struct uffdsim_result res;
	int r = uffdsim_explore(test, &res);
	bool good = !r && (what ? uffdsim_found(&res, what) > 0 : 
						     res.passed && (res.complete || test->preemptions));

	uffdsim_print_summary(test, &res);
	if (!r && !good && what)
		fprintf(stderr, "%s: no execution shows \"%s\"\n", test->name, what);
	if (res.witness && (!good || getenv("UFFDSIM_SHOW")))
		fprintf(stderr, "%s", res.witness);
	uffdsim_result_fini(&res);
	if (!good)
		_fail(file, line);
}

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * campaign.h - generate, judge, shrink, save; until the time or the programs are over
 */
#ifndef FUZZ_CAMPAIGN_H
#define FUZZ_CAMPAIGN_H

#include "tools/fuzz/findings.h"
#include "tools/fuzz/gen.h"
#include "tools/fuzz/judge.h"
#include "tools/fuzz/shrink.h"

#define CAMPAIGN_JUDGES 4

struct campaign {
	struct gen_options gen;
	const char *profile;
	bool threads;       /* thread programs instead of sequences */
	uint64_t programs;  /* 0: no bound */
	uint64_t seconds;   /* 0: no bound */
	const char *out;    /* folder for findings and state; NULL: none */
	unsigned nr_judges; /* asked in this order, after the simulator's own checks */
	struct judge judge[CAMPAIGN_JUDGES];
	struct shrink_budget shrink; /* all zero: the usual */
	const char *command; /* of this campaign, for the files of findings */
	const int *stop;     /* nonzero ends it after the present program */
	/** Now and then, for people; may be NULL. */
	void (*progress)(const struct campaign *c, const struct state *st, uint64_t seconds);
};

/** The text of program @number: @p, and @text (PROGRAM_TEXT bytes), settled.  False: none. */
bool campaign_program(const struct campaign *c, uint64_t seed, uint64_t number, struct program *p,
		      char *text);
/** From @st->next on.  0 or a negative errno; findings are in @st. */
int campaign_run(const struct campaign *c, struct state *st);

#endif

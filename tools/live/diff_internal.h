/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef LIVE_DIFF_INTERNAL_H
#define LIVE_DIFF_INTERNAL_H

#include "tools/live/diff.h"

struct json_t;

/* What one of the two gave. */
struct side {
	enum litmus_status status;
	struct litmus_error err;
	char *text;
	size_t len;
};
void side_fini(struct side *side);

struct diff_context {
	struct live *l;
	const struct litmus *prog;
	const struct diff_options *opt;
	const char *profile;
	struct diff_summary *sum;
};

/* live.c */
struct diff_summary *live_summary(const struct live *l);

/* diff_report.c */
/** @a, @b: the lines that differ, NULL where one side has no more. */
int diff_report_sequence(const struct diff_context *c, const struct side *sim,
			 const struct side *live, const char *a, const char *b,
			 struct diff_result *res);
int diff_report_threads(const struct diff_context *c, const struct json_t *sim,
			const struct json_t *live, struct diff_result *res);
void diff_count(struct diff_summary *sum, const char *call, bool agrees);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * compare.h - one scenario under two profiles: what came out, and how it is shown
 */
#ifndef COMPARE_H
#define COMPARE_H

#include "tools/uffdsim/present.h"

enum { BASE, WITH };

/** A final state of either side, or what it says of a sequence. */
struct outcome_row {
	const char *text;
	uint64_t count[2]; /* executions that ended in it; of a sequence 0 or 1 */
};

/** Something that only one side has, and an execution that shows it. */
struct change {
	int side; /* where it is possible */
	bool is_verdict;
	const char *what;  /* a state, or the name of a verdict */
	const char *token; /* of the execution found; NULL: none to show */
	char *title;
	bool shown;
	struct exhibit exhibit;
};

struct comparison {
	struct litmus *prog;
	const char *path;
	char *profile[2];
	const struct patch_list *patches[2];
	char *name[2]; /* of both together, for people */
	bool sequence;
	struct litmus_explore_result res[2]; /* of threads */
	char *records[2];                    /* of a sequence: JSON, a line each */
	size_t nr_rows, nr_changes;
	struct outcome_row *rows;
	struct change *changes;
	bool differs;
};

/** Is a verdict among what the two sides do not both show? */
bool comparison_verdict_differs(const struct comparison *c, unsigned verdict);
/** Does the condition hold on one side and not on the other? */
bool comparison_condition_differs(const struct comparison *c);

void compare_print_text(FILE *out, const struct options *opt, const struct comparison *c);
void compare_print_markdown(FILE *out, const struct options *opt, const struct comparison *c);
void compare_print_json(FILE *out, const struct comparison *c);
/** A page of all. */
void compare_print_html(FILE *out, const struct options *opt, const struct comparison *c,
			size_t nr);

#endif

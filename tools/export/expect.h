/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * expect.h - what the simulator answers to each statement of a sequence
 */
#ifndef EXPORT_EXPECT_H
#define EXPORT_EXPECT_H

#include <stdbool.h>
#include <stddef.h>

#include "tools/litmus/ast.h"

/** A line of the run's records. */
struct expectation {
	unsigned step;
	int thread;
	int group;     /* the issued statement that it belongs to; -1: init */
	bool blocked, late;
	char *text;    /* "0 {copy=4096}", as generated programs show answers */
};

struct expectations {
	struct expectation *v;
	size_t nr;
	char *blocked; /* at the end: names with blanks between */
	bool met;      /* the condition of the file */
};

/** Run the sequence.  0; -EOPNOTSUPP if the simulator cannot, with the place in @err. */
int expectations_get(const struct litmus *prog, const char *profile, struct expectations *ret,
		     struct litmus_error *err);
void expectations_free(struct expectations *e);
/** The statement that is recorded as @step; NULL: none. */
const struct stmt *stmt_of_step(const struct litmus *prog, unsigned step);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * import.h - logs of real programs as scenarios
 */
#ifndef IMPORT_H
#define IMPORT_H

#include <stdio.h>

/** What is wrong with a log, and in which line (0: none of them). */
struct import_error {
	unsigned line;
	char text[160];
};

/**
 * import_strace - the userfaultfd and memory calls of an strace log as a sequence
 * @log: the text that `strace -f -o FILE` wrote
 * @name: of the scenario
 *
 * The scenario parses and runs: a statement that its run cannot take (its
 * thread still sleeps) is left in it as a comment.  Returns 0; -EINVAL with
 * @err if the log has no userfaultfd in it; -ENOMEM.
 */
int import_strace(FILE *out, const char *log, const char *name, struct import_error *err);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cover.h - what the programs so far have reached
 *
 * Without instrumentation: the pairs of a call and its result.  With
 * -fsanitize-coverage (see docs/fuzzing.md) also the branches of the build.
 */
#ifndef FUZZ_COVER_H
#define FUZZ_COVER_H

#include <stdint.h>
#include <stdio.h>

#include <uffdsim/litmus.h>

#define COVER_SLOTS 4096 /* a power of two; pairs beyond 3/4 of it are not kept */

struct cover {
	char *key[COVER_SLOTS];
	uint64_t count[COVER_SLOTS];
	unsigned nr;
	uint64_t statements;
};

/** Count what @ev shows. */
void cover_event(struct cover *c, const struct litmus_event *ev);
/** @n more times @key. */
void cover_add(struct cover *c, const char *key, uint64_t n);
void cover_fini(struct cover *c);
/** One pair a line, sorted, with its count. */
void cover_print(const struct cover *c, FILE *out);
/** Branches of the instrumented code, and how many of them were taken; false: not instrumented. */
bool cover_branches(uint64_t *taken, uint64_t *all);

#endif

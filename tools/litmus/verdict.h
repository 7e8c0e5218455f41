/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * verdict.h - what an execution shows beyond the condition
 */
#ifndef LITMUS_VERDICT_H
#define LITMUS_VERDICT_H

#include "tools/litmus/world.h"

/** The verdict of this name; NR_LITMUS_VERDICTS if there is none. */
enum litmus_verdict verdict_find(const char *text, size_t len);
/** All that an execution which ended like this shows: a mask. */
uint32_t verdicts_of(struct world *w, enum sim_end end);
/** What it shows of thread @index: the verdict, NR_LITMUS_VERDICTS if none. */
enum litmus_verdict verdict_of_thread(struct world *w, int index);
/** The verdicts that speak of threads in words, a line each; malloc()ed; NULL without memory. */
char *verdicts_explain(struct world *w);

#define VERDICT_BIT(v) (1u << (v))
/** Those that end an execution when they are found. */
#define VERDICTS_OF_FINDINGS \
	(VERDICT_BIT(VERDICT_USE_AFTER_FREE) | VERDICT_BIT(VERDICT_INVARIANT) | \
	 VERDICT_BIT(VERDICT_MISUSE))

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/* exchange.h - threads of a file that could as well be each other (exchange.c) */
#ifndef LITMUS_EXCHANGE_H
#define LITMUS_EXCHANGE_H

#include "tools/litmus/world.h"

struct exchange {
	unsigned nr_classes;
	struct {
		unsigned nr;
		uint8_t threads[LIT_MAX_THREADS]; /* in the order of the file */
	} classes[LIT_MAX_THREADS / 2];
	uint64_t nr; /* ways to exchange them, that of leaving all alone among them */
	/* For the search: by fiber, one more than the fiber that begins before; 0: none. */
	uint8_t after[SIM_MAX_THREADS];
	/* The present way: whose part each thread plays. */
	uint8_t plays[LIT_MAX_THREADS + 1];
	/* Threads and variables as the execution left them. */
	struct lit_thread *saved;
	struct value **vars;
	int nr_threads;
};

/** NULL if no two threads are alike, or without memory. */
struct exchange *exchange_find(const struct litmus *prog);
void exchange_free(struct exchange *y);
/** The threads were spawned: fill in @after. */
void exchange_spawned(struct exchange *y, const struct world *w);
/** An execution has ended: begin with all of them as they are. */
void exchange_begin(struct exchange *y, const struct world *w);
/** Exchange them in the next way; false, and all are as they were, after the last. */
bool exchange_next(struct exchange *y, struct world *w);
/** The execution in which they are exchanged like that, by threads and by sets of them. */
void exchange_picks(const struct exchange *y, const struct world *w, uint8_t *picks,
		    uint32_t *enabled, uint64_t nr);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * classics.h - the programs that explorers are compared with
 *
 * Each has a closed form for its number of Mazurkiewicz traces.
 */
#ifndef TESTS_SIM_CLASSICS_H
#define TESTS_SIM_CLASSICS_H

#include "uffdsim/sim.h"

struct classic {
	const char *name;
	const char *what;
	/** Spawn the program's threads on an empty machine, a struct world its model. */
	void (*setup)(struct sim *sim, int n);
	/** How many traces it has, deadlocks among them. */
	uint64_t (*traces)(int n);
	uint64_t deadlocks;
	int small, large; /**< the sizes a test runs */
	int most;         /**< and one that sleep sets alone do not manage */
	bool unfair;      /**< counts hold for rwsems without a queue */
};

extern const struct classic classics[];
extern const unsigned nr_classics;
const struct classic *classic_find(const char *name);
/** A machine with the program in it; NULL without memory. */
struct sim *classic_machine(const struct classic *c, int n);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * spin_program.h - small programs with loops that wait, out of a seed
 *
 * Some end on all schedules, some go round for ever on some or on all of them.
 */
#ifndef TESTS_SIM_SPIN_PROGRAM_H
#define TESTS_SIM_SPIN_PROGRAM_H

#include "uffdsim/sim.h"

#define SP_THREADS 3
#define SP_OPS     4

struct sp_program {
	unsigned nr_threads;
	char ops[SP_THREADS][2 * SP_OPS + 1]; /* pairs: what, and which of two objects */
};

void sp_generate(struct sp_program *p, uint64_t seed);
/** As many as it takes if every loop is gone through once. */
unsigned sp_steps(const struct sp_program *p);
/** A machine with its threads; @p must outlive it. */
struct sim *sp_machine(const struct sp_program *p);
/** A hash of everything that the program could see at the end. */
uint64_t sp_final_state(struct sim *sim);
/** The same, whichever of the threads from the second on is which. */
uint64_t sp_end_of_likes(struct sim *sim);

#endif

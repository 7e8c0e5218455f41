/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * random_program.h - small programs out of a seed
 *
 * Every operation of the runtime in nested and senseless combinations: they
 * deadlock, wait for ever, and get killed.
 */
#ifndef TESTS_SIM_RANDOM_PROGRAM_H
#define TESTS_SIM_RANDOM_PROGRAM_H

#include "uffdsim/sim.h"

#define RP_THREADS 4
#define RP_OPS 16
#define RP_OBJS 2
#define RP_BYTES 2

/** An operation; one that takes a lock holds it for the @len operations after it. */
struct rp_op {
	uint8_t kind, obj, len, val;
};

struct rp_program {
	uint8_t nr_threads;
	bool unfair;
	bool portable_fibers;
	bool timers;   /* some waits have a time limit */
	bool spurious; /* the first thread may be woken without reason, once */
	uint8_t nr_ops[RP_THREADS];
	struct rp_op ops[RP_THREADS][RP_OPS];
};

void rp_generate(struct rp_program *p, uint64_t seed);
/** A machine with its threads; @p must outlive it. */
struct sim *rp_machine(const struct rp_program *p);
/** A hash of everything that the program could see at the end. */
uint64_t rp_final_state(struct sim *sim);

#endif

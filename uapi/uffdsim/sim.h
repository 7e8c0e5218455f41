/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sim.h - one simulated machine: memory, threads, locks, schedules
 *
 * Simulated threads are fibers on the calling OS thread.  Between two of its
 * scheduling points a thread runs alone; what it does there is one *step*.
 * A step records its *footprint*: which objects it touched and how.  Two steps
 * of different threads are dependent exactly if their footprints conflict;
 * exploration needs to know nothing else about the code that runs.
 *
 * Rules for code that runs inside a simulation:
 *   - all memory that changes comes from sim_zalloc(); nothing is kept outside;
 *   - a thread's stack is its own: what others write lies in the arena (wait queue
 *     heads and entries may lie on a stack);
 *   - every access to data that another thread may touch at the same time is
 *     either one of the operations below, or ordered by a sleeping lock, or
 *     reported with sim_touch();
 *   - no decision depends on an address, on time or on anything outside.
 *
 * Nothing here is thread-safe for OS threads; two machines are independent.
 */
#ifndef UFFDSIM_SIM_H
#define UFFDSIM_SIM_H

#include <uffdsim/machine.h> /* memory, objects, footprints, scheduling points, threads */
#include <uffdsim/locks.h>   /* locks, wait queues, variables and references, data races */
#include <uffdsim/run.h>     /* runs and how they end, tokens, traces */
#include <uffdsim/explore.h> /* exploration, easy to follow executions */

#endif

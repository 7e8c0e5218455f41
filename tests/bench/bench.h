/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * bench.h - operations that are measured on the simulator and on the kernel
 */
#ifndef BENCH_H
#define BENCH_H

enum bench_op {
	OP_COPY,
	OP_WP,
	OP_UNWP,
	OP_FAULT,
	OP_MISSING,
	OP_MPROTECT,
	OP_MPROTECT_BACK,
	OP_WP_RANGE,
	OP_UNWP_RANGE,
	OP_FORK,
	NR_OPS,
};

#define BENCH_ROUNDS 3
#define BENCH_RANGE_ROUNDS 8        /* a millisecond each: any may be interrupted */
#define BENCH_PAGES  512           /* of the operations on one page */
#define BENCH_RANGE  (1ULL << 30) /* of those on a range */

double bench_now(void); /* seconds */
void bench_fail(const char *what) __attribute__((noreturn));

/** Nanoseconds a page, each the best of several rounds. */
void bench_simulator(double ns[NR_OPS]);
/** The same on this machine's kernel.  NULL, or why it cannot be. */
const char *bench_kernel(double ns[NR_OPS]);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * bench.c - how fast: executions, steps, and the simulated operations
 *
 * bench [SECONDS]: each figure is the best of several rounds that take about
 * that long in all (default 1).  Figures of one run may be compared with each
 * other; those of different machines, or of a busy one, may not.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <uffdsim/litmus.h>

#include "mm-model/internal.h"
#include "sim/sim_internal.h"
#include "tests/bench/bench.h"
#include "tests/sim/classics.h"

#define ROUNDS 3

double bench_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

void bench_fail(const char *what)
{
	fprintf(stderr, "bench: %s\n", what);
	exit(1);
}

/* ------------------------------------------------------------- executions */

static void print_rate(const char *name, uint64_t executions, uint64_t pruned, uint64_t steps,
		       bool complete, double seconds)
{
	printf("%-28s %9.0f executions/s  (%llu%s, %llu prefixes given up, %.0f ns a step)\n", name,
	       (double)executions / seconds, (unsigned long long)executions,
	       complete ? ", complete" : "", (unsigned long long)pruned,
	       seconds * 1e9 / (double)steps);
}

static void bench_scenario(const char *path, double budget)
{
	struct litmus_options opt = { .max_executions = 2000 };
	struct litmus_explore_result res, this, best = { 0 };
	struct litmus_error err;
	struct litmus *prog;

	if (litmus_parse_file(path, &prog, &err)) {
		litmus_print_error(stderr, path, &err);
		exit(1);
	}
	/* As many executions as fit the time, found by doubling. */
	for (int round = 0; round < ROUNDS;) {
		if (litmus_explore(prog, &opt, &res, &err) || res.bugs || res.unmodelled)
			bench_fail(path);
		this = res; /* for its numbers */
		litmus_explore_result_fini(&res);
		if (!this.complete && this.seconds < budget / (2 * ROUNDS)) {
			opt.max_executions *= 2;
			continue;
		}
		if (!round++ || this.seconds < best.seconds)
			best = this;
	}
	print_rate(litmus_name(prog), best.executions, best.pruned, best.steps, best.complete,
		   best.seconds);
	litmus_free(prog);
}

static void bench_classic(const char *name, int n)
{
	const struct sim_explore_config cfg = { .mode = SIM_EXPLORE_OPTIMAL, .fixed_steps = true };
	const struct classic *c = classic_find(name);
	struct sim_explore_result res = { 0 };
	double best = 0;
	char label[64];

	for (int round = 0; round < ROUNDS; round++) {
		struct sim *sim = classic_machine(c, n);
		double t = bench_now();

		if (!sim || sim_explore(sim, &cfg, &res))
			bench_fail(name);
		t = bench_now() - t;
		if (!round || t < best)
			best = t;
		sim_destroy(sim);
	}
	snprintf(label, sizeof(label), "%s(%d)", name, n);
	print_rate(label, res.executions, res.pruned, res.steps, res.complete, best);
}

/* ---------------------------------------------------------------- switches */

#define SWITCHES 2000000

static void leave_for_ever(void *arg)
{
	struct sim *sim = arg;

	for (;;)
		fiber_leave(sim, sim->state->cur);
}

static void bench_switch(const char *name, bool portable)
{
	const struct sim_config cfg = { .portable_fibers = portable };
	double best = 0;

	for (int round = 0; round < ROUNDS; round++) {
		struct sim_thread *t;
		struct sim *sim;
		double s;

		if (sim_create(&sim, &cfg))
			bench_fail("no memory");
		t = sim_spawn(sim, "fiber", leave_for_ever, sim, 0);
		sim->state->cur = t;
		s = bench_now();
		for (int i = 0; i < SWITCHES / 2; i++)
			fiber_enter(sim, t);
		s = bench_now() - s;
		if (!round || s < best)
			best = s;
		sim_destroy(sim);
	}
	printf("%-28s %9.1f ns\n", name, best * 1e9 / SWITCHES);
}

/* ---------------------------------------------------------------- operations */

static void bench_operations(void)
{
	static const char *const names[] = {
		[OP_COPY] = "UFFDIO_COPY, one page",
		[OP_WP] = "WRITEPROTECT on, one page",
		[OP_UNWP] = "WRITEPROTECT off, one page",
		[OP_FAULT] = "page fault (write)",
		[OP_MISSING] = "missing fault, round trip",
		[OP_MPROTECT] = "mprotect 1 GiB ro, per page",
		[OP_MPROTECT_BACK] = "mprotect 1 GiB rw, per page",
		[OP_WP_RANGE] = "wp 1 GiB on, per page",
		[OP_UNWP_RANGE] = "wp 1 GiB off, per page",
		[OP_FORK] = "fork of 1 GiB, per page",
	};
	double sim[NR_OPS], live[NR_OPS];
	const char *why;

	bench_simulator(sim);
	why = bench_kernel(live);
	if (why)
		printf("(no figures of this machine's kernel: %s)\n", why);
	printf("%-28s %12s%s\n", "", "simulator", why ? "" : "       kernel    kernel/simulator");
	for (int op = 0; op < NR_OPS; op++) {
		printf("%-28s %9.1f ns", names[op], sim[op]);
		if (!why)
			printf(" %9.1f ns %12.1f", live[op], live[op] / sim[op]);
		putchar('\n');
	}
}

int main(int argc, char **argv)
{
	double budget = argc > 1 ? atof(argv[1]) : 1;

	setvbuf(stdout, NULL, _IOLBF, 0);
	bench_scenario(SCENARIOS "/fork-vs-3-copies.litmus", budget);
	bench_scenario(SCENARIOS "/two-touchers-one-page.litmus", budget);
	bench_scenario(SCENARIOS "/fork-vs-copy.litmus", budget);
	bench_classic("fib", 8);
	bench_classic("uffd-race", 7);
	bench_classic("lockinc", 8);
	bench_classic("philosophers", 8);
	bench_classic("uffd-rwsem", 5);
	bench_classic("uffd-pages", 6);
	bench_operations();
	bench_switch("fiber switch", false);
	bench_switch("fiber switch, portable", true);
	return 0;
}

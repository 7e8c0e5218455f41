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
#include "tests/sim/classics.h"

#define ROUNDS 3

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static void fail(const char *what)
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
			fail(path);
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
	const struct sim_explore_config cfg = { .mode = SIM_EXPLORE_DPOR };
	const struct classic *c = classic_find(name);
	struct sim_explore_result res = { 0 };
	double best = 0;
	char label[64];

	for (int round = 0; round < ROUNDS; round++) {
		struct sim *sim = classic_machine(c, n);
		double t = now();

		if (!sim || sim_explore(sim, &cfg, &res))
			fail(name);
		t = now() - t;
		if (!round || t < best)
			best = t;
		sim_destroy(sim);
	}
	snprintf(label, sizeof(label), "%s(%d)", name, n);
	print_rate(label, res.executions, res.pruned, res.steps, res.complete, best);
}

/* ------------------------------------------------------------- operations */

#define PAGES 512
#define SRC   (ARENA_BASE + (1ULL << 30))

enum op { OP_FAULT, OP_COPY, OP_WP, OP_UNWP };
static const char *const op_names[] = { "page fault (write)", "UFFDIO_COPY", "WRITEPROTECT on",
					"WRITEPROTECT off" };

struct measure {
	struct task_struct *task;
	double seconds[4];
};

static int open_uffd(struct task_struct *t, uint64_t mode)
{
	struct uffdio_api api = { .api = UFFD_API };
	struct uffdio_register reg = { .range = { ARENA_BASE, PAGES * PAGE_SIZE }, .mode = mode };
	int fd = (int)sys_userfaultfd(t, O_NONBLOCK);
	bool w;

	sys_ioctl(t, fd, UFFDIO_API, &api, 0, &w);
	sys_ioctl(t, fd, UFFDIO_REGISTER, &reg, 0, &w);
	return fd;
}

static void one(struct task_struct *t, int fd, enum op op, uint64_t page)
{
	uint64_t addr = ARENA_BASE + page * PAGE_SIZE;
	struct uffdio_copy c = { .dst = addr, .src = SRC, .len = PAGE_SIZE };
	struct uffdio_writeprotect wp = { .range = { addr, PAGE_SIZE },
					  .mode = op == OP_WP ? UFFDIO_WRITEPROTECT_MODE_WP : 0 };
	int64_t ret;
	bool w;

	if (op == OP_FAULT)
		ret = user_store(t, addr, 1);
	else if (op == OP_COPY)
		ret = sys_ioctl(t, fd, UFFDIO_COPY, &c, 0, &w);
	else
		ret = sys_ioctl(t, fd, UFFDIO_WRITEPROTECT, &wp, 0, &w);
	if (ret)
		fail(op_names[op]);
}

static void all_pages(struct measure *m, int fd, enum op op)
{
	double t = now();

	for (uint64_t page = 0; page < PAGES; page++)
		one(m->task, fd, op, page);
	m->seconds[op] = now() - t;
}

static void measure_ops(void *arg)
{
	struct measure *m = arg;
	struct task_struct *t = m->task;
	uint64_t len = PAGES * PAGE_SIZE;
	int fd;

	sys_mmap(t, ARENA_BASE, len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED,
		 -1, 0);
	sys_mmap(t, SRC, PAGE_SIZE, PROT_READ | PROT_WRITE,
		 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	user_store(t, SRC, 1);
	all_pages(m, -1, OP_FAULT);
	sys_madvise(t, ARENA_BASE, len, MADV_DONTNEED);
	fd = open_uffd(t, UFFDIO_REGISTER_MODE_MISSING | UFFDIO_REGISTER_MODE_WP);
	all_pages(m, fd, OP_COPY);
	all_pages(m, fd, OP_WP);
	all_pages(m, fd, OP_UNWP);
}

static void bench_operations(void)
{
	double best[4] = { 0 };

	for (int round = 0; round < 4 * ROUNDS; round++) {
		const struct sim_config cfg = { .max_steps = 1000000 };
		struct measure m = { 0 };
		struct kernel *k;
		struct sim *sim;

		if (sim_create(&sim, &cfg))
			fail("no memory");
		k = kernel_create(sim, profile_default());
		m.task = task_create(kernel_init_process(k), "bench");
		sim_spawn(sim, "bench", measure_ops, &m, 0);
		if (sim_run(sim, sim_run_to_completion()) != SIM_END_DONE)
			fail(sim_finding(sim)->text);
		for (int op = 0; op < 4; op++)
			if (!round || m.seconds[op] < best[op])
				best[op] = m.seconds[op];
		sim_destroy(sim);
	}
	for (int op = 0; op < 4; op++)
		printf("%-28s %9.0f ns\n", op_names[op], best[op] * 1e9 / PAGES);
}

/* ---------------------------------------------------------------- switches */

#define SWITCHES 2000000

static void leave_for_ever(void *arg)
{
	struct sim *sim = arg;

	for (;;)
		fiber_leave(sim, sim->state->cur);
}

static void bench_switch(void)
{
	double best = 0;

	for (int round = 0; round < ROUNDS; round++) {
		struct sim_thread *t;
		struct sim *sim;
		double s;

		if (sim_create(&sim, NULL))
			fail("no memory");
		t = sim_spawn(sim, "fiber", leave_for_ever, sim, 0);
		sim->state->cur = t;
		s = now();
		for (int i = 0; i < SWITCHES / 2; i++)
			fiber_enter(sim, t);
		s = now() - s;
		if (!round || s < best)
			best = s;
		sim_destroy(sim);
	}
	printf("%-28s %9.1f ns\n", "fiber switch", best * 1e9 / SWITCHES);
}

int main(int argc, char **argv)
{
	double budget = argc > 1 ? atof(argv[1]) : 1;

	setvbuf(stdout, NULL, _IOLBF, 0);
	bench_scenario(SCENARIOS "/fork-vs-3-copies.litmus", budget);
	bench_scenario(SCENARIOS "/two-touchers-one-page.litmus", budget);
	bench_scenario(SCENARIOS "/fork-vs-copy.litmus", budget);
	bench_classic("fib", 6);
	bench_classic("lockinc", 8);
	bench_classic("philosophers", 8);
	bench_classic("uffd-rwsem", 5);
	bench_classic("uffd-pages", 6);
	bench_operations();
	bench_switch();
	return 0;
}

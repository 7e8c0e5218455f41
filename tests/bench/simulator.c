/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * simulator.c - the operations on the simulated kernel, in a plain run
 */
#include <stdlib.h>
#include <string.h>

#include <uffdsim/mm.h>

#include "mm-model/internal.h"
#include "tests/bench/bench.h"

#define SRC   (ARENA_BASE + (1ULL << 36))
#define RANGE (ARENA_BASE + (1ULL << 37))

struct measure {
	struct sim *sim;
	struct task_struct *task;
	double *ns;
	int fd;
	bool ready; /* the monitor may begin */
};

static void keep_best(double *best, double begun, double pages)
{
	double ns = (bench_now() - begun) * 1e9 / pages;

	if (!*best || ns < *best)
		*best = ns;
}

static void must(int64_t ret, const char *what)
{
	if (ret < 0)
		bench_fail(what);
}

static void map(struct task_struct *t, uint64_t addr, uint64_t len)
{
	must(sys_mmap(t, addr, len, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0), "mmap");
}

static void watch(struct measure *m, uint64_t start, uint64_t len, uint64_t mode)
{
	struct uffdio_register reg = { .range = { start, len }, .mode = mode };
	bool w;

	must(sys_ioctl(m->task, m->fd, UFFDIO_REGISTER, &reg, 0, &w), "UFFDIO_REGISTER");
}

static void open_uffd(struct measure *m)
{
	struct uffdio_api api = { .api = UFFD_API };
	bool w;

	m->fd = (int)sys_userfaultfd(m->task, 0);
	must(sys_ioctl(m->task, m->fd, UFFDIO_API, &api, 0, &w), "UFFDIO_API");
}

static void fill_page(struct measure *m, struct task_struct *t, uint64_t dst)
{
	struct uffdio_copy c = { .dst = dst, .src = SRC, .len = PAGE_SIZE };
	bool w;

	must(sys_ioctl(t, m->fd, UFFDIO_COPY, &c, 0, &w), "UFFDIO_COPY");
}

static void protect(struct measure *m, uint64_t start, uint64_t len, uint64_t mode)
{
	struct uffdio_writeprotect wp = { .range = { start, len }, .mode = mode };
	bool w;

	must(sys_ioctl(m->task, m->fd, UFFDIO_WRITEPROTECT, &wp, 0, &w), "UFFDIO_WRITEPROTECT");
}

static void touch_all(struct measure *m, enum bench_op op)
{
	double t = bench_now();

	for (uint64_t i = 0; i < BENCH_PAGES; i++)
		if (user_store(m->task, ARENA_BASE + i * PAGE_SIZE, 1))
			bench_fail("a store");
	keep_best(&m->ns[op], t, BENCH_PAGES);
}

static void one_page(void *arg)
{
	struct measure *m = arg;
	uint64_t len = BENCH_PAGES * PAGE_SIZE;
	double t;

	map(m->task, ARENA_BASE, len);
	map(m->task, SRC, PAGE_SIZE);
	user_store(m->task, SRC, 1);
	touch_all(m, OP_FAULT);
	sys_madvise(m->task, ARENA_BASE, len, MADV_DONTNEED);
	open_uffd(m);
	watch(m, ARENA_BASE, len, UFFDIO_REGISTER_MODE_MISSING | UFFDIO_REGISTER_MODE_WP);
	t = bench_now();
	for (uint64_t i = 0; i < BENCH_PAGES; i++)
		fill_page(m, m->task, ARENA_BASE + i * PAGE_SIZE);
	keep_best(&m->ns[OP_COPY], t, BENCH_PAGES);
	for (int on = 1; on >= 0; on--) {
		t = bench_now();
		for (uint64_t i = 0; i < BENCH_PAGES; i++)
			protect(m, ARENA_BASE + i * PAGE_SIZE, PAGE_SIZE, (uint64_t)on);
		keep_best(&m->ns[on ? OP_WP : OP_UNWP], t, BENCH_PAGES);
	}
}

static void round_trips(void *arg)
{
	struct measure *m = arg;
	uint64_t len = BENCH_PAGES * PAGE_SIZE;

	map(m->task, ARENA_BASE, len);
	map(m->task, SRC, PAGE_SIZE);
	user_store(m->task, SRC, 1);
	open_uffd(m);
	watch(m, ARENA_BASE, len, UFFDIO_REGISTER_MODE_MISSING);
	m->ready = true;
	touch_all(m, OP_MISSING);
}

static void monitor(void *arg)
{
	struct measure *m = arg;
	struct task_struct *t = sim_thread_data(sim_current(m->sim));
	struct uffd_msg msg;

	while (!m->ready)
		sim_yield(m->sim, SIM_OP_YIELD, "until it is set up");
	for (unsigned i = 0; i < BENCH_PAGES; i++) {
		if (sys_read_uffd(t, m->fd, &msg) != sizeof(msg))
			bench_fail("read");
		fill_page(m, t, msg.arg.pagefault.address);
	}
}

static void range_once(struct measure *m, double pages)
{
	struct process *child;
	double t;

	t = bench_now();
	sys_mprotect(m->task, RANGE, BENCH_RANGE, PROT_READ);
	keep_best(&m->ns[OP_MPROTECT], t, pages);
	t = bench_now();
	sys_mprotect(m->task, RANGE, BENCH_RANGE, PROT_READ | PROT_WRITE);
	keep_best(&m->ns[OP_MPROTECT_BACK], t, pages);
	open_uffd(m);
	watch(m, RANGE, BENCH_RANGE, UFFDIO_REGISTER_MODE_WP);
	for (int on = 1; on >= 0; on--) {
		t = bench_now();
		protect(m, RANGE, BENCH_RANGE, (uint64_t)on);
		keep_best(&m->ns[on ? OP_WP_RANGE : OP_UNWP_RANGE], t, pages);
	}
	sys_close(m->task, m->fd);
	t = bench_now();
	must(sys_fork(m->task, &child), "fork");
	keep_best(&m->ns[OP_FORK], t, pages);
	must(process_reap(child), "process_reap");
}

static void range(void *arg)
{
	struct measure *m = arg;

	map(m->task, RANGE, BENCH_RANGE);
	must(sys_madvise(m->task, RANGE, BENCH_RANGE, MADV_POPULATE_WRITE), "populate");
	for (int round = 0; round < BENCH_RANGE_ROUNDS; round++)
		range_once(m, (double)(BENCH_RANGE / PAGE_SIZE));
}

static void spawn(struct sim *sim, struct kernel *k, const char *name, void (*fn)(void *),
		  struct measure *m)
{
	struct task_struct *task = task_create(kernel_init_process(k), name);
	struct sim_thread *t = task ? sim_spawn(sim, name, fn, m, 0) : NULL;

	if (!t)
		bench_fail("no memory");
	sim_thread_set_data(t, task);
	if (!m->task)
		m->task = task;
}

static void run(double *ns, uint64_t arena, void (*first)(void *), void (*second)(void *))
{
	const struct sim_config cfg = { .max_steps = 1ULL << 40, .arena_size = arena };
	struct measure m = { .ns = ns, .fd = -1 };
	struct kernel *k;
	struct sim *sim;

	if (sim_create(&sim, &cfg))
		bench_fail("no memory");
	m.sim = sim;
	k = kernel_create(sim, profile_default());
	spawn(sim, k, "first", first, &m);
	if (second)
		spawn(sim, k, "second", second, &m);
	if (sim_run(sim, sim_run_to_completion()) != SIM_END_DONE)
		bench_fail(sim_finding(sim)->text);
	sim_destroy(sim);
}

void bench_simulator(double ns[NR_OPS])
{
	memset(ns, 0, sizeof(*ns) * NR_OPS);
	for (int round = 0; round < 4 * BENCH_ROUNDS; round++) {
		run(ns, 0, one_page, NULL);
		run(ns, 0, round_trips, monitor);
	}
	run(ns, 1ULL << 30, range, NULL);
}

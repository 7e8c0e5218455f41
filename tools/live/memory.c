/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * memory.c - the memory that the controller and a scenario's processes share
 */
#include <errno.h>
#include <string.h>

#include "tools/live/host.h"
#include "tools/live/run.h"
#include "tools/live/sys.h"

#define RUN_SIZE (48u << 20)
#define SPINS    200

struct live_run *live_run_map(void)
{
	struct live_run *run = host_map_shared(RUN_SIZE);

	if (run)
		run->size = RUN_SIZE - sizeof(*run);
	return run;
}

static void world_init(struct live_run *run, const struct litmus *prog, bool recording)
{
	memset(&run->w, 0, sizeof(run->w));
	memset(run->memory, 0, run->used);
	run->used = 0;
	run->w.be = &live_backend;
	run->w.priv = run;
	run->w.prog = prog;
	run->w.recording = recording;
	run->w.cursor = ARENA_BASE;
}

void live_run_reset(struct live_run *run, const struct litmus *prog, bool recording)
{
	uint64_t size = run->size;
	const char *scratch = run->scratch;

	world_init(run, prog, recording);
	memset(run, 0, sizeof(*run));
	run->size = run->stacks = size;
	run->scratch = scratch;
	run->cpu_first = -1;
	world_init(run, prog, recording);
}

/* Memory is given out in the same order, so everything comes to lie where it was. */
int live_run_renew(struct live_run *run)
{
	const struct litmus *prog = run->w.prog;
	int r;

	world_init(run, prog, false);
	run->gate = run->forks = 0;
	r = world_alloc_threads(&run->w);
	if (r < 0)
		return r;
	run->w.procs[0].p = &run->main;
	run->alive = 0;
	for (int i = 0; i < prog->nr_threads; i++) {
		struct live_thread *lt = &run->threads[i];

		lt->state = prog->threads[i].proc ? LIVE_NONE : LIVE_STARTED;
		run->alive += lt->state != LIVE_NONE;
	}
	return 0;
}

void *live_stack(struct live_run *run)
{
	uint64_t top = __atomic_fetch_sub(&run->stacks, LIVE_STACK, __ATOMIC_RELAXED);

	if (top < LIVE_STACK || top - LIVE_STACK < run->used)
		return NULL;
	return run->memory + (top & ~15ULL);
}

void live_event(struct live_run *run)
{
	__atomic_add_fetch(&run->events, 1, __ATOMIC_SEQ_CST);
	live_futex_wake(&run->events);
}

/* ------------------------------------------------------------------- backend */

static void __attribute__((noreturn)) live_bad(struct world *w)
{
	struct live_run *run = live_run_of(w);

	__atomic_add_fetch(&run->parked, 1, __ATOMIC_SEQ_CST);
	if (run->engine)
		longjmp(*run->engine, 1);
	for (;;) {
		live_event(run);
		live_futex_wait(&run->parked, run->parked, 0);
	}
}

static void *live_alloc(struct world *w, size_t size)
{
	struct live_run *run = live_run_of(w);
	uint64_t n = ((uint64_t)size + 15) & ~15ULL;
	uint64_t at = __atomic_fetch_add(&run->used, n, __ATOMIC_RELAXED);

	if (at + n <= run->stacks)
		return run->memory + at;
	__atomic_fetch_sub(&run->used, n, __ATOMIC_RELAXED);
	world_bad(w, (struct pos){ 0, 0 }, "the scenario needs more memory than a run has");
}

static void live_lock(struct world *w)
{
	struct live_run *run = live_run_of(w);

	for (unsigned i = 1; __atomic_exchange_n(&run->spin, 1, __ATOMIC_ACQUIRE); i++) {
		if (i % SPINS)
			__builtin_ia32_pause();
		else
			SYS(SYS_sched_yield);
	}
}

static void live_unlock(struct world *w)
{
	__atomic_store_n(&live_run_of(w)->spin, 0, __ATOMIC_RELEASE);
}

static bool live_blocked(const struct lit_thread *t)
{
	return live_busy(live_thread_of(t));
}

const struct lit_backend live_backend = {
	.alloc = live_alloc,
	.bad = live_bad,
	.lock = live_lock,
	.unlock = live_unlock,
	.load = live_load,
	.store = live_store,
	.call = live_call,
	.observe = live_observe,
	.peek = live_peek,
	.each_map = live_maps,
	.pages = live_pages,
	.blocked = live_blocked,
};

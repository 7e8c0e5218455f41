/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * world.c - processes, threads and places of a running scenario
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "tools/litmus/world.h"

void *world_alloc(struct world *w, size_t size)
{
	return w->be->alloc(w, size);
}

static void *sim_world_alloc(struct world *w, size_t size)
{
	void *ret = sim_zalloc_outside(w->sim, size);

	if (!ret)
		sim_bug(w->sim, SIM_BUG_NOMEM, "the scenario needs more memory than a run has");
	return ret;
}

void world_bad(struct world *w, struct pos pos, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(w->bad_text, sizeof(w->bad_text), fmt, ap);
	va_end(ap);
	w->bad = true;
	w->bad_pos = pos;
	w->be->bad(w);
}

static void __attribute__((noreturn)) sim_world_bad(struct world *w)
{
	sim_bug(w->sim, SIM_BUG_MISUSE, "%s", w->bad_text);
}

void world_note_bad(struct world *w, struct pos pos, const char *text)
{
	snprintf(w->bad_text, sizeof(w->bad_text), "%s", text);
	w->bad = true;
	w->bad_pos = pos;
}

/* ------------------------------------------------------------------ layout */

uint64_t next_slot(uint64_t end)
{
	return (end + PAGE_SIZE + PMD_SIZE - 1) & ~(PMD_SIZE - 1);
}

static int64_t layout_get(void *ctx, struct process *p, uint64_t len)
{
	struct world *w = ctx;
	uint64_t addr = w->cursor;

	sim_touch(w->sim, sim_key(LIT_CLASS_WORLD, 0, 0), SIM_WRITE);
	if (len > TASK_SIZE)
		return -ENOMEM;
	while (addr + len <= TASK_SIZE && !observe_range_free(p, addr, len))
		addr += PMD_SIZE;
	return addr + len <= TASK_SIZE ? (int64_t)addr : -ENOMEM;
}

static void layout_used(void *ctx, struct process *p, uint64_t addr, uint64_t len)
{
	struct world *w = ctx;

	sim_touch(w->sim, sim_key(LIT_CLASS_WORLD, 0, 0), SIM_WRITE);
	w->cursor = next_slot(addr + len);
}

/* ----------------------------------------------------------------- threads */

/* Before the run, when its end is no way out. */
static void *world_alloc_outside(struct world *w, size_t size)
{
	return w->sim ? sim_zalloc_outside(w->sim, size) : w->be->alloc(w, size);
}

int world_alloc_threads(struct world *w)
{
	const struct litmus *prog = w->prog;

	w->nr_threads = prog->nr_threads;
	w->threads = world_alloc_outside(w, sizeof(*w->threads) * (size_t)prog->nr_threads);
	w->procs = world_alloc_outside(w, sizeof(*w->procs) * (size_t)prog->nr_procs);
	if (!w->threads || !w->procs)
		return -ENOMEM;
	for (int i = 0; i < prog->nr_threads; i++) {
		struct lit_thread *t = &w->threads[i];

		t->w = w;
		t->index = i;
		t->decl = &prog->threads[i];
		t->vars = world_alloc_outside(w, sizeof(*t->vars) * (t->decl->nr_slots + 1));
		if (!t->vars)
			return -ENOMEM;
		if (w->sim)
			sim_ignore(w->sim, &t->plain_step, sizeof(t->plain_step));
	}
	return 0;
}

int world_create(struct sim *sim, const struct litmus *prog, const struct profile *prof,
		 bool recording, struct world **ret)
{
	struct world *w = sim_zalloc_outside(sim, sizeof(*w));
	int r;

	if (!w)
		return -ENOMEM;
	w->be = &sim_backend;
	w->sim = sim;
	w->prog = prog;
	w->recording = recording;
	w->cursor = ARENA_BASE;
	r = world_alloc_threads(w);
	if (r < 0)
		return r;
	w->kernel = kernel_create(sim, prof);
	if (!w->kernel)
		return -ENOMEM;
	w->layout = (struct mmap_layout){ layout_get, layout_used, w };
	kernel_set_layout(w->kernel, &w->layout);
	w->procs[0].p = kernel_init_process(w->kernel);
	*ret = w;
	return 0;
}

int world_spawn(struct world *w, int index)
{
	struct lit_thread *t = &w->threads[index];
	uint64_t to_fail = sim_fail_alloc(w->sim, 0); /* not meant: a thread of the scenario */
	unsigned flags = t->decl->daemon || w->prog->sequence ? SIM_THREAD_DAEMON : 0;

	/* init must end, so it is no daemon: a deadlock of it is found at once. */
	if (!index)
		flags = 0;
	t->task = task_create(w->procs[t->decl->proc].p, t->decl->name);
	if (!t->task)
		return -EAGAIN;
	t->fiber = sim_spawn(w->sim, t->decl->name, lit_thread_main, t, flags);
	if (!t->fiber)
		return -EAGAIN;
	sim_thread_set_data(t->fiber, t->task);
	sim_fail_alloc(w->sim, to_fail);
	return index && w->spurious ? sim_wake_spuriously(t->fiber, w->spurious) : 0;
}

/* fork() returned: the name stands for the child, and its threads start. */
void world_fork(struct lit_thread *t, int name, struct process *child)
{
	struct world *w = t->w;
	const struct litmus *prog = w->prog;
	int proc = name >= 0 ? lit_find_proc(prog, prog->names[name]) : LIT_NONE;

	if (proc <= 0)
		return;
	w->procs[proc].p = child;
	w->procs[proc].forker = t->index;
	sim_touch(w->sim, sim_key(LIT_CLASS_WORLD, (uint32_t)proc, 2), SIM_WRITE);
	if (prog->sequence || !t->index)
		return; /* started when first needed, or after init */
	for (int i = 1; i < prog->nr_threads; i++) {
		if (prog->threads[i].proc != proc || w->threads[i].fiber)
			continue;
		if (world_spawn(w, i) < 0)
			sim_bug(w->sim, SIM_BUG_NOMEM, "no room for thread %s",
				prog->threads[i].name);
	}
}

/* ----------------------------------------------------------------- backend */

static enum access_result sim_load(struct lit_thread *t, uint64_t addr, uint8_t *byte, bool *faulted)
{
	uint64_t before = task_faults(t->task);
	enum access_result r = user_load(t->task, addr, byte);

	*faulted = task_faults(t->task) != before;
	return r;
}

static enum access_result sim_store(struct lit_thread *t, uint64_t addr, uint8_t byte, bool *faulted)
{
	uint64_t before = task_faults(t->task);
	enum access_result r = user_store(t->task, addr, byte);

	*faulted = task_faults(t->task) != before;
	return r;
}

static int sim_peek(struct world *w, int proc, uint64_t addr)
{
	return observe_peek(w->procs[proc].p, addr);
}

static void sim_each_map(struct world *w, int proc,
			 void (*fn)(void *ctx, const struct observed_map *m), void *ctx)
{
	struct observed_map m;

	for (unsigned i = 0; observe_map(w->procs[proc].p, i, &m); i++)
		if (m.start >= ARENA_BASE)
			fn(ctx, &m);
}

static void sim_pages(struct world *w, int proc, uint64_t addr, unsigned nr, unsigned bytes,
		      struct observed_page *ret)
{
	struct process *p = w->procs[proc].p;

	for (unsigned i = 0; i < nr; i++, addr += PAGE_SIZE) {
		observe_pagemap(p, addr, ret[i].letters);
		ret[i].byte = i < bytes ? observe_peek(p, addr) : -1;
	}
}

static bool sim_thread_blocked(const struct lit_thread *t)
{
	return t->fiber && !sim_thread_dead(t->fiber);
}

const struct lit_backend sim_backend = {
	.alloc = sim_world_alloc,
	.bad = sim_world_bad,
	.load = sim_load,
	.store = sim_store,
	.call = do_call,
	.observe = do_observe,
	.peek = sim_peek,
	.each_map = sim_each_map,
	.pages = sim_pages,
	.blocked = sim_thread_blocked,
};

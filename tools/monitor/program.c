/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * program.c - a machine with a test in it: setup(), threads, finish()
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/monitor/program.h"

static _Thread_local struct program *running;
/* Out of finish(), which is no thread of the machine. */
static _Thread_local jmp_buf *finish_env;

struct program *program_enter(struct program *p)
{
	struct program *old = running;

	running = p;
	return old;
}

struct program *program_running(void)
{
	if (!running) {
		fprintf(stderr, "uffdsim: a call of <uffdsim/monitor.h> outside of a test\n");
		abort();
	}
	return running;
}

struct user_thread *thread_running(void)
{
	struct program *p = program_running();
	const struct sim_thread *t = sim_current(p->sim);

	if (!t) {
		fprintf(stderr, "uffdsim: finish() may only look\n");
		abort();
	}
	return &p->b->threads[sim_thread_id(t)];
}

/* -------------------------------------------------------------------- layout */

static void touch_layout(struct books *b)
{
	sim_touch(b->sim, sim_key(MONITOR_CLASS_LAYOUT, 0, 0), SIM_WRITE);
}

/* Each mapping in 2 MiB of its own, so that none touches another. */
static int64_t layout_get(void *ctx, struct process *p, uint64_t len)
{
	struct books *b = ctx;
	uint64_t addr = b->cursor;

	touch_layout(b);
	if (len > TASK_SIZE)
		return -ENOMEM;
	while (addr + len <= TASK_SIZE && !observe_range_free(p, addr, len))
		addr += PMD_SIZE;
	return addr + len <= TASK_SIZE ? (int64_t)addr : -ENOMEM;
}

static void layout_used(void *ctx, struct process *p, uint64_t addr, uint64_t len)
{
	struct books *b = ctx;

	touch_layout(b);
	b->cursor = (addr + len + PAGE_SIZE + PMD_SIZE - 1) & ~(PMD_SIZE - 1);
}

void show_place(const struct books *b, uint64_t addr, char *buf, size_t size)
{
	for (unsigned i = b->nr_names; i-- > 0;) {
		const struct name *n = &b->names[i];

		if (addr == n->start) {
			snprintf(buf, size, "%s", n->text);
			return;
		}
		if (addr > n->start && addr <= n->end) {
			snprintf(buf, size, "%s+0x%llx", n->text,
				 (unsigned long long)(addr - n->start));
			return;
		}
	}
	snprintf(buf, size, "0x%llx", (unsigned long long)addr);
}

/* ------------------------------------------------------------------- threads */

static void run_thread(void *arg)
{
	struct user_thread *t = arg;

	t->fn(running->b->world);
}

struct user_thread *program_spawn(struct program *p, struct process *proc, const char *name,
				  uffdsim_fn fn, bool daemon)
{
	struct user_thread t = { .fn = fn, .name = name, .daemon = daemon }, *slot;
	unsigned id = 0;

	while (id < SIM_MAX_THREADS && sim_thread_by_id(p->sim, id))
		id++;
	if (id == SIM_MAX_THREADS)
		return NULL;
	slot = &p->b->threads[id];
	t.task = task_create(proc, name);
	if (!t.task)
		return NULL;
	t.fiber = sim_spawn(p->sim, name, run_thread, slot, daemon ? SIM_THREAD_DAEMON : 0);
	if (!t.fiber)
		return NULL;
	*slot = t;
	sim_thread_set_data(t.fiber, t.task);
	return slot;
}

/* ----------------------------------------------------------------- the begin */

static uint64_t hash_text(uint64_t h, const char *s)
{
	for (; *s; s++)
		h = (h ^ (unsigned char)*s) * 0x100000001b3ULL;
	return h;
}

static int fail(struct program *p, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static int fail(struct program *p, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(p->error, 256, fmt, ap);
	va_end(ap);
	return -EINVAL;
}

static int make_machine(struct program *p)
{
	const struct uffdsim_test *test = p->test;
	struct sim_config cfg = { .timers = p->timers, .check_steps = test->check };
	char text[200];
	int r;

	p->prof = calloc(1, profile_size());
	if (!p->prof)
		return -ENOMEM;
	memcpy(p->prof, profile_default(), profile_size());
	if (test->profile && profile_parse(test->profile, p->prof, text, sizeof(text)) < 0)
		return fail(p, "%s", text);
	profile_machine(p->prof, &cfg);
	r = sim_create(&p->sim, &cfg);
	if (r < 0)
		return r;
	p->hash = hash_text(hash_text(0xcbf29ce484222325ULL, test->name), profile_name(p->prof));
	p->kernel = kernel_create(p->sim, p->prof);
	p->b = sim_zalloc_outside(p->sim, sizeof(*p->b));
	if (!p->kernel || !p->b)
		return -ENOMEM;
	p->b->sim = p->sim;
	p->b->cursor = ARENA_BASE;
	p->b->layout = (struct mmap_layout){ layout_get, layout_used, p->b };
	kernel_set_layout(p->kernel, &p->b->layout);
	p->b->world = sim_zalloc_outside(p->sim, test->world_size ? test->world_size : 1);
	if (!p->b->world)
		return fail(p, "a world of %zu bytes does not fit", test->world_size);
	if (test->world)
		memcpy(p->b->world, test->world, test->world_size);
	return 0;
}

static int run_setup(struct program *p)
{
	enum sim_end end;

	if (!p->test->setup)
		return 0;
	if (!program_spawn(p, kernel_init_process(p->kernel), "setup", p->test->setup, false))
		return -ENOMEM;
	end = sim_run(p->sim, sim_run_to_completion());
	if (end == SIM_END_DONE)
		return 0;
	if (end == SIM_END_BUG || end == SIM_END_UNMODELLED)
		return fail(p, "setup: %s", sim_finding(p->sim)->text);
	return fail(p, "setup does not come to its end: %s", sim_end_name(end));
}

static int spawn_threads(struct program *p)
{
	const struct uffdsim_thread *t = p->test->threads;
	unsigned spurious = profile_spurious(p->prof);

	if (!t->fn)
		return fail(p, "no threads");
	for (; t->fn; t++) {
		struct user_thread *u = program_spawn(p, kernel_init_process(p->kernel), t->name,
						      t->fn, t->flags & UFFDSIM_DAEMON);

		if (!u || (spurious && sim_wake_spuriously(u->fiber, spurious)))
			return -ENOMEM;
	}
	return 0;
}

int program_begin(struct program *p, const struct uffdsim_test *test, bool timers, char *error)
{
	struct program *old;
	int r;

	*p = (struct program){ .test = test, .timers = timers, .error = error };
	r = make_machine(p);
	if (r < 0)
		return r;
	old = program_enter(p);
	r = run_setup(p);
	if (!r)
		r = spawn_threads(p);
	program_enter(old);
	return r;
}

void program_end(struct program *p)
{
	sim_destroy(p->sim);
	free(p->prof);
	p->sim = NULL;
	p->prof = NULL;
}

/* ------------------------------------------------------------------- the end */

bool program_finish(struct program *p)
{
	jmp_buf env, *outer = finish_env;
	struct program *old;
	bool good;

	p->failure[0] = '\0';
	if (!p->test->finish)
		return true;
	old = program_enter(p);
	finish_env = &env;
	good = !setjmp(env);
	if (good)
		p->test->finish(p->b->world);
	finish_env = outer;
	program_enter(old);
	return good;
}

void uffdsim_fail(const char *file, int line, const char *cond, const char *fmt, ...)
{
	struct program *p = program_running();
	const char *base = strrchr(file, '/');
	char text[160];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	snprintf(p->failure, sizeof(p->failure), "%s (%s:%d: %s)", text, base ? base + 1 : file,
		 line, cond);
	if (!sim_current(p->sim) && finish_env)
		longjmp(*finish_env, 1);
	sim_bug(p->sim, SIM_BUG_ASSERTION, "%s", p->failure);
}

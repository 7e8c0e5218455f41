/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * machine.c - a machine with a scenario in it, up to where its threads start
 */
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <uffdsim/decisions.h>

#include "tools/litmus/run.h"

/* Records stay in the arena until they are printed. */
#define RUN_ARENA      (64u << 20)
#define SEQUENCE_STEPS 1000000

char *format_text(const char *fmt, ...)
{
	char *ret = NULL;
	va_list ap;

	va_start(ap, fmt);
	if (vasprintf(&ret, fmt, ap) < 0)
		ret = NULL;
	va_end(ap);
	return ret;
}

static uint64_t fnv64(uint64_t h, const char *s, size_t len)
{
	for (size_t i = 0; i < len; i++)
		h = (h ^ (unsigned char)s[i]) * 0x100000001b3ULL;
	return h;
}

static int find_profile(struct machine *m)
{
	const char *own = m->prog->profile ? m->prog->profile : litmus_patches_base(m->opt);
	const char *name = m->opt->profile ? m->opt->profile : own;
	struct pos pos = m->opt->profile || !m->prog->profile ? (struct pos){ 0, 0 } :
								 m->prog->profile_pos;
	char text[200];

	m->prof = calloc(1, profile_size());
	if (!m->prof)
		return -ENOMEM;
	if (!name) {
		memcpy(m->prof, profile_default(), profile_size());
	} else if (profile_parse(name, m->prof, text, sizeof(text)) < 0) {
		return lit_error(m->prog, m->err, pos, "%s", text);
	}
	return patches_apply(m);
}

/* What a token is bound to.  Not to the code of a patch: the same schedule, the next attempt. */
static uint64_t program_hash(const struct machine *m)
{
	const char *name = profile_name(m->prof);
	uint64_t h = fnv64(0xcbf29ce484222325ULL, m->prog->text, m->prog->len);

	h = fnv64(h, name, strlen(name));
	for (size_t i = 0; i < m->opt->nr_patches; i++) {
		name = m->opt->patches[i].patch->name;
		h = fnv64(fnv64(h, "\n", 1), name, strlen(name));
	}
	return h;
}

bool machine_asks(const struct machine *m, enum litmus_verdict v)
{
	const struct litmus *prog = m->prog;

	for (int i = 0; i < prog->nr_atoms; i++)
		if (prog->atoms[i].kind == ATOM_VERDICT && prog->atoms[i].index == (int)v)
			return true;
	return m->opt->forbid >> v & 1;
}

/* Only where somebody asks: clocks cost time. */
static bool watches_races(const struct machine *m)
{
	return m->opt->races || machine_asks(m, VERDICT_DATA_RACE);
}

/* What is in an execution but not in its end might be only in a round that is left out. */
bool machine_awaits(const struct machine *m)
{
	return !m->opt->unroll && !watches_races(m) && !machine_asks(m, VERDICT_LOCK_ORDER);
}

int machine_init(struct machine *m, const struct litmus *prog, const struct litmus_options *opt,
		 bool recording, struct litmus_error *err)
{
	static const struct litmus_options none;
	struct sim_config cfg = { 0 };
	int r;

	memset(m, 0, sizeof(*m));
	if (err)
		memset(err, 0, sizeof(*err));
	m->prog = prog;
	m->opt = opt ? opt : &none;
	m->err = err;
	r = find_profile(m);
	if (r < 0)
		return r;
	cfg.max_steps = m->opt->max_steps;
	if (!cfg.max_steps && prog->sequence)
		cfg.max_steps = SEQUENCE_STEPS;
	cfg.arena_size = recording ? RUN_ARENA : 0;
	cfg.check_steps = m->opt->check;
	cfg.timers = prog->timers;
	cfg.watch_races = watches_races(m);
	profile_machine(m->prof, &cfg);
	r = sim_create(&m->sim, &cfg);
	if (!r && m->opt->catch_overflow)
		r = sim_catch_stack_overflow(m->sim);
	if (r < 0)
		return r;
	m->program = program_hash(m);
	r = world_create(m->sim, prog, m->prof, recording, &m->w);
	if (!r)
		m->w->hex_addresses = m->opt->hex_addresses;
	if (!r && !prog->sequence)
		m->w->spurious = profile_spurious(m->prof);
	return r;
}

void machine_fini(struct machine *m)
{
	sim_destroy(m->sim);
	tracer_free(m->tracer);
	free(m->prof);
	free(m->message);
	memset(m, 0, sizeof(*m));
}

int machine_bad(struct machine *m, struct pos pos, const char *fmt, ...)
{
	char text[200];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	lit_error(m->prog, m->err, pos, "%s", text);
	m->status = LITMUS_BAD;
	free(m->message);
	m->message = strdup(text);
	return m->message ? 1 : -ENOMEM;
}

/* The statement that the thread of a finding stands in. */
static struct pos pos_of(const struct machine *m, int fiber)
{
	const struct world *w = m->w;

	for (int i = 0; i < w->nr_threads; i++) {
		const struct lit_thread *t = &w->threads[i];

		if (t->fiber && (int)sim_thread_id(t->fiber) == fiber && t->cur)
			return t->cur->pos;
	}
	return (struct pos){ 0, 0 };
}

int machine_ended(struct machine *m, enum sim_end end)
{
	const struct sim_finding *f = sim_finding(m->sim);
	struct pos pos = { 0, 0 };

	if (m->w->bad)
		return machine_bad(m, m->w->bad_pos, "%s", m->w->bad_text);
	free(m->message);
	m->status = LITMUS_NOT_MET;
	if (end == SIM_END_UNMODELLED) {
		m->status = LITMUS_UNMODELLED;
		m->message = format_text("not modelled: %s", f->text);
		pos = pos_of(m, f->thread);
	} else if (end == SIM_END_BUG) {
		if (f->bug == SIM_BUG_NOMEM)
			m->status = LITMUS_UNMODELLED;
		m->message = format_text("%s at step %llu: %s", sim_bug_name(f->bug),
					 (unsigned long long)f->step, f->text);
		pos = pos_of(m, f->thread);
	} else if (end == SIM_END_STEP_BOUND) {
		m->message = strdup("no end: the bound on steps is reached");
	} else {
		m->message = format_text("%s", f->text[0] ? f->text : sim_end_name(end));
	}
	if (!m->message)
		return -ENOMEM;
	lit_error(m->prog, m->err, pos, "%s", m->message);
	return 1;
}

int machine_run_init(struct machine *m)
{
	const struct lit_thread *init = &m->w->threads[0];
	enum sim_end end;
	int r;

	r = world_spawn(m->w, 0);
	if (r < 0)
		return -ENOMEM;
	sim_fail_alloc(m->sim, m->opt->fail_alloc);
	end = sim_run(m->sim, sim_run_to_completion());
	if (end == SIM_END_DEADLOCK) {
		r = records_flush(m);
		return r < 0 ? r :
			       machine_bad(m, init->cur ? init->cur->pos : init->decl->pos,
					   "init does not get past this statement");
	}
	if (end != SIM_END_DONE) {
		r = records_flush(m);
		return r < 0 ? r : machine_ended(m, end);
	}
	return records_flush(m);
}

int machine_spawn(struct machine *m)
{
	struct world *w = m->w;

	if (m->prog->sequence)
		return 0;
	for (int i = 1; i < w->nr_threads; i++) {
		if (!w->procs[w->threads[i].decl->proc].p)
			continue; /* started by the fork() */
		if (world_spawn(w, i) < 0)
			return -ENOMEM;
	}
	return 0;
}

struct turn {
	const struct sim *sim;
	int last;
	uint32_t ran;
};

/* Who was woken first; of those that never slept the first in the file. */
static int longest_awake(const struct sim *sim, uint32_t enabled)
{
	int best = __builtin_ctz(enabled);

	for (int id = best; id < 32; id++) {
		if (enabled >> id & 1 && sim_thread_woken(sim_thread_by_id(sim, id)) <
						 sim_thread_woken(sim_thread_by_id(sim, best)))
			best = id;
	}
	return best;
}

/* A sequence has no choices: whoever runs goes on until it blocks. */
static int pick_next(void *state, const struct sim_choice *choice)
{
	struct turn *turn = state;

	if (turn->last < 0 || !(choice->enabled >> turn->last & 1))
		turn->last = longest_awake(turn->sim, choice->enabled);
	turn->ran |= 1u << turn->last;
	return turn->last;
}

static int skip(struct machine *m, const struct stmt *s)
{
	records_skipped(m, s);
	return 0;
}

static int issue(struct machine *m, const struct stmt *s)
{
	struct world *w = m->w;
	struct lit_thread *t = &w->threads[s->thread];
	struct turn turn = { .sim = m->sim, .last = -1 };
	const struct sim_strategy strategy = { pick_next, &turn };
	int r, lost = kernel_lost_huge_pages(w->kernel);
	enum sim_end end;

	if (m->opt->skip_blocked && (t->mail || !w->procs[t->decl->proc].p))
		return skip(m, s);
	if (t->mail)
		return machine_bad(m, s->pos, "%s is still blocked in step %u", t->decl->name,
				   t->cur ? t->cur->step : t->mail->step);
	if (!w->procs[t->decl->proc].p)
		return machine_bad(m, s->pos, "there is no process %s", t->decl->pname);
	if (t->fiber && sim_thread_dead(t->fiber))
		return machine_bad(m, s->pos, "%s was killed", t->decl->name);
	if (!t->fiber && world_spawn(w, s->thread) < 0)
		return -ENOMEM;
	t->mail = s;
	end = sim_run(m->sim, strategy);
	if (end != SIM_END_DONE && end != SIM_END_DEADLOCK) {
		r = records_flush(m);
		return r < 0 ? r : machine_ended(m, end);
	}
	m->others = (unsigned)__builtin_popcount(turn.ran & ~(1u << sim_thread_id(t->fiber)));
	m->lost_huge_pages = kernel_lost_huge_pages(w->kernel) - lost;
	return records_flush_step(m, t);
}

static void close_all(void *task)
{
	kernel_close_all(task);
}

static void exit_all(void *kernel)
{
	kernel_exit_all(kernel);
}

/* @endless: where to say that it has no end; NULL: that ends the run. */
static int run_alone(struct machine *m, void (*fn)(void *), void *arg, struct task_struct *task,
		     bool *endless)
{
	struct sim_thread *fiber = sim_spawn(m->sim, "exit", fn, arg, SIM_THREAD_DAEMON);
	enum sim_end end;

	if (!fiber)
		return -ENOMEM;
	sim_thread_set_data(fiber, task);
	end = sim_run(m->sim, sim_run_to_completion());
	if (end == SIM_END_STEP_BOUND && endless) {
		*endless = true;
		return 0;
	}
	return end == SIM_END_DONE || end == SIM_END_DEADLOCK ? 0 : machine_ended(m, end);
}

/*
 * Whom the last close() wakes may find no way on: before 6.9 the protection of a
 * huge page outlives its descriptor.  In a kernel only a signal ends that.
 */
int machine_find_leaks(struct machine *m)
{
	struct task_struct *t = task_create(m->w->procs[0].p, "exit");
	bool endless = false;
	int r = t ? run_alone(m, close_all, t, t, &endless) : -ENOMEM;

	if (endless)
		return 0;
	for (int i = 1; i < m->w->nr_threads && !r; i++)
		if (m->w->threads[i].mail)
			return 0; /* still in a system call, with whatever that holds */
	return r ? r : run_alone(m, exit_all, m->w->kernel, t, NULL);
}

int machine_run_sequence(struct machine *m)
{
	int r = 0;

	for (const struct stmt *s = m->prog->issue; s && !r; s = s->issue) {
		r = issue(m, s);
		if (!r && m->opt->state)
			r = records_state(m, s->step);
	}
	return r;
}

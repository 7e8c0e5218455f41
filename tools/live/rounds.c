/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * rounds.c - threads, many times over, started at one moment and delayed at random
 */
#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tools/litmus/states.h"
#include "tools/live/engine.h"

static uint64_t next_random(uint64_t *state)
{
	uint64_t x = *state += 0x9e3779b97f4a7c15ULL;

	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9ULL;
	x = (x ^ x >> 27) * 0x94d049bb133111ebULL;
	return x ^ x >> 31;
}

/* Threads move to other processors after so many rounds. */
#define PLACE_ROUNDS 16
/* What belongs to the whole machine is let go after so many. */
#define GIVE_WAY_ROUNDS 200
/* Rounds without end take long: enough of them is enough. */
#define MAX_HUNG 100

/* Short delays are the rule: most races are a matter of a microsecond. */
static uint32_t delay(uint64_t *state)
{
	uint64_t r = next_random(state);

	return (uint32_t)(r >> 32) % (1u << (r & 15));
}

static int nr_cpus(void)
{
	cpu_set_t set;

	if (sched_getaffinity(0, sizeof(set), &set))
		return 1;
	return CPU_COUNT(&set) > 64 ? 64 : CPU_COUNT(&set);
}

/* Spread over the processors, or (a quarter of the time) as the kernel likes. */
static void place(struct live_run *run, uint64_t *random)
{
	uint64_t r = next_random(random);

	run->nr_cpus = nr_cpus();
	run->cpu_first = r & 3 ? (int)(r >> 2 & 1) : -1;
}

static void set_delays(struct live_run *run, int nr_threads, uint64_t *random)
{
	for (int i = 1; i < nr_threads; i++) {
		run->threads[i].delay = delay(random);
		run->threads[i].random = next_random(random);
	}
}

static bool is_deadlock(const struct world *w)
{
	for (int i = 1; i < w->nr_threads; i++)
		if (!w->threads[i].decl->daemon && thread_blocked(w, i))
			return true;
	return false;
}

struct rounds {
	struct engine *e;
	struct machine *m;
	struct states states;
	struct litmus_explore_result res;
	uint64_t random;
	bool reusable;
	unsigned in_place;
};

/* A process in which nothing but memory and descriptors has changed serves again. */
static bool is_reusable(const struct litmus *prog)
{
	static const char *const words[] = { "fork", "setuid", "io_uring", "swapon", "open(" };

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (memmem(prog->text, prog->len, words[i], strlen(words[i])))
			return false;
	return true;
}

static bool all_ended(const struct live_run *run)
{
	for (int i = 0; i < run->w.nr_threads; i++)
		if (live_busy(&run->threads[i]))
			return false;
	return true;
}

/* In the process that is there, or in a new one. */
static int begin_round(struct rounds *x)
{
	struct engine *e = x->e;
	struct live_run *run = e->run;
	int r;

	if (run->main.pid) {
		if (x->in_place++ % PLACE_ROUNDS == 0)
			place(run, &x->random);
		r = live_run_renew(run);
		set_delays(run, x->m->prog->nr_threads, &x->random);
		if (!r)
			live_round(run);
		return r;
	}
	live_run_reset(run, x->m->prog, false);
	place(run, &x->random);
	set_delays(run, x->m->prog->nr_threads, &x->random);
	return engine_begin(e, x->m);
}

static int count_round(struct rounds *x)
{
	struct machine *m = x->m;
	bool holds;
	int r;

	m->w->over = true;
	m->w->verdicts = is_deadlock(m->w) ? 1u << VERDICT_DEADLOCK : 0;
	holds = cond_holds(m->w, m->prog->cond);
	r = states_count(&x->states, m, holds, NULL);
	if (m->w->bad)
		return machine_bad(m, m->w->bad_pos, "%s", m->w->bad_text);
	x->res.executions++;
	x->res.positive += holds;
	x->res.negative += !holds;
	x->res.deadlocks += is_deadlock(m->w);
	return r;
}

static int one_round(struct rounds *x)
{
	struct engine *e = x->e;
	int r = begin_round(x);
	bool hung;

	if (!r)
		r = engine_settle(e, x->m);
	/* What spins for ever has no final state, as in an exploration that cuts it. */
	hung = r > 0 && e->hung;
	if (hung) {
		x->res.cut++;
		r = 0;
	}
	/* Where init got through before, the machine was too busy for it. */
	if (!r && !(hung && x->res.executions))
		r = engine_init_done(e, x->m);
	if (!r && !hung)
		r = count_round(x);
	if (!r && (!x->reusable || !all_ended(e->run)))
		engine_end(e);
	return r;
}

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static int report(struct rounds *x, double seconds)
{
	const struct litmus *prog = x->m->prog;
	struct litmus_explore_result *res = &x->res;
	uint32_t flags = x->e->req->flags;
	int r = states_take(&x->states, x->m, res);

	explore_judge(prog, res);
	if (!r)
		r = explore_condition_text(prog, &res->condition);
	res->profile = strdup(x->e->req->profile);
	res->seconds = seconds;
	res->live = true;
	if (!r && !res->profile)
		r = -ENOMEM;
	if (!r && flags & ENGINE_TEXT)
		r = litmus_print_summary(x->e->out, prog, res, !(flags & ENGINE_NOTIME), false);
	else if (!r)
		r = litmus_print_json(x->e->out, prog, res, !(flags & ENGINE_NOTIME), false);
	x->e->ans->status = (int32_t)res->status;
	return r;
}

int engine_rounds(struct engine *e, const struct litmus *prog)
{
	struct litmus_options opt = { 0 };
	struct machine m = { .prog = prog, .opt = &opt, .err = &e->ans->err };
	struct rounds x = {
		.e = e, .m = &m, .random = e->req->seed, .reusable = is_reusable(prog)
	};
	double begin = now();
	int r = 0;

	for (uint64_t i = 0; i < e->req->runs && !r && x.res.cut < MAX_HUNG; i++) {
		if (i && i % GIVE_WAY_ROUNDS == 0)
			r = engine_give_way(e, &m);
		if (!r)
			r = one_round(&x);
	}
	engine_end(e);
	if (!r)
		r = report(&x, now() - begin);
	else if (r > 0)
		e->ans->status = (int32_t)m.status;
	states_free(&x.states, (size_t)prog->nr_keys);
	litmus_explore_result_fini(&x.res);
	free(m.message);
	return r < 0 ? r : 0;
}

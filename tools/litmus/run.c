/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * run.c - litmus_run(): one execution
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tools/litmus/run.h"
#include "tools/litmus/verdict.h"

struct schedule {
	struct sim_random random;
	struct sim_replay replay;
	struct sim_strategy strategy;
};

/* Which scenario it is one sees; under which semantics not. */
static int other_program(struct machine *m)
{
	char *patches;
	int r = patches_describe(m->prof, &patches);

	if (r < 0)
		return r;
	r = lit_error(m->prog, m->err, (struct pos){ 0, 0 },
		      "token: made for another scenario, profile or patch: this is under %s, %s%.*s",
		      profile_name(m->prof), patches ? "with patch " : "without a patch",
		      patches ? (int)strcspn(patches, ":\n") : 0, patches ? patches : "");
	free(patches);
	return r;
}

static int bad_token(struct machine *m, const struct sim_replay *replay)
{
	const char *what = replay->error ? replay->error : "it does not fit";
	const char *prefix = strncmp(what, "token", 5) ? "token: " : "";

	if (!strcmp(what, "token: made for another program"))
		return other_program(m);
	return lit_error(m->prog, m->err, (struct pos){ 0, 0 }, "%s%s", prefix, what);
}

static int choose(struct machine *m, struct schedule *s)
{
	const struct litmus_options *opt = m->opt;

	s->strategy = sim_run_to_completion();
	if (opt->random) {
		s->strategy = sim_random_init(&s->random, opt->seed);
	} else if (opt->replay) {
		if (sim_replay_init(&s->replay, opt->replay, m->program, &s->strategy) < 0)
			return bad_token(m, &s->replay);
	}
	return 0;
}

static bool met(const struct litmus *prog, bool holds)
{
	return prog->quant == QUANT_NOT_EXISTS ? !holds : holds;
}

int machine_finish(struct machine *m, struct litmus_run_result *res)
{
	struct world *w = m->w;
	bool holds;
	int r;

	if (w->sim)
		w->verdicts = verdicts_of(w, SIM_END_DONE);
	r = records_flush(m);
	if (!r && !m->prog->sequence)
		r = records_blocked(m);
	if (!r)
		r = final_values(m, &res->final);
	if (r < 0)
		return r;
	res->nr_final = (size_t)m->prog->nr_keys;
	holds = cond_holds(w, m->prog->cond);
	if (w->bad)
		return machine_bad(m, w->bad_pos, "%s", w->bad_text);
	m->status = met(m->prog, holds) ? LITMUS_MET : LITMUS_NOT_MET;
	return records_end(m, res->final);
}

static void host_address(const void *ctx, uint64_t addr, char *buf, size_t size)
{
	show_address(((const struct machine *)ctx)->w, addr, false, buf, size);
}

static const char *host_process(const void *ctx, const struct process *p)
{
	const struct machine *m = ctx;

	for (int i = 0; i < m->prog->nr_procs; i++)
		if (m->w->procs[i].p == p)
			return i ? m->prog->procs[i].name : NULL;
	return "child";
}

static bool host_is_daemon(const void *ctx, const struct sim_thread *t)
{
	const struct machine *m = ctx;

	for (int i = 0; i < m->w->nr_threads; i++)
		if (m->w->threads[i].fiber == t)
			return m->w->threads[i].decl->daemon;
	return false;
}

int machine_trace(struct machine *m)
{
	const struct tracer_host host = {
		.sim = m->sim,
		.kernel = m->w->kernel,
		.ctx = m,
		.address = host_address,
		.process = host_process,
		.is_daemon = host_is_daemon,
	};

	return tracer_new(&host, &m->tracer);
}

/* No end in sight: is there none? */
static int run_on(struct machine *m)
{
	char *text = NULL;
	int r = machine_find_lasso(m, &text);

	if (r > 0)
		m->w->verdicts |= 1u << VERDICT_LIVELOCK;
	if (r >= 0)
		r = records_flush(m);
	if (!r)
		r = machine_ended(m, SIM_END_STEP_BOUND);
	if (r > 0 && text) {
		free(m->message);
		m->message = format_text("livelock: %s", text);
		lit_error(m->prog, m->err, (struct pos){ 0, 0 }, "%s", m->message);
	}
	free(text);
	return r;
}

static int run_threads(struct machine *m, struct litmus_run_result *res)
{
	struct schedule s;
	enum sim_end end;
	int r = choose(m, &s);

	if (!r)
		r = machine_spawn(m);
	if (r < 0)
		return r;
	end = sim_run(m->sim, s.strategy);
	if (m->opt->replay && !m->opt->random && s.replay.error)
		return bad_token(m, &s.replay);
	if (end == SIM_END_DONE || end == SIM_END_DEADLOCK)
		return machine_finish(m, res);
	m->w->verdicts = verdicts_of(m->w, end);
	if (end == SIM_END_STEP_BOUND)
		return run_on(m);
	r = records_flush(m);
	return r < 0 ? r : machine_ended(m, end);
}

static int describe(struct machine *m, struct litmus_run_result *res)
{
	int n = sim_describe_blocked(m->sim, NULL, 0);

	if (n <= 0)
		return 0;
	res->blocked = calloc(1, (size_t)n + 1);
	if (!res->blocked)
		return -ENOMEM;
	sim_describe_blocked(m->sim, res->blocked, (size_t)n + 1);
	res->verdict_text = verdicts_explain(m->w);
	return res->verdict_text ? 0 : -ENOMEM;
}

static int fill(struct machine *m, struct litmus_run_result *res)
{
	res->status = m->status;
	res->message = m->message;
	m->message = NULL;
	res->has_condition = m->prog->quant != QUANT_NONE;
	res->steps = sim_steps(m->sim);
	res->verdicts = m->w->verdicts;
	res->failed_alloc = m->opt->fail_alloc && !sim_fail_alloc(m->sim, 0);
	res->profile = strdup(profile_name(m->prof));
	if (!res->profile || patches_describe(m->prof, &res->patches) < 0)
		return -ENOMEM;
	if (m->tracer && tracer_lines(m->tracer, &res->trace) < 0)
		return -ENOMEM;
	/* Where a run was cut there is no telling what its threads wait for. */
	return m->prog->sequence || res->message ? 0 : describe(m, res);
}

int litmus_run(const struct litmus *prog, const struct litmus_options *opt,
	       struct litmus_run_result *res, struct litmus_error *err)
{
	struct machine m;
	int r;

	memset(res, 0, sizeof(*res));
	r = machine_init(&m, prog, opt, opt && (opt->json || opt->watch), err);
	/* The diagram is about the threads; init would only push them down. */
	if (!r && m.opt->trace && prog->nr_threads == 1)
		r = machine_trace(&m);
	if (!r)
		r = machine_run_init(&m);
	if (!r && m.opt->trace && prog->nr_threads > 1)
		r = machine_trace(&m);
	if (!r && prog->sequence)
		r = machine_run_sequence(&m);
	if (!r)
		r = prog->sequence ? machine_finish(&m, res) : run_threads(&m, res);
	if (!r && prog->sequence && m.opt->leaks)
		r = machine_find_leaks(&m);
	/* 1: it ended early, and status and message say why */
	if (r >= 0)
		r = fill(&m, res);
	machine_fini(&m);
	if (!r && opt && opt->json && fflush(opt->json))
		r = -EIO;
	if (r < 0)
		litmus_run_result_fini(res);
	return r;
}

void litmus_run_result_fini(struct litmus_run_result *res)
{
	final_free(res->final, res->nr_final);
	free(res->message);
	free(res->blocked);
	free(res->verdict_text);
	litmus_trace_free(res->trace);
	free(res->profile);
	free(res->patches);
	memset(res, 0, sizeof(*res));
}

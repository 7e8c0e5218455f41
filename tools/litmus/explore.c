/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * explore.c - litmus_explore(): every distinguishable interleaving
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tools/litmus/exploration.h"

/* Does an execution in which the proposition @holds settle the condition? */
static bool decides(const struct litmus *prog, bool holds)
{
	return prog->quant == QUANT_EXISTS || prog->quant == QUANT_NOT_EXISTS ? holds : !holds;
}

static int count_state(struct exploration *x, const struct sim_execution *ex, bool *holds)
{
	struct machine *m = &x->m;
	int r;

	*holds = cond_holds(m->w, m->prog->cond);
	r = states_count(&x->states, m, *holds, ex);
	if (m->w->bad) {
		machine_bad(m, m->w->bad_pos, "%s", m->w->bad_text);
		return -EINVAL;
	}
	x->res->positive += *holds;
	x->res->negative += !*holds;
	return r;
}

/* Where there are more of them, following each would take longer than finding them. */
#define MAX_LASSOS 1000

/* One that was cut may go round for ever: 1, 0 or -ENOMEM. */
static int try_lasso(struct exploration *x, const struct sim_execution *ex)
{
	char *text = NULL;
	int r;

	if (ex->end != SIM_END_STEP_BOUND || x->lassos++ >= MAX_LASSOS)
		return 0;
	r = lasso_after(&x->m, ex->picks, ex->steps, &text);
	free(text);
	return r;
}

/* What the execution shows beyond the condition. */
static int count_verdicts(struct exploration *x, const struct sim_execution *ex)
{
	struct world *w = x->m.w;
	int r = try_lasso(x, ex);

	w->verdicts = verdicts_of(w, ex->end);
	if (r > 0)
		w->verdicts |= 1u << VERDICT_LIVELOCK;
	for (uint32_t m = w->verdicts; m && r >= 0; m &= m - 1) {
		unsigned v = (unsigned)__builtin_ctz(m);

		x->res->verdicts[v]++;
		r = best_offer(&x->verdicts[v], x->m.program, ex);
	}
	return r < 0 ? r : 0;
}

static int count_one(struct exploration *x, const struct sim_execution *ex)
{
	bool holds;
	int r = count_state(x, ex, &holds);

	if (!r && decides(x->m.prog, holds))
		r = best_offer(&x->witness, x->m.program, ex);
	return r < 0 ? r : 0;
}

/*
 * With threads exchanged in every way; the picks are those of the execution in which
 * they are.  It counts once for the condition, and once against it, however many ways do.
 */
static int count_and_exchange(struct exploration *x, const struct sim_execution *ex)
{
	uint64_t positive = x->res->positive, negative = x->res->negative;
	struct sim_execution other = *ex;
	uint8_t *picks = malloc(ex->steps + 1);
	uint32_t *enabled = malloc((ex->steps + 1) * sizeof(*enabled));
	int r = picks && enabled ? 0 : -ENOMEM;

	other.picks = picks;
	other.enabled = enabled;
	exchange_begin(x->exchange, x->m.w);
	if (!r)
		r = count_one(x, ex);
	while (!r && exchange_next(x->exchange, x->m.w)) {
		memcpy(picks, ex->picks, ex->steps);
		memcpy(enabled, ex->enabled, ex->steps * sizeof(*enabled));
		exchange_picks(x->exchange, x->m.w, picks, enabled, ex->steps);
		r = count_one(x, &other);
	}
	x->res->positive = positive + (x->res->positive > positive);
	x->res->negative = negative + (x->res->negative > negative);
	free(picks);
	free(enabled);
	return r;
}

static int count_and_decide(struct exploration *x, const struct sim_execution *ex)
{
	return x->exchange ? count_and_exchange(x, ex) : count_one(x, ex);
}

/* A finding that the condition speaks of is a final state like another. */
static int on_finding(struct exploration *x, const struct sim_execution *ex)
{
	struct machine *m = &x->m;
	int r;

	if (m->w->bad) {
		machine_ended(m, ex->end);
		return -EINVAL;
	}
	if (m->prog->asserts & m->w->verdicts)
		return count_and_decide(x, ex);
	x->res->unasserted += ex->end == SIM_END_BUG;
	r = best_offer(&x->finding, x->m.program, ex);
	if (r <= 0)
		return r;
	r = machine_ended(m, ex->end);
	free(x->finding.text);
	x->finding.text = m->message;
	m->message = NULL;
	return r < 0 ? r : 0;
}

static int on_execution(void *ctx, struct sim *sim, const struct sim_execution *ex)
{
	struct exploration *x = ctx;
	int r = count_verdicts(x, ex);

	x->states.execution++;

	if (r < 0)
		return r;
	if (ex->end == SIM_END_BUG || ex->end == SIM_END_UNMODELLED)
		return on_finding(x, ex);
	if (ex->end == SIM_END_DONE || ex->end == SIM_END_DEADLOCK ||
	    x->m.prog->asserts & x->m.w->verdicts)
		return count_and_decide(x, ex);
	return 0;
}

/* ------------------------------------------------------------------- results */

static int add_inversions(struct exploration *x)
{
	const char *text;

	for (unsigned i = 0; (text = sim_lock_inversion(x->m.sim, i)); i++) {
		char *old = x->res->inversions;

		x->res->inversions = format_text("%s%s\n", old ? old : "", text);
		free(old);
		if (!x->res->inversions)
			return -ENOMEM;
	}
	return 0;
}

static const char *limit_name(enum sim_limit limit)
{
	static const char *const names[] = {
		[SIM_LIMIT_NONE] = NULL,
		[SIM_LIMIT_EXECUTIONS] = "the bound on executions",
		[SIM_LIMIT_SECONDS] = "the bound on time",
		[SIM_LIMIT_STOP] = "interrupted",
	};

	return names[limit];
}

static const char *cut_reason(const struct sim_explore_result *sr)
{
	if (sr->limit == SIM_LIMIT_STOP)
		return "interrupted";
	if (sr->step_bound)
		return "executions that reach the bound on steps";
	if (sr->unmodelled)
		return "not modelled";
	if (sr->bugs)
		return "executions that end in a bug";
	return limit_name(sr->limit);
}

int exploration_counts(struct exploration *x, const struct sim_explore_result *sr)
{
	struct litmus_explore_result *res = x->res;
	const struct litmus_options *opt = x->m.opt;

	res->executions = sr->executions;
	res->deadlocks = sr->deadlocks;
	res->pruned = sr->pruned;
	res->in_full = sr->in_full;
	res->diverged = sr->diverged;
	res->cut = sr->step_bound;
	res->endless = sr->endless;
	res->waited = sr->waited;
	res->exchanges = x->exchange ? x->exchange->nr : 1;
	res->bugs = sr->bugs;
	res->unmodelled = sr->unmodelled;
	res->steps = sr->steps;
	res->max_depth = sr->max_depth;
	res->complete = sr->complete && !res->unasserted;
	res->bounded = opt->bounded;
	res->sample = opt->random || opt->pct;
	res->preemptions = sr->preemptions;
	res->distinct = sr->sample.distinct;
	res->unseen = sr->sample.unseen;
	res->odds = sr->sample.odds;
	res->cached_states = sr->states;
	res->transitions = sr->transitions;
	res->forgotten = sr->forgotten;
	if (!res->complete)
		res->cut_reason = cut_reason(sr);
	return explore_coverage(opt, sr, res);
}

static char *take(char **from)
{
	char *ret = *from;

	*from = NULL;
	return ret;
}

void explore_judge(const struct litmus *prog, struct litmus_explore_result *res)
{
	bool bad = res->unasserted;

	res->has_condition = prog->quant != QUANT_NONE;
	res->kind = prog->quant == QUANT_EXISTS     ? "Allowed" :
		    prog->quant == QUANT_NOT_EXISTS ? "Forbidden" :
						      "Required";
	res->ok = prog->quant == QUANT_EXISTS     ? res->positive :
		  prog->quant == QUANT_NOT_EXISTS ? !res->positive :
						    !res->negative;
	res->observation = !res->positive ? "Never" : res->negative ? "Sometimes" : "Always";
	for (unsigned v = 0; !res->has_condition && v < NR_LITMUS_VERDICTS; v++)
		bad |= res->verdicts[v];
	res->status = res->ok && !bad ? LITMUS_MET : LITMUS_NOT_MET;
}

/* The cycle of the livelock that is named, in words. */
static int explain_lasso(struct exploration *x)
{
	const struct best *b = &x->verdicts[VERDICT_LIVELOCK];
	int r = b->picks ? lasso_after(&x->m, b->picks, b->steps, &x->res->lasso) : 0;

	return r < 0 ? r : 0;
}

static void judge(struct exploration *x)
{
	struct litmus_explore_result *res = x->res;

	explore_judge(x->m.prog, res);
	/* Out of memory counts as something the simulator cannot do. */
	if (res->unmodelled || (res->unasserted && x->m.status == LITMUS_UNMODELLED))
		res->status = LITMUS_UNMODELLED;
	res->message = take(&x->finding.text);
	res->message_token = take(&x->finding.token);
	for (unsigned v = 0; v < NR_LITMUS_VERDICTS; v++)
		res->verdict_token[v] = take(&x->verdicts[v].token);
	res->deadlock_token = res->verdict_token[VERDICT_DEADLOCK];
	res->witness = take(&x->witness.token);
}

static int write_cond(FILE *f, const struct litmus *prog, const struct cond *c, int level)
{
	static const int levels[] = {
		[COND_ATOM] = 3, [COND_NOT] = 2, [COND_AND] = 1, [COND_OR] = 0
	};
	bool paren = levels[c->kind] < level;

	if (paren)
		fputc('(', f);
	if (c->kind == COND_ATOM) {
		fputs(prog->atoms[c->atom].key, f);
		if (c->value)
			fprintf(f, "%s%s", c->differs ? "!=" : "=", c->text);
	} else if (c->kind == COND_NOT) {
		fputs("~(", f);
		write_cond(f, prog, c->a, 0);
		fputc(')', f);
	} else {
		write_cond(f, prog, c->a, levels[c->kind]);
		fputs(c->kind == COND_AND ? " /\\ " : " \\/ ", f);
		write_cond(f, prog, c->b, levels[c->kind] + 1);
	}
	if (paren)
		fputc(')', f);
	return 0;
}

int explore_condition_text(const struct litmus *prog, char **ret)
{
	static const char *const words[] = { "forall", "exists", "~exists", "forall" };
	size_t size;
	FILE *f = open_memstream(ret, &size);

	if (!f)
		return -ENOMEM;
	fprintf(f, "%s (", words[prog->quant]);
	if (prog->cond)
		write_cond(f, prog, prog->cond, 0);
	else
		fputs("true", f);
	fputc(')', f);
	return fclose(f) ? -ENOMEM : 0;
}

/* -------------------------------------------------------------------- running */

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static enum sim_explore_mode mode(const struct litmus_options *opt)
{
	if (opt->bounded)
		return SIM_EXPLORE_BOUNDED;
	if (opt->pct)
		return SIM_EXPLORE_PCT;
	if (opt->random)
		return SIM_EXPLORE_RANDOM;
	if (opt->cache)
		return SIM_EXPLORE_STATES;
	return opt->brute ? SIM_EXPLORE_BRUTE : SIM_EXPLORE_OPTIMAL;
}

struct sim_explore_config exploration_config(struct exploration *x)
{
	const struct litmus_options *opt = x->m.opt;

	return (struct sim_explore_config){
		.mode = mode(opt),
		.preemptions = opt->preemptions,
		.bug_depth = opt->pct,
		.seed = opt->seed,
		.max_executions = opt->max_executions,
		.max_seconds = opt->max_seconds,
		.max_steps = opt->max_steps ? opt->max_steps :
			     opt->cache	    ? CACHED_STEPS :
					      EXPLORE_STEPS,
		.cache_bytes = opt->cache << 20,
		.awaits = machine_awaits(&x->m),
		.after = x->exchange ? x->exchange->after : NULL,
		.execution = on_execution,
		.ctx = x,
		.progress = opt->progress,
		.stop = opt->stop,
	};
}

static int explore_threads(struct exploration *x)
{
	struct sim_explore_config cfg;
	struct sim_explore_result sr;
	int r = machine_spawn(&x->m);

	/* Wake-ups without reason come from threads that tell one from the other. */
	if (!r && x->m.opt->symmetry && !x->m.w->spurious)
		x->exchange = exchange_find(x->m.prog);
	if (x->exchange)
		exchange_spawned(x->exchange, x->m.w);
	cfg = exploration_config(x);
	if (!r && in_pieces(x->m.opt))
		return explore_in_pieces(x);
	if (!r)
		r = sim_explore(x->m.sim, &cfg, &sr);
	/* They turned out to be different before they began; nothing has been counted. */
	if (r == -EXDEV) {
		exchange_free(x->exchange);
		x->exchange = NULL;
		cfg.after = NULL;
		r = sim_explore(x->m.sim, &cfg, &sr);
	}
	return r ? r : exploration_counts(x, &sr);
}

/* The one execution of a sequence. */
static int explore_sequence(struct exploration *x)
{
	bool holds;
	struct world *w = x->m.w;
	int r = machine_run_sequence(&x->m);

	if (r)
		return r;
	w->verdicts = verdicts_of(w, SIM_END_DONE);
	for (uint32_t m = w->verdicts; m; m &= m - 1)
		x->res->verdicts[__builtin_ctz(m)]++;
	r = count_state(x, NULL, &holds);
	if (r)
		return r;
	x->res->executions = 1;
	x->res->steps = x->res->max_depth = sim_steps(x->m.sim);
	x->res->complete = true;
	return 0;
}

static int explore(struct exploration *x)
{
	int r = machine_run_init(&x->m);

	if (!r)
		r = x->m.prog->sequence ? explore_sequence(x) : explore_threads(x);
	if (r == -EINVAL && x->m.status == LITMUS_BAD)
		r = 1;
	/* It ended early: one execution, not an exploration. */
	if (r > 0) {
		x->finding.text = x->m.message;
		x->m.message = NULL;
		x->res->executions = 1;
		x->res->cut_reason = "it ends early";
		x->res->unmodelled = x->m.status == LITMUS_UNMODELLED;
		x->res->bugs = x->res->unasserted = x->m.status == LITMUS_NOT_MET;
	}
	return r;
}

static int fill(struct exploration *x, bool early)
{
	struct litmus_explore_result *res = x->res;
	int r = states_take(&x->states, &x->m, res);

	if (!r)
		r = explain_lasso(x);
	judge(x);
	for (unsigned v = 0; v < NR_LITMUS_VERDICTS; v++)
		if (x->m.opt->forbid >> v & 1 && res->verdicts[v] && res->status == LITMUS_MET)
			res->status = LITMUS_NOT_MET;
	if (early)
		res->status = x->m.status;
	if (!r)
		r = add_inversions(x);
	if (!r)
		r = explore_condition_text(x->m.prog, &res->condition);
	if (r < 0)
		return r;
	res->profile = strdup(profile_name(x->m.prof));
	return res->profile ? patches_describe(x->m.prof, &res->patches) : -ENOMEM;
}

void exploration_fini(struct exploration *x)
{
	states_free(&x->states, (size_t)x->m.prog->nr_keys);
	exchange_free(x->exchange);
	best_fini(&x->witness);
	best_fini(&x->finding);
	for (unsigned v = 0; v < NR_LITMUS_VERDICTS; v++)
		best_fini(&x->verdicts[v]);
}

int litmus_explore(const struct litmus *prog, const struct litmus_options *opt,
		   struct litmus_explore_result *res, struct litmus_error *err)
{
	struct exploration x = { .res = res };
	double begin = now();
	int r;

	memset(res, 0, sizeof(*res));
	r = machine_init(&x.m, prog, opt, false, err);
	if (!r)
		r = explore(&x);
	if (r >= 0)
		r = fill(&x, r > 0);
	res->seconds = now() - begin;
	exploration_fini(&x);
	machine_fini(&x.m);
	if (r < 0)
		litmus_explore_result_fini(res);
	return r;
}

void litmus_explore_result_fini(struct litmus_explore_result *res)
{
	for (size_t i = 0; i < res->nr_states; i++) {
		final_free((struct litmus_final *)res->states[i].final, res->nr_final);
		free((char *)res->states[i].text);
		free((char *)res->states[i].token);
	}
	free(res->states);
	free(res->condition);
	free(res->coverage);
	free(res->profile);
	free(res->patches);
	free(res->witness);
	free(res->message);
	free(res->message_token);
	for (unsigned v = 0; v < NR_LITMUS_VERDICTS; v++)
		free(res->verdict_token[v]);
	free(res->inversions);
	free(res->lasso);
	memset(res, 0, sizeof(*res));
}

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * shorten.c - litmus_shorten(): a token for the easiest execution that shows the same
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tools/litmus/states.h"
#include "tools/litmus/verdict.h"

/* Steps taken to look for it: some tenths of a second. */
#define EFFORT 400000

/* What an execution comes to, as far as it is to be the same. */
struct outcome {
	enum sim_end end;
	enum sim_bug bug;
	uint32_t verdicts;
	bool holds;
	char *state; /* only of what is wanted */
};

struct recorder {
	struct sim_strategy inner;
	uint8_t *picks;
	uint64_t nr, max;
	bool failed;
};

static int pick_recorded(void *state, const struct sim_choice *choice)
{
	struct recorder *r = state;
	int id = r->inner.pick(r->inner.state, choice);

	if (r->nr == r->max) {
		uint64_t max = r->max ? 2 * r->max : 256;
		void *p = realloc(r->picks, max);

		r->failed |= !p;
		if (!p)
			return -1;
		r->picks = p;
		r->max = max;
	}
	if (id >= 0)
		r->picks[r->nr++] = (uint8_t)id;
	return id;
}

static struct outcome outcome_of(struct world *w, enum sim_end end)
{
	bool early = end != SIM_END_DONE && end != SIM_END_DEADLOCK;
	struct outcome o = { .end = end };

	if (end == SIM_END_STEP_BOUND || end == SIM_END_STOPPED)
		return o;
	w->verdicts = o.verdicts = verdicts_of(w, end);
	o.bug = end == SIM_END_BUG ? sim_finding(w->sim)->bug : SIM_BUG_NONE;
	o.holds = !early && cond_holds(w, w->prog->cond);
	return o;
}

struct goal {
	struct machine *m;
	struct outcome want;
	enum litmus_shows what;
};

static bool shows(void *ctx, struct sim *sim, enum sim_end end)
{
	struct goal *g = ctx;
	struct outcome o;

	if (g->what == LITMUS_SHOWS_FINDING || g->want.end == SIM_END_BUG)
		return end == g->want.end && sim_finding(sim)->bug == g->want.bug;
	if (end != SIM_END_DONE && end != SIM_END_DEADLOCK)
		return false;
	o = outcome_of(g->m->w, end);
	if (g->what == LITMUS_SHOWS_VERDICTS)
		return o.verdicts == g->want.verdicts;
	if (g->what == LITMUS_SHOWS_STATE && !states_is(g->m, g->want.state))
		return false;
	return o.holds == g->want.holds && !(g->want.verdicts & ~o.verdicts);
}

/* A machine of its own with the threads about to start; 0, 1 or -errno as machine_run_init(). */
static int begin(struct machine *m, const struct litmus *prog, const struct litmus_options *opt,
		 struct litmus_error *err)
{
	int r = machine_init(m, prog, opt, false, err);

	if (!r)
		r = machine_run_init(m);
	return r ? r : machine_spawn(m);
}

static int replay(const struct litmus *prog, const struct litmus_options *opt, const char *token,
		  bool state, struct recorder *rec, struct outcome *ret, struct litmus_error *err)
{
	struct sim_replay replay;
	struct machine m;
	int r = begin(&m, prog, opt, err);

	if (!r)
		r = sim_replay_init(&replay, token, m.program, &rec->inner);
	if (!r) {
		enum sim_end end = sim_run(m.sim, (struct sim_strategy){ pick_recorded, rec });

		*ret = outcome_of(m.w, end);
		ret->state = state ? states_text(&m) : NULL;
		r = rec->failed || (state && !ret->state) ? -ENOMEM : replay.error ? -EINVAL : 0;
	}
	machine_fini(&m);
	return r > 0 ? -EINVAL : r;
}

/* Take the better one; the token of what was given otherwise. */
static int take(struct litmus_short *ret, struct machine *m, const char *token,
		const struct sim_shortest_result *res)
{
	bool better = res->picks &&
		      (res->switches < ret->switches_before ||
		       (res->switches == ret->switches_before && res->steps < ret->steps_before));

	ret->switches = better ? res->switches : ret->switches_before;
	ret->steps = better ? res->steps : ret->steps_before;
	ret->proven = res->proven;
	ret->effort = res->effort;
	ret->token = better ? sim_token(m->program, res->picks, res->enabled, res->steps) :
			      strdup(token);
	return ret->token ? 0 : -ENOMEM;
}

static int search(const struct litmus *prog, const struct litmus_options *opt, const char *token,
		  struct goal *goal, struct litmus_short *ret, struct litmus_error *err)
{
	struct sim_shortest_config cfg = {
		.shows = shows,
		.ctx = goal,
		.all_end = goal->want.end == SIM_END_DONE && !goal->want.verdicts,
		.max_switches = ret->switches_before,
		.max_steps = 2 * ret->steps_before + 64,
		.effort = EFFORT,
	};
	struct sim_shortest_result res = { 0 };
	struct machine m;
	int r = begin(&m, prog, opt, err);

	goal->m = &m;
	if (!r)
		r = sim_shortest(m.sim, &cfg, &res);
	if (!r)
		r = take(ret, &m, token, &res);
	sim_shortest_fini(&res);
	machine_fini(&m);
	return r > 0 ? -EINVAL : r;
}

int litmus_shorten(const struct litmus *prog, const struct litmus_options *opt,
		   enum litmus_shows what, const char *token, struct litmus_short *ret,
		   struct litmus_error *err)
{
	static const struct litmus_options none;
	struct litmus_options plain = opt ? *opt : none;
	struct goal goal = { .what = what };
	struct recorder rec = { 0 };
	int r;

	memset(ret, 0, sizeof(*ret));
	plain.replay = NULL;
	plain.trace = false;
	plain.check &= what == LITMUS_SHOWS_FINDING || prog->asserts;
	r = replay(prog, &plain, token, what == LITMUS_SHOWS_STATE, &rec, &goal.want, err);
	if (!r) {
		ret->switches_before = sim_switches(rec.picks, rec.nr);
		ret->steps_before = rec.nr;
	}
	if (!r && (goal.want.end == SIM_END_STEP_BOUND || goal.want.end == SIM_END_STOPPED)) {
		/* Without an end there is nothing to compare. */
		ret->token = strdup(token);
		r = ret->token ? 0 : -ENOMEM;
	} else if (!r) {
		r = search(prog, &plain, token, &goal, ret, err);
	}
	free(goal.want.state);
	free(rec.picks);
	return r;
}

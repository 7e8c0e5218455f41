/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ends.c - collects the ends of executions
 */
#include "ends.h"

struct way {
	const uint8_t *picks;
	uint64_t at, nr;
};

static int follow(void *state, const struct sim_choice *choice)
{
	struct way *w = state;

	return w->at < w->nr ? w->picks[w->at++] : -1;
}

static bool goes_round(const struct sp_program *p, const struct sim_execution *x)
{
	struct way way = { .picks = x->picks, .nr = x->steps };
	struct sim *sim = sp_machine(p);
	struct sim_lasso lasso;
	int r;

	assert_int_equal(sim_run(sim, (struct sim_strategy){ follow, &way }), SIM_END_STOPPED);
	r = sim_find_lasso(sim, &lasso);
	sim_destroy(sim);
	assert_true(r >= 0);
	return r;
}

static int collect(void *ctx, struct sim *sim, const struct sim_execution *x)
{
	struct ends *e = ctx;

	if (x->end == SIM_END_STEP_BOUND) {
		e->endless = true;
		if (e->tried < (e->max_tries ? e->max_tries : 40)) {
			bool round = goes_round(e->spin, x);

			e->tried++;
			e->livelock |= round;
			e->without += !round;
		}
		return 0;
	}
	if (e->nr == MAX_ENDS)
		return 1;
	e->v[e->nr++] =
		(struct end){ x->end == SIM_END_BUG ? t_finding(sim) : e->state(sim), x->end };
	return 0;
}

static int by_state(const void *pa, const void *pb)
{
	const struct end *a = pa, *b = pb;

	if (a->end != b->end)
		return a->end - b->end;
	return (a->state > b->state) - (a->state < b->state);
}

static void unique(struct ends *e)
{
	size_t nr = 0;

	qsort(e->v, e->nr, sizeof(e->v[0]), by_state);
	for (size_t i = 0; i < e->nr; i++)
		if (!nr || by_state(&e->v[nr - 1], &e->v[i]))
			e->v[nr++] = e->v[i];
	e->nr = nr;
}

bool ends_explore(struct sim *sim, struct sim_explore_config cfg, struct ends *e,
		  struct sim_explore_result *res)
{
	int err;

	assert_non_null(sim);
	cfg.execution = collect;
	cfg.ctx = e;
	e->nr = e->tried = e->without = 0;
	e->endless = e->livelock = false;
	err = sim_explore(sim, &cfg, res);
	sim_destroy(sim);
	unique(e);
	return err == 0;
}

void ends_same(uint64_t seed, const struct ends *want, const struct ends *got)
{
	if (want->nr != got->nr)
		fail_msg("seed %" PRIu64 ": %zu ends of %zu", seed, got->nr, want->nr);
	for (size_t i = 0; i < want->nr; i++)
		if (by_state(&want->v[i], &got->v[i]))
			fail_msg("seed %" PRIu64 ": other ends", seed);
}

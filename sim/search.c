/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * search.c - a search as a whole
 *
 * What it needs, which of the ways to search it is, from the machine's present state and
 * back to it.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "await.h"
#include "cached.h"
#include "frontier.h"
#include "pasts.h"
#include "symmetry.h"

/* -------------------------------------------------------------------- memory */

int path_grow(struct explorer *ex)
{
	size_t max = ex->max_depth ? ex->max_depth * 2 : 64;
	void *p;

	p = realloc(ex->nodes, max * sizeof(*ex->nodes));
	if (!p)
		return -ENOMEM;
	ex->nodes = p;
	p = realloc(ex->picks, max * sizeof(*ex->picks));
	if (!p)
		return -ENOMEM;
	ex->picks = p;
	p = realloc(ex->enabled, max * sizeof(*ex->enabled));
	if (!p)
		return -ENOMEM;
	ex->enabled = p;
	/* One more: a thread that is blocked for ever takes part as a step beyond the last. */
	p = realloc(ex->events, (max + 1) * sizeof(*ex->events));
	if (!p)
		return -ENOMEM;
	ex->events = p;
	ex->max_depth = max;
	return ex->races ? races_grow(ex) : 0;
}

int sleepers_reserve(struct explorer *ex, size_t used)
{
	size_t max = ex->max_sleepers ? ex->max_sleepers * 2 : 1024;
	void *p;

	if (used + SIM_MAX_THREADS <= ex->max_sleepers)
		return 0;
	p = realloc(ex->sleepers, max * sizeof(*ex->sleepers));
	if (!p)
		return -ENOMEM;
	ex->sleepers = p;
	ex->max_sleepers = max;
	return 0;
}

static void explorer_free(struct explorer *ex)
{
	free(ex->nodes);
	free(ex->picks);
	free(ex->enabled);
	free(ex->events);
	free(ex->sleepers);
	races_free(ex);
	pasts_free(ex);
	wakeups_free(&ex->wakeups);
	footsets_free(&ex->feet);
	trace_hasher_free(ex->hasher);
	bounded_free(ex->bounded);
	cache_free(ex->cache);
	awaits_free(ex->awaits);
	symmetry_free(ex->symmetry);
}

/* ---------------------------------------------------------------- from begin to end */

static bool can_explore(const struct sim *sim)
{
	return !sim->in_run && !sim->ended && !sim->trace.on;
}

static int explorer_init(struct explorer *ex)
{
	enum sim_explore_mode mode = ex->cfg->mode;

	ex->replay = SIM_ASAN || ex->cfg->rewind == SIM_REWIND_REPLAY;
	ex->brute = mode == SIM_EXPLORE_BRUTE || mode == SIM_EXPLORE_BOUNDED;
	ex->sample = mode == SIM_EXPLORE_RANDOM || mode == SIM_EXPLORE_PCT;
	ex->max_steps = ex->cfg->max_steps ? ex->cfg->max_steps : ex->sim->cfg.max_steps;
	ex->races = mode == SIM_EXPLORE_OPTIMAL;
	ex->begin = explorer_clock();
	if (ex->cfg->hash_traces || ex->sample) {
		ex->hasher = trace_hasher_new();
		if (!ex->hasher)
			return -ENOMEM;
	}
	if (mode == SIM_EXPLORE_BOUNDED) {
		ex->bounded = bounded_new();
		if (!ex->bounded)
			return -ENOMEM;
	}
	/* What a thread has seen of late stores is not in what it says that it knows. */
	if (ex->cfg->awaits && ex->sim->cfg.memory == SIM_MEMORY_SC &&
	    (mode <= SIM_EXPLORE_SLEEP || mode == SIM_EXPLORE_ESTIMATE)) {
		ex->awaits = awaits_new();
		if (!ex->awaits)
			return -ENOMEM;
	}
	/* With timers a thread's way to its first operation is a step like others. */
	if (ex->cfg->after && ex->sim->cfg.timers)
		return -EXDEV;
	if (ex->cfg->after && (mode <= SIM_EXPLORE_SLEEP || mode == SIM_EXPLORE_STATES)) {
		ex->symmetry = symmetry_new();
		if (!ex->symmetry)
			return -ENOMEM;
	}
	if (mode == SIM_EXPLORE_STATES) {
		ex->cache = cache_new(ex->cfg->cache_bytes);
		if (!ex->cache)
			return -ENOMEM;
	}
	for (unsigned i = 0; i < SIM_MAX_THREADS; i++)
		ex->last[i] = -1;
	if (ex->races && !ex->cfg->fixed_steps && pasts_init(ex))
		return -ENOMEM;
	return footsets_init(&ex->feet);
}

static void search_in_mode(struct explorer *ex)
{
	if (ex->frontier)
		search_shared(ex);
	else if (ex->cfg->mode == SIM_EXPLORE_ESTIMATE)
		search_estimate(ex);
	else if (ex->sample)
		search_sample(ex);
	else if (ex->bounded)
		search_bounded(ex);
	else if (ex->cache)
		search_cached(ex);
	else
		search(ex);
}

/* From the machine's present state, and back to it. */
static int search_and_return(struct explorer *ex)
{
	struct sim *sim = ex->sim, *outer;
	int err;

	sim->ran = ~0u;
	err = snap_push(sim);
	if (err)
		return err;
	outer = fiber_set_running(sim);
	sim->in_run = true;
	sim->fp.failed = false;
	search_in_mode(ex);
	sim->in_run = false;
	fiber_set_running(outer);
	while (sim->snaps.depth > 1)
		snap_pop(sim);
	snap_restore(sim);
	snap_pop(sim);
	return ex->err;
}

static int explore(struct sim *sim, const struct sim_explore_config *cfg, struct sim_frontier *f,
		   struct sim_explore_result *res)
{
	struct explorer ex = { .sim = sim, .cfg = cfg, .res = res, .frontier = f };
	int err;

	memset(res, 0, sizeof(*res));
	res->preemptions = -1;
	if (!can_explore(sim) || (f && cfg->mode > SIM_EXPLORE_BRUTE))
		return -EINVAL;
	err = explorer_init(&ex);
	if (!err)
		err = search_and_return(&ex);
	show_progress(&ex);
	explorer_free(&ex);
	res->complete = !ex.stopped && !ex.cut && !err && !res->step_bound && !res->unmodelled;
	return err;
}

int sim_explore(struct sim *sim, const struct sim_explore_config *cfg,
		struct sim_explore_result *res)
{
	return explore(sim, cfg, NULL, res);
}

int sim_explore_shared(struct sim *sim, const struct sim_explore_config *cfg,
		       struct sim_frontier *f, struct sim_explore_result *res)
{
	return explore(sim, cfg, f, res);
}

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * execution.c - an execution has ended: count it, report it, look at the bounds
 */
#include <ck_pr.h>
#include <errno.h>

#include "frontier.h"

void explorer_stop(struct explorer *ex, int err)
{
	ex->stopped = true;
	if (!ex->err)
		ex->err = err;
}

/* -------------------------------------------------------------------- hashes */

static int hash_path(struct explorer *ex, uint64_t *ret)
{
	trace_hasher_begin(ex->hasher);
	for (size_t i = 0; i < ex->depth; i++) {
		const struct node *n = &ex->nodes[i];
		uint32_t nr;
		const struct access *v = footset_list(&ex->feet, n->foot, &nr);
		int err = v ? trace_hasher_step(ex->hasher, n->pick, v, nr) : -ENOMEM;

		if (err)
			return err;
	}
	*ret = trace_hasher_end(ex->hasher);
	return 0;
}

/* -------------------------------------------------------------------- bounds */

void show_progress(const struct explorer *ex)
{
	struct sim_progress *p = ex->cfg->progress;

	if (!p)
		return;
	ck_pr_store_64(&p->executions, ex->res->executions);
	ck_pr_store_64(&p->pruned, ex->res->pruned);
	ck_pr_store_64(&p->steps, ex->res->steps);
	ck_pr_store_64(&p->depth, ex->depth);
}

static void limit(struct explorer *ex, enum sim_limit limit)
{
	explorer_stop(ex, 0);
	ex->res->limit = limit;
}

/* What need not be done each time: the clock is not free either. */
#define SELDOM 64

static void look_at_clock(struct explorer *ex)
{
	if (ex->cfg->max_seconds && explorer_clock() - ex->begin >= ex->cfg->max_seconds)
		limit(ex, SIM_LIMIT_SECONDS);
}

void check_bounds(struct explorer *ex)
{
	const struct sim_explore_config *cfg = ex->cfg;

	if (cfg->max_executions && ex->res->executions >= cfg->max_executions)
		limit(ex, SIM_LIMIT_EXECUTIONS);
	if (cfg->stop && ck_pr_load_int(cfg->stop))
		limit(ex, SIM_LIMIT_STOP);
	if (ex->checks++ % SELDOM == 0)
		look_at_clock(ex);
	if (ex->frontier && part_is_called(ex))
		ex->called = true;
	show_progress(ex);
}

/* ---------------------------------------------------------------- executions */

static void count_end(struct explorer *ex, enum sim_end end)
{
	struct sim_explore_result *res = ex->res;

	res->deadlocks += end == SIM_END_DEADLOCK;
	res->step_bound += end == SIM_END_STEP_BOUND;
	res->bugs += end == SIM_END_BUG;
	res->unmodelled += end == SIM_END_UNMODELLED;
}

static void tell(struct explorer *ex, enum sim_end end)
{
	struct sim_execution x = {
		.number = ex->res->executions,
		.end = end,
		.steps = ex->depth,
		.picks = ex->picks,
		.enabled = ex->enabled,
	};
	int err = 0;

	ex->res->executions++;
	if (ex->hasher)
		err = hash_path(ex, &x.trace_hash);
	ex->hash = x.trace_hash;
	if (!err && ex->cfg->execution)
		err = ex->cfg->execution(ex->cfg->ctx, ex->sim, &x);
	if (err)
		explorer_stop(ex, err);
	check_bounds(ex);
}

/* The machine stands at the end of a maximal execution. */
void execution_ends(struct explorer *ex, enum sim_end end)
{
	count_end(ex, end);
	tell(ex, end);
}

void execution_goes_round(struct explorer *ex)
{
	ex->res->endless++;
	tell(ex, SIM_END_STEP_BOUND);
}

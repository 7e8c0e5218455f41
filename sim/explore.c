/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * explore.c - every execution, each trace once
 *
 * Depth first.  A node is a state between two steps; its candidates are the
 * enabled threads that are not asleep.  After the subtree of candidate t, t
 * falls asleep at the node with the footprint F of its step: what begins with t
 * is known.  It stays asleep below u for as long as the steps taken there are
 * independent of F, because until then t could have gone first just as well.
 *
 *     node: sleep {}          node: sleep {t:F}
 *        \ t                     \ u
 *        subtree of t            child: sleep {t:F} unless u's step conflicts with F
 *
 * A node with all enabled threads asleep is given up ("pruned"): all its
 * continuations have been seen in another order.
 *
 * A step that touched nothing of others' needs no alternatives at all: whatever
 * they do, it could have come first.  So is the first step of most threads.
 *
 * Brute force tries everybody; a bound on preemptions (bounded.c) takes some of
 * that away.  A sample (random.c) has no nodes to come back to.
 */
#include <ck_pr.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "explore.h"

/* -------------------------------------------------------------------- memory */

int path_grow(struct explorer *ex)
{
	size_t max = ex->max_depth ? ex->max_depth * 2 : 256;
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
	return 0;
}

/* Room for one node's sleepers above those of the path. */
static int sleepers_reserve(struct explorer *ex, size_t used)
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
	trace_hasher_free(ex->hasher);
	bounded_free(ex->bounded);
}

/* ------------------------------------------------------------------ executions */

static int hash_path(struct explorer *ex, uint64_t *ret)
{
	trace_hasher_begin(ex->hasher);
	for (size_t i = 0; i < ex->depth; i++) {
		const struct node *n = &ex->nodes[i];
		int err =
			trace_hasher_step(ex->hasher, n->pick, ex->sim->fp.v + n->f.first, n->f.nr);

		if (err)
			return err;
	}
	*ret = trace_hasher_end(ex->hasher);
	return 0;
}

static void count_end(struct explorer *ex, enum sim_end end)
{
	struct sim_explore_result *res = ex->res;

	res->executions++;
	res->deadlocks += end == SIM_END_DEADLOCK;
	res->step_bound += end == SIM_END_STEP_BOUND;
	res->bugs += end == SIM_END_BUG;
	res->unmodelled += end == SIM_END_UNMODELLED;
}

static void show_progress(const struct explorer *ex)
{
	struct sim_progress *p = ex->cfg->progress;

	if (!p)
		return;
	ck_pr_store_64(&p->executions, ex->res->executions);
	ck_pr_store_64(&p->pruned, ex->res->pruned);
	ck_pr_store_64(&p->steps, ex->res->steps);
	ck_pr_store_64(&p->depth, ex->depth);
}

void explorer_stop(struct explorer *ex, int err)
{
	ex->stopped = true;
	if (!ex->err)
		ex->err = err;
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
	show_progress(ex);
}

/* The machine stands at the end of a maximal execution. */
void execution_ends(struct explorer *ex, enum sim_end end)
{
	struct sim_execution x = {
		.number = ex->res->executions,
		.end = end,
		.steps = ex->depth,
		.picks = ex->picks,
		.enabled = ex->enabled,
	};
	int err = 0;

	count_end(ex, end);
	if (ex->hasher)
		err = hash_path(ex, &x.trace_hash);
	ex->hash = x.trace_hash;
	if (!err && ex->cfg->execution)
		err = ex->cfg->execution(ex->cfg->ctx, ex->sim, &x);
	if (err)
		explorer_stop(ex, err);
	check_bounds(ex);
}

/* The same, unless its trace was known. */
static void path_ends(struct explorer *ex, enum sim_end end)
{
	if (ex->bounded && !bounded_end(ex)) {
		ex->res->pruned++;
		check_bounds(ex);
		return;
	}
	execution_ends(ex, end);
}

/* ----------------------------------------------------------------- going back */

static void not_deterministic(struct explorer *ex, size_t step, const char *was)
{
	const struct sim_thread *t = ex->sim->state->threads[ex->nodes[step].pick];

	finding_set(ex->sim, SIM_END_BUG, SIM_BUG_MISUSE,
		    "program is not deterministic at step %zu: expected %s to be at %s, got %s",
		    step, t ? t->name : "a thread", was,
		    t && t->op ? t->op->what : "no such thread");
}

/* Take step @i of the path again; false if the program does something else now. */
static bool replay_step(struct explorer *ex, size_t i)
{
	const struct node *n = &ex->nodes[i];
	const struct sim_thread *t = ex->sim->state->threads[n->pick];

	if (sched_enabled(ex->sim) != n->enabled || !t->op || t->op->kind != n->kind ||
	    (t->op->what != n->what && strcmp(t->op->what, n->what))) {
		not_deterministic(ex, i, n->what);
		return false;
	}
	footprint_begin(ex->sim, ex->sim->fp.cur.first + ex->sim->fp.cur.nr);
	sched_step(ex->sim, n->pick);
	ex->res->steps++;
	return true;
}

/* Bring the machine back to the node at the end of the path, which is tried again. */
static bool rewind_to(struct explorer *ex, struct node *n)
{
	struct sim *sim = ex->sim;

	snap_restore(sim);
	for (size_t i = 0; ex->replay && i + 1 < ex->depth; i++) {
		/* Replayed footprints are known: they go where nobody reads them. */
		sim->fp.cur = n->f;
		if (!replay_step(ex, i))
			return false;
	}
	return true;
}

/* ---------------------------------------------------------------------- nodes */

/* Who sleeps at the new node; returns them as a mask. */
static uint32_t inherit_sleepers(struct explorer *ex, struct node *n, const struct node *parent)
{
	uint32_t asleep = 0, end = n->sleep_begin;

	for (uint32_t i = parent->sleep_begin; i < parent->sleep_end; i++) {
		const struct sleeper *s = &ex->sleepers[i];

		if (footprints_conflict(&ex->sim->fp, &s->f, &parent->f))
			continue;
		asleep |= 1u << s->thread;
		ex->sleepers[end++] = *s;
	}
	n->sleep_end = end;
	return asleep;
}

static void node_init(struct explorer *ex, struct node *n, const struct node *parent)
{
	n->sleep_begin = n->sleep_end = parent ? parent->sleep_end : 0;
	n->fp_begin = parent ? parent->f.first + parent->f.nr : 0;
	n->f = (struct footprint){ .first = n->fp_begin };
	n->asleep = 0;
	n->todo = n->enabled;
	n->tried = n->saved = false;
	n->current = -1;
	n->in_a_row = 0;
	n->fresh = ~0u;
	if (!parent)
		return;
	n->current = parent->current;
	n->in_a_row = parent->in_a_row;
	if (!(parent->fresh >> parent->pick & 1)) {
		n->current = (int8_t)parent->pick;
		n->in_a_row = n->current == parent->current ? parent->in_a_row + 1 : 1;
	}
	n->fresh = parent->fresh & ~(1u << parent->pick);
}

/* Whom to try first, or next. */
static int first_choice(const struct node *n)
{
	return sched_fair(n->todo, n->todo & n->fresh, n->current, n->in_a_row);
}

/* A child of the last node, for the state the machine is in. */
void explorer_push(struct explorer *ex)
{
	struct node *n, *parent;

	if (ex->depth == ex->max_depth && path_grow(ex)) {
		explorer_stop(ex, -ENOMEM);
		return;
	}
	n = &ex->nodes[ex->depth];
	parent = ex->depth ? n - 1 : NULL;
	n->enabled = sched_enabled(ex->sim);
	if (!n->enabled) {
		if (ex->races)
			races_end(ex);
		path_ends(ex, sched_final(ex->sim));
		return;
	}
	if (ex->depth == ex->max_steps) {
		path_ends(ex, SIM_END_STEP_BOUND);
		return;
	}
	node_init(ex, n, parent);
	if (sleepers_reserve(ex, n->sleep_begin)) {
		explorer_stop(ex, -ENOMEM);
		return;
	}
	if (parent && !ex->brute)
		n->asleep = inherit_sleepers(ex, n, parent);
	n->todo &= ~n->asleep;
	if (ex->bounded)
		bounded_enter(ex, n);
	if (!n->todo) {
		if (ex->races)
			races_end(ex);
		ex->res->pruned++;
		check_bounds(ex);
		return;
	}
	if (ex->races)
		n->todo = 1u << first_choice(n);
	ex->enabled[ex->depth++] = n->enabled;
	if (ex->depth > ex->res->max_depth)
		ex->res->max_depth = ex->depth;
}

static void fall_asleep(struct explorer *ex, struct node *n)
{
	if (ex->brute) {
		n->f = (struct footprint){ .first = n->fp_begin };
		return;
	}
	n->asleep |= 1u << n->pick;
	ex->sleepers[n->sleep_end++] = (struct sleeper){ n->f, n->pick };
	n->f = (struct footprint){ .first = n->f.first + n->f.nr };
}

/*
 * A step that nobody can notice needs no alternatives.  Even brute force does
 * not interleave the way of a thread to its first operation.
 */
static bool is_invisible(const struct explorer *ex, const struct node *n)
{
	if (ex->sim->ended || (ex->brute && n->kind != SIM_OP_START))
		return false;
	return footprint_is_local(&ex->sim->fp, &n->f, n->pick);
}

static void drop_alternatives(struct explorer *ex, struct node *n)
{
	n->todo = 0;
	n->asleep = ~0u;
	if (n->saved)
		snap_pop(ex->sim);
	n->saved = false;
}

static void choose(struct explorer *ex, struct node *n)
{
	int id = first_choice(n);
	const struct sim_op *op = ex->sim->state->threads[id]->op;

	n->pick = (uint8_t)id;
	n->todo &= ~(1u << id);
	n->kind = op->kind;
	n->what = op->what;
	ex->picks[ex->depth - 1] = n->pick;
}

/* Are there candidates beyond the one just chosen, now or once a race asks for them? */
static bool may_come_back(const struct explorer *ex, const struct node *n)
{
	if (ex->races)
		return n->enabled & ~n->asleep & ~(1u << n->pick);
	return n->todo;
}

static void undo_step(struct explorer *ex, size_t step)
{
	if (ex->races)
		races_undo(ex, step);
	if (ex->bounded)
		bounded_undo(ex, step);
}

/* Make the machine ready for the next candidate of the last node. */
static bool prepare(struct explorer *ex, struct node *n)
{
	if (n->tried) {
		undo_step(ex, ex->depth - 1);
		fall_asleep(ex, n);
		if (!rewind_to(ex, n))
			return false;
	}
	choose(ex, n);
	if (n->saved && !may_come_back(ex, n)) {
		snap_pop(ex->sim);
		n->saved = false;
	} else if (!n->tried && may_come_back(ex, n) && !ex->replay) {
		if (snap_push(ex->sim)) {
			explorer_stop(ex, -ENOMEM);
			return false;
		}
		n->saved = true;
	}
	n->tried = true;
	return true;
}

void explorer_step(struct explorer *ex, struct node *n)
{
	struct sim *sim = ex->sim;

	if (!prepare(ex, n)) {
		if (!sim->ended)
			return;
		execution_ends(ex, sim->end);
		explorer_stop(ex, 0);
		return;
	}
	footprint_begin(sim, n->f.first);
	sched_step(sim, n->pick);
	ex->res->steps++;
	n->f = sim->fp.cur;
	if (unlikely(sim->fp.failed))
		explorer_stop(ex, -ENOMEM);
	if (ex->races)
		races_step(ex);
	if (ex->bounded)
		bounded_step(ex);
	if ((n->todo || ex->races) && is_invisible(ex, n))
		drop_alternatives(ex, n);
}

void explorer_descend(struct explorer *ex)
{
	if (likely(!ex->sim->ended)) {
		explorer_push(ex);
		return;
	}
	if (ex->races)
		races_cut(ex);
	path_ends(ex, ex->sim->end);
}

/* One step from the last node; then a child, or the end of an execution. */
static void advance(struct explorer *ex)
{
	explorer_step(ex, &ex->nodes[ex->depth - 1]);
	if (!ex->stopped)
		explorer_descend(ex);
}

static void leave_node(struct explorer *ex)
{
	struct node *n = &ex->nodes[--ex->depth];

	undo_step(ex, ex->depth);
	if (n->saved)
		snap_pop(ex->sim);
}

void search(struct explorer *ex)
{
	if (ex->races)
		races_begin(ex);
	explorer_push(ex);
	while (ex->depth && !ex->stopped) {
		if (ex->nodes[ex->depth - 1].todo)
			advance(ex);
		else
			leave_node(ex);
	}
}

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
	/* Its clocks count a thread's steps in 16 bits. */
	ex->races = mode == SIM_EXPLORE_DPOR && ex->max_steps <= UINT16_MAX;
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
	return 0;
}

static void search_in_mode(struct explorer *ex)
{
	if (ex->cfg->mode == SIM_EXPLORE_ESTIMATE)
		search_estimate(ex);
	else if (ex->sample)
		search_sample(ex);
	else if (ex->bounded)
		search_bounded(ex);
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

int sim_explore(struct sim *sim, const struct sim_explore_config *cfg,
		struct sim_explore_result *res)
{
	struct explorer ex = { .sim = sim, .cfg = cfg, .res = res };
	int err;

	memset(res, 0, sizeof(*res));
	res->preemptions = -1;
	if (!can_explore(sim))
		return -EINVAL;
	err = explorer_init(&ex);
	if (!err)
		err = search_and_return(&ex);
	show_progress(&ex);
	explorer_free(&ex);
	res->complete = !ex.stopped && !ex.cut && !err && !res->step_bound && !res->unmodelled;
	return err;
}

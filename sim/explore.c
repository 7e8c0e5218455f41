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
 * Sleep sets alone avoid executions, not states.  The optimal search tries at a
 * node one thread, and others only where a race that was found below asks for it:
 * it leaves a sequence in the node's wakeup tree (races.c, reverse.c, wakeup.h).
 *
 * Brute force tries everybody; a bound on preemptions (bounded.c) takes some of
 * that away.  A search that remembers states (cached.c) leaves out what is below
 * those it knows.  A sample (random.c) has no nodes to come back to.
 */
#include <errno.h>
#include <string.h>

#include "await.h"
#include "cached.h"
#include "reverse.h"
#include "symmetry.h"

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

	if (sched_enabled(ex->sim) != ex->enabled[i] || !t->op || t->op->kind != n->kind ||
	    (t->op->what != n->what && strcmp(t->op->what, n->what))) {
		not_deterministic(ex, i, n->what);
		return false;
	}
	footprint_begin(ex->sim);
	sched_step(ex->sim, n->pick);
	ex->res->steps++;
	return true;
}

/* Bring the machine back to the node at the end of the path, which is tried again. */
static bool rewind_to_last(struct explorer *ex)
{
	size_t i = ex->depth - 1;

	while (i && !ex->nodes[i].saved)
		i--;
	snap_restore(ex->sim);
	for (; i + 1 < ex->depth; i++)
		if (!replay_step(ex, i)) {
			execution_ends(ex, ex->sim->end);
			explorer_stop(ex, 0);
			return false;
		}
	return true;
}

/* ---------------------------------------------------------------------- nodes */

/* Who sleeps at the new node; returns them as a mask. */
static uint32_t inherit_sleepers(struct explorer *ex, struct node *n, const struct node *parent)
{
	uint32_t asleep = 0, end = n->sleep_begin;

	n->sleep_old = end;
	for (uint32_t i = parent->sleep_begin; i < parent->sleep_end; i++) {
		const struct sleeper s = ex->sleepers[i];

		if (i == parent->sleep_old)
			n->sleep_old = end;
		if (footsets_conflict(&ex->feet, s.foot, parent->foot))
			continue;
		asleep |= 1u << s.thread;
		ex->sleepers[end++] = s;
	}
	n->sleep_end = n->sleep_own = end;
	if (parent->sleep_old == parent->sleep_end || !n->wakeups)
		n->sleep_old = end;
	return asleep;
}

static void node_init(struct node *n, struct node *parent)
{
	*n = (struct node){ .enabled = n->enabled, .todo = n->enabled, .current = -1, .fresh = ~0u };
	if (!parent)
		return;
	n->sleep_begin = n->sleep_old = n->sleep_own = n->sleep_end = parent->sleep_end;
	n->wakeups = parent->guide;
	parent->guide = 0;
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

/* No race can say what else to try at @n: everything. */
void explorer_tries_all(struct explorer *ex, struct node *n)
{
	if (n->full)
		return;
	n->full = true;
	n->todo |= n->enabled & ~n->asleep & ~(1u << n->pick);
	/* A sequence counts on others that would now be refused here. */
	wakeup_free_all(&ex->wakeups, n->wakeups);
	n->wakeups = 0;
	ex->res->in_full++;
}

/* All that begins like this is known. */
static void give_up(struct explorer *ex, struct node *n)
{
	wakeup_free_all(&ex->wakeups, n->wakeups);
	if (ex->races)
		races_end(ex);
	ex->res->pruned++;
	check_bounds(ex);
}

/* A sequence that was to reverse a race has run otherwise. */
static void diverged(struct explorer *ex)
{
	ex->res->diverged++;
	races_cut(ex);
}

/* The path ends here, unless its trace was known. */
static void path_ends(struct explorer *ex, enum sim_end end)
{
	if (ex->races)
		races_end(ex);
	if ((ex->bounded && !bounded_end(ex)) ||
	    (ex->cache && end != SIM_END_STEP_BOUND && !ex->sim->ended && !cache_end(ex))) {
		ex->res->pruned++;
		check_bounds(ex);
		return;
	}
	execution_ends(ex, end);
}

/* Only threads in rounds of loops could go on. */
static void rounds_end(struct explorer *ex)
{
	if (ex->races)
		races_end(ex);
	if (await_over(ex)) {
		ex->res->waited++;
		check_bounds(ex);
	} else {
		execution_goes_round(ex);
	}
}

/* Nobody can go on at @n, or the path is long enough. */
static bool is_end(struct explorer *ex, struct node *n)
{
	if (n->enabled && ex->depth != ex->max_steps)
		return false;
	if (n->wakeups) {
		wakeup_free_all(&ex->wakeups, n->wakeups);
		n->wakeups = 0;
		diverged(ex);
	}
	if (n->enabled)
		path_ends(ex, SIM_END_STEP_BOUND);
	else if (symmetry_waits(ex) & sched_enabled(ex->sim))
		give_up(ex, n);
	else if (await_parked(ex))
		rounds_end(ex);
	else
		path_ends(ex, sched_final(ex->sim));
	return true;
}

/* Who could go on, but does not here. */
static uint32_t held_back(const struct explorer *ex)
{
	return await_parked(ex) | symmetry_waits(ex);
}

uint32_t explorer_enabled(const struct explorer *ex)
{
	return sched_enabled(ex->sim) & ~held_back(ex);
}

/* Room for a child of the last node, for the state the machine is in. */
static struct node *new_node(struct explorer *ex)
{
	struct node *n;

	if (ex->depth == ex->max_depth && path_grow(ex)) {
		explorer_stop(ex, -ENOMEM);
		return NULL;
	}
	n = &ex->nodes[ex->depth];
	ex->enabled[ex->depth] = sched_enabled(ex->sim); /* a replay holds nobody back */
	n->enabled = ex->enabled[ex->depth] & ~held_back(ex);
	node_init(n, ex->depth ? n - 1 : NULL);
	if (sleepers_reserve(ex, n->sleep_begin)) {
		explorer_stop(ex, -ENOMEM);
		return NULL;
	}
	return n;
}

static void append_node(struct explorer *ex)
{
	if (++ex->depth > ex->res->max_depth)
		ex->res->max_depth = ex->depth;
}

struct node *explorer_add_node(struct explorer *ex)
{
	struct node *n = new_node(ex);

	if (n)
		append_node(ex);
	return n;
}

/* Who of several goes on when time passes no race can say: all of them are tried. */
static bool time_passes(struct explorer *ex, struct node *n)
{
	bool ret = ex->sim->cfg.timers && (n->enabled & (n->enabled - 1)) &&
		   sched_timers(ex->sim, n->enabled);

	if (ret)
		explorer_tries_all(ex, n);
	return ret;
}

/* A child of the last node, for the state the machine is in. */
void explorer_push(struct explorer *ex)
{
	struct node *n = new_node(ex);

	if (!n || is_end(ex, n))
		return;
	if (ex->depth && !ex->brute)
		n->asleep = inherit_sleepers(ex, n, n - 1);
	n->todo &= ~n->asleep;
	if (ex->bounded)
		bounded_enter(ex, n);
	if (ex->cache)
		cache_enter(ex, n);
	if (!n->todo) {
		give_up(ex, n);
		return;
	}
	if (ex->races && !time_passes(ex, n))
		n->todo = n->wakeups ? 0 : 1u << first_choice(n);
	append_node(ex);
}

static void fall_asleep(struct explorer *ex, struct node *n)
{
	if (ex->brute)
		return;
	n->asleep |= 1u << n->pick;
	ex->sleepers[n->sleep_end++] = (struct sleeper){ n->foot, n->pick };
	n->todo &= ~n->asleep;
}

/*
 * A step that nobody can notice needs no alternatives.  Even brute force does
 * not interleave the way of a thread to its first operation.  A known state would
 * not tell that a loop of other such steps kept everybody else from being tried.
 */
static bool is_invisible(const struct explorer *ex, const struct node *n)
{
	if (ex->sim->ended || ((ex->brute || ex->cache) && n->kind != SIM_OP_START))
		return false;
	return footset_is_local(&ex->feet, n->foot, n->pick);
}

static void drop_alternatives(struct explorer *ex, struct node *n)
{
	n->todo = 0;
	n->asleep = ~0u;
	n->full = true;
	wakeup_free_all(&ex->wakeups, n->wakeups);
	n->wakeups = 0;
	if (n->saved)
		snap_pop(ex->sim);
	n->saved = false;
}

/* The next thread to try; false if the wakeup tree names one that cannot go on. */
static bool choose(struct explorer *ex, struct node *n)
{
	const struct wakeup *w = n->wakeups ? &ex->wakeups.v[n->wakeups] : NULL;
	uint32_t id = n->wakeups;

	n->guide = 0;
	if (!w) {
		n->pick = (uint8_t)first_choice(n);
	} else {
		n->pick = w->thread;
		n->guide = w->child;
		n->wakeups = w->next;
		wakeup_free(&ex->wakeups, id);
	}
	n->todo &= ~(1u << n->pick);
	return n->enabled & ~n->asleep & 1u << n->pick;
}

/* Are there candidates beyond the one just chosen, now or once a race asks for them? */
static bool may_come_back(const struct explorer *ex, const struct node *n)
{
	if (ex->races)
		return n->wakeups || (n->enabled & ~n->asleep & ~(1u << n->pick));
	return n->todo;
}

/* Steps that are taken again cost less than a snapshot. */
#define FEW_STEPS 4

/* Most nodes are never come back to: those that may be have a snapshot near above. */
static bool worth_saving(const struct explorer *ex, const struct node *n)
{
	size_t i = ex->depth - 1;

	if (n->tried || n->todo || n->wakeups)
		return true;
	for (unsigned k = 1; k <= FEW_STEPS; k++)
		if (i < k || n[-(int)k].saved)
			return false;
	return true;
}

static int save(struct explorer *ex, struct node *n)
{
	/* Nothing is tried on the way to a part. */
	bool wanted = !ex->replay && ex->depth > ex->prefix;
	int err = wanted ? snap_push(ex->sim) : 0;

	n->saved = wanted && !err;
	return err;
}

static void take_back(struct explorer *ex, struct node *n)
{
	if (ex->races)
		races_undo(ex);
	if (ex->bounded)
		bounded_undo(ex, ex->depth - 1);
	n->taken = false;
}

/* Make the machine ready for the next candidate of the last node. */
static bool prepare(struct explorer *ex, struct node *n)
{
	if (n->taken) {
		take_back(ex, n);
		fall_asleep(ex, n);
	}
	if (n->wakeups && !drop_known(ex, n))
		return false;
	if (!choose(ex, n)) {
		wakeup_free_all(&ex->wakeups, n->guide);
		n->guide = 0;
		explorer_tries_all(ex, n);
		/* One that sleeps only shows that the sequence was covered. */
		ex->res->diverged += !(n->enabled >> n->pick & 1);
		return false;
	}
	if (n->tried && !rewind_to_last(ex))
		return false;
	if (n->saved && !may_come_back(ex, n)) {
		snap_pop(ex->sim);
		n->saved = false;
	} else if (!n->saved && may_come_back(ex, n) && worth_saving(ex, n) && save(ex, n)) {
		explorer_stop(ex, -ENOMEM);
		return false;
	}
	n->tried = true;
	n->kind = ex->sim->state->threads[n->pick]->op->kind;
	n->what = ex->sim->state->threads[n->pick]->op->what;
	ex->picks[ex->depth - 1] = n->pick;
	return true;
}

/* Run the step that was chosen at @n. */
static void take_step(struct explorer *ex, struct node *n)
{
	struct sim *sim = ex->sim;

	if (ex->races)
		races_need(ex, sim->state->threads[n->pick], &ex->events[ex->depth - 1].need);
	if (ex->awaits)
		await_begin(ex);
	if (ex->symmetry)
		symmetry_begin(ex, sim->state->threads[n->pick]);
	footprint_begin(sim);
	sched_step(sim, n->pick);
	ex->res->steps++;
	if (ex->symmetry)
		symmetry_step(ex, n);
	n->foot = footset(&ex->feet, sim->fp.v, sim->fp.nr);
	if (unlikely(sim->fp.failed || !n->foot)) {
		explorer_stop(ex, -ENOMEM);
		return;
	}
	n->taken = true;
	if (ex->races)
		races_step(ex);
	if (ex->awaits)
		await_step(ex);
	if (ex->bounded)
		bounded_step(ex);
}

bool explorer_step(struct explorer *ex, struct node *n)
{
	if (!prepare(ex, n))
		return false;
	take_step(ex, n);
	if (!ex->stopped && (n->todo || ex->races) && is_invisible(ex, n))
		drop_alternatives(ex, n);
	return !ex->stopped;
}

void explorer_descend(struct explorer *ex)
{
	struct node *n = &ex->nodes[ex->depth - 1];

	if (likely(!ex->sim->ended)) {
		explorer_push(ex);
		return;
	}
	wakeup_free_all(&ex->wakeups, n->guide);
	n->guide = 0;
	if (ex->races)
		races_cut(ex);
	path_ends(ex, ex->sim->end);
}

/* One step from the last node; then a child, or the end of an execution. */
static void advance(struct explorer *ex)
{
	if (explorer_step(ex, &ex->nodes[ex->depth - 1]))
		explorer_descend(ex);
}

static void leave_node(struct explorer *ex)
{
	struct node *n = &ex->nodes[ex->depth - 1];

	if (n->taken) {
		take_back(ex, n);
		n->taken = true; /* the last one was: part.c looks at a node that was left */
	}
	if (n->saved)
		snap_pop(ex->sim);
	ex->depth--;
}

void search_below(struct explorer *ex, size_t depth)
{
	while (ex->depth > depth && !ex->stopped && !ex->called) {
		const struct node *n = &ex->nodes[ex->depth - 1];

		if (n->todo || n->wakeups)
			advance(ex);
		else
			leave_node(ex);
	}
}

void search(struct explorer *ex)
{
	explorer_push(ex);
	search_below(ex, 0);
}

void explorer_abandon(struct explorer *ex)
{
	while (ex->depth) {
		struct node *n = &ex->nodes[ex->depth - 1];

		wakeup_free_all(&ex->wakeups, n->wakeups);
		wakeup_free_all(&ex->wakeups, n->guide);
		n->wakeups = n->guide = 0;
		leave_node(ex);
	}
	snap_restore(ex->sim);
}

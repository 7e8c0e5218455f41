/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * races.c - which nodes need alternatives at all
 *
 * Trying every enabled thread at every node finds every trace, but most of the
 * time goes into prefixes that turn out to be known.  Here a node begins with
 * one thread, with step e.  As long as no other thread is seen to do something
 * below that conflicts with e and could have come before it, the order in which
 * e is taken does not matter.  Once one does, the node tries all the others.
 *
 *     node: ... e ... x ... e'     e' conflicts with e, and nothing that its
 *                                  thread did before comes after e
 *
 * All of them, not only the thread of e': what a step touches may depend on what
 * it reads, so the reversed step need not be the one that was seen, and who else
 * takes part in the race cannot be told from this execution.
 *
 * All earlier steps that conflict are looked at, not only the last: a lock's
 * release conflicts with the next acquire, but only the acquire before it can
 * be overtaken.  A thread that does not move again counts with what it waits
 * for, also where the rest of the execution is already known; or deadlocks and
 * their neighbours would be missed.
 *
 * A finding ends everybody's execution, so its step conflicts with whatever the
 * others had still to do, and with all they did: nodes above it try everything.
 *
 * Sleep sets stay on top, so that no trace comes twice.
 */
#include <string.h>

#include "explore.h"

static void clock_join(uint16_t *to, const uint16_t *from)
{
	for (unsigned i = 0; i < SIM_MAX_THREADS; i++)
		to[i] = to[i] > from[i] ? to[i] : from[i];
}

void races_begin(struct explorer *ex)
{
	for (unsigned i = 0; i < SIM_MAX_THREADS; i++)
		ex->last[i] = -1;
}

void races_undo(struct explorer *ex, size_t step)
{
	const struct event *e = &ex->events[step];

	ex->last[e->thread] = e->prev;
}

/* A step of thread @q at @d, ordered so far only after its thread's last one. */
static void event_init(struct explorer *ex, size_t d, unsigned q)
{
	struct event *e = &ex->events[d];

	e->thread = (uint8_t)q;
	e->prev = ex->last[q];
	if (e->prev >= 0) {
		memcpy(e->clock, ex->events[e->prev].clock, sizeof(e->clock));
		e->seq = ex->events[e->prev].seq + 1;
	} else {
		memset(e->clock, 0, sizeof(e->clock));
		e->seq = 1;
	}
}

/* Order step @d, which touched @f, after what it conflicts with; note what it races with. */
static void order(struct explorer *ex, size_t d, const struct footprint *f)
{
	struct event *e = &ex->events[d];
	uint16_t before[SIM_MAX_THREADS];

	memcpy(before, e->clock, sizeof(before));
	for (size_t i = d; i-- > 0;) {
		const struct event *o = &ex->events[i];
		struct node *n = &ex->nodes[i];

		/* What precedes this thread's last step cannot be overtaken. */
		if (o->seq <= before[o->thread] || !footprints_may_conflict(&n->f, f) ||
		    !footprints_conflict(&ex->sim->fp, &n->f, f))
			continue;
		n->todo |= n->enabled & ~n->asleep & ~(1u << n->pick);
		if (o->seq > e->clock[o->thread])
			clock_join(e->clock, o->clock);
	}
	e->clock[e->thread] = e->seq;
}

void races_step(struct explorer *ex)
{
	size_t d = ex->depth - 1;

	event_init(ex, d, ex->nodes[d].pick);
	order(ex, d, &ex->nodes[d].f);
	ex->last[ex->nodes[d].pick] = (int32_t)d;
}

/* What a thread that cannot go on would touch if it could. */
static void blocked_footprint(struct sim *sim, const struct sim_thread *t)
{
	if (t->op->kind == SIM_OP_WAIT)
		sim_touch(sim, thread_key(t, THREAD_STATE), SIM_WRITE);
	if (t->op->obj)
		sim_touch(sim, sim_obj_key(t->op->obj), SIM_WRITE);
	if (t->killable)
		sim_touch(sim, thread_key(t, THREAD_SIGNAL), SIM_READ);
}

void races_end(struct explorer *ex)
{
	const struct node *last = ex->depth ? &ex->nodes[ex->depth - 1] : NULL;
	struct sim *sim = ex->sim;

	sim->in_step = true;
	for (uint32_t m = sim_blocked(sim); m; m &= m - 1) {
		const struct sim_thread *t = sim->state->threads[__builtin_ctz(m)];

		footprint_begin(sim, last ? last->f.first + last->f.nr : 0);
		blocked_footprint(sim, t);
		event_init(ex, ex->depth, t->id);
		order(ex, ex->depth, &sim->fp.cur);
	}
	sim->in_step = false;
}

void races_cut(struct explorer *ex)
{
	for (size_t i = 0; i < ex->depth; i++) {
		struct node *n = &ex->nodes[i];

		n->todo |= n->enabled & ~n->asleep & ~(1u << n->pick);
	}
}

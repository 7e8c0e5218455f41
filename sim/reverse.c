/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * reverse.c - a race the other way round
 *
 * A sequence v q is to be explored from a node.  It is covered if some thread that
 * sleeps there could as well take its step first: if that step conflicts with
 * none of v and q.  It is also covered by a branch of the wakeup tree that leads
 * to the same thing: one whose steps, taken off v q in turn, are each a first step
 * of what is left, or independent of it, down to a leaf.  Where the branches part
 * the rest of the sequence becomes a new one.
 *
 * v is known: it runs as it did.  q comes in another place and may touch other
 * things; so for it, and for the leaves of the tree, each question is answered
 * such that a sequence is rather explored than taken for covered.
 *
 * If all answers were right, nobody sleeps any more behind a sequence.  If somebody
 * does, he must not cover anything from there on (sleep_old): that he was seen to
 * cover this far does not mean that what he covers was found.
 */
#include "reverse.h"

/* What is left of the sequence on its way down the tree. */
struct rest {
	uint64_t *v;
	const struct event *q; /* NULL once it was taken off */
};

static const enum thread_part parts[] = { THREAD_STATE, THREAD_SIGNAL, THREAD_LIFE };
#define NR_PARTS (sizeof(parts) / sizeof(*parts))

/* A step may end its thread, or put it to sleep, depending on what it read. */
static bool touches_thread(const struct footsets *fs, uint32_t foot, unsigned thread)
{
	for (unsigned i = 0; i < NR_PARTS; i++)
		if (footset_touches(fs, foot, sim_key(SIM_CLASS_THREAD, thread, parts[i])))
			return true;
	return false;
}

/* Might a step of @thread like @foot conflict with @other, wherever it is taken? */
static bool may_conflict(const struct footsets *fs, uint32_t foot, unsigned thread,
			 unsigned varies, uint32_t other)
{
	if (varies == VARY_ANY || footsets_conflict(fs, foot, other))
		return true;
	if (varies == VARY_MODE && footsets_meet(fs, foot, other))
		return true;
	return varies != VARY_NOT && touches_thread(fs, other, thread);
}

static bool may_meet(struct explorer *ex, uint32_t foot, unsigned thread, unsigned varies,
		     const uint64_t *v)
{
	const struct footsets *fs = &ex->feet;

	if (!bits_any(v, ex->hb.nw))
		return false;
	if (varies == VARY_ANY || footrows_meet(fs, foot, v) ||
	    (varies == VARY_MODE && footrows_share(fs, foot, v)))
		return true;
	if (varies == VARY_NOT)
		return false;
	for (unsigned i = 0; i < NR_PARTS; i++) {
		uint32_t key = footkey_find(fs, sim_key(SIM_CLASS_THREAD, thread, parts[i]));

		for (unsigned mode = 0; key && mode < 4; mode++)
			if (bits_meet(footrow(fs, key, mode), v, ex->hb.nw))
				return true;
	}
	return false;
}

/* Does the sequence begin in the subtree of somebody who was explored before? */
static bool is_covered(struct explorer *ex, const struct node *n, const struct event *q,
		       const uint64_t *v)
{
	for (uint32_t i = n->sleep_begin; i < n->sleep_end; i++) {
		const struct sleeper *s = &ex->sleepers[i];

		/* A sleeper does not run in v before something has woken it. */
		if (footrows_meet(&ex->feet, s->foot, v))
			continue;
		if (s->thread == q->thread)
			return true;
		if (i >= n->sleep_old &&
		    !may_conflict(&ex->feet, q->foot, q->thread, q->varies, s->foot))
			return true;
	}
	return false;
}

/* Can @w be the first step of the rest?  Then it is taken off. */
static bool begins(struct explorer *ex, const struct wakeup *w, struct rest *r)
{
	unsigned nw = ex->hb.nw;
	ptrdiff_t first = bits_first(r->v, rows_at(&ex->steps, w->thread), nw);

	if (first >= 0) {
		if (bits_meet(r->v, rows_at(&ex->hb, (size_t)first), nw))
			return false;
		bit_clear(r->v, (size_t)first);
		return true;
	}
	if (r->q && r->q->thread == w->thread) {
		if (may_meet(ex, r->q->foot, w->thread, r->q->varies, r->v))
			return false;
		r->q = NULL;
		return true;
	}
	if (may_meet(ex, w->foot, w->thread, w->varies, r->v))
		return false;
	if (r->q && may_conflict(&ex->feet, r->q->foot, r->q->thread, r->q->varies, w->foot))
		return false;
	return !r->q || !may_conflict(&ex->feet, w->foot, w->thread, w->varies, r->q->foot);
}

/* The rest as a new branch; 0 without memory. */
static uint32_t new_branch(struct explorer *ex, const struct rest *r)
{
	struct wakeups *pool = &ex->wakeups;
	uint32_t top = 0, last = 0, id;

	for (unsigned w = 0; w < ex->hb.nw; w++) {
		for (uint64_t m = r->v[w]; m; m &= m - 1) {
			const struct event *e = &ex->events[w * 64 + (unsigned)__builtin_ctzll(m)];

			id = wakeup_new(pool, e->thread, e->foot, VARY_NOT);
			if (!id)
				goto no_memory;
			if (last)
				pool->v[last].child = id;
			else
				top = id;
			last = id;
		}
	}
	if (!r->q)
		return top;
	id = wakeup_new(pool, r->q->thread, r->q->foot, r->q->varies);
	if (!id)
		goto no_memory;
	if (last)
		pool->v[last].child = id;
	return top ? top : id;
no_memory:
	wakeup_free_all(pool, top);
	return 0;
}

void reverse(struct explorer *ex, size_t i, const struct event *q, uint64_t *v)
{
	struct node *n = &ex->nodes[i];
	struct wakeups *pool = &ex->wakeups;
	struct rest r = { v, q };
	uint32_t parent = 0, before = 0, id, branch;

	if (is_covered(ex, n, q, v))
		return;
	for (id = n->wakeups; id;) {
		if (!begins(ex, &pool->v[id], &r)) {
			before = id;
			id = pool->v[id].next;
			continue;
		}
		if (!pool->v[id].child || (!r.q && !bits_any(v, ex->hb.nw)))
			return;
		parent = id;
		before = 0;
		id = pool->v[id].child;
	}
	branch = new_branch(ex, &r);
	if (!branch)
		explorer_stop(ex, -ENOMEM);
	else if (before)
		pool->v[before].next = branch;
	else if (parent)
		pool->v[parent].child = branch;
	else
		n->wakeups = branch;
}

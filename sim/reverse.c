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
 * things.  Whether a sleeper covers it can be told from what was explored (pasts.h).
 * Whether a branch does cannot always: then each question is answered such that a
 * sequence is rather kept.  When its turn comes, and what came before it in the tree
 * has been explored and sleeps, it is asked once more (drop_known()).
 *
 * So nobody sleeps any more behind a sequence.  If somebody does, since something was
 * forgotten, he must not cover anything from there on (sleep_old): that he was seen to
 * cover this far does not mean that what he covers was found.
 */
#include "pasts.h"
#include "reverse.h"

/* The step of a sequence that comes in a new place: its thread, and what it may touch there. */
struct newcomer {
	uint32_t foot;
	unsigned thread, varies;
};

/* What is left of the sequence on its way down the tree. */
struct rest {
	uint64_t *v;
	const struct newcomer *q; /* NULL once it was taken off */
	bool doubtful;            /* a branch that it does not go into may cover it all the same */
};

/* Might a step of @thread like @foot conflict with @other, wherever it is taken? */
INLINE bool may_conflict(const struct footsets *fs, uint32_t foot, unsigned thread, unsigned varies,
			 uint32_t other)
{
	if (varies == VARY_ANY || footsets_conflict(fs, foot, other))
		return true;
	if (varies == VARY_MODE && footsets_meet(fs, foot, other))
		return true;
	/* A step may end its thread, or put it to sleep, depending on what it read. */
	return varies != VARY_NOT && fs->sets[other].threads >> thread & 1;
}

INLINE bool may_meet(struct explorer *ex, uint32_t foot, unsigned thread, unsigned varies,
		     const uint64_t *v, unsigned nw)
{
	const struct footsets *fs = &ex->feet;

	if (!bits_any(v, nw))
		return false;
	if (varies == VARY_ANY || footrows_meet(fs, foot, v, nw) ||
	    (varies == VARY_MODE && footrows_share(fs, foot, v)))
		return true;
	return varies != VARY_NOT && bits_meet(rows_of(&fs->of_thread, thread, nw), v, nw);
}

/* Does the step of @s, who sleeps, commute with @q, too?  @of: what comes before that. */
static bool commutes(struct explorer *ex, const struct sleeper *s, const struct newcomer *q,
		     const uint64_t *of)
{
	uint32_t foot;

	if (q->varies != VARY_ANY || !ex->pasts)
		return !may_conflict(&ex->feet, q->foot, q->thread, q->varies, s->foot);
	foot = pasts_next(ex, of, s, q->thread);
	return foot && !footsets_conflict(&ex->feet, foot, s->foot);
}

/* Who sleeps at the node of step @i and conflicts with none of @v? */
INLINE void find_clean(struct explorer *ex, size_t i, const uint64_t *v, struct clean *ret,
		       unsigned nw)
{
	const struct node *n = &ex->nodes[i];

	*ret = (struct clean){ 0 };
	for (uint32_t k = n->sleep_begin; k < n->sleep_end; k++) {
		const struct sleeper *s = &ex->sleepers[k];

		if (footrows_meet(&ex->feet, s->foot, v, nw))
			continue;
		ret->threads |= 1u << s->thread;
		if (k >= n->sleep_old)
			ret->sleepers |= 1u << (k - n->sleep_begin);
	}
}

/* Does the sequence begin in the subtree of somebody who was explored before? */
static bool is_covered(struct explorer *ex, const struct node *n, const struct clean *clean,
		       const struct newcomer *q, const uint64_t *of)
{
	/* A sleeper does not run in v before something has woken it. */
	if (clean->threads >> q->thread & 1)
		return true;
	for (uint32_t m = clean->sleepers; m; m &= m - 1)
		if (commutes(ex, &ex->sleepers[n->sleep_begin + (unsigned)__builtin_ctz(m)], q, of))
			return true;
	return false;
}

/* Can @w surely be the first step of the rest?  Then it is taken off. */
INLINE bool begins(struct explorer *ex, struct wakeup *w, struct rest *r, unsigned nw)
{
	ptrdiff_t first = bits_first(r->v, rows_of(&ex->steps, w->thread, nw), nw);

	if (first >= 0) {
		if (bits_meet(r->v, rows_of(&ex->hb, (size_t)first, nw), nw))
			return false;
		bit_clear(r->v, (size_t)first);
		w->foot = ex->events[first].foot;
		w->varies = VARY_NOT;
		return true;
	}
	if (r->q && r->q->thread == w->thread) {
		/* The same step: it is enough to know it in one of the two places. */
		if (w->varies == VARY_NOT ?
			    footrows_meet(&ex->feet, w->foot, r->v, nw) :
			    may_meet(ex, r->q->foot, w->thread, r->q->varies, r->v, nw))
			return false;
		r->q = NULL;
		return true;
	}
	if (may_meet(ex, w->foot, w->thread, w->varies, r->v, nw))
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
	if (!r->q) {
		pool->v[last].doubtful = r->doubtful;
		return top;
	}
	id = wakeup_new(pool, r->q->thread, r->q->foot, r->q->varies);
	if (!id)
		goto no_memory;
	if (last)
		pool->v[last].child = id;
	pool->v[id].doubtful = r->doubtful;
	return top ? top : id;
no_memory:
	wakeup_free_all(pool, top);
	return 0;
}

/* The steps before @i, and those of @v. */
static const uint64_t *what_comes_before(struct explorer *ex, size_t i, const uint64_t *v)
{
	uint64_t *of = rows_at(&ex->scratch, 1);

	for (unsigned w = 0; w < ex->hb.nw; w++)
		of[w] = v[w] | ~bits_from(w, i);
	return of;
}

/* Where a sequence leaves the tree: behind this sibling, else below this parent, else on top. */
struct fork {
	uint32_t before, parent;
};

/* Go down the tree with the sequence, as far as it leads; false if that is all the way. */
INLINE bool leaves_tree(struct explorer *ex, const struct node *n, struct rest *r, struct fork *at,
			unsigned nw)
{
	const struct wakeups *pool = &ex->wakeups;
	uint32_t id = n->wakeups;

	*at = (struct fork){ 0 };
	while (id) {
		struct wakeup *w = &pool->v[id];

		if (!begins(ex, w, r, nw)) {
			r->doubtful |= w->varies == VARY_ANY || (r->q && r->q->varies == VARY_ANY);
			at->before = id;
			id = w->next;
			continue;
		}
		if (!r->q && !bits_any(r->v, nw))
			return false;
		/* One that may be dropped does not stand for what begins like it. */
		if (!w->child && !w->doubtful)
			return false;
		r->doubtful |= w->doubtful;
		*at = (struct fork){ .parent = id };
		id = w->child;
	}
	return true;
}

static void add_branch(struct explorer *ex, struct node *n, const struct rest *r, struct fork at)
{
	struct wakeups *pool = &ex->wakeups;
	uint32_t branch = new_branch(ex, r);

	if (!branch)
		explorer_stop(ex, -ENOMEM);
	else if (at.before)
		pool->v[at.before].next = branch;
	else if (at.parent)
		pool->v[at.parent].child = branch;
	else
		n->wakeups = branch;
}

/* What @q touches where it would come now, if that is known. */
static void foresee(struct explorer *ex, const uint64_t *of, struct newcomer *q)
{
	uint32_t foot = ex->pasts ? pasts_next(ex, of, NULL, q->thread) : 0;

	if (!foot)
		return;
	q->foot = foot;
	q->varies = VARY_NOT;
}

INLINE void reverse_at(struct explorer *ex, size_t i, const struct event *e, uint64_t *v,
		       bool whole, unsigned nw)
{
	const uint64_t *of = ex->pasts ? what_comes_before(ex, i, v) : NULL;
	struct newcomer q = { e->foot, e->thread, e->varies };
	struct rest r = { .v = v, .q = &q };
	struct node *n = &ex->nodes[i];
	struct event *first = &ex->events[i];
	struct clean here, *clean = whole ? &first->clean : &here;
	struct fork at;

	if (!whole || first->clean_of != ex->paths)
		find_clean(ex, i, v, clean, nw);
	if (whole)
		first->clean_of = ex->paths;
	if (is_covered(ex, n, clean, &q, of))
		return;
	foresee(ex, of, &q);
	/* Who waited may have come behind more than the step that is reversed, which then covers it. */
	if (q.varies == VARY_NOT && !footsets_conflict(&ex->feet, q.foot, first->foot))
		return;
	r.doubtful = e->need.waits && q.varies == VARY_ANY;
	if (leaves_tree(ex, n, &r, &at, nw))
		add_branch(ex, n, &r, at);
}

void reverse(struct explorer *ex, size_t i, const struct event *q, uint64_t *v, bool whole)
{
	if (ex->hb.nw == 1)
		reverse_at(ex, i, q, v, whole, 1);
	else
		reverse_at(ex, i, q, v, whole, ex->hb.nw);
}

/* ------------------------------------------------------------------ once more */

/* Those of the sleepers in @mask, counted from @first, whom the step of @w leaves asleep. */
static uint32_t left_asleep(const struct explorer *ex, uint32_t first, uint32_t mask,
			    const struct wakeup *w)
{
	uint32_t left = mask;

	for (uint32_t m = mask; m; m &= m - 1) {
		unsigned k = (unsigned)__builtin_ctz(m);

		if (ex->sleepers[first + k].thread == w->thread ||
		    footsets_conflict(&ex->feet, ex->sleepers[first + k].foot, w->foot))
			left &= ~(1u << k);
	}
	return left;
}

/* Is @w, the end of a sequence, covered by one of the sleepers?  The path is what is before. */
static bool leaf_is_known(struct explorer *ex, uint32_t first, uint32_t mask, struct wakeup w)
{
	const struct newcomer q = { w.foot, w.thread, w.varies };

	for (uint32_t m = mask; m; m &= m - 1) {
		const struct sleeper *s = &ex->sleepers[first + (unsigned)__builtin_ctz(m)];

		if (s->thread == w.thread || commutes(ex, s, &q, NULL))
			return true;
	}
	return false;
}

/* Drop what is covered of @id and all below; true if nothing is left of it. */
static bool drop_covered(struct explorer *ex, uint32_t first, uint32_t mask, uint32_t id)
{
	struct wakeups *pool = &ex->wakeups;
	struct wakeup w = pool->v[id];
	uint32_t *link = &pool->v[id].child;
	struct past before;

	if (!w.child)
		return w.doubtful && leaf_is_known(ex, first, mask, w);
	if (w.varies == VARY_ANY)
		w.foot = pasts_next(ex, NULL, NULL, w.thread);
	mask = w.foot ? left_asleep(ex, first, mask, &w) : 0;
	if (!mask)
		return false;
	before = pasts_push(ex, w.thread, w.foot);
	while (*link) {
		uint32_t child = *link;

		if (drop_covered(ex, first, mask, child)) {
			*link = pool->v[child].next;
			wakeup_free_all(pool, pool->v[child].child);
			wakeup_free(pool, child);
		} else {
			link = &pool->v[child].next;
		}
	}
	pasts_pop(ex, w.thread, w.foot, before);
	return !pool->v[id].child;
}

bool drop_known(struct explorer *ex, struct node *n)
{
	struct wakeups *pool = &ex->wakeups;
	uint32_t first = n->sleep_own > n->sleep_old ? n->sleep_own : n->sleep_old;
	uint32_t mask = (uint32_t)((1ULL << (n->sleep_end - first)) - 1);

	while (ex->pasts && mask && n->wakeups && drop_covered(ex, first, mask, n->wakeups)) {
		uint32_t id = n->wakeups;

		n->wakeups = pool->v[id].next;
		wakeup_free_all(pool, pool->v[id].child);
		wakeup_free(pool, id);
	}
	return n->wakeups || n->todo;
}

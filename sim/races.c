/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * races.c - which other orders are worth exploring
 *
 * An execution that has ended is looked through for races: a step e and a later
 * step q of another thread that conflict, such that q's thread could have come to
 * q without e.  Let v be all steps behind e that do not follow from e.  They can
 * be taken without e, and touch then what they touched now; after them q can be
 * taken, too, unless it waits for something.  So from the node of e the sequence
 * v q is to be explored (reverse.c says how), unless that is known to be covered.
 *
 * Sets of steps are rows of bits: what precedes a step, what it races with.  If
 * something lies between e and q, then q races with that first; except that q may
 * have waited for what e took, and what lies between is only that it was given back.
 *
 * What q waits for is found by looking at who changed that object: the first such
 * step that is missing in v noted what the object was like before it.
 * Where that is not known the node of e tries all its threads.
 */
#include "await.h"
#include "pasts.h"
#include "reverse.h"
#include "symmetry.h"

/* ------------------------------------------------------------------- memory */

int races_grow(struct explorer *ex)
{
	unsigned nw = (unsigned)((ex->max_depth + 63) / 64);
	size_t keys = ex->feet.rows.nr;

	if (rows_reserve(&ex->hb, ex->max_depth + 1, nw) ||
	    rows_reserve(&ex->apart, ex->max_depth + 1, nw) || rows_reserve(&ex->settled, 1, nw) ||
	    rows_reserve(&ex->steps, SIM_MAX_THREADS, nw) ||
	    rows_reserve(&ex->feet.of_thread, SIM_MAX_THREADS, nw) ||
	    rows_reserve(&ex->scratch, 4, nw) || rows_reserve(&ex->feet.rows, keys, nw))
		return -ENOMEM;
	return 0;
}

void races_free(struct explorer *ex)
{
	free(ex->hb.v);
	free(ex->found);
	free(ex->settled.v);
	free(ex->apart.v);
	free(ex->steps.v);
	free(ex->scratch.v);
	free(ex->held);
	hash_set_free(&ex->touched);
}

static int held_reserve(struct explorer *ex, size_t need)
{
	size_t max = ex->max_held ? ex->max_held * 2 : 1024;
	void *p;

	if (need <= ex->max_held)
		return 0;
	p = realloc(ex->held, max * sizeof(*ex->held));
	if (!p)
		return -ENOMEM;
	ex->held = p;
	ex->max_held = max;
	return 0;
}

/* -------------------------------------------------------------------- events */

/*
 * In a program of fixed steps this tells what the next one touches; 0 if what came
 * before depended on what was found, and so the way here.
 */
static uint64_t place(const struct explorer *ex, const struct sim_thread *t)
{
	int32_t last = ex->last[t->id];
	uint64_t x = (uint64_t)t->id << 32 | (uint64_t)t->op->needs << 8 | t->killable;

	if (last >= 0 && !ex->events[last].own)
		return 0;
	if (last >= 0)
		x += ex->events[last].own;
	if (t->op->obj)
		x ^= sim_obj_key(t->op->obj);
	return sim_splitmix(&x) | 1;
}

/* The same of all that the thread of @e has done. */
static uint64_t own_history(const struct explorer *ex, const struct event *e)
{
	uint64_t x = e->foot;

	if (e->varies > VARY_OWN || (e->prev >= 0 && !ex->events[e->prev].own))
		return 0;
	if (e->prev >= 0)
		x += ex->events[e->prev].own;
	return sim_splitmix(&x) | 1;
}

void races_need(struct explorer *ex, const struct sim_thread *t, struct need *need)
{
	const struct sim_op *op = t->op;

	*need = (struct need){
		.needs = (uint8_t)op->needs,
		.waits = op->enabled,
		.killable = t->killable,
		.killed = t->killed,
		.value = (int64_t)op->arg,
	};
	if (op->kind == SIM_OP_START) {
		/* It waits for its birth. */
		need->waits = true;
		need->met = true;
		need->needs = SIM_NEEDS_EVENT;
		need->key = footkey(&ex->feet, thread_key(t, THREAD_LIFE));
		return;
	}
	if (!op->enabled)
		return;
	need->met = op->enabled(t, op);
	need->place = place(ex, t);
	if (op->needs == SIM_NEEDS_WAKE_UP)
		need->key = footkey(&ex->feet, thread_key(t, THREAD_STATE));
	else if (op->obj)
		need->key = footkey(&ex->feet, sim_obj_key(op->obj));
}

/* Who may have what, as the last step changed it. */
static void note_held(struct explorer *ex, struct event *e, size_t d)
{
	const struct sim *sim = ex->sim;

	e->held = d ? e[-1].held + e[-1].nr_held : 0;
	e->nr_held = 0;
	if (!sim->nr_holds)
		return;
	if (sim->nr_holds > SIM_STEP_HOLDS || held_reserve(ex, e->held + sim->nr_holds)) {
		explorer_stop(ex, -ENOMEM);
		return;
	}
	for (unsigned i = 0; i < sim->nr_holds; i++) {
		const struct hold *h = &sim->holds[i];
		uint32_t key = footkey(&ex->feet, h->key);

		ex->held[e->held + e->nr_held++] =
			(struct held){ key, h->free, h->readers, h->delta, h->value };
		bit_set(footrow(&ex->feet, key, ROW_HOLD), d);
		for (unsigned free = h->free; free; free &= free - 1)
			bit_set(footrow(&ex->feet, key, row_free(free)), d);
	}
}

/* Step @d did not change them after all. */
static void forget_held(struct explorer *ex, const struct event *e, size_t d)
{
	for (const struct held *h = ex->held + e->held; h < ex->held + e->held + e->nr_held; h++) {
		bit_clear(footrow(&ex->feet, h->key, ROW_HOLD), d);
		for (unsigned free = h->free; free; free &= free - 1)
			bit_clear(footrow(&ex->feet, h->key, row_free(free)), d);
	}
}

static void note_touched(struct explorer *ex, const struct event *e)
{
	uint32_t *foot;

	if (!e->need.place || e->varies > VARY_MODE)
		return;
	foot = hash_set_at(&ex->touched, e->need.place);
	if (foot)
		*foot = e->foot << 1 | (e->varies == VARY_MODE);
	else
		explorer_stop(ex, -ENOMEM);
}

/* What precedes step @d; returns what it races with.  @e says what it is. */
INLINE uint64_t *order(struct explorer *ex, size_t d, const struct event *e, unsigned nw)
{
	uint64_t *hb = rows_of(&ex->hb, d, nw), *racing = rows_of(&ex->scratch, 2, nw);

	footrows_conflicts(&ex->feet, e->foot, racing, nw);
	if (e->prev >= 0) {
		bits_copy(hb, rows_of(&ex->hb, (size_t)e->prev, nw), nw);
		bit_set(hb, (size_t)e->prev);
	} else {
		bits_zero(hb, nw);
	}
	bits_and_not(racing, hb, nw);
	for (unsigned w = nw; w-- > 0;) {
		uint64_t direct = 0;

		for (uint64_t m = racing[w] & ~hb[w]; m; m &= ~hb[w]) {
			unsigned i = w * 64 + 63 - (unsigned)__builtin_clzll(m);

			direct |= 1ULL << (i % 64);
			bits_or(hb, rows_of(&ex->hb, i, nw), nw);
			bit_set(hb, i);
		}
		if (!e->need.waits)
			racing[w] = direct;
	}
	return racing;
}

/* ------------------------------------------------ could it have come before? */

/* Take away from @v what follows from step @i. */
static void remove_after(const struct explorer *ex, size_t i, uint64_t *v)
{
	for (unsigned w = (unsigned)(i / 64); w < ex->hb.nw; w++) {
		for (uint64_t m = v[w] & bits_from(w, i + 1); m; m &= m - 1) {
			unsigned bit = (unsigned)__builtin_ctzll(m);

			v[w] &= ~((uint64_t)bit_test(rows_at(&ex->hb, w * 64 + bit), i) << bit);
		}
	}
}

/*
 * All steps behind @i that do not follow from it: found once for each path that ends, and only
 * of those that were taken since it was last found.
 */
INLINE void independent_of(struct explorer *ex, size_t i, uint64_t *v, unsigned nw)
{
	uint64_t *apart = rows_of(&ex->apart, i, nw);
	const uint64_t *hb = ex->hb.v + i / 64;
	struct event *e = &ex->events[i];
	unsigned shift = i % 64;
	size_t d = ex->depth;

	if (e->path != ex->paths) {
		/* What was taken since then comes last. */
		while (d > i + 1 && ex->events[d - 1].born >= e->path)
			d--;
		for (unsigned w = 0; w < nw; w++)
			apart[w] &= bits_from(w, i + 1) & ~bits_from(w, d);
		for (size_t end = ex->depth; end > d;) {
			size_t begin = nw > 1 && end - 1 > (d | 63) ? (end - 1) & ~(size_t)63 : d;
			uint64_t some = 0;

			for (size_t k = end; k-- > begin;)
				some = some << 1 | (~hb[k * nw] >> shift & 1);
			apart[nw > 1 ? begin / 64 : 0] |= some << (begin % 64);
			end = begin;
		}
		e->path = ex->paths;
	}
	bits_copy(v, apart, nw);
}

static const struct held *held_of(const struct explorer *ex, size_t i, uint32_t key)
{
	const struct event *e = &ex->events[i];
	const struct held *h = ex->held + e->held;

	while (h->key != key)
		h++;
	return h;
}

/*
 * The object @key after the steps before @i and those of @v, if that is not what
 * it was when step @j came: one that changed it is missing.
 */
INLINE bool object_differs(const struct explorer *ex, uint32_t key, size_t i, size_t j,
			   const uint64_t *v, struct held *ret, unsigned nw)
{
	const uint64_t *row = ex->feet.rows.v + ((size_t)key * ROWS + ROW_HOLD) * nw;
	size_t first = SIZE_MAX;

	for (unsigned w = 0; w < nw && first == SIZE_MAX; w++) {
		uint64_t m = row[w] & ~v[w] & bits_from(w, i) & ~bits_from(w, j);

		if (m)
			first = w * 64 + (unsigned)__builtin_ctzll(m);
	}
	if (first == SIZE_MAX)
		return false;
	*ret = *held_of(ex, first, key);
	for (unsigned w = 0; w < nw; w++)
		for (uint64_t m = row[w] & v[w] & bits_from(w, first); m; m &= m - 1)
			ret->readers +=
				(uint8_t)held_of(ex, w * 64 + (unsigned)__builtin_ctzll(m), key)
					->delta;
	return true;
}

/* The first step of @v with which @thread takes @key for reading and keeps it; or -1. */
static ptrdiff_t kept(const struct explorer *ex, uint32_t key, unsigned thread, const uint64_t *v)
{
	const uint64_t *row = footrow(&ex->feet, key, ROW_HOLD);
	const uint64_t *steps = rows_at(&ex->steps, thread);
	ptrdiff_t since = -1;
	int depth = 0;

	for (unsigned w = 0; w < ex->hb.nw; w++) {
		for (uint64_t m = row[w] & steps[w] & v[w]; m; m &= m - 1) {
			size_t y = w * 64 + (unsigned)__builtin_ctzll(m);
			int delta = held_of(ex, y, key)->delta;

			if (delta > 0 && depth == 0)
				since = (ptrdiff_t)y;
			depth = depth + delta > 0 ? depth + delta : 0;
			if (depth == 0)
				since = -1;
		}
	}
	return since;
}

/* Leave those out of @v who would still be readers; false if there are none. */
static bool drop_readers(const struct explorer *ex, uint32_t key, uint64_t *v)
{
	bool dropped = false;

	for (unsigned t = 0; t < ex->sim->state->nr_threads; t++) {
		ptrdiff_t y = kept(ex, key, t, v);

		if (y < 0)
			continue;
		bit_clear(v, (size_t)y);
		remove_after(ex, (size_t)y, v);
		dropped = true;
	}
	return dropped;
}

INLINE bool was_killed(const struct explorer *ex, size_t i, size_t j, const struct event *q,
		       const uint64_t *v, unsigned nw)
{
	uint32_t key = footkey_find(&ex->feet, sim_key(SIM_CLASS_THREAD, q->thread, THREAD_SIGNAL));
	struct held h;

	if (key && object_differs(ex, key, i, j, v, &h, nw))
		return h.free & HOLD_EVENT;
	return q->need.killed;
}

/* Its thread comes to @q by the steps of @v, or was there before @i. */
static bool arrives(const struct event *q, size_t i, const uint64_t *v)
{
	return q->prev < (ptrdiff_t)i || bit_test(v, (size_t)q->prev);
}

INLINE bool is_free(const struct explorer *ex, size_t i, size_t j, const struct event *q,
		    uint64_t *v, unsigned nw)
{
	struct held h;

	while (object_differs(ex, q->need.key, i, j, v, &h, nw)) {
		switch (q->need.needs) {
		case SIM_NEEDS_SHARED:
			return h.free & HOLD_SHARED;
		case SIM_NEEDS_NO_WRITER:
			return h.free & HOLD_NO_WRITER;
		case SIM_NEEDS_EXCLUSIVE:
			if (!(h.free & HOLD_NO_WRITER))
				return false;
			if (!h.readers)
				return true;
			/* Readers in v that did not leave are not needed there. */
			if (!drop_readers(ex, q->need.key, v) || !arrives(q, i, v))
				return false;
			break;
		case SIM_NEEDS_VALUE:
			return h.value == q->need.value;
		default:
			return h.free & HOLD_EVENT;
		}
	}
	return q->need.met;
}

/* Somebody's own condition: it is known only where the thread stood there and waited. */
static bool is_enabled(struct explorer *ex, size_t i, size_t j, const struct event *q,
		       const uint64_t *v)
{
	unsigned nw = ex->hb.nw;
	size_t first = SIZE_MAX;

	for (unsigned w = 0; q->need.key && w < nw && first == SIZE_MAX; w++) {
		uint64_t m = 0;

		for (unsigned mode = 0; mode < 4; mode++)
			m |= footrow(&ex->feet, q->need.key, mode)[w];
		m &= ~v[w] & bits_from(w, i) & ~bits_from(w, j);
		if (m)
			first = w * 64 + (unsigned)__builtin_ctzll(m);
	}
	if (q->need.key && first == SIZE_MAX)
		return q->need.met;
	if (first != SIZE_MAX && q->prev < (ptrdiff_t)first &&
	    bit_test(footrow(&ex->feet, q->need.key, SIM_WRITE), first))
		return ex->nodes[first].enabled >> q->thread & 1;
	explorer_tries_all(ex, &ex->nodes[i]);
	return false;
}

/* Can @q be taken after the steps before @i and those of @v, of which some may be left out? */
INLINE bool possible(struct explorer *ex, size_t i, size_t j, const struct event *q, uint64_t *v,
		     unsigned nw)
{
	if (!q->need.waits || (q->need.killable && was_killed(ex, i, j, q, v, nw)))
		return true;
	if (q->need.needs == SIM_NEEDS_UNKNOWN)
		return is_enabled(ex, i, j, q, v);
	return is_free(ex, i, j, q, v, nw);
}

/* Most races with somebody who waits are with those who let him in: those are left out. */
INLINE void leave_out_who_let_in(const struct explorer *ex, const struct event *q, uint64_t *racing,
				 unsigned nw)
{
	static const uint8_t asks[] = {
		[SIM_NEEDS_SHARED] = HOLD_SHARED,       [SIM_NEEDS_NO_WRITER] = HOLD_NO_WRITER,
		[SIM_NEEDS_EXCLUSIVE] = HOLD_NO_WRITER, [SIM_NEEDS_EVENT] = HOLD_EVENT,
		[SIM_NEEDS_WAKE_UP] = HOLD_EVENT,       [SIM_NEEDS_VALUE] = 0,
	};
	uint8_t asked = asks[q->need.needs];
	const uint64_t *held, *free;

	if (!asked || q->need.killable)
		return;
	held = footrow(&ex->feet, q->need.key, ROW_HOLD);
	free = footrow(&ex->feet, q->need.key, row_free(asked));
	for (unsigned w = 0; w < nw; w++)
		racing[w] &= ~(held[w] & ~free[w]);
}

/* -------------------------------------------------------------------- steps */

static int found_reserve(struct explorer *ex, size_t need)
{
	size_t max = ex->max_found ? ex->max_found * 2 : 1024;
	void *p;

	if (need <= ex->max_found)
		return 0;
	while (max < need)
		max *= 2;
	p = realloc(ex->found, max * sizeof(*ex->found));
	if (!p)
		return -ENOMEM;
	ex->found = p;
	ex->max_found = max;
	return 0;
}

/* The races of step @d that can be reversed, as far as that is told by what came before it. */
INLINE void note_races(struct explorer *ex, size_t d, struct event *e, uint64_t *racing,
		       unsigned nw)
{
	e->found = (uint32_t)ex->nr_found;
	if (found_reserve(ex, ex->nr_found + d)) {
		explorer_stop(ex, -ENOMEM);
		return;
	}
	if (e->need.waits)
		leave_out_who_let_in(ex, e, racing, nw);
	for (unsigned w = 0; w < nw; w++) {
		for (uint64_t m = racing[w]; m; m &= m - 1) {
			size_t i = w * 64 + (unsigned)__builtin_ctzll(m);

			if (!ex->nodes[i].full)
				ex->found[ex->nr_found++] =
					(struct race){ (uint32_t)i, (uint32_t)d };
		}
	}
}

void races_step(struct explorer *ex)
{
	size_t d = ex->depth - 1;
	const struct node *n = &ex->nodes[d];
	struct event *e = &ex->events[d];
	unsigned nw = ex->hb.nw;

	e->thread = n->pick;
	e->prev = ex->last[n->pick];
	e->foot = n->foot;
	e->varies = ex->cfg->fixed_steps ? (uint8_t)ex->sim->varies : VARY_ANY;
	e->path = e->clean_of = 0;
	e->born = ex->paths;
	if (ex->pasts)
		pasts_step(ex, e);
	e->own = own_history(ex, e);
	note_held(ex, e, d);
	note_touched(ex, e);
	if (nw == 1)
		note_races(ex, d, e, order(ex, d, e, 1), 1);
	else
		note_races(ex, d, e, order(ex, d, e, nw), nw);
	footrows_set(&ex->feet, e->foot, d);
	if (ex->pasts)
		pasts_learn(ex, e);
	bit_set(rows_at(&ex->steps, e->thread), d);
	ex->last[e->thread] = (int32_t)d;
}

void races_undo(struct explorer *ex)
{
	size_t d = ex->depth - 1;
	const struct event *e = &ex->events[d];

	ex->last[e->thread] = e->prev;
	ex->nr_found = e->found;
	if (d < ex->unchanged)
		ex->unchanged = d;
	bits_and(ex->settled.v, rows_at(&ex->hb, d), ex->hb.nw);
	footrows_clear(&ex->feet, e->foot, d);
	if (ex->pasts)
		pasts_undo(ex, e);
	forget_held(ex, e, d);
	bit_clear(rows_at(&ex->steps, e->thread), d);
}

/* ------------------------------------------------------------ all of the path */

INLINE void reverse_race_of(struct explorer *ex, size_t i, size_t j, const struct event *q,
			    unsigned nw)
{
	uint64_t *v = ex->scratch.v;

	independent_of(ex, i, v, nw);
	if (symmetry_allows(ex, i, j, q->thread, v) && possible(ex, i, j, q, v, nw))
		reverse(ex, i, q, v, !bits_differ(v, rows_of(&ex->apart, i, nw), nw));
}

static void reverse_race(struct explorer *ex, size_t i, size_t j, const struct event *q)
{
	if (ex->hb.nw == 1)
		reverse_race_of(ex, i, j, q, 1);
	else
		reverse_race_of(ex, i, j, q, ex->hb.nw);
}

/* What a thread that cannot go on would touch if it could. */
static void blocked_footprint(struct sim *sim, const struct sim_thread *t)
{
	enum sim_mode mode = t->op->needs == SIM_NEEDS_SHARED ? SIM_READ : SIM_WRITE;

	footprint_begin(sim);
	if (t->op->kind == SIM_OP_WAIT)
		sim_touch(sim, thread_key(t, THREAD_STATE), SIM_WRITE);
	if (t->op->obj)
		sim_touch(sim, sim_obj_key(t->op->obj), mode);
	if (t->killable)
		sim_touch(sim, thread_key(t, THREAD_SIGNAL), SIM_READ);
}

/* A thread that is blocked takes part as a step behind the last. */
static void reverse_blocked(struct explorer *ex, const struct sim_thread *t)
{
	struct event *q = &ex->events[ex->depth];
	const uint32_t *known;

	ex->sim->in_step = true;
	blocked_footprint(ex->sim, t);
	ex->sim->in_step = false;
	q->thread = t->id;
	q->prev = ex->last[t->id];
	q->foot = footset(&ex->feet, ex->sim->fp.v, ex->sim->fp.nr);
	races_need(ex, t, &q->need);
	/* What else it touches behind its operation may have been seen elsewhere. */
	q->varies = VARY_ANY;
	known = q->need.place ? hash_set_at(&ex->touched, q->need.place) : NULL;
	if (known && *known) {
		q->foot = *known >> 1;
		q->varies = *known & 1 ? VARY_MODE : VARY_OWN;
	}
	note_races(ex, ex->depth, q, order(ex, ex->depth, q, ex->hb.nw), ex->hb.nw);
	for (size_t k = q->found; k < ex->nr_found; k++)
		if (!ex->nodes[ex->found[k].first].full)
			reverse_race(ex, ex->found[k].first, ex->depth, q);
	ex->nr_found = q->found;
}

/*
 * What can be done about a race with step i is a matter of the steps before i and of those
 * that do not follow from it.  If all steps that were undone since the last path ended, and all
 * that came instead, follow from i, then nothing has changed for its races that were there.
 */
static void settle(struct explorer *ex)
{
	for (size_t d = ex->unchanged; d < ex->depth; d++)
		bits_and(ex->settled.v, rows_at(&ex->hb, d), ex->hb.nw);
}

static void reverse_found(struct explorer *ex)
{
	for (size_t k = 0; k < ex->nr_found; k++) {
		const struct race r = ex->found[k];

		if (ex->nodes[r.first].full ||
		    (r.second < ex->unchanged && bit_test(ex->settled.v, r.first)))
			continue;
		reverse_race(ex, r.first, r.second, &ex->events[r.second]);
	}
}

void races_end(struct explorer *ex)
{
	const struct sim *sim = ex->sim;

	ex->paths++;
	settle(ex);
	reverse_found(ex);
	if (!sim->ended)
		for (uint32_t m = sim_blocked(sim) & ~await_parked(ex); m; m &= m - 1)
			reverse_blocked(ex, sim->state->threads[__builtin_ctz(m)]);
	ex->unchanged = ex->depth;
	bits_fill(ex->settled.v, ex->hb.nw);
}

void races_cut(struct explorer *ex)
{
	for (size_t i = 0; i < ex->depth; i++)
		explorer_tries_all(ex, &ex->nodes[i]);
}

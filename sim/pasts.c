/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pasts.c - steps known by what came before them
 *
 * The hash of a step is made of its footprint, of its thread's step before it, and for
 * each thing that it touches of the sum of all steps before that touched it so that the
 * two conflict.  A sum knows no order, but those of its steps that conflict have each
 * other in their own hashes.
 *
 * Memory has a bound, since there are as many steps as time.  Of the hashes some get
 * lost then, and what ways threads can go is not learned any more: what is not known
 * is no error, it only costs the search a prefix that it gives up.
 */
#include "pasts.h"

#define FIRST_KNOWN 4096
#define MOST_KNOWN  (1u << 22)
#define MOST_NEXTS  (1u << 18)

static uint64_t mix(uint64_t x)
{
	x = (x ^ x >> 32) * 0xd6e8feb86659fd93ULL;
	x = (x ^ x >> 32) * 0xd6e8feb86659fd93ULL;
	return x ^ x >> 32;
}

int pasts_init(struct explorer *ex)
{
	struct pasts *p = calloc(1, sizeof(*p));

	ex->pasts = p;
	if (!p)
		return -ENOMEM;
	p->nr_nexts = 1;
	p->max_known = FIRST_KNOWN;
	p->known = calloc(p->max_known, sizeof(*p->known));
	return p->known ? 0 : -ENOMEM;
}

void pasts_free(struct explorer *ex)
{
	struct pasts *p = ex->pasts;

	if (!p)
		return;
	free(p->sums);
	free(p->known);
	free(p->nexts);
	hash_set_free(&p->ways);
	free(p);
}

/* --------------------------------------------------------------- known steps */

static size_t place_of(const struct pasts *p, uint64_t past)
{
	return (past ^ past >> 32) & (p->max_known - 1);
}

/* Where @past is, or would be put. */
static uint64_t *find_known(const struct pasts *p, uint64_t past)
{
	size_t i = place_of(p, past);

	while (p->known[i] && p->known[i] != past)
		i = (i + 1) & (p->max_known - 1);
	return &p->known[i];
}

static bool is_known(const struct pasts *p, uint64_t past)
{
	return *find_known(p, past);
}

/* Twice the size; false if it stays as it is. */
static bool known_grow(struct pasts *p)
{
	struct pasts bigger = { .max_known = p->max_known * 2 };

	if (p->max_known == MOST_KNOWN)
		return false;
	bigger.known = calloc(bigger.max_known, sizeof(*bigger.known));
	if (!bigger.known)
		return false;
	for (size_t i = 0; i < p->max_known; i++)
		if (p->known[i])
			*find_known(&bigger, p->known[i]) = p->known[i];
	free(p->known);
	p->known = bigger.known;
	p->max_known = bigger.max_known;
	return true;
}

/*
 * Where there is no more room the one in its place makes way: none behind it gets lost.  Some
 * places stay empty, or no search would end.
 */
static void learn_known(struct pasts *p, uint64_t past)
{
	uint64_t *at = find_known(p, past);

	if (p->nr_known * 2 >= p->max_known) {
		at = known_grow(p) ? find_known(p, past) : &p->known[place_of(p, past)];
		if (!*at && p->nr_known >= p->max_known / 4 * 3)
			return;
	}
	p->nr_known += !*at;
	*at = past;
}

/* ---------------------------------------------------------- ways of a thread */

static uint64_t way(struct past last, unsigned thread)
{
	return mix(last.own + thread + 1);
}

/* After @last its thread touched @foot. */
static int learn_next(struct pasts *p, uint64_t way, uint32_t foot)
{
	uint32_t *first, id;

	if (p->nr_nexts == MOST_NEXTS)
		return 0;
	first = hash_set_at(&p->ways, way);
	if (!first)
		return -ENOMEM;
	for (id = *first; id; id = p->nexts[id].next)
		if (p->nexts[id].foot == foot)
			return 0;
	if (p->nr_nexts >= p->max_nexts) {
		uint32_t max = p->max_nexts ? p->max_nexts * 2 : 256;
		void *v = realloc(p->nexts, max * sizeof(*p->nexts));

		if (!v)
			return -ENOMEM;
		p->nexts = v;
		p->max_nexts = max;
	}
	p->nexts[p->nr_nexts] = (struct next){ foot, *first };
	*first = p->nr_nexts++;
	return 0;
}

/* --------------------------------------------------------------------- pasts */

/* A state: after the steps @of, and that of @s. */
struct moment {
	const uint64_t *of;
	const struct sleeper *s;
	uint64_t s_past;
};

static uint64_t sum_of_path(const struct pasts *p, const struct footacc *a)
{
	const uint64_t *sum = p->sums[a->key];

	switch (a->mode) {
	case SIM_PART_READ:
		return sum[SIM_WRITE];
	case SIM_PART_WRITE:
		return sum[SIM_WRITE] + sum[SIM_READ];
	case SIM_READ:
		return sum[SIM_WRITE] + sum[SIM_PART_WRITE];
	default:
		return sum[SIM_WRITE] + sum[SIM_READ] + sum[SIM_PART_WRITE] + sum[SIM_PART_READ];
	}
}

static uint64_t sum_of(const struct explorer *ex, const uint64_t *of, const struct footacc *a)
{
	uint64_t sum = 0;

	for (unsigned w = 0; w < ex->hb.nw; w++)
		for (uint64_t m = footkey_conflicts(&ex->feet, a, w, ex->hb.nw) & of[w]; m;
		     m &= m - 1)
			sum += ex->events[w * 64 + (unsigned)__builtin_ctzll(m)].past.all;
	return sum;
}

/* The past of @thread's next step, which touches @foot, in a state. */
static uint64_t past_at(const struct explorer *ex, const struct moment *m, unsigned thread,
			struct past last, uint32_t foot)
{
	const struct footsets *fs = &ex->feet;
	const struct footset *f = &fs->sets[foot];
	const struct footacc *a = fs->accs + f->first;
	bool meets_s = m->s && footsets_conflict(fs, foot, m->s->foot);
	uint64_t x = last.all + thread + 1;

	for (uint32_t i = 0; i < f->nr; i++) {
		uint64_t sum = m->of ? sum_of(ex, m->of, &a[i]) : sum_of_path(ex->pasts, &a[i]);

		if (meets_s && footset_conflicts_at(fs, m->s->foot, &a[i]))
			sum += m->s_past;
		x += mix((uint64_t)a[i].key << 2 ^ a[i].mode ^ sum * 0x9e3779b97f4a7c15ULL);
	}
	return mix(x) | 1;
}

static int sums_grow(struct pasts *p, size_t nr)
{
	size_t max = p->nr_sums ? p->nr_sums : 256;
	uint64_t(*v)[4];

	while (max < nr)
		max *= 2;
	v = realloc(p->sums, max * sizeof(*v));
	if (!v)
		return -ENOMEM;
	memset(v + p->nr_sums, 0, (max - p->nr_sums) * sizeof(*v));
	p->sums = v;
	p->nr_sums = max;
	return 0;
}

static int sums_ready(struct explorer *ex)
{
	if (likely(ex->feet.nr_keys <= ex->pasts->nr_sums))
		return 0;
	return sums_grow(ex->pasts, ex->feet.nr_keys);
}

/* To the sums of what @foot touches, or off them. */
static void add(struct explorer *ex, uint32_t foot, uint64_t n)
{
	const struct footset *f = &ex->feet.sets[foot];
	const struct footacc *a = ex->feet.accs + f->first;

	for (uint32_t i = 0; i < f->nr; i++)
		ex->pasts->sums[a[i].key][a[i].mode] += n;
}

struct past pasts_push(struct explorer *ex, unsigned thread, uint32_t foot)
{
	static const struct moment now = { 0 };
	struct past before = ex->pasts->last[thread];
	struct past *last = &ex->pasts->last[thread];

	last->all = past_at(ex, &now, thread, before, foot);
	last->own = mix(before.own + foot);
	add(ex, foot, last->all);
	return before;
}

void pasts_pop(struct explorer *ex, unsigned thread, uint32_t foot, struct past before)
{
	add(ex, foot, -ex->pasts->last[thread].all);
	ex->pasts->last[thread] = before;
}

/* What the thread of @e had done before. */
static struct past before(const struct explorer *ex, const struct event *e)
{
	static const struct past none = { 0 };

	return e->prev >= 0 ? ex->events[e->prev].past : none;
}

void pasts_step(struct explorer *ex, struct event *e)
{
	struct pasts *p = ex->pasts;

	if (sums_ready(ex)) {
		explorer_stop(ex, -ENOMEM);
		return;
	}
	pasts_push(ex, e->thread, e->foot);
	e->past = p->last[e->thread];
	__builtin_prefetch(&p->known[place_of(p, e->past.all)]);
}

void pasts_learn(struct explorer *ex, const struct event *e)
{
	struct pasts *p = ex->pasts;

	if (is_known(p, e->past.all))
		return;
	learn_known(p, e->past.all);
	if (learn_next(p, way(before(ex, e), e->thread), e->foot))
		explorer_stop(ex, -ENOMEM);
}

void pasts_undo(struct explorer *ex, const struct event *e)
{
	pasts_pop(ex, e->thread, e->foot, before(ex, e));
}

/* ------------------------------------------------------------------- answers */

static struct past last_of(const struct explorer *ex, const uint64_t *of, unsigned thread)
{
	const uint64_t *steps = rows_at(&ex->steps, thread);
	unsigned w = ex->hb.nw;

	if (!of)
		return ex->pasts->last[thread];
	while (w-- > 0)
		if (steps[w] & of[w])
			return ex->events[w * 64 + 63 - (unsigned)__builtin_clzll(steps[w] & of[w])]
				.past;
	return (struct past){ 0 };
}

uint32_t pasts_next(struct explorer *ex, const uint64_t *of, const struct sleeper *s,
		    unsigned thread)
{
	const struct past last = last_of(ex, of, thread);
	const struct pasts *p = ex->pasts;
	struct moment m = { .of = of };
	const uint32_t *first = hash_set_find(&p->ways, way(last, thread));

	if (!first || sums_ready(ex))
		return 0;
	if (s) {
		m.s_past = past_at(ex, &m, s->thread, last_of(ex, of, s->thread), s->foot);
		m.s = s;
	}
	for (uint32_t id = *first; id; id = p->nexts[id].next)
		if (is_known(p, past_at(ex, &m, thread, last, p->nexts[id].foot)))
			return p->nexts[id].foot;
	return 0;
}

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * footprint.c - what a step touched
 *
 * A footprint is a small set of (key, mode).  One key has one mode, the join of
 * all its touches.  The signature holds a bit for each key: two footprints with
 * disjoint signatures have nothing in common, which is most of all questions.
 */
#include <stdlib.h>

#include "sim_internal.h"

/* Up to here a key is looked for; longer footprints are sorted when they end. */
#define SEARCHED 32

static const uint8_t conflicts[4] = {
	[SIM_PART_READ] = 1 << SIM_WRITE,
	[SIM_PART_WRITE] = 1 << SIM_READ | 1 << SIM_WRITE,
	[SIM_READ] = 1 << SIM_PART_WRITE | 1 << SIM_WRITE,
	[SIM_WRITE] = 1 << SIM_PART_READ | 1 << SIM_PART_WRITE | 1 << SIM_READ | 1 << SIM_WRITE,
};

bool modes_conflict(unsigned a, unsigned b)
{
	return conflicts[a] >> b & 1;
}

static unsigned join(unsigned a, unsigned b)
{
	unsigned lo = a < b ? a : b, hi = a < b ? b : a;

	/* The modes are a chain but for these two, of which neither holds the other. */
	return lo == SIM_PART_WRITE && hi == SIM_READ ? SIM_WRITE : hi;
}

static uint64_t sig_bit(uint64_t key)
{
	return 1ULL << (key * 0x9e3779b97f4a7c15ULL >> 58);
}

static bool footprints_grow(struct footprints *fp)
{
	size_t max = fp->max ? fp->max * 2 : 1024;
	struct access *v = realloc(fp->v, max * sizeof(*v));

	if (!v) {
		fp->failed = true;
		return false;
	}
	fp->v = v;
	fp->max = max;
	return true;
}

void footprint_begin(struct sim *sim, uint32_t first)
{
	sim->fp.cur = (struct footprint){ .first = first };
}

static struct access *find(const struct footprints *fp, uint64_t key)
{
	const struct footprint *f = &fp->cur;

	for (uint32_t i = f->nr; i-- > 0;)
		if (fp->v[f->first + i].key == key)
			return &fp->v[f->first + i];
	return NULL;
}

void sim_touch(struct sim *sim, uint64_t key, enum sim_mode mode)
{
	struct footprints *fp = &sim->fp;
	struct footprint *f = &fp->cur;
	struct access *a;
	uint64_t bit;

	if (!sim->in_step || sim->plain)
		return;
	bit = sig_bit(key);
	if (mode == SIM_WRITE || mode == SIM_PART_WRITE)
		f->write_sig |= bit;
	if (f->sig & bit && f->nr <= SEARCHED) {
		a = find(fp, key);
		if (a) {
			a->mode = join(a->mode, mode);
			return;
		}
	}
	if (f->first + f->nr == fp->max && !footprints_grow(fp))
		return;
	fp->v[f->first + f->nr++] = (struct access){ key, mode };
	f->sig |= bit;
}

static int by_key(const void *pa, const void *pb)
{
	const struct access *a = pa, *b = pb;

	return (a->key > b->key) - (a->key < b->key);
}

/* Make a long footprint a sorted set. */
void footprint_end(struct sim *sim)
{
	struct footprint *f = &sim->fp.cur;
	struct access *v;
	uint32_t nr = 1;

	if (f->nr <= SEARCHED)
		return;
	v = sim->fp.v + f->first;
	qsort(v, f->nr, sizeof(*v), by_key);
	for (uint32_t i = 1; i < f->nr; i++) {
		if (v[i].key == v[nr - 1].key)
			v[nr - 1].mode = join(v[nr - 1].mode, v[i].mode);
		else
			v[nr++] = v[i];
	}
	f->nr = nr;
}

static bool merge_conflicts(const struct access *a, uint32_t na, const struct access *b,
			    uint32_t nb)
{
	uint32_t i = 0, j = 0;

	while (i < na && j < nb) {
		if (a[i].key == b[j].key) {
			if (modes_conflict(a[i].mode, b[j].mode))
				return true;
			i++;
			j++;
		} else if (a[i].key < b[j].key) {
			i++;
		} else {
			j++;
		}
	}
	return false;
}

static bool any_conflict(const struct access *a, uint32_t na, const struct access *b, uint32_t nb,
			 uint64_t sig)
{
	for (uint32_t i = 0; i < na; i++) {
		if (!(sig_bit(a[i].key) & sig))
			continue;
		for (uint32_t j = 0; j < nb; j++)
			if (a[i].key == b[j].key && modes_conflict(a[i].mode, b[j].mode))
				return true;
	}
	return false;
}

bool footprints_conflict(const struct footprints *fp, const struct footprint *a,
			 const struct footprint *b)
{
	const struct access *va = fp->v + a->first, *vb = fp->v + b->first;

	if (!footprints_may_conflict(a, b))
		return false;
	if (a->nr > SEARCHED && b->nr > SEARCHED)
		return merge_conflicts(va, a->nr, vb, b->nr);
	return any_conflict(va, a->nr, vb, b->nr, b->sig);
}

bool footprint_is_local(const struct footprints *fp, const struct footprint *f, unsigned thread)
{
	uint64_t life = sim_key(SIM_CLASS_THREAD, thread, THREAD_LIFE);
	const struct access *v = fp->v + f->first;

	return f->nr == 0 || (f->nr == 1 && v->key == life && v->mode == SIM_READ);
}

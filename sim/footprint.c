/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * footprint.c - what a step touched
 *
 * A footprint is a small set of (key, mode).  One key has one mode, the join of
 * all its touches.  The signature holds a bit for each key.
 */
#include <stdlib.h>

#include "sim_internal.h"

/* Up to here a key is looked for; longer footprints are sorted when they end. */
#define SEARCHED 32

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
	uint32_t max = fp->max ? fp->max * 2 : 1024;
	struct access *v = realloc(fp->v, max * sizeof(*v));

	if (!v) {
		fp->failed = true;
		return false;
	}
	fp->v = v;
	fp->max = max;
	return true;
}

void footprint_begin(struct sim *sim)
{
	sim->fp.nr = 0;
	sim->fp.sig = 0;
	sim->nr_holds = 0;
	sim->varies = VARY_OWN;
}

static struct access *find(const struct footprints *fp, uint64_t key)
{
	for (uint32_t i = fp->nr; i-- > 0;)
		if (fp->v[i].key == key)
			return &fp->v[i];
	return NULL;
}

void sim_touch(struct sim *sim, uint64_t key, enum sim_mode mode)
{
	struct footprints *fp = &sim->fp;
	struct access *a;
	uint64_t bit;

	if (!sim->in_step || sim->plain)
		return;
	bit = sig_bit(key);
	if (fp->sig & bit && fp->nr <= SEARCHED) {
		a = find(fp, key);
		if (a) {
			a->mode = join(a->mode, mode);
			return;
		}
	}
	if (fp->nr == fp->max && !footprints_grow(fp))
		return;
	fp->v[fp->nr++] = (struct access){ key, mode };
	fp->sig |= bit;
}

static void hold(struct sim *sim, struct hold h)
{
	if (!sim->in_step || sim->plain)
		return;
	for (unsigned i = 0; i < sim->nr_holds && i < SIM_STEP_HOLDS; i++) {
		if (sim->holds[i].key == h.key) {
			sim->holds[i].delta += h.delta;
			return;
		}
	}
	/* The number says that there was no room. */
	if (sim->nr_holds < SIM_STEP_HOLDS)
		sim->holds[sim->nr_holds] = h;
	sim->nr_holds++;
}

void sim_hold(struct sim *sim, uint64_t key, unsigned free, unsigned readers, int delta)
{
	hold(sim, (struct hold){
			  .key = key,
			  .free = (uint8_t)free,
			  .readers = (uint8_t)readers,
			  .delta = (int8_t)delta,
		  });
}

void sim_hold_value(struct sim *sim, uint64_t key, int64_t before)
{
	hold(sim, (struct hold){ .key = key, .value = before });
}

void sim_shares(const struct sim_obj *obj, unsigned nr, int delta)
{
	sim_hold(obj->sim, sim_obj_key(obj), HOLD_SHARED | HOLD_NO_WRITER, nr, delta);
}

void sim_happens(const struct sim_obj *obj, bool happened)
{
	sim_hold(obj->sim, sim_obj_key(obj), happened ? HOLD_EVENT : 0, 0, 0);
}

static int by_key(const void *pa, const void *pb)
{
	const struct access *a = pa, *b = pb;

	return (a->key > b->key) - (a->key < b->key);
}

/* Make a long footprint a sorted set. */
void footprint_end(struct sim *sim)
{
	struct footprints *f = &sim->fp;
	struct access *v = f->v;
	uint32_t nr = 1;

	if (f->nr <= SEARCHED)
		return;
	qsort(v, f->nr, sizeof(*v), by_key);
	for (uint32_t i = 1; i < f->nr; i++) {
		if (v[i].key == v[nr - 1].key)
			v[nr - 1].mode = join(v[nr - 1].mode, v[i].mode);
		else
			v[nr++] = v[i];
	}
	f->nr = nr;
}

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * footset.h - footprints as numbers
 *
 * The search keeps many footprints and compares them all the time, but a program
 * has few different ones.  Each gets a number; each key gets one, too, and with it
 * a row of bits for each way it can be touched: which steps of the path did.
 */
#ifndef SIM_FOOTSET_H
#define SIM_FOOTSET_H

#include "bits.h"
#include "sim_internal.h"

/** (the number of a key, how it is touched) */
struct footacc {
	uint32_t key, mode;
};

struct footset {
	uint64_t sig, write_sig;
	uint32_t first, nr; /* of footsets.accs */
	uint32_t next;      /* with the same hash, or 0 */
	uint32_t hash;
	uint32_t threads;   /* of whom it touches what others see of them */
};

/*
 * Rows of a key: one for each mode, the steps that changed who may have it, and those of them
 * that found it free in one way or another.
 */
#define ROW_HOLD 4
#define ROW_FREE 5
#define ROWS 8

/** The row for the lowest of HOLD_... in @free. */
static inline unsigned row_free(unsigned free)
{
	return ROW_FREE + (unsigned)__builtin_ctz(free);
}

struct footsets {
	struct footset *sets; /* from 1 */
	uint32_t nr_sets, max_sets;
	uint32_t *heads;
	uint32_t nr_heads;
	struct footacc *accs;
	uint32_t nr_accs, max_accs;
	uint64_t *keys; /* from 1 */
	uint32_t nr_keys, max_keys;
	uint32_t *key_slots;
	uint32_t nr_key_slots;
	struct rows rows; /* ROWS for each key */
	struct rows of_thread; /* for each thread: steps whose footset.threads has it */
	struct access *list;
	uint32_t max_list;
};

int footsets_init(struct footsets *fs);
void footsets_free(struct footsets *fs);
/** The number of a key; 0 without memory. */
uint32_t footkey(struct footsets *fs, uint64_t key);
/** The number of a key that was touched before, or 0. */
uint32_t footkey_find(const struct footsets *fs, uint64_t key);
/** The number of a set of accesses; 0 without memory. */
uint32_t footset(struct footsets *fs, const struct access *v, uint32_t nr);
/** Its accesses, as they were given, until the next such call; NULL without memory. */
const struct access *footset_list(struct footsets *fs, uint32_t id, uint32_t *nr);

bool footsets_conflict_slow(const struct footsets *fs, uint32_t a, uint32_t b);
static inline bool footsets_conflict(const struct footsets *fs, uint32_t a, uint32_t b)
{
	const struct footset *fa = &fs->sets[a], *fb = &fs->sets[b];

	return ((fa->write_sig & fb->sig) | (fa->sig & fb->write_sig)) &&
	       footsets_conflict_slow(fs, a, b);
}
/** Do they conflict by the key of @a, one of the accesses of another? */
bool footset_conflicts_at(const struct footsets *fs, uint32_t id, const struct footacc *a);
/** Have they a key in common at all? */
bool footsets_meet(const struct footsets *fs, uint32_t a, uint32_t b);
/** Does @id touch @key in whatever way? */
bool footset_touches(const struct footsets *fs, uint32_t id, uint64_t key);
/** Nothing that another thread could ever touch. */
bool footset_is_local(const struct footsets *fs, uint32_t id, unsigned thread);

static inline uint64_t *footrow(const struct footsets *fs, uint32_t key, unsigned row)
{
	return rows_at(&fs->rows, (size_t)key * ROWS + row);
}

/** Step @d of the path touched @id, or did not after all. */
void footrows_set(struct footsets *fs, uint32_t id, size_t d);
void footrows_clear(struct footsets *fs, uint32_t id, size_t d);
/** The steps in word @w of the path whose touch of the key of @a conflicts with it. */
static inline uint64_t footkey_conflicts(const struct footsets *fs, const struct footacc *a,
					 unsigned w, unsigned nw)
{
	const uint64_t *r = fs->rows.v + (size_t)a->key * ROWS * nw + w;
	uint64_t x = r[SIM_WRITE * nw];

	if (a->mode == SIM_WRITE)
		return x | r[SIM_PART_READ * nw] | r[SIM_PART_WRITE * nw] | r[SIM_READ * nw];
	if (a->mode == SIM_PART_WRITE)
		x |= r[SIM_READ * nw];
	if (a->mode == SIM_READ)
		x |= r[SIM_PART_WRITE * nw];
	return x;
}

/** The steps of the path that conflict with @id, into @to. */
static inline void footrows_conflicts(const struct footsets *fs, uint32_t id, uint64_t *to,
				      unsigned nw)
{
	const struct footset *f = &fs->sets[id];
	const struct footacc *a = fs->accs + f->first;

	bits_zero(to, nw);
	for (uint32_t i = 0; i < f->nr; i++)
		for (unsigned w = 0; w < nw; w++)
			to[w] |= footkey_conflicts(fs, &a[i], w, nw);
}

/** Is one of the steps @of among them? */
static inline bool footrows_meet(const struct footsets *fs, uint32_t id, const uint64_t *of,
				 unsigned nw)
{
	const struct footset *f = &fs->sets[id];
	const struct footacc *a = fs->accs + f->first;

	for (uint32_t i = 0; i < f->nr; i++)
		for (unsigned w = 0; w < nw; w++)
			if (footkey_conflicts(fs, &a[i], w, nw) & of[w])
				return true;
	return false;
}

/** Has one of the steps @of touched a key of @id in whatever way? */
bool footrows_share(const struct footsets *fs, uint32_t id, const uint64_t *of);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * footset.c - footprints as numbers
 */
#include "footset.h"

static uint64_t mix(uint64_t x)
{
	x *= 0x9e3779b97f4a7c15ULL;
	return x ^ x >> 29;
}

static uint64_t sig_bit(uint64_t key)
{
	return 1ULL << (key * 0x9e3779b97f4a7c15ULL >> 58);
}

/* Room for one more element of @size behind @nr. */
static int grow(void *pv, uint32_t *max, uint32_t need, size_t size)
{
	void *p, **v = pv;
	uint32_t m = *max ? *max : 256;

	if (need <= *max)
		return 0;
	while (m < need)
		m *= 2;
	p = realloc(*v, m * size);
	if (!p)
		return -ENOMEM;
	*v = p;
	*max = m;
	return 0;
}

int footsets_init(struct footsets *fs)
{
	*fs = (struct footsets){ .nr_sets = 1, .nr_keys = 1, .nr_heads = 1024, .nr_key_slots = 1024 };
	fs->heads = calloc(fs->nr_heads, sizeof(*fs->heads));
	fs->key_slots = calloc(fs->nr_key_slots, sizeof(*fs->key_slots));
	if (!fs->heads || !fs->key_slots || grow(&fs->sets, &fs->max_sets, 1, sizeof(*fs->sets)) ||
	    grow(&fs->keys, &fs->max_keys, 1, sizeof(*fs->keys)) ||
	    rows_reserve(&fs->rows, 256 * ROWS, 1))
		return -ENOMEM;
	return 0;
}

void footsets_free(struct footsets *fs)
{
	free(fs->sets);
	free(fs->heads);
	free(fs->accs);
	free(fs->keys);
	free(fs->key_slots);
	free(fs->list);
	free(fs->rows.v);
	free(fs->of_thread.v);
}

/* --------------------------------------------------------------------- keys */

static uint32_t *key_slot(const struct footsets *fs, uint64_t key)
{
	uint32_t mask = fs->nr_key_slots - 1, i = (uint32_t)(mix(key) >> 16) & mask;

	while (fs->key_slots[i] && fs->keys[fs->key_slots[i]] != key)
		i = (i + 1) & mask;
	return &fs->key_slots[i];
}

static int key_slots_grow(struct footsets *fs)
{
	uint32_t *old = fs->key_slots;
	uint32_t *v = calloc((size_t)fs->nr_key_slots * 2, sizeof(*v));

	if (!v)
		return -ENOMEM;
	fs->key_slots = v;
	fs->nr_key_slots *= 2;
	for (uint32_t i = 1; i < fs->nr_keys; i++)
		*key_slot(fs, fs->keys[i]) = i;
	free(old);
	return 0;
}

uint32_t footkey_find(const struct footsets *fs, uint64_t key)
{
	return *key_slot(fs, key);
}

uint32_t footkey(struct footsets *fs, uint64_t key)
{
	uint32_t id = *key_slot(fs, key);
	size_t rows = fs->rows.nr;

	if (id)
		return id;
	if (grow(&fs->keys, &fs->max_keys, fs->nr_keys + 1, sizeof(*fs->keys)))
		return 0;
	if ((fs->nr_keys + 1) * 2 > fs->nr_key_slots && key_slots_grow(fs))
		return 0;
	while ((size_t)(fs->nr_keys + 1) * ROWS > rows)
		rows *= 2;
	if (rows_reserve(&fs->rows, rows, fs->rows.nw))
		return 0;
	id = fs->nr_keys++;
	fs->keys[id] = key;
	*key_slot(fs, key) = id;
	return id;
}

/* --------------------------------------------------------------------- sets */

static bool is_set(const struct footsets *fs, uint32_t id, const struct access *v, uint32_t nr)
{
	const struct footset *f = &fs->sets[id];
	const struct footacc *a = fs->accs + f->first;

	if (f->nr != nr)
		return false;
	for (uint32_t i = 0; i < nr; i++)
		if (a[i].mode != v[i].mode || fs->keys[a[i].key] != v[i].key)
			return false;
	return true;
}

static int heads_grow(struct footsets *fs)
{
	uint32_t nr = fs->nr_heads * 2;
	uint32_t *v = calloc(nr, sizeof(*v));

	if (!v)
		return -ENOMEM;
	for (uint32_t i = 1; i < fs->nr_sets; i++) {
		fs->sets[i].next = v[fs->sets[i].hash & (nr - 1)];
		v[fs->sets[i].hash & (nr - 1)] = i;
	}
	free(fs->heads);
	fs->heads = v;
	fs->nr_heads = nr;
	return 0;
}

/* The thread whose state, signal or life the key stands for, as a mask. */
static uint32_t thread_of(uint64_t key)
{
	for (unsigned part = THREAD_STATE; part <= THREAD_LIFE; part++)
		for (unsigned id = 0; id < SIM_MAX_THREADS; id++)
			if (key == sim_key(SIM_CLASS_THREAD, id, part))
				return 1u << id;
	return 0;
}

static uint32_t new_set(struct footsets *fs, const struct access *v, uint32_t nr, uint32_t hash)
{
	struct footset *f;
	uint32_t id = fs->nr_sets;

	if (grow(&fs->sets, &fs->max_sets, id + 1, sizeof(*fs->sets)) ||
	    grow(&fs->accs, &fs->max_accs, fs->nr_accs + nr, sizeof(*fs->accs)) ||
	    (id > fs->nr_heads && heads_grow(fs)))
		return 0;
	f = &fs->sets[id];
	*f = (struct footset){ .first = fs->nr_accs, .nr = nr, .hash = hash };
	for (uint32_t i = 0; i < nr; i++) {
		uint64_t bit = sig_bit(v[i].key);
		uint32_t key = footkey(fs, v[i].key);

		if (!key)
			return 0;
		f->sig |= bit;
		f->threads |= thread_of(v[i].key);
		if (v[i].mode == SIM_WRITE || v[i].mode == SIM_PART_WRITE)
			f->write_sig |= bit;
		fs->accs[fs->nr_accs + i] = (struct footacc){ key, v[i].mode };
	}
	fs->nr_accs += nr;
	f->next = fs->heads[hash & (fs->nr_heads - 1)];
	fs->heads[hash & (fs->nr_heads - 1)] = id;
	fs->nr_sets++;
	return id;
}

uint32_t footset(struct footsets *fs, const struct access *v, uint32_t nr)
{
	uint64_t h = nr;
	uint32_t id;

	for (uint32_t i = 0; i < nr; i++)
		h = mix(h + (v[i].key ^ (uint64_t)v[i].mode << 62));
	h ^= h >> 32;
	for (id = fs->heads[h & (fs->nr_heads - 1)]; id; id = fs->sets[id].next)
		if (is_set(fs, id, v, nr))
			return id;
	return new_set(fs, v, nr, (uint32_t)h);
}

const struct access *footset_list(struct footsets *fs, uint32_t id, uint32_t *nr)
{
	const struct footset *f = &fs->sets[id];

	if (grow(&fs->list, &fs->max_list, f->nr + 1, sizeof(*fs->list)))
		return NULL;
	for (uint32_t i = 0; i < f->nr; i++)
		fs->list[i] = (struct access){ fs->keys[fs->accs[f->first + i].key],
					       fs->accs[f->first + i].mode };
	*nr = f->nr;
	return fs->list;
}

/* -------------------------------------------------------------- comparisons */

static bool compare(const struct footsets *fs, uint32_t a, uint32_t b, bool any_mode)
{
	const struct footset *fa = &fs->sets[a], *fb = &fs->sets[b];
	const struct footacc *va = fs->accs + fa->first, *vb = fs->accs + fb->first;

	for (uint32_t i = 0; i < fa->nr; i++)
		for (uint32_t j = 0; j < fb->nr; j++)
			if (va[i].key == vb[j].key &&
			    (any_mode || modes_conflict(va[i].mode, vb[j].mode)))
				return true;
	return false;
}

bool footsets_conflict_slow(const struct footsets *fs, uint32_t a, uint32_t b)
{
	return compare(fs, a, b, false);
}

bool footset_conflicts_at(const struct footsets *fs, uint32_t id, const struct footacc *a)
{
	const struct footset *f = &fs->sets[id];
	const struct footacc *v = fs->accs + f->first;

	for (uint32_t i = 0; i < f->nr; i++)
		if (v[i].key == a->key && modes_conflict(v[i].mode, a->mode))
			return true;
	return false;
}

bool footsets_meet(const struct footsets *fs, uint32_t a, uint32_t b)
{
	return (fs->sets[a].sig & fs->sets[b].sig) && compare(fs, a, b, true);
}

bool footset_touches(const struct footsets *fs, uint32_t id, uint64_t key)
{
	const struct footset *f = &fs->sets[id];

	if (!(f->sig & sig_bit(key)))
		return false;
	for (uint32_t i = 0; i < f->nr; i++)
		if (fs->keys[fs->accs[f->first + i].key] == key)
			return true;
	return false;
}

bool footset_is_local(const struct footsets *fs, uint32_t id, unsigned thread)
{
	const struct footset *f = &fs->sets[id];
	const struct footacc *a = fs->accs + f->first;

	return f->nr == 0 ||
	       (f->nr == 1 && a->mode == SIM_READ &&
		fs->keys[a->key] == sim_key(SIM_CLASS_THREAD, thread, THREAD_LIFE));
}

/* --------------------------------------------------------------------- rows */

void footrows_set(struct footsets *fs, uint32_t id, size_t d)
{
	const struct footset *f = &fs->sets[id];
	const struct footacc *a = fs->accs + f->first;

	for (uint32_t i = 0; i < f->nr; i++)
		bit_set(footrow(fs, a[i].key, a[i].mode), d);
	for (uint32_t m = f->threads; m; m &= m - 1)
		bit_set(rows_at(&fs->of_thread, (unsigned)__builtin_ctz(m)), d);
}

void footrows_clear(struct footsets *fs, uint32_t id, size_t d)
{
	const struct footset *f = &fs->sets[id];
	const struct footacc *a = fs->accs + f->first;

	for (uint32_t i = 0; i < f->nr; i++)
		bit_clear(footrow(fs, a[i].key, a[i].mode), d);
	for (uint32_t m = f->threads; m; m &= m - 1)
		bit_clear(rows_at(&fs->of_thread, (unsigned)__builtin_ctz(m)), d);
}

bool footrows_share(const struct footsets *fs, uint32_t id, const uint64_t *of)
{
	static const struct footacc all = { .mode = SIM_WRITE };
	const struct footset *f = &fs->sets[id];
	const struct footacc *a = fs->accs + f->first;

	for (uint32_t i = 0; i < f->nr; i++) {
		struct footacc x = { a[i].key, all.mode };

		for (unsigned w = 0; w < fs->rows.nw; w++)
			if (footkey_conflicts(fs, &x, w, fs->rows.nw) & of[w])
				return true;
	}
	return false;
}

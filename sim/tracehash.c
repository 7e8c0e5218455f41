/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tracehash.c - one number for all equivalent executions
 *
 * A step is told apart by its thread, its number in that thread, and the set of
 * earlier steps it conflicts with.  For that set a sum is kept for each key and
 * mode over all steps that had it; the sums of the conflicting modes go into
 * the step's hash.  The hash of the execution is the sum of its steps'.
 * Sums forget order where order means nothing, and nowhere else.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "sim_internal.h"

struct cell {
	uint64_t key;
	uint64_t sum[4];
	uint32_t run; /* the execution it was last used in */
};

struct trace_hasher {
	struct cell *cells;
	size_t max, used;
	uint32_t run;
	uint32_t steps[SIM_MAX_THREADS];
	uint64_t total, last;
};

static uint64_t mix(uint64_t x)
{
	x = (x ^ x >> 32) * 0xd6e8feb86659fd93ULL;
	x = (x ^ x >> 32) * 0xd6e8feb86659fd93ULL;
	return x ^ x >> 32;
}

struct trace_hasher *trace_hasher_new(void)
{
	struct trace_hasher *h = calloc(1, sizeof(*h));

	if (!h)
		return NULL;
	h->max = 1024;
	h->cells = calloc(h->max, sizeof(*h->cells));
	if (!h->cells) {
		free(h);
		return NULL;
	}
	return h;
}

void trace_hasher_free(struct trace_hasher *h)
{
	if (h)
		free(h->cells);
	free(h);
}

void trace_hasher_begin(struct trace_hasher *h)
{
	if (++h->run == 0) {
		memset(h->cells, 0, h->max * sizeof(*h->cells));
		h->run = 1;
	}
	h->used = 0;
	h->total = 0;
	memset(h->steps, 0, sizeof(h->steps));
}

static struct cell *lookup(struct trace_hasher *h, uint64_t key)
{
	size_t i = mix(key) & (h->max - 1);

	for (;; i = (i + 1) & (h->max - 1)) {
		struct cell *c = &h->cells[i];

		if (c->run != h->run) {
			*c = (struct cell){ .key = key, .run = h->run };
			h->used++;
			return c;
		}
		if (c->key == key)
			return c;
	}
}

static int make_room(struct trace_hasher *h, unsigned nr)
{
	struct cell *old = h->cells;
	size_t old_max = h->max;

	if ((h->used + nr) * 2 <= h->max)
		return 0;
	while ((h->used + nr) * 2 > h->max)
		h->max *= 2;
	h->cells = calloc(h->max, sizeof(*h->cells));
	if (!h->cells) {
		h->cells = old;
		h->max = old_max;
		return -ENOMEM;
	}
	h->used = 0;
	for (size_t i = 0; i < old_max; i++)
		if (old[i].run == h->run)
			*lookup(h, old[i].key) = old[i];
	free(old);
	return 0;
}

static uint64_t depends_on(const struct cell *c, unsigned mode)
{
	uint64_t x = mix(c->key + mode);

	for (unsigned m = 0; m < 4; m++)
		if (modes_conflict(mode, m))
			x = mix(x + c->sum[m] + m);
	return x;
}

int trace_hasher_step(struct trace_hasher *h, unsigned thread, const struct access *v, unsigned nr)
{
	uint64_t x = mix((uint64_t)thread << 32 | h->steps[thread]++);

	if (make_room(h, nr))
		return -ENOMEM;
	for (unsigned i = 0; i < nr; i++)
		x += depends_on(lookup(h, v[i].key), v[i].mode);
	x = mix(x);
	for (unsigned i = 0; i < nr; i++)
		lookup(h, v[i].key)->sum[v[i].mode] += x;
	h->total += mix(x + 1);
	h->last = x;
	return 0;
}

uint64_t trace_hasher_last(const struct trace_hasher *h)
{
	return h->last;
}

void trace_hasher_undo(struct trace_hasher *h, unsigned thread, const struct access *v, unsigned nr,
		       uint64_t last)
{
	h->steps[thread]--;
	for (unsigned i = 0; i < nr; i++)
		lookup(h, v[i].key)->sum[v[i].mode] -= last;
	h->total -= mix(last + 1);
}

uint64_t trace_hasher_end(const struct trace_hasher *h)
{
	return h->total;
}

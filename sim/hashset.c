/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * hashset.c - 64-bit hashes, and a number for each
 *
 * What it is asked for are hashes already: a table with open addressing.
 */
#include <stdlib.h>
#include <string.h>

#include "explore.h"

static struct hash_cell *find(const struct hash_set *s, uint64_t hash)
{
	size_t i = (hash ^ hash >> 32) & (s->max - 1);

	while (s->cells[i].used && s->cells[i].hash != hash)
		i = (i + 1) & (s->max - 1);
	return &s->cells[i];
}

static bool grow(struct hash_set *s)
{
	struct hash_set bigger = { .nr = s->nr, .max = s->max ? s->max * 2 : 1024 };

	bigger.cells = calloc(bigger.max, sizeof(*bigger.cells));
	if (!bigger.cells)
		return false;
	for (size_t i = 0; i < s->max; i++)
		if (s->cells[i].used)
			*find(&bigger, s->cells[i].hash) = s->cells[i];
	free(s->cells);
	*s = bigger;
	return true;
}

uint32_t *hash_set_at(struct hash_set *s, uint64_t hash)
{
	struct hash_cell *c;

	if (s->nr * 2 >= s->max && !grow(s))
		return NULL;
	c = find(s, hash);
	if (!c->used) {
		*c = (struct hash_cell){ .hash = hash, .used = true };
		s->nr++;
	}
	return &c->value;
}

const uint32_t *hash_set_find(const struct hash_set *s, uint64_t hash)
{
	const struct hash_cell *c = s->max ? find(s, hash) : NULL;

	return c && c->used ? &c->value : NULL;
}

void hash_set_free(struct hash_set *s)
{
	free(s->cells);
	memset(s, 0, sizeof(*s));
}

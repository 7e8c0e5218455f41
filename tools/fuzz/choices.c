/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * choices.c - numbers from a seed, or from given bytes
 */
#include <uffdsim/sim.h>

#include "tools/fuzz/choices.h"

void choices_seed(struct choices *c, uint64_t seed, uint64_t number)
{
	uint64_t x = seed;

	*c = (struct choices){ .x = sim_splitmix(&x) ^ number * 0x9e3779b97f4a7c15ULL };
}

void choices_bytes(struct choices *c, const uint8_t *data, size_t len)
{
	*c = (struct choices){ .data = data, .len = len };
}

static unsigned next_byte(struct choices *c)
{
	return c->at < c->len ? c->data[c->at++] : 0;
}

static unsigned record(struct choices *c, unsigned v, unsigned n)
{
	unsigned bytes = n > 256 ? 2 : 1;

	if (!c->record || c->recorded + bytes > c->room)
		return v;
	if (n > 256)
		c->record[c->recorded++] = (uint8_t)(v >> 8);
	c->record[c->recorded++] = (uint8_t)v;
	return v;
}

unsigned choose(struct choices *c, unsigned n)
{
	unsigned v;

	if (n < 2)
		return 0;
	if (!c->data)
		return record(c, (unsigned)(sim_splitmix(&c->x) % n), n);
	v = next_byte(c);
	/* One byte for most decisions: an engine's mutation of it changes one thing. */
	return (n > 256 ? v << 8 | next_byte(c) : v) % n;
}

bool chance(struct choices *c, unsigned percent)
{
	/* Bytes used up: no. */
	return choose(c, 100) >= 100 - percent;
}

unsigned choose_weighted(struct choices *c, const uint16_t *weights, unsigned n)
{
	unsigned sum = 0, i, v;

	for (i = 0; i < n; i++)
		sum += weights[i];
	v = choose(c, sum);
	for (i = 0; i + 1 < n && v >= weights[i]; i++)
		v -= weights[i];
	return i;
}

bool choices_end(const struct choices *c)
{
	return c->data && c->at >= c->len;
}

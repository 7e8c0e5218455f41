/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * bits.h - sets of steps of the path, as rows of bits
 *
 * All rows of one table have the same number of words; it grows with the path.
 */
#ifndef SIM_BITS_H
#define SIM_BITS_H

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

struct rows {
	uint64_t *v;
	size_t nr;       /* rows there is room for */
	unsigned nw;     /* words in a row */
};

static inline uint64_t *rows_at(const struct rows *r, size_t i)
{
	return r->v + i * r->nw;
}

/** The same where the number of words is known, maybe even to the compiler. */
static inline uint64_t *rows_of(const struct rows *r, size_t i, unsigned nw)
{
	return r->v + i * nw;
}

/** Room for @nr rows of @nw words; what is there is kept, what is new is empty. */
static inline int rows_reserve(struct rows *r, size_t nr, unsigned nw)
{
	size_t max = nr > r->nr ? nr : r->nr;
	uint64_t *v;

	if (nr <= r->nr && nw == r->nw)
		return 0;
	v = calloc(max * nw, sizeof(*v));
	if (!v)
		return -ENOMEM;
	for (size_t i = 0; r->v && i < r->nr; i++)
		memcpy(v + i * nw, r->v + i * r->nw, r->nw * sizeof(*v));
	free(r->v);
	*r = (struct rows){ v, max, nw };
	return 0;
}

static inline void bits_zero(uint64_t *a, unsigned nw)
{
	for (unsigned w = 0; w < nw; w++)
		a[w] = 0;
}

static inline void bits_copy(uint64_t *a, const uint64_t *b, unsigned nw)
{
	for (unsigned w = 0; w < nw; w++)
		a[w] = b[w];
}

static inline void bits_or(uint64_t *a, const uint64_t *b, unsigned nw)
{
	for (unsigned w = 0; w < nw; w++)
		a[w] |= b[w];
}

static inline void bits_fill(uint64_t *a, unsigned nw)
{
	for (unsigned w = 0; w < nw; w++)
		a[w] = ~0ULL;
}

static inline void bits_and(uint64_t *a, const uint64_t *b, unsigned nw)
{
	for (unsigned w = 0; w < nw; w++)
		a[w] &= b[w];
}

static inline void bits_and_not(uint64_t *a, const uint64_t *b, unsigned nw)
{
	for (unsigned w = 0; w < nw; w++)
		a[w] &= ~b[w];
}

static inline bool bits_meet(const uint64_t *a, const uint64_t *b, unsigned nw)
{
	uint64_t x = 0;

	for (unsigned w = 0; w < nw; w++)
		x |= a[w] & b[w];
	return x;
}

static inline bool bits_differ(const uint64_t *a, const uint64_t *b, unsigned nw)
{
	uint64_t x = 0;

	for (unsigned w = 0; w < nw; w++)
		x |= a[w] ^ b[w];
	return x;
}

static inline bool bits_any(const uint64_t *a, unsigned nw)
{
	uint64_t x = 0;

	for (unsigned w = 0; w < nw; w++)
		x |= a[w];
	return x;
}

static inline bool bit_test(const uint64_t *a, size_t i)
{
	return a[i / 64] >> (i % 64) & 1;
}

static inline void bit_set(uint64_t *a, size_t i)
{
	a[i / 64] |= 1ULL << (i % 64);
}

static inline void bit_clear(uint64_t *a, size_t i)
{
	a[i / 64] &= ~(1ULL << (i % 64));
}

/** The bits of @w-th word that are at @i or above. */
static inline uint64_t bits_from(unsigned w, size_t i)
{
	if (i >= (w + 1) * 64ULL)
		return 0;
	return i < w * 64ULL ? ~0ULL : ~0ULL << (i % 64);
}

/** The lowest bit that both have, or -1. */
static inline ptrdiff_t bits_first(const uint64_t *a, const uint64_t *b, unsigned nw)
{
	for (unsigned w = 0; w < nw; w++)
		if (a[w] & b[w])
			return (ptrdiff_t)(w * 64 + (unsigned)__builtin_ctzll(a[w] & b[w]));
	return -1;
}

#endif

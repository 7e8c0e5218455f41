/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * choices.h - where the generator's decisions come from
 *
 * A seeded generator of numbers, or the bytes of a fuzzing engine.  The same
 * choices make the same program on any machine.
 */
#ifndef FUZZ_CHOICES_H
#define FUZZ_CHOICES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct choices {
	uint64_t x;          /* state of the generator */
	const uint8_t *data; /* NULL: the generator decides */
	size_t len, at;
	uint8_t *record; /* the generator decides: gets bytes that decide the same; may be NULL */
	size_t room, recorded;
};

/** Program @number of a campaign with @seed. */
void choices_seed(struct choices *c, uint64_t seed, uint64_t number);
void choices_bytes(struct choices *c, const uint8_t *data, size_t len);
/** Below @n; 0 once the bytes are used up. */
unsigned choose(struct choices *c, unsigned n);
/** True in @percent of a hundred cases. */
bool chance(struct choices *c, unsigned percent);
/** An index, by weight; their sum must not be 0. */
unsigned choose_weighted(struct choices *c, const uint16_t *weights, unsigned n);
/** The bytes are used up: every further choice is 0. */
bool choices_end(const struct choices *c);

#endif

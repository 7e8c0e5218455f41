/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * state.c - one number for the state of a machine
 */
#include <string.h>

#include "state.h"

static void add(struct state_range *v, unsigned *nr, void *p, size_t size)
{
	v[(*nr)++] = (struct state_range){ p, (char *)p + size };
}

unsigned state_ignored(const struct sim *sim, struct state_range *v)
{
	struct sim_state *st = sim->state;
	unsigned nr = 0;

	add(v, &nr, &st->steps, sizeof(st->steps));
	add(v, &nr, &st->wake_ups, sizeof(st->wake_ups));
	for (unsigned i = 0; i < st->nr_threads; i++) {
		add(v, &nr, &st->threads[i]->woken, sizeof(st->threads[i]->woken));
		add(v, &nr, &st->threads[i]->nr_objects, sizeof(st->threads[i]->nr_objects));
	}
	for (unsigned i = 0; i < st->nr_ignored; i++)
		add(v, &nr, sim->ignored[i].p, sim->ignored[i].size);
	return nr;
}

void sim_ignore(struct sim *sim, void *p, size_t size)
{
	struct sim_state *st = sim->state;

	if (st->nr_ignored < SIM_IGNORED && size <= SIM_IGNORED_SIZE)
		sim->ignored[st->nr_ignored++] = (struct sim_ignored){ p, size };
}

/* -------------------------------------------------------------------- hashes */

/* Each takes a word of a line's four; a word changes nothing but its own lane. */
struct lanes {
	uint64_t v[4];
};

static inline uint64_t lane(uint64_t h, uint64_t word, uint64_t k)
{
	h = (h ^ word) * k;
	return h << 29 | h >> 35;
}

typedef uint64_t word __attribute__((may_alias));

__attribute__((no_sanitize_address)) static void take_words(struct lanes *l, const void *begin,
							    size_t size)
{
	const word *w = begin;
	uint64_t a = l->v[0], b = l->v[1], c = l->v[2], d = l->v[3];
	size_t i = 0, nr = size / sizeof(*w);

	for (; i + 4 <= nr; i += 4) {
		a = lane(a, w[i], 0x9e3779b97f4a7c15ULL);
		b = lane(b, w[i + 1], 0xc2b2ae3d27d4eb4fULL);
		c = lane(c, w[i + 2], 0xd6e8feb86659fd93ULL);
		d = lane(d, w[i + 3], 0xa0761d6478bd642fULL);
	}
	for (; i < nr; i++)
		a = lane(a, w[i], 0x9e3779b97f4a7c15ULL);
	*l = (struct lanes){ { a, b, c, d } };
}

static void take_memory(struct sim *sim, struct lanes *l)
{
	const struct sim_state *st = sim->state;

	take_words(l, sim->base, (st->brk + sizeof(word) - 1) & ~(sizeof(word) - 1));
	for (uint32_t m = st->alive; m; m &= m - 1) {
		const struct sim_thread *t = st->threads[__builtin_ctz(m)];

		take_words(l, t->sp, state_stack_size(sim, t));
	}
}

static uint64_t mix(uint64_t a, uint64_t b)
{
	uint64_t x = a;

	x = sim_splitmix(&x) ^ b;
	return sim_splitmix(&x);
}

struct state_hash state_hash(struct sim *sim)
{
	struct lanes l = { { 1, 2, 3, 4 } };
	struct state_range ignored[STATE_MAX_IGNORED];
	char saved[STATE_MAX_IGNORED][SIM_IGNORED_SIZE];
	unsigned nr = state_ignored(sim, ignored);

	/* They are taken for zero: less to do than to go around them. */
	for (unsigned i = 0; i < nr; i++) {
		size_t size = (size_t)(ignored[i].end - ignored[i].begin);

		memcpy(saved[i], ignored[i].begin, size);
		memset(ignored[i].begin, 0, size);
	}
	take_memory(sim, &l);
	while (nr-- > 0)
		memcpy(ignored[nr].begin, saved[nr], (size_t)(ignored[nr].end - ignored[nr].begin));
	return (struct state_hash){ {
		mix(mix(l.v[0], l.v[1]), mix(l.v[2], l.v[3])),
		mix(mix(l.v[3], l.v[0]) + 1, mix(l.v[1], l.v[2])),
	} };
}

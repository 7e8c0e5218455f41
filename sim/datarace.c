/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * datarace.c - accesses to plain fields that nothing orders
 *
 * Each thread has a vector clock.  Giving back a lock, waking a sleeper, starting a
 * thread and every atomic operation hand it on; who takes the lock, is woken, ... joins
 * it.  Two accesses of a field that the model names (sim_plain_read(), sim_plain_write()),
 * one of them a write, race if neither thread's clock knew of the other's.  Readers of a
 * rw_semaphore hand nothing on to each other.
 *
 * All of it lies in the arena and is rewound with the run, so what is found is of one
 * execution.  The tables have a fixed size; what does not fit is not watched.
 */
#include <string.h>

#include "sim_internal.h"

#define SYNCS  256
#define FIELDS 128

typedef uint16_t vclock[SIM_MAX_THREADS];

struct sync {
	uint64_t key; /* 0: free */
	vclock exclusive, shared;
};

struct field {
	uint64_t key;
	vclock reads;
	uint16_t write;
	uint8_t writer;
};

struct sim_races {
	vclock of[SIM_MAX_THREADS];
	struct sync syncs[SYNCS];
	struct field fields[FIELDS];
	char text[120]; /* the first one of this execution */
};

static void join(uint16_t *to, const uint16_t *from)
{
	for (unsigned i = 0; i < SIM_MAX_THREADS; i++)
		to[i] = to[i] > from[i] ? to[i] : from[i];
}

static unsigned hash(uint64_t key, unsigned size)
{
	return (unsigned)(key * 0x9e3779b97f4a7c15ULL >> 40) % size;
}

static struct sync *find_sync(struct sim_races *r, uint64_t key)
{
	for (unsigned n = 0, i = hash(key, SYNCS); n < SYNCS; n++, i = (i + 1) % SYNCS) {
		if (!r->syncs[i].key)
			r->syncs[i].key = key;
		if (r->syncs[i].key == key)
			return &r->syncs[i];
	}
	return NULL;
}

static struct field *find_field(struct sim_races *r, uint64_t key)
{
	for (unsigned n = 0, i = hash(key, FIELDS); n < FIELDS; n++, i = (i + 1) % FIELDS) {
		if (!r->fields[i].key)
			r->fields[i].key = key;
		if (r->fields[i].key == key)
			return &r->fields[i];
	}
	return NULL;
}

/* The clocks, if this machine watches and a thread of it runs. */
static struct sim_races *races_of(const struct sim *sim, unsigned *me)
{
	const struct sim_thread *t = sim->state->cur;

	if (!sim->state->races || !t)
		return NULL;
	*me = t->id;
	return sim->state->races;
}

void datarace_init(struct sim *sim)
{
	if (sim->cfg.watch_races && !sim->state->races)
		sim->state->races = sim_zalloc_outside(sim, sizeof(*sim->state->races));
	sim->head.watches = sim->state->races != NULL;
}

void datarace_acquire(struct sim *sim, uint64_t key, bool shared)
{
	struct sync *s;
	unsigned me;
	struct sim_races *r = races_of(sim, &me);

	s = r ? find_sync(r, key) : NULL;
	if (!s)
		return;
	join(r->of[me], s->exclusive);
	if (!shared)
		join(r->of[me], s->shared);
}

void datarace_release(struct sim *sim, uint64_t key, bool shared)
{
	struct sync *s;
	unsigned me;
	struct sim_races *r = races_of(sim, &me);

	s = r ? find_sync(r, key) : NULL;
	if (!s)
		return;
	join(shared ? s->shared : s->exclusive, r->of[me]);
	r->of[me][me]++;
}

void datarace_hand_over(struct sim *sim, const struct sim_thread *to)
{
	struct sim_races *r = sim->state->races;
	const struct sim_thread *t = sim->state->cur;

	if (!r)
		return;
	/* Who acts from outside does so after everything that was, and before what comes. */
	for (unsigned i = 0; !t && i < SIM_MAX_THREADS; i++) {
		join(r->of[to->id], r->of[i]);
		r->of[i][i]++;
	}
	if (t) {
		join(r->of[to->id], r->of[t->id]);
		r->of[t->id][t->id]++;
	}
	r->of[to->id][to->id]++;
}

static void found(struct sim *sim, struct sim_races *r, const char *name, unsigned other)
{
	if (r->text[0])
		return;
	snprintf(r->text, sizeof(r->text), "%s: %s and %s, with nothing between them", name,
		 sim->state->threads[other]->name, sim->state->cur->name);
	sim_note(sim, "data race: %s", r->text);
}

/* What is known of the field; a write by another that nothing orders before this look is told. */
static struct field *look_at(struct sim *sim, uint64_t key, const char *name, unsigned *me)
{
	struct sim_races *r = races_of(sim, me);
	struct field *f = r ? find_field(r, key) : NULL;

	if (f && f->write > r->of[*me][f->writer])
		found(sim, r, name, f->writer);
	return f;
}

void sim_plain_read(struct sim *sim, uint64_t key, const char *name)
{
	unsigned me;
	struct field *f = look_at(sim, key, name, &me);

	if (f)
		f->reads[me] = sim->state->races->of[me][me];
}

void sim_plain_write(struct sim *sim, uint64_t key, const char *name)
{
	struct sim_races *r = sim->state->races;
	unsigned me;
	struct field *f = look_at(sim, key, name, &me);

	if (!f)
		return;
	for (unsigned i = 0; i < SIM_MAX_THREADS; i++)
		if (f->reads[i] > r->of[me][i])
			found(sim, r, name, i);
	f->writer = (uint8_t)me;
	f->write = r->of[me][me];
}

bool sim_watches_races(const struct sim *sim)
{
	return sim->state->races;
}

const char *sim_data_race(const struct sim *sim)
{
	return sim->state->races && sim->state->races->text[0] ? sim->state->races->text : NULL;
}

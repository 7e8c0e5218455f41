/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * walk.c - the path, and the place on it
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tools/step/walk_internal.h"

static const struct litmus_options no_options;

/* ----------------------------------------------------------------------- machine */

static uint32_t living(const struct walk *w)
{
	const struct sim_thread *t;
	uint32_t mask = 0;

	for (unsigned i = 0; (t = sim_thread_by_id(w->m.sim, i)); i++)
		if (!sim_thread_dead(t))
			mask |= 1u << i;
	return mask;
}

uint32_t walk_enabled(const struct walk *w)
{
	return w->ended ? 0 : living(w) & ~sim_blocked(w->m.sim);
}

struct once {
	int pick;
};

static int pick_once(void *state, const struct sim_choice *choice)
{
	struct once *o = state;
	int pick = o->pick;

	o->pick = -1;
	return pick;
}

/* Room for one more step of the machine. */
static int reserve(struct walk *w)
{
	size_t max = w->max ? 2 * w->max : 256;
	void *p;

	if (w->nr < w->max)
		return 0;
	p = realloc(w->picks, max);
	if (!p)
		return -ENOMEM;
	w->picks = p;
	p = realloc(w->enabled, max * sizeof(*w->enabled));
	if (!p)
		return -ENOMEM;
	w->enabled = p;
	p = realloc(w->marks, (max + 1) * sizeof(*w->marks));
	if (!p)
		return -ENOMEM;
	w->marks = p;
	w->max = max;
	return 0;
}

/* The machine's next step, which the path has at w->at or gets there. */
static int machine_step(struct walk *w, unsigned thread)
{
	struct once once = { (int)thread };
	enum sim_end end;

	w->enabled[w->at] = walk_enabled(w);
	w->picks[w->at++] = (uint8_t)thread;
	end = sim_run(w->m.sim, (struct sim_strategy){ pick_once, &once });
	w->seen |= 1u << thread;
	if (end == SIM_END_STOPPED)
		return 0;
	w->ended = true;
	w->end = end;
	return 0;
}

/* First steps of threads are nobody's choice. */
static int take_fresh(struct walk *w)
{
	uint32_t fresh;
	int r = 0;

	while (!r && (fresh = walk_enabled(w) & ~w->seen)) {
		if (w->at == w->nr) {
			r = reserve(w);
			w->nr += !r;
		}
		if (!r)
			r = machine_step(w, (unsigned)__builtin_ctz(fresh));
	}
	return r;
}

static int machine_again(struct walk *w, struct litmus_error *err)
{
	int r;

	if (w->m.sim)
		machine_fini(&w->m);
	w->at = w->place = 0;
	w->seen = 0;
	w->ended = false;
	r = machine_init(&w->m, w->prog, &w->opt, false, err);
	if (!r)
		r = machine_run_init(&w->m);
	if (!r)
		r = machine_trace(&w->m);
	if (!r)
		r = machine_spawn(&w->m);
	if (r <= 0)
		return r;
	return w->m.status == LITMUS_UNMODELLED ? -EOPNOTSUPP : -EINVAL;
}

/* -------------------------------------------------------------------------- path */

static int begin(struct walk *w, struct litmus_error *err)
{
	int r = machine_again(w, err);

	if (!r)
		r = reserve(w);
	/* Threads that never ran: init alone. */
	if (!r)
		r = take_fresh(w);
	if (!r)
		w->marks[0] = w->at;
	return r;
}

int walk_new(const struct litmus *prog, const struct litmus_options *opt, struct walk **ret,
	     struct litmus_error *err)
{
	struct walk *w = calloc(1, sizeof(*w));
	int r;

	if (!w)
		return -ENOMEM;
	w->prog = prog;
	w->opt = opt ? *opt : no_options;
	w->opt.replay = NULL;
	w->opt.trace = true;
	r = begin(w, err);
	if (r) {
		walk_free(w);
		return r;
	}
	*ret = w;
	return 0;
}

void walk_free(struct walk *w)
{
	if (!w)
		return;
	if (w->m.sim)
		machine_fini(&w->m);
	free(w->picks);
	free(w->enabled);
	free(w->marks);
	free(w);
}

/* One place further on the path that is there. */
static int follow(struct walk *w)
{
	int r = 0;

	do {
		r = machine_step(w, w->picks[w->at]);
	} while (!r && w->at < w->marks[w->place + 1]);
	w->place++;
	return r;
}

int walk_step(struct walk *w, unsigned thread)
{
	int r;

	if (thread >= 32 || !(walk_enabled(w) >> thread & 1))
		return -EAGAIN;
	if (w->place < w->length && w->picks[w->at] == thread)
		return follow(w);
	w->nr = w->at;
	w->length = w->place;
	r = reserve(w);
	if (!r) {
		w->nr++;
		r = machine_step(w, thread);
	}
	if (!r)
		r = take_fresh(w);
	if (!r) {
		w->marks[++w->place] = w->at;
		w->length = w->place;
	}
	return r;
}

int walk_seek(struct walk *w, unsigned place)
{
	int r = 0;

	if (place > w->length)
		place = w->length;
	if (place < w->place) {
		r = machine_again(w, NULL);
		while (!r && w->at < w->marks[0])
			r = machine_step(w, w->picks[w->at]);
	}
	while (!r && w->place < place)
		r = follow(w);
	return r;
}

int walk_next(const struct walk *w)
{
	uint32_t enabled = walk_enabled(w);
	int last = walk_last(w);

	if (w->place < w->length)
		return w->picks[w->at];
	if (!enabled)
		return -1;
	return last >= 0 && enabled >> last & 1 ? last : __builtin_ctz(enabled);
}

int walk_to_end(struct walk *w)
{
	int next, r = 0;

	for (unsigned i = 0; !r && i < WALK_MAX && (next = walk_next(w)) >= 0; i++)
		r = walk_step(w, (unsigned)next);
	return r;
}

unsigned walk_place(const struct walk *w)
{
	return w->place;
}
unsigned walk_length(const struct walk *w)
{
	return w->length;
}

int walk_last(const struct walk *w)
{
	/* Behind a step there may be first steps of others. */
	return w->place ? w->picks[w->marks[w->place - 1]] : -1;
}

const char *walk_thread(const struct walk *w, unsigned thread)
{
	const struct sim_thread *t = sim_thread_by_id(w->m.sim, thread);

	return t ? sim_thread_name(t) : NULL;
}

const char *walk_end(const struct walk *w)
{
	if (w->ended && (w->end == SIM_END_BUG || w->end == SIM_END_UNMODELLED))
		return sim_finding(w->m.sim)->text;
	if (w->ended)
		return sim_end_name(w->end);
	return walk_enabled(w) ? NULL : "done";
}

/* ------------------------------------------------------------------------ tokens */

char *walk_token(const struct walk *w)
{
	return sim_token(w->m.program, w->picks, w->enabled, w->at);
}

/* The schedule of a token, tried step by step: what the walk does is what it says. */
int walk_take_token(struct walk *w, const char *token, struct litmus_error *err)
{
	struct sim_strategy strategy;
	struct sim_replay replay;
	uint32_t enabled;
	int r = walk_seek(w, 0);

	w->length = 0;
	w->nr = w->at;
	if (!r)
		r = sim_replay_init(&replay, token, w->m.program, &strategy);
	/* First steps come as the token has them. */
	for (unsigned i = 0; !r && i < w->at; i++) {
		struct sim_choice c = { .enabled = w->enabled[i], .current = -1 };

		c.fresh = 1u << w->picks[i];
		if (strategy.pick(strategy.state, &c) != w->picks[i])
			r = -EINVAL;
	}
	while (!r && (enabled = walk_enabled(w)) && w->length < WALK_MAX) {
		struct sim_choice c = { .enabled = enabled, .current = walk_last(w) };
		int id = strategy.pick(strategy.state, &c);
		unsigned from = w->at;

		r = id < 0 ? -EINVAL : walk_step(w, (unsigned)id);
		for (unsigned i = from + 1; !r && i < w->at; i++) {
			c = (struct sim_choice){ .enabled = w->enabled[i],
						 .fresh = 1u << w->picks[i],
						 .current = walk_last(w) };
			if (strategy.pick(strategy.state, &c) != w->picks[i])
				r = -EINVAL;
		}
	}
	if (!r && replay.error)
		r = -EINVAL;
	if (r == -EINVAL)
		snprintf(err->text, sizeof(err->text), "%s",
			 replay.error ? replay.error : "token: it takes first steps as choices");
	return r ? r : walk_seek(w, 0);
}

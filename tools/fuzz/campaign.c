/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * campaign.c - program after program
 */
#include <ck_pr.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tools/fuzz/campaign.h"
#include "tools/fuzz/settle.h"
#include "tools/fuzz/shrink.h"

#define SAVE_SECONDS 3

struct run {
	const struct campaign *c;
	struct state *st;
	struct program *p;
	char *text;
	uint64_t begin, shown, saved; /* seconds */
	uint64_t before;              /* seconds of earlier runs */
};

static uint64_t now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec;
}

static void generate(const struct campaign *c, uint64_t seed, uint64_t number, struct program *p)
{
	struct choices choices;

	choices_seed(&choices, seed, number);
	if (c->threads)
		gen_threads(&choices, &c->gen, p);
	else
		gen_sequence(&choices, &c->gen, p);
}

bool campaign_program(const struct campaign *c, uint64_t seed, uint64_t number, struct program *p,
		      char *text)
{
	struct settled s;

	generate(c, seed, number, p);
	if (c->threads) {
		program_print(p, text);
		return true;
	}
	return settle(p, c->profile, NULL, text, &s) > 0 && s.usable;
}

/* ------------------------------------------------------------------ findings */

static int save_finding(struct run *r, const struct judge *judge, struct verdict *v,
			uint64_t number)
{
	struct finding *fd;
	char origin[400];

	fd = finding_add(&r->st->found, judge->name, v);
	if (!fd)
		return 0; /* as many as anybody will read */
	fd->program = number;
	fd->count = 1;
	if (!r->c->out)
		return 0;
	snprintf(origin, sizeof(origin), "%s, program %" PRIu64 " of seed %" PRIu64,
		 r->c->command ? r->c->command : "uffdsim fuzz", number, r->st->seed);
	return finding_save(fd, r->p, v, r->c->out, origin);
}

static int found(struct run *r, const struct judge *judge, struct verdict *v, uint64_t number)
{
	static const struct shrink_budget usual = { .questions = 1500 };
	struct finding *fd = finding_find(&r->st->found, judge->name, v);
	long n;

	if (fd) {
		fd->count++;
		return 0;
	}
	n = shrink(r->p, judge, v, r->c->shrink.questions ? &r->c->shrink : &usual, r->c->stop);
	return n < 0 ? (int)n : save_finding(r, judge, v, number);
}

static int ask(struct run *r, size_t len, uint64_t number)
{
	for (unsigned i = 0; i < r->c->nr_judges; i++) {
		const struct judge *j = &r->c->judge[i];
		struct verdict v;
		int err = j->judge(j->ctx, r->text, len, &v);

		if (err)
			return err;
		if (v.kind == VERDICT_FINDING)
			return found(r, j, &v, number);
		r->st->unstable += v.kind == VERDICT_UNSTABLE;
		r->st->unusable += v.kind == VERDICT_BAD;
		r->st->unmodelled += v.kind == VERDICT_UNMODELLED;
		if (v.kind == VERDICT_UNMODELLED || v.kind == VERDICT_BAD)
			break;
	}
	return 0;
}

/* ------------------------------------------------------------------ programs */

static int one_sequence(struct run *r, uint64_t number)
{
	const struct campaign *c = r->c;
	struct judge_options jo = { .profile = c->profile };
	const struct judge simulator = { "simulator", judge_simulator, &jo };
	struct settled s;
	long len;

	generate(c, r->st->seed, number, r->p);
	len = settle(r->p, c->profile, &r->st->cover, r->text, &s);
	if (len < 0)
		return (int)len;
	r->st->unmodelled += s.unmodelled > 0;
	r->st->unusable += !s.usable;
	if (!s.usable)
		return 0;
	if (s.v.kind == VERDICT_FINDING) {
		/* Settled once more, without what was skipped: the verdict of the file. */
		len = (long)program_print(r->p, r->text);
		judge_simulator(&jo, r->text, (size_t)len, &s.v);
		return s.v.kind == VERDICT_FINDING ? found(r, &simulator, &s.v, number) : 0;
	}
	return ask(r, (size_t)len, number);
}

static int one_of_threads(struct run *r, uint64_t number)
{
	generate(r->c, r->st->seed, number, r->p);
	return ask(r, program_print(r->p, r->text), number);
}

static int tidy(struct run *r)
{
	uint64_t t = now();

	r->st->seconds = r->before + t - r->begin;
	if (r->c->progress && t != r->shown) {
		r->shown = t;
		r->c->progress(r->c, r->st, r->st->seconds);
	}
	if (!r->c->out || t < r->saved + SAVE_SECONDS)
		return 0;
	r->saved = t;
	return state_save(r->st, r->c->out);
}

static bool goes_on(const struct run *r, uint64_t done)
{
	const struct campaign *c = r->c;

	if (c->stop && ck_pr_load_int(c->stop))
		return false;
	if (c->programs && done >= c->programs)
		return false;
	return !c->seconds || now() < r->begin + c->seconds;
}

int campaign_run(const struct campaign *c, struct state *st)
{
	struct run r = { .c = c, .st = st, .begin = now(), .before = st->seconds };
	int err = 0;

	r.shown = r.saved = r.begin;
	r.p = malloc(sizeof(*r.p));
	r.text = malloc(PROGRAM_TEXT);
	if (!r.p || !r.text)
		err = -ENOMEM;
	for (uint64_t done = 0; !err && goes_on(&r, done); done++) {
		err = c->threads ? one_of_threads(&r, st->next) : one_sequence(&r, st->next);
		if (err)
			break;
		st->programs++;
		st->next++;
		err = tidy(&r);
	}
	st->seconds = r.before + now() - r.begin;
	if (c->out && !err)
		err = state_save(st, c->out);
	free(r.text);
	free(r.p);
	return err;
}

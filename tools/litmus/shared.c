/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * shared.c - an exploration in pieces: by several threads, in several runs
 *
 * Each hand is an OS thread with a machine of its own.  This thread only looks
 * at the clock: it adds up counters, and every now and then lets all hands rest
 * while it writes down what they have found and what is left.
 */
#include <ck_pr.h>
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tools/litmus/exploration.h"

#define CHECKPOINT_MS 2000
#define TICK_MS       20
/* For each part so many nodes to deal out, if there are. */
#define NODES_A_PART  256

struct crew;

struct hand {
	struct crew *crew;
	struct exploration x;
	struct litmus_explore_result found;
	struct litmus_error err;
	struct sim_explore_result counts;
	struct sim_progress progress;
	pthread_t thread;
	int ready; /* its machine stands at the begin of the search */
	int r;
};

struct crew {
	struct search *s;
	struct hand *hands;
	unsigned nr;
	struct litmus_options opt; /* of the hands */
	uint64_t executions;       /* by all of them, if there is a bound */
	int stop;
	bool enough;               /* the bound on executions is met */
	pthread_mutex_t lock;
	pthread_cond_t changed;
	unsigned working;          /* with the lock held */
};

bool in_pieces(const struct litmus_options *opt)
{
	return opt->jobs > 1 || opt->checkpoint || opt->resume || opt->split || opt->merge;
}

/* ---------------------------------------------------------------------- one hand */

static int on_execution(void *ctx, struct sim *sim, const struct sim_execution *ex)
{
	struct hand *h = ctx;
	const struct sim_explore_config cfg = exploration_config(&h->x);
	uint64_t max = cfg.max_executions;
	int r = cfg.execution(&h->x, sim, ex);

	if (max && ck_pr_faa_64(&h->crew->executions, 1) + 1 >= max) {
		h->crew->enough = true;
		ck_pr_store_int(&h->crew->stop, 1);
	}
	return r;
}

static int begin(struct hand *h)
{
	int r = machine_run_init(&h->x.m);

	/* This thread's machine came through it, so it is not expected to end there. */
	return r ? (r < 0 ? r : -EINVAL) : machine_spawn(&h->x.m);
}

static void *work(void *arg)
{
	struct hand *h = arg;
	struct crew *c = h->crew;
	struct sim_explore_config cfg;

	h->r = machine_init(&h->x.m, c->s->x->m.prog, &c->opt, false, &h->err);
	if (!h->r)
		h->r = begin(h);
	cfg = exploration_config(&h->x);
	cfg.max_executions = 0;
	cfg.execution = on_execution;
	cfg.ctx = h;
	cfg.progress = &h->progress;
	cfg.stop = &c->stop;
	ck_pr_store_int(&h->ready, !h->r);
	if (!h->r)
		h->r = sim_explore_shared(h->x.m.sim, &cfg, c->s->f, &h->counts);
	else
		ck_pr_store_int(&c->stop, 1);
	pthread_mutex_lock(&c->lock);
	c->working--;
	pthread_cond_signal(&c->changed);
	pthread_mutex_unlock(&c->lock);
	return NULL;
}

/* ---------------------------------------------------------------------- all hands */

static void show_progress(const struct crew *c, struct sim_progress *to)
{
	struct sim_progress sum = { .executions = c->s->counts.executions };

	if (!to)
		return;
	for (unsigned i = 0; i < c->nr; i++) {
		const struct sim_progress *p = &c->hands[i].progress;

		sum.executions += ck_pr_load_64(&p->executions);
		sum.pruned += ck_pr_load_64(&p->pruned);
		sum.steps += ck_pr_load_64(&p->steps);
		sum.depth += ck_pr_load_64(&p->depth) / c->nr;
	}
	ck_pr_store_64(&to->executions, sum.executions);
	ck_pr_store_64(&to->pruned, sum.pruned);
	ck_pr_store_64(&to->steps, sum.steps);
	ck_pr_store_64(&to->depth, sum.depth);
}

/* Everything that is known, as a search of its own; the hands rest. */
static int checkpoint(const struct crew *c, const char *path)
{
	const struct search *s = c->s;
	struct litmus_explore_result found = { 0 };
	struct exploration all = { .m = s->x->m, .res = &found };
	struct search now = *s;
	int r = exploration_merge(&all, s->x);

	now.x = &all;
	for (unsigned i = 0; i < c->nr && !r; i++) {
		if (!ck_pr_load_int(&c->hands[i].ready))
			continue;
		sim_explore_result_add(&now.counts, &c->hands[i].counts);
		r = exploration_merge(&all, &c->hands[i].x);
	}
	if (!r)
		r = search_write(&now, path);
	exploration_fini(&all);
	return r;
}

static void sleep_a_tick(struct crew *c)
{
	struct timespec until;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_nsec += TICK_MS * 1000000L;
	until.tv_sec += until.tv_nsec / 1000000000L;
	until.tv_nsec %= 1000000000L;
	pthread_cond_timedwait(&c->changed, &c->lock, &until);
}

static int watch(struct crew *c, const struct litmus_options *opt)
{
	unsigned every = opt->checkpoint_ms ? opt->checkpoint_ms : CHECKPOINT_MS, ms = 0;
	int r = 0;

	pthread_mutex_lock(&c->lock);
	while (c->working) {
		sleep_a_tick(c);
		if (opt->stop && ck_pr_load_int(opt->stop))
			ck_pr_store_int(&c->stop, 1);
		show_progress(c, opt->progress);
		ms += TICK_MS;
		if (!opt->checkpoint || r || ms < every || !c->working)
			continue;
		pthread_mutex_unlock(&c->lock);
		sim_frontier_pause(c->s->f);
		r = checkpoint(c, opt->checkpoint);
		sim_frontier_go_on(c->s->f);
		if (r)
			ck_pr_store_int(&c->stop, 1);
		pthread_mutex_lock(&c->lock);
		ms = 0;
	}
	pthread_mutex_unlock(&c->lock);
	return r;
}

/* What became of one; the first that failed speaks for all. */
static int take_over(struct crew *c, struct hand *h)
{
	struct machine *m = &c->s->x->m;
	int r = h->r;

	sim_explore_result_add(&c->s->counts, &h->counts);
	if (r == -ESTALE)
		return lit_error(m->prog, m->err, (struct pos){ 0, 0 },
				 "the file of the search is another version's: the program does "
				 "something else now");
	if (r == -EINVAL && h->x.m.status == LITMUS_BAD) {
		m->status = LITMUS_BAD;
		m->message = h->x.m.message;
		h->x.m.message = NULL;
		if (m->err)
			*m->err = h->err;
	}
	return r ? r : exploration_merge(c->s->x, &h->x);
}

static int start(struct crew *c)
{
	int r = 0;

	for (unsigned i = 0; i < c->nr && !r; i++) {
		struct hand *h = &c->hands[i];

		h->crew = c;
		h->x.res = &h->found;
		r = -pthread_create(&h->thread, NULL, work, h);
		if (r)
			c->nr = i;
		else
			c->working++;
	}
	/* With fewer it only takes longer. */
	return c->nr ? 0 : r;
}

static int finish(struct crew *c)
{
	int r = 0;

	for (unsigned i = 0; i < c->nr; i++) {
		int err = pthread_join(c->hands[i].thread, NULL) ? -EINVAL :
								   take_over(c, &c->hands[i]);

		r = r ? r : err;
	}
	if (c->enough)
		c->s->counts.limit = SIM_LIMIT_EXECUTIONS;
	return r;
}

static void dismiss(struct crew *c)
{
	for (unsigned i = 0; i < c->nr; i++) {
		exploration_fini(&c->hands[i].x);
		machine_fini(&c->hands[i].x.m);
	}
	free(c->hands);
	pthread_mutex_destroy(&c->lock);
	pthread_cond_destroy(&c->changed);
}

/* Go on with @s until nothing is left to do, or a bound is met. */
static int explore_with(struct search *s, unsigned hands, uint64_t max_executions)
{
	const struct litmus_options *opt = s->x->m.opt;
	struct crew c = { .s = s, .nr = hands, .opt = *opt };
	int r, err;

	c.hands = calloc(hands, sizeof(*c.hands));
	if (!c.hands)
		return -ENOMEM;
	c.opt.max_executions = max_executions;
	/* A handler's stack belongs to a thread; the machine outlives the one that works on it. */
	c.opt.catch_overflow = false;
	pthread_mutex_init(&c.lock, NULL);
	pthread_cond_init(&c.changed, NULL);
	pthread_mutex_lock(&c.lock);
	r = start(&c);
	pthread_mutex_unlock(&c.lock);
	if (!r) {
		err = watch(&c, opt);
		r = finish(&c);
		r = r ? r : err;
	}
	dismiss(&c);
	return r;
}

/* ------------------------------------------------------------------------ pieces */

static int write_parts(struct search *s)
{
	const struct litmus_options *opt = s->x->m.opt;
	int r = 0;

	sim_frontier_split(s->f, opt->split);
	for (unsigned i = 0; i < opt->split && !r; i++) {
		const char *path;

		r = opt->part(opt->part_ctx, i + 1, opt->split, &path);
		if (!r)
			r = search_write_part(s, i, opt->split, path);
	}
	return r;
}

/* One execution at a time below the largest node, until there are enough. */
static int split(struct search *s)
{
	const struct litmus_options *opt = s->x->m.opt;
	size_t enough = (size_t)opt->split * NODES_A_PART;
	int r = 0;

	sim_frontier_set_wide(s->f, true);
	while (!r && !sim_frontier_done(s->f) && sim_frontier_ready(s->f) < enough &&
	       !(opt->stop && ck_pr_load_int(opt->stop))) {
		r = explore_with(s, 1, 1);
		sim_frontier_restart(s->f);
		sim_frontier_fill(s->f);
	}
	return r ? r : write_parts(s);
}

static int merge_one(struct search *s, const char *path, uint32_t *seen)
{
	const struct machine *m = &s->x->m;
	struct search part = { .x = s->x };
	int r = search_read(&part, path);

	if (r)
		return r;
	sim_explore_result_add(&s->counts, &part.counts);
	if (!part.parts || (s->parts && s->parts != part.parts))
		r = lit_error(m->prog, m->err, (struct pos){ 0, 0 }, "%s: no part of this search",
			      path);
	else if (!sim_frontier_done(part.f))
		r = lit_error(m->prog, m->err, (struct pos){ 0, 0 },
			      "%s: this part is not finished: explore --part %s", path, path);
	else if (seen[part.part / 32] >> part.part % 32 & 1)
		r = lit_error(m->prog, m->err, (struct pos){ 0, 0 }, "%s: part %u is there twice",
			      path, part.part + 1);
	s->parts = part.parts;
	if (!r) {
		seen[part.part / 32] |= 1u << part.part % 32;
		r = s->f ? sim_frontier_merge(s->f, part.f) : 0;
		if (!s->f) {
			s->f = part.f;
			return 0;
		}
	}
	sim_frontier_destroy(part.f);
	return r;
}

#define MAX_PARTS 65536

static int merge(struct search *s)
{
	const struct machine *m = &s->x->m;
	uint32_t *seen = calloc(MAX_PARTS / 32, sizeof(*seen));
	unsigned nr = 0;
	int r = seen ? 0 : -ENOMEM;

	for (; !r && m->opt->merge[nr]; nr++)
		r = merge_one(s, m->opt->merge[nr], seen);
	for (unsigned i = 0; !r && i < s->parts; i++)
		if (!(seen[i / 32] >> i % 32 & 1))
			r = lit_error(m->prog, m->err, (struct pos){ 0, 0 },
				      "part %u of %u is missing", i + 1, s->parts);
	free(seen);
	if (r)
		return r;
	sim_frontier_merged(s->f);
	s->part = s->parts = 0;
	return 0;
}

static int open_search(struct search *s)
{
	const struct litmus_options *opt = s->x->m.opt;

	if (opt->merge)
		return merge(s);
	if (opt->resume)
		return search_read(s, opt->resume);
	return sim_frontier_create(&s->f);
}

static int run(struct search *s)
{
	const struct litmus_options *opt = s->x->m.opt;
	struct crew none = { .s = s };
	int r = 0;

	if (opt->split)
		return split(s);
	if (!sim_frontier_done(s->f))
		r = explore_with(s, opt->jobs ? opt->jobs : 1, opt->max_executions);
	if (!r && opt->checkpoint)
		r = checkpoint(&none, opt->checkpoint);
	return r;
}

int explore_in_pieces(struct exploration *x)
{
	struct search s = { .x = x };
	int r = open_search(&s);

	if (!r)
		r = run(&s);
	if (!r) {
		s.counts.complete = sim_frontier_done(s.f) && !s.counts.step_bound &&
				    !s.counts.unmodelled && !s.parts && !x->m.opt->split;
		if (s.parts) {
			x->res->part = s.part + 1;
			x->res->parts = s.parts;
		}
		r = exploration_explain(x);
	}
	if (!r)
		r = exploration_counts(x, &s.counts);
	sim_frontier_destroy(s.f);
	return r;
}

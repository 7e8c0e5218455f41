/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * progress.c - a line on the terminal while an exploration takes long
 *
 * The exploring thread only stores counters; this one reads and prints them.  How
 * many executions there will be is not for the search to know: this thread asks a
 * machine of its own for an estimate, longer each time, while the answers are
 * too far apart to be shown.
 */
#include <ck_pr.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "tools/uffdsim/uffdsim.h"

/* How good an estimate must be to be shown. */
#define MEANINGFUL 0.5
/* Below this there is no point in asking again. */
#define GOOD       0.1

struct progress {
	const struct sim_progress *counters;
	const struct litmus *prog;
	struct litmus_options lit; /* of the estimate */
	int stop;
	double total, variance;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t wake;
	bool end, shown;
	bool terminal; /* one line that is written again and again */
};

/* Twice the standard error is less than this share of it. */
static bool is_good_to(const struct progress *p, double share)
{
	return p->total > 0 && 4 * p->variance <= share * share * p->total * p->total;
}

static void show_estimate(const struct progress *p, uint64_t executions, unsigned seconds)
{
	double left = p->total - (double)executions;

	if (!is_good_to(p, MEANINGFUL) || left <= 0)
		return;
	fprintf(stderr, ", of about %.2g", p->total);
	if (executions)
		fprintf(stderr, ", %.0f s left", left * seconds / (double)executions);
}

static void show(struct progress *p, unsigned seconds)
{
	uint64_t n = ck_pr_load_64(&p->counters->executions);
	uint64_t pruned = ck_pr_load_64(&p->counters->pruned);

	fprintf(stderr, "%s%" PRIu64 " executions, %" PRIu64 " pruned, %" PRIu64
		"/s, depth %" PRIu64, p->terminal ? "\r" : "", n, pruned, (n + pruned) / seconds,
		ck_pr_load_64(&p->counters->depth));
	show_estimate(p, n, seconds);
	fputs(p->terminal ? "\033[K" : "\n", stderr);
	p->shown = p->terminal;
}

/* In the seconds 1, 2, 4, 8... for half of the time until then. */
static void ask(struct progress *p, unsigned seconds)
{
	if (seconds & (seconds - 1) || is_good_to(p, GOOD))
		return;
	p->lit.max_seconds = seconds / 2.0;
	pthread_mutex_unlock(&p->lock);
	litmus_estimate(p->prog, &p->lit, &p->total, &p->variance);
	pthread_mutex_lock(&p->lock);
}

static void *run(void *arg)
{
	struct progress *p = arg;
	struct timespec begin, until;
	unsigned seconds;

	clock_gettime(CLOCK_REALTIME, &begin);
	until = begin;
	pthread_mutex_lock(&p->lock);
	while (!p->end) {
		until.tv_sec++;
		if (!pthread_cond_timedwait(&p->wake, &p->lock, &until) || p->end) {
			until.tv_sec--;
			continue;
		}
		seconds = (unsigned)(until.tv_sec - begin.tv_sec);
		show(p, seconds);
		ask(p, seconds);
	}
	pthread_mutex_unlock(&p->lock);
	return NULL;
}

/* A bound or a sample has another number of executions than the one that is estimated. */
static bool can_estimate(const struct litmus_options *lit)
{
	return !lit->bounded && !lit->cache && !lit->symmetry && !lit->pct && !lit->random && !lit->brute;
}

struct progress *progress_start(const struct options *opt, const struct litmus *prog)
{
	struct progress *p;

	if (!opt->progress && !isatty(STDERR_FILENO))
		return NULL;
	p = calloc(1, sizeof(*p));
	if (!p)
		return NULL;
	p->terminal = isatty(STDERR_FILENO);
	p->counters = opt->lit.progress;
	p->prog = prog;
	p->lit = opt->lit;
	p->lit.progress = NULL;
	p->lit.catch_overflow = false;
	p->stop = !can_estimate(&opt->lit);
	p->lit.stop = &p->stop;
	pthread_mutex_init(&p->lock, NULL);
	pthread_cond_init(&p->wake, NULL);
	if (pthread_create(&p->thread, NULL, run, p)) {
		free(p);
		return NULL;
	}
	return p;
}

void progress_stop(struct progress *p)
{
	if (!p)
		return;
	ck_pr_store_int(&p->stop, 1);
	pthread_mutex_lock(&p->lock);
	p->end = true;
	pthread_cond_signal(&p->wake);
	pthread_mutex_unlock(&p->lock);
	pthread_join(p->thread, NULL);
	if (p->shown)
		fputs("\r\033[K", stderr);
	pthread_cond_destroy(&p->wake);
	pthread_mutex_destroy(&p->lock);
	free(p);
}

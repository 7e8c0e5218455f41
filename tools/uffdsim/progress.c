/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * progress.c - a line on the terminal while an exploration takes long
 *
 * The exploring thread only stores counters; this one reads and prints them.
 */
#include <ck_pr.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "tools/uffdsim/uffdsim.h"

struct progress {
	const struct sim_progress *counters;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t wake;
	bool end, shown;
};

static void show(struct progress *p, unsigned seconds)
{
	uint64_t n = ck_pr_load_64(&p->counters->executions);
	uint64_t pruned = ck_pr_load_64(&p->counters->pruned);

	fprintf(stderr,
		"\r%" PRIu64 " executions, %" PRIu64 " pruned, %" PRIu64 "/s, depth %" PRIu64 "   ",
		n, pruned, (n + pruned) / seconds, ck_pr_load_64(&p->counters->depth));
	p->shown = true;
}

static void *run(void *arg)
{
	struct progress *p = arg;
	struct timespec until;
	unsigned seconds = 0;

	clock_gettime(CLOCK_REALTIME, &until);
	pthread_mutex_lock(&p->lock);
	while (!p->end) {
		until.tv_sec++;
		if (!pthread_cond_timedwait(&p->wake, &p->lock, &until) || p->end) {
			until.tv_sec--;
			continue;
		}
		show(p, ++seconds);
	}
	pthread_mutex_unlock(&p->lock);
	return NULL;
}

struct progress *progress_start(const struct sim_progress *counters)
{
	struct progress *p;

	if (!isatty(STDERR_FILENO))
		return NULL;
	p = calloc(1, sizeof(*p));
	if (!p)
		return NULL;
	p->counters = counters;
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

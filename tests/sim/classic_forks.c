/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * classic_forks.c - a fork and its monitors
 */
#include "classic.h"

static void fork_announce(struct world *w)
{
	write_once(&w->ev, 1);
	write_once(&w->flag, 0);
}

static void copy_page(struct world *w, int i)
{
	int64_t v = read_once(&w->a[i]);

	write_once(&w->b[i], v);
}

static void race_fork(void *p)
{
	struct arg *a = p;
	struct world *w = a->w;

	mutex_lock(&w->m[0]);
	write_once(&w->flag, 1);
	copy_page(w, 0);
	mutex_unlock(&w->m[0]);
	fork_announce(w);
}

static void race_monitor(void *p)
{
	struct arg *a = p;
	struct world *w = a->w;

	if (read_once(&w->flag))
		return;
	mutex_lock(&w->m[0]);
	write_once(&w->a[0], a->i + 1);
	mutex_unlock(&w->m[0]);
}

static void sem_fork(void *p)
{
	struct arg *a = p;
	struct world *w = a->w;

	down_write(&w->sem);
	write_once(&w->flag, 1);
	for (int i = 0; i < a->i; i++)
		copy_page(w, i);
	up_write(&w->sem);
	fork_announce(w);
}

static void sem_monitor(struct world *w, int page, int v)
{
	if (read_once(&w->flag))
		return;
	down_read(&w->sem);
	write_once(&w->a[page], v);
	up_read(&w->sem);
}

static void one_page_monitor(void *p)
{
	struct arg *a = p;

	sem_monitor(a->w, 0, a->i + 1);
}

static void own_page_monitor(void *p)
{
	struct arg *a = p;

	sem_monitor(a->w, a->i, a->i + 1);
}

static struct world *fork_world(struct sim *sim, int n)
{
	struct world *w = world(sim, n);

	sim_var_init(sim, &w->flag, NULL, 0);
	sim_var_init(sim, &w->ev, NULL, 0);
	w->a = new_vars(w, n);
	w->b = new_vars(w, n);
	w->m = new_mutexes(w, 1);
	init_rwsem(sim, &w->sem, "mmap_lock");
	return w;
}

void uffd_race(struct sim *sim, int n)
{
	struct world *w = fork_world(sim, n);

	spawn(w, "fork", race_fork, 0);
	spawn_each(w, "monitor", race_monitor, 0, n);
}

void uffd_rwsem(struct sim *sim, int n)
{
	struct world *w = fork_world(sim, n);

	spawn(w, "fork", sem_fork, 1);
	spawn_each(w, "monitor", one_page_monitor, 0, n);
}

void uffd_pages(struct sim *sim, int n)
{
	struct world *w = fork_world(sim, n);

	spawn(w, "fork", sem_fork, n);
	spawn_each(w, "monitor", own_page_monitor, 0, n);
}

/* sum over a + b + c = n of n!/(a! b! c!) * (a+c+1)!/(c+1) */
uint64_t uffd_race_traces(int n)
{
	uint64_t sum = 0;

	for (int a = 0; a <= n; a++)
		for (int b = 0; a + b <= n; b++) {
			int c = n - a - b;

			sum += factorial(n) / (factorial(a) * factorial(b) * factorial(c)) *
			       (factorial(a + c + 1) / (uint64_t)(c + 1));
		}
	return sum;
}

uint64_t four_to_n(int n)
{
	return power(4, n);
}

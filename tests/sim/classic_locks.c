/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * classic_locks.c - threads that wait for each other
 */
#include "classic.h"

/* ----------------------------------------------------------------- mutexes */

static void locked_increment(void *p)
{
	struct arg *a = p;

	mutex_lock(&a->w->m[0]);
	increment(p);
	mutex_unlock(&a->w->m[0]);
}

void lockinc(struct sim *sim, int n)
{
	struct world *w = world(sim, n);

	sim_var_init(sim, &w->x, NULL, 0);
	w->m = new_mutexes(w, 1);
	spawn_each(w, "inc", locked_increment, 0, n);
}

/* Threads of n sections each: their interleavings. */
#define LOCKERS 3

static void sections(void *p)
{
	struct arg *a = p;

	for (int i = 0; i < a->w->n; i++)
		locked_increment(p);
}

void locks(struct sim *sim, int n)
{
	struct world *w = world(sim, n);

	sim_var_init(sim, &w->x, NULL, 0);
	w->m = new_mutexes(w, 1);
	spawn_each(w, "locker", sections, 0, LOCKERS);
}

uint64_t locks_traces(int n)
{
	uint64_t each = factorial(n);

	return factorial(LOCKERS * n) / (each * each * each);
}

static void eat(struct world *w, int first, int second)
{
	mutex_lock(&w->m[first]);
	mutex_lock(&w->m[second]);
	mutex_unlock(&w->m[second]);
	mutex_unlock(&w->m[first]);
}

static void philosopher(void *p)
{
	struct arg *a = p;

	eat(a->w, a->i, (a->i + 1) % a->w->n);
}

static void careful_philosopher(void *p)
{
	struct arg *a = p;
	int left = a->i, right = (a->i + 1) % a->w->n;

	eat(a->w, left < right ? left : right, left < right ? right : left);
}

static void table_of(struct sim *sim, int n, void (*fn)(void *))
{
	static const char *const names[] = { "p0", "p1", "p2", "p3", "p4", "p5",
					     "p6", "p7", "p8", "p9" };
	static const char *const forks[] = { "f0", "f1", "f2", "f3", "f4", "f5",
					     "f6", "f7", "f8", "f9" };
	struct world *w = world(sim, n);

	w->m = new_mutexes(w, n);
	for (int i = 0; i < n; i++)
		w->m[i].obj.name = forks[i % 10];
	for (int i = 0; i < n; i++)
		spawn(w, names[i % 10], fn, i);
}

void philosophers(struct sim *sim, int n)
{
	table_of(sim, n, philosopher);
}

void ordered_philosophers(struct sim *sim, int n)
{
	table_of(sim, n, careful_philosopher);
}

uint64_t two_to_n_minus_2(int n)
{
	return power(2, n) - 2;
}

/* In the literature the 14th thread is the first to collide; here also a smaller one's 4th. */
static int blocks(int n)
{
	return n > SMALL ? BLOCKS : 6;
}

static bool take_block(struct world *w, int i, int b)
{
	bool taken;

	mutex_lock(&w->block[b]);
	taken = !w->busy[b];
	if (taken) {
		w->busy[b] = 1;
		w->inode[i] = (uint8_t)(b + 1);
	}
	mutex_unlock(&w->block[b]);
	return taken;
}

static void filesystem_thread(void *p)
{
	struct arg *a = p;
	struct world *w = a->w;
	int i = a->i % INODES, b = 2 * i % blocks(w->n);

	mutex_lock(&w->m[i]);
	if (!w->inode[i])
		while (!take_block(w, i, b))
			b = (b + 1) % blocks(w->n);
	mutex_unlock(&w->m[i]);
}

void filesystem(struct sim *sim, int n)
{
	struct world *w = world(sim, n);

	w->m = new_mutexes(w, INODES);
	w->block = new_mutexes(w, blocks(n));
	spawn_each(w, "fs", filesystem_thread, 0, n);
}

uint64_t filesystem_traces(int n)
{
	return power(2, n - blocks(n) / 2);
}

/* ------------------------------------------------------------------ waiting */

static void ticket_thread(void *p)
{
	struct arg *a = p;
	struct world *w = a->w;
	int64_t t = atomic_add_return(&w->next, 1) - 1;

	await_value(&w->owner, t);
	increment(p);
	write_once(&w->owner, t + 1);
}

void ticket(struct sim *sim, int n)
{
	struct world *w = world(sim, n);

	sim_var_init(sim, &w->next, NULL, 0);
	sim_var_init(sim, &w->owner, NULL, 0);
	w->owner.awaited = true;
	sim_var_init(sim, &w->x, NULL, 0);
	spawn_each(w, "ticket", ticket_thread, 0, n);
}

static void barrier_thread(void *p)
{
	struct arg *a = p;
	struct world *w = a->w;

	if (atomic_add_return(&w->x, 1) == w->n)
		complete_all(&w->done);
	else
		wait_for_completion(&w->done);
	read_once(&w->a[(a->i + 1) % w->n]);
	write_once(&w->a[a->i], 1);
}

uint64_t barrier_traces(int n)
{
	return factorial(n) * (power(2, n) - 1);
}

void barrier(struct sim *sim, int n)
{
	struct world *w = world(sim, n);

	sim_var_init(sim, &w->x, NULL, 0);
	w->a = new_vars(w, n);
	init_completion(sim, &w->done, NULL);
	spawn_each(w, "party", barrier_thread, 0, n);
}

/* -------------------------------------------------------------------- rwsem */

static void read_section(void *p)
{
	struct arg *a = p;

	down_read(&a->w->sem);
	up_read(&a->w->sem);
}

static void write_section(void *p)
{
	struct arg *a = p;

	down_write(&a->w->sem);
	up_write(&a->w->sem);
}

void rw(struct sim *sim, int n)
{
	struct world *w = world(sim, n);

	init_rwsem(sim, &w->sem, NULL);
	spawn(w, "writer", write_section, 0);
	spawn_each(w, "reader", read_section, 0, n);
}

void rww(struct sim *sim, int n)
{
	struct world *w = world(sim, n);

	init_rwsem(sim, &w->sem, NULL);
	spawn_each(w, "writer", write_section, 0, 2);
	spawn_each(w, "reader", read_section, 0, n);
}

uint64_t rww_traces(int n)
{
	return 2 * power(3, n);
}

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * classic_words.c - threads and shared words
 */
#include "classic.h"

static void store_x(void *p)
{
	struct arg *a = p;

	write_once(&a->w->x, a->i);
}

static void load_x(void *p)
{
	struct arg *a = p;

	read_once(&a->w->x);
}

void readers(struct sim *sim, int n)
{
	struct world *w = world(sim, n);

	sim_var_init(sim, &w->x, NULL, 0);
	spawn(w, "writer", store_x, 1);
	spawn_each(w, "reader", load_x, 0, n);
}

uint64_t two_to_n(int n)
{
	return power(2, n);
}

void lastwrite(struct sim *sim, int n)
{
	struct world *w = world(sim, n);

	sim_var_init(sim, &w->x, NULL, 0);
	spawn_each(w, "writer", store_x, 0, n);
}

static void lastzero_reader(void *p)
{
	struct arg *a = p;

	for (int i = a->w->n; read_once(&a->w->a[i]); i--)
		;
}

static void lastzero_writer(void *p)
{
	struct arg *a = p;
	int64_t v = read_once(&a->w->a[a->i - 1]);

	write_once(&a->w->a[a->i], v + 1);
}

void lastzero(struct sim *sim, int n)
{
	struct world *w = world(sim, n);

	w->a = new_vars(w, n + 1);
	spawn(w, "reader", lastzero_reader, 0);
	spawn_each(w, "writer", lastzero_writer, 1, n + 1);
}

uint64_t lastzero_traces(int n)
{
	return (uint64_t)(n + 3) * power(2, n - 2);
}

static void fib_side(void *p)
{
	struct arg *a = p;
	struct sim_var *mine = a->i ? &a->w->y : &a->w->x, *other = a->i ? &a->w->x : &a->w->y;

	for (int k = 0; k < a->w->n; k++) {
		int64_t u = read_once(mine), v = read_once(other);

		write_once(mine, u + v);
	}
}

void fib(struct sim *sim, int n)
{
	struct world *w = world(sim, n);

	sim_var_init(sim, &w->x, "i", 1);
	sim_var_init(sim, &w->y, "j", 1);
	spawn_each(w, "side", fib_side, 0, 2);
}

uint64_t fib_traces(int n)
{
	static const uint64_t t[] = { 1, 3, 19, 141, 1107, 8953, 73789, 616227, 5196627 };

	return t[n];
}

void increment(void *p)
{
	struct arg *a = p;
	int64_t v = read_once(&a->w->x);

	write_once(&a->w->x, v + 1);
}

void ainc(struct sim *sim, int n)
{
	struct world *w = world(sim, n);

	sim_var_init(sim, &w->x, NULL, 0);
	spawn_each(w, "inc", increment, 0, n);
}

uint64_t factorial_squared(int n)
{
	return factorial(n) * factorial(n);
}

static void sb_side(void *p)
{
	struct arg *a = p;
	struct world *w = a->w;

	write_once(&w->a[a->i], 1);
	read_once(&w->a[(a->i + 1) % w->n]);
}

void sb(struct sim *sim, int n)
{
	struct world *w = world(sim, n);

	w->a = new_vars(w, n);
	spawn_each(w, "side", sb_side, 0, n);
}

uint64_t two_to_n_minus_1(int n)
{
	return power(2, n) - 1;
}

/* In the literature the 12th thread is the first to collide; here also a smaller one's 3rd. */
static int stride(int n)
{
	return n > SMALL ? 11 : 2;
}

static void indexer_thread(void *p)
{
	struct arg *a = p;

	for (int m = 1; m <= 4; m++) {
		int v = stride(a->w->n) * m + a->i + 1, h = 7 * v % TABLE;

		while (atomic_cmpxchg(&a->w->a[h], 0, v))
			h = (h + 1) % TABLE;
	}
}

void indexer(struct sim *sim, int n)
{
	struct world *w = world(sim, n);

	w->a = new_vars(w, TABLE);
	spawn_each(w, "indexer", indexer_thread, 0, n);
}

uint64_t indexer_traces(int n)
{
	return power(8, n - stride(n));
}

static void sigma_child(void *p)
{
	struct arg *a = p;
	int64_t v = read_once(&a->w->x);

	write_once(&a->w->a[v], 1);
}

static void sigma_main(void *p)
{
	struct arg *a = p;

	for (int i = 0; i < a->w->n; i++) {
		int64_t v = read_once(&a->w->x);

		write_once(&a->w->x, v + 1);
		spawn(a->w, "child", sigma_child, i);
	}
}

void sigma(struct sim *sim, int n)
{
	struct world *w = world(sim, n);

	w->a = new_vars(w, n);
	sim_var_init(sim, &w->x, "ix", -1);
	spawn(w, "main", sigma_main, 0);
}

uint64_t odd_factorial(int n)
{
	return n < 1 ? 1 : (uint64_t)(2 * n - 1) * odd_factorial(n - 1);
}

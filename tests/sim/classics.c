/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "classics.h"

/*
 * filesystem and indexer have their collisions at the 14th and 12th thread in
 * the literature.  Sleep sets visit every state of threads that have nothing in
 * common, so here the same collisions begin at the 4th and 3rd.
 */
#define INODES 8
#define BLOCKS 6
#define STRIDE 2
#define TABLE 128

/* Everything a program may need; each makes a few of these. */
struct world {
	struct sim *sim;
	int n;
	struct sim_var x, y, flag, ev, next, owner;
	struct sim_var *a, *b;
	struct mutex *m, *block;
	struct rwsem sem;
	struct completion done;
	uint8_t inode[INODES], busy[BLOCKS];
};

struct arg {
	struct world *w;
	int i;
};

static struct world *world(struct sim *sim, int n)
{
	struct world *w = sim_zalloc(sim, sizeof(*w));

	w->sim = sim;
	w->n = n;
	return w;
}

static void spawn(struct world *w, const char *name, void (*fn)(void *), int i)
{
	struct arg *a = sim_zalloc(w->sim, sizeof(*a));

	*a = (struct arg){ w, i };
	sim_spawn(w->sim, name, fn, a, 0);
}

static void spawn_each(struct world *w, const char *name, void (*fn)(void *), int from, int to)
{
	for (int i = from; i < to; i++)
		spawn(w, name, fn, i);
}

static struct sim_var *new_vars(struct world *w, int nr)
{
	struct sim_var *v = sim_zalloc(w->sim, (size_t)nr * sizeof(*v));

	for (int i = 0; i < nr; i++)
		sim_var_init(w->sim, &v[i], NULL, 0);
	return v;
}

static struct mutex *new_mutexes(struct world *w, int nr)
{
	struct mutex *m = sim_zalloc(w->sim, (size_t)nr * sizeof(*m));

	for (int i = 0; i < nr; i++)
		mutex_init(w->sim, &m[i], NULL);
	return m;
}

static uint64_t factorial(int n)
{
	return n < 2 ? 1 : (uint64_t)n * factorial(n - 1);
}

static uint64_t power(uint64_t base, int n)
{
	return n <= 0 ? 1 : base * power(base, n - 1);
}

/* --------------------------------------------------------------- variables */

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

static void readers(struct sim *sim, int n)
{
	struct world *w = world(sim, n);

	sim_var_init(sim, &w->x, NULL, 0);
	spawn(w, "writer", store_x, 1);
	spawn_each(w, "reader", load_x, 0, n);
}

static uint64_t two_to_n(int n)
{
	return power(2, n);
}

static void lastwrite(struct sim *sim, int n)
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

static void lastzero(struct sim *sim, int n)
{
	struct world *w = world(sim, n);

	w->a = new_vars(w, n + 1);
	spawn(w, "reader", lastzero_reader, 0);
	spawn_each(w, "writer", lastzero_writer, 1, n + 1);
}

static uint64_t lastzero_traces(int n)
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

static void fib(struct sim *sim, int n)
{
	struct world *w = world(sim, n);

	sim_var_init(sim, &w->x, "i", 1);
	sim_var_init(sim, &w->y, "j", 1);
	spawn_each(w, "side", fib_side, 0, 2);
}

static uint64_t fib_traces(int n)
{
	static const uint64_t t[] = { 1, 3, 19, 141, 1107, 8953, 73789, 616227, 5196627 };

	return t[n];
}

static void increment(void *p)
{
	struct arg *a = p;
	int64_t v = read_once(&a->w->x);

	write_once(&a->w->x, v + 1);
}

static void ainc(struct sim *sim, int n)
{
	struct world *w = world(sim, n);

	sim_var_init(sim, &w->x, NULL, 0);
	spawn_each(w, "inc", increment, 0, n);
}

static uint64_t factorial_squared(int n)
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

static void sb(struct sim *sim, int n)
{
	struct world *w = world(sim, n);

	w->a = new_vars(w, n);
	spawn_each(w, "side", sb_side, 0, n);
}

static uint64_t two_to_n_minus_1(int n)
{
	return power(2, n) - 1;
}

static void indexer_thread(void *p)
{
	struct arg *a = p;

	for (int m = 1; m <= 4; m++) {
		int v = STRIDE * m + a->i + 1, h = 7 * v % TABLE;

		while (atomic_cmpxchg(&a->w->a[h], 0, v))
			h = (h + 1) % TABLE;
	}
}

static void indexer(struct sim *sim, int n)
{
	struct world *w = world(sim, n);

	w->a = new_vars(w, TABLE);
	spawn_each(w, "indexer", indexer_thread, 0, n);
}

static uint64_t indexer_traces(int n)
{
	return power(8, n - STRIDE);
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

static void sigma(struct sim *sim, int n)
{
	struct world *w = world(sim, n);

	w->a = new_vars(w, n);
	sim_var_init(sim, &w->x, "ix", -1);
	spawn(w, "main", sigma_main, 0);
}

static uint64_t odd_factorial(int n)
{
	return n < 1 ? 1 : (uint64_t)(2 * n - 1) * odd_factorial(n - 1);
}

/* ----------------------------------------------------------------- mutexes */

static void locked_increment(void *p)
{
	struct arg *a = p;

	mutex_lock(&a->w->m[0]);
	increment(p);
	mutex_unlock(&a->w->m[0]);
}

static void lockinc(struct sim *sim, int n)
{
	struct world *w = world(sim, n);

	sim_var_init(sim, &w->x, NULL, 0);
	w->m = new_mutexes(w, 1);
	spawn_each(w, "inc", locked_increment, 0, n);
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

static void philosophers(struct sim *sim, int n)
{
	table_of(sim, n, philosopher);
}

static void ordered_philosophers(struct sim *sim, int n)
{
	table_of(sim, n, careful_philosopher);
}

static uint64_t two_to_n_minus_2(int n)
{
	return power(2, n) - 2;
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
	int i = a->i % INODES, b = 2 * i % BLOCKS;

	mutex_lock(&w->m[i]);
	if (!w->inode[i])
		while (!take_block(w, i, b))
			b = (b + 1) % BLOCKS;
	mutex_unlock(&w->m[i]);
}

static void filesystem(struct sim *sim, int n)
{
	struct world *w = world(sim, n);

	w->m = new_mutexes(w, INODES);
	w->block = new_mutexes(w, BLOCKS);
	spawn_each(w, "fs", filesystem_thread, 0, n);
}

static uint64_t filesystem_traces(int n)
{
	return power(2, n - BLOCKS / 2);
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

static void ticket(struct sim *sim, int n)
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

static uint64_t barrier_traces(int n)
{
	return factorial(n) * (power(2, n) - 1);
}

static void barrier(struct sim *sim, int n)
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

static void rw(struct sim *sim, int n)
{
	struct world *w = world(sim, n);

	init_rwsem(sim, &w->sem, NULL);
	spawn(w, "writer", write_section, 0);
	spawn_each(w, "reader", read_section, 0, n);
}

static void rww(struct sim *sim, int n)
{
	struct world *w = world(sim, n);

	init_rwsem(sim, &w->sem, NULL);
	spawn_each(w, "writer", write_section, 0, 2);
	spawn_each(w, "reader", read_section, 0, n);
}

static uint64_t rww_traces(int n)
{
	return 2 * power(3, n);
}

/* ------------------------------------------------- fork and its monitors */

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

static void uffd_race(struct sim *sim, int n)
{
	struct world *w = fork_world(sim, n);

	spawn(w, "fork", race_fork, 0);
	spawn_each(w, "monitor", race_monitor, 0, n);
}

static void uffd_rwsem(struct sim *sim, int n)
{
	struct world *w = fork_world(sim, n);

	spawn(w, "fork", sem_fork, 1);
	spawn_each(w, "monitor", one_page_monitor, 0, n);
}

static void uffd_pages(struct sim *sim, int n)
{
	struct world *w = fork_world(sim, n);

	spawn(w, "fork", sem_fork, n);
	spawn_each(w, "monitor", own_page_monitor, 0, n);
}

/* sum over a + b + c = n of n!/(a! b! c!) * (a+c+1)!/(c+1) */
static uint64_t uffd_race_traces(int n)
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

static uint64_t four_to_n(int n)
{
	return power(4, n);
}

const struct classic classics[] = {
	{ "readers", "one store, n loads", readers, two_to_n, 0, 8, 11, false },
	{ "lastwrite", "n stores", lastwrite, factorial, 0, 5, 7, false },
	{ "lastzero", "a search behind n writers", lastzero, lastzero_traces, 0, 5, 8, false },
	{ "fib", "two mutual recurrences", fib, fib_traces, 0, 3, 5, false },
	{ "ainc", "n unlocked increments", ainc, factorial_squared, 0, 3, 4, false },
	{ "lockinc", "n locked increments", lockinc, factorial, 0, 4, 6, false },
	{ "sb", "a ring of store, load", sb, two_to_n_minus_1, 0, 4, 8, false },
	{ "indexer", "hash table with cmpxchg", indexer, indexer_traces, 0, 3, 4, false },
	{ "sigma", "threads born on the way", sigma, odd_factorial, 0, 4, 5, false },
	{ "philosophers", "forks in a circle", philosophers, two_to_n_minus_1, 1, 4, 7, false },
	{ "ordered-philosophers", "forks in order", ordered_philosophers, two_to_n_minus_2, 0, 4, 7,
	  false },
	{ "filesystem", "inodes and blocks", filesystem, filesystem_traces, 0, 4, 6, false },
	{ "ticket", "ticket lock that blocks", ticket, factorial, 0, 4, 5, false },
	{ "barrier", "the last one lets all go", barrier, barrier_traces, 0, 3, 5, false },
	{ "rw", "one writer, n readers", rw, two_to_n, 0, 4, 7, true },
	{ "rww", "two writers, n readers", rww, rww_traces, 0, 2, 5, true },
	{ "uffd-race", "fork and monitors, mutex", uffd_race, uffd_race_traces, 0, 2, 4, false },
	{ "uffd-rwsem", "fork and monitors, rwsem", uffd_rwsem, uffd_race_traces, 0, 2, 4, true },
	{ "uffd-pages", "fork and monitors, own pages", uffd_pages, four_to_n, 0, 2, 4, true },
};
const unsigned nr_classics = sizeof(classics) / sizeof(*classics);

const struct classic *classic_find(const char *name)
{
	for (unsigned i = 0; i < nr_classics; i++)
		if (!strcmp(classics[i].name, name))
			return &classics[i];
	return NULL;
}

struct sim *classic_machine(const struct classic *c, int n)
{
	const struct sim_config cfg = { .rwsem_unfair = c->unfair };
	struct sim *sim;

	if (sim_create(&sim, &cfg))
		return NULL;
	c->setup(sim, n);
	return sim;
}

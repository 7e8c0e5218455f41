/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "classic.h"

struct world *world(struct sim *sim, int n)
{
	struct world *w = sim_zalloc(sim, sizeof(*w));

	w->sim = sim;
	w->n = n;
	sim_set_model(sim, w, NULL);
	return w;
}

void spawn(struct world *w, const char *name, void (*fn)(void *), int i)
{
	struct arg *a = sim_zalloc(w->sim, sizeof(*a));

	*a = (struct arg){ w, i };
	sim_spawn(w->sim, name, fn, a, 0);
}

void spawn_each(struct world *w, const char *name, void (*fn)(void *), int from, int to)
{
	for (int i = from; i < to; i++)
		spawn(w, name, fn, i);
}

struct sim_var *new_vars(struct world *w, int nr)
{
	struct sim_var *v = sim_zalloc(w->sim, (size_t)nr * sizeof(*v));

	for (int i = 0; i < nr; i++)
		sim_var_init(w->sim, &v[i], NULL, 0);
	return v;
}

struct mutex *new_mutexes(struct world *w, int nr)
{
	struct mutex *m = sim_zalloc(w->sim, (size_t)nr * sizeof(*m));

	for (int i = 0; i < nr; i++)
		mutex_init(w->sim, &m[i], NULL);
	return m;
}

uint64_t factorial(int n)
{
	return n < 2 ? 1 : (uint64_t)n * factorial(n - 1);
}

uint64_t power(uint64_t base, int n)
{
	return n <= 0 ? 1 : base * power(base, n - 1);
}

const struct classic classics[] = {
	{ "readers", "one store, n loads", readers, two_to_n, 0, 8, 11, 13, false },
	{ "lastwrite", "n stores", lastwrite, factorial, 0, 5, 7, 8, false },
	{ "lastzero", "a search behind n writers", lastzero, lastzero_traces, 0, 5, 8, 10, false },
	{ "fib", "two mutual recurrences", fib, fib_traces, 0, 3, 5, 6, false },
	{ "ainc", "n unlocked increments", ainc, factorial_squared, 0, 3, 4, 5, false },
	{ "lockinc", "n locked increments", lockinc, factorial, 0, 4, 6, 7, false },
	{ "locks", "three threads of n sections", locks, locks_traces, 0, 2, 3, 4, false },
	{ "sb", "a ring of store, load", sb, two_to_n_minus_1, 0, 4, 8, 10, false },
	{ "indexer", "hash table with cmpxchg", indexer, indexer_traces, 0, 3, 4, 13, false },
	{ "sigma", "threads born on the way", sigma, odd_factorial, 0, 4, 5, 6, false },
	{ "philosophers", "forks in a circle", philosophers, two_to_n_minus_1, 1,
	  4, 7, 10, false },
	{ "ordered-philosophers", "forks in order", ordered_philosophers, two_to_n_minus_2, 0,
	  4, 7, 10, false },
	{ "filesystem", "inodes and blocks", filesystem, filesystem_traces, 0, 4, 6, 17, false },
	{ "ticket", "ticket lock that blocks", ticket, factorial, 0, 4, 5, 6, false },
	{ "barrier", "the last one lets all go", barrier, barrier_traces, 0, 3, 5, 6, false },
	{ "rw", "one writer, n readers", rw, two_to_n, 0, 4, 7, 8, true },
	{ "rww", "two writers, n readers", rww, rww_traces, 0, 2, 5, 6, true },
	{ "uffd-race", "fork and monitors, mutex", uffd_race, uffd_race_traces, 0,
	  2, 4, 5, false },
	{ "uffd-rwsem", "fork and monitors, rwsem", uffd_rwsem, uffd_race_traces, 0,
	  2, 4, 5, true },
	{ "uffd-pages", "fork and monitors, own pages", uffd_pages, four_to_n, 0, 2, 4, 6, true },
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

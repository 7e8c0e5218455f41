/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * classic.h - what the programs are made of
 */
#ifndef TESTS_SIM_CLASSIC_H
#define TESTS_SIM_CLASSIC_H

#include "classics.h"

/* Up to this size filesystem and indexer have constants that suit few threads. */
#define SMALL 8
#define INODES 32
#define BLOCKS 26
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

struct world *world(struct sim *sim, int n);
struct sim_var *new_vars(struct world *w, int nr);
struct mutex *new_mutexes(struct world *w, int nr);
uint64_t factorial(int n);
uint64_t power(uint64_t base, int n);
void spawn(struct world *w, const char *name, void (*fn)(void *), int i);
void spawn_each(struct world *w, const char *name, void (*fn)(void *), int from, int to);
void increment(void *arg);
uint64_t two_to_n(int n);
uint64_t two_to_n_minus_1(int n);


/* The programs, and how many traces they have. */
void ainc(struct sim *sim, int n);
void barrier(struct sim *sim, int n);
void fib(struct sim *sim, int n);
void filesystem(struct sim *sim, int n);
void indexer(struct sim *sim, int n);
void lastwrite(struct sim *sim, int n);
void lastzero(struct sim *sim, int n);
void lockinc(struct sim *sim, int n);
void locks(struct sim *sim, int n);
void ordered_philosophers(struct sim *sim, int n);
void philosophers(struct sim *sim, int n);
void readers(struct sim *sim, int n);
void rw(struct sim *sim, int n);
void rww(struct sim *sim, int n);
void sb(struct sim *sim, int n);
void sigma(struct sim *sim, int n);
void ticket(struct sim *sim, int n);
void uffd_pages(struct sim *sim, int n);
void uffd_race(struct sim *sim, int n);
void uffd_rwsem(struct sim *sim, int n);
uint64_t barrier_traces(int n);
uint64_t factorial_squared(int n);
uint64_t fib_traces(int n);
uint64_t filesystem_traces(int n);
uint64_t four_to_n(int n);
uint64_t indexer_traces(int n);
uint64_t lastzero_traces(int n);
uint64_t locks_traces(int n);
uint64_t odd_factorial(int n);
uint64_t rww_traces(int n);
uint64_t two_to_n_minus_2(int n);
uint64_t uffd_race_traces(int n);

#endif

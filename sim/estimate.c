/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * estimate.c - how many executions there are
 *
 * Knuth's estimate of the size of a tree walks down from the root, each time to
 * one of the b children; the leaf it reaches stands for b1 * b2 * b3... of them.
 * Here a crowd walks: of all children of its members as many as it has places for
 * are drawn, each standing for as many as there were for a place.  So those who
 * run into a dead end are replaced, and dead ends are what this tree has most of.
 *
 *     places 2     o        1 stands for 1
 *                 /|\       2 of 3, each for 3/2
 *                o . o
 *               /|   |\     2 of 4, each for 3
 *
 * The mean over many crowds is right on average, and how much they differ tells
 * how far to trust it.
 *
 * The tree is that of sleep sets, which has each trace once (prefixes given up
 * count nothing), whatever smaller tree the search itself finds.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "explore.h"

#define PLACES 64
/* Branchings on the way down; what goes on longer is a loop. */
#define MAX_BRANCHINGS 1024

/* Who stands at a node that branches: the choices on the way there. */
struct walker {
	uint8_t choices[MAX_BRANCHINGS];
	unsigned children;
};

struct crowd {
	struct walker at[PLACES], next[PLACES];
	unsigned nr, nr_next;
	unsigned branchings; /* behind each */
	double each;         /* how many one stands for */
	double leaves;
	uint64_t seed;
	uint64_t walked;
};

double explorer_clock(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static void back_to_root(struct explorer *ex)
{
	while (ex->sim->snaps.depth > 1)
		snap_pop(ex->sim);
	snap_restore(ex->sim);
	ex->depth = 0;
}

/*
 * Take the choices at the first nodes that branch, then go on to the next one.
 * Returns its number of children, 0 if the execution ends before.
 */
static unsigned follow(struct explorer *ex, const uint8_t *choices, unsigned nr)
{
	unsigned i = 0;
	size_t depth = 0;

	explorer_push(ex);
	while (ex->depth > depth && !ex->stopped) {
		struct node *n = &ex->nodes[ex->depth - 1];

		depth = ex->depth;
		explorer_step(ex, n);
		if (n->todo) {
			if (i == nr)
				return (unsigned)__builtin_popcount(n->todo) + 1;
			for (unsigned k = choices[i++]; k && !ex->stopped; k--)
				explorer_step(ex, n);
		}
		if (!ex->stopped)
			explorer_descend(ex);
	}
	return 0;
}

/* Let one more go on as @from did, then to its child @choice. */
static void admit(struct explorer *ex, struct crowd *c, const struct walker *from, unsigned choice)
{
	struct walker *w = &c->next[c->nr_next];
	uint64_t before = ex->res->executions;

	memcpy(w->choices, from->choices, c->branchings);
	w->choices[c->branchings] = (uint8_t)choice;
	w->children = follow(ex, w->choices, c->branchings + 1);
	c->walked++;
	if (w->children)
		c->nr_next++;
	else if (ex->res->executions > before)
		c->leaves += c->each;
	back_to_root(ex);
}

/* Draw from all children; each is as likely as any other, none is drawn twice. */
static void next_generation(struct explorer *ex, struct crowd *c)
{
	unsigned children = 0, places, left;

	for (unsigned i = 0; i < c->nr; i++)
		children += c->at[i].children;
	places = children < PLACES ? children : PLACES;
	c->each *= (double)children / places;
	c->nr_next = 0;
	left = children;
	for (unsigned i = 0; i < c->nr; i++) {
		for (unsigned k = 0; k < c->at[i].children && !ex->stopped; k++, left--) {
			if ((sim_splitmix(&c->seed) >> 32) * left >> 32 >= places)
				continue;
			places--;
			admit(ex, c, &c->at[i], k);
		}
	}
	memcpy(c->at, c->next, sizeof(c->at[0]) * c->nr_next);
	c->nr = c->nr_next;
	c->branchings++;
}

static double walk(struct explorer *ex, struct crowd *c)
{
	c->each = 1;
	c->leaves = 0;
	c->branchings = 0;
	c->nr = 1;
	c->at[0].children = follow(ex, NULL, 0);
	back_to_root(ex);
	if (!c->at[0].children)
		return 1;
	while (c->nr && !ex->stopped && c->branchings + 1 < MAX_BRANCHINGS)
		next_generation(ex, c);
	return c->leaves;
}

/* Crowds until a bound is met; their leaves are not reported as executions. */
static void walk_on(struct explorer *ex, struct crowd *c)
{
	const struct sim_explore_config *cfg = ex->cfg;
	struct sim_explore_config quiet = { .stop = cfg->stop };
	struct sim_explore_result *res = ex->res, unseen = { 0 };
	double mean = 0, m2 = 0;

	while (!ex->stopped) {
		double x, d;

		ex->cfg = &quiet;
		ex->res = &unseen;
		x = walk(ex, c);
		ex->cfg = cfg;
		ex->res = res;
		if (ex->stopped)
			break;
		d = x - mean;
		mean += d / (double)++res->executions;
		m2 += d * (x - mean);
		ex->checks = 0;
		check_bounds(ex);
	}
	res->steps = unseen.steps;
	res->estimate.total = mean;
	if (res->executions > 1)
		res->estimate.variance =
			m2 / (double)(res->executions - 1) / (double)res->executions;
}

void search_estimate(struct explorer *ex)
{
	struct crowd *c = malloc(sizeof(*c));

	ex->cut = true;
	if (!c) {
		explorer_stop(ex, -ENOMEM);
		return;
	}
	c->seed = ex->cfg->seed;
	c->walked = 0;
	walk_on(ex, c);
	free(c);
}

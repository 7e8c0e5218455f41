/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * classic.c - a fork and its monitors, explored once: for a table beside SPIN's
 *
 * classic NAME N [states]: "executions N steps N"; with a third word the final
 * states as uffd-race.pml prints them.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Its own hash function falls through cases, which clang wants annotated. */
#define HASH_FUNCTION(s, len, hashv) HASH_FNV(s, len, hashv)
#include <uthash.h>

#include "tests/sim/classic.h"

struct state {
	char text[256];
	UT_hash_handle hh;
};

struct seen {
	struct state *states;
	int pages; /* that the program uses */
};

static void describe(const struct world *w, int pages, char *text, size_t size)
{
	size_t at = (size_t)snprintf(text, size, "state");

	for (int i = 0; i < pages && at < size; i++)
		at += (size_t)snprintf(text + at, size - at, " a%d=%d b%d=%d", i,
				       (int)sim_var_peek(&w->a[i]), i, (int)sim_var_peek(&w->b[i]));
}

static int on_execution(void *ctx, struct sim *sim, const struct sim_execution *ex)
{
	struct seen *seen = ctx;
	struct state *new = malloc(sizeof(*new)), *old;

	if (!new)
		return -1;
	describe(sim_model(sim), seen->pages, new->text, sizeof(new->text));
	HASH_FIND_STR(seen->states, new->text, old);
	if (old)
		free(new);
	else
		HASH_ADD_STR(seen->states, text, new);
	return 0;
}

static void show_and_free(struct state *states)
{
	struct state *s, *next;

	HASH_ITER(hh, states, s, next) {
		puts(s->text);
		HASH_DEL(states, s);
		free(s);
	}
}

int main(int argc, char **argv)
{
	const struct classic *c = argc > 2 ? classic_find(argv[1]) : NULL;
	struct sim_explore_config cfg = { .mode = SIM_EXPLORE_OPTIMAL, .fixed_steps = true };
	struct sim_explore_result res;
	struct seen seen = { .pages = 1 };
	struct sim *sim;
	int n, r;

	if (!c || strncmp(c->name, "uffd-", 5)) {
		fprintf(stderr, "usage: classic uffd-race|uffd-rwsem|uffd-pages N [states]\n");
		return 2;
	}
	n = atoi(argv[2]);
	if (!strcmp(c->name, "uffd-pages"))
		seen.pages = n;
	if (argc > 3) {
		cfg.execution = on_execution;
		cfg.ctx = &seen;
	}
	sim = classic_machine(c, n);
	r = sim ? sim_explore(sim, &cfg, &res) : -1;
	if (!r && res.complete)
		printf("executions %llu steps %llu\n", (unsigned long long)res.executions,
		       (unsigned long long)res.steps);
	show_and_free(seen.states);
	if (sim)
		sim_destroy(sim);
	return r || !res.complete;
}

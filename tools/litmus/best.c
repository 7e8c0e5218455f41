/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * best.c - which execution of a kind to show
 *
 * The one with the fewest switches; of those the shortest; of those the one that
 * a search in one piece comes to first, so that the answer does not depend on who
 * searched what.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tools/litmus/exploration.h"

static uint64_t count_switches(const uint8_t *picks, uint64_t steps)
{
	uint64_t n = 0;

	for (uint64_t i = 1; i < steps; i++)
		n += picks[i] != picks[i - 1];
	return n;
}

/* Where they part: does the search try @a's thread before @b's? */
static bool comes_first(const uint8_t *a, const uint8_t *b, uint64_t steps)
{
	uint32_t seen = 0, here;
	int current = -1;
	uint64_t i;

	for (i = 0; i < steps && a[i] == b[i]; i++) {
		if (seen >> a[i] & 1)
			current = a[i];
		seen |= 1u << a[i];
	}
	if (i == steps)
		return false;
	here = 1u << a[i] | 1u << b[i];
	if (here & ~seen)
		return a[i] == __builtin_ctz(here & ~seen);
	if (current >= 0 && here >> current & 1)
		return a[i] == current;
	return a[i] < b[i];
}

static bool is_better(const struct best *b, uint64_t switches, uint64_t steps, const uint8_t *picks)
{
	if (!b->token)
		return true;
	if (switches != b->switches)
		return switches < b->switches;
	if (steps != b->steps)
		return steps < b->steps;
	return comes_first(picks, b->picks, steps);
}

void best_fini(struct best *b)
{
	free(b->picks);
	free(b->token);
	free(b->text);
	memset(b, 0, sizeof(*b));
}

/* Takes over @token. */
static int keep(struct best *b, uint64_t switches, uint64_t steps, const uint8_t *picks,
		char *token)
{
	uint8_t *copy = malloc(steps + 1);

	if (!copy || !token) {
		free(copy);
		free(token);
		return -ENOMEM;
	}
	memcpy(copy, picks, steps);
	free(b->picks);
	free(b->token);
	b->picks = copy;
	b->token = token;
	b->switches = switches;
	b->steps = steps;
	return 1;
}

int best_offer(struct best *b, uint64_t program, const struct sim_execution *ex)
{
	uint64_t switches = count_switches(ex->picks, ex->steps);

	if (!is_better(b, switches, ex->steps, ex->picks))
		return 0;
	return keep(b, switches, ex->steps, ex->picks,
		    sim_token(program, ex->picks, ex->enabled, ex->steps));
}

int best_merge(struct best *b, const struct best *other)
{
	int r = 0;

	if (other->token && is_better(b, other->switches, other->steps, other->picks))
		r = keep(b, other->switches, other->steps, other->picks, strdup(other->token));
	return r < 0 ? r : 0;
}

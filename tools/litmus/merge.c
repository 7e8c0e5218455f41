/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * merge.c - what several explorations have found, as one
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tools/litmus/exploration.h"

/* The orders of locks that another machine saw; both may be one half of an inversion. */
static int merge_lock_orders(struct sim *to, const struct sim *from)
{
	const char *end;
	size_t size;
	char *text;
	FILE *f = open_memstream(&text, &size);
	int r;

	if (!f)
		return -ENOMEM;
	sim_lock_orders_write(from, f);
	if (fclose(f))
		return -ENOMEM;
	r = sim_lock_orders_read(to, text, &end);
	free(text);
	return r;
}

int exploration_merge(struct exploration *to, const struct exploration *from)
{
	int r = states_merge(&to->states, &from->states, (size_t)to->m.prog->nr_keys);

	to->res->positive += from->res->positive;
	to->res->negative += from->res->negative;
	to->res->unasserted += from->res->unasserted;
	for (unsigned v = 0; v < NR_LITMUS_VERDICTS && !r; v++) {
		to->res->verdicts[v] += from->res->verdicts[v];
		r = best_merge(&to->verdicts[v], &from->verdicts[v]);
	}
	if (!r)
		r = best_merge(&to->witness, &from->witness);
	if (!r)
		r = best_merge(&to->finding, &from->finding);
	if (!r && from->m.sim)
		r = merge_lock_orders(to->m.sim, from->m.sim);
	return r;
}

int exploration_explain(struct exploration *x)
{
	struct sim_strategy strategy;
	struct sim_replay replay;
	int r;

	if (!x->finding.token)
		return 0;
	if (sim_replay_init(&replay, x->finding.token, x->m.program, &strategy) < 0)
		return -EINVAL;
	r = machine_ended(&x->m, sim_run(x->m.sim, strategy));
	free(x->finding.text);
	x->finding.text = x->m.message;
	x->m.message = NULL;
	return r < 0 ? r : 0;
}

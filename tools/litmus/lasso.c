/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lasso.c - is an execution that has no end a livelock?
 *
 * It is made again on a machine of its own, up to where it was cut, and goes on from
 * there with everybody in turn.
 */
#include <errno.h>
#include <stdlib.h>

#include "tools/litmus/run.h"

struct path {
	const uint8_t *picks;
	uint64_t at, nr;
};

static int follow(void *state, const struct sim_choice *choice)
{
	struct path *p = state;

	return p->at < p->nr ? p->picks[p->at++] : -1;
}

/* "a cycle of 12 steps: monitor, process" */
static char *describe(const struct sim *sim, const struct sim_lasso *lasso)
{
	char *text = NULL;
	size_t size;
	const char *sep = ": ";
	FILE *f = open_memstream(&text, &size);

	if (!f)
		return NULL;
	fprintf(f, "a cycle of %llu step%s", (unsigned long long)lasso->steps,
		lasso->steps == 1 ? "" : "s");
	for (uint32_t m = lasso->threads; m; m &= m - 1) {
		fprintf(f, "%s%s", sep,
			sim_thread_name(sim_thread_by_id(sim, (unsigned)__builtin_ctz(m))));
		sep = ", ";
	}
	return fclose(f) ? NULL : text;
}

int machine_find_lasso(struct machine *m, char **text)
{
	struct sim_lasso lasso;
	int r = sim_find_lasso(m->sim, &lasso);

	if (r <= 0)
		return r;
	*text = describe(m->sim, &lasso);
	return *text ? 1 : -ENOMEM;
}

int lasso_after(const struct machine *m, const uint8_t *picks, uint64_t nr, char **text)
{
	struct litmus_options opt = { .profile = m->opt->profile,
				      .patches = m->opt->patches,
				      .nr_patches = m->opt->nr_patches,
				      .max_steps = LASSO_STEPS };
	struct path path = { .picks = picks, .nr = nr };
	struct litmus_error err;
	struct machine again;
	int r = machine_init(&again, m->prog, &opt, false, &err);

	if (!r)
		r = machine_run_init(&again);
	if (!r)
		r = machine_spawn(&again);
	if (!r) {
		sim_run(again.sim, (struct sim_strategy){ follow, &path });
		r = path.at == path.nr ? machine_find_lasso(&again, text) : 0;
	}
	machine_fini(&again);
	return r == -ENOMEM ? r : r > 0 && *text;
}

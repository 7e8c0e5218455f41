/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * estimate.c - litmus_estimate(): how many executions there are
 */
#include "tools/litmus/run.h"

static int walk(struct machine *m, double *total, double *variance)
{
	const struct litmus_options *opt = m->opt;
	const struct sim_explore_config cfg = {
		.mode = SIM_EXPLORE_ESTIMATE,
		.max_steps = opt->max_steps ? opt->max_steps : EXPLORE_STEPS,
		.max_seconds = opt->max_seconds,
		.stop = opt->stop,
		.seed = opt->seed,
		.awaits = machine_awaits(m),
	};
	struct sim_explore_result res;
	int r = machine_spawn(m);

	if (!r)
		r = sim_explore(m->sim, &cfg, &res);
	if (r < 0 || res.executions < 2)
		return r;
	*total = res.estimate.total;
	*variance = res.estimate.variance;
	return 0;
}

int litmus_estimate(const struct litmus *prog, const struct litmus_options *opt, double *total,
		    double *variance)
{
	struct machine m;
	int r;

	*total = *variance = 0;
	r = machine_init(&m, prog, opt, false, NULL);
	if (!r)
		r = machine_run_init(&m);
	if (!r && !prog->sequence)
		r = walk(&m, total, variance);
	machine_fini(&m);
	return r < 0 ? r : 0;
}

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * fuzz_litmus.c - any bytes: parse; what parses also runs and is explored
 *
 * Finds crashes, and disagreement that must not be: a file that runs must be
 * explorable, and a witness must lead where it promised.
 */
#include <stdlib.h>

#include <uffdsim/litmus.h>

#define MAX_STEPS      300
#define MAX_EXECUTIONS 50

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void replay(const struct litmus *prog, struct litmus_options *opt, const char *token)
{
	struct litmus_run_result res;
	struct litmus_error err;

	opt->replay = token;
	opt->trace = true;
	if (litmus_run(prog, opt, &res, &err))
		abort();
	litmus_run_result_fini(&res);
	opt->replay = NULL;
	opt->trace = false;
}

static void run(const struct litmus *prog, FILE *out)
{
	struct litmus_options opt = { .max_steps = MAX_STEPS, .json = out };
	struct litmus_run_result res;
	struct litmus_error err;

	if (!litmus_run(prog, &opt, &res, &err))
		litmus_run_result_fini(&res);
	opt.json = NULL;
	opt.random = true;
	opt.seed = litmus_statements(prog);
	if (!litmus_run(prog, &opt, &res, &err))
		litmus_run_result_fini(&res);
}

static void explore(const struct litmus *prog, FILE *out)
{
	struct litmus_options opt = { .max_steps = MAX_STEPS, .max_executions = MAX_EXECUTIONS };
	struct litmus_explore_result res;
	struct litmus_error err;

	if (litmus_explore(prog, &opt, &res, &err))
		return;
	litmus_print_summary(out, prog, &res, true, true);
	litmus_print_json(out, prog, &res, true, true);
	if (res.witness)
		replay(prog, &opt, res.witness);
	if (res.deadlock_token)
		replay(prog, &opt, res.deadlock_token);
	litmus_explore_result_fini(&res);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct litmus_error err;
	struct litmus *prog;
	FILE *out = fopen("/dev/null", "w");

	if (!out)
		return 0;
	if (litmus_parse((const char *)data, size, &prog, &err)) {
		litmus_print_error(out, "fuzz", &err);
	} else {
		run(prog, out);
		explore(prog, out);
		litmus_free(prog);
	}
	fclose(out);
	return 0;
}

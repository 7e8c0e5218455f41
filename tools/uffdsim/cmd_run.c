/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cmd_run.c - uffdsim run: one execution
 */
#include <string.h>

#include "tools/uffdsim/uffdsim.h"

static const struct option_desc known[] = {
	{ "json", false, OPT_JSON },
	{ "seed", true, OPT_SEED },
	{ "replay", true, OPT_REPLAY },
	{ "profile", true, OPT_PROFILE },
	{ "max-steps", true, OPT_MAX_STEPS },
	{ "no-trace", false, OPT_NO_TRACE },
	{ "width", true, OPT_WIDTH },
	{ "full", false, OPT_FULL },
	{ "check", false, OPT_CHECK },
	{ "fail-alloc", true, OPT_FAIL_ALLOC },
	{ NULL, false, 0 },
};

static void print_text(const struct options *opt, const struct litmus *prog,
		       const struct litmus_run_result *res)
{
	struct diagram *d = res->trace ? diagram_new(prog, res, &opt->show) : NULL;

	if (d)
		text_print(stdout, d, &opt->show);
	diagram_free(d);
	printf("\nTest %s (%s)\n", litmus_name(prog), res->profile);
	for (size_t i = 0; i < res->nr_final; i++)
		printf("%s%s=%s;%s", i ? " " : "", res->final[i].key, res->final[i].value,
		       i + 1 == res->nr_final ? "\n" : "");
	if (res->blocked)
		printf("Blocked at the end:\n%s", res->blocked);
	if (res->verdict_text)
		fputs(res->verdict_text, stdout);
	if (res->has_condition && res->status <= LITMUS_NOT_MET && !res->message)
		puts(res->status == LITMUS_MET ? "Ok" : "No");
}

static int run(const struct options *opt, const struct litmus *prog)
{
	struct litmus_run_result res;
	struct litmus_error err;
	int r = litmus_run(prog, &opt->lit, &res, &err);

	if (r < 0)
		return report_failure(opt, r, &err);
	if (!opt->json)
		print_text(opt, prog, &res);
	if (res.message) {
		fflush(stdout);
		litmus_print_error(stderr, opt->file, &err);
	}
	r = (int)res.status;
	litmus_run_result_fini(&res);
	return r;
}

int cmd_run(int argc, char **argv)
{
	struct options opt;
	struct litmus *prog;
	int r = options_parse(argc, argv, known, &opt);

	if (r)
		return r;
	if (opt.lit.random && opt.lit.replay) {
		fputs("uffdsim run: --seed and --replay exclude each other\n", stderr);
		return EXIT_USAGE;
	}
	r = load_file(&opt, &prog);
	if (r)
		return r;
	if (opt.lit.replay && litmus_is_sequence(prog)) {
		fprintf(stderr, "%s: a sequence has one schedule: nothing to replay\n", opt.file);
		r = EXIT_USAGE;
	} else {
		opt.lit.json = opt.json ? stdout : NULL;
		opt.lit.trace = !opt.json && !opt.no_trace;
		r = run(&opt, prog);
	}
	litmus_free(prog);
	return r;
}

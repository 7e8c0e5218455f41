/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cmd_run.c - uffdsim run: one execution
 */
#include <string.h>

#include "tools/uffdsim/present.h"

static const struct option_desc known[] = {
	{ "json", false, OPT_JSON },
	{ "seed", true, OPT_SEED },
	{ "replay", true, OPT_REPLAY },
	{ "profile", true, OPT_PROFILE },
	{ "patch", true, OPT_PATCH },
	{ "rwsem", true, OPT_RWSEM },
	{ "memory", true, OPT_MEMORY },
	{ "spurious", false, OPT_SPURIOUS },
	{ "tlb", false, OPT_TLB },
	{ "races", false, OPT_RACES },
	{ "max-steps", true, OPT_MAX_STEPS },
	{ "no-trace", false, OPT_NO_TRACE },
	{ "width", true, OPT_WIDTH },
	{ "full", false, OPT_FULL },
	{ "diagram", true, OPT_DIAGRAM },
	{ "trace", true, OPT_TRACE },
	{ "output", true, OPT_OUTPUT },
	{ "check", false, OPT_CHECK },
	{ "fail-alloc", true, OPT_FAIL_ALLOC },
	{ NULL, false, 0 },
};

static void print_text(const struct litmus *prog, const struct litmus_run_result *res)
{
	printf("\nTest %s (%s)\n", litmus_name(prog), res->profile);
	for (const char *p = res->patches; p && *p; p += strcspn(p, "\n") + 1)
		printf("Patch %.*s\n", (int)strcspn(p, "\n"), p);
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

/* The diagram and the trace that were asked for; 0 or an exit status. */
static int show(const struct options *opt, const struct litmus *prog,
		const struct litmus_run_result *res)
{
	struct exhibit e = { .run = *res };
	int r = 0;

	if (!res->trace)
		return 0;
	if (exhibit_load(&e, opt, prog)) {
		fprintf(stderr, "uffdsim run: %s: out of memory\n", opt->file);
		r = EXIT_MISSING;
	}
	if (!r && !opt->json && !opt->no_trace)
		r = present(opt, prog, "run", &e, 1, NULL);
	if (!r && opt->trace)
		r = present_trace(opt, prog, "run", &e);
	exhibit_fini(&e);
	return r;
}

static int run(const struct options *opt, const struct litmus *prog)
{
	struct litmus_run_result res;
	struct litmus_error err;
	int r = litmus_run(prog, &opt->lit, &res, &err);

	if (r < 0)
		return report_failure(opt, r, &err);
	r = show(opt, prog, &res);
	if (!opt->json && !present_replaces_output(opt))
		print_text(prog, &res);
	if (res.message) {
		fflush(stdout);
		litmus_print_error(stderr, opt->file, &err);
	}
	r = r ? r : (int)res.status;
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
		opt.lit.trace = (!opt.json && !opt.no_trace) || opt.trace;
		r = run(&opt, prog);
	}
	litmus_free(prog);
	return r;
}

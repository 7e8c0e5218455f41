/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cmd_explore.c - uffdsim explore: every distinguishable interleaving
 */
#include <ck_pr.h>
#include <signal.h>
#include <string.h>

#include "tools/uffdsim/uffdsim.h"

static const struct option_desc known[] = {
	{ "json", false, OPT_JSON },
	{ "profile", true, OPT_PROFILE },
	{ "notime", false, OPT_NOTIME },
	{ "max-executions", true, OPT_MAX_EXECUTIONS },
	{ "max-steps", true, OPT_MAX_STEPS },
	{ "seconds", true, OPT_SECONDS },
	{ "brute", false, OPT_BRUTE },
	{ "preemptions", true, OPT_PREEMPTIONS },
	{ "pct", true, OPT_PCT },
	{ "random", false, OPT_RANDOM },
	{ "seed", true, OPT_SEED },
	{ "progress", false, OPT_PROGRESS },
	{ "stats", false, OPT_STATS },
	{ "no-trace", false, OPT_NO_TRACE },
	{ "width", true, OPT_WIDTH },
	{ "full", false, OPT_FULL },
	{ "check", false, OPT_CHECK },
	{ "forbid", true, OPT_FORBID },
	{ NULL, false, 0 },
};

static int interrupted;

static void on_sigint(int sig)
{
	ck_pr_store_int(&interrupted, 1);
}

/* The execution that a token names, as a diagram. */
static void show_execution(const struct options *opt, const struct litmus *prog, const char *title,
			   const char *token)
{
	struct show_options show = opt->show;
	struct litmus_options lit = opt->lit;
	struct litmus_run_result res;
	struct diagram *d;
	struct litmus_error err;

	lit.replay = token;
	lit.random = false;
	lit.trace = true;
	if (litmus_run(prog, &lit, &res, &err) < 0) {
		printf("\n%s\n", title);
	} else {
		show.title = title;
		show.expected = !strcmp(title, "Witness:");
		d = diagram_new(prog, &res, &show);
		putchar('\n');
		if (d)
			text_print(stdout, d, &show);
		diagram_free(d);
		if (res.blocked)
			printf("Blocked at the end:\n%s", res.blocked);
		litmus_run_result_fini(&res);
	}
	printf("Token %s\n", token);
	printf("Replay: uffdsim run --replay %s%s%s %s\n", token,
	       opt->lit.profile ? " --profile " : "", opt->lit.profile ? opt->lit.profile : "",
	       opt->file);
}

static void show_executions(const struct options *opt, const struct litmus *prog,
			    const struct litmus_explore_result *res)
{
	if (opt->no_trace)
		return;
	if (res->message_token)
		show_execution(opt, prog, "A finding:", res->message_token);
	if (res->witness && res->has_condition)
		show_execution(opt, prog,
			       strcmp(res->kind, "Allowed") ? "Counterexample:" : "Witness:",
			       res->witness);
	else if (res->deadlock_token)
		show_execution(opt, prog, "A deadlock:", res->deadlock_token);
}

static int report(const struct options *opt, const struct litmus *prog,
		  const struct litmus_explore_result *res, const struct litmus_error *err)
{
	int r;

	if (res->status == LITMUS_BAD) {
		litmus_print_error(stderr, opt->file, err);
		return EXIT_USAGE;
	}
	if (opt->json)
		r = litmus_print_json(stdout, prog, res, !opt->notime);
	else
		r = litmus_print_summary(stdout, prog, res, !opt->notime, opt->stats);
	if (!opt->json)
		show_executions(opt, prog, res);
	if (r < 0 || fflush(stdout)) {
		fputs("uffdsim explore: cannot write the result\n", stderr);
		return EXIT_MISSING;
	}
	if (res->message)
		litmus_print_error(stderr, opt->file, err);
	return (int)res->status;
}

static int explore(struct options *opt, const struct litmus *prog)
{
	struct litmus_explore_result res;
	struct sim_progress counters = { 0 };
	struct litmus_error err;
	struct progress *progress;
	int r;

	opt->lit.progress = &counters;
	opt->lit.stop = &interrupted;
	progress = progress_start(opt, prog);
	r = litmus_explore(prog, &opt->lit, &res, &err);
	progress_stop(progress);
	opt->lit.progress = NULL;
	if (r < 0)
		return report_failure(opt, r, &err);
	r = report(opt, prog, &res, &err);
	litmus_explore_result_fini(&res);
	return r;
}

/* A sample ends somewhere. */
#define SAMPLE 10000

/* What kind of search; 0, or EXIT_USAGE after a message. */
static int choose_search(struct litmus_options *lit)
{
	/* --seed alone asks for --random, too; with --pct it is PCT's. */
	if (lit->pct)
		lit->random = false;
	if (lit->brute + lit->bounded + (lit->pct > 0) + lit->random > 1) {
		fputs("uffdsim explore: --brute, --preemptions, --pct, --random: one at a time\n"
		      "Try 'uffdsim help explore'.\n", stderr);
		return EXIT_USAGE;
	}
	if ((lit->pct || lit->random) && !lit->max_executions && !lit->max_seconds)
		lit->max_executions = SAMPLE;
	return 0;
}

int cmd_explore(int argc, char **argv)
{
	struct sigaction sa = { .sa_handler = on_sigint, .sa_flags = (int)SA_RESETHAND };
	struct options opt;
	struct litmus *prog;
	int r = options_parse(argc, argv, known, &opt);

	if (!r)
		r = choose_search(&opt.lit);
	if (r)
		return r;
	r = load_file(&opt, &prog);
	if (r)
		return r;
	/* The first ^C ends the search and prints what is known; the second kills. */
	sigaction(SIGINT, &sa, NULL);
	r = explore(&opt, prog);
	litmus_free(prog);
	return r;
}

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cmd_explore.c - uffdsim explore: every distinguishable interleaving
 */
#include <ck_pr.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "tools/uffdsim/present.h"

static const struct option_desc known[] = {
	{ "json", false, OPT_JSON },
	{ "profile", true, OPT_PROFILE },
	{ "patch", true, OPT_PATCH },
	{ "rwsem", true, OPT_RWSEM },
	{ "memory", true, OPT_MEMORY },
	{ "spurious", false, OPT_SPURIOUS },
	{ "tlb", false, OPT_TLB },
	{ "races", false, OPT_RACES },
	{ "notime", false, OPT_NOTIME },
	{ "max-executions", true, OPT_MAX_EXECUTIONS },
	{ "max-steps", true, OPT_MAX_STEPS },
	{ "seconds", true, OPT_SECONDS },
	{ "brute", false, OPT_BRUTE },
	{ "preemptions", true, OPT_PREEMPTIONS },
	{ "symmetry", false, OPT_SYMMETRY },
	{ "unroll", false, OPT_UNROLL },
	{ "cache", false, OPT_CACHE },
	{ "pct", true, OPT_PCT },
	{ "random", false, OPT_RANDOM },
	{ "seed", true, OPT_SEED },
	{ "progress", false, OPT_PROGRESS },
	{ "jobs", true, OPT_JOBS },
	{ "checkpoint", true, OPT_CHECKPOINT },
	{ "checkpoint-ms", true, OPT_CHECKPOINT_MS },
	{ "resume", true, OPT_RESUME },
	{ "split", true, OPT_SPLIT },
	{ "part", true, OPT_PART },
	{ "merge", false, OPT_MERGE },
	{ "stats", false, OPT_STATS },
	{ "no-trace", false, OPT_NO_TRACE },
	{ "width", true, OPT_WIDTH },
	{ "full", false, OPT_FULL },
	{ "diagram", true, OPT_DIAGRAM },
	{ "trace", true, OPT_TRACE },
	{ "output", true, OPT_OUTPUT },
	{ "check", false, OPT_CHECK },
	{ "forbid", true, OPT_FORBID },
	{ NULL, false, 0 },
};

static int interrupted;

static void on_sigint(int sig)
{
	ck_pr_store_int(&interrupted, 1);
}

#define MAX_EXHIBITS 2
/* Of a livelock so much is shown: it goes on like that. */
#define LIVELOCK_STEPS 60

/* What was found that is worth a diagram, each as short as it gets; returns how many. */
static size_t collect(const struct options *opt, const struct litmus *prog,
		      const struct litmus_explore_result *res, struct exhibit *v)
{
	bool allowed = !strcmp(res->kind, "Allowed");
	enum litmus_shows what[MAX_EXHIBITS];
	size_t nr = 0;

	if (res->message_token) {
		v[nr] = (struct exhibit){ .title = "A finding:", .token = res->message_token };
		what[nr++] = LITMUS_SHOWS_FINDING;
	}
	if (res->witness && res->has_condition) {
		v[nr] = (struct exhibit){ .title = allowed ? "Witness:" : "Counterexample:",
					  .expected = allowed,
					  .token = res->witness };
		what[nr++] = LITMUS_SHOWS_CONDITION;
	} else if (res->deadlock_token) {
		v[nr] = (struct exhibit){ .title = "A deadlock:", .token = res->deadlock_token };
		what[nr++] = LITMUS_SHOWS_VERDICTS;
	}
	if (nr && res->lasso && !strcmp(v[nr - 1].token, res->verdict_token[VERDICT_LIVELOCK]))
		v[nr - 1].max_steps = LIVELOCK_STEPS;
	/* One that cannot be shortened stays as it is. */
	for (size_t i = 0; i < nr; i++)
		exhibit_shorten(&v[i], opt, prog, what[i]);
	return nr;
}

/* The JSON names the execution that the diagram shows. */
static void adopt_token(struct litmus_explore_result *res, const struct exhibit *v, size_t nr)
{
	char *token = nr && res->witness && v[nr - 1].length.token ? strdup(v[nr - 1].token) : NULL;

	if (!token || !res->has_condition) {
		free(token);
		return;
	}
	free(res->witness);
	res->witness = token;
}

static int print_result(FILE *out, const struct options *opt, const struct litmus *prog,
			const struct litmus_explore_result *res)
{
	if (opt->json)
		return litmus_print_json(out, prog, res, !opt->notime, opt->stats);
	return litmus_print_summary(out, prog, res, !opt->notime, opt->stats);
}

static char *summary_text(const struct options *opt, const struct litmus *prog,
			  const struct litmus_explore_result *res)
{
	char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	if (f && !print_result(f, opt, prog, res) && !fclose(f))
		return text;
	return NULL;
}

/* Diagrams and the trace that were asked for; 0 or an exit status. */
static int show(const struct options *opt, const struct litmus *prog,
		const struct litmus_explore_result *res, struct exhibit *v, size_t nr)
{
	char *summary = opt->format == SHOW_HTML ? summary_text(opt, prog, res) : NULL;
	int r = 0;

	for (size_t i = 0; i < nr && !r; i++)
		r = exhibit_load(&v[i], opt, prog) ? EXIT_MISSING : 0;
	if (r)
		fprintf(stderr, "uffdsim explore: %s: out of memory\n", opt->file);
	if (!r && !opt->json && !opt->no_trace)
		r = present(opt, prog, "explore", v, nr, summary);
	if (!r && opt->trace && nr)
		r = present_trace(opt, prog, "explore", &v[nr - 1]);
	else if (!r && opt->trace)
		fprintf(stderr, "uffdsim explore: %s: no execution to trace\n", opt->file);
	free(summary);
	return r;
}

static int report(const struct options *opt, const struct litmus *prog,
		  struct litmus_explore_result *res, const struct litmus_error *err)
{
	struct exhibit v[MAX_EXHIBITS] = { { 0 } };
	size_t nr = 0;
	int r = 0;

	if (res->status == LITMUS_BAD) {
		litmus_print_error(stderr, opt->file, err);
		return EXIT_USAGE;
	}
	if (!res->parts && (!opt->no_trace || opt->json || opt->trace))
		nr = collect(opt, prog, res, v);
	adopt_token(res, v, nr);
	if (!present_replaces_output(opt))
		r = print_result(stdout, opt, prog, res);
	if (r < 0 || fflush(stdout)) {
		fputs("uffdsim explore: cannot write the result\n", stderr);
		r = EXIT_MISSING;
	} else {
		r = show(opt, prog, res, v, nr);
	}
	for (size_t i = 0; i < nr; i++)
		exhibit_fini(&v[i]);
	if (!r && res->message)
		litmus_print_error(stderr, opt->file, err);
	/* A part that is done is done: what it says of the condition is not yet the answer. */
	if (!r && res->parts && res->status == LITMUS_NOT_MET)
		return EXIT_MET;
	return r ? r : (int)res->status;
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
	r = opt->lit.split ? 0 : report(opt, prog, &res, &err);
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
	if (lit->brute + lit->bounded + (lit->cache > 0) + (lit->pct > 0) + lit->random > 1) {
		fputs("uffdsim explore: --brute, --preemptions, --cache, --pct, --random: one at a time\n"
		      "Try 'uffdsim help explore'.\n", stderr);
		return EXIT_USAGE;
	}
	if ((lit->bounded || lit->cache || lit->pct || lit->random) && pieces_wanted(lit)) {
		fputs("uffdsim explore: only a search of all executions can be done in pieces\n"
		      "Try 'uffdsim help explore'.\n", stderr);
		return EXIT_USAGE;
	}
	if (lit->symmetry && (lit->brute || lit->bounded || lit->pct || lit->random || pieces_wanted(lit))) {
		fputs("uffdsim explore: --symmetry goes with a complete search in one piece\n"
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
	struct file_list files = { 0 };
	struct part_name name;
	struct options opt;
	struct litmus *prog;
	int r = options_parse_files(argc, argv, known, &opt, &files);

	if (!r)
		r = pieces_options(&opt, &files);
	if (!r)
		r = choose_search(&opt.lit);
	if (!r)
		r = load_file(&opt, &prog);
	if (!r) {
		/* The first ^C ends the search and prints what is known; the second kills. */
		sigaction(SIGINT, &sa, NULL);
		pieces_name(&opt, &name, prog);
		r = pieces_program(&opt, prog);
		if (!r)
			r = explore(&opt, prog);
		litmus_free(prog);
	}
	file_list_free(&files);
	return r;
}

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cmd_diff.c - uffdsim diff: the simulator against a live kernel
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tools/live/diff.h"
#include "tools/uffdsim/uffdsim.h"

static const struct option_desc known[] = {
	{ "profile", true, OPT_PROFILE },
	{ "runs", true, OPT_RUNS },
	{ "seed", true, OPT_SEED },
	{ "records-only", false, OPT_RECORDS_ONLY },
	{ "max-executions", true, OPT_MAX_EXECUTIONS },
	{ "max-steps", true, OPT_MAX_STEPS },
	{ "kernel", true, OPT_KERNEL },
	{ "tap", false, OPT_TAP },
	{ "json", false, OPT_JSON },
	{ NULL, false, 0 },
};

struct session {
	const struct options *opt;
	struct live *l;
	struct diff_options diff;
	unsigned files, good, bad_files, diverge, unmodelled, missing, unstable;
	uint64_t records, states, allowed, seen;
};

static const char *const words[] = { "agrees", "diverges", "bad", "unmodelled", "missing" };

/* As a diagnostic of the test protocol. */
static void print_indented(const char *text, const char *prefix)
{
	while (text && *text) {
		size_t n = strcspn(text, "\n");

		printf("%s%.*s\n", prefix, (int)n, text);
		text += n + (text[n] == '\n');
	}
}

static void show_tap(const struct session *s, const char *file, const struct diff_result *res)
{
	bool skip = res->verdict == DIFF_UNMODELLED || res->verdict == DIFF_MISSING;

	printf("%s %u %s%s%s\n",
	       res->verdict == DIFF_DIVERGES || res->verdict == DIFF_BAD ? "not ok" : "ok",
	       s->files, file, skip ? " # SKIP " : "", skip ? res->err.text : "");
	print_indented(res->report, "# ");
	if (res->verdict == DIFF_BAD)
		printf("# %s:%u:%u: %s\n", file, res->err.line, res->err.col, res->err.text);
}

static void show_json(const char *file, const struct diff_result *res)
{
	printf("{\"file\":\"%s\",\"verdict\":\"%s\",\"records\":%u,\"states\":%u,\"step\":%d,"
	       "\"call\":\"%s\",\"unstable\":%s,\"allowed\":%llu,\"seen\":%llu}\n",
	       file, words[res->verdict], res->records, res->states, res->step, res->call,
	       res->unstable ? "true" : "false", (unsigned long long)res->allowed,
	       (unsigned long long)res->seen);
}

static void show_text(const char *file, const struct diff_result *res)
{
	if (res->verdict == DIFF_DIVERGES)
		printf("%s\n%s\n", file, res->report ? res->report : res->err.text);
	else if (res->verdict != DIFF_AGREES)
		printf("%s:%u:%u: %s: %s\n", file, res->err.line, res->err.col, words[res->verdict],
		       res->err.text);
	else if (res->unstable)
		printf("%s: agrees, though not every time: the kernel's answers vary\n", file);
}

static void count(struct session *s, const struct diff_result *res)
{
	s->good += res->verdict == DIFF_AGREES;
	s->diverge += res->verdict == DIFF_DIVERGES;
	s->bad_files += res->verdict == DIFF_BAD;
	s->unmodelled += res->verdict == DIFF_UNMODELLED;
	s->missing += res->verdict == DIFF_MISSING;
	s->unstable += res->unstable;
	s->records += res->records;
	s->states += res->states;
	s->allowed += res->allowed;
	s->seen += res->seen;
}

/* What load_file() cannot read counts as a bad file. */
static int diff_file(struct session *s, const char *file)
{
	struct options one = *s->opt;
	struct diff_result res = { 0 };
	struct litmus *prog;
	int r;

	s->files++;
	one.file = file;
	if (load_file(&one, &prog)) {
		s->bad_files++;
		if (s->opt->tap)
			printf("not ok %u %s\n", s->files, file);
		return 0;
	}
	r = live_diff(s->l, prog, &s->diff, &res);
	if (r < 0) {
		fprintf(stderr, "%s: %s\n", file, r == -EIO ? "the engine is gone" : strerror(-r));
	} else {
		count(s, &res);
		if (s->opt->tap)
			show_tap(s, file, &res);
		else if (s->opt->json)
			show_json(file, &res);
		else
			show_text(file, &res);
		fflush(stdout);
	}
	diff_result_fini(&res);
	litmus_free(prog);
	return r;
}

static void show_summary(const struct session *s, const struct diff_summary *sum)
{
	if (s->opt->tap || s->opt->json)
		return;
	diff_summary_print(stdout, sum);
	printf("\n%u of %u files agree; %llu records, %llu states of memory compared\n", s->good,
	       s->files, (unsigned long long)s->records, (unsigned long long)s->states);
	if (s->allowed)
		printf("%llu of %llu allowed final states seen\n", (unsigned long long)s->seen,
		       (unsigned long long)s->allowed);
	if (s->diverge)
		printf("%u diverge\n", s->diverge);
	if (s->unstable)
		printf("%u unstable\n", s->unstable);
	if (s->unmodelled)
		printf("%u not modelled\n", s->unmodelled);
	if (s->missing)
		printf("%u the machine cannot do\n", s->missing);
	if (s->bad_files)
		printf("%u bad\n", s->bad_files);
}

static int status_of(const struct session *s)
{
	if (s->bad_files)
		return EXIT_USAGE;
	if (s->diverge)
		return EXIT_NOT_MET;
	return s->unmodelled || s->missing ? EXIT_MISSING : EXIT_MET;
}

static int diff_all(struct session *s, const struct file_list *list)
{
	struct diff_summary *sum = diff_summary_new();
	int r = 0;

	if (!sum)
		return EXIT_MISSING;
	live_count_into(s->l, sum);
	if (s->opt->tap)
		printf("KTAP version 1\n1..%zu\n", list->nr);
	for (size_t i = 0; i < list->nr && !r; i++)
		r = diff_file(s, list->names[i]);
	show_summary(s, sum);
	diff_summary_free(sum);
	return r ? EXIT_MISSING : status_of(s);
}

static int with_engine(struct session *s, const struct file_list *list)
{
	struct live_config cfg = { .kernel = s->opt->kernel };
	char why[300];
	int r;

	if (live_open(&cfg, &s->l, why, sizeof(why)) < 0) {
		if (s->opt->tap)
			printf("KTAP version 1\n1..0 # SKIP %s\n", why);
		fprintf(stderr, "uffdsim diff: %s\n", why);
		return EXIT_MISSING;
	}
	r = diff_all(s, list);
	live_close(s->l);
	return r;
}

int cmd_diff(int argc, char **argv)
{
	struct file_list list = { 0 };
	struct session s = { 0 };
	struct options opt;
	int r = options_parse_files(argc, argv, known, &opt, &list);

	if (!r) {
		s.opt = &opt;
		s.diff = (struct diff_options){
			.profile = opt.lit.profile,
			.no_state = opt.records_only,
			.runs = opt.runs,
			.seed = opt.lit.seed,
			.max_executions = opt.lit.max_executions,
			.max_steps = opt.lit.max_steps,
		};
		r = with_engine(&s, &list);
	}
	file_list_free(&list);
	return r;
}

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cmd_fuzz.c - uffdsim fuzz: random programs, judged
 */
#include <ck_pr.h>
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tools/fuzz/campaign.h"
#include "tools/live/diff.h"
#include "tools/uffdsim/uffdsim.h"

enum {
	F_SEED = 256,
	F_SECONDS,
	F_PROGRAMS,
	F_OUT,
	F_RESUME,
	F_THREADS,
	F_ANON,
	F_SWAP,
	F_STATEMENTS,
	F_PROFILE,
	F_PRINT,
	F_COVERAGE,
	F_LIVE,
	F_KERNEL,
	F_RUNS,
	F_FAIL_ALLOC,
};

static const struct option options[] = {
	{ "seed", required_argument, NULL, F_SEED },
	{ "seconds", required_argument, NULL, F_SECONDS },
	{ "programs", required_argument, NULL, F_PROGRAMS },
	{ "out", required_argument, NULL, F_OUT },
	{ "resume", no_argument, NULL, F_RESUME },
	{ "threads", no_argument, NULL, F_THREADS },
	{ "anon", no_argument, NULL, F_ANON },
	{ "swap", no_argument, NULL, F_SWAP },
	{ "statements", required_argument, NULL, F_STATEMENTS },
	{ "profile", required_argument, NULL, F_PROFILE },
	{ "print", required_argument, NULL, F_PRINT },
	{ "coverage", no_argument, NULL, F_COVERAGE },
	{ "fail-alloc", no_argument, NULL, F_FAIL_ALLOC },
	{ "live", no_argument, NULL, F_LIVE },
	{ "kernel", required_argument, NULL, F_KERNEL },
	{ "runs", required_argument, NULL, F_RUNS },
	{ NULL, 0, NULL, 0 },
};

struct fuzz {
	struct campaign c;
	struct judge_options judge;
	struct live_config kernel;
	struct live_judge live_judge;
	uint64_t seed, print;
	bool resume, printing, coverage, live, fail_alloc;
};

static int stop;

static void on_signal(int sig)
{
	ck_pr_store_int(&stop, 1);
}

static int usage(const char *fmt, const char *word)
{
	return usage_error("fuzz", fmt, word);
}

/* Options that say yes and no more. */
static bool set_flag(struct fuzz *f, int id)
{
	static const struct {
		int id;
		size_t where;
	} flags[] = {
		{ F_RESUME, offsetof(struct fuzz, resume) },
		{ F_THREADS, offsetof(struct fuzz, c.threads) },
		{ F_ANON, offsetof(struct fuzz, c.gen.only_anon) },
		{ F_SWAP, offsetof(struct fuzz, c.gen.swap) },
		{ F_COVERAGE, offsetof(struct fuzz, coverage) },
		{ F_LIVE, offsetof(struct fuzz, live) },
		{ F_FAIL_ALLOC, offsetof(struct fuzz, fail_alloc) },
	};

	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++)
		if (flags[i].id == id)
			return *(bool *)((char *)f + flags[i].where) = true;
	return false;
}

static bool set_number(struct fuzz *f, int id, const char *arg)
{
	uint64_t n;

	if (!parse_u64(arg, &n))
		return false;
	switch (id) {
	case F_SEED:
		f->seed = n;
		return n <= INT64_MAX;
	case F_SECONDS:
		f->c.seconds = n;
		return n;
	case F_PROGRAMS:
		f->c.programs = n;
		return n;
	case F_RUNS:
		f->live_judge.runs = n;
		return n;
	case F_STATEMENTS:
		f->c.gen.statements = (unsigned)n;
		return n >= 4 && n <= 100;
	default:
		f->print = n;
		return f->printing = true;
	}
}

static bool set(struct fuzz *f, int id, const char *arg)
{
	switch (id) {
	case F_OUT:
		f->c.out = arg;
		return true;
	case F_PROFILE:
		f->c.profile = f->judge.profile = arg;
		return true;
	case F_KERNEL:
		f->kernel.kernel = arg;
		return f->live = true;
	}
	return set_flag(f, id) || set_number(f, id, arg);
}

static int parse(int argc, char **argv, struct fuzz *f)
{
	int id;

	opterr = 0;
	optind = 1;
	while ((id = getopt_long(argc, argv, ":", options, NULL)) != -1) {
		if (id == ':')
			return usage("'%s' wants a value", argv[optind - 1]);
		if (id == '?')
			return usage("unknown option '%s'", argv[optind - 1]);
		if (!set(f, id, optarg))
			return usage("'%s' is no good value here", optarg);
	}
	if (optind < argc)
		return usage("it takes no FILE: '%s'", argv[optind]);
	if (f->resume && !f->c.out)
		return usage("%s needs --out", "--resume");
	return 0;
}

/* ------------------------------------------------------------------ reporting */

static void print_counts(const struct campaign *c, const struct state *st, uint64_t seconds)
{
	uint64_t taken, all, rate = st->programs / (seconds ? seconds : 1);

	fprintf(stderr, "%" PRIu64 " programs (%" PRIu64 "/s), %" PRIu64 " statements, %u results",
		st->programs, rate, st->cover.statements, st->cover.nr);
	if (cover_branches(&taken, &all))
		fprintf(stderr, ", %" PRIu64 " of %" PRIu64 " branches", taken, all);
	if (st->unmodelled)
		fprintf(stderr, ", %" PRIu64 " with parts not modelled", st->unmodelled);
	if (st->unstable)
		fprintf(stderr, ", %" PRIu64 " unstable", st->unstable);
	fprintf(stderr, ", %u findings", st->found.nr);
}

static void progress(const struct campaign *c, const struct state *st, uint64_t seconds)
{
	bool tty = isatty(STDERR_FILENO);

	if (!tty && seconds % 60)
		return;
	fputs(tty ? "\r" : "", stderr);
	print_counts(c, st, seconds);
	fputs(tty ? "\033[K" : "\n", stderr);
}

static void report(const struct fuzz *f, const struct state *st)
{
	if (isatty(STDERR_FILENO))
		fputs("\r\033[K", stderr);
	print_counts(&f->c, st, st->seconds);
	fputc('\n', stderr);
	for (unsigned i = 0; i < st->found.nr; i++) {
		const struct finding *fd = &st->found.item[i];

		printf("%s: %s: %s (%" PRIu64 " times, first in program %" PRIu64 ")\n", fd->name,
		       fd->call[0] ? fd->call : "run", fd->what, fd->count, fd->program);
	}
	if (f->coverage)
		cover_print(&st->cover, stdout);
}

static int print_program(const struct fuzz *f)
{
	struct program *p = malloc(sizeof(*p));
	char *text = malloc(PROGRAM_TEXT);
	bool ok = p && text && campaign_program(&f->c, f->seed, f->print, p, text);

	if (ok)
		fputs(text, stdout);
	else
		fputs("uffdsim fuzz: this program cannot be run on the simulator\n", stderr);
	free(text);
	free(p);
	return ok ? EXIT_MET : EXIT_MISSING;
}

/* -------------------------------------------------------------------- running */

static int prepare(struct fuzz *f, struct state *st)
{
	int r = state_init(st);

	st->seed = f->seed;
	if (!r && f->c.out && mkdir(f->c.out, 0777) && errno != EEXIST)
		r = -errno;
	if (!r && f->resume)
		r = state_load(st, f->c.out);
	if (r)
		fprintf(stderr, "uffdsim fuzz: %s: %s\n", f->c.out ? f->c.out : "state",
			r == -EINVAL ? "state.json is damaged" : strerror(-r));
	return r;
}

static void catch_signals(void)
{
	struct sigaction sa = { .sa_handler = on_signal, .sa_flags = (int)SA_RESETHAND };

	sigaction(SIGINT, &sa, NULL);
	sigaction(SIGTERM, &sa, NULL);
}

static int fuzz(struct fuzz *f)
{
	struct state st;
	int r;

	if (prepare(f, &st)) {
		state_fini(&st);
		return EXIT_USAGE;
	}
	catch_signals();
	r = campaign_run(&f->c, &st);
	report(f, &st);
	if (r)
		fprintf(stderr, "uffdsim fuzz: %s\n", strerror(-r));
	r = r ? EXIT_MISSING : st.found.nr ? EXIT_NOT_MET : EXIT_MET;
	state_fini(&st);
	return r;
}

/* Early: what is mapped now is copied for every run. */
static int open_kernel(struct fuzz *f)
{
	char why[300];

	if (live_open(&f->kernel, &f->live_judge.live, why, sizeof(why)) < 0) {
		fprintf(stderr, "uffdsim fuzz: %s\n", why);
		return -1;
	}
	/* The simulator's own checks under the same profile. */
	if (!f->c.profile)
		f->c.profile = f->judge.profile = live_profile(f->live_judge.live);
	f->live_judge.profile = f->c.profile;
	if (!f->c.shrink.questions)
		f->c.shrink = (struct shrink_budget){ .questions = 400, .seconds = 120 };
	return 0;
}

int cmd_fuzz(int argc, char **argv)
{
	struct fuzz f = { .seed = 1 };
	char command[300] = "uffdsim";
	int r = parse(argc, argv, &f);

	if (r)
		return r;
	for (int i = 0; i < argc; i++) {
		size_t at = strlen(command);

		snprintf(command + at, sizeof(command) - at, " %s", argv[i]);
	}
	f.c.command = command;
	f.c.stop = &stop;
	f.c.progress = progress;
	if (f.live && !f.printing && open_kernel(&f))
		return EXIT_MISSING;
	if (f.c.threads)
		f.c.judge[f.c.nr_judges++] = (struct judge){ "threads", judge_threads, &f.judge };
	if (f.fail_alloc && !f.c.threads)
		f.c.judge[f.c.nr_judges++] =
			(struct judge){ "fail-alloc", judge_fail_alloc, &f.judge };
	if (f.live)
		f.c.judge[f.c.nr_judges++] = (struct judge){ "live", judge_live, &f.live_judge };
	r = f.printing ? print_program(&f) : fuzz(&f);
	if (f.live_judge.live)
		live_close(f.live_judge.live);
	return r;
}

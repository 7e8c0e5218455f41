/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cmd_live.c - uffdsim live: a scenario on this machine's kernel
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tools/live/live.h"
#include "tools/uffdsim/uffdsim.h"

static const struct option_desc known[] = {
	{ "json", false, OPT_JSON },     { "runs", true, OPT_RUNS },
	{ "seed", true, OPT_SEED },      { "profile", true, OPT_PROFILE },
	{ "notime", false, OPT_NOTIME }, { "kernel", true, OPT_KERNEL },
	{ "tap", false, OPT_TAP },       { NULL, false, 0 },
};

/* One test: it ran to its end, and its condition, if any, is met. */
static int show_tap(const struct options *opt, const struct live_answer *ans)
{
	const char *p = ans->out;

	printf("KTAP version 1\n1..1\n");
	while (*p) {
		size_t n = strcspn(p, "\n");

		printf("# %.*s\n", (int)n, p);
		p += n + (p[n] == '\n');
	}
	if (ans->status == LITMUS_UNMODELLED)
		printf("ok 1 %s # SKIP %s\n", opt->file, ans->err.text);
	else
		printf("%s 1 %s\n", ans->status == LITMUS_MET ? "ok" : "not ok", opt->file);
	if (ans->err.text[0])
		litmus_print_error(stderr, opt->file, &ans->err);
	return (int)ans->status;
}

static int show(const struct options *opt, const struct live_answer *ans)
{
	if (opt->tap)
		return show_tap(opt, ans);
	if (fwrite(ans->out, 1, ans->len, stdout) != ans->len || fflush(stdout)) {
		fputs("uffdsim live: cannot write the result\n", stderr);
		return EXIT_MISSING;
	}
	if (ans->err.text[0])
		litmus_print_error(stderr, opt->file, &ans->err);
	return (int)ans->status;
}

static int run(const struct options *opt, const struct litmus *prog, struct live *l)
{
	struct live_options lo = {
		.profile = opt->lit.profile,
		.runs = opt->runs,
		.seed = opt->lit.seed,
		.text = !opt->json,
		.notime = opt->notime,
	};
	struct live_answer ans;
	size_t len;
	const char *text = litmus_text(prog, &len);
	int r = live_run(l, text, len, &lo, &ans);

	if (r < 0) {
		fprintf(stderr, "%s: %s\n", opt->file,
			r == -EIO ? "the engine is gone" : strerror(-r));
		return EXIT_MISSING;
	}
	r = show(opt, &ans);
	live_answer_fini(&ans);
	return r;
}

int cmd_live(int argc, char **argv)
{
	struct live_config cfg = { 0 };
	struct litmus *prog;
	struct options opt;
	struct live *l;
	char why[300];
	int r = options_parse(argc, argv, known, &opt);

	if (!r)
		r = load_file(&opt, &prog);
	if (r)
		return r;
	cfg.kernel = opt.kernel;
	if (live_open(&cfg, &l, why, sizeof(why)) < 0) {
		if (opt.tap)
			printf("KTAP version 1\n1..0 # SKIP %s\n", why);
		fprintf(stderr, "uffdsim live: %s\n", why);
		litmus_free(prog);
		return EXIT_MISSING;
	}
	r = run(&opt, prog, l);
	live_close(l);
	litmus_free(prog);
	return r;
}

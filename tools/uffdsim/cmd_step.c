/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cmd_step.c - uffdsim step: walk an execution forwards and backwards
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tools/step/walk.h"
#include "tools/uffdsim/uffdsim.h"

static const struct option_desc known[] = {
	{ "profile", true, OPT_PROFILE },
	{ "patch", true, OPT_PATCH },
	{ "replay", true, OPT_REPLAY },
	{ NULL, false, 0 },
};

static void print_token(const struct options *opt, const struct walk *w)
{
	const char *profile = opt->lit.profile;
	char *token = walk_token(w);

	if (!token)
		return;
	printf("Token %s\nReplay: uffdsim run --replay %s%s%s", token, token,
	       profile ? " --profile " : "", profile ? profile : "");
	for (size_t i = 0; i < opt->lit.nr_patches; i++)
		printf(" --patch %s", opt->lit.patches[i].path);
	printf(" %s\n", opt->file);
	free(token);
}

static int walk_through(const struct options *opt, const struct litmus *prog, struct walk *w)
{
	bool terminal = isatty(STDIN_FILENO) && isatty(STDOUT_FILENO);
	int r = terminal ? walk_screen(w, litmus_name(prog)) : walk_lines(w, stdin, stdout);

	if (!r && terminal)
		print_token(opt, w);
	return r;
}

int cmd_step(int argc, char **argv)
{
	struct litmus_error err = { 0 };
	struct walk *w = NULL;
	struct options opt;
	struct litmus *prog;
	int r = options_parse(argc, argv, known, &opt);

	if (r)
		return r;
	r = load_file(&opt, &prog);
	if (r)
		return r;
	if (litmus_is_sequence(prog)) {
		fprintf(stderr, "%s: a sequence has one schedule: nothing to choose\n", opt.file);
		litmus_free(prog);
		return EXIT_USAGE;
	}
	r = walk_new(prog, &opt.lit, &w, &err);
	if (!r && opt.lit.replay)
		r = walk_take_token(w, opt.lit.replay, &err);
	if (!r)
		r = walk_through(&opt, prog, w);
	walk_free(w);
	litmus_free(prog);
	if (r != -EOPNOTSUPP)
		return r ? report_failure(&opt, r, &err) : EXIT_MET;
	litmus_print_error(stderr, opt.file, &err);
	return EXIT_MISSING;
}

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cmd_export.c - uffdsim export: a scenario as a program of others
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tools/export/export.h"
#include "tools/uffdsim/uffdsim.h"

static const struct option_desc known[] = {
	{ "c", false, OPT_C },
	{ "syz", false, OPT_SYZ },
	{ "profile", true, OPT_PROFILE },
	{ NULL, false, 0 },
};

/* Nothing is printed unless all of it can be. */
static int export_to(char **text, size_t *size, const struct options *opt,
		     const struct litmus *prog, struct litmus_error *err)
{
	FILE *f = open_memstream(text, size);
	int r;

	if (!f)
		return -ENOMEM;
	memset(err, 0, sizeof(*err));
	if (opt->c)
		r = export_c(f, prog, opt->lit.profile, err);
	else
		r = export_syz(f, prog, opt->lit.profile, err);
	if (fclose(f) && !r)
		r = -ENOMEM;
	return r;
}

int cmd_export(int argc, char **argv)
{
	struct litmus_error err;
	struct options opt;
	struct litmus *prog;
	char *text = NULL;
	size_t size = 0;
	int r = options_parse(argc, argv, known, &opt);

	if (r)
		return r;
	if (opt.c == opt.syz) {
		fputs("uffdsim export: one of --c and --syz\nTry 'uffdsim help export'.\n", stderr);
		return EXIT_USAGE;
	}
	r = load_file(&opt, &prog);
	if (r)
		return r;
	r = export_to(&text, &size, &opt, prog, &err);
	litmus_free(prog);
	if (!r)
		r = fwrite(text, 1, size, stdout) == size && !fflush(stdout) ? 0 : EXIT_MISSING;
	else if (r == -EOPNOTSUPP && err.text[0])
		litmus_print_error(stderr, opt.file, &err), r = EXIT_MISSING;
	else
		r = report_failure(&opt, r, &err);
	free(text);
	return r;
}

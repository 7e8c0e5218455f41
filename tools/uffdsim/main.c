/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * main.c - uffdsim VERB ...
 */
#include <string.h>

#include "tools/uffdsim/uffdsim.h"

static const struct {
	const char *name;
	int (*fn)(int argc, char **argv);
} verbs[] = {
	{ "run", cmd_run },
	{ "explore", cmd_explore },
	{ "live", cmd_live },
	{ "fuzz", cmd_fuzz },
	{ "diff", cmd_diff },
	{ "step", cmd_step },
	{ "export", cmd_export },
	{ "import", cmd_import },
	{ "compare", cmd_compare },
	{ "museum", cmd_museum },
	{ "profiles", cmd_profiles },
	{ "help", cmd_help },
};

int main(int argc, char **argv)
{
	if (argc < 2) {
		help_print(stderr, NULL);
		return EXIT_USAGE;
	}
	if (!strcmp(argv[1], "--version")) {
		puts("uffdsim " UFFDSIM_VERSION);
		return EXIT_MET;
	}
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h")) {
		help_print(stdout, NULL);
		return EXIT_MET;
	}
	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++) {
		if (strcmp(argv[1], verbs[i].name))
			continue;
		if (argc > 2 && !strcmp(argv[2], "--help")) {
			help_print(stdout, argv[1]);
			return EXIT_MET;
		}
		return verbs[i].fn(argc - 1, argv + 1);
	}
	fprintf(stderr, "uffdsim: unknown %s '%s'\nTry 'uffdsim --help'.\n",
		argv[1][0] == '-' ? "option" : "verb", argv[1]);
	return EXIT_USAGE;
}

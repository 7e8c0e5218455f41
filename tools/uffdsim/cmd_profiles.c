/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cmd_profiles.c - uffdsim profiles: the kernels that are known
 */
#include <string.h>

#include <uffdsim/mm.h>

#include "tools/uffdsim/uffdsim.h"

int cmd_profiles(int argc, char **argv)
{
	const char *name, *value, *def = profile_name(profile_default());
	const struct profile *p;

	if (argc > 1) {
		fprintf(stderr, "uffdsim profiles: '%s': takes nothing\n", argv[1]);
		return EXIT_USAGE;
	}
	for (unsigned i = 0; (p = profile_nth(i)); i++) {
		printf("%s%s\n    %s\n", profile_name(p),
		       strcmp(profile_name(p), def) ? "" : " (default)", profile_summary(p));
		for (unsigned j = 0; profile_choice(p, j, &name, &value); j++)
			printf("    %s = %s\n", name, value);
	}
	return EXIT_MET;
}

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cmd_import.c - uffdsim import: a log as a scenario
 */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tools/import/import.h"
#include "tools/uffdsim/uffdsim.h"

static const struct option_desc known[] = {
	{ "strace", false, OPT_STRACE },
	{ NULL, false, 0 },
};

static char *read_log(const char *path)
{
	FILE *f = fopen(path, "r");
	char *text = NULL;
	size_t size = 0;

	if (!f)
		return NULL;
	if (getdelim(&text, &size, 0, f) < 0) {
		free(text);
		text = feof(f) ? strdup("") : NULL;
	}
	fclose(f);
	return text;
}

/* The file's name without folder and ending. */
static void name_of(const char *path, char *buf, size_t size)
{
	const char *slash = strrchr(path, '/');
	size_t n = 0;

	for (path = slash ? slash + 1 : path; *path && *path != '.' && n + 1 < size; path++)
		buf[n++] = (char)(isalnum((unsigned char)*path) || *path == '-' ? *path : '_');
	buf[n] = 0;
}

int cmd_import(int argc, char **argv)
{
	struct import_error err;
	struct options opt;
	char name[64], *text;
	int r = options_parse(argc, argv, known, &opt);

	if (r)
		return r;
	if (!opt.strace) {
		fputs("uffdsim import: of what? --strace\nTry 'uffdsim help import'.\n", stderr);
		return EXIT_USAGE;
	}
	text = read_log(opt.file);
	if (!text) {
		fprintf(stderr, "%s: %s\n", opt.file, strerror(errno));
		return EXIT_USAGE;
	}
	name_of(opt.file, name, sizeof(name));
	r = import_strace(stdout, text, name[0] ? name : "log", &err);
	free(text);
	if (r < 0) {
		fprintf(stderr, "%s: %s\n", opt.file, err.text[0] ? err.text : strerror(-r));
		return r == -EINVAL ? EXIT_USAGE : EXIT_MISSING;
	}
	return fflush(stdout) ? EXIT_MISSING : EXIT_MET;
}

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * records FOLDER - what the simulator records against what a kernel did
 *
 * For each NAME.litmus of the folder, NAME.jsonl holds the records that a live
 * kernel gave.  `run --json` has to print the same, to the letter.
 */
#include <dirent.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <uffdsim/litmus.h>

static char *read_all(const char *path)
{
	FILE *f = fopen(path, "r");
	size_t size = 0;
	char *text = NULL;

	if (!f)
		return NULL;
	if (getdelim(&text, &size, EOF, f) < 0) {
		free(text);
		text = NULL;
	}
	fclose(f);
	return text;
}

static char *simulate(const char *path)
{
	struct litmus_options opt = { .profile = "v6.18", .check = true };
	struct litmus_run_result res;
	struct litmus_error err;
	struct litmus *prog;
	char *text = NULL;
	size_t size;

	if (litmus_parse_file(path, &prog, &err)) {
		litmus_print_error(stderr, path, &err);
		return NULL;
	}
	opt.json = open_memstream(&text, &size);
	if (opt.json && !litmus_run(prog, &opt, &res, &err))
		litmus_run_result_fini(&res);
	if (opt.json)
		fclose(opt.json);
	litmus_free(prog);
	return text;
}

static size_t line_length(const char *s)
{
	return strcspn(s, "\n");
}

/* The first line in which they differ, as a comment of TAP. */
static void show_difference(const char *want, const char *got)
{
	while (*want && *got && line_length(want) == line_length(got) &&
	       !strncmp(want, got, line_length(want))) {
		want += line_length(want) + (want[line_length(want)] == '\n');
		got += line_length(got) + (got[line_length(got)] == '\n');
	}
	printf("#   kernel    %.*s\n#   simulator %.*s\n", (int)line_length(want), want,
	       (int)line_length(got), got);
}

static bool check(const char *folder, const char *name, unsigned number)
{
	char path[1024];
	char *want, *got;
	bool ok;

	snprintf(path, sizeof(path), "%s/%s.jsonl", folder, name);
	want = read_all(path);
	snprintf(path, sizeof(path), "%s/%s.litmus", folder, name);
	got = simulate(path);
	ok = want && got && !strcmp(want, got);
	printf("%sok %u - %s\n", ok ? "" : "not ", number, name);
	if (!ok)
		show_difference(want ? want : "(no record)", got ? got : "(no run)");
	free(want);
	free(got);
	return ok;
}

static int is_scenario(const struct dirent *d)
{
	const char *dot = strrchr(d->d_name, '.');

	return dot && !strcmp(dot, ".litmus");
}

int main(int argc, char **argv)
{
	struct dirent **names;
	int n = argc == 2 ? scandir(argv[1], &names, is_scenario, alphasort) : -1;
	bool ok = n > 0;

	if (n < 0) {
		fprintf(stderr, "usage: records FOLDER\n");
		return 2;
	}
	for (int i = 0; i < n; i++) {
		*strrchr(names[i]->d_name, '.') = '\0';
		ok &= check(argv[1], names[i]->d_name, (unsigned)i + 1);
		free(names[i]);
	}
	free(names);
	printf("1..%d\n", n);
	return !ok;
}

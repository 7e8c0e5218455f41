/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * records PROFILE FOLDER... - what the simulator records against what a kernel did
 *
 * NAME.jsonl in the first folder holds the records that a live kernel gave for
 * NAME.litmus, which lies there or in one of the others.  `run --json` has to print
 * the same, to the letter.  A scenario of the first folder without records fails.
 */
#include <dirent.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

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

static char *simulate(const char *path, const char *profile)
{
	struct litmus_options opt = { .profile = profile, .check = true };
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

/* Into @path, from the first folder that has it. */
static void find_scenario(char **folders, const char *name, char *path, size_t size)
{
	do
		snprintf(path, size, "%s/%s.litmus", *folders, name);
	while (access(path, R_OK) && *++folders);
}

static bool check(const char *profile, char **folders, const char *name, unsigned number)
{
	char path[1024];
	char *want, *got;
	bool ok;

	snprintf(path, sizeof(path), "%s/%s.jsonl", folders[0], name);
	want = read_all(path);
	find_scenario(folders, name, path, sizeof(path));
	got = simulate(path, profile);
	ok = want && got && !strcmp(want, got);
	printf("%sok %u - %s\n", ok ? "" : "not ", number, name);
	if (!ok)
		show_difference(want ? want : "(no record)", got ? got : "(no run)");
	free(want);
	free(got);
	return ok;
}

static int is_ours(const struct dirent *d)
{
	const char *dot = strrchr(d->d_name, '.');

	return dot && (!strcmp(dot, ".litmus") || !strcmp(dot, ".jsonl"));
}

/* NAME.jsonl and NAME.litmus follow one another: one name of both. */
static int names_only(struct dirent **names, int n)
{
	int kept = 0;

	for (int i = 0; i < n; i++) {
		*strrchr(names[i]->d_name, '.') = '\0';
		if (kept && !strcmp(names[i]->d_name, names[kept - 1]->d_name))
			free(names[i]);
		else
			names[kept++] = names[i];
	}
	return kept;
}

int main(int argc, char **argv)
{
	struct dirent **names;
	int n = argc > 2 ? scandir(argv[2], &names, is_ours, alphasort) : -1;
	bool ok = n > 0;

	if (n < 0) {
		fprintf(stderr, "usage: records PROFILE FOLDER...\n");
		return 2;
	}
	n = names_only(names, n);
	for (int i = 0; i < n; i++) {
		ok &= check(argv[1], argv + 2, names[i]->d_name, (unsigned)i + 1);
		free(names[i]);
	}
	free(names);
	printf("1..%d\n", n);
	return !ok;
}

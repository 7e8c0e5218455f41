/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * same.c - explore scenarios in two ways that must find the same
 *
 *	same cache FILE...
 *
 * Every execution is compared with a search that does less: the same final states, the
 * same verdicts, the same answer.  What the first could not finish the second may.
 * The result is TAP: a line for each file.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <uffdsim/litmus.h>

struct way {
	const char *name;
	struct litmus_options opt;
};

static const struct way ways[] = {
	{ "cache", { .cache = 256 } },
};

static const struct litmus_options every_execution;

static bool same_states(const struct litmus_explore_result *a, const struct litmus_explore_result *b)
{
	bool same = a->nr_states == b->nr_states;

	/* They are sorted. */
	for (size_t i = 0; same && i < a->nr_states; i++)
		same = !strcmp(a->states[i].text, b->states[i].text);
	return same;
}

static bool same_verdicts(const struct litmus_explore_result *a,
			  const struct litmus_explore_result *b)
{
	bool same = true;

	for (unsigned v = 0; same && v < NR_LITMUS_VERDICTS; v++)
		same = !a->verdicts[v] == !b->verdicts[v];
	return same;
}

static bool same(const struct litmus_explore_result *a, const struct litmus_explore_result *b)
{
	return same_states(a, b) && same_verdicts(a, b) && a->status == b->status &&
	       a->ok == b->ok && !strcmp(a->observation, b->observation) &&
	       !a->bugs == !b->bugs && !a->unmodelled == !b->unmodelled &&
	       a->complete <= b->complete && !a->inversions == !b->inversions;
}

static void show(const char *what, const struct litmus_explore_result *res)
{
	printf("# %s: %s, %s\n", what, res->observation, res->coverage);
	for (size_t i = 0; i < res->nr_states; i++)
		printf("#   %s\n", res->states[i].text);
	for (unsigned v = 0; v < NR_LITMUS_VERDICTS; v++)
		if (res->verdicts[v])
			printf("#   %s\n", litmus_verdict_info(v)->name);
}

static bool compare(unsigned nr, const struct way *way, const char *path)
{
	struct litmus_explore_result all = { 0 }, less = { 0 };
	const char *slash = strrchr(path, '/');
	struct litmus *prog = NULL;
	bool good = !litmus_parse_file(path, &prog, NULL) &&
		    !litmus_explore(prog, &every_execution, &all, NULL) &&
		    !litmus_explore(prog, &way->opt, &less, NULL);
	bool agree = good && same(&all, &less);

	printf("%s %u - %s %s # %llu executions, %llu, %llu states\n", agree ? "ok" : "not ok", nr,
	       way->name, slash ? slash + 1 : path, (unsigned long long)all.executions,
	       (unsigned long long)less.executions, (unsigned long long)less.cached_states);
	if (good && !agree) {
		show("every execution", &all);
		show(way->name, &less);
	}
	fflush(stdout);
	litmus_explore_result_fini(&all);
	litmus_explore_result_fini(&less);
	litmus_free(prog);
	return agree;
}

static const struct way *find(const char *name)
{
	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++)
		if (!strcmp(ways[i].name, name))
			return &ways[i];
	return NULL;
}

int main(int argc, char **argv)
{
	const struct way *way = argc > 2 ? find(argv[1]) : NULL;
	bool failed = false;

	if (!way) {
		fprintf(stderr, "usage: %s cache FILE.litmus...\n", argv[0]);
		return 2;
	}
	for (int i = 2; i < argc; i++)
		failed |= !compare((unsigned)i - 1, way, argv[i]);
	printf("1..%d\n", argc - 2);
	return failed;
}

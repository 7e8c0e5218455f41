/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * same.c - explore scenarios in two ways that must find the same
 *
 *	same WAY FILE...
 *
 * What explore finds is compared with a search that does less, or more: the same final
 * states, the same verdicts, the same answer.  Of one that is cut all must be in the other.
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
	{ "symmetry", { .symmetry = true } },
	{ "symmetry-cache", { .symmetry = true, .cache = 256 } },
	{ "unroll", { .unroll = true, .max_executions = 20000 } },
};

static const struct litmus_options usual;

static bool has(const struct litmus_explore_result *res, const char *state)
{
	for (size_t i = 0; i < res->nr_states; i++)
		if (!strcmp(res->states[i].text, state))
			return true;
	return false;
}

/* All that @a shows @b shows. */
static bool within(const struct litmus_explore_result *a, const struct litmus_explore_result *b)
{
	for (size_t i = 0; i < a->nr_states; i++)
		if (!has(b, a->states[i].text))
			return false;
	for (unsigned v = 0; v < NR_LITMUS_VERDICTS; v++)
		if (a->verdicts[v] && !b->verdicts[v])
			return false;
	return (!a->bugs || b->bugs) && (!a->unmodelled || b->unmodelled) &&
	       (!a->inversions || b->inversions);
}

static bool same(const struct litmus_explore_result *a, const struct litmus_explore_result *b)
{
	if (a->complete != b->complete)
		return a->complete ? within(b, a) : within(a, b);
	return within(a, b) && within(b, a) && a->status == b->status && a->ok == b->ok &&
	       !strcmp(a->observation, b->observation);
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
	struct litmus_explore_result one = { 0 }, other = { 0 };
	const char *slash = strrchr(path, '/');
	struct litmus *prog = NULL;
	bool good = !litmus_parse_file(path, &prog, NULL) &&
		    !litmus_explore(prog, &usual, &one, NULL) &&
		    !litmus_explore(prog, &way->opt, &other, NULL);
	bool agree = good && same(&one, &other);

	printf("%s %u - %s %s # %llu executions, %llu, %llu states\n", agree ? "ok" : "not ok", nr,
	       way->name, slash ? slash + 1 : path, (unsigned long long)one.executions,
	       (unsigned long long)other.executions, (unsigned long long)other.cached_states);
	if (good && !agree) {
		show("usual", &one);
		show(way->name, &other);
	}
	fflush(stdout);
	litmus_explore_result_fini(&one);
	litmus_explore_result_fini(&other);
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
		fprintf(stderr, "usage: %s WAY FILE.litmus...\n", argv[0]);
		return 2;
	}
	for (int i = 2; i < argc; i++)
		failed |= !compare((unsigned)i - 1, way, argv[i]);
	printf("1..%d\n", argc - 2);
	return failed;
}

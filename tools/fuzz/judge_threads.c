/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * judge_threads.c - every interleaving: no bugs, and the search misses no state
 *
 * The search gives up what it believes to be equivalent.  Where it found few
 * executions, all interleavings are run as well, and must end in the same states.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "tools/fuzz/judge.h"

#define MAX_EXECUTIONS 3000
#define SMALL          60 /* executions of a program that is also run without reduction */
#define MAX_BRUTE      20000

static int explore(const struct litmus *prog, const struct judge_options *jo, bool brute,
		   struct litmus_explore_result *res, struct litmus_error *err)
{
	struct litmus_options opt = {
		.profile = jo->profile,
		.check = !brute,
		.brute = brute,
		.max_executions = brute ? jo->max_brute : jo->max_executions,
	};

	if (!opt.max_executions)
		opt.max_executions = brute ? MAX_BRUTE : MAX_EXECUTIONS;
	return litmus_explore(prog, &opt, res, err);
}

/* A state of @a that is not in @b; both are sorted. */
static const struct litmus_state *missing(const struct litmus_explore_result *a,
					  const struct litmus_explore_result *b)
{
	size_t k = 0;

	for (size_t i = 0; i < a->nr_states; i++) {
		while (k < b->nr_states && strcmp(b->states[k].text, a->states[i].text) < 0)
			k++;
		if (k == b->nr_states || strcmp(b->states[k].text, a->states[i].text))
			return &a->states[i];
	}
	return NULL;
}

static void differ(struct verdict *v, const char *what, const struct litmus_state *s)
{
	v->kind = VERDICT_FINDING;
	snprintf(v->what, sizeof(v->what), "%s", what);
	snprintf(v->detail, sizeof(v->detail), "%s", s->text);
	snprintf(v->command, sizeof(v->command), "uffdsim explore --brute %%s");
}

static int compare(const struct litmus *prog, const struct judge_options *jo,
		   const struct litmus_explore_result *res, struct verdict *v)
{
	struct litmus_explore_result brute;
	struct litmus_error err;
	int r = explore(prog, jo, true, &brute, &err);

	if (r)
		return r;
	if (missing(res, &brute) && brute.complete)
		differ(v, "a state that no interleaving has", missing(res, &brute));
	else if (missing(&brute, res))
		differ(v, "a state that the search misses", missing(&brute, res));
	litmus_explore_result_fini(&brute);
	return 0;
}

static void bug(struct verdict *v, const struct litmus_explore_result *res,
		const struct litmus_error *err)
{
	struct litmus_run_result as_run = { .message = res->message };

	simulator_verdict(&as_run, err, v);
	snprintf(v->command, sizeof(v->command), "uffdsim explore --check %%s");
}

int judge_threads(void *ctx, const char *text, size_t len, struct verdict *v)
{
	const struct judge_options *jo = ctx;
	struct litmus_explore_result res;
	struct litmus_error err;
	struct litmus *prog;
	int r;

	memset(v, 0, sizeof(*v));
	v->kind = VERDICT_BAD;
	if (litmus_parse(text, len, &prog, &err))
		return 0;
	r = explore(prog, jo, false, &res, &err);
	if (!r) {
		v->kind = res.unmodelled ? VERDICT_UNMODELLED : VERDICT_FINE;
		if (res.bugs)
			bug(v, &res, &err);
		else if (!res.unmodelled && res.complete && res.executions <= SMALL)
			r = compare(prog, jo, &res, v);
		litmus_explore_result_fini(&res);
	}
	litmus_free(prog);
	return r == -ENOMEM ? r : 0;
}

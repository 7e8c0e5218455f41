/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * explore.c - uffdsim_explore(): every order of events of a test
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tools/litmus/exploration.h"
#include "tools/monitor/program.h"

#define EXPLORE_STEPS_DEFAULT 1000
/* An execution that was cut is followed so far to see whether it goes round. */
#define FOLLOW_STEPS 20000
#define MAX_LASSOS   100

struct trial {
	struct program p;
	uint64_t found[NR_FINDINGS];
	uint32_t failing; /* findings that are none of what the test allows */
	unsigned lassos;
	struct best best[NR_FINDINGS];
	struct sim_explore_result counts;
};

/* --------------------------------------------------------------- executions */

struct path {
	const struct sim_execution *ex;
	uint64_t at;
};

static int follow(void *state, const struct sim_choice *choice)
{
	struct path *path = state;

	return path->at < path->ex->steps ? path->ex->picks[path->at++] : -1;
}

/* Does one that has no end come back to where it was?  On a machine of its own. */
static bool goes_round(struct trial *s, const struct sim_execution *ex)
{
	struct path path = { ex, 0 };
	struct sim_lasso lasso;
	struct program p, *old;
	char error[256];
	bool ret = false;

	if (s->lassos++ >= MAX_LASSOS)
		return false;
	if (!program_begin(&p, s->p.test, s->p.timers, error)) {
		old = program_enter(&p);
		sim_run(p.sim, (struct sim_strategy){ follow, &path });
		ret = path.at == ex->steps && sim_find_lasso(p.sim, &lasso) > 0;
		program_enter(old);
	}
	program_end(&p);
	return ret;
}

static int on_execution(void *ctx, struct sim *sim, const struct sim_execution *ex)
{
	struct trial *s = ctx;
	uint32_t found;

	if (s->p.wants_timers)
		return 1;
	if (ex->end == SIM_END_UNMODELLED) {
		snprintf(s->p.error, 256, "not modelled: %.230s", sim_finding(sim)->text);
		return -EINVAL;
	}
	found = program_findings(&s->p, ex->end);
	if (ex->end == SIM_END_STEP_BOUND && goes_round(s, ex))
		found |= 1u << VERDICT_LIVELOCK;
	for (uint32_t m = found; m; m &= m - 1) {
		unsigned i = (unsigned)__builtin_ctz(m);
		int r = best_offer(&s->best[i], s->p.hash, ex);

		s->found[i]++;
		if (r < 0)
			return r;
	}
	return 0;
}

/* -------------------------------------------------------------------- search */

static int try_once(struct trial *s, const struct uffdsim_test *test, bool timers, char *error)
{
	struct sim_explore_config cfg = {
		.mode = test->preemptions ? SIM_EXPLORE_BOUNDED : SIM_EXPLORE_OPTIMAL,
		.preemptions = test->preemptions,
		.max_executions = test->max_executions,
		.max_seconds = test->max_seconds,
		.max_steps = test->max_steps ? test->max_steps : EXPLORE_STEPS_DEFAULT,
		.execution = on_execution,
		.ctx = s,
	};
	struct program *old;
	int r = program_begin(&s->p, test, timers, error);

	if (r)
		return s->p.wants_timers ? 1 : r;
	old = program_enter(&s->p);
	r = sim_explore(s->p.sim, &cfg, &s->counts);
	program_enter(old);
	return r;
}

/* Time limits cost a little, so there are none until one is met. */
static int try_all(struct trial *s, const struct uffdsim_test *test, char *error)
{
	int r = try_once(s, test, false, error);

	if (r <= 0)
		return r;
	program_end(&s->p);
	memset(s->found, 0, sizeof(s->found));
	return try_once(s, test, true, error);
}

/* --------------------------------------------------------------------- result */

static bool names(const char *list, const char *name)
{
	size_t len = strlen(name);

	for (const char *at = list; at && (at = strstr(at, name)); at += len)
		if ((at == list || at[-1] == ' ') && (!at[len] || at[len] == ' '))
			return true;
	return false;
}

static int take_findings(struct trial *s, struct uffdsim_result *res)
{
	size_t size = 0;
	FILE *f = open_memstream(&res->findings, &size);

	if (!f)
		return -ENOMEM;
	for (unsigned i = 0; i < NR_FINDINGS; i++) {
		if (!s->found[i])
			continue;
		fprintf(f, "%s %" PRIu64 "\n", finding_name(i), s->found[i]);
		if (!names(s->p.test->allow, finding_name(i)))
			s->failing |= 1u << i;
	}
	return fclose(f) ? -ENOMEM : 0;
}

static int take_coverage(const struct trial *s, struct uffdsim_result *res)
{
	const struct litmus_options opt = { .bounded = s->p.test->preemptions };
	struct litmus_explore_result lit = {
		.complete = s->counts.complete,
		.bounded = s->p.test->preemptions,
		.preemptions = s->counts.preemptions,
		.cut_reason =
			s->counts.limit ? "a bound" : "executions that reach the bound on steps",
	};
	int r = explore_coverage(&opt, &s->counts, &lit);

	res->coverage = lit.coverage;
	return r;
}

/* Of what must not be the first: what ends an execution says more than who is left asleep. */
static int take_witness(struct trial *s, struct uffdsim_result *res)
{
	static const unsigned order[] = { FINDING_ASSERTION,      VERDICT_INVARIANT,
					  VERDICT_USE_AFTER_FREE, VERDICT_MISUSE,
					  VERDICT_LOST_WAKEUP,    VERDICT_SELF_WAIT,
					  VERDICT_UNANSWERED,     VERDICT_DEADLOCK,
					  VERDICT_LIVELOCK,       VERDICT_LOCK_ORDER };
	struct best *b = NULL;
	unsigned i;

	for (i = 0; i < sizeof(order) / sizeof(order[0]) && !b; i++)
		if (s->failing >> order[i] & 1)
			b = &s->best[order[i]];
	if (!b)
		return 0;
	res->token = strdup(b->token);
	if (!res->token)
		return -ENOMEM;
	return program_witness(s->p.test, s->p.timers, b->picks, b->steps, 1u << order[i - 1],
			       &res->witness, &res->token);
}

static int take_result(struct trial *s, struct uffdsim_result *res)
{
	int r = take_findings(s, res);

	if (!r)
		r = take_coverage(s, res);
	if (!r)
		r = take_witness(s, res);
	res->passed = !s->failing;
	res->complete = s->counts.complete;
	res->executions = s->counts.executions;
	return r;
}

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

int uffdsim_explore(const struct uffdsim_test *test, struct uffdsim_result *res)
{
	struct globals *globals = globals_save(test->threads[0].fn);
	struct trial s = { 0 };
	double begin = now();
	int r;

	memset(res, 0, sizeof(*res));
	r = try_all(&s, test, res->error);
	if (globals_changed(globals, res->error, sizeof(res->error)) && !r)
		r = -EINVAL;
	if (!r)
		r = take_result(&s, res);
	program_end(&s.p);
	for (unsigned i = 0; i < NR_FINDINGS; i++)
		best_fini(&s.best[i]);
	res->seconds = now() - begin;
	return r;
}

void uffdsim_result_fini(struct uffdsim_result *res)
{
	free(res->coverage);
	free(res->findings);
	free(res->witness);
	free(res->token);
	memset(res, 0, sizeof(*res));
}

uint64_t uffdsim_found(const struct uffdsim_result *res, const char *name)
{
	size_t len = strlen(name);

	for (const char *at = res->findings; at && *at; at += strcspn(at, "\n") + 1)
		if (!strncmp(at, name, len) && at[len] == ' ')
			return strtoull(at + len, NULL, 10);
	return 0;
}

void uffdsim_print_summary(const struct uffdsim_test *test, const struct uffdsim_result *res)
{
	const char *sep = ": ";

	printf("# %s, %s: ", test->name,
	       test->profile ? test->profile : profile_name(profile_default()));
	if (!res->findings) {
		printf("%s\n", res->error[0] ? res->error : "no memory");
		return;
	}
	printf("%" PRIu64 " executions (%s) in %.2f s", res->executions, res->coverage,
	       res->seconds);
	for (const char *at = res->findings; *at; at += strcspn(at, "\n") + 1, sep = ", ") {
		fputs(sep, stdout);
		fwrite(at, 1, strcspn(at, "\n"), stdout);
	}
	putchar('\n');
}

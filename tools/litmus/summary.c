/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * summary.c - results of an exploration: as herd7 prints them, and as JSON
 */
#include <errno.h>
#include <inttypes.h>
#include <jansson.h>

#include "tools/litmus/run.h"

static void print_states(FILE *out, const struct litmus_explore_result *res)
{
	fprintf(out, res->live ? "Histogram (%zu states)\n" : "States %zu\n", res->nr_states);
	for (size_t i = 0; i < res->nr_states; i++) {
		const struct litmus_state *s = &res->states[i];

		if (res->live)
			fprintf(out, "%-8" PRIu64 "%c>", s->count, s->holds ? '*' : ':');
		fprintf(out, "%s\n", s->text);
	}
}

static void print_herd(FILE *out, const struct litmus *prog,
		       const struct litmus_explore_result *res, bool with_time)
{
	/* Witnesses are relative to the condition as written, the observation is not. */
	bool swap = prog->quant == QUANT_NOT_EXISTS;
	char hash[33];

	fprintf(out, "Test %s %s\n", prog->name, res->kind);
	print_states(out, res);
	fprintf(out, "%s\nWitnesses\nPositive: %" PRIu64 " Negative: %" PRIu64 "\n",
		res->ok ? "Ok" : "No", swap ? res->negative : res->positive,
		swap ? res->positive : res->negative);
	fprintf(out, "Condition %s\nObservation %s %s %" PRIu64 " %" PRIu64 "\n", res->condition,
		prog->name, res->observation, res->positive, res->negative);
	if (with_time)
		fprintf(out, "Time %s %.2f\n", prog->name, res->seconds);
	litmus_hash(prog, hash);
	fprintf(out, "Hash=%s\n", hash);
}

/* Those that were found; deadlocks have had their line. */
static void print_verdicts(FILE *out, const struct litmus_explore_result *res)
{
	for (unsigned v = VERDICT_DEADLOCK + 1; v < NR_LITMUS_VERDICTS; v++)
		if (res->verdicts[v])
			fprintf(out, "Verdict %s %" PRIu64 "\n", litmus_verdict_info(v)->name,
				res->verdicts[v]);
}

int litmus_print_summary(FILE *out, const struct litmus *prog,
			 const struct litmus_explore_result *res, bool with_time, bool stats)
{
	print_herd(out, prog, res, with_time);
	patches_print(out, res->patches);
	if (res->live)
		fprintf(out, "Executions %" PRIu64 " (live)\n", res->executions);
	else if (res->coverage)
		fprintf(out, "Executions %" PRIu64 " (%s)\n", res->executions, res->coverage);
	else
		fprintf(out, "Executions %" PRIu64 " (%s%s)\n", res->executions,
			res->complete ? "complete" : "cut: ", res->complete ? "" : res->cut_reason);
	fprintf(out, "Deadlocks %" PRIu64 "\n", res->deadlocks);
	print_verdicts(out, res);
	if (res->bugs)
		fprintf(out, "Bugs %" PRIu64 "\n", res->bugs);
	if (res->unmodelled)
		fprintf(out, "Unmodelled %" PRIu64 "\n", res->unmodelled);
	if (res->cut + res->endless)
		fprintf(out, "Endless %" PRIu64 "\n", res->cut + res->endless);
	if (res->message)
		fprintf(out, "Finding %s\n", res->message);
	if (res->lasso)
		fprintf(out, "Livelock %s\n", res->lasso);
	if (res->inversions)
		fprintf(out, "Lock order:\n%s", res->inversions);
	if (stats)
		fprintf(out, "Waited %" PRIu64 "\nPruned %" PRIu64 "\nIn full %" PRIu64
			"\nDiverged %" PRIu64 "\nSteps %" PRIu64 "\nDepth %" PRIu64 "\n",
			res->waited, res->pruned, res->in_full, res->diverged, res->steps,
			res->max_depth);
	return ferror(out) ? -EIO : 0;
}

static json_t *json_states(const struct litmus_explore_result *res)
{
	json_t *list = json_array();

	for (size_t i = 0; i < res->nr_states; i++) {
		const struct litmus_state *s = &res->states[i];
		json_t *o = json_object();

		json_object_set_new(o, "count", json_integer((json_int_t)s->count));
		json_object_set_new(o, "state", json_final(s->final, res->nr_final));
		json_array_append_new(list, o);
	}
	return list;
}

/* By name: how many executions, and one to replay. */
static json_t *json_verdicts(const struct litmus_explore_result *res)
{
	json_t *all = json_object();

	for (unsigned v = 0; v < NR_LITMUS_VERDICTS; v++) {
		json_t *o;

		if (!res->verdicts[v])
			continue;
		o = json_object();
		json_object_set_new(o, "count", json_integer((json_int_t)res->verdicts[v]));
		if (res->verdict_token[v])
			json_object_set_new(o, "witness", json_string(res->verdict_token[v]));
		json_object_set_new(all, litmus_verdict_info(v)->name, o);
	}
	return all;
}

static bool shows_verdicts(const struct litmus_explore_result *res)
{
	for (unsigned v = 0; v < NR_LITMUS_VERDICTS; v++)
		if (res->verdicts[v])
			return true;
	return false;
}

/* Only what says something of this kind of search: "complete" is said already. */
static void json_coverage(json_t *o, const struct litmus_explore_result *res)
{
	if (res->coverage)
		json_object_set_new(o, "coverage", json_string(res->coverage));
	if (res->bounded)
		json_object_set_new(o, "preemptions", json_integer(res->preemptions));
	if (res->exchanges > 1)
		json_object_set_new(o, "exchanges", json_integer((json_int_t)res->exchanges));
	if (res->cached_states) {
		json_object_set_new(o, "machine_states", json_integer((json_int_t)res->cached_states));
		json_object_set_new(o, "transitions", json_integer((json_int_t)res->transitions));
	}
	if (!res->sample)
		return;
	json_object_set_new(o, "distinct", json_integer((json_int_t)res->distinct));
	json_object_set_new(o, "unseen", json_real(res->unseen));
	if (res->odds > 0)
		json_object_set_new(o, "odds", json_real(res->odds));
}

/* What it cost. */
static json_t *json_search(const struct litmus_explore_result *res)
{
	json_t *o = json_object();

	json_object_set_new(o, "pruned", json_integer((json_int_t)res->pruned));
	json_object_set_new(o, "in_full", json_integer((json_int_t)res->in_full));
	json_object_set_new(o, "diverged", json_integer((json_int_t)res->diverged));
	json_object_set_new(o, "steps", json_integer((json_int_t)res->steps));
	json_object_set_new(o, "depth", json_integer((json_int_t)res->max_depth));
	return o;
}

int litmus_print_json(FILE *out, const struct litmus *prog, const struct litmus_explore_result *res,
		      bool with_time, bool stats)
{
	json_t *o = json_object();
	int r;

	json_object_set_new(o, "test", json_string(prog->name));
	json_object_set_new(o, "profile", json_string(res->profile));
	if (res->patches)
		json_object_set_new(o, "patches", patches_json(res->patches));
	json_object_set_new(o, "complete", json_boolean(res->complete));
	if (!res->complete || res->bounded || res->sample || res->cached_states ||
	    res->waited || res->endless || res->exchanges > 1)
		json_coverage(o, res);
	json_object_set_new(o, "executions", json_integer((json_int_t)res->executions));
	json_object_set_new(o, "states", json_states(res));
	json_object_set_new(o, "positive", json_integer((json_int_t)res->positive));
	json_object_set_new(o, "negative", json_integer((json_int_t)res->negative));
	json_object_set_new(o, "observation", json_string(res->observation));
	json_object_set_new(o, "ok", json_boolean(res->ok));
	json_object_set_new(o, "deadlocks", json_integer((json_int_t)res->deadlocks));
	if (shows_verdicts(res))
		json_object_set_new(o, "verdicts", json_verdicts(res));
	if (res->live && res->cut)
		json_object_set_new(o, "hung", json_integer((json_int_t)res->cut));
	if (!res->live)
		json_object_set_new(o, "witness",
				    res->witness ? json_string(res->witness) : json_null());
	if (stats)
		json_object_set_new(o, "search", json_search(res));
	if (with_time)
		json_object_set_new(o, "seconds", json_real(res->seconds));
	r = json_dumpf(o, out, JSON_COMPACT) < 0 || fputc('\n', out) == EOF ? -EIO : 0;
	json_decref(o);
	return r;
}

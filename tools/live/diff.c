/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * diff.c - run a file on the simulator and on a kernel, and find where they part
 *
 * Both write the same records with the same code, so they are compared as text.  Late
 * records come in the order of thread names from both.
 */
#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "tools/litmus/ast.h"
#include "tools/live/diff_internal.h"

/* ----------------------------------------------------------------- simulator */

static int run_simulator(const struct litmus *prog, const struct diff_options *opt,
			 const char *profile, struct side *side)
{
	struct litmus_options lit = {
		.profile = profile,
		.state = !opt->no_state,
		.skip_blocked = opt->skip_blocked,
		.max_steps = opt->max_steps,
	};
	struct litmus_run_result res;
	int r;

	lit.json = open_memstream(&side->text, &side->len);
	if (!lit.json)
		return -ENOMEM;
	r = litmus_run(prog, &lit, &res, &side->err);
	fclose(lit.json);
	if (r == -EINVAL) {
		side->status = LITMUS_BAD;
		return 0;
	}
	if (r < 0)
		return r;
	side->status = res.status;
	if (!res.message)
		side->err.text[0] = 0;
	litmus_run_result_fini(&res);
	return 0;
}

/* ---------------------------------------------------------------------- live */

static int run_live(struct live *l, const struct litmus *prog, const struct diff_options *opt,
		    struct side *side)
{
	struct live_options lo = {
		.state = !opt->no_state,
		.skip_blocked = opt->skip_blocked,
		.runs = opt->runs,
		.seed = opt->seed,
		.notime = true,
	};
	struct live_answer ans;
	size_t len;
	const char *text = litmus_text(prog, &len);
	int r = live_run(l, text, len, &lo, &ans);

	if (r < 0)
		return r;
	side->status = ans.status;
	side->err = ans.err;
	side->text = ans.out;
	side->len = ans.len;
	return 0;
}

void side_fini(struct side *side)
{
	free(side->text);
	memset(side, 0, sizeof(*side));
}

/* ----------------------------------------------------------------- comparison */

static size_t line_length(const char *s)
{
	return strcspn(s, "\n");
}

/* Count a line that both have. */
static void agree(struct diff_result *res, struct diff_summary *sum, const char *line)
{
	const char *p;
	char call[40];

	if (!strncmp(line, "{\"state\"", 8)) {
		res->states++;
		return;
	}
	p = strstr(line, "\"call\":\"");
	if (!p)
		return;
	res->records++;
	if (!sum)
		return;
	p += 8;
	snprintf(call, sizeof(call), "%.*s", (int)strcspn(p, "\""), p);
	diff_count(sum, call, true);
}

/* The first lines that differ; both NULL at the end of both. */
static void first_difference(const struct side *sim, const struct side *live,
			     struct diff_result *res, struct diff_summary *sum, const char **a,
			     const char **b)
{
	const char *x = sim->text, *y = live->text;

	while (*x && *y) {
		size_t n = line_length(x), k = line_length(y);

		if (n != k || memcmp(x, y, n) != 0)
			break;
		agree(res, sum, x);
		x += n + (x[n] == '\n');
		y += k + (y[k] == '\n');
	}
	*a = *x ? x : NULL;
	*b = *y ? y : NULL;
}

/* It did not get to its end. */
static bool ended_early(const struct side *side)
{
	return side->status >= LITMUS_BAD || side->err.text[0];
}

static enum diff_verdict verdict_of(const struct side *sim, const struct side *live, const char *a,
				    const char *b)
{
	if (!a && !b && !ended_early(sim) && !ended_early(live))
		return DIFF_AGREES;
	if (a && b)
		return DIFF_DIVERGES;
	if (!a && sim->status == LITMUS_UNMODELLED)
		return DIFF_UNMODELLED;
	if (!b && live->status == LITMUS_UNMODELLED)
		return DIFF_MISSING;
	if (!b && live->status == LITMUS_BAD)
		return DIFF_BAD;
	if (!a && sim->status == LITMUS_BAD)
		return DIFF_BAD;
	return DIFF_DIVERGES;
}

static void take_error(struct diff_result *res, const struct side *sim, const struct side *live)
{
	if (res->verdict == DIFF_UNMODELLED ||
	    (res->verdict == DIFF_BAD && sim->status == LITMUS_BAD))
		res->err = sim->err;
	else if (res->verdict != DIFF_AGREES)
		res->err = live->err.text[0] ? live->err : sim->err;
}

static int compare(const struct diff_context *c, const struct side *sim, const struct side *live,
		   struct diff_result *res)
{
	const char *a, *b;

	res->step = -1;
	first_difference(sim, live, res, c->sum, &a, &b);
	res->verdict = verdict_of(sim, live, a, b);
	take_error(res, sim, live);
	res->same_error = res->verdict == DIFF_BAD && !a && !b && sim->err.line == live->err.line &&
			  !strcmp(sim->err.text, live->err.text);
	if (res->verdict != DIFF_DIVERGES)
		return 0;
	return diff_report_sequence(c, sim, live, a, b, res);
}

static bool same_text(const struct side *a, const struct side *b)
{
	return a->len == b->len && !memcmp(a->text, b->text, a->len);
}

/* The kernel is asked again: what it does not repeat is no answer. */
static int confirm(const struct diff_context *c, const struct side *sim, struct side *live,
		   struct diff_result *res)
{
	unsigned n = c->opt->confirm ? c->opt->confirm : 2;
	const char *a, *b;

	first_difference(sim, live, &(struct diff_result){ 0 }, NULL, &a, &b);
	if (verdict_of(sim, live, a, b) != DIFF_DIVERGES)
		return 0;
	for (unsigned i = 0; i < n; i++) {
		struct side again = { 0 };
		int r = run_live(c->l, c->prog, c->opt, &again);

		if (r < 0)
			return r;
		if (same_text(&again, live)) {
			side_fini(&again);
			continue;
		}
		res->unstable = true;
		if (same_text(&again, sim)) {
			side_fini(live);
			*live = again;
			return 0;
		}
		side_fini(&again);
	}
	return 0;
}

static int diff_sequence(struct diff_context *c, struct diff_result *res)
{
	struct side sim = { 0 }, live = { 0 };
	int r = run_live(c->l, c->prog, c->opt, &live);

	if (!r)
		r = run_simulator(c->prog, c->opt, c->profile, &sim);
	if (!r)
		r = confirm(c, &sim, &live, res);
	if (!r)
		r = compare(c, &sim, &live, res);
	side_fini(&sim);
	side_fini(&live);
	return r;
}

/* -------------------------------------------------------------------- threads */

static bool is_allowed(const json_t *allowed, const json_t *state)
{
	size_t i;
	json_t *s;

	json_array_foreach(allowed, i,
			   s) if (json_equal(json_object_get(s, "state"), state)) return true;
	return false;
}

static json_t *explore(const struct diff_context *c, struct side *side, struct diff_result *res)
{
	struct litmus_options lit = {
		.profile = c->profile,
		.max_executions = c->opt->max_executions,
		.max_steps = c->opt->max_steps,
	};
	struct litmus_explore_result found;
	json_t *ret = NULL;
	FILE *out;

	if (litmus_explore(c->prog, &lit, &found, &res->err) < 0) {
		res->verdict = DIFF_BAD;
		return NULL;
	}
	out = open_memstream(&side->text, &side->len);
	if (out) {
		litmus_print_json(out, c->prog, &found, false, false);
		fclose(out);
	}
	if (found.status == LITMUS_BAD)
		res->verdict = DIFF_BAD;
	else if (found.status == LITMUS_UNMODELLED)
		res->verdict = DIFF_UNMODELLED;
	else
		ret = side->text ? json_loadb(side->text, side->len, 0, NULL) : NULL;
	litmus_explore_result_fini(&found);
	return ret;
}

static int judge_states(const struct diff_context *c, const json_t *sim, const json_t *live,
			struct diff_result *res)
{
	const json_t *allowed = json_object_get(sim, "states"),
		     *states = json_object_get(live, "states");
	const json_t *s;
	size_t i;

	res->allowed = json_array_size(allowed);
	json_array_foreach(states, i, s)
	{
		if (is_allowed(allowed, json_object_get(s, "state")))
			res->seen++;
		else
			res->verdict = DIFF_DIVERGES;
	}
	return res->verdict == DIFF_DIVERGES ? diff_report_threads(c, sim, live, res) : 0;
}

static int diff_threads(struct diff_context *c, struct diff_result *res)
{
	struct side sim = { 0 }, live = { 0 };
	json_t *a = NULL, *b = NULL;
	int r = 0;

	res->step = -1;
	a = explore(c, &sim, res);
	if (a)
		r = run_live(c->l, c->prog, c->opt, &live);
	if (a && !r) {
		b = json_loadb(live.text, live.len, 0, NULL);
		if (b)
			r = judge_states(c, a, b, res);
		else
			res->verdict = live.status == LITMUS_BAD        ? DIFF_BAD :
				       live.status == LITMUS_UNMODELLED ? DIFF_MISSING :
									  DIFF_DIVERGES;
	}
	if (live.err.text[0]) {
		res->err = live.err;
		if (res->verdict == DIFF_DIVERGES && !res->report)
			res->report = strdup(live.err.text);
	}
	json_decref(a);
	json_decref(b);
	side_fini(&sim);
	side_fini(&live);
	return r;
}

int live_diff(struct live *l, const struct litmus *prog, const struct diff_options *opt,
	      struct diff_result *res)
{
	static const struct diff_options none;
	struct diff_context c = { .l = l, .prog = prog, .opt = opt ? opt : &none };

	memset(res, 0, sizeof(*res));
	c.profile = c.opt->profile ? c.opt->profile : live_profile(l);
	c.sum = live_summary(l);
	if (litmus_is_sequence(prog) || prog->nr_threads == 1)
		return diff_sequence(&c, res);
	return diff_threads(&c, res);
}

void diff_result_fini(struct diff_result *res)
{
	free(res->report);
	memset(res, 0, sizeof(*res));
}

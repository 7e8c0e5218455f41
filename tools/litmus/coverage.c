/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * coverage.c - what an exploration says of what it did not see
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include "tools/litmus/states.h"

/* A sample is worth something, and is never all. */
static char *sample_text(const struct litmus_options *opt, const struct sim_explore_result *sr)
{
	const struct sim_sample *s = &sr->sample;
	char *text, *odds;

	if (opt->pct && s->odds > 0.99)
		odds = format_text("; a bug that depends on %u orderings of %u threads and %" PRIu64
				   " steps is in it with probability above 0.99",
				   opt->pct, s->threads, s->steps);
	else if (opt->pct && s->odds > 0)
		odds = format_text("; a bug that depends on %u orderings of %u threads and %" PRIu64
				   " steps is in it with probability %.2g or more",
				   opt->pct, s->threads, s->steps, s->odds);
	else if (opt->pct)
		odds = format_text("; no odds: threads waited in loops");
	else
		odds = format_text("%s", "");
	if (!odds)
		return NULL;
	/* That n had none says that it is less than 3 in n, most likely (95%). */
	text = format_text("sample: %" PRIu64 " different, one more is new with probability %s%.2g%s",
			   s->distinct, s->unseen > 0 ? "" : "below ",
			   s->unseen > 0 ? s->unseen : 3.0 / (double)sr->executions, odds);
	free(odds);
	return text;
}

static char *bounded_text(const struct litmus_explore_result *res)
{
	const char *cut = res->cut_reason;

	if (res->preemptions < 0)
		return format_text("cut: %s", cut);
	return format_text("complete up to %d preemption%s%s%s", res->preemptions,
			   res->preemptions == 1 ? "" : "s", cut ? ", cut: " : "", cut ? cut : "");
}

/* No execution is counted there, so it says what is. */
static char *cached_text(const struct litmus_explore_result *res)
{
	char forgotten[64] = "";

	if (res->forgotten)
		snprintf(forgotten, sizeof(forgotten), ", %" PRIu64 " times without room for one",
			 res->forgotten);
	return format_text("%s%s: final states of %" PRIu64 " states, %" PRIu64 " transitions%s",
			   res->cut_reason ? "cut: " : "complete",
			   res->cut_reason ? res->cut_reason : "", res->cached_states,
			   res->transitions, forgotten);
}

/* What --symmetry did is part of it. */
static int add_exchanges(struct litmus_explore_result *res)
{
	char *old = res->coverage;

	res->coverage = res->exchanges > 1 ? format_text("%s; like threads exchanged in %" PRIu64 " ways",
							 old, res->exchanges) :
					     format_text("%s; no two threads are alike", old);
	free(old);
	return res->coverage ? 0 : -ENOMEM;
}

int explore_coverage(const struct litmus_options *opt, const struct sim_explore_result *sr,
		     struct litmus_explore_result *res)
{
	if (res->parts) {
		res->coverage = format_text("part %u of %u%s%s", res->part, res->parts,
					    res->cut_reason ? ", cut: " : "",
					    res->cut_reason ? res->cut_reason : "");
	} else if (res->cached_states) {
		res->coverage = cached_text(res);
	} else if (res->complete) {
		res->coverage = format_text("complete%s", res->waited || res->endless ?
				", but for rounds of loops that only wait" : "");
	} else if (res->sample) {
		res->coverage = sample_text(opt, sr);
	} else if (res->bounded) {
		/* The bound itself is no reason: it is what was asked for. */
		if (!sr->limit && !res->cut && !res->unmodelled && !res->unasserted)
			res->cut_reason = NULL;
		res->coverage = bounded_text(res);
	} else {
		res->coverage = format_text("cut: %s", res->cut_reason);
	}
	if (!res->coverage)
		return -ENOMEM;
	return opt->symmetry ? add_exchanges(res) : 0;
}

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * verdict.c - what an execution shows, by name, and in words
 *
 * As tools/litmus/verdict.c has it for scenarios.  What a C function would do next nobody
 * can tell; so who has read or polled a descriptor before counts as one of its readers.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/litmus/verdict_words.h"
#include "tools/monitor/program.h"

const char *finding_name(unsigned finding)
{
	const struct litmus_verdict_info *info = litmus_verdict_info(finding);

	return info ? info->name : "assertion";
}

static struct user_thread *thread_at(struct program *p, unsigned id)
{
	struct user_thread *t = id < SIM_MAX_THREADS ? &p->b->threads[id] : NULL;

	return t && t->fiber && !sim_thread_dead(t->fiber) ? t : NULL;
}

static bool reads(struct user_thread *t, uint32_t ctx)
{
	for (int fd = 0; fd < 64; fd++)
		if (t->reads >> fd & 1 && observe_reads(t->task, fd, ctx))
			return true;
	return false;
}

/* Who could answer the message: its reader, or those who might read it. */
static uint32_t answerers(struct program *p, const struct observed_wait *wait)
{
	uint32_t ret = 0;

	for (unsigned i = 0; i < SIM_MAX_THREADS; i++) {
		struct user_thread *t = thread_at(p, i);

		if (t && (wait->read ? t->fiber == wait->reader : reads(t, wait->ctx)))
			ret |= 1u << i;
	}
	return ret;
}

static uint32_t waits_for(struct program *p, unsigned id)
{
	struct user_thread *t = thread_at(p, id);
	struct observed_wait wait;

	if (!t)
		return 0;
	if (observe_wait(p->kernel, t->fiber, &wait))
		return wait.message ? answerers(p, &wait) : 0;
	return sim_thread_waits_for(t->fiber);
}

/* All of @from wait, whoever is between, for thread @id (or are it). */
static bool all_wait_for(struct program *p, uint32_t from, unsigned id)
{
	for (uint32_t m = from; m; m &= m - 1) {
		uint32_t seen = m & -m, next = seen;

		while (next && !(seen >> id & 1)) {
			unsigned i = (unsigned)__builtin_ctz(next);

			next &= next - 1;
			next |= waits_for(p, i) & ~seen;
			seen |= next;
		}
		if (!(seen >> id & 1))
			return false;
	}
	return true;
}

static unsigned verdict_of_thread(struct program *p, unsigned id, struct observed_wait *wait)
{
	struct user_thread *t = thread_at(p, id);
	uint32_t others;

	if (!t)
		return NR_FINDINGS;
	if (sim_thread_op(t->fiber)->spins)
		return VERDICT_LIVELOCK;
	if (!observe_wait(p->kernel, t->fiber, wait))
		return NR_FINDINGS;
	if (wait->there)
		return VERDICT_LOST_WAKEUP;
	if (!wait->message || t->daemon)
		return NR_FINDINGS;
	others = answerers(p, wait);
	return others && all_wait_for(p, others, id) ? VERDICT_SELF_WAIT : VERDICT_UNANSWERED;
}

static uint32_t verdicts_of_threads(struct program *p)
{
	struct observed_wait wait;
	uint32_t mask = 0;

	for (unsigned i = 0; i < SIM_MAX_THREADS; i++) {
		struct user_thread *t = thread_at(p, i);
		unsigned v = t ? verdict_of_thread(p, i, &wait) : NR_FINDINGS;

		if (v < NR_FINDINGS)
			mask |= 1u << v;
		if (t && !t->daemon)
			mask |= 1u << VERDICT_DEADLOCK;
	}
	return mask;
}

static uint32_t finding_of_bug(enum sim_bug bug)
{
	switch (bug) {
	case SIM_BUG_ASSERTION:
		return 1u << FINDING_ASSERTION;
	case SIM_BUG_INVARIANT:
		return 1u << VERDICT_INVARIANT;
	case SIM_BUG_USE_AFTER_FREE:
		return 1u << VERDICT_USE_AFTER_FREE;
	default:
		return 1u << VERDICT_MISUSE;
	}
}

uint32_t program_findings(struct program *p, enum sim_end end)
{
	uint32_t mask;

	if (end == SIM_END_BUG)
		return finding_of_bug(sim_finding(p->sim)->bug);
	if (end != SIM_END_DONE && end != SIM_END_DEADLOCK)
		return 0;
	mask = verdicts_of_threads(p);
	if (sim_lock_order_inverted(p->sim))
		mask |= 1u << VERDICT_LOCK_ORDER;
	if (!program_finish(p))
		mask |= 1u << FINDING_ASSERTION;
	return mask;
}

/* -------------------------------------------------------------------- words */

static void explain(FILE *f, struct program *p, unsigned id)
{
	struct user_thread *t = thread_at(p, id);
	struct observed_wait wait;
	char addr[120] = "";
	unsigned v = verdict_of_thread(p, id, &wait);

	if (v >= NR_FINDINGS)
		return;
	if (v != VERDICT_LIVELOCK)
		show_place(p->b, wait.address, addr, sizeof(addr));
	verdict_say(f, v, t->fiber, t->name, &wait, addr);
}

char *program_explain(struct program *p)
{
	char *text = NULL;
	size_t size = 0;
	FILE *f = open_memstream(&text, &size);

	if (!f)
		return NULL;
	for (unsigned i = 0; i < SIM_MAX_THREADS; i++)
		if (thread_at(p, i))
			explain(f, p, i);
	if (fclose(f)) {
		free(text);
		return NULL;
	}
	return text;
}

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * verdict.c - deadlock, lost-wakeup, ...: what an execution shows beyond the condition
 *
 * Each thread that is still in a system call when nothing moves any more gets at
 * most one of the verdicts that speak of threads:
 *
 *   it goes round in a loop of the kernel                    livelock
 *   woken now, it would go on                                lost-wakeup
 *   its message can only be read or answered by itself, or
 *   by threads that wait for it                              self-wait
 *   its message will not be answered by anybody              unanswered
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/litmus/verdict.h"
#include "tools/litmus/verdict_words.h"

/* Everything that is said of verdicts, anywhere. */
static const struct litmus_verdict_info infos[NR_LITMUS_VERDICTS] = {
	[VERDICT_DEADLOCK] = { "deadlock", "nothing can go on, and a thread has not ended" },
	[VERDICT_LOST_WAKEUP] = { "lost-wakeup",
				  "a thread sleeps for what has come: nobody will wake it" },
	[VERDICT_SELF_WAIT] = { "self-wait",
				"only the waiter, or who waits for it, could answer its message" },
	[VERDICT_UNANSWERED] = { "unanswered", "a message that nobody is left to answer" },
	[VERDICT_LIVELOCK] = { "livelock", "threads go round for ever, though each gets its turn" },
	[VERDICT_LOCK_ORDER] = { "lock-order", "locks are taken in one order and in the other" },
	[VERDICT_DATA_RACE] = { "data-race",
				"a field is written with nothing to order it against another use" },
	[VERDICT_USE_AFTER_FREE] = { "use-after-free", "something is used after its end" },
	[VERDICT_INVARIANT] = { "invariant", "what must hold between two steps does not" },
	[VERDICT_MISUSE] = { "misuse", "a lock, a reference or a stack is used wrongly" },
};

const struct litmus_verdict_info *litmus_verdict_info(enum litmus_verdict v)
{
	return v < NR_LITMUS_VERDICTS ? &infos[v] : NULL;
}

enum litmus_verdict verdict_find(const char *text, size_t len)
{
	unsigned v;

	for (v = 0; v < NR_LITMUS_VERDICTS; v++)
		if (strlen(infos[v].name) == len && !memcmp(infos[v].name, text, len))
			break;
	return v;
}

static enum litmus_verdict verdict_of_bug(enum sim_bug bug)
{
	switch (bug) {
	case SIM_BUG_INVARIANT:
		return VERDICT_INVARIANT;
	case SIM_BUG_USE_AFTER_FREE:
		return VERDICT_USE_AFTER_FREE;
	case SIM_BUG_NOMEM:
		return NR_LITMUS_VERDICTS;
	default:
		return VERDICT_MISUSE;
	}
}

/* ------------------------------------------------------------- who waits for whom */

/* Does this call read a message of the userfaultfd @ctx, as far as one can tell now? */
static bool reads_message(struct world *w, struct lit_thread *t, const struct stmt *s, uint32_t ctx)
{
	const struct expr *fd = s->call ? s->call->args[0] : NULL;
	const struct value *v;

	if (!s->call || s->call->desc->id != CALL_READ || s->call->msg == LIT_NONE)
		return false;
	if (fd->kind != EXPR_NAME || fd->field || fd->text)
		return true;
	v = lookup(w, t, fd->name, false);
	return !v->set || observe_reads(t->task, (int)v->n, ctx);
}

static bool block_reads(struct world *w, struct lit_thread *t, const struct stmt *s, uint32_t ctx)
{
	for (; s; s = s->next)
		if (reads_message(w, t, s, ctx) || block_reads(w, t, s->body, ctx) ||
		    block_reads(w, t, s->other, ctx))
			return true;
	return false;
}

/* Would @t, if it went on, come to a read of @ctx? */
static bool may_read(struct world *w, struct lit_thread *t, uint32_t ctx)
{
	if (w->prog->sequence || !t->cur)
		return false;
	for (const struct stmt *s = t->cur; s; s = s->up) {
		if (block_reads(w, t, s->next, ctx))
			return true;
		if (s->up && s->up->kind == STMT_WHILE && block_reads(w, t, s->up->body, ctx))
			return true;
	}
	return false;
}

static uint32_t threads_of_fibers(const struct world *w, uint32_t fibers)
{
	uint32_t ret = 0;

	for (int i = 0; i < w->nr_threads; i++)
		if (w->threads[i].fiber && fibers >> sim_thread_id(w->threads[i].fiber) & 1)
			ret |= 1u << i;
	return ret;
}

/* Who could answer the message, as a mask: its reader, or those who might read it. */
static uint32_t answerers(struct world *w, const struct observed_wait *wait)
{
	uint32_t ret = 0;

	for (int i = 0; i < w->nr_threads; i++) {
		struct lit_thread *t = &w->threads[i];

		if (!thread_blocked(w, i))
			continue;
		if (wait->read ? t->fiber == wait->reader : may_read(w, t, wait->ctx))
			ret |= 1u << i;
	}
	return ret;
}

/* Those without whom thread @index does not go on. */
static uint32_t waits_for(struct world *w, int index)
{
	const struct lit_thread *t = &w->threads[index];
	struct observed_wait wait;

	if (!thread_blocked(w, index))
		return 0;
	if (observe_wait(w->kernel, t->fiber, &wait))
		return wait.message ? answerers(w, &wait) : 0;
	return threads_of_fibers(w, sim_thread_waits_for(t->fiber));
}

/* All of @from wait, whoever is between, for thread @index (or are it). */
static bool all_wait_for(struct world *w, uint32_t from, int index)
{
	for (uint32_t m = from; m; m &= m - 1) {
		uint32_t seen = m & -m, next = seen;

		while (next && !(seen >> index & 1)) {
			int i = __builtin_ctz(next);

			next &= next - 1;
			next |= waits_for(w, i) & ~seen;
			seen |= next;
		}
		if (!(seen >> index & 1))
			return false;
	}
	return true;
}

/* ----------------------------------------------------------------------- verdicts */

enum litmus_verdict verdict_of_thread(struct world *w, int index)
{
	const struct lit_thread *t = &w->threads[index];
	struct observed_wait wait;
	uint32_t others;

	if (!w->sim || !thread_blocked(w, index) || !t->fiber)
		return NR_LITMUS_VERDICTS;
	if (sim_thread_op(t->fiber)->spins)
		return VERDICT_LIVELOCK;
	if (!observe_wait(w->kernel, t->fiber, &wait))
		return NR_LITMUS_VERDICTS;
	if (wait.there)
		return VERDICT_LOST_WAKEUP;
	if (!wait.message || t->decl->daemon)
		return NR_LITMUS_VERDICTS;
	others = answerers(w, &wait);
	return others && all_wait_for(w, others, index) ? VERDICT_SELF_WAIT : VERDICT_UNANSWERED;
}

static uint32_t verdicts_of_threads(struct world *w)
{
	uint32_t mask = 0;

	for (int i = 0; i < w->nr_threads; i++) {
		enum litmus_verdict v = verdict_of_thread(w, i);

		if (v < NR_LITMUS_VERDICTS)
			mask |= VERDICT_BIT(v);
		if (thread_blocked(w, i) && !w->threads[i].decl->daemon)
			mask |= VERDICT_BIT(VERDICT_DEADLOCK);
	}
	return mask;
}

uint32_t verdicts_of(struct world *w, enum sim_end end)
{
	enum litmus_verdict v;
	uint32_t mask;

	if (end == SIM_END_BUG) {
		v = verdict_of_bug(sim_finding(w->sim)->bug);
		return v < NR_LITMUS_VERDICTS ? VERDICT_BIT(v) : 0;
	}
	if (end != SIM_END_DEADLOCK && end != SIM_END_DONE)
		return 0;
	mask = verdicts_of_threads(w);
	if (sim_lock_order_inverted(w->sim))
		mask |= VERDICT_BIT(VERDICT_LOCK_ORDER);
	if (sim_data_race(w->sim))
		mask |= VERDICT_BIT(VERDICT_DATA_RACE);
	return mask;
}

/* -------------------------------------------------------------------------- words */

static void explain_thread(FILE *f, struct world *w, int index, enum litmus_verdict v)
{
	const struct lit_thread *t = &w->threads[index];
	struct observed_wait wait;
	char addr[LIT_MAX_NAME + 24] = "";

	if (v != VERDICT_LIVELOCK) {
		observe_wait(w->kernel, t->fiber, &wait);
		show_address(w, wait.address, false, addr, sizeof(addr));
	}
	verdict_say(f, v, t->fiber, t->decl->name, &wait, addr);
}

char *verdicts_explain(struct world *w)
{
	char *text = NULL;
	size_t size = 0;
	FILE *f = open_memstream(&text, &size);

	if (!f)
		return NULL;
	for (int i = 0; i < w->nr_threads; i++) {
		enum litmus_verdict v = verdict_of_thread(w, i);

		if (v < NR_LITMUS_VERDICTS)
			explain_thread(f, w, i, v);
	}
	if (w->sim && sim_data_race(w->sim))
		fprintf(f, "%s: %s\n", infos[VERDICT_DATA_RACE].name, sim_data_race(w->sim));
	if (fclose(f)) {
		free(text);
		return NULL;
	}
	return text;
}

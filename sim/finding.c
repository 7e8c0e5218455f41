/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * finding.c - what ends a run, and who waits for whom
 *
 * The first finding of an execution stands.  A thread that has one never goes
 * on: its stack is left as it is until the machine is rewound or reset.
 */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "sim_internal.h"

const char *sim_end_name(enum sim_end end)
{
	static const char *const names[] = {
		[SIM_END_DONE] = "done",
		[SIM_END_DEADLOCK] = "deadlock",
		[SIM_END_STEP_BOUND] = "step bound",
		[SIM_END_BUG] = "bug",
		[SIM_END_UNMODELLED] = "unmodelled",
		[SIM_END_STOPPED] = "stopped",
	};

	return end < sizeof(names) / sizeof(*names) ? names[end] : "?";
}

const char *sim_bug_name(enum sim_bug bug)
{
	static const char *const names[] = {
		[SIM_BUG_NONE] = "none",
		[SIM_BUG_INVARIANT] = "broken invariant",
		[SIM_BUG_BAD_UNLOCK] = "bad unlock",
		[SIM_BUG_USE_AFTER_FREE] = "use after free",
		[SIM_BUG_ATOMIC_SLEEP] = "sleep in atomic section",
		[SIM_BUG_STACK_OVERFLOW] = "stack overflow",
		[SIM_BUG_REFCOUNT] = "reference count",
		[SIM_BUG_LOCK_ORDER] = "lock order",
		[SIM_BUG_MISUSE] = "misuse",
		[SIM_BUG_NOMEM] = "out of memory",
		[SIM_BUG_ASSERTION] = "assertion",
	};

	return bug < sizeof(names) / sizeof(*names) ? names[bug] : "?";
}

const struct sim_finding *sim_finding(const struct sim *sim)
{
	return &sim->finding;
}

void finding_clear(struct sim *sim)
{
	sim->ended = false;
	sim->finding = (struct sim_finding){ .thread = -1 };
}

static void set(struct sim *sim, enum sim_end end, enum sim_bug bug, const char *fmt, va_list ap)
{
	const struct sim_thread *t = sim->state->cur;

	if (sim->ended)
		return;
	sched_settle(sim);
	sim->ended = true;
	sim->end = end;
	sim->finding.bug = bug;
	sim->finding.step = sim->state->steps;
	sim->finding.thread = t ? t->id : sim->state->last;
	vsnprintf(sim->finding.text, sizeof(sim->finding.text), fmt, ap);
	sim_trace_kind(sim, SIM_TRACE_FINDING, "%s: %s",
		       end == SIM_END_BUG ? sim_bug_name(bug) : sim_end_name(end),
		       sim->finding.text);
}

void finding_set(struct sim *sim, enum sim_end end, enum sim_bug bug, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	set(sim, end, bug, fmt, ap);
	va_end(ap);
}

/* Back to the step loop for good; without one there is nobody to tell. */
static void end_run(struct sim *sim)
{
	if (sim->in_step) {
		/* It is not dead, but what it was about to do is gone with its frames. */
		sim->state->alive &= ~(1u << sim->state->cur->id);
		fiber_abandon(sim);
	}
	if (sim->in_check)
		_longjmp(sim->check_env, 1);
	fprintf(stderr, "sim: outside a run: %s\n", sim->finding.text);
	abort();
}

void sim_bug(struct sim *sim, enum sim_bug bug, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	set(sim, SIM_END_BUG, bug, fmt, ap);
	va_end(ap);
	end_run(sim);
	__builtin_unreachable();
}

void sim_unmodelled(struct sim *sim, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	set(sim, SIM_END_UNMODELLED, SIM_BUG_NONE, fmt, ap);
	va_end(ap);
	end_run(sim);
	__builtin_unreachable();
}

void sim_invariant(struct sim *sim, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	set(sim, SIM_END_BUG, SIM_BUG_INVARIANT, fmt, ap);
	va_end(ap);
}

/* ----------------------------------------------------------- who waits for whom */

static void print_holders(FILE *f, const struct sim *sim, const struct sim_thread *t)
{
	uint32_t m = t->op->holders ? t->op->holders(t->op) : 0;
	const char *sep = ", held by ";

	for (; m; m &= m - 1) {
		const struct sim_thread *h = sim->state->threads[__builtin_ctz(m)];

		fprintf(f, "%s%s", sep, h == t ? "itself" : h->name);
		sep = ", ";
	}
}

static void print_waiter(FILE *f, const struct sim *sim, const struct sim_thread *t)
{
	const struct sim_op *op = t->op;

	fprintf(f, "%s waits in %s", t->name, op->what ? op->what : "?");
	if (op->obj)
		fprintf(f, "(%s)", op->obj->name ? op->obj->name : "?");
	print_holders(f, sim, t);
	putc('\n', f);
}

int sim_describe_blocked(const struct sim *sim, char *buf, size_t size)
{
	char *text = NULL;
	size_t len = 0;
	FILE *f = open_memstream(&text, &len);

	if (!f)
		return -1;
	for (uint32_t m = sim_blocked(sim); m; m &= m - 1)
		print_waiter(f, sim, sim->state->threads[__builtin_ctz(m)]);
	if (fclose(f)) {
		free(text);
		return -1;
	}
	len = (size_t)snprintf(buf, size, "%s", text);
	free(text);
	return (int)len;
}

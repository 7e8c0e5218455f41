/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * trace.c - what happened, as lines that whoever draws them can tell apart
 */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "sim_internal.h"

void sim_trace_start(struct sim *sim)
{
	trace_reset(sim);
	sim->trace.on = sim->head.traces = true;
	sched_settle(sim);
}

bool sim_tracing(const struct sim *sim)
{
	return sim->trace.on;
}

void sim_trace_each_step(struct sim *sim, void (*fn)(void *ctx), void *ctx)
{
	sim->trace.each_step = fn;
	sim->trace.ctx = ctx;
}

void trace_reset(struct sim *sim)
{
	for (size_t i = 0; i < sim->trace.nr; i++)
		free(sim->trace.lines[i].text);
	free(sim->trace.lines);
	memset(&sim->trace, 0, sizeof(sim->trace));
	sim->head.traces = false;
}

/* The thread that took the step is no longer the current one, but these are its lines. */
void trace_step_end(struct sim *sim)
{
	struct trace *tr = &sim->trace;

	if (!tr->each_step)
		return;
	tr->ended = true;
	tr->each_step(tr->ctx);
	tr->ended = false;
}

static struct sim_trace_line *new_line(struct trace *tr)
{
	size_t max = tr->max ? tr->max * 2 : 64;
	struct sim_trace_line *lines;

	if (tr->nr == tr->max) {
		lines = realloc(tr->lines, max * sizeof(*lines));
		if (!lines)
			return NULL;
		tr->lines = lines;
		tr->max = max;
	}
	return &tr->lines[tr->nr];
}

static int thread_of_line(const struct sim *sim)
{
	if (sim->state->cur)
		return sim->state->cur->id;
	return sim->trace.ended ? sim->state->last : -1;
}

/* Returns the line, valid until the next one; NULL without memory. */
static struct sim_trace_line *add(struct sim *sim, enum sim_trace_kind kind, const char *fmt,
				  va_list ap)
{
	struct sim_trace_line *line = new_line(&sim->trace);
	char *text;

	if (!line || vasprintf(&text, fmt, ap) < 0)
		return NULL;
	*line = (struct sim_trace_line){
		.step = sim->state->steps,
		.thread = thread_of_line(sim),
		.kind = kind,
		.text = text,
	};
	sim->trace.nr++;
	return line;
}

static struct sim_trace_line *__attribute__((format(printf, 3, 4)))
add_line(struct sim *sim, enum sim_trace_kind kind, const char *fmt, ...)
{
	struct sim_trace_line *line;
	va_list ap;

	va_start(ap, fmt);
	line = add(sim, kind, fmt, ap);
	va_end(ap);
	return line;
}

void sim_trace(struct sim *sim, const char *fmt, ...)
{
	va_list ap;

	if (!sim->trace.on)
		return;
	va_start(ap, fmt);
	add(sim, SIM_TRACE_NOTE, fmt, ap);
	va_end(ap);
}

void sim_trace_kind(struct sim *sim, enum sim_trace_kind kind, const char *fmt, ...)
{
	va_list ap;

	if (!sim->trace.on)
		return;
	va_start(ap, fmt);
	add(sim, kind, fmt, ap);
	va_end(ap);
}

static void set_obj(struct sim_trace_line *line, const struct sim_obj *obj)
{
	if (!line || !obj)
		return;
	line->cls = obj->cls;
	line->obj = obj->id;
}

void sim_trace_obj(const struct sim_obj *obj, const char *fmt, ...)
{
	va_list ap;

	if (!obj->sim->trace.on)
		return;
	va_start(ap, fmt);
	set_obj(add(obj->sim, SIM_TRACE_OP, fmt, ap), obj);
	va_end(ap);
}

void trace_hold(const struct sim_obj *obj, unsigned hold)
{
	struct sim_trace_line *line;

	if (!obj->name)
		return;
	line = add_line(obj->sim, hold ? SIM_TRACE_HOLD : SIM_TRACE_DROP, "%s", obj->name);
	set_obj(line, obj);
	if (line)
		line->mask = hold;
}

void sim_trace_lock(const struct sim_obj *obj, unsigned hold, const char *text)
{
	if (likely(!obj->sim->trace.on))
		return;
	trace_hold(obj, hold);
	sim_trace_obj(obj, "%s", text);
}

/* A writer has the whole lock; who has it otherwise shares it. */
void trace_acquired(const struct sim_obj *obj)
{
	const struct rwsem *sem = (const void *)obj;
	bool shared = obj->cls == SIM_CLASS_RWSEM && sem->writer != sim_self(obj->sim);

	trace_hold(obj, shared ? SIM_HOLD_SHARED : SIM_HOLD_EXCLUSIVE);
}

void trace_blocked(struct sim *sim, const struct sim_op *op)
{
	struct sim_trace_line *line;

	if (op->obj && op->obj->name && op->kind != SIM_OP_WAIT)
		line = add_line(sim, SIM_TRACE_BLOCKED, "%s(%s)", op->what, op->obj->name);
	else
		line = add_line(sim, SIM_TRACE_BLOCKED, "%s()", op->what ? op->what : "schedule");
	set_obj(line, op->obj);
	if (line && op->holders)
		line->mask = op->holders(op);
}

void trace_wake(struct sim *sim, const struct sim_thread *t)
{
	struct sim_trace_line *line = add_line(sim, SIM_TRACE_WAKE, "wake_up(%s)", t->name);

	if (line)
		line->mask = thread_bit(sim, t);
}

size_t sim_trace_lines(const struct sim *sim, const struct sim_trace_line **ret)
{
	*ret = sim->trace.lines;
	return sim->trace.nr;
}

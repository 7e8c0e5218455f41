/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * perfetto.c - a trace for ui.perfetto.dev and chrome://tracing
 *
 * The JSON object of the "Trace Event Format": a track for each thread with its statements
 * as slices and the steps in them, a track for each lock with who holds it, arrows for
 * wake-ups.  A step takes a millisecond; there is no other time.
 */
#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "tools/show/show.h"

#define STEP_US     1000 /* the format counts microseconds */
#define PID_THREADS 1
#define PID_LOCKS   2

/* A lock as a track; its number is the place in the list. */
struct lock {
	uint8_t cls;
	uint32_t obj;
	const char *name;
};

struct writer {
	json_t *events;
	const struct litmus_trace *tr;
	struct lock *locks;
	unsigned nr_locks;
	unsigned flow;  /* the last arrow */
	uint64_t first; /* step */
	bool failed;
};

/* -------------------------------------------------------------------------- events */

static int64_t time_of(const struct writer *w, uint64_t step)
{
	return (int64_t)(step - w->first) * STEP_US;
}

static json_t *event(struct writer *w, const char *ph, const char *name, int pid, int tid,
		     int64_t ts)
{
	json_t *o = json_pack("{s:s, s:s, s:i, s:i, s:I}", "ph", ph, "name", name, "pid", pid,
			      "tid", tid, "ts", (json_int_t)ts);

	if (!o || json_array_append_new(w->events, o)) {
		w->failed = true;
		return NULL;
	}
	return o;
}

static json_t *slice(struct writer *w, const char *category, const char *name, int pid, int tid,
		     int64_t from, int64_t to)
{
	json_t *o = event(w, "X", name, pid, tid, from);

	if (o) {
		json_object_set_new(o, "cat", json_string(category));
		json_object_set_new(o, "dur", json_integer(to - from));
	}
	return o;
}

static void name_track(struct writer *w, const char *what, const char *name, int pid, int tid)
{
	json_t *o = event(w, "M", what, pid, tid, 0);

	if (o)
		json_object_set_new(o, "args", json_pack("{s:s}", "name", name));
}

static void sort_track(struct writer *w, int pid, int tid)
{
	json_t *o = event(w, "M", "thread_sort_index", pid, tid, 0);

	if (o)
		json_object_set_new(o, "args", json_pack("{s:i}", "sort_index", tid));
}

/* -------------------------------------------------------------------------- threads */

static bool is_shown(const struct litmus_trace_line *l)
{
	return l->kind == SIM_TRACE_NOTE || l->kind == SIM_TRACE_OP || l->kind == SIM_TRACE_WAKE;
}

/* The lines [i, end) are one step of one thread. */
static size_t step_end(const struct litmus_trace *tr, size_t i)
{
	size_t end = i + 1;

	while (end < tr->nr_lines && tr->lines[end].step == tr->lines[i].step &&
	       tr->lines[end].thread == tr->lines[i].thread)
		end++;
	return end;
}

static json_t *changes(const struct litmus_trace *tr, size_t i, size_t end)
{
	json_t *list = json_array();

	for (; i < end; i++)
		if (tr->lines[i].kind == SIM_TRACE_CHANGE)
			json_array_append_new(list, json_string(tr->lines[i].text));
	if (json_array_size(list))
		return list;
	json_decref(list);
	return NULL;
}

/* Each line of a step gets its share of the step's time, so that all can be read. */
static void write_step(struct writer *w, size_t i, size_t end)
{
	const struct litmus_trace *tr = w->tr;
	int64_t begin = time_of(w, tr->lines[i].step), nr = 0, n = 0;
	json_t *ptes = changes(tr, i, end), *who = NULL; /* did it: the last function of the step */

	for (size_t k = i; k < end; k++)
		nr += is_shown(&tr->lines[k]);
	for (size_t k = i; k < end; k++) {
		const char *text = tr->lines[k].text + strspn(tr->lines[k].text, " ");
		json_t *o;

		if (!is_shown(&tr->lines[k]))
			continue;
		o = slice(w, "step", text, PID_THREADS, tr->lines[k].thread,
			  begin + n * STEP_US / nr, begin + (n + 1) * STEP_US / nr);
		n++;
		if (o)
			json_object_set_new(
				o, "args",
				json_pack("{s:I}", "step", (json_int_t)tr->lines[k].step));
		if (!who || tr->lines[k].kind == SIM_TRACE_NOTE)
			who = o;
	}
	if (ptes && !who)
		who = slice(w, "step", "page table", PID_THREADS, tr->lines[i].thread, begin,
			    begin + STEP_US);
	if (ptes && who && !json_object_get(who, "args"))
		json_object_set_new(who, "args", json_object());
	if (ptes && who)
		json_object_set(json_object_get(who, "args"), "pte", ptes);
	json_decref(ptes);
}

/* From its first effect to its result, or the end of the trace. */
static void write_statement(struct writer *w, size_t call)
{
	const struct litmus_trace *tr = w->tr;
	const struct litmus_trace_line *l = &tr->lines[call], *result = NULL;
	uint64_t from = 0, to = tr->lines[tr->nr_lines - 1].step + 1;
	json_t *o;

	for (size_t k = call + 1; k < tr->nr_lines && !result; k++) {
		if (tr->lines[k].thread != l->thread)
			continue;
		if (tr->lines[k].kind == SIM_TRACE_CALL)
			break;
		if (!from && tr->lines[k].step > l->step)
			from = tr->lines[k].step;
		if (tr->lines[k].kind == SIM_TRACE_RETURN) {
			result = &tr->lines[k];
			to = result->step + 1;
		}
	}
	if (!from)
		from = l->step;
	o = slice(w, "statement", l->text, PID_THREADS, l->thread, time_of(w, from),
		  time_of(w, to));
	if (o)
		json_object_set_new(
			o, "args",
			json_pack("{s:s}", "result", result ? result->text : "unfinished"));
}

/* Until the next line of the thread. */
static void write_wait(struct writer *w, size_t i)
{
	const struct litmus_trace *tr = w->tr;
	const struct litmus_trace_line *l = &tr->lines[i];
	uint64_t to = tr->lines[tr->nr_lines - 1].step + 1;
	json_t *o, *who = json_array();

	for (size_t k = i + 1; k < tr->nr_lines; k++) {
		if (tr->lines[k].thread != l->thread || tr->lines[k].step == l->step)
			continue;
		to = tr->lines[k].step;
		break;
	}
	for (uint32_t m = l->mask; m; m &= m - 1)
		if ((size_t)__builtin_ctz(m) < tr->nr_threads)
			json_array_append_new(who, json_string(tr->threads[__builtin_ctz(m)].name));
	o = to > l->step + 1 ? slice(w, "wait", l->text, PID_THREADS, l->thread,
				     time_of(w, l->step + 1), time_of(w, to)) :
			       NULL;
	if (o)
		json_object_set_new(o, "args", json_pack("{s:O}", "blocked by", who));
	json_decref(who);
}

static void write_arrow(struct writer *w, size_t i)
{
	const struct litmus_trace *tr = w->tr;
	const struct litmus_trace_line *l = &tr->lines[i];

	for (size_t k = i + 1; k < tr->nr_lines; k++) {
		const struct litmus_trace_line *m = &tr->lines[k];
		json_t *from, *to;

		if (m->thread < 0 || !(l->mask >> m->thread & 1) || m->step == l->step)
			continue;
		w->flow++;
		from = event(w, "s", "wake-up", PID_THREADS, l->thread,
			     time_of(w, l->step) + STEP_US / 2);
		to = event(w, "f", "wake-up", PID_THREADS, m->thread, time_of(w, m->step) + 1);
		if (!from || !to)
			return;
		json_object_set_new(from, "cat", json_string("wake"));
		json_object_set_new(from, "id", json_integer(w->flow));
		json_object_set_new(to, "cat", json_string("wake"));
		json_object_set_new(to, "id", json_integer(w->flow));
		json_object_set_new(to, "bp", json_string("e"));
		return;
	}
}

static void write_threads(struct writer *w)
{
	const struct litmus_trace *tr = w->tr;

	/* Slices of a track that begin at one time: the outer one first. */
	for (size_t i = 0; i < tr->nr_lines; i++)
		if (tr->lines[i].kind == SIM_TRACE_CALL)
			write_statement(w, i);
	for (size_t i = 0; i < tr->nr_lines; i = step_end(tr, i))
		write_step(w, i, step_end(tr, i));
	for (size_t i = 0; i < tr->nr_lines; i++) {
		const struct litmus_trace_line *l = &tr->lines[i];
		json_t *o;

		if (l->kind == SIM_TRACE_BLOCKED)
			write_wait(w, i);
		else if (l->kind == SIM_TRACE_WAKE)
			write_arrow(w, i);
		else if (l->kind == SIM_TRACE_FINDING &&
			 (o = event(w, "i", l->text, PID_THREADS, l->thread, time_of(w, l->step))))
			json_object_set_new(o, "s", json_string("g"));
	}
}

/* ---------------------------------------------------------------------------- locks */

static int lock_track(struct writer *w, const struct litmus_trace_line *l)
{
	unsigned i = 0;
	struct lock *v;

	while (i < w->nr_locks && (w->locks[i].cls != l->cls || w->locks[i].obj != l->obj))
		i++;
	if (i < w->nr_locks)
		return (int)i;
	v = realloc(w->locks, (w->nr_locks + 1) * sizeof(*v));
	if (!v) {
		w->failed = true;
		return -1;
	}
	w->locks = v;
	v[w->nr_locks++] = (struct lock){ l->cls, l->obj, l->text };
	return (int)i;
}

/* One holder of a lock: readers overlap, so each thread has a track below the lock's. */
static void write_hold(struct writer *w, size_t i)
{
	const struct litmus_trace *tr = w->tr;
	const struct litmus_trace_line *l = &tr->lines[i];
	uint64_t to = tr->lines[tr->nr_lines - 1].step + 1;
	int track = lock_track(w, l);
	json_t *o;

	for (size_t k = i + 1; k < tr->nr_lines; k++) {
		const struct litmus_trace_line *m = &tr->lines[k];

		if (m->thread != l->thread || m->obj != l->obj || m->cls != l->cls ||
		    (m->kind != SIM_TRACE_DROP && m->kind != SIM_TRACE_HOLD))
			continue;
		to = m->step + (m->step == l->step);
		break;
	}
	if (track < 0 || l->thread < 0)
		return;
	o = slice(w, "lock", tr->threads[l->thread].name, PID_LOCKS,
		  track * SIM_MAX_THREADS + l->thread, time_of(w, l->step), time_of(w, to));
	if (o)
		json_object_set_new(o, "args",
				    json_pack("{s:s}", "mode",
					      l->mask == SIM_HOLD_SHARED ? "shared" : "exclusive"));
}

static void write_locks(struct writer *w)
{
	const struct litmus_trace *tr = w->tr;
	char seen[64][SIM_MAX_THREADS] = { { 0 } };

	for (size_t i = 0; i < tr->nr_lines; i++) {
		const struct litmus_trace_line *l = &tr->lines[i];
		int track;
		char *name;

		if (l->kind != SIM_TRACE_HOLD || l->thread < 0)
			continue;
		write_hold(w, i);
		track = lock_track(w, l);
		if (track < 0 || track >= 64 || seen[track][l->thread]++)
			continue;
		name = format_text("%s (%s)", l->text, tr->threads[l->thread].name);
		name_track(w, "thread_name", name ? name : l->text, PID_LOCKS,
			   track * SIM_MAX_THREADS + l->thread);
		sort_track(w, PID_LOCKS, track * SIM_MAX_THREADS + l->thread);
		free(name);
	}
}

static void write_names(struct writer *w, const struct litmus *prog)
{
	name_track(w, "process_name", litmus_name(prog), PID_THREADS, 0);
	name_track(w, "process_name", "locks", PID_LOCKS, 0);
	for (size_t i = 0; i < w->tr->nr_threads; i++) {
		name_track(w, "thread_name", w->tr->threads[i].name, PID_THREADS, (int)i);
		sort_track(w, PID_THREADS, (int)i);
	}
}

int perfetto_print(FILE *out, const struct litmus *prog, const struct litmus_run_result *run)
{
	struct writer w = { .events = json_array(), .tr = run->trace };
	json_t *root = json_pack("{s:o, s:s}", "traceEvents", w.events, "displayTimeUnit", "ms");
	int r = 0;

	if (!root)
		return -ENOMEM;
	json_object_set_new(
		root, "otherData",
		json_pack("{s:s, s:s}", "test", litmus_name(prog), "profile", run->profile));
	if (run->trace->nr_lines)
		w.first = run->trace->lines[0].step;
	write_names(&w, prog);
	write_threads(&w);
	write_locks(&w);
	if (w.failed)
		r = -ENOMEM;
	else if (json_dumpf(root, out, JSON_INDENT(1) | JSON_COMPACT) < 0 ||
		 fputc('\n', out) == EOF)
		r = -EIO;
	json_decref(root);
	free(w.locks);
	return r;
}

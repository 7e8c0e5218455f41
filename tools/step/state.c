/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * state.c - threads, locks, memory and queues of the present state, in words
 */
#include <stdlib.h>
#include <string.h>

#include "tools/show/show.h"
#include "tools/step/walk_internal.h"

static void print_names(const struct walk *w, FILE *out, uint32_t mask)
{
	const char *sep = "";

	for (; mask; mask &= mask - 1, sep = ", ")
		fprintf(out, "%s%s", sep, walk_thread(w, (unsigned)__builtin_ctz(mask)));
}

/* ----------------------------------------------------------------------- threads */

static const struct lit_thread *lit_of(const struct walk *w, const struct sim_thread *t)
{
	for (int i = 0; i < w->m.w->nr_threads; i++)
		if (w->m.w->threads[i].fiber == t)
			return &w->m.w->threads[i];
	return NULL;
}

static void print_op(const struct walk *w, FILE *out, const struct sim_thread *t)
{
	const struct sim_op *op = sim_thread_op(t);
	uint32_t holders = sim_thread_waits_for(t);
	bool blocked = sim_blocked(w->m.sim) >> sim_thread_id(t) & 1;

	if (!op)
		return;
	fprintf(out, "%s", op->what ? op->what : "?");
	if (op->obj && op->obj->name && op->kind != SIM_OP_WAIT)
		fprintf(out, "(%s)", op->obj->name);
	if (!blocked)
		return;
	fputs(holders ? ", blocked by " : op->kind == SIM_OP_WAIT ? ", sleeps" : ", waits", out);
	print_names(w, out, holders);
}

static void print_statement(FILE *out, const char *text)
{
	char *name = statement_name(text);

	fprintf(out, "   in %s", name ? name : text);
	free(name);
}

void walk_print_threads(const struct walk *w, FILE *out)
{
	const struct sim_thread *t;
	uint32_t enabled = walk_enabled(w);

	for (unsigned i = 1; (t = sim_thread_by_id(w->m.sim, i)); i++) {
		const struct lit_thread *l = lit_of(w, t);

		fprintf(out, "%c %-10s ",
			(int)i == walk_next(w) ? '>' :
			enabled >> i & 1       ? '+' :
						 '-',
			sim_thread_name(t));
		if (sim_thread_dead(t)) {
			fputs("has ended\n", out);
			continue;
		}
		print_op(w, out, t);
		if (l && l->cur)
			print_statement(out, l->cur->text);
		fputc('\n', out);
	}
}

/* ------------------------------------------------------------------------- locks */

struct holding {
	const struct litmus_trace_line *line;
	bool over;
};

void walk_print_locks(const struct walk *w, FILE *out)
{
	struct litmus_trace *tr;
	bool any = false;

	if (tracer_lines(w->m.tracer, &tr) < 0)
		return;
	for (size_t i = 0; i < tr->nr_lines; i++) {
		const struct litmus_trace_line *l = &tr->lines[i];
		bool over = l->kind != SIM_TRACE_HOLD;

		for (size_t k = i + 1; k < tr->nr_lines && !over; k++)
			over = (tr->lines[k].kind == SIM_TRACE_HOLD ||
				tr->lines[k].kind == SIM_TRACE_DROP) &&
			       tr->lines[k].thread == l->thread && tr->lines[k].cls == l->cls &&
			       tr->lines[k].obj == l->obj;
		if (over)
			continue;
		fprintf(out, "%-24s %s, %s\n", l->text, tr->threads[l->thread].name,
			l->mask == SIM_HOLD_SHARED ? "shared" : "exclusive");
		any = true;
	}
	if (!any)
		fputs("none is held\n", out);
	litmus_trace_free(tr);
}

/* ------------------------------------------------------------------------ memory */

struct printer {
	const struct walk *w;
	FILE *out;
	uint64_t start, end; /* entries of this mapping */
};

static void print_pte(void *ctx, const struct inspected_pte *pte)
{
	const struct printer *p = ctx;
	char name[96];

	if (pte->addr < p->start || pte->addr >= p->end)
		return;
	show_address(p->w->m.w, pte->addr, false, name, sizeof(name));
	fprintf(p->out, "    %-14s %s", name, pte->bits);
	if (pte->byte >= 0)
		fprintf(p->out, " 0x%x", (unsigned)pte->byte);
	fputc('\n', p->out);
}

static void print_process(const struct walk *w, FILE *out, struct process *p)
{
	struct printer print = { .w = w, .out = out };
	struct observed_map map;
	char line[320];

	for (unsigned i = 0; observe_map(p, i, &map); i++) {
		smaps_line(w->m.w, &map, line, sizeof(line));
		fprintf(out, "  %s\n", line);
		print.start = map.start;
		print.end = map.end;
		inspect_ptes(p, print_pte, &print);
	}
}

void walk_print_memory(const struct walk *w, FILE *out)
{
	struct process *p;

	for (unsigned i = 0; (p = kernel_process(w->m.w->kernel, i)); i++) {
		const char *name = "child";

		for (int k = 0; k < w->prog->nr_procs; k++)
			if (w->m.w->procs[k].p == p)
				name = w->prog->procs[k].name;
		fprintf(out, "%s\n", name);
		print_process(w, out, p);
	}
}

/* ------------------------------------------------------------------------ queues */

static void print_waiter(void *ctx, const struct inspected_waiter *q)
{
	const struct printer *p = ctx;
	char name[96];

	fprintf(p->out, "  uffd %u %-18s %s", q->uffd, q->queue, sim_thread_name(q->thread));
	if (q->event)
		fprintf(p->out, " %s", q->event);
	if (q->addr) {
		show_address(p->w->m.w, q->addr, false, name, sizeof(name));
		fprintf(p->out, " %s", name);
	}
	fputc('\n', p->out);
}

void walk_print_queues(const struct walk *w, FILE *out)
{
	struct printer print = { .w = w, .out = out };
	int64_t changing;
	bool released;

	for (unsigned i = 0; inspect_uffd(w->m.w->kernel, i, &changing, &released); i++)
		fprintf(out, "uffd %u: mmap_changing %lld%s\n", i, (long long)changing,
			released ? ", released" : "");
	inspect_queues(w->m.w->kernel, print_waiter, &print);
}

/* ----------------------------------------------------------------------- history */

void walk_print_diagram(const struct walk *w, FILE *out, unsigned width)
{
	const struct show_options opt = { .width = width, .full = true };
	struct litmus_run_result run = { 0 };
	struct diagram *d;

	if (tracer_lines(w->m.tracer, &run.trace) < 0)
		return;
	d = diagram_new(w->prog, &run, &opt);
	if (d && d->nr_rows)
		text_columns(out, d, width);
	diagram_free(d);
	litmus_trace_free(run.trace);
}

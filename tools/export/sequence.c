/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sequence.c - a sequence as a C program
 *
 * One function a statement; main() hands them to their threads one after the
 * other, waits until nothing moves, and compares.
 */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tools/export/emit.h"
#include "tools/export/expect.h"

/* In a sequence the threads of the file, init apart. */
static void put_thread_name(struct emit *x, int thread)
{
	put_ident(x->f, "thread_", x->prog->threads[thread].name);
}

static void put_state(struct emit *x, size_t text)
{
	const struct litmus *prog = x->prog;

	put(x, "#define TEXT %zu\n\nenum { ", text);
	for (int i = 1; i < prog->nr_threads; i++) {
		put_thread_name(x, i);
		put(x, ", ");
	}
	put(x,
	    "NR_THREADS };\n"
	    "enum { NR_STEPS = %u, NR_PROCESSES = %d };\n\n"
	    "struct thread {\n"
	    "\tconst char *name;\n"
	    "\tint process, pid, tid, busy;\n"
	    "\tvoid (*step)(void);\n"
	    "\tsem_t mail;\n"
	    "};\n\n"
	    "/* Shared with forked processes. */\n"
	    "static struct state {\n"
	    "\tstruct vars vars;\n"
	    "\ts64 cursor;\n"
	    "\tint now;\n"
	    "\tint pids[NR_PROCESSES + 1];\n"
	    "\tstruct thread threads[NR_THREADS + 1];\n"
	    "\tstruct result {\n"
	    "\t\tint in;\n"
	    "\t\tchar text[TEXT];\n"
	    "\t} results[NR_STEPS];\n"
	    "} *st;\n\n",
	    prog->nr_steps, prog->nr_procs);
}

/* As written, without what would end a comment. */
static char *statement_text(const struct litmus *prog, const struct stmt *s, int thread)
{
	const char *name = prog->threads[thread].name;
	size_t len = strlen(name) + strlen(s->text ? s->text : "") + 3;
	char *ret = malloc(len);

	if (!ret)
		return NULL;
	snprintf(ret, len, "%s: %s", name, s->text ? s->text : "");
	for (char *c = ret; *c; c++)
		if (*c == '#' || (*c == '*' && c[1] == '/') || *c == '\n')
			*c = ' ';
	return ret;
}

static void put_step(struct emit *x, const struct stmt *s, int thread)
{
	char *text = statement_text(x->prog, s, thread);

	put(x, "/* %s */\nstatic void step_%u(void)\n{\n", text ? text : "", s->step);
	free(text);
	x->thread = thread;
	x->indent = 1;
	put_stmt(x, s, true);
	x->indent = 0;
	put(x, "}\n\n");
}

static void put_steps(struct emit *x)
{
	for (const struct stmt *s = x->prog->threads[0].body; s; s = s->next)
		put_step(x, s, 0);
	for (const struct stmt *s = x->prog->issue; s; s = s->issue)
		put_step(x, s, s->thread);
}

/* Of a step that ran more than once only the last answer is there to be compared. */
static bool is_overtaken(const struct expectations *e, size_t i)
{
	for (size_t k = i + 1; k < e->nr && e->v[k].group == e->v[i].group; k++)
		if (e->v[k].step == e->v[i].step && !e->v[k].blocked)
			return true;
	return false;
}

static unsigned put_expectation(struct emit *x, const struct expectations *e, size_t i)
{
	const struct expectation *n = &e->v[i];
	const struct stmt *s = stmt_of_step(x->prog, n->step);
	char *text;

	if (!s || is_overtaken(e, i))
		return 0;
	text = statement_text(x->prog, s, n->thread);
	if (!text)
		return 0;
	if (n->blocked) {
		put(x, "\texpect_blocked(");
		put_thread_name(x, n->thread);
		put(x, ", %u, ", n->step);
		need(x, "expect_blocked");
	} else {
		put(x, "\texpect(%u, ", n->step);
		need(x, "expect");
	}
	put_string(x->f, text);
	if (n->blocked) {
		put(x, ");\n");
	} else {
		put(x, ",\n\t       ");
		put_string(x->f, n->text);
		put(x, ");\n");
	}
	free(text);
	return 1;
}

static unsigned put_group(struct emit *x, const struct expectations *e, int group)
{
	unsigned nr = 0;

	for (size_t i = 0; i < e->nr; i++)
		if (e->v[i].group == group)
			nr += put_expectation(x, e, i);
	return nr;
}

static unsigned put_init(struct emit *x, const struct expectations *e)
{
	unsigned nr = 0;

	put(x, "\n\t/* init */\n");
	for (const struct stmt *s = x->prog->threads[0].body; s; s = s->next)
		put(x, "\tstep_%u();\n", s->step);
	nr += put_group(x, e, -1);
	x->indent = 1;
	put_inherited(x);
	x->indent = 0;
	if (x->prog->nr_threads > 1) {
		need(x, "threads");
		need(x, "own_files");
		put(x, "\n\tstart_threads(0);\n\town_files();\n");
	}
	return nr;
}

static unsigned put_issues(struct emit *x, const struct expectations *e)
{
	unsigned nr = 0;
	int group = 0;

	for (const struct stmt *s = x->prog->issue; s; s = s->issue, group++) {
		put(x, "\n\tissue(");
		put_thread_name(x, s->thread);
		put(x, ", %u, step_%u);\n", s->step, s->step);
		need(x, "issue");
		nr += put_group(x, e, group);
	}
	return nr;
}

static void put_setup(struct emit *x)
{
	const struct litmus *prog = x->prog;

	put(x, "\tst = mmap(NULL, sizeof(*st), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, "
	       "-1, 0);\n"
	       "\tif (st == MAP_FAILED)\n\t\treturn 1;\n"
	       "\tv = &st->vars;\n"
	       "\tst->now = -1;\n"
	       "\tst->pids[0] = getpid();\n");
	if (needed(x, "access_ready"))
		put(x, "\taccess_ready();\n");
	for (int i = 1; i < prog->nr_threads; i++) {
		put(x, "\tst->threads[");
		put_thread_name(x, i);
		put(x, "] = (struct thread){ .name = \"%s\", .process = %d };\n",
		    prog->threads[i].name, prog->threads[i].proc);
	}
	if (prog->nr_threads > 1)
		put(x, "\tfor (int i = 0; i < NR_THREADS; i++)\n"
		       "\t\tsem_init(&st->threads[i].mail, 1, 0);\n");
}

static unsigned put_final_condition(struct emit *x, const struct expectations *e)
{
	static const char *const words[] = { "", "exists", "~exists", "forall" };

	if (x->prog->quant == QUANT_NONE)
		return 0;
	need(x, "test");
	put(x, "\n\ttest(%s(", (x->prog->quant == QUANT_NOT_EXISTS) == e->met ? "!" : "");
	put_condition(x, x->prog->cond);
	put(x, "), \"condition %s\");\n", words[x->prog->quant]);
	return 1;
}

static size_t text_size(const struct expectations *e)
{
	size_t ret = 256;

	for (size_t i = 0; i < e->nr; i++)
		if (strlen(e->v[i].text) + 128 > ret)
			ret = strlen(e->v[i].text) + 128;
	return ret;
}

static void put_main(struct emit *x, const struct expectations *e)
{
	char *calls = NULL;
	size_t size;
	unsigned nr;
	FILE *body = x->f;

	/* The plan comes first and is known last. */
	x->f = open_memstream(&calls, &size);
	if (!x->f) {
		x->f = body;
		x->r = -ENOMEM;
		return;
	}
	nr = put_init(x, e);
	nr += put_issues(x, e);
	nr += put_final_condition(x, e);
	if (x->prog->nr_threads > 1) {
		put(x, "\n\texpect_end(");
		put_string(x->f, e->blocked ? e->blocked : "");
		put(x, ");\n");
		need(x, "expect_end");
		nr++;
	}
	fclose(x->f);
	x->f = body;
	need(x, "finish");
	need(x, "probe");
	put(x, "int main(void)\n{\n"
	       "\talarm(120);\n"
	       "\tputs(\"TAP version 13\");\n"
	       "\tprobe();\n");
	put_setup(x);
	put(x, "\tputs(\"1..%u\");\n%s\n\tfinish(%s);\n}\n", nr, calls,
	    nr ? "failures != 0" : "0");
	if (nr)
		need(x, "test");
	free(calls);
}

void put_sequence(struct emit *x, const char *profile)
{
	struct expectations e;
	int r = expectations_get(x->prog, profile, &e, x->err);

	if (r < 0) {
		x->r = r;
		return;
	}
	put_state(x, text_size(&e));
	/* Helpers go here. */
	put(x, "\f\n");
	if (x->prog->nr_steps)
		need(x, "say");
	put_steps(x);
	put_main(x, &e);
	expectations_free(&e);
}

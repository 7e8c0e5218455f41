/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * races.c - threads as a C program that runs them many times
 *
 * Each run is a process of its own, with random delays before each statement.
 * Its final state must be among those that exploration found.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tools/export/emit.h"

#define MAX_EXECUTIONS 200000

static void put_state(struct emit *x)
{
	const struct litmus *prog = x->prog;

	put(x,
	    "#define TEXT 512\n\n"
	    "enum { NR_THREADS = %d, NR_PROCESSES = %d };\n\n"
	    "struct thread {\n"
	    "\tint process, pid, tid, busy;\n"
	    "};\n\n"
	    "/* Shared with the run and its forked processes. */\n"
	    "static struct state {\n"
	    "\tstruct vars vars;\n"
	    "\ts64 cursor;\n"
	    "\tint go;\n"
	    "\tunsigned seed;\n"
	    "\tint holds;\n"
	    "\tint pids[NR_PROCESSES + 1];\n"
	    "\tint started[NR_PROCESSES + 1];\n"
	    "\tstruct thread threads[NR_THREADS + 1];\n"
	    "\tchar text[TEXT];\n"
	    "} *st;\n\n",
	    prog->nr_threads - 1, prog->nr_procs);
	for (int i = 1; i < prog->nr_threads; i++) {
		put(x, "static void *");
		put_ident(x->f, "thread_", prog->threads[i].name);
		put(x, "(void *arg);\n");
	}
	put(x, "\nstatic void run_init(void);\nstatic void final_state(void);\n");
	put(x, "static void *(*const bodies[])(void *) = { ");
	for (int i = 1; i < prog->nr_threads; i++) {
		put_ident(x->f, "thread_", prog->threads[i].name);
		put(x, ", ");
	}
	put(x, "NULL };\nstatic const int processes[] = { ");
	for (int i = 1; i < prog->nr_threads; i++)
		put(x, "%d, ", prog->threads[i].proc);
	put(x, "0 };\n\n");
}

static void put_bodies(struct emit *x)
{
	const struct litmus *prog = x->prog;

	x->thread = 0;
	x->indent = 1;
	put(x, "static void run_init(void)\n{\n");
	put_stmts(x, prog->threads[0].body, false);
	put_inherited(x);
	put(x, "}\n\n");
	need(x, "begin");
	for (int i = 1; i < prog->nr_threads; i++) {
		x->thread = i;
		put(x, "static void *");
		put_ident(x->f, "thread_", prog->threads[i].name);
		put(x, "(void *arg)\n{\n\tbegin(arg);\n");
		put_stmts(x, prog->threads[i].body, false);
		put(x, "\tend(arg);\n\treturn NULL;\n}\n\n");
	}
	x->indent = 0;
}

static void put_final(struct emit *x)
{
	const struct litmus *prog = x->prog;

	put(x, "static void final_state(void)\n{\n");
	if (prog->cond) {
		put(x, "\tst->holds = ");
		put_condition(x, prog->cond);
		put(x, ";\n");
	}
	put(x, "\tsnprintf(st->text, sizeof(st->text), \"");
	for (int i = 0; i < prog->nr_keys; i++) {
		const char *key = prog->atoms[prog->keys[i]].key;

		put(x, "%s", i ? " " : "");
		for (; *key; key++)
			put(x, *key == '%' ? "%%%%" : *key == '"' ? "\\\"" : "%c", *key);
		put(x, "=%%s;");
	}
	put(x, "\"");
	for (int i = 0; i < prog->nr_keys; i++) {
		put(x, ",\n\t\t ");
		put_shown(x, &prog->atoms[prog->keys[i]]);
	}
	put(x, ");\n}\n\n");
}

static int put_allowed(struct emit *x, const struct litmus_explore_result *res)
{
	if (!res->complete || !x->prog->nr_keys)
		return 0;
	put(x, "/* All that exploration found. */\nstatic const char *const allowed[] = {\n");
	for (size_t i = 0; i < res->nr_states; i++) {
		put(x, "\t");
		put_string(x->f, res->states[i].text);
		put(x, ",\n");
	}
	put(x, "};\n\n");
	need(x, "race_allowed");
	return 1;
}

/* What a live kernel must show; what it may or may not show is only counted. */
static void put_condition_test(struct emit *x, const struct litmus_explore_result *res)
{
	bool always = !strcmp(res->observation, "Always") && res->complete;
	bool never = !strcmp(res->observation, "Never") && res->complete;

	put(x, "\ttest(%s, ", always ? "holds == runs" : never ? "!holds" : "1");
	put_string(x->f, res->condition);
	put(x, ");\n\tprintf(\"# holds in %%d of %%d runs\\n\", holds, runs);\n");
}

static void put_main(struct emit *x, const struct litmus_explore_result *res, int allowed)
{
	bool cond = x->prog->cond;

	need(x, "race_run");
	need(x, "probe");
	need(x, "race_count");
	need(x, "test");
	put(x,
	    "int main(int argc, char **argv)\n{\n"
	    "\tint runs = argc > 1 ? atoi(argv[1]) : 300, lost = 0, holds = 0;\n\n"
	    "\tputs(\"TAP version 13\");\n"
	    "\tprobe();\n"
	    "\tst = mmap(NULL, sizeof(*st), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, "
	    "-1, 0);\n"
	    "\tif (st == MAP_FAILED)\n\t\treturn 1;\n"
	    "\tv = &st->vars;\n"
	    "%s"
	    "\tputs(\"1..%d\");\n"
	    "\tfor (int i = 0; i < runs; i++) {\n"
	    "\t\tif (run_once((unsigned)i)) {\n"
	    "\t\t\tlost++;\n"
	    "\t\t\tcontinue;\n"
	    "\t\t}\n"
	    "\t\tholds += st->holds;\n"
	    "\t\tcount_state(st->text);\n"
	    "\t}\n"
	    "\ttest(!lost, \"every run came to its end\");\n",
	    needed(x, "access_ready") ? "\taccess_ready();\n" : "", 1 + allowed + cond);
	if (allowed)
		put(x, "\ttest_states();\n");
	else
		put(x, "\tfor (int i = 0; i < nr_seen; i++)\n"
		       "\t\tprintf(\"# %%8d %%s\\n\", seen[i].runs, seen[i].text);\n");
	if (cond)
		put_condition_test(x, res);
	put(x, "\treturn failures != 0;\n}\n");
}

void put_races(struct emit *x, const char *profile)
{
	struct litmus_options opt = {
		.profile = profile,
		.hex_addresses = true,
		.max_executions = MAX_EXECUTIONS,
	};
	struct litmus_explore_result res;
	int r = litmus_explore(x->prog, &opt, &res, x->err), allowed;

	if (r < 0) {
		x->r = r;
		return;
	}
	if (res.unmodelled || res.status == LITMUS_BAD) {
		x->r = res.status == LITMUS_BAD ? -EINVAL : -EOPNOTSUPP;
	} else {
		put_state(x);
		allowed = put_allowed(x, &res);
		put(x, "\f\n");
		put_bodies(x);
		put_final(x);
		put_main(x, &res, allowed);
	}
	litmus_explore_result_fini(&res);
}

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * judge_live.c - the kernel's answers beside the simulator's
 */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "tools/fuzz/judge.h"
#include "tools/live/diff.h"

/* Columns of a report's rows: "* ret       SIMULATOR      KERNEL". */
#define HEAD_AT     2
#define VALUE_AT    12
#define VALUE_WIDTH 44

static void trim(char *s)
{
	size_t n = strlen(s);

	while (n && s[n - 1] == ' ')
		s[--n] = '\0';
}

/* Of a line on memory "A+0x1000 PXW 11" only what is there, not where. */
static const char *without_place(const char *value)
{
	const char *blank = strchr(value, ' ');

	return blank ? blank + 1 : value;
}

static bool is_word(char c)
{
	return isalnum((unsigned char)c) || c == '_' || c == '-' || c == '|';
}

/* Long values: only the words in which they differ. */
static void without_common(char *a, char *b)
{
	size_t from = 0, na, nb;

	while (a[from] && a[from] == b[from])
		from++;
	while (from && is_word(a[from - 1]))
		from--;
	memmove(a, a + from, strlen(a + from) + 1);
	memmove(b, b + from, strlen(b + from) + 1);
	na = strlen(a);
	nb = strlen(b);
	while (na && nb && a[na - 1] == b[nb - 1])
		na--, nb--;
	while (is_word(a[na]))
		na++, nb++;
	a[na] = b[nb] = '\0';
}

/*
 * The first row that differs says what kind of difference it is: "ret -EAGAIN, kernel
 * 0".  Rows on memory stand under the name of the process.
 */
static void kind_of_difference(const char *report, char *buf, size_t size)
{
	const char *line = report;
	char head[16], sim[200], kernel[200], text[400];
	bool record;

	while (line && *line && strncmp(line, "* ", 2) != 0) {
		line = strchr(line, '\n');
		line = line ? line + 1 : NULL;
	}
	if (!line || !*line || strcspn(line, "\n") < VALUE_AT) {
		snprintf(buf, size, "%s", "differs");
		return;
	}
	snprintf(head, sizeof(head), "%.*s", VALUE_AT - HEAD_AT - 1, line + HEAD_AT);
	line += VALUE_AT;
	if (strcspn(line, "\n") <= VALUE_WIDTH) {
		snprintf(sim, sizeof(sim), "%.*s", (int)strcspn(line, "\n"), line);
		kernel[0] = '\0';
	} else {
		/* A long value pushes the other one to the right; the gap tells. */
		const char *gap = line + VALUE_WIDTH;

		while (*gap != ' ' && *gap != '\n')
			gap++;
		snprintf(sim, sizeof(sim), "%.*s", (int)(gap - line), line);
		snprintf(kernel, sizeof(kernel), "%.*s", (int)strcspn(gap, "\n") - (*gap == ' '),
			 gap + (*gap == ' '));
	}
	trim(head);
	trim(sim);
	trim(kernel);
	without_common(sim, kernel);
	record = !strcmp(head, "ret") || !strcmp(head, "out") || !strcmp(head, "flt") ||
		 !strcmp(head, "blocked") || !strcmp(head, "late") || !strcmp(head, "step") ||
		 !strcmp(head, "call") || !strcmp(head, "thread") || !strcmp(head, "final");
	snprintf(text, sizeof(text), "%s %s, kernel %s", record ? head : "memory",
		 record ? sim : without_place(sim), record ? kernel : without_place(kernel));
	verdict_plain(buf, size, text);
}

static void diverges(const struct diff_result *res, struct verdict *v)
{
	v->kind = res->unstable ? VERDICT_UNSTABLE : VERDICT_FINDING;
	v->step = res->step < 0 ? 0 : (unsigned)res->step;
	snprintf(v->call, sizeof(v->call), "%s", res->call);
	kind_of_difference(res->report ? res->report : "", v->what, sizeof(v->what));
	snprintf(v->detail, sizeof(v->detail), "%s", res->report ? res->report : "");
	snprintf(v->command, sizeof(v->command), "uffdsim diff %%s");
}

int judge_live(void *ctx, const char *text, size_t len, struct verdict *v)
{
	const struct live_judge *lj = ctx;
	const struct diff_options opt = { .profile = lj->profile,
					  .runs = lj->runs,
					  .max_executions = 20000 };
	struct diff_result res;
	struct litmus *prog;
	int r;

	memset(v, 0, sizeof(*v));
	v->kind = VERDICT_BAD;
	if (litmus_parse(text, len, &prog, NULL))
		return 0;
	r = live_diff(lj->live, prog, &opt, &res);
	if (!r) {
		if (res.verdict == DIFF_DIVERGES)
			diverges(&res, v);
		else
			v->kind = res.verdict == DIFF_AGREES     ? VERDICT_FINE :
				  res.verdict == DIFF_UNMODELLED ? VERDICT_UNMODELLED :
								   VERDICT_BAD;
		diff_result_fini(&res);
	}
	litmus_free(prog);
	return r;
}

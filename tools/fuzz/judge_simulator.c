/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * judge_simulator.c - findings that need no kernel: bugs and broken invariants
 */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "tools/fuzz/judge.h"

void verdict_plain(char *dst, size_t size, const char *src)
{
	size_t n = 0;

	while (*src && n + 1 < size) {
		if (isdigit((unsigned char)*src)) {
			if (!n || dst[n - 1] != '#')
				dst[n++] = '#';
			while (isxdigit((unsigned char)*src) || *src == 'x')
				src++;
		} else {
			dst[n++] = *src++;
		}
	}
	if (size)
		dst[n] = '\0';
}

/* The call that the line of an error begins with. */
static void call_in(const char *line, char *buf, size_t size)
{
	static const char *const ioctls[] = { "UFFDIO_", "PAGEMAP_SCAN", "USERFAULTFD_IOC_NEW" };
	const char *paren = strchr(line, '('), *s;
	size_t n = 0;

	for (size_t i = 0; i < sizeof(ioctls) / sizeof(ioctls[0]); i++) {
		s = strstr(line, ioctls[i]);
		if (s) {
			snprintf(buf, size, "ioctl:%.*s", (int)strcspn(s, ",)"), s);
			return;
		}
	}
	s = paren;
	while (s && s > line && (isalnum((unsigned char)s[-1]) || s[-1] == '_'))
		s--, n++;
	if (n)
		snprintf(buf, size, "%.*s", (int)n, s);
	else
		snprintf(buf, size, "%s", strchr(line, '*') > strchr(line, '=') ? "load" : "store");
}

void simulator_verdict(const struct litmus_run_result *res, const struct litmus_error *err,
		       struct verdict *v)
{
	const char *message = res->message ? res->message : "condition not met";
	const char *text = strstr(message, ": ");
	char kind[32];

	v->kind = VERDICT_FINDING;
	/* "invariant at step 12: what" */
	snprintf(kind, sizeof(kind), "%.*s", (int)strcspn(message, " "), message);
	if (text && strstr(message, " at step "))
		snprintf(v->what, sizeof(v->what), "%s: ", kind);
	else
		text = message;
	verdict_plain(v->what + strlen(v->what), sizeof(v->what) - strlen(v->what),
		      text == message ? message : text + 2);
	snprintf(v->detail, sizeof(v->detail), "%s", message);
	v->step = err->line;
	call_in(err->source, v->call, sizeof(v->call));
	snprintf(v->command, sizeof(v->command), "uffdsim run --check %%s");
}

int judge_simulator(void *ctx, const char *text, size_t len, struct verdict *v)
{
	const struct judge_options *jo = ctx;
	struct litmus_options opt = { .profile = jo->profile, .check = true, .leaks = true };
	struct litmus_run_result res;
	struct litmus_error err;
	struct litmus *prog;
	int r;

	memset(v, 0, sizeof(*v));
	v->kind = VERDICT_BAD;
	if (litmus_parse(text, len, &prog, &err))
		return 0;
	r = litmus_run(prog, &opt, &res, &err);
	if (!r && res.status == LITMUS_NOT_MET)
		simulator_verdict(&res, &err, v);
	else if (!r)
		v->kind = res.status == LITMUS_UNMODELLED ? VERDICT_UNMODELLED :
			  res.status == LITMUS_BAD        ? VERDICT_BAD :
							    VERDICT_FINE;
	if (!r)
		litmus_run_result_fini(&res);
	litmus_free(prog);
	return r == -ENOMEM ? r : 0;
}

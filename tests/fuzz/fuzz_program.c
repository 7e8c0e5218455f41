/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * fuzz_program.c - bytes decide what the generator writes; the simulator judges
 *
 * One entry for libFuzzer, AFL++ (its libFuzzer driver, persistent mode) and
 * tests/lang/fuzz_driver.c.  The first byte says which kind of program: bit 0
 * threads, bit 1 an allocation fails, bit 2 anonymous memory only.  The second says
 * which allocation.  What an engine does hundreds of times a second must be short.
 *
 * $UFFDSIM_FUZZ_PRINT shows the program before it runs.
 */
#include <stdio.h>
#include <stdlib.h>

#include "tools/fuzz/gen.h"
#include "tools/fuzz/settle.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void fail(const struct verdict *v, const char *text)
{
	fprintf(stderr, "%s: %s\n%s\n%s", v->call, v->what, v->detail, text);
	abort();
}

static void judge(struct program *p, char *text, unsigned kind, unsigned nth)
{
	struct judge_options jo = { .max_executions = 20, .max_brute = 200, .fail_alloc = nth };
	struct verdict v = { 0 };
	struct settled s;
	long len;

	if (kind & 1) {
		len = (long)program_print(p, text);
		judge_threads(&jo, text, (size_t)len, &v);
	} else {
		len = settle(p, NULL, NULL, text, &s);
		v = s.v;
		if (len > 0 && s.usable && v.kind == VERDICT_FINE && kind & 2)
			judge_fail_alloc(&jo, text, (size_t)len, &v);
	}
	if (v.kind == VERDICT_FINDING)
		fail(&v, text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct gen_options opt = { .statements = 30 };
	unsigned kind = size ? data[0] : 0;
	struct program *p = malloc(sizeof(*p));
	char *text = malloc(PROGRAM_TEXT);
	struct choices c;

	if (p && text && size > 1) {
		opt.only_anon = kind & 4;
		choices_bytes(&c, data + 2, size - 2);
		if (kind & 1)
			gen_threads(&c, &opt, p);
		else
			gen_sequence(&c, &opt, p);
		if (getenv("UFFDSIM_FUZZ_PRINT")) {
			program_print(p, text);
			fputs(text, stderr);
		}
		judge(p, text, kind, 1 + data[1]);
	}
	free(text);
	free(p);
	return 0;
}

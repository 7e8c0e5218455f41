/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * disjoint-pages(n): n threads, each with a page of its own in one VMA and one page
 * table that is there already.  Whatever they do there is one trace; every
 * interleaving ends in the same state and breaks no invariant.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "helper.h"

#define MOST 8
#define BRUTE 2

struct kind {
	const char *name;
	const char *statement; /* of a thread; its page is the argument */
	bool registered;
};

static void text_of(char *buf, size_t size, const struct kind *k, int n)
{
	int at = snprintf(buf, size,
			  "uffd disjoint-pages\ninit {\n"
			  "A = mmap(NULL, %dp, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0)\n"
			  "S = mmap(NULL, 1p, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0)\n"
			  "memset(S, 0x11, 1p)\n"
			  "*(A+%dp) = 7\n", n + 1, n);

	if (k->registered)
		at += snprintf(buf + at, size - (size_t)at,
			       "u = userfaultfd(O_CLOEXEC|O_NONBLOCK)\n"
			       "ioctl(u, UFFDIO_API, {api=UFFD_API})\n"
			       "ioctl(u, UFFDIO_REGISTER, {range={A, %dp}, "
			       "mode=UFFDIO_REGISTER_MODE_MISSING})\n", n + 1);
	at += snprintf(buf + at, size - (size_t)at, "}\n");
	for (int i = 0; i < n; i++) {
		at += snprintf(buf + at, size - (size_t)at, "thread t%d {\n", i);
		at += snprintf(buf + at, size - (size_t)at, k->statement, i);
		at += snprintf(buf + at, size - (size_t)at, "\n}\n");
	}
	at += snprintf(buf + at, size - (size_t)at, "forall (main:*(A+%dp) = 7)\nlocations [", n);
	for (int i = 0; i < n; i++)
		at += snprintf(buf + at, size - (size_t)at, "%smain:*(A+%dp)", i ? "; " : "", i);
	snprintf(buf + at, size - (size_t)at, "]\n");
}

static void check(const struct kind *k, int n, bool brute)
{
	const struct litmus_options opt = { .brute = brute };
	struct litmus_explore_result res;
	struct litmus_error err = { 0 };
	struct litmus *prog;
	char text[4096];

	text_of(text, sizeof(text), k, n);
	prog = parse(text);
	assert_int_equal(litmus_explore(prog, &opt, &res, &err), 0);
	assert_true(res.complete);
	assert_int_equal(res.nr_states, 1);
	assert_int_equal(res.bugs, 0);
	if (brute)
		assert_true(res.executions > 1);
	else if (res.executions != 1 || res.pruned)
		fail_msg("%s(%d): %llu executions, %llu prefixes given up", k->name, n,
			 (unsigned long long)res.executions, (unsigned long long)res.pruned);
	litmus_explore_result_fini(&res);
	litmus_free(prog);
}

static void pages_that_differ_commute(void **state)
{
	const struct kind *k = *state;

	for (int n = 2; n <= MOST; n++)
		check(k, n, false);
	check(k, BRUTE, true);
}

int main(void)
{
	static const struct kind kinds[] = {
		{ "load", "r = *(A+%dp)", false },
		{ "store", "*(A+%dp) = 1", false },
		{ "copy", "r = ioctl(u, UFFDIO_COPY, {dst=A+%dp, src=S, len=1p, mode=0})", true },
		{ "copy without waking",
		  "r = ioctl(u, UFFDIO_COPY, {dst=A+%dp, src=S, len=1p, "
		  "mode=UFFDIO_COPY_MODE_DONTWAKE})", true },
		{ "zeropage", "r = ioctl(u, UFFDIO_ZEROPAGE, {range={A+%dp, 1p}, mode=0})", true },
	};
	struct CMUnitTest tests[sizeof(kinds) / sizeof(*kinds)];

	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		tests[i] = (struct CMUnitTest){
			kinds[i].name, pages_that_differ_commute, NULL, NULL, (void *)&kinds[i],
		};
	return _cmocka_run_group_tests("disjoint-pages", tests, sizeof(tests) / sizeof(*tests), NULL,
				       NULL);
}

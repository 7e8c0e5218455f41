/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * disjoint-pages(n): n threads that each fault on, fill, move, protect or empty a page of
 * their own, in one VMA and one page table.  Whatever they do there is one trace; every
 * interleaving ends in the same state and breaks no invariant.  On one page the same
 * statements do not commute: there the states are compared with every interleaving's.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "helper.h"

#define MOST 8
#define BRUTE 2

#define MISSING "UFFDIO_REGISTER_MODE_MISSING"
#define WP_MODE "UFFDIO_REGISTER_MODE_WP"

#define COPY "r = ioctl(u, UFFDIO_COPY, {dst=A+%dp, src=S, len=1p, mode=0})"
#define ZEROPAGE "r = ioctl(u, UFFDIO_ZEROPAGE, {range={A+%dp, 1p}, mode=0})"
#define POISON "r = ioctl(u, UFFDIO_POISON, {range={A+%dp, 1p}, mode=0})"
#define MOVE "r = ioctl(u, UFFDIO_MOVE, {dst=A+%1$dp, src=S+%1$dp, len=1p, mode=0})"
#define PROTECT(mode) "r = ioctl(u, UFFDIO_WRITEPROTECT, {range={A+%dp, 1p}, mode=" mode "})"
#define WP PROTECT("UFFDIO_WRITEPROTECT_MODE_WP")
#define DONTNEED "r = madvise(A+%dp, 1p, MADV_DONTNEED)"
#define LOAD "r = *(A+%dp)"
#define STORE "*(A+%dp) = 1"

struct kind {
	const char *name;
	const char *modes;     /* what A is registered for, or NULL */
	const char *init;      /* of a page, or NULL */
	const char *statement; /* of a thread; its page is the argument */
	const char *other;     /* of every second thread, if that is another */
};

struct text {
	char buf[8192];
	size_t len;
};

static void add(struct text *t, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	t->len += (size_t)vsnprintf(t->buf + t->len, sizeof(t->buf) - t->len, fmt, ap);
	va_end(ap);
	assert_true(t->len < sizeof(t->buf));
}

/* Of @n threads, each on a page of its own or all on the first. */
static void write_program(struct text *t, const struct kind *k, int n, bool one_page)
{
	add(t, "uffd disjoint-pages\ninit {\n"
	       "A = mmap(NULL, %dp, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0)\n"
	       "S = mmap(NULL, %dp, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0)\n"
	       "memset(S, 0x11, %dp)\n*(A+%dp) = 7\n", n + 1, n + 1, n + 1, n);
	for (int i = 0; i < n && k->init; i++) {
		add(t, k->init, i);
		add(t, "\n");
	}
	if (k->modes)
		add(t, "u = userfaultfd(O_CLOEXEC|O_NONBLOCK)\n"
		       "ioctl(u, UFFDIO_API, {api=UFFD_API, "
		       "features=UFFD_FEATURE_MOVE|UFFD_FEATURE_POISON})\n"
		       "ioctl(u, UFFDIO_REGISTER, {range={A, %dp}, mode=%s})\n", n + 1, k->modes);
	add(t, "}\n");
	for (int i = 0; i < n; i++) {
		add(t, "thread t%d {\n", i);
		add(t, i % 2 && k->other ? k->other : k->statement, one_page ? 0 : i);
		add(t, "\n}\n");
	}
	add(t, "forall (main:*(A+%dp) = 7)\nlocations [", n);
	for (int i = 0; i < n; i++)
		add(t, "%smain:*(A+%dp)", i ? "; " : "", i);
	add(t, "]\n");
}

static void explore(const struct kind *k, int n, bool one_page, bool brute,
		    struct litmus_explore_result *res)
{
	const struct litmus_options opt = { .brute = brute };
	struct litmus_error err = { 0 };
	struct litmus *prog;
	struct text t = { .len = 0 };

	write_program(&t, k, n, one_page);
	prog = parse(t.buf);
	assert_int_equal(litmus_explore(prog, &opt, res, &err), 0);
	assert_true(res->complete);
	assert_int_equal(res->bugs, 0);
	litmus_free(prog);
}

static void check(const struct kind *k, int n, bool brute)
{
	struct litmus_explore_result res;

	explore(k, n, false, brute, &res);
	assert_int_equal(res.nr_states, 1);
	if (brute)
		assert_true(res.executions > 1);
	else if (res.executions != 1 || res.pruned)
		fail_msg("%s(%d): %llu executions, %llu prefixes given up", k->name, n,
			 (unsigned long long)res.executions, (unsigned long long)res.pruned);
	litmus_explore_result_fini(&res);
}

static void check_one_page(const struct kind *k)
{
	struct litmus_explore_result a, b;

	explore(k, BRUTE, true, false, &a);
	explore(k, BRUTE, true, true, &b);
	if (a.pruned || a.executions > b.executions)
		fail_msg("%s: %llu executions, %llu prefixes given up", k->name,
			 (unsigned long long)a.executions, (unsigned long long)a.pruned);
	assert_int_equal(a.nr_states, b.nr_states);
	for (size_t i = 0; i < a.nr_states; i++)
		assert_string_equal(a.states[i].text, b.states[i].text);
	litmus_explore_result_fini(&a);
	litmus_explore_result_fini(&b);
}

static void pages_that_differ_commute(void **state)
{
	const struct kind *k = *state;

	for (int n = 2; n <= MOST; n++)
		check(k, n, false);
	check(k, BRUTE, true);
	check_one_page(k);
}

int main(void)
{
	static const struct kind kinds[] = {
		{ "load", NULL, NULL, LOAD, NULL },
		{ "store", NULL, NULL, STORE, NULL },
		{ "copy", MISSING, NULL, COPY, NULL },
		{ "copy without waking", MISSING, NULL,
		  "r = ioctl(u, UFFDIO_COPY, {dst=A+%dp, src=S, len=1p, "
		  "mode=UFFDIO_COPY_MODE_DONTWAKE})", NULL },
		{ "zeropage", MISSING, NULL, ZEROPAGE, NULL },
		{ "write-protect", WP_MODE, STORE, WP, NULL },
		{ "write-protect what is not there", WP_MODE, NULL, WP, NULL },
		{ "un-protect", WP_MODE, STORE, PROTECT("0"), NULL },
		{ "move", MISSING, NULL, MOVE, NULL },
		{ "dontneed", MISSING, STORE, DONTNEED, NULL },
		/* Without MISSING a fault is the kernel's own. */
		{ "copy, load", WP_MODE, NULL, COPY, LOAD },
		{ "copy, store", WP_MODE, NULL, COPY, STORE },
		{ "copy, zeropage", MISSING, NULL, COPY, ZEROPAGE },
		{ "copy, poison", MISSING, NULL, COPY, POISON },
		{ "copy, move", MISSING, NULL, COPY, MOVE },
		{ "copy, write-protect", WP_MODE, NULL, COPY, WP },
		{ "copy, dontneed", MISSING, NULL, COPY, DONTNEED },
		{ "store, write-protect", WP_MODE, NULL, STORE, WP },
	};
	struct CMUnitTest tests[sizeof(kinds) / sizeof(*kinds)];

	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		tests[i] = (struct CMUnitTest){
			kinds[i].name, pages_that_differ_commute, NULL, NULL, (void *)&kinds[i],
		};
	return _cmocka_run_group_tests("disjoint-pages", tests, sizeof(tests) / sizeof(*tests), NULL,
				       NULL);
}

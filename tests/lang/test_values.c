/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_values.c - expressions, kinds of values, and how they are shown
 */
#include <stdlib.h>
#include <string.h>

#include "helper.h"

/* Run `x = EXPR` in a thread T and compare T:x as the final state shows it. */
static void expect(const char *expr, const char *want)
{
	struct litmus_options opt = { 0 };
	struct litmus_run_result res;
	struct litmus_error err;
	struct litmus *prog;
	char text[600];

	snprintf(text, sizeof(text),
		 "uffd t\ninit { A = mmap(NULL, 2p, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANON, -1, 0)\n"
		 "u = userfaultfd(O_NONBLOCK); n = 7; *A = 0x21; c = fork() }\n"
		 "thread T { %s%s }\nlocations [T:x]", strstr(expr, "x =") ? "" : "x = ", expr);
	prog = parse(text);
	assert_int_equal(litmus_run(prog, &opt, &res, &err), 0);
	if (strcmp(res.final[0].value, want))
		fail_msg("%s: %s, not %s", expr, res.final[0].value, want);
	litmus_run_result_fini(&res);
	litmus_free(prog);
}

static void test_operators(void **state)
{
	expect("1 + 2 * 3", "7");
	expect("(1 + 2) * 3", "9");
	expect("10 - 4 - 3", "3");
	expect("7 / 2 + 7 % 4", "6");
	expect("0 - 7000000 / 2", "-3500000");
	expect("1 << 4 >> 2", "4");
	expect("1 << 64", "0");
	expect("6 & 3 | 8 ^ 1", "11");
	expect("1 | 2 == 2", "1");
	expect("!0 + !5", "1");
	expect("~0 & 0xff", "255");
	expect("3 < 4 == 1", "1");
	expect("4 <= 3", "0");
	expect("2 >= 2 && 1 > 0", "1");
	expect("0 && 1/0", "0");
	expect("1 || 1/0", "1");
	expect("0 ? 1/0 : 5", "5");
	expect("1 ? 2 : 0 ? 3 : 4", "2");
	expect("0x8000000000000000 / -1", "-9223372036854775808");
	expect("0x8000000000000000 % -1", "0");
	expect("0x7fffffffffffffff + 1", "-9223372036854775808");
	expect("-11", "-EAGAIN");
	expect("-EINVAL", "-EINVAL");
	expect("EINVAL", "22");
	expect("3p", "12288");
	expect("1h / 1p", "512");
}

static void test_kinds(void **state)
{
	expect("A", "A");
	expect("A + 1p", "A+0x1000");
	expect("1p + A", "A+0x1000");
	expect("A + 0x1801 & ~0xfff", "A+0x1000");
	expect("A + 2p", "0x10000002000");
	expect("A + 2p - A", "8192");
	expect("A - 1p", "0xfffffff000");
	expect("A * 1", "1099511627776");
	expect("u", "x");
	expect("x = u", "x");
	expect("c", "x");
	expect("m = 1; x = m.event", "0");
	expect("x = *A", "0x21");
	expect("x = *(A+1p)", "0x0");
	expect("x = *0", "SIGSEGV");
	expect("x = peek(A)", "0x21");
	expect("x = peek(A+1p)", "-");
	expect("x = pagemap(A, 2p)", "P,-");
	expect("x = *0; x = x == SIGSEGV", "1");
	expect("x = *0; x = x == 11", "0");
	expect("x = peek(A+1p); x = !x", "1");
	expect("x = fork()", "x");
	expect("x = close(n)", "-EBADF");
	expect("x = memset(A, 1, 3p)", "SIGSEGV");
	expect("x = mmap(NULL, 0, 0, MAP_PRIVATE|MAP_ANON, -1, 0)", "-EINVAL");
	expect("B = mmap(A, 1p, PROT_READ, MAP_PRIVATE|MAP_ANON|MAP_FIXED, -1, 0); x = A", "B");
	expect("B = mmap(A, 1p, PROT_READ, MAP_PRIVATE|MAP_ANON|MAP_FIXED, -1, 0); x = A+1p", "A+0x1000");
	expect("x = ioctl(u, UFFDIO_API, {api=UFFD_API}); x = x.features", "0x1ffff");
	expect("x = ioctl(u, UFFDIO_API, {api=1}); x = x.ioctls", "0x0");
	expect("n = n + 1; x = n", "8");
}

/* The cursor: two mappings never touch, refused ones leave no trace. */
static void test_places(void **state)
{
	expect("x = mmap(NULL, 1p, 1, MAP_PRIVATE|MAP_ANON, -1, 0); x = x - A", "2097152");
	expect("a = mmap(NULL, 0, 1, MAP_PRIVATE|MAP_ANON, -1, 0)\n"
	       "x = mmap(NULL, 1p, 1, MAP_PRIVATE|MAP_ANON, -1, 0); x = x - A", "2097152");
	/* A whole slot leaves no page free, so the next one is left out. */
	expect("a = mmap(NULL, 1h, 1, MAP_PRIVATE|MAP_ANON, -1, 0)\n"
	       "x = mmap(NULL, 1p, 1, MAP_PRIVATE|MAP_ANON, -1, 0); x = x - a", "4194304");
	expect("a = mmap(NULL, 1h-1p, 1, MAP_PRIVATE|MAP_ANON, -1, 0)\n"
	       "x = mmap(NULL, 1p, 1, MAP_PRIVATE|MAP_ANON, -1, 0); x = x - a", "2097152");
	expect("a = mmap(A+1h, 1p, 1, MAP_PRIVATE|MAP_ANON|MAP_FIXED, -1, 0)\n"
	       "x = mmap(NULL, 1p, 1, MAP_PRIVATE|MAP_ANON, -1, 0); x = x - A", "4194304");
}

static void test_bad_when_run(void **state)
{
	assert_string_equal(run_error("uffd t\ninit { x = 1 / (2 - 2) }", LITMUS_BAD),
			    "2:14: division by zero");
	assert_string_equal(run_error("uffd t\nthread T { x = 0; y = 5 % x }", LITMUS_BAD),
			    "2:25: division by zero");
	assert_string_equal(run_error("uffd t\nthread T { x = 0 }\nexists (T:x = 1/T:x)", LITMUS_BAD),
			    "3:16: division by zero");
	assert_string_equal(run_error("uffd t\nthread T { x = pagemap(0, 100p) }", LITMUS_BAD),
			    "2:12: more words than a name can hold");
	assert_string_equal(run_error("uffd t\nthread T { pagemap(0, 1000000p) }", LITMUS_BAD),
			    "2:12: pagemap() of more than 65536 pages");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_operators),
		cmocka_unit_test(test_kinds),
		cmocka_unit_test(test_places),
		cmocka_unit_test(test_bad_when_run),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_parse.c - which texts are scenarios, and what is said of the others
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "helper.h"

static void test_good(void **state)
{
	static const struct {
		const char *text;
		unsigned steps;
	} good[] = {
		{ "uffd a\ninit { }", 0 },
		{ "\n# c\nuffd a-b_c.d # comment\n\"text # not a comment\n more\"\nprofile v6.18\ninit\n{\n}\n", 0 },
		{ "uffd a\r\ninit {\r\n\tx = 1\r\n}\r\n", 1 },
		{ "uffd a\ninit { x = 1; y = x + 2\n;;z = -x }", 3 },
		{ "uffd a\ninit { x = mmap(NULL,\n 1p, # size\n\n PROT_READ, MAP_PRIVATE|MAP_ANON, -1,\n0) }", 1 },
		{ "uffd a\nthread T { if (1) { x = 1 } else { x = 2 } }", 3 },
		{ "uffd a\nthread T { if (1) { }\n else if (2) { x = 2 }\nelse\n{ while (0) { break } } }", 5 },
		{ "uffd a\nthread T { *(0+1p) = 2 ? 3 : 4\n x = *x\n y = *(x) }", 3 },
		{ "uffd a\ninit { c = fork() }\nthread T@c { x = 1 }\ndaemon thread T { y = T@c:x }", 3 },
		{ "uffd a\nsequence\n{\n T: x = 1; U: y = T:x\n T:z=2 }", 3 },
		{ "uffd a\ninit { ioctl(1, UFFDIO_WAKE, {.range={.start=1, .len=2},})\n"
		  "ioctl(1, UFFDIO_WAKE, {start=1, len=2}) }", 2 },
		{ "uffd a\nthread T { x = 1 }\nlocations [T:x; main:*0x1000; blocked(T);]\nexists (T:x=1)", 1 },
		{ "uffd a\nthread T { x = 1 }\n~exists (~(T:x = - \\/ T:x != SIGBUS) /\\ ~blocked(T)\n)", 1 },
		{ "uffd a\nthread T { x = peek(0) }\nforall (T:x=- /\\ T:x!=-EAGAIN /\\ T:x=-(1+2))", 1 },
	};

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		struct litmus *prog = parse(good[i].text);

		assert_int_equal(litmus_statements(prog), good[i].steps);
		litmus_free(prog);
	}
}

static void test_bad(void **state)
{
	static const char *const bad[][2] = {
		{ "", "1:1: expected 'uffd NAME', not the end of the file" },
		{ "herd x\n", "1:1: expected 'uffd NAME', not 'herd'" },
		{ "uffd\ninit { }", "1:5: expected the name of the scenario" },
		{ "uffd a b\n", "1:8: a name is made of letters, digits, '-', '_' and '.'" },
		{ "uffd a\n", "2:1: nothing to run: no init, no threads, no sequence" },
		{ "uffd a\n\"text\n", "2:1: string without an end" },
		{ "uffd a\ninit {", "2:7: expected a statement, not the end of the file" },
		{ "uffd a\ninit { }\ninit { }", "3:1: a second init" },
		{ "uffd a\nthread T { }\ninit { }", "3:1: init comes before the threads" },
		{ "uffd a\nthread T { }\nsequence { }", "3:1: a file has threads or a sequence, not both" },
		{ "uffd a\nsequence { }\nthread T { }", "3:1: a file has threads or a sequence, not both" },
		{ "uffd a\nthread T { }\nthread T { }", "3:8: a second thread called T" },
		{ "uffd a\nthread init { }", "2:8: a thread cannot be called init" },
		{ "uffd a\nthread T@c { }", "2:8: there is no process 'c': no `c = fork()`" },
		{ "uffd a\ninit { }\nprofile v6.18", "3:1: profile belongs right after the header, once" },
		{ "uffd a\ninit { x = nix(1) }", "2:12: unknown call 'nix'" },
		{ "uffd a\ninit { x = y }", "2:12: unknown name 'y'" },
		{ "uffd a\ninit { x = NIX_FLAG|1 }", "2:12: unknown name 'NIX_FLAG'" },
		{ "uffd a\ninit { POLLIN = 1 }", "2:8: 'POLLIN' is a constant" },
		{ "uffd a\ninit { x = 1 2 }", "2:14: expected the end of the statement, not '2'" },
		{ "uffd a\ninit { x + 1 }", "2:10: expected '=' or '(', not '+'" },
		{ "uffd a\ninit { x = }", "2:12: expected an expression, not '}'" },
		{ "uffd a\ninit { x = (1 }", "2:15: expected ')', not '}'" },
		{ "uffd a\ninit { x = 1 + *x }", "2:16: a load is a statement of its own: x = *ADDR" },
		{ "uffd a\ninit { x = *0 + 1 }", "2:15: expected the end of the statement, not '+'" },
		{ "uffd a\ninit { x = 1 + fork() }", "2:16: a call is a statement of its own: x = fork(...)" },
		{ "uffd a\ninit { *0 + 1 = 3 }", "2:11: expected '=', not '+'" },
		{ "uffd a\ninit { break }", "2:8: break outside of a while" },
		{ "uffd a\ninit { if (1) x = 1 }", "2:15: expected '{', not 'x'" },
		{ "uffd a\ninit { close() }", "2:8: wrong number of arguments: close(fd)" },
		{ "uffd a\ninit { close(1, 2) }", "2:17: wrong number of arguments: close(fd)" },
		{ "uffd a\ninit { close(1,) }", "2:16: expected an argument, not ')'" },
		{ "uffd a\ninit { open(1, 2) }", "2:13: expected a string, not '1'" },
		{ "uffd a\ninit { read(1, 2) }", "2:16: read(fd, name) puts a message into a name" },
		{ "uffd a\ninit { ioctl(1, UFFDIO_NIX, {}) }", "2:17: unknown ioctl 'UFFDIO_NIX'" },
		{ "uffd a\ninit { ioctl(1, 7, {}) }", "2:17: expected the name of an ioctl, not '7'" },
		{ "uffd a\ninit { ioctl(1, UFFDIO_COPY, {range={0, 1}}) }", "2:31: UFFDIO_COPY has no field 'range'" },
		{ "uffd a\ninit { ioctl(1, UFFDIO_COPY, {len=1, len=2}) }", "2:38: field 'len' is given twice" },
		{ "uffd a\ninit { ioctl(1, UFFDIO_REGISTER, {start=1}) }", "2:35: UFFDIO_REGISTER has no field 'start'" },
		{ "uffd a\ninit { x = 1\n y = x.nix }", "3:8: unknown field 'nix'" },
		{ "uffd a\ninit { x = 1\n y = x.pagefault.nix }", "3:8: unknown field 'pagefault.nix'" },
		{ "uffd a\ninit { x = T:y; y = 1 }", "2:12: there is no thread 'T'" },
		{ "uffd a\ninit { x = 18446744073709551616 }", "2:12: number larger than 64 bits" },
		{ "uffd a\ninit { x = 0xfffffffffffffp }", "it parses" },
		{ "uffd a\ninit { x = 0x10000000000000p }", "2:12: number larger than 64 bits" },
		{ "uffd a\ninit { x = 0x }", "2:12: not a number (decimal or 0x hex, with p for pages, h for huge pages)" },
		{ "uffd a\ninit { x = 12q }", "2:12: not a number (decimal or 0x hex, with p for pages, h for huge pages)" },
		{ "uffd a\ninit { x = $ }", "2:12: unexpected '$'" },
		{ "uffd a\ninit { x = \xc3 }", "2:12: unexpected byte 0xc3" },
		{ "uffd a\nsequence { x = 1 }", "2:14: expected 'THREAD: statement', not '='" },
		{ "uffd a\nsequence { init: x = 1 }", "2:12: init takes no statements here" },
		{ "uffd a\ninit { x = maps() }", "2:8: maps() gives nothing that a name can hold" },
		{ "uffd a\nthread T { x = 1 }\nexists T:x = 1", "3:8: expected '(', not 'T'" },
		{ "uffd a\nthread T { x = 1 }\nexists (T:x)", "3:12: expected '=' or '!=', not ')'" },
		{ "uffd a\nthread T { x = 1 }\nexists (T:y = 1)", "3:9: unknown name 'y'" },
		{ "uffd a\nthread T { x = 1 }\nexists (U:x = 1)", "3:9: there is no thread 'U'" },
		{ "uffd a\nthread T { x = 1 }\nexists (c:*0 = 1)", "3:9: there is no process 'c'" },
		{ "uffd a\nthread T { x = 1 }\nexists (T:x = 1)\nexists (T:x = 1)", "4:1: a second condition" },
		{ "uffd a\nthread T { x = 1 }\n~forall (T:x = 1)", "3:2: expected 'exists', not 'forall'" },
		{ "uffd a\nthread T { x = 1 }\nthread U { x = 1 }\nexists (T:x = x)",
		  "4:15: more than one thread assigns 'x': write THREAD:x" },
		{ "uffd a\nthread T { x = 1 }\nlocations [x]", "3:13: expected ':', not ']'" },
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_string_equal(parse_error(bad[i][0]), bad[i][1]);
}

static char *repeat(const char *before, const char *what, size_t n, const char *after)
{
	size_t len = strlen(what);
	char *ret = malloc(strlen(before) + len * n + strlen(after) + 1), *at = ret;

	assert_non_null(ret);
	at = stpcpy(at, before);
	for (size_t i = 0; i < n; i++)
		at = stpcpy(at, what);
	strcpy(at, after);
	return ret;
}

static void expect_bad(char *text, const char *what)
{
	const char *got = parse_error(text);

	if (!strstr(got, what))
		fail_msg("%s (not: %s)", got, what);
	free(text);
}

static void test_hostile(void **state)
{
	static const char deep[] = "nested more than 64 levels deep";

	expect_bad(repeat("uffd a\ninit { x = ", "(", 100000, ""), deep);
	expect_bad(repeat("uffd a\ninit { x = ", "-", 100000, "1 }"), deep);
	expect_bad(repeat("uffd a\ninit { x = 1", "+1", 100000, " }"), deep);
	expect_bad(repeat("uffd a\ninit { x = ", "1?1:", 100000, "1 }"), deep);
	expect_bad(repeat("uffd a\ninit { ", "while(1){", 100000, ""), deep);
	expect_bad(repeat("uffd a\ninit { ", "if(1){}else ", 80000, ""), deep);
	expect_bad(repeat("uffd a\ninit { x=1 }\nexists (", "(", 100000, ""), deep);
	expect_bad(repeat("uffd a\ninit { x=1 }\nexists (", "~", 100000, ""), deep);
	expect_bad(repeat("uffd a\ninit { x=1 }\nexists (init:x=1", "/\\init:x=1", 50000, ")"), deep);
	expect_bad(repeat("uffd a\ninit { ", "a", 100000, " = 1 }"), "name longer than 64 letters");
	expect_bad(repeat("uffd a\ninit { x = 1", "0", 100000, " }"), "number larger than 64 bits");
	expect_bad(repeat("uffd a\ninit { ", "#", LITMUS_MAX_SIZE, ""), "larger than");
	expect_bad(repeat("uffd a\n\"", "x\n", 100000, ""), "string without an end");
}

static void test_many(void **state)
{
	size_t size;
	char *text;
	FILE *f = open_memstream(&text, &size);

	fputs("uffd a\n", f);
	for (int i = 0; i < 31; i++)
		fprintf(f, "thread T%d { }\n", i);
	fclose(f);
	assert_string_equal(parse_error(text), "32:8: more than 30 threads");
	free(text);
	f = open_memstream(&text, &size);
	fputs("uffd a\ninit {\n", f);
	for (int i = 0; i < 600; i++)
		fprintf(f, "x%d = 1\n", i);
	fputs("}\n", f);
	fclose(f);
	assert_string_equal(parse_error(text), "515:1: more than 512 names");
	free(text);
}

static const char sample[] =
	"uffd s\n\"d\"\nprofile v6.18\ninit {\n\tA = mmap(NULL, 1p, PROT_READ|PROT_WRITE, "
	"MAP_PRIVATE|MAP_ANONYMOUS, -1, 0)\n\tu = userfaultfd(O_NONBLOCK)\n\tc = fork()\n}\n"
	"thread T {\n\tr = ioctl(u, UFFDIO_REGISTER, {range={A, 1p}, mode=1})\n\tread(u, m)\n"
	"\twhile (r.ioctls == 3 && m.pagefault.flags) { *(A+1) = 0x1; break }\n}\n"
	"daemon thread C@c {\n\tx = *A\n\tif (x) { p = peek(A) } else { open(\"/x\", 0) }\n}\n"
	"~exists (T:r = -EAGAIN /\\ c:*A = - \\/ ~blocked(T))\nlocations [T:m.event; C@c:x]\n";

static void try_text(const char *text, size_t len)
{
	struct litmus_error err;
	struct litmus *prog;
	int r = litmus_parse(text, len, &prog, &err);

	if (!r) {
		litmus_free(prog);
		return;
	}
	assert_int_equal(r, -EINVAL);
	assert_true(err.line > 0 && err.col > 0 && err.text[0]);
}

static void test_truncated(void **state)
{
	litmus_free(parse(sample));
	for (size_t i = 0; i < sizeof(sample); i++) {
		/* A copy of exactly that size, so that a read beyond it is seen. */
		char *copy = malloc(i + 1);

		memcpy(copy, sample, i);
		try_text(copy, i);
		free(copy);
	}
}

static void test_garbled(void **state)
{
	static const char bytes[] = "\0\xff(){}[]\"#;:*-~@\n0p";
	char copy[sizeof(sample)];

	for (size_t i = 0; i + 1 < sizeof(sample); i++) {
		for (size_t j = 0; j + 1 < sizeof(bytes); j++) {
			memcpy(copy, sample, sizeof(sample));
			copy[i] = bytes[j];
			try_text(copy, sizeof(sample) - 1);
		}
	}
}

static void test_print_error(void **state)
{
	static const char text[] = "uffd a\ninit {\n\tx = \x01y +\n}\n";
	struct litmus_error err;
	struct litmus *prog;
	size_t size;
	char *buf;
	FILE *f = open_memstream(&buf, &size);

	assert_int_equal(litmus_parse(text, strlen(text), &prog, &err), -EINVAL);
	litmus_print_error(f, "dir/f.litmus", &err);
	fclose(f);
	assert_string_equal(buf, "dir/f.litmus:3:6: unexpected byte 0x01\n\tx = ?y +\n\t    ^\n");
	free(buf);
}

static void test_accessors(void **state)
{
	struct litmus *prog = parse(sample);
	struct litmus *seq = parse("uffd q\nsequence { T: x = 1 }");
	char a[33], b[33];

	assert_string_equal(litmus_name(prog), "s");
	assert_string_equal(litmus_description(prog), "d");
	assert_string_equal(litmus_profile(prog), "v6.18");
	assert_false(litmus_is_sequence(prog));
	assert_true(litmus_is_sequence(seq));
	assert_string_equal(litmus_description(seq), "");
	assert_null(litmus_profile(seq));
	litmus_hash(prog, a);
	litmus_hash(seq, b);
	assert_int_equal(strlen(a), 32);
	assert_string_not_equal(a, b);
	litmus_free(seq);
	litmus_free(prog);
	litmus_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),	  cmocka_unit_test(test_bad),
		cmocka_unit_test(test_hostile),	  cmocka_unit_test(test_many),
		cmocka_unit_test(test_truncated), cmocka_unit_test(test_garbled),
		cmocka_unit_test(test_print_error), cmocka_unit_test(test_accessors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

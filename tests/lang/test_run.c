/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_run.c - litmus_run(): records, blocked statements, ends
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "helper.h"

static void expect_json(const char *text, enum litmus_status status, const char *want)
{
	enum litmus_status got;
	char *json = run_json(text, &got);

	assert_string_equal(json, want);
	assert_int_equal(got, status);
	free(json);
}

static void expect_after_init(const char *text, const char *want)
{
	char *json = run_json(text, NULL);

	assert_string_equal(after_init(json), want);
	free(json);
}

static int by_line(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The order in which threads get on is the scheduler's business: compare lines as a set. */
static void expect_lines(const char *text, size_t nr, const char *const *want)
{
	char *json = run_json(text, NULL), *at = json;
	char *lines[64];
	size_t n = 0;

	for (char *line; (line = strsep(&at, "\n")) && *line && n < 64;)
		lines[n++] = line;
	assert_true(n >= nr);
	assert_non_null(strstr(lines[n - 1], "\"end\":true"));
	qsort(lines, n, sizeof(lines[0]), by_line);
	for (size_t i = 0; i < nr; i++)
		if (!bsearch(&want[i], lines, n, sizeof(lines[0]), by_line))
			fail_msg("no line %s", want[i]);
	free(json);
}

static void test_init_only(void **state)
{
	expect_json("uffd t\ninit {\nx = 1\n"
		    "A = mmap(NULL, 1p, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0)\n"
		    "mmap(A, 1p, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED, -1, 0)\n"
		    "*A = 5\nr = *A\nmemset(A, 0, 1p)\nfork()\nuserfaultfd(0)\nmunmap(A, 1)\n}", LITMUS_MET,
		    "{\"step\":1,\"thread\":\"init\",\"call\":\"mmap\",\"ret\":\"A\"}\n"
		    "{\"step\":2,\"thread\":\"init\",\"call\":\"mmap\",\"ret\":\"A\"}\n"
		    "{\"step\":3,\"thread\":\"init\",\"call\":\"store\",\"ret\":0,\"flt\":true}\n"
		    "{\"step\":4,\"thread\":\"init\",\"call\":\"load\",\"ret\":\"0x5\",\"flt\":false}\n"
		    "{\"step\":5,\"thread\":\"init\",\"call\":\"memset\",\"ret\":0,\"flt\":false}\n"
		    "{\"step\":6,\"thread\":\"init\",\"call\":\"fork\",\"ret\":\"pid\"}\n"
		    "{\"step\":7,\"thread\":\"init\",\"call\":\"userfaultfd\",\"ret\":\"fd\"}\n"
		    "{\"step\":8,\"thread\":\"init\",\"call\":\"munmap\",\"ret\":0}\n"
		    "{\"end\":true,\"blocked\":[]}\n");
}

#define REGISTER "M: ioctl(u, UFFDIO_REGISTER, {range={A, 2p}, mode=UFFDIO_REGISTER_MODE_MISSING})\n"
#define REGISTERED "{\"step\":5,\"thread\":\"M\",\"call\":\"ioctl:UFFDIO_REGISTER\",\"ret\":0,\"out\":{\"ioctls\":\"0x13c\"}}\n"

/* Late records follow that of the statement that was issued, by thread name. */
static void test_late(void **state)
{
	expect_after_init(WORLD("0")
		"sequence {\n" REGISTER
		"Z: r = *A\n"
		"B: r = *A\n"
		"M: poll(u, POLLIN)\n"
		"M: x = ioctl(u, UFFDIO_COPY, {dst=A, src=S, len=1p})\n"
		"Z: *(A+1p) = 1\n}\n"
		"exists (Z:r = 0x11 /\\ blocked(Z) /\\ M:x.copy = 1p)",
		REGISTERED
		"{\"step\":6,\"thread\":\"Z\",\"call\":\"load\",\"blocked\":true}\n"
		"{\"step\":7,\"thread\":\"B\",\"call\":\"load\",\"blocked\":true}\n"
		"{\"step\":8,\"thread\":\"M\",\"call\":\"poll\",\"ret\":1}\n"
		"{\"step\":9,\"thread\":\"M\",\"call\":\"ioctl:UFFDIO_COPY\",\"ret\":0,\"out\":{\"copy\":4096}}\n"
		"{\"step\":7,\"thread\":\"B\",\"call\":\"load\",\"ret\":\"0x11\",\"flt\":true,\"late\":true}\n"
		"{\"step\":6,\"thread\":\"Z\",\"call\":\"load\",\"ret\":\"0x11\",\"flt\":true,\"late\":true}\n"
		"{\"step\":10,\"thread\":\"Z\",\"call\":\"store\",\"blocked\":true}\n"
		"{\"end\":true,\"blocked\":[\"Z\"],\"final\":{\"M:x.copy\":4096,\"Z:r\":\"0x11\",\"blocked(Z)\":true}}\n");
}

/* A block is one statement; only what blocked in it before is late. */
static void test_block_in_sequence(void **state)
{
	expect_after_init(WORLD("0")
		"sequence {\n" REGISTER
		"T: while (1) {\n\tr = *A\n\t*A = r + 1\n\tbreak\n}\n"
		"M: ioctl(u, UFFDIO_ZEROPAGE, {range={A, 2p}})\n"
		"M: if (0) { close(u) } else { peek(A) }\n}",
		REGISTERED
		"{\"step\":7,\"thread\":\"T\",\"call\":\"load\",\"blocked\":true}\n"
		"{\"step\":10,\"thread\":\"M\",\"call\":\"ioctl:UFFDIO_ZEROPAGE\",\"ret\":0,\"out\":{\"zeropage\":8192}}\n"
		"{\"step\":7,\"thread\":\"T\",\"call\":\"load\",\"ret\":\"0x0\",\"flt\":true,\"late\":true}\n"
		"{\"step\":8,\"thread\":\"T\",\"call\":\"store\",\"ret\":0,\"flt\":true}\n"
		"{\"step\":13,\"thread\":\"M\",\"call\":\"peek\",\"out\":[\"0x1\"]}\n"
		"{\"end\":true,\"blocked\":[]}\n");
}

static void test_messages(void **state)
{
	expect_after_init(WORLD("UFFD_FEATURE_EVENT_FORK|UFFD_FEATURE_EVENT_REMAP")
		"sequence {\n" REGISTER
		"T: c = fork()\nM: read(u, m)\nM: f = m.fork.ufd\nM: read(f, n)\n"
		"P: B = mremap(A+1p, 1p, 1p, MREMAP_MAYMOVE|MREMAP_FIXED, A+8p)\nM: read(u, m)\n"
		"C@c: maps()\nC@c: r = m.event\n}\n"
		"locations [M:f; M:m.event; M:m.remap.from; M:m.remap.to; M:m.remap.len; C@c:r; M:n]",
		REGISTERED
		"{\"step\":6,\"thread\":\"T\",\"call\":\"fork\",\"blocked\":true}\n"
		"{\"step\":7,\"thread\":\"M\",\"call\":\"read\",\"ret\":32,\"out\":{\"event\":\"FORK\",\"ufd\":\"fd\"}}\n"
		"{\"step\":6,\"thread\":\"T\",\"call\":\"fork\",\"ret\":\"c\",\"late\":true}\n"
		"{\"step\":9,\"thread\":\"M\",\"call\":\"read\",\"ret\":\"-EAGAIN\"}\n"
		"{\"step\":10,\"thread\":\"P\",\"call\":\"mremap\",\"blocked\":true}\n"
		"{\"step\":11,\"thread\":\"M\",\"call\":\"read\",\"ret\":32,\"out\":{\"event\":\"REMAP\",\"from\":\"A+0x1000\","
		"\"to\":\"0x10000008000\",\"len\":4096}}\n"
		"{\"step\":10,\"thread\":\"P\",\"call\":\"mremap\",\"ret\":\"B\",\"late\":true}\n"
		"{\"step\":12,\"thread\":\"C@c\",\"call\":\"maps\",\"out\":[\"A-A+0x2000 rw- p um\",\"S-S+0x1000 rw- p\"]}\n"
		"{\"end\":true,\"blocked\":[],\"final\":{\"C@c:r\":0,\"M:f\":\"f\",\"M:m.event\":\"REMAP\",\"M:m.remap.from\":\"A+0x1000\","
		"\"M:m.remap.len\":4096,\"M:m.remap.to\":\"B\",\"M:n\":0}}\n");
}

static void test_threads(void **state)
{
	static const char *const want[] = {
		"{\"step\":6,\"thread\":\"T\",\"call\":\"load\",\"ret\":\"0x0\",\"flt\":true}",
		"{\"step\":8,\"thread\":\"T\",\"call\":\"load\",\"ret\":\"0x0\",\"flt\":true}",
		"{\"step\":9,\"thread\":\"D\",\"call\":\"ioctl:UFFDIO_REGISTER\",\"ret\":0,\"out\":{\"ioctls\":\"0x13c\"}}",
		"{\"end\":true,\"blocked\":[],\"final\":{\"T:q\":\"0x0\",\"T:y\":1}}",
	};

	expect_lines(WORLD("0")
		"thread T { x = 1; r = *(A+1p); y = 1; q = *A }\n"
		"daemon thread D { ioctl(u, UFFDIO_REGISTER, {range={S, 1p}, mode=UFFDIO_REGISTER_MODE_MISSING}) }\n"
		"exists (T:y = 1 /\\ T:q = 0)", 4, want);
}

static void test_threads_blocked(void **state)
{
	static const char *const want[] = {
		"{\"step\":8,\"thread\":\"T\",\"call\":\"load\",\"blocked\":true}",
		"{\"end\":true,\"blocked\":[\"T\",\"D\"],\"final\":{\"T:q\":2}}",
	};

	expect_lines("uffd t\ninit { A = mmap(NULL, 1p, PROT_READ, MAP_PRIVATE|MAP_ANON, -1, 0)\n"
		"u = userfaultfd(0); v = userfaultfd(0)\nioctl(u, UFFDIO_API, {api=UFFD_API})\n"
		"ioctl(v, UFFDIO_API, {api=UFFD_API})\n"
		"x = ioctl(u, UFFDIO_REGISTER, {range={A, 1p}, mode=UFFDIO_REGISTER_MODE_MISSING})\n"
		"y = x + x.ioctls }\n"
		"thread T { q = 2; q = *A }\ndaemon thread D { read(v, m) }\nforall (T:q = 3)", 2, want);
}

static void test_child_threads(void **state)
{
	static const char *const want[] = {
		"{\"step\":1,\"thread\":\"init\",\"call\":\"fork\",\"ret\":\"a\"}",
		"{\"step\":4,\"thread\":\"T\",\"call\":\"fork\",\"ret\":\"c\"}",
		"{\"step\":8,\"thread\":\"D@c\",\"call\":\"fork\",\"ret\":\"e\"}",
		"{\"step\":10,\"thread\":\"E@e\",\"call\":\"close\",\"ret\":\"-EBADF\"}",
		"{\"step\":6,\"thread\":\"T\",\"call\":\"fork\",\"ret\":\"d\"}",
		"{\"end\":true,\"blocked\":[],\"final\":{\"C@a:b\":1,\"D@c:r\":6,\"E@e:s\":11,\"blocked(E@e)\":false}}",
	};

	expect_lines("uffd t\ninit { x = 1; a = fork() }\n"
		"thread C@a { b = x + y }\n"
		"thread T { y = 5; c = fork(); z = 6; d = fork() }\n"
		"thread D@c { r = y + x; e = fork() }\nthread E@e { s = y + r; close(0) }\n"
		"locations [C@a:b; D@c:r; E@e:s; blocked(E@e)]", 6, want);
}

static void test_errors(void **state)
{
	assert_string_equal(run_error(WORLD("0") "sequence {\n" REGISTER "T: r = *A\nT: x = 1\n}", LITMUS_BAD),
			    "12:4: T is still blocked in step 6");
	assert_string_equal(run_error("uffd t\nsequence {\nC@c: maps()\nT: c = fork()\n}", LITMUS_BAD),
			    "3:6: there is no process c");
	assert_string_equal(run_error("uffd t\ninit { u = userfaultfd(0)\nioctl(u, UFFDIO_API, {api=UFFD_API})\n"
				      "read(u, m) }", LITMUS_BAD),
			    "4:1: init does not get past this statement");
	assert_string_equal(run_error("uffd t\nthread T { p = open(\"/\", 0) }", LITMUS_UNMODELLED),
			    "2:12: not modelled: open of \"/\"");
	assert_string_equal(run_error("uffd t\nsequence { T: x = 1; T: p = open(\"/\", 0) }", LITMUS_UNMODELLED),
			    "2:25: not modelled: open of \"/\"");
	assert_string_equal(run_error("uffd t\ninit { f = open(\"f\", O_RDWR|O_CREAT)\n ftruncate(f, 2p)\n"
				      "A = mmap(NULL, 2p, PROT_READ, MAP_SHARED, f, 0)\n"
				      "madvise(A, 2p, MADV_HUGEPAGE) }\nsequence { T: x = *A }",
				      LITMUS_UNMODELLED),
			    "6:15: not modelled: large folios of a file on disk");
	assert_string_equal(run_error("uffd t\nthread T { while (1) { } }", LITMUS_NOT_MET),
			    "0:0: livelock: a cycle of 1 step: T");
	assert_string_equal(run_error("uffd t\ninit { while (1) { x = 1 } }", LITMUS_NOT_MET),
			    "0:0: no end: the bound on steps is reached");
}

static void test_bad_requests(void **state)
{
	struct litmus *prog = parse("uffd t\nprofile v0.1\nthread T { x = 1 }");
	struct litmus_options opt = { 0 };
	struct litmus_run_result res;
	struct litmus_error err;

	assert_int_equal(litmus_run(prog, &opt, &res, &err), -EINVAL);
	assert_int_equal(err.line, 2);
	assert_int_equal(err.col, 9);
	opt.profile = "v6.18";
	assert_int_equal(litmus_run(prog, &opt, &res, &err), 0);
	assert_string_equal(res.profile, "v6.18");
	assert_false(res.has_condition);
	litmus_run_result_fini(&res);
	opt.replay = "v1:0000000000000000:";
	assert_int_equal(litmus_run(prog, &opt, &res, &err), -EINVAL);
	assert_int_equal(err.line, 0);
	assert_non_null(strstr(err.text, "token"));
	litmus_free(prog);
}

static bool traced(const struct litmus_run_result *res, const char *text)
{
	for (size_t i = 0; i < res->trace->nr_lines; i++)
		if (strstr(res->trace->lines[i].text, text))
			return true;
	return false;
}

static void test_trace(void **state)
{
	struct litmus *prog = parse("uffd t\nthread T { c = fork()\n x = 1 + 1 # comment\n}\nthread U { close(3) }");
	struct litmus_options opt = { .trace = true };
	struct litmus_run_result res;
	struct litmus_error err;

	assert_int_equal(litmus_run(prog, &opt, &res, &err), 0);
	assert_true(traced(&res, "c = fork()"));
	assert_true(traced(&res, "fork() = c"));
	assert_true(traced(&res, "x = 1 + 1"));
	assert_false(traced(&res, "comment"));
	assert_true(traced(&res, "close() = -EBADF"));
	litmus_run_result_fini(&res);
	litmus_free(prog);
}

static void test_seeds(void **state)
{
	struct litmus *prog = parse(WORLD("0") "thread T { *A = 1 }\nthread U { *A = 2 }\nexists (main:*A = 1)");
	struct litmus_run_result res;
	struct litmus_error err;
	unsigned met = 0;

	for (uint64_t seed = 0; seed < 40; seed++) {
		struct litmus_options opt = { .random = true, .seed = seed };
		enum litmus_status first;

		assert_int_equal(litmus_run(prog, &opt, &res, &err), 0);
		first = res.status;
		litmus_run_result_fini(&res);
		assert_int_equal(litmus_run(prog, &opt, &res, &err), 0);
		assert_int_equal(res.status, first);
		met += first == LITMUS_MET;
		litmus_run_result_fini(&res);
	}
	assert_in_range(met, 1, 39);
	litmus_free(prog);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_init_only),
		cmocka_unit_test(test_late),
		cmocka_unit_test(test_block_in_sequence),
		cmocka_unit_test(test_messages),
		cmocka_unit_test(test_threads),
		cmocka_unit_test(test_threads_blocked),
		cmocka_unit_test(test_child_threads),
		cmocka_unit_test(test_errors),
		cmocka_unit_test(test_bad_requests),
		cmocka_unit_test(test_trace),
		cmocka_unit_test(test_seeds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

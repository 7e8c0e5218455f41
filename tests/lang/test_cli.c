/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_cli.c - the built program: output and exit status
 *
 * $UFFDSIM names it.
 */
#include <fcntl.h>
#include <setjmp.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static char dir[] = "/tmp/uffdsim-cli-XXXXXX";
static char file[64], out_file[64], err_file[64];
static char out[65536], err[65536];

static void read_all(const char *path, char *buf, size_t size)
{
	FILE *f = fopen(path, "r");

	assert_non_null(f);
	buf[fread(buf, 1, size - 1, f)] = 0;
	fclose(f);
}

static void write_file(const char *text)
{
	FILE *f = fopen(file, "w");

	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

/* Words end with NULL; FILE stands for the scenario.  Returns the exit status. */
static int uffdsim(const char *word, ...)
{
	char *argv[16] = { getenv("UFFDSIM") };
	posix_spawn_file_actions_t fa;
	int n = 1, status;
	va_list ap;
	pid_t pid;

	va_start(ap, word);
	for (; word; word = va_arg(ap, const char *))
		argv[n++] = (char *)(strcmp(word, "FILE") ? word : file);
	va_end(ap);
	assert_non_null(argv[0]);
	posix_spawn_file_actions_init(&fa);
	posix_spawn_file_actions_addopen(&fa, 1, out_file, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	posix_spawn_file_actions_addopen(&fa, 2, err_file, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	assert_int_equal(posix_spawn(&pid, argv[0], &fa, NULL, argv, environ), 0);
	posix_spawn_file_actions_destroy(&fa);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	read_all(out_file, out, sizeof(out));
	read_all(err_file, err, sizeof(err));
	return WEXITSTATUS(status);
}

static void expect_error(const char *what)
{
	char want[300];

	snprintf(want, sizeof(want), "%s:%s", file, what);
	assert_int_equal(strncmp(err, want, strlen(want)), 0);
	assert_string_equal(out, "");
}

static const char stores[] =
	"uffd stores\n"
	"init { A = mmap(NULL, 1p, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0) }\n"
	"thread T { *A = 1 }\nthread U { *A = 2 }\n";

static void stores_with(const char *cond)
{
	char text[400];

	snprintf(text, sizeof(text), "%s%s\n", stores, cond);
	write_file(text);
}

static void test_run(void **state)
{
	write_file("uffd x\nsequence { T: a = userfaultfd(O_NONBLOCK); T: close(a) }\n");
	assert_int_equal(uffdsim("run", "--json", "FILE", NULL), 0);
	assert_string_equal(out, "{\"step\":0,\"thread\":\"T\",\"call\":\"userfaultfd\",\"ret\":\"a\"}\n"
				 "{\"step\":1,\"thread\":\"T\",\"call\":\"close\",\"ret\":0}\n"
				 "{\"end\":true,\"blocked\":[]}\n");
	assert_string_equal(err, "");
	assert_int_equal(uffdsim("run", "FILE", NULL), 0);
	assert_non_null(strstr(out, "close(a) = 0"));
	/* Between its statements a thread of a sequence is not asleep: it has nothing to do. */
	assert_null(strstr(out, "sleeps"));
	stores_with("exists (main:*A = 3)");
	assert_int_equal(uffdsim("run", "--seed", "3", "FILE", NULL), 1);
	assert_non_null(strstr(out, "\nNo\n"));
	stores_with("~exists (main:*A = 3)");
	assert_int_equal(uffdsim("run", "FILE", NULL), 0);
	assert_non_null(strstr(out, "\nOk\n"));
}

static void test_explore(void **state)
{
	char token[200], *at;

	stores_with("~exists (main:*A = 1)");
	assert_int_equal(uffdsim("explore", "--notime", "FILE", NULL), 1);
	assert_int_equal(strncmp(out, "Test stores Forbidden\nStates 2\n", 31), 0);
	assert_null(strstr(out, "\nTime "));
	at = strstr(out, "\nToken v1:");
	assert_non_null(at);
	assert_int_equal(sscanf(at, "\nToken %199s", token), 1);
	assert_int_equal(uffdsim("run", "--json", "--replay", token, "FILE", NULL), 1);
	assert_non_null(strstr(out, "\"final\":{\"main:*A\":\"0x1\"}"));
	stores_with("");
	assert_int_equal(uffdsim("run", "--json", "--replay", token, "FILE", NULL), 2);
	assert_non_null(strstr(err, "token"));
	assert_int_equal(uffdsim("explore", "FILE", NULL), 0);
	assert_non_null(strstr(out, "\nTime stores "));
	assert_int_equal(uffdsim("explore", "--json", "--profile=v6.18", "FILE", NULL), 0);
	assert_int_equal(strncmp(out, "{\"test\":\"stores\",\"profile\":\"v6.18\",\"complete\":true,", 49), 0);
	assert_int_equal(uffdsim("explore", "--max-executions", "1", "FILE", NULL), 0);
	assert_non_null(strstr(out, "\nExecutions 1 (cut: "));
}

static void test_coverage(void **state)
{
	static const struct {
		const char *option, *value, *says;
	} rows[] = {
		{ "--preemptions", "0", "\nExecutions 2 (complete up to 0 preemptions)\n" },
		{ "--preemptions", "1", "\nExecutions 10 (complete up to 1 preemption)\n" },
		{ "--preemptions", "9", "\nExecutions 48 (complete)\n" },
		{ "--seconds", "100", "\nExecutions 48 (complete)\n" },
		{ "--cache", "--notime", " (complete: final states of " },
		{ "--cache=1", "--notime", " transitions)\n" },
		{ "--random", "--seed=1", "\nExecutions 10000 (sample: 48 different, one more is" },
		{ "--pct", "2", "; a bug that depends on 2 orderings of 2 threads and 12 steps is in" },
	};

	stores_with("");
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(uffdsim("explore", rows[i].option, rows[i].value, "FILE", NULL), 0);
		if (!strstr(out, rows[i].says))
			fail_msg("%s %s: %s", rows[i].option, rows[i].value, out);
	}
	assert_int_equal(uffdsim("explore", "--json", "--preemptions=0", "FILE", NULL), 0);
	assert_non_null(strstr(out, "\"coverage\":\"complete up to 0 preemptions\","
				    "\"preemptions\":0,"));
	assert_int_equal(uffdsim("explore", "--json", "--cache", "FILE", NULL), 0);
	assert_non_null(strstr(out, "\"machine_states\":"));
	assert_int_equal(uffdsim("explore", "--unroll", "FILE", NULL), 0);
	assert_int_equal(uffdsim("explore", "--symmetry", "--brute", "FILE", NULL), 2);
	assert_int_equal(uffdsim("explore", "--symmetry", "-j2", "FILE", NULL), 2);
	assert_int_equal(uffdsim("explore", "--cache=0", "FILE", NULL), 2);
	assert_int_equal(uffdsim("explore", "--cache", "-j2", "FILE", NULL), 2);
	assert_int_equal(uffdsim("explore", "--json", "--pct=2", "FILE", NULL), 0);
	assert_non_null(strstr(out, "\"complete\":false,"));
	assert_non_null(strstr(out, "\"odds\":"));
	assert_int_equal(uffdsim("explore", "--pct=2", "--random", "FILE", NULL), 0);
	assert_int_equal(uffdsim("explore", "--pct=2", "--brute", "FILE", NULL), 2);
	assert_int_equal(uffdsim("explore", "--pct=17", "FILE", NULL), 2);
	assert_int_equal(uffdsim("explore", "-j0", "FILE", NULL), 2);
	assert_int_equal(uffdsim("explore", "-j2", "FILE", NULL), 0);
	write_file("uffd x\nsequence { T: a = getpid() }\n");
	assert_int_equal(uffdsim("explore", "--split=2", "FILE", NULL), 2);
	assert_non_null(strstr(err, "one execution"));
}

static bool exists_with(const char *path, const char *begin)
{
	char text[200];
	FILE *f = fopen(path, "r");
	bool ret = f && fgets(text, sizeof(text), f) && !strncmp(text, begin, strlen(begin));

	if (f)
		fclose(f);
	unlink(path);
	return ret;
}

static void test_diagrams(void **state)
{
	char path[80];

	snprintf(path, sizeof(path), "%s/picture", dir);
	stores_with("exists (main:*A = 1)");
	assert_int_equal(uffdsim("explore", "--diagram", "svg", "FILE", NULL), 0);
	assert_int_equal(strncmp(out, "<svg ", 5), 0);
	assert_string_equal(out + strlen(out) - 7, "</svg>\n");
	assert_int_equal(uffdsim("explore", "--diagram", "html", "FILE", NULL), 0);
	assert_int_equal(strncmp(out, "<!DOCTYPE html>", 15), 0);
	assert_non_null(strstr(out, "Observation stores Sometimes"));
	assert_int_equal(uffdsim("explore", "--diagram=markdown", "FILE", NULL), 0);
	assert_int_equal(strncmp(out, "Test stores Allowed\n", 20), 0);
	assert_non_null(strstr(out, "\n### Witness\n"));
	assert_int_equal(uffdsim("explore", "--diagram", "svg", "--output", path, "FILE", NULL), 0);
	assert_int_equal(strncmp(out, "Test stores Allowed\n", 20), 0);
	assert_null(strstr(out, "<svg"));
	assert_true(exists_with(path, "<svg "));
	assert_int_equal(uffdsim("run", "--diagram", "svg", "FILE", NULL), 1);
	assert_int_equal(strncmp(out, "<svg ", 5), 0);
	assert_int_equal(uffdsim("run", "--diagram", "text", "--output", path, "FILE", NULL), 1);
	assert_true(exists_with(path, "T  "));
	assert_int_equal(uffdsim("run", "--diagram", "png", "FILE", NULL), 2);
	assert_int_equal(uffdsim("run", "--diagram", "svg", "--output", "/nonexistent/x", "FILE", NULL), 3);
	assert_non_null(strstr(err, "/nonexistent/x: No such file"));
	stores_with("exists (main:*A = 3)");
	assert_int_equal(uffdsim("explore", "--diagram", "svg", "FILE", NULL), 1);
	assert_string_equal(out, "");
	assert_non_null(strstr(err, "no execution to draw"));
}

static void test_traces(void **state)
{
	char path[80];

	snprintf(path, sizeof(path), "%s/trace", dir);
	stores_with("exists (main:*A = 1)");
	assert_int_equal(uffdsim("explore", "--trace", "perfetto", "--output", path, "FILE", NULL), 0);
	assert_non_null(strstr(out, "\nWitness:\n"));
	assert_true(exists_with(path, "{"));
	assert_int_equal(uffdsim("explore", "--json", "--trace", "perfetto", "--output", path, "FILE",
				 NULL), 0);
	assert_int_equal(strncmp(out, "{\"test\"", 7), 0);
	assert_true(exists_with(path, "{"));
	assert_int_equal(uffdsim("run", "--trace=perfetto", "--no-trace", "--output=-", "FILE", NULL), 1);
	assert_non_null(strstr(out, "\"traceEvents\":"));
	assert_int_equal(uffdsim("run", "--trace", "ctf", "FILE", NULL), 2);
	stores_with("exists (main:*A = 3)");
	assert_int_equal(uffdsim("explore", "--trace", "perfetto", "--output", path, "FILE", NULL), 1);
	assert_non_null(strstr(err, "no execution to trace"));
	write_file("uffd x\nsequence { T: a = userfaultfd(O_NONBLOCK); T: close(a) }\n");
	assert_int_equal(uffdsim("run", "--trace", "perfetto", "--output", path, "FILE", NULL), 0);
	assert_true(exists_with(path, "{"));
	assert_int_equal(uffdsim("step", "FILE", NULL), 2);
	write_file("uffd x\ninit { p = open(\"/\", 0) }\nthread T { x = 1 }\n");
	assert_int_equal(uffdsim("step", "FILE", NULL), 3);
	expect_error("2:8: not modelled: open of \"/\"\n");
}

/* Of the executions with the fewest switches, and the JSON names the same one. */
static void test_shortest(void **state)
{
	char token[200], want[250];

	stores_with("~exists (main:*A = 1)");
	assert_int_equal(uffdsim("explore", "--stats", "FILE", NULL), 1);
	assert_non_null(strstr(out, "\nSwitches 1 -> 1, steps 9 -> 9 (minimal, "));
	assert_non_null(strstr(out, "\nPruned 0\nIn full 0\nDiverged 0\nSteps "));
	assert_int_equal(sscanf(strstr(out, "\nToken "), "\nToken %199s", token), 1);
	assert_int_equal(uffdsim("explore", "--json", "FILE", NULL), 1);
	snprintf(want, sizeof(want), "\"witness\":\"%s\"", token);
	assert_non_null(strstr(out, want));
	assert_null(strstr(out, "\"search\""));
	assert_int_equal(uffdsim("explore", "--json", "--stats", "FILE", NULL), 1);
	assert_non_null(strstr(out, ",\"search\":{\"pruned\":0,\"in_full\":0,\"diverged\":0,\"steps\":"));
}

static void test_bad_files(void **state)
{
	write_file("uffd x\ninit {\n\tx = nix()\n}\n");
	assert_int_equal(uffdsim("run", "FILE", NULL), 2);
	expect_error("3:6: unknown call 'nix'\n\tx = nix()\n\t    ^\n");
	assert_int_equal(uffdsim("explore", "FILE", NULL), 2);
	expect_error("3:6: unknown call 'nix'\n");
	write_file("uffd x\nprofile v0.0\ninit { }\n");
	assert_int_equal(uffdsim("run", "FILE", NULL), 2);
	expect_error("2:9: ");
	write_file("uffd x\nthread T { x = 1/0 }\n");
	assert_int_equal(uffdsim("explore", "FILE", NULL), 2);
	expect_error("2:17: division by zero\n");
	write_file("uffd x\nthread T { p = open(\"/\", 0) }\n");
	assert_int_equal(uffdsim("run", "--json", "FILE", NULL), 3);
	expect_error("2:12: not modelled: open of \"/\"\n");
	assert_int_equal(uffdsim("explore", "--no-trace", "FILE", NULL), 3);
	assert_non_null(strstr(err, ":2:12: not modelled: open of \"/\"\n"));
	assert_int_equal(uffdsim("run", "/nonexistent/x.litmus", NULL), 2);
	assert_string_equal(err, "/nonexistent/x.litmus: No such file or directory\n");
	assert_int_equal(uffdsim("run", "/", NULL), 2);
}

static void test_bad_words(void **state)
{
	stores_with("");
	assert_int_equal(uffdsim(NULL), 2);
	assert_int_equal(uffdsim("fly", NULL), 2);
	assert_string_equal(err, "uffdsim: unknown verb 'fly'\nTry 'uffdsim --help'.\n");
	assert_int_equal(uffdsim("live", "FILE", "--runs=0", NULL), 2);
	assert_int_equal(uffdsim("--fly", NULL), 2);
	assert_int_equal(uffdsim("run", NULL), 2);
	assert_int_equal(uffdsim("run", "--fly", "FILE", NULL), 2);
	assert_string_equal(err, "uffdsim run: unknown option '--fly'\nTry 'uffdsim help run'.\n");
	assert_int_equal(uffdsim("run", "-x", "FILE", NULL), 2);
	assert_int_equal(uffdsim("run", "FILE", "FILE", NULL), 2);
	assert_int_equal(uffdsim("run", "FILE", "--seed", NULL), 2);
	assert_int_equal(uffdsim("run", "FILE", "--seed", "-1", NULL), 2);
	assert_int_equal(uffdsim("run", "FILE", "--seed", "99999999999999999999", NULL), 2);
	assert_int_equal(uffdsim("run", "FILE", "--json=1", NULL), 2);
	assert_int_equal(uffdsim("run", "FILE", "--seed=1", "--replay=x", NULL), 2);
	assert_int_equal(uffdsim("run", "FILE", "--replay=x", NULL), 2);
	assert_int_equal(uffdsim("explore", "FILE", "--max-steps=0", NULL), 2);
	assert_int_equal(uffdsim("run", "FILE", "--profile=nix", NULL), 2);
	assert_int_equal(uffdsim("profiles", "x", NULL), 2);
	assert_int_equal(uffdsim("help", "fly", NULL), 2);
}

static void test_help(void **state)
{
	assert_int_equal(uffdsim("--help", NULL), 0);
	assert_non_null(strstr(out, "explore FILE"));
	assert_non_null(strstr(out, "live FILE"));
	assert_int_equal(uffdsim("help", "explore", NULL), 0);
	assert_non_null(strstr(out, "--max-executions"));
	assert_int_equal(uffdsim("run", "--help", NULL), 0);
	assert_non_null(strstr(out, "--replay"));
	assert_int_equal(uffdsim("--version", NULL), 0);
	assert_int_equal(strncmp(out, "uffdsim ", 8), 0);
	assert_int_equal(uffdsim("profiles", NULL), 0);
	assert_non_null(strstr(out, "v6.18 (default)"));
}

static void test_profiles(void **state)
{
	assert_int_equal(uffdsim("profiles", "v4.17", "v4.18", NULL), 0);
	assert_non_null(strstr(out, "mmap_changing: none -> bool\n    4.18: bool: "));
	assert_non_null(strstr(out, "(df2cc96e7701)"));
	assert_non_null(strstr(out, "Scenario: tests/litmus/fork-vs-copy.litmus"));
	assert_int_equal(uffdsim("profiles", "v6.18", "v6.18", NULL), 0);
	assert_string_equal(out, "");
	assert_int_equal(uffdsim("profiles", "--json", "v6.18", "v6.18+tlb=on", NULL), 0);
	assert_non_null(strstr(out, "\"choice\": \"tlb\""));
	assert_non_null(strstr(out, "\"changes\": []"));
	assert_int_equal(uffdsim("profiles", "v5.15", NULL), 0);
	assert_non_null(strstr(out, "    uffd_wp = yes\n"));
	assert_int_equal(uffdsim("profiles", "+map-changing-lock", NULL), 0);
	assert_non_null(strstr(out, "6.9: yes: "));
	assert_int_equal(uffdsim("profiles", "--choices", NULL), 0);
	assert_non_null(strstr(out, "\nspurious: no, 1, 2, 3\n"));
	assert_int_equal(uffdsim("profiles", "+nix", NULL), 2);
	assert_int_equal(uffdsim("profiles", "v6.18", "v6.18", "v6.18", NULL), 2);
	assert_int_equal(uffdsim("profiles", "--choices", "v6.18", NULL), 2);
}

/* "Scenario: tests/litmus/NAME.litmus" of the table of choices names a file. */
static void test_choices_name_scenarios(void **state)
{
	static const char prefix[] = "Scenario: tests/litmus/";
	unsigned nr = 0;

	assert_int_equal(uffdsim("profiles", "--choices", NULL), 0);
	for (const char *p = out; (p = strstr(p, prefix)); nr++) {
		char path[4096];

		p += strlen(prefix);
		snprintf(path, sizeof(path), "%s/%.*s", getenv("SCENARIOS"), (int)strcspn(p, "\n"), p);
		if (access(path, R_OK))
			fail_msg("%s: named in the table of choices", path);
	}
	assert_true(nr > 50);
}

static const char race[] =
	"uffd race\n"
	"init { A = mmap(NULL, 1p, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0)\n"
	"	S = mmap(NULL, 1p, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0)\n"
	"	memset(S, 0x11, 1p)\n"
	"	u = userfaultfd(O_CLOEXEC|O_NONBLOCK)\n"
	"	ioctl(u, UFFDIO_API, {api=UFFD_API, features=UFFD_FEATURE_EVENT_FORK})\n"
	"	ioctl(u, UFFDIO_REGISTER, {range={A, 1p}, mode=UFFDIO_REGISTER_MODE_MISSING})\n"
	"}\n"
	"thread P { c = fork() }\n"
	"thread M {\n"
	"	r = ioctl(u, UFFDIO_COPY, {dst=A, src=S, len=1p, mode=0})\n"
	"	poll(u, POLLIN)\n"
	"	read(u, m)\n"
	"}\n"
	"~exists (M:r = 0 /\\ c:*A = -)\n";

static void test_compare(void **state)
{
	write_file(race);
	assert_int_equal(uffdsim("compare", "--with", "+changing-none", "FILE", NULL), 1);
	assert_non_null(strstr(out, "with v6.18+changing-none\n"));
	assert_non_null(strstr(out, "M:r=-EAGAIN; c:*A=-;   <- became impossible\n"));
	assert_non_null(strstr(out, "M:r=0; c:*A=-;   <- became possible\n"));
	assert_non_null(strstr(out, "<- now fails\n"));
	assert_non_null(strstr(out, "\nM:r=0; c:*A=-; became possible, under v6.18+changing-none:\n"));
	assert_non_null(strstr(out, " --profile v6.18+changing-none "));
	assert_int_equal(uffdsim("compare", "--base", "v4.17", "--with", "v4.18", "--json", "FILE",
				 NULL), 1);
	assert_non_null(strstr(out, "\"condition\":\"now met\""));
	assert_non_null(strstr(out, "\"impossible\":[{\"state\":\"M:r=0; c:*A=-;\",\"witness\":\"v1:"));
	assert_int_equal(uffdsim("compare", "--with", "+changing-none", "--format", "markdown", "FILE",
				 NULL), 1);
	assert_non_null(strstr(out, "| final state | v6.18 | v6.18+changing-none | |\n"));
	assert_int_equal(uffdsim("compare", "--with", "+changing-none", "--format", "html", "FILE", NULL),
			 1);
	assert_non_null(strstr(out, "<svg"));
	assert_non_null(strstr(out, "became possible"));
	assert_int_equal(uffdsim("compare", "--with", "v6.18", "FILE", NULL), 0);
	assert_non_null(strstr(out, "race: the same\n"));
	assert_null(strstr(out, "<-"));
	assert_int_equal(uffdsim("compare", "FILE", NULL), 2);
	assert_int_equal(uffdsim("compare", "--with", "v0", "FILE", NULL), 2);
	assert_int_equal(uffdsim("compare", "--with", "v6.18", NULL), 2);
}

/* What is announced differently is named; what it brings with it, too. */
static void test_compare_sequences(void **state)
{
	write_file("uffd seq\n"
		   "sequence { T: A = mmap(NULL, 1p, PROT_READ, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0)\n"
		   "	T: madvise(A, 1p, MADV_GUARD_INSTALL)\n}\n");
	assert_int_equal(uffdsim("compare", "--with", "v6.12", "FILE", NULL), 1);
	assert_non_null(strstr(out, "base {\"step\":1,\"thread\":\"T\",\"call\":\"madvise\",\"ret\":0}"));
	assert_non_null(strstr(out, "\"ret\":\"-EINVAL\"}"));
	assert_int_equal(uffdsim("compare", "--with", "v7.1", "FILE", NULL), 0);
}

static int make_dir(void **state)
{
	if (!mkdtemp(dir))
		return -1;
	snprintf(file, sizeof(file), "%s/f.litmus", dir);
	snprintf(out_file, sizeof(out_file), "%s/out", dir);
	snprintf(err_file, sizeof(err_file), "%s/err", dir);
	return 0;
}

static int remove_dir(void **state)
{
	unlink(file);
	unlink(out_file);
	unlink(err_file);
	return rmdir(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_run),	  cmocka_unit_test(test_explore),
		cmocka_unit_test(test_diagrams),  cmocka_unit_test(test_traces),
		cmocka_unit_test(test_shortest),
		cmocka_unit_test(test_bad_files), cmocka_unit_test(test_bad_words),
		cmocka_unit_test(test_help),	  cmocka_unit_test(test_coverage),
		cmocka_unit_test(test_profiles),  cmocka_unit_test(test_choices_name_scenarios),
		cmocka_unit_test(test_compare),	  cmocka_unit_test(test_compare_sequences),
	};

	return cmocka_run_group_tests(tests, make_dir, remove_dir);
}

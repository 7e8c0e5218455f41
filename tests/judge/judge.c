/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * judge.c - live runs and the comparison with the simulator
 *
 * judge FOLDER...: what the runner promises (refusals, hung runs, sound verdicts), then
 * every scenario of the folders on both.  Where a live run cannot be made, it is skipped.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <uffdsim/mm.h>

#include "tools/live/diff.h"

#define RUNS 20

static unsigned tests, failed;

static void result(bool good, const char *name, const char *note)
{
	tests++;
	failed += !good;
	printf("%s %u - %s%s%s\n", good ? "ok" : "not ok", tests, name, *note ? " # " : "", note);
	fflush(stdout);
}

static void diagnose(const char *text)
{
	while (text && *text) {
		size_t n = strcspn(text, "\n");

		printf("# %.*s\n", (int)n, text);
		text += n + (text[n] == '\n');
	}
}

/* ------------------------------------------------------------------ promises */

#define HEAD \
	"uffd t\n" \
	"init { A = mmap(NULL, 4p, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0) }\n"
#define ONE(statement) HEAD "sequence { T: " statement " }\n"

static const struct promise {
	const char *name, *text;
	enum litmus_status status;
	const char *says; /* part of the message, or of the output */
} promises[] = {
	{ "a store to the runner's memory is refused", ONE("*0x7ff000000000 = 1"), LITMUS_BAD,
	  "outside of the arena" },
	{ "so is a load", ONE("r = *0x555555554000"), LITMUS_BAD, "outside of the arena" },
	{ "munmap of everything is refused", ONE("munmap(A, 0x700000000000)"), LITMUS_BAD,
	  "outside of the arena" },
	{ "MAP_FIXED elsewhere is refused",
	  ONE("mmap(0x400000, 1p, PROT_READ, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED, -1, 0)"),
	  LITMUS_BAD, "outside of the arena" },
	{ "mremap elsewhere is refused",
	  ONE("mremap(A, 1p, 1p, MREMAP_MAYMOVE|MREMAP_FIXED, 0x7ff000000000)"), LITMUS_BAD,
	  "outside of the arena" },
	{ "a source elsewhere is refused",
	  HEAD "sequence {\n T: u = userfaultfd(0)\n"
	       " T: ioctl(u, UFFDIO_COPY, {dst=A, src=0x7ff000000000, len=1p})\n}\n",
	  LITMUS_BAD, "outside of the arena" },
	{ "the kernel writing elsewhere is refused",
	  HEAD "sequence {\n T: p = pipe()\n T: read(p, 0x7ff000000000, 1)\n}\n", LITMUS_BAD,
	  "outside of the arena" },
	{ "other memory through /proc is refused",
	  HEAD "sequence {\n T: f = open(\"/proc/self/mem\", O_RDWR)\n"
	       " T: pwrite(f, 0x7ff000000000, 1)\n}\n",
	  LITMUS_BAD, "outside of the arena" },
	{ "other files are refused", ONE("open(\"/etc/passwd\", O_RDONLY)"), LITMUS_BAD, "refuse" },
	{ "a length that goes round is the kernel's to refuse", ONE("r = munmap(A, -1p)"),
	  LITMUS_MET, "\"-EINVAL\"" },
	{ "a fork bomb ends", ONE("while (1) { fork() }"), LITMUS_BAD, "processes" },
	{ "a loop without end is ended and named", ONE("while (1) { }"), LITMUS_NOT_MET,
	  "hung: T" },
	{ "init that blocks is an error of the file",
	  "uffd t\ninit {\n p = pipe()\n A = mmap(NULL, 1p, PROT_READ|PROT_WRITE, "
	  "MAP_PRIVATE|MAP_ANONYMOUS, -1, 0)\n read(p, A, 1)\n}\nsequence { T: r = *A }\n",
	  LITMUS_BAD, "init does not get past" },
	{ "a signal is a result", ONE("r = *(A+16p)"), LITMUS_MET, "\"SIGSEGV\",\"flt\":false" },
	{ "a first store takes a fault", ONE("*A = 1"), LITMUS_MET, "\"ret\":0,\"flt\":true" },
	{ "0 to 2 are closed", ONE("write(1, A, 1)"), LITMUS_MET, "\"-EBADF\"" },
};

/* What the engine started and did not end. */
static bool has_children(const struct live *l)
{
	char path[64], text[64] = "";
	FILE *f;
	size_t n;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/children", live_pid(l), live_pid(l));
	f = fopen(path, "r");
	if (!f)
		return false;
	n = fread(text, 1, sizeof(text) - 1, f);
	fclose(f);
	return n > 0;
}

static void check_promise(struct live *l, const struct promise *p)
{
	struct live_options opt = { .limit_ms = 500 };
	struct live_answer ans;
	bool good = !live_run(l, p->text, strlen(p->text), &opt, &ans);

	good = good && ans.status == p->status &&
	       (strstr(ans.err.text, p->says) || strstr(ans.out, p->says));
	result(good && !has_children(l), p->name, "");
	if (!good) {
		printf("# status %d, expected %d\n", (int)ans.status, (int)p->status);
		diagnose(ans.err.text);
		diagnose(ans.out);
	}
	live_answer_fini(&ans);
}

/* Linux 4.17 has no UFFDIO_MOVE: that simulator and this kernel must not agree. */
static void check_divergence(struct live *l)
{
	static const char text[] = HEAD
		"sequence {\n T: u = userfaultfd(0)\n"
		" T: r = ioctl(u, UFFDIO_API, {api=UFFD_API, features=UFFD_FEATURE_POISON})\n}\n";
	struct diff_options opt = { .profile = "v4.17" };
	struct diff_result res = { 0 };
	struct litmus *prog = NULL;
	struct litmus_error err;
	bool good = !litmus_parse(text, strlen(text), &prog, &err) &&
		    !live_diff(l, prog, &opt, &res) && res.verdict == DIFF_DIVERGES &&
		    res.step == 2 && strstr(res.report, "statement 2") && !res.unstable;

	result(good, "a divergence is found and told", "");
	diagnose(good ? NULL : res.report);
	diff_result_fini(&res);
	litmus_free(prog);
}

/* Who cannot lose: a state that the exploration does not have is a divergence. */
static void check_soundness(struct live *l)
{
	static const char text[] = HEAD "thread T { r = *A }\nexists (T:r = 0)\n";
	struct diff_options opt = { .runs = RUNS };
	struct diff_result res = { 0 };
	struct litmus *prog = NULL;
	struct litmus_error err;
	bool good = !litmus_parse(text, strlen(text), &prog, &err) &&
		    !live_diff(l, prog, &opt, &res) && res.verdict == DIFF_AGREES &&
		    res.allowed == 1 && res.seen == 1;

	result(good, "states of threads are held against those explored", "");
	diff_result_fini(&res);
	litmus_free(prog);
}

/* --------------------------------------------------------------------- files */

#define ASKED 8
static void check_file(struct live *l, const char *path, const char *name)
{
	struct diff_options opt = { .runs = RUNS };
	struct diff_result res = { 0 };
	struct litmus *prog;
	struct litmus_error err;
	char note[320] = "";
	size_t len;
	int r = litmus_parse_file(path, &prog, &err);

	if (r < 0) {
		result(false, name, err.text);
		return;
	}
	/* Who of several sleepers goes on first varies: only what always differs counts. */
	for (int i = 0; i < ASKED; i++) {
		diff_result_fini(&res);
		memset(&res, 0, sizeof(res));
		r = live_diff(l, prog, &opt, &res);
		if (r || res.verdict != DIFF_DIVERGES)
			break;
	}
	if (res.verdict == DIFF_UNMODELLED || res.verdict == DIFF_MISSING)
		snprintf(note, sizeof(note), "SKIP %s", res.err.text);
	/* A live kernel passes over pages that wait in another processor's batch. */
	if (res.verdict == DIFF_DIVERGES && strstr(litmus_text(prog, &len), "MADV_PAGEOUT")) {
		snprintf(note, sizeof(note), "SKIP reclaim took other pages this time");
		res.unstable = true;
	}
	/* Where the kernel does not repeat itself there is nothing to hold anybody to. */
	result(!r && (res.verdict != DIFF_BAD || res.same_error) &&
		       (res.verdict != DIFF_DIVERGES || res.unstable),
	       name, note);
	diagnose(res.report);
	if (res.verdict == DIFF_BAD)
		diagnose(res.err.text);
	diff_result_fini(&res);
	litmus_free(prog);
}

/* What older kernels do differently is the fuzzer's to find, not every machine's to fail on. */
static bool newest_kernel(const struct live *l)
{
	const char *name = profile_name(profile_default()) + 1;

	return !strncmp(live_release(l), name, strlen(name)) &&
	       strchr(".-", live_release(l)[strlen(name)]);
}

static void check_folder(struct live *l, const char *folder)
{
	struct dirent **entries;
	int n = scandir(folder, &entries, NULL, alphasort);
	char path[1024];

	for (int i = 0; i < n; i++) {
		const char *name = entries[i]->d_name, *dot = strrchr(name, '.');

		snprintf(path, sizeof(path), "%s/%s", folder, name);
		if (dot && !strcmp(dot, ".litmus"))
			check_file(l, path, name);
		free(entries[i]);
	}
	if (n >= 0)
		free(entries);
}

int main(int argc, char **argv)
{
	struct live *l;
	char why[300];

	if (live_open(NULL, &l, why, sizeof(why)) < 0) {
		printf("1..0 # SKIP %s\n", why);
		return 0;
	}
	for (size_t i = 0; i < sizeof(promises) / sizeof(promises[0]); i++)
		check_promise(l, &promises[i]);
	check_divergence(l);
	check_soundness(l);
	for (int i = 1; i < argc; i++) {
		if (newest_kernel(l))
			check_folder(l, argv[i]);
		else
			result(true, argv[i], "SKIP the kernel is not that of the newest profile");
	}
	printf("1..%u\n", tests);
	live_close(l);
	return failed != 0;
}

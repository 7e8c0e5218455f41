/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_walk.c - forwards and backwards through an execution
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tools/step/walk.h"

static const char scenario[] =
	"uffd walk\n"
	"init {\n"
	"A = mmap(NULL, 1p, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0)\n"
	"S = mmap(NULL, 1p, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0)\n"
	"memset(S, 0x11, 1p)\n"
	"u = userfaultfd(O_CLOEXEC)\n"
	"ioctl(u, UFFDIO_API, {api=UFFD_API, features=UFFD_FEATURE_EVENT_FORK})\n"
	"ioctl(u, UFFDIO_REGISTER, {range={A, 1p}, mode=UFFDIO_REGISTER_MODE_MISSING})\n"
	"}\n"
	"thread process { c = fork() }\n"
	"thread monitor {\n"
	"r = ioctl(u, UFFDIO_COPY, {dst=A, src=S, len=1p, mode=0})\n"
	"poll(u, POLLIN)\nread(u, m)\n"
	"}\n"
	"~exists (monitor:r = 0 /\\ c:*A = -)\n";

#define PROCESS 1
#define MONITOR 2

static struct litmus *prog;

static int parse(void **state)
{
	struct litmus_error err;

	return litmus_parse(scenario, strlen(scenario), &prog, &err);
}

static int drop(void **state)
{
	litmus_free(prog);
	return 0;
}

static struct walk *walk(const char *profile)
{
	const struct litmus_options opt = { .profile = profile };
	struct litmus_error err;
	struct walk *w;

	assert_int_equal(walk_new(prog, &opt, &w, &err), 0);
	return w;
}

/* Everything that can be seen of the present state. */
static char *state_of(const struct walk *w)
{
	char *text;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	walk_print_threads(w, f);
	walk_print_locks(w, f);
	walk_print_memory(w, f);
	walk_print_queues(w, f);
	walk_print_diagram(w, f, 0);
	fclose(f);
	/* Who would be next depends on the path ahead. */
	for (char *p = text; p; p = strstr(p + 1, "\n"))
		if (!strncmp(p + (*p == '\n'), "> ", 2))
			p[*p == '\n'] = '+';
	return text;
}

static void back_is_where_it_came_from(void **state)
{
	struct walk *w = walk(NULL);
	char *seen[100];
	unsigned n = 0;

	while (walk_enabled(w)) {
		seen[n++] = state_of(w);
		/* Now the one, now the other. */
		if (walk_step(w, n & 1 ? PROCESS : MONITOR) == -EAGAIN)
			assert_int_equal(walk_step(w, n & 1 ? MONITOR : PROCESS), 0);
		assert_int_equal(walk_place(w), n);
	}
	assert_string_equal(walk_end(w), "done");
	while (n--) {
		char *text;

		assert_int_equal(walk_seek(w, n), 0);
		assert_null(walk_end(w));
		text = state_of(w);
		assert_string_equal(text, seen[n]);
		free(text);
		free(seen[n]);
	}
	walk_free(w);
}

static void the_path_stays_until_another_is_taken(void **state)
{
	struct walk *w = walk(NULL);
	unsigned length;

	assert_int_equal(walk_to_end(w), 0);
	length = walk_length(w);
	assert_true(length > 10);
	assert_int_equal(walk_seek(w, 3), 0);
	assert_int_equal(walk_length(w), length);
	assert_int_equal(walk_next(w), PROCESS);
	assert_int_equal(walk_step(w, PROCESS), 0);
	assert_int_equal(walk_length(w), length);
	assert_int_equal(walk_step(w, MONITOR), 0);
	assert_int_equal(walk_length(w), 5);
	assert_int_equal(walk_last(w), MONITOR);
	assert_int_equal(walk_seek(w, 100), 0);
	assert_int_equal(walk_place(w), 5);
	walk_free(w);
}

static void who_is_blocked_cannot_be_chosen(void **state)
{
	struct walk *w = walk(NULL);
	char *text;

	/* With mmap_lock taken for writing. */
	assert_int_equal(walk_step(w, PROCESS), 0);
	assert_int_equal(walk_step(w, PROCESS), 0);
	while (walk_step(w, MONITOR) == 0)
		;
	assert_int_equal(walk_step(w, MONITOR), -EAGAIN);
	assert_int_equal(walk_step(w, 0), -EAGAIN);
	assert_int_equal(walk_step(w, 31), -EAGAIN);
	assert_int_equal(walk_step(w, 99), -EAGAIN);
	text = state_of(w);
	assert_non_null(strstr(text, "down_read(mmap_lock), blocked by process"));
	assert_non_null(strstr(text, "mmap_lock                process, exclusive\n"));
	assert_non_null(strstr(text, "    S              pwxda 0x11\n"));
	free(text);
	walk_free(w);
}

static void queues_are_shown(void **state)
{
	struct walk *w = walk(NULL);
	char *text;

	while (walk_step(w, PROCESS) == 0)
		;
	text = state_of(w);
	assert_non_null(strstr(text, "event_wqh          process FORK\n"));
	assert_non_null(strstr(text, "mmap_changing 1\n"));
	assert_non_null(strstr(text, "userfaultfd_event_wait_completion, sleeps"));
	free(text);
	walk_free(w);
}

/* What was walked replays, and the other way round. */
static void a_walk_is_a_token(void **state)
{
	struct litmus_options opt = { .profile = "v4.17" };
	struct litmus_explore_result res;
	struct litmus_run_result run;
	struct litmus_error err;
	struct walk *w;
	char *token;

	assert_int_equal(litmus_explore(prog, &opt, &res, &err), 0);
	assert_non_null(res.witness);
	w = walk("v4.17");
	assert_int_equal(walk_take_token(w, res.witness, &err), 0);
	assert_int_equal(walk_place(w), 0);
	assert_int_equal(walk_to_end(w), 0);
	token = walk_token(w);
	assert_string_equal(token, res.witness);
	opt.replay = token;
	assert_int_equal(litmus_run(prog, &opt, &run, &err), 0);
	assert_int_equal(run.status, LITMUS_NOT_MET);
	litmus_run_result_fini(&run);
	free(token);
	assert_int_equal(walk_take_token(w, "v1:0000000000000000:", &err), -EINVAL);
	assert_non_null(strstr(err.text, "another program"));
	walk_free(w);
	litmus_explore_result_fini(&res);
}

static void commands_come_one_a_line(void **state)
{
	static const char commands[] = "# a comment\nnext 2\nprocess\nmonitor\nback 2\nnix\nbegin\n"
				       "end\nprocess\ntoken\ndiagram\nhelp\nquit\nnext\n";
	static const char *const want[] = {
		"step 0 of 0\n", "step 2 of 2\n", "step 3 of 3\n",
		"step 4 of 4\n", "step 2 of 4\n", "unknown: 'nix'",
		"step 0 of 4\n", ": done\n",      "process cannot go on here",
		"Token v1:",     "c = fork()",    "begin, end ",
	};
	struct walk *w = walk(NULL);
	FILE *in = fmemopen((char *)commands, sizeof(commands) - 1, "r");
	char *text, *p;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	assert_int_equal(walk_lines(w, in, out), 0);
	fclose(in);
	fclose(out);
	p = text;
	for (size_t i = 0; i < sizeof(want) / sizeof(want[0]); i++) {
		p = strstr(p, want[i]);
		if (!p)
			fail_msg("no \"%s\" in\n%s", want[i], text);
		p += strlen(want[i]);
	}
	assert_null(strstr(p, "step "));
	free(text);
	walk_free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(back_is_where_it_came_from),
		cmocka_unit_test(the_path_stays_until_another_is_taken),
		cmocka_unit_test(who_is_blocked_cannot_be_chosen),
		cmocka_unit_test(queues_are_shown),
		cmocka_unit_test(a_walk_is_a_token),
		cmocka_unit_test(commands_come_one_a_line),
	};

	return cmocka_run_group_tests(tests, parse, drop);
}

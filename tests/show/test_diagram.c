/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_diagram.c - rows and columns of traces made by hand
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tools/show/show.h"

#define LOCK .cls = SIM_CLASS_RWSEM, .obj = 7
#define SPIN .cls = SIM_CLASS_SPINLOCK, .obj = 8

/* Lines of two threads, A and B, up to one without a text. */
static char *draw(const struct litmus_trace_line *lines, const struct show_options *opt)
{
	struct litmus_trace_thread threads[] = { { .name = "A" }, { .name = "B" } };
	struct litmus_trace tr = {
		.nr_threads = 2,
		.threads = threads,
		.lines = (struct litmus_trace_line *)lines,
	};
	struct litmus_run_result run = { .trace = &tr };
	struct show_options none = { 0 };
	struct diagram *d;
	char *text;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	while (lines[tr.nr_lines].text)
		tr.nr_lines++;
	d = diagram_new(NULL, &run, opt ? opt : &none);
	assert_non_null(d);
	text_columns(f, d, opt ? opt->width : 0);
	diagram_free(d);
	fclose(f);
	return text;
}

static void expect(const struct litmus_trace_line *lines, const struct show_options *opt,
		   const char *want)
{
	char *text = draw(lines, opt);

	assert_string_equal(text, want);
	free(text);
}

static void a_statement_and_its_result_are_one_row(void **state)
{
	static const struct litmus_trace_line lines[] = {
		{ 1, 0, SIM_TRACE_CALL, .text = "r = poll(u, POLLIN)" },
		{ 2, 0, SIM_TRACE_RETURN, .text = "poll() = 1" },
		{ 3, 0, SIM_TRACE_CALL, .text = "*A = 1" },
		{ 4, 0, SIM_TRACE_RETURN, .text = "store = 0" },
		{ 4, 0, SIM_TRACE_CHANGE, .text = "A: pw -> pwd" },
		{ 5, 0, SIM_TRACE_CALL, .text = "x = *A" },
		{ 6, 0, SIM_TRACE_RETURN, .text = "load = 0x1" },
		{ 7, 0, SIM_TRACE_CALL, .text = "*B = 1" },
		{ 8, 0, SIM_TRACE_RETURN, .text = "store = SIGBUS" },
		{ 0 },
	};

	expect(lines, NULL,
	       "A\n"
	       "-----------------------\n"
	       "r = poll(u, POLLIN) = 1\n"
	       "*A = 1\n"
	       "    A: pw -> pwd\n"
	       "x = *A -> 0x1\n"
	       "*B = 1 -> SIGBUS\n");
}

static void a_statement_begins_with_its_first_effect(void **state)
{
	static const struct litmus_trace_line lines[] = {
		{ 1, 0, SIM_TRACE_CALL, .text = "munmap(A, 1p)" },
		{ 2, 1, SIM_TRACE_CALL, .text = "x = *A" },
		{ 3, 1, SIM_TRACE_RETURN, .text = "load = 0x0" },
		{ 4, 0, SIM_TRACE_NOTE, .text = "  zap_pte_range()" },
		{ 4, 0, SIM_TRACE_RETURN, .text = "munmap() = 0" },
		{ 4, 0, SIM_TRACE_CHANGE, .text = "A: p -> -" },
		{ 0 },
	};

	expect(lines, NULL,
	       "A                 | B\n"
	       "------------------+--------------\n"
	       "                  | x = *A -> 0x0\n"
	       "munmap(A, 1p)     |\n"
	       "  zap_pte_range() |\n"
	       "    A: p -> -     |\n"
	       "munmap() = 0      |\n");
}

static const struct litmus_trace_line interrupted[] = {
	{ 1, 0, SIM_TRACE_CALL, .text = "fork()" },
	{ 2, 0, SIM_TRACE_HOLD, LOCK, .mask = SIM_HOLD_EXCLUSIVE, .text = "mmap_lock" },
	{ 2, 0, SIM_TRACE_OP, LOCK, .text = "down_write(mmap_lock)" },
	{ 3, 0, SIM_TRACE_HOLD, SPIN, .mask = SIM_HOLD_EXCLUSIVE, .text = "ptl" },
	{ 3, 0, SIM_TRACE_OP, SPIN, .text = "spin_lock(ptl)" },
	{ 3, 0, SIM_TRACE_DROP, SPIN, .text = "ptl" },
	{ 4, 1, SIM_TRACE_CALL, .text = "close(u)" },
	{ 5, 1, SIM_TRACE_OP, LOCK, .text = "down_read(mmap_lock) queues" },
	{ 5, 1, SIM_TRACE_BLOCKED, LOCK, .mask = 1, .text = "down_read(mmap_lock)" },
	{ 6, 0, SIM_TRACE_DROP, LOCK, .text = "mmap_lock" },
	{ 6, 0, SIM_TRACE_OP, LOCK, .text = "up_write(mmap_lock)" },
	{ 6, 0, SIM_TRACE_RETURN, .text = "fork() = c" },
	{ 7, 1, SIM_TRACE_HOLD, LOCK, .mask = SIM_HOLD_SHARED, .text = "mmap_lock" },
	{ 7, 1, SIM_TRACE_OP, LOCK, .text = "down_read(mmap_lock)" },
	{ 8, 1, SIM_TRACE_BLOCKED, .text = "schedule()" },
	{ 0 },
};

static void who_is_interrupted_says_what_it_holds(void **state)
{
	expect(interrupted, NULL,
	       "A                       | B\n"
	       "------------------------+------------------------------------\n"
	       "fork()                  |\n"
	       "  down_write(mmap_lock) |\n"
	       "  (holds mmap_lock)     |\n"
	       "                        | close(u)\n"
	       "                        |   down_read(mmap_lock) blocked by A\n"
	       "  up_write(mmap_lock)   |\n"
	       "fork() = c              |\n"
	       "                        |   down_read(mmap_lock)\n"
	       "                        |   schedule() sleeps\n");
}

static void nothing_is_left_out_if_asked(void **state)
{
	static const struct show_options full = { .full = true };
	char *text = draw(interrupted, &full);

	assert_non_null(strstr(text, "  spin_lock(ptl)        |\n"));
	free(text);
	text = draw(interrupted, NULL);
	assert_null(strstr(text, "spin_lock"));
	free(text);
}

static void long_lines_wrap(void **state)
{
	static const struct show_options narrow = { .width = 40 };
	static const struct litmus_trace_line lines[] = {
		{ 1, 0, SIM_TRACE_CALL, .text = "ioctl(u, UFFDIO_COPY, {dst=A})" },
		{ 1, 0, SIM_TRACE_NOTE, .text = "userfaultfd_event_wait_completion()" },
		{ 1, 0, SIM_TRACE_RETURN, .text = "UFFDIO_COPY = 0" },
		{ 2, 1, SIM_TRACE_CALL, .text = "x = *A" },
		{ 2, 1, SIM_TRACE_RETURN, .text = "load = 0x1" },
		{ 2, 1, SIM_TRACE_RETURN, .text = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" },
		{ 0 },
	};

	expect(lines, &narrow,
	       "A                  | B\n"
	       "-------------------+-------------------\n"
	       "ioctl(u,           |\n"
	       "    UFFDIO_COPY,   |\n"
	       "    {dst=A})       |\n"
	       "  userfaultfd_     |\n"
	       "    event_wait_    |\n"
	       "    completion()   |\n"
	       "UFFDIO_COPY = 0    |\n"
	       "                   | x = *A -> 0x1\n"
	       "                   | aaaaaaaaaaaaaaaaaa\n"
	       "                   |     aaaaaaaaaaaaaa\n"
	       "                   |     aaaaaaaa\n");
}

static void repeated_rows_are_told_once(void **state)
{
	struct litmus_trace_line lines[20] = { 0 };

	for (int i = 0; i < 18; i += 2) {
		lines[i] = (struct litmus_trace_line){ (uint64_t)i, 0, SIM_TRACE_CALL,
						       .text = "r = ioctl(u, UFFDIO_COPY, {})" };
		lines[i + 1] = (struct litmus_trace_line){ (uint64_t)i + 1, 0, SIM_TRACE_RETURN,
							   .text = "UFFDIO_COPY = -EAGAIN" };
	}
	expect(lines, NULL,
	       "A\n"
	       "---------------------------------------\n"
	       "r = ioctl(u, UFFDIO_COPY, {}) = -EAGAIN\n"
	       "(this 9 times in all)\n");
}

static void names_of_statements(void **state)
{
	static const struct {
		const char *text, *want;
	} rows[] = {
		{ "r = ioctl(u, UFFDIO_COPY, {dst=A})", "UFFDIO_COPY" },
		{ "ioctl(u, UFFDIO_WAKE, {start=A, len=1p}) = 0", "UFFDIO_WAKE" },
		{ "c = fork()", "fork()" },
		{ "madvise(A, 1p, MADV_DONTNEED)", "madvise()" },
		{ "*A = 0x22", "*A = 0x22" },
		{ "*(A+1p) = 1", "*(A+1p) = 1" },
		{ "x = *A -> 0x11", "x = *A" },
		{ "x = 1 + 1", "x = 1 + 1" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char *name = statement_name(rows[i].text);

		assert_string_equal(name, rows[i].want);
		free(name);
	}
}

static void a_circle_is_found(void **state)
{
	struct litmus_trace_thread t[] = {
		{ .name = "free" },
		{ .name = "A", .waits_in = "down_write", .waits_for = "x", .holders = 4 },
		{ .name = "B", .waits_in = "down_read", .waits_for = "y", .holders = 2 },
		{ .name = "C", .waits_in = "down_read", .waits_for = "y", .holders = 2 },
	};
	struct litmus_trace tr = { .nr_threads = 4, .threads = t };
	char *text = cycle_new(&tr);

	assert_string_equal(text, "A -> x -> B -> y -> A");
	free(text);
	t[2].holders = 1;
	assert_null(cycle_new(&tr));
	t[2].holders = 0;
	assert_null(cycle_new(&tr));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_statement_and_its_result_are_one_row),
		cmocka_unit_test(a_statement_begins_with_its_first_effect),
		cmocka_unit_test(who_is_interrupted_says_what_it_holds),
		cmocka_unit_test(nothing_is_left_out_if_asked),
		cmocka_unit_test(long_lines_wrap),
		cmocka_unit_test(repeated_rows_are_told_once),
		cmocka_unit_test(names_of_statements),
		cmocka_unit_test(a_circle_is_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

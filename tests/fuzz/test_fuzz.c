/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_fuzz.c - generator, shrinker, findings and state
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "tools/fuzz/campaign.h"
#include "tools/fuzz/settle.h"
#include "tools/fuzz/shrink.h"

static struct program prog, other;
static char text[PROGRAM_TEXT], text2[PROGRAM_TEXT];

static void generate(uint64_t seed, uint64_t number, bool threads)
{
	struct gen_options opt = { 0 };
	struct choices c;

	choices_seed(&c, seed, number);
	if (threads)
		gen_threads(&c, &opt, &prog);
	else
		gen_sequence(&c, &opt, &prog);
}

static void assert_parses(const char *s)
{
	struct litmus_error err;
	struct litmus *p;

	if (litmus_parse(s, strlen(s), &p, &err)) {
		litmus_print_error(stderr, "generated", &err);
		fail_msg("%s", s);
	}
	litmus_free(p);
}

/* ---------------------------------------------------------------- generator */

static void same_seed_same_text(void **state)
{
	for (unsigned i = 0; i < 200; i++) {
		generate(7, i, i % 2);
		program_print(&prog, text);
		generate(7, i, i % 2);
		program_print(&prog, text2);
		assert_string_equal(text, text2);
	}
}

static void programs_differ(void **state)
{
	generate(1, 1, false);
	program_print(&prog, text);
	generate(1, 2, false);
	program_print(&prog, text2);
	assert_string_not_equal(text, text2);
	generate(2, 1, false);
	program_print(&prog, text2);
	assert_string_not_equal(text, text2);
}

/* mremap of a part of a private mapping of huge pages, of all of it. */
static void promises_of_huge_pages_are_kept(void **state)
{
	static const char head[] = "uffd promises\n"
				   "init {\n"
				   "	A = mmap(NULL, 3h, PROT_READ, "
				   "MAP_PRIVATE|MAP_ANONYMOUS|MAP_HUGETLB, -1, 0)\n"
				   "}\n"
				   "sequence {\n";
	struct settled s;

	(void)state;
	snprintf(text, sizeof(text),
		 "%s	T: mremap(A, 1h, 1h, MREMAP_MAYMOVE|MREMAP_FIXED, A+8h)\n"
		 "	T: r = *A\n}\n",
		 head);
	assert_true(program_scan(&prog, text));
	assert_true(settle(&prog, NULL, NULL, text, &s) > 0);
	assert_true(s.usable);
	assert_null(strstr(text, "mremap(A, 1h"));
	snprintf(text, sizeof(text),
		 "%s	T: mremap(A, 3h, 3h, MREMAP_MAYMOVE|MREMAP_FIXED, A+8h)\n}\n", head);
	assert_true(program_scan(&prog, text));
	assert_true(settle(&prog, NULL, NULL, text, &s) > 0);
	assert_non_null(strstr(text, "mremap(A, 3h"));
}

static void settled_programs_parse_and_run(void **state)
{
	struct litmus_options opt = { .check = true };
	unsigned usable = 0;

	for (unsigned i = 0; i < 300; i++) {
		struct litmus_run_result res;
		struct litmus_error err;
		struct litmus *p;
		struct settled s;
		long len;

		generate(3, i, false);
		len = settle(&prog, NULL, NULL, text, &s);
		assert_true(len > 0);
		if (!s.usable)
			continue;
		usable++;
		assert_int_equal(litmus_parse(text, (size_t)len, &p, &err), 0);
		assert_int_equal(litmus_run(p, &opt, &res, &err), 0);
		if (res.status != LITMUS_MET)
			fail_msg("%s\n%s", res.message, text);
		litmus_run_result_fini(&res);
		litmus_free(p);
	}
	assert_true(usable > 20);
}

static void thread_programs_parse(void **state)
{
	for (unsigned i = 0; i < 100; i++) {
		generate(3, i, true);
		program_print(&prog, text);
		assert_parses(text);
	}
}

static void bytes_decide(void **state)
{
	static const uint8_t some[40] = { 3, 200, 14, 9, 77, 1, 250, 6 };
	struct gen_options opt = { 0 };
	struct choices c;

	for (size_t len = 0; len <= sizeof(some); len++) {
		choices_bytes(&c, some, len);
		gen_sequence(&c, &opt, &prog);
		program_print(&prog, text);
		choices_bytes(&c, some, len);
		gen_sequence(&c, &opt, &prog);
		program_print(&prog, text2);
		assert_string_equal(text, text2);
	}
}

/* ---------------------------------------------------------------- programs */

static void text_goes_back_to_lines(void **state)
{
	for (unsigned i = 0; i < 40; i++) {
		generate(5, i, i % 2);
		program_print(&prog, text);
		assert_true(program_scan(&other, text));
		program_print(&other, text2);
		assert_string_equal(text, text2);
	}
}

static void steps_are_lines(void **state)
{
	struct litmus_error err;
	struct litmus *p;
	unsigned line = 1;

	generate(5, 1, false);
	snprintf(prog.about, sizeof(prog.about), "two\nlines");
	program_print(&prog, text);
	for (const char *s = text; *s; s++) {
		if ((s == text || s[-1] == '\n') && *s == '\t') {
			int step = program_step_at(&prog, line);

			assert_true(step >= 0);
			assert_memory_equal(s + 1, prog.line[step].text,
					    strlen(prog.line[step].text));
		}
		line += *s == '\n';
	}
	assert_int_equal(program_step_at(&prog, 1), -1);
	if (!litmus_parse(text, strlen(text), &p, &err)) {
		assert_int_equal(litmus_statements(p), prog.nr);
		litmus_free(p);
	}
}

/* ------------------------------------------------------------------ shrinker */

/* Finds a munmap() after an mprotect() with PROT_READ in it. */
static int artificial(void *ctx, const char *s, size_t len, struct verdict *v)
{
	const char *a = strstr(s, "mprotect("), *line_end = a ? strchr(a, '\n') : NULL;
	const char *b = a ? strstr(a, "munmap(") : NULL, *read = a ? strstr(a, "PROT_READ") : NULL;
	unsigned *asked = ctx;

	++*asked;
	memset(v, 0, sizeof(*v));
	if (!b || !read || read > line_end)
		return 0;
	v->kind = VERDICT_FINDING;
	snprintf(v->call, sizeof(v->call), "munmap");
	snprintf(v->what, sizeof(v->what), "artificial");
	return 0;
}

static void shrinks_to_what_matters(void **state)
{
	unsigned asked = 0;
	const struct judge judge = { "artificial", artificial, &asked };
	struct verdict v;

	program_init(&prog, "x", false);
	program_add(&prog, 0,
		    "A = mmap(NULL, 8p, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0)");
	for (unsigned i = 0; i < 20; i++)
		program_add(&prog, 1, "T: *(A+%up) = 0x%x", i % 8, i);
	program_add(&prog, 1, "V: mprotect(A+3p, 4p, PROT_READ|PROT_EXEC)");
	for (unsigned i = 0; i < 20; i++)
		program_add(&prog, 1, "M: r%u = *(A+%up)", i, i % 8);
	program_add(&prog, 1, "V: munmap(A+1p, 7p)");
	program_print(&prog, text);
	artificial(&asked, text, strlen(text), &v);
	assert_true(shrink(&prog, &judge, &v, &(struct shrink_budget){ .questions = 5000 }, NULL) > 0);
	assert_int_equal(prog.nr, 3);
	assert_string_equal(prog.line[1].text, "T: mprotect(A, 1p, PROT_READ)");
	assert_string_equal(prog.line[2].text, "T: munmap(A, 1p)");
	assert_true(asked < 1500);
}

static void shrinker_keeps_its_budget(void **state)
{
	unsigned asked = 0;
	const struct judge judge = { "artificial", artificial, &asked };
	struct verdict v;

	shrinks_to_what_matters(state);
	program_add(&prog, 1, "T: munmap(A, 1p)");
	program_print(&prog, text);
	artificial(&asked, text, strlen(text), &v);
	asked = 0;
	shrink(&prog, &judge, &v, &(struct shrink_budget){ .questions = 3 }, NULL);
	assert_true(asked <= 3);
}

/* --------------------------------------------------------------- campaigns */

/* Every program with a REGISTER is a finding: one, however many there are. */
static int registers(void *ctx, const char *s, size_t len, struct verdict *v)
{
	memset(v, 0, sizeof(*v));
	if (!strstr(s, "UFFDIO_REGISTER,"))
		return 0;
	v->kind = VERDICT_FINDING;
	snprintf(v->call, sizeof(v->call), "ioctl:UFFDIO_REGISTER");
	snprintf(v->what, sizeof(v->what), "is there, -EINVAL");
	snprintf(v->command, sizeof(v->command), "grep REGISTER %%s");
	return 0;
}

static char dir[] = "/tmp/uffdsim-fuzz-XXXXXX";

static struct campaign small_campaign(uint64_t programs)
{
	return (struct campaign){
		.gen = { .only_anon = true, .statements = 20 },
		.programs = programs,
		.out = dir,
		.nr_judges = 1,
		.judge = { { "registers", registers, NULL } },
		.shrink = { .questions = 200 },
	};
}

static void findings_survive(void **state)
{
	struct campaign c = small_campaign(30);
	struct state st, again, whole;
	char path[200];
	FILE *f;

	assert_non_null(mkdtemp(dir));
	assert_int_equal(state_init(&st), 0);
	st.seed = 11;
	assert_int_equal(campaign_run(&c, &st), 0);
	for (unsigned i = 0; i < st.found.nr; i++)
		print_message("%s\n", st.found.item[i].name);
	assert_int_equal(st.found.nr, 1);
	assert_string_equal(st.found.item[0].name, "register-is-there-einval");

	snprintf(path, sizeof(path), "%s/register-is-there-einval.litmus", dir);
	f = fopen(path, "r");
	assert_non_null(f);
	text[fread(text, 1, sizeof(text) - 1, f)] = '\0';
	fclose(f);
	assert_parses(text);
	assert_non_null(strstr(text, "# reproduce: grep REGISTER /tmp/"));

	/* Going on where it ended is the same as never having stopped. */
	assert_int_equal(state_init(&again), 0);
	assert_int_equal(state_load(&again, dir), 0);
	assert_int_equal(again.next, 30);
	assert_int_equal(again.cover.statements, st.cover.statements);
	assert_int_equal(again.cover.nr, st.cover.nr);
	assert_int_equal(campaign_run(&c, &again), 0);
	assert_int_equal(again.found.nr, 1);
	c.programs = 60;
	assert_int_equal(state_init(&whole), 0);
	whole.seed = 11;
	assert_int_equal(campaign_run(&c, &whole), 0);
	assert_int_equal(again.next, whole.next);
	assert_int_equal(again.found.item[0].count, whole.found.item[0].count);
	assert_int_equal(again.cover.statements, whole.cover.statements);
	state_fini(&whole);
	state_fini(&again);
	state_fini(&st);
	unlink(path);
	snprintf(path, sizeof(path), "%s/state.json", dir);
	unlink(path);
	rmdir(dir);
}

static void damaged_state_is_refused(void **state)
{
	char path[200];
	struct state st;
	FILE *f;

	strcpy(dir + strlen(dir) - 6, "XXXXXX");
	assert_non_null(mkdtemp(dir));
	assert_int_equal(state_init(&st), 0);
	assert_int_equal(state_load(&st, dir), -ENOENT);
	snprintf(path, sizeof(path), "%s/state.json", dir);
	f = fopen(path, "w");
	assert_non_null(f);
	fputs("{\"seed\": 1, \"next\"", f);
	fclose(f);
	assert_int_equal(state_load(&st, dir), -EINVAL);
	state_fini(&st);
	unlink(path);
	rmdir(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(same_seed_same_text),
		cmocka_unit_test(programs_differ),
		cmocka_unit_test(promises_of_huge_pages_are_kept),
		cmocka_unit_test(settled_programs_parse_and_run),
		cmocka_unit_test(thread_programs_parse),
		cmocka_unit_test(bytes_decide),
		cmocka_unit_test(text_goes_back_to_lines),
		cmocka_unit_test(steps_are_lines),
		cmocka_unit_test(shrinks_to_what_matters),
		cmocka_unit_test(shrinker_keeps_its_budget),
		cmocka_unit_test(findings_survive),
		cmocka_unit_test(damaged_state_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

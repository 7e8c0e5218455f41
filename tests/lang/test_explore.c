/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_explore.c - litmus_explore(): states, verdicts, summaries, tokens
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "helper.h"

static void explore(const char *text, const struct litmus_options *opt,
		    struct litmus_explore_result *res)
{
	static const struct litmus_options none;
	struct litmus *prog = parse(text);
	struct litmus_error err;

	assert_int_equal(litmus_explore(prog, opt ? opt : &none, res, &err), 0);
	litmus_free(prog);
}

static void expect_begin(const char *text, const char *want)
{
	if (strncmp(text, want, strlen(want)))
		fail_msg("%s does not begin with %s", text, want);
}

#define STORES WORLD("0") "thread T { *A = 1 }\nthread U { *A = 2 }\n"

/* One store after the other, in both orders: counts do not depend on locks' details. */
static void test_summary(void **state)
{
	enum litmus_status status;
	char *text = summary(STORES "exists (main:*A = 1)", &status), *hash;

	hash = strstr(text, "Hash=");
	assert_non_null(hash);
	assert_int_equal(strspn(hash + 5, "0123456789abcdef"), 32);
	expect_begin(text, "Test t Allowed\nStates 2\nmain:*A=0x1;\nmain:*A=0x2;\nOk\nWitnesses\nPositive: ");
	assert_non_null(strstr(text, "\nCondition exists (main:*A=1)\nObservation t Sometimes "));
	assert_non_null(strstr(text, " (complete)\nDeadlocks 0\n"));
	assert_int_equal(status, LITMUS_MET);
	free(text);
}

static void expect_verdict(const char *cond, const char *kind, bool ok, const char *observation)
{
	struct litmus_explore_result res;
	char text[800];

	snprintf(text, sizeof(text), STORES "%s", cond);
	explore(text, NULL, &res);
	assert_string_equal(res.kind, kind);
	assert_int_equal(res.ok, ok);
	assert_string_equal(res.observation, observation);
	assert_int_equal(res.status, ok ? LITMUS_MET : LITMUS_NOT_MET);
	assert_int_equal(res.positive + res.negative, res.executions);
	assert_true(res.complete);
	litmus_explore_result_fini(&res);
}

static void test_verdicts(void **state)
{
	expect_verdict("exists (main:*A = 1)", "Allowed", true, "Sometimes");
	expect_verdict("exists (main:*A = 3)", "Allowed", false, "Never");
	expect_verdict("~exists (main:*A = 1)", "Forbidden", false, "Sometimes");
	expect_verdict("~exists (main:*A = 0x3)", "Forbidden", true, "Never");
	expect_verdict("forall (main:*A = 1)", "Required", false, "Sometimes");
	expect_verdict("forall (main:*A = 1 \\/ main:*A = 2)", "Required", true, "Always");
	expect_verdict("forall (~(main:*A = 3) /\\ main:*A != - /\\ main:*(A+1p) = -)", "Required", true, "Always");
	expect_verdict("forall (~blocked(T))", "Required", true, "Always");
	expect_verdict("", "Required", true, "Always");
}

/* ~exists swaps the witnesses, not the observation. */
static void test_swapped(void **state)
{
	char *text = summary(WORLD("0") "thread T { *A = 1 }\n~exists (main:*A = 1 /\\ (T:x = 0 \\/ ~blocked(T)))\n"
			     "locations [T:x]\nthread U { x = 2 }", NULL);

	assert_non_null(strstr(text, "Test t Forbidden\nStates 1\nT:x=0; blocked(T)=false; main:*A=0x1;\nNo\n"
			       "Witnesses\nPositive: 0 Negative: 1\n"
			       "Condition ~exists (main:*A=1 /\\ (T:x=0 \\/ ~(blocked(T))))\n"
			       "Observation t Always 1 0\n"));
	free(text);
}

static void test_json(void **state)
{
	char *text = explore_json("uffd t\nthread T { x = -11 }\nexists (T:x = -EAGAIN)\n"
				  "locations [blocked(T); T:y]\nthread U { y = 1 }"), *end;

	expect_begin(text, "{\"test\":\"t\",\"profile\":\"v");
	end = strstr(text, "\"complete\"");
	assert_non_null(end);
	expect_begin(end, "\"complete\":true,\"executions\":1,\"states\":[{\"count\":1,\"state\":"
			  "{\"T:x\":\"-EAGAIN\",\"T:y\":0,\"blocked(T)\":false}}],\"positive\":1,"
			  "\"negative\":0,\"observation\":\"Always\",\"ok\":true,\"deadlocks\":0,"
			  "\"witness\":\"v1:");
	free(text);
	text = explore_json("uffd t\nthread T { x = 1 }\nexists (T:x = 2)");
	assert_non_null(strstr(text, ",\"ok\":false,\"deadlocks\":0,\"witness\":null}\n"));
	free(text);
}

/* The token leads to an execution that decides. */
static void test_witness(void **state)
{
	struct litmus *prog = parse(STORES "~exists (main:*A = 1)");
	struct litmus_explore_result res;
	struct litmus_options opt = { 0 };
	struct litmus_run_result run;
	struct litmus_error err;

	assert_int_equal(litmus_explore(prog, &opt, &res, &err), 0);
	assert_non_null(res.witness);
	opt.replay = res.witness;
	opt.trace = true;
	assert_int_equal(litmus_run(prog, &opt, &run, &err), 0);
	assert_string_equal(run.final[0].value, "0x1");
	assert_int_equal(run.status, LITMUS_NOT_MET);
	assert_non_null(run.trace);
	litmus_run_result_fini(&run);
	litmus_explore_result_fini(&res);
	litmus_free(prog);
}

static void test_deadlock(void **state)
{
	static const char text[] = WORLD("0")
		"%sthread T { r = *A }\n"
		"thread M { ioctl(u, UFFDIO_REGISTER, {range={A, 1p}, mode=UFFDIO_REGISTER_MODE_MISSING}) }\n%s";
	struct litmus_explore_result res;
	char buf[1000];

	snprintf(buf, sizeof(buf), text, "", "locations [blocked(T)]");
	explore(buf, NULL, &res);
	assert_true(res.deadlocks > 0 && res.deadlocks < res.executions);
	assert_int_equal(res.nr_states, 2);
	assert_int_equal(res.status, LITMUS_NOT_MET);
	assert_non_null(res.deadlock_token);
	litmus_explore_result_fini(&res);
	snprintf(buf, sizeof(buf), text, "", "exists (blocked(T))");
	explore(buf, NULL, &res);
	assert_true(res.deadlocks > 0);
	assert_int_equal(res.status, LITMUS_MET);
	litmus_explore_result_fini(&res);
	snprintf(buf, sizeof(buf), text, "daemon ", "");
	explore(buf, NULL, &res);
	assert_int_equal(res.deadlocks, 0);
	assert_int_equal(res.status, LITMUS_MET);
	litmus_explore_result_fini(&res);
}

/* A reader that nobody answers; @cond, what is forbidden besides, and the status. */
static void test_named_verdicts(void **state)
{
	static const struct {
		const char *cond;
		uint32_t forbid;
		enum litmus_status status;
	} rows[] = {
		{ "exists (deadlock)", 0, LITMUS_MET },
		{ "~exists (deadlock)", 0, LITMUS_NOT_MET },
		{ "exists (unanswered /\\ ~lost-wakeup)", 0, LITMUS_MET },
		{ "~exists (lost-wakeup \\/ self-wait)", 0, LITMUS_MET },
		{ "exists (T:r = 0)", 0, LITMUS_MET },
		{ "exists (T:r = 0)", 1u << VERDICT_UNANSWERED, LITMUS_NOT_MET },
		{ "exists (T:r = 0)", 1u << VERDICT_LOST_WAKEUP, LITMUS_MET },
		{ "", 0, LITMUS_NOT_MET },
		{ "locations [deadlock; lost-wakeup]", 0, LITMUS_NOT_MET },
	};
	static const char text[] = WORLD("0")
		"thread T { r = *A }\nthread M { ioctl(u, UFFDIO_REGISTER, {range={A, 1p},"
		" mode=UFFDIO_REGISTER_MODE_MISSING}) }\n%s\n";

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct litmus_options opt = { .forbid = rows[i].forbid };
		struct litmus_explore_result res;
		char buf[1000];

		snprintf(buf, sizeof(buf), text, rows[i].cond);
		explore(buf, &opt, &res);
		if (res.status != rows[i].status)
			fail_msg("%s: status %d", rows[i].cond, res.status);
		assert_int_equal(res.verdicts[VERDICT_DEADLOCK], res.deadlocks);
		assert_int_equal(res.verdicts[VERDICT_UNANSWERED], res.deadlocks);
		assert_non_null(res.verdict_token[VERDICT_UNANSWERED]);
		litmus_explore_result_fini(&res);
	}
}

#define ENDLESS "uffd t\nthread T { while (1) { } }\nlocations [T:x]\nthread U { x = 1 }"

static void test_cut(void **state)
{
	struct litmus_options opt = { .max_executions = 1 };
	struct litmus_explore_result res;
	int stop = 1;

	explore(STORES, &opt, &res);
	assert_int_equal(res.executions, 1);
	assert_false(res.complete);
	litmus_explore_result_fini(&res);
	opt = (struct litmus_options){ .stop = &stop };
	explore(STORES, &opt, &res);
	assert_false(res.complete);
	assert_string_equal(res.cut_reason, "interrupted");
	litmus_explore_result_fini(&res);
	explore(ENDLESS, NULL, &res);
	assert_true(res.complete && res.endless == 1 && !res.cut);
	assert_int_equal(res.verdicts[VERDICT_LIVELOCK], 1);
	assert_string_equal(res.coverage, "complete, but for rounds of loops that only wait");
	litmus_explore_result_fini(&res);
	opt = (struct litmus_options){ .max_steps = 50, .unroll = true };
	explore(ENDLESS, &opt, &res);
	assert_false(res.complete);
	assert_true(res.cut > 0);
	assert_int_equal(res.nr_states, 0);
	litmus_explore_result_fini(&res);
}

/* Reading what another thread assigns is a step of its own: all values are seen. */
/* A thread that retries does not use up the bound before the one it waits for has moved. */
static void test_retry_loop(void **state)
{
	struct litmus_options opt = { .max_steps = 200 };
	struct litmus_explore_result res;

	explore("uffd t\ninit {\n"
		"A = mmap(NULL, 1p, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0)\n"
		"u = userfaultfd(O_NONBLOCK)\n"
		"ioctl(u, UFFDIO_API, {api=UFFD_API, features=UFFD_FEATURE_EVENT_REMOVE})\n"
		"ioctl(u, UFFDIO_REGISTER, {range={A, 1p}, mode=1})\n}\n"
		"thread filler { n = 0\n r = -EAGAIN\n while (r == -EAGAIN) {\n"
		" r = ioctl(u, UFFDIO_ZEROPAGE, {range={A, 1p}})\n"
		" if (r == -EAGAIN) { n = 1 } } }\n"
		"thread zapper { madvise(A, 1p, MADV_DONTNEED) }\n"
		"thread reader { poll(u, POLLIN)\n read(u, m) }\n"
		"locations [filler:n; filler:r]\n",
		&opt, &res);
	/* Not held up, and held up for a while. */
	assert_int_equal(res.nr_states, 2);
	assert_string_equal(res.states[0].text, "filler:n=0; filler:r=0;");
	assert_string_equal(res.states[1].text, "filler:n=1; filler:r=0;");
	litmus_explore_result_fini(&res);
}

static void test_shared_names(void **state)
{
	struct litmus_explore_result res;

	explore("uffd t\nthread T { x = 1; x = 2 }\nthread U { y = T:x }\nlocations [U:y]", NULL, &res);
	assert_int_equal(res.nr_states, 3);
	assert_string_equal(res.states[0].text, "U:y=0;");
	assert_string_equal(res.states[2].text, "U:y=2;");
	litmus_explore_result_fini(&res);
	explore("uffd t\nthread T { c = fork(); x = 1; x = 2 }\nthread U@c { y = x }\nlocations [U@c:y]", NULL, &res);
	assert_int_equal(res.nr_states, 3);
	litmus_explore_result_fini(&res);
	/* Names of one's own are nobody's business. */
	explore("uffd t\nthread T { x = 1; x = 2 }\nthread U { x = 3; y = x }\nlocations [U:y]", NULL, &res);
	assert_int_equal(res.executions, 1);
	litmus_explore_result_fini(&res);
}

static void test_unmodelled(void **state)
{
	static const char text[] = STORES "thread V { r = *A\nif (r == 2) { p = open(\"/\", 0) } }\nlocations [V:r]";
	struct litmus *prog = parse(text);
	struct litmus_options opt = { 0 };
	struct litmus_explore_result res;
	struct litmus_error err;

	assert_int_equal(litmus_explore(prog, &opt, &res, &err), 0);
	assert_int_equal(res.status, LITMUS_UNMODELLED);
	assert_string_equal(res.message, "not modelled: open of \"/\"");
	assert_non_null(res.message_token);
	assert_int_equal(err.line, 12);
	assert_true(res.nr_states >= 2);
	litmus_explore_result_fini(&res);
	litmus_free(prog);
}

static void test_brute(void **state)
{
	struct litmus_options opt = { .brute = true };
	struct litmus_explore_result a, b;

	explore(STORES "locations [main:*A]", NULL, &a);
	explore(STORES "locations [main:*A]", &opt, &b);
	assert_int_equal(a.nr_states, b.nr_states);
	for (size_t i = 0; i < a.nr_states; i++)
		assert_string_equal(a.states[i].text, b.states[i].text);
	assert_true(a.executions <= b.executions);
	litmus_explore_result_fini(&a);
	litmus_explore_result_fini(&b);
}

static void test_sequence(void **state)
{
	struct litmus_explore_result res;

	explore("uffd t\nsequence { T: x = 1; U: y = 2 }\nexists (T:x = 1 /\\ U:y = 2)", NULL, &res);
	assert_int_equal(res.executions, 1);
	assert_true(res.complete && res.ok);
	litmus_explore_result_fini(&res);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_summary),
		cmocka_unit_test(test_verdicts),
		cmocka_unit_test(test_swapped),
		cmocka_unit_test(test_json),
		cmocka_unit_test(test_witness),
		cmocka_unit_test(test_deadlock),
		cmocka_unit_test(test_named_verdicts),
		cmocka_unit_test(test_cut),
		cmocka_unit_test(test_retry_loop),
		cmocka_unit_test(test_shared_names),
		cmocka_unit_test(test_unmodelled),
		cmocka_unit_test(test_brute),
		cmocka_unit_test(test_sequence),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

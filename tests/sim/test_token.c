/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>

#include "classics.h"
#include "harness.h"

#define PROGRAM 0x1234

struct recorded {
	char *token;
	uint64_t hash;
	enum sim_end end;
	uint8_t picks[64];
	uint64_t steps;
};

struct recording {
	struct recorded v[64];
	unsigned nr;
};

static int record(void *ctx, struct sim *sim, const struct sim_execution *x)
{
	struct recording *rec = ctx;
	struct recorded *r = &rec->v[rec->nr++];

	assert_in_range(rec->nr, 1, 64);
	r->token = sim_token(PROGRAM, x->picks, x->enabled, x->steps);
	r->hash = x->trace_hash;
	r->end = x->end;
	r->steps = x->steps;
	memcpy(r->picks, x->picks, x->steps);
	return 0;
}

/* Lets another strategy choose and writes down what it chose. */
struct spy {
	struct sim_strategy inner;
	uint8_t picks[64];
	unsigned nr;
};

static int spy_pick(void *state, const struct sim_choice *choice)
{
	struct spy *spy = state;
	int id = spy->inner.pick(spy->inner.state, choice);

	if (id >= 0)
		spy->picks[spy->nr++] = (uint8_t)id;
	return id;
}

static void record_philosophers(struct recording *rec)
{
	struct sim *sim = classic_machine(classic_find("philosophers"), 4);
	const struct sim_explore_config cfg = {
		.hash_traces = true, .execution = record, .ctx = rec,
	};
	struct sim_explore_result res;

	assert_int_equal(sim_explore(sim, &cfg, &res), 0);
	assert_int_equal(rec->nr, 15);
	sim_destroy(sim);
}

static void every_execution_replays_from_its_token(void **state)
{
	static struct recording rec;

	record_philosophers(&rec);
	for (unsigned i = 0; i < rec.nr; i++) {
		struct sim *sim = classic_machine(classic_find("philosophers"), 4);
		struct spy spy = { .nr = 0 };
		struct sim_replay r;

		assert_int_equal(sim_replay_init(&r, rec.v[i].token, PROGRAM, &spy.inner), 0);
		assert_int_equal(sim_run(sim, (struct sim_strategy){ spy_pick, &spy }), rec.v[i].end);
		assert_null(r.error);
		assert_int_equal(spy.nr, rec.v[i].steps);
		assert_memory_equal(spy.picks, rec.v[i].picks, spy.nr);
		sim_destroy(sim);
	}
	for (unsigned i = 0; i < rec.nr; i++)
		free(rec.v[i].token);
}

static void garbage_is_refused_with_a_reason(void **state)
{
	static const struct {
		const char *token, *why;
	} bad[] = {
		{ "", "v1:" },
		{ "hello", "v1:" },
		{ "v2:0000000000001234:", "v1:" },
		{ "v1:1234:", "hash is missing" },
		{ "v1:0000000000001234", "hash is missing" },
		{ "v1:0000000000001235:", "another program" },
		{ "v1:0000000000001234:12", "letter is missing" },
		{ "v1:0000000000001234:1b!", "letter is missing" },
		{ "v1:0000000000001234:99999999999999999999b", "too large" },
	};
	struct sim_strategy s;
	struct sim_replay r;

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		assert_int_equal(sim_replay_init(&r, bad[i].token, PROGRAM, &s), -EINVAL);
		assert_non_null(r.error);
		assert_non_null(strstr(r.error, bad[i].why));
	}
}

static void a_token_that_does_not_fit_stops_the_run(void **state)
{
	static const struct {
		const char *choices, *why;
		enum sim_end end;
	} bad[] = {
		{ "4z", "cannot go on", SIM_END_STOPPED },
		{ "4a", "would be made anyway", SIM_END_STOPPED },
		{ "1000b", "ended before", SIM_END_DONE },
	};

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		struct sim *sim = classic_machine(classic_find("lockinc"), 2);
		char token[64] = "v1:0000000000001234:";
		struct sim_strategy s;
		struct sim_replay r;

		assert_int_equal(sim_replay_init(&r, strcat(token, bad[i].choices), PROGRAM, &s), 0);
		assert_int_equal(sim_run(sim, s), bad[i].end);
		assert_non_null(r.error);
		assert_non_null(strstr(r.error, bad[i].why));
		sim_destroy(sim);
	}
}

static void run_to_completion_needs_no_choices(void **state)
{
	struct sim *sim = classic_machine(classic_find("lockinc"), 3);
	static struct recording rec;
	const struct sim_explore_config cfg = { .execution = record, .ctx = &rec, .max_executions = 1 };
	struct sim_explore_result res;

	rec.nr = 0;
	assert_int_equal(sim_explore(sim, &cfg, &res), 0);
	assert_string_equal(rec.v[0].token, "v1:0000000000001234:");
	assert_false(res.complete);
	free(rec.v[0].token);
	sim_destroy(sim);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_execution_replays_from_its_token),
		cmocka_unit_test(garbage_is_refused_with_a_reason),
		cmocka_unit_test(a_token_that_does_not_fit_stops_the_run),
		cmocka_unit_test(run_to_completion_needs_no_choices),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * However a search is shared out, written down, taken up again and put together,
 * it has the executions that it would have had in one piece.
 *
 *     test_frontier [first seed [number of programs]]
 */
#include <ck_pr.h>
#include <errno.h>
#include <inttypes.h>
#include <pthread.h>

#include "classics.h"
#include "harness.h"
#include "random_program.h"
#include "sim/frontier.h"

#define MAX_TRACES 4000

static uint64_t first_seed = 1;
#if SIM_ASAN
static unsigned nr_programs = 40;
#else
static unsigned nr_programs = 200;
#endif
/* Going back takes steps then, more or less of them. */
#define REPLAYS SIM_ASAN

/* What is explored: a classic, or a random program. */
struct subject {
	const struct classic *c;
	int n;
	struct rp_program p;
	enum sim_explore_mode mode;
	bool fixed_steps;
	char name[64];
};

struct tally {
	pthread_mutex_t lock;
	uint64_t hashes[MAX_TRACES], schedules[MAX_TRACES];
	size_t nr;
	struct sim_explore_result res;
	/* Not NULL: its worker gives back what is left after one of so many executions. */
	struct sim_frontier *shaken;
	unsigned one_of;
	uint64_t random;
};

static struct sim *machine(const struct subject *s)
{
	struct sim *sim = s->c ? classic_machine(s->c, s->n) : rp_machine(&s->p);

	assert_non_null(sim);
	return sim;
}

static uint64_t schedule_hash(const struct sim_execution *x)
{
	uint64_t h = 0xcbf29ce484222325ULL;

	for (uint64_t i = 0; i < x->steps; i++)
		h = (h ^ x->picks[i]) * 0x100000001b3ULL;
	return h;
}

static void shake(struct tally *t)
{
	if (sim_splitmix(&t->random) % t->one_of)
		return;
	t->shaken->wide = sim_splitmix(&t->random) & 1;
	ck_pr_store_int(&t->shaken->call, CALL_SHARE);
}

static int collect(void *ctx, struct sim *sim, const struct sim_execution *x)
{
	struct tally *t = ctx;
	int full;

	pthread_mutex_lock(&t->lock);
	full = t->nr == MAX_TRACES;
	if (!full) {
		t->schedules[t->nr] = schedule_hash(x);
		t->hashes[t->nr++] = x->end == SIM_END_BUG ? t_finding(sim) : x->trace_hash;
	}
	pthread_mutex_unlock(&t->lock);
	if (t->shaken)
		shake(t);
	return full ? -E2BIG : 0;
}

static struct sim_explore_config config(const struct subject *s, struct tally *t)
{
	return (struct sim_explore_config){
		.mode = s->mode, .hash_traces = true, .execution = collect, .ctx = t,
		.fixed_steps = s->fixed_steps,
	};
}

static void tally_init(struct tally *t)
{
	memset(t, 0, sizeof(*t));
	pthread_mutex_init(&t->lock, NULL);
}

static int by_value(const void *pa, const void *pb)
{
	const uint64_t *a = pa, *b = pb;

	return (*a > *b) - (*a < *b);
}

static size_t unique(uint64_t *v, size_t nr)
{
	size_t n = 0;

	qsort(v, nr, sizeof(*v), by_value);
	for (size_t i = 0; i < nr; i++)
		if (!n || v[n - 1] != v[i])
			v[n++] = v[i];
	return n;
}

/* The same traces, each once; findings at least once. */
static void compare_traces(const struct subject *s, const char *how, struct tally *want,
			   struct tally *got)
{
	struct sim_explore_result *a = &want->res, *b = &got->res;
	size_t nr = unique(got->hashes, got->nr);

	if (a->executions - a->bugs != b->executions - b->bugs || a->deadlocks != b->deadlocks ||
	    a->step_bound != b->step_bound)
		fail_msg("%s, %s: %" PRIu64 " executions, not %" PRIu64, s->name, how,
			 b->executions, a->executions);
	if (unique(want->hashes, want->nr) != nr ||
	    memcmp(want->hashes, got->hashes, nr * sizeof(got->hashes[0])))
		fail_msg("%s, %s: other traces", s->name, how);
}

/* Where alternatives do not depend on what is found, everything is as in one piece. */
static void compare(const struct subject *s, const char *how, struct tally *want, struct tally *got)
{
	struct sim_explore_result *a = &want->res, *b = &got->res;

	compare_traces(s, how, want, got);
	if (s->mode == SIM_EXPLORE_OPTIMAL)
		return;
	qsort(got->schedules, got->nr, sizeof(got->schedules[0]), by_value);
	if (want->nr != got->nr ||
	    memcmp(want->schedules, got->schedules, got->nr * sizeof(got->schedules[0])))
		fail_msg("%s, %s: other schedules", s->name, how);
	if (REPLAYS)
		b->steps = a->steps;
	if (a->pruned != b->pruned || a->steps != b->steps || a->max_depth != b->max_depth)
		fail_msg("%s, %s: %" PRIu64 " pruned, %" PRIu64 " steps, not %" PRIu64
			 ", %" PRIu64, s->name, how, b->pruned, b->steps, a->pruned, a->steps);
}

/* ------------------------------------------------------------------ in one piece */

static bool in_one_piece(const struct subject *s, struct tally *t)
{
	struct sim *sim = machine(s);
	struct sim_explore_config cfg = config(s, t);
	int err;

	tally_init(t);
	err = sim_explore(sim, &cfg, &t->res);
	sim_destroy(sim);
	qsort(t->schedules, t->nr, sizeof(t->schedules[0]), by_value);
	return !err;
}

/* ------------------------------------------------------------------ some threads */

struct worker {
	const struct subject *s;
	struct sim_frontier *f;
	struct tally *t;
	uint64_t max_executions;
	struct sim_explore_result res;
	pthread_t thread;
	int err;
};

static void *work(void *arg)
{
	struct worker *w = arg;
	struct sim *sim = machine(w->s);
	struct sim_explore_config cfg = config(w->s, w->t);

	cfg.max_executions = w->max_executions;
	w->err = sim_explore_shared(sim, &cfg, w->f, &w->res);
	sim_destroy(sim);
	return NULL;
}

static void by_threads(const struct subject *s, struct sim_frontier *f, unsigned nr,
		       uint64_t max_executions, struct tally *t)
{
	struct worker w[4];

	for (unsigned i = 0; i < nr; i++) {
		w[i] = (struct worker){ .s = s, .f = f, .t = t, .max_executions = max_executions };
		assert_int_equal(pthread_create(&w[i].thread, NULL, work, &w[i]), 0);
	}
	for (unsigned i = 0; i < nr; i++) {
		pthread_join(w[i].thread, NULL);
		assert_int_equal(w[i].err, 0);
		sim_explore_result_add(&t->res, &w[i].res);
	}
}

static void shared_by_threads(const struct subject *s, struct tally *want)
{
	static struct tally t;

	for (unsigned nr = 1; nr <= 3; nr++) {
		struct sim_frontier *f;

		tally_init(&t);
		assert_int_equal(sim_frontier_create(&f), 0);
		sim_frontier_set_grain(f, 0);
		by_threads(s, f, nr, 0, &t);
		assert_true(sim_frontier_done(f));
		sim_frontier_destroy(f);
		compare(s, "threads", want, &t);
	}
}

/* One worker, who forgets nothing, takes the parts of its own search in any order. */
static void given_back_at_any_moment(const struct subject *s, struct tally *want, unsigned tries)
{
	static struct tally t;

	for (unsigned i = 0; i < tries; i++) {
		struct sim_frontier *f;

		tally_init(&t);
		assert_int_equal(sim_frontier_create(&f), 0);
		sim_frontier_set_grain(f, 0);
		t.shaken = f;
		t.one_of = 1 + i % 4;
		t.random = i;
		by_threads(s, f, 1, 0, &t);
		assert_true(sim_frontier_done(f));
		sim_frontier_destroy(f);
		compare(s, "given back", want, &t);
	}
}

/* ------------------------------------------------------------- stop and go on */

static char *text_of(struct sim_frontier *f, int part)
{
	char *text;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	assert_non_null(out);
	assert_int_equal(sim_frontier_write(f, out, part), 0);
	fclose(out);
	return text;
}

static struct sim_frontier *from_text(char *text)
{
	struct sim_frontier *f;
	const char *end;

	assert_int_equal(sim_frontier_read(&f, text, &end), 0);
	assert_int_equal(*end, 0);
	free(text);
	return f;
}

/* A few executions, all written down and read again, a few more. */
static void stopped_again_and_again(const struct subject *s, struct tally *want, unsigned threads)
{
	static struct tally t;
	uint64_t some = want->nr / 7 + 1;
	struct sim_frontier *f;

	tally_init(&t);
	assert_int_equal(sim_frontier_create(&f), 0);
	for (;;) {
		by_threads(s, f, threads, some, &t);
		if (sim_frontier_done(f))
			break;
		char *text = text_of(f, -1);

		sim_frontier_destroy(f);
		f = from_text(text);
		sim_frontier_set_grain(f, 0);
	}
	sim_frontier_destroy(f);
	compare(s, "stopped", want, &t);
}

/* ----------------------------------------------------------------------- parts */

static struct sim_frontier *run_part(const struct subject *s, char *text, struct tally *t)
{
	struct sim_frontier *f = from_text(text);

	by_threads(s, f, 1, 0, t);
	assert_true(sim_frontier_done(f));
	text = text_of(f, -1);
	sim_frontier_destroy(f);
	return from_text(text);
}

/* Begin, until there is enough for all parts; deal it out, run the parts, put them together. */
static void in_parts(const struct subject *s, struct tally *want, unsigned parts, bool full)
{
	static struct tally t;
	struct sim_frontier *f, *whole = NULL;
	unsigned nr;

	tally_init(&t);
	assert_int_equal(sim_frontier_create(&f), 0);
	by_threads(s, f, 1, want->nr / 5 + 1, &t);
	if (full)
		sim_frontier_fill(f);
	nr = sim_frontier_split(f, parts);
	assert_in_range(nr, 0, parts);
	for (unsigned i = 0; i < nr; i++) {
		struct sim_frontier *part = run_part(s, text_of(f, (int)i), &t);

		if (whole) {
			assert_int_equal(sim_frontier_merge(whole, part), 0);
			sim_frontier_destroy(part);
		} else {
			whole = part;
		}
	}
	sim_frontier_destroy(f);
	if (whole) {
		sim_frontier_merged(whole);
		/* Then nobody has asked for anything. */
		assert_true(!full || sim_frontier_done(whole));
		by_threads(s, whole, 2, 0, &t);
		assert_true(sim_frontier_done(whole));
		sim_frontier_destroy(whole);
	}
	if (full && s->mode != SIM_EXPLORE_BRUTE)
		compare_traces(s, "full parts", want, &t);
	else
		compare(s, "parts", want, &t);
}

static void check(const struct subject *s, struct tally *want)
{
	shared_by_threads(s, want);
	given_back_at_any_moment(s, want, 4);
	stopped_again_and_again(s, want, 1);
	stopped_again_and_again(s, want, 2);
	in_parts(s, want, 2, false);
	in_parts(s, want, 5, false);
	in_parts(s, want, 3, true);
}

static const enum sim_explore_mode modes[] = {
	SIM_EXPLORE_OPTIMAL, SIM_EXPLORE_SLEEP, SIM_EXPLORE_BRUTE,
};

static void classics_are_the_same_in_pieces(void **state)
{
	static struct tally want;

	for (unsigned i = 0; i < nr_classics; i++) {
		for (unsigned m = 0; m < ARRAY_SIZE(modes); m++) {
			struct subject s = { .c = &classics[i], .n = classics[i].small,
					     .mode = modes[m] };

			snprintf(s.name, sizeof(s.name), "%s(%d) mode %u", s.c->name, s.n, m);
			if (in_one_piece(&s, &want))
				check(&s, &want);
		}
	}
}

static void random_programs_are_the_same_in_pieces(void **state)
{
	static struct tally want;

	for (uint64_t seed = first_seed; seed < first_seed + nr_programs; seed++) {
		struct subject s = { .mode = modes[seed % ARRAY_SIZE(modes)] };

		rp_generate(&s.p, seed);
		snprintf(s.name, sizeof(s.name), "seed %" PRIu64 " mode %d", seed, s.mode);
		if (in_one_piece(&s, &want))
			check(&s, &want);
	}
}

/*
 * Programs in which what a step touches in another place decides whether a race is known: a
 * race with the first step of one part is found below another, who was given away later.
 */
static void late_races_are_not_taken_for_known(void **state)
{
	static const uint64_t seeds[] = { 10622, 10808, 12009 };
	static struct tally want;

	for (unsigned i = 0; i < ARRAY_SIZE(seeds); i++) {
		struct subject s = { .mode = SIM_EXPLORE_OPTIMAL };

		rp_generate(&s.p, seeds[i]);
		snprintf(s.name, sizeof(s.name), "seed %" PRIu64, seeds[i]);
		assert_true(in_one_piece(&s, &want));
		given_back_at_any_moment(&s, &want, SIM_ASAN ? 8 : 100);
	}
}

static void text_that_is_no_frontier_is_refused(void **state)
{
	static const char *const texts[] = {
		"",
		"node",
		"end frontier\n",
		"node 1 -1 0 3 0 1 1 -\nend frontier\n",
		"node 0 0 0 3 0 1 1 -\nend frontier\n",
		"node 0 -1 32 3 0 1 1 -\nend frontier\n",
		"node 0 -1 0 3 0 1 1 -\nnode 1 1 0 3 0 1 1 -\nend frontier\n",
		"node 0 -1 0 3 0 1 1 -\nsleep 0 2 1:3\nend frontier\n",
		"node 0 -1 0 3 0 1 1 -\nsleep 0 1 1:9\nend frontier\n",
		"node 0 -1 0 3 0 1 1 -\n",
		"sleep 0 0\nend frontier\n",
	};
	struct sim_frontier *f;
	const char *end;

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		assert_int_equal(sim_frontier_read(&f, texts[i], &end), -EINVAL);
}

static void another_program_is_noticed(void **state)
{
	struct subject a = { .c = classic_find("fib"), .n = 4 };
	struct subject b = { .c = classic_find("philosophers"), .n = 4 };
	struct sim *sim = machine(&b);
	static struct tally t;
	struct sim_explore_result res;
	struct sim_explore_config cfg;
	struct sim_frontier *f;
	char *text;

	tally_init(&t);
	cfg = config(&b, &t);
	assert_int_equal(sim_frontier_create(&f), 0);
	by_threads(&a, f, 1, 10, &t);
	text = text_of(f, -1);
	sim_frontier_destroy(f);
	f = from_text(text);
	assert_int_equal(sim_explore_shared(sim, &cfg, f, &res), -ESTALE);
	sim_frontier_destroy(f);
	sim_destroy(sim);
}

static void what_cannot_be_shared_is_refused(void **state)
{
	struct sim *sim = classic_machine(classic_find("fib"), 3);
	struct sim_explore_config cfg = { .mode = SIM_EXPLORE_PCT, .bug_depth = 2 };
	struct sim_explore_result res;
	struct sim_frontier *f;

	assert_int_equal(sim_frontier_create(&f), 0);
	assert_int_equal(sim_explore_shared(sim, &cfg, f, &res), -EINVAL);
	sim_frontier_destroy(f);
	sim_destroy(sim);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(classics_are_the_same_in_pieces),
		cmocka_unit_test(random_programs_are_the_same_in_pieces),
		cmocka_unit_test(late_races_are_not_taken_for_known),
		cmocka_unit_test(text_that_is_no_frontier_is_refused),
		cmocka_unit_test(another_program_is_noticed),
		cmocka_unit_test(what_cannot_be_shared_is_refused),
	};

	t_seeds(argc, argv, &first_seed, &nr_programs);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

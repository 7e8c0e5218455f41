/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What each lock promises.  A thread is a string of operations on two locks of
 * each kind, one letter each; a schedule is a string of threads; what happened
 * is a string again.
 *
 *     L U  mutex      l: trylock       k: killable
 *     R r  down_read, up_read          q: trylock   e: killable
 *     W w  down_write, up_write        p: trylock   f: killable   d: downgrade
 *     S s  spinlock   t: trylock       F: fine      g: its unlock
 *     x    a letter of its own in the log           K: kill thread a
 *     2    the next operation is on the second lock
 */
#include <errno.h>

#include "harness.h"

struct world {
	struct sim *sim;
	struct mutex m[2];
	struct rwsem sem[2];
	struct spinlock spin[2], fine[2];
	char log[128];
};

struct script {
	struct world *w;
	const char *ops;
	char name;
};

static void put(struct world *w, char c)
{
	size_t len = strlen(w->log);

	if (len + 1 < sizeof(w->log))
		w->log[len] = c;
}

static void result(struct world *w, int r)
{
	put(w, (char)(r < 0 ? '!' : r ? '+' : '-'));
}

static void lock_op(struct world *w, char op, int i)
{
	switch (op) {
	case 'L': mutex_lock(&w->m[i]); break;
	case 'l': result(w, mutex_trylock(&w->m[i])); break;
	case 'k': result(w, mutex_lock_killable(&w->m[i])); break;
	case 'U': mutex_unlock(&w->m[i]); break;
	case 'R': down_read(&w->sem[i]); break;
	case 'q': result(w, down_read_trylock(&w->sem[i])); break;
	case 'e': result(w, down_read_killable(&w->sem[i])); break;
	case 'r': up_read(&w->sem[i]); break;
	case 'W': down_write(&w->sem[i]); break;
	case 'n': down_write_nested(&w->sem[i], 1); break;
	case 'p': result(w, down_write_trylock(&w->sem[i])); break;
	case 'f': result(w, down_write_killable(&w->sem[i])); break;
	case 'w': up_write(&w->sem[i]); break;
	case 'd': downgrade_write(&w->sem[i]); break;
	case 'S': spin_lock(&w->spin[i]); break;
	case 't': result(w, spin_trylock(&w->spin[i])); break;
	case 's': spin_unlock(&w->spin[i]); break;
	case 'F': spin_lock(&w->fine[i]); break;
	case 'g': spin_unlock(&w->fine[i]); break;
	}
}

static void run_script(void *arg)
{
	struct script *s = arg;
	struct sim *sim = s->w->sim;

	for (const char *p = s->ops; *p; p++) {
		if (*p == 'x') {
			sim_yield(sim, SIM_OP_YIELD, "x");
			put(s->w, s->name);
		} else if (*p == 'K') {
			sim_yield(sim, SIM_OP_WAKE, "kill");
			sim_kill(sim_thread_by_id(sim, 0));
		} else if (*p == '2') {
			lock_op(s->w, *++p, 1);
		} else {
			lock_op(s->w, *p, 0);
		}
	}
}

/* A machine with up to three scripts, as threads a, b, c. */
static struct sim *scripts(bool unfair, const char *a, const char *b, const char *c)
{
	static const char *const names[] = { "a", "b", "c" };
	const char *const ops[] = { a, b, c };
	struct sim *sim = t_machine_with((struct sim_config){ .rwsem_unfair = unfair });
	struct world *w = sim_zalloc(sim, sizeof(*w));

	w->sim = sim;
	sim_set_model(sim, w, NULL);
	for (int i = 0; i < 2; i++) {
		mutex_init(sim, &w->m[i], i ? "m2" : "m1");
		init_rwsem(sim, &w->sem[i], "sem");
		spin_lock_init(sim, &w->spin[i], i ? "spin2" : "spin1", 0);
		spin_lock_init(sim, &w->fine[i], NULL, SIM_SPIN_FINE);
	}
	for (int i = 0; i < 3 && ops[i]; i++) {
		struct script *s = sim_zalloc(sim, sizeof(*s));

		*s = (struct script){ w, ops[i], *names[i] };
		sim_spawn(sim, names[i], run_script, s, 0);
	}
	return sim;
}

static const char *log_of(struct sim *sim)
{
	return ((struct world *)sim_model(sim))->log;
}

/* "abca": one step of a, of b, of c, of a; then to the end. */
struct schedule {
	const char *next;
};

static int pick_scheduled(void *state, const struct sim_choice *choice)
{
	struct schedule *s = state;

	if (!choice->fresh && *s->next)
		return *s->next++ - 'a';
	return sim_run_to_completion().pick(NULL, choice);
}

static enum sim_end run_as(struct sim *sim, const char *order)
{
	struct schedule s = { order };

	return sim_run(sim, (struct sim_strategy){ pick_scheduled, &s });
}

/* ------------------------------------------------------------------- promises */

static void locks_keep_their_promises(void **state)
{
	static const struct {
		const char *promise;
		const char *a, *b, *c;
		const char *order, *log;
		enum sim_end end;
	} rows[] = {
		{ "a mutex excludes", "LxU", "LxU", NULL, "aa", "ab", SIM_END_DONE },
		{ "a mutex has no queue", "LU", "LxU", "LxU", "aaccc", "cb", SIM_END_DONE },
		{ "a mutex is not recursive", "LL", NULL, NULL, "", "", SIM_END_DEADLOCK },
		{ "a taken mutex is not taken by trylock", "LxU", "l", NULL, "ab", "-a", SIM_END_DONE },
		{ "a free mutex is taken by trylock", "lU", NULL, NULL, "", "+", SIM_END_DONE },
		{ "a killed waiter gives up a mutex", "k", "LK", NULL, "bb", "!", SIM_END_DONE },
		{ "a killed thread still takes a free one", "xkU", "K", NULL, "b", "a-", SIM_END_DONE },
		{ "an ordinary waiter is not killed", "L", "LK", NULL, "bb", "", SIM_END_DEADLOCK },
		{ "readers share", "Rxr", "Rxr", NULL, "abab", "ab", SIM_END_DONE },
		{ "a writer excludes readers", "Wxw", "Rxr", NULL, "a", "ab", SIM_END_DONE },
		{ "a reader excludes writers", "Rxr", "Wxw", NULL, "ab", "ab", SIM_END_DONE },
		{ "readers may nest", "RRrr", NULL, NULL, "", "", SIM_END_DONE },
		{ "a new reader waits behind a waiting writer", "Rxr", "Wxw", "Rxr", "ab", "abc",
		  SIM_END_DONE },
		{ "and so does one that only tries", "Rxr", "Ww", "q", "abc", "-a", SIM_END_DONE },
		{ "a writer that has not begun to wait holds nobody back", "Rxr", "Wxw", "Rxr",
		  "accc", "cab", SIM_END_DONE },
		{ "nested readers and a waiting writer are a deadlock", "RRrr", "W", NULL, "ab", "",
		  SIM_END_DEADLOCK },
		{ "a killed writer lets readers in again", "f", "RxKxr", "Rxr", "babbacc", "b!cb",
		  SIM_END_DONE },
		{ "a killed reader gives up", "e", "WK", NULL, "bb", "!", SIM_END_DONE },
		{ "a writer that tries does not get in with readers", "Rr", "p", NULL, "ab", "-",
		  SIM_END_DONE },
		{ "a writer that tries gets a free one", "pw", NULL, NULL, "", "+", SIM_END_DONE },
		{ "a downgraded writer shares", "Wdxr", "Rxr", NULL, "aabb", "ba", SIM_END_DONE },
		{ "a downgraded writer still excludes writers", "Wdxr", "p", NULL, "aab", "-a",
		  SIM_END_DONE },
		{ "a spinlock excludes", "SxS", NULL, NULL, "", "a", SIM_END_DEADLOCK },
		{ "a taken spinlock is not taken by trylock", "Sxs", "t", NULL, "ab", "-a",
		  SIM_END_DONE },
		{ "what follows an unlock belongs to its step", "Ss", "Ss", NULL, "ab", "",
		  SIM_END_DONE },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct sim *sim = scripts(false, rows[i].a, rows[i].b, rows[i].c);
		enum sim_end end = run_as(sim, rows[i].order);

		if (end != rows[i].end || strcmp(log_of(sim), rows[i].log))
			fail_msg("%s: %s, \"%s\"", rows[i].promise, sim_end_name(end), log_of(sim));
		sim_destroy(sim);
	}
}

static void an_unfair_rwsem_lets_readers_pass(void **state)
{
	struct sim *sim = scripts(true, "RRrr", "Ww", NULL);

	/* Without a queue nested readers are safe, with it they are not. */
	assert_int_equal(t_explore(sim).deadlocks, 0);
	sim_destroy(sim);
	sim = scripts(false, "RRrr", "Ww", NULL);
	assert_int_equal(t_explore(sim).deadlocks, 1);
	sim_destroy(sim);
}

static void wrong_use_is_found(void **state)
{
	static const struct {
		const char *a, *b, *order, *text;
		enum sim_bug bug;
	} rows[] = {
		{ "U", NULL, "", "a unlocks mutex m1, which nobody holds", SIM_BUG_BAD_UNLOCK },
		{ "Lx", "U", "ab", "b unlocks mutex m1, which a holds", SIM_BUG_BAD_UNLOCK },
		{ "r", NULL, "", "a: up_read(sem) without holding it", SIM_BUG_BAD_UNLOCK },
		{ "Rx", "r", "ab", "b: up_read(sem) without holding it", SIM_BUG_BAD_UNLOCK },
		{ "w", NULL, "", "a: up_write(sem) without holding it", SIM_BUG_BAD_UNLOCK },
		{ "Rw", NULL, "", "a: up_write(sem) without holding it", SIM_BUG_BAD_UNLOCK },
		{ "d", NULL, "", "a: downgrade_write(sem) without holding it", SIM_BUG_BAD_UNLOCK },
		{ "s", NULL, "", "a unlocks spinlock spin1, which nobody holds", SIM_BUG_BAD_UNLOCK },
		{ "SL", NULL, "", "a: mutex_lock inside a spinlock section", SIM_BUG_ATOMIC_SLEEP },
		{ "FR", NULL, "", "a: down_read inside a spinlock section", SIM_BUG_ATOMIC_SLEEP },
		{ "S", NULL, "", "a ended inside a spinlock section", SIM_BUG_MISUSE },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct sim *sim = scripts(false, rows[i].a, rows[i].b, NULL);

		assert_int_equal(run_as(sim, rows[i].order), SIM_END_BUG);
		assert_string_equal(sim_finding(sim)->text, rows[i].text);
		assert_int_equal(sim_finding(sim)->bug, rows[i].bug);
		sim_destroy(sim);
	}
}

static void a_deadlock_names_who_waits_for_whom(void **state)
{
	static const struct {
		const char *a, *b, *c, *order, *text;
	} rows[] = {
		{ "L2L", "2LL", NULL, "ab",
		  "a waits in mutex_lock(m2), held by b\nb waits in mutex_lock(m1), held by a\n" },
		{ "LL", NULL, NULL, "", "a waits in mutex_lock(m1), held by itself\n" },
		{ "RR", "W", NULL, "ab",
		  "a waits in down_read(sem), held by itself, b\nb waits in down_write(sem), held by a\n" },
		{ "Rx", "R", "W", "abcaabb", "c waits in down_write(sem), held by a, b\n" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct sim *sim = scripts(false, rows[i].a, rows[i].b, rows[i].c);
		char buf[256];

		assert_int_equal(run_as(sim, rows[i].order), SIM_END_DEADLOCK);
		sim_describe_blocked(sim, buf, sizeof(buf));
		assert_string_equal(buf, rows[i].text);
		sim_destroy(sim);
	}
}

static void two_orders_of_two_locks_are_reported(void **state)
{
	static const struct {
		const char *a, *b, *text;
	} rows[] = {
		{ "L2L2UU", "2LLU2U", "b takes m2 -> m1, but before the order was m1 -> m2" },
		{ "LRrU", "RLUr", "b takes sem -> m1, but before the order was m1 -> sem" },
		{ "W2W2ww", NULL, "a takes sem -> sem, two locks of one class with no order between them" },
		{ "W2n2ww", NULL, NULL },
		{ "LRrU", "Rlr", NULL },
		{ "L2L2UU", "L2L2UU", NULL },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct sim *sim = scripts(false, rows[i].a, rows[i].b, NULL);
		const char *text;

		assert_int_equal(t_run(sim), SIM_END_DONE);
		text = sim_lock_inversion(sim, 0);
		if (rows[i].text && text)
			assert_string_equal(text, rows[i].text);
		else
			assert_true(text == rows[i].text);
		assert_null(sim_lock_inversion(sim, 1));
		sim_destroy(sim);
	}
}

/* ---------------------------------------------------------------- commutation */

static void fine_sections_commute_until_they_are_visible(void **state)
{
	static const struct {
		const char *a, *b;
		uint64_t traces;
	} rows[] = {
		{ "Ss", "Ss", 2 },
		{ "Fg", "Fg", 1 },
		{ "Fxg", "Fg", 2 },
		{ "F2F2gg", "2FF2gg", 1 },
		{ "Rr", "Rr", 1 },
		{ "LU", "2L2U", 1 },
		{ "q", "Rr", 1 },
		{ "p", "p", 2 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct sim *sim = scripts(true, rows[i].a, rows[i].b, NULL);
		struct sim_explore_result res = t_explore(sim);

		if (res.executions != rows[i].traces)
			fail_msg("%s | %s: %llu traces", rows[i].a, rows[i].b,
				 (unsigned long long)res.executions);
		sim_destroy(sim);
	}
}

static void locks_write_the_trace(void **state)
{
	struct sim *sim = scripts(false, "RxrLU", "Ww", NULL);
	static const struct {
		char thread;
		const char *text;
	} want[] = {
		{ 'a', "down_read(sem)" },
		{ 'b', "down_write(sem) queues" },
		{ 'b', "down_write(sem)" }, /* blocked */
		{ 'a', "up_read(sem)" },
		{ 'a', "mutex_lock(m1)" },
		{ 'a', "mutex_unlock(m1)" },
		{ 'b', "down_write(sem)" },
		{ 'b', "up_write(sem)" },
	};
	const struct sim_trace_line *lines;
	size_t nr, n = 0;

	sim_trace_start(sim);
	assert_int_equal(run_as(sim, "ab"), SIM_END_DONE);
	nr = sim_trace_lines(sim, &lines);
	for (size_t i = 0; i < nr; i++) {
		if (lines[i].kind == SIM_TRACE_HOLD || lines[i].kind == SIM_TRACE_DROP)
			continue;
		assert_true(n < ARRAY_SIZE(want));
		assert_string_equal(lines[i].text, want[n].text);
		assert_int_equal(lines[i].thread, want[n].thread - 'a');
		assert_int_equal(lines[i].kind == SIM_TRACE_BLOCKED, n == 2);
		n++;
	}
	assert_int_equal(n, ARRAY_SIZE(want));
	sim_destroy(sim);
}

static void reference_bug(void *arg)
{
	struct refcount *r = arg;

	refcount_inc(r);
	if (!refcount_dec_and_test(r) && refcount_dec_and_test(r) && !refcount_inc_not_zero(r))
		refcount_inc(r);
}

static void a_reference_count_is_not_revived(void **state)
{
	struct sim *sim = t_machine();
	struct refcount *r = sim_zalloc(sim, sizeof(*r));

	refcount_set(sim, r, "users", 1);
	sim_spawn(sim, "t", reference_bug, r, 0);
	t_expect_bug(sim, SIM_BUG_REFCOUNT, "users is taken at 0");
	sim_destroy(sim);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(locks_keep_their_promises),
		cmocka_unit_test(an_unfair_rwsem_lets_readers_pass),
		cmocka_unit_test(wrong_use_is_found),
		cmocka_unit_test(a_deadlock_names_who_waits_for_whom),
		cmocka_unit_test(two_orders_of_two_locks_are_reported),
		cmocka_unit_test(fine_sections_commute_until_they_are_visible),
		cmocka_unit_test(locks_write_the_trace),
		cmocka_unit_test(a_reference_count_is_not_revived),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

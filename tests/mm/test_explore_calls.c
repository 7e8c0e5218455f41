/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tiny random programs under every schedule: exploration, in each of its modes,
 * finds the traces and the final states that brute force finds, each trace once.
 * It does so only if the footprints of the model say all that steps depend on.
 * TINY=N compares one program.
 *
 * Programs too big for brute force are held against random schedules: no final
 * state may come out that exploration has not seen.  SAMPLE=N runs one.
 */
#include "random_calls.h"

#include <stdlib.h>
#include <string.h>
#include <utlist.h>

/* What can be seen at the end, as one number, and as text if it is asked for. */
struct sink {
	uint64_t hash;
	bool print;
};

static void put(struct sink *s, const char *what, uint64_t v)
{
	uint64_t x = s->hash ^ v;

	s->hash = sim_splitmix(&x);
	if (s->print)
		print_message(" %s%llx", what, (unsigned long long)v);
}

static void put_process(struct sink *s, struct process *p, uint64_t target, unsigned pages)
{
	struct observed_map m;
	char letters[8];

	put(s, "\n   process ", process_id(p));
	for (unsigned i = 0; observe_map(p, i, &m); i++) {
		put(s, "map:", m.start);
		put(s, "-", m.end);
		put(s, ",", m.r | m.w << 1 | m.x << 2 | m.missing << 3 | m.wp << 4);
	}
	for (unsigned i = 0; i < 3 * pages; i++) {
		const uint64_t places[] = { A0, target, ALIAS };
		uint64_t addr = places[i / pages] + i % pages * PAGE_SIZE;

		memset(letters, 0, sizeof(letters));
		observe_pagemap(p, addr, letters);
		put(s, "page:", (uint64_t)letters[0] | letters[1] << 8 | letters[2] << 16);
		put(s, "=", observe_peek(p, addr));
	}
}

static void put_state(struct sink *s, const struct ready *r, enum sim_end end)
{
	struct process *p;

	put(s, "\n   end ", end);
	put(s, "blocked:", sim_blocked(r->world->sim));
	for (unsigned i = 0; i < r->p->nr; i++) {
		put(s, "\n   done ", r->out[i]->done);
		for (unsigned j = 0; j < r->out[i]->done; j++)
			put(s, "", r->out[i]->result[j]);
	}
	LL_FOREACH(r->world->k->processes, p)
		put_process(s, p, TARGET(r->p), r->p->pages);
}

/** One execution: its trace and where it ended. */
struct seen {
	uint64_t trace, state;
};
struct collector {
	const struct ready *r;
	struct seen *v;
	size_t nr, max;
	uint64_t wanted; /* print this state */
	bool bad;
};

static int collect(void *ctx, struct sim *sim, const struct sim_execution *ex)
{
	struct collector *c = ctx;
	struct sink s = { 0 };

	put_state(&s, c->r, ex->end);
	if (c->wanted == s.hash) {
		s.print = true;
		put_state(&s, c->r, ex->end);
		print_message("\n");
		return 1;
	}
	/* GUARD_INSTALL and a fault can push each other away for ever: too big. */
	if (ex->end == SIM_END_STEP_BOUND)
		return 1;
	if (ex->end != SIM_END_DONE && ex->end != SIM_END_DEADLOCK) {
		print_message("%s: %s\n", sim_end_name(ex->end), sim_finding(sim)->text);
		c->bad = true;
	}
	if (c->nr == c->max) {
		c->max = c->max ? c->max * 2 : 4096;
		c->v = realloc(c->v, c->max * sizeof(*c->v));
		assert_non_null(c->v);
	}
	c->v[c->nr++] = (struct seen){ ex->trace_hash, s.hash };
	return 0;
}

static int by_trace(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct seen));
}

static void sort(struct collector *c)
{
	if (c->nr)
		qsort(c->v, c->nr, sizeof(*c->v), by_trace);
}

static size_t drop_doubles(struct collector *c)
{
	size_t n = 0;

	for (size_t i = 0; i < c->nr; i++)
		if (!n || by_trace(&c->v[n - 1], &c->v[i]))
			c->v[n++] = c->v[i];
	c->nr = n;
	return n;
}

/* Explore @p from its beginning; false if it is too big. */
static bool explore(const struct program *p, enum sim_explore_mode mode, enum sim_rewind rewind,
		    uint64_t max, struct collector *c, uint64_t wanted)
{
	struct sim_explore_config cfg = {
		.mode = mode, .rewind = rewind, .max_executions = max, .hash_traces = true,
		.execution = collect, .ctx = c,
	};
	struct sim_explore_result res;
	struct ready r = make_ready(p, mode != SIM_EXPLORE_BRUTE);

	*c = (struct collector){ .r = &r, .wanted = wanted };
	assert_true(sim_explore(r.world->sim, &cfg, &res) >= 0);
	world_free(r.world);
	if (c->bad) {
		print_program(p);
		fail_msg("a finding in a tiny program");
	}
	sort(c);
	return res.complete;
}

static void report_missing(const struct program *p, const char *what, const struct seen *missing,
			   const struct seen *instead)
{
	struct collector c;

	print_program(p);
	print_message("%s: trace %llx, state %llx:\n", what, (unsigned long long)missing->trace,
		      (unsigned long long)missing->state);
	explore(p, SIM_EXPLORE_BRUTE, SIM_REWIND_DEFAULT, 0, &c, missing->state);
	free(c.v);
	if (instead && instead->trace == missing->trace) {
		print_message("the same trace also ends in\n");
		explore(p, SIM_EXPLORE_BRUTE, SIM_REWIND_DEFAULT, 0, &c, instead->state);
		free(c.v);
	}
	fail_msg("%s", what);
}

/* Both are sorted sets: they must be the same. */
static void same_sets(const struct program *p, const struct collector *brute,
		      const struct collector *reduced)
{
	for (size_t i = 0; i < brute->nr || i < reduced->nr; i++) {
		const struct seen *b = i < brute->nr ? &brute->v[i] : NULL;
		const struct seen *s = i < reduced->nr ? &reduced->v[i] : NULL;

		if (b && s && !by_trace(b, s))
			continue;
		if (b && (!s || by_trace(b, s) < 0))
			report_missing(p, "only brute force finds", b, s);
		report_missing(p, "brute force does not find", s, b);
	}
}

/** Calls of tiny programs: those that end soon, and race. */
static const uint8_t tiny_ops[] = {
	LOAD, STORE, STORE, MEMSET, COPY, COPY, COPY_WP, ZEROPAGE, POISON, PROTECT, UNPROTECT, MOVE,
	MOVE, MOVE_HOLES, MOVE_WITHIN, MOVE_WITHIN, WAKE, WAKE,
	REGISTER_WP, UNREGISTER, READ, READ, POLL, CLOSE, CLOSE, MUNMAP, MMAP, MPROTECT,
	PROTECT_NONE, MREMAP_AWAY, MREMAP_BACK, MREMAP_STAY, MREMAP_GROW, DONTNEED, DONTNEED, FREE,
	COLD, PAGEOUT, GUARD, UNGUARD, POPULATE, COLLAPSE, DONTFORK, WIPEONFORK, FORK, FORK, UFFD,
	UFFD_EVENTS, OPEN_DEV, SCAN, SCAN, SCAN_WP, SCAN_WP,
	PIPE_WRITE, PIPE_WRITE, PIPE_READ, VMSPLICE, MEM_READ, MEM_WRITE, MEM_WRITE, VM_READV,
	VM_WRITEV, VM_WRITEV, PIN, PIN, UNPIN, MLOCK, MUNLOCK, MSEAL,
};

/** The same of a memory that has a file. */
static const uint8_t tiny_file_ops[] = {
	SHRINK, SHRINK, EXTEND, PUNCH, PUNCH, ALLOCATE, REMOVE, REGISTER_MINOR, MMAP_FILE, CONTINUE,
	CONTINUE, ALIAS_LOAD, ALIAS_STORE, ALIAS_STORE,
};

static void tiny_program(struct program *p, uint64_t seed, unsigned max_workers)
{
	uint64_t x = seed;

	*p = (struct program){
		.seed = seed,
		.profile = random_profile(&x),
		.pages = 1 + below(&x, 2),
		.nr = 2 + below(&x, max_workers - 1),
		.blocking = !below(&x, 5),
		.source_missing = !below(&x, 8),
		.registered = below(&x, 5),
		.late_fork = below(&x, 2),
		.populated = sim_splitmix(&x) | (below(&x, 2) ? ~0u : 0),
		.zero = sim_splitmix(&x),
		.protected = sim_splitmix(&x),
	};
	p->wp = strcmp(p->profile, "v5") > 0 && below(&x, 2);
	p->file = random_file(p, &x);
	p->swap = strcmp(p->profile, "v6") > 0 && !below(&x, 3);
	p->huge = !p->swap && !p->file && !below(&x, 24);
	if (!below(&x, 4))
		p->features = EVENTS & sim_splitmix(&x);
	if (p->wp && strcmp(p->profile, "v6") > 0 && below(&x, 2))
		p->features |= UFFD_FEATURE_WP_ASYNC;
	for (unsigned i = 0; i < p->nr; i++) {
		p->w[i].in_child = !below(&x, 5);
		p->w[i].nr = 1 + below(&x, 2);
		for (unsigned j = 0; j < p->w[i].nr; j++) {
			struct call *c = &p->w[i].calls[j];

			*c = (struct call){ .op = tiny_ops[below(&x, sizeof(tiny_ops))],
					    .page = below(&x, p->pages), .pages = 1,
					    .fd = FIRST_FD + !below(&x, 6) };
			if (p->swap && !below(&x, 3))
				c->op = PAGEOUT;
			if (p->file && below(&x, 2))
				c->op = tiny_file_ops[below(&x, sizeof(tiny_file_ops))];
			c->huge = p->huge;
			c->whole = p->huge && !c->page && below(&x, 2);
			if (p->huge && !below(&x, 5))
				c->op = COLLAPSE;
			if ((c->op == MOVE_HOLES || c->op >= SCAN) && !c->page)
				c->pages = p->pages;
		}
	}
	p->spurious = !below(&x, 8);
	p->killed = !below(&x, 8);
	p->tlb = !below(&x, 5);
}

/** Bigger ones are skipped. */
#ifndef MAX_BRUTE
#define MAX_BRUTE (2000 / SLOW)
#define PROGRAMS  1500
#define SAMPLES   1000
#endif

static void compare_mode(const struct program *p, const struct collector *brute,
			 enum sim_explore_mode mode, enum sim_rewind rewind)
{
	struct collector reduced = { 0 };
	size_t nr;

	assert_true(explore(p, mode, rewind, 0, &reduced, 0));
	nr = reduced.nr;
	if (drop_doubles(&reduced) != nr) {
		print_program(p);
		fail_msg("a trace was explored twice");
	}
	same_sets(p, brute, &reduced);
	free(reduced.v);
}

/* True if the program was small enough to be compared. */
static bool compare(const struct program *p)
{
	struct collector brute;
	bool ok = explore(p, SIM_EXPLORE_BRUTE, SIM_REWIND_DEFAULT, MAX_BRUTE, &brute, 0);

	drop_doubles(&brute);
	for (int mode = 0; ok && mode < SIM_EXPLORE_BRUTE; mode++)
		for (int rewind = SIM_REWIND_SNAPSHOT; rewind <= SIM_REWIND_REPLAY; rewind++)
			compare_mode(p, &brute, mode, rewind);
	free(brute.v);
	return ok;
}

static int by_state(const void *a, const void *b)
{
	const struct seen *x = a, *y = b;

	return (x->state > y->state) - (x->state < y->state);
}

/* One random schedule of @p must end in a state that @all has. */
static void run_random(const struct program *p, const struct collector *all, uint64_t seed)
{
	struct ready r = make_ready(p, false);
	struct sim_random random;
	struct seen end = { 0 };
	struct sink s = { 0 };

	put_state(&s, &r, sim_run(r.world->sim, sim_random_init(&random, seed)));
	end.state = s.hash;
	if (!bsearch(&end, all->v, all->nr, sizeof(end), by_state)) {
		s.print = true;
		print_program(p);
		put_state(&s, &r, SIM_END_DONE);
		fail_msg("schedule %llu ends where exploration does not",
			 (unsigned long long)seed);
	}
	world_free(r.world);
}

static void test_random_schedules_end_where_exploration_does(void **state)
{
	const char *one = getenv("SAMPLE");
	unsigned compared = 0, all = SAMPLES / SLOW;

	for (uint64_t seed = 1; seed <= all; seed++) {
		struct collector all_ends;
		struct program p;

		tiny_program(&p, one ? strtoull(one, NULL, 0) : seed + 1000000, MAX_WORKERS);
		if (explore(&p, SIM_EXPLORE_OPTIMAL, SIM_REWIND_DEFAULT, 2000, &all_ends, 0)) {
			if (all_ends.nr)
				qsort(all_ends.v, all_ends.nr, sizeof(*all_ends.v), by_state);
			for (uint64_t i = 0; i < 50; i++)
				run_random(&p, &all_ends, i);
			compared++;
		}
		free(all_ends.v);
		if (one)
			return;
	}
	print_message("%u of %u programs compared\n", compared, all);
	assert_true(compared >= all / 2);
}

static void test_reduced_searches_find_what_brute_force_finds(void **state)
{
	const char *one = getenv("TINY");
	unsigned compared = 0, all = PROGRAMS / SLOW;
	struct program p;

	for (uint64_t seed = 1; seed <= all; seed++) {
		tiny_program(&p, one ? strtoull(one, NULL, 0) : seed, MAX_WORKERS);
		compared += compare(&p);
		if (one)
			return;
	}
	print_message("%u of %u programs compared\n", compared, all);
	assert_true(compared >= all / 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_reduced_searches_find_what_brute_force_finds),
		cmocka_unit_test(test_random_schedules_end_where_exploration_does),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

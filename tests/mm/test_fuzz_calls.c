/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Random programs, in two ways.
 *
 * Long ones under random schedules: whatever is called in whatever order, no
 * invariant breaks, no lock order is inverted, and killing everybody who sleeps
 * lets everybody end.
 *
 * Tiny ones under every schedule: exploration, in each of its modes, finds the
 * traces and the final states that brute force finds, each trace once.  It does so only
 * if the footprints of the model say all that steps depend on.  Programs too big
 * for brute force are held against random schedules: no final state may come out
 * that exploration has not seen.
 */
#include "harness.h"

#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#if defined(__SANITIZE_ADDRESS__)
#define SLOW 8
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SLOW 8
#endif
#endif
#ifndef SLOW
#define SLOW 1
#endif

/* ------------------------------------------------------------------ programs */

enum op {
	LOAD, STORE, MEMSET, COPY, COPY_WP, COPY_DONTWAKE, ZEROPAGE, POISON, CONTINUE, PROTECT,
	UNPROTECT, 	WAKE, REGISTER, REGISTER_WP, UNREGISTER, READ, POLL, CLOSE, MUNMAP, MMAP, MPROTECT,
	PROTECT_NONE, MREMAP_AWAY, MREMAP_BACK, MREMAP_STAY, MREMAP_GROW, DONTNEED, FREE, COLD,
	PAGEOUT, GUARD, UNGUARD, POPULATE, DONTFORK, WIPEONFORK, FORK, UFFD, UFFD_EVENTS,
	UFFD_SIGBUS, OPEN_DEV, NR_OPS,
};
static const char *const op_names[NR_OPS] = {
	"load", "store", "memset", "COPY", "COPY|WP", "COPY|DONTWAKE", "ZEROPAGE", "POISON",
	"CONTINUE", "WRITEPROTECT(wp)", "WRITEPROTECT(0)", "WAKE", "REGISTER(missing)",
	"REGISTER(missing|wp)", "UNREGISTER", "read", "poll", "close", "munmap", "mmap",
	"mprotect(rw)", "mprotect(read)", "mremap(away)", "mremap(back)", "mremap(dontunmap)",
	"mremap(grow)", "DONTNEED", "FREE", "COLD", "PAGEOUT", "GUARD_INSTALL", "GUARD_REMOVE",
	"POPULATE_WRITE", "DONTFORK", "WIPEONFORK", "fork", "userfaultfd", "userfaultfd(events)",
	"userfaultfd(SIGBUS)", "open",
};
#define EVENTS                                                                             \
	(UFFD_FEATURE_EVENT_FORK | UFFD_FEATURE_EVENT_REMAP | UFFD_FEATURE_EVENT_REMOVE | \
	 UFFD_FEATURE_EVENT_UNMAP)

struct call {
	uint8_t op, page, pages, fd;
};
#define MAX_CALLS   12
#define MAX_WORKERS 3
struct worker {
	bool in_child; /* of a process that was forked before all else */
	unsigned nr;
	struct call calls[MAX_CALLS];
};

/** Where the calls act: @pages from A0; further away a target and a source. */
struct program {
	uint64_t seed;
	const char *profile;
	unsigned pages, nr;
	bool blocking, registered, wp, source_missing;
	bool late_fork; /* the child knows the userfaultfd */
	uint64_t features;
	unsigned populated, zero, protected; /* masks of pages */
	struct worker w[MAX_WORKERS];
};
#define TARGET (A0 + 32 * PAGE_SIZE)
#define SOURCE (A0 + 64 * PAGE_SIZE)

static uint64_t next_random(uint64_t *x)
{
	uint64_t z = *x += 0x9e3779b97f4a7c15ULL;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ z >> 27) * 0x94d049bb133111ebULL;
	return z ^ z >> 31;
}

static unsigned below(uint64_t *x, unsigned n)
{
	return next_random(x) % n;
}

static void print_program(const struct program *p)
{
	print_message("seed %llu: %s, features 0x%llx%s%s%s%s%s, populated %x, zero %x, protected %x\n",
		      (unsigned long long)p->seed, p->profile, (unsigned long long)p->features,
		      p->registered ? ", registered" : "", p->wp ? " with wp" : "",
		      p->blocking ? ", blocking" : "", p->source_missing ? ", no source" : "",
		      p->late_fork ? ", late fork" : "", p->populated, p->zero, p->protected);
	for (unsigned i = 0; i < p->nr; i++) {
		print_message("  worker %u%s:", i, p->w[i].in_child ? " (child)" : "");
		for (unsigned j = 0; j < p->w[i].nr; j++) {
			const struct call *c = &p->w[i].calls[j];

			print_message(" %s(%u+%u,%u);", op_names[c->op], c->page, c->pages, c->fd);
		}
		print_message("\n");
	}
}

/* -------------------------------------------------------------------- workers */

/* All that a run changes lies in the arena: so does this. */
struct outcome {
	unsigned done;
	int64_t result[MAX_CALLS];
	unsigned children;
};
struct job {
	const struct worker *w;
	struct outcome *out;
	struct task_struct *task;
};

static int64_t do_ioctl(struct task_struct *t, const struct call *c, uint64_t start, uint64_t len)
{
	struct uffdio_copy copy = { .dst = start, .src = SOURCE, .len = len };
	struct uffdio_zeropage fill = { .range = { start, len } };
	struct uffdio_writeprotect wp = { .range = { start, len } };
	bool written;

	switch (c->op) {
	case COPY:
	case COPY_WP:
	case COPY_DONTWAKE:
		copy.mode = c->op == COPY_WP ? UFFDIO_COPY_MODE_WP :
			    c->op == COPY ? 0 : UFFDIO_COPY_MODE_DONTWAKE;
		sys_ioctl(t, c->fd, UFFDIO_COPY, &copy, 0, &written);
		return copy.copy;
	case ZEROPAGE:
	case POISON:
	case CONTINUE:
		sys_ioctl(t, c->fd,
			  c->op == ZEROPAGE ? UFFDIO_ZEROPAGE :
			  c->op == POISON   ? UFFDIO_POISON : UFFDIO_CONTINUE,
			  &fill, 0, &written);
		return fill.zeropage;
	case WAKE:
	case UNREGISTER:
		return sys_ioctl(t, c->fd, c->op == WAKE ? UFFDIO_WAKE : UFFDIO_UNREGISTER,
				 &wp.range, 0, &written);
	default:
		wp.mode = c->op == PROTECT ? UFFDIO_WRITEPROTECT_MODE_WP : 0;
		return sys_ioctl(t, c->fd, UFFDIO_WRITEPROTECT, &wp, 0, &written);
	}
}

static int64_t do_read(struct task_struct *t, int fd)
{
	struct uffd_msg msg;
	int64_t ret = sys_read_uffd(t, fd, &msg);

	return ret < 0 ? ret : msg.event;
}

static int64_t do_uffd(struct task_struct *t, uint64_t features)
{
	struct uffdio_api api = { .api = UFFD_API, .features = features };
	int64_t fd = sys_userfaultfd(t, O_NONBLOCK);
	bool written;

	if (fd >= 0)
		sys_ioctl(t, fd, UFFDIO_API, &api, 0, &written);
	return fd;
}

static void run_child(void *arg)
{
	struct task_struct *t = arg;

	user_store(t, A0, 0xc1);
	user_store(t, A0 + PAGE_SIZE, 0xc2);
}

static int64_t do_fork(struct task_struct *t, struct outcome *out)
{
	struct sim *sim = t->process->k->sim;
	struct process *child;
	int64_t ret = sys_fork(t, &child);
	struct task_struct *task;
	struct sim_thread *thread;

	if (ret < 0 || out->children++)
		return ret < 0 ? ret : 1;
	task = task_create(child, "child");
	thread = task ? sim_spawn(sim, "child", run_child, task, 0) : NULL;
	if (thread)
		sim_thread_set_data(thread, task);
	return 1;
}

static int64_t do_memory(struct task_struct *t, const struct call *c, uint64_t start, uint64_t len)
{
	switch (c->op) {
	case MUNMAP:
		return sys_munmap(t, start, len);
	case MMAP:
		return sys_mmap(t, start, len, RW, ANON | MAP_FIXED, -1, 0);
	case MPROTECT:
		return sys_mprotect(t, start, len, RW);
	case PROTECT_NONE:
		return sys_mprotect(t, start, len, c->fd & 1 ? PROT_READ : PROT_NONE);
	case MREMAP_AWAY:
		return sys_mremap(t, start, len, len, MREMAP_MAYMOVE | MREMAP_FIXED,
				  start - A0 + TARGET);
	case MREMAP_BACK:
		return sys_mremap(t, start - A0 + TARGET, len, len, MREMAP_MAYMOVE | MREMAP_FIXED,
				  start);
	case MREMAP_STAY:
		return sys_mremap(t, start, len, len,
				  MREMAP_MAYMOVE | MREMAP_FIXED | MREMAP_DONTUNMAP,
				  start - A0 + TARGET);
	default:
		return sys_mremap(t, start, len, len + PAGE_SIZE, MREMAP_MAYMOVE, 0);
	}
}

static int64_t do_access(struct task_struct *t, const struct call *c, uint64_t start, uint64_t len)
{
	uint8_t v = 0;
	enum access_result r;

	switch (c->op) {
	case LOAD:
		r = user_load(t, start, &v);
		return r << 8 | v;
	case STORE:
		return user_store(t, start, t->tid + c->pages);
	default:
		return user_memset(t, start, t->tid + c->pages, len);
	}
}

static const int advice[NR_OPS] = {
	[DONTNEED] = MADV_DONTNEED, [FREE] = MADV_FREE, [COLD] = MADV_COLD,
	[PAGEOUT] = MADV_PAGEOUT, [GUARD] = MADV_GUARD_INSTALL, [UNGUARD] = MADV_GUARD_REMOVE,
	[POPULATE] = MADV_POPULATE_WRITE, [DONTFORK] = MADV_DONTFORK,
	[WIPEONFORK] = MADV_WIPEONFORK,
};

static int64_t do_call(struct task_struct *t, const struct call *c, struct outcome *out)
{
	uint64_t start = A0 + c->page * PAGE_SIZE, len = c->pages * PAGE_SIZE;

	if (c->op <= MEMSET)
		return do_access(t, c, start, len);
	if (advice[c->op])
		return sys_madvise(t, start, len, advice[c->op]);
	switch (c->op) {
	case REGISTER:
	case REGISTER_WP:
		return uffd_register(t, c->fd, start, c->pages,
				     UFFDIO_REGISTER_MODE_MISSING |
					     (c->op == REGISTER_WP ? UFFDIO_REGISTER_MODE_WP : 0));
	case READ:
		return do_read(t, c->fd);
	case POLL:
		return sys_poll(t, c->fd, POLLIN);
	case CLOSE:
		return sys_close(t, c->fd);
	case FORK:
		return do_fork(t, out);
	case UFFD:
	case UFFD_EVENTS:
	case UFFD_SIGBUS:
		return do_uffd(t, c->op == UFFD	       ? UFFD_FEATURE_WP_UNPOPULATED :
				  c->op == UFFD_EVENTS ? EVENTS : UFFD_FEATURE_SIGBUS);
	case OPEN_DEV:
		return sys_open(t, "/dev/userfaultfd", O_RDWR);
	default:
		if (c->op >= MUNMAP && c->op <= MREMAP_GROW)
			return do_memory(t, c, start, len);
		return do_ioctl(t, c, start, len);
	}
}

static void run_worker(void *arg)
{
	struct job *job = arg;

	for (unsigned i = 0; i < job->w->nr; i++) {
		job->out->result[i] = do_call(job->task, &job->w->calls[i], job->out);
		job->out->done++;
	}
}

/* ---------------------------------------------------------------------- set-up */

/* A program that is ready to go. */
struct ready {
	struct world *world;
	const struct program *p;
	struct process *child;
	struct outcome *out[MAX_WORKERS];
};

static void set_up_registered(struct task_struct *t, const struct program *p)
{
	struct uffdio_api api = { .api = UFFD_API, .features = p->features };
	int fd = sys_userfaultfd(t, p->blocking ? 0 : O_NONBLOCK);
	uint64_t mode = UFFDIO_REGISTER_MODE_MISSING | (p->wp ? UFFDIO_REGISTER_MODE_WP : 0);
	bool written;

	assert_int_equal(sys_ioctl(t, fd, UFFDIO_API, &api, 0, &written), 0);
	assert_int_equal(uffd_register(t, fd, A0, p->pages, mode), 0);
	for (unsigned i = 0; i < p->pages; i++)
		if (p->wp && p->protected >> i & 1)
			uffd_wp(t, fd, A0 + i * PAGE_SIZE, 1, UFFDIO_WRITEPROTECT_MODE_WP);
}

static void set_up(struct task_struct *t, void *arg)
{
	struct ready *r = arg;
	const struct program *p = r->p;
	bool child = false, late = p->late_fork && !(p->features & UFFD_FEATURE_EVENT_FORK);
	uint8_t v;

	map_at(t, A0, p->pages, RW);
	map_at(t, SOURCE, p->pages, RW);
	for (unsigned i = 0; i < p->pages; i++) {
		if (p->populated >> i & 1)
			user_memset(t, A0 + i * PAGE_SIZE, 0x20 + i, PAGE_SIZE);
		else if (p->zero >> i & 1)
			user_load(t, A0 + i * PAGE_SIZE, &v);
		if (!p->source_missing)
			user_memset(t, SOURCE + i * PAGE_SIZE, 0x50 + i, PAGE_SIZE);
	}
	for (unsigned i = 0; i < p->nr; i++)
		child |= p->w[i].in_child;
	if (child && !late)
		assert_true(sys_fork(t, &r->child) > 0);
	if (p->registered)
		set_up_registered(t, p);
	if (child && late)
		assert_true(sys_fork(t, &r->child) > 0);
}

static struct ready make_ready(const struct program *p, bool check_steps)
{
	static const char *const names[] = { "w0", "w1", "w2" };
	const struct sim_config cfg = {
		.check_steps = check_steps, .arena_size = 1 << 20, .max_steps = 3000,
	};
	struct ready r = { .world = world_new_in(p->profile, &cfg), .p = p };
	struct sim *sim = r.world->sim;

	world_do(r.world, set_up, &r);
	for (unsigned i = 0; i < p->nr; i++) {
		struct job *job = sim_zalloc(sim, sizeof(*job));
		struct sim_thread *t;

		assert_non_null(job);
		r.out[i] = sim_zalloc(sim, sizeof(*r.out[i]));
		*job = (struct job){ &p->w[i], r.out[i],
				     task_create(p->w[i].in_child ? r.child : r.world->main,
						 names[i]) };
		t = sim_spawn(sim, names[i], run_worker, job, 0);
		assert_non_null(t);
		sim_thread_set_data(t, job->task);
	}
	return r;
}

/* ------------------------------------------------------- long random programs */

static const char *const profiles[] = { "v6.18", "v6.18", "v6.9", "v5.15", "v4.18", "v4.17" };
#define NR_PROFILES (sizeof(profiles) / sizeof(profiles[0]))

static void long_program(struct program *p, uint64_t seed)
{
	uint64_t x = seed;

	*p = (struct program){
		.seed = seed,
		.profile = profiles[below(&x, NR_PROFILES)],
		.pages = 1 + below(&x, 6),
		.nr = 1 + below(&x, MAX_WORKERS),
		.blocking = !below(&x, 4),
		.source_missing = !below(&x, 4),
		.registered = below(&x, 4),
		.late_fork = below(&x, 2),
		.populated = next_random(&x),
		.zero = next_random(&x),
		.protected = next_random(&x),
	};
	p->wp = strcmp(p->profile, "v5") > 0 && below(&x, 2);
	p->features = below(&x, 3) ? EVENTS & next_random(&x) : 0;
	if (strcmp(p->profile, "v6") > 0 && !below(&x, 4))
		p->features |= below(&x, 2) ? UFFD_FEATURE_WP_ASYNC : UFFD_FEATURE_WP_UNPOPULATED;
	for (unsigned i = 0; i < p->nr; i++) {
		p->w[i].in_child = !below(&x, 5);
		p->w[i].nr = 3 + below(&x, MAX_CALLS - 3);
		for (unsigned j = 0; j < p->w[i].nr; j++)
			p->w[i].calls[j] = (struct call){ below(&x, NR_OPS), below(&x, p->pages + 1),
							  1 + below(&x, p->pages),
							  FIRST_FD + !below(&x, 4) };
	}
}

static void no_finding(const struct program *p, const struct sim *sim, enum sim_end end)
{
	if ((end == SIM_END_DONE || end == SIM_END_DEADLOCK) && !sim_lock_inversion(sim, 0))
		return;
	print_program(p);
	fail_msg("%s: %s", sim_end_name(end), sim_lock_inversion(sim, 0) ?
			 sim_lock_inversion(sim, 0) : sim_finding(sim)->text);
}

static void run_long(uint64_t seed)
{
	struct sim_random random;
	struct program p;
	struct ready r;
	enum sim_end end;

	long_program(&p, seed);
	r = make_ready(&p, true);
	end = sim_run(r.world->sim, sim_random_init(&random, seed));
	no_finding(&p, r.world->sim, end);
	/* Nobody sleeps in a way that a fatal signal cannot end; the last calls may block anew. */
	for (unsigned i = 0; end == SIM_END_DEADLOCK && i < 4 * MAX_CALLS; i++) {
		for (uint32_t m = sim_blocked(r.world->sim); m; m &= m - 1)
			sim_kill(sim_thread_by_id(r.world->sim, __builtin_ctz(m)));
		end = sim_run(r.world->sim, sim_random_init(&random, seed));
		no_finding(&p, r.world->sim, end);
	}
	if (end != SIM_END_DONE) {
		print_program(&p);
		fail_msg("a killed thread sleeps for ever");
	}
	world_free(r.world);
}

static void test_long_programs_break_nothing(void **state)
{
	const char *one = getenv("SEED");

	if (one)
		run_long(strtoull(one, NULL, 0));
	for (uint64_t seed = 1; !one && seed <= 20000 / SLOW; seed++)
		run_long(seed);
}
/* ------------------------------------------------------ tiny programs, all of it */

/* What can be seen at the end, as one number, and as text if it is asked for. */
struct sink {
	uint64_t hash;
	bool print;
};

static void put(struct sink *s, const char *what, uint64_t v)
{
	uint64_t x = s->hash ^ v;

	s->hash = next_random(&x);
	if (s->print)
		print_message(" %s%llx", what, (unsigned long long)v);
}

static void put_process(struct sink *s, struct process *p, unsigned pages)
{
	struct observed_map m;
	char letters[8];

	put(s, "\n   process ", process_id(p));
	for (unsigned i = 0; observe_map(p, i, &m); i++) {
		put(s, "map:", m.start);
		put(s, "-", m.end);
		put(s, ",", m.r | m.w << 1 | m.x << 2 | m.missing << 3 | m.wp << 4);
	}
	for (unsigned i = 0; i < 2 * pages; i++) {
		uint64_t addr = (i < pages ? A0 : TARGET) + i % pages * PAGE_SIZE;

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
		put_process(s, p, r->p->pages);
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
	LOAD, STORE, STORE, MEMSET, COPY, COPY, COPY_WP, ZEROPAGE, POISON, PROTECT, UNPROTECT, WAKE, WAKE,
	REGISTER_WP, UNREGISTER, READ, READ, POLL, CLOSE, CLOSE, MUNMAP, MMAP, MPROTECT,
	PROTECT_NONE, MREMAP_AWAY, MREMAP_BACK, MREMAP_STAY, MREMAP_GROW, DONTNEED, DONTNEED, FREE,
	COLD, PAGEOUT, GUARD, UNGUARD, POPULATE, DONTFORK, WIPEONFORK, FORK, FORK, UFFD,
	UFFD_EVENTS, OPEN_DEV,
};

static void tiny_program(struct program *p, uint64_t seed, unsigned max_workers)
{
	uint64_t x = seed;

	*p = (struct program){
		.seed = seed,
		.profile = profiles[below(&x, NR_PROFILES)],
		.pages = 1 + below(&x, 2),
		.nr = 2 + below(&x, max_workers - 1),
		.blocking = !below(&x, 5),
		.source_missing = !below(&x, 8),
		.registered = below(&x, 5),
		.late_fork = below(&x, 2),
		.populated = next_random(&x) | (below(&x, 2) ? ~0u : 0),
		.zero = next_random(&x),
		.protected = next_random(&x),
	};
	p->wp = strcmp(p->profile, "v5") > 0 && below(&x, 2);
	if (!below(&x, 4))
		p->features = EVENTS & next_random(&x);
	for (unsigned i = 0; i < p->nr; i++) {
		p->w[i].in_child = !below(&x, 5);
		p->w[i].nr = 1 + below(&x, 2);
		for (unsigned j = 0; j < p->w[i].nr; j++)
			p->w[i].calls[j] = (struct call){ tiny_ops[below(&x, sizeof(tiny_ops))],
							  below(&x, p->pages), 1,
							  FIRST_FD + !below(&x, 6) };
	}
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
		if (explore(&p, SIM_EXPLORE_DPOR, SIM_REWIND_DEFAULT, 2000, &all_ends, 0)) {
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
		cmocka_unit_test(test_long_programs_break_nothing),
		cmocka_unit_test(test_reduced_searches_find_what_brute_force_finds),
		cmocka_unit_test(test_random_schedules_end_where_exploration_does),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

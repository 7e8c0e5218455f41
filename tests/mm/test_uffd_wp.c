/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * UFFDIO_WRITEPROTECT: order of checks, what becomes of each entry, what other
 * calls do to protected ones, and the faults that follow.
 */
#include "harness.h"

#define P       PAGE_SIZE
#define PROTECT UFFDIO_WRITEPROTECT_MODE_WP
#define MARKERS UFFD_FEATURE_WP_UNPOPULATED

/* --------------------------------------------------------------- order of checks */

/* Pages 0-1 registered for WP, 2 for MISSING, 3 not, hole at 4, 5 for WP. */
static int memory(struct task_struct *t)
{
	int fd = uffd_open(t, 0);

	map_at(t, A0, 4, RW);
	map_at(t, PAGE(5), 1, RW);
	for (unsigned i = 0; i < 4; i++)
		store(t, PAGE(i), i);
	store(t, PAGE(5), 5);
	assert_int_equal(uffd_register(t, fd, A0, 2, WP), 0);
	assert_int_equal(uffd_register(t, fd, PAGE(2), 1, MISSING), 0);
	assert_int_equal(uffd_register(t, fd, PAGE(5), 1, WP), 0);
	return fd;
}

struct request {
	const char *what;
	uint64_t start, len, mode;
	int64_t ret;
	const char *after; /* pages 0-5 */
};
static const struct request requests[] = {
	{ "protect", A0, 2 * P, PROTECT, 0, "PXW PXW PX PX - PX" },
	{ "one page", PAGE(1), P, PROTECT, 0, "PX PXW PX PX - PX" },
	{ "unprotect what is not protected", A0, P, 0, 0, "PX PX PX PX - PX" },
	{ "an unaligned start", A0 + 1, P, PROTECT, -EINVAL, "PX PX PX PX - PX" },
	{ "an unaligned length", A0, 1, PROTECT, -EINVAL, "PX PX PX PX - PX" },
	{ "no length", A0, 0, PROTECT, -EINVAL, "PX PX PX PX - PX" },
	{ "beyond user space", TASK_SIZE, P, PROTECT, -EINVAL, "PX PX PX PX - PX" },
	{ "an unknown mode", A0, P, PROTECT | 4, -EINVAL, "PX PX PX PX - PX" },
	{ "protecting wakes nobody anyway", A0, P, PROTECT | UFFDIO_WRITEPROTECT_MODE_DONTWAKE, -EINVAL,
	  "PX PX PX PX - PX" },
	{ "nothing mapped", PAGE(4), P, PROTECT, -ENOENT, "PX PX PX PX - PX" },
	{ "not registered", PAGE(3), P, PROTECT, -ENOENT, "PX PX PX PX - PX" },
	{ "only for MISSING", PAGE(2), P, 0, -ENOENT, "PX PX PX PX - PX" },
	{ "what precedes the failure stays", A0, 3 * P, PROTECT, -ENOENT, "PXW PXW PX PX - PX" },
	{ "a hole is passed over", PAGE(4), 2 * P, PROTECT, 0, "PX PX PX PX - PXW" },
};

static void check_request(struct task_struct *t, void *arg)
{
	const struct request *r = arg;
	struct uffdio_writeprotect wp = { { r->start, r->len }, r->mode };
	bool written;
	int64_t ret = sys_ioctl(t, memory(t), UFFDIO_WRITEPROTECT, &wp, 0, &written);

	if (ret != r->ret)
		fail_msg("%s: %lld", r->what, (long long)ret);
	assert_false(written);
}

static void test_checks(void **state)
{
	for (unsigned i = 0; i < ARRAY_SIZE(requests); i++) {
		struct world *w = world_new("v6.18");

		world_do(w, check_request, (void *)&requests[i]);
		if (strcmp(pagemap(w, NULL, A0, 6), requests[i].after))
			fail_msg("%s: %s", requests[i].what, pagemap(w, NULL, A0, 6));
		world_free(w);
	}
}

/* ------------------------------------------- one page, step by step, one letter each */

/*
 * The steps on page 0, registered for WP:
 *   p u  protect, unprotect          s l  store, load
 *   d f  DONTNEED, FREE              n r w  mprotect none, read, read-write
 *   m    mremap to page 8 and back   F  fork     g  guard   x  poison
 *   c C  COPY, COPY|WP
 */
struct life {
	const char *what, *steps;
	uint64_t features;
	const char *after;
	int faults; /* of the steps after the last 'p' or 'u' */
};
static const struct life lives[] = {
	{ "protected twice", "spp", 0, "PXW", 0 },
	{ "unprotected twice", "spuu", 0, "PX", 0 },
	{ "an own page is writable at once after it", "spus", 0, "PX", 0 },
	{ "the zero page is not", "lpus", 0, "PX", 1 },
	{ "nor a page shared with a child", "sFpus", 0, "PX", 1 },
	{ "a read is free", "spl", 0, "PXW", 0 },
	{ "nothing there: nothing happens", "p", 0, "-", 0 },
	{ "and it is populated unprotected", "ps", 0, "PX", 1 },
	{ "nothing there, WP_UNPOPULATED: a marker", "p", MARKERS, "SW", 0 },
	{ "which goes again", "pu", MARKERS, "-", 0 },
	{ "a read of it: the zero page, protected", "pl", MARKERS, "PW", 1 },
	{ "unprotected, it is the zero page", "plu", MARKERS, "P", 0 },
	{ "COPY over a marker drops the protection", "pc", MARKERS, "PX", 0 },
	{ "COPY|WP keeps it", "pC", MARKERS, "PXW", 0 },
	{ "DONTNEED drops it", "spd", 0, "-", 0 },
	{ "the marker, too", "pd", MARKERS, "-", 0 },
	{ "FREE keeps it", "spf", 0, "PXW", 0 },
	{ "and the marker", "pf", MARKERS, "SW", 0 },
	{ "mprotect keeps it", "spnw", 0, "PXW", 0 },
	{ "and the marker", "pnw", MARKERS, "SW", 0 },
	{ "no access, unprotected, writable again", "spnuws", 0, "PX", 0 },
	{ "protected while read-only", "srpw", 0, "PXW", 0 },
	{ "unprotected while read-only", "sprurws", 0, "PX", 0 },
	{ "fork keeps it in the parent", "spF", 0, "PW", 0 },
	{ "mremap without its event drops it", "spm", 0, "PX", 0 },
	{ "and the marker", "pm", MARKERS, "-", 0 },
	{ "a guard stays a guard", "gp", MARKERS, "SG", 0 },
	{ "and is not unprotected", "gpu", MARKERS, "SG", 0 },
	{ "poison stays poison", "xpu", MARKERS, "S", 0 },
	{ "WP_ASYNC: a store takes it off", "sps", UFFD_FEATURE_WP_ASYNC, "PX", 1 },
	{ "WP_ASYNC: a store to a marker costs two", "ps", UFFD_FEATURE_WP_ASYNC, "PX", 2 },
	{ "WP_ASYNC: and can be armed again", "spsp", UFFD_FEATURE_WP_ASYNC, "PXW", 0 },
};

static void move_away_and_back(struct task_struct *t)
{
	uint64_t fixed = MREMAP_MAYMOVE | MREMAP_FIXED;

	assert_int_equal(sys_mremap(t, A0, P, P, fixed, PAGE(8)), PAGE(8));
	assert_int_equal(sys_mremap(t, PAGE(8), P, P, fixed, A0), A0);
}

static int advice_of(char step)
{
	return step == 'd' ? MADV_DONTNEED : step == 'f' ? MADV_FREE : MADV_GUARD_INSTALL;
}

static uint64_t prot_of(char step)
{
	return step == 'n' ? PROT_NONE : step == 'r' ? PROT_READ : RW;
}

static void live(struct task_struct *t, int fd, char step)
{
	struct process *child;

	switch (step) {
	case 'p':
	case 'u':
		assert_int_equal(uffd_wp(t, fd, A0, 1, step == 'p' ? PROTECT : 0), 0);
		break;
	case 's':
		store(t, A0, 1);
		break;
	case 'l':
		load(t, A0);
		break;
	case 'd':
	case 'f':
	case 'g':
		assert_int_equal(sys_madvise(t, A0, P, advice_of(step)), 0);
		break;
	case 'n':
	case 'r':
	case 'w':
		assert_int_equal(sys_mprotect(t, A0, P, prot_of(step)), 0);
		break;
	case 'm':
		move_away_and_back(t);
		break;
	case 'F':
		assert_true(sys_fork(t, &child) > 0);
		break;
	case 'x':
		assert_int_equal(uffd_fill(t, fd, UFFDIO_POISON, A0, 1, 0, NULL), 0);
		break;
	default:
		assert_int_equal(uffd_copy(t, fd, A0, PAGE(4), 1,
					   step == 'C' ? UFFDIO_COPY_MODE_WP : 0, NULL), 0);
	}
}

static void lead_life(struct task_struct *t, void *arg)
{
	const struct life *l = arg;
	int fd = uffd_open(t, l->features);
	uint64_t faults = 0;

	map_at(t, A0, 1, RW);
	map_at(t, PAGE(4), 1, RW);
	store(t, PAGE(4), 1);
	assert_int_equal(uffd_register(t, fd, A0, 1, WP), 0);
	for (const char *s = l->steps; *s; s++) {
		live(t, fd, *s);
		if (*s == 'p' || *s == 'u')
			faults = task_faults(t);
	}
	if (task_faults(t) - faults != (uint64_t)l->faults)
		fail_msg("%s: %d faults", l->what, (int)(task_faults(t) - faults));
	assert_string_equal(uffd_read(t, fd), "EAGAIN");
}

static void test_the_life_of_a_protected_page(void **state)
{
	for (unsigned i = 0; i < ARRAY_SIZE(lives); i++) {
		struct world *w = world_new("v6.18");

		world_do(w, lead_life, (void *)&lives[i]);
		if (strcmp(pagemap(w, NULL, A0, 1), lives[i].after))
			fail_msg("%s: %s", lives[i].what, pagemap(w, NULL, A0, 1));
		world_free(w);
	}
}

/* --------------------------------------------------------------- write faults */

struct trap {
	const char *what, *before; /* steps as above */
	uint64_t mode, features;
	const char *first; /* message */
	void (*resolve)(struct task_struct *t);
	const char *second; /* message after that, "EAGAIN": the store succeeded */
};

static void unprotect(struct task_struct *t)
{
	assert_int_equal(uffd_wp(t, FIRST_FD, A0, 1, 0), 0);
}
static void unprotect_dontwake(struct task_struct *t)
{
	assert_int_equal(uffd_wp(t, FIRST_FD, A0, 1, UFFDIO_WRITEPROTECT_MODE_DONTWAKE), 0);
}
static void unprotect_dontwake_then_wake(struct task_struct *t)
{
	unprotect_dontwake(t);
	assert_int_equal(uffd_wake(t, FIRST_FD, A0, 1), 0);
}
static void just_wake(struct task_struct *t)
{
	assert_int_equal(uffd_wake(t, FIRST_FD, A0, 1), 0);
}
static void protect_again(struct task_struct *t)
{
	assert_int_equal(uffd_wp(t, FIRST_FD, A0, 1, PROTECT), 0);
}
static void copy(struct task_struct *t)
{
	assert_int_equal(uffd_copy(t, FIRST_FD, A0, PAGE(4), 1, 0, NULL), 0);
}
static void copy_wp(struct task_struct *t)
{
	assert_int_equal(uffd_copy(t, FIRST_FD, A0, PAGE(4), 1, UFFDIO_COPY_MODE_WP, NULL), 0);
}

static const struct trap traps[] = {
	{ "unprotected, it goes on", "sp", WP, 0, "fault 3 @0", unprotect, "EAGAIN" },
	{ "the zero page", "lp", WP, 0, "fault 3 @0", unprotect, "EAGAIN" },
	{ "a shared page", "sFp", WP, 0, "fault 3 @0", unprotect, "EAGAIN" },
	{ "woken alone, it traps again", "sp", WP, 0, "fault 3 @0", just_wake, "fault 3 @0" },
	{ "unprotected without waking, it sleeps", "sp", WP, 0, "fault 3 @0", unprotect_dontwake, NULL },
	{ "until it is woken", "sp", WP, 0, "fault 3 @0", unprotect_dontwake_then_wake, "EAGAIN" },
	{ "protecting wakes nobody", "sp", WP, 0, "fault 3 @0", protect_again, NULL },
	{ "a marker of WP mode", "p", WP, MARKERS, "fault 3 @0", unprotect, "EAGAIN" },
	{ "missing comes first", "p", MISSING | WP, MARKERS, "fault 1 @0", copy, "EAGAIN" },
	{ "COPY|WP: then the protection", "p", MISSING | WP, MARKERS, "fault 1 @0", copy_wp, "fault 3 @0" },
	{ "a missing fault unprotected", "p", MISSING | WP, MARKERS, "fault 1 @0", unprotect, "fault 1 @0" },
	{ "back from read-only", "sprw", WP, 0, "fault 3 @0", unprotect, "EAGAIN" },
	{ "WP_ASYNC: missing is still told", "", MISSING | WP, UFFD_FEATURE_WP_ASYNC, "fault 1 @0", copy, "EAGAIN" },
};

static void set_up_trap(struct task_struct *t, void *arg)
{
	const struct trap *r = arg;
	int fd = uffd_open(t, r->features);

	map_at(t, A0, 1, RW);
	map_at(t, PAGE(4), 1, RW);
	store(t, PAGE(4), 4);
	if (*r->before && *r->before != 'p')
		live(t, fd, *r->before);
	assert_int_equal(uffd_register(t, fd, A0, 1, r->mode), 0);
	for (const char *s = r->before; *s; s++)
		if (s > r->before || *s == 'p')
			live(t, fd, *s);
}

static void write_it(struct task_struct *t, void *arg)
{
	assert_int_equal(user_store(t, A0 + 1, 9), ACCESS_OK);
}

static void resolve(struct task_struct *t, void *arg)
{
	const struct trap *r = arg;

	assert_string_equal(uffd_read(t, FIRST_FD), r->first);
	r->resolve(t);
}

static void second_message(struct task_struct *t, void *arg)
{
	const struct trap *r = arg;
	const char *msg = uffd_read(t, FIRST_FD);

	if (strcmp(msg, r->second ? r->second : "EAGAIN"))
		fail_msg("%s: then %s", r->what, msg);
}

static void test_a_store_to_a_protected_page(void **state)
{
	for (unsigned i = 0; i < ARRAY_SIZE(traps); i++) {
		const struct trap *r = &traps[i];
		bool ends = r->second && !strcmp(r->second, "EAGAIN");
		struct world *w = world_new("v6.18");

		world_do(w, set_up_trap, (void *)r);
		world_thread(w, NULL, "writer", write_it, NULL);
		world_run(w, SIM_END_DEADLOCK);
		world_thread(w, NULL, "monitor", resolve, (void *)r);
		sim_run(w->sim, sim_run_to_completion());
		world_thread(w, NULL, "again", second_message, (void *)r);
		if (sim_run(w->sim, sim_run_to_completion()) !=
		    (ends ? SIM_END_DONE : SIM_END_DEADLOCK))
			fail_msg("%s", r->what);
		world_free(w);
	}
}

static void write_read_only(struct task_struct *t, void *arg)
{
	int fd = uffd_open(t, 0);

	map_at(t, A0, 1, RW);
	store(t, A0, 1);
	assert_int_equal(uffd_register(t, fd, A0, 1, WP), 0);
	live(t, fd, 'p');
	live(t, fd, 'r');
	assert_int_equal(user_store(t, A0, 2), ACCESS_SIGSEGV);
	assert_string_equal(uffd_read(t, fd), "EAGAIN");
}

static void test_rights_come_before_protection(void **state)
{
	in_world(write_read_only, NULL);
}

/* ---------------------------------------------------- a race of the real kernel */

static void set_up_race(struct task_struct *t, void *arg)
{
	map_at(t, A0, 1, RW);
	map_at(t, PAGE(4), 1, RW);
	store(t, PAGE(4), 4);
	/* Who has no anon_vma yet takes mmap_lock all the same. */
	store(t, A0, 1);
	assert_int_equal(sys_madvise(t, A0, P, MADV_DONTNEED), 0);
	assert_int_equal(uffd_register(t, uffd_open(t, 0), A0, 1, WP), 0);
}

static void copy_protected(struct task_struct *t, void *arg)
{
	uffd_copy(t, FIRST_FD, A0, PAGE(4), 1, UFFDIO_COPY_MODE_WP, NULL);
}

static void unregister(struct task_struct *t, void *arg)
{
	assert_int_equal(uffd_unregister(t, FIRST_FD, A0, 1), 0);
}

static struct world *race;
static unsigned nr_stale;

static int count_stale(void *ctx, struct sim *sim, const struct sim_execution *ex)
{
	assert_string_equal(maps(race, NULL), "0-1 rw-; 4-5 rw-");
	nr_stale += !strcmp(pagemap(race, NULL, A0, 1), "PXW");
	return 0;
}

/*
 * UNREGISTER takes uffd-wp off and then write-locks the VMA; since fills hold no
 * more than the VMA's lock (6.9), a COPY|WP fits in between.  Seen on 6.18.
 */
static void test_a_copy_during_unregister_can_stay_protected(void **state)
{
	static const struct {
		const char *profile;
		bool stale;
	} kernels[] = { { "v6.18", true }, { "v6.9", true }, { "v6.18+fill_vma_lock=no", false } };
	const struct sim_explore_config cfg = { .execution = count_stale };
	struct sim_explore_result res;

	for (unsigned i = 0; i < ARRAY_SIZE(kernels); i++) {
		race = world_new(kernels[i].profile);
		nr_stale = 0;
		world_do(race, set_up_race, NULL);
		world_thread(race, NULL, "copier", copy_protected, NULL);
		world_thread(race, NULL, "other", unregister, NULL);
		assert_int_equal(sim_explore(race->sim, &cfg, &res), 0);
		assert_true(res.complete && !res.bugs);
		assert_int_equal(nr_stale > 0, kernels[i].stale);
		world_free(race);
	}
}

/* ------------------------------------------------------------------ older kernels */

static void skip_hole(struct task_struct *t, void *arg)
{
	int fd = uffd_open(t, 0);

	map_at(t, A0, 1, RW);
	map_at(t, PAGE(2), 1, RW);
	assert_int_equal(uffd_register(t, fd, A0, 3, WP), 0);
	assert_int_equal(uffd_wp(t, fd, A0, 3, PROTECT), *(int64_t *)arg);
}

static void test_before_6_2_one_mapping_must_have_the_range(void **state)
{
	int64_t refused = -ENOENT, fine = 0;
	struct world *w = world_new("v5.15");

	world_do(w, skip_hole, &refused);
	world_free(w);
	in_world(skip_hole, &fine);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_checks),
		cmocka_unit_test(test_the_life_of_a_protected_page),
		cmocka_unit_test(test_a_store_to_a_protected_page),
		cmocka_unit_test(test_rights_come_before_protection),
		cmocka_unit_test(test_a_copy_during_unregister_can_stay_protected),
		cmocka_unit_test(test_before_6_2_one_mapping_must_have_the_range),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

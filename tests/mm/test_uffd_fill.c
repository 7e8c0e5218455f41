/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * COPY, ZEROPAGE, POISON, CONTINUE, WAKE: order of checks, the answer field,
 * what a page's state makes of each, partial success, and whom they wake.
 */
#include "harness.h"

#define P   PAGE_SIZE
#define SRC PAGE(32)

/*
 * The memory of all rows: pages 0-3 registered (MISSING and WP), 4-5 registered
 * for MISSING only, 6 not registered, hole at 7; three source pages at 32, a
 * hole after them.
 */
static int memory(struct task_struct *t)
{
	int fd = uffd_open(t, UFFD_FEATURE_WP_UNPOPULATED);

	map_at(t, A0, 7, RW);
	map_at(t, SRC, 3, RW);
	for (unsigned i = 0; i < 3; i++)
		user_memset(t, SRC + i * P, 0x51 + i, P);
	assert_int_equal(uffd_register(t, fd, A0, 4, MISSING | WP), 0);
	assert_int_equal(uffd_register(t, fd, PAGE(4), 2, MISSING), 0);
	return fd;
}

/* --------------------------------------------------------------- order of checks */

struct request {
	const char *what;
	uint64_t cmd, start, src, len, mode;
	int64_t ret, field;
};
static const struct request requests[] = {
	{ "a page", UFFDIO_COPY, A0, SRC, P, 0, 0, P },
	{ "three", UFFDIO_COPY, A0, SRC, 3 * P, 0, 0, 3 * P },
	{ "an unaligned source", UFFDIO_COPY, A0, SRC + 5, P, 0, 0, P },
	{ "write-protected", UFFDIO_COPY, A0, SRC, P, UFFDIO_COPY_MODE_WP, 0, P },
	{ "without waking", UFFDIO_COPY, A0, SRC, P, UFFDIO_COPY_MODE_DONTWAKE, 0, P },
	{ "an unaligned start", UFFDIO_COPY, A0 + 1, SRC, P, 0, -EINVAL, UNTOUCHED },
	{ "an unaligned length", UFFDIO_COPY, A0, SRC, P + 1, 0, -EINVAL, UNTOUCHED },
	{ "no length", UFFDIO_COPY, A0, SRC, 0, 0, -EINVAL, UNTOUCHED },
	{ "a wrap", UFFDIO_COPY, A0, SRC, -P, 0, -EINVAL, UNTOUCHED },
	{ "beyond user space", UFFDIO_COPY, TASK_SIZE, SRC, P, 0, -EINVAL, UNTOUCHED },
	{ "a source beyond it", UFFDIO_COPY, A0, TASK_SIZE - 1, P, 0, -EINVAL, UNTOUCHED },
	{ "an unknown mode", UFFDIO_COPY, A0, SRC, P, 4, -EINVAL, UNTOUCHED },
	{ "nothing mapped", UFFDIO_COPY, PAGE(7), SRC, P, 0, -ENOENT, -ENOENT },
	{ "not registered", UFFDIO_COPY, PAGE(6), SRC, P, 0, -ENOENT, -ENOENT },
	{ "across two mappings", UFFDIO_COPY, PAGE(3), SRC, 2 * P, 0, -ENOENT, -ENOENT },
	{ "WP without that mode", UFFDIO_COPY, PAGE(4), SRC, P, UFFDIO_COPY_MODE_WP, -EINVAL, -EINVAL },
	{ "no source", UFFDIO_COPY, A0, SRC + 3 * P, P, 0, -EFAULT, -EFAULT },
	{ "half a source", UFFDIO_COPY, A0, SRC + 2 * P + 1, P, 0, -EFAULT, -EFAULT },
	{ "a source that ends", UFFDIO_COPY, A0, SRC + P, 3 * P, 0, -EAGAIN, 2 * P },
	{ "no destination precedes no source", UFFDIO_COPY, PAGE(6), SRC + 4 * P, P, 0, -ENOENT, -ENOENT },
	{ "a mode precedes no destination", UFFDIO_COPY, PAGE(7), SRC, P, 8, -EINVAL, UNTOUCHED },

	{ "a page", UFFDIO_ZEROPAGE, A0, 0, P, 0, 0, P },
	{ "four", UFFDIO_ZEROPAGE, A0, 0, 4 * P, 0, 0, 4 * P },
	{ "of a mapping only for MISSING", UFFDIO_ZEROPAGE, PAGE(4), 0, P, 0, 0, P },
	{ "there is no WP", UFFDIO_ZEROPAGE, A0, 0, P, 2, -EINVAL, UNTOUCHED },
	{ "an unaligned start", UFFDIO_ZEROPAGE, A0 + 1, 0, P, 0, -EINVAL, UNTOUCHED },
	{ "no length", UFFDIO_ZEROPAGE, A0, 0, 0, 0, -EINVAL, UNTOUCHED },
	{ "nothing mapped", UFFDIO_ZEROPAGE, PAGE(7), 0, P, 0, -ENOENT, -ENOENT },
	{ "not registered", UFFDIO_ZEROPAGE, PAGE(6), 0, P, 0, -ENOENT, -ENOENT },
	{ "past the mapping's end", UFFDIO_ZEROPAGE, A0, 0, 5 * P, 0, -ENOENT, -ENOENT },

	{ "a page", UFFDIO_POISON, A0, 0, P, 0, 0, P },
	{ "there is no WP", UFFDIO_POISON, A0, 0, P, 2, -EINVAL, UNTOUCHED },
	{ "no length", UFFDIO_POISON, A0, 0, 0, 0, -EINVAL, UNTOUCHED },
	{ "not registered", UFFDIO_POISON, PAGE(6), 0, P, 0, -ENOENT, -ENOENT },

	{ "anonymous memory has no page cache", UFFDIO_CONTINUE, A0, 0, P, 0, -EINVAL, -EINVAL },
	{ "with WP neither", UFFDIO_CONTINUE, A0, 0, P, 2, -EINVAL, -EINVAL },
	{ "an unknown mode", UFFDIO_CONTINUE, A0, 0, P, 4, -EINVAL, UNTOUCHED },
	{ "not registered", UFFDIO_CONTINUE, PAGE(6), 0, P, 0, -ENOENT, -ENOENT },
};

/* Any of the four, with nothing left out of the request. */
static int64_t request(struct task_struct *t, int fd, const struct request *r, int64_t *field)
{
	struct uffdio_copy c = { r->start, r->src, r->len, r->mode, 0 };
	struct uffdio_zeropage z = { { r->start, r->len }, r->mode, 0 };
	bool copy = r->cmd == UFFDIO_COPY, written;
	int64_t ret = sys_ioctl(t, fd, r->cmd, copy ? (void *)&c : (void *)&z, 0, &written);

	*field = !written ? UNTOUCHED : copy ? c.copy : z.zeropage;
	return ret;
}

static void check_request(struct task_struct *t, void *arg)
{
	const struct request *r = arg;
	int64_t field, ret = request(t, memory(t), r, &field);

	if (ret != r->ret || field != r->field)
		fail_msg("0x%llx, %s: %lld, field %lld", (unsigned long long)r->cmd, r->what,
			 (long long)ret, (long long)field);
}

static void test_checks_and_answers(void **state)
{
	for (unsigned i = 0; i < ARRAY_SIZE(requests); i++)
		in_world(check_request, (void *)&requests[i]);
}

/* ------------------------------------------------------- what is there already */

enum there { NONE, PAGE_THERE, ZERO_PAGE, WP_MARKER, POISONED, GUARD, PROTECTED, NR_THERE };
static const char *const there_names[] = { "nothing", "a page",	 "the zero page", "a wp marker",
					   "poison",  "a guard", "a protected page" };

static void put_there(struct task_struct *t, int fd, enum there there)
{
	switch (there) {
	case PAGE_THERE:
	case PROTECTED:
		assert_int_equal(uffd_copy(t, fd, A0, SRC + 2 * P, 1,
					   there == PROTECTED ? UFFDIO_COPY_MODE_WP : 0, NULL), 0);
		break;
	case ZERO_PAGE:
		assert_int_equal(uffd_zeropage(t, fd, A0, 1, NULL), 0);
		break;
	case WP_MARKER:
		assert_int_equal(uffd_wp(t, fd, A0, 1, UFFDIO_WRITEPROTECT_MODE_WP), 0);
		break;
	case POISONED:
		assert_int_equal(uffd_fill(t, fd, UFFDIO_POISON, A0, 1, 0, NULL), 0);
		break;
	case GUARD:
		assert_int_equal(sys_madvise(t, A0, P, MADV_GUARD_INSTALL), 0);
		break;
	default:
		break;
	}
}

struct filling {
	const char *what;
	uint64_t cmd, mode;
	const char *after[NR_THERE]; /* the entry; NULL: EEXIST, and it stays */
};
static const struct filling fillings[] = {
	{ "COPY", UFFDIO_COPY, 0, { "PX", NULL, NULL, "PX", "PX", "PX", NULL } },
	{ "COPY|WP", UFFDIO_COPY, UFFDIO_COPY_MODE_WP, { "PXW", NULL, NULL, "PXW", "PXW", "PXW", NULL } },
	{ "ZEROPAGE", UFFDIO_ZEROPAGE, 0, { "P", NULL, NULL, NULL, NULL, NULL, NULL } },
	{ "POISON", UFFDIO_POISON, 0, { "S", NULL, NULL, NULL, NULL, NULL, NULL } },
};

struct pair {
	const struct filling *f;
	enum there there;
	char before[8];
};

static void fill_over(struct task_struct *t, void *arg)
{
	struct pair *p = arg;
	struct request r = { NULL, p->f->cmd, A0, SRC, P, p->f->mode, 0, 0 };
	int fd = memory(t);
	int64_t field, ret, wanted = p->f->after[p->there] ? 0 : -EEXIST;

	put_there(t, fd, p->there);
	observe_pagemap(t->process, A0, p->before);
	ret = request(t, fd, &r, &field);
	if (ret != wanted || field != (wanted ? wanted : (int64_t)P))
		fail_msg("%s over %s: %lld, field %lld", p->f->what, there_names[p->there],
			 (long long)ret, (long long)field);
}

static void test_what_each_makes_of_each_state(void **state)
{
	for (unsigned i = 0; i < ARRAY_SIZE(fillings) * NR_THERE; i++) {
		struct pair p = { &fillings[i / NR_THERE], i % NR_THERE, "" };
		const char *after = p.f->after[p.there];
		struct world *w = world_new("v6.18");

		world_do(w, fill_over, &p);
		if (strcmp(pagemap(w, NULL, A0, 1), after ? after : p.before))
			fail_msg("%s over %s: now %s", p.f->what, there_names[p.there],
				 pagemap(w, NULL, A0, 1));
		world_free(w);
	}
}

/* --------------------------------------------------------------- the new entry */

static void into(struct task_struct *t, int fd, uint64_t prot, uint64_t mode)
{
	assert_int_equal(sys_mprotect(t, A0, P, prot), 0);
	assert_int_equal(uffd_copy(t, fd, A0, SRC, 1, mode, NULL), 0);
	assert_int_equal(sys_mprotect(t, A0, P, RW), 0);
}

static void faults_after(struct task_struct *t, void *arg)
{
	int fd = memory(t);
	uint64_t faults;

	assert_int_equal(uffd_copy(t, fd, PAGE(1), SRC, 1, 0, NULL), 0);
	assert_int_equal(uffd_zeropage(t, fd, PAGE(2), 1, NULL), 0);
	into(t, fd, PROT_READ, 0);
	faults = task_faults(t);
	store(t, PAGE(1), 1); /* writable at once */
	store(t, A0, 1);      /* so is what came into read-only memory, after mprotect */
	assert_int_equal(task_faults(t), faults);
	store(t, PAGE(2), 1); /* the zero page is copied, and nobody is told */
	assert_int_equal(task_faults(t), faults + 1);
	assert_string_equal(uffd_read(t, fd), "EAGAIN");
}

static void test_which_fills_leave_a_fault_to_come(void **state)
{
	in_world(faults_after, NULL);
}

static void unaligned(struct task_struct *t, void *arg)
{
	int fd = memory(t);

	assert_int_equal(uffd_copy(t, fd, A0, SRC + 16, 2, 0, NULL), 0);
	assert_int_equal(load(t, A0), 0x51);
	assert_int_equal(load(t, A0 + P - 17), 0x51);
	assert_int_equal(load(t, A0 + P - 16), 0x52);
	assert_int_equal(load(t, A0 + 2 * P - 1), 0x53);
}

static void test_the_bytes_are_those_of_the_source(void **state)
{
	in_world(unaligned, NULL);
}

static void partial(struct task_struct *t, void *arg)
{
	int fd = memory(t);
	int64_t field;

	assert_int_equal(uffd_zeropage(t, fd, PAGE(2), 1, NULL), 0);
	assert_int_equal(uffd_copy(t, fd, A0, SRC, 3, 0, &field), -EAGAIN);
	assert_int_equal(field, 2 * P);
	assert_int_equal(uffd_copy(t, fd, PAGE(2), SRC, 1, 0, &field), -EEXIST);
	assert_int_equal(field, -EEXIST);
	assert_int_equal(uffd_fill(t, fd, UFFDIO_POISON, PAGE(2), 2, 0, &field), -EEXIST);
}

static void test_the_first_page_that_fails_ends_it(void **state)
{
	struct world *w = world_new("v6.18");

	world_do(w, partial, NULL);
	assert_string_equal(pagemap(w, NULL, A0, 4), "PX PX P -");
	world_free(w);
}

static void through_another(struct task_struct *t, void *arg)
{
	int other = (memory(t), uffd_open(t, 0));

	assert_int_equal(uffd_copy(t, other, A0, SRC, 1, 0, NULL), 0);
	assert_int_equal(uffd_zeropage(t, other, PAGE(1), 1, NULL), 0);
}

static void test_any_descriptor_of_the_process_may_fill(void **state)
{
	in_world(through_another, NULL);
}

/* -------------------------------------------------------------------- waking */

static void set_up(struct task_struct *t, void *arg)
{
	memory(t);
}

static void read_page_1(struct task_struct *t, void *arg)
{
	uint8_t v;

	assert_int_equal(user_load(t, PAGE(1) + 7, &v), ACCESS_OK);
}

struct wake {
	const char *what;
	uint64_t cmd, page, pages, mode; /* UFFDIO_WAKE too */
	bool first;			 /* something is at page 2 already */
	const char *woken;		 /* NULL: no; else the message that is queued then */
};
static const struct wake wakes[] = {
	{ "COPY of the page", UFFDIO_COPY, 1, 1, 0, false, "EAGAIN" },
	{ "COPY of more", UFFDIO_COPY, 0, 3, 0, false, "EAGAIN" },
	{ "COPY beside it", UFFDIO_COPY, 2, 1, 0, false, NULL },
	{ "COPY|DONTWAKE", UFFDIO_COPY, 1, 1, UFFDIO_COPY_MODE_DONTWAKE, false, NULL },
	{ "COPY|WP: reads may", UFFDIO_COPY, 1, 1, UFFDIO_COPY_MODE_WP, false, "EAGAIN" },
	{ "the part of a COPY that succeeded", UFFDIO_COPY, 1, 2, 0, true, "EAGAIN" },
	{ "a COPY that fails", UFFDIO_COPY, 2, 1, 0, true, NULL },
	{ "ZEROPAGE", UFFDIO_ZEROPAGE, 1, 1, 0, false, "EAGAIN" },
	{ "ZEROPAGE|DONTWAKE", UFFDIO_ZEROPAGE, 1, 1, 1, false, NULL },
	{ "WAKE alone: it faults again", UFFDIO_WAKE, 0, 2, 0, false, "fault 0 @1" },
	{ "WAKE beside it", UFFDIO_WAKE, 0, 1, 0, false, NULL },
	{ "WAKE up to it", UFFDIO_WAKE, 2, 1, 0, false, NULL },
};

static void monitor(struct task_struct *t, void *arg)
{
	const struct wake *k = arg;
	struct request r = { NULL, k->cmd, PAGE(k->page), SRC, k->pages * P, k->mode, 0, 0 };
	int64_t field;

	if (k->first)
		assert_int_equal(uffd_zeropage(t, FIRST_FD, PAGE(2), 1, NULL), 0);
	assert_string_equal(uffd_read(t, FIRST_FD), "fault 0 @1");
	if (k->cmd == UFFDIO_WAKE)
		assert_int_equal(uffd_wake(t, FIRST_FD, r.start, k->pages), 0);
	else
		request(t, FIRST_FD, &r, &field);
}

static void look_again(struct task_struct *t, void *arg)
{
	const struct wake *k = arg;
	const char *msg = uffd_read(t, FIRST_FD);

	if (strcmp(msg, k->woken ? k->woken : "EAGAIN"))
		fail_msg("%s: then %s", k->what, msg);
}

static void test_who_is_woken(void **state)
{
	for (unsigned i = 0; i < ARRAY_SIZE(wakes); i++) {
		const struct wake *k = &wakes[i];
		bool ends = k->woken && k->cmd != UFFDIO_WAKE;
		struct world *w = world_new("v6.18");

		world_do(w, set_up, NULL);
		world_thread(w, NULL, "reader", read_page_1, NULL);
		world_run(w, SIM_END_DEADLOCK);
		world_thread(w, NULL, "monitor", monitor, (void *)k);
		if (sim_run(w->sim, sim_run_to_completion()) !=
		    (ends ? SIM_END_DONE : SIM_END_DEADLOCK))
			fail_msg("%s", k->what);
		world_thread(w, NULL, "again", look_again, (void *)k);
		world_run(w, ends ? SIM_END_DONE : SIM_END_DEADLOCK);
		world_free(w);
	}
}

static const struct {
	const char *what;
	uint64_t start, len;
	int64_t ret;
} wake_ranges[] = {
	{ "registered", A0, P, 0 },	      { "not registered", PAGE(6), P, 0 },
	{ "nothing mapped", PAGE(7), P, 0 },  { "all of user space", 0, TASK_SIZE, 0 },
	{ "an unaligned start", 1, P, -EINVAL }, { "no length", A0, 0, -EINVAL },
	{ "beyond", TASK_SIZE, P, -EINVAL },
};

static void wake_range(struct task_struct *t, void *arg)
{
	int fd = memory(t);

	for (unsigned i = 0; i < ARRAY_SIZE(wake_ranges); i++) {
		struct uffdio_range r = { wake_ranges[i].start, wake_ranges[i].len };
		bool written;

		if (sys_ioctl(t, fd, UFFDIO_WAKE, &r, 0, &written) != wake_ranges[i].ret)
			fail_msg("WAKE: %s", wake_ranges[i].what);
		assert_false(written);
	}
}

static void test_wake_asks_for_nothing_but_a_range(void **state)
{
	in_world(wake_range, NULL);
}

/* ------------------------------------------------------- a source that is missing */

/* COPY from pages 3 and 4, which are registered and empty: the ioctl faults itself. */
static void copy_from_missing(struct task_struct *t, void *arg)
{
	int64_t *result = arg, field;

	result[0] = uffd_copy(t, FIRST_FD, A0, PAGE(3), 2, 0, &field);
	result[1] = field;
}

static void fill_source(struct task_struct *t, void *arg)
{
	assert_string_equal(uffd_wait(t, FIRST_FD), "fault 0 @3");
	assert_int_equal(uffd_copy(t, FIRST_FD, PAGE(3), SRC, 1, 0, NULL), 0);
	assert_string_equal(uffd_wait(t, FIRST_FD), "fault 0 @4");
	assert_int_equal(uffd_zeropage(t, FIRST_FD, PAGE(4), 1, NULL), 0);
}

static void fill_destination(struct task_struct *t, void *arg)
{
	assert_int_equal(uffd_zeropage(t, FIRST_FD, A0, 1, NULL), 0);
	fill_source(t, NULL);
}

static void unmap_destination(struct task_struct *t, void *arg)
{
	assert_int_equal(sys_munmap(t, A0, P), 0);
	assert_int_equal(uffd_copy(t, FIRST_FD, PAGE(3), SRC, 1, 0, NULL), 0);
}

static void fill_source_then_destination(struct task_struct *t, void *arg)
{
	assert_int_equal(uffd_zeropage(t, FIRST_FD, PAGE(1), 1, NULL), 0);
	fill_source(t, NULL);
}

static const struct {
	const char *what;
	task_fn monitor;
	int64_t ret, field;
} blocked[] = {
	{ "resolved, it goes on", fill_source, 0, 2 * P },
	{ "the destination was filled meanwhile", fill_destination, -EEXIST, -EEXIST },
	{ "the destination is gone", unmap_destination, -ENOENT, -ENOENT },
	{ "the second page was filled", fill_source_then_destination, -EAGAIN, P },
};

static void test_a_missing_source_blocks_the_copy(void **state)
{
	for (unsigned i = 0; i < ARRAY_SIZE(blocked); i++) {
		struct world *w = world_new("v6.18");
		int64_t result[2] = { 77, 77 };

		world_do(w, set_up, NULL);
		world_thread(w, NULL, "copier", copy_from_missing, result);
		world_run(w, SIM_END_DEADLOCK);
		world_thread(w, NULL, "monitor", blocked[i].monitor, NULL);
		sim_run(w->sim, sim_run_to_completion());
		if (result[0] != blocked[i].ret || result[1] != blocked[i].field)
			fail_msg("%s: %lld, field %lld", blocked[i].what, (long long)result[0],
				 (long long)result[1]);
		world_free(w);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_checks_and_answers),
		cmocka_unit_test(test_what_each_makes_of_each_state),
		cmocka_unit_test(test_which_fills_leave_a_fault_to_come),
		cmocka_unit_test(test_the_bytes_are_those_of_the_source),
		cmocka_unit_test(test_the_first_page_that_fails_ends_it),
		cmocka_unit_test(test_any_descriptor_of_the_process_may_fill),
		cmocka_unit_test(test_who_is_woken),
		cmocka_unit_test(test_wake_asks_for_nothing_but_a_range),
		cmocka_unit_test(test_a_missing_source_blocks_the_copy),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

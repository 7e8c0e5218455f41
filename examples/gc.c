/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * gc.c - ART's compacting collector: pages of the heap come when they are touched
 *
 * After the pause the heap is empty.  A mutator that touches a page gets SIGBUS, and its
 * handler makes the page itself: whoever changes the page's state from UNPROCESSED wins,
 * compacts the objects into a buffer of its own and installs that; the others wait for the
 * state MAPPED.  The collector does the same with all pages, and then unregisters the heap.
 *
 * It must not take a page on which somebody works for done: the mutator's COPY comes too
 * late then (ENOENT), and the objects of the page are zeroes.
 */
#include "uffd.h"

enum { UNPROCESSED, PROCESSING, MAPPED };

struct world {
	bool waits; /* the cure */
	uint64_t heap, buffers;
	int uffd;
	int state; /* of the one page */
};

static void setup(struct world *w)
{
	w->heap = u_map("heap", 1);
	w->buffers = u_map("buffers", 3);
	u_memset(w->buffers, 0x11, 3 * PAGE_SIZE);
	w->uffd = uffd_open(UFFD_FEATURE_SIGBUS);
	uffd_register(w->uffd, w->heap, 1, MISSING);
}

/* True if the page is there afterwards, as far as one can tell. */
static bool make_page(struct world *w, unsigned buffer)
{
	int64_t r;

	if (CMPXCHG(w->state, UNPROCESSED, PROCESSING) != UNPROCESSED)
		return false;
	r = uffd_copy(w->uffd, w->heap, w->buffers + buffer * PAGE_SIZE);
	uffdsim_assert(r == 0, "the winner's page is not installed: %lld", (long long)r);
	WRITE_ONCE(w->state, MAPPED);
	return true;
}

static int read_object(struct world *w, unsigned buffer)
{
	int v = u_load(w->heap);

	if (v != U_SIGBUS)
		return v;
	if (!make_page(w, buffer))
		AWAIT(w->state, MAPPED);
	return u_load(w->heap);
}

static void mutator1(struct world *w)
{
	uffdsim_assert(read_object(w, 0) == 0x11, "an object is lost");
}

static void mutator2(struct world *w)
{
	uffdsim_assert(read_object(w, 1) == 0x11, "an object is lost");
}

static void collector(struct world *w)
{
	if (!make_page(w, 2) && w->waits)
		AWAIT(w->state, MAPPED);
	uffd_unregister(w->uffd, w->heap, PAGE_SIZE);
}

/* --------------------------------------------------------------------- the tests */

static const struct uffdsim_test gc = {
	.name = "gc",
	.profile = "v5.15",
	.world_size = sizeof(struct world),
	.setup = setup,
	.threads = {
		{ "mutator1", mutator1, 0 },
		{ "mutator2", mutator2, 0 },
		{ "collector", collector, 0 },
	},
};

static void unregistered_too_early_objects_are_lost(void **state)
{
	assert_uffdsim_finds(&gc, "assertion");
}

static void every_page_is_installed_once(void **state)
{
	static const char *const profiles[] = { "v5.15", "v6.1", "v6.18" };
	const struct world cured = { .waits = true };

	for (size_t i = 0; i < sizeof(profiles) / sizeof(profiles[0]); i++) {
		struct uffdsim_test test = gc;

		test.profile = profiles[i];
		test.world = &cured;
		assert_uffdsim_passes(&test);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(unregistered_too_early_objects_are_lost),
		cmocka_unit_test(every_page_is_installed_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

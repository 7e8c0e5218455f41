/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * snapshot.c - QEMU's background snapshot: write-protect all, save, let go page by page
 *
 * Protecting a page that is not there does nothing, so every page is touched before.  While
 * the guest runs on, each page is saved before its protection is lifted; those first that
 * the guest waits for.  If the balloon drops a page meanwhile, its protection goes with it:
 * the guest writes unseen, and the snapshot has a byte that is younger than itself.
 *
 * Cures: UFFD_FEATURE_WP_UNPOPULATED (6.4) protects what is not there; and nothing is
 * dropped from the moment of the snapshot on.  It takes both.
 */
#include "uffd.h"

struct world {
	bool unpopulated, no_discards; /* the cures */
	uint64_t page;
	int uffd;
	int saved;

	struct u_mutex lock; /* of what follows, and of dropping pages */
	bool snapshot;
};

static void setup(struct world *w)
{
	w->page = u_map("page", 1);
	u_store(w->page, 0x11);
	w->uffd = uffd_open(UFFD_FEATURE_PAGEFAULT_FLAG_WP |
			    (w->unpopulated ? UFFD_FEATURE_WP_UNPOPULATED : 0));
	uffd_register(w->uffd, w->page, 1, WP);
	u_mutex_init(&w->lock, "lock");
}

static void balloon(struct world *w)
{
	u_mutex_lock(&w->lock);
	if (!w->snapshot || !w->no_discards)
		u_madvise(w->page, PAGE_SIZE, MADV_DONTNEED);
	u_mutex_unlock(&w->lock);
}

/* The main thread starts the snapshot, and then the guest. */
static void guest(struct world *w)
{
	u_madvise(w->page, PAGE_SIZE, MADV_POPULATE_READ);
	u_mutex_lock(&w->lock);
	w->snapshot = true;
	u_mutex_unlock(&w->lock);
	uffd_protect(w->uffd, w->page, true);
	u_store(w->page, 0x22);
}

static void saver(struct world *w)
{
	struct pollfd p = { .fd = w->uffd, .events = POLLIN };

	u_poll(&p, 1, 100); /* a page that the guest waits for, or else the next one */
	w->saved = u_load(w->page);
	uffd_protect(w->uffd, w->page, false);
}

static void check(struct world *w)
{
	uffdsim_assert(w->saved != 0x22, "the snapshot is younger than itself");
}

/* --------------------------------------------------------------------- the tests */

static struct uffdsim_test snapshot(const struct world *begin)
{
	return (struct uffdsim_test){
		.name = "snapshot",
		.world_size = sizeof(struct world),
		.world = begin,
		.setup = setup,
		.threads = {
			{ "balloon", balloon, 0 },
			{ "guest", guest, 0 },
			{ "saver", saver, 0 },
		},
		.finish = check,
	};
}

static void a_dropped_page_is_not_protected(void **state)
{
	static const struct world begin[] = {
		{ .unpopulated = false, .no_discards = false },
		{ .unpopulated = true, .no_discards = false },
		{ .unpopulated = false, .no_discards = true },
	};

	for (size_t i = 0; i < sizeof(begin) / sizeof(begin[0]); i++) {
		struct uffdsim_test test = snapshot(&begin[i]);

		assert_uffdsim_finds(&test, "assertion");
	}
}

static void with_both_cures_the_snapshot_is_of_one_moment(void **state)
{
	static const struct world begin = { .unpopulated = true, .no_discards = true };
	struct uffdsim_test test = snapshot(&begin);

	assert_uffdsim_passes(&test);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_dropped_page_is_not_protected),
		cmocka_unit_test(with_both_cures_the_snapshot_is_of_one_moment),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

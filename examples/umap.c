/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * umap.c - memory that is a window on a store, with its own eviction
 *
 * To evict a dirty page: protect it, write it to the store, drop it.  The manager serves
 * faults: a missing page is filled from the store, the protection of a page that is there
 * is lifted.  If it lifts that of a page that is just being evicted, the store that waited
 * for it lands in a page that has been written out already: it is lost.  So the manager
 * leaves such a page alone; and as dropping a page wakes nobody, the evictor does.
 *
 * In 5.8 the same eviction hangs: the kernel takes the page to write it out, which breaks
 * copy on write, which meets the protection; and the message waits for a manager who waits
 * for the eviction.  (Its users met it so: 5.7 works, 5.8 freezes, 5.9 works.)
 */
#include "uffd.h"

struct world {
	bool coordinated; /* the cure */
	uint64_t page, store;
	int uffd, channel;
	bool evicting; /* the state of the page's slot */
};

static void setup(struct world *w)
{
	w->page = u_map("page", 1);
	w->store = u_map("store", 1);
	u_store(w->page, 0x11);
	u_store(w->store, 0);
	w->channel = u_pipe();
	w->uffd = uffd_open(UFFD_FEATURE_PAGEFAULT_FLAG_WP);
	uffd_register(w->uffd, w->page, 1, MISSING | WP);
}

static void program(struct world *w)
{
	u_store(w->page, 0x22);
	uffdsim_assert(u_load(w->page) == 0x22, "a store is lost");
}

/* Direct I/O: the kernel takes a reference to the page, and the store gets its bytes. */
static void write_out(struct world *w)
{
	u_vmsplice(w->channel, w->page, PAGE_SIZE, 0);
	u_read_into(w->channel, w->store, PAGE_SIZE);
}

static void evictor(struct world *w)
{
	WRITE_ONCE(w->evicting, true);
	uffd_protect(w->uffd, w->page, true);
	write_out(w);
	u_madvise(w->page, PAGE_SIZE, MADV_DONTNEED);
	WRITE_ONCE(w->evicting, false);
	if (w->coordinated)
		uffd_wake(w->uffd, w->page);
}

static void manager(struct world *w)
{
	struct uffd_msg msg;

	for (;;) {
		if (!uffd_wait(w->uffd, &msg))
			continue; /* who waited has been woken meanwhile */
		if (!(msg.arg.pagefault.flags & UFFD_PAGEFAULT_FLAG_WP))
			uffd_copy(w->uffd, w->page, w->store);
		else if (!w->coordinated || !READ_ONCE(w->evicting))
			uffd_protect(w->uffd, w->page, false);
	}
}

/* --------------------------------------------------------------------- the tests */

static const struct world bare, cured = { .coordinated = true };

static const struct uffdsim_test umap = {
	.name = "umap",
	.world = &cured,
	.world_size = sizeof(struct world),
	.setup = setup,
	.threads = {
		{ "program", program, 0 },
		{ "evictor", evictor, 0 },
		{ "manager", manager, UFFDSIM_DAEMON },
	},
};

static void protection_lifted_during_eviction_loses_a_store(void **state)
{
	struct uffdsim_test test = umap;

	test.world = &bare;
	assert_uffdsim_finds(&test, "assertion");
}

static void no_store_is_lost_if_the_manager_waits(void **state)
{
	static const char *const profiles[] = { "v5.7", "v5.9", "v6.18" };

	for (size_t i = 0; i < sizeof(profiles) / sizeof(profiles[0]); i++) {
		struct uffdsim_test test = umap;

		test.profile = profiles[i];
		assert_uffdsim_passes(&test);
	}
}

static void in_5_8_the_eviction_waits_for_itself(void **state)
{
	struct uffdsim_test test = umap;

	test.profile = "v5.8";
	assert_uffdsim_finds(&test, "deadlock");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(protection_lifted_during_eviction_loses_a_store),
		cmocka_unit_test(no_store_is_lost_if_the_manager_waits),
		cmocka_unit_test(in_5_8_the_eviction_waits_for_itself),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * criu.c - lazy restore: pages are filled in when they are touched, or when there is time
 *
 * The daemon has a list of the pages that are still to come.  When nobody asks for one it
 * copies the next, and takes it off the list.  A FORK message brings the descriptor of the
 * child, which gets a copy of the list; what is on no list was not in the image, so a fault
 * there is answered with zeroes.
 *
 * A background copy may run into a fork.  Was the page there when the child was made?  Up
 * to 4.17 COPY succeeds before and after, and nobody can tell; the child can end up with
 * zeroes where its parent has data.  Since 4.18 a copy that meets a fork says EAGAIN: then
 * the page must stay on the list.
 */
#include "uffd.h"

struct world {
	bool heeds_eagain; /* the cure, where the kernel does its part */
	uint64_t page, image;
	int uffd;
};

/* A process that is being restored. */
struct restored {
	int uffd;    /* -1: none */
	bool listed; /* its page is still to come */
};

static void setup(struct world *w)
{
	w->page = u_map("page", 1);
	w->image = u_map("image", 1);
	u_memset(w->image, 0x11, PAGE_SIZE);
	w->uffd = uffd_open(UFFD_FEATURE_EVENT_FORK);
	uffd_register(w->uffd, w->page, 1, MISSING);
}

static void child(struct world *w)
{
	uffdsim_assert(u_load(w->page) == 0x11, "the child reads what the image has");
}

static void process(struct world *w)
{
	u_fork("child", child);
}

/* -------------------------------------------------------------------- the daemon */

static void copy_in_the_background(struct world *w, struct restored *r)
{
	int64_t ret = uffd_copy(r->uffd, w->page, w->image);

	if (ret == 0 || !w->heeds_eagain)
		r->listed = false;
}

static void on_fault(struct world *w, struct restored *r)
{
	if (r->listed && uffd_copy(r->uffd, w->page, w->image) == 0)
		r->listed = false;
	else if (!r->listed)
		uffd_zeropage(r->uffd, w->page);
}

static void on_message(struct world *w, struct restored *from, struct restored *child_of)
{
	struct uffd_msg msg;

	if (u_read(from->uffd, &msg, sizeof(msg)) != sizeof(msg))
		return;
	if (msg.event == UFFD_EVENT_FORK)
		*child_of = (struct restored){ (int)msg.arg.fork.ufd, from->listed };
	else
		on_fault(w, from);
}

static void daemon(struct world *w)
{
	struct restored parent = { w->uffd, true }, forked = { -1, false };

	copy_in_the_background(w, &parent);
	for (;;) {
		struct pollfd p[] = { { parent.uffd, POLLIN, 0 }, { forked.uffd, POLLIN, 0 } };

		u_poll(p, 2, -1);
		if (p[0].revents)
			on_message(w, &parent, &forked);
		if (p[1].revents)
			on_message(w, &forked, &forked);
	}
}

/* --------------------------------------------------------------------- the tests */

static struct uffdsim_test criu(const char *profile, const struct world *begin)
{
	return (struct uffdsim_test){
		.name = "criu",
		.profile = profile,
		.world_size = sizeof(struct world),
		.world = begin,
		.setup = setup,
		.threads = { { "process", process, 0 }, { "daemon", daemon, UFFDSIM_DAEMON } },
	};
}

static const struct world careless, careful = { .heeds_eagain = true };

static void a_copy_that_meets_a_fork_is_ambiguous_in_4_17(void **state)
{
	struct uffdsim_test test = criu("v4.17", &careful);

	assert_uffdsim_finds(&test, "assertion");
}

static void eagain_must_be_heeded(void **state)
{
	struct uffdsim_test test = criu("v4.18", &careless);

	assert_uffdsim_finds(&test, "assertion");
}

static void since_4_18_the_child_has_its_page(void **state)
{
	static const char *const profiles[] = { "v4.18", "v5.15", "v6.18" };

	for (size_t i = 0; i < sizeof(profiles) / sizeof(profiles[0]); i++) {
		struct uffdsim_test test = criu(profiles[i], &careful);

		assert_uffdsim_passes(&test);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_copy_that_meets_a_fork_is_ambiguous_in_4_17),
		cmocka_unit_test(eagain_must_be_heeded),
		cmocka_unit_test(since_4_18_the_child_has_its_page),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

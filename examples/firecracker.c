/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * firecracker.c - a handler that serves a guest from its snapshot, with a balloon
 *
 * The handler reads all messages, serves each fault by copying the page from the snapshot,
 * keeps for later what the kernel refuses with EAGAIN, and goes back to poll().  While a
 * REMOVE event is under way every fill is refused.  It is under way until the thread that
 * gave the memory back has run again, and that is after the handler has read the event:
 * so the last retry can come too early, and then no message comes any more.  The guest
 * stands still.  The cure is a time limit for poll() while something is deferred.
 */
#include "uffd.h"

struct world {
	bool timer; /* the cure */
	uint64_t guest, snapshot;
	int uffd;
};

static void setup(struct world *w)
{
	w->guest = u_map("guest", 2);
	w->snapshot = u_map("snapshot", 2);
	u_memset(w->snapshot, 0x11, 2 * PAGE_SIZE);
	w->uffd = uffd_open(UFFD_FEATURE_EVENT_REMOVE);
	uffd_register(w->uffd, w->guest, 2, MISSING);
}

static void vcpu(struct world *w)
{
	uffdsim_assert(u_load(w->guest) == 0x11, "the guest reads what the snapshot has");
}

static void balloon(struct world *w)
{
	u_madvise(w->guest + PAGE_SIZE, PAGE_SIZE, MADV_DONTNEED);
}

/* ------------------------------------------------------------------ the handler */

/* What is still to be served: the page of a fault; 0: nothing. */
struct handler {
	struct world *w;
	uint64_t deferred;
};

static void serve(struct handler *h)
{
	struct world *w = h->w;
	int64_t r = uffd_copy(w->uffd, h->deferred, w->snapshot + (h->deferred - w->guest));

	uffdsim_assert(r == 0 || r == -EAGAIN || r == -EEXIST, "copy: %lld", (long long)r);
	if (r != -EAGAIN)
		h->deferred = 0;
}

static void take(struct handler *h, const struct uffd_msg *msg)
{
	uint64_t start = msg->arg.remove.start, end = msg->arg.remove.end;

	if (msg->event == UFFD_EVENT_REMOVE)
		uffd_unregister(h->w->uffd, start, end - start);
	else
		h->deferred = fault_page(msg);
}

static void handler(struct world *w)
{
	struct handler h = { .w = w };

	for (;;) {
		struct pollfd p = { .fd = w->uffd, .events = POLLIN };
		struct uffd_msg msg;

		u_poll(&p, 1, h.deferred && w->timer ? 10 : -1);
		while (u_read(w->uffd, &msg, sizeof(msg)) == sizeof(msg))
			take(&h, &msg);
		if (h.deferred)
			serve(&h);
	}
}

/* --------------------------------------------------------------------- the tests */

static const struct uffdsim_test firecracker = {
	.name = "firecracker",
	.world_size = sizeof(struct world),
	.setup = setup,
	.threads = {
		{ "balloon", balloon, 0 },
		{ "vcpu", vcpu, 0 },
		{ "handler", handler, UFFDSIM_DAEMON },
	},
};

static void without_a_timer_the_guest_stands_still(void **state)
{
	assert_uffdsim_finds(&firecracker, "unanswered");
}

static void with_a_timer_it_never_does(void **state)
{
	const struct world cured = { .timer = true };
	struct uffdsim_test test = firecracker;

	test.world = &cured;
	assert_uffdsim_passes(&test);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_a_timer_the_guest_stands_still),
		cmocka_unit_test(with_a_timer_it_never_does),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

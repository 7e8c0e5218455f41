/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * postcopy.c - QEMU's post-copy migration, with a channel of its own for urgent pages
 *
 * A vcpu touches a page that has not come.  The fault thread asks the source for it; the
 * source sends it on the urgent channel, and the thread of that channel places it.  When
 * the main stream ends all pages have been sent, and the main thread tells the urgent
 * thread to quit.  But a page that was sent need not have been placed: if the thread looks
 * at the order to quit first, the vcpu sleeps for ever.  QEMU counts the pages that are
 * requested and waits for none before it gives that order.
 */
#include "uffd.h"

struct world {
	bool waits; /* the cure */
	uint64_t guest, received;
	int uffd;

	struct u_mutex lock; /* of what follows */
	struct u_cond sent_cond, placed_cond;
	bool sent;     /* the source: on the urgent channel */
	int requested; /* pages that were asked for and not placed */
	bool quit;
};

static void setup(struct world *w)
{
	w->guest = u_map("guest", 1);
	w->received = u_map("received", 1);
	u_memset(w->received, 0x11, PAGE_SIZE);
	w->uffd = uffd_open(0);
	uffd_register(w->uffd, w->guest, 1, MISSING);
	u_mutex_init(&w->lock, "lock");
	u_cond_init(&w->sent_cond, "sent");
	u_cond_init(&w->placed_cond, "placed");
}

static void vcpu(struct world *w)
{
	uffdsim_assert(u_load(w->guest) == 0x11, "the vcpu reads what the source had");
}

static void fault_thread(struct world *w)
{
	struct uffd_msg msg;

	for (;;) {
		if (!uffd_wait(w->uffd, &msg))
			continue;
		u_mutex_lock(&w->lock);
		w->requested++;
		w->sent = true; /* the source is quick */
		u_cond_broadcast(&w->sent_cond);
		u_mutex_unlock(&w->lock);
	}
}

static void urgent_thread(struct world *w)
{
	bool quit;

	u_mutex_lock(&w->lock);
	while (!w->sent && !w->quit)
		u_cond_wait(&w->sent_cond, &w->lock);
	quit = w->quit;
	u_mutex_unlock(&w->lock);
	if (quit)
		return;
	uffdsim_assert(uffd_copy(w->uffd, w->guest, w->received) == 0, "a page is placed once");
	u_mutex_lock(&w->lock);
	w->requested--;
	u_cond_signal(&w->placed_cond);
	u_mutex_unlock(&w->lock);
}

/* The source ends the main stream when it has sent the last page, on either channel. */
static void main_thread(struct world *w)
{
	u_mutex_lock(&w->lock);
	while (!w->sent)
		u_cond_wait(&w->sent_cond, &w->lock);
	while (w->waits && w->requested)
		u_cond_wait(&w->placed_cond, &w->lock);
	w->quit = true;
	u_cond_broadcast(&w->sent_cond);
	u_mutex_unlock(&w->lock);
}

/* --------------------------------------------------------------------- the tests */

static const struct uffdsim_test postcopy = {
	.name = "postcopy",
	.world_size = sizeof(struct world),
	.setup = setup,
	.threads = {
		{ "vcpu", vcpu, 0 },
		{ "faults", fault_thread, UFFDSIM_DAEMON },
		{ "urgent", urgent_thread, 0 },
		{ "main", main_thread, 0 },
	},
};

static void a_thread_that_quits_takes_the_last_page_along(void **state)
{
	assert_uffdsim_finds(&postcopy, "unanswered");
}

static void it_quits_when_nothing_is_requested(void **state)
{
	const struct world cured = { .waits = true };
	struct uffdsim_test test = postcopy;

	test.world = &cured;
	assert_uffdsim_passes(&test);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_thread_that_quits_takes_the_last_page_along),
		cmocka_unit_test(it_quits_when_nothing_is_requested),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

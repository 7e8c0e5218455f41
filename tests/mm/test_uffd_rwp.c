/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Read-write protection: what UFFDIO_RWPROTECT makes of each entry, and what other calls do
 * to protected ones.  With UFFD_FEATURE_SIGBUS a trap is a signal, and no monitor is needed.
 */
#include "script.h"

#define RWP_PROFILE "v6.18+rwp"

/* Four pages of 5, registered; features SIGBUS and RWP. */
#define SYNC  "m 0 4 rw; w 0 5 4; o 20080; g 0 4 r; "
/* The same with RWP and RWP_ASYNC. */
#define ASYNC "m 0 4 rw; w 0 5 4; o 60000; g 0 4 r; "

static void test_protecting(void **state)
{
	static const struct script_row rows[] = {
		{ "a load traps", SYNC "q 0 2 1; l 0=BUS; l 2=5", NULL, "PXW PXW PX PX" },
		{ "a store traps", SYNC "q 0 2 1; w 0 6=BUS; w 2 6", NULL, "PXW PXW PX PX" },
		{ "given back", SYNC "q 0 2 1; q 0 1 0; w 0 6; l 0=6; l 1=BUS", NULL, "PX PXW PX PX" },
		{ "twice is once", SYNC "q 0 1 1; q 0 1 1; q 0 1 0; l 0=5", NULL, "PX" },
		{ "what is empty stays empty", "m 0 2 rw; w 0 5; o 20080; g 0 2 r; q 0 2 1; l 1=0; w 1 6",
		  NULL, "PXW PX" },
		{ "the zero page", "m 0 2 rw; l 0; l 1; o 20080; g 0 2 r; q 0 1 1; l 0=BUS; q 0 1 0; w 0 6",
		  NULL, "PX P" },
		{ "a read-only mapping", "m 0 1 rw; w 0 5; p 0 1 r; o 20080; g 0 1 r; q 0 1 1; l 0=BUS; q 0 1 0; l 0=5",
		  NULL, "PX" },
		{ "not registered for it", "m 0 4 rw; w 0 5 4; o 20080; g 0 1 r; g 1 1 m; q 1 1 1=ENOENT; q 2 1 1=ENOENT",
		  NULL, "PX PX PX PX" },
		{ "all or nothing", "m 0 4 rw; w 0 5 4; o 20080; g 0 1 r; q 0 2 1=ENOENT; l 0=5", NULL,
		  "PX PX PX PX" },
		{ "a hole is passed over", SYNC "u 1 1; q 0 4 1; l 0=BUS; l 2=BUS", NULL, "PXW - PXW PXW" },
		{ "nothing but a hole", SYNC "u 1 1; q 1 1 1=ENOENT", NULL, "PX - PX PX" },
		{ "an unknown mode", SYNC "q 0 1 4=EINVAL; q 0 1 3=EINVAL", NULL, "PX" },
		{ "RWP only in a context that asked", "m 0 1 rw; o 80; g 0 1 r=EINVAL", NULL, "-" },
		{ "not with WP", "m 0 1 rw; o 20080; g 0 1 rw=EINVAL", NULL, "-" },
		{ "not dropped by REGISTER", SYNC "q 0 1 1; g 0 4 m=EBUSY; g 0 4 mr; l 0=BUS", NULL, "PXW" },
		{ "UNREGISTER gives all back", SYNC "q 0 4 1; n 0 2; l 0=5; w 1 6; l 2=BUS", NULL,
		  "PX PX PXW PXW" },
	};

	SCRIPT_TABLE(RWP_PROFILE, rows);
}

static void test_other_calls_keep_it(void **state)
{
	static const struct script_row rows[] = {
		{ "mprotect", SYNC "q 0 1 1; p 0 4 r; l 0=BUS; l 1=5; p 0 4 rw; w 0 6=BUS; w 1 6", NULL, "PXW PX" },
		{ "through PROT_NONE", SYNC "q 0 1 1; p 0 4 -; l 0=SEGV; p 0 4 rw; l 0=BUS; l 1=5", NULL, "PXW PX" },
		{ "begun in PROT_NONE", SYNC "p 0 4 -; q 0 1 1; p 0 4 rw; l 0=BUS; l 1=5", NULL, "PXW PX" },
		{ "ended in PROT_NONE", SYNC "q 0 1 1; p 0 4 -; q 0 1 0; p 0 4 rw; l 0=5", NULL, "PX" },
		{ "cold, given up", SYNC "q 0 2 1; a 0 1 20; a 1 1 8; l 0=BUS; l 1=BUS", NULL, "PXW PXW" },
		{ "populated all the same", SYNC "q 0 1 1; a 0 1 22=EFAULT", NULL, "PXW" },
		{ "out and back", "s 1; " SYNC "q 0 2 1; a 0 4 21; l 0=BUS; l 2=5", NULL, "PXW SW PX S" },
		{ "out and back by a store", "s 1; " SYNC "q 0 2 1; a 0 4 21; w 0 6=BUS; q 0 1 0; w 0 6", NULL, "PX SW S S" },
		{ "set while it is out", "s 1; " SYNC "a 0 4 21; q 0 1 1; l 0=BUS; l 1=5", NULL, "PXW PX S S" },
		{ "lifted while it is out", "s 1; " SYNC "q 0 2 1; a 0 4 21; q 0 1 0; l 0=5", NULL, "PX SW S S" },
		{ "swapoff", "s 1; " SYNC "q 0 2 1; a 0 4 21; s 0; l 0=BUS; l 2=5", NULL, "PXW PXW PX PX" },
		{ "moved into the range", "m 0 1 rw; m 8 1 rw; w 8 9; o 30080; g 0 1 mr; v 0 1 8=4096; l 0=BUS; q 0 1 0; w 0 6",
		  NULL, "PX" },
		{ "moved into the range from swap", "s 1; m 0 1 rw; m 8 1 rw; w 8 9; a 8 1 21; o 30080; g 0 1 mr; "
		  "v 0 1 8=4096; l 0=BUS; q 0 1 0; l 0=9", NULL, "PX" },
		{ "moved into the range, of zeroes", "m 0 1 rw; m 8 1 rw; l 8; o 30080; g 0 1 mr; v 0 1 8=4096; l 0=BUS", NULL, "PW" },
	};

	SCRIPT_TABLE(RWP_PROFILE, rows);
}

static void test_other_calls_lift_it(void **state)
{
	static const struct script_row rows[] = {
		{ "dropped", SYNC "q 0 2 1; a 0 1 4; l 0=0; l 1=BUS", NULL, "P PXW" },
		{ "guards", SYNC "q 0 2 1; a 0 1 102; l 0=SEGV; a 0 1 103; l 0=0; l 1=BUS", NULL, "P PXW" },
		{ "mremap without its event", SYNC "q 0 2 1; r 0 4 4 mf 8; l 8=5; w 9 6", NULL,
		  "- - - - - - - - PX PX PX PX" },
		{ "a child nobody watches", SYNC "q 0 2 1; f; @l 0=5; @w 1 6; l 0=BUS; @l 2=5", NULL, "PW PXW P P" },
		{ "moved out of the range", "m 0 1 rw; w 0 5; m 8 1 rw; o 30080; g 0 1 r; g 8 1 m; q 0 1 1; v 8 1 0=4096; "
		  "w 8 6; l 8=6", NULL, "- - - - - - - - PX" },
		{ "filled anew", "m 0 1 rw; w 0 5; o 20080; g 0 1 mr; q 0 1 1; a 0 1 4; c 0 1; l 0=17", NULL, "PX" },
	};

	SCRIPT_TABLE(RWP_PROFILE, rows);
}

static void test_fork_separates(void **state)
{
	static const struct script_row rows[] = {
		{ "the parent writes what was not protected", SYNC "f; w 0 6; @l 0=5; @w 0 7; l 0=6", NULL, "PX P P P" },
		{ "the parent writes what was", SYNC "q 0 1 1; f; q 0 1 0; w 0 6; @l 0=5", NULL, "PX P P P" },
		{ "out when it forks", "s 1; " SYNC "q 0 1 1; a 0 1 21; f; @l 0=5; w 0 6=BUS; q 0 1 0; w 0 6; @l 0=5",
		  NULL, "PX P P P" },
	};

	SCRIPT_TABLE(RWP_PROFILE, rows);
}

static void test_async(void **state)
{
	static const struct script_row rows[] = {
		{ "nobody traps, the scan tells", ASYNC "q 0 4 1; e 0 4=0; l 1=5; w 2 6; e 0 4=2", NULL, "PXW PX PX PXW" },
		{ "once is enough", ASYNC "q 0 4 1; l 1=5; l 1=5; w 1 6; e 0 4=1; q 0 4 1; e 0 4=0", NULL,
		  "PXW PXW PXW PXW" },
		{ "what came since", "m 0 4 rw; w 0 5; o 60000; g 0 4 r; q 0 4 1; w 3 6; e 0 4=1", NULL, "PXW - - PX" },
		{ "out: still not accessed", "s 1; " ASYNC "q 0 2 1; a 0 4 21; e 0 4=2; l 0=5; e 0 4=3", NULL, "PX SW S S" },
		{ "a child nobody watches", ASYNC "q 0 2 1; f; @w 0 6; l 0=5; w 1 7; @l 1=5; e 0 2=2", NULL, "PX PX P P" },
		{ "a page that is shared", ASYNC "f; q 0 1 1; w 0 6; @l 0=5; e 0 1=1", NULL, "PX P P P" },
	};

	SCRIPT_TABLE(RWP_PROFILE, rows);
}

static void test_huge_pages(void **state)
{
	static const struct script_row rows[] = {
		{ "a leaf", "m 0 512 rw; a 0 512 14; w 0 5; o 20080; g 0 512 r; q 0 512 1; l 3=BUS; q 0 512 0; w 3 6; l 0=5",
		  NULL, "PX PX" },
		{ "a part of it", "m 0 512 rw; a 0 512 14; w 0 5; w 1 6; o 20080; g 0 512 r; q 0 512 1; q 0 1 0; l 0=5; l 1=BUS",
		  NULL, "PX PXW" },
		{ "protected in part", "m 0 512 rw; a 0 512 14; w 0 5; w 1 6; o 20080; g 0 512 r; q 0 1 1; l 0=BUS; l 1=6",
		  NULL, "PXW PX" },
		{ "a leaf, async", "m 0 512 rw; a 0 512 14; w 0 5; o 60000; g 0 512 r; q 0 512 1; e 0 4=0; w 3 6; e 0 4=4; l 0=5",
		  NULL, "PX PX" },
		{ "a leaf moved", "m 0 512 rw; a 0 512 14; w 0 5; o 20080; g 0 512 r; q 0 512 1; r 0 512 512 mf 1024; l 1024=5",
		  NULL, "- -" },
		{ "a leaf, forked", "m 0 512 rw; a 0 512 14; w 0 5; o 20080; g 0 512 r; q 0 512 1; f; @l 0=5; @w 0 6; l 0=BUS; "
		  "q 0 512 0; l 0=5", NULL, NULL },
		{ "of the pool", "m 0 512 rw 40000; w 0 5; o 20080; g 0 512 r; q 0 1 1=EINVAL; q 0 512 1; l 3=BUS; q 0 512 0; "
		  "w 3 6; l 0=5", NULL, "PX" },
		{ "of the pool, async", "m 0 512 rw 40000; w 0 5; o 60000; g 0 512 r; q 0 512 1; w 3 6; l 3=6; l 0=5; e 0 1=1",
		  NULL, "PX" },
		{ "of the pool, through mprotect", "m 0 512 rw 40000; w 0 5; o 20080; g 0 512 r; q 0 512 1; p 0 512 r; l 0=BUS; "
		  "p 0 512 rw; l 0=BUS; n 0 512; w 0 6", NULL, "PX" },
		{ "of the pool, forked", "m 0 512 rw 40000; w 0 5; o 20080; g 0 512 r; q 0 512 1; f; @l 0=5; l 0=BUS; "
		  "q 0 512 0; w 0 6; @l 0=5", NULL, NULL },
	};

	SCRIPT_TABLE(RWP_PROFILE, rows);
}

/* Where the postings differ, and a sequence shows it. */
static void test_postings(void **state)
{
	static const struct script_row v4[] = {
		{ "memory that nobody may touch", "m 0 1 -; o 20080; g 0 1 r", NULL, "-" },
	};
	static const struct script_row v8[] = {
		{ "not", "m 0 1 -; o 20080; g 0 1 r=EINVAL", NULL, "-" },
		{ "nor can it be unregistered", SYNC "q 0 1 1; p 0 4 -; n 0 4=EINVAL; p 0 4 rw; n 0 4; l 0=5", NULL, "PX" },
	};
	static const struct script_row v10[] = {
		{ "not", "m 0 1 -; o 20080; g 0 1 r=EINVAL", NULL, "-" },
		{ "but unregistered", SYNC "q 0 1 1; p 0 4 -; n 0 4; p 0 4 rw; l 0=5", NULL, "PX" },
	};
	static const struct script_row v7[] = {
		{ "a store from swap, shared: not told", "s 1; " SYNC "q 0 1 1; a 0 1 21; f; w 0 6; @l 0=5", NULL, "PX" },
		{ "alone: told", "s 1; " SYNC "q 0 1 1; a 0 1 21; w 0 6=BUS", NULL, "PXW" },
	};
	static const struct script_row none[] = {
		{ "a kernel of today", "m 0 1 rw; w 0 5; o 80; g 0 1 r=EINVAL; q 0 1 1=EINVAL; g 0 1 m; q 0 1 1=EINVAL", NULL, "PX" },
	};

	SCRIPT_TABLE("v6.18+rwp-v4", v4);
	SCRIPT_TABLE("v6.18+rwp-v8", v8);
	SCRIPT_TABLE("v6.18+rwp-v7", v7);
	SCRIPT_TABLE(RWP_PROFILE, v10);
	SCRIPT_TABLE("v6.18", none);
	SCRIPT_TABLE("v7.1", none);
}

/* ------------------------------------------------------------------------- SET_MODE */

struct switched {
	const char *what;
	uint64_t features, enable, disable;
	int64_t ret;
};

#define BOTH (UFFD_FEATURE_RWP | UFFD_FEATURE_RWP_ASYNC)
static const struct switched switches[] = {
	{ "on", UFFD_FEATURE_RWP, UFFD_FEATURE_RWP_ASYNC, 0, 0 },
	{ "off", BOTH, 0, UFFD_FEATURE_RWP_ASYNC, 0 },
	{ "on, which it is", BOTH, UFFD_FEATURE_RWP_ASYNC, 0, 0 },
	{ "nothing", UFFD_FEATURE_RWP, 0, 0, 0 },
	{ "both", BOTH, UFFD_FEATURE_RWP_ASYNC, UFFD_FEATURE_RWP_ASYNC, -EINVAL },
	{ "another feature", BOTH, UFFD_FEATURE_SIGBUS, 0, -EINVAL },
	{ "another feature off", BOTH, 0, UFFD_FEATURE_RWP, -EINVAL },
	{ "without RWP", 0, UFFD_FEATURE_RWP_ASYNC, 0, -EINVAL },
	{ "off without RWP", 0, 0, UFFD_FEATURE_RWP_ASYNC, 0 },
};

static void switch_mode(struct task_struct *t, void *arg)
{
	const struct switched *s = arg;
	struct uffdio_set_mode mode = { s->enable, s->disable };
	bool written = false;
	int64_t ret = sys_ioctl(t, uffd_open(t, s->features), UFFDIO_SET_MODE, &mode, 0, &written);

	if (ret != s->ret || written)
		fail_msg("%s: %lld", s->what, (long long)ret);
}

static void test_set_mode(void **state)
{
	for (unsigned i = 0; i < ARRAY_SIZE(switches); i++) {
		struct world *w = world_new(RWP_PROFILE);

		world_do(w, switch_mode, (void *)&switches[i]);
		world_free(w);
	}
}

/* ------------------------------------------------------------------------ mm_check() */

/* Two pages, the first protected. */
static void protected_memory(struct task_struct *t, void *arg)
{
	struct uffdio_rwprotect rwp = { { A0, PAGE_SIZE }, UFFDIO_RWPROTECT_MODE_RWP };
	int fd = uffd_open(t, UFFD_FEATURE_RWP);
	bool written;

	map_at(t, A0, 2, RW);
	store(t, A0, 1);
	store(t, PAGE(1), 1);
	assert_int_equal(uffd_register(t, fd, A0, 2, UFFDIO_REGISTER_MODE_RWP), 0);
	assert_int_equal(sys_ioctl(t, fd, UFFDIO_RWPROTECT, &rwp, 0, &written), 0);
}

static void test_invariants(void **state)
{
	static const struct {
		uint64_t addr;
		bool protnone;
		const char *text;
	} harms[] = {
		{ A0, false, "entry at 0x10000000000: says protected, but can be used" },
		{ PAGE(1), true, "entry at 0x10000001000: PROT_NONE, and nobody knows why" },
	};

	for (unsigned i = 0; i < ARRAY_SIZE(harms); i++) {
		struct world *w = world_new(RWP_PROFILE);
		struct mm_struct *mm = w->main->mm;

		world_do(w, protected_memory, NULL);
		mm_check(w->k);
		assert_int_equal(sim_finding(w->sim)->bug, SIM_BUG_NONE);
		set_pte_at(mm, harms[i].addr,
			   pte_set_protnone(pte_peek(mm, harms[i].addr), harms[i].protnone));
		mm_check(w->k);
		assert_string_equal(sim_finding(w->sim)->text, harms[i].text);
		world_free(w);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_protecting),
		cmocka_unit_test(test_other_calls_keep_it),
		cmocka_unit_test(test_other_calls_lift_it),
		cmocka_unit_test(test_fork_separates),
		cmocka_unit_test(test_async),
		cmocka_unit_test(test_huge_pages),
		cmocka_unit_test(test_postings),
		cmocka_unit_test(test_set_mode),
		cmocka_unit_test(test_invariants),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* UFFDIO_MOVE: order of checks, what each state of both entries makes of it, what arrives. */
#include "script.h"

/* Destination 0-3, registered for MISSING; source from 8. */
#define DST "m 0 4 rw; o 2000; g 0 4 m; "
#define PROTECTED "m 0 4 rw; o 2000; g 0 4 w; "
#define SRC "m 8 4 rw; w 8 5 4; "

static void test_who_may_move_what(void **state)
{
	static const struct script_row rows[] = {
		{ "a page", DST SRC "v 0 1 8=4096; l 0=5; l 8=0", NULL, NULL },
		{ "four pages", DST SRC "v 0 4 8=16384", NULL, "PX PX PX PX - - - - - - - -" },
		{ "nothing mapped at the destination", DST SRC "v 5 1 8=ENOENT", NULL, NULL },
		{ "nothing mapped at the source", DST SRC "v 0 1 14=ENOENT", NULL, NULL },
		{ "a destination beyond its mapping", DST SRC "v 3 2 8=EINVAL", NULL, NULL },
		{ "a source beyond its mapping", DST SRC "v 0 2 11=EINVAL", NULL, NULL },
		{ "an unknown mode", DST SRC "v 0 1 8 4=EINVAL", NULL, NULL },
		{ "no length", DST SRC "v 0 0 8=EINVAL", NULL, NULL },
		{ "a destination that is not registered", DST SRC "m 5 1 rw; v 5 1 8=EINVAL", NULL, NULL },
		{ "a destination of another userfaultfd", DST SRC "o 0; v 0 1 8=EINVAL", NULL, NULL },
		{ "a destination registered for WP only", PROTECTED SRC "v 0 1 8=4096", NULL, "PX" },
		{ "different rights", DST SRC "p 8 4 r; v 0 1 8=EINVAL", NULL, NULL },
		{ "no right to write", DST SRC "p 8 4 r; p 0 4 r; v 0 1 8=EINVAL", NULL, NULL },
		{ "within one mapping", DST "c 0 1; v 1 1 0=4096; l 1=17", NULL, "- PX" },
		{ "onto itself", DST "c 0 1; v 0 1 0=EEXIST", NULL, NULL },
		{ "a hole onto itself", DST SRC "c 1 1; v 0 1 0 2=4096", NULL, "- PX" },
		{ "overlapping: a page is carried on", DST "c 0 1; v 1 2 0 2=8192; l 2=17", NULL, "- - PX" },
		{ "another process", DST SRC "f; @v 0 1 8=EINVAL", NULL, NULL },
	};

	SCRIPT_TABLE("v6.18", rows);
	SCRIPT_TABLE("v6.12", rows);
	SCRIPT_TABLE("v6.9+fill_vma_lock=no", rows);
}

static void test_state_of_the_destination(void **state)
{
	static const struct script_row rows[] = {
		{ "a page", DST SRC "c 0 1; v 0 1 8=EEXIST", NULL, NULL },
		{ "the zero page", DST SRC "z 0 1; v 0 1 8=EEXIST", NULL, NULL },
		{ "poison", DST SRC "k 0 1; v 0 1 8=EEXIST", NULL, NULL },
		{ "a guard", DST SRC "a 0 1 102; v 0 1 8=EEXIST", NULL, NULL },
		{ "a uffd-wp marker", PROTECTED SRC "x 0 1 1; v 0 1 8=EEXIST", NULL, NULL },
		{ "it precedes a hole", DST SRC "a 8 1 4; c 0 1; v 0 1 8=EEXIST", NULL, NULL },
		{ "but not a source that never had a page", DST "m 512 1 rw; c 0 1; v 0 1 512=ENOENT", NULL, NULL },
		{ "the second one: half is moved", DST SRC "c 1 1; v 0 2 8=4096", NULL, "PX PX" },
	};

	SCRIPT_TABLE("v6.18", rows);
	SCRIPT_TABLE("v6.18+move_batch=no", rows);
}

static void test_state_of_the_source(void **state)
{
	static const struct script_row rows[] = {
		{ "a hole", DST SRC "a 8 1 4; v 0 1 8=ENOENT", NULL, NULL },
		{ "a hole that is let pass", DST SRC "a 8 1 4; v 0 2 8 2=8192", NULL, "- PX" },
		{ "no page table", DST "m 512 2 rw; v 0 1 512=ENOENT; v 0 2 512 2=8192", NULL, "- -" },
		{ "a guard", DST SRC "a 8 1 102; v 0 1 8 2=EFAULT", NULL, NULL },
		{ "the zero page", DST "m 8 1 rw; l 8; v 0 1 8=4096; l 0=0", NULL, "P" },
		{ "shared with a child", DST SRC "f; v 0 1 8=EBUSY", NULL, NULL },
		{ "ours again after a write", DST SRC "f; w 8 6; v 0 2 8=4096; l 0=6", NULL, NULL },
		{ "write-protected: it arrives without", DST SRC "g 8 4 w; x 8 4 1; v 0 1 8=4096; w 0 1", NULL, "PX" },
		{ "a uffd-wp marker", DST "m 8 2 rw; g 8 2 w; x 8 2 1; v 0 1 8=EFAULT", NULL, NULL },
		{ "poison", DST "m 8 2 rw; g 8 2 m; k 8 1; v 0 1 8=EFAULT", NULL, NULL },
		{ "the third one: two are moved", DST SRC "a 10 1 4; v 0 4 8=8192", NULL, "PX PX - -" },
		{ "given up by MADV_FREE: still clean, so it can go", DST SRC "a 8 1 8; v 0 1 8=4096; a 0 1 21", NULL, "-" },
	};

	SCRIPT_TABLE("v6.18", rows);
	SCRIPT_TABLE("v6.18+move_batch=no", rows);
}

static void test_old_kernels_do_not_know_it(void **state)
{
	static const struct script_row rows[] = {
		{ "an unknown request", "m 0 4 rw; o 0; g 0 4 m; " SRC "v 0 1 8=EINVAL", NULL, "-" },
	};

	SCRIPT_TABLE("v6.1", rows);
	SCRIPT_TABLE("v5.15", rows);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_who_may_move_what),
		cmocka_unit_test(test_state_of_the_destination),
		cmocka_unit_test(test_state_of_the_source),
		cmocka_unit_test(test_old_kernels_do_not_know_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Soft-dirty, of kernels that have it, as Debian's 6.12 does: what is written since
 * the last look, or new, or moved.
 */
#include "script.h"

#define CLEARED "m 0 4 rw; w 0 5 4; y=1; "

static void test_what_counts_as_written(void **state)
{
	static const struct script_row rows[] = {
		{ "what is new", "m 0 2 rw; d 0=1; w 0 1; d 0=1; d 1=1", NULL, NULL },
		{ "not what was there before", CLEARED "d 0=0; l 0=5; d 0=0", NULL, NULL },
		{ "a store", CLEARED "w 1 6; d 1=1; d 0=0", NULL, NULL },
		{ "a store to what was only read before", "m 0 2 rw; l 0; y=1; d 0=0; w 0 1; d 0=1", NULL, NULL },
		{ "a store to what was empty", "m 0 2 rw; y=1; w 0 1; d 0=1; d 1=0", NULL, NULL },
		{ "a page filled in", "m 0 2 rw; o 0; g 0 2 m; y=1; c 0 1; d 0=1; d 1=0", NULL, NULL },
		{ "not a zero page filled in", "m 0 2 rw; o 0; g 0 2 m; y=1; z 0 1; d 0=0", NULL, NULL },
		{ "mprotect does not hide a store", CLEARED "p 0 4 r; p 0 4 rw; d 0=0; w 0 1; d 0=1", NULL, NULL },
		{ "nor does the end of write protection",
		  CLEARED "o 0; g 0 4 w; x 0 1 1; x 0 1 0; d 0=0; w 0 1; d 0=1", NULL, NULL },
		{ "what mremap moved", CLEARED "r 0 1 1 mf 8; d 8=1; d 1=0", NULL, NULL },
		{ "what MOVE moved", CLEARED "m 8 2 rw; y=1; o 0; g 8 2 m; v 8 1 0=4096; d 8=1; d 1=0", NULL, NULL },
		{ "a new mapping makes the one that it joins count", CLEARED "m 4 1 rw; d 0=1; d 4=1", "0-5 rw-", NULL },
		{ "the parent's pages in a child", CLEARED "w 1 6; f; @d 0=0; @d 1=1; @w 0 7; @d 0=1; d 0=0", NULL, NULL },
	};

	SCRIPT_TABLE("v6.18+soft_dirty=yes", rows);
	SCRIPT_TABLE("v6.12", rows);
}

static void test_it_goes_through_swap(void **state)
{
	static const struct script_row rows[] = {
		{ "clean", CLEARED "s 1; a 0 1 21; d 0=0; l 0=5; d 0=0; w 0 1; d 0=1", NULL, "PX" },
		{ "dirty", CLEARED "s 1; w 0 6; a 0 1 21; d 0=1; l 0=6; d 0=1", NULL, "PX" },
		{ "cleared while it is out", "m 0 1 rw; w 0 5; s 1; a 0 1 21; y=1; d 0=0; l 0=5; d 0=0", NULL, "PX" },
		{ "moved while it is out", CLEARED "s 1; a 0 1 21; r 0 1 1 mf 8; d 8=1", NULL, NULL },
	};

	SCRIPT_TABLE("v6.18+soft_dirty=yes", rows);
	SCRIPT_TABLE("v6.12", rows);
}

static void test_kernels_without_it_take_the_request(void **state)
{
	static const struct script_row rows[] = {
		{ "and do nothing", "m 0 1 rw; w 0 5; y=1; d 0=0; w 0 6; d 0=0", NULL, NULL },
	};

	SCRIPT_TABLE("v6.18", rows);
	SCRIPT_TABLE("v6.9", rows);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_counts_as_written),
		cmocka_unit_test(test_it_goes_through_swap),
		cmocka_unit_test(test_kernels_without_it_take_the_request),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

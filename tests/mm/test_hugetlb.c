/* SPDX-License-Identifier: BSD-2-Clause */
/* Huge pages of the pool: alignment, promises, what each call makes of a leaf. */
#include "script.h"

/* A huge page is 512 pages; 40000 is MAP_HUGETLB, 44000 with MAP_NORESERVE. */
#define HUGE "m 0 1024 rw 40000; "
#define WATCHED HUGE "o 2000; g 0 1024 m; "
#define PROTECTED HUGE "o 2000; g 0 1024 w; "

static void test_alignment(void **state)
{
	static const struct script_row rows[] = {
		{ "a part of a huge page is not unmapped", HUGE "u 512 1=EINVAL; u 1 512=EINVAL", NULL, NULL },
		{ "nor protected", HUGE "p 0 1 r=EINVAL", NULL, NULL },
		{ "a length is rounded up by mmap", "m 0 1 rw 40000; w 511 7; l 511=7", NULL, NULL },
		{ "an address is not", "m 1 512 rw 40000=EINVAL", NULL, NULL },
		{ "DONTNEED rounds its length down", HUGE "w 0 7; a 0 511 4; l 0=7; a 0 512 4; l 0=0", NULL, NULL },
		{ "and refuses an odd start", HUGE "a 1 512 4=EINVAL", NULL, NULL },
		{ "FREE, COLD, guards: not here", HUGE "a 0 512 8=EINVAL; a 0 512 20=EINVAL; a 0 512 102=EINVAL", NULL, NULL },
		{ "REGISTER of a part", HUGE "o 0; g 0 1 m=EINVAL; g 512 1 w=EINVAL", NULL, NULL },
		{ "POISON of a part", WATCHED "k 0 1=EINVAL; k 0 512", NULL, NULL },
		{ "no zero page", WATCHED "z 0 512=EINVAL", NULL, NULL },
		{ "WRITEPROTECT of a part", PROTECTED "x 0 1 1=EINVAL", NULL, NULL },
		{ "mremap rounds", HUGE "w 0 7; r 0 1 1 mf 2048; l 2048=7", NULL, NULL },
		{ "but does not grow", HUGE "r 0 512 1024 m=EINVAL", NULL, NULL },
		{ "nor leave the old one", HUGE "r 0 1024 1024 md=EINVAL", NULL, NULL },
	};

	SCRIPT_TABLE("v6.18", rows);
}

static void test_promises(void **state)
{
	static const struct script_row rows[] = {
		{ "sixteen pages", "m 0 8192 rw 40000; m 8192 512 rw 40000=ENOMEM", NULL, NULL },
		{ "also where nothing may be read", "m 0 8192 rw 40000; m 8192 512 - 40000=ENOMEM", NULL, NULL },
		{ "without a promise: later", "m 0 8192 rw 40000; m 8192 512 rw 44000; w 8192 1=BUS", NULL, NULL },
		{ "what is unmapped is promised again", "m 0 8192 rw 40000; u 0 512; m 0 512 rw 40000", NULL, NULL },
		{ "DONTNEED keeps the promise",
		  "m 0 8192 rw 40000; w 0 1; a 0 512 4; m 8192 512 rw 44000; l 8192=BUS; w 0 2", NULL, NULL },
		{ "the child has none", "m 0 8192 rw 40000; f; @l 0=BUS; l 0=0", NULL, NULL },
		{ "the owner takes the page from it",
		  "m 0 8192 rw 40000; w 0 1; f; @l 0=1; w 0 2; @l 0=BUS; l 0=2", NULL, NULL },
		{ "a child's copy fails", "m 0 8192 rw 40000; w 0 1; f; @w 0 2=BUS; @l 0=1; l 0=1", NULL, NULL },
	};

	SCRIPT_TABLE("v6.18", rows);
}

static void test_before_6_9(void **state)
{
	static const struct script_row rows[] = {
		{ "DONTNEED loses the promise",
		  "m 0 8192 rw 40000; w 0 1; a 0 512 4; m 8192 512 rw 44000; l 8192=0; w 0 2=BUS", NULL, NULL },
	};

	SCRIPT_TABLE("v6.18+hugetlb_zap_restores_reserve=no", rows);
}

static void test_markers(void **state)
{
	static const struct script_row rows[] = {
		{ "protecting what is not there", PROTECTED "x 0 512 1; l 0=0", NULL, NULL },
		{ "poison is not overwritten", WATCHED "k 0 512; k 0 512=EEXIST; l 5=BUS", NULL, NULL },
		{ "DONTNEED leaves protection", PROTECTED "w 0 1; x 0 512 1; a 0 512 4; l 0=0", NULL, NULL },
		{ "munmap leaves nothing", PROTECTED "x 0 512 1; u 0 512; m 0 512 rw 40000; w 0 1", NULL, NULL },
	};

	SCRIPT_TABLE("v6.18", rows);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_alignment),
		cmocka_unit_test(test_promises),
		cmocka_unit_test(test_before_6_9),
		cmocka_unit_test(test_markers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

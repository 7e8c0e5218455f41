/* SPDX-License-Identifier: BSD-2-Clause */
/* Swap: what goes out and comes back as what; who shares an entry; slots that run out. */
#include "script.h"

/* Four pages of 5, out (advice 21 is MADV_PAGEOUT). */
#define OUT "s 1; m 0 4 rw; w 0 5 4; a 0 4 21; "

static void test_out_and_back(void **state)
{
	static const struct script_row rows[] = {
		{ "out", OUT, NULL, "S S S S -" },
		{ "nowhere to go", "m 0 4 rw; w 0 5 4; a 0 4 21", NULL, "PX PX PX PX -" },
		{ "back by a read", OUT "l 1=5", NULL, "S PX S S" },
		{ "back by a write", OUT "w 1 6; l 1=6", NULL, "S PX S S" },
		{ "out a second time", OUT "l 0=5; w 1 6; a 0 2 21; l 0=5; l 1=6", NULL, "PX PX S S" },
		{ "the zero page stays", "s 1; m 0 2 rw; l 0; a 0 2 21", NULL, "P -" },
		{ "swapoff brings all back", OUT "s 0; l 3=5; w 3 6; l 3=6", NULL, "PX PX PX PX" },
		{ "swapoff of what is off", "s 0=EINVAL; s 1; s 1=EBUSY; s 0; s 0=EINVAL", NULL, NULL },
		{ "dropped while it is out", OUT "a 0 2 4; l 0=0; u 2 2; m 2 1 rw; l 2=0", NULL, "P - P" },
		{ "given up while it is out", OUT "a 0 1 8", NULL, "- S" },
		{ "given up after it was back: gone", OUT "l 0=5; a 0 1 8; a 0 1 21", NULL, "-" },
		{ "given up and written: out the second time",
		  OUT "l 0=5; a 0 1 8; w 0 6; a 0 1 21; l 0=6; a 0 1 21", NULL, "S" },
		{ "moved by mremap", OUT "r 0 2 2 mf 8; l 9=5", NULL, "- - S S - - - - S PX" },
		{ "moved by MOVE", OUT "m 8 2 rw; o 0; g 8 2 m; v 8 1 0=4096; l 8=5", NULL, "- S S S - - - - PX" },
		{ "not where something is out", OUT "o 0; g 0 4 m; c 0 1=EEXIST; z 0 1=EEXIST", NULL, "S" },
		{ "PROT_NONE does not matter", OUT "p 0 4 -; l 0=SEGV; p 0 4 rw; l 0=5", NULL, "PX S" },
	};

	SCRIPT_TABLE("v6.18", rows);
	SCRIPT_TABLE("v6.12", rows);
}

static void test_shared_entries(void **state)
{
	static const struct script_row rows[] = {
		{ "both read", OUT "f; l 0=5; @l 0=5", NULL, "P S S S" },
		{ "the parent writes", OUT "f; w 0 6; @l 0=5; l 0=6", NULL, "PX S" },
		{ "the child writes", OUT "f; @w 0 6; l 0=5; @l 0=6", NULL, "PX S" },
		{ "alone again", OUT "f; @u 0 4; w 0 6; l 0=6", NULL, "PX S" },
		{ "shared: it does not move", OUT "m 8 2 rw; o 0; g 8 2 m; f; v 8 1 0=EBUSY", NULL, "S" },
		{ "alone, but not known to be", OUT "m 8 2 rw; o 0; g 8 2 m; f; @u 0 4; v 8 1 0=EBUSY", NULL, "S" },
		{ "out from under the child", "s 1; m 0 1 rw; w 0 5; f; a 0 1 21", NULL, "P" },
		{ "swapoff serves both", OUT "f; s 0; l 0=5; @l 0=5; w 0 6; @l 0=5", NULL, "PX" },
	};

	SCRIPT_TABLE("v6.18", rows);
}

static void test_write_protection_goes_along(void **state)
{
	static const struct script_row rows[] = {
		{ "out and back", "s 1; m 0 2 rw; w 0 5 2; o 8000; g 0 2 w; x 0 1 1; a 0 2 21; l 0=5", NULL, "PXW S" },
		{ "set while it is out", OUT "o 8000; g 0 4 w; x 0 1 1; l 0=5; l 1=5", NULL, "PXW PX S S" },
		{ "lifted while it is out", OUT "o 8000; g 0 4 w; x 0 2 1; x 0 1 0; l 0=5", NULL, "PX SW S" },
		{ "a write lifts it (async)", OUT "o 8000; g 0 4 w; x 0 2 1; w 0 6", NULL, "PX SW S" },
		{ "a child without it", OUT "o 0; g 0 4 w; x 0 2 1; f; @w 0 6; @l 0=6", NULL, "SW SW S" },
		{ "mremap without its event", OUT "o 0; g 0 4 w; x 0 2 1; r 0 2 2 mf 8", NULL, "- - S S - - - - S S" },
		{ "MOVE keeps it", OUT "m 8 2 rw; o 0; g 0 4 w; g 8 2 w; x 0 2 1; v 8 1 0=4096", NULL, "- SW S S - - - - SW" },
	};

	SCRIPT_TABLE("v6.18", rows);
}

static void test_the_device_fills_up(void **state)
{
	static const struct script_row rows[] = {
		{ "255 pages and no more", "s 1; m 0 300 rw; w 0 5 300; a 12 288 21; a 0 12 21", NULL, "PX PX PX PX" },
		{ "what comes back makes room, as half is in use",
		  "s 1; m 0 300 rw; w 0 5 300; a 12 288 21; l 12=5; l 13=5; a 0 12 21", NULL, "S S PX PX" },
	};

	SCRIPT_TABLE("v6.18", rows);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_out_and_back),
		cmocka_unit_test(test_shared_entries),
		cmocka_unit_test(test_write_protection_goes_along),
		cmocka_unit_test(test_the_device_fills_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* mprotect: checks, partial effects, and what becomes of the entries. */
#include "script.h"

static const struct script_row layout[] = {
	{ "splits", "m 0 6 rw; p 2 2 r", "0-2 rw-; 2-4 r--; 4-6 rw-", NULL },
	{ "merges again", "m 0 6 rw; w 0 1 6; p 2 2 r; p 2 2 rw", "0-6 rw-", NULL },
	{ "moves a border", "m 0 6 rw; p 2 4 r; p 2 2 rw", "0-4 rw-; 4-6 r--", NULL },
	{ "unfaulted memory is no longer charged, so it merges", "m 0 2 rw; m 2 2 r; p 0 2 r",
	  "0-4 r--", NULL },
	{ "uncharged memory keeps apart when it becomes writable",
	  "m 0 2 rw; m 2 2 r 4000; p 2 2 rw", "0-2 rw-; 2-4 rw-", NULL },
	{ "several VMAs become one", "m 0 2 rw; m 2 2 r; m 4 2 rwx; p 0 6 r", "0-6 r--", NULL },
	{ "nothing to do", "m 0 2 rw; p 0 2 rw", "0-2 rw-", NULL },
	{ "no length needs no mapping", "p 5 0 r", "", NULL },
	{ "a hole at the start changes nothing", "m 1 2 rw; p 0 3 r=ENOMEM", "1-3 rw-", NULL },
	{ "what precedes a hole is changed", "m 0 2 rw; m 3 2 rw; p 0 5 r=ENOMEM",
	  "0-2 r--; 3-5 rw-", NULL },
	{ "a hole at the end is one, too", "m 0 2 rw; p 0 3 r=ENOMEM", "0-2 r--", NULL },
	{ "other contexts stay apart", "m 0 4 rw; o 0; g 0 2 m; p 0 2 r; p 2 2 r",
	  "0-2 r-- um; 2-4 r--", NULL },
};

static const struct script_row entries[] = {
	{ "reading only: the page stays, the write is refused",
	  "m 0 1 rw; w 0 5; p 0 1 r; w 0 6=SEGV; l 0=5", NULL, "PX" },
	{ "no access at all", "m 0 1 rw; w 0 5; p 0 1 -; l 0=SEGV", NULL, "PX" },
	{ "and back with the contents", "m 0 1 rw; w 0 5; p 0 1 -; p 0 1 rw; l 0=5; w 0 6; l 0=6",
	  NULL, "PX" },
	{ "the zero page stays", "m 0 1 rw; l 0=0; p 0 1 r; p 0 1 rw", NULL, "P" },
	{ "empty stays empty", "m 0 1 rw; p 0 1 -; p 0 1 rw", NULL, "-" },
	{ "write protection by userfaultfd stays",
	  "m 0 1 rw; w 0 5; o 80; g 0 1 w; x 0 1 1; p 0 1 r; p 0 1 rw; w 0 6=BUS", NULL, "PXW" },
	{ "under no access, too",
	  "m 0 1 rw; w 0 5; o 80; g 0 1 w; x 0 1 1; p 0 1 -; x 0 1 0; p 0 1 rw; w 0 6", NULL,
	  "PX" },
	{ "markers stay", "m 0 2 rw; o 2000; g 0 2 w; x 0 2 1; p 0 2 r; p 0 2 rw", NULL, "SW SW" },
};

static void test_layout(void **state)
{
	SCRIPT_TABLE("v6.18", layout);
}

static void test_entries(void **state)
{
	SCRIPT_TABLE("v6.18", entries);
}

struct args_row {
	const char *promise;
	uint64_t start, len, prot;
	int64_t ret;
};

static void check_args(struct task_struct *t, void *arg)
{
	static const struct args_row rows[] = {
		{ "down and up", A0 + 1, 0, PROT_GROWSDOWN | PROT_GROWSUP, -EINVAL },
		{ "not on a page, though nothing is asked", A0 + 1, 0, PROT_READ, -EINVAL },
		{ "nothing, whatever the protection", A0, 0, 0x80, 0 },
		{ "the length wraps, whatever the protection", A0, UINT64_MAX - A0, 0x80, -ENOMEM },
		{ "unknown protection, mapped or not", A0 + PMD_SIZE, 1, 0x80, -EINVAL },
		{ "nothing is mapped", A0 + PMD_SIZE, 1, PROT_READ, -ENOMEM },
		{ "PROT_SEM is known", A0, 1, PROT_READ | PROT_SEM, 0 },
		{ "not a stack", A0, 1, PROT_READ | PROT_GROWSDOWN, -EINVAL },
		{ "down from a hole to a VMA inside", A0 - PAGE_SIZE, 2 * PAGE_SIZE,
		  PROT_READ | PROT_GROWSDOWN, -EINVAL },
		{ "not a stack that grows up either", A0, 1, PROT_READ | PROT_GROWSUP, -EINVAL },
		{ "up from a hole", A0 - PAGE_SIZE, 2 * PAGE_SIZE, PROT_READ | PROT_GROWSUP,
		  -ENOMEM },
	};

	map_at(t, A0, 2, RW);
	for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct args_row *r = &rows[i];
		int64_t ret = sys_mprotect(t, r->start, r->len, r->prot);

		assert_result(r->promise, ret, r->ret);
	}
}

static void test_arguments(void **state)
{
	struct world *w = world_new("v6.18");

	world_do(w, check_args, NULL);
	world_free(w);
}

struct fault_row {
	const char *profile, *promise, *setup;
	uint64_t addr;
	bool faults;
};

static void check_fault(struct task_struct *t, void *arg)
{
	const struct fault_row *row = arg;
	struct script s = { .text = row->setup };
	uint64_t before;

	script_run(t, &s);
	before = task_faults(t);
	assert_int_equal(user_store(t, row->addr, 1), ACCESS_OK);
	if ((task_faults(t) != before) != row->faults)
		fail_msg("%s: %s", row->profile, row->promise);
}

/* Whether W came back shows in the next store only: it faults or not. */
static void test_write_upgrade(void **state)
{
	static struct fault_row rows[] = {
		{ "v6.18", "an exclusive page becomes writable at once",
		  "m 0 1 rw; w 0 5; p 0 1 r; p 0 1 rw", A0, false },
		{ "v6.18", "a clean one, too", "m 0 1 rw; w 0 5; a 0 1 8; p 0 1 r; p 0 1 rw", A0,
		  false },
		{ "v6.18", "a page shared with a child does not",
		  "m 0 1 rw; w 0 5; f; p 0 1 r; p 0 1 rw", A0, true },
		{ "v6.18", "the zero page does not", "m 0 1 rw; l 0; p 0 1 r; p 0 1 rw", A0, true },
		{ "v6.18", "un-protecting gives W back",
		  "m 0 1 rw; w 0 5; o 80; g 0 1 w; x 0 1 1; x 0 1 0", A0, false },
		{ "v6.18", "un-protecting read-only memory leaves it to mprotect",
		  "m 0 1 rw; w 0 5; o 80; g 0 1 w; x 0 1 1; p 0 1 r; x 0 1 0; p 0 1 rw", A0,
		  false },
		{ "v5.15", "before exclusive pages were known, the fault decides",
		  "m 0 1 rw; w 0 5; p 0 1 r; p 0 1 rw", A0, true },
		{ "v5.15", "for un-protecting likewise",
		  "m 0 1 rw; w 0 5; o 80; g 0 1 w; x 0 1 1; x 0 1 0", A0, true },
	};

	for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct world *w = world_new(rows[i].profile);

		world_do(w, check_fault, &rows[i]);
		world_free(w);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_layout),
		cmocka_unit_test(test_entries),
		cmocka_unit_test(test_arguments),
		cmocka_unit_test(test_write_upgrade),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* mremap: checks, what moves along, and the order of its events. */
#include "script.h"

static const struct script_row in_place[] = {
	{ "grows into free space", "m 0 2 rw; w 0 1 2; r 0 2 4 -=0x10000000000", "0-4 rw-",
	  "PX PX - -" },
	{ "and joins what lies behind", "m 0 2 rw; m 4 2 rw; r 0 2 4 -=0x10000000000", "0-6 rw-",
	  NULL },
	{ "not if something is in the way", "m 0 2 rw; m 3 1 r; r 0 2 4 -=ENOMEM",
	  "0-2 rw-; 3-4 r--", NULL },
	{ "not from the middle", "m 0 4 rw; r 0 2 3 -=ENOMEM", "0-4 rw-", NULL },
	{ "the end of a mapping grows, too", "m 0 4 rw; r 2 2 4 -", "0-6 rw-", NULL },
	{ "shrinks", "m 0 4 rw; w 0 1 4; r 0 4 1 -", "0-1 rw-", "PX - - -" },
	{ "over mappings and holes", "m 0 2 rw; m 3 2 r; r 0 6 1 -", "0-1 rw-", NULL },
	{ "the same length is not looked at", "m 0 2 rw; r 0 9 9 -", "0-2 rw-", NULL },
	{ "what grows stays registered", "m 0 2 rw; o 0; g 0 2 m; r 0 2 4 -", "0-4 rw- um", NULL },
};

static const struct script_row moving[] = {
	{ "with its pages", "m 0 2 rw; w 0 7; w 1 8; r 0 2 2 mf 4; l 4=7; l 5=8", "4-6 rw-",
	  "- - - - PX PX" },
	{ "a part", "m 0 4 rw; w 0 1 4; r 1 2 2 mf 6", "0-1 rw-; 3-4 rw-; 6-8 rw-",
	  "PX - - PX - - PX PX" },
	{ "back to where it came from, where it fits again",
	  "m 0 4 rw; w 0 1 4; r 1 2 2 mf 6; r 6 2 2 mf 1", "0-4 rw-", NULL },
	{ "pages keep their offset: no merge elsewhere",
	  "m 0 2 rw; w 0 1; m 4 2 rw; w 4 1; r 0 2 2 mf 6", "4-6 rw-; 6-8 rw-", NULL },
	{ "without pages it merges", "m 0 2 rw; m 4 2 rw; w 4 1; r 0 2 2 mf 6", "4-8 rw-", NULL },
	{ "growing", "m 0 2 rw; w 0 1 2; r 0 2 4 mf 6", "6-10 rw-", "- - - - - - PX PX - -" },
	{ "shrinking", "m 0 4 rw; w 0 1 4; r 0 4 2 mf 6", "6-8 rw-", "- - - - - - PX PX" },
	{ "over what was there", "m 0 2 rw; w 0 1; m 4 4 r; l 5; r 0 2 2 mf 5",
	  "4-5 r--; 5-7 rw-; 7-8 r--", "- - - - - PX -" },
	{ "guards and poison go along", "m 0 2 rw; a 0 1 102; r 0 2 2 mf 4; l 4=SEGV", "4-6 rw-",
	  "- - - - SG -" },
	{ "DONTUNMAP leaves the mapping, empty", "m 0 2 rw; w 0 1 2; r 0 2 2 mfd 4",
	  "0-2 rw-; 4-6 rw-", "- - - - PX PX" },
	{ "DONTUNMAP of what was never touched may merge with itself", "m 0 4 rw; r 1 2 2 mfd 4",
	  "0-6 rw-", NULL },
	{ "DONTUNMAP finds a place if none is given", "m 0 2 rw; w 0 1 2; r 0 2 2 md=0x10000200000",
	  "0-2 rw-; 512-514 rw-", "- -" },
	{ "a move chooses a place when it cannot stay",
	  "m 0 2 rw; w 0 1; m 2 1 r; r 0 2 3 m=0x10000200000", "2-3 r--; 512-515 rw-", "- - -" },
};

static const struct script_row several[] = {
	{ "several mappings and the gaps between", "m 0 2 rw; m 3 1 r; w 1 9; r 0 4 4 mf 8; l 9=9",
	  "8-10 rw-; 11-12 r--", "- - - - - - - - - PX - -" },
	{ "a hole at the end", "m 0 2 rw; r 0 4 4 mf 8=0x10000008000", "8-10 rw-", NULL },
	{ "no hole at the begin", "m 1 2 rw; r 0 4 4 mf 8=EFAULT", "1-3 rw-", NULL },
	{ "no resizing", "m 0 2 rw; m 2 2 r; r 0 4 5 mf 8=EFAULT", "0-2 rw-; 2-4 r--", NULL },
	{ "DONTUNMAP of several", "m 0 2 rw; m 2 1 r; r 0 3 3 mfd 8",
	  "0-2 rw-; 2-3 r--; 8-10 rw-; 10-11 r--", NULL },
	{ "a registered one is not moved with others",
	  "m 0 2 rw; m 2 2 r; o 0; g 0 2 m; r 0 4 4 mf 8=EFAULT", "0-2 rw- um; 2-4 r--", NULL },
	{ "what precedes it has moved already",
	  "m 0 2 rw; m 2 2 r; o 0; g 2 2 m; r 0 4 4 mf 8=EFAULT", "2-4 r-- um; 8-10 rw-", NULL },
	{ "alone it is", "m 0 2 rw; m 2 2 r; o 0; g 0 2 m; r 0 2 2 mf 8", "2-4 r--; 8-10 rw-",
	  NULL },
};

static const struct script_row without_event[] = {
	{ "registration does not move", "m 0 2 rw; o 0; g 0 2 m; r 0 2 2 mf 4", "4-6 rw-", NULL },
	{ "nor does write protection",
	  "m 0 2 rw; w 0 1 2; o 80; g 0 2 w; x 0 2 1; r 0 2 2 mf 4; w 4 2", "4-6 rw-",
	  "- - - - PX PX" },
	{ "nor markers", "m 0 2 rw; o 2000; g 0 2 w; x 0 2 1; r 0 2 2 mf 4", "4-6 rw-",
	  "- - - - - -" },
	{ "DONTUNMAP leaves it with the old place", "m 0 2 rw; o 0; g 0 2 m; r 0 2 2 mfd 4",
	  "0-2 rw- um; 4-6 rw-", NULL },
};

static void test_in_place(void **state)
{
	SCRIPT_TABLE("v6.18", in_place);
}

static void test_moving(void **state)
{
	SCRIPT_TABLE("v6.18", moving);
}

static void test_several(void **state)
{
	SCRIPT_TABLE("v6.18", several);
}

static void test_without_event(void **state)
{
	SCRIPT_TABLE("v6.18", without_event);
}

/* Kernels before 6.13 left bits behind that meant nothing without registration. */
static void test_stale_bits(void **state)
{
	static const struct script_row rows[] = {
		{ "the bit moves along", "m 0 1 rw; w 0 1; o 80; g 0 1 w; x 0 1 1; r 0 1 1 mf 4",
		  "4-5 rw-", "- - - - PXW" },
		{ "and does nothing",
		  "m 0 1 rw; w 0 1; o 80; g 0 1 w; x 0 1 1; r 0 1 1 mf 4; w 4 2", "4-5 rw-", NULL },
	};

	SCRIPT_TABLE("v6.9", rows);
}

struct args_row {
	const char *promise;
	uint64_t addr, old_len, new_len, flags, new_addr;
	int64_t ret, old_ret; /* old: before 6.17 */
};

static const struct args_row args[] = {
	{ "unknown flag", A0, 1, 1, 8, 0, -EINVAL, -EINVAL },
	{ "address", A0 + 1, 1, 1, 0, 0, -EINVAL, -EINVAL },
	{ "no new length", A0, 1, 0, 0, 0, -EINVAL, -EINVAL },
	{ "a new length that wraps", A0, 1, UINT64_MAX, 0, 0, -EINVAL, -EINVAL },
	{ "a new length beyond memory", A0, PAGE_SIZE, 1ULL << 48, 0, 0, -EINVAL, -ENOMEM },
	{ "FIXED without MAYMOVE", A0, 1, 1, MREMAP_FIXED, A0 + PMD_SIZE, -EINVAL, -EINVAL },
	{ "DONTUNMAP with another length", A0, 1, 2 * PAGE_SIZE, MREMAP_MAYMOVE | MREMAP_DONTUNMAP,
	  0, -EINVAL, -EINVAL },
	{ "target and source meet", A0, 2 * PAGE_SIZE, 2 * PAGE_SIZE, MREMAP_MAYMOVE | MREMAP_FIXED,
	  A0 + PAGE_SIZE, -EINVAL, -EINVAL },
	{ "a bad target before a missing source", A0 + PMD_SIZE, 1, 1,
	  MREMAP_MAYMOVE | MREMAP_FIXED, 1, -EINVAL, -EFAULT },
	{ "a target beyond memory", A0, 1, 1, MREMAP_MAYMOVE | MREMAP_FIXED, TASK_SIZE, -EINVAL,
	  -EINVAL },
	{ "no source", A0 + PMD_SIZE, 1, 1, 0, 0, -EFAULT, -EFAULT },
	{ "no old length", A0, 0, 1, MREMAP_MAYMOVE, 0, -EINVAL, -EINVAL },
	{ "more than there is", A0, 5 * PAGE_SIZE, 6 * PAGE_SIZE, MREMAP_MAYMOVE, 0, -EFAULT,
	  -EFAULT },
	{ "a tail beyond memory", A0, 1ULL << 47, 1, 0, 0, -EINVAL, -EINVAL },
};

static void check_args(struct task_struct *t, void *arg)
{
	bool old = arg;

	map_at(t, A0, 2, RW);
	for (unsigned i = 0; i < sizeof(args) / sizeof(args[0]); i++) {
		const struct args_row *r = &args[i];
		int64_t ret = sys_mremap(t, r->addr, r->old_len, r->new_len, r->flags, r->new_addr);

		assert_result(r->promise, ret, old ? r->old_ret : r->ret);
	}
}

static void test_arguments(void **state)
{
	static int old;
	struct world *w = world_new("v6.18");

	world_do(w, check_args, NULL);
	assert_string_equal(maps(w, NULL), "0-2 rw-");
	world_free(w);
	w = world_new("v6.9");
	world_do(w, check_args, &old);
	world_free(w);
}

/* ---------------------------------------------------------------------- events */

struct events_row {
	const char *promise, *setup, *call, *events, *maps;
};

static const struct events_row events[] = {
	{ "UNMAP of the target, REMAP, UNMAP of the source",
	  "m 0 2 rw; m 4 2 rw; o 44; g 0 2 m; g 4 2 m", "r 0 2 2 mf 4",
	  "unmap 4-6; remap 0 4 2; unmap 0-2", "4-6 rw- um" },
	{ "a shrunk tail goes between", "m 0 4 rw; o 44; g 0 4 m", "r 0 4 2 mf 6",
	  "remap 0 6 2; unmap 2-4; unmap 0-2", "6-8 rw- um" },
	{ "growing reports the old length", "m 0 2 rw; o 4; g 0 2 m", "r 0 2 4 mf 6", "remap 0 6 2",
	  "6-10 rw- um" },
	{ "in place nothing is said", "m 0 2 rw; o 44; g 0 2 m", "r 0 2 4 -", "", "0-4 rw- um" },
	{ "but of a tail that goes", "m 0 4 rw; o 44; g 0 4 m", "r 0 4 2 -", "unmap 2-4",
	  "0-2 rw- um" },
	{ "DONTUNMAP leaves both registered", "m 0 2 rw; o 44; g 0 2 m", "r 0 2 2 mfd 4",
	  "remap 0 4 2", "0-2 rw- um; 4-6 rw- um" },
	{ "a part of a mapping", "m 0 4 rw; o 4; g 0 4 m", "r 1 2 2 mf 6", "remap 1 6 2",
	  "0-1 rw- um; 3-4 rw- um; 6-8 rw- um" },
	{ "a move that is refused unmaps nothing", "m 0 2 rw; m 4 2 rw; o 44; g 4 2 m",
	  "r 1 2 3 mf 4=EFAULT", "", "0-2 rw-; 4-6 rw- um" },
	{ "mmap over it", "m 0 4 rw; o 44; g 0 4 m", "m 1 2 r", "unmap 1-3",
	  "0-1 rw- um; 1-3 r--; 3-4 rw- um" },
	{ "munmap of more than is registered", "m 0 6 rw; o 44; g 2 2 m", "u 0 6", "unmap 0-6",
	  "" },
};

struct monitor {
	struct script *s;
	char got[256];
};

static void script_setup(struct task_struct *t, void *arg)
{
	script_run(t, arg);
}

static void monitor(struct task_struct *t, void *arg)
{
	struct monitor *m = arg;
	struct uffd_msg msg;
	size_t n = 0;
	int p = PAGE_SHIFT;

	/* As long as events come: a wait that never ends is where the test ends. */
	while (sys_poll(t, m->s->uffd, POLLIN) == POLLIN) {
		assert_int_equal(sys_read_uffd(t, m->s->uffd, &msg), 32);
		if (msg.event == UFFD_EVENT_REMAP)
			n += snprintf(m->got + n, sizeof(m->got) - n, "%sremap %llu %llu %llu",
				      n ? "; " : "",
				      (long long unsigned)(msg.arg.remap.from - A0) >> p,
				      (long long unsigned)(msg.arg.remap.to - A0) >> p,
				      (long long unsigned)msg.arg.remap.len >> p);
		else
			n += snprintf(m->got + n, sizeof(m->got) - n, "%s%s %llu-%llu",
				      n ? "; " : "",
				      msg.event == UFFD_EVENT_UNMAP ? "unmap" : "remove",
				      (long long unsigned)(msg.arg.remove.start - A0) >> p,
				      (long long unsigned)(msg.arg.remove.end - A0) >> p);
	}
}

static void test_events(void **state)
{
	for (unsigned i = 0; i < sizeof(events) / sizeof(events[0]); i++) {
		const struct events_row *row = &events[i];
		struct script s = { .w = world_new("v6.18"), .text = row->setup };
		struct monitor m = { .s = &s };
		struct sim_thread *caller;

		world_do(s.w, script_setup, &s);
		s.text = row->call;
		caller = world_thread(s.w, NULL, "caller", script_run, &s);
		world_thread(s.w, NULL, "monitor", monitor, &m);
		world_run(s.w, SIM_END_DEADLOCK);
		if (!sim_thread_dead(caller) || strcmp(m.got, row->events) ||
		    strcmp(maps(s.w, NULL), row->maps))
			fail_msg("%s: \"%s\" and maps \"%s\"%s", row->promise, m.got,
				 maps(s.w, NULL), sim_thread_dead(caller) ? "" : ", not returned");
		world_free(s.w);
	}
}

/* Memory runs out somewhere: the mapping is at the old place or at the new one, whole. */
struct failing {
	uint64_t nth;
	int64_t ret;
};

static void move_without_memory(struct task_struct *t, void *arg)
{
	struct failing *f = arg;
	struct script s = { .text = "m 0 4 rw; w 0 1 4" };

	script_run(t, &s);
	sim_fail_alloc(t->mm->k->sim, f->nth);
	f->ret = sys_mremap(t, A0 + PAGE_SIZE, 2 * PAGE_SIZE, 2 * PAGE_SIZE,
			    MREMAP_MAYMOVE | MREMAP_FIXED, A0 + 6 * PAGE_SIZE);
	sim_fail_alloc(t->mm->k->sim, 0);
}

static void test_without_memory(void **state)
{
	bool failed = true;

	for (unsigned nth = 1; failed; nth++) {
		struct world *w = world_new("v6.18");
		struct failing f = { .nth = nth };
		const char *pages;

		world_do(w, move_without_memory, &f);
		failed = f.ret < 0;
		pages = pagemap(w, NULL, A0, 8);
		if (failed)
			assert_string_equal(pages, "PX PX PX PX - - - -");
		else if (strcmp(pages, "PX - - PX - - PX PX"))
			fail_msg("allocation %u: %s", nth, pages);
		world_free(w);
		assert_true(nth < 20);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_arguments),     cmocka_unit_test(test_in_place),
		cmocka_unit_test(test_moving),        cmocka_unit_test(test_several),
		cmocka_unit_test(test_without_event), cmocka_unit_test(test_stale_bits),
		cmocka_unit_test(test_events),        cmocka_unit_test(test_without_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

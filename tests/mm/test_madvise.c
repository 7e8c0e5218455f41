/* SPDX-License-Identifier: BSD-2-Clause */
/* madvise: checks, walking, what becomes of entries, and REMOVE events. */
#include "script.h"

static const struct script_row flags[] = {
	{ "advice splits", "m 0 6 rw; a 2 2 10", "0-2 rw-; 2-4 rw-; 4-6 rw-", NULL },
	{ "its opposite merges", "m 0 6 rw; a 2 2 10; a 2 2 11", "0-6 rw-", NULL },
	{ "so do RANDOM, SEQUENTIAL, NORMAL", "m 0 6 rw; a 2 2 1; a 2 2 2; a 2 2 0", "0-6 rw-",
	  NULL },
	{ "WIPEONFORK, KEEPONFORK", "m 0 6 rw; a 0 2 18; a 0 2 19", "0-6 rw-", NULL },
	{ "DONTDUMP, DODUMP", "m 0 6 rw; a 4 2 16; a 4 2 17", "0-6 rw-", NULL },
	{ "MERGEABLE, UNMERGEABLE", "m 0 6 rw; a 0 2 12; a 0 2 13", "0-6 rw-", NULL },
	{ "NOHUGEPAGE is not undone by HUGEPAGE", "m 0 6 rw; a 0 2 15; a 0 2 14",
	  "0-2 rw-; 2-6 rw-", NULL },
	{ "NORMAL changes nothing of what is normal", "m 0 6 rw; a 1 1 0", "0-6 rw-", NULL },
	{ "a hole is passed over", "m 0 2 rw; m 3 2 rw; a 0 4 10=ENOMEM",
	  "0-2 rw-; 3-4 rw-; 4-5 rw-", NULL },
	{ "a hole at the end", "m 0 2 rw; a 1 2 10=ENOMEM", "0-1 rw-; 1-2 rw-", NULL },
	{ "nothing but a hole", "a 0 2 10=ENOMEM", "", NULL },
};

static const struct script_row entries[] = {
	{ "DONTNEED empties", "m 0 3 rw; w 0 1 3; a 1 1 4; l 1=0; l 2=1", NULL, "PX P PX" },
	{ "whatever the access", "m 0 2 rw; w 0 1 2; p 0 1 r; p 1 1 -; a 0 2 4", NULL, "- -" },
	{ "over a hole", "m 0 2 rw; w 0 1 2; m 3 1 rw; w 3 1; a 0 4 4=ENOMEM", NULL, "- - - -" },
	{ "DONTNEED drops write protection",
	  "m 0 1 rw; w 0 1; o 80; g 0 1 w; x 0 1 1; a 0 1 4; w 0 2", NULL, "PX" },
	{ "and markers", "m 0 2 rw; o 2000; g 0 2 w; x 0 2 1; a 0 1 4", NULL, "- SW" },
	{ "DONTNEED_LOCKED is DONTNEED", "m 0 1 rw; w 0 1; a 0 1 24", NULL, "-" },
	{ "FREE leaves the page until it is needed", "m 0 1 rw; w 0 5; a 0 1 8; l 0=5", NULL,
	  "PX" },
	{ "which PAGEOUT says", "m 0 2 rw; w 0 5 2; a 0 2 8; w 1 6; a 0 2 21; l 1=6", NULL,
	  "- PX" },
	{ "FREE keeps write protection and markers",
	  "m 0 2 rw; w 0 1; o 2080; g 0 2 w; x 0 2 1; a 0 2 8; w 0 2=BUS", NULL, "PXW SW" },
	{ "what a child shares is freed once it is alone",
	  "m 0 1 rw; w 0 5; f; a 0 1 8; a 0 1 21; @u 0 1; a 0 1 21", NULL, "-" },
	{ "PAGEOUT has nowhere to put what is in use", "m 0 2 rw; w 0 5; l 1; a 0 2 21", NULL,
	  "PX P" },
	{ "COLD does nothing that shows", "m 0 2 rw; w 0 5; l 1; a 0 2 20", NULL, "PX P" },
	{ "WILLNEED neither", "m 0 2 rw; a 0 2 3", NULL, "- -" },
	{ "POPULATE_READ", "m 0 2 rw; a 0 2 22", NULL, "P P" },
	{ "POPULATE_WRITE", "m 0 2 rw; a 0 2 23", NULL, "PX PX" },
	{ "POPULATE_WRITE of what may only be read", "m 0 1 rw; m 1 1 r; a 0 2 23=EINVAL", NULL,
	  "PX -" },
	{ "POPULATE stops at a hole", "m 0 1 rw; m 2 1 rw; a 0 3 23=ENOMEM", NULL, "PX - -" },
	{ "REMOVE needs a file", "m 0 1 rw; w 0 1; a 0 1 9=EINVAL", NULL, "PX" },
	{ "COLLAPSE of too little", "m 0 1 rw; w 0 1; a 0 1 25=EINVAL", NULL, NULL },
	{ "COLLAPSE of nothing", "m 0 1024 rw; a 0 1 25=EINVAL", NULL, NULL },
	{ "COLLAPSE of less than a huge page", "m 0 1024 rw; w 0 1; a 0 1 25", NULL, NULL },
};

static const struct script_row guards[] = {
	{ "a guard empties and forbids",
	  "m 0 3 rw; w 0 1 3; a 1 1 102; l 1=SEGV; w 1 1=SEGV; l 2=1", "0-3 rw-", "PX SG PX" },
	{ "DONTNEED and FREE leave it", "m 0 2 rw; a 0 2 102; a 0 2 4; a 0 2 8", NULL, "SG SG" },
	{ "over markers", "m 0 2 rw; o 2000; g 0 2 w; x 0 2 1; a 0 1 102", NULL, "SG SW" },
	{ "un-protecting leaves it", "m 0 2 rw; o 2000; g 0 2 w; a 0 1 102; x 0 2 1; x 0 2 0", NULL,
	  "SG -" },
	{ "removing leaves all else", "m 0 3 rw; w 0 1; a 1 1 102; a 0 3 103; l 1=0", NULL,
	  "PX P -" },
	{ "munmap takes it", "m 0 2 rw; a 0 2 102; u 0 2; m 0 2 rw; w 0 1", NULL, "PX -" },
	{ "populating meets it", "m 0 2 rw; a 1 1 102; a 0 2 23=EFAULT", NULL, "PX SG" },
	{ "a child has it", "m 0 2 rw; a 1 1 102; f; @l 1=SEGV", NULL, "- SG" },
	{ "it gives the mapping an anon_vma, which keeps it apart",
	  "m 0 2 rw; a 0 1 102; m 4 2 rw; w 4 1; m 2 2 rw", "0-4 rw-; 4-6 rw-", NULL },
};

static void test_flags(void **state)
{
	SCRIPT_TABLE("v6.18", flags);
}

static void test_entries(void **state)
{
	SCRIPT_TABLE("v6.18", entries);
}

static void test_guards(void **state)
{
	SCRIPT_TABLE("v6.18", guards);
}

/* What forked children have of the parent's memory. */
static void test_fork_flags(void **state)
{
	static const struct script_row rows[] = {
		{ "DONTFORK", "m 0 2 rw; w 0 7; a 0 1 10; f; @l 0=SEGV", NULL, "PX" },
		{ "DOFORK", "m 0 2 rw; w 0 7; a 0 1 10; a 0 1 11; f; @l 0=7", NULL, "P" },
		{ "WIPEONFORK", "m 0 2 rw; w 0 7; a 0 1 18; f; @l 0=0; l 0=7", NULL, "PX" },
	};

	SCRIPT_TABLE("v6.18", rows);
}

struct args_row {
	const char *promise;
	uint64_t start, len;
	int advice;
	int64_t ret;
};

static void check_args(struct task_struct *t, void *arg)
{
	static const struct args_row rows[] = {
		{ "unknown advice, whatever else", A0 + 1, 0, 5, -EINVAL },
		{ "no memory failure", A0, 1, MADV_HWPOISON, -EINVAL },
		{ "none that is soft", A0, 1, MADV_SOFT_OFFLINE, -EINVAL },
		{ "address", A0 + 1, 0, MADV_NORMAL, -EINVAL },
		{ "a length that rounds to nothing", A0, UINT64_MAX, MADV_NORMAL, -EINVAL },
		{ "a range that wraps", A0, UINT64_MAX - A0, MADV_NORMAL, -EINVAL },
		{ "nothing", A0 + PMD_SIZE, 0, MADV_NORMAL, 0 },
		{ "not mapped", A0 + PMD_SIZE, 1, MADV_DONTNEED, -ENOMEM },
		{ "beyond memory", 1ULL << 50, 1, MADV_DONTNEED, -ENOMEM },
		{ "a length is rounded up", A0, 1, MADV_DONTFORK, 0 },
	};

	map_at(t, A0, 2, RW);
	for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct args_row *r = &rows[i];
		int64_t ret = sys_madvise(t, r->start, r->len, r->advice);

		assert_result(r->promise, ret, r->ret);
	}
}

static void test_arguments(void **state)
{
	struct world *w = world_new("v6.18");

	world_do(w, check_args, NULL);
	assert_string_equal(maps(w, NULL), "0-1 rw-; 1-2 rw-");
	world_free(w);
}

struct since_row {
	const char *profile;
	int advice;
	bool known;
};

static void check_since(struct task_struct *t, void *arg)
{
	const struct since_row *row = arg;

	map_at(t, A0, 1, RW);
	assert_int_equal(user_store(t, A0, 1), ACCESS_OK);
	assert_int_equal(sys_madvise(t, A0, 1, row->advice), row->known ? 0 : -EINVAL);
}

static void test_since(void **state)
{
	static struct since_row rows[] = {
		{ "v4.17", MADV_FREE, true },
		{ "v4.17", MADV_COLD, false },
		{ "v5.15", MADV_COLD, true },
		{ "v5.15", MADV_POPULATE_READ, true },
		{ "v5.15", MADV_DONTNEED_LOCKED, false },
		{ "v6.9", MADV_DONTNEED_LOCKED, true },
		{ "v6.9", MADV_GUARD_INSTALL, false },
		{ "v6.18", MADV_GUARD_INSTALL, true },
	};

	for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct world *w = world_new(rows[i].profile);

		world_do(w, check_since, &rows[i]);
		world_free(w);
	}
}

/* ---------------------------------------------------------------------- events */

struct remove_row {
	const char *promise, *setup, *call;
	const char *meanwhile; /* what the monitor does before it reads the first event */
	const char *events, *maps, *pagemap;
};

static const struct remove_row removes[] = {
	{ "one event, and the page is there until it is read", "m 0 4 rw; w 0 1 4; o 8; g 0 4 m",
	  "a 1 2 4", "l 1=1", "1-3", "0-4 rw- um", "PX - - PX" },
	{ "FREE tells, too", "m 0 4 rw; w 0 1 4; o 8; g 0 4 m", "a 1 2 8", "", "1-3", "0-4 rw- um",
	  "PX PX PX PX" },
	{ "one for each mapping", "m 0 4 rw; w 0 1 4; p 2 2 r; o 8; g 0 4 m", "a 1 3 4", "",
	  "1-2 2-4", "0-2 rw- um; 2-4 r-- um", "PX - - -" },
	{ "none for what is not registered", "m 0 4 rw; w 0 1 4; o 8; g 0 2 m", "a 0 4 4", "",
	  "0-2", "0-2 rw- um; 2-4 rw-", "- - - -" },
	{ "the mapping may be gone", "m 0 4 rw; w 0 1 4; o 8; g 0 4 m", "a 1 2 4=ENOMEM", "u 1 2",
	  "1-3", "0-1 rw- um; 3-4 rw- um", "PX - - PX" },
	{ "or its end: that is a hole then", "m 0 4 rw; w 0 1 4; o 8; g 0 4 m", "a 0 3 4=ENOMEM",
	  "u 2 2", "0-3", "0-2 rw- um", "- - - -" },
	{ "or it was split: the rest is told again", "m 0 4 rw; w 0 1 4; o 8; g 0 4 m", "a 0 4 4",
	  "p 2 2 r", "0-4 2-4", "0-2 rw- um; 2-4 r-- um", "- - - -" },
	{ "or another is there", "m 0 4 rw; w 0 1 4; o 8; g 0 4 m", "a 0 4 4", "m 0 4 r; l 1=0",
	  "0-4", "0-4 r--", "- - - -" },
	{ "PAGEOUT tells nobody", "m 0 2 rw; w 0 1 2; o 8; g 0 2 m", "a 0 2 21", "", "",
	  "0-2 rw- um", "PX PX - -" },
};

struct monitor {
	struct script *s;
	const char *meanwhile;
	char got[256];
};

static void script_setup(struct task_struct *t, void *arg)
{
	script_run(t, arg);
}

static void monitor(struct task_struct *t, void *arg)
{
	struct monitor *m = arg;
	struct script meanwhile = { .text = m->meanwhile };
	struct uffd_msg msg;
	size_t n = 0;

	while (sys_poll(t, m->s->uffd, POLLIN) == POLLIN) {
		script_run(t, &meanwhile);
		meanwhile.text = "";
		assert_int_equal(sys_read_uffd(t, m->s->uffd, &msg), 32);
		assert_int_equal(msg.event, UFFD_EVENT_REMOVE);
		n += snprintf(m->got + n, sizeof(m->got) - n, "%s%llu-%llu", n ? " " : "",
			      (long long unsigned)(msg.arg.remove.start - A0) >> PAGE_SHIFT,
			      (long long unsigned)(msg.arg.remove.end - A0) >> PAGE_SHIFT);
	}
}

static void test_remove_events(void **state)
{
	for (unsigned i = 0; i < sizeof(removes) / sizeof(removes[0]); i++) {
		const struct remove_row *row = &removes[i];
		struct script s = { .w = world_new("v6.18"), .text = row->setup };
		struct monitor m = { .s = &s, .meanwhile = row->meanwhile };
		struct sim_thread *caller;

		world_do(s.w, script_setup, &s);
		s.text = row->call;
		caller = world_thread(s.w, NULL, "caller", script_run, &s);
		world_thread(s.w, NULL, "monitor", monitor, &m);
		world_run(s.w, SIM_END_DEADLOCK);
		if (!sim_thread_dead(caller) || strcmp(m.got, row->events) ||
		    strcmp(maps(s.w, NULL), row->maps) ||
		    strcmp(pagemap(s.w, NULL, A0, 4), row->pagemap))
			fail_msg("%s: \"%s\", maps \"%s\", pages \"%s\"%s", row->promise, m.got,
				 maps(s.w, NULL), pagemap(s.w, NULL, A0, 4),
				 sim_thread_dead(caller) ? "" : ", not returned");
		world_free(s.w);
	}
}

/* Flag advice calls it EAGAIN when memory runs out, and changes nothing then. */
static void advise_without_memory(struct task_struct *t, void *arg)
{
	struct script s = { .text = "m 0 6 rw; w 0 1" };

	script_run(t, &s);
	sim_fail_alloc(t->mm->k->sim, 1);
	assert_int_equal(sys_madvise(t, A0 + PAGE_SIZE, PAGE_SIZE, MADV_DONTFORK), -EAGAIN);
	sim_fail_alloc(t->mm->k->sim, 0);
}

static void test_without_memory(void **state)
{
	struct world *w = world_new("v6.18");

	world_do(w, advise_without_memory, NULL);
	assert_string_equal(maps(w, NULL), "0-6 rw-");
	world_free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_arguments),     cmocka_unit_test(test_since),
		cmocka_unit_test(test_flags),         cmocka_unit_test(test_entries),
		cmocka_unit_test(test_guards),        cmocka_unit_test(test_fork_flags),
		cmocka_unit_test(test_remove_events), cmocka_unit_test(test_without_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

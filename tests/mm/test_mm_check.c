/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mm_check() finds what is broken, and nothing is broken by running out of
 * memory anywhere.
 */
#include "harness.h"
#include "mm-model/swap.h"

#include <stdlib.h>

#define P PAGE_SIZE

/* ------------------------------------------------------------- each invariant */

/* Pages 0-1 written and write-protected (0 only), 2 the zero page; 4 out in swap, 5 back from it. */
static void memory(struct task_struct *t, void *arg)
{
	int fd = uffd_open(t, UFFD_FEATURE_WP_UNPOPULATED);

	map_at(t, A0, 3, RW);
	map_at(t, PAGE(4), 2, RW);
	store(t, A0, 1);
	store(t, PAGE(1), 1);
	load(t, PAGE(2));
	sys_swapon(t, "swap", 0);
	user_memset(t, PAGE(4), 1, 2 * P);
	sys_madvise(t, PAGE(4), 2 * P, MADV_PAGEOUT);
	load(t, PAGE(5));
	assert_int_equal(uffd_register(t, fd, A0, 3, MISSING | WP), 0);
	assert_int_equal(uffd_wp(t, fd, A0, 1, UFFDIO_WRITEPROTECT_MODE_WP), 0);
}

/* Beside it a page of a file on disk, mapped shared and private, and only read. */
static void file(struct task_struct *t, void *arg)
{
	int fd = sys_open(t, "data", O_RDWR | O_CREAT);

	assert_int_equal(sys_ftruncate(t, fd, PAGE_SIZE), 0);
	assert_int_equal(sys_mmap(t, PAGE(8), P, RW, MAP_SHARED | MAP_FIXED, fd, 0), PAGE(8));
	assert_int_equal(sys_mmap(t, PAGE(10), P, RW, MAP_PRIVATE | MAP_FIXED, fd, 0), PAGE(10));
	load(t, PAGE(8));
	load(t, PAGE(10));
}

static void set(struct world *w, uint64_t addr, pte_t pte)
{
	set_pte_at(w->main->mm, addr, pte);
}
static pte_t get(struct world *w, uint64_t addr)
{
	return pte_peek(w->main->mm, addr);
}
static struct page *page_at(struct world *w, uint64_t addr)
{
	return pte_page(w->k, get(w, addr));
}

static struct swap_slot *slot_at(struct world *w, uint64_t addr)
{
	return pte_to_swp_entry(w->k, get(w, addr));
}

static void writable_without_mkwrite(struct world *w)
{
	set(w, PAGE(8), pte_mkwrite(get(w, PAGE(8))));
}
static void private_writes_to_file(struct world *w)
{
	set(w, PAGE(10), pte_mkwrite(get(w, PAGE(10))));
}
static void freed_vma(struct world *w)
{
	w->main->mm->mmap->obj.live = 0;
}
static void empty_vma(struct world *w)
{
	w->main->mm->mmap->vm_end = A0;
}
static void unaligned_vma(struct world *w)
{
	w->main->mm->mmap->vm_start += 8;
}
static void overlapping(struct world *w)
{
	w->main->mm->mmap->vm_end = PAGE(5);
}
static void map_count(struct world *w)
{
	w->main->mm->map_count++;
}
static void flags_without_ctx(struct world *w)
{
	w->main->mm->mmap->uffd_ctx = NULL;
}
static void ctx_without_flags(struct world *w)
{
	w->main->mm->mmap->vm_flags &= ~__VM_UFFD_FLAGS;
}
static void ctx_gone(struct world *w)
{
	w->k->ctxs = NULL;
}
static void entry_without_vma(struct world *w)
{
	w->main->mm->mmap->vm_end = PAGE(2);
}
static void writable_and_protected(struct world *w)
{
	set(w, A0, PTE(get(w, A0).val | _PAGE_RW));
}
static void freed_page(struct world *w)
{
	page_at(w, A0)->live = 0;
}
static void writable_zero_page(struct world *w)
{
	set(w, PAGE(2), PTE(get(w, PAGE(2)).val | _PAGE_RW));
}
static void dirty_zero_page(struct world *w)
{
	set(w, PAGE(2), PTE(get(w, PAGE(2)).val | _PAGE_SAVED_DIRTY));
}
static void writable_not_exclusive(struct world *w)
{
	ClearPageAnonExclusive(page_at(w, PAGE(1)));
}
static void mapped_once_more(struct world *w)
{
	set(w, A0, PTE(get(w, PAGE(1)).val & ~_PAGE_RW));
}
static void counted_once_more(struct world *w)
{
	page_at(w, A0)->mapcount++;
}
static void no_reference(struct world *w)
{
	page_at(w, A0)->refcount = 0;
}
static void exclusive_twice(struct world *w)
{
	mapped_once_more(w);
	page_at(w, A0)->mapcount = 2;
	page_at(w, A0)->refcount = 2;
}
static void changing(struct world *w)
{
	w->k->ctxs->mmap_changing.v++;
}

static struct userfaultfd_wait_queue *queued(struct world *w)
{
	static struct userfaultfd_wait_queue uwq;

	uwq = (struct userfaultfd_wait_queue){ .ctx = w->k->ctxs };
	init_waitqueue_entry(&uwq.wq, sim_thread_by_id(w->sim, 0));
	uwq_queue(&uwq, &w->k->ctxs->fault_wqh);
	return &uwq;
}
static void on_another_queue(struct world *w)
{
	queued(w)->on = &w->k->ctxs->event_wqh;
}
static void of_another_ctx(struct world *w)
{
	queued(w)->ctx = NULL;
}
static void not_marked_queued(struct world *w)
{
	queued(w)->wq.queued = false;
}
static void sleep_for_ever(void *arg)
{
	struct sim *sim = arg;

	set_current_state(sim, TASK_UNINTERRUPTIBLE);
	schedule(sim, NULL, "ever");
}

static int pick_only(void *thread, const struct sim_choice *choice)
{
	unsigned id = sim_thread_id(thread);

	return choice->enabled >> id & 1 ? (int)id : -1;
}

static void woken_but_asleep(struct world *w)
{
	struct userfaultfd_wait_queue *uwq = queued(w);
	struct sim_thread *t =
		sim_spawn(w->sim, "sleeper", sleep_for_ever, w->sim, SIM_THREAD_DAEMON);

	sim_run(w->sim, (struct sim_strategy){ pick_only, t });
	uwq->wq.thread = t;
	uwq->waken = uwq->sleeps = true;
}

static void slot_given_back(struct world *w)
{
	slot_at(w, PAGE(4))->obj.live = 0;
}
static void exclusive_in_swap(struct world *w)
{
	slot_at(w, PAGE(4))->count++;
}
static void swap_counted_once_more(struct world *w)
{
	slot_at(w, PAGE(4))->count++;
	set(w, PAGE(4), PTE(get(w, PAGE(4)).val & ~_PAGE_SWP_EXCLUSIVE));
}
static void lost_in_swap(struct world *w)
{
	slot_at(w, PAGE(4))->data = NULL;
}
static void not_in_swap_cache(struct world *w)
{
	page_at(w, PAGE(5))->more->swap->cache = NULL;
}

static const struct {
	void (*harm)(struct world *w);
	const char *text;
} harms[] = {
	{ writable_without_mkwrite, "entry at 0x10000008000: writable without page_mkwrite" },
	{ private_writes_to_file,
	  "entry at 0x1000000a000: a private mapping can write to the file" },
	{ freed_vma, "a freed VMA is still linked" },
	{ empty_vma, "VMA 0x10000000000-0x10000000000 is empty or unaligned" },
	{ unaligned_vma, "VMA 0x10000000008-0x10000003000 is empty or unaligned" },
	{ overlapping, "VMAs overlap at 0x10000004000" },
	{ map_count, "map_count is 3, but there are 2 VMAs" },
	{ flags_without_ctx, "VMA 0x10000000000: uffd flags without a context, or the reverse" },
	{ ctx_without_flags, "VMA 0x10000000000: uffd flags without a context, or the reverse" },
	{ ctx_gone, "VMA 0x10000000000: its uffd context is gone" },
	{ entry_without_vma, "an entry at 0x10000002000, but no VMA" },
	{ writable_and_protected, "entry at 0x10000000000: writable and uffd-wp" },
	{ freed_page, "entry at 0x10000000000 maps a freed page" },
	{ writable_zero_page, "zero page at 0x10000002000: writable or dirty" },
	{ dirty_zero_page, "zero page at 0x10000002000: writable or dirty" },
	{ writable_not_exclusive, "entry at 0x10000001000: writable, but the page is not exclusive" },
	{ mapped_once_more, "page at 0x10000000000: mapped 2 times, counted 1" },
	{ counted_once_more, "page at 0x10000000000: mapped 1 times, counted 2" },
	{ no_reference, "page at 0x10000000000: 1 mappings, 0 references" },
	{ exclusive_twice, "page at 0x10000000000: exclusive, but mapped 2 times" },
	{ slot_given_back, "entry at 0x10000004000 names a slot that was given back" },
	{ exclusive_in_swap, "swap entry at 0x10000004000: exclusive, but used 2 times" },
	{ swap_counted_once_more, "swap entry at 0x10000004000: used 1 times, counted 2" },
	{ lost_in_swap, "swap entry at 0x10000004000: the page is lost" },
	{ not_in_swap_cache, "page at 0x10000005000: the swap cache does not have it" },
	{ changing, "mmap_changing is 1 with 0 events in flight" },
	{ on_another_queue, "a message is queued where it does not belong" },
	{ of_another_ctx, "a message is queued where it does not belong" },
	{ not_marked_queued, "a message is queued where it does not belong" },
	{ woken_but_asleep, "a woken fault is still queued" },
};

static void idle(struct task_struct *t, void *arg)
{
}

/* By a direct call, and by the check after the next step. */
/** So many of them, the first, are about a file. */
#define WITH_FILE 2

static void harm_and_check(unsigned i, bool by_step)
{
	struct world *w = world_new("v6.18");

	world_do(w, memory, NULL);
	if (i < WITH_FILE)
		world_do(w, file, NULL);
	mm_check(w->k);
	assert_int_equal(sim_finding(w->sim)->bug, SIM_BUG_NONE);
	if (by_step)
		world_thread(w, NULL, "t", idle, NULL);
	harms[i].harm(w);
	if (by_step)
		assert_int_equal(sim_run(w->sim, sim_run_to_completion()), SIM_END_BUG);
	else
		mm_check(w->k);
	if (strcmp(sim_finding(w->sim)->text, harms[i].text))
		fail_msg("expected \"%s\", got \"%s\"", harms[i].text, sim_finding(w->sim)->text);
	assert_int_equal(sim_finding(w->sim)->bug, SIM_BUG_INVARIANT);
	world_free(w);
}

static void test_each_invariant_is_found_broken(void **state)
{
	for (unsigned i = 0; i < ARRAY_SIZE(harms); i++) {
		harm_and_check(i, false);
		harm_and_check(i, true);
	}
}

static void test_stale_bits_of_a_dropped_mode_are_no_harm(void **state)
{
	struct world *w = world_new("v6.18");

	world_do(w, memory, NULL);
	userfaultfd_wp_goes_stale(w->main->mm->mmap);
	writable_and_protected(w);
	mm_check(w->k);
	assert_int_equal(sim_finding(w->sim)->bug, SIM_BUG_NONE);
	world_free(w);
}

static void test_the_dump_shows_mappings_entries_and_contexts(void **state)
{
	struct world *w = world_new("v6.18");
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	world_do(w, memory, NULL);
	mm_dump(w->k, out);
	fclose(out);
	assert_non_null(strstr(text, "0x10000000000-0x10000003000"));
	assert_non_null(strstr(text, "0x10000000000 present dirty young uffd-wp\n"));
	assert_non_null(strstr(text, "0x10000002000 present young special\n"));
	assert_non_null(strstr(text, "uffd context: 0 pending faults"));
	free(text);
	world_free(w);
}

/* --------------------------------------------------------------- out of memory */

/*
 * Each call with its n-th allocation failing, for all n.  It either fails with
 * what it calls that and can be made again, or succeeds without.
 */
struct attempt {
	struct task_struct *task;
	int64_t (*call)(struct task_struct *t);
	uint64_t nth;
	int64_t ret;
};

static void oom_memory_with(struct task_struct *t, uint64_t features)
{
	int fd = uffd_open(t, UFFD_FEATURE_WP_UNPOPULATED | features);

	map_at(t, A0, 8, RW);
	map_at(t, PAGE(600), 2, RW);
	map_at(t, PAGE(602), 1, PROT_READ); /* in the way of growing */
	map_at(t, PAGE(1200), 1, RW);
	for (unsigned i = 0; i < 3; i++)
		store(t, PAGE(i), 1);
	assert_int_equal(uffd_register(t, fd, PAGE(4), 3, MISSING | WP), 0);
	assert_int_equal(uffd_register(t, fd, PAGE(1200), 1, MISSING | WP), 0);
	assert_int_equal(uffd_copy(t, fd, PAGE(4), A0, 1, 0, NULL), 0);
}

static void oom_memory(struct task_struct *t, void *arg)
{
	oom_memory_with(t, UFFD_FEATURE_EVENT_UNMAP | UFFD_FEATURE_EVENT_FORK |
				   UFFD_FEATURE_EVENT_REMAP);
}

/* Nobody has to be there to read. */
static void oom_memory_quiet(struct task_struct *t, void *arg)
{
	oom_memory_with(t, 0);
}

static int64_t call_fork(struct task_struct *t)
{
	struct process *child;
	int64_t ret = sys_fork(t, &child);

	return ret < 0 ? ret : 0;
}
static int64_t call_mmap(struct task_struct *t)
{
	int64_t ret = sys_mmap(t, PAGE(1024), 2 * P, PROT_READ, ANON | MAP_FIXED, -1, 0);

	return ret < 0 ? ret : 0;
}
static int64_t call_munmap(struct task_struct *t)
{
	return sys_munmap(t, PAGE(1), P);
}
static int64_t call_mprotect(struct task_struct *t)
{
	return sys_mprotect(t, PAGE(1), P, PROT_READ);
}
static int64_t call_register(struct task_struct *t)
{
	return uffd_register(t, FIRST_FD, PAGE(1), 2, MISSING | WP);
}
static int64_t call_unregister(struct task_struct *t)
{
	return uffd_unregister(t, FIRST_FD, PAGE(5), 1);
}
static int64_t call_copy(struct task_struct *t)
{
	return uffd_copy(t, FIRST_FD, PAGE(5), A0, 1, 0, NULL);
}
static int64_t call_copy_unfaulted(struct task_struct *t)
{
	return uffd_copy(t, FIRST_FD, PAGE(1200), A0, 1, 0, NULL);
}
static int64_t call_wp(struct task_struct *t)
{
	return uffd_wp(t, FIRST_FD, PAGE(1200), 1, UFFDIO_WRITEPROTECT_MODE_WP);
}
static int64_t call_mremap(struct task_struct *t)
{
	int64_t ret = sys_mremap(t, PAGE(1), 2 * P, 2 * P, MREMAP_MAYMOVE | MREMAP_FIXED, PAGE(2048));

	return ret < 0 ? ret : 0;
}
static int64_t call_mremap_registered(struct task_struct *t)
{
	int64_t ret = sys_mremap(t, PAGE(4), 2 * P, 2 * P, MREMAP_MAYMOVE | MREMAP_FIXED, PAGE(2048));

	return ret < 0 ? ret : 0;
}
static int64_t call_grow(struct task_struct *t)
{
	int64_t ret = sys_mremap(t, PAGE(600), 2 * P, 4 * P, MREMAP_MAYMOVE, 0);

	return ret < 0 ? ret : 0;
}
static int64_t call_dontfork(struct task_struct *t)
{
	return sys_madvise(t, PAGE(1), P, MADV_DONTFORK);
}
static int64_t call_guard(struct task_struct *t)
{
	return sys_madvise(t, PAGE(600), P, MADV_GUARD_INSTALL);
}
static int64_t call_populate(struct task_struct *t)
{
	return sys_madvise(t, PAGE(600), P, MADV_POPULATE_WRITE);
}
static int64_t call_uffd(struct task_struct *t)
{
	int64_t ret = sys_userfaultfd(t, 0);

	return ret < 0 ? ret : 0;
}
static int64_t call_open(struct task_struct *t)
{
	int64_t ret = sys_open(t, "/dev/userfaultfd", O_RDWR);

	return ret < 0 ? ret : 0;
}

static const struct {
	const char *what;
	int64_t (*call)(struct task_struct *t);
	task_fn before;
	int64_t error;
	bool events; /* two: with the features that announce the call */
} ooms[] = {
	{ "fork", call_fork, oom_memory_quiet, -ENOMEM, false },
	{ "fork, announced", call_fork, oom_memory, -ENOMEM, true },
	{ "mmap", call_mmap, oom_memory, -ENOMEM, false },
	{ "munmap", call_munmap, oom_memory, -ENOMEM, false },
	{ "mprotect", call_mprotect, oom_memory, -ENOMEM, false },
	{ "REGISTER", call_register, oom_memory, -ENOMEM, false },
	{ "UNREGISTER", call_unregister, oom_memory, -ENOMEM, false },
	{ "COPY", call_copy, oom_memory, -ENOMEM, false },
	{ "COPY into a new table", call_copy_unfaulted, oom_memory, -ENOMEM, false },
	{ "WRITEPROTECT", call_wp, oom_memory, -ENOMEM, false },
	{ "mremap", call_mremap, oom_memory, -ENOMEM, false },
	{ "mremap of a registered mapping", call_mremap_registered, oom_memory_quiet, -ENOMEM, false },
	{ "mremap, announced", call_mremap_registered, oom_memory, -ENOMEM, true },
	{ "mremap that grows", call_grow, oom_memory, -ENOMEM, false },
	{ "DONTFORK", call_dontfork, oom_memory, -EAGAIN, false },
	{ "GUARD_INSTALL", call_guard, oom_memory, -ENOMEM, false },
	{ "POPULATE_WRITE", call_populate, oom_memory, -ENOMEM, false },
	{ "userfaultfd", call_uffd, oom_memory, -ENOMEM, false },
	{ "open", call_open, oom_memory, -ENOMEM, false },
};

static void try(struct task_struct *t, void *arg)
{
	struct attempt *a = arg;
	struct sim *sim = t->process->k->sim;

	sim_fail_alloc(sim, a->nth);
	a->ret = a->call(t);
	sim_fail_alloc(sim, 0);
}

static void read_all(struct task_struct *t, void *arg)
{
	while (sys_poll(t, FIRST_FD, POLLIN) == POLLIN)
		uffd_read(t, FIRST_FD);
}

/* Things that a failed call must have given back. */
struct counts {
	unsigned processes, mms, ctxs, refs, fds;
};

static struct counts count(const struct world *w)
{
	struct counts c = { 0 };
	const struct userfaultfd_ctx *ctx;

	for (const struct process *p = w->k->processes; p; p = p->next)
		c.processes++;
	for (const struct mm_struct *mm = w->k->mms; mm; mm = mm->next_mm)
		c.mms++;
	for (ctx = w->k->ctxs; ctx; ctx = ctx->next) {
		c.ctxs++;
		c.refs += ctx->refs + 1000 * ctx->producers;
	}
	for (unsigned i = 0; i < w->main->files->max; i++)
		c.fds += w->main->files->fd[i] ? w->main->files->fd[i]->refs : 0;
	return c;
}

/* Run one attempt; a reader takes the events, if there are any. */
static void attempt(struct world *w, struct attempt *a, bool events)
{
	enum sim_end end;

	world_thread(w, NULL, "t", try, a);
	if (events)
		world_thread(w, NULL, "reader", read_all, NULL);
	end = sim_run(w->sim, sim_run_to_completion());
	if (end != (events ? SIM_END_DEADLOCK : SIM_END_DONE))
		fail_msg("allocation %llu: %s", (unsigned long long)a->nth,
			 sim_finding(w->sim)->text);
	mm_check(w->k);
	assert_int_equal(sim_finding(w->sim)->bug, SIM_BUG_NONE);
}

/* True if the call needs no n-th allocation. */
static bool fail_nth(unsigned i, uint64_t nth)
{
	struct world *w = world_new("v6.18");
	struct attempt a = { .call = ooms[i].call, .nth = nth };
	struct counts before;
	bool last;

	world_do(w, ooms[i].before, NULL);
	before = count(w);
	attempt(w, &a, ooms[i].events);
	if (a.ret && a.ret != ooms[i].error)
		fail_msg("%s, allocation %d: %lld", ooms[i].what, (int)nth, (long long)a.ret);
	last = !a.ret;
	if (a.ret) {
		struct counts after = count(w);

		if (ooms[i].events) /* the reader holds one */
			after.fds = before.fds;
		if (memcmp(&before, &after, sizeof(before)))
			fail_msg("%s, allocation %d: something is left", ooms[i].what, (int)nth);
	}
	if (a.ret && !ooms[i].events) {
		a.nth = 0;
		attempt(w, &a, false);
		if (a.ret)
			fail_msg("%s, allocation %d: again %lld", ooms[i].what, (int)nth,
				 (long long)a.ret);
	}
	world_free(w);
	return last;
}

static void test_running_out_of_memory_is_harmless_everywhere(void **state)
{
	for (unsigned i = 0; i < ARRAY_SIZE(ooms); i++) {
		unsigned failed = 0;

		/* Some allocations can be done without: three successes end it. */
		for (uint64_t nth = 1, ok = 0; ok < 3; nth++) {
			if (fail_nth(i, nth))
				ok++;
			else
				failed++;
		}
		if (!failed)
			fail_msg("%s never fails", ooms[i].what);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_invariant_is_found_broken),
		cmocka_unit_test(test_stale_bits_of_a_dropped_mode_are_no_harm),
		cmocka_unit_test(test_the_dump_shows_mappings_entries_and_contexts),
		cmocka_unit_test(test_running_out_of_memory_is_harmless_everywhere),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

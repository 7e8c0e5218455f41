/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Pages: contents, references, map counts.  Entries: what each change keeps.
 */
#include "harness.h"

/* ---------------------------------------------------------------- contents */

static void writes_and_fill(struct task_struct *t, void *arg)
{
	struct page *page = alloc_page(t->mm->k);

	assert_int_equal(page_read(page, 0), 0);
	assert_int_equal(page_read(page, PAGE_SIZE - 1), 0);
	page_fill(page, 7);
	page_write(page, 100, 9);
	assert_int_equal(page_read(page, 100), 9);
	assert_int_equal(page_read(page, 99), 7);
	page_write(page, 100, 7);
	assert_int_equal(page_read(page, 100), 7);
	page_fill(page, 3);
	assert_int_equal(page_read(page, 100), 3);
	put_page(page);
}

static void test_a_byte_is_what_was_last_written(void **state)
{
	in_world(writes_and_fill, NULL);
}

static void many_writes(struct task_struct *t, void *arg)
{
	struct page *page = alloc_page(t->mm->k), *copy = alloc_page(t->mm->k);

	page_fill(page, 1);
	for (unsigned i = 0; i < 3 * PAGE_OVERRIDES; i++)
		page_write(page, i * 16, i + 2);
	copy_page(copy, page);
	page_fill(page, 0);
	for (unsigned i = 0; i < 3 * PAGE_OVERRIDES; i++) {
		assert_int_equal(page_peek(copy, i * 16), i + 2);
		assert_int_equal(page_peek(copy, i * 16 + 1), 1);
	}
	copy_page(copy, page);
	assert_int_equal(page_peek(copy, 16), 0);
	put_page(page);
	put_page(copy);
}

static void test_a_copy_is_independent_however_many_bytes_differ(void **state)
{
	in_world(many_writes, NULL);
}

/* -------------------------------------------------------------- references */

static void references(struct task_struct *t, void *arg)
{
	struct page *page = alloc_page(t->mm->k), *zero = t->mm->k->zero_page;

	assert_int_equal(page_count(page), 1);
	get_page(page);
	page_add_anon_rmap(page, NULL);
	assert_int_equal(page_count(page), 2);
	assert_int_equal(page_mapcount(page), 1);
	page_remove_rmap(page, NULL);
	put_page(page);
	assert_int_equal(page_mapcount(page), 0);
	assert_int_equal(page_count(page), 1);
	put_page(page);
	get_page(zero);
	page_add_anon_rmap(zero, NULL);
	assert_int_equal(page_count(zero), 1);
	assert_int_equal(page_mapcount(zero), 0);
}

static void test_references_and_mappings_are_counted_but_for_the_zero_page(void **state)
{
	in_world(references, NULL);
}

static void use_after_free(struct task_struct *t, void *arg)
{
	struct page *page = alloc_page(t->mm->k);

	put_page(page);
	page_read(page, 0);
}

static void unmap_unmapped(struct task_struct *t, void *arg)
{
	page_remove_rmap(alloc_page(t->mm->k), NULL);
}

static const struct {
	const char *what;
	task_fn fn;
	enum sim_bug bug;
} misuses[] = {
	{ "a page that was freed is read", use_after_free, SIM_BUG_USE_AFTER_FREE },
	{ "a page is unmapped that was not mapped", unmap_unmapped, SIM_BUG_REFCOUNT },
};

static void test_misuse_of_a_page_is_a_finding(void **state)
{
	for (unsigned i = 0; i < ARRAY_SIZE(misuses); i++) {
		struct world *w = world_new("v6.18");

		world_thread(w, NULL, "t", misuses[i].fn, NULL);
		assert_int_equal(sim_run(w->sim, sim_run_to_completion()), SIM_END_BUG);
		assert_int_equal(sim_finding(w->sim)->bug, misuses[i].bug);
		world_free(w);
	}
}

/* ----------------------------------------------------------------- entries */

#define P  _PAGE_PRESENT
#define W  _PAGE_RW
#define D  _PAGE_DIRTY
#define SD _PAGE_SAVED_DIRTY
#define U  _PAGE_UFFD_WP
#define A  _PAGE_ACCESSED
#define N  _PAGE_PROTNONE

static pte_t to_none(pte_t p)
{
	return pte_set_protnone(p, true);
}
static pte_t from_none(pte_t p)
{
	return pte_set_protnone(p, false);
}

static const struct {
	const char *what;
	pte_t (*change)(pte_t);
	uint64_t before, after;
} changes[] = {
	{ "write protection moves dirty to the saved bit", pte_wrprotect, P | W | D, P | SD },
	{ "write access moves it back", pte_mkwrite, P | SD, P | W | D },
	{ "a clean entry stays clean", pte_mkwrite, P, P | W },
	{ "dirty without write is the saved bit", pte_mkhwdirty, P, P | SD },
	{ "dirty with write is the hardware's", pte_mkhwdirty, P | W, P | W | D },
	{ "clean forgets both", pte_mkclean, P | W | D | SD, P | W },
	{ "uffd-wp takes write away and keeps dirty", pte_mkuffd_wp, P | W | D | A, P | SD | U | A },
	{ "without uffd-wp write does not come back", pte_clear_uffd_wp, P | U | SD, P | SD },
	{ "PROT_NONE keeps uffd-wp and dirty", to_none, P | U | SD, N | U | SD },
	{ "PROT_NONE takes write away", to_none, P | W | D, N | SD },
	{ "and gives back no write", from_none, N | SD, P | SD },
	{ "old forgets accessed", pte_mkold, P | A | D, P | D },
};

static void test_changes_of_an_entry_keep_the_rest(void **state)
{
	for (unsigned i = 0; i < ARRAY_SIZE(changes); i++) {
		pte_t after = changes[i].change(PTE(changes[i].before));

		if (after.val != changes[i].after)
			fail_msg("%s: 0x%llx", changes[i].what, (unsigned long long)after.val);
	}
}

static void test_an_entry_of_no_access_is_present_but_not_for_the_processor(void **state)
{
	assert_true(pte_present(PTE(N)));
	assert_true(pte_protnone(PTE(N)));
	assert_false(pte_hw_present(PTE(N)));
	assert_false(pte_none(PTE(N)));
}

static void test_a_marker_is_neither_none_nor_present(void **state)
{
	pte_t wp = make_pte_marker(PTE_MARKER_UFFD_WP), guard = make_pte_marker(PTE_MARKER_GUARD);

	assert_false(pte_none(wp) || pte_present(wp) || pte_uffd_wp(wp));
	assert_true(pte_none_mostly(wp) && is_pte_marker(wp) && pte_marker_uffd_wp(wp));
	assert_false(pte_marker_guard(wp) || pte_marker_poisoned(wp));
	assert_true(pte_marker_guard(guard));
	assert_false(is_pte_marker(PTE(0)) || is_pte_marker(PTE(P | U)));
}

/* ------------------------------------------------------------------ tables */

static void tables(struct task_struct *t, void *arg)
{
	struct mm_struct *mm = t->mm;
	uint64_t far = A0 + 5 * PMD_SIZE + PAGE_SIZE;

	assert_false(pte_table_exists(mm, A0));
	assert_true(pte_none(pte_peek(mm, A0)));
	assert_int_equal(pte_alloc(mm, far), 0);
	assert_true(pte_table_exists(mm, far));
	set_pte_at(mm, far, make_pte_marker(PTE_MARKER_GUARD));
	assert_int_equal(pte_peek_next(mm, A0, far), far);
	assert_int_equal(pte_peek_next(mm, A0, far + PAGE_SIZE), far);
	assert_int_equal(pte_next_present(mm, far + PAGE_SIZE, far + 2 * PMD_SIZE),
			 far + 2 * PMD_SIZE);
	free_pgtables(mm, A0, far);
	assert_true(pte_table_exists(mm, far));
	set_pte_at(mm, far, PTE(0));
	free_pgtables(mm, A0, A0 + 8 * PMD_SIZE);
	assert_false(pte_table_exists(mm, far));
}

static void test_tables_exist_from_pte_alloc_to_free_pgtables(void **state)
{
	struct world *w = world_new_in("v6.18", NULL); /* entries without a VMA: no checks */

	world_do(w, tables, NULL);
	world_free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_byte_is_what_was_last_written),
		cmocka_unit_test(test_a_copy_is_independent_however_many_bytes_differ),
		cmocka_unit_test(test_references_and_mappings_are_counted_but_for_the_zero_page),
		cmocka_unit_test(test_misuse_of_a_page_is_a_finding),
		cmocka_unit_test(test_changes_of_an_entry_keep_the_rest),
		cmocka_unit_test(test_an_entry_of_no_access_is_present_but_not_for_the_processor),
		cmocka_unit_test(test_a_marker_is_neither_none_nor_present),
		cmocka_unit_test(test_tables_exist_from_pte_alloc_to_free_pgtables),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Leaves: one entry for 2 MiB, the folio it maps, and what a split makes of both.
 */
#include "harness.h"

#define LAST (HPAGE_PMD_NR - 1)

/* A 2 MiB mapping with a writable leaf in it, all locks ignored. */
static struct page *map_leaf(struct task_struct *t)
{
	struct vm_area_struct *vma;
	struct page *folio = alloc_huge_folio(t->mm->k);

	map_at(t, A0, HPAGE_PMD_NR, RW);
	vma = vma_lookup(t->mm, A0);
	assert_int_equal(pmd_alloc(t->mm, A0), 0);
	page_add_anon_rmap(folio, vma);
	SetPageAnonExclusive(folio);
	set_pmd_at(t->mm, A0, pte_mkwrite(mk_pte(vma, folio)));
	return folio;
}

static void drop_leaf(struct task_struct *t, struct page *folio)
{
	set_pmd_at(t->mm, A0, PTE(0));
	page_remove_rmap(folio, vma_lookup(t->mm, A0));
	put_page(folio);
}

static void leaf(struct task_struct *t, void *arg)
{
	struct page *folio = map_leaf(t);
	struct mm_struct *mm = t->mm;
	pte_t pte;

	assert_true(pte_huge(pmd_get(mm, PAGE(7))));
	assert_false(pmd_none(mm, A0));
	assert_false(pte_table_exists(mm, A0));
	assert_int_equal(pte_alloc(mm, PAGE(3)), 0);
	assert_false(pte_table_exists(mm, A0));
	assert_ptr_equal(pte_page(mm->k, pmd_get(mm, A0)), folio);
	pte = ptep_get(mm, PAGE(LAST));
	assert_true(pte_write(pte) && !pte_huge(pte));
	assert_ptr_equal(pte_page(mm->k, pte), folio_page(folio, LAST));
	assert_ptr_equal(pte_folio(mm->k, pte), folio);
	assert_int_equal(pte_next_present(mm, PAGE(5), PAGE(9)), PAGE(5));
	assert_int_equal(pte_peek_next(mm, PAGE(1), PAGE(9)), PAGE(1));
	drop_leaf(t, folio);
	assert_true(pmd_none(mm, A0));
}

static void test_a_leaf_reads_as_the_entries_of_its_pages(void **state)
{
	in_world(leaf, NULL);
}

struct split {
	struct task_struct *t;
	pte_t pmd;
};

static pte_t entry_of(void *ctx, unsigned i)
{
	const struct split *s = ctx;

	return pmd_subpage_pte(s->t->mm->k, s->pmd, i);
}

static void split(struct task_struct *t, void *arg)
{
	struct page *folio = map_leaf(t), *third = folio_page(folio, 3);
	struct vm_area_struct *vma = vma_lookup(t->mm, A0);
	struct split s = { t, pmd_get(t->mm, A0) };
	pte_t before = ptep_get(t->mm, PAGE(9));

	assert_true(PageAnonExclusive(third));
	page_fill(third, 7);
	folio_split_rmap(folio, vma);
	pmd_populate(t->mm, A0, entry_of, &s);
	assert_true(pte_none(pmd_get(t->mm, A0)) && pte_table_exists(t->mm, A0));
	assert_true(pte_same(before, ptep_get(t->mm, PAGE(9))));
	assert_int_equal(page_count(folio), HPAGE_PMD_NR);
	assert_int_equal(folio_large_mapcount(folio), HPAGE_PMD_NR);
	assert_int_equal(page_mapcount(third), 1);
	assert_int_equal(page_mapcount(folio_page(folio, LAST)), 1);
	assert_true(PageAnonExclusive(third) && PageAnonExclusive(folio_page(folio, LAST)));
	assert_int_equal(page_read(third, 0), 7);
	assert_int_equal(page_read(folio_page(folio, 4), 0), 0);
}

static void test_a_split_leaf_maps_the_same_pages(void **state)
{
	in_world(split, NULL);
}

static void shared(struct task_struct *t, void *arg)
{
	struct vm_area_struct vma[3] = { 0 };
	struct page *folio = alloc_huge_folio(t->mm->k);
	struct mm_struct mm[3] = { 0 };

	for (unsigned i = 0; i < 3; i++) {
		mm[i].obj.id = i + 1;
		vma[i].mm = &mm[i];
		page_add_anon_rmap(folio, &vma[i]);
		assert_int_equal(folio_maybe_mapped_shared(folio), i > 0);
	}
	page_remove_rmap(folio, &vma[2]);
	assert_true(folio_maybe_mapped_shared(folio));
	page_remove_rmap(folio, &vma[0]);
	assert_false(folio_maybe_mapped_shared(folio));
	page_remove_rmap(folio, &vma[1]);
	put_page(folio);
}

static void test_a_folio_knows_whether_one_mm_maps_it(void **state)
{
	in_world(shared, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_leaf_reads_as_the_entries_of_its_pages),
		cmocka_unit_test(test_a_split_leaf_maps_the_same_pages),
		cmocka_unit_test(test_a_folio_knows_whether_one_mm_maps_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * hugetlbfs.c - the files behind mappings of huge pages
 */
#include "mm-model/hugetlb.h"

uint32_t hugetlb_file_id(const struct vm_area_struct *vma)
{
	return 0;
}

uint64_t hugetlb_file_pages(const struct vm_area_struct *vma)
{
	return UINT64_MAX;
}

bool hugetlb_same_file(const struct vm_area_struct *a, const struct vm_area_struct *b)
{
	return true;
}

struct resv_map *hugetlb_file_resv_map(const struct vm_area_struct *vma)
{
	return NULL;
}

struct page *hugetlb_find_page(const struct vm_area_struct *vma, uint64_t idx)
{
	return NULL;
}

int hugetlb_add_to_page_cache(const struct vm_area_struct *vma, uint64_t idx, struct page *folio)
{
	return -ENOMEM;
}

#define MAP_HUGE_SHIFT 26
#define MAP_HUGE_MASK  0x3f

int hugetlb_file_setup(struct mm_struct *mm, uint64_t flags, uint64_t *len)
{
	unsigned log = flags >> MAP_HUGE_SHIFT & MAP_HUGE_MASK;

	if (log == 30)
		sim_unmodelled(mm_sim(mm), "huge pages of 1 GiB");
	if (log && log != HPAGE_SHIFT)
		return -EINVAL;
	*len = huge_align(*len);
	return 0;
}

int hugetlbfs_file_mmap(struct vm_area_struct *vma)
{
	uint64_t from, to;

	if (vma->vm_pgoff & (HPAGE_PMD_NR - 1))
		return -EINVAL;
	if (hugetlb_vm_op_open(vma, NULL))
		return -ENOMEM;
	from = vma_hugecache_offset(vma, vma->vm_start);
	to = vma_hugecache_offset(vma, vma->vm_end);
	return hugetlb_reserve_pages(vma, from, to) ? 0 : -ENOMEM;
}

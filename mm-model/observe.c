/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * observe.c - what pagemap, peek, maps and smaps show; none of it has an effect
 */
#include <stdio.h>
#include <string.h>

#include "mm-model/huge_memory.h"

/* Of a leaf most kernels tell for all pages what is true of the first. */
static bool mapped_exclusively(const struct mm_struct *mm, uint64_t addr, pte_t pte)
{
	struct page_scratch scratch;
	struct page *page;

	if (pte_huge(pmd_peek(mm, addr)) && !mm_prof(mm)->pagemap_each_of_leaf)
		pte = pte_peek(mm, addr & ~(PMD_SIZE - 1));
	page = pte_page_peek(mm->k, pte, &scratch);
	return !(page->flags & PG_ZERO) && page_mapcount_peek(page) == 1;
}

/* What is not anonymous; the huge zero page shows as such, the small one does not. */
static bool shows_as_file(const struct mm_struct *mm, uint64_t addr, pte_t pte)
{
	return is_huge_zero_pmd(mm, pmd_peek(mm, addr)) ||
	       !(pte_folio(mm->k, pte)->flags & (PG_ZERO | PG_ANON));
}

/* Letters in the order of the scenario language. */
void observe_pagemap(struct process *p, uint64_t addr, char *buf)
{
	pte_t pte = pte_peek(p->mm, addr);
	const struct vm_area_struct *vma = vma_lookup(p->mm, addr);
	bool huge = vma && is_vm_hugetlb_page(vma);
	char *s = buf;

	if (pte_present(pte)) {
		struct page_scratch scratch;
		struct page *page = pte_page_peek(p->k, pte, &scratch);

		*s++ = 'P';
		if (shows_as_file(p->mm, addr, pte))
			*s++ = 'F';
		if (huge ? page_mapcount_peek(page) == 1 : mapped_exclusively(p->mm, addr, pte))
			*s++ = 'X';
	} else if (!pte_none(pte) && !huge) {
		*s++ = 'S'; /* every marker shows as swapped */
	}
	if (pte_uffd_wp(pte) || pte_swp_uffd_wp(pte) || pte_marker_uffd_wp(pte))
		*s++ = 'W';
	if (pte_marker_guard(pte))
		*s++ = 'G';
	if (s == buf)
		*s++ = '-';
	*s = '\0';
}

int observe_peek(struct process *p, uint64_t addr)
{
	pte_t pte = pte_peek(p->mm, addr);
	struct page_scratch scratch;

	if (!pte_present(pte))
		return -1;
	return page_peek(pte_page_peek(p->k, pte, &scratch), addr & ~PAGE_MASK);
}

/* Two letters a flag, in the order of the bits; "sd" only tells what kernel it is. */
static void show_vm_flags(const struct mm_struct *mm, vm_flags_t flags, char *buf, size_t size)
{
	bool lf_unknown = !mm_prof(mm)->smaps_knows_lf;
	static const struct {
		vm_flags_t flag;
		char letters[3];
	} names[] = {
		{ VM_READ, "rd" },         { VM_WRITE, "wr" },       { VM_EXEC, "ex" },
		{ VM_SHARED, "sh" },       { VM_MAYREAD, "mr" },     { VM_MAYWRITE, "mw" },
		{ VM_MAYEXEC, "me" },      { VM_MAYSHARE, "ms" },    { VM_GROWSDOWN, "gd" },
		{ VM_UFFD_MISSING, "um" }, { VM_MAYBE_GUARD, "gu" }, { VM_UFFD_WP, "uw" },
		{ VM_LOCKED, "lo" },       { VM_SEQ_READ, "sr" },    { VM_RAND_READ, "rr" },
		{ VM_DONTCOPY, "dc" },     { VM_DONTEXPAND, "de" },  { VM_LOCKONFAULT, "lf" },
		{ VM_ACCOUNT, "ac" },      { VM_NORESERVE, "nr" },   { VM_HUGETLB, "ht" },
		{ VM_SYNC, "sf" },         { VM_WIPEONFORK, "wf" },  { VM_DONTDUMP, "dd" },
		{ VM_HUGEPAGE, "hg" },     { VM_NOHUGEPAGE, "nh" },  { VM_MERGEABLE, "mg" },
		{ VM_UFFD_MINOR, "ui" },   { VM_DROPPABLE, "dp" },   { VM_SEALED, "sl" },
		{ VM_UFFD_RWP, "ur" },
	};
	size_t len = 0;

	buf[0] = 0;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]) && len < size; i++)
		if (flags & names[i].flag)
			len += (size_t)snprintf(buf + len, size - len, "%s%s", len ? " " : "",
						lf_unknown && names[i].flag == VM_LOCKONFAULT ?
							"??" :
							names[i].letters);
}

bool observe_map(struct process *p, unsigned i, struct observed_map *ret)
{
	const struct vm_area_struct *vma = p->mm->mmap;

	while (vma && i--)
		vma = vma->next;
	if (!vma)
		return false;
	*ret = (struct observed_map){
		.start = vma->vm_start,
		.end = vma->vm_end,
		.r = vma->vm_flags & VM_READ,
		.w = vma->vm_flags & VM_WRITE,
		.x = vma->vm_flags & VM_EXEC,
		.shared = vma->vm_flags & VM_MAYSHARE,
		.missing = vma->vm_flags & VM_UFFD_MISSING,
		.wp = vma->vm_flags & VM_UFFD_WP,
		.minor = vma->vm_flags & VM_UFFD_MINOR,
		.rwp = vma->vm_flags & VM_UFFD_RWP,
	};
	show_vm_flags(p->mm, vma->vm_flags, ret->vm_flags, sizeof(ret->vm_flags));
	return true;
}

bool observe_range_free(struct process *p, uint64_t addr, uint64_t len)
{
	return !find_vma_intersection(p->mm, addr, addr + len);
}

/* An observer sees entries, how often their pages are mapped, and bytes. */
void observe_touch(struct process *p, uint64_t addr, uint64_t len)
{
	struct sim *sim = p->k->sim;

	sim_touch(sim, mm_key(p->mm), SIM_READ);
	for (uint64_t end = addr + len; addr < end; addr += PAGE_SIZE) {
		pte_t pte = ptep_get_lockless(p->mm, addr & PAGE_MASK);
		struct page_scratch scratch;
		struct page *page;

		if (!pte_present(pte))
			continue;
		page = pte_page_peek(p->k, pte, &scratch);
		sim_touch(sim, page_key(page), SIM_READ);
		page_mapcount(page);
	}
}

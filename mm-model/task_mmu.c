/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * task_mmu.c - /proc/self/pagemap and its PAGEMAP_SCAN
 *
 * A scan walks the page tables with mmap_lock held for reading, a 2 MiB block in
 * one section of the table lock, and gives the lock back when its buffer of
 * regions is full.  Each entry that matches is reported and, if asked for,
 * write-protected in the same step.  A block without a page table is a hole:
 * what it is reported as depends on its VMA alone.
 */
#include <string.h>

#include "mm-model/cred.h"
#include "mm-model/huge_memory.h"
#include "mm-model/userfaultfd.h"
#include "mm-model/swap.h"
#include "mm-model/vma.h"
#include "mm-model/hugetlb.h"

#define PM_SCAN_FLAGS (PM_SCAN_WP_MATCHING | PM_SCAN_CHECK_WPASYNC)
#define PM_SCAN_CATEGORIES \
	(PAGE_IS_WPALLOWED | PAGE_IS_WRITTEN | PAGE_IS_FILE | PAGE_IS_PRESENT | PAGE_IS_SWAPPED | \
	 PAGE_IS_PFNZERO | PAGE_IS_HUGE | PAGE_IS_SOFT_DIRTY | PAGE_IS_GUARD | PAGE_IS_ACCESSED)
/** Regions that are kept before they are copied out: as many as a block can give. */
#define PAGEMAP_BUFFER (PMD_SIZE >> PAGE_SHIFT)

struct pagemap_scan_private {
	struct task_struct *t;
	struct mm_struct *mm;
	struct pm_scan_arg arg;
	struct vm_area_struct *vma;
	uint64_t cur_vma_category;
	struct page_region *vec_buf; /* NULL: nothing is reported */
	uint64_t vec_buf_len, vec_buf_index, found_pages;
	uint64_t vec_out; /* user memory, unless @room */
	struct page_region *room;
	bool any; /* the section has changed an entry */
};

/* ------------------------------------------------------------------- output */

static bool pagemap_scan_push_range(struct pagemap_scan_private *p, uint64_t categories,
				    uint64_t addr, uint64_t end)
{
	struct page_region *cur = &p->vec_buf[p->vec_buf_index];

	if (addr == cur->end && categories == cur->categories) {
		cur->end = end;
		return true;
	}
	if (cur->end) {
		if (p->vec_buf_index >= p->vec_buf_len - 1)
			return false;
		cur = &p->vec_buf[++p->vec_buf_index];
	}
	*cur = (struct page_region){ addr, end, categories };
	return true;
}

/* Report [addr, *end) as far as there is room; -ENOSPC: this is where the scan ends. */
static int pagemap_scan_output(struct pagemap_scan_private *p, uint64_t categories, uint64_t addr,
			       uint64_t *end)
{
	uint64_t n = (*end - addr) / PAGE_SIZE, left = p->arg.max_pages - p->found_pages;
	int ret = 0;

	if (!p->vec_buf)
		return 0;
	categories &= p->arg.return_mask;
	if (n > left) {
		n = left;
		*end = addr + n * PAGE_SIZE;
		ret = -ENOSPC;
	}
	if (n && !pagemap_scan_push_range(p, categories, addr, *end)) {
		*end = addr;
		n = 0;
		ret = -ENOSPC;
	}
	p->found_pages += n;
	if (ret)
		p->arg.walk_end = *end;
	return ret;
}

/* What was reported of [addr, end), the last region, is reported in another way. */
static void pagemap_scan_backout_range(struct pagemap_scan_private *p, uint64_t addr, uint64_t end)
{
	struct page_region *cur;

	if (!p->vec_buf)
		return;
	cur = &p->vec_buf[p->vec_buf_index];
	if (cur->start != addr)
		cur->end = addr;
	else
		cur->start = cur->end = 0;
	p->found_pages -= (end - addr) / PAGE_SIZE;
}

/* Regions copied out, or -EFAULT.  No lock is held. */
static int64_t pagemap_scan_flush_buffer(struct pagemap_scan_private *p)
{
	uint64_t n = p->vec_buf_index;

	if (!p->vec_buf)
		return 0;
	if (p->vec_buf[n].end != p->vec_buf[n].start)
		n++;
	if (!n)
		return 0;
	if (p->room) {
		memcpy(p->room, p->vec_buf, n * sizeof(*p->room));
		p->room += n;
	} else if (copy_to_user(p->t, p->vec_out, p->vec_buf, n * sizeof(*p->vec_buf))) {
		return -EFAULT;
	}
	p->arg.vec_len -= n;
	p->vec_out += n * sizeof(*p->vec_buf);
	p->vec_buf_index = 0;
	p->vec_buf_len = min_u64(p->vec_buf_len, p->arg.vec_len);
	p->vec_buf->start = p->vec_buf->end = 0;
	return (int64_t)n;
}

/* ----------------------------------------------------------------- categories */

static bool pte_swp_uffd_wp_any(pte_t pte)
{
	return pte_swp_uffd_wp(pte) || pte_marker_uffd_wp(pte);
}

static uint64_t page_category(const struct kernel *k, pte_t pte)
{
	struct page_scratch scratch;
	const struct page *page = pte_page_peek(k, pte, &scratch);

	if (page->flags & PG_ZERO)
		return PAGE_IS_PFNZERO;
	return page->flags & PG_ANON ? 0 : PAGE_IS_FILE;
}

/* What it means that an entry of @vma lacks the uffd bit. */
static uint64_t changed_category(const struct vm_area_struct *vma)
{
	const struct profile *prof = mm_prof(vma->mm);

	if (!(prof->features & UFFD_FEATURE_RWP))
		return PAGE_IS_WRITTEN;
	if (userfaultfd_rwp(vma))
		return PAGE_IS_ACCESSED;
	return userfaultfd_wp(vma) || prof->rwp_written == RWP_WRITTEN_NOT_RWP ? PAGE_IS_WRITTEN : 0;
}

static uint64_t pagemap_page_category(const struct vm_area_struct *vma, pte_t pte)
{
	const struct kernel *k = vma->mm->k;
	uint64_t categories = 0;

	if (k->prof->soft_dirty && (pte_swp_soft_dirty(pte) || pte_soft_dirty(pte)))
		categories |= PAGE_IS_SOFT_DIRTY;

	if (pte_none(pte))
		return changed_category(vma) & PAGE_IS_WRITTEN;
	if (pte_present(pte)) {
		categories |= PAGE_IS_PRESENT | page_category(k, pte);
		return pte_uffd_wp(pte) ? categories : categories | changed_category(vma);
	}
	categories |= PAGE_IS_SWAPPED;
	if (!pte_swp_uffd_wp_any(pte) || (is_swap_pte(pte) && !k->prof->scan_minds_swap))
		categories |= changed_category(vma);
	if (pte_marker_guard(pte))
		categories |= PAGE_IS_GUARD;
	return categories;
}

static bool pagemap_scan_is_interesting_page(const struct pagemap_scan_private *p,
					     uint64_t categories)
{
	categories ^= p->arg.category_inverted;
	if ((categories & p->arg.category_mask) != p->arg.category_mask)
		return false;
	return !p->arg.category_anyof_mask || categories & p->arg.category_anyof_mask;
}

static bool pagemap_scan_is_interesting_vma(const struct pagemap_scan_private *p,
					    uint64_t categories)
{
	uint64_t required = p->arg.category_mask & PAGE_IS_WPALLOWED;

	return ((categories ^ p->arg.category_inverted) & required) == required;
}

/* ----------------------------------------------------------------------- walk */

/*
 * Under ptl.  A marker that is none of uffd-wp takes the bit too, as a swap entry
 * would, and stays what it is.
 */
static void make_uffd_wp_pte(struct pagemap_scan_private *p, uint64_t addr)
{
	bool atomic = mm_prof(p->mm)->scan_wp_atomic;
	pte_t pte = ptep_get(p->mm, addr);

	if (p->any || !atomic)
		pte_step(p->mm, "pagemap_scan_pmd_entry");
	p->any = true;
	/* The processor may have set A or D meanwhile. */
	if (atomic)
		pte = ptep_get(p->mm, addr);
	if (pte_present(pte))
		pte = pte_mkuffd_wp(pte);
	else if (pte_none(pte))
		pte = make_pte_marker(PTE_MARKER_UFFD_WP);
	else
		pte = pte_swp_mkuffd_wp(pte);
	set_pte_at(p->mm, addr, pte);
}

/* Without output every entry is protected, whatever its categories. */
static int scan_pte_only_wp(struct pagemap_scan_private *p, uint64_t addr)
{
	pte_t pte = ptep_get(p->mm, addr);

	if (!pte_uffd_wp(pte) && !pte_swp_uffd_wp_any(pte))
		make_uffd_wp_pte(p, addr);
	return 0;
}

/* -ENOSPC ends the scan; what was reported before it is complete. */
static int scan_pte(struct pagemap_scan_private *p, uint64_t addr)
{
	uint64_t categories = p->cur_vma_category, next = addr + PAGE_SIZE;
	int ret;

	if (p->arg.flags & PM_SCAN_WP_MATCHING && !p->vec_buf)
		return scan_pte_only_wp(p, addr);
	categories |= pagemap_page_category(p->vma, ptep_get(p->mm, addr));
	if (!pagemap_scan_is_interesting_page(p, categories))
		return 0;
	ret = pagemap_scan_output(p, categories, addr, &next);
	if (next == addr)
		return ret;
	if (p->arg.flags & PM_SCAN_WP_MATCHING && categories & PAGE_IS_WRITTEN)
		make_uffd_wp_pte(p, addr);
	return ret;
}

/* The entries of one table; -ENOENT: it is not there any more. */
static int pagemap_scan_pte_range(struct pagemap_scan_private *p, uint64_t addr, uint64_t end)
{
	int ret = 0;

	p->any = false;
	spin_lock(&p->mm->ptl);
	if (!pte_table_present(p->mm, addr))
		ret = -ENOENT;
	for (; !ret && addr < end; addr += PAGE_SIZE)
		ret = scan_pte(p, addr);
	spin_unlock(&p->mm->ptl);
	return ret;
}

/* Under ptl.  A part of it cannot be protected alone: -ENOENT, it is small entries now. */
static int scan_leaf(struct pagemap_scan_private *p, uint64_t start, uint64_t end)
{
	pte_t pmd = pmd_get(p->mm, start);
	uint64_t categories;
	int ret;

	if (pte_none(pmd))
		return -ENOENT;
	categories = p->cur_vma_category | PAGE_IS_HUGE | pagemap_page_category(p->vma, pmd);
	if (!pagemap_scan_is_interesting_page(p, categories))
		return 0;
	ret = pagemap_scan_output(p, categories, start, &end);
	if (end == start || !(p->arg.flags & PM_SCAN_WP_MATCHING) ||
	    !(categories & PAGE_IS_WRITTEN))
		return ret;
	if (!huge_pmd_covered(start, end)) {
		split_huge_pmd_locked(p->vma, start);
		pagemap_scan_backout_range(p, start, end);
		return -ENOENT;
	}
	set_pmd_at(p->mm, start, pte_mkuffd_wp(pmd));
	return ret;
}

/* A huge page is reported as one; -ENOENT: it is none (any more). */
static int pagemap_scan_thp_entry(struct pagemap_scan_private *p, uint64_t start, uint64_t end)
{
	int ret;

	if (!pmd_leaf(p->mm, start))
		return -ENOENT;
	spin_lock(&p->mm->ptl);
	ret = scan_leaf(p, start, end);
	spin_unlock(&p->mm->ptl);
	return ret;
}

static int pagemap_scan_pte_hole(struct pagemap_scan_private *p, uint64_t addr, uint64_t end)
{
	uint64_t categories = p->cur_vma_category;
	long err;
	int ret;

	if (userfaultfd_wp(p->vma))
		categories |= PAGE_IS_WRITTEN;
	if (!pagemap_scan_is_interesting_page(p, categories))
		return 0;
	ret = pagemap_scan_output(p, categories, addr, &end);
	if (addr == end || !(p->arg.flags & PM_SCAN_WP_MATCHING))
		return ret;
	/* As far as can be read the kernel waits for the lock that it holds. */
	if (is_vm_hugetlb_page(p->vma))
		sim_unmodelled(mm_sim(p->mm), "PAGEMAP_SCAN that protects huge pages where no "
					      "table is yet");
	err = uffd_wp_range(p->vma, addr, end - addr, true);
	return err < 0 ? (int)err : ret;
}

static int pagemap_scan_pmd_entry(struct pagemap_scan_private *p, uint64_t addr, uint64_t end)
{
	int ret = pagemap_scan_thp_entry(p, addr, end);

	return ret == -ENOENT ? pagemap_scan_pte_range(p, addr, end) : ret;
}

static uint64_t pagemap_hugetlb_category(const struct vm_area_struct *vma, pte_t pte)
{
	return PAGE_IS_HUGE | (pte_none(pte) ? 0 : pagemap_page_category(vma, pte));
}

/* Under ptl: a huge page of a hugetlb mapping, or the part of it that was asked for. */
static int pagemap_scan_hugetlb_entry(struct pagemap_scan_private *p, uint64_t start, uint64_t end)
{
	pte_t pte = pmd_get(p->mm, start);
	uint64_t categories = p->cur_vma_category | pagemap_hugetlb_category(p->vma, pte);
	int ret;

	if (!pagemap_scan_is_interesting_page(p, categories))
		return 0;
	ret = pagemap_scan_output(p, categories, start, &end);
	if (start == end || !(p->arg.flags & PM_SCAN_WP_MATCHING) ||
	    !(categories & PAGE_IS_WRITTEN))
		return ret;
	if (end != start + HPAGE_SIZE) {
		pagemap_scan_backout_range(p, start, end);
		p->arg.walk_end = start;
		return 0;
	}
	if (pte_present(pte))
		set_pmd_at(p->mm, start, pte_mkuffd_wp(pte));
	return ret;
}

static int scan_hugetlb_vma(struct pagemap_scan_private *p, uint64_t addr, uint64_t end)
{
	int ret = 0;

	hugetlb_vma_lock_read(p->vma);
	while (addr < end && !ret) {
		uint64_t next = pmd_addr_end(addr, end);

		sim_yield(mm_sim(p->mm), SIM_OP_READ, "pagemap_scan");
		if (pmd_table_exists(p->mm, addr)) {
			spin_lock(&p->mm->ptl);
			ret = pagemap_scan_hugetlb_entry(p, addr, next);
			spin_unlock(&p->mm->ptl);
		} else {
			ret = pagemap_scan_pte_hole(p, addr, next);
		}
		addr = next;
	}
	hugetlb_vma_unlock_read(p->vma);
	return ret;
}

static int scan_vma(struct pagemap_scan_private *p, uint64_t addr, uint64_t end)
{
	int ret = 0;

	if (is_vm_hugetlb_page(p->vma))
		return scan_hugetlb_vma(p, addr, end);
	while (addr < end && !ret) {
		uint64_t table, next;

		sim_yield(mm_sim(p->mm), SIM_OP_READ, "pagemap_scan");
		table = pmd_next_populated(p->mm, addr, end);
		if (table > addr) {
			ret = pagemap_scan_pte_hole(p, addr, table);
			addr = table;
			continue;
		}
		next = pmd_addr_end(addr, end);
		ret = pagemap_scan_pmd_entry(p, addr, next);
		/* Gone in between: look again at what is there. */
		if (ret == -ENOENT)
			ret = 0;
		else
			addr = next;
	}
	return ret;
}

/* 1: this VMA is passed over. */
static int pagemap_scan_test_walk(struct pagemap_scan_private *p, struct vm_area_struct *vma)
{
	bool wp_allowed =
		userfaultfd_wp(vma) && userfaultfd_wp_async(vma) && vma_can_have_uffd_markers(vma);

	if (userfaultfd_rwp(vma) && p->arg.flags & PM_SCAN_WP_MATCHING &&
	    mm_prof(p->mm)->rwp_scan_refused)
		return -EINVAL;
	if (!wp_allowed && p->arg.flags & PM_SCAN_CHECK_WPASYNC)
		return -EPERM;
	if (!wp_allowed && p->arg.flags & PM_SCAN_WP_MATCHING)
		return 1;
	p->vma = vma;
	p->cur_vma_category = (wp_allowed ? PAGE_IS_WPALLOWED : 0) |
			      (vma->vm_flags & VM_SOFTDIRTY ? PAGE_IS_SOFT_DIRTY : 0);
	return !pagemap_scan_is_interesting_vma(p, p->cur_vma_category);
}

/* Of what is mapped in [start, end), mmap_lock being held.  -ENOSPC: the buffer is full. */
static int pagemap_walk(struct pagemap_scan_private *p, uint64_t start, uint64_t end)
{
	struct vm_area_struct *vma = find_vma_intersection(p->mm, start, end);
	int ret = 0;

	for (; vma && vma->vm_start < end && !ret; vma = vma->next) {
		ret = pagemap_scan_test_walk(p, vma);
		if (ret > 0)
			ret = 0;
		else if (!ret)
			ret = scan_vma(p, max_u64(start, vma->vm_start), min_u64(end, vma->vm_end));
	}
	return ret;
}

/* ------------------------------------------------------------------- the ioctl */

static int pagemap_scan_get_args(struct pagemap_scan_private *p)
{
	struct pm_scan_arg *arg = &p->arg;
	uint64_t masks = arg->category_inverted | arg->category_mask | arg->category_anyof_mask |
			 arg->return_mask;

	if (arg->size != sizeof(*arg) || arg->flags & ~(uint64_t)PM_SCAN_FLAGS)
		return -EINVAL;
	if (masks & ~(uint64_t)PM_SCAN_CATEGORIES ||
	    (masks & PAGE_IS_GUARD && !mm_has(p->mm, HAS_PAGE_IS_GUARD)) ||
	    (masks & PAGE_IS_ACCESSED && !(mm_prof(p->mm)->features & UFFD_FEATURE_RWP)))
		return -EINVAL;
	if (offset_in_page(arg->start))
		return -EINVAL;
	if (!access_ok(arg->start, arg->end - arg->start))
		return -EFAULT;
	if (!arg->vec && arg->vec_len)
		return -EINVAL;
	if (arg->vec && (arg->vec_len > UINT64_MAX / sizeof(struct page_region) ||
			 !access_ok(arg->vec, arg->vec_len * sizeof(struct page_region))))
		return -EFAULT;
	arg->end = page_align(arg->end);
	arg->walk_end = 0;
	if (!arg->max_pages)
		arg->max_pages = UINT64_MAX;
	return 0;
}

static int pagemap_scan_init_buffer(struct pagemap_scan_private *p)
{
	if (!p->arg.vec_len)
		return 0;
	p->vec_buf_len = min_u64(PAGEMAP_BUFFER, p->arg.vec_len);
	p->vec_out = p->arg.vec;
	p->vec_buf = sim_zalloc(mm_sim(p->mm), p->vec_buf_len * sizeof(*p->vec_buf));
	return p->vec_buf ? 0 : -ENOMEM;
}

/* Part after part, as the buffer fills.  Regions, or -errno. */
static int64_t pagemap_scan_parts(struct pagemap_scan_private *p)
{
	uint64_t start = p->arg.start;
	int64_t regions = 0, n;
	int ret = 0;

	while (start < p->arg.end) {
		if (fatal_signal_pending(sim_current(mm_sim(p->mm))))
			return -EINTR;
		mmap_read_lock(p->mm);
		ret = pagemap_walk(p, start, p->arg.end);
		mmap_read_unlock(p->mm);
		n = pagemap_scan_flush_buffer(p);
		if (n < 0)
			ret = (int)n;
		else
			regions += n;
		if (ret != -ENOSPC || !p->arg.vec_len || p->found_pages == p->arg.max_pages)
			break;
		start = p->arg.walk_end;
	}
	return !ret || ret == -ENOSPC ? regions : ret;
}

static int64_t do_pagemap_scan(struct task_struct *t, struct mm_struct *mm,
			       struct pm_scan_request *req, bool *written)
{
	struct pagemap_scan_private p = { .t = t, .mm = mm, .arg = req->arg, .room = req->room };
	uint64_t buf_size;
	int64_t ret = pagemap_scan_get_args(&p);

	if (!ret)
		ret = pagemap_scan_init_buffer(&p);
	if (ret)
		return ret;
	buf_size = p.vec_buf_len * sizeof(*p.vec_buf);
	ret = pagemap_scan_parts(&p);
	req->arg.walk_end = p.arg.walk_end ? p.arg.walk_end : p.arg.end;
	*written = true;
	if (p.vec_buf)
		sim_free(mm_sim(mm), p.vec_buf, buf_size);
	return ret;
}

static int64_t pagemap_ioctl(struct task_struct *t, struct file *file, uint64_t cmd, void *arg,
			     uint64_t value, bool *written)
{
	struct mm_struct *mm = file->private_data;

	if (!mm_has(mm, HAS_PAGEMAP_SCAN))
		return -ENOTTY;
	return cmd == PAGEMAP_SCAN ? do_pagemap_scan(t, mm, arg, written) : -EINVAL;
}

/* Where nothing is mapped; what else the entries hold is no scenario's to know. */
static int64_t pagemap_read(struct task_struct *t, struct file *file, uint64_t buf, uint64_t len)
{
	struct mm_struct *mm = file->private_data;
	uint64_t pages = len / sizeof(uint64_t);
	bool mapped;

	if (len % sizeof(uint64_t))
		return -EINVAL;
	mmap_read_lock(mm);
	mapped = find_vma_intersection(mm, 0, pages << PAGE_SHIFT);
	mmap_read_unlock(mm);
	if (mapped)
		sim_unmodelled(mm_sim(mm), "read() of %s where memory is mapped", file->f_op->name);
	return read_zero(t, file, buf, len);
}

static const struct file_operations pagemap_fops = {
	.name = "/proc/self/pagemap",
	.read = pagemap_read,
	.ioctl = pagemap_ioctl,
};

int64_t pagemap_open(struct task_struct *t, uint64_t flags)
{
	struct file *file;

	if (!proc_self_accessible(t))
		return -EACCES;
	file = file_alloc(t->process->k, &pagemap_fops, flags);
	if (file)
		file->private_data = t->mm;
	return file_open(t, file);
}

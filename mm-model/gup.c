/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * gup.c - the kernel gets at user pages
 *
 * Page by page: what the entry allows is taken under ptl, else the page is
 * faulted in with mmap_lock held for reading and looked at again.  A fault that
 * has to wait drops the lock if the caller allows that; otherwise no userfault
 * can be waited for, and it is an error.
 */
#include "mm-model/decisions.h"
#include "mm-model/fs.h"
#include "mm-model/gup.h"
#include "mm-model/vma.h"

/* ---------------------------------------------------------------------- holds */

/* A pin of a page alone counts as so many references; a folio has a counter for them. */
static int pin_refs(const struct page *folio)
{
	return folio->order ? 1 : GUP_PIN_COUNTING_BIAS;
}

static void grab_page(struct page *page, unsigned flags)
{
	struct page *folio = page_folio(page);

	if (flags & FOLL_GET)
		get_page(page);
	if (!(flags & FOLL_PIN) || folio->flags & PG_ZERO)
		return;
	folio_ref_add(folio, pin_refs(folio));
	page_more_make(folio)->pincount++;
}

static void put_user_page(struct page *page, unsigned flags)
{
	struct page *folio = page_folio(page);

	if (flags & FOLL_PIN && !(folio->flags & PG_ZERO)) {
		folio->more->pincount--;
		folio_ref_add(folio, 1 - pin_refs(folio));
	}
	if (flags & (FOLL_GET | FOLL_PIN))
		put_page(page);
}

void put_user_pages(struct page **pages, uint64_t nr, unsigned flags)
{
	for (uint64_t i = 0; i < nr; i++)
		put_user_page(pages[i], flags);
}

/* ----------------------------------------------------------------- one page */

/* A pin that only reads must be of a page that writers will not leave behind. */
static bool gup_must_unshare(const struct vm_area_struct *vma, unsigned flags,
			     const struct page *page)
{
	if ((flags & (FOLL_WRITE | FOLL_PIN)) != FOLL_PIN || !mm_prof(vma->mm)->anon_exclusive)
		return false;
	if (!(page->flags & PG_ANON))
		return flags & FOLL_LONGTERM && is_cow_mapping(vma->vm_flags) &&
		       mm_prof(vma->mm)->longterm_pin_unshares_file;
	return !PageAnonExclusive(page);
}

/* May the page be written past an entry that is not writable? */
static bool can_follow_write_pte(const struct vm_area_struct *vma, pte_t pte,
				 const struct page *page, unsigned flags)
{
	if (pte_write(pte))
		return true;
	if (!(flags & FOLL_FORCE) || vma->vm_flags & (VM_MAYSHARE | VM_SHARED))
		return false;
	if (!(vma->vm_flags & VM_MAYWRITE) || vma->vm_flags & VM_WRITE)
		return false;
	if (!(page->flags & PG_ANON) || !PageAnonExclusive(page))
		return false;
	return !(userfaultfd_wp(vma) && pte_uffd_wp(pte));
}

/* A page that a copy on write could still take away, if that is to be minded. */
static bool must_break_cow(const struct mm_struct *mm, pte_t pte, unsigned flags)
{
	if (!(flags & FOLL_BREAK_COW) || !mm_prof(mm)->break_cow_followed)
		return false;
	return !pte_write(pte) && !(flags & FOLL_COW && pte_dirty(pte));
}

/* Who reaches for a page is told of as who touches it, unless nobody may touch it anyway. */
static bool must_fault_for_rwp(const struct vm_area_struct *vma, pte_t pte)
{
	return pte_protnone(pte) && userfaultfd_rwp(vma) &&
	       (vma_is_accessible(vma) || mm_prof(vma->mm)->rwp_gup_always);
}

enum gup_action builtin_follow_page_pte(struct vm_area_struct *vma, uint64_t addr, pte_t pte,
					struct page *page, unsigned flags)
{
	if (must_fault_for_rwp(vma, pte))
		return GUP_FAULT;
	if (flags & FOLL_WRITE && !can_follow_write_pte(vma, pte, page, flags))
		return GUP_FAULT;
	if (must_break_cow(vma->mm, pte, flags))
		return GUP_FAULT;
	if (!pte_write(pte) && gup_must_unshare(vma, flags, page))
		return GUP_UNSHARE;
	return GUP_TAKE;
}

static enum gup_action gup_action(struct vm_area_struct *vma, uint64_t addr, pte_t pte,
				  struct page *page, unsigned flags)
{
	const struct profile *prof = mm_prof(vma->mm);

	if (patched(prof->decide.follow_page_pte))
		return prof->decide.follow_page_pte(vma, addr, pte, page, flags);
	return builtin_follow_page_pte(vma, addr, pte, page, flags);
}

/* The page of @addr, held as @flags say; NULL: a fault is needed, of which kind *@unshare tells. */
static struct page *follow_page_pte(struct vm_area_struct *vma, uint64_t addr, unsigned flags,
				    bool *unshare)
{
	struct mm_struct *mm = vma->mm;
	struct page *page = NULL;
	pte_t pte;

	*unshare = false;
	spin_lock(&mm->ptl);
	pte = ptep_get(mm, addr);
	/* What FOLL_FORCE takes, others have to fault in. */
	if (pte_present(pte) && (flags & FOLL_FORCE || !pte_protnone(pte))) {
		enum gup_action action;

		page = pte_page(mm->k, pte);
		action = gup_action(vma, addr, pte, page, flags);
		*unshare = action == GUP_UNSHARE;
		if (action == GUP_TAKE && flags & FOLL_WRITE && page_cache(page_folio(page)))
			folio_mark_dirty(page);
		if (action == GUP_TAKE)
			grab_page(page, flags);
		else
			page = NULL;
	}
	spin_unlock(&mm->ptl);
	return page;
}

static int vm_fault_to_errno(vm_fault_t fault, unsigned flags)
{
	if (fault & VM_FAULT_OOM)
		return -ENOMEM;
	if (fault & VM_FAULT_HWPOISON)
		return flags & FOLL_HWPOISON ? -EHWPOISON : -EFAULT;
	return -EFAULT;
}

/* 0: look again; -EBUSY: mmap_lock was dropped, or the error. */
static int faultin_page(struct task_struct *t, struct vm_area_struct *vma, uint64_t addr,
			unsigned flags, bool unshare)
{
	unsigned fault_flags = 0;
	vm_fault_t fault;

	if (flags & FOLL_WRITE)
		fault_flags |= FAULT_FLAG_WRITE;
	if (flags & FOLL_BREAK_COW)
		fault_flags |= FAULT_FLAG_BREAK_COW;
	if (flags & FOLL_REMOTE)
		fault_flags |= FAULT_FLAG_REMOTE;
	if (flags & FOLL_UNLOCKABLE)
		fault_flags |= FAULT_FLAG_ALLOW_RETRY | FAULT_FLAG_KILLABLE;
	if (flags & FOLL_TRIED)
		fault_flags |= FAULT_FLAG_TRIED;
	if (unshare)
		fault_flags |= FAULT_FLAG_UNSHARE;
	fault = handle_mm_fault(t, vma, addr, fault_flags);
	if (fault & VM_FAULT_ERROR)
		return vm_fault_to_errno(fault, flags);
	return fault & VM_FAULT_RETRY ? -EBUSY : 0;
}

/* ---------------------------------------------------------------- many pages */

static bool pins_for_long_writing(const struct mm_struct *mm, unsigned flags)
{
	const unsigned all = FOLL_WRITE | FOLL_PIN | FOLL_LONGTERM;

	return (flags & all) == all && mm_prof(mm)->longterm_pin_shuns_files;
}

/* A file system that is told of writes could not be told of these. */
static bool writable_file_mapping_allowed(const struct vm_area_struct *vma, unsigned flags)
{
	return !pins_for_long_writing(vma->mm, flags) || !(vma->vm_flags & VM_SHARED) ||
	       !vma->vm_ops || !vma->vm_ops->page_mkwrite;
}

static int check_vma_flags(const struct vm_area_struct *vma, unsigned flags)
{
	if (flags & FOLL_WRITE) {
		if (!writable_file_mapping_allowed(vma, flags))
			return -EFAULT;
		if (vma->vm_flags & VM_WRITE)
			return 0;
		if (!(flags & FOLL_FORCE) ||
		    (is_vm_hugetlb_page(vma) && !mm_prof(vma->mm)->hugetlb_force_write))
			return -EFAULT;
		return is_cow_mapping(vma->vm_flags) ? 0 : -EFAULT;
	}
	if (vma->vm_flags & VM_READ)
		return 0;
	return flags & FOLL_FORCE && vma->vm_flags & VM_MAYREAD ? 0 : -EFAULT;
}

static int gup_vma_lookup(struct mm_struct *mm, uint64_t addr, unsigned flags,
			  struct vm_area_struct **ret)
{
	bool populate = flags & FOLL_MADV_POPULATE;

	*ret = vma_lookup(mm, addr);
	if (!*ret)
		return populate ? -ENOMEM : -EFAULT;
	if (check_vma_flags(*ret, flags))
		return populate ? -EINVAL : -EFAULT;
	return 0;
}

/* 5.8: who holds a private page to read it must not share it with a writer. */
static unsigned break_cow_flags(const struct vm_area_struct *vma, unsigned flags)
{
	bool breaks = mm_prof(vma->mm)->gup_breaks_cow && flags & (FOLL_GET | FOLL_PIN) &&
		      is_cow_mapping(vma->vm_flags) && vma->vm_flags & VM_WRITE;

	if (!breaks)
		return flags;
	return flags | (mm_prof(vma->mm)->break_cow_flag ? FOLL_BREAK_COW : FOLL_WRITE);
}

/* What the walk may assume of an entry that a fault with @flags has just dealt with. */
static unsigned broken_cow_flags(const struct vm_area_struct *vma, unsigned flags)
{
	return flags & FOLL_BREAK_COW && mm_prof(vma->mm)->break_cow_believed ? FOLL_COW : 0;
}

/* With nothing to hold, a leaf serves all of its pages that are asked for. */
static uint64_t follow_page_span(struct mm_struct *mm, uint64_t addr, uint64_t end)
{
	return pmd_leaf(mm, addr) ? (pmd_addr_end(addr, end) - addr) >> PAGE_SHIFT : 1;
}

/* Up to @nr pages while the lock lasts: how many, or the error of the first. */
static int64_t __get_user_pages(struct task_struct *t, struct mm_struct *mm, uint64_t start,
				uint64_t nr, unsigned flags, struct page **pages, bool *locked)
{
	struct vm_area_struct *vma = NULL;
	unsigned foll_flags, broken = 0;
	uint64_t done = 0;
	int ret = 0;

	while (done < nr) {
		uint64_t addr = start + done * PAGE_SIZE;
		struct page *page;
		bool unshare;

		if (!vma || addr >= vma->vm_end)
			ret = gup_vma_lookup(mm, addr, flags, &vma);
		if (!ret && fatal_signal_pending(sim_current(mm_sim(mm))))
			ret = -EINTR;
		if (ret)
			break;
		foll_flags = break_cow_flags(vma, flags);
		page = follow_page_pte(vma, addr, foll_flags | broken, &unshare);
		if (page) {
			broken = 0;
			if (pages)
				pages[done] = page;
			done += pages ? 1 : follow_page_span(mm, addr, start + nr * PAGE_SIZE);
			continue;
		}
		ret = faultin_page(t, vma, addr, foll_flags, unshare);
		if (ret == -EBUSY) {
			*locked = false;
			ret = 0;
			break;
		}
		if (ret)
			break;
		broken = broken_cow_flags(vma, foll_flags);
	}
	return done ? (int64_t)done : ret;
}

/* The page whose fault dropped the lock, until it is there: 1, or -errno. */
static int64_t gup_retry(struct task_struct *t, struct mm_struct *mm, uint64_t start,
			 unsigned flags, struct page **pages, bool *locked)
{
	int64_t ret;

	do {
		if (fatal_signal_pending(sim_current(mm_sim(mm))))
			return -EINTR;
		mmap_read_lock(mm);
		*locked = true;
		ret = __get_user_pages(t, mm, start, 1, flags | FOLL_TRIED, pages, locked);
	} while (!*locked);
	return ret;
}

int64_t get_user_pages_locked(struct task_struct *t, struct mm_struct *mm, uint64_t start,
			      uint64_t nr, unsigned flags, struct page **pages, bool *locked)
{
	bool must_unlock = !*locked;
	uint64_t done = 0;
	int64_t ret = 0;

	if (!nr)
		return 0;
	if (!*locked)
		mmap_read_lock(mm);
	*locked = true;
	if (flags & FOLL_PIN)
		mm->has_pinned = true;
	else if (pages)
		flags |= FOLL_GET;
	while (done < nr) {
		ret = __get_user_pages(t, mm, start + done * PAGE_SIZE, nr - done, flags,
				       pages ? pages + done : NULL, locked);
		if (ret > 0)
			done += ret;
		if (*locked || done == nr)
			break;
		must_unlock = true;
		ret = gup_retry(t, mm, start + done * PAGE_SIZE, flags, pages ? pages + done : NULL,
				locked);
		if (ret != 1)
			break;
		done++;
	}
	if (must_unlock && *locked) {
		mmap_read_unlock(mm);
		*locked = false;
	}
	return done ? (int64_t)done : ret;
}

/* A patch is asked here, too, about the mapping that there is at this moment. */
static bool patch_takes_fast(struct mm_struct *mm, uint64_t addr, pte_t pte, struct page *page,
			     unsigned flags)
{
	struct vm_area_struct *vma;

	vma_list_look(mm);
	vma = vma_lookup(mm, addr);
	return vma && gup_action(vma, addr, pte, page, flags) == GUP_TAKE;
}

/* What can be had without a lock: ordinary pages with the rights that the processor has. */
static struct page *gup_fast_page(struct task_struct *t, uint64_t addr, unsigned flags)
{
	const bool exclusive = mm_prof(t->mm)->anon_exclusive;
	struct page *page;
	pte_t pte;

	sim_yield(mm_sim(t->mm), SIM_OP_READ, "gup_fast");
	pte = ptep_get_lockless(t->mm, addr);
	if (mm_prof(t->mm)->gup_breaks_cow && !pte_write(pte))
		return NULL;
	if (!pte_hw_present(pte) || pte_special(pte) || (flags & FOLL_WRITE && !pte_write(pte)))
		return NULL;
	page = pte_page(t->mm->k, pte);
	if (page->flags & PG_MKWRITE && pins_for_long_writing(t->mm, flags))
		return NULL;
	if (!pte_write(pte) && exclusive && (flags & (FOLL_WRITE | FOLL_PIN)) == FOLL_PIN &&
	    (page->flags & PG_ANON ? !PageAnonExclusive(page) : flags & FOLL_LONGTERM))
		return NULL;
	if (patched(mm_prof(t->mm)->decide.follow_page_pte) &&
	    !patch_takes_fast(t->mm, addr, pte, page, flags))
		return NULL;
	grab_page(page, flags);
	return page;
}

int64_t get_user_pages_fast(struct task_struct *t, uint64_t start, uint64_t nr, unsigned flags,
			    struct page **pages)
{
	bool locked = false;
	uint64_t done = 0;
	int64_t ret;

	start &= PAGE_MASK;
	if (start > TASK_SIZE || nr > (TASK_SIZE - start) >> PAGE_SHIFT)
		return -EFAULT;
	if (flags & FOLL_PIN)
		t->mm->has_pinned = true;
	else
		flags |= FOLL_GET;
	while (done < nr && (pages[done] = gup_fast_page(t, start + done * PAGE_SIZE, flags)))
		done++;
	if (done == nr)
		return done;
	ret = get_user_pages_locked(t, t->mm, start + done * PAGE_SIZE, nr - done,
				    flags | FOLL_TOUCH | FOLL_UNLOCKABLE, pages + done, &locked);
	if (ret < 0)
		return done ? (int64_t)done : ret;
	return done + ret;
}

/* ------------------------------------------------------------------- populate */

int64_t populate_vma_page_range(struct task_struct *t, struct vm_area_struct *vma, uint64_t start,
				uint64_t end, bool *locked)
{
	uint64_t nr = (end - start) >> PAGE_SHIFT;
	bool local_locked = true;
	unsigned flags = FOLL_TOUCH;

	if (vma->vm_flags & VM_LOCKONFAULT)
		return nr;
	/* Break COW now, but do not make pages of a file dirty that nobody writes. */
	if ((vma->vm_flags & (VM_WRITE | VM_SHARED)) == VM_WRITE)
		flags |= FOLL_WRITE;
	if (vma->vm_flags & VM_ACCESS_FLAGS)
		flags |= FOLL_FORCE;
	if (locked)
		flags |= FOLL_UNLOCKABLE;
	return __get_user_pages(t, vma->mm, start, nr, flags, NULL,
				locked ? locked : &local_locked);
}

int mm_populate(struct task_struct *t, uint64_t start, uint64_t len, bool ignore_errors)
{
	struct mm_struct *mm = t->mm;
	uint64_t end = start + len;
	bool locked = false;
	int64_t ret = 0;

	while (start < end) {
		struct vm_area_struct *vma;
		uint64_t nend;

		if (!locked)
			mmap_read_lock(mm);
		locked = true;
		vma = find_vma_intersection(mm, start, end);
		if (!vma)
			break;
		nend = min_u64(end, vma->vm_end);
		start = max_u64(start, vma->vm_start);
		ret = populate_vma_page_range(t, vma, start, nend, &locked);
		if (ret < 0 && !ignore_errors)
			break;
		start = ret < 0 ? nend : start + ret * PAGE_SIZE;
		ret = 0;
	}
	if (locked)
		mmap_read_unlock(mm);
	return ret;
}

int64_t madvise_populate(struct task_struct *t, uint64_t start, uint64_t end, bool write)
{
	const unsigned flags = FOLL_TOUCH | FOLL_HWPOISON | FOLL_UNLOCKABLE | FOLL_MADV_POPULATE |
			       (write ? FOLL_WRITE : 0);
	int64_t ret;

	while (start < end) {
		bool locked = false;

		ret = get_user_pages_locked(t, t->mm, start, (end - start) >> PAGE_SHIFT, flags,
					    NULL, &locked);
		if (ret < 0)
			return ret;
		start += ret * PAGE_SIZE;
	}
	return 0;
}

/* ---------------------------------------------------------------------- remote */

bool access_remote_byte(struct task_struct *t, struct mm_struct *mm, uint64_t addr, uint8_t *byte,
			unsigned flags)
{
	struct page *page;
	bool locked = true, done;

	if (!lock_mm_and_find_vma(mm, addr))
		return false;
	/* mmap_lock is kept: a fault that wants to wait fails. */
	done = get_user_pages_locked(t, mm, addr & PAGE_MASK, 1, flags | FOLL_REMOTE | FOLL_TOUCH,
				     &page, &locked) == 1;
	if (done) {
		sim_yield(mm_sim(mm), flags & FOLL_WRITE ? SIM_OP_WRITE : SIM_OP_READ,
			  "access_remote_vm");
		if (flags & FOLL_WRITE)
			page_write(page, addr & ~PAGE_MASK, *byte);
		else
			*byte = page_read(page, addr & ~PAGE_MASK);
		put_user_pages(&page, 1, FOLL_GET);
	}
	mmap_read_unlock(mm);
	return done;
}

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mprotect.c - mprotect, and what it shares with userfaultfd write protection
 */
#include "mm-model/decisions.h"
#include "mm-model/gup.h"
#include "mm-model/huge_memory.h"
#include "mm-model/hugetlb.h"
#include "mm-model/swap.h"
#include "mm-model/tlb.h"
#include "mm-model/vma.h"

static bool folio_pte_anon_exclusive(const struct kernel *k, pte_t pte)
{
	struct page_scratch scratch;
	const struct page *page;

	if (pte_special(pte))
		return false;
	page = pte_page_peek(k, pte, &scratch);
	return page->flags & PG_ANON && PageAnonExclusive(page);
}

static inline bool pte_anon_exclusive(const struct kernel *k, pte_t pte)
{
	const unsigned both = PG_ANON | PG_ANON_EXCLUSIVE;

	if (pte_of_page(pte))
		return (pte_head(k, pte)->flags & both) == both;
	return folio_pte_anon_exclusive(k, pte);
}

/* Does a write have to be seen?  5.19 asked the wrong way round. */
static bool soft_dirty_forbids_write(const struct vm_area_struct *vma)
{
	if (mm_prof(vma->mm)->soft_dirty_checked)
		return vma_soft_dirty_enabled(vma);
	return mm_prof(vma->mm)->soft_dirty && vma->vm_flags & VM_SOFTDIRTY;
}

bool builtin_can_change_pte_writable(struct vm_area_struct *vma, uint64_t addr, pte_t pte)
{
	if (!mm_prof(vma->mm)->anon_exclusive)
		return false;
	if (!(vma->vm_flags & VM_WRITE) || pte_protnone(pte))
		return false;
	if (userfaultfd_wp(vma) && pte_uffd_wp(pte))
		return false;
	if (soft_dirty_forbids_write(vma) && !pte_soft_dirty(pte))
		return false;
	/* A dirty page of a shared mapping: whoever wanted to know has been told. */
	if (vma->vm_flags & VM_SHARED)
		return pte_dirty(pte);
	if (!mm_prof(vma->mm)->clean_anon_writable && !pte_dirty(pte))
		return false;
	return pte_anon_exclusive(vma->mm->k, pte);
}

static inline bool can_change_pte_writable(struct vm_area_struct *vma, uint64_t addr, pte_t pte)
{
	const struct profile *prof = mm_prof(vma->mm);

	if (patched(prof->decide.can_change_pte_writable))
		return prof->decide.can_change_pte_writable(vma, addr, pte);
	return builtin_can_change_pte_writable(vma, addr, pte);
}

bool wp_leaves_nothing(const struct vm_area_struct *vma, unsigned cp_flags)
{
	return cp_flags & MM_CP_UFFD_WP && !mm_prof(vma->mm)->wp_from_template &&
	       !(vma->vm_flags & VM_ACCESS_FLAGS & ~VM_WRITE);
}

/* What the mapping and the caller make of a present entry, whatever its page is. */
static inline pte_t change_pte_bits(const struct vm_area_struct *vma, pte_t pte, unsigned cp_flags)
{
	pte = pte_modify(vma, pte);
	/* Before 6.3 the rights came from the VMA's flags, not from its template. */
	if (cp_flags & MM_CP_UFFD_WP_RESOLVE && !mm_prof(vma->mm)->unprotect_restores_write &&
	    (vma->vm_flags & (VM_SHARED | VM_WRITE)) == (VM_SHARED | VM_WRITE))
		pte = pte_mkwrite(pte);
	if (wp_leaves_nothing(vma, cp_flags))
		pte = pte_set_protnone(pte, true);
	if (cp_flags & MM_CP_UFFD_WP)
		pte = pte_mkuffd_wp(pte);
	else if (cp_flags & MM_CP_UFFD_RESOLVE)
		pte = pte_clear_uffd_wp(pte);
	if (cp_flags & MM_CP_UFFD_RWP)
		return pte_mkuffd_rwp(pte);
	/* Whatever else changes: who may not use the page still may not. */
	return pte_keep_rwp(vma, pte);
}

pte_t change_present_leaf(const struct vm_area_struct *vma, pte_t pmd, unsigned cp_flags)
{
	return change_pte_bits(vma, pmd, cp_flags);
}

/* Accessed and dirty in advance, as has been proposed; kernels leave it to the processor. */
static inline pte_t mark_used(const struct vm_area_struct *vma, pte_t pte, unsigned cp_flags,
			      bool granted)
{
	enum unprotect_marks_choice marks = mm_prof(vma->mm)->unprotect_marks;

	if (marks == MARKS_GRANTED && granted)
		return pte_mkdirty(pte);
	if (marks == MARKS_NOTHING || !(cp_flags & MM_CP_WILL_NEED))
		return pte;
	pte = pte_mkyoung(pte);
	if (marks != MARKS_YOUNG && (marks == MARKS_WRITABLE ? pte_write(pte) : granted))
		pte = pte_mkdirty(pte);
	return pte;
}

pte_t builtin_change_pte(struct vm_area_struct *vma, uint64_t addr, pte_t pte, unsigned cp_flags)
{
	bool granted;

	pte = change_pte_bits(vma, pte, cp_flags);
	granted = cp_flags & MM_CP_TRY_CHANGE_WRITABLE && !pte_write(pte) &&
		  can_change_pte_writable(vma, addr, pte);
	if (granted)
		pte = pte_mkwrite(pte);
	return mark_used(vma, pte, cp_flags, granted);
}

static inline pte_t change_present_pte(struct vm_area_struct *vma, uint64_t addr, pte_t pte,
				       unsigned cp_flags)
{
	const struct profile *prof = mm_prof(vma->mm);

	if (patched(prof->decide.change_pte))
		return patch_pte(vma->mm, DECISION_NAME(change_pte), pte,
				 prof->decide.change_pte(vma, addr, pte, cp_flags));
	return builtin_change_pte(vma, addr, pte, cp_flags);
}

/* What becomes of an entry; *@counts if it is one of those that are reported. */
static inline pte_t change_pte(struct vm_area_struct *vma, uint64_t addr, pte_t pte,
			       unsigned cp_flags, bool markers, bool *counts)
{
	*counts = true;
	if (pte_present(pte))
		return change_present_pte(vma, addr, pte, cp_flags);
	if (pte_none(pte) && markers)
		return make_pte_marker(PTE_MARKER_UFFD_WP);
	if (pte_marker_uffd_wp(pte) && cp_flags & MM_CP_UFFD_RESOLVE)
		return PTE(0);
	if (is_swap_pte(pte) && cp_flags & (MM_CP_UFFD_WP | MM_CP_UFFD_RWP))
		return pte_swp_mkuffd_wp(pte);
	if (is_swap_pte(pte) && cp_flags & MM_CP_UFFD_RESOLVE)
		return pte_swp_clear_uffd_wp(pte);
	*counts = false;
	return pte;
}

/* ------------------------------------------------- where nobody can come in between */

#define DIRTY_BIT       6
#define SAVED_DIRTY_BIT 58

/*
 * change_present_pte() of one VMA, as bits.  The access rights are the same for all entries;
 * dirty is in the bit that goes with them.
 */
struct pte_change {
	uint64_t keep, set;
	unsigned dirty;    /* where that goes: DIRTY_BIT or SAVED_DIRTY_BIT */
	bool grants;       /* some entries may get back the write bit: */
	uint64_t mask, is; /* those that are so */
	bool exclusive;    /* if their page is exclusive */
};

static struct pte_change pte_change_init(const struct vm_area_struct *vma, unsigned cp_flags)
{
	uint64_t set = change_pte_bits(vma, PTE(_PAGE_PRESENT), cp_flags).val;
	bool shared = vma->vm_flags & VM_SHARED;
	struct pte_change ch = {
		.keep = ~(_PAGE_PRESENT | _PAGE_PROTNONE | _PAGE_RW | _PAGE_DIRTY |
			  _PAGE_SAVED_DIRTY | (cp_flags & MM_CP_UFFD_WP_ALL ? _PAGE_UFFD_WP : 0)),
		.set = set,
		.dirty = set & _PAGE_RW ? DIRTY_BIT : SAVED_DIRTY_BIT,
		.exclusive = !shared,
	};

	if (!(cp_flags & MM_CP_TRY_CHANGE_WRITABLE) || set & (_PAGE_RW | _PAGE_PROTNONE) ||
	    !(vma->vm_flags & VM_WRITE) || !mm_prof(vma->mm)->anon_exclusive)
		return ch;
	ch.grants = true;
	if (shared || !mm_prof(vma->mm)->clean_anon_writable)
		ch.mask = ch.is = _PAGE_SAVED_DIRTY;
	if (userfaultfd_wp(vma))
		ch.mask |= _PAGE_UFFD_WP;
	if (soft_dirty_forbids_write(vma)) {
		ch.mask |= _PAGE_SOFT_DIRTY;
		ch.is |= _PAGE_SOFT_DIRTY;
	}
	return ch;
}

static inline uint64_t change_bits(struct pte_change ch, uint64_t e)
{
	uint64_t dirty = (e >> DIRTY_BIT | e >> SAVED_DIRTY_BIT) & 1;

	return (e & ch.keep) | ch.set | dirty << ch.dirty;
}

static bool ptes_present(const uint64_t *e, unsigned nr)
{
	uint64_t all = -1ULL;

	for (unsigned i = 0; i < nr; i++)
		all &= e[i] | e[i] / _PAGE_PROTNONE; /* there it stands where PRESENT does */
	return all & _PAGE_PRESENT;
}

/* May the entry, as changed so far, have the write bit back? */
static inline bool change_grants(const struct pte_change *ch, const struct kernel *k, uint64_t e)
{
	return ch->grants && (e & ch->mask) == ch->is &&
	       (!ch->exclusive || pte_anon_exclusive(k, PTE(e)));
}

/* @nr entries that lie together; how many of them count. */
static long change_run_alone(struct vm_area_struct *vma, const struct pte_change ch, uint64_t addr,
			     uint64_t *e, unsigned nr, unsigned cp_flags, bool markers)
{
	const struct kernel *k = vma->mm->k;
	unsigned pages = nr;
	bool counts;

	if (!ch.grants && ptes_present(e, nr)) {
		for (unsigned i = 0; i < nr; i++)
			e[i] = change_bits(ch, e[i]);
		return nr;
	}
	for (unsigned i = 0; i < nr; i++) {
		pte_t pte = PTE(e[i]);

		if (pte_present(pte)) {
			pte = PTE(change_bits(ch, pte.val));
			e[i] = change_grants(&ch, k, pte.val) ? pte_mkwrite(pte).val : pte.val;
		} else {
			e[i] = change_pte(vma, addr + i * PAGE_SIZE, pte, cp_flags, markers, &counts).val;
			pages -= !counts;
		}
	}
	return pages;
}

static long change_ptes_alone(struct vm_area_struct *vma, uint64_t addr, uint64_t end,
			      unsigned cp_flags, bool markers)
{
	struct pgtable *t = pte_offset_table(vma->mm, addr);
	const struct pte_change ch = pte_change_init(vma, cp_flags);
	long pages = 0;
	unsigned nr;

	for (; t && addr < end; addr += (uint64_t)nr * PAGE_SIZE) {
		uint64_t *e = markers ? pte_run_alloc(mm_sim(vma->mm), t, addr, end, &nr) :
					pte_run(t, addr, end, &nr);

		if (e)
			pages += change_run_alone(vma, ch, addr, e, nr, cp_flags, markers);
	}
	return pages;
}

/* ---------------------------------------------------------------------------------- */

/* Entries of one table, in one section of its lock; -EAGAIN: it is gone. */
static long change_pte_range(struct vm_area_struct *vma, uint64_t addr, uint64_t end,
			     unsigned cp_flags, bool markers)
{
	struct mm_struct *mm = vma->mm;
	bool any = false, counts;
	long pages = 0;

	spin_lock(&mm->ptl);
	if (pmd_leaf(mm, addr) && change_huge_pmd(vma, addr, end, cp_flags)) {
		spin_unlock(&mm->ptl);
		return HPAGE_PMD_NR;
	}
	if (markers && !pte_table_exists(mm, addr)) {
		spin_unlock(&mm->ptl);
		return -EAGAIN;
	}
	if (sim_alone(mm_sim(mm)) && !mm_prof(mm)->unprotect_marks && !mm_prof(mm)->nr_patches &&
	    !userfaultfd_rwp(vma)) {
		pages = change_ptes_alone(vma, addr, end, cp_flags, markers);
		addr = end;
	}
	for (;; addr += PAGE_SIZE) {
		pte_t old, new;

		if (addr < end && !markers)
			addr = pte_next_present(mm, addr, end);
		if (addr >= end)
			break;
		old = ptep_get(mm, addr);
		new = change_pte(vma, addr, old, cp_flags, markers, &counts);
		pages += counts;
		if (pte_same(old, new))
			continue;
		if (any) {
			pte_step_before(mm, addr, "change_pte_range");
			/* The processor may have set A or D meanwhile. */
			new = change_pte(vma, addr, ptep_get(mm, addr), cp_flags, markers, &counts);
		}
		set_pte_at(mm, addr, new);
		any = true;
	}
	spin_unlock(&mm->ptl);
	return pages;
}

/* One present entry of a table, where nobody looks; false: that is not so. */
static inline bool change_pte_unseen(struct vm_area_struct *vma, uint64_t addr, unsigned cp_flags)
{
	struct mm_struct *mm = vma->mm;
	uint64_t *e = pte_walk(mm, addr);

	if (!e || !pte_present(PTE(*e)) || mm->tlb || !spin_lock_unseen(&mm->ptl))
		return false;
	*e = change_present_pte(vma, addr, PTE(*e), cp_flags).val;
	return true;
}

/* Table by table. */
static long change_tables(struct vm_area_struct *vma, uint64_t start, uint64_t end,
			  unsigned cp_flags, bool markers)
{
	struct mm_struct *mm = vma->mm;
	long pages = 0, n;
	uint64_t next;

	for (; start < end; start = next) {
		next = pmd_addr_end(start, end);
		if (markers && pte_alloc(mm, start))
			return -ENOMEM;
		/* Without a table there is nothing, unless a fault may bring one right now. */
		if (!pte_table_exists(mm, start) && !pmd_leaf(mm, start) &&
		    vma_is_write_locked(vma))
			continue;
		n = change_pte_range(vma, start, next, cp_flags, markers);
		if (n == -EAGAIN)
			next = start;
		else
			pages += n;
	}
	return pages;
}

/* Whatever it is; apart, so that one entry costs no more than it has to. */
static __attribute__((noinline)) long change_range(struct vm_area_struct *vma, uint64_t start,
						   uint64_t end, unsigned cp_flags)
{
	bool markers = cp_flags & MM_CP_UFFD_WP && vma_can_have_uffd_markers(vma);
	long pages;

	if (is_vm_hugetlb_page(vma))
		return hugetlb_change_protection(vma, start, end, cp_flags);
	tlb_gather(vma->mm);
	pages = change_tables(vma, start, end, cp_flags, markers);
	tlb_finish(vma->mm, start, end);
	if (pages >= 0)
		sim_trace(mm_sim(vma->mm), "  change_protection(): %ld page%s", pages,
			  pages == 1 ? "" : "s");
	return pages;
}

long change_protection(struct vm_area_struct *vma, uint64_t start, uint64_t end, unsigned cp_flags)
{
	if (end - start == PAGE_SIZE && change_pte_unseen(vma, start, cp_flags))
		return 1;
	return change_range(vma, start, end, cp_flags);
}

/* -------------------------------------------------------------------- mprotect */

/* The part [start, end) of one VMA; *@done tells where the VMA that has it now ends. */
static int mprotect_fixup(struct task_struct *t, struct vm_area_struct *vma, uint64_t start,
			  uint64_t end, vm_flags_t newflags, uint64_t *done)
{
	vm_flags_t oldflags = vma->vm_flags;
	unsigned cp_flags;

	if (vma_is_sealed(vma))
		return -EPERM;
	*done = vma->vm_end;
	if (newflags == oldflags)
		return 0;
	/* Charged once it becomes writable, and for good once it has pages. */
	if (newflags & VM_WRITE) {
		if (!(oldflags & (VM_ACCOUNT | VM_WRITE | VM_HUGETLB | VM_SHARED | VM_NORESERVE)))
			newflags |= VM_ACCOUNT;
	} else if (mm_prof(vma->mm)->mprotect_uncharges && oldflags & VM_ACCOUNT && vma_is_anonymous(vma) &&
		   !vma->anon_vma) {
		newflags &= ~VM_ACCOUNT;
	}
	vma = vma_modify_flags(vma, start, end, newflags);
	if (IS_ERR(vma))
		return PTR_ERR(vma);
	*done = vma->vm_end;
	vma_start_write(vma);
	vm_flags_reset(vma, newflags | (vma->vm_flags & VM_STICKY));
	vma_list_changed(vma->mm);
	cp_flags = vma_wants_manual_pte_write_upgrade(vma) ? MM_CP_TRY_CHANGE_WRITABLE : 0;
	vma_set_page_prot(vma);
	change_protection(vma, start, end, cp_flags);
	/* Locked memory that becomes writable has its copies made now; nobody is waited for. */
	if ((oldflags & (VM_WRITE | VM_SHARED | VM_LOCKED)) == VM_LOCKED && newflags & VM_WRITE)
		populate_vma_page_range(t, vma, start, end, NULL);
	return 0;
}

static vm_flags_t prot_bits(uint64_t prot)
{
	return (prot & PROT_READ ? VM_READ : 0) | (prot & PROT_WRITE ? VM_WRITE : 0) |
	       (prot & PROT_EXEC ? VM_EXEC : 0);
}

/* VMA after VMA; what precedes a failure stays changed. */
static int mprotect_walk(struct task_struct *t, struct vm_area_struct *vma, uint64_t start,
			 uint64_t end, uint64_t prot)
{
	int err;

	for (; vma && vma->vm_start <= start; vma = find_vma(t->mm, start)) {
		vm_flags_t newflags = prot_bits(prot) | (vma->vm_flags & ~VM_ACCESS_FLAGS);

		/* VM_MAY* stand four bits above what they allow. */
		if (newflags & ~(newflags >> 4) & VM_ACCESS_FLAGS)
			return -EACCES;
		err = mprotect_fixup(t, vma, start, min_u64(vma->vm_end, end), newflags, &start);
		if (err)
			return err;
		if (start >= end)
			return 0;
	}
	return -ENOMEM;
}

static int do_mprotect(struct task_struct *t, uint64_t start, uint64_t end, uint64_t prot,
		       uint64_t grows)
{
	struct vm_area_struct *vma = find_vma_intersection(t->mm, start, end);

	if (!vma)
		return -ENOMEM;
	if (grows & PROT_GROWSDOWN) {
		start = vma->vm_start;
		if (!(vma->vm_flags & VM_GROWSDOWN))
			return -EINVAL;
	} else if (vma->vm_start > start) {
		return -ENOMEM;
	} else if (grows & PROT_GROWSUP) {
		return -EINVAL; /* no such VMA on x86 */
	}
	return mprotect_walk(t, vma, start, end, prot);
}

int64_t sys_mprotect(struct task_struct *t, uint64_t start, uint64_t len, uint64_t prot)
{
	const uint64_t both = PROT_GROWSDOWN | PROT_GROWSUP;
	uint64_t grows = prot & both, end;
	struct mm_struct *mm = t->mm;
	int ret;

	prot &= ~both;
	if (grows == both)
		return -EINVAL;
	if (offset_in_page(start))
		return -EINVAL;
	if (!len)
		return 0;
	end = start + page_align(len);
	if (end <= start)
		return -ENOMEM;
	if (prot & ~(uint64_t)(PROT_READ | PROT_WRITE | PROT_EXEC | PROT_SEM))
		return -EINVAL;
	if (mmap_write_lock_killable(mm))
		return -EINTR;
	ret = do_mprotect(t, start, end, prot, grows);
	mmap_write_unlock(mm);
	return ret;
}

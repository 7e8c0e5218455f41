/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pgtable.h - page table entries and the four-level tables that hold them
 *
 * Bits are those of x86-64.  Entries change only under mm->ptl; they may be
 * read without it (the processor and the fault path do), which is why every
 * accessor adds the entry to the footprint of the step.
 *
 * Huge pages: where a table of the lowest level would hang there may be a leaf
 * instead, an entry with the same bits (and _PAGE_PSE if it is present) that
 * maps one folio of 512 pages.  pmd_get() and set_pmd_at() are for it.  Who
 * only *reads* small entries need not know: ptep_get() of an address under a
 * leaf gives the entry that a table would hold, which maps one page of the
 * folio (pte_page: folio_page()).  Who changes entries takes the leaf as a whole
 * or splits it first (huge_memory.c); set_pte_at() under a leaf is a bug.
 * Transparent huge pages and hugetlb both use it; markers only occur with the
 * latter, and so leaves are never split there.
 *
 * Footprints: what is done with one small entry touches that entry, and its 2 MiB
 * in part; the install, change or removal of a leaf touches its 2 MiB as a whole.
 */
#ifndef MM_PGTABLE_H
#define MM_PGTABLE_H

#include "mm-model/page.h"

/** The folio to which that belongs. */
struct page *pte_folio(const struct kernel *k, pte_t pte);
/**
 * The frame: a page, a folio, or the folio that a page is or was of; makes no page.  Frame
 * numbers count 16 bytes from the kernel object on: all pages lie behind it.
 */
static inline struct page *pte_head(const struct kernel *k, pte_t pte)
{
	return (struct page *)((uintptr_t)k + ((pte.val & PTE_PFN_MASK) >> PAGE_SHIFT) * 16);
}
/** What a present entry maps: a page, a page of a folio, or (a leaf) the folio. */
static inline struct page *pte_page(const struct kernel *k, pte_t pte)
{
	struct page *page = pte_head(k, pte);

	return pte.val & PTE_SUBPAGE ? folio_page(page, pte_subpage(pte)) : page;
}
/** A fresh entry (a leaf for a folio) for @page with the rights of @vma, never writable. */
pte_t __mk_pte(const struct vm_area_struct *vma, struct page *page);
static inline pte_t mk_pte(const struct vm_area_struct *vma, struct page *page)
{
	uint64_t pfn = ((uintptr_t)page - (uintptr_t)vma->mm->k) / 16;

	if (page->has_more || page->flags & PG_ZERO || !(vma->vm_flags & VM_ACCESS_FLAGS))
		return __mk_pte(vma, page);
	return PTE(pfn << PAGE_SHIFT | _PAGE_PRESENT);
}
/** Writable if the mapping is; for an entry that a write or a fill makes. */
static inline pte_t maybe_mkwrite(pte_t pte, const struct vm_area_struct *vma)
{
	return vma->vm_flags & VM_WRITE ? pte_mkwrite(pte) : pte;
}

/* The tables. */

/** Without a lock: the entry, none if there is no table; under a leaf, what it says of this
 * page.  Footprint: READ. */
static inline pte_t ptep_get_lockless(struct mm_struct *mm, uint64_t addr);
/** Under ptl: the same. */
static inline pte_t ptep_get(struct mm_struct *mm, uint64_t addr);
/** Without a footprint, for checks, observers and reports. */
pte_t pte_peek(const struct mm_struct *mm, uint64_t addr);
/** Under ptl; the table must exist (pte_alloc).  Footprint: WRITE. */
static inline void set_pte_at(struct mm_struct *mm, uint64_t addr, pte_t pte);
/** Make the table of @addr exist: 0 or -ENOMEM.  A leaf stays what it is, with 0: look again
 * under ptl. */
static inline int pte_alloc(struct mm_struct *mm, uint64_t addr);
/** There is a table for @addr.  Footprint: READ of that, which pte_alloc() makes true. */
bool pte_table_present(struct mm_struct *mm, uint64_t addr);
/**
 * The first address >= @addr whose 2 MiB have a table or a leaf, at most @end.
 * Footprint: READ of that for what is passed over.
 */
uint64_t pmd_next_populated(struct mm_struct *mm, uint64_t addr, uint64_t end);
/** The same without a footprint. */
uint64_t pmd_peek_next(const struct mm_struct *mm, uint64_t addr, uint64_t end);
/** Footprint of a look at all that is below an entry of the PMD level: READ. */
void pte_table_look(struct mm_struct *mm, uint64_t addr);
/** A table without entries.  Footprint: READ. */
bool pte_table_empty(struct mm_struct *mm, uint64_t addr);
static inline bool pte_table_exists(const struct mm_struct *mm, uint64_t addr);
/**
 * The first address >= @addr and < @end whose entry is not none, or @end.
 * Under ptl.  Footprint: READ of the entries passed over, unless @vma_locked
 * says that nobody can fill them meanwhile.
 */
static inline uint64_t pte_next_present(struct mm_struct *mm, uint64_t addr, uint64_t end);
/** Entries that are not none, in order, without footprints. */
uint64_t pte_peek_next(const struct mm_struct *mm, uint64_t addr, uint64_t end);
/** Every entry of @mm that is not none, a leaf once, by address, without footprints. */
void pte_for_each(const struct mm_struct *mm, void (*fn)(void *ctx, uint64_t addr, pte_t pte),
		  void *ctx);

/* Leaves; any address of their 2 MiB will do. */

/** The leaf, or none: nothing, or a table.  Under ptl or not.  Footprint: PART_READ. */
static inline pte_t pmd_get(struct mm_struct *mm, uint64_t addr);
static inline bool pmd_leaf(struct mm_struct *mm, uint64_t addr);
/** Neither a leaf nor a table: what a huge page needs.  Footprint: READ if so. */
static inline bool pmd_none(struct mm_struct *mm, uint64_t addr);
/** The leaf without a footprint. */
pte_t pmd_peek(const struct mm_struct *mm, uint64_t addr);
/** Under ptl; after pmd_alloc(), and with no table there.  None takes the leaf away.
 * Footprint: WRITE. */
void set_pmd_at(struct mm_struct *mm, uint64_t addr, pte_t pmd);
/** Is there a table in which a leaf of @addr could stand?  Without a footprint. */
bool pmd_table_exists(const struct mm_struct *mm, uint64_t addr);
/** Make what is above a leaf of @addr exist: 0 or -ENOMEM. */
int pmd_alloc(struct mm_struct *mm, uint64_t addr);
/** The entry that a split of the leaf @pmd gives its page @i. */
pte_t pmd_subpage_pte(const struct kernel *k, pte_t pmd, unsigned i);
/** Put a table with these 512 entries in the place of a leaf.  Footprint: WRITE. */
void pmd_populate(struct mm_struct *mm, uint64_t addr, pte_t (*pte)(void *ctx, unsigned i),
		  void *ctx);
/** Drop the table at @addr, whose entries are gone.  Footprint: WRITE. */
void pmd_free_table(struct mm_struct *mm, uint64_t addr);
/** Where the 2 MiB of @addr end, at most @end. */
static inline uint64_t pmd_addr_end(uint64_t addr, uint64_t end)
{
	uint64_t next = (addr | (PMD_SIZE - 1)) + 1;

	return next < end ? next : end;
}

int mm_init_pgd(struct mm_struct *mm);
/** With all tables; nothing is mapped any more. */
void mm_free_pgd(struct mm_struct *mm);
/** Drop tables that lie wholly in [start, end) (free_pgtables, roughly). */
void free_pgtables(struct mm_struct *mm, uint64_t start, uint64_t end);

/**
 * Under ptl between two entries of one operation: a scheduling point, since the
 * processors of other threads may use what was changed so far.
 */
void pte_step(struct mm_struct *mm, const char *what);
/** The same before the entry of @addr, unless that is of a huge folio's page of which nobody
 * has anything of its own yet: 512 of those change in one step. */
void pte_step_before(struct mm_struct *mm, uint64_t addr, const char *what);

/*
 * Many entries at a time, for a thread that is alone (sim_alone()) and holds ptl: no footprints.
 */

/** The table of @addr, or NULL: there is none, or a leaf. */
struct pgtable *pte_offset_table(const struct mm_struct *mm, uint64_t addr);
/**
 * The entries of [addr, end) that lie together in memory: *@nr, at least one.  NULL if nothing
 * was ever stored there.
 */
uint64_t *pte_run(const struct pgtable *t, uint64_t addr, uint64_t end, unsigned *nr);
/** The same, to store something there: never NULL. */
uint64_t *pte_run_alloc(struct sim *sim, struct pgtable *t, uint64_t addr, uint64_t end,
			unsigned *nr);

/*
 * The same functions where the table was walked before and nobody records what a step touches;
 * those with __ do all of it.
 */
pte_t __ptep_get(struct mm_struct *mm, uint64_t addr);
void __set_pte_at(struct mm_struct *mm, uint64_t addr, pte_t pte);
void check_dirty_stays(struct mm_struct *mm, uint64_t addr, pte_t old, pte_t new);
int __pte_alloc(struct mm_struct *mm, uint64_t addr);
bool __pte_table_exists(const struct mm_struct *mm, uint64_t addr);
pte_t __pmd_get(struct mm_struct *mm, uint64_t addr);
bool __pmd_none(struct mm_struct *mm, uint64_t addr);
uint64_t __pte_next_present(struct mm_struct *mm, uint64_t addr, uint64_t end);

static inline struct walked *walked_slot(const struct mm_struct *mm, uint64_t addr)
{
	return (struct walked *)&mm->walked[(addr >> WALKED_SHIFT ^ addr >> 36) % WALK_CACHE];
}

/** The small entry of @addr, in a table that exists; NULL: not known here. */
static inline uint64_t *pte_walked(const struct mm_struct *mm, uint64_t addr)
{
	const struct walked *w = walked_slot(mm, addr);

	if (w->nr != (addr >> WALKED_SHIFT) + 1 || sim_head(mm_sim(mm))->records)
		return NULL;
	return &w->entries[addr >> PAGE_SHIFT & (WALKED_ENTRIES - 1)];
}

/** The same, known here from now on; NULL: there is no such table, or somebody records. */
static inline uint64_t *pte_walk(const struct mm_struct *mm, uint64_t addr)
{
	uint64_t *e = pte_walked(mm, addr);

	return e || !__pte_table_exists(mm, addr) ? e : pte_walked(mm, addr);
}

static inline pte_t ptep_get_lockless(struct mm_struct *mm, uint64_t addr)
{
	const uint64_t *e = pte_walked(mm, addr);

	return e ? PTE(*e) : __ptep_get(mm, addr);
}

static inline pte_t ptep_get(struct mm_struct *mm, uint64_t addr)
{
	return ptep_get_lockless(mm, addr);
}

static inline void set_pte_at(struct mm_struct *mm, uint64_t addr, pte_t pte)
{
	uint64_t *e = pte_walked(mm, addr);

	if (!e) {
		__set_pte_at(mm, addr, pte);
		return;
	}
	if (__builtin_expect((*e & ~pte.val & (_PAGE_DIRTY | _PAGE_SAVED_DIRTY)) != 0, 0))
		check_dirty_stays(mm, addr, PTE(*e), pte);
	*e = pte.val;
}

static inline int pte_alloc(struct mm_struct *mm, uint64_t addr)
{
	return pte_walked(mm, addr) ? 0 : __pte_alloc(mm, addr);
}

/* The compiler finds it too large for its many callers; what is mostly left is one look. */
static inline __attribute__((always_inline)) bool pte_table_exists(const struct mm_struct *mm,
								   uint64_t addr)
{
	return pte_walked(mm, addr) || __pte_table_exists(mm, addr);
}

static inline pte_t pmd_get(struct mm_struct *mm, uint64_t addr)
{
	return pte_walked(mm, addr) ? PTE(0) : __pmd_get(mm, addr);
}

static inline bool pmd_leaf(struct mm_struct *mm, uint64_t addr)
{
	return !pte_none(pmd_get(mm, addr));
}

static inline uint64_t pte_next_present(struct mm_struct *mm, uint64_t addr, uint64_t end)
{
	const uint64_t *e = addr < end ? pte_walked(mm, addr) : NULL;

	return e && *e ? addr : __pte_next_present(mm, addr, end);
}

static inline bool pmd_none(struct mm_struct *mm, uint64_t addr)
{
	return !pte_walked(mm, addr) && __pmd_none(mm, addr);
}

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * <uffdsim/pte.h> - entries of page tables, and flags, under the kernel's names
 *
 * An entry is a value: the functions here look at one or make another of it, and
 * change nothing.  Bits are those of x86-64.  The model itself is made of this
 * header, and so are patches (<uffdsim/patch.h>).
 */
#ifndef UFFDSIM_PTE_H
#define UFFDSIM_PTE_H

#include <stdbool.h>
#include <stdint.h>

/* ----------------------------------------------------------------- vm_flags */

#define VM_READ       0x00000001UL
#define VM_WRITE      0x00000002UL
#define VM_EXEC       0x00000004UL
#define VM_SHARED     0x00000008UL
#define VM_MAYREAD    0x00000010UL
#define VM_MAYWRITE   0x00000020UL
#define VM_MAYEXEC    0x00000040UL
#define VM_MAYSHARE   0x00000080UL
#define VM_GROWSDOWN  0x00000100UL
#define VM_UFFD_MISSING 0x00000200UL
#define VM_MAYBE_GUARD 0x00000800UL
#define VM_UFFD_WP    0x00001000UL
#define VM_LOCKED     0x00002000UL
#define VM_SEQ_READ   0x00008000UL
#define VM_RAND_READ  0x00010000UL
#define VM_DONTCOPY   0x00020000UL
#define VM_DONTEXPAND 0x00040000UL
#define VM_LOCKONFAULT 0x00080000UL
#define VM_ACCOUNT    0x00100000UL
#define VM_NORESERVE  0x00200000UL
#define VM_HUGETLB    0x00400000UL
#define VM_SYNC       0x00800000UL
#define VM_WIPEONFORK 0x02000000UL
#define VM_DONTDUMP   0x04000000UL
#define VM_SOFTDIRTY 0x08000000UL
#define VM_HUGEPAGE   0x20000000UL
#define VM_NOHUGEPAGE 0x40000000UL
#define VM_MERGEABLE  0x80000000UL
#define VM_UFFD_MINOR 0x4000000000UL
#define VM_DROPPABLE  0x8000000000UL
#define VM_SEALED     0x40000000000UL
#define VM_UFFD_RWP   0x80000000000UL /* of a posting; the bit is ours */
#define VM_LOCKED_MASK (VM_LOCKED | VM_LOCKONFAULT)
#define VM_ACCESS_FLAGS (VM_READ | VM_WRITE | VM_EXEC)
#define __VM_UFFD_FLAGS (VM_UFFD_MISSING | VM_UFFD_WP | VM_UFFD_MINOR | VM_UFFD_RWP)

typedef uint64_t vm_flags_t;

/* -------------------------------------------------------- entries of page tables */

typedef struct {
	uint64_t val;
} pte_t;

#define _PAGE_PRESENT     (1ULL << 0)
#define _PAGE_RW          (1ULL << 1)
#define _PAGE_ACCESSED    (1ULL << 5)
#define _PAGE_DIRTY       (1ULL << 6)
#define _PAGE_PSE         (1ULL << 7) /* a leaf above the lowest level */
#define _PAGE_PROTNONE    (1ULL << 8)
#define _PAGE_SPECIAL     (1ULL << 9)
#define _PAGE_UFFD_WP     (1ULL << 10)
#define _PAGE_SOFT_DIRTY  (1ULL << 11)
#define _PAGE_SAVED_DIRTY (1ULL << 58)
#define _PAGE_PFN_MASK    0x000ffffffffff000ULL

/* In the frame number: that of the page, or of its folio and which page of it. */
#define PTE_PFN_MASK      0x000000fffffff000ULL
#define PTE_SUBPAGE       (1ULL << 49)
#define PTE_SUBPAGE_SHIFT 40

/* Markers: entries that are not present and carry only what they mean. */
#define PTE_MARKER_TYPE     (31ULL << 59)
#define PTE_MARKER_UFFD_WP  (1ULL << 12)
#define PTE_MARKER_POISONED (1ULL << 13)
#define PTE_MARKER_GUARD    (1ULL << 14)
#define PTE_MARKER_MASK     (PTE_MARKER_UFFD_WP | PTE_MARKER_POISONED | PTE_MARKER_GUARD)

/*
 * An entry of a page that is in swap: not present, with the type of the device
 * (0 to 27) in the bits of PTE_MARKER_TYPE, the slot (1 and up) from bit 12 on,
 * and these.  Markers can get the uffd-wp bit too (PAGEMAP_SCAN).
 */
#define _PAGE_SWP_SOFT_DIRTY (1ULL << 1)
#define _PAGE_SWP_UFFD_WP    (1ULL << 2)
#define _PAGE_SWP_EXCLUSIVE  (1ULL << 3)

#define PTE(x) ((pte_t){ x })

/* clang-format off */
static inline bool pte_none(pte_t p) { return p.val == 0; }
static inline bool pte_present(pte_t p) { return p.val & (_PAGE_PRESENT | _PAGE_PROTNONE); }
static inline bool pte_hw_present(pte_t p) { return p.val & _PAGE_PRESENT; }
static inline bool pte_protnone(pte_t p) { return pte_present(p) && !pte_hw_present(p); }
static inline bool pte_write(pte_t p) { return pte_present(p) && (p.val & _PAGE_RW); }
static inline bool pte_young(pte_t p) { return p.val & _PAGE_ACCESSED; }
static inline bool pte_dirty(pte_t p) { return p.val & (_PAGE_DIRTY | _PAGE_SAVED_DIRTY); }
static inline bool pte_huge(pte_t p) { return pte_present(p) && (p.val & _PAGE_PSE); }
static inline unsigned pte_subpage(pte_t p) { return p.val >> PTE_SUBPAGE_SHIFT & 511; }
/** Present, and of a page that counts for itself: no zero page, no huge folio. */
static inline bool pte_of_page(pte_t p) { return pte_present(p) && !(p.val & (PTE_SUBPAGE | _PAGE_SPECIAL)); }
static inline bool pte_special(pte_t p) { return p.val & _PAGE_SPECIAL; }
static inline bool pte_uffd_wp(pte_t p) { return pte_present(p) && (p.val & _PAGE_UFFD_WP); }
static inline bool pte_soft_dirty(pte_t p) { return pte_present(p) && (p.val & _PAGE_SOFT_DIRTY); }
static inline bool pte_swp_soft_dirty(pte_t p) { return !pte_present(p) && (p.val & _PAGE_SWP_SOFT_DIRTY); }
static inline bool pte_swp_uffd_wp(pte_t p) { return !pte_present(p) && (p.val & _PAGE_SWP_UFFD_WP); }
static inline bool pte_swp_exclusive(pte_t p) { return !pte_present(p) && (p.val & _PAGE_SWP_EXCLUSIVE); }
static inline bool is_pte_marker(pte_t p) { return !pte_present(p) && (p.val & PTE_MARKER_TYPE) == PTE_MARKER_TYPE; }
static inline bool pte_marker_uffd_wp(pte_t p) { return is_pte_marker(p) && (p.val & PTE_MARKER_UFFD_WP); }
static inline bool pte_marker_poisoned(pte_t p) { return is_pte_marker(p) && (p.val & PTE_MARKER_POISONED); }
static inline bool pte_marker_guard(pte_t p) { return is_pte_marker(p) && (p.val & PTE_MARKER_GUARD); }
/** None, or something that stands for none: a marker. */
static inline bool pte_none_mostly(pte_t p) { return pte_none(p) || is_pte_marker(p); }
static inline bool pte_same(pte_t a, pte_t b) { return a.val == b.val; }
static inline pte_t make_pte_marker(uint64_t marker) { return PTE(PTE_MARKER_TYPE | marker); }

static inline pte_t pte_mkold(pte_t p) { return PTE(p.val & ~_PAGE_ACCESSED); }
static inline pte_t pte_mkyoung(pte_t p) { return PTE(p.val | _PAGE_ACCESSED); }
static inline pte_t pte_mkclean(pte_t p) { return PTE(p.val & ~(_PAGE_DIRTY | _PAGE_SAVED_DIRTY)); }
/** Dirty lives in the hardware bit while the entry is writable, else in the saved one. */
static inline pte_t pte_mkhwdirty(pte_t p)
{
	return PTE(p.val | (p.val & _PAGE_RW ? _PAGE_DIRTY : _PAGE_SAVED_DIRTY));
}
/** What the kernel makes dirty is soft-dirty too; only the profiles with soft_dirty look at it. */
static inline pte_t pte_mkdirty(pte_t p)
{
	return PTE(pte_mkhwdirty(p).val | _PAGE_SOFT_DIRTY);
}
static inline pte_t pte_mkwrite(pte_t p)
{
	uint64_t v = p.val | _PAGE_RW;

	if (v & _PAGE_SAVED_DIRTY)
		v = (v & ~_PAGE_SAVED_DIRTY) | _PAGE_DIRTY;
	return PTE(v);
}
static inline pte_t pte_wrprotect(pte_t p)
{
	uint64_t v = p.val & ~_PAGE_RW;

	if (v & _PAGE_DIRTY)
		v = (v & ~_PAGE_DIRTY) | _PAGE_SAVED_DIRTY;
	return PTE(v);
}
static inline pte_t pte_mkuffd_wp(pte_t p) { return PTE(pte_wrprotect(p).val | _PAGE_UFFD_WP); }
static inline pte_t pte_clear_uffd_wp(pte_t p) { return PTE(p.val & ~_PAGE_UFFD_WP); }
static inline pte_t pte_swp_mkuffd_wp(pte_t p) { return PTE(p.val | _PAGE_SWP_UFFD_WP); }
static inline pte_t pte_swp_clear_uffd_wp(pte_t p) { return PTE(p.val & ~_PAGE_SWP_UFFD_WP); }
static inline pte_t pte_mksoft_dirty(pte_t p) { return PTE(p.val | _PAGE_SOFT_DIRTY); }
static inline pte_t pte_clear_soft_dirty(pte_t p)
{
	return PTE(p.val & ~(pte_present(p) ? _PAGE_SOFT_DIRTY : _PAGE_SWP_SOFT_DIRTY));
}
static inline pte_t pte_swp_mksoft_dirty(pte_t p) { return PTE(p.val | _PAGE_SWP_SOFT_DIRTY); }
static inline pte_t pte_mkspecial(pte_t p) { return PTE(p.val | _PAGE_SPECIAL); }
/** Present for the kernel, but the processor may not use it (PROT_NONE), and back. */
static inline pte_t pte_set_protnone(pte_t p, bool none)
{
	if (none)
		return PTE((pte_wrprotect(p).val & ~_PAGE_PRESENT) | _PAGE_PROTNONE);
	return PTE((p.val & ~_PAGE_PROTNONE) | _PAGE_PRESENT);
}
/** With the uffd bit, which says whose PROT_NONE it is: read-write protection. */
static inline pte_t pte_mkuffd_rwp(pte_t p) { return PTE(pte_set_protnone(p, true).val | _PAGE_UFFD_WP); }

/* clang-format on */

/* ------------------------------------------------------------- what is asked for */

/* change_protection(): cp_flags */
#define MM_CP_TRY_CHANGE_WRITABLE (1u << 0)
#define MM_CP_UFFD_WP             (1u << 2)
#define MM_CP_UFFD_WP_RESOLVE     (1u << 3)
#define MM_CP_WILL_NEED           (1u << 4) /* UFFDIO_WRITEPROTECT lifts protection: soon used? */
#define MM_CP_UFFD_RWP            (1u << 5) /* a posting: UFFDIO_RWPROTECT */
#define MM_CP_UFFD_RWP_RESOLVE    (1u << 6)
#define MM_CP_UFFD_WP_ALL         (MM_CP_UFFD_WP | MM_CP_UFFD_WP_RESOLVE)
#define MM_CP_UFFD_RESOLVE        (MM_CP_UFFD_WP_RESOLVE | MM_CP_UFFD_RWP_RESOLVE)

/* faults: vmf->flags */
#define FAULT_FLAG_WRITE       0x01u
#define FAULT_FLAG_ALLOW_RETRY 0x04u
#define FAULT_FLAG_KILLABLE    0x10u
#define FAULT_FLAG_TRIED       0x20u
#define FAULT_FLAG_USER        0x40u
#define FAULT_FLAG_REMOTE      0x80u
#define FAULT_FLAG_INSTRUCTION 0x100u
#define FAULT_FLAG_INTERRUPTIBLE 0x200u
#define FAULT_FLAG_UNSHARE     0x400u
#define FAULT_FLAG_BREAK_COW   0x800u /* a proposal: copy as if for a write that nobody makes */
#define FAULT_FLAG_VMA_LOCK    0x1000u

/* get_user_pages(): gup_flags */
#define FOLL_WRITE     (1u << 0)
#define FOLL_GET       (1u << 1)
#define FOLL_FORCE     (1u << 3) /* a debugger's access: rights are those that could be had */
#define FOLL_TOUCH     (1u << 6)
#define FOLL_HWPOISON  (1u << 7) /* tell poison apart from other failures */
#define FOLL_LONGTERM  (1u << 8)
#define FOLL_PIN       (1u << 10)
#define FOLL_COW       (1u << 14) /* the fault broke COW, though the entry may not be writable */
#define FOLL_TRIED     (1u << 17)
#define FOLL_REMOTE    (1u << 18) /* not necessarily the caller's own mm */
#define FOLL_BREAK_COW (1u << 20) /* a proposal: only pages that no COW takes away */
#define FOLL_UNLOCKABLE (1u << 21) /* mmap_lock may be dropped: userfaults can be waited for */
#define FOLL_MADV_POPULATE (1u << 22) /* VMAs are refused with madvise's errors */

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * internal.h - what the files of the model call of each other, by file
 */
#ifndef MM_INTERNAL_H
#define MM_INTERNAL_H

#include <errno.h>

#include "mm-model/mm_types.h"
#include "mm-model/page.h"
#include "mm-model/pgtable.h"

/* ---------------------------------------------------------------- mmap_lock.c */

void mmap_init_lock(struct mm_struct *mm);
void mmap_read_lock(struct mm_struct *mm);
bool mmap_read_trylock(struct mm_struct *mm);
void mmap_read_unlock(struct mm_struct *mm);
int mmap_write_lock_killable(struct mm_struct *mm);
void mmap_write_lock(struct mm_struct *mm);
void mmap_write_lock_nested(struct mm_struct *mm, int subclass);
void mmap_write_unlock(struct mm_struct *mm);
void mmap_write_downgrade(struct mm_struct *mm);
void mmap_assert_write_locked(const struct mm_struct *mm);
/** Write-lock one VMA: waits for its readers.  Held until mmap_write_unlock(). */
void vma_start_write(struct vm_area_struct *vma);
bool vma_is_write_locked(const struct vm_area_struct *vma);
void vma_assert_write_locked(const struct vm_area_struct *vma);
/** Look up and read-lock without mmap_lock; NULL: none, or being written. */
struct vm_area_struct *lock_vma_under_rcu(struct mm_struct *mm, uint64_t addr);
/** Read-lock with mmap_lock held. */
void vma_start_read_locked(struct vm_area_struct *vma);
void vma_end_read(struct vm_area_struct *vma);
/** After any change that a lockless lookup could see: footprint of the VMA list. */
void vma_list_changed(struct mm_struct *mm);
/** Of who looks without mmap_lock. */
void vma_list_look(struct mm_struct *mm);

/* --------------------------------------------------------------------- rmap.c */

int anon_vma_prepare(struct vm_area_struct *vma); /* 0 or -ENOMEM */
int anon_vma_clone(struct vm_area_struct *dst, struct vm_area_struct *src);
int anon_vma_fork(struct vm_area_struct *vma, struct vm_area_struct *pvma);
void unlink_anon_vmas(struct vm_area_struct *vma);

/* ---------------------------------------------------------------------- vma.c */

/** The first VMA that ends above @addr. */
static inline struct vm_area_struct *find_vma(struct mm_struct *mm, uint64_t addr)
{
	struct vm_area_struct *vma = mm->mmap;

	while (vma && vma->vm_end <= addr)
		vma = vma->next;
	return vma;
}
/** The first that has a part of [start, end). */
static inline struct vm_area_struct *find_vma_intersection(struct mm_struct *mm, uint64_t start,
							   uint64_t end)
{
	struct vm_area_struct *vma = find_vma(mm, start);

	return vma && vma->vm_start < end ? vma : NULL;
}
/** The one at @addr. */
static inline struct vm_area_struct *vma_lookup(struct mm_struct *mm, uint64_t addr)
{
	return find_vma_intersection(mm, addr, addr + 1);
}
struct vm_area_struct *vm_area_alloc(struct mm_struct *mm);
/** A copy of @vma for @mm, not yet linked; without anon_vma and locks. */
struct vm_area_struct *vm_area_dup(struct mm_struct *mm, const struct vm_area_struct *vma);
void vm_area_free(struct vm_area_struct *vma);
/** Link into mm->mmap by address and count it. */
void vma_link(struct mm_struct *mm, struct vm_area_struct *vma);
int split_vma(struct vm_area_struct *vma, uint64_t addr, bool new_below);
/** A pointer that is an errno. */
#define ERR_PTR(err)  ((void *)(intptr_t)(err))
#define IS_ERR(ptr)   ((uintptr_t)(ptr) >= (uintptr_t)-4095)
#define PTR_ERR(ptr)  ((int)(intptr_t)(ptr))
/**
 * The kernel's vma_modify_*(): give [start, end) of @vma new flags, merging and
 * splitting; returns the VMA that now covers exactly or more of the range with
 * the *old* flags still set where it was split, as the kernel does, or an
 * ERR_PTR: -ENOMEM; -EINVAL, a huge page would be split.  The caller write-locks and sets the new flags.
 */
struct vm_area_struct *vma_modify_flags(struct vm_area_struct *vma, uint64_t start, uint64_t end,
					vm_flags_t flags);
struct vm_area_struct *vma_modify_flags_uffd(struct vm_area_struct *vma, uint64_t start,
					     uint64_t end, vm_flags_t flags,
					     struct userfaultfd_ctx *ctx);

/* ---------------------------------------------------- mmap.c, mremap.c, ... */

/** UNMAP events being prepared while the lock is held: one entry a context. */
struct userfaultfd_unmap_ctx {
	struct userfaultfd_ctx *ctx;
	uint64_t start, end;
	struct userfaultfd_unmap_ctx *next;
};
/** A REMAP event being prepared. */
struct vm_userfaultfd_remap {
	struct userfaultfd_ctx *ctx;
};

/**
 * do_munmap - with mmap_lock held for writing (the kernel's do_vmi_munmap)
 * Collects UNMAP events in @uf.  Keeps the lock.  0 or -errno.
 */
/** The entry @pte of @vma at its new place; protection does not follow where nobody is told. */
pte_t move_pte(const struct vm_area_struct *vma, pte_t pte, bool clear_uffd);
int do_munmap(struct mm_struct *mm, uint64_t start, uint64_t len, struct userfaultfd_unmap_ctx **uf);
/** New entries of a shared mapping are writable, unless somebody wants to know of writes. */
void vma_set_page_prot(struct vm_area_struct *vma);
/** May entries become writable one by one where the template does not say so? */
bool vma_wants_manual_pte_write_upgrade(const struct vm_area_struct *vma);
/** Where a mapping without an address goes: address or -errno (see kernel_set_layout). */
int64_t get_unmapped_area(struct mm_struct *mm, uint64_t hint, uint64_t len);
void unmapped_area_used(struct mm_struct *mm, uint64_t addr, uint64_t len);

/* ----------------------------------------------------------------- mprotect.c */

/** The template's rights (vm_page_prot); what private memory had gets W back elsewhere, or not. */
static inline pte_t pte_modify(const struct vm_area_struct *vma, pte_t pte)
{
	pte = vma->vm_page_prot_w ? pte_mkwrite(pte) : pte_wrprotect(pte);
	return pte_set_protnone(pte, !(vma->vm_flags & VM_ACCESS_FLAGS));
}
/** Is the present entry @pte read-write protected? */
static inline bool userfaultfd_pte_rwp(const struct vm_area_struct *vma, pte_t pte)
{
	return userfaultfd_rwp(vma) && pte_uffd_wp(pte);
}
/** A protected entry made anew has its rights taken away anew. */
static inline pte_t pte_keep_rwp(const struct vm_area_struct *vma, pte_t pte)
{
	return userfaultfd_pte_rwp(vma, pte) ? pte_mkuffd_rwp(pte) : pte;
}
/** What a change of protection makes of a leaf of hugetlb. */
/** 6.2: does protection take the only right there is, and so every access? */
bool wp_leaves_nothing(const struct vm_area_struct *vma, unsigned cp_flags);
pte_t change_present_leaf(const struct vm_area_struct *vma, pte_t pmd, unsigned cp_flags);
/** Returns the number of entries changed, or -ENOMEM (page tables for markers). */
long change_protection(struct vm_area_struct *vma, uint64_t start, uint64_t end, unsigned cp_flags);

/* ------------------------------------------------------------------- memory.c */

#define VM_FAULT_OOM     0x001u
#define VM_FAULT_SIGBUS  0x002u
#define VM_FAULT_HWPOISON 0x010u
#define VM_FAULT_SIGSEGV 0x040u
#define VM_FAULT_NOPAGE  0x100u
#define VM_FAULT_RETRY   0x400u
#define VM_FAULT_FALLBACK 0x800u /* not as a huge page */
#define VM_FAULT_COMPLETED 0x4000u
#define VM_FAULT_ERROR   (VM_FAULT_OOM | VM_FAULT_SIGBUS | VM_FAULT_SIGSEGV | VM_FAULT_HWPOISON)
typedef unsigned vm_fault_t;

struct vm_fault {
	struct vm_area_struct *vma;
	uint64_t address;      /* page aligned */
	uint64_t real_address; /* as accessed */
	unsigned flags;
	pte_t orig_pte;
	pte_t orig_pmd; /* a leaf */
	struct page *page;     /* of a file, locked, with a reference */
	struct page *cow_page; /* the copy of it for a private mapping, with a reference */
};

/** With mmap_lock or the VMA lock held for reading; RETRY: it was dropped. */
vm_fault_t handle_mm_fault(struct task_struct *t, struct vm_area_struct *vma, uint64_t address,
			   unsigned flags);
/**
 * An anonymous page needs the VMA to have an anon_vma, which may only be given
 * to it with mmap_lock held: RETRY, with the VMA lock dropped, if that cannot
 * be had at once.
 */
vm_fault_t vmf_anon_prepare(struct vm_fault *vmf);
/** Drop what the fault was entered with. */
void release_fault_lock(struct vm_fault *vmf);
/**
 * What the fault met has changed, or the table that it had made is gone (MADV_DONTNEED
 * frees those that it empties): the access is simply tried again.
 */
bool vmf_pte_changed(struct vm_fault *vmf);
/** Map @page (a reference of which is handed over) at the fault. */
void map_anon_page(struct vm_fault *vmf, struct page *page, pte_t entry);
/** Nothing, or a marker, at an address of a file's mapping. */
vm_fault_t do_fault(struct task_struct *t, struct vm_fault *vmf);
/** A write to what is mapped without write permission; ptl is held and given back. */
vm_fault_t do_wp_page(struct task_struct *t, struct vm_fault *vmf);
/** memory_swap.c: the entry is a swap entry. */
vm_fault_t do_swap_page(struct task_struct *t, struct vm_fault *vmf);
/** madvise: forget the entries of [start, end) in @vma, guards apart. */
void zap_page_range(struct vm_area_struct *vma, uint64_t start, uint64_t end);
/** MADV_DONTNEED: the same, and the tables that are empty then. */
void zap_page_range_and_tables(struct vm_area_struct *vma, uint64_t start, uint64_t end);
/** munmap: forget all of them, markers of every kind too. */
void unmap_page_range(struct vm_area_struct *vma, uint64_t start, uint64_t end);
/** Drop the one entry of @addr, whatever it is (under ptl). */
void zap_pte(struct vm_area_struct *vma, uint64_t addr);
/** The same, with write protection left behind as a marker in mappings of files. */
void zap_pte_remembering(struct vm_area_struct *vma, uint64_t addr);
/** Footprint of a look at whether @vma has an anon_vma, or of giving it one. */
static inline void touch_anon_vma(const struct vm_area_struct *vma)
{
	sim_touch(mm_sim(vma->mm), sim_key(MM_CLASS_ANON_VMA, vma->mm->obj.id, 0),
		  vma->anon_vma ? SIM_READ : SIM_WRITE);
}
/**
 * @vma gets an anon_vma.  With only the VMA lock held mmap_lock may be missing for
 * that: RETRY, and the VMA lock is still held.
 */
vm_fault_t __vmf_anon_prepare(struct vm_fault *vmf);
/** What of a marker a forked child keeps. */
uint64_t copy_pte_marker(const struct vm_area_struct *dst_vma, pte_t pte);
int copy_page_range(struct vm_area_struct *dst_vma, struct vm_area_struct *src_vma);

/* ------------------------------------------- fault.c, gup.c, mlock.c, proc_mem.c */

/** Could all of it be user memory? */
static inline bool access_ok(uint64_t addr, uint64_t len)
{
	return len <= TASK_SIZE && addr <= TASK_SIZE - len;
}
/**
 * Between the kernel and user memory of @t, faulting as needed, page by page.
 * Returns how many bytes could *not* be copied, as the kernel's functions do.
 */
uint64_t copy_to_user(struct task_struct *t, uint64_t to, const void *from, uint64_t n);
uint64_t copy_page_to_iter(struct task_struct *t, uint64_t to, struct page *page, unsigned off,
			   uint64_t n);
uint64_t copy_page_from_iter(struct task_struct *t, uint64_t from, struct page *page, unsigned off,
			     uint64_t n);
/** stack.c: the VMA of @addr, made longer if need be, with mmap_lock held for reading; or NULL. */
struct vm_area_struct *lock_mm_and_find_vma(struct mm_struct *mm, uint64_t addr);
/** The same with faults disabled, all of it in one step. */
uint64_t copy_page_from_iter_atomic(struct task_struct *t, uint64_t from, struct page *page,
				    unsigned off, uint64_t n);
/** Make the page of @addr readable: 0 or -EFAULT. */
int fault_in_user_readable(struct task_struct *t, uint64_t addr);
/** A page's contents from user memory of @t, faulting as needed: 0 or -EFAULT. */
int copy_page_from_user(struct task_struct *t, struct page *dst, uint64_t src);
/** All of a huge folio that nobody else knows yet; -ENOMEM, too. */
int copy_folio_from_user(struct task_struct *t, struct page *folio, uint64_t src, bool fault);
/** The same with faults disabled. */
int copy_page_from_user_nofault(struct task_struct *t, struct page *dst, uint64_t src);
/** MADV_POPULATE_*: with no lock held on entry and exit. */
int64_t madvise_populate(struct task_struct *t, uint64_t start, uint64_t end, bool write);
/** May the caller lock @len bytes more? */
bool mlock_future_ok(struct task_struct *t, uint64_t len);
/** Huge pages of the pool, say, are populated by MAP_LOCKED, and are not locked. */
bool vma_supports_mlock(const struct vm_area_struct *vma);
int64_t proc_mem_open(struct task_struct *t, uint64_t flags);

/* ------------------------------------------------------------- userfaultfd.c */

vm_fault_t handle_userfault(struct task_struct *t, struct vm_fault *vmf, vm_flags_t reason);

/* ---------------------------------------------------------- userfaultfd_rwp.c */

/** Does the kernel itself give access back to who touches a protected page? */
bool userfaultfd_rwp_async(const struct vm_area_struct *vma);
/** A protected entry, or leaf, in memory that may be touched (userfaultfd_pte_rwp). */
vm_fault_t do_uffd_rwp(struct task_struct *t, struct vm_fault *vmf);
vm_fault_t do_huge_pmd_uffd_rwp(struct task_struct *t, struct vm_fault *vmf);
bool userfaultfd_wp_async(const struct vm_area_struct *vma);
/** An empty entry of @vma may carry a uffd-wp marker. */
bool vma_can_have_uffd_markers(const struct vm_area_struct *vma);
/** VM flags and context go; the caller holds mmap_lock for writing. */
void userfaultfd_reset_ctx(struct vm_area_struct *vma);

/* ------------------------------------------------------ userfaultfd_event.c */

/** 0, or -ENOMEM.  @vma lies in [start, end) of a munmap; called with mmap_lock held. */
int userfaultfd_unmap_prep(struct vm_area_struct *vma, uint64_t start, uint64_t end,
			   struct userfaultfd_unmap_ctx **uf);
/** After the lock is dropped: deliver and wait, one after the other. */
void userfaultfd_unmap_complete(struct mm_struct *mm, struct userfaultfd_unmap_ctx *uf);
/** @vma is the new place, carrying the old one's context still. */
void mremap_userfaultfd_prep(struct vm_area_struct *vma, struct vm_userfaultfd_remap *r);
void mremap_userfaultfd_complete(struct vm_userfaultfd_remap *r, uint64_t from, uint64_t to,
				 uint64_t len);
void mremap_userfaultfd_fail(struct vm_userfaultfd_remap *r);
/**
 * Before a zap by madvise, with mmap_lock held for reading.  False: the lock
 * was dropped to deliver the event; look the VMA up again.
 */
bool userfaultfd_remove(struct vm_area_struct *vma, uint64_t start, uint64_t end);
/** Its two halves: announce it, NULL if nobody wants to know; and, without mmap_lock, wait. */
struct userfaultfd_ctx *userfaultfd_remove_prep(struct vm_area_struct *vma);
/** Is there a monitor that asked for REMOVE? */
bool userfaultfd_wants_remove(const struct vm_area_struct *vma);
void userfaultfd_remove_complete(struct userfaultfd_ctx *ctx, uint64_t start, uint64_t end);

#endif

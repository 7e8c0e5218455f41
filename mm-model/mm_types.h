/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mm_types.h - the objects of the model
 *
 * Lock ladder, outermost first (mmap_lock.c has the rules of the first two):
 *
 *   mmap_lock (parent, then child at fork)
 *     vm_lock (per VMA)
 *       ctx->map_changing_lock
 *         ptl (page table lock)
 *   fd_wqh.lock
 *     fault_pending_wqh.lock
 *       fault_wqh.lock
 *     event_wqh.lock
 *
 * All of it lies in the machine's arena.
 */
#ifndef MM_TYPES_H
#define MM_TYPES_H

#include <uffdsim/mm.h>
#include <uffdsim/pte.h>

#include "sim/inline.h"

#include "mm-model/profile.h"

/** Classes of keys (sim_touch) beyond the runtime's. */
enum mm_class {
	MM_CLASS_MM = SIM_CLASS_MODEL, /* the VMA list of an mm, as lockless lookups see it */
	MM_CLASS_VMA_LOCK,             /* one VMA's lock */
	MM_CLASS_PTE,                  /* one page table entry: mm, page number */
	MM_CLASS_PAGE,                 /* a page's contents as a whole */
	MM_CLASS_BYTE,                 /* one byte: page, offset */
	MM_CLASS_PAGE_REF,             /* a page's references and mappings */
	MM_CLASS_FILES,                /* one descriptor: files, number */
	MM_CLASS_CTX,                  /* a userfaultfd context's own words */
	MM_CLASS_LAYOUT,
	MM_CLASS_ANON_VMA,             /* which VMAs of an mm have an anon_vma */
	MM_CLASS_FILE,                 /* an open file's references */
	MM_CLASS_INODE,                /* what an inode caches, by index; its size */
	MM_CLASS_PIPE,                 /* a pipe's ring and ends, as looks without its mutex see them */
	MM_CLASS_CRED,                 /* who a process is */
	MM_CLASS_HSTATE,               /* the pool of huge pages */
	MM_CLASS_SWAP,                 /* which swap devices there are, and how full */
	MM_CLASS_SWAP_SLOT,            /* one slot: its count and its page in the cache */
	MM_CLASS_TLB,                  /* what all processors remember: mm, page number (tlb.c) */
	MM_CLASS_PID,                  /* which numbers processes and tasks get */
};

/** Where a walk of the page tables ended: some small entries side by side. */
struct walked {
	uint64_t nr; /* of what they map, counted from 1; 0: none */
	uint64_t *entries;
};
#define WALK_CACHE     8
#define WALKED_ENTRIES 16
#define WALKED_SHIFT   16

struct pgtable;
struct userfaultfd_ctx;
struct file;
struct generic_inode;
struct vm_operations_struct;

/** Identity of a group of VMAs that may share anonymous pages (rmap.c). */
struct anon_vma {
	struct anon_vma *parent;
	struct anon_vma *root;
	unsigned refs;            /* chains that name it */
	unsigned num_children;    /* of the anon_vma tree, itself counted if it is the root */
	unsigned num_active_vmas; /* VMAs whose anon_vma this is */
};

/** One link of a VMA's anon_vma_chain. */
struct anon_vma_chain {
	struct anon_vma *anon_vma;
	struct anon_vma_chain *next;
};

/**
 * vm_area_struct - one mapping
 *
 * Written with mmap_lock held for writing and the VMA write-locked
 * (vma_start_write); stable for who holds mmap_lock or its vm_lock for reading.
 */
struct vm_area_struct {
	struct sim_obj obj; /* MM_CLASS_VMA_LOCK: the key of vm_lock */
	struct mm_struct *mm;
	struct vm_area_struct *prev, *next; /* mm->mmap, by address (utlist DL) */
	uint64_t vm_start, vm_end;
	uint64_t vm_pgoff; /* pages; private anonymous: address >> 12 at birth */
	vm_flags_t vm_flags;
	bool vm_page_prot_w; /* vm_page_prot: new entries are writable (vma_set_page_prot) */
	struct file *vm_file; /* holds a reference */
	const struct vm_operations_struct *vm_ops; /* NULL: anonymous */
	struct vm_area_struct *i_mmap_next; /* who maps the file; i_mmap_rwsem */
	struct anon_vma *anon_vma;
	struct anon_vma_chain *anon_vma_chain;
	struct userfaultfd_ctx *uffd_ctx; /* vm_userfaultfd_ctx.ctx; holds no reference */
	/* hugetlb: a private mapping's reservations, held by who made it; a shared VMA's lock */
	struct resv_map *resv_map;
	struct rwsem *hugetlb_lock;
	bool resv_unmapped; /* a page was taken from this child: it must not come back empty */
	/* vm_lock: readers are counted; write-locked while vm_lock_seq == mm->mm_lock_seq */
	uint32_t lock_readers; /* mask of thread ids */
	uint32_t vm_lock_seq;
	bool detached;
};

struct mm_struct {
	struct sim_obj obj; /* MM_CLASS_MM */
	struct kernel *k;
	const struct profile *prof; /* of its kernel */
	struct rwsem mmap_lock;
	struct vm_area_struct *mmap; /* sorted, utlist DL; mmap_lock for writing */
	unsigned map_count;
	uint32_t mm_lock_seq; /* mmap_lock for writing */
	bool tlb; /* processors remember translations of it (tlb.c) */
	unsigned tlb_flush_pending; /* who has taken rights away and not yet flushed */
	bool exited; /* nobody lives in it; only contexts still name it: mm_has_exited() */
	bool has_pinned; /* some page was pinned, ever: never reset */
	bool stale_uffd_wp; /* a VMA lost VM_UFFD_WP, its entries did not: mmap_lock for writing */
	/* For checks; the entry is that of a huge page between being cleared and set anew; ptl. */
	unsigned cleaning; /* who makes entries clean on purpose */
	pte_t changing;
	uint64_t changing_addr;
	struct pgtable *pgd;
	struct walked walked[WALK_CACHE]; /* pgtable.h */
	struct spinlock ptl; /* SIM_SPIN_FINE; stands for the split page table locks */
	struct mm_struct *next_mm; /* kernel->mms */
	struct process *owner;
};

struct files_struct {
	struct sim_obj obj; /* MM_CLASS_FILES */
	unsigned max;
	struct file **fd;
};

/** Who a process is; all capabilities go with user 0. */
struct cred {
	uint32_t uid;
	bool dumpable; /* may be looked into by its like; not once it changed its user */
};

struct process {
	struct kernel *k;
	struct mm_struct *mm;
	struct files_struct *files;
	unsigned id; /* 0: main; then in order of creation */
	unsigned pid;
	struct cred cred;
	struct process *next;
};

struct task_struct {
	struct process *process;
	struct mm_struct *mm;
	const char *comm;
	unsigned tid;
	uint64_t min_flt, maj_flt;
	struct tlb *tlb; /* of its processor; NULL without (tlb.h) */
};

struct kernel {
	struct sim *sim;
	const struct profile *prof;
	struct process *processes;
	struct mm_struct *mms;
	struct tlb *tlbs;
	struct userfaultfd_ctx *ctxs; /* alive ones, for mm_check() */
	struct page *zero_page;
	struct generic_inode *disk_files; /* by name */
	struct swap_info *swaps;
	bool swap_used; /* some device is or was on */
	struct page *huge_zero_folio; /* once somebody needed it */
	struct hstate *hstate;
	struct mmap_layout layout;
	unsigned next_process, next_tid;
	uint64_t unmapped_base;
	uint64_t allocated_at_boot; /* without the first process */
};

static inline struct sim *mm_sim(const struct mm_struct *mm)
{
	return mm->obj.sim;
}
static inline const struct profile *mm_prof(const struct mm_struct *mm)
{
	return mm->prof;
}
static inline uint64_t mm_key(const struct mm_struct *mm)
{
	return sim_obj_key(&mm->obj);
}
/** Where the kernel could get no hold on the users of an mm. */
static inline uint64_t mm_exited_key(const struct mm_struct *mm)
{
	return sim_key(MM_CLASS_MM, mm->obj.id, 1);
}
static inline bool mm_has_exited(const struct mm_struct *mm)
{
	sim_touch(mm_sim(mm), mm_exited_key(mm), SIM_READ);
	return mm->exited;
}
static inline uint64_t pte_key(const struct mm_struct *mm, uint64_t addr)
{
	return sim_key(MM_CLASS_PTE, mm->obj.id, addr >> PAGE_SHIFT);
}
/** For the watch over data races: vm_flags and uffd_ctx of @vma are looked at, or change. */
static inline void vma_flags_read(const struct vm_area_struct *vma)
{
	sim_plain_read(mm_sim(vma->mm), sim_obj_key(&vma->obj) | 1, "vma->vm_flags");
}
static inline void vma_flags_written(const struct vm_area_struct *vma)
{
	sim_plain_write(mm_sim(vma->mm), sim_obj_key(&vma->obj) | 1, "vma->vm_flags");
}
/** All of vm_flags, under the VMA's lock for writing. */
static inline void vm_flags_reset(struct vm_area_struct *vma, vm_flags_t flags)
{
	vma_flags_written(vma);
	vma->vm_flags = flags;
}
static inline bool vma_is_anonymous(const struct vm_area_struct *vma)
{
	return !vma->vm_ops;
}
static inline bool is_vm_hugetlb_page(const struct vm_area_struct *vma)
{
	return vma->vm_flags & VM_HUGETLB;
}
/** Private: its pages are copied before they are written. */
static inline bool is_cow_mapping(vm_flags_t flags)
{
	return (flags & (VM_SHARED | VM_MAYWRITE)) == VM_MAYWRITE;
}
/** Writes to @vma are told apart by the soft-dirty bits of its entries. */
static inline bool vma_soft_dirty_enabled(const struct vm_area_struct *vma)
{
	return mm_prof(vma->mm)->soft_dirty && !(vma->vm_flags & VM_SOFTDIRTY);
}
static inline uint64_t vma_pages(const struct vm_area_struct *vma)
{
	return (vma->vm_end - vma->vm_start) >> PAGE_SHIFT;
}
static inline bool userfaultfd_missing(const struct vm_area_struct *vma)
{
	return vma->vm_flags & VM_UFFD_MISSING;
}
static inline bool userfaultfd_wp(const struct vm_area_struct *vma)
{
	return vma->vm_flags & VM_UFFD_WP;
}
static inline bool userfaultfd_minor(const struct vm_area_struct *vma)
{
	return vma->vm_flags & VM_UFFD_MINOR;
}
static inline bool userfaultfd_rwp(const struct vm_area_struct *vma)
{
	return vma->vm_flags & VM_UFFD_RWP;
}
/** The uffd bit of its entries means something. */
static inline bool userfaultfd_protected(const struct vm_area_struct *vma)
{
	return vma->vm_flags & (VM_UFFD_WP | VM_UFFD_RWP);
}
static inline bool vma_is_accessible(const struct vm_area_struct *vma)
{
	return vma->vm_flags & VM_ACCESS_FLAGS;
}
static inline bool userfaultfd_armed(const struct vm_area_struct *vma)
{
	return vma->vm_flags & __VM_UFFD_FLAGS;
}

#endif

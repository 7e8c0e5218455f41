/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * fault.c - the simulated processor: access, page fault, signal
 *
 * An access is one step: the walk of the tables, the check of the rights, the
 * accessed and dirty bits, and the byte.  If the entry does not allow it, the
 * fault path runs and the access is tried again, until it succeeds or a signal
 * ends it.
 */
#include "mm-model/tlb.h"

/* What the walk found: the page, or NULL if the processor must fault. */
static inline struct page *hw_walk(struct mm_struct *mm, uint64_t addr, bool write)
{
	pte_t pte = ptep_get_lockless(mm, addr), new = pte;

	if (!pte_hw_present(pte) || (write && !pte_write(pte)))
		return NULL;
	new = pte_mkyoung(new);
	if (write)
		new = pte_mkhwdirty(new);
	if (pte_same(new, pte))
		return pte_page(mm->k, pte);
	if (pmd_leaf(mm, addr)) {
		new = pte_mkyoung(pmd_get(mm, addr));
		set_pmd_at(mm, addr, write ? pte_mkhwdirty(new) : new);
	} else {
		set_pte_at(mm, addr & PAGE_MASK, new);
	}
	return pte_page(mm->k, pte);
}

/* The page for one access: as the processor remembers, else as the table has it now. */
static inline struct page *hw_access(struct task_struct *t, uint64_t addr, bool write)
{
	struct page *page = tlb_hit(t, addr, write);

	if (page)
		return page;
	page = hw_walk(t->mm, addr, write);
	if (page)
		tlb_fill(t, addr);
	return page;
}

static bool access_error(const struct vm_area_struct *vma, unsigned flags)
{
	vma_flags_read(vma);
	if (flags & FAULT_FLAG_WRITE)
		return !(vma->vm_flags & VM_WRITE);
	/* x86 has no way to forbid only reading. */
	return !(vma->vm_flags & VM_ACCESS_FLAGS);
}

/*
 * What a fault that does not go on means.  OK: try the access again.  A user's
 * access does so as well when memory ran out.
 */
static enum access_result fault_signal(vm_fault_t fault, unsigned flags)
{
	if (!(fault & VM_FAULT_ERROR) || (fault & VM_FAULT_OOM && flags & FAULT_FLAG_USER))
		return ACCESS_OK;
	return fault & VM_FAULT_SIGSEGV ? ACCESS_SIGSEGV : ACCESS_SIGBUS;
}

/*
 * The attempt with only the VMA's lock.  True if that decided it; otherwise the
 * fault goes on with mmap_lock.
 */
static bool fault_under_vma_lock(struct task_struct *t, uint64_t addr, unsigned flags,
				 enum access_result *ret)
{
	struct vm_area_struct *vma = lock_vma_under_rcu(t->mm, addr);
	vm_fault_t fault;

	if (!vma)
		return false;
	if (access_error(vma, flags)) {
		vma_end_read(vma);
		*ret = ACCESS_SIGSEGV;
		return true;
	}
	fault = handle_mm_fault(t, vma, addr, flags | FAULT_FLAG_VMA_LOCK);
	if (fault & VM_FAULT_RETRY) {
		*ret = ACCESS_SIGBUS; /* which nobody will see: a signal ends the thread */
		return fatal_signal_pending(sim_current(mm_sim(t->mm)));
	}
	vma_end_read(vma);
	*ret = fault_signal(fault, flags);
	return true;
}

/* OK: try the access again. */
static enum access_result fault_under_mmap_lock(struct task_struct *t, uint64_t addr,
						unsigned flags)
{
	struct mm_struct *mm = t->mm;

	for (;;) {
		struct vm_area_struct *vma;
		vm_fault_t fault;

		vma = lock_mm_and_find_vma(mm, addr);
		if (!vma)
			return ACCESS_SIGSEGV;
		if (access_error(vma, flags)) {
			mmap_read_unlock(mm);
			return ACCESS_SIGSEGV;
		}
		fault = handle_mm_fault(t, vma, addr, flags);
		if (fault & VM_FAULT_RETRY) {
			/* Kernel mode cannot be ended here but by a fatal signal. */
			if (fatal_signal_pending(sim_current(mm_sim(mm))))
				return ACCESS_SIGBUS;
			flags |= FAULT_FLAG_TRIED;
			if (mm_prof(mm)->fault_retries_once)
				flags &= ~FAULT_FLAG_ALLOW_RETRY;
			continue;
		}
		mmap_read_unlock(mm);
		return fault_signal(fault, flags);
	}
}

static enum access_result do_user_addr_fault(struct task_struct *t, uint64_t addr, bool write,
					     bool user)
{
	unsigned flags = FAULT_FLAG_ALLOW_RETRY | FAULT_FLAG_KILLABLE | FAULT_FLAG_INTERRUPTIBLE;
	enum access_result ret;

	if (user)
		flags |= FAULT_FLAG_USER;
	if (write)
		flags |= FAULT_FLAG_WRITE;
	sim_trace(t->process->k->sim, "page fault (%s)", write ? "write" : "read");
	if (addr >= TASK_SIZE)
		return ACCESS_SIGSEGV;
	if (user && mm_prof(t->mm)->fault_vma_lock && fault_under_vma_lock(t, addr, flags, &ret))
		return ret;
	return fault_under_mmap_lock(t, addr, flags);
}

static bool is_canonical_user(uint64_t addr)
{
	return addr < TASK_SIZE;
}

/*
 * Get at the page of @addr for one access: the step of the access has begun
 * and the page may be used without a further scheduling point.
 */
static enum access_result access_page(struct task_struct *t, uint64_t addr, bool write, bool user,
				      const char *what, struct page **ret)
{
	enum access_result r;

	if (!is_canonical_user(addr))
		return ACCESS_SIGSEGV;
	for (;;) {
		sim_yield(t->process->k->sim, write ? SIM_OP_WRITE : SIM_OP_READ, what);
		*ret = hw_access(t, addr, write);
		if (*ret)
			return ACCESS_OK;
		r = do_user_addr_fault(t, addr, write, user);
		if (r != ACCESS_OK)
			return r;
	}
}

enum access_result user_load(struct task_struct *t, uint64_t addr, uint8_t *ret)
{
	struct page *page;
	enum access_result r = access_page(t, addr, false, true, "load", &page);

	if (r == ACCESS_OK)
		*ret = page_read(page, addr & ~PAGE_MASK);
	return r;
}

enum access_result user_store(struct task_struct *t, uint64_t addr, uint8_t v)
{
	struct page *page;
	enum access_result r = access_page(t, addr, true, true, "store", &page);

	if (r == ACCESS_OK)
		page_write(page, addr & ~PAGE_MASK, v);
	return r;
}

enum access_result user_memset(struct task_struct *t, uint64_t addr, uint8_t v, uint64_t len)
{
	while (len > 0) {
		uint64_t n = PAGE_SIZE - (addr & ~PAGE_MASK);
		struct page *page;
		enum access_result r;

		if (n > len)
			n = len;
		r = access_page(t, addr, true, true, "memset", &page);
		if (r != ACCESS_OK)
			return r;
		if (n == PAGE_SIZE)
			page_fill(page, v);
		else
			for (uint64_t i = 0; i < n; i++)
				page_write(page, (addr & ~PAGE_MASK) + i, v);
		addr += n;
		len -= n;
	}
	return ACCESS_OK;
}

/* -------------------------------------------------- the kernel as the user's arm */

int copy_page_from_user_nofault(struct task_struct *t, struct page *dst, uint64_t src)
{
	unsigned off = src & ~PAGE_MASK, first = PAGE_SIZE - off;
	struct page *page, *second;

	if (!is_canonical_user(src) || !is_canonical_user(src + PAGE_SIZE - 1))
		return -EFAULT;
	page = hw_access(t, src, false);
	if (!off && page)
		copy_page(dst, page);
	if (!off)
		return page ? 0 : -EFAULT;
	second = hw_access(t, src + first, false);
	if (!page || !second)
		return -EFAULT;
	copy_page_bytes(dst, 0, page, off, first);
	copy_page_bytes(dst, first, second, 0, off);
	return 0;
}

int copy_page_from_user(struct task_struct *t, struct page *dst, uint64_t src)
{
	unsigned off = src & ~PAGE_MASK, first = PAGE_SIZE - off;
	struct page *page;

	if (access_page(t, src, false, false, "copy_from_user", &page) != ACCESS_OK)
		return -EFAULT;
	copy_page_bytes(dst, 0, page, off, first);
	if (!off)
		return 0;
	if (access_page(t, src + first, false, false, "copy_from_user", &page) != ACCESS_OK)
		return -EFAULT;
	copy_page_bytes(dst, first, page, 0, off);
	return 0;
}

/* What of a folio's pages is all alike needs no page of its own. */
static void set_folio_page(struct page *folio, unsigned i, struct page *from)
{
	const struct page_contents *contents = page_contents(from);

	if (!i)
		page_contents(folio)->fill = contents->fill;
	if (contents->nr || contents->fill != page_contents(folio)->fill)
		copy_page(folio_page(folio, i), from);
}

/* A run of pages that are there is one step. */
int copy_folio_from_user(struct task_struct *t, struct page *folio, uint64_t src, bool fault)
{
	struct page *page = alloc_page(t->process->k);
	int ret = page ? 0 : -ENOMEM;

	for (unsigned i = 0; i < HPAGE_PMD_NR && !ret; i++, src += PAGE_SIZE) {
		ret = copy_page_from_user_nofault(t, page, src);
		if (ret && fault)
			ret = copy_page_from_user(t, page, src);
		if (!ret)
			set_folio_page(folio, i, page);
	}
	if (page)
		put_page(page);
	return ret;
}

/* How much of @n bytes from @addr on lies in one page. */
static unsigned in_page(uint64_t addr, uint64_t n)
{
	uint64_t room = PAGE_SIZE - (addr & ~PAGE_MASK);

	return n < room ? n : room;
}

uint64_t copy_to_user(struct task_struct *t, uint64_t to, const void *from, uint64_t n)
{
	const uint8_t *byte = from;
	struct page *page;

	while (n) {
		unsigned part = in_page(to, n);

		if (access_page(t, to, true, false, "copy_to_user", &page) != ACCESS_OK)
			break;
		for (unsigned i = 0; i < part; i++)
			page_write(page, (to & ~PAGE_MASK) + i, *byte++);
		to += part;
		n -= part;
	}
	return n;
}

uint64_t copy_page_to_iter(struct task_struct *t, uint64_t to, struct page *page, unsigned off,
			   uint64_t n)
{
	struct page *dst;

	while (n) {
		unsigned part = in_page(to, n);

		if (access_page(t, to, true, false, "copy_to_user", &dst) != ACCESS_OK)
			break;
		copy_page_bytes(dst, to & ~PAGE_MASK, page, off, part);
		to += part;
		off += part;
		n -= part;
	}
	return n;
}

uint64_t copy_page_from_iter(struct task_struct *t, uint64_t from, struct page *page, unsigned off,
			     uint64_t n)
{
	struct page *src;

	while (n) {
		unsigned part = in_page(from, n);

		if (access_page(t, from, false, false, "copy_from_user", &src) != ACCESS_OK)
			break;
		copy_page_bytes(page, off, src, from & ~PAGE_MASK, part);
		from += part;
		off += part;
		n -= part;
	}
	return n;
}

uint64_t copy_page_from_iter_atomic(struct task_struct *t, uint64_t from, struct page *page,
				    unsigned off, uint64_t n)
{
	sim_yield(t->process->k->sim, SIM_OP_READ, "copy_from_user");
	while (n) {
		unsigned part = in_page(from, n);
		struct page *src = is_canonical_user(from) ? hw_access(t, from, false) : NULL;

		if (!src)
			break;
		copy_page_bytes(page, off, src, from & ~PAGE_MASK, part);
		from += part;
		off += part;
		n -= part;
	}
	return n;
}

int fault_in_user_readable(struct task_struct *t, uint64_t addr)
{
	struct page *page;

	return access_page(t, addr, false, false, "fault_in_readable", &page) == ACCESS_OK
		       ? 0
		       : -EFAULT;
}

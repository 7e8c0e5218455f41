/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * swapfile.c - swapon, swapoff, and the slots of a device
 *
 * Which slot a page gets cannot be seen, so slots have no numbers: each is an
 * object of its own, and a device counts how many it has given out.
 */
#include <string.h>
#include <utlist.h>

#include "mm-model/cred.h"
#include "mm-model/swap.h"

#define SWAP_FLAGS_VALID 0x7ffffULL

/* The devices, and how much of them is in use. */
static void touch_swaps(const struct kernel *k, enum sim_mode mode)
{
	sim_touch(k->sim, sim_key(MM_CLASS_SWAP, 0, 0), mode);
}

static void touch_slot(const struct swap_slot *slot, enum sim_mode mode)
{
	sim_obj_check(&slot->obj);
	sim_touch(slot->obj.sim, sim_obj_key(&slot->obj), mode);
}

bool swap_is_on(struct kernel *k)
{
	const struct swap_info *si;

	touch_swaps(k, SIM_READ);
	LL_FOREACH(k->swaps, si)
		if (si->writeok)
			return true;
	return false;
}

bool vm_swap_full(struct kernel *k)
{
	unsigned pages = 0, inuse = 0;
	const struct swap_info *si;

	touch_swaps(k, SIM_READ);
	LL_FOREACH(k->swaps, si) {
		pages += si->pages;
		inuse += si->inuse;
	}
	return (pages - inuse) * 2 < pages;
}

struct swap_slot *swap_alloc(struct kernel *k)
{
	struct swap_slot *slot;
	struct swap_info *si;

	touch_swaps(k, SIM_WRITE);
	LL_FOREACH(k->swaps, si)
		if (si->writeok && si->inuse < si->pages)
			break;
	slot = si ? sim_zalloc(k->sim, sizeof(*slot)) : NULL;
	if (!slot)
		return NULL;
	sim_obj_init(k->sim, &slot->obj, (enum sim_class)MM_CLASS_SWAP_SLOT, "swap entry");
	slot->si = si;
	si->inuse++;
	return slot;
}

void swap_put(struct swap_slot *slot)
{
	struct sim *sim = slot->obj.sim;

	touch_slot(slot, SIM_WRITE);
	if (slot->count || slot->cache)
		return;
	touch_swaps(kernel_of(sim), SIM_PART_WRITE);
	slot->si->inuse--;
	if (slot->data)
		put_page(slot->data);
	slot->obj.live = 0;
	sim_free(sim, slot, sizeof(*slot));
}

int swap_count(struct swap_slot *slot)
{
	touch_slot(slot, SIM_READ);
	return slot->count;
}

void swap_duplicate(struct swap_slot *slot)
{
	touch_slot(slot, SIM_WRITE);
	slot->count++;
}

void swap_free(struct swap_slot *slot)
{
	touch_slot(slot, SIM_WRITE);
	if (slot->count <= 0)
		sim_bug(slot->obj.sim, SIM_BUG_REFCOUNT, "swap entry %u freed too often",
			slot->obj.id);
	slot->count--;
	swap_put(slot);
}

void free_swap_and_cache(struct swap_slot *slot)
{
	struct page *page = slot->cache;

	swap_free(slot);
	if (page)
		free_swap_cache(page);
}

/* Slots count 16 bytes from the kernel object on, as pages do. */
struct swap_slot *pte_to_swp_entry(const struct kernel *k, pte_t pte)
{
	return (struct swap_slot *)((uintptr_t)k +
				    ((pte.val & ~PTE_MARKER_TYPE) >> PAGE_SHIFT) * 16);
}

pte_t swp_entry_to_pte(const struct kernel *k, const struct swap_slot *slot)
{
	return PTE(((uintptr_t)slot - (uintptr_t)k) / 16 << PAGE_SHIFT);
}

/* -------------------------------------------------------------- swapon, swapoff */

static struct swap_info *find_swap(const struct kernel *k, const char *name)
{
	struct swap_info *si;

	LL_FOREACH(k->swaps, si)
		if (!strcmp(si->name, name))
			return si;
	return NULL;
}

int64_t sys_swapon(struct task_struct *t, const char *name, uint64_t flags)
{
	struct kernel *k = t->process->k;
	struct swap_info *si;

	if (flags & ~SWAP_FLAGS_VALID)
		return -EINVAL;
	if (!capable(t))
		return -EPERM;
	if (!mm_prof(t->mm)->anon_exclusive)
		sim_unmodelled(k->sim, "swap in kernels before 5.19");
	sim_yield(k->sim, SIM_OP_WRITE, "swapon");
	touch_swaps(k, SIM_WRITE);
	if (find_swap(k, name))
		return -EBUSY;
	/* A device is no process's, and is not given back by any. */
	si = sim_zalloc_outside(k->sim, sizeof(*si));
	if (!si)
		return -ENOMEM;
	si->name = name;
	si->writeok = true;
	si->pages = SWAP_FILE_PAGES;
	LL_APPEND(k->swaps, si);
	k->swap_used = true;
	return 0;
}

/* Under ptl: the page comes back as it was, but not writable. */
static int unuse_pte(struct vm_area_struct *vma, uint64_t addr, pte_t old)
{
	struct kernel *k = vma->mm->k;
	struct swap_slot *slot = pte_to_swp_entry(k, old);
	struct page *page;
	pte_t pte;

	if (read_swap_cache(k, slot))
		return -ENOMEM;
	page = swap_cache_get_folio(slot);
	get_page(page);
	page_add_anon_rmap(page, vma);
	if (pte_swp_exclusive(old))
		SetPageAnonExclusive(page);
	pte = pte_keep_rwp(vma, pte_from_swp(mk_pte(vma, page), old));
	set_pte_at(vma->mm, addr, pte);
	swap_free(slot);
	folio_free_swap(page);
	return 0;
}

/* A page that has come back and kept its slot gives it up. */
static void unuse_cache(const struct kernel *k, pte_t pte, const struct swap_info *si)
{
	struct page_scratch scratch;
	struct page *page = pte_page_peek(k, pte, &scratch);
	struct swap_slot *slot = page_swap(page);

	if (slot && slot->si == si)
		folio_free_swap(page);
}

static int unuse_vma(struct vm_area_struct *vma, const struct swap_info *si)
{
	struct mm_struct *mm = vma->mm;
	uint64_t addr, end = vma->vm_end;
	bool any = false;
	int err = 0;

	spin_lock(&mm->ptl);
	for (addr = pte_next_present(mm, vma->vm_start, end); addr < end && !err;
	     addr = pte_next_present(mm, addr + PAGE_SIZE, end)) {
		pte_t pte = ptep_get(mm, addr);

		if (pte_present(pte))
			unuse_cache(mm->k, pte, si);
		if (!is_swap_pte(pte) || pte_to_swp_entry(mm->k, pte)->si != si)
			continue;
		if (pte_swp_uffd_wp(pte) && !mm_prof(mm)->swapoff_minds_uffd_wp)
			continue;
		if (any)
			pte_step(mm, "unuse_pte_range");
		any = true;
		err = unuse_pte(vma, addr, pte);
	}
	spin_unlock(&mm->ptl);
	return err;
}

/* Is there an entry of the device that an old swapoff can tell? */
static bool unuse_finds_one(const struct sim_thread *t, const struct sim_op *op)
{
	const struct swap_info *si = (const void *)(uintptr_t)op->arg;
	struct kernel *k = kernel_of(op->obj->sim);

	for (struct mm_struct *mm = k->mms; mm && si->inuse; mm = mm->next_mm)
		for (struct vm_area_struct *vma = mm->mmap; vma; vma = vma->next)
			for (uint64_t addr = vma->vm_start; addr < vma->vm_end; addr += PAGE_SIZE) {
				pte_t pte = pte_peek(mm, addr);

				if (is_swap_pte(pte) && !pte_swp_uffd_wp(pte) &&
				    pte_to_swp_entry(k, pte)->si == si)
					return true;
			}
	return !si->inuse || fatal_signal_pending(t);
}

/* Round and round, until one comes that it finds. */
static void unuse_spins(struct kernel *k, struct swap_info *si)
{
	const struct sim_op op = {
		.kind = SIM_OP_READ,
		.what = "try_to_unuse",
		.obj = &k->mms->obj,
		.arg = (uintptr_t)si,
		.enabled = unuse_finds_one,
		.spins = true,
	};

	sim_point(k->sim, &op);
}

static int try_to_unuse(struct kernel *k, struct swap_info *si)
{
	struct vm_area_struct *vma;
	struct mm_struct *mm;
	int err = 0;

	while (!err && si->inuse) {
		for (mm = k->mms; mm && !err; mm = mm->next_mm) {
			mmap_read_lock(mm);
			for (vma = mm->mmap; vma && !err; vma = vma->next)
				err = unuse_vma(vma, si);
			mmap_read_unlock(mm);
		}
		if (k->prof->swapoff_minds_uffd_wp)
			sim_yield(k->sim, SIM_OP_READ, "try_to_unuse");
		else
			unuse_spins(k, si);
		touch_swaps(k, SIM_READ);
	}
	return err;
}

int64_t sys_swapoff(struct task_struct *t, const char *name)
{
	struct kernel *k = t->process->k;
	struct swap_info *si;
	int err;

	if (!capable(t))
		return -EPERM;
	sim_yield(k->sim, SIM_OP_WRITE, "swapoff");
	touch_swaps(k, SIM_WRITE);
	si = find_swap(k, name);
	if (!si)
		return -EINVAL;
	if (!si->writeok)
		return -EINVAL; /* somebody else is at it */
	si->writeok = false;
	err = try_to_unuse(k, si);
	touch_swaps(k, SIM_WRITE);
	si->writeok = err;
	if (!err)
		LL_DELETE(k->swaps, si);
	return err;
}

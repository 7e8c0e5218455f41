/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mmap_lock.c - the lock of an address space and the locks of its VMAs
 *
 * mmap_lock held for reading keeps every VMA and the list of them as they are;
 * held for writing it allows to change a VMA after vma_start_write() on it.
 * A VMA's own lock, taken for reading by a lockless lookup, keeps that VMA as
 * it is without mmap_lock.  Write locks of VMAs are not given back one by one:
 * all end when mmap_lock is released or downgraded, by a step of mm_lock_seq.
 */
#include <utlist.h>

#include "mm-model/internal.h"

void mmap_init_lock(struct mm_struct *mm)
{
	init_rwsem(mm_sim(mm), &mm->mmap_lock, "mmap_lock");
	mm->mm_lock_seq = 1;
}

void mmap_read_lock(struct mm_struct *mm)
{
	down_read(&mm->mmap_lock);
}

bool mmap_read_trylock(struct mm_struct *mm)
{
	return down_read_trylock(&mm->mmap_lock);
}

/*
 * Giving back a read lock is part of the step before it: nobody can see that it
 * is still held, only wait for it (there is no write trylock), so nothing can
 * come in between that could not as well come before that step.
 */
void mmap_read_unlock(struct mm_struct *mm)
{
	up_read_in_step(&mm->mmap_lock);
}

int mmap_write_lock_killable(struct mm_struct *mm)
{
	return down_write_killable(&mm->mmap_lock);
}

void mmap_write_lock(struct mm_struct *mm)
{
	down_write(&mm->mmap_lock);
}

void mmap_write_lock_nested(struct mm_struct *mm, int subclass)
{
	down_write_nested(&mm->mmap_lock, subclass);
}

/* Unlocking step first: the VMA locks end in the step that ends mmap_lock. */
static void vma_end_write_all(struct mm_struct *mm)
{
	struct vm_area_struct *vma;

	if (sim_watches_races(mm_sim(mm)))
		DL_FOREACH(mm->mmap, vma)
			if (vma_is_write_locked(vma))
				sim_sync_release(mm_sim(mm), sim_obj_key(&vma->obj), false);
	mm->mm_lock_seq++;
}

void mmap_write_unlock(struct mm_struct *mm)
{
	sim_yield(mm_sim(mm), SIM_OP_RELEASE, "mmap_write_unlock");
	sim_preempt_disable(mm_sim(mm));
	vma_list_changed(mm);
	vma_end_write_all(mm);
	up_write(&mm->mmap_lock);
	sim_preempt_enable(mm_sim(mm));
}

void mmap_write_downgrade(struct mm_struct *mm)
{
	sim_yield(mm_sim(mm), SIM_OP_RELEASE, "mmap_write_downgrade");
	sim_preempt_disable(mm_sim(mm));
	vma_list_changed(mm);
	vma_end_write_all(mm);
	downgrade_write(&mm->mmap_lock);
	sim_preempt_enable(mm_sim(mm));
}

void mmap_assert_write_locked(const struct mm_struct *mm)
{
	if (!rwsem_is_write_locked_by_me(&mm->mmap_lock))
		sim_bug(mm_sim(mm), SIM_BUG_INVARIANT, "mmap_lock is not held for writing");
}

void vma_list_changed(struct mm_struct *mm)
{
	sim_touch(mm_sim(mm), mm_key(mm), SIM_WRITE);
}

void vma_list_look(struct mm_struct *mm)
{
	sim_touch(mm_sim(mm), mm_key(mm), SIM_READ);
}

/* ------------------------------------------------------------- one VMA's lock */

static uint64_t vma_key(const struct vm_area_struct *vma)
{
	return sim_obj_key(&vma->obj);
}

static uint32_t my_bit(const struct mm_struct *mm)
{
	return sim_head(mm_sim(mm))->running;
}

bool vma_is_write_locked(const struct vm_area_struct *vma)
{
	return vma->vm_lock_seq == vma->mm->mm_lock_seq;
}

void vma_assert_write_locked(const struct vm_area_struct *vma)
{
	sim_obj_check(&vma->obj);
	mmap_assert_write_locked(vma->mm);
	if (!vma_is_write_locked(vma))
		sim_bug(mm_sim(vma->mm), SIM_BUG_INVARIANT, "VMA is changed without its lock");
}

static void add_reader(struct vm_area_struct *vma)
{
	sim_shares(&vma->obj, (unsigned)__builtin_popcount(vma->lock_readers), 1);
	vma->lock_readers |= my_bit(vma->mm);
	sim_sync_acquire(mm_sim(vma->mm), vma_key(vma), true);
	sim_trace_lock(&vma->obj, SIM_HOLD_SHARED, "vma_start_read(vma)");
}

static bool no_readers(const struct sim_thread *t, const struct sim_op *op)
{
	const struct vm_area_struct *vma = (const void *)op->obj;

	return vma->lock_readers == 0;
}

static uint32_t vma_readers(const struct sim_op *op)
{
	const struct vm_area_struct *vma = (const void *)op->obj;

	return vma->lock_readers;
}

void vma_start_write(struct vm_area_struct *vma)
{
	const struct sim_op op = {
		.kind = SIM_OP_ACQUIRE,
		.needs = SIM_NEEDS_EXCLUSIVE,
		.what = "vma_start_write",
		.obj = &vma->obj,
		.enabled = no_readers,
		.holders = vma_readers,
	};

	if (vma_is_write_locked(vma))
		return;
	/* Kernels without VMA locks have nobody to wait for. */
	if (mm_prof(vma->mm)->fault_vma_lock && !vma->detached)
		sim_point(mm_sim(vma->mm), &op);
	sim_obj_check(&vma->obj);
	sim_touch(mm_sim(vma->mm), vma_key(vma), SIM_WRITE);
	vma->vm_lock_seq = vma->mm->mm_lock_seq;
	sim_sync_acquire(mm_sim(vma->mm), vma_key(vma), false);
	if (mm_prof(vma->mm)->fault_vma_lock)
		sim_trace_obj(&vma->obj, "vma_start_write(vma)");
}

struct vm_area_struct *lock_vma_under_rcu(struct mm_struct *mm, uint64_t addr)
{
	struct vm_area_struct *vma;

	sim_yield(mm_sim(mm), SIM_OP_ACQUIRE, "lock_vma_under_rcu");
	sim_touch(mm_sim(mm), mm_key(mm), SIM_READ);
	vma = vma_lookup(mm, addr);
	if (!vma)
		return NULL;
	sim_touch(mm_sim(mm), vma_key(vma), SIM_READ);
	if (vma_is_write_locked(vma) || vma->lock_readers & my_bit(mm))
		return NULL;
	add_reader(vma);
	return vma;
}

void vma_start_read_locked(struct vm_area_struct *vma)
{
	sim_touch(mm_sim(vma->mm), vma_key(vma), SIM_READ);
	if (vma->lock_readers & my_bit(vma->mm))
		sim_bug(mm_sim(vma->mm), SIM_BUG_MISUSE, "VMA read lock taken twice");
	add_reader(vma);
}

/* As with mmap_read_unlock(): writers wait for readers, and nobody else looks. */
void vma_end_read(struct vm_area_struct *vma)
{
	struct sim *sim = mm_sim(vma->mm);

	sim_obj_check(&vma->obj);
	sim_touch(sim, vma_key(vma), SIM_READ);
	if (!(vma->lock_readers & my_bit(vma->mm)))
		sim_bug(sim, SIM_BUG_BAD_UNLOCK, "vma_end_read: not read-locked by this thread");
	sim_shares(&vma->obj, (unsigned)__builtin_popcount(vma->lock_readers), -1);
	vma->lock_readers &= ~my_bit(vma->mm);
	sim_sync_release(sim, vma_key(vma), true);
	sim_trace_lock(&vma->obj, 0, "vma_end_read(vma)");
}

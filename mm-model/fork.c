/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * fork.c - a process and its copy
 *
 * dup_mmap() holds the parent's mmap_lock for writing from the first VMA to the
 * last.  FORK events are prepared in between and delivered after it was dropped,
 * when the child's memory is complete and before the child may run.
 */
#include <utlist.h>

#include "mm-model/cred.h"
#include "mm-model/hugetlb.h"
#include "mm-model/fs.h"
#include "mm-model/process.h"
#include "mm-model/userfaultfd.h"
#include "mm-model/vma.h"

/* One VMA of the parent; 0 or -ENOMEM. */
static int dup_vma(struct mm_struct *mm, struct vm_area_struct *mpnt,
		   struct userfaultfd_fork_ctx **uf)
{
	struct vm_area_struct *tmp;
	int ret;

	tmp = vm_area_dup(mm, mpnt);
	if (!tmp)
		return -ENOMEM;
	/* Nobody else can reach it yet, but what changes a VMA wants to see its lock. */
	tmp->vm_lock_seq = mm->mm_lock_seq;
	ret = hugetlb_vm_op_open(tmp, NULL);
	if (!ret)
		ret = dup_userfaultfd(tmp, uf);
	if (!ret && !(tmp->vm_flags & VM_WIPEONFORK))
		ret = anon_vma_fork(tmp, mpnt);
	if (ret) {
		vm_area_free(tmp);
		return ret;
	}
	tmp->vm_flags &= ~VM_LOCKED_MASK;
	vma_link(mm, tmp);
	if (tmp->vm_flags & VM_WIPEONFORK)
		return 0;
	return copy_page_range(tmp, mpnt);
}

static int dup_mmap(struct mm_struct *mm, struct mm_struct *oldmm, struct userfaultfd_fork_ctx **uf)
{
	struct vm_area_struct *mpnt;
	int ret = mmap_write_lock_killable(oldmm);

	if (ret)
		return ret;
	/* The child's lock is free and unknown to others: no choice for the scheduler. */
	sim_preempt_disable(mm_sim(mm));
	mmap_write_lock_nested(mm, 1);
	sim_preempt_enable(mm_sim(mm));
	for (mpnt = oldmm->mmap; mpnt && !ret; mpnt = mpnt->next) {
		vma_start_write(mpnt);
		if (mm->mmap && mm_prof(mm)->fails == FAILS_FORK)
			ret = -ENOMEM;
		else if (!(mpnt->vm_flags & VM_DONTCOPY))
			ret = dup_vma(mm, mpnt, uf);
	}
	sim_preempt_disable(mm_sim(mm));
	mmap_write_unlock(mm);
	sim_preempt_enable(mm_sim(mm));
	mmap_write_unlock(oldmm);
	return ret;
}

/* Everything the child's mm holds; nobody runs in it. */
static void exit_mmap(struct mm_struct *mm)
{
	struct vm_area_struct *vma, *tmp;

	DL_FOREACH_SAFE(mm->mmap, vma, tmp) {
		sim_preempt_disable(mm_sim(mm));
		unmap_page_range(vma, vma->vm_start, vma->vm_end);
		sim_preempt_enable(mm_sim(mm));
		unlink_file_vma(vma);
		DL_DELETE(mm->mmap, vma);
		mm->map_count--;
		unlink_anon_vmas(vma);
		vm_area_free(vma);
	}
}

static void process_abandon(struct process *p)
{
	struct kernel *k = p->k;

	exit_mmap(p->mm);
	files_put(k, p->files);
	process_free(p);
}

void kernel_close_all(struct task_struct *t)
{
	struct kernel *k = t->process->k;

	for (struct process *p = k->processes; p; p = p->next) {
		/* A borrowed task: nobody else of that process need be able to run. */
		t->process = p;
		t->mm = p->mm;
		for (unsigned fd = 0; fd < p->files->max; fd++)
			sys_close(t, (int)fd);
	}
}

void kernel_exit_all(struct kernel *k)
{
	uint64_t left;

	while (k->processes)
		process_abandon(k->processes);
	evict_disk_files(k);
	if (k->huge_zero_folio) {
		k->huge_zero_folio->flags &= ~PG_ZERO;
		put_page(k->huge_zero_folio);
	}
	left = sim_allocated(k->sim) - k->allocated_at_boot;
	if (left)
		sim_invariant(k->sim, "all processes have ended, but %llu blocks of memory are left",
			      (unsigned long long)left);
}

/* Of VMAs that nobody will use: what they point to goes before them. */
static void forget_contexts(struct mm_struct *mm)
{
	struct vm_area_struct *vma;

	DL_FOREACH(mm->mmap, vma) {
		vma->uffd_ctx = NULL;
		vma->vm_flags &= ~__VM_UFFD_FLAGS;
	}
}

static bool is_watched(const struct mm_struct *mm)
{
	const struct userfaultfd_ctx *ctx;

	LL_FOREACH(mm->k->ctxs, ctx)
		if (ctx->mm == mm)
			return true;
	return false;
}

/* Killed before the child could run.  If its message was read, its mm outlives it. */
static void abandon_child(struct process *p)
{
	if (!is_watched(p->mm)) {
		process_abandon(p);
		return;
	}
	sim_touch(p->k->sim, mm_exited_key(p->mm), SIM_WRITE);
	p->mm->exited = true;
}

int process_reap(struct process *p)
{
	if (is_watched(p->mm))
		return -EBUSY;
	process_abandon(p);
	return 0;
}

int64_t sys_fork(struct task_struct *t, struct process **child)
{
	struct userfaultfd_fork_ctx *uf = NULL;
	struct kernel *k = t->process->k;
	struct process *p;
	int ret;

	sim_yield(k->sim, SIM_OP_READ, "fork");
	p = process_alloc(k, files_dup(k, t->process->files));
	if (!p)
		return -ENOMEM;
	copy_creds(p, t->process);
	ret = dup_mmap(p->mm, t->mm, &uf);
	if (ret && !k->prof->fork_fail_silent) {
		dup_userfaultfd_complete(k, uf);
		abandon_child(p);
		return ret;
	}
	if (ret) {
		forget_contexts(p->mm);
		dup_userfaultfd_fail(k, uf);
		process_abandon(p);
		return ret;
	}
	dup_userfaultfd_complete(k, uf);
	if (fatal_signal_pending(sim_current(k->sim))) {
		abandon_child(p);
		return -EINTR;
	}
	*child = p;
	return p->pid;
}

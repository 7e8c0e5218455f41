/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * process_vm_access.c - process_vm_readv and process_vm_writev, one piece on either side
 *
 * Remote pages are pinned, up to 1024 at a time, and copied from or to the
 * caller's memory while they are.
 */
#include <utlist.h>

#include "mm-model/cred.h"
#include "mm-model/gup.h"
#include "mm-model/vma.h"

#define PVM_MAX_USER_PAGES 1024

struct process_vm {
	struct task_struct *t;
	struct mm_struct *mm; /* the remote one */
	uint64_t local, remote, len;
	bool write;
	struct page **pages;
};

/* What the pinned pages hold of the range, page by page; bytes copied. */
static uint64_t process_vm_rw_pages(struct process_vm *pv, uint64_t bytes)
{
	uint64_t done = 0;

	for (unsigned i = 0; done < bytes; i++) {
		unsigned off = (pv->remote + done) & ~PAGE_MASK;
		uint64_t n = min_u64(bytes - done, PAGE_SIZE - off), left;

		if (pv->write)
			left = copy_page_from_iter(pv->t, pv->local + done, pv->pages[i], off, n);
		else
			left = copy_page_to_iter(pv->t, pv->local + done, pv->pages[i], off, n);
		done += n - left;
		if (left)
			break;
	}
	return done;
}

/* As much as one round of pins covers: bytes copied, or -EFAULT; *@want how many it was to be. */
static int64_t process_vm_rw_round(struct process_vm *pv, uint64_t *want)
{
	uint64_t off = pv->remote & ~PAGE_MASK, nr = page_align(off + pv->len) >> PAGE_SHIFT;
	unsigned flags = FOLL_PIN | FOLL_REMOTE | FOLL_TOUCH | FOLL_UNLOCKABLE |
			 (pv->write ? FOLL_WRITE : 0);
	bool locked = true;
	int64_t pinned;
	uint64_t done;

	mmap_read_lock(pv->mm);
	pinned = get_user_pages_locked(pv->t, pv->mm, pv->remote & PAGE_MASK,
				       min_u64(nr, PVM_MAX_USER_PAGES), flags, pv->pages, &locked);
	if (locked)
		mmap_read_unlock(pv->mm);
	if (pinned <= 0)
		return -EFAULT;
	*want = min_u64(pinned * PAGE_SIZE - off, pv->len);
	done = process_vm_rw_pages(pv, *want);
	put_user_pages(pv->pages, pinned, flags);
	return done;
}

static int64_t process_vm_rw_core(struct process_vm *pv)
{
	int64_t total = 0;

	while (pv->len) {
		uint64_t want = 0;
		int64_t n = process_vm_rw_round(pv, &want);

		if (n > 0) {
			total += n;
			pv->local += n;
			pv->remote += n;
			pv->len -= n;
		}
		if (n < 0 || (uint64_t)n < want)
			return total ? total : -EFAULT;
	}
	return total;
}

static struct process *find_process(struct task_struct *t, int pid)
{
	struct process *p;

	sim_touch(t->process->k->sim, sim_key(MM_CLASS_PID, 0, 0), SIM_READ);
	LL_FOREACH(t->process->k->processes, p)
		if (pid > 0 && p->pid == (unsigned)pid)
			return p;
	return NULL;
}

static int64_t process_vm_rw(struct task_struct *t, int pid, uint64_t local, uint64_t remote,
			     uint64_t len, bool write)
{
	struct process_vm pv = { t, NULL, local, remote, len, write, NULL };
	struct sim *sim = t->process->k->sim;
	const size_t size = PVM_MAX_USER_PAGES * sizeof(*pv.pages);
	struct process *p;
	int64_t ret;

	sim_yield(sim, SIM_OP_READ, write ? "process_vm_writev" : "process_vm_readv");
	if ((int64_t)len < 0)
		return -EINVAL;
	if (!access_ok(local, len))
		return -EFAULT;
	if (!len)
		return 0;
	p = find_process(t, pid);
	if (!p)
		return -ESRCH;
	ret = ptrace_may_access(t, p);
	if (ret)
		return ret;
	pv.mm = p->mm;
	pv.pages = sim_zalloc(sim, size);
	if (!pv.pages)
		return -ENOMEM;
	ret = process_vm_rw_core(&pv);
	sim_free(sim, pv.pages, size);
	return ret;
}

int64_t sys_process_vm_readv(struct task_struct *t, int pid, uint64_t local, uint64_t remote,
			     uint64_t len)
{
	return process_vm_rw(t, pid, local, remote, len, false);
}

int64_t sys_process_vm_writev(struct task_struct *t, int pid, uint64_t local, uint64_t remote,
			      uint64_t len)
{
	return process_vm_rw(t, pid, local, remote, len, true);
}

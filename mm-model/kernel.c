/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * kernel.c - a simulated kernel, its processes and tasks
 */
#include <utlist.h>

#include "mm-model/file.h"
#include "mm-model/hugetlb.h"
#include "mm-model/process.h"
#include "mm-model/tlb.h"

static uint64_t pid_key(void)
{
	return sim_key(MM_CLASS_PID, 0, 0);
}

static void check_model(void *root)
{
	mm_check(root);
}

static struct mm_struct *mm_alloc(struct kernel *k)
{
	struct mm_struct *mm = sim_zalloc(k->sim, sizeof(*mm));

	if (!mm)
		return NULL;
	sim_obj_init(k->sim, &mm->obj, (enum sim_class)MM_CLASS_MM, "mm");
	mm->k = k;
	mm->prof = k->prof;
	mm->tlb = k->prof->tlb;
	mmap_init_lock(mm);
	spin_lock_init(k->sim, &mm->ptl, "ptl", SIM_SPIN_FINE);
	if (mm_init_pgd(mm)) {
		sim_free(k->sim, mm, sizeof(*mm));
		return NULL;
	}
	mm->next_mm = k->mms;
	k->mms = mm;
	return mm;
}

static void mm_free(struct mm_struct *mm)
{
	struct mm_struct **p = &mm->k->mms;

	while (*p != mm)
		p = &(*p)->next_mm;
	*p = mm->next_mm;
	mm_free_pgd(mm);
	sim_obj_fini(&mm->obj);
	sim_free(mm->k->sim, mm, sizeof(*mm));
}

struct process *process_alloc(struct kernel *k, struct files_struct *files)
{
	struct process *p = files ? sim_zalloc(k->sim, sizeof(*p)) : NULL;

	if (p)
		p->mm = mm_alloc(k);
	if (!p || !p->mm) {
		if (p)
			sim_free(k->sim, p, sizeof(*p));
		if (files)
			files_put(k, files);
		return NULL;
	}
	sim_touch(k->sim, pid_key(), SIM_WRITE);
	p->k = k;
	p->files = files;
	p->mm->owner = p;
	p->id = k->next_process++;
	p->pid = ++k->next_tid;
	LL_APPEND(k->processes, p);
	return p;
}

void process_free(struct process *p)
{
	struct kernel *k = p->k;

	LL_DELETE(k->processes, p);
	mm_free(p->mm);
	sim_free(k->sim, p, sizeof(*p));
}

static struct page *zero_page_alloc(struct kernel *k)
{
	struct page *page = alloc_page(k);

	if (page)
		page->flags |= PG_ZERO;
	return page;
}

struct kernel *kernel_create(struct sim *sim, const struct profile *prof)
{
	struct kernel *k = sim_zalloc(sim, sizeof(*k));

	if (!k)
		return NULL;
	k->sim = sim;
	k->prof = prof;
	k->next_tid = 99;
	k->unmapped_base = ARENA_BASE;
	k->zero_page = zero_page_alloc(k);
	k->hstate = hstate_alloc(k);
	k->allocated_at_boot = sim_allocated(sim);
	if (!k->zero_page || !k->hstate || !process_alloc(k, files_alloc(k)))
		return NULL;
	k->processes->cred.dumpable = true;
	sim_set_model(sim, k, check_model);
	return k;
}

struct kernel *kernel_of(struct sim *sim)
{
	return sim_model(sim);
}

struct process *kernel_init_process(struct kernel *k)
{
	return k->processes;
}

void kernel_set_layout(struct kernel *k, const struct mmap_layout *layout)
{
	k->layout = *layout;
}

struct task_struct *task_create(struct process *p, const char *comm)
{
	/* A thread of the scenario: no call of its program makes it. */
	struct task_struct *t = sim_zalloc_outside(p->k->sim, sizeof(*t));
	bool no_memory;

	if (!t)
		return NULL;
	t->process = p;
	t->mm = p->mm;
	t->tlb = tlb_alloc(p->k, p->mm, &no_memory);
	if (no_memory)
		return NULL;
	t->comm = comm;
	sim_touch(p->k->sim, pid_key(), SIM_WRITE);
	t->tid = ++p->k->next_tid;
	sim_ignore(p->k->sim, &t->min_flt, sizeof(t->min_flt));
	sim_ignore(p->k->sim, &t->maj_flt, sizeof(t->maj_flt));
	return t;
}

struct process *task_process(const struct task_struct *t)
{
	return t->process;
}

unsigned process_id(const struct process *p)
{
	return p->id;
}

bool task_remembers(const struct task_struct *t)
{
	return t->tlb;
}

uint64_t task_faults(const struct task_struct *t)
{
	return t->min_flt + t->maj_flt;
}

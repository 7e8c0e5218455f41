/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * unmapped_area.c - where a mapping goes
 */
#include "mm-model/vma.h"

static uint64_t layout_key(void)
{
	return sim_key(MM_CLASS_LAYOUT, 0, 0);
}

static uint64_t next_slot(uint64_t end)
{
	return (end + PAGE_SIZE + PMD_SIZE - 1) & ~(PMD_SIZE - 1);
}

/* Upwards from the arena's begin; a place that is in use is passed over. */
static int64_t default_layout_get(struct mm_struct *mm, uint64_t len)
{
	struct kernel *k = mm->k;
	uint64_t addr = k->unmapped_base ? k->unmapped_base : ARENA_BASE;
	struct vm_area_struct *vma;

	sim_touch(k->sim, layout_key(), SIM_WRITE);
	while (addr <= TASK_SIZE - len) {
		vma = find_vma_intersection(mm, addr - PAGE_SIZE, addr + len + PAGE_SIZE);
		if (!vma)
			return addr;
		addr = next_slot(vma->vm_end);
	}
	return -ENOMEM;
}

int64_t get_unmapped_area(struct mm_struct *mm, uint64_t hint, uint64_t len)
{
	const struct mmap_layout *layout = &mm->k->layout;

	if (len > TASK_SIZE)
		return -ENOMEM;
	hint &= PAGE_MASK;
	if (hint && hint <= TASK_SIZE - len && !find_vma_intersection(mm, hint, hint + len))
		return hint;
	if (layout->get)
		return layout->get(layout->ctx, mm->owner, len);
	return default_layout_get(mm, len);
}

void unmapped_area_used(struct mm_struct *mm, uint64_t addr, uint64_t len)
{
	struct kernel *k = mm->k;

	if (k->layout.get) {
		if (k->layout.used)
			k->layout.used(k->layout.ctx, mm->owner, addr, len);
		return;
	}
	sim_touch(k->sim, layout_key(), SIM_WRITE);
	k->unmapped_base = next_slot(addr + len);
}

int check_fixed_area(uint64_t addr, uint64_t len)
{
	/* The chosen address is handed on where an errno may stand: there it is one. */
	if (len <= TASK_SIZE && addr > (uint64_t)-PAGE_SIZE)
		return (int)addr;
	if (len > TASK_SIZE || addr > TASK_SIZE - len)
		return -ENOMEM;
	return offset_in_page(addr) ? -EINVAL : 0;
}

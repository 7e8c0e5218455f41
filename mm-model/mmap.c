/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mmap.c - mmap and munmap
 *
 * What a mapping replaces is gathered first: edges split, UNMAP events begun.
 * Up to there a failure leaves the memory as it was, splits and events apart.
 */
#include <utlist.h>

#include "mm-model/fs.h"
#include "mm-model/gup.h"
#include "mm-model/hugetlb.h"
#include "mm-model/vma.h"

/** More than this is refused by overcommit or not, depending on the machine. */
#define MAX_MODELLED_LEN (1ULL << 40)

/* -------------------------------------------------------------------- removing */

/** VMAs on their way out. */
struct vma_munmap_struct {
	struct mm_struct *mm;
	uint64_t start, end;
	uint64_t unmap_start, unmap_end; /* no VMA is left in here: page tables can go */
	bool any;
	struct userfaultfd_unmap_ctx **uf;
	struct vm_area_struct *detached;
};

/* Before 6.3 the events began when all splits had been made. */
static int old_unmap_prep(const struct vma_munmap_struct *vms)
{
	struct vm_area_struct *vma = find_vma_intersection(vms->mm, vms->start, vms->end);
	int err = 0;

	for (; !err && vma && vma->vm_start < vms->end; vma = vma->next)
		err = userfaultfd_unmap_prep(vma, vms->start, vms->end, vms->uf);
	return err;
}

/* Split the VMAs at both ends, write-lock all, begin the events. */
static int vms_gather_munmap_vmas(struct vma_munmap_struct *vms)
{
	struct vm_area_struct *vma = find_vma_intersection(vms->mm, vms->start, vms->end);
	const bool each = mm_prof(vms->mm)->unmap_event_each;
	struct vm_area_struct *prev;
	int err;

	if (vma && vms->start > vma->vm_start) {
		if (vma_is_sealed(vma))
			return -EPERM;
		err = __split_vma(vma, vms->start, true);
		if (err)
			return err;
	}
	prev = vma ? vma_prev(vma) : NULL;
	vms->unmap_start = prev ? prev->vm_end : 0;
	vms->any = vma;
	for (; vma && vma->vm_start < vms->end; vma = vma->next) {
		if (vma_is_sealed(vma))
			return -EPERM;
		if (vma->vm_end > vms->end) {
			err = __split_vma(vma, vms->end, false);
			if (err)
				return err;
		}
		vma_start_write(vma);
		err = each ? userfaultfd_unmap_prep(vma, vms->start, vms->end, vms->uf) : 0;
		if (err)
			return err;
	}
	vms->unmap_end = vma ? vma->vm_start : TASK_SIZE;
	return each ? 0 : old_unmap_prep(vms);
}

/* The point of no return: nobody finds the VMAs any more. */
static void vms_detach(struct vma_munmap_struct *vms)
{
	struct mm_struct *mm = vms->mm;
	struct vm_area_struct *vma;

	sim_preempt_disable(mm_sim(mm));
	while ((vma = find_vma_intersection(mm, vms->start, vms->end))) {
		vma_detach(vma);
		DL_APPEND(vms->detached, vma);
	}
	sim_preempt_enable(mm_sim(mm));
}

/* Free the tables that only the range had, but look no further than its edges. */
static void vms_free_pgtables(const struct vma_munmap_struct *vms)
{
	uint64_t floor = vms->start & ~(PMD_SIZE - 1);
	uint64_t ceiling = (vms->end + PMD_SIZE - 1) & ~(PMD_SIZE - 1);

	if (vms->any)
		free_pgtables(vms->mm, max_u64(floor, vms->unmap_start),
			      min_u64(ceiling, vms->unmap_end));
}

static void vms_free_vmas(struct vma_munmap_struct *vms)
{
	struct vm_area_struct *vma, *tmp;

	DL_FOREACH_SAFE(vms->detached, vma, tmp) {
		DL_DELETE(vms->detached, vma);
		unlink_file_vma(vma);
		vm_area_free(vma);
	}
}

static int do_vmi_align_munmap(struct mm_struct *mm, uint64_t start, uint64_t end,
			       struct userfaultfd_unmap_ctx **uf, bool unlock)
{
	struct vma_munmap_struct vms = { .mm = mm, .start = start, .end = end, .uf = uf };
	struct vm_area_struct *vma;
	int err = vms_gather_munmap_vmas(&vms);

	if (err)
		return err;
	vms_detach(&vms);
	if (unlock)
		mmap_write_downgrade(mm);
	DL_FOREACH(vms.detached, vma)
		unmap_page_range(vma, vma->vm_start, vma->vm_end);
	vms_free_pgtables(&vms);
	vms_free_vmas(&vms);
	if (unlock)
		mmap_read_unlock(mm);
	return 0;
}

int do_vmi_munmap(struct mm_struct *mm, uint64_t start, uint64_t len,
		  struct userfaultfd_unmap_ctx **uf, bool unlock)
{
	uint64_t end;

	mmap_assert_write_locked(mm);
	if (offset_in_page(start) || start > TASK_SIZE || len > TASK_SIZE - start)
		return -EINVAL;
	end = start + page_align(len);
	if (end == start)
		return -EINVAL;
	if (find_vma_intersection(mm, start, end))
		return do_vmi_align_munmap(mm, start, end, uf, unlock);
	if (unlock)
		mmap_write_unlock(mm);
	return 0;
}

int do_munmap(struct mm_struct *mm, uint64_t start, uint64_t len, struct userfaultfd_unmap_ctx **uf)
{
	return do_vmi_munmap(mm, start, len, uf, false);
}

int64_t sys_munmap(struct task_struct *t, uint64_t addr, uint64_t len)
{
	struct userfaultfd_unmap_ctx *uf = NULL;
	struct mm_struct *mm = t->mm;
	int ret;

	if (mmap_write_lock_killable(mm))
		return -EINTR;
	ret = do_vmi_munmap(mm, addr, len, &uf, true);
	if (ret)
		mmap_write_unlock(mm);
	userfaultfd_unmap_complete(mm, uf);
	return ret;
}

/* --------------------------------------------------------------------- mapping */

/* Private writable memory is charged, unless it was asked not to be. */
static bool accountable_mapping(vm_flags_t flags)
{
	return (flags & (VM_NORESERVE | VM_SHARED | VM_WRITE | VM_HUGETLB)) == VM_WRITE;
}

/* Somebody wants to know when a shared page is first written to. */
static bool vma_wants_writenotify(const struct vm_area_struct *vma)
{
	return (vma->vm_ops && vma->vm_ops->page_mkwrite) ||
	       (userfaultfd_wp(vma) && mm_prof(vma->mm)->wp_wants_writenotify) ||
	       (vma_soft_dirty_enabled(vma) && !is_vm_hugetlb_page(vma));
}

static bool shared_writable(const struct vm_area_struct *vma)
{
	return (vma->vm_flags & (VM_SHARED | VM_WRITE)) == (VM_SHARED | VM_WRITE);
}

void vma_set_page_prot(struct vm_area_struct *vma)
{
	vma->vm_page_prot_w = shared_writable(vma) && !vma_wants_writenotify(vma);
}

/*
 * For a shared mapping the question is put to a template that still is the old
 * one.  Unless it is the file system that wants to know, the answer is no then.
 */
bool vma_wants_manual_pte_write_upgrade(const struct vm_area_struct *vma)
{
	if (vma->vm_flags & VM_SHARED)
		return shared_writable(vma) && vma->vm_ops->page_mkwrite;
	return vma->vm_flags & VM_WRITE;
}

/** What do_mmap() found out: where, what, and of which file. */
struct mmap_state {
	struct mm_struct *mm;
	uint64_t addr, len, pgoff;
	vm_flags_t vm_flags;
	struct file *file;
	struct userfaultfd_unmap_ctx **uf;
};

static struct vm_area_struct *mmap_merge(const struct mmap_state *map)
{
	struct mm_struct *mm = map->mm;
	struct vm_area_struct *next = find_vma(mm, map->addr);
	struct vma_merge_struct vmg = {
		.mm = mm,
		.next = next,
		.start = map->addr,
		.end = map->addr + map->len,
		.pgoff = map->pgoff,
		.vm_flags = map->vm_flags,
		.file = map->file,
		.next_first = mm_prof(mm)->mmap_merges_next_first,
	};

	if (next)
		vmg.prev = vma_prev(next);
	else
		vmg.prev = mm->mmap ? mm->mmap->prev : NULL;
	return vma_merge_new_range(&vmg);
}

/* Who provides the pages: the file, a file made for the purpose, or nobody. */
static int mmap_set_file(const struct mmap_state *map, struct vm_area_struct *vma)
{
	if (!map->file)
		return map->vm_flags & VM_SHARED ? shmem_zero_setup(vma) : 0;
	get_file(map->file);
	vma->vm_file = map->file;
	return map->file->f_op->mmap(map->file, vma);
}

static int mmap_new_vma(const struct mmap_state *map)
{
	struct vm_area_struct *vma = vm_area_alloc(map->mm);
	int err;

	if (!vma)
		return -ENOMEM;
	vma->vm_start = map->addr;
	vma->vm_end = map->addr + map->len;
	vma->vm_pgoff = map->pgoff;
	vma->vm_flags = map->vm_flags;
	err = mmap_set_file(map, vma);
	if (err) {
		vm_area_free(vma);
		return err;
	}
	if (!vma_supports_mlock(vma))
		vma->vm_flags &= ~VM_LOCKED_MASK;
	vma_link(map->mm, vma);
	vma_set_page_prot(vma);
	return 0;
}

static int mmap_region(struct mmap_state *map)
{
	struct mm_struct *mm = map->mm;
	uint64_t addr = map->addr, end = addr + map->len;
	struct vma_munmap_struct vms = { .mm = mm, .start = addr, .end = end, .uf = map->uf };
	struct vm_area_struct *vma;
	int err;

	err = vms_gather_munmap_vmas(&vms);
	if (err)
		return mm_prof(mm)->map_fixed_says_why ? err : -ENOMEM;
	if (accountable_mapping(map->vm_flags))
		map->vm_flags |= VM_ACCOUNT;
	for (vma = find_vma(mm, addr); vma && vma->vm_start < end; vma = vma->next)
		unmap_page_range(vma, vma->vm_start, vma->vm_end);
	vms_free_pgtables(&vms);
	/* From here on a failure leaves a hole, as the contents are gone already. */
	vms_detach(&vms);
	vms_free_vmas(&vms);
	vma = mmap_merge(map);
	if (vma) {
		vma->vm_flags |= map->vm_flags & VM_STICKY;
		vma_set_page_prot(vma);
	} else {
		err = mmap_new_vma(map);
	}
	return err;
}

static vm_flags_t calc_vm_flags(const struct mm_struct *mm, uint64_t prot, uint64_t flags)
{
	vm_flags_t ret = VM_MAYREAD | VM_MAYWRITE | VM_MAYEXEC;

	ret |= prot & PROT_READ ? VM_READ : 0;
	ret |= prot & PROT_WRITE ? VM_WRITE : 0;
	ret |= prot & PROT_EXEC ? VM_EXEC : 0;
	ret |= flags & MAP_NORESERVE ? VM_NORESERVE : 0;
	ret |= flags & MAP_LOCKED ? VM_LOCKED : 0;
	ret |= flags & MAP_GROWSDOWN ? VM_GROWSDOWN : 0;
	ret |= flags & MAP_SYNC ? VM_SYNC : 0;
	/* Whatever is new counts as written, and makes what it is merged with count so, too. */
	ret |= mm_prof(mm)->soft_dirty ? VM_SOFTDIRTY : 0;
	/* Stacks get no huge pages. */
	if (flags & MAP_STACK && mm_prof(mm)->map_stack_small_pages)
		ret |= VM_NOHUGEPAGE;
	return ret;
}

/** The flags that MAP_SHARED_VALIDATE takes for known. */
#define LEGACY_MAP_MASK \
	(MAP_SHARED_VALIDATE | MAP_FIXED | MAP_ANONYMOUS | MAP_GROWSDOWN | MAP_LOCKED | \
	 MAP_NORESERVE | MAP_POPULATE | MAP_NONBLOCK | MAP_STACK | MAP_HUGETLB | 0x7c0018c0)

/* Are these pages within what the file can have? */
static bool file_mmap_ok(const struct file *file, uint64_t pgoff, uint64_t len)
{
	uint64_t maxsize = file->f_op->setattr ? MAX_LFS_FILESIZE : UINT64_MAX;

	return len <= maxsize && pgoff <= (maxsize - len) >> PAGE_SHIFT;
}

/* The kind of mapping against how the file was opened; map->vm_flags are completed. */
static int check_file_type(struct mmap_state *map, uint64_t prot, uint64_t flags)
{
	bool writable;

	switch (flags & MAP_TYPE) {
	case MAP_SHARED_VALIDATE:
		if (!mm_has(map->mm, HAS_MAP_SHARED_VALIDATE))
			return -EINVAL;
		if (flags & ~(uint64_t)LEGACY_MAP_MASK)
			return -EOPNOTSUPP;
		__attribute__((fallthrough));
	case MAP_SHARED:
		/* Of a pipe it is the end that is read from. */
		writable = map->file->writable && map->file->f_op != &pipefifo_fops;
		if (prot & PROT_WRITE && !writable)
			return -EACCES;
		map->vm_flags |= VM_SHARED | VM_MAYSHARE;
		if (!writable)
			map->vm_flags &= ~(VM_MAYWRITE | VM_SHARED);
		return 0;
	case MAP_PRIVATE:
		return 0;
	default:
		return -EINVAL;
	}
}

static int check_file(struct mmap_state *map, uint64_t prot, uint64_t flags)
{
	struct file *file = map->file;
	int err;

	if (!file_mmap_ok(file, map->pgoff, map->len))
		return -EOVERFLOW;
	err = check_file_type(map, prot, flags);
	if (err)
		return err;
	if (!file->readable)
		return -EACCES;
	if (file->noexec && prot & PROT_EXEC)
		return -EPERM;
	if (file->noexec)
		map->vm_flags &= ~VM_MAYEXEC;
	if (!file->f_op->mmap)
		return -ENODEV;
	return flags & MAP_GROWSDOWN ? -EINVAL : 0;
}

/* Where the mapping goes, or an errno; *@chosen if the layout had to choose. */
static int64_t mmap_address(const struct mmap_state *map, uint64_t addr, uint64_t flags,
			    bool *chosen)
{
	bool huge = is_file_hugepages(map->file);
	struct mm_struct *mm = map->mm;
	uint64_t len = map->len;
	int64_t ret;

	if (!mm_has(mm, HAS_MAP_FIXED_NOREPLACE))
		flags &= ~(uint64_t)MAP_FIXED_NOREPLACE;
	if (flags & (MAP_FIXED | MAP_FIXED_NOREPLACE)) {
		/* A length that fits nowhere is found before the file is asked about the address. */
		bool odd = huge && len <= TASK_SIZE && !huge_aligned(addr);
		int err = odd ? -EINVAL : check_fixed_area(addr, len);

		if (err)
			return err;
		if (flags & MAP_FIXED_NOREPLACE && find_vma_intersection(mm, addr, addr + len))
			return -EEXIST;
		return addr;
	}
	addr &= PAGE_MASK;
	if (addr && addr < MMAP_MIN_ADDR)
		addr = MMAP_MIN_ADDR;
	if (huge)
		addr = huge_align(addr);
	ret = get_unmapped_area(mm, addr, len);
	*chosen = ret >= 0 && (uint64_t)ret != addr;
	return ret;
}

/* What else there is to say about the flags once the address is settled. */
static int check_anon_flags(struct mmap_state *map, uint64_t flags)
{
	switch (flags & MAP_TYPE) {
	case MAP_SHARED:
		if (flags & MAP_GROWSDOWN)
			return -EINVAL;
		map->pgoff = 0;
		map->vm_flags |= VM_SHARED | VM_MAYSHARE;
		break;
	case MAP_PRIVATE:
		map->pgoff = map->addr >> PAGE_SHIFT;
		break;
	case MAP_DROPPABLE:
		if (!mm_has(map->mm, HAS_MAP_DROPPABLE) ||
		    flags & (MAP_LOCKED | MAP_HUGETLB | MAP_GROWSDOWN))
			return -EINVAL;
		map->pgoff = map->addr >> PAGE_SHIFT;
		map->vm_flags |= VM_DROPPABLE | VM_NORESERVE | VM_WIPEONFORK | VM_DONTDUMP;
		break;
	default:
		return -EINVAL;
	}
	return 0;
}

/* With mmap_lock held for writing; @map: mm, len, pgoff, file and uf. */
static int64_t do_mmap(struct task_struct *t, struct mmap_state *map, uint64_t addr, uint64_t prot,
		       uint64_t flags)
{
	struct mm_struct *mm = map->mm;
	bool chosen = false;
	int64_t ret;
	int err;

	if (!map->len)
		return -EINVAL;
	map->len = page_align(map->len);
	if (!map->len)
		return -ENOMEM;
	if (map->pgoff + (map->len >> PAGE_SHIFT) < map->pgoff)
		return -EOVERFLOW;
	ret = mmap_address(map, addr, flags, &chosen);
	if (ret < 0)
		return ret;
	map->addr = ret;
	map->vm_flags = calc_vm_flags(mm, prot, flags);
	if (is_file_hugepages(map->file))
		map->vm_flags |= VM_HUGETLB | VM_DONTEXPAND;
	if (flags & MAP_LOCKED && !mlock_future_ok(t, map->len))
		return -EAGAIN;
	err = map->file ? check_file(map, prot, flags) : check_anon_flags(map, flags);
	if (!err && map->len > MAX_MODELLED_LEN)
		sim_unmodelled(mm_sim(mm), "a mapping of more than 1 TiB");
	if (!err)
		err = mmap_region(map);
	if (err)
		return err;
	if (chosen)
		unmapped_area_used(mm, map->addr, map->len);
	return map->addr;
}

/* The rest of mmap() once the file is known. */
static int64_t vm_mmap_pgoff(struct task_struct *t, struct file *file, uint64_t addr, uint64_t len,
			     uint64_t prot, uint64_t flags, uint64_t pgoff)
{
	struct userfaultfd_unmap_ctx *uf = NULL;
	struct mm_struct *mm = t->mm;
	struct mmap_state map = { .mm = mm, .len = len, .pgoff = pgoff, .file = file, .uf = &uf };
	int64_t ret;

	if (mmap_write_lock_killable(mm))
		return -EINTR;
	ret = do_mmap(t, &map, addr, prot, flags);
	mmap_write_unlock(mm);
	userfaultfd_unmap_complete(mm, uf);
	if (ret >= 0 &&
	    (flags & MAP_LOCKED || (flags & (MAP_POPULATE | MAP_NONBLOCK)) == MAP_POPULATE))
		mm_populate(t, ret, page_align(len), true);
	return ret;
}

#define MAP_HUGE_SHIFT 26
#define MAP_HUGE_MASK  0x3f

/* The file that is mapped, if any, with a reference; an ERR_PTR.  Huge pages round the length. */
static struct file *mmap_file(struct task_struct *t, uint64_t flags, int fd, uint64_t *len)
{
	struct file *file;

	if (flags & MAP_ANONYMOUS) {
		int err = 0;

		if (!(flags & MAP_HUGETLB))
			return NULL;
		err = hstate_sizelog(t->mm->k, flags >> MAP_HUGE_SHIFT & MAP_HUGE_MASK);
		if (err)
			return ERR_PTR(err);
		*len = huge_align(*len);
		file = hugetlb_file_setup(t->mm->k, *len);
		return file ? file : ERR_PTR(-ENOMEM);
	}
	file = fget(t->process->files, fd);
	if (!file)
		return ERR_PTR(-EBADF);
	if (is_file_hugepages(file)) {
		*len = huge_align(*len);
	} else if (flags & MAP_HUGETLB) {
		fput(file);
		return ERR_PTR(-EINVAL);
	}
	return file;
}

int64_t sys_mmap(struct task_struct *t, uint64_t addr, uint64_t len, uint64_t prot, uint64_t flags,
		 int fd, uint64_t off)
{
	struct file *file;
	int64_t ret;

	if (offset_in_page(off))
		return -EINVAL;
	file = mmap_file(t, flags, fd, &len);
	if (IS_ERR(file))
		return PTR_ERR(file);
	ret = vm_mmap_pgoff(t, file, addr, len, prot, flags, off >> PAGE_SHIFT);
	if (file)
		fput(file);
	return ret;
}

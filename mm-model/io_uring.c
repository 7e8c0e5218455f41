/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * io_uring.c - registered buffers: pins that outlive the call
 *
 * Of a ring nothing else is modelled.  As the device that will write to the
 * pages does not ask the page tables, they are pinned for writing and for long.
 */
#include "mm-model/cred.h"
#include "mm-model/file.h"
#include "mm-model/fs.h"
#include "mm-model/gup.h"
#include "mm-model/hugetlb.h"
#include "mm-model/vma.h"

#define IORING_MAX_ENTRIES       32768u
#define IORING_REGISTER_BUFFERS  0u
#define IORING_UNREGISTER_BUFFERS 1u
#define IORING_REGISTER_LAST     37u
#define BUFFER_MAX               (1ULL << 30)
#define BUFFER_FLAGS             (FOLL_PIN | FOLL_WRITE | FOLL_LONGTERM)

struct io_ring_ctx {
	struct mutex uring_lock;
	bool registered;
	uint64_t nr_pages; /* 0: a place for a buffer, and none there */
	struct page **pages;
};

static void unregister_buffer(struct sim *sim, struct io_ring_ctx *ring)
{
	if (ring->pages) {
		put_user_pages(ring->pages, ring->nr_pages, BUFFER_FLAGS);
		sim_free(sim, ring->pages, ring->nr_pages * sizeof(*ring->pages));
	}
	ring->registered = false;
	ring->pages = NULL;
	ring->nr_pages = 0;
}

static int buffer_validate(const struct mm_struct *mm, uint64_t addr, uint64_t len)
{
	/* The copy of the iovec refuses it. */
	if ((int64_t)len < 0 && mm_prof(mm)->uring_huge_len_einval)
		return -EINVAL;
	if (!addr)
		return len ? -EFAULT : 0;
	if (!len || len > BUFFER_MAX)
		return -EFAULT;
	return addr + page_align(len) < addr ? -EOVERFLOW : 0;
}

/* A file that is not memory; mmap_lock held for reading. */
static bool file_backed(struct mm_struct *mm, uint64_t addr, uint64_t len)
{
	const struct vm_area_struct *vma = find_vma_intersection(mm, addr, addr + len);

	for (; vma && vma->vm_start < addr + len; vma = vma->next)
		if (vma->vm_file && !vma_is_shmem(vma) && !is_vm_hugetlb_page(vma))
			return true;
	return false;
}

/* Before 6.5 with mmap_lock held: what has to wait fails.  And files are refused. */
static int64_t old_pin_pages(struct task_struct *t, uint64_t addr, uint64_t len, uint64_t nr,
			     struct page **pages)
{
	bool locked = true;
	int64_t pinned;

	mmap_read_lock(t->mm);
	pinned = get_user_pages_locked(t, t->mm, addr & PAGE_MASK, nr, BUFFER_FLAGS | FOLL_TOUCH,
				       pages, &locked);
	if (pinned == (int64_t)nr && file_backed(t->mm, addr, len)) {
		put_user_pages(pages, pinned, BUFFER_FLAGS);
		pinned = -EOPNOTSUPP;
	}
	mmap_read_unlock(t->mm);
	return pinned;
}

/* All pages or none. */
static int pin_buffer(struct task_struct *t, struct io_ring_ctx *ring, uint64_t addr, uint64_t len)
{
	struct sim *sim = t->process->k->sim;
	uint64_t nr = (page_align(addr + len) >> PAGE_SHIFT) - (addr >> PAGE_SHIFT);
	struct page **pages;
	int64_t pinned;

	if (!capable(t) && nr > MEMLOCK_LIMIT >> (PAGE_SHIFT + 1))
		sim_unmodelled(sim, "what an unprivileged user may pin");
	pages = sim_zalloc(sim, nr * sizeof(*pages));
	if (!pages)
		return -ENOMEM;
	pinned = mm_prof(t->mm)->uring_pins_fast ?
			 get_user_pages_fast(t, addr, nr, BUFFER_FLAGS, pages) :
			 old_pin_pages(t, addr, len, nr, pages);
	if (pinned == (int64_t)nr) {
		ring->pages = pages;
		ring->nr_pages = nr;
		return 0;
	}
	if (pinned > 0)
		put_user_pages(pages, pinned, BUFFER_FLAGS);
	sim_free(sim, pages, nr * sizeof(*pages));
	return pinned < 0 ? pinned : -EFAULT;
}

static int register_buffer(struct task_struct *t, struct io_ring_ctx *ring, uint64_t addr,
			   uint64_t len)
{
	int ret;

	if (ring->registered)
		return -EBUSY;
	ret = buffer_validate(t->mm, addr, len);
	if (!ret && addr)
		ret = pin_buffer(t, ring, addr, len);
	ring->registered = !ret;
	return ret;
}

static void io_uring_release(struct file *file)
{
	struct io_ring_ctx *ring = file->private_data;

	unregister_buffer(file->obj.sim, ring);
	sim_obj_fini(&ring->uring_lock.obj);
	sim_free(file->obj.sim, ring, sizeof(*ring));
}

static const struct file_operations io_uring_fops = {
	.name = "io_uring",
	.release = io_uring_release,
};

int64_t sys_io_uring_setup(struct task_struct *t, uint64_t entries)
{
	struct sim *sim = t->process->k->sim;
	struct io_ring_ctx *ring;
	struct file *file;

	if (!mm_has(t->mm, HAS_IO_URING))
		return -ENOSYS;
	sim_yield(sim, SIM_OP_WRITE, "io_uring_setup");
	if (!(uint32_t)entries || (uint32_t)entries > IORING_MAX_ENTRIES)
		return -EINVAL;
	ring = sim_zalloc(sim, sizeof(*ring));
	file = ring ? file_alloc(t->process->k, &io_uring_fops, O_RDWR) : NULL;
	if (file) {
		mutex_init(sim, &ring->uring_lock, "uring_lock");
		file->private_data = ring;
	} else if (ring) {
		sim_free(sim, ring, sizeof(*ring));
	}
	return file_open(t, file);
}

static int64_t io_uring_register_locked(struct task_struct *t, struct io_ring_ctx *ring,
					unsigned opcode, uint64_t addr, uint64_t len)
{
	switch (opcode) {
	case IORING_REGISTER_BUFFERS:
		return register_buffer(t, ring, addr, len);
	case IORING_UNREGISTER_BUFFERS:
		if (addr || len)
			return -EINVAL;
		if (!ring->registered)
			return -ENXIO;
		unregister_buffer(t->process->k->sim, ring);
		return 0;
	default:
		sim_unmodelled(t->process->k->sim, "io_uring_register(%u)", opcode);
	}
}

int64_t sys_io_uring_register(struct task_struct *t, int fd, uint64_t opcode, uint64_t addr,
			      uint64_t len)
{
	struct io_ring_ctx *ring;
	struct file *file;
	int64_t ret = -EOPNOTSUPP;

	sim_yield(t->process->k->sim, SIM_OP_WRITE, "io_uring_register");
	if ((uint32_t)opcode >= IORING_REGISTER_LAST)
		return -EINVAL;
	/* Without a ring there is something else to register. */
	if (fd == -1 && mm_prof(t->mm)->uring_without_ring)
		return -EINVAL;
	file = fget(t->process->files, fd);
	if (!file)
		return -EBADF;
	if (file->f_op == &io_uring_fops) {
		ring = file->private_data;
		mutex_lock(&ring->uring_lock);
		ret = io_uring_register_locked(t, ring, opcode, addr, len);
		mutex_unlock(&ring->uring_lock);
	}
	fput(file);
	return ret;
}

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * splice.c - vmsplice: a pipe that holds user pages themselves
 *
 * The pages are referenced, not pinned: fork and COW go by the reference count
 * alone, and whoever reads the pipe sees what is in the page by then.
 */
#include "mm-model/gup.h"
#include "mm-model/pipe.h"
#include "mm-model/vma.h"

#define SPLICE_F_NONBLOCK 2u
#define SPLICE_F_ALL      15u

static int wait_for_space(struct pipe_inode_info *pipe, unsigned flags)
{
	for (;;) {
		int err;

		if (!pipe_has_readers(pipe))
			return -EPIPE;
		if (!pipe_full(pipe))
			return 0;
		if (flags & SPLICE_F_NONBLOCK)
			return -EAGAIN;
		err = pipe_wait_writable(pipe);
		if (err)
			return err;
	}
}

/* Up to 16 pages become buffers; the bytes they hold of the range, or -errno. */
static int64_t splice_pages(struct task_struct *t, struct pipe_inode_info *pipe, uint64_t addr,
			    uint64_t len)
{
	struct page *pages[PIPE_BUFFERS];
	uint64_t off = addr & ~PAGE_MASK;
	uint64_t nr = min_u64(page_align(off + len) >> PAGE_SHIFT, PIPE_BUFFERS);
	int64_t got = get_user_pages_fast(t, addr, nr, 0, pages), total = 0;

	if (got <= 0)
		return got;
	len = min_u64(len, got * PAGE_SIZE - off);
	for (int64_t i = 0; i < got; i++) {
		uint64_t n = min_u64(len, PAGE_SIZE - off);

		if (!pipe_has_readers(pipe) || pipe_full(pipe)) {
			put_user_pages(pages + i, got - i, FOLL_GET);
			return total ? total : pipe_has_readers(pipe) ? -EAGAIN : -EPIPE;
		}
		pipe_add(pipe, pages[i], off, n, false);
		total += n;
		len -= n;
		off = 0;
	}
	return total;
}

static int64_t iter_to_pipe(struct task_struct *t, struct pipe_inode_info *pipe, uint64_t addr,
			    uint64_t len)
{
	uint64_t done = 0;

	while (done < len) {
		/* A full pipe is only found out with pages in hand, as the kernel does it. */
		int64_t n = splice_pages(t, pipe, addr + done, len - done);

		if (n <= 0)
			return done ? (int64_t)done : n;
		done += n;
	}
	return done;
}

static int64_t vmsplice_to_pipe(struct task_struct *t, struct pipe_inode_info *pipe, uint64_t addr,
				uint64_t len, unsigned flags)
{
	int64_t ret;

	pipe_call_begin(pipe, &pipe->writing);
	mutex_lock(&pipe->mutex);
	ret = wait_for_space(pipe, flags);
	if (!ret)
		ret = iter_to_pipe(t, pipe, addr, len);
	mutex_unlock(&pipe->mutex);
	if (ret > 0)
		pipe_wake_readers(pipe);
	pipe_call_end(pipe, &pipe->writing);
	return ret;
}

int64_t sys_vmsplice(struct task_struct *t, int fd, uint64_t addr, uint64_t len, uint64_t flags)
{
	struct pipe_inode_info *pipe;
	struct file *file;
	int64_t ret = 0;

	if ((uint32_t)flags & ~SPLICE_F_ALL)
		return -EINVAL;
	sim_yield(t->process->k->sim, SIM_OP_WRITE, "vmsplice");
	file = fget(t->process->files, fd);
	if (!file)
		return -EBADF;
	pipe = pipe_of(file);
	if ((int64_t)len < 0)
		ret = -EINVAL;
	else if (!access_ok(addr, len))
		ret = -EFAULT;
	else if (len && !pipe)
		ret = -EBADF;
	else if (len)
		ret = vmsplice_to_pipe(t, pipe, addr, len, flags);
	fput(file);
	return ret;
}

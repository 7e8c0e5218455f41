/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pipe.c - pipes: how scenarios make the kernel reach for user memory
 *
 * One file stands for both ends.  A ring of 16 buffers of a page each; the mutex
 * is held while bytes are copied, also by a thread that waits for a userfault.
 */
#include "mm-model/pipe.h"
#include "mm-model/vma.h"

struct pipe_inode_info *pipe_of(const struct file *file)
{
	return file->f_op == &pipefifo_fops ? file->private_data : NULL;
}

static uint64_t pipe_key(const struct pipe_inode_info *pipe)
{
	return sim_obj_key(&pipe->obj);
}

/* What a look without the mutex sees changed. */
static void pipe_changed(const struct pipe_inode_info *pipe)
{
	sim_touch(pipe->obj.sim, pipe_key(pipe), SIM_WRITE);
}

struct pipe_buffer *pipe_buf(struct pipe_inode_info *pipe, unsigned slot)
{
	return &pipe->bufs[slot % PIPE_BUFFERS];
}

static bool pipe_empty(const struct pipe_inode_info *pipe)
{
	sim_touch(pipe->obj.sim, pipe_key(pipe), SIM_READ);
	return pipe->head == pipe->tail;
}

bool pipe_full(const struct pipe_inode_info *pipe)
{
	sim_touch(pipe->obj.sim, pipe_key(pipe), SIM_READ);
	return pipe->head - pipe->tail >= PIPE_BUFFERS;
}

/* An end is open while descriptors are left, or a call on it is under way. */
bool pipe_has_readers(const struct pipe_inode_info *pipe)
{
	sim_touch(pipe->obj.sim, pipe_key(pipe), SIM_READ);
	return !pipe->closed || pipe->reading;
}

static bool pipe_has_writers(const struct pipe_inode_info *pipe)
{
	sim_touch(pipe->obj.sim, pipe_key(pipe), SIM_READ);
	return !pipe->closed || pipe->writing;
}

static void pipe_wake_all(struct pipe_inode_info *pipe)
{
	wake_up_all(&pipe->rd_wait);
	wake_up_all(&pipe->wr_wait);
	wake_up_all(&pipe->poll_wait);
}

/* ------------------------------------------------------------------- waiting */

bool pipe_readable(const struct pipe_inode_info *pipe)
{
	return !pipe_empty(pipe) || !pipe_has_writers(pipe);
}

bool pipe_writable(const struct pipe_inode_info *pipe)
{
	return !pipe_full(pipe) || !pipe_has_readers(pipe);
}

/*
 * Sleep, first come first served, until @cond.  The mutex is not held.  Who was
 * woken for nothing (a write that failed) queues up again behind the others.
 */
static int pipe_wait(struct pipe_inode_info *pipe, struct wait_queue_head *wqh,
		     bool (*cond)(const struct pipe_inode_info *pipe), const char *what)
{
	struct sim *sim = pipe->obj.sim;
	struct wait_queue_entry wait;
	int ret = 0;

	init_waitqueue_func_entry(&wait, sim_current(sim), autoremove_wake_function);
	wait.exclusive = true;
	for (;;) {
		spin_lock(&wqh->lock);
		if (!wait.queued)
			__add_wait_queue_entry_tail(wqh, &wait);
		spin_unlock(&wqh->lock);
		set_current_state(sim, TASK_INTERRUPTIBLE);
		if (cond(pipe))
			break;
		if (fatal_signal_pending(sim_current(sim))) {
			ret = -EINTR;
			break;
		}
		schedule(sim, &pipe->obj, what);
	}
	sim_preempt_disable(sim);
	set_current_state(sim, TASK_RUNNING);
	sim_preempt_enable(sim);
	remove_wait_queue(wqh, &wait);
	return ret;
}

int pipe_wait_writable(struct pipe_inode_info *pipe)
{
	int ret;

	mutex_unlock(&pipe->mutex);
	ret = pipe_wait(pipe, &pipe->wr_wait, pipe_writable, "pipe_write");
	mutex_lock(&pipe->mutex);
	return ret;
}

void pipe_wake_readers(struct pipe_inode_info *pipe)
{
	wake_up(&pipe->rd_wait);
	wake_up_all(&pipe->poll_wait);
}

static void pipe_wake_writers(struct pipe_inode_info *pipe)
{
	wake_up(&pipe->wr_wait);
	wake_up_all(&pipe->poll_wait);
}

void pipe_call_begin(struct pipe_inode_info *pipe, unsigned *calls)
{
	pipe_changed(pipe);
	++*calls;
}

/* A call keeps its end open; when it was the last to do so, the other end learns of it. */
void pipe_call_end(struct pipe_inode_info *pipe, unsigned *calls)
{
	pipe_changed(pipe);
	--*calls;
	if (pipe->closed && !*calls)
		pipe_wake_all(pipe);
}

/* --------------------------------------------------------------------- writing */

void pipe_add(struct pipe_inode_info *pipe, struct page *page, unsigned offset, unsigned len,
	      bool can_merge)
{
	pipe_changed(pipe);
	*pipe_buf(pipe, pipe->head++) = (struct pipe_buffer){
		.page = page,
		.offset = offset,
		.len = len,
		.can_merge = can_merge,
	};
}

/* The odd bytes of a write go behind what the last buffer holds, if they fit there. */
static int64_t pipe_merge(struct task_struct *t, struct pipe_inode_info *pipe, uint64_t from,
			  uint64_t len)
{
	unsigned chars = len & ~PAGE_MASK;
	struct pipe_buffer *buf;

	if (!chars || pipe_empty(pipe))
		return 0;
	buf = pipe_buf(pipe, pipe->head - 1);
	if (!buf->can_merge || buf->offset + buf->len + chars > PAGE_SIZE)
		return 0;
	if (copy_page_from_iter(t, from, buf->page, buf->offset + buf->len, chars))
		return -EFAULT;
	buf->len += chars;
	return chars;
}

/* One page of them; how many bytes, or -errno. */
static int64_t pipe_write_page(struct task_struct *t, struct pipe_inode_info *pipe, uint64_t from,
			       uint64_t len)
{
	unsigned chars = len < PAGE_SIZE ? len : PAGE_SIZE;
	struct page *page = alloc_page(t->process->k);

	if (!page)
		return -ENOMEM;
	if (copy_page_from_iter(t, from, page, 0, chars)) {
		/* Older kernels had put the buffer there by then. */
		if (mm_prof(t->mm)->pipe_fault_adds_nothing)
			put_page(page);
		else
			pipe_add(pipe, page, 0, 0, true);
		return -EFAULT;
	}
	pipe_add(pipe, page, 0, chars, true);
	return chars;
}

static int64_t pipe_write_locked(struct task_struct *t, struct pipe_inode_info *pipe, uint64_t from,
				 uint64_t len, bool *was_empty, bool *waited)
{
	int64_t done = pipe_merge(t, pipe, from, len), n = done < 0 ? done : 0;

	while (n >= 0 && (uint64_t)done < len) {
		if (!pipe_has_readers(pipe)) {
			n = -EPIPE;
		} else if (!pipe_full(pipe)) {
			n = pipe_write_page(t, pipe, from + done, len - done);
			done += n > 0 ? n : 0;
		} else {
			if (*was_empty)
				pipe_wake_readers(pipe);
			n = pipe_wait_writable(pipe);
			*was_empty = pipe_empty(pipe);
			*waited = true;
		}
	}
	return done > 0 ? done : n;
}

static int64_t pipe_write(struct task_struct *t, struct file *file, uint64_t from, uint64_t len)
{
	struct pipe_inode_info *pipe = file->private_data;
	bool was_empty, waited = false;
	int64_t ret;

	if (!len)
		return 0;
	pipe_call_begin(pipe, &pipe->writing);
	mutex_lock(&pipe->mutex);
	was_empty = pipe_empty(pipe);
	ret = pipe_write_locked(t, pipe, from, len, &was_empty, &waited);
	waited = waited && !pipe_full(pipe);
	mutex_unlock(&pipe->mutex);
	if (was_empty)
		pipe_wake_readers(pipe);
	if (waited)
		pipe_wake_writers(pipe);
	pipe_call_end(pipe, &pipe->writing);
	return ret;
}

/* --------------------------------------------------------------------- reading */

static void pipe_buf_release(struct pipe_inode_info *pipe)
{
	pipe_changed(pipe);
	put_page(pipe_buf(pipe, pipe->tail++)->page);
}

/* What is there, up to @len bytes; -EFAULT if nothing could be copied. */
static int64_t pipe_read_buffers(struct task_struct *t, struct pipe_inode_info *pipe, uint64_t to,
				 uint64_t len)
{
	int64_t done = 0;

	while ((uint64_t)done < len && !pipe_empty(pipe)) {
		struct pipe_buffer *buf = pipe_buf(pipe, pipe->tail);
		unsigned chars = len - done < buf->len ? len - done : buf->len;

		if (copy_page_to_iter(t, to + done, buf->page, buf->offset, chars))
			return done ? done : -EFAULT;
		done += chars;
		buf->offset += chars;
		buf->len -= chars;
		if (!buf->len)
			pipe_buf_release(pipe);
	}
	return done;
}

static int64_t pipe_read_locked(struct task_struct *t, struct pipe_inode_info *pipe, uint64_t to,
				uint64_t len, bool *was_full, bool *waited)
{
	int64_t ret = 0;

	for (;;) {
		*was_full |= pipe_full(pipe);
		ret = pipe_read_buffers(t, pipe, to, len);
		if (ret || !pipe_has_writers(pipe))
			return ret;
		mutex_unlock(&pipe->mutex);
		ret = pipe_wait(pipe, &pipe->rd_wait, pipe_readable, "pipe_read");
		mutex_lock(&pipe->mutex);
		*waited = true;
		if (ret)
			return ret;
	}
}

static int64_t pipe_read(struct task_struct *t, struct file *file, uint64_t to, uint64_t len)
{
	struct pipe_inode_info *pipe = file->private_data;
	bool was_full = false, waited = false;
	int64_t ret;

	if (!len)
		return 0;
	pipe_call_begin(pipe, &pipe->reading);
	mutex_lock(&pipe->mutex);
	ret = pipe_read_locked(t, pipe, to, len, &was_full, &waited);
	was_full = was_full && !pipe_full(pipe);
	waited = waited && !pipe_empty(pipe);
	mutex_unlock(&pipe->mutex);
	if (was_full)
		pipe_wake_writers(pipe);
	if (waited)
		pipe_wake_readers(pipe);
	pipe_call_end(pipe, &pipe->reading);
	return ret;
}

/* -------------------------------------------------------------- poll and close */

static uint64_t pipe_poll(struct file *file, uint64_t events)
{
	const struct pipe_inode_info *pipe = file->private_data;

	if (events & POLLOUT)
		return pipe_full(pipe) ? 0 : POLLOUT | POLLWRNORM;
	return pipe_empty(pipe) ? 0 : POLLIN | POLLRDNORM;
}

static struct wait_queue_head *pipe_poll_queue(struct file *file)
{
	struct pipe_inode_info *pipe = file->private_data;

	return &pipe->poll_wait;
}

/* An end closes under the mutex: behind whoever copies. */
static void pipe_last_fd(struct file *file)
{
	struct pipe_inode_info *pipe = file->private_data;

	mutex_lock(&pipe->mutex);
	pipe_changed(pipe);
	pipe->closed = true;
	pipe_wake_all(pipe);
	mutex_unlock(&pipe->mutex);
}

static void pipe_release(struct file *file)
{
	struct pipe_inode_info *pipe = file->private_data;

	while (pipe->head != pipe->tail)
		pipe_buf_release(pipe);
	sim_obj_fini(&pipe->obj);
	sim_free(file->obj.sim, pipe, sizeof(*pipe));
}

const struct file_operations pipefifo_fops = {
	.name = "pipe",
	.stream = true,
	.read = pipe_read,
	.write = pipe_write,
	.poll = pipe_poll,
	.poll_queue = pipe_poll_queue,
	.last_fd = pipe_last_fd,
	.release = pipe_release,
};

static struct pipe_inode_info *alloc_pipe_info(struct sim *sim)
{
	struct pipe_inode_info *pipe = sim_zalloc(sim, sizeof(*pipe));

	if (!pipe)
		return NULL;
	sim_obj_init(sim, &pipe->obj, (enum sim_class)MM_CLASS_PIPE, "pipe");
	mutex_init(sim, &pipe->mutex, "pipe->mutex");
	init_waitqueue_head(sim, &pipe->rd_wait, "rd_wait");
	init_waitqueue_head(sim, &pipe->wr_wait, "wr_wait");
	init_waitqueue_head(sim, &pipe->poll_wait, "poll_wait");
	return pipe;
}

int64_t sys_pipe(struct task_struct *t)
{
	struct sim *sim = t->process->k->sim;
	struct pipe_inode_info *pipe;
	struct file *file;

	sim_yield(sim, SIM_OP_WRITE, "pipe");
	pipe = alloc_pipe_info(sim);
	file = pipe ? file_alloc(t->process->k, &pipefifo_fops, O_RDWR) : NULL;
	if (file)
		file->private_data = pipe;
	else if (pipe)
		sim_free(sim, pipe, sizeof(*pipe));
	return file_open(t, file);
}

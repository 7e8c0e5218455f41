/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * poll.c - waiting for descriptors: the kernel's fs/select.c
 *
 * Waiting keeps the files; but each look begins with the descriptors again.
 */
#include "mm-model/file.h"

struct poll_entry {
	struct file *file;
	struct wait_queue_entry wait;
};

static bool is_waited_for(const struct poll_entry *e)
{
	return e->file && e->file->f_op->poll_queue;
}

/* Fills in revents; how many descriptors have some.  A negative one is passed over. */
static int64_t look_at_all(struct task_struct *t, struct pollfd *fds, unsigned nr)
{
	int64_t ready = 0;

	for (unsigned i = 0; i < nr; i++) {
		fds[i].revents = 0;
		if (fds[i].fd >= 0)
			fds[i].revents = (short)fd_poll(t->process->files, fds[i].fd,
							(unsigned short)fds[i].events);
		ready += fds[i].revents != 0;
	}
	return ready;
}

/* What a sleeping thread is said to wait for: the first of them. */
static const struct sim_obj *first_queue(const struct poll_entry *e, unsigned nr)
{
	for (unsigned i = 0; i < nr; i++)
		if (is_waited_for(&e[i]))
			return &e[i].file->f_op->poll_queue(e[i].file)->obj;
	return NULL;
}

static int64_t wait_for_any(struct task_struct *t, struct pollfd *fds, unsigned nr,
			    const struct sim_obj *queue, int timeout)
{
	struct sim *sim = t->process->k->sim;
	bool expired = false;

	for (;;) {
		int64_t ready;

		__set_current_state(sim, TASK_INTERRUPTIBLE);
		ready = look_at_all(t, fds, nr);
		if (ready || expired)
			return ready;
		if (fatal_signal_pending(sim_current(sim)))
			return -EINTR;
		if (timeout < 0)
			schedule(sim, queue, "poll");
		else
			expired = schedule_timeout(sim, queue, "poll");
	}
}

/* Where nothing can change there is no need to stand in a queue. */
static int64_t poll_files(struct task_struct *t, struct pollfd *fds, struct poll_entry *e,
			  unsigned nr, int timeout)
{
	struct sim *sim = t->process->k->sim;
	const struct sim_obj *queue = first_queue(e, nr);
	int64_t ret;

	if (timeout == 0 || (!queue && look_at_all(t, fds, nr)))
		return look_at_all(t, fds, nr);
	for (unsigned i = 0; i < nr; i++) {
		init_waitqueue_entry(&e[i].wait, sim_current(sim));
		if (is_waited_for(&e[i]))
			add_wait_queue(e[i].file->f_op->poll_queue(e[i].file), &e[i].wait);
	}
	ret = wait_for_any(t, fds, nr, queue, timeout);
	__set_current_state(sim, TASK_RUNNING);
	for (unsigned i = 0; i < nr; i++)
		if (is_waited_for(&e[i]))
			remove_wait_queue(e[i].file->f_op->poll_queue(e[i].file), &e[i].wait);
	return ret;
}

int64_t sys_poll_fds(struct task_struct *t, struct pollfd *fds, unsigned nr, int timeout)
{
	struct poll_entry e[SYS_POLL_FDS];
	int64_t ret;

	if (nr > SYS_POLL_FDS)
		sim_unmodelled(t->process->k->sim, "poll() of more than %u descriptors",
			       SYS_POLL_FDS);
	sim_yield(t->process->k->sim, SIM_OP_READ, "poll");
	for (unsigned i = 0; i < nr; i++)
		e[i].file = fget(t->process->files, fds[i].fd);
	ret = poll_files(t, fds, e, nr, timeout);
	for (unsigned i = 0; i < nr; i++)
		if (e[i].file)
			fput(e[i].file);
	return ret;
}

int64_t sys_poll(struct task_struct *t, int fd, uint64_t events)
{
	struct pollfd p = { .fd = fd, .events = (short)events };
	int64_t ret = sys_poll_fds(t, &p, 1, -1);

	return ret < 0 ? ret : (unsigned short)p.revents;
}

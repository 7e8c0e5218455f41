/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pipe.h - a pipe and its buffers
 */
#ifndef MM_PIPE_H
#define MM_PIPE_H

#include "mm-model/file.h"

#define PIPE_BUFFERS 16

struct pipe_buffer {
	struct page *page; /* holds a reference: the pipe's own page, or vmsplice()d user memory */
	unsigned offset, len;
	bool can_merge;
};

struct pipe_inode_info {
	struct sim_obj obj; /* MM_CLASS_PIPE: head, tail and who holds the ends */
	struct mutex mutex; /* over the buffers, and while they are copied */
	struct wait_queue_head rd_wait, wr_wait, poll_wait;
	unsigned head, tail; /* count up */
	unsigned reading, writing; /* calls under way */
	bool closed; /* no descriptor is left */
	struct pipe_buffer bufs[PIPE_BUFFERS];
};

/** NULL if @file is none. */
struct pipe_inode_info *pipe_of(const struct file *file);
struct pipe_buffer *pipe_buf(struct pipe_inode_info *pipe, unsigned slot);
bool pipe_full(const struct pipe_inode_info *pipe);
bool pipe_has_readers(const struct pipe_inode_info *pipe);
/** There is something to read, or there never will be; and the same of room to write. */
bool pipe_readable(const struct pipe_inode_info *pipe);
bool pipe_writable(const struct pipe_inode_info *pipe);
/** A buffer more, with its reference to @page; there is room, the mutex is held. */
void pipe_add(struct pipe_inode_info *pipe, struct page *page, unsigned offset, unsigned len,
	      bool can_merge);
/** Gives the mutex back meanwhile: 0 or -EINTR. */
int pipe_wait_writable(struct pipe_inode_info *pipe);
void pipe_wake_readers(struct pipe_inode_info *pipe);
/** @calls: reading or writing of @pipe, which the call then holds open. */
void pipe_call_begin(struct pipe_inode_info *pipe, unsigned *calls);
void pipe_call_end(struct pipe_inode_info *pipe, unsigned *calls);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * file.h - open files and descriptors
 *
 * A file lives while descriptors or calls under way hold it; giving up the last
 * hold releases it.  Descriptors belong to a process and are copied by fork.
 */
#ifndef MM_FILE_H
#define MM_FILE_H

#include "mm-model/internal.h"

struct file;

/**
 * What can be done with a file.  What is missing is refused as the kernel does
 * it.  Buffers of read() and write() are user memory of @t; pread() and pwrite()
 * move one byte that the caller keeps elsewhere.
 */
struct file_operations {
	const char *name;
	bool stream; /* no position: pread() and pwrite() are ESPIPE */
	int64_t (*read)(struct task_struct *t, struct file *file, uint64_t buf, uint64_t len);
	int64_t (*write)(struct task_struct *t, struct file *file, uint64_t buf, uint64_t len);
	/** write() of bytes that are not in user memory, for files of /proc. */
	int64_t (*write_text)(struct task_struct *t, struct file *file, const char *text);
	int64_t (*pread)(struct task_struct *t, struct file *file, uint64_t pos, uint8_t *byte);
	int64_t (*pwrite)(struct task_struct *t, struct file *file, uint64_t pos, uint8_t byte);
	int64_t (*ioctl)(struct task_struct *t, struct file *file, uint64_t cmd, void *arg,
			 uint64_t value, bool *written);
	/** Events that are there now; of a pipe, at the end that @events speaks of. */
	uint64_t (*poll)(struct file *file, uint64_t events);
	/** Whose wakers tell of a change of them. */
	struct wait_queue_head *(*poll_queue)(struct file *file);
	/** Gives @vma its vm_ops; 0 or -errno.  Without it there is nothing to map: ENODEV. */
	int (*mmap)(struct file *file, struct vm_area_struct *vma);
	/** A new size, of what is a regular file. */
	int64_t (*setattr)(struct file *file, uint64_t size);
	int64_t (*fallocate)(struct file *file, uint64_t mode, uint64_t off, uint64_t len);
	/** Pages [first, end) will be wanted: MADV_WILLNEED, without locks. */
	void (*willneed)(struct file *file, uint64_t first, uint64_t end);
	/** The last descriptor went; calls may still be under way. */
	void (*last_fd)(struct file *file);
	/** The last hold went. */
	void (*release)(struct file *file);
};

struct file {
	struct sim_obj obj; /* MM_CLASS_FILE */
	const struct file_operations *f_op;
	unsigned refs; /* of descriptors, mappings and calls under way */
	unsigned fds;  /* of descriptors alone */
	bool readable, writable;
	bool nonblock;
	bool noexec; /* on a file system that nothing is executed from */
	uint64_t f_pos;        /* where read() and write() go on */
	struct inode *f_inode; /* of files that can be mapped; holds a reference */
	struct userfaultfd_ctx *ctx; /* holds a reference */
	void *private_data;          /* of f_op */
};

#define FIRST_FD 3
#define MAX_FDS  64

struct files_struct *files_alloc(struct kernel *k);
/** For fork: a copy that holds the same files; NULL without memory. */
struct files_struct *files_dup(struct kernel *k, struct files_struct *old);
void files_put(struct kernel *k, struct files_struct *files);

/** @flags: O_RDONLY, O_WRONLY or O_RDWR, and O_NONBLOCK. */
struct file *file_alloc(struct kernel *k, const struct file_operations *f_op, uint64_t flags);
/** Puts @file (its reference is handed over) at the lowest free number: it, or -EMFILE. */
int fd_install(struct files_struct *files, struct file *file);
/** The file with a further reference, or NULL. */
struct file *fget(struct files_struct *files, int fd);
/** For a mapping: a further reference of a file that is held anyhow. */
void get_file(struct file *file);
/** What poll says of @fd now, whatever it stands for by now. */
uint64_t fd_poll(struct files_struct *files, int fd, uint64_t events);
void fput(struct file *file);
/** Makes a descriptor of @file, whose reference it takes over; NULL: -ENOMEM.  fd or -errno. */
int64_t file_open(struct task_struct *t, struct file *file);

/* task_mmu.c, clear_refs.c */
int64_t clear_refs_open(struct task_struct *t, uint64_t flags);
int64_t pagemap_open(struct task_struct *t, uint64_t flags);
/** Methods that the kernel has and the model has not. */
int64_t unmodelled_rw(struct task_struct *t, struct file *file, uint64_t buf, uint64_t len);
int64_t unmodelled_pread(struct task_struct *t, struct file *file, uint64_t pos, uint8_t *byte);
int64_t unmodelled_pwrite(struct task_struct *t, struct file *file, uint64_t pos, uint8_t byte);

/* generic_file.c */
int64_t generic_file_open(struct task_struct *t, const char *name, uint64_t flags);
int64_t zero_open(struct task_struct *t, uint64_t flags);

int64_t vfs_fallocate(struct kernel *k, struct file *file, uint64_t mode, int64_t off, int64_t len);

extern const struct file_operations userfaultfd_fops, pipefifo_fops;

#endif

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

enum file_kind { FILE_USERFAULTFD, FILE_DEV_USERFAULTFD };

struct file {
	struct sim_obj obj; /* MM_CLASS_FILE */
	enum file_kind kind;
	unsigned refs; /* of descriptors and of calls under way */
	unsigned fds;  /* of descriptors alone */
	bool nonblock;
	struct userfaultfd_ctx *ctx; /* holds a reference */
};

#define FIRST_FD 3
#define MAX_FDS  64

struct files_struct *files_alloc(struct kernel *k);
/** For fork: a copy that holds the same files; NULL without memory. */
struct files_struct *files_dup(struct kernel *k, struct files_struct *old);
void files_put(struct kernel *k, struct files_struct *files);

struct file *file_alloc(struct kernel *k, enum file_kind kind);
/** Puts @file (its reference is handed over) at the lowest free number: it, or -EMFILE. */
int fd_install(struct files_struct *files, struct file *file);
/** The file with a further reference, or NULL. */
struct file *fget(struct files_struct *files, int fd);
/** What poll says of @fd now, whatever it stands for by now. */
uint64_t fd_poll(struct files_struct *files, int fd, uint64_t events);
void fput(struct file *file);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * docall.h - shared by the files that do calls
 *
 * A handler evaluates its arguments, makes the call, and puts the answer into
 * the value and the record.
 */
#ifndef LITMUS_DOCALL_H
#define LITMUS_DOCALL_H

#include "tools/litmus/world.h"

typedef void call_fn(struct lit_thread *t, const struct stmt *s, struct value *ret);

/* docall.c */
int64_t arg(struct lit_thread *t, const struct stmt *s, unsigned i);
uint64_t uarg(struct lit_thread *t, const struct stmt *s, unsigned i);
/** A descriptor among the arguments. */
int arg_fd(struct lit_thread *t, const struct stmt *s, unsigned i);
int to_int(int64_t n);
void ret_number(struct lit_thread *t, struct value *ret, int64_t n);
/** A descriptor or a process is shown as the name that it is assigned to, else @otherwise. */
void ret_named(struct lit_thread *t, const struct stmt *s, struct value *ret, enum val_kind kind,
	       const char *otherwise, int64_t n);
/** Of a store: 0 or the signal. */
void ret_access(struct lit_thread *t, struct value *ret, enum access_result r);
/** An address, which names @len bytes if it is assigned. */
void ret_mapping(struct lit_thread *t, const struct stmt *s, struct value *ret, int64_t n,
		 uint64_t len);
void ret_byte(struct lit_thread *t, struct value *ret, uint8_t byte);
/** The kernel has this call; the model does not.  Ends the run. */
void call_unmodelled(struct lit_thread *t, const struct stmt *s, struct value *ret);
/** The same of a call whose first argument is a descriptor: a bad one is refused all the same. */
void call_unmodelled_fd(struct lit_thread *t, const struct stmt *s, struct value *ret);

/* docall_mm.c: mappings, processes */
call_fn call_mmap, call_munmap, call_mprotect, call_madvise, call_mremap, call_memset, call_fork;

/* docall_file.c: descriptors and what is read and written through them */
call_fn call_open, call_close, call_dup, call_poll, call_read, call_write, call_pipe, call_pread,
	call_pwrite;

/* docall_uffd.c: userfaultfd and the ioctls */
call_fn call_userfaultfd, call_ioctl;
void read_message(struct lit_thread *t, const struct stmt *s, struct value *ret);
/** What a message says, into the record. */
void record_message(struct lit_thread *t, const struct uffd_msg *m);
/** The answer fields among an ioctl's words, into the record and the value. */
void record_answer(struct lit_thread *t, enum ioctl_id id, const uint64_t *words,
		   struct value *ret);
/** The kernel did not write the answer field: it holds what the scenario had put there. */
void keep_answer(enum ioctl_id id, const uint64_t *words, struct value *ret);

/* docall_scan.c */
void scan_pagemap(struct lit_thread *t, const struct stmt *s, int fd, struct value *ret);
#define SCAN_SIZE 0 /* words of the structure */
#define SCAN_VEC  5
#define SCAN_MAX_REGIONS 1024
/** What a scan wrote back. */
void record_scan(struct lit_thread *t, uint64_t walk_end, const struct page_region *regions,
		 unsigned nr);

/* docall_shmem.c: memory that has a file */
call_fn call_memfd_create, call_ftruncate, call_fallocate;

/* docall_swap.c */
call_fn call_swapon, call_swapoff;

/* docall_access.c: who may, what stays, and the kernel reaching for user memory */
call_fn call_mlock, call_mlock2, call_munlock, call_mseal, call_process_vm_readv,
	call_process_vm_writev, call_getpid, call_setuid, call_kill, call_exit,
	call_vmsplice, call_io_uring_setup,
	call_io_uring_register;

#endif

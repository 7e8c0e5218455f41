/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * calls.h - shared by the files that make a scenario's system calls
 */
#ifndef LIVE_CALLS_H
#define LIVE_CALLS_H

#include "tools/litmus/docall.h"
#include "tools/live/run.h"
#include "tools/live/sys.h"

/** The end that reads (or the only one) and the one that writes of a descriptor argument. */
int64_t live_read_fd(struct lit_thread *t, const struct stmt *s, unsigned i);
int64_t live_write_fd(struct lit_thread *t, const struct stmt *s, unsigned i);
/** The two ends of a pipe as the value of one name. */
int64_t live_pipe_value(int rd, int wr);

/* calls_mm.c */
call_fn live_call_mmap, live_call_mremap, live_call_memset, live_call_fork;
/* calls_uffd.c */
call_fn live_call_ioctl, live_read_message;
/* calls_file.c */
call_fn live_call_open, live_call_close, live_call_dup, live_call_poll, live_call_read,
	live_call_write, live_call_pipe, live_call_pread, live_call_pwrite, live_call_memfd_create,
	live_call_vmsplice;
/* calls_access.c */
call_fn live_call_process_vm, live_call_getpid, live_call_setuid, live_call_io_uring_setup,
	live_call_io_uring_register, live_call_swapon, live_call_swapoff;

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * calls.c - system calls of a scenario, made for real
 *
 * Most are their number and their arguments.  Ranges of addresses are checked first
 * (bounds.c); calls that need more have a function in calls_*.c.
 */
#include "tools/live/calls.h"

/* A pipe is one name for two descriptors. */
#define PIPE_BITS 12

int64_t live_pipe_value(int rd, int wr)
{
	return rd | (int64_t)wr << PIPE_BITS;
}

int64_t live_read_fd(struct lit_thread *t, const struct stmt *s, unsigned i)
{
	int fd = arg_fd(t, s, i);

	return fd < 0 ? fd : fd & ((1 << PIPE_BITS) - 1);
}

int64_t live_write_fd(struct lit_thread *t, const struct stmt *s, unsigned i)
{
	int fd = arg_fd(t, s, i);

	return fd < 0 || !(fd >> PIPE_BITS) ? fd : fd >> PIPE_BITS;
}

/*
 * One letter an argument: a address and l length of a range of it, d descriptor, w word,
 * i int.
 */
struct plain_call {
	long nr;
	const char *args;
	bool gives_fd;
};

static const struct plain_call plain_calls[NR_CALLS] = {
	[CALL_MUNMAP] = { SYS_munmap, "al", false },
	[CALL_MPROTECT] = { SYS_mprotect, "alw", false },
	[CALL_MADVISE] = { SYS_madvise, "ali", false },
	[CALL_FTRUNCATE] = { SYS_ftruncate, "dw", false },
	[CALL_FALLOCATE] = { SYS_fallocate, "diww", false },
	[CALL_USERFAULTFD] = { SYS_userfaultfd, "w", true },
	[CALL_MLOCK] = { SYS_mlock, "al", false },
	[CALL_MLOCK2] = { SYS_mlock2, "alw", false },
	[CALL_MUNLOCK] = { SYS_munlock, "al", false },
	[CALL_MSEAL] = { 462, "alw", false },
};

static void plain_call(struct lit_thread *t, const struct stmt *s, const struct plain_call *c,
		       struct value *ret)
{
	uint64_t words[6] = { 0 };
	int64_t n;

	for (unsigned i = 0; c->args[i]; i++) {
		if (c->args[i] == 'd')
			words[i] = (uint64_t)live_read_fd(t, s, i);
		else if (c->args[i] == 'i')
			words[i] = (uint64_t)(int64_t)to_int(arg(t, s, i));
		else
			words[i] = uarg(t, s, i);
		if (c->args[i] == 'l')
			live_check_range(t, s, words[i - 1], words[i]);
	}
	n = sys6(c->nr, words[0], words[1], words[2], words[3], words[4], words[5]);
	if (c->gives_fd)
		ret_named(t, s, ret, VAL_FD, "fd", n);
	else
		ret_number(t, ret, n);
}

void live_call(struct lit_thread *t, const struct stmt *s, struct value *ret)
{
	static call_fn *const special[NR_CALLS] = {
		[CALL_MMAP] = live_call_mmap,
		[CALL_MREMAP] = live_call_mremap,
		[CALL_MEMSET] = live_call_memset,
		[CALL_FORK] = live_call_fork,
		[CALL_IOCTL] = live_call_ioctl,
		[CALL_OPEN] = live_call_open,
		[CALL_CLOSE] = live_call_close,
		[CALL_DUP] = live_call_dup,
		[CALL_POLL] = live_call_poll,
		[CALL_READ] = live_call_read,
		[CALL_WRITE] = live_call_write,
		[CALL_PIPE] = live_call_pipe,
		[CALL_PREAD] = live_call_pread,
		[CALL_PWRITE] = live_call_pwrite,
		[CALL_MEMFD_CREATE] = live_call_memfd_create,
		[CALL_VMSPLICE] = live_call_vmsplice,
		[CALL_PROCESS_VM_READV] = live_call_process_vm,
		[CALL_PROCESS_VM_WRITEV] = live_call_process_vm,
		[CALL_GETPID] = live_call_getpid,
		[CALL_IO_URING_SETUP] = live_call_io_uring_setup,
		[CALL_IO_URING_REGISTER] = live_call_io_uring_register,
		[CALL_SETUID] = live_call_setuid,
		[CALL_SWAPON] = live_call_swapon,
		[CALL_SWAPOFF] = live_call_swapoff,
	};
	enum call_id id = s->call->desc->id;

	live_prepare(t);
	if (special[id])
		special[id](t, s, ret);
	else if (plain_calls[id].args)
		plain_call(t, s, &plain_calls[id], ret);
	else
		world_bad(t->w, s->pos, "%s() is not known to live runs", s->call->desc->name);
}

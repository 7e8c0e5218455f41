/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * docall.c - calls: which function does which, and what all of them need
 */
#include <errno.h>
#include <limits.h>

#include "tools/litmus/docall.h"

int64_t arg(struct lit_thread *t, const struct stmt *s, unsigned i)
{
	return eval_number(t, s->call->args[i]);
}

uint64_t uarg(struct lit_thread *t, const struct stmt *s, unsigned i)
{
	return (uint64_t)arg(t, s, i);
}

int arg_fd(struct lit_thread *t, const struct stmt *s, unsigned i)
{
	return eval_fd(t, s->call->args[i]);
}

int to_int(int64_t n)
{
	return n < INT_MIN || n > INT_MAX ? -1 : (int)n;
}

void ret_number(struct lit_thread *t, struct value *ret, int64_t n)
{
	value_num(ret, n);
	rec_ret_number(t, n);
}

void ret_named(struct lit_thread *t, const struct stmt *s, struct value *ret, enum val_kind kind,
	       const char *otherwise, int64_t n)
{
	if (n < 0) {
		ret_number(t, ret, n);
		return;
	}
	value_kind(ret, kind, n);
	rec_ret_text(t, s->dst >= 0 ? t->w->prog->names[s->dst] : otherwise);
}

void ret_access(struct lit_thread *t, struct value *ret, enum access_result r)
{
	if (r == ACCESS_OK) {
		ret_number(t, ret, 0);
		return;
	}
	value_kind(ret, VAL_SIG, r);
	rec_ret_text(t, r == ACCESS_SIGBUS ? "SIGBUS" : "SIGSEGV");
}

void ret_byte(struct lit_thread *t, struct value *ret, uint8_t byte)
{
	char text[8];

	value_kind(ret, VAL_BYTE, byte);
	value_show(t->w, ret, NULL, text, sizeof(text));
	rec_ret_text(t, text);
}

void call_unmodelled(struct lit_thread *t, const struct stmt *s, struct value *ret)
{
	sim_unmodelled(t->w->sim, "%s()", s->call->label);
}

void call_unmodelled_fd(struct lit_thread *t, const struct stmt *s, struct value *ret)
{
	if (!fd_kind(t->task, arg_fd(t, s, 0)))
		ret_number(t, ret, -EBADF);
	else
		call_unmodelled(t, s, ret);
}

void do_call(struct lit_thread *t, const struct stmt *s, struct value *ret)
{
	static call_fn *const handlers[NR_CALLS] = {
		[CALL_MMAP] = call_mmap,
		[CALL_MUNMAP] = call_munmap,
		[CALL_MPROTECT] = call_mprotect,
		[CALL_MADVISE] = call_madvise,
		[CALL_MREMAP] = call_mremap,
		[CALL_MEMSET] = call_memset,
		[CALL_FORK] = call_fork,
		[CALL_OPEN] = call_open,
		[CALL_CLOSE] = call_close,
		[CALL_DUP] = call_dup,
		[CALL_POLL] = call_poll,
		[CALL_READ] = call_read,
		[CALL_WRITE] = call_write,
		[CALL_PIPE] = call_pipe,
		[CALL_PREAD] = call_pread,
		[CALL_PWRITE] = call_pwrite,
		[CALL_USERFAULTFD] = call_userfaultfd,
		[CALL_IOCTL] = call_ioctl,
		[CALL_MEMFD_CREATE] = call_memfd_create,
		[CALL_FTRUNCATE] = call_ftruncate,
		[CALL_FALLOCATE] = call_fallocate,
		[CALL_SWAPON] = call_swapon,
		[CALL_SWAPOFF] = call_swapoff,
		[CALL_MLOCK] = call_mlock,
		[CALL_MLOCK2] = call_mlock2,
		[CALL_MUNLOCK] = call_munlock,
		[CALL_MSEAL] = call_mseal,
		[CALL_PROCESS_VM_READV] = call_process_vm_readv,
		[CALL_PROCESS_VM_WRITEV] = call_process_vm_writev,
		[CALL_GETPID] = call_getpid,
		[CALL_SETUID] = call_setuid,
		[CALL_KILL] = call_kill,
		[CALL_EXIT] = call_exit,
		[CALL_VMSPLICE] = call_vmsplice,
		[CALL_IO_URING_SETUP] = call_io_uring_setup,
		[CALL_IO_URING_REGISTER] = call_io_uring_register,
	};

	handlers[s->call->desc->id](t, s, ret);
}

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * docall_access.c - what is locked, sealed and permitted; the kernel reaching for user memory
 */
#include "tools/litmus/docall.h"

void call_mlock(struct lit_thread *t, const struct stmt *s, struct value *ret)
{
	uint64_t addr = uarg(t, s, 0), len = uarg(t, s, 1);

	ret_number(t, ret, sys_mlock(t->task, addr, len));
}

void call_mlock2(struct lit_thread *t, const struct stmt *s, struct value *ret)
{
	uint64_t addr = uarg(t, s, 0), len = uarg(t, s, 1), flags = uarg(t, s, 2);

	ret_number(t, ret, sys_mlock2(t->task, addr, len, flags));
}

void call_munlock(struct lit_thread *t, const struct stmt *s, struct value *ret)
{
	uint64_t addr = uarg(t, s, 0), len = uarg(t, s, 1);

	ret_number(t, ret, sys_munlock(t->task, addr, len));
}

void call_mseal(struct lit_thread *t, const struct stmt *s, struct value *ret)
{
	uint64_t addr = uarg(t, s, 0), len = uarg(t, s, 1), flags = uarg(t, s, 2);

	ret_number(t, ret, sys_mseal(t->task, addr, len, flags));
}

void call_process_vm_readv(struct lit_thread *t, const struct stmt *s, struct value *ret)
{
	int pid = eval_pid(t, s->call->args[0]);
	uint64_t local = uarg(t, s, 1), remote = uarg(t, s, 2), len = uarg(t, s, 3);

	ret_number(t, ret, sys_process_vm_readv(t->task, pid, local, remote, len));
}

void call_process_vm_writev(struct lit_thread *t, const struct stmt *s, struct value *ret)
{
	int pid = eval_pid(t, s->call->args[0]);
	uint64_t local = uarg(t, s, 1), remote = uarg(t, s, 2), len = uarg(t, s, 3);

	ret_number(t, ret, sys_process_vm_writev(t->task, pid, local, remote, len));
}

void call_getpid(struct lit_thread *t, const struct stmt *s, struct value *ret)
{
	ret_named(t, s, ret, VAL_PROC, "pid", sys_getpid(t->task));
}

void call_setuid(struct lit_thread *t, const struct stmt *s, struct value *ret)
{
	ret_number(t, ret, sys_setuid(t->task, uarg(t, s, 0)));
}

void call_vmsplice(struct lit_thread *t, const struct stmt *s, struct value *ret)
{
	int fd = arg_fd(t, s, 0);
	uint64_t addr = uarg(t, s, 1), len = uarg(t, s, 2), flags = uarg(t, s, 3);

	ret_number(t, ret, sys_vmsplice(t->task, fd, addr, len, flags));
}

void call_io_uring_setup(struct lit_thread *t, const struct stmt *s, struct value *ret)
{
	ret_named(t, s, ret, VAL_FD, "fd", sys_io_uring_setup(t->task, uarg(t, s, 0)));
}

void call_io_uring_register(struct lit_thread *t, const struct stmt *s, struct value *ret)
{
	int fd = arg_fd(t, s, 0);
	uint64_t opcode = uarg(t, s, 1), addr = uarg(t, s, 2), len = uarg(t, s, 3);

	ret_number(t, ret, sys_io_uring_register(t->task, fd, opcode, addr, len));
}

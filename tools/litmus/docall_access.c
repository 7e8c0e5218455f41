/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * docall_access.c - what is locked, sealed and permitted; the kernel reaching for user memory
 */
#include "tools/litmus/docall.h"

void call_mlock(struct lit_thread *t, const struct stmt *s, struct value *ret)
{
	call_unmodelled(t, s, ret);
}

void call_mlock2(struct lit_thread *t, const struct stmt *s, struct value *ret)
{
	call_unmodelled(t, s, ret);
}

void call_munlock(struct lit_thread *t, const struct stmt *s, struct value *ret)
{
	call_unmodelled(t, s, ret);
}

void call_mseal(struct lit_thread *t, const struct stmt *s, struct value *ret)
{
	call_unmodelled(t, s, ret);
}

void call_process_vm_readv(struct lit_thread *t, const struct stmt *s, struct value *ret)
{
	call_unmodelled(t, s, ret);
}

void call_process_vm_writev(struct lit_thread *t, const struct stmt *s, struct value *ret)
{
	call_unmodelled(t, s, ret);
}

void call_getpid(struct lit_thread *t, const struct stmt *s, struct value *ret)
{
	call_unmodelled(t, s, ret);
}

void call_setuid(struct lit_thread *t, const struct stmt *s, struct value *ret)
{
	call_unmodelled(t, s, ret);
}

void call_vmsplice(struct lit_thread *t, const struct stmt *s, struct value *ret)
{
	call_unmodelled_fd(t, s, ret);
}

void call_io_uring_setup(struct lit_thread *t, const struct stmt *s, struct value *ret)
{
	call_unmodelled(t, s, ret);
}

void call_io_uring_register(struct lit_thread *t, const struct stmt *s, struct value *ret)
{
	call_unmodelled_fd(t, s, ret);
}

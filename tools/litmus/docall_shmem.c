/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * docall_shmem.c - files that are memory, and the sizes of files
 */
#include "tools/litmus/docall.h"

void call_memfd_create(struct lit_thread *t, const struct stmt *s, struct value *ret)
{
	ret_named(t, s, ret, VAL_FD, "fd", sys_memfd_create(t->task, s->call->str, uarg(t, s, 1)));
}

void call_ftruncate(struct lit_thread *t, const struct stmt *s, struct value *ret)
{
	int64_t len = arg(t, s, 1);

	ret_number(t, ret, sys_ftruncate(t->task, arg_fd(t, s, 0), len));
}

void call_fallocate(struct lit_thread *t, const struct stmt *s, struct value *ret)
{
	uint64_t mode = uarg(t, s, 1);
	int64_t off = arg(t, s, 2), len = arg(t, s, 3);

	ret_number(t, ret, sys_fallocate(t->task, arg_fd(t, s, 0), mode, off, len));
}

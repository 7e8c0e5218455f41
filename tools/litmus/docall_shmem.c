/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * docall_shmem.c - files that are memory, and the sizes of files
 */
#include <errno.h>

#include "tools/litmus/docall.h"

void call_memfd_create(struct lit_thread *t, const struct stmt *s, struct value *ret)
{
	call_unmodelled(t, s, ret);
}

void call_ftruncate(struct lit_thread *t, const struct stmt *s, struct value *ret)
{
	/* A negative length is refused before the descriptor is looked at. */
	if (arg(t, s, 1) < 0)
		ret_number(t, ret, -EINVAL);
	else
		call_unmodelled_fd(t, s, ret);
}

void call_fallocate(struct lit_thread *t, const struct stmt *s, struct value *ret)
{
	call_unmodelled_fd(t, s, ret);
}

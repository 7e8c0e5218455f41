/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * docall_file.c - descriptors, and what is read and written through them
 */
#include "tools/litmus/docall.h"

void call_open(struct lit_thread *t, const struct stmt *s, struct value *ret)
{
	ret_named(t, s, ret, VAL_FD, "fd", sys_open(t->task, s->call->str, uarg(t, s, 1)));
}

void call_close(struct lit_thread *t, const struct stmt *s, struct value *ret)
{
	ret_number(t, ret, sys_close(t->task, arg_fd(t, s, 0)));
}

void call_dup(struct lit_thread *t, const struct stmt *s, struct value *ret)
{
	call_unmodelled_fd(t, s, ret);
}

void call_poll(struct lit_thread *t, const struct stmt *s, struct value *ret)
{
	uint64_t events = uarg(t, s, 1);

	ret_number(t, ret, sys_poll(t->task, arg_fd(t, s, 0), events));
}

/* read(u, m) gives a message; read(fd, addr, len) has the kernel write user memory. */
void call_read(struct lit_thread *t, const struct stmt *s, struct value *ret)
{
	if (s->call->msg >= 0)
		read_message(t, s, ret);
	else
		call_unmodelled_fd(t, s, ret);
}

/* write(fd, addr, len) has the kernel read user memory; write(fd, "text") is for /proc. */
void call_write(struct lit_thread *t, const struct stmt *s, struct value *ret)
{
	call_unmodelled_fd(t, s, ret);
}

void call_pipe(struct lit_thread *t, const struct stmt *s, struct value *ret)
{
	call_unmodelled(t, s, ret);
}

void call_pread(struct lit_thread *t, const struct stmt *s, struct value *ret)
{
	call_unmodelled_fd(t, s, ret);
}

void call_pwrite(struct lit_thread *t, const struct stmt *s, struct value *ret)
{
	call_unmodelled_fd(t, s, ret);
}

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
	ret_named(t, s, ret, VAL_FD, "fd", sys_dup(t->task, arg_fd(t, s, 0)));
}

void call_poll(struct lit_thread *t, const struct stmt *s, struct value *ret)
{
	struct pollfd p = { .events = (short)uarg(t, s, 1) };
	int timeout = s->call->nr_args > 2 ? (int)arg(t, s, 2) : -1;
	int64_t n;

	p.fd = arg_fd(t, s, 0);
	n = sys_poll_fds(t->task, &p, 1, timeout);
	ret_number(t, ret, n < 0 ? n : (unsigned short)p.revents);
}

/* read(u, m) gives a message; read(fd, addr, len) has the kernel write user memory. */
void call_read(struct lit_thread *t, const struct stmt *s, struct value *ret)
{
	uint64_t buf, len;

	if (s->call->msg >= 0) {
		read_message(t, s, ret);
		return;
	}
	buf = uarg(t, s, 1);
	len = uarg(t, s, 2);
	ret_number(t, ret, sys_read(t->task, arg_fd(t, s, 0), buf, len));
}

/* write(fd, addr, len) has the kernel read user memory; write(fd, "text") is for /proc. */
void call_write(struct lit_thread *t, const struct stmt *s, struct value *ret)
{
	uint64_t buf, len;

	if (s->call->str) {
		ret_number(t, ret, sys_write_text(t->task, arg_fd(t, s, 0), s->call->str));
		return;
	}
	buf = uarg(t, s, 1);
	len = uarg(t, s, 2);
	ret_number(t, ret, sys_write(t->task, arg_fd(t, s, 0), buf, len));
}

void call_pipe(struct lit_thread *t, const struct stmt *s, struct value *ret)
{
	ret_named(t, s, ret, VAL_FD, "fd", sys_pipe(t->task));
}

void call_pread(struct lit_thread *t, const struct stmt *s, struct value *ret)
{
	int64_t pos = arg(t, s, 1), n;
	uint8_t byte = 0;

	n = sys_pread(t->task, arg_fd(t, s, 0), pos, &byte);
	if (n == 1)
		ret_byte(t, ret, byte);
	else
		ret_number(t, ret, n);
}

void call_pwrite(struct lit_thread *t, const struct stmt *s, struct value *ret)
{
	int64_t pos = arg(t, s, 1);
	uint8_t byte = (uint8_t)arg(t, s, 2);

	ret_number(t, ret, sys_pwrite(t->task, arg_fd(t, s, 0), pos, byte));
}

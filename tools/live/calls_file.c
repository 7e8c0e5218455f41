/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * calls_file.c - descriptors, and what is read and written through them
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "tools/live/calls.h"

#define AT_FDCWD_ (-100)

/* What a scenario may open besides files of its own. */
static bool is_known(const char *path)
{
	static const char *const paths[] = {
		"/dev/userfaultfd",      "/dev/zero", "/proc/self/mem", "/proc/self/pagemap",
		"/proc/self/clear_refs",
	};

	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
		if (!strcmp(path, paths[i]))
			return true;
	return false;
}

void live_call_open(struct lit_thread *t, const struct stmt *s, struct value *ret)
{
	const char *path = s->call->str;
	uint64_t flags = uarg(t, s, 1);
	char buf[400];

	if (!strchr(path, '/') && *path && strcmp(path, ".") != 0 && strcmp(path, "..") != 0) {
		snprintf(buf, sizeof(buf), "%s/%s", live_run_of(t->w)->scratch, path);
		path = buf;
	} else if (!is_known(path)) {
		world_bad(t->w, s->pos, "open(\"%s\"): live runs refuse this path", path);
	}
	ret_named(t, s, ret, VAL_FD, "fd", SYS(SYS_openat, AT_FDCWD_, path, flags, 0600));
}

void live_call_close(struct lit_thread *t, const struct stmt *s, struct value *ret)
{
	int64_t rd = live_read_fd(t, s, 0), wr = live_write_fd(t, s, 0);

	if (wr != rd)
		SYS(SYS_close, wr);
	ret_number(t, ret, SYS(SYS_close, rd));
}

void live_call_dup(struct lit_thread *t, const struct stmt *s, struct value *ret)
{
	int64_t rd = live_read_fd(t, s, 0), wr = live_write_fd(t, s, 0), n = SYS(SYS_dup, rd);

	if (wr != rd && n >= 0) {
		wr = SYS(SYS_dup, wr);
		n = wr < 0 ? wr : live_pipe_value((int)n, (int)wr);
	}
	ret_named(t, s, ret, VAL_FD, "fd", n);
}

/* Of a pipe the end that writes is asked whether it can, else the other one. */
void live_call_poll(struct lit_thread *t, const struct stmt *s, struct value *ret)
{
	struct {
		int32_t fd;
		int16_t events, revents;
	} p = { 0 };
	int64_t n;

	p.events = (int16_t)uarg(t, s, 1);
	p.fd = (int32_t)(p.events & POLLOUT ? live_write_fd(t, s, 0) : live_read_fd(t, s, 0));
	n = SYS(SYS_poll, &p, 1, s->call->nr_args > 2 ? (int)arg(t, s, 2) : -1);
	ret_number(t, ret, n < 0 ? n : p.revents);
}

void live_call_read(struct lit_thread *t, const struct stmt *s, struct value *ret)
{
	uint64_t addr, len;
	int64_t fd;

	if (s->call->msg >= 0) {
		live_read_message(t, s, ret);
		return;
	}
	fd = live_read_fd(t, s, 0);
	addr = uarg(t, s, 1);
	len = uarg(t, s, 2);
	live_check_range(t, s, addr, len);
	ret_number(t, ret, SYS(SYS_read, fd, addr, len));
}

void live_call_write(struct lit_thread *t, const struct stmt *s, struct value *ret)
{
	int64_t fd = live_write_fd(t, s, 0);
	uint64_t addr, len;

	if (s->call->str) {
		ret_number(t, ret, SYS(SYS_write, fd, s->call->str, strlen(s->call->str)));
		return;
	}
	addr = uarg(t, s, 1);
	len = uarg(t, s, 2);
	live_check_range(t, s, addr, len);
	ret_number(t, ret, SYS(SYS_write, fd, addr, len));
}

void live_call_pipe(struct lit_thread *t, const struct stmt *s, struct value *ret)
{
	int fds[2];
	int64_t n = SYS(SYS_pipe2, fds, 0);

	ret_named(t, s, ret, VAL_FD, "fd", n < 0 ? n : live_pipe_value(fds[0], fds[1]));
}

/* Offsets into memory are addresses. */
static bool is_memory(int64_t fd)
{
	char path[48], text[64];
	int64_t n;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", (int)fd);
	n = SYS(SYS_readlink, path, text, sizeof(text));
	return n >= 4 && !memcmp(text + n - 4, "/mem", 4);
}

void live_call_pread(struct lit_thread *t, const struct stmt *s, struct value *ret)
{
	int64_t fd = live_read_fd(t, s, 0), n;
	uint64_t addr = uarg(t, s, 1);
	uint8_t byte = 0;

	if (is_memory(fd))
		live_check_range(t, s, addr, 1);
	n = SYS(SYS_pread64, fd, &byte, 1, addr);
	if (n == 1)
		ret_byte(t, ret, byte);
	else
		ret_number(t, ret, n);
}

void live_call_pwrite(struct lit_thread *t, const struct stmt *s, struct value *ret)
{
	int64_t fd = live_read_fd(t, s, 0);
	uint64_t addr = uarg(t, s, 1);
	uint8_t byte = (uint8_t)uarg(t, s, 2);

	if (is_memory(fd))
		live_check_range(t, s, addr, 1);
	ret_number(t, ret, SYS(SYS_pwrite64, fd, &byte, 1, addr));
}

void live_call_memfd_create(struct lit_thread *t, const struct stmt *s, struct value *ret)
{
	ret_named(t, s, ret, VAL_FD, "fd", SYS(SYS_memfd_create, s->call->str, uarg(t, s, 1)));
}

void live_call_vmsplice(struct lit_thread *t, const struct stmt *s, struct value *ret)
{
	struct {
		uint64_t base, len;
	} iov;
	int64_t fd = live_write_fd(t, s, 0);
	uint64_t flags = uarg(t, s, 3);

	iov.base = uarg(t, s, 1);
	iov.len = uarg(t, s, 2);
	live_check_range(t, s, iov.base, iov.len);
	ret_number(t, ret, SYS(SYS_vmsplice, fd, &iov, 1, flags));
}

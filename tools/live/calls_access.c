/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * calls_access.c - other processes' memory, pins that stay, swap
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "tools/live/calls.h"

struct span {
	uint64_t base, len;
};

void live_call_process_vm(struct lit_thread *t, const struct stmt *s, struct value *ret)
{
	bool reads = s->call->desc->id == CALL_PROCESS_VM_READV;
	int pid = eval_pid(t, s->call->args[0]);
	struct span local, remote;

	local.base = uarg(t, s, 1);
	remote.base = uarg(t, s, 2);
	local.len = remote.len = uarg(t, s, 3);
	live_check_user_range(t, s, local.base, local.len);
	live_check_user_range(t, s, remote.base, remote.len);
	ret_number(t, ret,
		   SYS(reads ? SYS_process_vm_readv : SYS_process_vm_writev, pid, &local, 1,
		       &remote, 1, 0));
}

void live_call_getpid(struct lit_thread *t, const struct stmt *s, struct value *ret)
{
	ret_named(t, s, ret, VAL_PROC, "pid", SYS(SYS_getpid));
}

void live_call_setuid(struct lit_thread *t, const struct stmt *s, struct value *ret)
{
	struct live_proc *proc = live_proc_of(t);
	uint64_t uid = uarg(t, s, 0);
	int64_t r;

	if (proc->nr_uids == LIVE_MAX_UIDS)
		world_bad(t->w, s->pos, "more than %d times setuid()", LIVE_MAX_UIDS);
	r = SYS(SYS_setuid, uid);
	if (!r) {
		proc->uids[proc->nr_uids] = (uint32_t)uid;
		live_thread_of(t)->nr_uids++;
		__atomic_store_n(&proc->nr_uids, proc->nr_uids + 1, __ATOMIC_RELEASE);
	}
	ret_number(t, ret, r);
}

void live_call_io_uring_setup(struct lit_thread *t, const struct stmt *s, struct value *ret)
{
	uint32_t params[30] = { 0 };

	ret_named(t, s, ret, VAL_FD, "fd", SYS(SYS_io_uring_setup, uarg(t, s, 0), params));
}

#define REGISTER_BUFFERS   0
#define UNREGISTER_BUFFERS 1

void live_call_io_uring_register(struct lit_thread *t, const struct stmt *s, struct value *ret)
{
	int64_t fd = live_read_fd(t, s, 0);
	uint64_t op = uarg(t, s, 1);
	struct span iov;

	iov.base = uarg(t, s, 2);
	iov.len = uarg(t, s, 3);
	if (op == REGISTER_BUFFERS) {
		live_check_range(t, s, iov.base, iov.len);
		ret_number(t, ret, SYS(SYS_io_uring_register, fd, op, &iov, 1));
	} else if (op == UNREGISTER_BUFFERS) {
		ret_number(t, ret, SYS(SYS_io_uring_register, fd, op, NULL, 0));
	} else {
		world_bad(t->w, s->pos, "io_uring_register: only buffers");
	}
}

/* ----------------------------------------------------------------------- swap */

static void scratch_path(struct lit_thread *t, const struct stmt *s, char *buf, size_t size)
{
	if (strchr(s->call->str, '/') || !*s->call->str)
		world_bad(t->w, s->pos, "%s: a name without '/'", s->call->desc->name);
	snprintf(buf, size, "%s/%s", live_run_of(t->w)->scratch, s->call->str);
}

#define SWAP_PAGES 256

/* A file without holes whose first page says that it is for swapping. */
static int64_t make_swap(const char *path)
{
	static const unsigned char zeros[4096];
	unsigned char head[4096] = { 0 };
	uint32_t words[3] = { 1, SWAP_PAGES - 1, 0 };
	int64_t fd =
		SYS(SYS_openat, -100, path, 0102 /* O_CREAT|O_RDWR */ | 0200 /* O_EXCL */, 0600);
	int64_t r = 0;

	if (fd < 0)
		return fd == -EEXIST ? 0 : fd;
	memcpy(head + 1024, words, sizeof(words));
	memcpy(head + 4096 - 10, "SWAPSPACE2", 10);
	for (unsigned i = 0; i < SWAP_PAGES && r >= 0; i++)
		r = SYS(SYS_write, fd, i ? zeros : head, 4096);
	SYS(SYS_fsync, fd);
	SYS(SYS_close, fd);
	return r < 0 ? r : 0;
}

void live_call_swapon(struct lit_thread *t, const struct stmt *s, struct value *ret)
{
	uint64_t flags = uarg(t, s, 1);
	char path[400];
	int64_t r;

	scratch_path(t, s, path, sizeof(path));
	r = make_swap(path);
	ret_number(t, ret, r < 0 ? r : SYS(SYS_swapon, path, flags));
}

void live_call_swapoff(struct lit_thread *t, const struct stmt *s, struct value *ret)
{
	char path[400];

	scratch_path(t, s, path, sizeof(path));
	ret_number(t, ret, SYS(SYS_swapoff, path));
}

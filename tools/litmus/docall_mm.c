/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * docall_mm.c - calls that make and change mappings, and fork
 */
#include "tools/litmus/docall.h"

void ret_mapping(struct lit_thread *t, const struct stmt *s, struct value *ret, int64_t n,
		 uint64_t len)
{
	if (n < 0) {
		ret_number(t, ret, n);
		return;
	}
	value_kind(ret, VAL_ADDR, n);
	if (s->dst >= 0)
		t->rec.names = named_range_new(t->w, s->dst, (uint64_t)n, len);
	rec_ret_address(t, (uint64_t)n);
}

void call_mmap(struct lit_thread *t, const struct stmt *s, struct value *ret)
{
	uint64_t addr = uarg(t, s, 0), len = uarg(t, s, 1), prot = uarg(t, s, 2);
	uint64_t flags = uarg(t, s, 3), off;
	int fd = arg_fd(t, s, 4);

	off = uarg(t, s, 5);
	ret_mapping(t, s, ret, sys_mmap(t->task, addr, len, prot, flags, fd, off), len);
}

void call_mremap(struct lit_thread *t, const struct stmt *s, struct value *ret)
{
	uint64_t addr = uarg(t, s, 0), old_len = uarg(t, s, 1), new_len = uarg(t, s, 2);
	uint64_t flags = uarg(t, s, 3), to = uarg(t, s, 4);

	ret_mapping(t, s, ret, sys_mremap(t->task, addr, old_len, new_len, flags, to), new_len);
}

void call_munmap(struct lit_thread *t, const struct stmt *s, struct value *ret)
{
	uint64_t addr = uarg(t, s, 0), len = uarg(t, s, 1);

	ret_number(t, ret, sys_munmap(t->task, addr, len));
}

void call_mprotect(struct lit_thread *t, const struct stmt *s, struct value *ret)
{
	uint64_t addr = uarg(t, s, 0), len = uarg(t, s, 1), prot = uarg(t, s, 2);

	ret_number(t, ret, sys_mprotect(t->task, addr, len, prot));
}

void call_madvise(struct lit_thread *t, const struct stmt *s, struct value *ret)
{
	uint64_t addr = uarg(t, s, 0), len = uarg(t, s, 1);
	int advice = to_int(arg(t, s, 2));

	ret_number(t, ret, sys_madvise(t->task, addr, len, advice));
}

void call_memset(struct lit_thread *t, const struct stmt *s, struct value *ret)
{
	uint64_t addr = uarg(t, s, 0), v = uarg(t, s, 1), len = uarg(t, s, 2);
	uint64_t before = task_faults(t->task);
	enum access_result r = user_memset(t->task, addr, (uint8_t)v, len);

	rec_flt(t, task_faults(t->task) != before);
	ret_access(t, ret, r);
}

void call_fork(struct lit_thread *t, const struct stmt *s, struct value *ret)
{
	struct process *child = NULL;
	int64_t n = sys_fork(t->task, &child);

	ret_named(t, s, ret, VAL_PROC, "pid", n);
	if (n > 0 && s->dst >= 0) {
		/* The child's threads may look the name up as soon as they exist. */
		assign(t, s->dst, ret);
		world_fork(t, s->dst, child);
	}
}

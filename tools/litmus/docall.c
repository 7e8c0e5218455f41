/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * docall.c - calls: arguments in, the model's answer into value and record
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "tools/litmus/world.h"

static int64_t arg(struct lit_thread *t, const struct stmt *s, unsigned i)
{
	return eval_number(t, s->call->args[i]);
}

static uint64_t uarg(struct lit_thread *t, const struct stmt *s, unsigned i)
{
	return (uint64_t)arg(t, s, i);
}

static void ret_number(struct lit_thread *t, struct value *ret, int64_t n)
{
	value_num(ret, n);
	rec_ret_number(t, n);
}

/* A descriptor or a process is shown as the name that it is assigned to. */
static void ret_named(struct lit_thread *t, const struct stmt *s, struct value *ret,
		      enum val_kind kind, const char *otherwise, int64_t n)
{
	if (n < 0) {
		ret_number(t, ret, n);
		return;
	}
	value_kind(ret, kind, n);
	rec_ret_text(t, s->dst >= 0 ? t->w->prog->names[s->dst] : otherwise);
}

static void ret_mapping(struct lit_thread *t, const struct stmt *s, struct value *ret, int64_t n,
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

static void call_mmap(struct lit_thread *t, const struct stmt *s, struct value *ret)
{
	uint64_t addr = uarg(t, s, 0), len = uarg(t, s, 1), prot = uarg(t, s, 2);
	uint64_t flags = uarg(t, s, 3), off;
	int fd = eval_fd(t, s->call->args[4]);

	off = uarg(t, s, 5);
	ret_mapping(t, s, ret, sys_mmap(t->task, addr, len, prot, flags, fd, off), len);
}

static void call_mremap(struct lit_thread *t, const struct stmt *s, struct value *ret)
{
	uint64_t addr = uarg(t, s, 0), old_len = uarg(t, s, 1), new_len = uarg(t, s, 2);
	uint64_t flags = uarg(t, s, 3), to = uarg(t, s, 4);

	ret_mapping(t, s, ret, sys_mremap(t->task, addr, old_len, new_len, flags, to), new_len);
}

static int to_int(int64_t n)
{
	return n < INT_MIN || n > INT_MAX ? -1 : (int)n;
}

static void call_memset(struct lit_thread *t, const struct stmt *s, struct value *ret)
{
	uint64_t addr = uarg(t, s, 0), v = uarg(t, s, 1), len = uarg(t, s, 2);
	uint64_t before = task_faults(t->task);
	enum access_result r = user_memset(t->task, addr, (uint8_t)v, len);

	rec_flt(t, task_faults(t->task) != before);
	if (r == ACCESS_OK) {
		ret_number(t, ret, 0);
		return;
	}
	value_kind(ret, VAL_SIG, r);
	rec_ret_text(t, r == ACCESS_SIGBUS ? "SIGBUS" : "SIGSEGV");
}

static void call_fork(struct lit_thread *t, const struct stmt *s, struct value *ret)
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

/* ------------------------------------------------------------------ messages */

static void record_message(struct lit_thread *t, const struct uffd_msg *m)
{
	char flags[32];

	rec_out_text(t, "event", uffd_event_name(m->event));
	switch (m->event) {
	case UFFD_EVENT_PAGEFAULT:
		rec_out_address(t, "address", m->arg.pagefault.address, false);
		show_flags(m->arg.pagefault.flags, flags, sizeof(flags));
		rec_out_text(t, "flags", flags);
		break;
	case UFFD_EVENT_FORK:
		rec_out_text(t, "ufd", "fd");
		break;
	case UFFD_EVENT_REMAP:
		rec_out_address(t, "from", m->arg.remap.from, false);
		rec_out_address(t, "to", m->arg.remap.to, false);
		rec_out_number(t, "len", (int64_t)m->arg.remap.len);
		break;
	default:
		rec_out_address(t, "start", m->arg.remove.start, false);
		rec_out_address(t, "end", m->arg.remove.end, true);
		break;
	}
}

static void call_read(struct lit_thread *t, const struct stmt *s, struct value *ret)
{
	int fd = eval_fd(t, s->call->args[0]);
	struct value v;
	int64_t n;

	memset(&v, 0, sizeof(v));
	n = sys_read_uffd(t->task, fd, &v.u.msg);
	ret_number(t, ret, n);
	if (n != (int64_t)sizeof(v.u.msg))
		return;
	v.kind = VAL_MSG;
	v.n = v.u.msg.event;
	assign(t, s->call->msg, &v);
	record_message(t, &v.u.msg);
}

/* -------------------------------------------------------------------- ioctls */

static void out_hex(struct lit_thread *t, const char *key, uint64_t n)
{
	char buf[24];

	snprintf(buf, sizeof(buf), "0x%llx", (unsigned long long)n);
	rec_out_text(t, key, buf);
}

static void record_answer(struct lit_thread *t, enum ioctl_id id, const uint64_t *words,
			  struct value *ret)
{
	static const struct {
		uint8_t id, word;
		const char *key;
	} answers[] = {
		{ IOC_COPY, 4, "copy" },       { IOC_ZEROPAGE, 3, "zeropage" },
		{ IOC_CONTINUE, 3, "mapped" }, { IOC_POISON, 3, "updated" },
		{ IOC_MOVE, 4, "move" },
	};

	for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
		if (answers[i].id != id)
			continue;
		ret->u.out[0] = words[answers[i].word];
		rec_out_number(t, answers[i].key, (int64_t)ret->u.out[0]);
	}
	if (id == IOC_API) {
		ret->u.out[0] = words[1];
		ret->u.out[1] = words[2];
		out_hex(t, "features", words[1]);
		out_hex(t, "ioctls", words[2]);
	} else if (id == IOC_REGISTER) {
		ret->u.out[1] = words[3];
		out_hex(t, "ioctls", words[3]);
	}
}

static void call_ioctl(struct lit_thread *t, const struct stmt *s, struct value *ret)
{
	const struct call *c = s->call;
	uint64_t words[LIT_MAX_FIELDS], value;
	bool written = false;
	int64_t n;
	int fd = eval_fd(t, c->args[0]);

	for (unsigned i = 0; i < LIT_MAX_FIELDS; i++)
		words[i] = (uint64_t)eval_number(t, c->fields[i]);
	if (c->ioctl->id == IOC_SCAN && !c->fields[0])
		words[0] = sizeof(words);
	value = (uint64_t)eval_number(t, c->args[2]);
	n = sys_ioctl(t->task, fd, c->ioctl->cmd, words, value, &written);
	if (c->ioctl->id == IOC_NEW) {
		ret_named(t, s, ret, VAL_FD, "fd", n);
		return;
	}
	ret_number(t, ret, n);
	ret->ioctl = (uint8_t)(c->ioctl->id + 1);
	if (written)
		record_answer(t, c->ioctl->id, words, ret);
}

/* The kernel has these; the model does not.  A bad descriptor is refused all the same. */
static void call_unmodelled(struct lit_thread *t, const struct stmt *s, struct value *ret)
{
	const struct call *c = s->call;

	if (c->args[0] && !fd_kind(t->task, eval_fd(t, c->args[0]))) {
		ret_number(t, ret,
			   c->desc->id == CALL_FTRUNCATE && arg(t, s, 1) < 0 ? -EINVAL : -EBADF);
		return;
	}
	sim_unmodelled(t->w->sim, "%s()", c->label);
}

static int64_t simple_call(struct lit_thread *t, const struct stmt *s)
{
	const struct call *c = s->call;
	uint64_t a, b;

	switch (c->desc->id) {
	case CALL_MUNMAP:
		a = uarg(t, s, 0);
		return sys_munmap(t->task, a, uarg(t, s, 1));
	case CALL_MPROTECT:
		a = uarg(t, s, 0);
		b = uarg(t, s, 1);
		return sys_mprotect(t->task, a, b, uarg(t, s, 2));
	case CALL_MADVISE:
		a = uarg(t, s, 0);
		b = uarg(t, s, 1);
		return sys_madvise(t->task, a, b, to_int(arg(t, s, 2)));
	case CALL_POLL:
		a = uarg(t, s, 1);
		return sys_poll(t->task, eval_fd(t, c->args[0]), a);
	default:
		return sys_close(t->task, eval_fd(t, c->args[0]));
	}
}

void do_call(struct lit_thread *t, const struct stmt *s, struct value *ret)
{
	const struct call *c = s->call;

	switch (c->desc->id) {
	case CALL_MMAP:
		call_mmap(t, s, ret);
		break;
	case CALL_MREMAP:
		call_mremap(t, s, ret);
		break;
	case CALL_FORK:
		call_fork(t, s, ret);
		break;
	case CALL_MEMSET:
		call_memset(t, s, ret);
		break;
	case CALL_USERFAULTFD:
		ret_named(t, s, ret, VAL_FD, "fd", sys_userfaultfd(t->task, uarg(t, s, 0)));
		break;
	case CALL_OPEN:
		ret_named(t, s, ret, VAL_FD, "fd", sys_open(t->task, c->str, uarg(t, s, 1)));
		break;
	case CALL_IOCTL:
		call_ioctl(t, s, ret);
		break;
	case CALL_READ:
		if (c->msg >= 0)
			call_read(t, s, ret);
		else
			call_unmodelled(t, s, ret);
		break;
	case CALL_MUNMAP:
	case CALL_MPROTECT:
	case CALL_MADVISE:
	case CALL_POLL:
	case CALL_CLOSE:
		ret_number(t, ret, simple_call(t, s));
		break;
	default:
		call_unmodelled(t, s, ret);
		break;
	}
}

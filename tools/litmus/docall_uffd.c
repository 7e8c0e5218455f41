/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * docall_uffd.c - userfaultfd: messages and requests
 */
#include <stdio.h>
#include <string.h>

#include "tools/litmus/docall.h"

void call_userfaultfd(struct lit_thread *t, const struct stmt *s, struct value *ret)
{
	ret_named(t, s, ret, VAL_FD, "fd", sys_userfaultfd(t->task, uarg(t, s, 0)));
}

/* ------------------------------------------------------------------ messages */

void record_message(struct lit_thread *t, const struct uffd_msg *m)
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

void read_message(struct lit_thread *t, const struct stmt *s, struct value *ret)
{
	int fd = arg_fd(t, s, 0);
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

struct answer_field {
	uint8_t id, word;
	const char *key;
};

/* What a fill says of itself; NULL: the request is none. */
static const struct answer_field *answer_field(enum ioctl_id id)
{
	static const struct answer_field answers[] = {
		{ IOC_COPY, 4, "copy" },       { IOC_ZEROPAGE, 3, "zeropage" },
		{ IOC_CONTINUE, 3, "mapped" }, { IOC_POISON, 3, "updated" },
		{ IOC_MOVE, 4, "move" },
	};

	for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++)
		if (answers[i].id == id)
			return &answers[i];
	return NULL;
}

void keep_answer(enum ioctl_id id, const uint64_t *words, struct value *ret)
{
	const struct answer_field *f = answer_field(id);

	if (f)
		ret->u.out[0] = words[f->word];
}

void record_answer(struct lit_thread *t, enum ioctl_id id, const uint64_t *words,
		   struct value *ret)
{
	const struct answer_field *f = answer_field(id);

	if (f) {
		ret->u.out[0] = words[f->word];
		rec_out_number(t, f->key, (int64_t)ret->u.out[0]);
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

void call_ioctl(struct lit_thread *t, const struct stmt *s, struct value *ret)
{
	const struct call *c = s->call;
	uint64_t words[LIT_MAX_FIELDS], value;
	bool written = false;
	int64_t n;
	int fd = arg_fd(t, s, 0);

	if (c->ioctl->id == IOC_SCAN) {
		scan_pagemap(t, s, fd, ret);
		return;
	}
	for (unsigned i = 0; i < LIT_MAX_FIELDS; i++)
		words[i] = (uint64_t)eval_number(t, c->fields[i]);
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
	else
		keep_answer(c->ioctl->id, words, ret);
}

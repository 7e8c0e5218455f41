/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * values.c - what a name can hold, and how it is shown
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "tools/litmus/world.h"

void value_kind(struct value *v, enum val_kind kind, int64_t n)
{
	memset(v, 0, sizeof(*v));
	v->kind = (uint8_t)kind;
	v->set = 1;
	v->n = n;
}

void value_num(struct value *v, int64_t n)
{
	value_kind(v, VAL_NUM, n);
}

bool value_equal(const struct value *a, const struct value *b)
{
	/* These are no numbers: they equal only their like. */
	if (a->kind == VAL_ABSENT || b->kind == VAL_ABSENT)
		return a->kind == b->kind;
	if ((a->kind == VAL_SIG) != (b->kind == VAL_SIG))
		return false;
	if (a->kind == VAL_WORDS || b->kind == VAL_WORDS)
		return a->kind == b->kind && !strcmp(a->u.words, b->u.words);
	return a->n == b->n;
}

static void ioctl_field(const struct value *v, enum field field, struct value *ret)
{
	static const struct {
		uint8_t ioctl, field, kind, index;
	} table[] = {
		{ IOC_API, FIELD_FEATURES, VAL_HEX, 0 },
		{ IOC_API, FIELD_IOCTLS, VAL_HEX, 1 },
		{ IOC_REGISTER, FIELD_IOCTLS, VAL_HEX, 1 },
		{ IOC_COPY, FIELD_COPY, VAL_NUM, 0 },
		{ IOC_ZEROPAGE, FIELD_ZEROPAGE, VAL_NUM, 0 },
		{ IOC_CONTINUE, FIELD_MAPPED, VAL_NUM, 0 },
		{ IOC_POISON, FIELD_UPDATED, VAL_NUM, 0 },
		{ IOC_MOVE, FIELD_MOVE, VAL_NUM, 0 },
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if (v->ioctl == table[i].ioctl + 1 && field == table[i].field)
			value_kind(ret, table[i].kind, (int64_t)v->u.out[table[i].index]);
}

static void message_field(const struct uffd_msg *m, enum field field, struct value *ret)
{
	bool pf = m->event == UFFD_EVENT_PAGEFAULT, fork = m->event == UFFD_EVENT_FORK;
	bool remap = m->event == UFFD_EVENT_REMAP;
	bool remove = m->event == UFFD_EVENT_REMOVE || m->event == UFFD_EVENT_UNMAP;

	if (field == FIELD_EVENT)
		value_kind(ret, VAL_EVENT, m->event);
	else if (field == FIELD_PF_FLAGS && pf)
		value_kind(ret, VAL_FLAGS, (int64_t)m->arg.pagefault.flags);
	else if (field == FIELD_PF_ADDRESS && pf)
		value_kind(ret, VAL_ADDR, (int64_t)m->arg.pagefault.address);
	else if (field == FIELD_FORK_UFD && fork)
		value_kind(ret, VAL_FD, m->arg.fork.ufd);
	else if (field == FIELD_REMAP_FROM && remap)
		value_kind(ret, VAL_ADDR, (int64_t)m->arg.remap.from);
	else if (field == FIELD_REMAP_TO && remap)
		value_kind(ret, VAL_ADDR, (int64_t)m->arg.remap.to);
	else if (field == FIELD_REMAP_LEN && remap)
		value_num(ret, (int64_t)m->arg.remap.len);
	else if (field == FIELD_REMOVE_START && remove)
		value_kind(ret, VAL_ADDR, (int64_t)m->arg.remove.start);
	else if (field == FIELD_REMOVE_END && remove)
		value_kind(ret, VAL_ADDR, (int64_t)m->arg.remove.end);
}

void value_field(const struct value *v, enum field field, struct value *ret)
{
	if (field == FIELD_NONE) {
		*ret = *v;
		return;
	}
	value_num(ret, 0);
	if (v->kind == VAL_MSG)
		message_field(&v->u.msg, field, ret);
	else if (v->ioctl)
		ioctl_field(v, field, ret);
}

bool show_number(int64_t n, char *buf, size_t size)
{
	const char *name = n < 0 && n > -4096 ? errno_name(-n) : NULL;

	if (name)
		snprintf(buf, size, "-%s", name);
	else
		snprintf(buf, size, "%" PRId64, n);
	return !name;
}

void show_flags(uint64_t flags, char *buf, size_t size)
{
	static const struct {
		uint64_t flag;
		const char *name;
	} names[] = {
		{ UFFD_PAGEFAULT_FLAG_WRITE, "WRITE" },
		{ UFFD_PAGEFAULT_FLAG_WP, "WP" },
		{ UFFD_PAGEFAULT_FLAG_MINOR, "MINOR" },
		{ UFFD_PAGEFAULT_FLAG_RWP, "RWP" },
	};
	size_t len = 0;

	snprintf(buf, size, "0");
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]) && len < size; i++)
		if (flags & names[i].flag)
			len += (size_t)snprintf(buf + len, size - len, "%s%s", len ? "|" : "",
						names[i].name);
}

bool value_show(const struct world *w, const struct value *v, const char *name, char *buf,
		size_t size)
{
	switch ((enum val_kind)v->kind) {
	case VAL_NUM:
		return show_number(v->n, buf, size);
	case VAL_HEX:
	case VAL_BYTE:
		snprintf(buf, size, "0x%llx", (unsigned long long)v->n);
		break;
	case VAL_ADDR:
		show_address(w, (uint64_t)v->n, false, buf, size);
		break;
	case VAL_FD:
		snprintf(buf, size, "%s", name ? name : "fd");
		break;
	case VAL_PROC:
		snprintf(buf, size, "%s", name ? name : "pid");
		break;
	case VAL_SIG:
		snprintf(buf, size, "%s", v->n == ACCESS_SIGBUS ? "SIGBUS" : "SIGSEGV");
		break;
	case VAL_ABSENT:
		snprintf(buf, size, "-");
		break;
	case VAL_EVENT:
		snprintf(buf, size, "%s", uffd_event_name((unsigned)v->n));
		break;
	case VAL_FLAGS:
		show_flags((uint64_t)v->n, buf, size);
		break;
	case VAL_WORDS:
		snprintf(buf, size, "%s", v->u.words);
		break;
	case VAL_MSG:
		snprintf(buf, size, "%s", uffd_event_name(v->u.msg.event));
		break;
	}
	return false;
}

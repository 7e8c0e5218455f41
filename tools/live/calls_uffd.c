/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * calls_uffd.c - messages of a userfaultfd, and the ioctls
 */
#include <string.h>

#include "tools/live/calls.h"

void live_read_message(struct lit_thread *t, const struct stmt *s, struct value *ret)
{
	struct value v;
	int64_t n;

	memset(&v, 0, sizeof(v));
	n = SYS(SYS_read, live_read_fd(t, s, 0), &v.u.msg, sizeof(v.u.msg));
	ret_number(t, ret, n);
	if (n != (int64_t)sizeof(v.u.msg))
		return;
	v.kind = VAL_MSG;
	v.n = v.u.msg.event;
	assign(t, s->call->msg, &v);
	record_message(t, &v.u.msg);
}

/* Stands where the kernel writes its answer; if it still does, there was none. */
#define NO_ANSWER 0x5eed0ffe5eed0ffeULL

/* The words of an ioctl's structure that say what it touches; -1: none. */
struct ioctl_shape {
	int8_t addr, addr2, len, answer;
};

static const struct ioctl_shape shapes[] = {
	[IOC_API] = { -1, -1, -1, 2 },         [IOC_REGISTER] = { 0, -1, 1, 3 },
	[IOC_UNREGISTER] = { 0, -1, 1, -1 },   [IOC_WAKE] = { 0, -1, 1, -1 },
	[IOC_COPY] = { 0, 1, 2, 4 },           [IOC_ZEROPAGE] = { 0, -1, 1, 3 },
	[IOC_WRITEPROTECT] = { 0, -1, 1, -1 }, [IOC_CONTINUE] = { 0, -1, 1, 3 },
	[IOC_POISON] = { 0, -1, 1, 3 },        [IOC_MOVE] = { 0, 1, 2, 4 },
	[IOC_RWPROTECT] = { 0, -1, 1, -1 },    [IOC_SET_MODE] = { -1, -1, -1, -1 },
	[IOC_NEW] = { -1, -1, -1, -1 },
};

static void uffdio(struct lit_thread *t, const struct stmt *s, int64_t fd, struct value *ret)
{
	const struct call *c = s->call;
	const struct ioctl_shape *shape = &shapes[c->ioctl->id];
	uint64_t words[LIT_MAX_FIELDS], given = 0;
	int64_t n;

	for (unsigned i = 0; i < LIT_MAX_FIELDS; i++)
		words[i] = (uint64_t)eval_number(t, c->fields[i]);
	if (shape->addr >= 0)
		live_check_range(t, s, words[shape->addr], words[shape->len]);
	if (shape->addr2 >= 0)
		live_check_range(t, s, words[shape->addr2], words[shape->len]);
	if (shape->answer >= 0) {
		given = words[shape->answer];
		words[shape->answer] = NO_ANSWER;
	}
	n = SYS(SYS_ioctl, fd, c->ioctl->cmd, words);
	ret_number(t, ret, n);
	ret->ioctl = (uint8_t)(c->ioctl->id + 1);
	if (shape->answer >= 0 && words[shape->answer] != NO_ANSWER) {
		record_answer(t, c->ioctl->id, words, ret);
	} else if (shape->answer >= 0) {
		words[shape->answer] = given;
		keep_answer(c->ioctl->id, words, ret);
	}
}

#define SCAN_START    2
#define SCAN_END      3
#define SCAN_WALK_END 4
#define SCAN_VEC_LEN  6

static void pagemap_scan(struct lit_thread *t, const struct stmt *s, int64_t fd, struct value *ret)
{
	const struct call *c = s->call;
	uint64_t words[LIT_MAX_FIELDS];
	struct page_region *vec = NULL;
	int64_t n;

	for (unsigned i = 0; i < LIT_MAX_FIELDS; i++)
		words[i] = (uint64_t)eval_number(t, c->fields[i]);
	if (!c->fields[0])
		words[0] = sizeof(words);
	if (words[SCAN_END] > words[SCAN_START])
		live_check_range(t, s, words[SCAN_START], words[SCAN_END] - words[SCAN_START]);
	if (words[SCAN_VEC_LEN] > SCAN_MAX_REGIONS)
		world_bad(t->w, s->pos, "vec_len: more than %d regions", SCAN_MAX_REGIONS);
	if (!c->fields[SCAN_VEC] && words[SCAN_VEC_LEN]) {
		vec = world_alloc(t->w, words[SCAN_VEC_LEN] * sizeof(*vec));
		words[SCAN_VEC] = (uint64_t)(uintptr_t)vec;
	} else if (words[SCAN_VEC_LEN]) {
		live_check_range(t, s, words[SCAN_VEC], words[SCAN_VEC_LEN] * sizeof(*vec));
	}
	words[SCAN_WALK_END] = NO_ANSWER;
	n = SYS(SYS_ioctl, fd, c->ioctl->cmd, words);
	ret_number(t, ret, n);
	ret->ioctl = IOC_SCAN + 1;
	if (words[SCAN_WALK_END] != NO_ANSWER)
		record_scan(t, words[SCAN_WALK_END], vec, n > 0 && vec ? (unsigned)n : 0);
}

void live_call_ioctl(struct lit_thread *t, const struct stmt *s, struct value *ret)
{
	int64_t fd = live_read_fd(t, s, 0);

	if (s->call->ioctl->id == IOC_NEW)
		ret_named(t, s, ret, VAL_FD, "fd",
			  SYS(SYS_ioctl, fd, USERFAULTFD_IOC_NEW, uarg(t, s, 2)));
	else if (s->call->ioctl->id == IOC_SCAN)
		pagemap_scan(t, s, fd, ret);
	else
		uffdio(t, s, fd, ret);
}

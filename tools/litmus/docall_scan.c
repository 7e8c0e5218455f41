/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * docall_scan.c - PAGEMAP_SCAN: its structure and the regions it gives
 */
#include "tools/litmus/docall.h"

void scan_pagemap(struct lit_thread *t, const struct stmt *s, int fd, struct value *ret)
{
	uint64_t words[LIT_MAX_FIELDS];
	bool written = false;
	int64_t n;

	for (unsigned i = 0; i < LIT_MAX_FIELDS; i++)
		words[i] = (uint64_t)eval_number(t, s->call->fields[i]);
	if (!s->call->fields[0])
		words[0] = sizeof(words);
	n = sys_ioctl(t->task, fd, s->call->ioctl->cmd, words, 0, &written);
	ret_number(t, ret, n);
	ret->ioctl = IOC_SCAN + 1;
}

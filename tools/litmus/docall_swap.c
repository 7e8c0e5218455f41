/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * docall_swap.c - swapon and swapoff
 */
#include "tools/litmus/docall.h"

void call_swapon(struct lit_thread *t, const struct stmt *s, struct value *ret)
{
	ret_number(t, ret, sys_swapon(t->task, s->call->str, uarg(t, s, 1)));
}

void call_swapoff(struct lit_thread *t, const struct stmt *s, struct value *ret)
{
	ret_number(t, ret, sys_swapoff(t->task, s->call->str));
}

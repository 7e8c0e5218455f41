/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * docall_swap.c - swapon and swapoff
 */
#include "tools/litmus/docall.h"

void call_swapon(struct lit_thread *t, const struct stmt *s, struct value *ret)
{
	call_unmodelled(t, s, ret);
}

void call_swapoff(struct lit_thread *t, const struct stmt *s, struct value *ret)
{
	call_unmodelled(t, s, ret);
}

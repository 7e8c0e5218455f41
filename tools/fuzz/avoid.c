/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * avoid.c - on which side of each exclusion a program is
 */
#include "tools/fuzz/avoid.h"

void avoid_choose(struct choices *c, bool swap, struct avoid *ret)
{
	ret->file_wp = chance(c, 30);
	ret->guard = !ret->file_wp;
	ret->pageout = !chance(c, swap ? 70 : 15);
	ret->lazyfree = !ret->pageout;
}

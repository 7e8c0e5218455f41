/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * variants.c - choices under a name: positions of discussions, proposals, and what
 * would be if a kernel lacked one thing
 *
 * --profile v6.18+NAME.  One row each; what it sets are choices (choices.h).
 */
#include "mm-model/choices.h"

const struct variant variants[] = {
	{ .name = NULL },
};

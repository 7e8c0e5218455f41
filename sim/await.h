/* SPDX-License-Identifier: BSD-2-Clause */
/* await.h - rounds of loops that only wait are left out (await.c) */
#ifndef SIM_AWAIT_H
#define SIM_AWAIT_H

#include "explore.h"

struct awaits *awaits_new(void);
void awaits_free(struct awaits *a);
/** Before the last node's step. */
void await_begin(struct explorer *ex);
/** It was taken. */
void await_step(struct explorer *ex);
/** The threads that go no further below the path as it is. */
uint32_t await_parked(const struct explorer *ex);
/** Could one of them have left its loop meanwhile? */
bool await_over(const struct explorer *ex);

#endif

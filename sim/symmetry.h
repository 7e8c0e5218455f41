/* SPDX-License-Identifier: BSD-2-Clause */
/* symmetry.h - threads that could as well be each other act in order (symmetry.c) */
#ifndef SIM_SYMMETRY_H
#define SIM_SYMMETRY_H

#include "explore.h"

struct symmetry *symmetry_new(void);
void symmetry_free(struct symmetry *y);
/** Those who have acted; it cannot be told from the machine. */
uint32_t symmetry_acted(const struct explorer *ex);
/** The threads that have to wait for the one before them to act. */
uint32_t symmetry_waits(const struct explorer *ex);
/** Before the last node's step, by @t. */
void symmetry_begin(struct explorer *ex, const struct sim_thread *t);
/** It was taken; its footprint is not yet a number. */
void symmetry_step(struct explorer *ex, const struct node *n);
/** Can @thread, whose step @j it is, go on after the steps before @i and those of @v? */
bool symmetry_allows(const struct explorer *ex, size_t i, size_t j, unsigned thread,
		     const uint64_t *v);

#endif

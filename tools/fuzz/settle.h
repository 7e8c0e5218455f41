/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * settle.h - make a generated program one that means the same everywhere
 */
#ifndef FUZZ_SETTLE_H
#define FUZZ_SETTLE_H

#include "tools/fuzz/cover.h"
#include "tools/fuzz/judge.h"

struct settled {
	bool usable;         /* it is a scenario that the simulator runs to its end */
	unsigned dropped;    /* statements taken out */
	unsigned unmodelled; /* of them: what the simulator cannot do */
	struct verdict v;    /* what that run showed */
};

/**
 * settle - run the program on the simulator and take out what must not stay
 *
 * Statements of a thread that is blocked, or of a process that is not there;
 * those that make several threads go on at once (avoid.h); those that are not
 * modelled.  @p->name and so on stay.  @text: PROGRAM_TEXT bytes, receives the
 * text.  Returns its length, or a negative errno.
 */
long settle(struct program *p, const char *profile, struct cover *cover, char *text,
	    struct settled *ret);

#endif

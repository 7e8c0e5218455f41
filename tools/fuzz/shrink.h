/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * shrink.h - the smallest program that still shows the same
 */
#ifndef FUZZ_SHRINK_H
#define FUZZ_SHRINK_H

#include "tools/fuzz/judge.h"

/**
 * shrink - make @p smaller as long as @judge gives a verdict like @v
 *
 * "Like": the same call and the same kind of difference.  @v becomes the
 * verdict of the result.  @budget: how often the judge may be asked, and for how
 * many seconds: what a kernel never answers costs the judge ten each time.
 * @stop, if not NULL: nonzero ends it early with what it has.  Returns how often
 * it was asked, or a negative errno of the judge.
 */
struct shrink_budget {
	unsigned questions;
	unsigned seconds; /* 0: no bound */
};

long shrink(struct program *p, const struct judge *judge, struct verdict *v,
	    const struct shrink_budget *budget, const int *stop);

#endif

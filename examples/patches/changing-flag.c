/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * changing-flag.c - mmap_changing as one flag for all events
 *
 * As kernels 4.18 to 5.14 had it: the first event that ends allows fills again, although
 * another one has not been read.  No lock makes an event wait for the fills under way.
 */
#include <uffdsim/patch.h>

static void begin(struct userfaultfd_ctx *ctx, unsigned event)
{
	mmap_changing_set(ctx, 1);
}

static void end(struct userfaultfd_ctx *ctx, unsigned event)
{
	mmap_changing_set(ctx, 0);
}

UFFDSIM_PATCH("changing-flag", "mmap_changing is a flag, and the first event that ends lowers it.",
	      .sets = "+map_changing_lock=no",
	      .decide.userfaultfd_event_begin = begin,
	      .decide.userfaultfd_event_end = end);

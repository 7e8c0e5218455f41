/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * verdict_words.h - what a thread's verdict is in words
 */
#ifndef LITMUS_VERDICT_WORDS_H
#define LITMUS_VERDICT_WORDS_H

#include <stdio.h>

#include <uffdsim/litmus.h>
#include <uffdsim/mm.h>

/**
 * A line on @v, a verdict of a thread, for @t called @name.  @wait is what
 * observe_wait() says of it and @address that of its message as people call it;
 * both go unread for VERDICT_LIVELOCK, of a thread that does not sleep.
 */
void verdict_say(FILE *f, enum litmus_verdict v, const struct sim_thread *t, const char *name,
		 const struct observed_wait *wait, const char *address);

#endif

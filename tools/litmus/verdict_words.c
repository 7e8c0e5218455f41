// SPDX-License-Identifier: BSD-2-Clause
/*
 * verdict_words.c - what a thread's verdict is in words
 */
#include "tools/litmus/verdict_words.h"

static void say_sleep(FILE *f, const struct sim_thread *t, const struct observed_wait *wait,
		      const char *address)
{
	if (!wait->message)
		fprintf(f, " sleeps in %s()", sim_thread_op(t)->what);
	else if (wait->address)
		fprintf(f, " sleeps on its %s message for %s", wait->message, address);
	else
		fprintf(f, " sleeps on its %s message", wait->message);
}

void verdict_say(FILE *f, enum litmus_verdict v, const struct sim_thread *t, const char *name,
		 const struct observed_wait *wait, const char *address)
{
	fprintf(f, "%s: %s", litmus_verdict_info(v)->name, name);
	if (v == VERDICT_LIVELOCK) {
		fprintf(f, " goes round in %s()\n", sim_thread_op(t)->what);
		return;
	}
	say_sleep(f, t, wait, address);
	if (v == VERDICT_LOST_WAKEUP)
		fputs(", and would go on if it was woken\n", f);
	else if (wait->read)
		fprintf(f, ", which %s has read\n",
			wait->reader ? sim_thread_name(wait->reader) : "somebody");
	else if (v == VERDICT_SELF_WAIT)
		fputs(", which only who waits for it could read\n", f);
	else
		fputs(", which nobody will read\n", f);
}

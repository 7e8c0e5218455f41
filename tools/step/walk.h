/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * walk.h - an execution, step by step, forwards and backwards
 *
 * A walk has a path and a place on it.  Going back makes a new machine and replays a shorter
 * prefix: executions are short, and nothing of the machine's state needs to be kept.
 */
#ifndef WALK_H
#define WALK_H

#include <stdio.h>

#include <uffdsim/litmus.h>
#include <uffdsim/sim.h>

struct walk;

/**
 * A walk at its begin; 0 or a negative errno, with @err as for litmus_run(); -EOPNOTSUPP: init
 * needs what is not modelled.  walk_free() it.
 */
int walk_new(const struct litmus *prog, const struct litmus_options *opt, struct walk **ret,
	     struct litmus_error *err);
void walk_free(struct walk *w);

/** Steps taken to get here, and how far the path goes on. */
unsigned walk_place(const struct walk *w);
unsigned walk_length(const struct walk *w);
/** Threads by number; NULL after the last.  Thread 0 ran init. */
const char *walk_thread(const struct walk *w, unsigned thread);
/** Those that can go on: a mask. */
uint32_t walk_enabled(const struct walk *w);
/** Who took the last step, -1 at the begin; who takes the next one if nobody is chosen, -1: the end. */
int walk_last(const struct walk *w);
int walk_next(const struct walk *w);

/**
 * One step of @thread; where the path says otherwise it is forgotten from here on.
 * 0, -EAGAIN (it cannot go on), or -ENOMEM.
 */
int walk_step(struct walk *w, unsigned thread);
/** To a place of the path: 0 or -errno. */
int walk_seek(struct walk *w, unsigned place);
/** Steps, those of the path and then as run-to-completion chooses, to the end of the execution. */
int walk_to_end(struct walk *w);
/** Make the path that of a token, and stand at its begin; -EINVAL if it does not fit. */
int walk_take_token(struct walk *w, const char *token, struct litmus_error *err);
/** The token of the path up to here.  malloc()ed. */
char *walk_token(const struct walk *w);
/** NULL while the execution goes on; then how it ended. */
const char *walk_end(const struct walk *w);

/* The present state in words, a line each. */
void walk_print_threads(const struct walk *w, FILE *out);
void walk_print_locks(const struct walk *w, FILE *out);
void walk_print_memory(const struct walk *w, FILE *out);
void walk_print_queues(const struct walk *w, FILE *out);
/** What happened so far, as a diagram. */
void walk_print_diagram(const struct walk *w, FILE *out, unsigned width);

/** Commands from @in, one a line: for scripts.  0, or an exit status. */
int walk_lines(struct walk *w, FILE *in, FILE *out);
/** On the terminal.  0 or a negative errno. */
int walk_screen(struct walk *w, const char *title);

#endif

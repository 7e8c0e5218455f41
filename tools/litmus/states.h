/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef LITMUS_STATES_H
#define LITMUS_STATES_H

#include "tools/litmus/run.h"

/** The distinct final states of an exploration. */
struct states {
	struct state_entry *table;
	struct plain_state *plain; /* the way to those that need no text to be found */
	size_t nr;
	uint64_t execution; /* which counts a state once */
	char *buf; /* the state being looked up */
	size_t size;
};

/** Count the machine's present state; 0 or -ENOMEM. */
int states_count(struct states *s, struct machine *m, bool holds, const struct sim_execution *ex);
/** Is the machine's present state the same as that of @text? */
bool states_is(struct machine *m, const char *text);
/** Its text, malloc()ed, or NULL. */
char *states_text(struct machine *m);
/** Move all of them, sorted, into @res. */
int states_take(struct states *s, struct machine *m, struct litmus_explore_result *res);
void states_free(struct states *s, size_t nr_final);
/** Add the counts of @from; 0 or -ENOMEM. */
int states_merge(struct states *to, const struct states *from, size_t nr_final);
void states_write(const struct states *s, FILE *out, size_t nr_final);
/** Add the state whose lines begin at @at; where its last line ends, or NULL. */
char *states_read(struct states *s, char *at, const struct litmus *prog);

/* explore.c */
/** What the counts of @res say of the file's condition. */
void explore_judge(const struct litmus *prog, struct litmus_explore_result *res);
/** The condition as herd7 prints it; 0 or -ENOMEM. */
int explore_condition_text(const struct litmus *prog, char **ret);

/* coverage.c */
/** What was covered, in words; 0 or -ENOMEM. */
int explore_coverage(const struct litmus_options *opt, const struct sim_explore_result *sr,
		     struct litmus_explore_result *res);

#endif

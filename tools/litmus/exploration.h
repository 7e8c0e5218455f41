/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * exploration.h - what an exploration has found so far
 *
 * It can be added to another's (merge.c), and written to a file and read back
 * (search_file.c), so that a search can be done in pieces.
 */
#ifndef LITMUS_EXPLORATION_H
#define LITMUS_EXPLORATION_H

#include <uffdsim/frontier.h>

#include "tools/litmus/states.h"
#include "tools/litmus/exchange.h"
#include "tools/litmus/verdict.h"

/* The execution of a kind that is the easiest to follow. */
struct best {
	uint64_t switches, steps;
	uint8_t *picks;
	char *token, *text;
};

struct exploration {
	struct machine m;
	unsigned lassos; /* executions without an end that were followed further */
	struct states states;
	struct litmus_explore_result *res;
	struct exchange *exchange; /* NULL: no threads are exchanged */
	struct best witness, finding;
	struct best verdicts[NR_LITMUS_VERDICTS];
};

/* explore.c */
/** What litmus_options ask of the search, with @x told of its executions. */
struct sim_explore_config exploration_config(struct exploration *x);
/** Put the counts into x->res, with what they cover; 0 or -ENOMEM. */
int exploration_counts(struct exploration *x, const struct sim_explore_result *sr);
/** Without the machine. */
void exploration_fini(struct exploration *x);

/* best.c */
/** Keep @ex if it is easier to follow: 1 if kept, 0, or -ENOMEM. */
int best_offer(struct best *b, uint64_t program, const struct sim_execution *ex);
/** The same for another's, which stays as it is. */
int best_merge(struct best *b, const struct best *other);
void best_fini(struct best *b);

/* merge.c */
/** Add what @from found; 0 or -ENOMEM. */
int exploration_merge(struct exploration *to, const struct exploration *from);
/** What is known of the finding but its token: take it once more. */
int exploration_explain(struct exploration *x);

/* search_file.c */
struct search {
	struct exploration *x; /* found so far */
	struct sim_explore_result counts;
	struct sim_frontier *f;
	unsigned part, parts;  /* from 0; 0, 0: not a part */
};
/** Write all of it, atomically; 0 or a negative errno. */
int search_write(const struct search *s, const char *path);
/** The same of one of the parts that sim_frontier_split() made. */
int search_write_part(const struct search *s, unsigned part, unsigned parts, const char *path);
/**
 * Add what @path says to s->x, and fill in the rest.  -EINVAL with the reason in the
 * machine's error object if the file is broken or made for something else.
 */
int search_read(struct search *s, const char *path);

/* shared.c */
/** The search of litmus_options that are about pieces of it; as explore_threads(). */
int explore_in_pieces(struct exploration *x);
bool in_pieces(const struct litmus_options *opt);

#endif

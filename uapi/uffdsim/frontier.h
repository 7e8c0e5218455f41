/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * frontier.h - one exploration by several threads, in several runs, on several machines
 *
 * A frontier is what of an exploration is still to do, as a tree: nodes that have
 * candidates left, and the way to them.  Workers take a node, explore below it,
 * and give back what they have not finished when somebody is idle or the
 * frontier is to be written.  It can be written between any two executions,
 * split into parts, and what became of the parts can be put together again.
 * However that is done, each trace is executed once, as by sim_explore().
 */
#ifndef UFFDSIM_FRONTIER_H
#define UFFDSIM_FRONTIER_H

#include <stdio.h>

#include "uffdsim/sim.h"

#ifdef __cplusplus
extern "C" {
#endif

struct sim_frontier;

/** A frontier with everything still to do; 0 or -ENOMEM. */
int sim_frontier_create(struct sim_frontier **ret);
void sim_frontier_destroy(struct sim_frontier *f);

/**
 * sim_explore_shared - take part in an exploration
 * @sim: a machine of this OS thread's own; all workers' are in the same state
 *
 * Returns when nothing is left to do (also for others), or a bound of @cfg or
 * another worker's ended the search; what was not finished is in @f then.  The
 * counts of @res are this worker's share; its @complete means nothing.  Modes:
 * DPOR, SLEEP, BRUTE.  Returns as sim_explore(); -ESTALE if the program is not
 * the one that @f was made for.
 */
int sim_explore_shared(struct sim *sim, const struct sim_explore_config *cfg,
		       struct sim_frontier *f, struct sim_explore_result *res);
void sim_explore_result_add(struct sim_explore_result *to, const struct sim_explore_result *from);

/** Nothing is left to do. */
bool sim_frontier_done(struct sim_frontier *f);
/** Workers have to do so many steps before they share; 0: at each chance.  For tests. */
void sim_frontier_set_grain(struct sim_frontier *f, uint64_t steps);
/** Explore in breadth: what has the most below it is next.  To get many nodes early. */
void sim_frontier_set_wide(struct sim_frontier *f, bool wide);
/** After a bound ended the search: let workers begin again. */
void sim_frontier_restart(struct sim_frontier *f);

/**
 * sim_frontier_pause - let all workers give back what they have
 *
 * When it returns they rest until sim_frontier_go_on(), and their counts and @f
 * can be looked at.
 */
void sim_frontier_pause(struct sim_frontier *f);
void sim_frontier_go_on(struct sim_frontier *f);

/**
 * sim_frontier_fill - try everything at every node that is known
 *
 * Then no part will find anything to do at another's nodes.  It costs some prefixes
 * that are begun and given up.  Only while no worker is at it.
 */
void sim_frontier_fill(struct sim_frontier *f);
/**
 * sim_frontier_split - deal what is to do out to @parts
 *
 * Only while no worker is at it.  sim_frontier_write() then writes one of them.
 * A part knows nodes of others only as the way to its own; what it finds to do
 * there it notes down for sim_frontier_merge().  Returns how many parts got any.
 */
unsigned sim_frontier_split(struct sim_frontier *f, unsigned parts);
/** Nodes with something to do. */
size_t sim_frontier_ready(struct sim_frontier *f);

/** Write it as lines of text; @part from 0, or -1: everything.  0 or -EIO. */
int sim_frontier_write(struct sim_frontier *f, FILE *out, int part);
/** Read that back from @text; *@end receives where it ends.  0, -EINVAL or -ENOMEM. */
int sim_frontier_read(struct sim_frontier **ret, const char *text, const char **end);
/**
 * sim_frontier_merge - add what became of a part
 *
 * What parts found to do at nodes of others is to do in @to once all are added
 * and sim_frontier_merged() was called.  0 or -ENOMEM.
 */
int sim_frontier_merge(struct sim_frontier *to, const struct sim_frontier *part);
void sim_frontier_merged(struct sim_frontier *f);

/**
 * What a machine saw of the order of locks is part of what its executions found:
 * two machines may have seen a half of an inversion each.  As lines of text, up to
 * "end orders"; sim_lock_orders_read() adds them to what @sim has seen.
 */
void sim_lock_orders_write(const struct sim *sim, FILE *out);
int sim_lock_orders_read(struct sim *sim, const char *text, const char **end);

#ifdef __cplusplus
}
#endif
#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/* explore.h - all executions of a machine, and the easiest to follow (begin with sim.h) */
#ifndef UFFDSIM_EXPLORE_H
#define UFFDSIM_EXPLORE_H

#include <uffdsim/run.h>

#ifdef __cplusplus
extern "C" {
#endif

/* -------------------------------------------------------------- exploration */

enum sim_explore_mode {
	SIM_EXPLORE_OPTIMAL, /**< every trace once, and nothing else where steps are fixed */
	SIM_EXPLORE_SLEEP,   /**< the same by sleep sets alone, to check it */
	SIM_EXPLORE_BRUTE,   /**< every interleaving, for checking the others */
	SIM_EXPLORE_BOUNDED, /**< every trace that few preemptions lead to, fewest first */
	SIM_EXPLORE_RANDOM, /**< a sample: each step by one of the enabled threads, all alike */
	SIM_EXPLORE_PCT,    /**< a sample: random priorities that change at a few random steps */
	SIM_EXPLORE_STATES, /**< every state once: each final state, but not each trace */
	SIM_EXPLORE_ESTIMATE, /**< no search: random walks that tell how many traces there are */
};
enum sim_rewind {
	SIM_REWIND_DEFAULT,  /**< snapshots; replay under AddressSanitizer */
	SIM_REWIND_SNAPSHOT, /**< undo what changed since the branch */
	SIM_REWIND_REPLAY,   /**< run the prefix again from the start */
};

/** One maximal execution, handed to the callback at its end. */
struct sim_execution {
	uint64_t number;
	enum sim_end end;
	uint64_t steps;
	uint64_t trace_hash; /**< the same for equivalent executions; 0 unless asked for */
	const uint8_t *picks;
	const uint32_t *enabled;
};

struct sim_explore_config {
	enum sim_explore_mode mode;
	enum sim_rewind rewind;
	uint64_t max_executions; /**< 0: no bound */
	double max_seconds;      /**< 0: no bound */
	uint64_t max_steps;      /**< of one execution; 0: as the machine is configured */
	unsigned preemptions;    /**< BOUNDED: at most so many, tried with 0, 1, ... of them */
	unsigned bug_depth;      /**< PCT: how many orderings a bug may depend on, from 1 */
	uint64_t seed;           /**< RANDOM, PCT, ESTIMATE */
	uint64_t cache_bytes;    /**< STATES: memory to remember them, about; 0: 1 GiB.  What finds no
				      room is explored as often as it is come to. */
	bool hash_traces;
	/**
	 * What a step touches depends on nothing that it reads, apart from keys of its own
	 * thread; and two steps of a thread that wait for the same object, after steps that
	 * touched the same, touch the same.  True of programs that only use the operations
	 * above one after the other; then no prefix need be given up.
	 */
	bool fixed_steps;
	/**
	 * OPTIMAL, SLEEP, STATES: of threads with the same program, of whom nobody speaks, one
	 * acts after the other; SIM_MAX_THREADS numbers, by thread one more than the id of the
	 * one it acts after, 0 for none.  Executions in which they are exchanged are left out.
	 * NULL: none are alike.  -EXDEV in a machine with timers.
	 */
	const uint8_t *after;
	/** OPTIMAL, SLEEP, ESTIMATE: leave out rounds of loops that change nothing: sim_loop(). */
	bool awaits;
	/**
	 * Called at each maximal execution, the machine in its final state; BOUNDED: at the
	 * first one of each trace; STATES: of each final state.  Nonzero stops.
	 */
	int (*execution)(void *ctx, struct sim *sim, const struct sim_execution *ex);
	/** Called when a bug or an unmodelled case ended an execution goes through the same. */
	void *ctx;
	/** Counters for another OS thread to read (ck_pr), may be NULL. */
	struct sim_progress *progress;
	/** Set to nonzero from anywhere to stop; may be NULL. */
	const int *stop;
};

struct sim_progress {
	uint64_t executions, pruned, steps, depth;
};

/** Which bound ended a search. */
enum sim_limit { SIM_LIMIT_NONE, SIM_LIMIT_EXECUTIONS, SIM_LIMIT_SECONDS, SIM_LIMIT_STOP };

/** What a sample says of the executions that are not in it. */
struct sim_sample {
	uint64_t distinct; /**< traces in it, about, if there are millions */
	double unseen;     /**< probability that the next one is of a new trace, about */
	unsigned threads;  /**< that took part in an execution, at most */
	uint64_t steps;    /**< choices in an execution, at most */
	double odds;       /**< PCT: a bug that depends on bug_depth orderings is in the sample with
				at least this probability; 0: nothing is known */
};

/** How many traces a program has. */
struct sim_estimate {
	double total;    /**< the mean of all walks */
	double variance; /**< the square of its standard error */
};

struct sim_explore_result {
	uint64_t executions;  /**< maximal executions, deadlocks included; STATES: final states */
	uint64_t pruned;      /**< prefixes given up because all their continuations are known */
	uint64_t in_full;     /**< nodes where every thread was tried: no race could say which */
	uint64_t diverged;    /**< sequences that reverse a race and did not run as it said */
	uint64_t deadlocks;
	uint64_t step_bound;  /**< executions cut by max_steps */
	uint64_t endless;     /**< executions with threads that go round for ever and nobody to end that,
				   handed to the callback with SIM_END_STEP_BOUND (awaits) */
	uint64_t waited;      /**< prefixes given up because a round of a loop in them could be left out */
	uint64_t bugs;
	uint64_t unmodelled;
	uint64_t steps;       /**< steps executed in all */
	uint64_t max_depth;
	bool complete;        /**< nothing was cut */
	enum sim_limit limit;
	int preemptions;      /**< BOUNDED: all traces of so many are known; -1: of none */
	uint64_t states;      /**< STATES: different ones that are remembered */
	uint64_t transitions; /**< STATES: steps between them */
	uint64_t forgotten;   /**< STATES: visits of others */
	uint64_t cycles;      /**< STATES: those that can come back to themselves, 1000 at most; each is
				   handed to the callback with SIM_END_STEP_BOUND */
	struct sim_sample sample; /**< RANDOM, PCT */
	struct sim_estimate estimate; /**< ESTIMATE; @executions are walks then */
};

/**
 * sim_explore - every execution from the machine's present state
 *
 * The machine must not be inside sim_run(); its threads may have been spawned
 * but none may stand inside a step's middle.  Afterwards it is again in the
 * state it was in.  Returns 0, -ENOMEM, or what the callback returned.
 */
int sim_explore(struct sim *sim, const struct sim_explore_config *cfg, struct sim_explore_result *res);

/* ----------------------------------------------------- easy to follow executions */

struct sim_shortest_config {
	/** Does this finished execution show what is looked for?  The machine is in its final state. */
	bool (*shows)(void *ctx, struct sim *sim, enum sim_end end);
	void *ctx;
	bool all_end;          /**< only executions in which every thread ends can show it */
	uint64_t max_switches; /**< look no further than this */
	uint64_t max_steps;    /**< of an execution */
	uint64_t effort;       /**< steps to take in all */
};

struct sim_shortest_result {
	uint8_t *picks;    /**< as sim_token() wants them; NULL: none found */
	uint32_t *enabled;
	uint64_t steps, switches;
	bool proven;       /**< there is none with fewer switches, or as many and fewer steps */
	uint64_t effort;   /**< steps taken */
};

/**
 * sim_shortest - of the executions that show something the one that is easiest to follow
 *
 * Fewest context switches first, then fewest steps.  The machine is left in the state it
 * was in.  Returns 0, -EINVAL (inside a run, or tracing) or -ENOMEM.  sim_shortest_fini() @res.
 */
int sim_shortest(struct sim *sim, const struct sim_shortest_config *cfg,
		 struct sim_shortest_result *res);
void sim_shortest_fini(struct sim_shortest_result *res);
/** Context switches of a schedule; the first step of a thread does not count. */
uint64_t sim_switches(const uint8_t *picks, uint64_t n);

#ifdef __cplusplus
}
#endif
#endif

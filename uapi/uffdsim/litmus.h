/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * litmus.h - scenario files: parse them, run them, explore them
 *
 * A scenario (a `.litmus` file) is a program of threads or a sequence of
 * statements over the simulated kernel of mm.h.  A parsed scenario does not
 * change; any number of runs may use it.  There is no global state.
 *
 * Functions return 0 or a negative errno.  -EINVAL means that the file, or what
 * was asked of it, is wrong, and the error object says where and what.
 */
#ifndef UFFDSIM_LITMUS_H
#define UFFDSIM_LITMUS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#ifdef __cplusplus
extern "C" {
#endif

struct litmus;
struct litmus_trace;
struct sim_progress;
struct uffdsim_patch;

/** Larger files are refused. */
#define LITMUS_MAX_SIZE (1u << 20)

/** What is wrong, and where.  @line 0: with no place in the file. */
struct litmus_error {
	unsigned line, col; /**< from 1; the column counts bytes */
	char text[240];
	char source[160];   /**< the line, unprintable bytes as '?' */
};

/** How a run or an exploration ended; the exit status of the command line. */
enum litmus_status {
	LITMUS_MET = 0,        /**< done, and the condition, if any, is met */
	LITMUS_NOT_MET = 1,    /**< the condition is not met, or the simulator found a bug */
	LITMUS_BAD = 2,        /**< the file is wrong in a way that only running it shows */
	LITMUS_UNMODELLED = 3, /**< it needs what the simulator cannot do */
};

/**
 * What an execution can show beyond the condition.  A scenario can assert each by
 * its name, `~exists (deadlock)`.
 */
enum litmus_verdict {
	VERDICT_DEADLOCK,
	VERDICT_LOST_WAKEUP,
	VERDICT_SELF_WAIT,
	VERDICT_UNANSWERED,
	VERDICT_LIVELOCK,
	VERDICT_LOCK_ORDER,
	VERDICT_DATA_RACE,
	VERDICT_USE_AFTER_FREE,
	VERDICT_INVARIANT,
	VERDICT_MISUSE,
	NR_LITMUS_VERDICTS,
};
struct litmus_verdict_info {
	const char *name;    /**< "lost-wakeup" */
	const char *meaning; /**< in half a sentence */
};
/** NULL after the last. */
const struct litmus_verdict_info *litmus_verdict_info(enum litmus_verdict v);

/* -------------------------------------------------------------------- files */

/**
 * litmus_parse - check @len bytes of text and make a scenario of them
 * @ret: receives the scenario; untouched on failure
 * @err: receives what is wrong (-EINVAL); may be NULL
 *
 * Any bytes may be given: text that is no scenario ends in -EINVAL.
 * Returns 0, -EINVAL, -EFBIG (more than LITMUS_MAX_SIZE) or -ENOMEM.
 */
int litmus_parse(const char *text, size_t len, struct litmus **ret, struct litmus_error *err);

/** The same for a file; further errors are those of open() and read(). */
int litmus_parse_file(const char *path, struct litmus **ret, struct litmus_error *err);

void litmus_free(struct litmus *prog);

/** `FILE:LINE:COL: what is wrong`, the line, and a caret below the place. */
void litmus_print_error(FILE *out, const char *file, const struct litmus_error *err);

/** The file's text. */
const char *litmus_text(const struct litmus *prog, size_t *len);
const char *litmus_name(const struct litmus *prog);
/** Every call of the language with its arguments, a line each. */
void litmus_print_calls(FILE *out);
/** "" without one. */
const char *litmus_description(const struct litmus *prog);
/** The profile that the file asks for; NULL without one. */
const char *litmus_profile(const struct litmus *prog);
/** A sequence: no choices of a schedule, nothing to explore. */
bool litmus_is_sequence(const struct litmus *prog);
/** Statements; their numbers (steps) are below this. */
unsigned litmus_statements(const struct litmus *prog);
/** 32 hex digits and a NUL: FNV-1a (128 bits) of the file's text. */
void litmus_hash(const struct litmus *prog, char buf[33]);

/* ---------------------------------------------------------------- executions */

/** What became of a statement, as it becomes known: a record in words. */
struct litmus_event {
	unsigned step;
	const char *thread, *call; /**< as records have them */
	const char *ret;   /**< the result as records show it; NULL: none, or an address */
	int64_t n;         /**< the number that it is, or that its name stands for */
	bool blocked;      /**< it has not finished */
	bool late;         /**< it finished after others had been issued */
	bool skipped;      /**< never issued: litmus_options.skip_blocked */
	bool failed_alloc; /**< the injected failure of an allocation lies behind */
	int lost_huge_pages; /**< promises of huge pages that were forgotten in this step */
	unsigned others;   /**< threads other than its own that ran in this step of a sequence */
};

/** Another semantics on top of the profile: <uffdsim/patch.h>. */
struct litmus_patch {
	const struct uffdsim_patch *patch; /**< outlives every use */
	const char *path; /**< of its file, for messages; may be NULL */
	uint64_t build;   /**< tells its builds apart, in checkpoints and parts */
};

/** What a run or an exploration is made with; all zero is the default. */
struct litmus_options {
	const char *profile; /**< overrides that of the file; NULL: the file's, or the newest */
	const struct litmus_patch *patches; /**< on top of it; may be NULL */
	size_t nr_patches;
	uint64_t max_steps;  /**< of one execution; 0: 1000 exploring, 100000 with @cache, 20000
				  running threads, 10^6 running a sequence */
	bool check;          /**< check the model's invariants after every step */
	bool races;          /**< watch for data races, also where the condition does not speak of them */
	bool hex_addresses;  /**< show addresses in hex instead of by name */
	bool catch_overflow; /**< take SIGSEGV, while the machine lives, to report a thread's stack
				  overflow as a finding */

	/* litmus_run() */
	bool random;         /**< a random schedule, from @seed */
	uint64_t seed;
	const char *replay;  /**< the schedule that this token names; NULL: none */
	bool trace;          /**< keep a trace: litmus_run_result.trace */
	FILE *json;          /**< gets one record a line; may be NULL */
	/** Called for every record of a run; may be NULL. */
	void (*watch)(void *ctx, const struct litmus_event *ev);
	void *watch_ctx;
	bool skip_blocked;   /**< a sequence: pass over a statement that its thread cannot take,
				  or whose process is not there, instead of LITMUS_BAD */
	bool leaks;          /**< a sequence: at the end let all processes exit; memory that is left
				  is a finding */
	uint64_t fail_alloc; /**< let the nth allocation of the simulated kernel after its start
				  fail; 0: none */
	bool state;          /**< sequences: also a line on the memory after every statement */

	/* litmus_explore() */
	uint32_t forbid;         /**< verdicts that no execution may show: bits of enum litmus_verdict */
	bool state_tokens;       /**< name an execution for each final state; not of a search in pieces */
	bool brute;              /**< every interleaving instead of one of each class */
	bool symmetry;           /**< of executions that are the same with like threads exchanged one;
				      not with @brute, @bounded, @pct, @random, or in pieces */
	bool unroll;             /**< go all rounds of loops that only wait, too */
	bool bounded;            /**< every execution with at most @preemptions, fewest first */
	unsigned preemptions;
	uint64_t cache;          /**< every state once, remembered in so many MiB, about; 0: every
				      execution.  Counts are of final states of the machine then. */
	unsigned pct;            /**< a sample by random priorities, for bugs that depend on so many
				      orderings (1 to LITMUS_MAX_PCT); 0: none.  With @random a sample
				      of another kind.  Both from @seed. */
	uint64_t max_executions; /**< 0: no bound */
	double max_seconds;      /**< 0: no bound */
	/* The same search in pieces; not with @bounded, @cache, @pct, @random */
	unsigned jobs;           /**< OS threads that share it; 0: one */
	const char *checkpoint;  /**< keep what is found and to do in this file */
	unsigned checkpoint_ms;  /**< how often; 0: every 2000 ms */
	const char *resume;      /**< go on where this file says; NULL: from the begin */
	unsigned split;          /**< make so many parts of it, without exploring them; 0: none */
	int (*part)(void *ctx, unsigned part, unsigned parts, const char **path); /**< names them */
	void *part_ctx;
	const char *const *merge; /**< finished parts to put together; NULL-terminated */
	struct sim_progress *progress; /**< counters for another thread; may be NULL */
	const int *stop;         /**< nonzero stops; may be NULL */
};

#define LITMUS_MAX_PCT 16

/** The profile that a patch of @opt names, for where nobody else does; NULL: none. */
const char *litmus_patches_base(const struct litmus_options *opt);

/** A value of the final state: as records show it. */
struct litmus_final {
	const char *key;
	const char *value;
	bool plain; /**< a number, true or false: without quotes in JSON */
};

/** A line of a trace; see struct sim_trace_line. */
struct litmus_trace_line {
	uint64_t step;
	int thread;    /**< index of a thread, -1: the machine */
	unsigned kind; /**< enum sim_trace_kind */
	uint8_t cls;   /**< enum sim_class of the object it is about */
	uint32_t obj, mask;
	const char *text; /**< a change of an entry: "A: - -> pwx 0x11" */
};

struct litmus_trace_thread {
	const char *name;
	const char *waits_in;  /**< at the end of the run; NULL if it does not wait */
	const char *waits_for; /**< an object; may be NULL */
	uint32_t holders; /**< who holds that: a mask of indexes */
	bool daemon;      /**< may wait at the end */
};

/** What happened in a run.  litmus_trace_free() it. */
struct litmus_trace {
	size_t nr_threads, nr_lines;
	struct litmus_trace_thread *threads; /**< thread 0 runs init */
	struct litmus_trace_line *lines;
};
void litmus_trace_free(struct litmus_trace *trace);

/** One execution.  litmus_run_result_fini() it. */
struct litmus_run_result {
	enum litmus_status status;
	char *message;  /**< why it ended early, with the model's words; NULL if it did not */
	char *blocked;  /**< who waits for what, a line a thread; NULL if nobody does */
	uint32_t verdicts; /**< a bit for each enum litmus_verdict that the execution shows */
	char *verdict_text; /**< those of them that speak of threads, a line each; NULL if none */
	struct litmus_trace *trace; /**< NULL unless asked for */
	char *profile;
	char *patches; /**< "NAME: what it decides", a line each; NULL without */
	bool has_condition;
	bool failed_alloc; /**< litmus_options.fail_alloc was reached */
	uint64_t steps;
	size_t nr_final;
	struct litmus_final *final;
};

/**
 * litmus_run - one execution
 * @err: place and words of a -EINVAL or of LITMUS_BAD and LITMUS_UNMODELLED
 *
 * Returns 0 with @res filled in, whatever @res->status says; -EINVAL for an
 * unknown profile or a token that does not fit; -ENOMEM; -EIO if @json cannot
 * be written.
 */
int litmus_run(const struct litmus *prog, const struct litmus_options *opt,
	       struct litmus_run_result *res, struct litmus_error *err);
void litmus_run_result_fini(struct litmus_run_result *res);

/* ---------------------------------------------------------- shorter executions */

/** In what a shorter execution must be like the one it is for. */
enum litmus_shows {
	LITMUS_SHOWS_CONDITION, /**< the condition has the same value, with the same verdicts or more */
	LITMUS_SHOWS_VERDICTS,  /**< the same verdicts */
	LITMUS_SHOWS_FINDING,   /**< the same kind of finding ends it */
	LITMUS_SHOWS_STATE,     /**< the same final state, with the same verdicts or more */
};

struct litmus_short {
	char *token; /**< free() it */
	uint64_t switches_before, steps_before, switches, steps;
	bool proven; /**< no execution that shows the same is shorter */
	uint64_t effort; /**< steps taken to find it */
};

/**
 * litmus_shorten - the execution with the fewest context switches, then steps, like @token's
 *
 * Gives up after some tenths of a second with the best so far, at worst @token itself.
 * Returns 0, -EINVAL (a token that does not fit) or -ENOMEM.
 */
int litmus_shorten(const struct litmus *prog, const struct litmus_options *opt,
		   enum litmus_shows what, const char *token, struct litmus_short *ret,
		   struct litmus_error *err);

/* --------------------------------------------------------------- exploration */

/** A distinct final state, projected on the condition's and locations' values. */
struct litmus_state {
	uint64_t count;        /**< executions that ended in it */
	bool holds;            /**< the proposition is true in it */
	const char *text;      /**< "key=value; key=value;" */
	const char *token;     /**< an execution that ends in it: litmus_options.state_tokens; or NULL */
	const struct litmus_final *final;
};

/** Everything litmus_explore() found.  litmus_explore_result_fini() it. */
struct litmus_explore_result {
	enum litmus_status status;
	const char *kind;      /**< "Allowed", "Forbidden", "Required" */
	char *condition;       /**< as herd7 prints it */
	char *profile;
	char *patches;         /**< "NAME: what it decides", a line each; NULL without */
	bool has_condition;    /**< without one the condition is forall (true) */
	bool ok;               /**< the condition is met, as herd7's Ok */
	uint64_t executions, deadlocks, pruned, cut, bugs, unmodelled, steps, max_depth;
	uint64_t in_full, diverged; /**< as in struct sim_explore_result */
	bool complete;
	const char *cut_reason; /**< NULL if complete */
	char *coverage;        /**< what was covered, in words */
	unsigned part, parts;  /**< it is a part of a search, from 1; 0, 0: the whole */
	bool bounded, sample;  /**< litmus_options.bounded; .random or .pct */
	int preemptions;       /**< bounded: all traces of so many are in it; -1: of none */
	uint64_t distinct;     /**< sample: traces in it */
	double unseen;         /**< sample: probability that one more execution is a new trace */
	double odds;           /**< pct: probability that a bug of that depth is in it, at least */
	uint64_t positive, negative; /**< executions by the proposition inside the condition */
	const char *observation;     /**< "Always", "Sometimes", "Never" */
	size_t nr_final;       /**< values in a state */
	size_t nr_states;
	struct litmus_state *states; /**< sorted by text */
	char *witness;         /**< token of an execution that decides; NULL if none does */
	char *message;         /**< the first bug or unmodelled case, in words; NULL if none */
	char *message_token;   /**< the token that leads there */
	uint64_t unasserted;   /**< of @bugs those that the condition does not speak of */
	uint64_t verdicts[NR_LITMUS_VERDICTS];    /**< executions that show each */
	char *verdict_token[NR_LITMUS_VERDICTS];  /**< an execution that does, or NULL */
	const char *deadlock_token; /**< that of VERDICT_DEADLOCK */
	char *lasso;           /**< the first livelock that goes round in more than one call: "a cycle of
				  12 steps: monitor"; NULL if none was found */
	char *inversions;      /**< lock-order inversions, a line each; NULL if none */
	uint64_t endless;      /**< executions that go round for ever, @cut ones apart */
	uint64_t waited;       /**< prefixes given up for a round of a loop that only waits */
	uint64_t exchanges;    /**< ways to exchange like threads: litmus_options.symmetry */
	uint64_t cached_states, transitions; /**< litmus_options.cache: states, and steps between them */
	uint64_t forgotten;    /**< visits of states that found no room among them */
	double seconds;
	bool live;             /**< counts real executions: a sample, shown as klitmus shows it */
};

/**
 * litmus_explore - every distinguishable interleaving
 *
 * A sequence has one execution.  Results and errors as for litmus_run().
 */
int litmus_explore(const struct litmus *prog, const struct litmus_options *opt,
		   struct litmus_explore_result *res, struct litmus_error *err);
void litmus_explore_result_fini(struct litmus_explore_result *res);

/**
 * litmus_estimate - how many executions litmus_explore() would have
 * @total: receives the number; 0 if there is nothing to go by
 * @variance: receives the square of its standard error
 *
 * Random walks, until opt->max_seconds have passed or *opt->stop is set.
 */
int litmus_estimate(const struct litmus *prog, const struct litmus_options *opt, double *total,
		    double *variance);

/** herd7's summary, then lines of ours.  Negative errno if @out cannot be written. */
int litmus_print_summary(FILE *out, const struct litmus *prog,
			 const struct litmus_explore_result *res, bool with_time, bool stats);
/** The same as one JSON object on one line; @stats: with a member "search". */
int litmus_print_json(FILE *out, const struct litmus *prog,
		      const struct litmus_explore_result *res, bool with_time, bool stats);

#ifdef __cplusplus
}
#endif
#endif

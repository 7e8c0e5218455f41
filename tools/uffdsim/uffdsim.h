/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * uffdsim.h - shared by the files of the command line
 */
#ifndef UFFDSIM_CLI_H
#define UFFDSIM_CLI_H

#include <uffdsim/decisions.h>
#include <uffdsim/litmus.h>
#include <uffdsim/sim.h>

#include "tools/show/show.h"

enum { EXIT_MET, EXIT_NOT_MET, EXIT_USAGE, EXIT_MISSING };

#define MAX_PATCHES 8
/** Patches that were loaded, in the order in which they were named. */
struct patch_list {
	size_t nr;
	struct litmus_patch patches[MAX_PATCHES];
	char paths[MAX_PATCHES][256];
};

struct options {
	const char *file;
	struct litmus_options lit;
	struct show_options show;
	enum show_format format;
	const char *output; /* of the diagram, or the trace */
	bool trace;         /* for ui.perfetto.dev */
	bool json, notime, stats, no_trace, c, syz, strace, progress;
	char profile[192];  /* lit.profile, where a switch has added to it or a patch was in it */
	char variants[64];  /* what switches add: "+rwsem=unfair" */
	uint64_t runs;
	const char *kernel;
	bool tap, records_only;
	bool merge;
	const char *dir; /* of the museum */
	const char *base, *with; /* profiles to compare */
	const char *patch_files[MAX_PATCHES]; /* --patch, not yet loaded */
	unsigned nr_patch_files;
	struct patch_list patches; /* --patch; where it is used lit.patches points to it */
	bool list, markdown;
};

/** An option's name without the dashes; @arg: it takes one. */
struct option_desc {
	const char *name;
	bool arg;
	int id;
};

enum option_id {
	OPT_JSON, OPT_SEED, OPT_REPLAY, OPT_PROFILE, OPT_NOTIME, OPT_MAX_EXECUTIONS,
	OPT_MAX_STEPS, OPT_BRUTE, OPT_STATS, OPT_NO_TRACE, OPT_WIDTH, OPT_CHECK, OPT_FAIL_ALLOC,
	OPT_RUNS, OPT_KERNEL, OPT_TAP, OPT_RECORDS_ONLY, OPT_FORBID,
	OPT_C, OPT_SYZ, OPT_STRACE, OPT_FULL, OPT_DIAGRAM, OPT_TRACE, OPT_OUTPUT,
	OPT_RWSEM, OPT_MEMORY, OPT_SPURIOUS, OPT_TLB, OPT_RACES,
	OPT_PREEMPTIONS, OPT_PCT, OPT_RANDOM, OPT_SECONDS, OPT_PROGRESS,
	OPT_DIR, OPT_LIST, OPT_MARKDOWN, OPT_BASE, OPT_WITH,
	OPT_JOBS, OPT_CHECKPOINT, OPT_CHECKPOINT_MS, OPT_RESUME, OPT_SPLIT, OPT_PART, OPT_MERGE,
	OPT_CACHE, OPT_UNROLL, OPT_SYMMETRY, OPT_PATCH,
};

/** "uffdsim VERB: " and @fmt with @word, and where to read on; EXIT_USAGE. */
int usage_error(const char *verb, const char *fmt, const char *word)
	__attribute__((format(printf, 2, 0)));
/** All of @s is one number. */
bool parse_u64(const char *s, uint64_t *ret);

/** Options of the verb @argv[0]; 0, or EXIT_USAGE after a message. */
int options_parse(int argc, char **argv, const struct option_desc *known, struct options *opt);

/** The same for a verb that does without a file, too. */
int options_parse_optional(int argc, char **argv, const struct option_desc *known,
			   struct options *opt);

/** Scenario files, sorted within each folder. */
struct file_list {
	size_t nr, room;
	char **names;
};
/** A file, or all scenarios of a folder; 0 or a negative errno. */
int file_list_add(struct file_list *list, const char *path);
void file_list_free(struct file_list *list);
/** The same for a verb that takes any number of files and folders. */
int options_parse_files(int argc, char **argv, const struct option_desc *known,
			struct options *opt, struct file_list *list);

int cmd_diff(int argc, char **argv);
int cmd_run(int argc, char **argv);
int cmd_step(int argc, char **argv);
int cmd_explore(int argc, char **argv);
int cmd_live(int argc, char **argv);
int cmd_fuzz(int argc, char **argv);
int cmd_export(int argc, char **argv);
int cmd_import(int argc, char **argv);
int cmd_museum(int argc, char **argv);
int cmd_compare(int argc, char **argv);
int cmd_profiles(int argc, char **argv);
int cmd_help(int argc, char **argv);
/** A verb's text, or the general one (NULL).  False: there is no such verb. */
bool help_print(FILE *out, const char *verb);

/* patches.c */
/** Load the patch in the file whose name is the @len characters of @path; 0, or EXIT_USAGE after a message. */
int patches_add(struct patch_list *list, const char *path, size_t len);
/**
 * "v6.18+tlb=on+./x.so" becomes "v6.18+tlb=on" and a patch: what has a '/' or ends in
 * ".so" is one.  0, or an exit status after a message.
 */
int patches_split(char *profile, struct patch_list *list);
/** Let @opt->lit have the patches of @list, which must outlive it. */
void patches_use(struct options *opt, const struct patch_list *list);

/* pieces.c */
bool pieces_wanted(const struct litmus_options *lit);
/** Which of @files are what; 0, or EXIT_USAGE after a message. */
int pieces_options(struct options *opt, struct file_list *files);
/** Can @prog be explored like that?  0, or EXIT_USAGE after a message. */
int pieces_program(const struct options *opt, const struct litmus *prog);
/** Where parts of @prog go; @name is kept as long as @opt. */
struct part_name {
	const struct litmus *prog;
	char path[300];
};
void pieces_name(struct options *opt, struct part_name *name, const struct litmus *prog);

/** Load the patches that the words named; 0, or EXIT_USAGE after a message. */
int load_patches(struct options *opt);
/** The same, then parse the file of @opt. */
int load_file(struct options *opt, struct litmus **ret);
/** A message for what litmus_run() or litmus_explore() returned; an exit status. */
int report_failure(const struct options *opt, int r, const struct litmus_error *err);

/** Shows counters and an estimate of the end on a terminal, from the second second on. */
struct progress;
struct progress *progress_start(const struct options *opt, const struct litmus *prog);
void progress_stop(struct progress *p);

#endif

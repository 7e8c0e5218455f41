/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * museum.h - bugs of the past as scenarios: what each file says of itself, and whether it is so
 *
 * An entry is a scenario whose first lines are comments:
 *
 *	# museum M06: MADV_DONTNEED goes on with a VMA that is gone
 *	# kernels: until 4.10, fixed in 4.11
 *	# source: 70ccb92fdd90
 *	# bug: v4.17+remove_keeps_vma=yes
 *	# fixed: v4.17
 *	# fixed: v6.18
 *
 * `bug` is the profile under which exploration must find what the condition rules
 * out, `fixed` one under which it must not, in all executions; several of either
 * stand in lines of their own.  `fixed: v6.18 with other.litmus`: where no kernel
 * cures it, the same memory with a monitor that copes, in a file beside this one.
 * Lines that begin with other words may follow; `# note:` is shown to the reader.
 */
#ifndef MUSEUM_H
#define MUSEUM_H

#include <uffdsim/litmus.h>

#define MUSEUM_MAX_RUNS 8

/** Explore @path, or the entry's own file, under @profile. */
struct museum_run {
	char *profile;
	char *with; /**< path of the other file; NULL: the entry's own */
	bool bug;   /**< it is to be found */
};

struct museum_entry {
	char *path;
	char *id, *title, *kernels, *source;
	char *note; /**< "" without one */
	size_t nr_runs;
	struct museum_run runs[MUSEUM_MAX_RUNS]; /**< those with the bug first */
	struct litmus *prog;
};

struct museum {
	size_t nr;
	struct museum_entry *entries; /**< by id */
};

/** Where and why something could not be read. */
struct museum_error {
	char text[400];
};

/**
 * museum_load - the entries of a folder, or that of one file
 *
 * Files of the folder that do not begin with `# museum` are none.  Returns 0, -EINVAL
 * with @err filled in, -ENOMEM, or why @path cannot be read (@err, too).
 */
int museum_load(const char *path, struct museum *ret, struct museum_error *err);
void museum_free(struct museum *m);
/** Forget the runs that are to find a bug. */
void museum_keep_fixed(struct museum *m);

/** What came of a run. */
struct museum_result {
	struct litmus_explore_result res;
	bool as_told; /**< found, or never in a complete search */
};

/** 0 with @ret filled in (museum_result_fini() it), or a negative errno with @err. */
int museum_explore(const struct museum_entry *e, const struct museum_run *run,
		   const struct litmus_options *opt, struct museum_result *ret,
		   struct museum_error *err);
void museum_result_fini(struct museum_result *r);

/** The museum as a page: docs/museum.md. */
void museum_print_markdown(FILE *out, const struct museum *m);

#endif

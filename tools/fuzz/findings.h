/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * findings.h - what a campaign has found: names, files, and the state to resume from
 */
#ifndef FUZZ_FINDINGS_H
#define FUZZ_FINDINGS_H

#include "tools/fuzz/cover.h"
#include "tools/fuzz/judge.h"

#define FINDINGS_MAX 1000

struct finding {
	char judge[16], call[48], what[160];
	char name[64];    /* of its file, without .litmus */
	uint64_t program; /* that showed it first */
	uint64_t count;   /* how many did */
};

struct findings {
	unsigned nr;
	struct finding *item; /* FINDINGS_MAX */
};

/** Everything that survives an end: written to DIR/state.json. */
struct state {
	uint64_t seed, next; /* program @next has not been tried */
	uint64_t programs, unusable, unmodelled, unstable;
	uint64_t seconds; /* of all runs so far */
	struct findings found;
	struct cover cover;
};

int state_init(struct state *st);
void state_fini(struct state *st);
/** Atomically.  0 or a negative errno. */
int state_save(const struct state *st, const char *dir);
/** 0; -ENOENT: there is none; -EINVAL: it is damaged. */
int state_load(struct state *st, const char *dir);

struct finding *finding_find(const struct findings *f, const char *judge, const struct verdict *v);
/** A new one, with a name that no other has.  NULL: there is no room. */
struct finding *finding_add(struct findings *f, const char *judge, const struct verdict *v);
/** Write DIR/NAME.litmus.  @p's name and description are set.  0 or a negative errno. */
int finding_save(const struct finding *fd, struct program *p, const struct verdict *v,
		 const char *dir, const char *origin);

#endif

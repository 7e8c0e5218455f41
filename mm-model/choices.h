/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * choices.h - what kernels do differently: the table of choices
 *
 * A choice is a field of struct profile, and a row that says which values it
 * has, in which kernels it changed, by which commit, and why anybody should
 * care.  What a kernel does is derived: every change up to its version, and
 * those that came back to its stable series.
 *
 * To add one: the field in profile.h, a row in the choices_*.c of its subject,
 * and a branch at the one place of the model where it matters.
 */
#ifndef MM_CHOICES_H
#define MM_CHOICES_H

#include <stddef.h>
#include <stdint.h>

#include <uffdsim/profile.h>

#include "mm-model/profile.h"

struct choice_change {
	unsigned since; /* KERNEL(6, 9); 0 ends the list */
	unsigned value;
	const char *commit; /* its hash; NULL: nobody looked it up */
	const char *what;   /* what it did, in our words, or its subject */
	unsigned stable[4]; /* older series that have it, too: KERNEL(6, 12) */
};

struct choice {
	const char *name;
	size_t offset;             /* of its field */
	uint64_t bit;              /* of that field, a mask; 0: all of it */
	const char *const *values; /* index is the value; ends with NULL */
	unsigned oldest;           /* before all changes */
	struct choice_change changes[4];
	const char *about;    /* one paragraph */
	const char *source;   /* mail, commit, where to read more */
	const char *scenario; /* of tests/litmus, shows it; NULL: none yet */
};

struct choice_table {
	const struct choice *rows;
	unsigned nr;
};

extern const struct choice_table choices_surface; /* features, requests */
extern const struct choice_table choices_machine; /* sources of behaviour, of no kernel */
extern const struct choice_table choices_event;   /* events, and the fills they race with */
extern const struct choice_table choices_uffd;    /* descriptors, requests, faults */
extern const struct choice_table choices_wp;      /* write protection, the write bit, tracking */
extern const struct choice_table choices_vma;     /* mappings: merge, move, discard */
extern const struct choice_table choices_call;    /* answers that changed, memory apart */
extern const struct choice_table choices_huge;    /* huge pages of either kind */
extern const struct choice_table choices_proposal; /* of no kernel */
extern const struct choice_table choices_rwp;      /* read-write protection, posted in 2026 */
extern const struct choice_table choices_museum;  /* bugs of the past */
extern const struct choice_table choices_posted;  /* of mails that no kernel took */

extern const char *const choice_no_yes[];

/* For rows: a field that is true or false, and one that is an enumeration. */
#define CHOICE_BOOL(field) \
	.name = #field, .offset = offsetof(struct profile, field), .values = choice_no_yes
#define CHOICE_ENUM(field, names) \
	.name = #field, .offset = offsetof(struct profile, field), .values = (names)
#define CHOICE_TABLE(name, array) \
	const struct choice_table name = { array, sizeof(array) / sizeof((array)[0]) }

enum { NO, YES };

/** Is @name the @len characters of @text?  '-' and '_' are the same. */
bool name_is(const char *name, const char *text, size_t len);
unsigned choice_get(const struct profile *p, const struct choice *c);
void choice_set(struct profile *p, const struct choice *c, unsigned v);
/** The value in kernel @version, which may be a stable series of it. */
unsigned choice_at(const struct choice *c, unsigned version);

/** "+CHOICE=VALUE" any number of times, or names of variants; 0, or -EINVAL with a reason. */
int profile_apply(struct profile *p, const char *text, char *err, size_t errlen);

extern const struct variant variants[]; /* ends with a row without a name */

#endif

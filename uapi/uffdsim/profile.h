/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * <uffdsim/profile.h> - what kernels do differently
 *
 * A profile (<uffdsim/mm.h>) has a value for each of some named choices.  Here is
 * what each is about: its values, in which kernels it changed and by which commit,
 * where to read more, and the scenario that shows it.  Variants are choices, or a
 * few together, under a name: "v6.18+access-hint".
 *
 * All of this is constant.
 */
#ifndef UFFDSIM_PROFILE_H
#define UFFDSIM_PROFILE_H

#include <stdbool.h>

#include <uffdsim/decisions.h>
#include <uffdsim/mm.h>

#ifdef __cplusplus
extern "C" {
#endif

struct choice;

struct choice_info {
	const char *name;          /**< "map_changing_lock" */
	const char *const *values; /**< ends with NULL */
	const char *about;         /**< one paragraph */
	const char *source;        /**< mail, commit, document */
	const char *scenario;      /**< below tests/litmus, without ".litmus"; NULL: none */
};

/** One of the changes of a choice. */
struct choice_change_info {
	const char *value;  /**< what it became */
	const char *commit; /**< its hash; NULL: not looked up */
	const char *what;   /**< in a few words */
	char kernel[16];    /**< "6.13": the first with it */
	char stable[64];    /**< "6.12.y 6.1.y": older series with it; "" */
};

/** The @i-th choice; NULL after the last. */
const struct choice *choice_nth(unsigned i);
/** By name; '-' and '_' are the same.  NULL: there is none. */
const struct choice *choice_find(const char *name);
void choice_describe(const struct choice *c, struct choice_info *ret);
/** Its value in @p. */
const char *choice_value(const struct choice *c, const struct profile *p);
/** Its @i-th change, oldest first; false after the last. */
bool choice_change_nth(const struct choice *c, unsigned i, struct choice_change_info *ret);
/** Does the kernel that @p is named after have the @i-th change? */
bool choice_change_in(const struct choice *c, unsigned i, const struct profile *p);

struct variant {
	const char *name;  /**< "access-hint" */
	const char *sets;  /**< "+choice=value..." */
	const char *about; /**< one paragraph */
	const char *source;
	const char *scenario; /**< as of a choice */
};

/** The @i-th variant; NULL after the last. */
const struct variant *variant_nth(unsigned i);
/** By name; '-' and '_' are the same.  NULL: there is none. */
const struct variant *variant_find(const char *name);

/** A decision that a patch may take (<uffdsim/decisions.h>). */
struct decision_info {
	const char *name;   /**< a member of struct uffdsim_decisions */
	const char *kernel; /**< the function it stands for, and its file */
	const char *about;  /**< one paragraph */
	const char *locks;  /**< under which it runs */
	const char *const *choices; /**< what the model's own goes by; ends with NULL */
};
/** The @i-th decision, in the order of the members; false after the last. */
bool decision_nth(unsigned i, struct decision_info *ret);

/**
 * profile_patch - let @patch decide and set what it says, in @p
 *
 * @patch must outlive @p.  Returns 0; -EINVAL for one that was made with another
 * header, or is wrong; -EEXIST if another patch of @p decides the same; with a
 * reason in @err.  @p is of no use then.
 */
int profile_patch(struct profile *p, const struct uffdsim_patch *patch, char *err, size_t errlen);
/** The @i-th patch of @p; NULL after the last. */
const struct uffdsim_patch *profile_patch_nth(const struct profile *p, unsigned i);
/** Does it take the @decision-th decision? */
bool patch_decides(const struct uffdsim_patch *patch, unsigned decision);

#ifdef __cplusplus
}
#endif

#endif

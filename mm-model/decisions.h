/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * decisions.h - the decisions that a patch may take: the table, and the model's own
 *
 * What each is about stands in <uffdsim/decisions.h>.  Here is how the model asks.
 * At its place a decision reads
 *
 *	if (patched(prof->decide.NAME))
 *		return prof->decide.NAME(...);
 *	return builtin_NAME(...);
 *
 * and the built-in follows the choices of the profile.  To add one: the member at the
 * end of struct uffdsim_decisions, the built-in, that place, a row in decisions.c.
 */
#ifndef MM_DECISIONS_H
#define MM_DECISIONS_H

#include "mm-model/mm_types.h"

/** Does a patch decide this?  Mostly there is none. */
#define patched(function) __builtin_expect((function) != NULL, 0)
/** A decision's name, which must be one. */
#define DECISION_NAME(name) (sizeof(((struct uffdsim_decisions *)0)->name) ? #name : NULL)

/* ---------------------------------------------------------------- decisions.c */

struct decision {
	const char *name;
	size_t offset;             /* in struct uffdsim_decisions */
	const char *kernel;        /* the function it stands for, and its file */
	const char *about;         /* one paragraph */
	const char *locks;         /* under which it runs */
	const char *const *choices; /* that steer the built-in; ends with NULL */
};

/** NULL after the last. */
const struct decision *decision_row(unsigned i);
/** The model's own, all of them. */
extern const struct uffdsim_decisions builtin_decisions;
extern const struct uffdsim_api patch_api;

/* -------------------------------------------------------------------- patch.c */

/**
 * What a patch made of the entry @old: it must map the same page, or the run ends
 * with a finding that says whose fault it is.
 */
pte_t patch_pte(const struct mm_struct *mm, const char *decision, pte_t old, pte_t new);
/** userfaultfd_remove as a patch has it. */
int patch_userfaultfd_remove(struct madvise_behavior *mb);

/* ------------------------------------------------ the model's own, where they belong */

bool builtin_can_change_pte_writable(struct vm_area_struct *vma, uint64_t addr, pte_t pte);
pte_t builtin_change_pte(struct vm_area_struct *vma, uint64_t addr, pte_t pte, unsigned cp_flags);
enum uffd_wp_action builtin_userfaultfd_wp_fault(struct vm_area_struct *vma, uint64_t addr,
						 pte_t pte);
bool builtin_wp_can_reuse_anon_page(struct vm_area_struct *vma, uint64_t addr, pte_t pte,
				    struct page *page);
bool builtin_userfaultfd_must_wait(struct vm_area_struct *vma, uint64_t addr, pte_t pte,
				   vm_flags_t reason);
bool builtin_userfaultfd_wake_function(const struct uffd_waiter *waiter, uint64_t start,
				       uint64_t len);
struct fork_ptes builtin_copy_present_pte(struct vm_area_struct *dst_vma,
					  struct vm_area_struct *src_vma, uint64_t addr,
					  pte_t pte);
pte_t builtin_mfill_install_pte(struct vm_area_struct *vma, uint64_t addr, pte_t pte,
				enum mfill_kind kind);
enum gup_action builtin_follow_page_pte(struct vm_area_struct *vma, uint64_t addr, pte_t pte,
					struct page *page, unsigned flags);
bool builtin_mmap_is_changing(struct userfaultfd_ctx *ctx, enum changing_asker who);
void builtin_userfaultfd_event_begin(struct userfaultfd_ctx *ctx, unsigned event);
void builtin_userfaultfd_event_complete(struct userfaultfd_ctx *ctx, unsigned event);
void builtin_userfaultfd_event_end(struct userfaultfd_ctx *ctx, unsigned event);
int builtin_userfaultfd_remove(struct madvise_behavior *mb);
bool builtin_vma_can_userfault(const struct vm_area_struct *vma, vm_flags_t mode, bool wp_async);

#endif

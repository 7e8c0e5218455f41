/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * <uffdsim/patch.h> - another semantics in a small C file
 *
 *	#include <uffdsim/patch.h>
 *
 *	static bool never(struct vm_area_struct *vma, uint64_t addr, pte_t pte)
 *	{
 *		return false;
 *	}
 *
 *	UFFDSIM_PATCH("never-writable", "The write bit never comes back by itself.",
 *		      .decide.can_change_pte_writable = never);
 *
 *	gcc -shared -fPIC $(pkg-config --cflags uffdsim) -o never.so never.c
 *	uffdsim explore --patch ./never.so FILE
 *
 * A patch is one C file.  It takes the place of decisions of the model
 * (<uffdsim/decisions.h> has them, with what each gets and under which locks it
 * runs), or sets choices of the profile, or both:
 *
 *	.sets = "+split_remove=yes+event_lock=none"
 *
 * It needs no library: what it may ask comes as a table when it is loaded.
 * docs/patching.md writes one from nothing.
 */
#ifndef UFFDSIM_PATCH_H
#define UFFDSIM_PATCH_H

#include <uffdsim/abi.h>
#include <uffdsim/decisions.h>

static const struct uffdsim_api *uffdsim_api __attribute__((unused));

/**
 * UFFDSIM_PATCH(name, about, members...) - this file is a patch
 *
 * The members are those of struct uffdsim_patch, as initialisers; at least one
 * decision or @sets.
 */
#define UFFDSIM_PATCH(name_, about_, ...)                                                          \
	extern const struct uffdsim_patch uffdsim_patch;                                           \
	__attribute__((visibility("default"))) const struct uffdsim_patch uffdsim_patch = {        \
		.abi = UFFDSIM_PATCH_ABI,                                                          \
		.size = sizeof(struct uffdsim_patch),                                              \
		.api = &uffdsim_api,                                                               \
		.name = (name_),                                                                   \
		.about = (about_),                                                                 \
		__VA_ARGS__                                                                        \
	}

/** The model's own decisions: orig()->can_change_pte_writable(vma, addr, pte). */
static inline const struct uffdsim_decisions *orig(void)
{
	return uffdsim_api->orig;
}

/* ------------------------------------------------------------------------ mappings */

/** First byte, and first byte behind. */
static inline uint64_t vma_start(const struct vm_area_struct *vma)
{
	return uffdsim_api->vma_start(vma);
}
static inline uint64_t vma_end(const struct vm_area_struct *vma)
{
	return uffdsim_api->vma_end(vma);
}
/** VM_*. */
static inline vm_flags_t vma_flags(const struct vm_area_struct *vma)
{
	return uffdsim_api->vma_flags(vma);
}
static inline enum vma_kind vma_kind(const struct vm_area_struct *vma)
{
	return uffdsim_api->vma_kind(vma);
}
/** UFFD_FEATURE_* of the userfaultfd that watches it; 0: none does. */
static inline uint64_t vma_features(const struct vm_area_struct *vma)
{
	return uffdsim_api->vma_features(vma);
}
/** A line for the diagram. */
static inline void vma_note(const struct vm_area_struct *vma, const char *text)
{
	uffdsim_api->vma_note(vma, text);
}

/* --------------------------------------------------------------- entries and pages */

/** The entry at @addr of the same address space. */
static inline pte_t ptep_get(struct vm_area_struct *vma, uint64_t addr)
{
	return uffdsim_api->ptep_get(vma, addr);
}
/** What a present entry maps. */
static inline struct page *pte_page(const struct vm_area_struct *vma, pte_t pte)
{
	return uffdsim_api->pte_page(vma, pte);
}
/** Anonymous memory; else of a file, or the zero page. */
static inline bool page_is_anon(const struct page *page)
{
	return uffdsim_api->page_is_anon(page);
}
/** Entries that map it. */
static inline int page_mapcount(struct page *page)
{
	return uffdsim_api->page_mapcount(page);
}
/** References to it. */
static inline int page_count(struct page *page)
{
	return uffdsim_api->page_count(page);
}
/** Known to belong to one entry alone (5.19). */
static inline bool page_anon_exclusive(const struct page *page)
{
	return uffdsim_api->page_anon_exclusive(page);
}
/** Somebody may have pinned it. */
static inline bool page_maybe_dma_pinned(struct page *page)
{
	return uffdsim_api->page_maybe_dma_pinned(page);
}

/* ------------------------------------------------------------------- a userfaultfd */

/** UFFD_FEATURE_* that its monitor asked for. */
static inline uint64_t ctx_features(const struct userfaultfd_ctx *ctx)
{
	return uffdsim_api->ctx_features(ctx);
}
/** ctx->mmap_changing.  A look is part of the step; a change is a step of its own or part of one
 * that holds map_changing_lock for writing. */
static inline int64_t mmap_changing_read(struct userfaultfd_ctx *ctx)
{
	return uffdsim_api->mmap_changing_read(ctx);
}
static inline void mmap_changing_set(struct userfaultfd_ctx *ctx, int64_t v)
{
	uffdsim_api->mmap_changing_set(ctx, v);
}
static inline void mmap_changing_add(struct userfaultfd_ctx *ctx, int n)
{
	uffdsim_api->mmap_changing_add(ctx, n);
}
/** Wait for the fills under way, and keep others out.  May sleep. */
static inline void map_changing_write_lock(struct userfaultfd_ctx *ctx)
{
	uffdsim_api->map_changing_write_lock(ctx);
}
static inline void map_changing_write_unlock(struct userfaultfd_ctx *ctx)
{
	uffdsim_api->map_changing_write_unlock(ctx);
}
/** A scheduling point: others may do something here. */
static inline void ctx_step(struct userfaultfd_ctx *ctx, const char *what)
{
	uffdsim_api->ctx_step(ctx, what);
}
/** A line for the diagram. */
static inline void ctx_note(struct userfaultfd_ctx *ctx, const char *text)
{
	uffdsim_api->ctx_note(ctx, text);
}

/* -------------------------------------------------- the steps of userfaultfd_remove */

/** Announce: userfaultfd_event_begin().  Once, with mmap_lock held. */
static inline void remove_prep(struct madvise_behavior *mb)
{
	uffdsim_api->remove_prep(mb);
}
/** Give mmap_lock back. */
static inline void remove_unlock(struct madvise_behavior *mb)
{
	uffdsim_api->remove_unlock(mb);
}
/** Queue the message, sleep until it is read, userfaultfd_event_end().  Without mmap_lock, unless
 * the question is what becomes of a monitor that needs it. */
static inline void remove_tell(struct madvise_behavior *mb)
{
	uffdsim_api->remove_tell(mb);
}
/** Take mmap_lock and find the mapping again: 0, or -errno if it is gone. */
static inline int remove_relock(struct madvise_behavior *mb)
{
	return uffdsim_api->remove_relock(mb);
}
/** Drop the pages: 0 or -errno.  With mmap_lock held. */
static inline int remove_zap(struct madvise_behavior *mb)
{
	return uffdsim_api->remove_zap(mb);
}

#endif

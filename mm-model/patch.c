/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * patch.c - patches: taken into a profile, and what they may ask of the model
 *
 * Every look goes through the accessors that the model itself uses, so that it is in
 * the footprint of the step.
 */
#include <stdio.h>
#include <string.h>

#include "mm-model/choices.h"
#include "mm-model/decisions.h"
#include "mm-model/fs.h"
#include "mm-model/madvise.h"
#include "mm-model/userfaultfd.h"

/* ---------------------------------------------------------------- into a profile */

static int refuse(char *err, size_t errlen, const struct uffdsim_patch *patch, const char *what)
{
	snprintf(err, errlen, "patch \"%.32s\": %s", patch->name, what);
	return -EINVAL;
}

/* Made with another header: what cannot be, before anything else of it is read. */
static int check_abi(const struct uffdsim_patch *patch, char *err, size_t errlen)
{
	const unsigned char *end = (const unsigned char *)patch + sizeof(*patch);

	if (patch->abi != UFFDSIM_PATCH_ABI) {
		snprintf(err, errlen,
			 "a patch for version %u of <uffdsim/patch.h>; this uffdsim has %u: "
			 "compile it with the header that belongs to this one",
			 patch->abi, UFFDSIM_PATCH_ABI);
		return -EINVAL;
	}
	if (patch->size < offsetof(struct uffdsim_patch, decide) || patch->size > 1u << 16) {
		snprintf(err, errlen, "no patch: it says that it has %u bytes", patch->size);
		return -EINVAL;
	}
	for (uint32_t i = sizeof(*patch); i < patch->size; i++) {
		if (!*end++)
			continue;
		snprintf(err, errlen,
			 "it decides what this uffdsim does not know: it was compiled with a newer "
			 "<uffdsim/patch.h>");
		return -EINVAL;
	}
	return 0;
}

static bool good_name(const char *name)
{
	size_t len = name ? strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
					 "0123456789-_.") : 0;

	return len && len <= 32 && !name[len];
}

static void *const *member(const struct uffdsim_decisions *d, const struct decision *row)
{
	return (void *const *)((const char *)d + row->offset);
}

/* An older header knew fewer: the members that @patch has not got are not its. */
static bool has_decision(const struct uffdsim_patch *patch, const struct decision *row)
{
	size_t end = offsetof(struct uffdsim_patch, decide) + row->offset + sizeof(void *);

	return end <= patch->size && *member(&patch->decide, row);
}

bool patch_decides(const struct uffdsim_patch *patch, unsigned decision)
{
	const struct decision *row = decision_row(decision);

	return row && has_decision(patch, row);
}

static int check_words(const struct uffdsim_patch *patch, char *err, size_t errlen)
{
	bool anything = patch->sets && *patch->sets;

	if (!good_name(patch->name)) {
		snprintf(err, errlen,
			 "a patch wants a name of 1 to 32 letters, digits, '-', '_', '.'");
		return -EINVAL;
	}
	if (!patch->about || !*patch->about)
		return refuse(err, errlen, patch, "a paragraph on what it is about is missing");
	for (unsigned i = 0; decision_row(i); i++)
		anything |= patch_decides(patch, i);
	return anything ? 0 : refuse(err, errlen, patch, "it decides nothing and sets nothing");
}

/* Whoever decides what @patch wants to decide, too; NULL: nobody does. */
static const struct uffdsim_patch *rival(const struct profile *p, const struct decision *row)
{
	for (unsigned i = 0; i < p->nr_patches; i++)
		if (has_decision(p->patches[i], row))
			return p->patches[i];
	return NULL;
}

static int take_decisions(struct profile *p, const struct uffdsim_patch *patch, char *err,
			  size_t errlen)
{
	const struct decision *row;

	for (unsigned i = 0; (row = decision_row(i)); i++) {
		if (!has_decision(patch, row))
			continue;
		if (rival(p, row)) {
			snprintf(err, errlen, "patches \"%s\" and \"%s\" both decide %s",
				 rival(p, row)->name, patch->name, row->name);
			return -EEXIST;
		}
		memcpy((char *)&p->decide + row->offset, member(&patch->decide, row),
		       sizeof(void *));
	}
	return 0;
}

int profile_patch(struct profile *p, const struct uffdsim_patch *patch, char *err, size_t errlen)
{
	char why[200];
	int r = check_abi(patch, err, errlen);

	if (!r)
		r = check_words(patch, err, errlen);
	if (!r && p->nr_patches == PROFILE_PATCHES)
		r = refuse(err, errlen, patch, "more patches than can be taken together");
	if (!r && patch->sets && profile_apply(p, patch->sets, why, sizeof(why))) {
		snprintf(err, errlen, "patch \"%s\": sets \"%.60s\": %s", patch->name, patch->sets,
			 why);
		r = -EINVAL;
	}
	if (!r)
		r = take_decisions(p, patch, err, errlen);
	if (r)
		return r;
	p->patches[p->nr_patches++] = patch;
	/* The same for all, so that threads may find it done. */
	if (patch->api && *patch->api != &patch_api)
		*patch->api = &patch_api;
	return 0;
}

const struct uffdsim_patch *profile_patch_nth(const struct profile *p, unsigned i)
{
	return i < p->nr_patches ? p->patches[i] : NULL;
}

/* ------------------------------------------------------------- what came back from it */

static const char *decider(const struct mm_struct *mm, const char *decision)
{
	const struct profile *prof = mm_prof(mm);
	const struct decision *row;
	unsigned i = 0;

	while ((row = decision_row(i)) && strcmp(row->name, decision))
		i++;
	return row && rival(prof, row) ? rival(prof, row)->name : "";
}

pte_t patch_pte(const struct mm_struct *mm, const char *decision, pte_t old, pte_t new)
{
	const uint64_t page = _PAGE_PFN_MASK | _PAGE_PSE | _PAGE_SPECIAL;

	if (!pte_present(new) || (old.val ^ new.val) & page)
		sim_bug(mm_sim(mm), SIM_BUG_MISUSE,
			"patch %s, %s: the entry does not map the page that it did",
			decider(mm, decision), decision);
	return new;
}

int patch_userfaultfd_remove(struct madvise_behavior *mb)
{
	const char *what = DECISION_NAME(userfaultfd_remove);
	int err = mm_prof(mb->mm)->decide.userfaultfd_remove(mb);

	if (mb->unlocked)
		sim_bug(mm_sim(mb->mm), SIM_BUG_MISUSE,
			"patch %s, %s: it came back without mmap_lock: remove_relock() is missing",
			decider(mb->mm, what), what);
	if (mb->announced)
		sim_bug(mm_sim(mb->mm), SIM_BUG_MISUSE,
			"patch %s, %s: what remove_prep() announced was not told: remove_tell() is "
			"missing", decider(mb->mm, what), what);
	return err;
}

/* -------------------------------------------------------------- what it may ask and do */

static uint64_t api_vma_start(const struct vm_area_struct *vma)
{
	return vma->vm_start;
}

static uint64_t api_vma_end(const struct vm_area_struct *vma)
{
	return vma->vm_end;
}

static vm_flags_t api_vma_flags(const struct vm_area_struct *vma)
{
	return vma->vm_flags;
}

static enum vma_kind api_vma_kind(const struct vm_area_struct *vma)
{
	if (is_vm_hugetlb_page(vma))
		return VMA_HUGETLB;
	if (vma_is_anonymous(vma))
		return VMA_ANON;
	return vma_is_shmem(vma) ? VMA_SHMEM : VMA_FILE;
}

static uint64_t api_vma_features(const struct vm_area_struct *vma)
{
	return vma->uffd_ctx ? vma->uffd_ctx->features & ~UFFD_FEATURE_INITIALIZED : 0;
}

static pte_t api_ptep_get(struct vm_area_struct *vma, uint64_t addr)
{
	return ptep_get_lockless(vma->mm, addr & PAGE_MASK);
}

static struct page *api_pte_page(const struct vm_area_struct *vma, pte_t pte)
{
	return pte_page(vma->mm->k, pte);
}

static bool api_page_is_anon(const struct page *page)
{
	return page->flags & PG_ANON;
}

static uint64_t api_ctx_features(const struct userfaultfd_ctx *ctx)
{
	return ctx->features & ~UFFD_FEATURE_INITIALIZED;
}

static int64_t api_mmap_changing_read(struct userfaultfd_ctx *ctx)
{
	return sim_var_look(&ctx->mmap_changing);
}

static void api_mmap_changing_set(struct userfaultfd_ctx *ctx, int64_t v)
{
	write_once(&ctx->mmap_changing, v);
}

static void api_mmap_changing_add(struct userfaultfd_ctx *ctx, int n)
{
	atomic_add(&ctx->mmap_changing, n);
}

static void api_map_changing_write_lock(struct userfaultfd_ctx *ctx)
{
	down_write(&ctx->map_changing_lock);
}

static void api_map_changing_write_unlock(struct userfaultfd_ctx *ctx)
{
	up_write(&ctx->map_changing_lock);
}

static void api_ctx_step(struct userfaultfd_ctx *ctx, const char *what)
{
	sim_yield(ctx->obj.sim, SIM_OP_WRITE, what);
}

static void api_ctx_note(struct userfaultfd_ctx *ctx, const char *text)
{
	sim_trace(ctx->obj.sim, "  %s", text);
}

static void api_vma_note(const struct vm_area_struct *vma, const char *text)
{
	sim_trace(mm_sim(vma->mm), "  %s", text);
}

/* The steps of userfaultfd_remove; what makes no sense is the patch's fault. */

static void step_wants(const struct madvise_behavior *mb, bool right, const char *what)
{
	const char *decision = DECISION_NAME(userfaultfd_remove);

	if (!right)
		sim_bug(mm_sim(mb->mm), SIM_BUG_MISUSE, "patch %s, %s: %s",
			decider(mb->mm, decision), decision, what);
}

static void api_remove_prep(struct madvise_behavior *mb)
{
	step_wants(mb, !mb->unlocked, "remove_prep() without mmap_lock");
	step_wants(mb, !mb->announced, "remove_prep() a second time");
	remove_prep(mb);
}

static void api_remove_unlock(struct madvise_behavior *mb)
{
	step_wants(mb, !mb->unlocked, "remove_unlock() a second time");
	remove_unlock(mb);
}

static void api_remove_tell(struct madvise_behavior *mb)
{
	step_wants(mb, mb->announced, "remove_tell() without remove_prep()");
	remove_tell(mb);
}

static int api_remove_relock(struct madvise_behavior *mb)
{
	step_wants(mb, mb->unlocked, "remove_relock() without remove_unlock()");
	return remove_relock(mb);
}

static int api_remove_zap(struct madvise_behavior *mb)
{
	step_wants(mb, !mb->unlocked, "remove_zap() without mmap_lock");
	step_wants(mb, mb->vma, "remove_zap() although remove_relock() found no mapping");
	return remove_zap(mb);
}

const struct uffdsim_api patch_api = {
	.size = sizeof(struct uffdsim_api),
	.orig = &builtin_decisions,
	.vma_start = api_vma_start,
	.vma_end = api_vma_end,
	.vma_flags = api_vma_flags,
	.vma_kind = api_vma_kind,
	.vma_features = api_vma_features,
	.ptep_get = api_ptep_get,
	.pte_page = api_pte_page,
	.page_is_anon = api_page_is_anon,
	.page_mapcount = page_mapcount,
	.page_count = page_count,
	.page_anon_exclusive = PageAnonExclusive,
	.page_maybe_dma_pinned = page_maybe_dma_pinned,
	.ctx_features = api_ctx_features,
	.mmap_changing_read = api_mmap_changing_read,
	.mmap_changing_set = api_mmap_changing_set,
	.mmap_changing_add = api_mmap_changing_add,
	.map_changing_write_lock = api_map_changing_write_lock,
	.map_changing_write_unlock = api_map_changing_write_unlock,
	.ctx_step = api_ctx_step,
	.ctx_note = api_ctx_note,
	.vma_note = api_vma_note,
	.remove_prep = api_remove_prep,
	.remove_unlock = api_remove_unlock,
	.remove_tell = api_remove_tell,
	.remove_relock = api_remove_relock,
	.remove_zap = api_remove_zap,
};

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * rmap.c - anon_vma: who may map the same anonymous pages
 *
 * Nobody searches pages through these structures here.  They are kept because
 * they decide which VMAs can merge, and so what the list of mappings shows.
 */
#include <utlist.h>

#include "mm-model/vma.h"

/*
 * The counters of an anon_vma belong to a family of processes, which no lock of
 * the model covers: changes commute, a look at them does not.
 */
static void touch_family(const struct vm_area_struct *vma, enum sim_mode mode)
{
	sim_touch(mm_sim(vma->mm), sim_key(MM_CLASS_ANON_VMA, 0, 1), mode);
}

/** One chain link only: no pages of @vma can come from a parent process. */
bool vma_singular(const struct vm_area_struct *vma)
{
	return vma->anon_vma_chain && !vma->anon_vma_chain->next;
}

static struct anon_vma *anon_vma_alloc(struct sim *sim)
{
	struct anon_vma *anon_vma = sim_zalloc(sim, sizeof(*anon_vma));

	if (!anon_vma)
		return NULL;
	anon_vma->parent = anon_vma;
	anon_vma->root = anon_vma;
	return anon_vma;
}

static struct anon_vma_chain *anon_vma_chain_alloc(struct sim *sim)
{
	return sim_zalloc(sim, sizeof(struct anon_vma_chain));
}

static void anon_vma_chain_link(struct anon_vma_chain *avc, struct anon_vma *anon_vma)
{
	avc->anon_vma = anon_vma;
	anon_vma->refs++;
}

/* Flags that mprotect changes do not tell two neighbours apart. */
static bool anon_vma_compatible(const struct vm_area_struct *a, const struct vm_area_struct *b)
{
	return a->vm_end == b->vm_start && a->vm_file == b->vm_file &&
	       !((a->vm_flags ^ b->vm_flags) & ~(VM_ACCESS_FLAGS | VM_STICKY)) &&
	       b->vm_pgoff == a->vm_pgoff + vma_pages(a);
}

static struct anon_vma *reusable_anon_vma(const struct vm_area_struct *old,
					  const struct vm_area_struct *a,
					  const struct vm_area_struct *b)
{
	return anon_vma_compatible(a, b) && vma_singular(old) ? old->anon_vma : NULL;
}

/* Sharing a neighbour's lets mprotect merge the two later.  The next one first. */
static struct anon_vma *find_mergeable_anon_vma(const struct vm_area_struct *vma)
{
	const struct vm_area_struct *prev = vma_prev(vma), *next = vma->next;
	struct anon_vma *anon_vma = NULL;

	if (next)
		anon_vma = reusable_anon_vma(next, vma, next);
	if (!anon_vma && prev)
		anon_vma = reusable_anon_vma(prev, prev, vma);
	return anon_vma;
}

int anon_vma_prepare(struct vm_area_struct *vma)
{
	struct sim *sim = mm_sim(vma->mm);
	struct anon_vma_chain *avc;
	struct anon_vma *anon_vma;

	if (vma->anon_vma)
		return 0;
	avc = anon_vma_chain_alloc(sim);
	if (!avc)
		return -ENOMEM;
	anon_vma = find_mergeable_anon_vma(vma);
	if (!anon_vma) {
		anon_vma = anon_vma_alloc(sim);
		if (!anon_vma) {
			sim_free(sim, avc, sizeof(*avc));
			return -ENOMEM;
		}
		anon_vma->num_children++; /* itself */
	}
	touch_family(vma, SIM_PART_WRITE);
	anon_vma_chain_link(avc, anon_vma);
	LL_PREPEND(vma->anon_vma_chain, avc);
	vma->anon_vma = anon_vma;
	anon_vma->num_active_vmas++;
	return 0;
}

/* @dst gets links to all that @src is linked to; its anon_vma is left to the caller. */
static int clone_chain(struct vm_area_struct *dst, const struct vm_area_struct *src)
{
	struct sim *sim = mm_sim(dst->mm);
	struct anon_vma_chain **tail = &dst->anon_vma_chain;
	const struct anon_vma_chain *pavc;

	touch_family(dst, SIM_PART_WRITE);
	LL_FOREACH(src->anon_vma_chain, pavc) {
		*tail = anon_vma_chain_alloc(sim);
		if (!*tail) {
			unlink_anon_vmas(dst);
			return -ENOMEM;
		}
		anon_vma_chain_link(*tail, pavc->anon_vma);
		tail = &(*tail)->next;
	}
	return 0;
}

int anon_vma_clone(struct vm_area_struct *dst, struct vm_area_struct *src)
{
	int err = clone_chain(dst, src);

	if (err)
		return err;
	dst->anon_vma = src->anon_vma;
	if (dst->anon_vma)
		dst->anon_vma->num_active_vmas++;
	return 0;
}

/*
 * An anon_vma that lost its VMAs and has at most one child can serve again, so
 * that chains of forks do not grow without end.  The oldest of them is taken.
 */
static struct anon_vma *find_reusable(const struct vm_area_struct *vma)
{
	const struct anon_vma_chain *avc;
	struct anon_vma *found = NULL;

	touch_family(vma, SIM_READ);
	LL_FOREACH(vma->anon_vma_chain, avc) {
		if (avc->anon_vma->num_children < 2 && !avc->anon_vma->num_active_vmas)
			found = avc->anon_vma;
	}
	return found;
}

int anon_vma_fork(struct vm_area_struct *vma, struct vm_area_struct *pvma)
{
	struct sim *sim = mm_sim(vma->mm);
	struct anon_vma_chain *avc;

	if (!pvma->anon_vma)
		return 0;
	vma->anon_vma = NULL;
	if (clone_chain(vma, pvma))
		return -ENOMEM;
	vma->anon_vma = find_reusable(vma);
	if (!vma->anon_vma) {
		struct anon_vma *anon_vma = anon_vma_alloc(sim);

		avc = anon_vma ? anon_vma_chain_alloc(sim) : NULL;
		if (!avc) {
			if (anon_vma)
				sim_free(sim, anon_vma, sizeof(*anon_vma));
			unlink_anon_vmas(vma);
			return -ENOMEM;
		}
		anon_vma->root = pvma->anon_vma->root;
		anon_vma->parent = pvma->anon_vma;
		anon_vma->parent->num_children++;
		anon_vma_chain_link(avc, anon_vma);
		LL_PREPEND(vma->anon_vma_chain, avc);
		vma->anon_vma = anon_vma;
	}
	vma->anon_vma->num_active_vmas++;
	return 0;
}

static void anon_vma_put(struct sim *sim, struct anon_vma *anon_vma)
{
	if (--anon_vma->refs)
		return;
	anon_vma->parent->num_children--;
	sim_free(sim, anon_vma, sizeof(*anon_vma));
}

void unlink_anon_vmas(struct vm_area_struct *vma)
{
	struct sim *sim = mm_sim(vma->mm);
	struct anon_vma_chain *avc, *tmp;

	if (!vma->anon_vma_chain)
		return;
	touch_family(vma, SIM_PART_WRITE);
	if (vma->anon_vma)
		vma->anon_vma->num_active_vmas--;
	vma->anon_vma = NULL;
	/* Youngest first: a child goes before the parent that it counts in. */
	LL_FOREACH_SAFE(vma->anon_vma_chain, avc, tmp) {
		anon_vma_put(sim, avc->anon_vma);
		sim_free(sim, avc, sizeof(*avc));
	}
	vma->anon_vma_chain = NULL;
}

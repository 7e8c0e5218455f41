/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * hugetlb_reserve.c - the pool of huge pages, and promises of it
 *
 * A mapping is promised its pages when it is made, so that faults in it cannot
 * fail for want of pages.  A page that is promised stays free: `resv` of the
 * `free` ones may only be taken by whom they were promised to.
 */
#include "mm-model/hugetlb.h"

/* ------------------------------------------------------------------- the pool */

/*
 * Whoever takes or gives one page commutes with others who do, as long as so
 * many are left that it does not matter who comes first.
 */
#define PLENTY 4

static void touch_pool(const struct hstate *h, int left)
{
	sim_touch(h->obj.sim, sim_obj_key(&h->obj), left >= PLENTY ? SIM_PART_WRITE : SIM_WRITE);
}

/* Free and promised to nobody. */
static int available_huge_pages(const struct hstate *h)
{
	int left = h->free - h->resv;

	return left < h->free ? left : h->free;
}

struct hstate *hstate_alloc(struct kernel *k)
{
	struct hstate *h = sim_zalloc(k->sim, sizeof(*h));

	if (!h)
		return NULL;
	sim_obj_init(k->sim, &h->obj, (enum sim_class)MM_CLASS_HSTATE, "hstate");
	h->nr = h->free = HUGETLB_POOL_PAGES;
	for (unsigned i = 0; i < NUM_FAULT_MUTEXES; i++)
		mutex_init(k->sim, &h->fault_mutex[i], "hugetlb_fault_mutex");
	return h;
}

/* @delta more pages are promised (or fewer): false, there are not so many. */
static bool hugetlb_acct_memory(struct kernel *k, long delta)
{
	struct hstate *h = k->hstate;

	if (!delta)
		return true;
	sim_touch(k->sim, sim_obj_key(&h->obj), SIM_WRITE);
	if (delta > 0 && delta > h->free - h->resv)
		return false;
	h->resv += delta;
	return true;
}

/* ----------------------------------------------------------- reservation maps */

struct resv_map *resv_map_alloc(struct kernel *k)
{
	struct resv_map *map = sim_zalloc(k->sim, sizeof(*map));

	if (!map)
		return NULL;
	map->refs = 1;
	init_rwsem(k->sim, &map->rw_sema, "resv_map->rw_sema");
	return map;
}

static bool region_exists(const struct resv_map *map, uint64_t idx)
{
	for (const struct resv_region *r = map->regions; r; r = r->next)
		if (r->idx == idx)
			return true;
	return false;
}

static long region_count(const struct resv_map *map, uint64_t from, uint64_t to)
{
	long n = 0;

	for (const struct resv_region *r = map->regions; r; r = r->next)
		n += r->idx >= from && r->idx < to;
	return n;
}

/* 0 or -ENOMEM. */
static int region_add(struct kernel *k, struct resv_map *map, uint64_t idx)
{
	struct resv_region *r;

	if (region_exists(map, idx))
		return 0;
	r = sim_zalloc(k->sim, sizeof(*r));
	if (!r)
		return -ENOMEM;
	r->idx = idx;
	r->next = map->regions;
	map->regions = r;
	return 0;
}

/* How many there were. */
static long region_del(struct kernel *k, struct resv_map *map, uint64_t from, uint64_t to)
{
	struct resv_region **p = &map->regions;
	long n = 0;

	while (*p) {
		struct resv_region *r = *p;

		if (r->idx < from || r->idx >= to) {
			p = &r->next;
			continue;
		}
		*p = r->next;
		sim_free(k->sim, r, sizeof(*r));
		n++;
	}
	return n;
}

void resv_map_release(struct kernel *k, struct resv_map *map)
{
	region_del(k, map, 0, UINT64_MAX);
	sim_obj_fini(&map->rw_sema.obj);
	sim_free(k->sim, map, sizeof(*map));
}

static void resv_map_put(struct kernel *k, struct resv_map *map)
{
	if (--map->refs == 0)
		resv_map_release(k, map);
}

/* The file's, or that of the private mapping if @vma has it. */
static struct resv_map *vma_resv_map(const struct vm_area_struct *vma)
{
	if (vma->vm_flags & VM_MAYSHARE)
		return vma_inode(vma)->resv_map;
	return vma->resv_map;
}

/* ----------------------------------------------------------- VMAs come and go */

int hugetlb_vm_op_open(struct vm_area_struct *vma, const struct vm_area_struct *from)
{
	if (!is_vm_hugetlb_page(vma))
		return 0;
	if (vma->vm_flags & VM_MAYSHARE) {
		vma->hugetlb_lock = sim_zalloc(mm_sim(vma->mm), sizeof(*vma->hugetlb_lock));
		if (!vma->hugetlb_lock)
			return -ENOMEM;
		init_rwsem(mm_sim(vma->mm), vma->hugetlb_lock, "hugetlb_vma_lock");
	} else if (from && from->resv_map) {
		vma->resv_map = from->resv_map;
		vma->resv_map->refs++;
	}
	vma->resv_unmapped = from && from->resv_unmapped;
	return 0;
}

void hugetlb_vm_op_close(struct vm_area_struct *vma)
{
	struct resv_map *map = vma->resv_map;
	uint64_t start = vma_hugecache_offset(vma, vma->vm_start);
	uint64_t end = vma_hugecache_offset(vma, vma->vm_end);

	if (vma->hugetlb_lock) {
		sim_obj_fini(&vma->hugetlb_lock->obj);
		sim_free(mm_sim(vma->mm), vma->hugetlb_lock, sizeof(*vma->hugetlb_lock));
	}
	if (!map)
		return;
	hugetlb_acct_memory(vma->mm->k, -((long)(end - start) - region_count(map, start, end)));
	vma->resv_map = NULL;
	resv_map_put(vma->mm->k, map);
}

/* Promises to @vma of pages in [start, end) that were not taken yet. */
static long promised(const struct vm_area_struct *vma, uint64_t start, uint64_t end)
{
	uint64_t from = vma_hugecache_offset(vma, start), to = vma_hugecache_offset(vma, end);

	return (long)(to - from) - region_count(vma->resv_map, from, to);
}

void clear_vma_resv_huge_pages(struct vm_area_struct *vma, uint64_t start, uint64_t end)
{
	if (vma->resv_map) {
		vma->mm->k->hstate->lost +=
			promised(vma, vma->vm_start, vma->vm_end) - promised(vma, start, end);
		resv_map_put(vma->mm->k, vma->resv_map);
	}
	vma->resv_map = NULL;
	vma->resv_unmapped = false;
}

int kernel_lost_huge_pages(const struct kernel *k)
{
	return k->hstate->lost;
}

/* -------------------------------------------------------------------- promises */

static bool reserve_shared(struct kernel *k, struct resv_map *map, uint64_t from, uint64_t to)
{
	long chg = (long)(to - from) - region_count(map, from, to);

	if (!hugetlb_acct_memory(k, chg))
		return false;
	for (uint64_t idx = from; idx < to; idx++)
		if (region_add(k, map, idx))
			sim_bug(k->sim, SIM_BUG_NOMEM, "arena used up by reservations");
	return true;
}

static bool reserve_private(struct vm_area_struct *vma, uint64_t from, uint64_t to)
{
	struct resv_map *map = resv_map_alloc(vma->mm->k);

	if (!map)
		return false;
	if (!hugetlb_acct_memory(vma->mm->k, to - from)) {
		resv_map_release(vma->mm->k, map);
		return false;
	}
	vma->resv_map = map;
	return true;
}

bool hugetlb_reserve_pages(struct vm_area_struct *vma, uint64_t from, uint64_t to)
{
	if (vma->vm_flags & VM_NORESERVE)
		return true;
	if (vma->vm_flags & VM_MAYSHARE)
		return reserve_shared(vma->mm->k, vma_resv_map(vma), from, to);
	return reserve_private(vma, from, to);
}

void hugetlb_unreserve_pages(struct kernel *k, struct resv_map *map, uint64_t from, uint64_t to,
			     long freed)
{
	hugetlb_acct_memory(k, -(region_del(k, map, from, to) - freed));
}

/* Has @vma no promise of this page? */
static bool vma_needs_reservation(const struct vm_area_struct *vma, uint64_t idx)
{
	const struct resv_map *map = vma_resv_map(vma);

	if (!map)
		return true;
	return region_exists(map, idx) == !(vma->vm_flags & VM_MAYSHARE);
}

/* The page was made: known to the file, or the promise is used up. */
static int vma_commit_reservation(const struct vm_area_struct *vma, uint64_t idx)
{
	struct resv_map *map = vma_resv_map(vma);

	return map ? region_add(vma->mm->k, map, idx) : 0;
}

/* The promise is as it was before. */
static void vma_add_reservation(const struct vm_area_struct *vma, uint64_t idx)
{
	struct resv_map *map = vma_resv_map(vma);

	if (!map)
		return;
	if (!(vma->vm_flags & VM_MAYSHARE))
		region_del(vma->mm->k, map, idx, idx + 1);
	else if (region_add(vma->mm->k, map, idx))
		sim_bug(mm_sim(vma->mm), SIM_BUG_NOMEM, "arena used up by reservations");
}

/* ------------------------------------------------------------------------ pages */

static struct page *new_folio(struct kernel *k)
{
	struct page *folio = alloc_huge_folio(k);

	if (folio)
		folio->flags |= PG_HUGETLB;
	return folio;
}

struct page *alloc_hugetlb_folio(struct vm_area_struct *vma, uint64_t addr, bool cow_from_owner,
				 int *err)
{
	uint64_t idx = vma_hugecache_offset(vma, addr);
	bool unreserved = cow_from_owner || vma_needs_reservation(vma, idx);
	struct kernel *k = vma->mm->k;
	struct hstate *h = k->hstate;
	int left = unreserved ? available_huge_pages(h) : h->free;
	struct page *folio;

	*err = -ENOSPC;
	touch_pool(h, left - 1);
	if (left <= 0)
		return NULL;
	*err = -ENOMEM;
	folio = new_folio(k);
	if (!folio)
		return NULL;
	if (!cow_from_owner && vma_commit_reservation(vma, idx)) {
		folio->flags |= PG_HUGETLB_TEMPORARY;
		put_page(folio);
		return NULL;
	}
	h->free--;
	if (!unreserved) {
		h->resv--;
		folio->flags |= PG_RESTORE_RESERVE;
	}
	*err = 0;
	return folio;
}

struct page *alloc_hugetlb_folio_nodemask(struct kernel *k)
{
	struct page *folio = new_folio(k);
	struct hstate *h = k->hstate;
	int left = available_huge_pages(h);

	if (!folio)
		return NULL;
	touch_pool(h, left - 1);
	if (left > 0)
		h->free--;
	else
		folio->flags |= PG_HUGETLB_TEMPORARY;
	return folio;
}

void restore_reserve_on_error(struct vm_area_struct *vma, uint64_t addr, struct page *folio)
{
	uint64_t idx = vma_hugecache_offset(vma, addr);
	bool needs = vma_needs_reservation(vma, idx);
	struct resv_map *map = vma_resv_map(vma);

	if (folio->flags & PG_RESTORE_RESERVE) {
		if (needs)
			vma_add_reservation(vma, idx);
	} else if (!needs) {
		region_del(vma->mm->k, map, idx, idx + 1);
	}
}

/* Since 6.18 the promise comes back although somebody else may map the page still. */
void hugetlb_zap_restores_reserve(struct vm_area_struct *vma, uint64_t addr, struct page *folio)
{
	if (!mm_prof(vma->mm)->hugetlb_zap_restores_reserve ||
	    (page_mapcount(folio) && !mm_prof(vma->mm)->hugetlb_zap_restores_mapped))
		return;
	if (vma->vm_flags & VM_MAYSHARE || !vma->resv_map || !(folio->flags & PG_ANON))
		return;
	folio->flags |= PG_RESTORE_RESERVE;
	vma_add_reservation(vma, vma_hugecache_offset(vma, addr));
}

void touch_huge_page_goes(const struct page *folio)
{
	const struct hstate *h = kernel_of(folio->sim)->hstate;

	touch_pool(h, available_huge_pages(h));
}

void free_huge_folio(struct page *folio)
{
	struct hstate *h = kernel_of(folio->sim)->hstate;

	if (folio->flags & PG_HUGETLB_TEMPORARY)
		return;
	h->free++;
	if (folio->flags & PG_RESTORE_RESERVE)
		h->resv++;
}

/* ------------------------------------------------------------------- invariants */

void check_hstate(struct kernel *k)
{
	const struct hstate *h = k->hstate;

	if (h->free < 0 || h->free > h->nr)
		sim_invariant(k->sim, "%d of %d huge pages are free", h->free, h->nr);
	if (h->resv > h->free)
		sim_invariant(k->sim, "%d huge pages are promised, %d are free", h->resv, h->free);
}

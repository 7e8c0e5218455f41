/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * check.c - what must hold between any two steps, and the state as text
 *
 * Numbers in brackets are entries of the collection of userfaultfd bugs that
 * the invariant would have caught.
 */
#include <utlist.h>

#include "mm-model/swap.h"
#include "mm-model/hugetlb.h"
#include "mm-model/fs.h"
#include "mm-model/userfaultfd.h"

#define U(x) ((unsigned long long)(x))

/* ------------------------------------------------------------------- VMAs */

static bool ctx_is_alive(const struct kernel *k, const struct userfaultfd_ctx *ctx)
{
	const struct userfaultfd_ctx *c;

	LL_FOREACH(k->ctxs, c)
		if (c == ctx)
			return ctx->obj.live == SIM_OBJ_LIVE;
	return false;
}

static void check_vma(struct kernel *k, const struct vm_area_struct *vma)
{
	if (vma->obj.live != SIM_OBJ_LIVE)
		sim_invariant(k->sim, "a freed VMA is still linked");
	else if (vma->vm_start >= vma->vm_end || (vma->vm_start | vma->vm_end) & ~PAGE_MASK)
		sim_invariant(k->sim, "VMA 0x%llx-0x%llx is empty or unaligned", U(vma->vm_start),
			      U(vma->vm_end));
	else if (vma->next && vma->next->vm_start < vma->vm_end)
		sim_invariant(k->sim, "VMAs overlap at 0x%llx", U(vma->next->vm_start));
	else if (is_vm_hugetlb_page(vma) && !huge_aligned(vma->vm_start | vma->vm_end))
		sim_invariant(k->sim, "VMA 0x%llx: part of a huge page", U(vma->vm_start));
	/* Flags and context come and go together (M17, M18, M21). */
	else if (!vma->uffd_ctx != !(vma->vm_flags & __VM_UFFD_FLAGS))
		sim_invariant(k->sim, "VMA 0x%llx: uffd flags without a context, or the reverse",
			      U(vma->vm_start));
	else if (vma->uffd_ctx && !ctx_is_alive(k, vma->uffd_ctx))
		sim_invariant(k->sim, "VMA 0x%llx: its uffd context is gone", U(vma->vm_start));
}

static void check_vmas(struct kernel *k, const struct mm_struct *mm)
{
	const struct vm_area_struct *vma;
	unsigned n = 0;

	DL_FOREACH(mm->mmap, vma) {
		check_vma(k, vma);
		n++;
	}
	if (n != mm->map_count)
		sim_invariant(k->sim, "map_count is %u, but there are %u VMAs", mm->map_count, n);
}

/* ---------------------------------------------------------------- entries */

struct pte_check {
	struct kernel *k;
	struct mm_struct *mm;
};

/* Count a mapping: by page where the page is there, and by folio. */
static void see(struct page *page, struct page *folio, const struct page_scratch *scratch)
{
	if (page != &scratch->page)
		page_contents(page)->seen++;
	if (folio->order)
		folio_pages(folio)->seen++;
}

/* A swap entry, and whether slot and cache know each other. */
static void see_swap_pte(struct kernel *k, uint64_t addr, pte_t pte)
{
	struct swap_slot *slot = pte_to_swp_entry(k, pte);

	if (slot->obj.live != SIM_OBJ_LIVE) {
		sim_invariant(k->sim, "entry at 0x%llx names a slot that was given back", U(addr));
		return;
	}
	slot->seen++;
	if (pte_swp_exclusive(pte) && slot->count != 1)
		sim_invariant(k->sim, "swap entry at 0x%llx: exclusive, but used %d times", U(addr),
			      slot->count);
	if (slot->cache && page_swap_peek(slot->cache) != slot)
		sim_invariant(k->sim, "swap entry at 0x%llx: its page has another", U(addr));
	if (!slot->cache && !slot->data)
		sim_invariant(k->sim, "swap entry at 0x%llx: the page is lost", U(addr));
}

/* The count, once all entries were seen; leaves the counter at 0. */
static void check_swap_pte(struct kernel *k, uint64_t addr, pte_t pte)
{
	struct swap_slot *slot = pte_to_swp_entry(k, pte);

	if (slot->obj.live == SIM_OBJ_LIVE && slot->seen && slot->seen != slot->count)
		sim_invariant(k->sim, "swap entry at 0x%llx: used %d times, counted %d", U(addr),
			      slot->seen, slot->count);
	slot->seen = 0;
}

/* Mappings of the pool have leaves, and markers at that level nobody else has. */
static void check_hugetlb_leaf(struct kernel *k, const struct mm_struct *mm, uint64_t addr,
			       pte_t pte)
{
	const struct vm_area_struct *vma = vma_lookup((struct mm_struct *)mm, addr);
	bool leaf = !pte_none(pmd_peek(mm, addr));

	if (!vma || (!pte_none(mm->changing) && mm->changing_addr == addr))
		return;
	if (is_vm_hugetlb_page(vma) && !leaf)
		sim_invariant(k->sim, "a small entry at 0x%llx, in memory of huge pages", U(addr));
	else if (leaf && !pte_present(pte) && is_pte_marker(pte) && !is_vm_hugetlb_page(vma))
		sim_invariant(k->sim, "a marker for a huge page at 0x%llx", U(addr));
}

/*
 * Where the file system wants to know of writes, it was told before there could be
 * any; a private mapping writes to no page of a file.
 */
static void check_file_pte(struct pte_check *c, uint64_t addr, pte_t pte, const struct page *page)
{
	const struct vm_area_struct *vma = vma_lookup(c->mm, addr);

	if (!vma || !page_cache(page) || !pte_write(pte))
		return;
	/* M36 is in old kernels; M37. */
	if (!(vma->vm_flags & VM_SHARED) && c->k->prof->private_fill_is_private)
		sim_invariant(c->k->sim, "entry at 0x%llx: a private mapping can write to the file",
			      U(addr));
	else if (vma->vm_ops && vma->vm_ops->page_mkwrite && !(page->flags & PG_MKWRITE))
		sim_invariant(c->k->sim, "entry at 0x%llx: writable without page_mkwrite", U(addr));
}

/* Who watches writes sees them, and nobody is stopped where nobody watches. */
static void check_tracking(struct pte_check *c, uint64_t addr, pte_t pte)
{
	const struct vm_area_struct *vma = vma_lookup(c->mm, addr);

	if (!vma)
		return;
	/* M27 */
	if (vma_soft_dirty_enabled(vma) && pte_write(pte) && !pte_soft_dirty(pte))
		sim_invariant(c->k->sim, "entry at 0x%llx: a write would not be soft-dirty",
			      U(addr));
	/* M17, M18 */
	if (c->k->prof->stale_wp_is_bug && pte_uffd_wp(pte) && !userfaultfd_wp(vma))
		sim_invariant(c->k->sim, "entry at 0x%llx: uffd-wp, but nobody is registered for it",
			      U(addr));
}

/* Read-write protection is the uffd bit and PROT_NONE together, and nothing else is either. */
static void check_protnone(struct pte_check *c, uint64_t addr, pte_t pte)
{
	const struct vm_area_struct *vma;

	if (!pte_protnone(pte) && !pte_uffd_wp(pte))
		return;
	vma = vma_lookup(c->mm, addr);
	/* Whoever changes the rights of a mapping changes its flags first. */
	if (!vma || c->mm->mmap_lock.writer || c->mm->stale_uffd_wp ||
	    !(c->k->prof->features & UFFD_FEATURE_RWP))
		return;
	if (userfaultfd_pte_rwp(vma, pte) && !pte_protnone(pte))
		sim_invariant(c->k->sim, "entry at 0x%llx: says protected, but can be used", U(addr));
	if (pte_protnone(pte) && vma_is_accessible(vma) && !userfaultfd_pte_rwp(vma, pte))
		sim_invariant(c->k->sim, "entry at 0x%llx: PROT_NONE, and nobody knows why", U(addr));
}

/* What was learned of a mapping before its lock was dropped (M32), what a failure left behind (M40). */
static void check_origin(struct kernel *k, uint64_t addr, const struct page *page)
{
	if (page->flags & PG_OTHER_KIND)
		sim_invariant(k->sim, "page at 0x%llx: prepared for another kind of mapping",
			      U(addr));
	if (page->flags & PG_OTHER_OWNER)
		sim_invariant(k->sim, "page at 0x%llx: its owner is another mapping", U(addr));
}

static void check_pte(void *ctx, uint64_t addr, pte_t pte)
{
	struct pte_check *c = ctx;
	struct page_scratch scratch;
	struct page *page, *folio;

	/* Whoever holds mmap_lock may be between taking a VMA away and zapping it. */
	if (!c->mm->mmap_lock.writer && !c->mm->mmap_lock.readers && !vma_lookup(c->mm, addr))
		sim_invariant(c->k->sim, "an entry at 0x%llx, but no VMA", U(addr));
	check_hugetlb_leaf(c->k, c->mm, addr, pte);
	if (is_swap_pte(pte))
		see_swap_pte(c->k, addr, pte);
	if (!pte_present(pte))
		return;
	/* M17, M19, M25; bits that a dropped mode left behind do not count. */
	if (pte_write(pte) && pte_uffd_wp(pte) && !pte_protnone(pte) && !c->mm->stale_uffd_wp)
		sim_invariant(c->k->sim, "entry at 0x%llx: writable and uffd-wp", U(addr));
	check_tracking(c, addr, pte);
	check_protnone(c, addr, pte);
	folio = pte_head(c->k, pte);
	if (folio->live != SIM_OBJ_LIVE) {
		sim_invariant(c->k->sim, "entry at 0x%llx maps a freed page", U(addr));
		return;
	}
	if (pte_huge(pte) != (folio->order && !(pte.val & PTE_SUBPAGE))) {
		sim_invariant(c->k->sim, "entry at 0x%llx: not of the size of its page", U(addr));
		return;
	}
	if (folio->flags & PG_ZERO) {
		if (pte_write(pte) || pte_dirty(pte))
			sim_invariant(c->k->sim, "zero page at 0x%llx: writable or dirty", U(addr));
		return;
	}
	page = pte_page_peek(c->k, pte, &scratch);
	folio = page_folio(page);
	if (page->live != SIM_OBJ_LIVE) {
		sim_invariant(c->k->sim, "entry at 0x%llx maps a freed page", U(addr));
		return;
	}
	check_file_pte(c, addr, pte, page);
	check_origin(c->k, addr, page);
	if (c->k->prof->anon_exclusive && pte_write(pte) && page->flags & PG_ANON &&
	    !PageAnonExclusive(page))
		sim_invariant(c->k->sim, "entry at 0x%llx: writable, but the page is not exclusive",
			      U(addr));
	see(page, folio, &scratch);
}

static void check_folio(struct pte_check *c, uint64_t addr, struct page *folio)
{
	const struct swap_slot *slot = page_swap_peek(folio);
	int maps = folio->order ? folio_pages(folio)->large_mapcount : folio->mapcount;

	maps += slot ? 1 : 0; /* the swap cache holds it as a mapping does */
	if (slot && slot->cache != folio)
		sim_invariant(c->k->sim, "page at 0x%llx: the swap cache does not have it",
			      U(addr));

	if (folio->refcount < maps + page_pincount(folio) * (folio->order ? 1 : GUP_PIN_COUNTING_BIAS))
		sim_invariant(c->k->sim, "page at 0x%llx: %d mappings, %d references", U(addr),
			      maps, folio->refcount);
	if (!folio->order || !folio_pages(folio)->seen)
		return;
	if (folio_pages(folio)->seen != maps)
		sim_invariant(c->k->sim, "folio at 0x%llx: mapped %d times, counted %d", U(addr),
			      folio_pages(folio)->seen, maps);
	folio_pages(folio)->seen = 0;
}

/* The counts, once all entries were seen; leaves the counters at 0. */
static void check_page(void *ctx, uint64_t addr, pte_t pte)
{
	struct page_scratch scratch;
	struct page *page;
	struct pte_check *c = ctx;
	int seen, maps;

	if (is_swap_pte(pte))
		check_swap_pte(c->k, addr, pte);
	if (!pte_present(pte) || pte_head(c->k, pte)->live != SIM_OBJ_LIVE)
		return;
	page = pte_page_peek(c->k, pte, &scratch);
	seen = page_contents(page)->seen;
	page_contents(page)->seen = 0;
	if (seen && seen != page->mapcount)
		sim_invariant(c->k->sim, "page at 0x%llx: mapped %d times, counted %d", U(addr),
			      seen, page->mapcount);
	check_folio(c, addr, page_folio(page));
	maps = page_mapcount_peek(page);
	if (PageAnonExclusive(page) && maps > 1)
		sim_invariant(c->k->sim, "page at 0x%llx: exclusive, but mapped %d times", U(addr),
			      maps);
}

/* --------------------------------------------------------------- contexts */

static void check_queue(struct kernel *k, const struct userfaultfd_ctx *ctx,
			const struct wait_queue_head *wqh)
{
	for (const struct wait_queue_entry *wq = wqh->head; wq; wq = wq->next) {
		const struct userfaultfd_wait_queue *uwq = (const void *)wq;

		if (!wq->queued || uwq->on != wqh || uwq->ctx != ctx)
			sim_invariant(k->sim, "a message is queued where it does not belong");
		/* A thread that was woken must not wait to be woken (M09, M10). */
		if (uwq->waken && uwq->sleeps && sim_thread_sleeps(wq->thread))
			sim_invariant(k->sim, "a woken fault is still queued");
	}
}

static bool patches_events(const struct profile *prof)
{
	const struct uffdsim_decisions *d = &prof->decide;

	return d->userfaultfd_event_begin || d->userfaultfd_event_complete ||
	       d->userfaultfd_event_end;
}

/* A patch may do otherwise, as long as nothing is left in the end. */
static bool counts_events(const struct profile *prof)
{
	return prof->mmap_changing == MMAP_CHANGING_COUNTER && !patches_events(prof);
}

static void check_ctx(struct kernel *k, const struct userfaultfd_ctx *ctx)
{
	check_queue(k, ctx, &ctx->fault_pending_wqh);
	check_queue(k, ctx, &ctx->fault_wqh);
	check_queue(k, ctx, &ctx->event_wqh);
	/* M02, M03, M22 */
	if (counts_events(k->prof) ? sim_var_peek(&ctx->mmap_changing) != (int64_t)ctx->producers :
				     !ctx->producers && patches_events(k->prof) &&
					     sim_var_peek(&ctx->mmap_changing))
		sim_invariant(k->sim, "mmap_changing is %lld with %u events in flight",
			      (long long)sim_var_peek(&ctx->mmap_changing), ctx->producers);
}

void mm_check(struct kernel *k)
{
	struct userfaultfd_ctx *ctx;
	struct mm_struct *mm;

	for (mm = k->mms; mm; mm = mm->next_mm) {
		struct pte_check c = { k, mm };

		check_vmas(k, mm);
		pte_for_each(mm, check_pte, &c);
		if (!pte_none(mm->changing))
			check_pte(&c, mm->changing_addr, mm->changing);
	}
	for (mm = k->mms; mm; mm = mm->next_mm) {
		struct pte_check c = { k, mm };

		pte_for_each(mm, check_page, &c);
		if (!pte_none(mm->changing))
			check_page(&c, mm->changing_addr, mm->changing);
	}
	LL_FOREACH(k->ctxs, ctx)
		check_ctx(k, ctx);
	check_hstate(k);
}

/* ------------------------------------------------------------------- dump */

static void dump_pte(void *ctx, uint64_t addr, pte_t pte)
{
	FILE *out = ctx;

	fprintf(out, "    0x%llx ", U(addr));
	if (is_swap_pte(pte)) {
		fprintf(out, "swap%s%s\n", pte_swp_exclusive(pte) ? " exclusive" : "",
			pte_swp_uffd_wp(pte) ? " uffd-wp" : "");
		return;
	}
	if (!pte_present(pte)) {
		fprintf(out, "marker%s%s%s\n", pte_marker_uffd_wp(pte) ? " uffd-wp" : "",
			pte_marker_poisoned(pte) ? " poisoned" : "",
			pte_marker_guard(pte) ? " guard" : "");
		return;
	}
	fprintf(out, "%s%s%s%s%s%s%s\n", pte_protnone(pte) ? "protnone" : "present",
		pte_huge(pte) ? " huge" : "", pte_write(pte) ? " write" : "",
		pte_dirty(pte) ? " dirty" : "", pte_young(pte) ? " young" : "",
		pte_special(pte) ? " special" : "", pte_uffd_wp(pte) ? " uffd-wp" : "");
}

static unsigned queue_length(const struct wait_queue_head *wqh)
{
	unsigned n = 0;

	for (const struct wait_queue_entry *wq = wqh->head; wq; wq = wq->next)
		n++;
	return n;
}

void mm_dump(struct kernel *k, FILE *out)
{
	const struct userfaultfd_ctx *ctx;
	const struct vm_area_struct *vma;
	const struct process *p;

	LL_FOREACH(k->processes, p) {
		fprintf(out, "process %u\n", p->id);
		DL_FOREACH(p->mm->mmap, vma)
			fprintf(out, "  0x%llx-0x%llx flags 0x%llx%s\n", U(vma->vm_start),
				U(vma->vm_end), U(vma->vm_flags), vma->uffd_ctx ? " uffd" : "");
		pte_for_each(p->mm, dump_pte, out);
	}
	LL_FOREACH(k->ctxs, ctx)
		fprintf(out,
			"uffd context: %u pending faults, %u read faults, %u events, "
			"mmap_changing %lld\n",
			queue_length(&ctx->fault_pending_wqh), queue_length(&ctx->fault_wqh),
			queue_length(&ctx->event_wqh),
			(long long)sim_var_peek(&ctx->mmap_changing));
}

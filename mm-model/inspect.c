/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * inspect.c - the state between two steps, for diagrams and for walking through a run
 */
#include <string.h>
#include <utlist.h>

#include "mm-model/huge_memory.h"
#include "mm-model/userfaultfd.h"

struct process *kernel_process(const struct kernel *k, unsigned i)
{
	struct process *p = k->processes;

	while (p && i--)
		p = p->next;
	return p;
}

bool inspect_owns(const struct process *p, const char *name, uint32_t obj)
{
	const struct mm_struct *mm = p->mm;

	return (obj == mm->mmap_lock.obj.id && !strcmp(name, mm->mmap_lock.obj.name)) ||
	       (obj == mm->ptl.obj.id && !strcmp(name, mm->ptl.obj.name));
}

bool inspect_vma(const struct process *p, uint8_t cls, uint32_t obj, uint64_t *start)
{
	const struct vm_area_struct *vma;

	if (cls != MM_CLASS_VMA_LOCK)
		return false;
	DL_FOREACH(p->mm->mmap, vma) {
		if (vma->obj.id != obj)
			continue;
		*start = vma->vm_start;
		return true;
	}
	return false;
}

/* ------------------------------------------------------------------- entries */

struct walk {
	struct process *p;
	void (*fn)(void *ctx, const struct inspected_pte *pte);
	void *ctx;
};

static char *put(char *s, bool yes, char letter)
{
	if (yes)
		*s++ = letter;
	return s;
}

static char *put_present(char *s, const struct process *p, pte_t pte, const struct page *page)
{
	bool anon = page->flags & PG_ANON, zero = pte_special(pte) || page->flags & PG_ZERO;

	s = put(s, true, 'p');
	s = put(s, pte_protnone(pte), 'n');
	s = put(s, pte_write(pte), 'w');
	s = put(s, pte_uffd_wp(pte), 'u');
	s = put(s, anon && page->flags & PG_ANON_EXCLUSIVE, 'x');
	s = put(s, !anon && !zero, 'f');
	s = put(s, zero, 'z');
	s = put(s, pte_huge(pte), 'h');
	s = put(s, pte_dirty(pte), 'd');
	s = put(s, pte_young(pte), 'a');
	return put(s, p->k->prof->soft_dirty && pte_soft_dirty(pte), 't');
}

static char *put_other(char *s, pte_t pte)
{
	s = put(s, !is_pte_marker(pte), 's');
	s = put(s, pte_swp_uffd_wp(pte) || pte_marker_uffd_wp(pte), 'u');
	s = put(s, !is_pte_marker(pte) && pte_swp_exclusive(pte), 'x');
	s = put(s, pte_marker_poisoned(pte), '!');
	return put(s, pte_marker_guard(pte), 'g');
}

/* The byte that the entry's address shows; of a huge page it is the first small page's. */
static int first_byte(const struct page *page)
{
	const struct page *first = page->order ? folio_page_if_made(page, 0) : NULL;

	return page_peek(first ? first : page, 0);
}

static void inspect_pte(void *ctx, uint64_t addr, pte_t pte)
{
	const struct walk *w = ctx;
	struct inspected_pte ret = { .addr = addr, .byte = -1 };
	char *end = ret.bits;

	if (pte_present(pte)) {
		struct page_scratch scratch;
		struct page *page = pte_page_peek(w->p->k, pte, &scratch);

		ret.present = true;
		ret.frame = pte.val & _PAGE_PFN_MASK;
		ret.byte = first_byte(page);
		end = put_present(end, w->p, pte, page);
	} else if (!pte_none(pte)) {
		end = put_other(end, pte);
	}
	*end = 0;
	w->fn(w->ctx, &ret);
}

void inspect_ptes(struct process *p, void (*fn)(void *ctx, const struct inspected_pte *pte),
		  void *ctx)
{
	struct walk w = { p, fn, ctx };

	pte_for_each(p->mm, inspect_pte, &w);
}

const char *inspect_bit_name(char letter)
{
	static const struct {
		char letter;
		const char *name;
	} names[] = {
		{ 'p', "present" },   { 'n', "PROT_NONE" },  { 'w', "writable" },
		{ 'u', "uffd-wp" },   { 'x', "exclusive" },  { 'f', "file" },
		{ 'z', "zero page" }, { 'h', "huge" },       { 'd', "dirty" },
		{ 'a', "accessed" },  { 't', "soft-dirty" }, { 's', "swap" },
		{ '!', "poisoned" },  { 'g', "guard" },
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (names[i].letter == letter)
			return names[i].name;
	return NULL;
}

/* -------------------------------------------------------------------- queues */

static void inspect_queue(const struct userfaultfd_ctx *ctx, unsigned nr,
			  const struct wait_queue_head *wqh,
			  void (*fn)(void *ctx, const struct inspected_waiter *w), void *arg)
{
	for (const struct wait_queue_entry *wq = wqh->head; wq; wq = wq->next) {
		struct inspected_waiter w = {
			.uffd = nr,
			.queue = wqh->obj.name,
			.thread = wq->thread,
		};

		if (wqh != &ctx->fd_wqh) {
			const struct userfaultfd_wait_queue *uwq = (const void *)wq;

			w.event = uwq->msg.event ? uffd_event_name(uwq->msg.event) : NULL;
			if (uwq->msg.event == UFFD_EVENT_PAGEFAULT)
				w.addr = uwq->msg.arg.pagefault.address;
		}
		fn(arg, &w);
	}
}

void inspect_queues(const struct kernel *k, void (*fn)(void *ctx, const struct inspected_waiter *w),
		    void *arg)
{
	const struct userfaultfd_ctx *ctx;
	unsigned nr = 0;

	LL_FOREACH(k->ctxs, ctx) {
		inspect_queue(ctx, nr, &ctx->fault_pending_wqh, fn, arg);
		inspect_queue(ctx, nr, &ctx->fault_wqh, fn, arg);
		inspect_queue(ctx, nr, &ctx->event_wqh, fn, arg);
		inspect_queue(ctx, nr, &ctx->fd_wqh, fn, arg);
		nr++;
	}
}

bool inspect_uffd(const struct kernel *k, unsigned nr, int64_t *mmap_changing, bool *released)
{
	const struct userfaultfd_ctx *ctx = k->ctxs;

	while (ctx && nr--)
		ctx = ctx->next;
	if (!ctx)
		return false;
	*mmap_changing = sim_var_peek(&ctx->mmap_changing);
	*released = ctx->released;
	return true;
}

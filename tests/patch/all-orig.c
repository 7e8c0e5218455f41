/* SPDX-License-Identifier: BSD-2-Clause */
/* Takes every decision, and decides what the model would: nothing may change. */
#include <uffdsim/patch.h>

static bool can_change_pte_writable(struct vm_area_struct *vma, uint64_t addr, pte_t pte)
{
	return orig()->can_change_pte_writable(vma, addr, pte);
}

static pte_t change_pte(struct vm_area_struct *vma, uint64_t addr, pte_t pte, unsigned cp_flags)
{
	return orig()->change_pte(vma, addr, pte, cp_flags);
}

static enum uffd_wp_action wp_fault(struct vm_area_struct *vma, uint64_t addr, pte_t pte)
{
	return orig()->userfaultfd_wp_fault(vma, addr, pte);
}

static bool reuse(struct vm_area_struct *vma, uint64_t addr, pte_t pte, struct page *page)
{
	return orig()->wp_can_reuse_anon_page(vma, addr, pte, page);
}

static bool must_wait(struct vm_area_struct *vma, uint64_t addr, pte_t pte, vm_flags_t reason)
{
	return orig()->userfaultfd_must_wait(vma, addr, pte, reason);
}

static bool wake(const struct uffd_waiter *waiter, uint64_t start, uint64_t len)
{
	return orig()->userfaultfd_wake_function(waiter, start, len);
}

static struct fork_ptes copy(struct vm_area_struct *dst_vma, struct vm_area_struct *src_vma,
			     uint64_t addr, pte_t pte)
{
	return orig()->copy_present_pte(dst_vma, src_vma, addr, pte);
}

static pte_t install(struct vm_area_struct *vma, uint64_t addr, pte_t pte, enum mfill_kind kind)
{
	return orig()->mfill_install_pte(vma, addr, pte, kind);
}

static enum gup_action follow(struct vm_area_struct *vma, uint64_t addr, pte_t pte,
			      struct page *page, unsigned flags)
{
	return orig()->follow_page_pte(vma, addr, pte, page, flags);
}

static bool changing(struct userfaultfd_ctx *ctx, enum changing_asker who)
{
	return orig()->mmap_is_changing(ctx, who);
}

static void begin(struct userfaultfd_ctx *ctx, unsigned event)
{
	orig()->userfaultfd_event_begin(ctx, event);
}

static void complete(struct userfaultfd_ctx *ctx, unsigned event)
{
	orig()->userfaultfd_event_complete(ctx, event);
}

static void end(struct userfaultfd_ctx *ctx, unsigned event)
{
	orig()->userfaultfd_event_end(ctx, event);
}

static int remove_pages(struct madvise_behavior *mb)
{
	return orig()->userfaultfd_remove(mb);
}

static bool can_userfault(const struct vm_area_struct *vma, vm_flags_t mode, bool wp_async)
{
	return orig()->vma_can_userfault(vma, mode, wp_async);
}

UFFDSIM_PATCH("all-orig", "Every decision as the model takes it.",
	      .decide = {
		      .can_change_pte_writable = can_change_pte_writable,
		      .change_pte = change_pte,
		      .userfaultfd_wp_fault = wp_fault,
		      .wp_can_reuse_anon_page = reuse,
		      .userfaultfd_must_wait = must_wait,
		      .userfaultfd_wake_function = wake,
		      .copy_present_pte = copy,
		      .mfill_install_pte = install,
		      .follow_page_pte = follow,
		      .mmap_is_changing = changing,
		      .userfaultfd_event_begin = begin,
		      .userfaultfd_event_complete = complete,
		      .userfaultfd_event_end = end,
		      .userfaultfd_remove = remove_pages,
		      .vma_can_userfault = can_userfault,
	      });

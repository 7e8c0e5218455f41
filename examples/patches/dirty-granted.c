/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dirty-granted.c - the accessed and dirty bits when write protection is lifted
 *
 * The RFC of July 2022: who un-protects a page does so because somebody is about to
 * write to it, so let the entry be accessed, and dirty if it becomes writable here, and
 * spare the processor the two updates.  docs/patching.md arrives at this file.
 */
#include <uffdsim/patch.h>

static pte_t change_pte(struct vm_area_struct *vma, uint64_t addr, pte_t pte, unsigned cp_flags)
{
	pte_t new = orig()->change_pte(vma, addr, pte, cp_flags);

	if (!(cp_flags & MM_CP_WILL_NEED))
		return new;
	new = pte_mkyoung(new);
	if (pte_write(new) && !pte_write(pte))
		new = pte_mkdirty(new);
	return new;
}

UFFDSIM_PATCH("dirty-granted",
	      "Lifting write protection: accessed, and dirty if this gives the write bit.",
	      .decide.change_pte = change_pte);

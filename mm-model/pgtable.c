/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pgtable.c - four levels of tables with 512 entries each
 *
 * A table keeps its entries in chunks that exist once something was stored in
 * them: what an exploration has to save and restore stays small.
 */
#include "mm-model/internal.h"

#define PTRS_PER_TABLE 512
#define CHUNK_ENTRIES  16
#define NR_CHUNKS      (PTRS_PER_TABLE / CHUNK_ENTRIES)
#define LEVELS         4 /* 3: PGD, 2: PUD, 1: PMD, 0: PTE */

/* An entry of an upper level is a pointer, of the lowest one a pte. */
struct chunk {
	uint64_t e[CHUNK_ENTRIES];
};

struct pgtable {
	struct chunk *chunk[NR_CHUNKS];
};

/* The part of a key that stands for a whole lowest-level table. */
#define TABLE_PART (1ULL << 35)

static uint64_t table_key(const struct mm_struct *mm, uint64_t addr)
{
	return sim_key(MM_CLASS_PTE, mm->obj.id, TABLE_PART | addr >> PMD_SHIFT);
}

static unsigned level_index(uint64_t addr, unsigned level)
{
	return (addr >> (PAGE_SHIFT + 9 * level)) & (PTRS_PER_TABLE - 1);
}

static uint64_t *entry(const struct pgtable *t, unsigned idx)
{
	struct chunk *c = t->chunk[idx / CHUNK_ENTRIES];

	return c ? &c->e[idx % CHUNK_ENTRIES] : NULL;
}

static uint64_t *entry_alloc(struct sim *sim, struct pgtable *t, unsigned idx)
{
	struct chunk **c = &t->chunk[idx / CHUNK_ENTRIES];

	if (!*c)
		*c = sim_zalloc(sim, sizeof(**c));
	return *c ? &(*c)->e[idx % CHUNK_ENTRIES] : NULL;
}

/* The lowest-level table of an address, or NULL. */
static struct pgtable *walk(const struct mm_struct *mm, uint64_t addr)
{
	struct pgtable *t = mm->pgd;

	for (unsigned level = LEVELS - 1; t && level > 0; level--) {
		uint64_t *e = entry(t, level_index(addr, level));

		t = e ? (struct pgtable *)(uintptr_t)*e : NULL;
	}
	return t;
}

int mm_init_pgd(struct mm_struct *mm)
{
	mm->pgd = sim_zalloc(mm_sim(mm), sizeof(*mm->pgd));
	return mm->pgd ? 0 : -ENOMEM;
}

int pte_alloc(struct mm_struct *mm, uint64_t addr)
{
	struct sim *sim = mm_sim(mm);
	struct pgtable *t = mm->pgd;

	for (unsigned level = LEVELS - 1; level > 0; level--) {
		uint64_t *e = entry_alloc(sim, t, level_index(addr, level));

		if (!e)
			return -ENOMEM;
		if (!*e) {
			struct pgtable *new = sim_zalloc(sim, sizeof(*new));

			if (!new)
				return -ENOMEM;
			*e = (uintptr_t)new;
		}
		t = (struct pgtable *)(uintptr_t)*e;
	}
	return entry_alloc(sim, t, level_index(addr, 0)) ? 0 : -ENOMEM;
}

bool pte_table_exists(const struct mm_struct *mm, uint64_t addr)
{
	return walk(mm, addr) != NULL;
}

pte_t pte_peek(const struct mm_struct *mm, uint64_t addr)
{
	const struct pgtable *t = walk(mm, addr);
	const uint64_t *e = t ? entry(t, level_index(addr, 0)) : NULL;

	return PTE(e ? *e : 0);
}

pte_t ptep_get_lockless(struct mm_struct *mm, uint64_t addr)
{
	sim_touch(mm_sim(mm), pte_key(mm, addr), SIM_READ);
	return pte_peek(mm, addr);
}

pte_t ptep_get(struct mm_struct *mm, uint64_t addr)
{
	return ptep_get_lockless(mm, addr);
}

void set_pte_at(struct mm_struct *mm, uint64_t addr, pte_t pte)
{
	struct pgtable *t = walk(mm, addr);
	uint64_t *e = t ? entry_alloc(mm_sim(mm), t, level_index(addr, 0)) : NULL;

	if (!e)
		sim_bug(mm_sim(mm), SIM_BUG_MISUSE, "set_pte_at: no page table at 0x%llx",
			(unsigned long long)addr);
	sim_touch(mm_sim(mm), pte_key(mm, addr), SIM_WRITE);
	sim_touch(mm_sim(mm), table_key(mm, addr), SIM_PART_WRITE);
	*e = pte.val;
}

/* First entry in [addr, end) that is not none, skipping what does not exist. */
uint64_t pte_peek_next(const struct mm_struct *mm, uint64_t addr, uint64_t end)
{
	while (addr < end) {
		const struct pgtable *t = walk(mm, addr);
		uint64_t table_end = (addr | (PMD_SIZE - 1)) + 1;

		if (!t) {
			addr = table_end;
			continue;
		}
		for (; addr < end && addr < table_end; addr += PAGE_SIZE) {
			const uint64_t *e = entry(t, level_index(addr, 0));

			if (e && *e)
				return addr;
		}
	}
	return end;
}

static void for_each_in(const struct pgtable *t, unsigned level, uint64_t base,
			void (*fn)(void *ctx, uint64_t addr, pte_t pte), void *ctx)
{
	for (unsigned i = 0; i < PTRS_PER_TABLE; i++) {
		const struct chunk *c = t->chunk[i / CHUNK_ENTRIES];
		uint64_t addr = base | (uint64_t)i << (PAGE_SHIFT + 9 * level);

		if (!c) {
			i |= CHUNK_ENTRIES - 1;
			continue;
		}
		if (!c->e[i % CHUNK_ENTRIES])
			continue;
		if (level)
			for_each_in((void *)(uintptr_t)c->e[i % CHUNK_ENTRIES], level - 1, addr, fn,
				    ctx);
		else
			fn(ctx, addr, PTE(c->e[i % CHUNK_ENTRIES]));
	}
}

void pte_for_each(const struct mm_struct *mm, void (*fn)(void *ctx, uint64_t addr, pte_t pte),
		  void *ctx)
{
	for_each_in(mm->pgd, LEVELS - 1, 0, fn, ctx);
}

#define SMALL_SPAN (16 * PAGE_SIZE)

uint64_t pte_next_present(struct mm_struct *mm, uint64_t addr, uint64_t end)
{
	uint64_t found = pte_peek_next(mm, addr, end);

	/* That the entries before it were empty is something the step has seen. */
	if (found - addr <= SMALL_SPAN) {
		for (; addr < found; addr += PAGE_SIZE)
			sim_touch(mm_sim(mm), pte_key(mm, addr), SIM_READ);
		return found;
	}
	for (unsigned n = 0; addr < found && n < 64; n++, addr = (addr | (PMD_SIZE - 1)) + 1)
		sim_touch(mm_sim(mm), table_key(mm, addr), SIM_READ);
	if (addr < found)
		sim_unmodelled(mm_sim(mm), "a walk over more than 128 MiB of empty page tables");
	return found;
}

/* Give back what lies below an entry of @level. */
static void free_table(struct sim *sim, struct pgtable *t, unsigned level)
{
	for (unsigned c = 0; c < NR_CHUNKS; c++) {
		if (!t->chunk[c])
			continue;
		for (unsigned i = 0; level > 0 && i < CHUNK_ENTRIES; i++)
			if (t->chunk[c]->e[i])
				free_table(sim, (struct pgtable *)(uintptr_t)t->chunk[c]->e[i],
					   level - 1);
		sim_free(sim, t->chunk[c], sizeof(*t->chunk[c]));
	}
	sim_free(sim, t, sizeof(*t));
}

/* Free lowest-level tables wholly inside; upper ones stay for reuse. */
void free_pgtables(struct mm_struct *mm, uint64_t start, uint64_t end)
{
	start = (start + PMD_SIZE - 1) & ~(PMD_SIZE - 1);
	for (; start + PMD_SIZE <= end; start += PMD_SIZE) {
		struct pgtable *t = mm->pgd;
		uint64_t *e = NULL;

		for (unsigned level = LEVELS - 1; t && level > 0; level--) {
			e = entry(t, level_index(start, level));
			t = e ? (struct pgtable *)(uintptr_t)*e : NULL;
		}
		if (!t)
			continue;
		free_table(mm_sim(mm), t, 0);
		*e = 0;
	}
}

struct page *pte_page(const struct kernel *k, pte_t pte)
{
	/* Frame numbers count 16 bytes from the kernel object on: all pages lie behind it. */
	uint64_t pfn = (pte.val & _PAGE_PFN_MASK) >> PAGE_SHIFT;

	return (struct page *)((uintptr_t)k + pfn * 16);
}

pte_t mk_pte(const struct vm_area_struct *vma, struct page *page)
{
	uint64_t pfn = ((uintptr_t)page - (uintptr_t)vma->mm->k) / 16;
	pte_t pte = PTE(pfn << PAGE_SHIFT | _PAGE_PRESENT);

	if (page->flags & PG_ZERO)
		pte = pte_mkspecial(pte);
	return pte_set_protnone(pte, !(vma->vm_flags & VM_ACCESS_FLAGS));
}

pte_t maybe_mkwrite(pte_t pte, const struct vm_area_struct *vma)
{
	return vma->vm_flags & VM_WRITE ? pte_mkwrite(pte) : pte;
}

void pte_step(struct mm_struct *mm, const char *what)
{
	sim_yield(mm_sim(mm), SIM_OP_WRITE, what);
}

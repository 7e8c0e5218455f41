/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pgtable.c - four levels of tables with 512 entries each
 *
 * A table keeps its entries in chunks that exist once something was stored in
 * them: what an exploration has to save and restore stays small.  Once there are
 * many, the others come together, one behind the other, as a long walk likes it.
 * Where an entry is does not change while the table lives.
 *
 * An entry of the PMD level is empty, a pointer to a table, or a leaf: a huge
 * page's entry with LEAF_TAG set, which no pointer has.
 */
#include <string.h>

#include "mm-model/tlb.h"

#define PTRS_PER_TABLE 512
#define CHUNK_ENTRIES  16
#define NR_CHUNKS      (PTRS_PER_TABLE / CHUNK_ENTRIES)
#define MANY_CHUNKS    8
#define LEVELS         4 /* 3: PGD, 2: PUD, 1: PMD, 0: PTE */

/* No bit of an entry, and 0 in a pointer: blocks of the arena are aligned to 16. */
#define LEAF_TAG 8ULL

/* An entry of an upper level is a pointer (or a leaf), of the lowest one a pte. */
struct chunk {
	uint64_t e[CHUNK_ENTRIES];
};

struct pgtable {
	/* How many bytes from here; 0: it does not exist. */
	int32_t chunk[NR_CHUNKS];
	int32_t block; /* of NR_CHUNKS, for those that do not lie elsewhere */
};

/*
 * The part of a key that stands for what an entry of the PMD level leads to.
 * Who uses an entry below it touches a part of it; who puts a leaf there, or
 * takes it away, all of it.
 */
#define TABLE_PART (1ULL << 35)

static uint64_t table_key(const struct mm_struct *mm, uint64_t addr)
{
	return sim_key(MM_CLASS_PTE, mm->obj.id, TABLE_PART | addr >> PMD_SHIFT);
}

/* That something is there at all, a table or a leaf; and the same of the whole mm. */
static uint64_t table_exists_key(const struct mm_struct *mm, uint64_t addr)
{
	return table_key(mm, addr) | 1ULL << 34;
}

static uint64_t any_table_key(const struct mm_struct *mm)
{
	return sim_key(MM_CLASS_PTE, mm->obj.id, TABLE_PART | 3ULL << 33);
}

static void touch_table_exists(const struct mm_struct *mm, uint64_t addr, enum sim_mode mode)
{
	sim_touch(mm_sim(mm), table_exists_key(mm, addr), mode);
	sim_touch(mm_sim(mm), any_table_key(mm), mode);
}

static inline unsigned level_index(uint64_t addr, unsigned level)
{
	return (addr >> (PAGE_SHIFT + 9 * level)) & (PTRS_PER_TABLE - 1);
}

static struct chunk *at_offset(const struct pgtable *t, int32_t off)
{
	return off ? (struct chunk *)((uintptr_t)t + (uintptr_t)off) : NULL;
}

static int32_t offset_of(const struct pgtable *t, const struct chunk *c)
{
	return c ? (int32_t)((intptr_t)c - (intptr_t)t) : 0;
}

static struct chunk *get_chunk(const struct pgtable *t, unsigned i)
{
	return at_offset(t, t->chunk[i]);
}

static uint64_t *entry(const struct pgtable *t, unsigned idx)
{
	struct chunk *c = get_chunk(t, idx / CHUNK_ENTRIES);

	return c ? &c->e[idx % CHUNK_ENTRIES] : NULL;
}

static void chunks_free(struct sim *sim, struct pgtable *t)
{
	struct chunk *block = at_offset(t, t->block);

	for (unsigned i = 0; i < NR_CHUNKS; i++)
		if (!block || get_chunk(t, i) != &block[i])
			sim_free(sim, get_chunk(t, i), sizeof(struct chunk));
	sim_free(sim, block, NR_CHUNKS * sizeof(*block));
}

static bool has_many_chunks(const struct pgtable *t)
{
	unsigned n = 0;

	for (unsigned i = 0; i < NR_CHUNKS; i++)
		n += t->chunk[i] != 0;
	return n >= MANY_CHUNKS;
}

/* All chunks that do not exist. */
static void fill_chunks(struct sim *sim, struct pgtable *t)
{
	struct chunk *block = sim_zalloc_nofail(sim, NR_CHUNKS * sizeof(*block));

	t->block = offset_of(t, block);
	for (unsigned i = 0; block && i < NR_CHUNKS; i++)
		if (!t->chunk[i])
			t->chunk[i] = offset_of(t, &block[i]);
}

static void chunk_alloc(struct sim *sim, struct pgtable *t, unsigned i)
{
	if (has_many_chunks(t))
		fill_chunks(sim, t);
	if (!t->chunk[i])
		t->chunk[i] = offset_of(t, sim_zalloc_nofail(sim, sizeof(struct chunk)));
}

static uint64_t *entry_alloc(struct sim *sim, struct pgtable *t, unsigned idx)
{
	unsigned i = idx / CHUNK_ENTRIES;

	/* A part of the table: the kernel has it with the table. */
	if (!t->chunk[i])
		chunk_alloc(sim, t, i);
	return entry(t, idx);
}

static uint64_t *entry_alloc_nofail(struct sim *sim, struct pgtable *t, unsigned idx)
{
	uint64_t *e = entry_alloc(sim, t, idx);

	if (!e)
		sim_bug(sim, SIM_BUG_NOMEM, "arena used up by page tables");
	return e;
}

/* An exploration leaves it alone, or states would differ by who walked last. */
static void walk_remember(const struct mm_struct *mm, uint64_t addr, uint64_t *e)
{
	/* With TLBs every change goes the long way: it may have to be flushed. */
	if (!e || mm->tlb || sim_head(mm_sim(mm))->records)
		return;
	*walked_slot(mm, addr) = (struct walked){
		.nr = (addr >> WALKED_SHIFT) + 1,
		.entries = e - level_index(addr, 0) % WALKED_ENTRIES,
	};
}

/* A table goes. */
static void walk_forget(struct mm_struct *mm)
{
	memset(mm->walked, 0, sizeof(mm->walked));
}

/* The PMD-level entry of an address, or NULL. */
static uint64_t *pmd_entry(const struct mm_struct *mm, uint64_t addr)
{
	struct pgtable *t = mm->pgd;
	uint64_t *e = NULL;

	for (unsigned level = LEVELS - 1; t && level > 0; level--) {
		e = entry(t, level_index(addr, level));
		if (level > 1)
			t = e ? (struct pgtable *)(uintptr_t)*e : NULL;
	}
	return t ? e : NULL;
}

/* The lowest-level table of an address, or NULL. */
static struct pgtable *walk(const struct mm_struct *mm, uint64_t addr)
{
	const uint64_t *e = pmd_entry(mm, addr);

	return e && !(*e & LEAF_TAG) ? (struct pgtable *)(uintptr_t)*e : NULL;
}

int mm_init_pgd(struct mm_struct *mm)
{
	mm->pgd = sim_zalloc(mm_sim(mm), sizeof(*mm->pgd));
	return mm->pgd ? 0 : -ENOMEM;
}

bool pmd_table_exists(const struct mm_struct *mm, uint64_t addr)
{
	const struct pgtable *t = mm->pgd;

	for (unsigned level = LEVELS - 1; t && level > 1; level--) {
		const uint64_t *e = entry(t, level_index(addr, level));

		t = e ? (const struct pgtable *)(uintptr_t)*e : NULL;
	}
	return t;
}

int pmd_alloc(struct mm_struct *mm, uint64_t addr)
{
	struct sim *sim = mm_sim(mm);
	struct pgtable *t = mm->pgd;

	for (unsigned level = LEVELS - 1; level > 1; level--) {
		uint64_t *e = entry_alloc(sim, t, level_index(addr, level));

		if (e && !*e)
			*e = (uintptr_t)sim_zalloc(sim, sizeof(*t));
		if (!e || !*e)
			return -ENOMEM;
		t = (struct pgtable *)(uintptr_t)*e;
	}
	return entry_alloc(sim, t, level_index(addr, 1)) ? 0 : -ENOMEM;
}

int __pte_alloc(struct mm_struct *mm, uint64_t addr)
{
	struct pgtable *t;
	uint64_t *e;

	/* Who makes it does not matter, so also if it is there. */
	touch_table_exists(mm, addr, SIM_PART_WRITE);
	if (pmd_alloc(mm, addr))
		return -ENOMEM;
	e = pmd_entry(mm, addr);
	if (*e & LEAF_TAG) {
		sim_touch(mm_sim(mm), table_key(mm, addr), SIM_PART_READ);
		return 0;
	}
	if (!*e) {
		sim_touch(mm_sim(mm), table_key(mm, addr), SIM_PART_WRITE);
		*e = (uintptr_t)sim_zalloc(mm_sim(mm), sizeof(*t));
	}
	t = (struct pgtable *)(uintptr_t)*e;
	e = t ? entry_alloc(mm_sim(mm), t, level_index(addr, 0)) : NULL;
	walk_remember(mm, addr, e);
	return e ? 0 : -ENOMEM;
}

bool pte_table_present(struct mm_struct *mm, uint64_t addr)
{
	sim_touch(mm_sim(mm), table_exists_key(mm, addr), SIM_READ);
	return pte_table_exists(mm, addr);
}

void pte_table_look(struct mm_struct *mm, uint64_t addr)
{
	sim_touch(mm_sim(mm), table_key(mm, addr), SIM_READ);
}

bool pte_table_empty(struct mm_struct *mm, uint64_t addr)
{
	uint64_t end = (addr | (PMD_SIZE - 1)) + 1;

	sim_touch(mm_sim(mm), table_key(mm, addr), SIM_READ);
	return walk(mm, addr) && pte_peek_next(mm, end - PMD_SIZE, end) == end;
}

bool __pte_table_exists(const struct mm_struct *mm, uint64_t addr)
{
	const struct pgtable *t = walk(mm, addr);

	if (t)
		walk_remember(mm, addr, entry(t, level_index(addr, 0)));
	return t;
}

/* The next address >= @addr below an entry of the PMD level that leads somewhere. */
uint64_t pmd_peek_next(const struct mm_struct *mm, uint64_t addr, uint64_t end)
{
	while (addr < end) {
		const struct pgtable *t = mm->pgd;
		unsigned level = LEVELS - 1;
		const uint64_t *e;

		for (;; level--) {
			e = entry(t, level_index(addr, level));
			if (level == 1 || !e || !*e)
				break;
			t = (const struct pgtable *)(uintptr_t)*e;
		}
		if (e && *e)
			return addr;
		addr = (addr | ((1ULL << (PAGE_SHIFT + 9 * level)) - 1)) + 1;
	}
	return end;
}

#define FEW_TABLES 8

uint64_t pmd_next_populated(struct mm_struct *mm, uint64_t addr, uint64_t end)
{
	uint64_t found = pmd_peek_next(mm, addr, end), last = (found - 1) >> PMD_SHIFT;

	if (found == addr) {
		sim_touch(mm_sim(mm), table_exists_key(mm, addr), SIM_READ);
	} else if (last - (addr >> PMD_SHIFT) >= FEW_TABLES) {
		sim_touch(mm_sim(mm), any_table_key(mm), SIM_READ);
	} else {
		for (uint64_t i = addr >> PMD_SHIFT; i <= last; i++)
			sim_touch(mm_sim(mm), table_exists_key(mm, i << PMD_SHIFT), SIM_READ);
	}
	return found;
}

pte_t pmd_peek(const struct mm_struct *mm, uint64_t addr)
{
	const uint64_t *e = pmd_entry(mm, addr);

	return PTE(e && *e & LEAF_TAG ? *e & ~LEAF_TAG : 0);
}

pte_t __pmd_get(struct mm_struct *mm, uint64_t addr)
{
	sim_touch(mm_sim(mm), table_key(mm, addr), SIM_PART_READ);
	return pmd_peek(mm, addr);
}

bool __pmd_none(struct mm_struct *mm, uint64_t addr)
{
	const uint64_t *e = pmd_entry(mm, addr);
	bool none = !e || !*e;

	sim_touch(mm_sim(mm), table_key(mm, addr), none ? SIM_READ : SIM_PART_READ);
	return none;
}

void set_pmd_at(struct mm_struct *mm, uint64_t addr, pte_t pmd)
{
	uint64_t *e = pmd_entry(mm, addr);

	if (!e || (*e && !(*e & LEAF_TAG)))
		sim_bug(mm_sim(mm), SIM_BUG_MISUSE, "set_pmd_at: 0x%llx has %s",
			(unsigned long long)addr, e ? "a page table" : "no table above it");
	sim_touch(mm_sim(mm), table_key(mm, addr), SIM_WRITE);
	touch_table_exists(mm, addr, SIM_WRITE);
	*e = pte_none(pmd) ? 0 : pmd.val | LEAF_TAG;
}

/* What a table below would say: the entry of one small page of the huge one. */
static pte_t leaf_to_pte(const struct mm_struct *mm, pte_t pmd, uint64_t addr)
{
	return pte_present(pmd) ? pmd_subpage_pte(mm->k, pmd, level_index(addr, 0)) : pmd;
}

static pte_t pte_in(const struct pgtable *t, uint64_t addr)
{
	const uint64_t *e = entry(t, level_index(addr, 0));

	return PTE(e ? *e : 0);
}

pte_t pte_peek(const struct mm_struct *mm, uint64_t addr)
{
	const uint64_t *e = pmd_entry(mm, addr);

	if (e && *e & LEAF_TAG)
		return leaf_to_pte(mm, PTE(*e & ~LEAF_TAG), addr);
	return e && *e ? pte_in((const struct pgtable *)(uintptr_t)*e, addr) : PTE(0);
}

pte_t __ptep_get(struct mm_struct *mm, uint64_t addr)
{
	const struct pgtable *t = walk(mm, addr);

	sim_touch(mm_sim(mm), table_key(mm, addr), SIM_PART_READ);
	sim_touch(mm_sim(mm), pte_key(mm, addr), SIM_READ);
	if (!t)
		return pte_peek(mm, addr);
	walk_remember(mm, addr, entry(t, level_index(addr, 0)));
	return pte_in(t, addr);
}

/* That a page was written is forgotten only by who means to (M24). */
void check_dirty_stays(struct mm_struct *mm, uint64_t addr, pte_t old, pte_t new)
{
	if (pte_dirty(old) && !pte_dirty(new) && pte_present(old) && pte_present(new) &&
	    (old.val & PTE_PFN_MASK) == (new.val & PTE_PFN_MASK) && !mm->cleaning)
		sim_invariant(mm_sim(mm), "entry at 0x%llx: it was dirty, and is overwritten clean",
			      (unsigned long long)addr);
}

void __set_pte_at(struct mm_struct *mm, uint64_t addr, pte_t pte)
{
	struct pgtable *t = walk(mm, addr);
	uint64_t *e = t ? entry_alloc_nofail(mm_sim(mm), t, level_index(addr, 0)) : NULL;

	if (!e)
		sim_bug(mm_sim(mm), SIM_BUG_MISUSE, "set_pte_at: no page table at 0x%llx",
			(unsigned long long)addr);
	sim_touch(mm_sim(mm), pte_key(mm, addr), SIM_WRITE);
	sim_touch(mm_sim(mm), table_key(mm, addr), SIM_PART_WRITE);
	if (mm->tlb)
		tlb_entry_changes(mm, addr, PTE(*e), pte);
	check_dirty_stays(mm, addr, PTE(*e), pte);
	*e = pte.val;
	walk_remember(mm, addr, e);
}

/* First entry in [addr, end) that is not none, skipping what does not exist. */
uint64_t pte_peek_next(const struct mm_struct *mm, uint64_t addr, uint64_t end)
{
	while (addr < end) {
		const struct pgtable *t = walk(mm, addr);
		uint64_t table_end = (addr | (PMD_SIZE - 1)) + 1;

		if (!pte_none(pmd_peek(mm, addr)))
			return addr;
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

struct pgtable *pte_offset_table(const struct mm_struct *mm, uint64_t addr)
{
	return walk(mm, addr);
}

/* Entries from that of @addr on that lie behind one another, or do not exist. */
static unsigned run_length(const struct pgtable *t, uint64_t addr, uint64_t end)
{
	unsigned idx = level_index(addr, 0), i = idx / CHUNK_ENTRIES + 1;
	uint64_t pages = (end - addr) >> PAGE_SHIFT, left;
	int32_t step = t->chunk[i - 1] ? (int32_t)sizeof(struct chunk) : 0;

	while (i < NR_CHUNKS && t->chunk[i] == t->chunk[i - 1] + step)
		i++;
	left = i * CHUNK_ENTRIES - idx;
	return (unsigned)(pages < left ? pages : left);
}

uint64_t *pte_run(const struct pgtable *t, uint64_t addr, uint64_t end, unsigned *nr)
{
	*nr = run_length(t, addr, end);
	return entry(t, level_index(addr, 0));
}

uint64_t *pte_run_alloc(struct sim *sim, struct pgtable *t, uint64_t addr, uint64_t end,
			unsigned *nr)
{
	uint64_t *e;

	if (!t->block && (end - addr) >> PAGE_SHIFT >= MANY_CHUNKS * CHUNK_ENTRIES)
		fill_chunks(sim, t);
	e = entry_alloc_nofail(sim, t, level_index(addr, 0));
	*nr = run_length(t, addr, end);
	return e;
}

static void for_each_in(const struct pgtable *t, unsigned level, uint64_t base,
			void (*fn)(void *ctx, uint64_t addr, pte_t pte), void *ctx)
{
	for (unsigned i = 0; i < PTRS_PER_TABLE; i++) {
		const struct chunk *c = get_chunk(t, i / CHUNK_ENTRIES);
		uint64_t addr = base | (uint64_t)i << (PAGE_SHIFT + 9 * level);

		if (!c) {
			i |= CHUNK_ENTRIES - 1;
			continue;
		}
		if (!c->e[i % CHUNK_ENTRIES])
			continue;
		if (level == 1 && c->e[i % CHUNK_ENTRIES] & LEAF_TAG)
			fn(ctx, addr, PTE(c->e[i % CHUNK_ENTRIES] & ~LEAF_TAG));
		else if (level)
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

uint64_t __pte_next_present(struct mm_struct *mm, uint64_t addr, uint64_t end)
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
	for (unsigned i = 0; level > 0 && i < PTRS_PER_TABLE; i++) {
		const uint64_t *e = entry(t, i);

		if (!e)
			i |= CHUNK_ENTRIES - 1;
		else if (*e)
			free_table(sim, (struct pgtable *)(uintptr_t)*e, level - 1);
	}
	chunks_free(sim, t);
	sim_free(sim, t, sizeof(*t));
}

void mm_free_pgd(struct mm_struct *mm)
{
	free_table(mm_sim(mm), mm->pgd, LEVELS - 1);
}

void pmd_free_table(struct mm_struct *mm, uint64_t addr)
{
	struct pgtable *t = walk(mm, addr);

	if (!t)
		return;
	sim_touch(mm_sim(mm), table_key(mm, addr), SIM_WRITE);
	touch_table_exists(mm, addr, SIM_WRITE);
	walk_forget(mm);
	free_table(mm_sim(mm), t, 0);
	*pmd_entry(mm, addr) = 0;
}

void pmd_populate(struct mm_struct *mm, uint64_t addr, pte_t (*pte)(void *ctx, unsigned i),
		  void *ctx)
{
	addr &= ~(PMD_SIZE - 1);
	set_pmd_at(mm, addr, PTE(0));
	for (unsigned i = 0; i < PTRS_PER_TABLE; i++) {
		pte_t new = pte(ctx, i);

		/* The kernel put a table aside when it made the huge page: this never fails there. */
		if (pte_alloc(mm, addr) && pte_alloc(mm, addr))
			sim_bug(mm_sim(mm), SIM_BUG_NOMEM, "arena used up by page tables");
		*entry_alloc_nofail(mm_sim(mm), walk(mm, addr), i) = new.val;
	}
}

/* Free lowest-level tables wholly inside; upper ones stay for reuse. */
void free_pgtables(struct mm_struct *mm, uint64_t start, uint64_t end)
{
	start = (start + PMD_SIZE - 1) & ~(PMD_SIZE - 1);
	for (; start + PMD_SIZE <= end; start += PMD_SIZE) {
		struct pgtable *t = walk(mm, start);

		if (!t)
			continue;
		walk_forget(mm);
		free_table(mm_sim(mm), t, 0);
		*pmd_entry(mm, start) = 0;
	}
}

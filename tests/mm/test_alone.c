/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A thread that is alone takes many entries at once (sim_alone()): the same programs, cut into
 * steps and not, leave the same entries, counts and contents.  SEED=N runs one of them.
 */
#include "mm-model/swap.h"
#include "random_calls.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ------------------------------------------------------------- what a run leaves */

struct text {
	FILE *out;
	char *buf;
	size_t size;
	const struct kernel *k;
};

static void put_page_state(const struct text *to, pte_t pte)
{
	struct page_scratch scratch;
	struct page *page = pte_page_peek(to->k, pte, &scratch);
	const struct page *folio = page_folio(page);

	fprintf(to->out, " page %x: flags %x, %d mappings, %d references, bytes", page->id,
		page->flags, page->mapcount, folio->refcount);
	for (unsigned off = 0; off < PAGE_SIZE; off += PAGE_SIZE / 4)
		fprintf(to->out, " %x", page_peek(page, off));
}

static void put_pte(void *ctx, uint64_t addr, pte_t pte)
{
	const struct text *to = ctx;

	uint64_t val = pte.val;

	/* Where a page or a slot lies in the arena is not part of it. */
	if (pte_present(pte) || is_swap_pte(pte))
		val &= ~_PAGE_PFN_MASK;
	fprintf(to->out, "  %llx: %llx", (unsigned long long)addr, (unsigned long long)val);
	if (pte_present(pte)) {
		fprintf(to->out, ".%u", pte_subpage(pte));
		put_page_state(to, pte);
	}
	fputc('\n', to->out);
}

static void put_kernel(struct text *to, struct kernel *k)
{
	to->k = k;
	to->out = open_memstream(&to->buf, &to->size);
	assert_non_null(to->out);
	mm_dump(k, to->out);
	for (const struct process *p = k->processes; p; p = p->next) {
		fprintf(to->out, "process %u\n", p->id);
		pte_for_each(p->mm, put_pte, to);
	}
}

/* The texts are equal; else the first lines that are not are shown. */
static bool same_text(struct text *steps, struct text *at_once)
{
	const char *a = steps->buf, *b = at_once->buf;
	bool same = !strcmp(a, b);

	while (!same && *a && *a == *b)
		a++, b++;
	while (!same && a > steps->buf && a[-1] != '\n')
		a--, b--;
	if (!same)
		print_message("step by step: %.*s\nat once:      %.*s\n", (int)strcspn(a, "\n"), a,
			      (int)strcspn(b, "\n"), b);
	free(steps->buf);
	free(at_once->buf);
	return same;
}

/* ---------------------------------------------------------- random calls, one thread */

static void draw(struct program *p, uint64_t seed)
{
	static const uint8_t often[] = { FORK, MPROTECT, PROTECT_NONE, PROTECT, UNPROTECT, STORE };
	static const char *const profiles[] = { "v6.18", "v6.18+soft_dirty=yes", "v6.9", "v5.15",
						"v4.18" };
	uint64_t x = seed;

	*p = (struct program){
		.seed = seed,
		.profile = profiles[below(&x, ARRAY_SIZE(profiles))],
		.pages = 1 + below(&x, 30),
		.nr = 1,
	};
	random_memory(p, &x, 8);
	p->features = random_wp_feature(p, &x);
	p->w[0].nr = MAX_CALLS;
	for (unsigned j = 0; j < MAX_CALLS; j++) {
		unsigned op = below(&x, 2) ? often[below(&x, ARRAY_SIZE(often))] : random_op(p, &x);

		p->w[0].calls[j] = random_call(p, &x, op);
	}
}

/* Steps are checked exactly if they are not taken together. */
static void run_program(const struct program *p, bool alone, struct text *to)
{
	struct ready r = make_ready(p, !alone);
	enum sim_end end;

	r.out[0]->children = 1; /* as if that was there: those that come get no thread */
	end = sim_run(r.world->sim, sim_run_to_completion());
	put_kernel(to, r.world->k);
	fprintf(to->out, "%s after %u calls:", sim_end_name(end), r.out[0]->done);
	for (unsigned i = 0; i < r.out[0]->done; i++)
		fprintf(to->out, " %lld", (long long)r.out[0]->result[i]);
	if (end == SIM_END_BUG || end == SIM_END_UNMODELLED)
		fprintf(to->out, "\n%s", sim_finding(r.world->sim)->text);
	fclose(to->out);
	world_free(r.world);
}

static void test_random_programs_end_alike(void **state)
{
	const char *one = getenv("SEED");
	uint64_t seed = one ? strtoull(one, NULL, 0) : 1, last = one ? seed : 2000 / SLOW;
	struct text steps, at_once;
	struct program p;

	for (; seed <= last; seed++) {
		draw(&p, seed);
		run_program(&p, false, &steps);
		run_program(&p, true, &at_once);
		if (!same_text(&steps, &at_once)) {
			print_program(&p);
			fail_msg("a program ends in another way");
		}
	}
}

/* ------------------------------------------------------- ranges of several tables */

#define TABLES 3
#define PAGES  (TABLES * HPAGE_PMD_NR)

struct ranges {
	uint64_t seed;
	bool alone;
};

static void change_range(struct task_struct *t, int fd, uint64_t *x)
{
	unsigned first = below(x, PAGES), n = 1 + below(x, PAGES - first);
	uint64_t start = PAGE(first);
	struct process *child;

	switch (below(x, 6)) {
	case 0:
		sys_mprotect(t, start, n * PAGE_SIZE, below(x, 2) ? RW : PROT_READ);
		break;
	case 1:
		sys_mprotect(t, start, n * PAGE_SIZE, PROT_NONE);
		break;
	case 2:
	case 3:
		uffd_wp(t, fd, start, n, below(x, 2) ? UFFDIO_WRITEPROTECT_MODE_WP : 0);
		break;
	case 4:
		sys_madvise(t, start, n * PAGE_SIZE, MADV_DONTNEED);
		break;
	default:
		assert_true(sys_fork(t, &child) > 0);
	}
}

static void range_calls(struct task_struct *t, void *arg)
{
	const struct ranges *r = arg;
	uint64_t x = r->seed;
	uint8_t v;
	int fd;

	assert_int_equal(sim_alone(t->process->k->sim), r->alone);
	map_at(t, A0, PAGES, RW);
	fd = uffd_open(t, below(&x, 2) ? UFFD_FEATURE_WP_UNPOPULATED : 0);
	assert_int_equal(uffd_register(t, fd, A0, PAGES, WP), 0);
	for (unsigned i = 0; i < 12; i++) {
		for (unsigned n = below(&x, 200); n; n--) {
			uint64_t addr = PAGE(below(&x, PAGES));

			/* Protected memory would wait for a monitor. */
			if (!pte_uffd_wp(pte_peek(t->mm, addr)) &&
			    !is_pte_marker(pte_peek(t->mm, addr)))
				below(&x, 3) ? user_store(t, addr, n) : user_load(t, addr, &v);
		}
		change_range(t, fd, &x);
	}
}

static void run_ranges(uint64_t seed, bool alone, struct text *to)
{
	const struct sim_config cfg = { .max_steps = 1 << 20, .check_steps = !alone };
	struct ranges r = { seed, alone };
	struct world *w = world_new_in("v6.18", &cfg);

	world_do(w, range_calls, &r);
	mm_check(w->k);
	put_kernel(to, w->k);
	fclose(to->out);
	world_free(w);
}

static void test_ranges_of_tables_end_alike(void **state)
{
	struct text steps, at_once;

	for (uint64_t seed = 1; seed <= 16 / SLOW; seed++) {
		run_ranges(seed, false, &steps);
		run_ranges(seed, true, &at_once);
		assert_true(same_text(&steps, &at_once));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random_programs_end_alike),
		cmocka_unit_test(test_ranges_of_tables_end_alike),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

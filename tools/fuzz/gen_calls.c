/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * gen_calls.c - productions: processes, files, accesses by the kernel, observers; the table of all
 */
#include <stdio.h>
#include <string.h>

#include "tools/fuzz/gen.h"

/* ----------------------------------------------------------------- processes */

static bool forks_blocked(const struct gen *g)
{
	for (unsigned i = 0; i < g->nr_uffds; i++)
		if (g->uffd[i].features & FEAT_FORK)
			return true;
	return false;
}

static void p_fork(struct gen *g)
{
	unsigned n;

	if (g->children == 2 || g->p->threads)
		return;
	n = g->children++;
	say(g, "T", "%c = fork()", 'c' + (int)n);
	if (!forks_blocked(g))
		return;
	say(g, "M", "read(%s, k%u)", g->uffd[choose(g->c, g->nr_uffds)].name, n);
	if (g->nr_uffds == GEN_UFFDS)
		return;
	g->uffd[g->nr_uffds].features = g->uffd[0].features;
	snprintf(g->uffd[g->nr_uffds++].name, sizeof(g->uffd[0].name), "k%u.fork.ufd", n);
}

static void p_child(struct gen *g)
{
	struct area *a = any_area(g);
	char addr[ARG], start[ARG], len[ARG];
	unsigned page = any_page(g, a);
	char c;

	if (!g->children || a->name[0] == 'T')
		return;
	c = (char)('c' + choose(g->c, g->children));
	arg_page(addr, a, page);
	arg_range(g, a, start, len, NULL, NULL);
	switch (choose(g->c, 8)) {
	case 0:
	case 1:
		say(g, c == 'c' ? "C@c" : "D@d", "r%u = *(%s)", ++g->names, addr);
		break;
	case 2:
	case 3:
	case 4:
		say(g, c == 'c' ? "C@c" : "D@d", "*(%s) = 0x%02x", addr, ++g->byte);
		break;
	case 5:
		say(g, c == 'c' ? "C@c" : "D@d", "madvise(%s, %s, MADV_DONTNEED)", start, len);
		break;
	case 6:
		say(g, c == 'c' ? "C@c" : "D@d", "mprotect(%s, %s, %s)", start, len, arg_prot(g));
		break;
	default:
		say(g, c == 'c' ? "C@c" : "D@d", "munmap(%s, %s)", start, len);
		break;
	}
}

/* The monitor acts for the child. */
static void p_child_fill(struct gen *g)
{
	struct area *a = watched_area(g);
	const struct uffd *u = &g->uffd[g->nr_uffds - 1];
	char start[ARG], len[ARG];

	if (u->name[0] != 'k')
		return;
	arg_range(g, a, start, len, NULL, NULL);
	if (chance(g->c, 25))
		say(g, "M", "read(%s, m)", u->name);
	if (chance(g->c, 60))
		say(g, "M", "ioctl(%s, UFFDIO_COPY, {dst=%s, src=S, len=%s, mode=0})", u->name,
		    start, len);
	else
		say(g, "M", "ioctl(%s, UFFDIO_WRITEPROTECT, {range={%s, %s}, mode=%s})", u->name,
		    start, len, chance(g->c, 50) ? "0" : "UFFDIO_WRITEPROTECT_MODE_WP");
}

/* --------------------------------------------------------------------- files */

static const struct area *with_file(struct gen *g)
{
	unsigned first = choose(g->c, g->nr_areas);

	for (unsigned i = 0; i < g->nr_areas; i++)
		if (g->area[(first + i) % g->nr_areas].fd[0])
			return &g->area[(first + i) % g->nr_areas];
	return NULL;
}

static void p_ftruncate(struct gen *g)
{
	const struct area *a = with_file(g);
	const char *w = arg_who(g);

	if (!a)
		return;
	if (chance(g->c, 8))
		say(g, w, "ftruncate(%s, %u)", a->fd, 0x800 + choose(g->c, 0x1000));
	else
		say(g, w, "ftruncate(%s, %u%c)", a->fd, choose(g->c, a->pages + 3), unit(a));
}

static void p_fallocate(struct gen *g)
{
	static const char *const modes[] = {
		"FALLOC_FL_PUNCH_HOLE|FALLOC_FL_KEEP_SIZE",
		"0",
		"FALLOC_FL_KEEP_SIZE",
		"FALLOC_FL_PUNCH_HOLE",
		"FALLOC_FL_ZERO_RANGE",
	};
	static const uint16_t weights[] = { 65, 15, 10, 5, 5 };
	const struct area *a = with_file(g);
	const char *w = arg_who(g), *mode = modes[choose_weighted(g->c, weights, 5)];
	unsigned from, n;

	if (!a)
		return;
	from = choose(g->c, a->pages);
	n = choose(g->c, a->pages + 1);
	say(g, w, "fallocate(%s, %s, %u%c, %u%c)", a->fd, mode, from, unit(a), n, unit(a));
}

/* Through the descriptor; of a file on disk only its mappings are modelled. */
static void p_file_rw(struct gen *g)
{
	const struct area *file = with_file(g), *buf = any_area(g);
	const char *w = g->actor[0].waits == WAITS_NOT ? "T" : "V";
	char addr[ARG];
	unsigned page;

	if (!file || file->kind == AREA_FILE)
		return;
	page = choose(g->c, file->pages + 1);
	arg_page(addr, buf, any_page(g, buf));
	switch (choose(g->c, 5)) {
	case 0:
		say(g, "T", "r%u = pread(%s, %u%c)", ++g->names, file->fd, page, unit(file));
		break;
	case 1:
	case 2:
		say(g, "T", "pwrite(%s, %u%c, 0x%02x)", file->fd, page, unit(file), ++g->byte);
		break;
	case 3:
		say(g, w, "read(%s, %s, %s)", file->fd, addr, chance(g->c, 50) ? "16" : "1p");
		break;
	default:
		say(g, w, "write(%s, %s, %s)", file->fd, addr, chance(g->c, 50) ? "16" : "1p");
		break;
	}
}

/* ---------------------------------------------------- accesses by the kernel */

static void p_pipe(struct gen *g)
{
	struct area *a = any_area(g);
	char start[ARG];
	const char *w = g->actor[0].waits == WAITS_NOT ? "T" : "V";

	if (!g->has_pipe)
		say_init(g, "p = pipe()");
	g->has_pipe = true;
	arg_page(start, a, any_page(g, a));
	/* Never more than lies in it: read() would wait for a writer. */
	if (chance(g->c, 50)) {
		say(g, w, "write(p, %s, %u)", start, chance(g->c, 50) ? 8 : 4096);
		return;
	}
	say(g, "M", "write(p, S, %s)", chance(g->c, 60) ? "16" : "1p");
	say(g, w, "read(p, %s, %s)", start, chance(g->c, 60) ? "16" : "1p");
}

static void p_proc_mem(struct gen *g)
{
	struct area *a = any_area(g);
	char addr[ARG];

	if (!g->has_mem)
		say_init(g, "mem = open(\"/proc/self/mem\", O_RDWR)");
	g->has_mem = true;
	arg_page(addr, a, any_page(g, a));
	if (chance(g->c, 50))
		say(g, "T", "r%u = pread(mem, %s)", ++g->names, addr);
	else
		say(g, "T", "pwrite(mem, %s, 0x%02x)", addr, ++g->byte);
}

static void p_process_vm(struct gen *g)
{
	struct area *a = any_area(g);
	char start[ARG], len[ARG], proc[16] = "getpid()";

	if (g->children && chance(g->c, 60))
		snprintf(proc, sizeof(proc), "T:%c", 'c' + (int)choose(g->c, g->children));
	arg_range(g, a, start, len, NULL, NULL);
	if (proc[0] == 'g') {
		say(g, "V", "self = getpid()");
		snprintf(proc, sizeof(proc), "self");
	}
	if (is_huge(a) || a->kind == AREA_THP)
		snprintf(len, ARG, "2p");
	say(g, "V", "process_vm_%s(%s, S, %s, %s)", chance(g->c, 50) ? "readv" : "writev", proc,
	    start, len);
}

static void p_mlock(struct gen *g)
{
	struct area *a = any_area(g);
	char start[ARG], len[ARG];
	const char *w = g->actor[0].waits == WAITS_NOT ? "T" : "V";

	arg_range(g, a, start, len, NULL, NULL);
	switch (choose(g->c, 4)) {
	case 0:
		say(g, w, "mlock(%s, %s)", start, len);
		break;
	case 1:
		say(g, w, "mlock2(%s, %s, MLOCK_ONFAULT)", start, len);
		break;
	default:
		say(g, w, "munlock(%s, %s)", start, len);
		break;
	}
}

static void p_seal(struct gen *g)
{
	char start[ARG], len[ARG];

	arg_range(g, any_area(g), start, len, NULL, NULL);
	say(g, arg_who(g), "mseal(%s, %s, 0)", start, len);
}

static void p_pin(struct gen *g)
{
	struct area *a = any_area(g);
	char start[ARG], len[ARG];

	arg_range(g, a, start, len, NULL, NULL);
	if (chance(g->c, 50)) {
		if (!g->has_pipe)
			say_init(g, "p = pipe()");
		g->has_pipe = true;
		say(g, "T", "vmsplice(p, %s, 1p, 0)", start);
		return;
	}
	if (!g->has_ring)
		say_init(g, "ring = io_uring_setup(4)");
	if (g->has_ring && chance(g->c, 30))
		say(g, "T", "io_uring_register(ring, IORING_UNREGISTER_BUFFERS, 0, 0)");
	else
		say(g, "T", "io_uring_register(ring, IORING_REGISTER_BUFFERS, %s, %s)", start, len);
	g->has_ring = true;
}

/* ------------------------------------------------------------------ observers */

static const char *category(struct gen *g)
{
	static const char *const words[] = {
		"PAGE_IS_WRITTEN",
		"PAGE_IS_PRESENT",
		"PAGE_IS_FILE",
		"PAGE_IS_SWAPPED",
		"PAGE_IS_PFNZERO",
		"PAGE_IS_HUGE",
		"PAGE_IS_WPALLOWED",
		"PAGE_IS_GUARD",
		"PAGE_IS_WRITTEN|PAGE_IS_PRESENT",
		"0",
	};

	return words[choose(g->c, 10)];
}

static void p_scan(struct gen *g)
{
	struct area *a = any_area(g);
	char start[ARG], len[ARG];
	const char *flags = "0", *inverted, *mask, *any;
	unsigned vec_len, max_pages;

	if (!g->has_pagemap)
		say_init(g, "pm = open(\"/proc/self/pagemap\", O_RDONLY)");
	g->has_pagemap = true;
	arg_range(g, a, start, len, NULL, NULL);
	if (chance(g->c, 35))
		flags = chance(g->c, 50) ? "PM_SCAN_WP_MATCHING" :
					   "PM_SCAN_WP_MATCHING|PM_SCAN_CHECK_WPASYNC";
	vec_len = chance(g->c, 90) ? 8 : choose(g->c, 3);
	max_pages = chance(g->c, 80) ? 0 : choose(g->c, 3);
	inverted = chance(g->c, 85) ? "0" : category(g);
	mask = chance(g->c, 60) ? "0" : category(g);
	any = chance(g->c, 70) ? "0" : category(g);
	say(g, "M",
	    "ioctl(pm, PAGEMAP_SCAN, {start=%s, end=%s+%s, flags=%s, vec_len=%u, max_pages=%u, "
	    "category_inverted=%s, category_mask=%s, category_anyof_mask=%s, return_mask=0x1ff})",
	    start, start, len, flags, vec_len, max_pages, inverted, mask, any);
}

void observe(struct gen *g, const struct area *a, const char *suffix)
{
	char who_observes[16];

	snprintf(who_observes, sizeof(who_observes), "O%s", suffix);
	if (is_huge(a)) {
		say(g, who_observes, "pagemap(%s, 1p)", a->name);
		if (a->pages > 1)
			say(g, who_observes, "pagemap(%s+1h, 1p)", a->name);
	} else if (a->kind == AREA_THP) {
		say(g, who_observes, "pagemap(%s, 5p)", a->name);
		say(g, who_observes, "pagemap(%s+510p, 4p)", a->name);
	} else {
		say(g, who_observes, "pagemap(%s, %up)", a->name, a->pages);
	}
}

static void p_pagemap(struct gen *g)
{
	const struct area *a = any_area(g);

	observe(g, a, g->children && a->name[0] != 'T' && chance(g->c, 35) ? "@c" : "");
}

static void p_peek(struct gen *g)
{
	const struct area *a = any_area(g);
	char addr[ARG];

	say(g, "O", "peek(%s)", arg_page(addr, a, any_page(g, a)));
}

static void p_maps(struct gen *g)
{
	say(g, "O", chance(g->c, 40) ? "smaps()" : "maps()");
}

/* -------------------------------------------------------------------- the table */

const struct production productions[] = {
	{ "load", p_load, 60 },
	{ "store", p_store, 75 },
	{ "memset", p_memset, 12 },
	{ "serve", p_serve, 25 },
	{ "read", p_read, 22 },
	{ "poll", p_poll, 4 },
	{ "copy", p_copy, 40 },
	{ "zeropage", p_zeropage, 18 },
	{ "continue", p_continue, 12 },
	{ "minor-round", p_minor_round, 14 },
	{ "poison", p_poison, 8 },
	{ "move", p_move, 14 },
	{ "protect", p_protect, 40 },
	{ "unprotect", p_unprotect, 18 },
	{ "wake", p_wake, 6 },
	{ "register", p_register, 14 },
	{ "unregister", p_unregister, 8 },
	{ "uffd-close", p_uffd_close, 2 },
	{ "uffd-new", p_uffd_new, 3 },
	{ "mprotect", p_mprotect, 24 },
	{ "munmap", p_munmap, 12 },
	{ "mmap-fixed", p_mmap_fixed, 14 },
	{ "mmap-new", p_mmap_new, 5 },
	{ "mremap-fixed", p_mremap_fixed, 16 },
	{ "mremap-size", p_mremap_size, 12 },
	{ "mremap-move", p_mremap_move, 10 },
	{ "dontneed", p_dontneed, 22 },
	{ "free", p_free, 8 },
	{ "remove", p_remove, 8 },
	{ "guard", p_guard, 10 },
	{ "reclaim", p_reclaim, 6 },
	{ "populate", p_populate, 10 },
	{ "advice-flags", p_advice_flags, 9 },
	{ "collapse", p_collapse, 6 },
	{ "fork", p_fork, 14 },
	{ "child", p_child, 40 },
	{ "child-fill", p_child_fill, 10 },
	{ "ftruncate", p_ftruncate, 7 },
	{ "fallocate", p_fallocate, 10 },
	{ "file-rw", p_file_rw, 10 },
	{ "pipe", p_pipe, 10 },
	{ "proc-mem", p_proc_mem, 10 },
	{ "process-vm", p_process_vm, 5 },
	{ "mlock", p_mlock, 6 },
	{ "seal", p_seal, 1 },
	{ "pin", p_pin, 4 },
	{ "scan", p_scan, 10 },
	{ "pagemap", p_pagemap, 45 },
	{ "peek", p_peek, 10 },
	{ "maps", p_maps, 16 },
};

unsigned nr_productions(void)
{
	return sizeof(productions) / sizeof(productions[0]);
}

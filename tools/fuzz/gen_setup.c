/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * gen_setup.c - the init block: memory, userfaultfds, what is there from the start
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "tools/fuzz/gen.h"

static const uint16_t kind_weights[AREA_KINDS] = {
	[AREA_ANON] = 42,         [AREA_SHARED_ANON] = 7, [AREA_MEMFD] = 16,
	[AREA_MEMFD_PRIVATE] = 9, [AREA_THP] = 9,         [AREA_HUGE] = 4,
	[AREA_HUGE_SHARED] = 2,   [AREA_HUGE_MEMFD] = 4,  [AREA_HUGE_MEMFD_PRIVATE] = 2,
	[AREA_FILE] = 2,
};

/* The final state shows every result. */
static void say_in_thread(struct gen *g, const char *text)
{
	const char *thread = g->p->part[g->part];
	unsigned n = ++g->names;

	if (*text == 'r' && text[1] >= '0' && text[1] <= '9') {
		program_add(g->p, g->part, "%s", text);
		gen_location(g->p, "%s:%.*s", thread, (int)strcspn(text, " "), text);
	} else if (*text == '*' || !strncmp(text, "memset", 6)) {
		program_add(g->p, g->part, "%s", text);
	} else {
		program_add(g->p, g->part, "e%u = %s", n, text);
		gen_location(g->p, "%s:e%u", thread, n);
	}
}

void gen_location(struct program *p, const char *fmt, ...)
{
	size_t at = strlen(p->locations), room = sizeof(p->locations) - at;
	char text[80];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	/* "[a; b]": the bracket goes to the end again. */
	if (strlen(text) + 4 < room)
		snprintf(p->locations + (at ? at - 1 : 0), room + 1, "%s%s]", at ? "; " : "[",
			 text);
}

void say(struct gen *g, const char *who, const char *fmt, ...)
{
	char text[PROGRAM_LINE];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (g->p->threads)
		say_in_thread(g, text);
	else
		program_add(g->p, 1, "%s: %s", who, text);
	if (g->budget)
		g->budget--;
}

void say_init(struct gen *g, const char *fmt, ...)
{
	char text[PROGRAM_LINE];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	program_add(g->p, 0, "%s", text);
}

/* ------------------------------------------------------------------- memory */

static struct area *new_area(struct gen *g, enum area_kind kind, unsigned pages)
{
	struct area *a = &g->area[g->nr_areas];

	if (g->nr_areas == GEN_AREAS)
		return NULL;
	memset(a, 0, sizeof(*a));
	a->name[0] = (char)('A' + g->nr_areas++);
	a->kind = kind;
	a->pages = pages;
	a->uffd = -1;
	g->has_file |= kind != AREA_ANON && kind != AREA_THP;
	return a;
}

static void map_area(struct gen *g, const struct area *a)
{
	static const char *const flags[AREA_KINDS] = {
		"MAP_PRIVATE|MAP_ANONYMOUS",
		"MAP_SHARED|MAP_ANONYMOUS",
		"MAP_SHARED",
		"MAP_PRIVATE",
		"MAP_PRIVATE|MAP_ANONYMOUS",
		"MAP_PRIVATE|MAP_ANONYMOUS|MAP_HUGETLB",
		"MAP_SHARED|MAP_ANONYMOUS|MAP_HUGETLB",
		"MAP_SHARED",
		"MAP_PRIVATE",
		"MAP_SHARED",
	};
	const char *prot = chance(g->c, 90) ? "PROT_READ|PROT_WRITE" : arg_prot(g);
	const char *extra = "";
	unsigned off = a->fd[0] && chance(g->c, 12) ? 1 : 0;

	if (chance(g->c, 6))
		extra = chance(g->c, 50) ? "|MAP_POPULATE" : "|MAP_NORESERVE";
	say_init(g, "%s = mmap(NULL, %u%c, %s, %s%s, %s, %u%c)", a->name,
		 a->kind == AREA_THP ? a->pages / 512 : a->pages,
		 a->kind == AREA_THP ? 'h' : unit(a), prot, flags[a->kind], extra,
		 a->fd[0] ? a->fd : "-1", off, unit(a));
	if (a->kind == AREA_THP)
		say_init(g, "madvise(%s, %uh, MADV_HUGEPAGE)", a->name, a->pages / 512);
}

static void make_file(struct gen *g, struct area *a)
{
	snprintf(a->fd, sizeof(a->fd), "F%c", a->name[0]);
	if (a->kind == AREA_FILE)
		say_init(g, "%s = open(\"f%c\", O_RDWR|O_CREAT)", a->fd, a->name[0]);
	else
		say_init(g, "%s = memfd_create(\"f\", MFD_CLOEXEC%s)", a->fd,
			 is_huge(a) ? "|MFD_HUGETLB" : "");
	say_init(g, "ftruncate(%s, %u%c)", a->fd,
		 chance(g->c, 80) || is_huge(a) ? a->pages : a->pages / 2 + 1, unit(a));
}

static bool has_fd(enum area_kind kind)
{
	return kind == AREA_MEMFD || kind == AREA_MEMFD_PRIVATE || kind == AREA_HUGE_MEMFD ||
	       kind == AREA_HUGE_MEMFD_PRIVATE || kind == AREA_FILE;
}

/* A second mapping of the file of @a. */
static void make_twin(struct gen *g, struct area *a)
{
	bool shared = chance(g->c, 75);
	enum area_kind kind = a->kind;
	struct area *b;

	if (is_huge(a))
		kind = shared ? AREA_HUGE_MEMFD : AREA_HUGE_MEMFD_PRIVATE;
	else if (kind != AREA_FILE)
		kind = shared ? AREA_MEMFD : AREA_MEMFD_PRIVATE;
	b = new_area(g, kind, a->pages);
	if (!b)
		return;
	memcpy(b->fd, a->fd, sizeof(b->fd));
	memcpy(b->twin, a->name, sizeof(b->twin));
	memcpy(a->twin, b->name, sizeof(a->twin));
	map_area(g, b);
}

static void make_area(struct gen *g)
{
	enum area_kind kind =
		g->opt->only_anon ? AREA_ANON :
				    (enum area_kind)choose_weighted(g->c, kind_weights, AREA_KINDS);
	/* Threads are to meet. */
	unsigned pages = 1 + choose(g->c, g->p->threads ? 2 : 6);
	struct area *a;

	if (kind >= AREA_HUGE && kind <= AREA_HUGE_MEMFD_PRIVATE)
		pages = 1 + choose(g->c, 2);
	else if (kind == AREA_THP)
		pages = 512 * (1 + choose(g->c, 2));
	a = new_area(g, kind, pages);
	if (!a)
		return;
	if (has_fd(kind))
		make_file(g, a);
	map_area(g, a);
	if (has_fd(kind) && chance(g->c, 55))
		make_twin(g, a);
}

/* The source of fills: always there, never registered. */
static void make_source(struct gen *g)
{
	bool huge = false;

	for (unsigned i = 0; i < g->nr_areas; i++)
		huge |= is_huge(&g->area[i]);
	say_init(g, "S = mmap(NULL, %s, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0)",
		 huge ? "1h" : "4p");
	say_init(g, "memset(S, 0x51, %s)", huge ? "1p" : "4p");
	if (!huge && chance(g->c, 50))
		say_init(g, "*(S+1p) = 0x52");
}

/* What is in the memory before anybody watches. */
static void populate(struct gen *g, struct area *a)
{
	unsigned n = a->kind == AREA_THP ? 1 : 1 + choose(g->c, a->pages);

	if (!chance(g->c, 60))
		return;
	a->filled |= page_mask(0, n);
	if (is_huge(a) || a->kind == AREA_THP || n == 1)
		say_init(g, chance(g->c, 75) ? "*%s = 0x%02x" : "r0 = *%s", a->name, ++g->byte);
	else
		say_init(g, "memset(%s, 0x%02x, %up)", a->name, ++g->byte, n);
}

/* -------------------------------------------------------------- userfaultfds */

static unsigned choose_features(struct gen *g, char *buf, size_t size)
{
	static const struct {
		const char *name;
		unsigned bit, percent;
	} feats[] = {
		{ "UFFD_FEATURE_EVENT_FORK", FEAT_FORK, 22 },
		{ "UFFD_FEATURE_EVENT_REMAP", FEAT_REMAP, 18 },
		{ "UFFD_FEATURE_EVENT_REMOVE", FEAT_REMOVE, 15 },
		{ "UFFD_FEATURE_EVENT_UNMAP", FEAT_UNMAP, 12 },
		{ "UFFD_FEATURE_SIGBUS", FEAT_SIGBUS, 5 },
		{ "UFFD_FEATURE_WP_ASYNC", FEAT_ASYNC, 10 },
		{ "UFFD_FEATURE_WP_UNPOPULATED", 0, 25 },
		{ "UFFD_FEATURE_WP_HUGETLBFS_SHMEM", 0, 40 },
		{ "UFFD_FEATURE_PAGEFAULT_FLAG_WP", 0, 40 },
		{ "UFFD_FEATURE_MINOR_SHMEM", 0, 40 },
		{ "UFFD_FEATURE_MINOR_HUGETLBFS", 0, 25 },
		{ "UFFD_FEATURE_MISSING_SHMEM", 0, 25 },
		{ "UFFD_FEATURE_MISSING_HUGETLBFS", 0, 15 },
		{ "UFFD_FEATURE_EXACT_ADDRESS", 0, 25 },
		{ "UFFD_FEATURE_POISON", 0, 25 },
		{ "UFFD_FEATURE_MOVE", 0, 25 },
		{ "(1<<40)", 0, 1 },
	};
	unsigned bits = 0;
	size_t at = 0;

	for (size_t i = 0; i < sizeof(feats) / sizeof(feats[0]) && at + 40 < size; i++) {
		if (!chance(g->c, feats[i].percent))
			continue;
		at += (size_t)snprintf(buf + at, size - at, "%s%s", at ? "|" : "", feats[i].name);
		bits |= feats[i].bit;
	}
	if (!at)
		snprintf(buf, size, "0");
	return bits;
}

static void make_uffd(struct gen *g)
{
	struct uffd *u = &g->uffd[g->nr_uffds];
	char feats[300];

	u->name[0] = (char)('u' + g->nr_uffds++);
	u->name[1] = '\0';
	if (chance(g->c, 5)) {
		say_init(g, "dev = open(\"/dev/userfaultfd\", O_RDWR|O_CLOEXEC)");
		say_init(g, "%s = ioctl(dev, USERFAULTFD_IOC_NEW, O_CLOEXEC|O_NONBLOCK)", u->name);
	} else if (chance(g->c, 4)) {
		say_init(g, "%s = userfaultfd(O_CLOEXEC|O_NONBLOCK|UFFD_USER_MODE_ONLY)", u->name);
	} else {
		say_init(g, "%s = userfaultfd(O_CLOEXEC%s)", u->name,
			 chance(g->c, 92) ? "|O_NONBLOCK" : "");
	}
	u->features = choose_features(g, feats, sizeof(feats));
	say_init(g, "ioctl(%s, UFFDIO_API, {api=UFFD_API, features=%s})", u->name, feats);
}

static unsigned choose_modes(struct gen *g, const struct area *a)
{
	static const uint8_t anon[] = { 1, 1, 1, 2, 2, 3, 3, 1 };
	static const uint8_t file[] = { 1, 1, 2, 2, 3, 4, 4, 5, 6, 7 };
	bool anonymous = a->kind == AREA_ANON || a->kind == AREA_THP;
	unsigned modes =
		anonymous ? anon[choose(g->c, sizeof(anon))] : file[choose(g->c, sizeof(file))];

	if (chance(g->c, 2))
		modes = choose(g->c, 8);
	if (is_huge(a) && a->modes & MODE_WP)
		modes |= MODE_WP;
	/* See avoid.h: a range may turn out to have a file. */
	if (g->avoid.file_wp && g->has_file)
		modes &= ~MODE_WP;
	return modes;
}

void gen_register(struct gen *g, const char *who, struct area *a, bool init)
{
	static const char *const names[] = { "UFFDIO_REGISTER_MODE_MISSING",
					     "UFFDIO_REGISTER_MODE_WP",
					     "UFFDIO_REGISTER_MODE_MINOR" };
	unsigned modes = choose_modes(g, a), n = 0;
	unsigned uffd = chance(g->c, 80) ? 0 : choose(g->c, g->nr_uffds);
	char start[ARG], len[ARG], mode[100] = "0", line[PROGRAM_LINE];

	for (unsigned i = 0; i < 3; i++)
		if (modes >> i & 1)
			n += (unsigned)snprintf(mode + n, sizeof(mode) - n, "%s%s", n ? "|" : "",
						names[i]);
	if (init || chance(g->c, 60)) {
		snprintf(start, ARG, "%s", a->name);
		snprintf(len, ARG, "%u%c", a->kind == AREA_THP ? a->pages / 512 : a->pages,
			 a->kind == AREA_THP ? 'h' : unit(a));
	} else {
		arg_range(g, a, start, len, NULL, NULL);
	}
	snprintf(line, sizeof(line), "ioctl(%s, UFFDIO_REGISTER, {range={%s, %s}, mode=%s})",
		 g->uffd[uffd].name, start, len, mode);
	a->uffd = (int)uffd;
	a->modes = modes;
	if (init)
		say_init(g, "%s", line);
	else
		say(g, who, "%s", line);
}

void gen_setup(struct gen *g)
{
	unsigned n = 1 + choose(g->c, 2);

	n += chance(g->c, 20);
	if (g->p->threads)
		n = 1 + (n == 3);
	avoid_choose(g->c, g->opt->swap, &g->avoid);
	while (n--)
		make_area(g);
	make_source(g);
	for (unsigned i = 0; i < g->nr_areas; i++)
		populate(g, &g->area[i]);
	make_uffd(g);
	if (chance(g->c, 15))
		make_uffd(g);
	for (unsigned i = 0; i < g->nr_areas; i++)
		if (chance(g->c, 75))
			gen_register(g, NULL, &g->area[i], true);
	if (g->opt->swap)
		say_init(g, "swapon(\"swap\", 0)");
}

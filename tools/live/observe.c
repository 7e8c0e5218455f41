/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * observe.c - pagemap(), peek(), maps(), smaps() of a real process, through /proc
 *
 * Nothing here faults: a byte is read only where the page is present.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/live/run.h"
#include "tools/live/sys.h"

#define MAX_PAGES 65536

#define PM_WP        (1ULL << 57)
#define PM_EXCLUSIVE (1ULL << 56)
#define PM_GUARD     (1ULL << 58)
#define PM_FILE      (1ULL << 61)
#define PM_SWAPPED   (1ULL << 62)
#define PM_PRESENT   (1ULL << 63)

static int64_t open_of(pid_t pid, const char *what)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/%s", pid, what);
	return SYS(SYS_openat, -100 /* AT_FDCWD */, path, O_RDONLY | O_CLOEXEC);
}

/* Pages outside of any mapping read as 0, those behind the last one not at all. */
static int64_t read_pagemap(int64_t fd, uint64_t addr, uint64_t *words, uint64_t nr)
{
	int64_t r;

	memset(words, 0, nr * sizeof(*words));
	r = SYS(SYS_pread64, fd, words, nr * sizeof(*words), addr / PAGE_SIZE * sizeof(*words));
	return r < 0 ? r : 0;
}

void live_pagemap_letters(uint64_t word, char *buf)
{
	static const struct {
		uint64_t bit;
		char letter;
	} letters[] = {
		{ PM_PRESENT, 'P' },   { PM_SWAPPED, 'S' }, { PM_FILE, 'F' },
		{ PM_EXCLUSIVE, 'X' }, { PM_WP, 'W' },      { PM_GUARD, 'G' },
	};
	char *s = buf;

	for (size_t i = 0; i < sizeof(letters) / sizeof(letters[0]); i++)
		if (word & letters[i].bit)
			*s++ = letters[i].letter;
	if (s == buf)
		*s++ = '-';
	*s = 0;
}

static void do_pagemap(struct lit_thread *t, const struct stmt *s, struct value *ret)
{
	uint64_t addr = (uint64_t)eval_number(t, s->call->args[0]) & PAGE_MASK;
	uint64_t len = (uint64_t)eval_number(t, s->call->args[1]);
	uint64_t nr = len / PAGE_SIZE + !!(len % PAGE_SIZE), words[64];
	int64_t fd;
	char letters[8];

	if (nr > MAX_PAGES)
		world_bad(t->w, s->pos, "pagemap() of more than %d pages", MAX_PAGES);
	value_kind(ret, VAL_WORDS, 0);
	rec_list(t, (unsigned)nr);
	fd = open_of(live_proc_of(t)->pid, "pagemap");
	if (fd < 0)
		world_bad(t->w, s->pos, "cannot open pagemap: %s", errno_name(-fd));
	for (uint64_t i = 0; i < nr; i++) {
		if (i % 64 == 0)
			read_pagemap(fd, addr + i * PAGE_SIZE, words, nr - i < 64 ? nr - i : 64);
		live_pagemap_letters(words[i % 64], letters);
		observed_word(t, s, ret, letters);
	}
	SYS(SYS_close, fd);
}

static int peek(pid_t pid, uint64_t addr)
{
	uint64_t word = 0;
	uint8_t byte = 0;
	int64_t fd = open_of(pid, "pagemap"), r;

	if (fd < 0)
		return -1;
	r = read_pagemap(fd, addr, &word, 1);
	SYS(SYS_close, fd);
	if (r < 0 || !(word & PM_PRESENT))
		return -1;
	fd = open_of(pid, "mem");
	if (fd < 0)
		return -1;
	r = SYS(SYS_pread64, fd, &byte, 1, addr);
	SYS(SYS_close, fd);
	return r == 1 ? byte : -1;
}

int live_peek(struct world *w, int proc, uint64_t addr)
{
	const struct live_proc *p = w->procs[proc].p;

	if (addr < ARENA_BASE || addr >= LIVE_ARENA_END)
		return -1;
	return peek(p->pid, addr);
}

static void do_peek(struct lit_thread *t, const struct stmt *s, struct value *ret)
{
	uint64_t addr = (uint64_t)eval_number(t, s->call->args[0]);
	char word[16];
	int byte;

	live_check_range(t, s, addr, 1);
	byte = addr < TASK_SIZE ? peek(live_proc_of(t)->pid, addr) : -1;
	value_kind(ret, byte < 0 ? VAL_ABSENT : VAL_BYTE, byte);
	value_show(t->w, ret, NULL, word, sizeof(word));
	rec_list(t, 1);
	rec_word(t, word);
}

/* ------------------------------------------------------------------- mappings */

struct reader {
	int64_t fd;
	char buf[2048];
	int64_t at, len;
};

/* One line without its end; false after the last. */
static bool read_line(struct reader *r, char *line, size_t size)
{
	size_t n = 0;

	for (;;) {
		if (r->at == r->len) {
			r->len = SYS(SYS_read, r->fd, r->buf, sizeof(r->buf));
			r->at = 0;
			if (r->len <= 0) {
				r->len = 0;
				return false;
			}
		}
		if (r->buf[r->at] == '\n')
			break;
		if (n + 1 < size)
			line[n++] = r->buf[r->at];
		r->at++;
	}
	r->at++;
	line[n] = 0;
	return true;
}

/* The flags but those that say what kernel this is. */
static void take_flags(struct observed_map *m, const char *s)
{
	size_t n = 0;

	for (; *s; s += strcspn(s, " ")) {
		s += strspn(s, " ");
		if (!*s)
			break;
		if (strncmp(s, "sd ", 3) && n + 4 < sizeof(m->vm_flags))
			n += (size_t)sprintf(m->vm_flags + n, "%s%.2s", n ? " " : "", s);
		m->missing |= !strncmp(s, "um", 2);
		m->wp |= !strncmp(s, "uw", 2);
		m->minor |= !strncmp(s, "ui", 2);
		m->rwp |= !strncmp(s, "ur", 2);
	}
}

static bool parse_head(const char *line, struct observed_map *m)
{
	char *end;

	memset(m, 0, sizeof(*m));
	m->start = strtoull(line, &end, 16);
	if (*end != '-')
		return false;
	m->end = strtoull(end + 1, &end, 16);
	if (*end != ' ')
		return false;
	m->r = end[1] == 'r';
	m->w = end[2] == 'w';
	m->x = end[3] == 'x';
	m->shared = end[4] == 's';
	return true;
}

int64_t live_each_map(pid_t pid, void (*fn)(void *ctx, const struct observed_map *m), void *ctx)
{
	struct reader r = { .fd = open_of(pid, "smaps") };
	struct observed_map m = { 0 };
	char line[512];

	if (r.fd < 0)
		return r.fd;
	while (read_line(&r, line, sizeof(line))) {
		if (!strncmp(line, "VmFlags:", 8)) {
			take_flags(&m, line + 8);
			fn(ctx, &m);
		} else if ((*line >= '0' && *line <= '9') || (*line >= 'a' && *line <= 'f')) {
			/* In order of addresses; what comes now is the runner. */
			if (parse_head(line, &m) && m.start >= LIVE_ARENA_END)
				break;
		}
	}
	SYS(SYS_close, r.fd);
	return 0;
}

struct above {
	void (*fn)(void *ctx, const struct observed_map *m);
	void *ctx;
};

static void skip_below(void *ctx, const struct observed_map *m)
{
	struct above *a = ctx;

	if (m->start >= ARENA_BASE)
		a->fn(a->ctx, m);
}

void live_maps(struct world *w, int proc, void (*fn)(void *ctx, const struct observed_map *m),
	       void *ctx)
{
	struct above a = { fn, ctx };

	live_each_map(((const struct live_proc *)w->procs[proc].p)->pid, skip_below, &a);
}

void live_pages(struct world *w, int proc, uint64_t addr, unsigned nr, unsigned bytes,
		struct observed_page *ret)
{
	pid_t pid = ((const struct live_proc *)w->procs[proc].p)->pid;
	int64_t pm = open_of(pid, "pagemap"), mem = bytes ? open_of(pid, "mem") : -1;
	uint64_t words[64];

	for (unsigned i = 0; i < nr; i++, addr += PAGE_SIZE) {
		uint64_t word;
		uint8_t byte;

		if (i % 64 == 0)
			read_pagemap(pm, addr, words, nr - i < 64 ? nr - i : 64);
		word = words[i % 64];
		live_pagemap_letters(word, ret[i].letters);
		ret[i].byte = -1;
		if (i < bytes && word & PM_PRESENT && SYS(SYS_pread64, mem, &byte, 1, addr) == 1)
			ret[i].byte = byte;
	}
	SYS(SYS_close, pm);
	SYS(SYS_close, mem);
}

#define MAX_MAPS 1024

struct lines {
	struct lit_thread *t;
	bool smaps;
	unsigned nr;
};

static void add_map(void *ctx, const struct observed_map *m)
{
	struct lines *l = ctx;
	char line[320];

	if (m->start < ARENA_BASE || l->nr == MAX_MAPS)
		return;
	l->nr++;
	if (l->smaps)
		smaps_line(l->t->w, m, line, sizeof(line));
	else
		maps_line(l->t->w, m, line, sizeof(line));
	rec_word(l->t, line);
}

static void do_maps(struct lit_thread *t, const struct stmt *s, struct value *ret)
{
	struct lines l = { t, s->call->desc->id == CALL_SMAPS, 0 };
	int64_t r;

	value_num(ret, 0);
	rec_list(t, MAX_MAPS);
	r = live_each_map(live_proc_of(t)->pid, add_map, &l);
	if (r < 0)
		world_bad(t->w, s->pos, "cannot open smaps: %s", errno_name(-r));
}

void live_observe(struct lit_thread *t, const struct stmt *s, struct value *ret)
{
	if (s->call->desc->id == CALL_PAGEMAP)
		do_pagemap(t, s, ret);
	else if (s->call->desc->id == CALL_PEEK)
		do_peek(t, s, ret);
	else
		do_maps(t, s, ret);
}

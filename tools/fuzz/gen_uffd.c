/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * gen_uffd.c - productions: accesses, and what a monitor does about them
 */
#include <stdio.h>

#include "tools/fuzz/gen.h"

/* ----------------------------------------------------------------- accesses */

static const char *actor_name(unsigned i)
{
	return i ? "V" : "T";
}

/* Somebody who is thought to be able to run. */
static unsigned free_actor(struct gen *g)
{
	unsigned i = chance(g->c, 20);

	return g->actor[i].waits == WAITS_NOT ? i : 1 - i;
}

static enum waits access_waits(const struct gen *g, const struct area *a, unsigned page, bool write)
{
	unsigned bit = a->kind == AREA_THP && page > 31 ? 31 : page;

	if (a->uffd < 0 || a->gone || g->uffd[a->uffd].features & FEAT_SIGBUS)
		return WAITS_NOT;
	if (!(a->filled >> bit & 1))
		return a->modes & MODE_MISSING ? WAITS_MISSING :
		       a->modes & MODE_MINOR   ? WAITS_MINOR :
						 WAITS_NOT;
	if (write && a->modes & MODE_WP && a->wp >> bit & 1 &&
	    !(g->uffd[a->uffd].features & FEAT_ASYNC))
		return WAITS_WP;
	return WAITS_NOT;
}

static void note_access(struct gen *g, unsigned actor, struct area *a, unsigned page, bool write)
{
	enum waits w = access_waits(g, a, page, write);

	if (w == WAITS_NOT) {
		a->filled |= page_mask(page, 1);
		return;
	}
	g->actor[actor].waits = w;
	g->actor[actor].area = (unsigned)(a - g->area);
	g->actor[actor].page = page;
}

/*
 * Of threads always the first: a memset() is one step of the model, on a kernel
 * somebody may see it half done.
 */
static const char *byte_in_page(struct gen *g)
{
	static const char *const offs[] = { "+8", "+0xfff", "+0x800" };

	if (g->p->threads)
		return "";
	return chance(g->c, 15) ? offs[choose(g->c, 3)] : "";
}

static void put_deref(struct gen *g, char *buf, const struct area *a, unsigned page)
{
	char addr[ARG];
	const char *off = byte_in_page(g);

	arg_page(addr, a, page);
	if (page || *off || a->name[1])
		snprintf(buf, ARG + 16, "*(%s%s)", addr, off);
	else
		snprintf(buf, ARG + 16, "*%s", addr);
}

void p_load(struct gen *g)
{
	struct area *a = any_area(g);
	unsigned page = any_page(g, a), actor = free_actor(g);
	char deref[ARG + 16];

	put_deref(g, deref, a, page);
	say(g, actor_name(actor), "r%u = %s", ++g->names, deref);
	note_access(g, actor, a, page, false);
}

void p_store(struct gen *g)
{
	struct area *a = any_area(g);
	unsigned page = any_page(g, a), actor = free_actor(g);
	char deref[ARG + 16];

	put_deref(g, deref, a, page);
	say(g, actor_name(actor), "%s = 0x%02x", deref, ++g->byte);
	note_access(g, actor, a, page, true);
}

void p_memset(struct gen *g)
{
	struct area *a = any_area(g);
	unsigned page = any_page(g, a), n = 1 + choose(g->c, 3), actor = free_actor(g);
	char addr[ARG];

	if (is_huge(a))
		return;
	say(g, actor_name(actor), "memset(%s, 0x%02x, %up)", arg_page(addr, a, page), ++g->byte, n);
	note_access(g, actor, a, page, true);
}

/* -------------------------------------------------------------------- fills */

static void fill_range(struct gen *g, struct area **a, char *start, char *len, unsigned *page,
		       unsigned *n)
{
	*a = watched_area(g);
	arg_range(g, *a, start, len, page, n);
}

static void filled(struct gen *g, struct area *a, unsigned page, unsigned n)
{
	a->filled |= page_mask(page, n);
	for (unsigned i = 0; i < GEN_ACTORS; i++)
		if (g->actor[i].waits == WAITS_MISSING && g->actor[i].page >= page &&
		    g->actor[i].page < page + n)
			g->actor[i].waits = WAITS_NOT;
}

static void say_copy(struct gen *g, const struct area *a, const char *dst, const char *len)
{
	static const struct word modes[] = { { "UFFDIO_COPY_MODE_WP", 25 },
					     { "UFFDIO_COPY_MODE_DONTWAKE", 10 } };
	const char *u = uffd_of(g, a);
	char mode[80], src[ARG] = "S";

	if (chance(g->c, 15))
		snprintf(src, ARG, "%s", any_area(g)->name);
	else if (chance(g->c, 10))
		snprintf(src, ARG, "S+8");
	say(g, "M", "ioctl(%s, UFFDIO_COPY, {dst=%s, src=%s, len=%s, mode=%s})", u, dst, src, len,
	    arg_flags(g, mode, sizeof(mode), modes, 2));
}

void p_copy(struct gen *g)
{
	char dst[ARG], len[ARG];
	struct area *a;
	unsigned page, n;

	fill_range(g, &a, dst, len, &page, &n);
	say_copy(g, a, dst, len);
	filled(g, a, page, n);
}

static void say_fill(struct gen *g, const struct area *a, const char *request, const char *start,
		     const char *len, const char *dontwake, const char *wp)
{
	const struct word modes[] = { { dontwake, 8 }, { wp ? wp : "2", wp ? 25 : 1 } };
	const char *u = uffd_of(g, a);
	char mode[80];

	say(g, "M", "ioctl(%s, %s, {range={%s, %s}, mode=%s})", u, request, start, len,
	    arg_flags(g, mode, sizeof(mode), modes, 2));
}

void p_zeropage(struct gen *g)
{
	char start[ARG], len[ARG];
	struct area *a;
	unsigned page, n;

	fill_range(g, &a, start, len, &page, &n);
	say_fill(g, a, "UFFDIO_ZEROPAGE", start, len, "UFFDIO_ZEROPAGE_MODE_DONTWAKE", NULL);
	filled(g, a, page, n);
}

void p_continue(struct gen *g)
{
	char start[ARG], len[ARG];
	struct area *a;
	unsigned page, n;

	fill_range(g, &a, start, len, &page, &n);
	if (!g->has_file && chance(g->c, 80))
		return;
	say_fill(g, a, "UFFDIO_CONTINUE", start, len, "UFFDIO_CONTINUE_MODE_DONTWAKE",
		 "UFFDIO_CONTINUE_MODE_WP");
	filled(g, a, page, n);
}

/* The usual minor fault: new contents through the other mapping, then CONTINUE. */
void p_minor_round(struct gen *g)
{
	struct area *a = watched_area(g);
	unsigned page = any_page(g, a);
	const char *u = uffd_of(g, a), *mode = chance(g->c, 20) ? "UFFDIO_CONTINUE_MODE_WP" : "0";
	char addr[ARG];

	if (!a->twin[0])
		return;
	say(g, "M", "*(%s+%u%c) = 0x%02x", a->twin, page, unit(a), ++g->byte);
	if (chance(g->c, 60)) {
		say(g, "T", "r%u = *(%s)", ++g->names, arg_page(addr, a, page));
		say(g, "M", "read(%s, m)", u);
	}
	say(g, "M", "ioctl(%s, UFFDIO_CONTINUE, {range={%s, 1%c}, mode=%s})", u,
	    arg_page(addr, a, page), unit(a), mode);
	filled(g, a, page, 1);
}

void p_poison(struct gen *g)
{
	char start[ARG], len[ARG];
	struct area *a;

	fill_range(g, &a, start, len, NULL, NULL);
	say_fill(g, a, "UFFDIO_POISON", start, len, "UFFDIO_POISON_MODE_DONTWAKE", NULL);
}

void p_move(struct gen *g)
{
	static const struct word modes[] = { { "UFFDIO_MOVE_MODE_ALLOW_SRC_HOLES", 35 },
					     { "UFFDIO_MOVE_MODE_DONTWAKE", 8 } };
	char dst[ARG], len[ARG], src[ARG], mode[80];
	const char *u;
	struct area *a, *from = any_area(g);
	unsigned page, n;

	fill_range(g, &a, dst, len, &page, &n);
	if (from == a)
		arg_page(src, from, any_page(g, from));
	else
		snprintf(src, ARG, "%s", from->name);
	if (chance(g->c, 25))
		snprintf(src, ARG, "S");
	u = uffd_of(g, a);
	say(g, "M", "ioctl(%s, UFFDIO_MOVE, {dst=%s, src=%s, len=%s, mode=%s})", u, dst, src, len,
	    arg_flags(g, mode, sizeof(mode), modes, 2));
	filled(g, a, page, n);
}

/* --------------------------------------------------------- write protection */

static void writeprotect(struct gen *g, bool on)
{
	char start[ARG], len[ARG];
	struct area *a = watched_area(g);
	const char *u = uffd_of(g, a);
	unsigned page, n;

	arg_range(g, a, start, len, &page, &n);
	say(g, "M", "ioctl(%s, UFFDIO_WRITEPROTECT, {range={%s, %s}, mode=%s%s})", u, start, len,
	    on ? "UFFDIO_WRITEPROTECT_MODE_WP" : "0",
	    chance(g->c, 6) ? "|UFFDIO_WRITEPROTECT_MODE_DONTWAKE" : "");
	if (on)
		a->wp |= page_mask(page, n);
	else
		a->wp &= ~page_mask(page, n);
}

void p_protect(struct gen *g)
{
	writeprotect(g, true);
}

void p_unprotect(struct gen *g)
{
	writeprotect(g, false);
}

/* ------------------------------------------------------ answers to messages */

void p_read(struct gen *g)
{
	const struct area *a = watched_area(g);

	say(g, "M", "read(%s, m)", uffd_of(g, a));
}

void p_poll(struct gen *g)
{
	const struct area *a = watched_area(g);

	say(g, "M", "poll(%s, POLLIN)", uffd_of(g, a));
}

void p_wake(struct gen *g)
{
	char start[ARG], len[ARG];
	struct area *a = watched_area(g);

	arg_range(g, a, start, len, NULL, NULL);
	say(g, "M", "ioctl(%s, UFFDIO_WAKE, {range={%s, %s}})", uffd_of(g, a), start, len);
	for (unsigned i = 0; i < GEN_ACTORS; i++)
		g->actor[i].waits = WAITS_NOT;
}

static void resolve_missing(struct gen *g, struct area *a, unsigned page)
{
	char addr[ARG], len[ARG];
	unsigned how = choose(g->c, 20);

	arg_page(addr, a, page);
	snprintf(len, ARG, "1%c", unit(a));
	if (how < 11)
		say_copy(g, a, addr, len);
	else if (how < 15)
		say_fill(g, a, "UFFDIO_ZEROPAGE", addr, len, "UFFDIO_ZEROPAGE_MODE_DONTWAKE", NULL);
	else if (how < 17)
		say(g, "M", "ioctl(%s, UFFDIO_MOVE, {dst=%s, src=S, len=%s, mode=0})",
		    uffd_of(g, a), addr, len);
	else if (how < 18)
		say_fill(g, a, "UFFDIO_POISON", addr, len, "UFFDIO_POISON_MODE_DONTWAKE", NULL);
	else if (how < 19)
		say_fill(g, a, "UFFDIO_CONTINUE", addr, len, "UFFDIO_CONTINUE_MODE_DONTWAKE",
			 "UFFDIO_CONTINUE_MODE_WP");
	else
		p_wake(g);
	a->filled |= page_mask(page, 1);
}

static void resolve(struct gen *g, unsigned actor)
{
	struct area *a = &g->area[g->actor[actor].area];
	unsigned page = g->actor[actor].page;
	enum waits w = g->actor[actor].waits;
	char addr[ARG];

	g->actor[actor].waits = WAITS_NOT;
	if (w == WAITS_EVENT)
		return;
	if (chance(g->c, 5)) {
		p_unregister(g);
		return;
	}
	if (w == WAITS_MISSING) {
		resolve_missing(g, a, page);
		return;
	}
	arg_page(addr, a, page);
	if (w == WAITS_MINOR)
		say(g, "M", "ioctl(%s, UFFDIO_CONTINUE, {range={%s, 1%c}, mode=0})", uffd_of(g, a),
		    addr, unit(a));
	else
		say(g, "M", "ioctl(%s, UFFDIO_WRITEPROTECT, {range={%s, 1%c}, mode=0})",
		    uffd_of(g, a), addr, unit(a));
	a->wp &= ~page_mask(page, 1);
}

/* The message of somebody who waits, and an answer. */
void p_serve(struct gen *g)
{
	unsigned actor = g->actor[0].waits == WAITS_NOT;
	const struct area *a;

	if (g->actor[actor].waits == WAITS_NOT) {
		p_read(g);
		return;
	}
	a = &g->area[g->actor[actor].area];
	if (chance(g->c, 10))
		say(g, "M", "poll(%s, POLLIN)", uffd_of(g, a));
	if (chance(g->c, 85))
		say(g, "M", "read(%s, m)", uffd_of(g, a));
	resolve(g, actor);
}

/* ------------------------------------------------------------- registration */

void p_register(struct gen *g)
{
	gen_register(g, "M", any_area(g), false);
}

void p_unregister(struct gen *g)
{
	char start[ARG], len[ARG];
	struct area *a = watched_area(g);

	arg_range(g, a, start, len, NULL, NULL);
	say(g, "M", "ioctl(%s, UFFDIO_UNREGISTER, {range={%s, %s}})", uffd_of(g, a), start, len);
}

void p_uffd_close(struct gen *g)
{
	say(g, "M", "close(%s)", g->uffd[choose(g->c, g->nr_uffds)].name);
	for (unsigned i = 0; i < GEN_ACTORS; i++)
		g->actor[i].waits = WAITS_NOT;
}

void p_uffd_new(struct gen *g)
{
	unsigned n = ++g->names;

	say(g, "M", "x%u = userfaultfd(O_CLOEXEC|O_NONBLOCK)", n);
	say(g, "M", "ioctl(x%u, UFFDIO_API, {api=UFFD_API, features=0})", n);
	if (g->nr_uffds < GEN_UFFDS) {
		snprintf(g->uffd[g->nr_uffds].name, sizeof(g->uffd[0].name), "x%u", n);
		g->uffd[g->nr_uffds++].features = 0;
	}
}

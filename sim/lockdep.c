/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lockdep.c - two orders of two locks, even if they never met
 *
 * Locks of one kind, name and subclass are one class.  Taking B with A held
 * draws A -> B; the graph stays when a run is rewound, so it gathers what all
 * executions did.  An edge that closes a cycle is an inversion.  A lock that
 * is only tried cannot be waited for and draws no edge.  A second graph is rewound
 * with the run: it tells whether one execution alone shows an inversion.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "sim_internal.h"
#include "uffdsim/frontier.h"

static bool same_class(const struct lockdep_class *c, const struct sim_obj *obj, int subclass)
{
	return c->cls == obj->cls && c->subclass == subclass &&
	       (c->name == obj->name || !strcmp(c->name, obj->name));
}

/* The index of a class, 0 if there are too many. */
static unsigned class_look_up(struct lockdep *ld, const struct sim_obj *obj, int subclass)
{
	for (unsigned i = 1; i <= ld->nr; i++)
		if (same_class(&ld->classes[i], obj, subclass))
			return i;
	if (ld->nr == LOCKDEP_CLASSES - 1)
		return 0;
	ld->classes[++ld->nr] = (struct lockdep_class){ obj->name, obj->cls, subclass };
	return ld->nr;
}

/* It stays with the lock; and so does that of a subclass for as long as it is held. */
static unsigned class_index(struct lockdep *ld, struct sim_obj *obj, int subclass)
{
	obj->held_class = subclass ? (uint8_t)class_look_up(ld, obj, subclass) : 0;
	if (subclass)
		return obj->held_class;
	if (!obj->lock_class)
		obj->lock_class = (uint8_t)class_look_up(ld, obj, 0);
	return obj->lock_class;
}

/* A shortest way from @from to @to in @prev, as predecessors; false if none. */
static bool find_path(const uint64_t *graph, unsigned from, unsigned to, uint8_t *prev)
{
	uint64_t seen = 1ULL << from;
	uint8_t queue[LOCKDEP_CLASSES];
	unsigned head = 0, tail = 0;

	queue[tail++] = (uint8_t)from;
	while (head < tail) {
		unsigned c = queue[head++];

		if (c == to)
			return true;
		for (uint64_t m = graph[c] & ~seen; m; m &= m - 1) {
			unsigned n = (unsigned)__builtin_ctzll(m);

			prev[n] = (uint8_t)c;
			queue[tail++] = (uint8_t)n;
			seen |= 1ULL << n;
		}
	}
	return false;
}

static void print_class(FILE *f, const struct lockdep_class *c)
{
	fputs(c->name, f);
	if (c->subclass)
		fprintf(f, "/%d", c->subclass);
}

static void print_path(FILE *f, const struct lockdep *ld, unsigned from, unsigned to,
		       const uint8_t *prev)
{
	if (from != to) {
		print_path(f, ld, from, prev[to], prev);
		fputs(" -> ", f);
	}
	print_class(f, &ld->classes[to]);
}

static void keep_text(struct lockdep *ld, char *text)
{
	unsigned max = ld->max_texts ? ld->max_texts * 2 : 8;
	char **texts = ld->texts;

	if (ld->nr_texts == ld->max_texts) {
		texts = realloc(ld->texts, max * sizeof(*texts));
		if (!texts) {
			free(text);
			return;
		}
		ld->texts = texts;
		ld->max_texts = max;
	}
	texts[ld->nr_texts++] = text;
}

static void report(struct lockdep *ld, const char *thread, unsigned held, unsigned wanted,
		   const uint8_t *prev)
{
	char *text;
	size_t size;
	FILE *f;

	if (ld->reported[held] >> wanted & 1)
		return;
	ld->reported[held] |= 1ULL << wanted;
	ld->reported[wanted] |= 1ULL << held;
	f = open_memstream(&text, &size);
	if (!f)
		return;
	fprintf(f, "%s takes ", thread);
	print_class(f, &ld->classes[held]);
	fputs(" -> ", f);
	print_class(f, &ld->classes[wanted]);
	if (held == wanted) {
		fputs(", two locks of one class with no order between them", f);
	} else {
		fputs(", but before the order was ", f);
		print_path(f, ld, wanted, held, prev);
	}
	if (!fclose(f))
		keep_text(ld, text);
}

static void keep_edge(struct lockdep *ld, const char *thread, unsigned held, unsigned wanted)
{
	unsigned max = ld->max_edges ? ld->max_edges * 2 : 64;
	struct lockdep_edge *v = ld->edges;

	if (ld->nr_edges == ld->max_edges) {
		v = realloc(v, max * sizeof(*v));
		if (!v)
			return;
		ld->edges = v;
		ld->max_edges = max;
	}
	v[ld->nr_edges++] = (struct lockdep_edge){ thread, (uint8_t)held, (uint8_t)wanted };
}

static void add_edge(struct lockdep *ld, const char *thread, unsigned held, unsigned wanted)
{
	uint8_t prev[LOCKDEP_CLASSES];

	if (ld->after[held] >> wanted & 1)
		return;
	if (find_path(ld->after, wanted, held, prev))
		report(ld, thread, held, wanted, prev);
	ld->after[held] |= 1ULL << wanted;
	keep_edge(ld, thread, held, wanted);
}

static bool read_only(const struct sim_obj *obj)
{
	return obj->cls == SIM_CLASS_RWSEM && !rwsem_is_write_locked_by_me((const void *)obj);
}

void lockdep_acquire(const struct sim_obj *obj, int subclass, bool can_wait)
{
	struct lockdep *ld = &obj->sim->lockdep;
	struct sim_thread *t = sim_self(obj->sim);
	uint64_t *before;
	unsigned c;

	if (unlikely(obj->sim->trace.on))
		trace_acquired(obj);
	if (unlikely(obj->sim->head.watches))
		sim_sync_acquire(obj->sim, sim_obj_key(obj), read_only(obj));
	if (!obj->name)
		return;
	/* What is remembered about a lock is no part of what its holder sees. */
	c = class_index(ld, (struct sim_obj *)(uintptr_t)obj, subclass);
	if (!c)
		return;
	before = &obj->sim->state->lock_before[c];
	for (uint64_t m = can_wait ? t->held & ~*before : 0; m; m &= m - 1)
		add_edge(ld, t->name, (unsigned)__builtin_ctzll(m), c);
	if (can_wait)
		*before |= t->held;
	if (!(t->held >> c & 1))
		t->held |= 1ULL << c;
	else if (t->nr_again < LOCKDEP_AGAIN)
		t->again[t->nr_again++] = (uint8_t)c;
}

/* @subclass -1: whichever it was taken with. */
void lockdep_release(const struct sim_obj *obj, int subclass)
{
	struct sim_thread *t = sim_self(obj->sim);
	unsigned c = subclass < 0 && obj->held_class ? obj->held_class : obj->lock_class;

	if (unlikely(obj->sim->trace.on))
		trace_hold(obj, 0);
	/* A writer gives back whichever subclass it has. */
	if (unlikely(obj->sim->head.watches))
		sim_sync_release(obj->sim, sim_obj_key(obj),
				 obj->cls == SIM_CLASS_RWSEM && subclass >= 0);
	for (unsigned i = t->nr_again; i-- > 0;) {
		if (t->again[i] != c)
			continue;
		memmove(t->again + i, t->again + i + 1, (size_t)(t->nr_again - i - 1));
		t->nr_again--;
		return;
	}
	if (c)
		t->held &= ~(1ULL << c);
}

/* A thread that waits for a lock is about to draw its edges. */
static void add_wanted(struct sim *sim, uint64_t *before, const struct sim_thread *t)
{
	const struct sim_obj *obj = t->op->obj;

	if (t->op->kind != SIM_OP_ACQUIRE || !t->op->enabled || !obj || !obj->name)
		return;
	before[class_look_up(&sim->lockdep, obj, 0)] |= t->held;
}

bool sim_lock_order_inverted(struct sim *sim)
{
	uint64_t before[LOCKDEP_CLASSES];
	uint8_t prev[LOCKDEP_CLASSES];

	memcpy(before, sim->state->lock_before, sizeof(before));
	for (uint32_t m = sim_blocked(sim); m; m &= m - 1)
		add_wanted(sim, before, sim->state->threads[__builtin_ctz(m)]);
	for (unsigned c = 1; c <= sim->lockdep.nr; c++)
		for (uint64_t m = before[c]; m; m &= m - 1)
			if (find_path(before, (unsigned)__builtin_ctzll(m), c, prev))
				return true;
	return false;
}

const char *sim_lock_inversion(const struct sim *sim, unsigned i)
{
	return i < sim->lockdep.nr_texts ? sim->lockdep.texts[i] : NULL;
}

/* ------------------------------------------------------------- from machine to machine */

static void write_class(FILE *f, const struct lockdep_class *c)
{
	fprintf(f, "%u %d %s\n", c->cls, c->subclass, c->name);
}

void sim_lock_orders_write(const struct sim *sim, FILE *out)
{
	const struct lockdep *ld = &sim->lockdep;

	for (unsigned i = 0; i < ld->nr_edges; i++) {
		const struct lockdep_edge *e = &ld->edges[i];

		fprintf(out, "order %s\n", e->thread);
		write_class(out, &ld->classes[e->held]);
		write_class(out, &ld->classes[e->wanted]);
	}
	fputs("end orders\n", out);
}

/* Keep a name as long as the graph; takes it over. */
static bool keep_name(struct lockdep *ld, char *name)
{
	char **names = realloc(ld->names, (ld->nr_names + 1) * sizeof(*names));

	if (!names)
		return false;
	ld->names = names;
	names[ld->nr_names++] = name;
	return true;
}

/* The rest of the line at *@at; moves on to the next line. */
static char *read_name(const char **at)
{
	size_t len = strcspn(*at, "\n");
	char *name = strndup(*at, len);

	*at += len + ((*at)[len] == '\n');
	return name;
}

/* A line of write_class(); 0 if it is none. */
static unsigned read_class(struct lockdep *ld, const char **at)
{
	struct sim_obj obj = { 0 };
	unsigned cls, nr = ld->nr, i;
	int subclass, n = 0;
	char *name;

	if (sscanf(*at, "%u %d%n", &cls, &subclass, &n) != 2 || (*at)[n] != ' ' || cls > UINT8_MAX)
		return 0;
	*at += n + 1;
	obj.name = name = read_name(at);
	obj.cls = (uint8_t)cls;
	i = name ? class_look_up(ld, &obj, subclass) : 0;
	if (ld->nr != nr && keep_name(ld, name))
		return i;
	i = ld->nr == nr ? i : 0;
	ld->nr = nr;
	free(name);
	return i;
}

/* Three lines: who, what he had, what he took. */
static int read_order(struct lockdep *ld, const char **at)
{
	char *thread = read_name(at);
	unsigned held = read_class(ld, at), wanted = held ? read_class(ld, at) : 0;
	int err = 0;

	if (!thread || !wanted)
		err = -EINVAL;
	else if (ld->after[held] >> wanted & 1)
		err = 1;
	else if (!keep_name(ld, thread))
		err = -ENOMEM;
	else
		add_edge(ld, thread, held, wanted);
	if (err)
		free(thread);
	return err < 0 ? err : 0;
}

int sim_lock_orders_read(struct sim *sim, const char *text, const char **end)
{
	static const char last[] = "end orders\n";
	int err = 0;

	while (!err && strncmp(text, last, strlen(last))) {
		if (strncmp(text, "order ", 6))
			return -EINVAL;
		text += 6;
		err = read_order(&sim->lockdep, &text);
	}
	*end = text + (err ? 0 : strlen(last));
	return err;
}

void lockdep_reset(struct sim *sim)
{
	struct lockdep *ld = &sim->lockdep;

	for (unsigned i = 0; i < ld->nr_texts; i++)
		free(ld->texts[i]);
	free(ld->texts);
	for (unsigned i = 0; i < ld->nr_names; i++)
		free(ld->names[i]);
	free(ld->names);
	free(ld->edges);
	memset(ld, 0, sizeof(*ld));
}

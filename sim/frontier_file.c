/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * frontier_file.c - a frontier as text, dealt out and put together again
 *
 *     node INDEX PARENT PICK ENABLED ASLEEP UNTRIED SEEN FLAGS
 *     sleep THREAD NR KEY:MODE ...
 *
 * Parents come before children, a node's sleepers after it.  Numbers from
 * ENABLED to SEEN, KEY and MODE are hexadecimal.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "frontier.h"

/* -------------------------------------------------------------------- splitting */

/* How much of the tree lies below, if siblings are alike. */
static double share(const struct shared_node *n)
{
	double s = __builtin_popcount(n->todo);

	for (; n->parent; n = n->parent)
		s /= __builtin_popcount(n->parent->seen & n->parent->enabled) + 1;
	return s;
}

static int by_share(const void *pa, const void *pb)
{
	const struct shared_node *const *a = pa, *const *b = pb;
	double x = share(*a), y = share(*b);

	if (x != y)
		return x < y ? 1 : -1;
	return (*a)->depth < (*b)->depth ? -1 : 1;
}

static void claim(struct shared_node *n, int part)
{
	n->dealt = part;
	for (; n; n = n->parent)
		n->part = n->part == PART_NONE || n->part == part ? part : PART_SEVERAL;
}

/* The largest first, each to the part that has the least. */
static unsigned deal(struct shared_node **nodes, size_t nr, unsigned parts, double *has)
{
	unsigned used = 0;

	for (size_t i = 0; i < nr; i++) {
		unsigned least = 0;

		for (unsigned p = 1; p < parts; p++)
			if (has[p] < has[least])
				least = p;
		used = least >= used ? least + 1 : used;
		has[least] += share(nodes[i]);
		claim(nodes[i], (int)least);
	}
	return used;
}

void sim_frontier_fill(struct sim_frontier *f)
{
	for (struct shared_node *n = f->root; n; n = shared_node_next(n))
		if (!n->fresh)
			frontier_add(f, n, n->enabled & ~n->seen & ~n->asleep);
}

unsigned sim_frontier_split(struct sim_frontier *f, unsigned parts)
{
	size_t nr = sim_frontier_ready(f), i = 0;
	struct shared_node **nodes = malloc((nr + 1) * sizeof(struct shared_node *)), *n;
	double *has = calloc(parts, sizeof(*has));
	unsigned used = 0;

	for (n = f->root; n; n = shared_node_next(n))
		n->dealt = n->part = PART_NONE;
	if (nodes && has) {
		CK_LIST_FOREACH(n, &f->ready, ready)
			nodes[i++] = n;
		qsort(nodes, nr, sizeof(struct shared_node *), by_share);
		used = deal(nodes, nr, parts, has);
	}
	free(nodes);
	free(has);
	return used;
}

/* --------------------------------------------------------------------- writing */

static void write_node(const struct shared_node *n, FILE *out, int part)
{
	bool ours = part < 0 || n->dealt == part;
	bool foreign = part < 0 ? n->foreign : !ours && n->part != part;
	bool keep = part < 0 ? n->keep : true;

	fprintf(out, "node %zu %zd %u %x %x %x %x %s%s%s%s-\n", n->index,
		n->parent ? (ssize_t)n->parent->index : (ssize_t)-1, n->pick, n->enabled, n->asleep,
		ours ? n->todo : 0, n->seen, n->fresh ? "s" : "", foreign ? "f" : "",
		keep ? "k" : "", n->asked ? "a" : "");
	for (unsigned i = 0; i < n->nr_sleepers; i++) {
		const struct shared_sleeper *s = &n->sleepers[i];

		fprintf(out, "sleep %u %" PRIu32, s->thread, s->nr);
		for (uint32_t k = 0; k < s->nr; k++)
			fprintf(out, " %" PRIx64 ":%" PRIx32, s->v[k].key, s->v[k].mode);
		fputc('\n', out);
	}
}

int sim_frontier_write(struct sim_frontier *f, FILE *out, int part)
{
	size_t index = 0;

	for (struct shared_node *n = f->root; n; n = shared_node_next(n)) {
		if (part >= 0 && n->parent && n->part != part && n->part != PART_SEVERAL)
			continue;
		n->index = index++;
		write_node(n, out, part);
	}
	fputs("end frontier\n", out);
	return ferror(out) ? -EIO : 0;
}

/* --------------------------------------------------------------------- reading */

struct reader {
	struct sim_frontier *f;
	struct shared_node **nodes;
	size_t nr, max;
	const char *at;
};

static struct shared_node *add_node(struct reader *r, ssize_t parent, unsigned pick)
{
	struct shared_node *n, **nodes;

	if (r->nr == r->max) {
		r->max = r->max * 2 + 64;
		nodes = realloc(r->nodes, r->max * sizeof(struct shared_node *));
		if (!nodes)
			return NULL;
		r->nodes = nodes;
	}
	n = r->nr ? shared_node_new(r->nodes[parent], pick) : r->f->root;
	if (n)
		r->nodes[r->nr++] = n;
	return n;
}

static int read_node(struct reader *r)
{
	unsigned pick, enabled, asleep, todo, seen;
	struct shared_node *n;
	ssize_t parent;
	size_t index;
	char flags[8];

	if (sscanf(r->at, "node %zu %zd %u %x %x %x %x %7[sfka-]", &index, &parent, &pick,
		   &enabled, &asleep, &todo, &seen, flags) != 8)
		return -EINVAL;
	if (index != r->nr || parent >= (ssize_t)r->nr || (parent < 0) != !r->nr ||
	    pick >= SIM_MAX_THREADS)
		return -EINVAL;
	n = add_node(r, parent, pick);
	if (!n)
		return -ENOMEM;
	n->enabled = enabled;
	n->asleep = asleep;
	n->seen = seen;
	n->asked = strchr(flags, 'a');
	n->fresh = strchr(flags, 's');
	n->foreign = strchr(flags, 'f');
	n->keep = strchr(flags, 'k');
	frontier_add(r->f, n, todo);
	if (n->fresh)
		n->seen = 0;
	return 0;
}

static struct shared_sleeper *add_sleeper(struct shared_node *n, unsigned thread, uint32_t nr)
{
	struct shared_sleeper *v =
		realloc(n->sleepers, (n->nr_sleepers + 1) * sizeof(*n->sleepers));

	if (!v)
		return NULL;
	n->sleepers = v;
	v += n->nr_sleepers;
	*v = (struct shared_sleeper){ .thread = (uint8_t)thread, .nr = nr };
	v->v = calloc(nr + 1, sizeof(*v->v));
	if (!v->v)
		return NULL;
	n->nr_sleepers++;
	return v;
}

static int read_sleeper(struct reader *r)
{
	struct shared_sleeper *s;
	unsigned thread;
	uint32_t nr;
	int len;

	if (sscanf(r->at, "sleep %u %" SCNu32 "%n", &thread, &nr, &len) != 2 || !r->nr ||
	    thread >= SIM_MAX_THREADS || nr > 1u << 20)
		return -EINVAL;
	s = add_sleeper(r->nodes[r->nr - 1], thread, nr);
	if (!s)
		return -ENOMEM;
	for (uint32_t i = 0; i < nr; i++) {
		r->at += len;
		if (sscanf(r->at, " %" SCNx64 ":%" SCNx32 "%n", &s->v[i].key, &s->v[i].mode,
			   &len) != 2 || s->v[i].mode > SIM_WRITE)
			return -EINVAL;
	}
	return 0;
}

static int read_line(struct reader *r)
{
	int err = -EINVAL;

	if (!strncmp(r->at, "node ", 5))
		err = read_node(r);
	else if (!strncmp(r->at, "sleep ", 6))
		err = read_sleeper(r);
	r->at = err ? r->at : strchr(r->at, '\n');
	if (!r->at)
		return -EINVAL;
	r->at++;
	return err;
}

int sim_frontier_read(struct sim_frontier **ret, const char *text, const char **end)
{
	static const char last[] = "end frontier\n";
	struct reader r = { .at = text };
	int err = sim_frontier_create(&r.f);

	if (err)
		return err;
	CK_LIST_REMOVE(r.f->root, ready);
	r.f->root->is_ready = false;
	r.f->root->todo = 0;
	while (!err && strncmp(r.at, last, strlen(last)))
		err = read_line(&r);
	if (!err && !r.nr)
		err = -EINVAL;
	free(r.nodes);
	if (err) {
		sim_frontier_destroy(r.f);
		return err;
	}
	*end = r.at + strlen(last);
	*ret = r.f;
	return 0;
}

/* --------------------------------------------------------------------- merging */

static struct shared_node *find_twin(struct sim_frontier *to, const struct shared_node *from)
{
	struct shared_node *n;

	if (!from->parent)
		return to->root;
	CK_LIST_FOREACH(n, &from->parent->twin->children, sibling)
		if (n->pick == from->pick)
			return n;
	return shared_node_new(from->parent->twin, from->pick);
}

static bool has_sleeper(const struct shared_node *n, unsigned thread)
{
	for (unsigned i = 0; i < n->nr_sleepers; i++)
		if (n->sleepers[i].thread == thread)
			return true;
	return false;
}

static int merge_node(struct sim_frontier *f, struct shared_node *to, const struct shared_node *from)
{
	for (unsigned i = 0; i < from->nr_sleepers; i++) {
		const struct shared_sleeper *s = &from->sleepers[i];
		struct shared_sleeper *copy;

		if (has_sleeper(to, s->thread))
			continue;
		copy = add_sleeper(to, s->thread, s->nr);
		if (!copy)
			return -ENOMEM;
		memcpy(copy->v, s->v, s->nr * sizeof(*s->v));
	}
	to->enabled = from->enabled;
	to->asleep |= from->asleep;
	to->seen |= from->seen;
	to->asked = to->asked || from->asked;
	to->fresh = to->fresh && from->fresh;
	to->keep = true;
	frontier_add(f, to, from->todo);
	return 0;
}

int sim_frontier_merge(struct sim_frontier *to, const struct sim_frontier *part)
{
	for (struct shared_node *n = part->root; n; n = shared_node_next(n)) {
		n->twin = find_twin(to, n);
		if (!n->twin || merge_node(to, n->twin, n))
			return -ENOMEM;
	}
	return 0;
}

void sim_frontier_merged(struct sim_frontier *f)
{
	for (struct shared_node *n = f->root; n; n = shared_node_next(n)) {
		n->foreign = n->keep = false;
		if (n->asked)
			frontier_ask(f, n);
		n->asked = false;
	}
}

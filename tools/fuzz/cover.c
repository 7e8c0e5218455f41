/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cover.c - pairs of a call and its result, counted
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "tools/fuzz/cover.h"

static uint32_t hash(const char *s)
{
	uint32_t h = 2166136261u;

	while (*s)
		h = (h ^ (unsigned char)*s++) * 16777619u;
	return h;
}

void cover_add(struct cover *c, const char *key, uint64_t n)
{
	uint32_t i = hash(key) % COVER_SLOTS;

	while (c->key[i] && strcmp(c->key[i], key))
		i = (i + 1) % COVER_SLOTS;
	if (!c->key[i]) {
		if (c->nr >= COVER_SLOTS / 4 * 3)
			return;
		c->key[i] = strdup(key);
		if (!c->key[i])
			return;
		c->nr++;
	}
	c->count[i] += n;
}

/* The result, without what is particular to one program. */
static const char *kind_of(const struct litmus_event *ev)
{
	if (!ev->ret)
		return "done";
	if (*ev->ret == '-' || !strncmp(ev->ret, "SIG", 3))
		return ev->ret;
	return !strcmp(ev->ret, "0") ? "0" : "+";
}

void cover_event(struct cover *c, const struct litmus_event *ev)
{
	char key[96];

	if (ev->skipped)
		return;
	if (!ev->late)
		c->statements++;
	snprintf(key, sizeof(key), "%s = %s%s", ev->call, ev->blocked ? "blocked" : kind_of(ev),
		 ev->late ? " (late)" : "");
	cover_add(c, key, 1);
}

void cover_fini(struct cover *c)
{
	for (unsigned i = 0; i < COVER_SLOTS; i++)
		free(c->key[i]);
	memset(c, 0, sizeof(*c));
}

struct row {
	const char *key;
	uint64_t count;
};

static int by_key(const void *a, const void *b)
{
	return strcmp(((const struct row *)a)->key, ((const struct row *)b)->key);
}

void cover_print(const struct cover *c, FILE *out)
{
	struct row *rows = calloc(c->nr + 1, sizeof(*rows));
	unsigned n = 0;

	for (unsigned i = 0; rows && i < COVER_SLOTS; i++)
		if (c->key[i])
			rows[n++] = (struct row){ c->key[i], c->count[i] };
	if (rows)
		qsort(rows, n, sizeof(*rows), by_key);
	for (unsigned i = 0; i < n; i++)
		fprintf(out, "%10" PRIu64 "  %s\n", rows[i].count, rows[i].key);
	free(rows);
}

/* ------------------------------------------------------------------ branches */

/*
 * -fsanitize-coverage=inline-8bit-counters calls this for each file.  Weak: in
 * a target of libFuzzer or AFL++ the engine has its own.
 */
void __sanitizer_cov_8bit_counters_init(char *start, char *end);

#define MAX_FILES 256
static struct {
	char *start, *end;
} counters[MAX_FILES];
static unsigned nr_counters;

__attribute__((weak)) void __sanitizer_cov_8bit_counters_init(char *start, char *end)
{
	if (start != end && nr_counters < MAX_FILES) {
		counters[nr_counters].start = start;
		counters[nr_counters++].end = end;
	}
}

bool cover_branches(uint64_t *taken, uint64_t *all)
{
	*taken = *all = 0;
	for (unsigned i = 0; i < nr_counters; i++) {
		*all += (uint64_t)(counters[i].end - counters[i].start);
		for (const char *p = counters[i].start; p < counters[i].end; p++)
			*taken += !!*p;
	}
	return *all;
}

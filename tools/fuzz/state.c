/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * state.c - DIR/state.json: where a campaign stands
 */
#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "tools/fuzz/files.h"
#include "tools/fuzz/findings.h"

int state_init(struct state *st)
{
	memset(st, 0, sizeof(*st));
	st->found.item = calloc(FINDINGS_MAX, sizeof(*st->found.item));
	return st->found.item ? 0 : -ENOMEM;
}

void state_fini(struct state *st)
{
	free(st->found.item);
	cover_fini(&st->cover);
	memset(st, 0, sizeof(*st));
}

/* ------------------------------------------------------------------- to JSON */

static json_t *json_findings(const struct findings *f)
{
	json_t *list = json_array();

	for (unsigned i = 0; i < f->nr; i++) {
		const struct finding *fd = &f->item[i];

		json_array_append_new(list, json_pack("{s:s,s:s,s:s,s:s,s:I,s:I}", "name", fd->name,
						      "judge", fd->judge, "call", fd->call, "what",
						      fd->what, "program", (json_int_t)fd->program,
						      "count", (json_int_t)fd->count));
	}
	return list;
}

static json_t *json_pairs(const struct cover *c)
{
	json_t *o = json_object();

	for (unsigned i = 0; i < COVER_SLOTS; i++)
		if (c->key[i])
			json_object_set_new(o, c->key[i], json_integer((json_int_t)c->count[i]));
	return o;
}

static void write_json(FILE *out, void *ctx)
{
	json_dumpf(ctx, out, JSON_INDENT(1) | JSON_SORT_KEYS);
	fputc('\n', out);
}

static void path_of(char *buf, size_t size, const char *dir)
{
	snprintf(buf, size, "%s/state.json", dir);
}

int state_save(const struct state *st, const char *dir)
{
	char path[600];
	json_t *o = json_pack("{s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:o,s:o}", "seed",
			      (json_int_t)st->seed, "next", (json_int_t)st->next, "programs",
			      (json_int_t)st->programs, "unusable", (json_int_t)st->unusable,
			      "unmodelled", (json_int_t)st->unmodelled, "unstable",
			      (json_int_t)st->unstable, "seconds", (json_int_t)st->seconds,
			      "statements", (json_int_t)st->cover.statements, "findings",
			      json_findings(&st->found), "results", json_pairs(&st->cover));
	int r;

	if (!o)
		return -ENOMEM;
	path_of(path, sizeof(path), dir);
	r = file_replace(path, write_json, o);
	json_decref(o);
	return r;
}

/* ----------------------------------------------------------------- from JSON */

static int load_findings(struct findings *f, json_t *list)
{
	json_t *item;
	size_t i;

	json_array_foreach(list, i, item)
	{
		struct verdict v = { 0 };
		const char *name, *judge, *call, *what;
		json_int_t program, count;
		struct finding *fd;

		if (json_unpack(item, "{s:s,s:s,s:s,s:s,s:I,s:I}", "name", &name, "judge", &judge,
				"call", &call, "what", &what, "program", &program, "count", &count))
			return -EINVAL;
		snprintf(v.call, sizeof(v.call), "%s", call);
		snprintf(v.what, sizeof(v.what), "%s", what);
		fd = finding_add(f, judge, &v);
		if (!fd)
			return -EINVAL;
		snprintf(fd->name, sizeof(fd->name), "%s", name);
		fd->program = (uint64_t)program;
		fd->count = (uint64_t)count;
	}
	return 0;
}

static int load(struct state *st, json_t *o)
{
	json_int_t seed, next, programs, unusable, unmodelled, unstable, seconds, statements, n;
	json_t *list, *pairs, *v;
	const char *key;

	if (json_unpack(o, "{s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:o,s:o}", "seed", &seed, "next",
			&next, "programs", &programs, "unusable", &unusable, "unmodelled",
			&unmodelled, "unstable", &unstable, "seconds", &seconds, "statements",
			&statements, "findings", &list, "results", &pairs))
		return -EINVAL;
	st->seed = (uint64_t)seed;
	st->next = (uint64_t)next;
	st->programs = (uint64_t)programs;
	st->unusable = (uint64_t)unusable;
	st->unmodelled = (uint64_t)unmodelled;
	st->unstable = (uint64_t)unstable;
	st->seconds = (uint64_t)seconds;
	json_object_foreach(pairs, key, v)
	{
		n = json_integer_value(v);
		cover_add(&st->cover, key, (uint64_t)n);
	}
	st->cover.statements = (uint64_t)statements;
	return load_findings(&st->found, list);
}

int state_load(struct state *st, const char *dir)
{
	char path[600];
	json_error_t err;
	json_t *o;
	FILE *in;
	int r;

	path_of(path, sizeof(path), dir);
	in = fopen(path, "r");
	if (!in)
		return -errno;
	o = json_loadf(in, 0, &err);
	fclose(in);
	if (!o)
		return -EINVAL;
	r = load(st, o);
	json_decref(o);
	return r;
}

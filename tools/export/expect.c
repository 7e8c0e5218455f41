/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * expect.c - the records of a run, as generated programs show them
 */
#include "tools/export/expect.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/export/emit.h"

/* -------------------------------------------------------------------- text */

static void show(FILE *f, const json_t *j);

static void show_object(FILE *f, const json_t *j)
{
	const char *key, *sep = "";
	json_t *value;

	putc('{', f);
	json_object_foreach((json_t *)j, key, value)
	{
		fprintf(f, "%s%s=", sep, key);
		show(f, value);
		sep = ", ";
	}
	putc('}', f);
}

static void show(FILE *f, const json_t *j)
{
	size_t i;
	json_t *value;

	if (json_is_string(j)) {
		fputs(json_string_value(j), f);
	} else if (json_is_integer(j)) {
		fprintf(f, "%lld", (long long)json_integer_value(j));
	} else if (json_is_array(j)) {
		putc('[', f);
		json_array_foreach(j, i, value)
		{
			fputs(i ? " " : "", f);
			show(f, value);
		}
		putc(']', f);
	} else if (json_is_object(j)) {
		show_object(f, j);
	}
}

/* "0x51 flt", "0 {copy=4096}", "[PX -]" */
static char *answer_text(const json_t *record)
{
	const json_t *ret = json_object_get(record, "ret"), *out = json_object_get(record, "out");
	char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	if (!f)
		return NULL;
	if (ret)
		show(f, ret);
	if (ret && out)
		putc(' ', f);
	if (out)
		show(f, out);
	if (json_is_true(json_object_get(record, "flt")))
		fputs(" flt", f);
	fclose(f);
	return text;
}

/* ------------------------------------------------------------------- records */

struct find_step {
	unsigned step;
	const struct stmt *found;
};

static void has_step(void *ctx, const struct stmt *s, int thread)
{
	struct find_step *f = ctx;

	if (s->step == f->step)
		f->found = s;
}

const struct stmt *stmt_of_step(const struct litmus *prog, unsigned step)
{
	struct find_step f = { step, NULL };

	walk_all(prog, has_step, &f);
	return f.found;
}

/* Which issued statement holds @step; -1: init. */
static int group_of(const struct litmus *prog, unsigned step)
{
	int group = -1;

	for (const struct stmt *s = prog->issue; s && s->step <= step; s = s->issue)
		group++;
	return group;
}

static int add(struct expectations *e, const struct litmus *prog, const json_t *record, int *group)
{
	struct expectation *v = realloc(e->v, (e->nr + 1) * sizeof(*v)), *n;
	int own;

	if (!v)
		return -ENOMEM;
	e->v = v;
	n = &v[e->nr++];
	memset(n, 0, sizeof(*n));
	n->step = (unsigned)json_integer_value(json_object_get(record, "step"));
	n->thread =
		lit_find_thread(prog, json_string_value(json_object_get(record, "thread")));
	n->blocked = json_is_true(json_object_get(record, "blocked"));
	n->late = json_is_true(json_object_get(record, "late"));
	n->text = answer_text(record);
	own = group_of(prog, n->step);
	if (!n->late && own > *group)
		*group = own;
	n->group = *group;
	return n->text ? 0 : -ENOMEM;
}

static int add_end(struct expectations *e, const json_t *end)
{
	const json_t *blocked = json_object_get(end, "blocked");
	size_t size, i;
	json_t *name;
	FILE *f = open_memstream(&e->blocked, &size);

	if (!f)
		return -ENOMEM;
	json_array_foreach(blocked, i, name)
		fprintf(f, "%s%s", i ? " " : "", json_string_value(name));
	return fclose(f) ? -ENOMEM : 0;
}

static int parse(struct expectations *e, const struct litmus *prog, const char *text)
{
	int group = -1, r = 0;

	while (*text && !r) {
		size_t len = strcspn(text, "\n");
		json_t *record = json_loadb(text, len, 0, NULL);

		if (!record)
			return -ENOMEM;
		r = json_object_get(record, "end") ? add_end(e, record) :
						     add(e, prog, record, &group);
		json_decref(record);
		text += len + (text[len] == '\n');
	}
	return r;
}

int expectations_get(const struct litmus *prog, const char *profile, struct expectations *ret,
		     struct litmus_error *err)
{
	struct litmus_options opt = { .profile = profile, .hex_addresses = true };
	struct litmus_run_result res;
	char *text = NULL;
	size_t size;
	int r;

	memset(ret, 0, sizeof(*ret));
	opt.json = open_memstream(&text, &size);
	if (!opt.json)
		return -ENOMEM;
	r = litmus_run(prog, &opt, &res, err);
	fclose(opt.json);
	if (!r) {
		ret->met = res.status == LITMUS_MET;
		if (res.message)
			r = res.status == LITMUS_BAD ? -EINVAL : -EOPNOTSUPP;
		litmus_run_result_fini(&res);
	}
	if (!r)
		r = parse(ret, prog, text);
	free(text);
	if (r < 0)
		expectations_free(ret);
	return r;
}

void expectations_free(struct expectations *e)
{
	for (size_t i = 0; i < e->nr; i++)
		free(e->v[i].text);
	free(e->v);
	free(e->blocked);
	memset(e, 0, sizeof(*e));
}

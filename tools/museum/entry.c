/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * entry.c - what the first lines of a scenario say of it as an entry of the museum
 */
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "tools/museum/museum.h"

static int fail(struct museum_error *err, const char *path, const char *what)
{
	snprintf(err->text, sizeof(err->text), "%s: %s", path, what);
	return -EINVAL;
}

/* ------------------------------------------------------------------------ one line */

static const char *skip_blanks(const char *s, const char *end)
{
	while (s < end && (*s == ' ' || *s == '\t'))
		s++;
	return s;
}

/* Does the text begin with @word?  Then *s is moved behind it and the blanks after it. */
static bool eat(const char **s, const char *end, const char *word)
{
	size_t len = strlen(word);

	if ((size_t)(end - *s) < len || memcmp(*s, word, len))
		return false;
	*s = skip_blanks(*s + len, end);
	return true;
}

static char *beside(const char *path, const char *name, size_t len)
{
	const char *slash = strrchr(path, '/');
	size_t dir = slash ? (size_t)(slash + 1 - path) : 0;
	char *ret = malloc(dir + len + 1);

	if (!ret)
		return NULL;
	memcpy(ret, path, dir);
	memcpy(ret + dir, name, len);
	ret[dir + len] = 0;
	return ret;
}

/* PROFILE, or PROFILE with FILE. */
static int add_run(struct museum_entry *e, const char *s, const char *end, bool bug)
{
	struct museum_run *run = &e->runs[e->nr_runs];
	const char *blank = s;

	if (e->nr_runs == MUSEUM_MAX_RUNS)
		return -EINVAL;
	while (blank < end && *blank != ' ')
		blank++;
	run->bug = bug;
	run->profile = strndup(s, (size_t)(blank - s));
	if (!run->profile)
		return -ENOMEM;
	e->nr_runs++;
	s = skip_blanks(blank, end);
	if (s == end)
		return 0;
	if (bug || !eat(&s, end, "with "))
		return -EINVAL;
	run->with = beside(e->path, s, (size_t)(end - s));
	return run->with ? 0 : -ENOMEM;
}

/* A value may go on in further lines of the same word. */
static int append(char **text, const char *s, const char *end)
{
	size_t old = *text ? strlen(*text) : 0, len = (size_t)(end - s);
	char *ret = malloc(old + len + 2);

	if (!ret)
		return -ENOMEM;
	if (old) {
		memcpy(ret, *text, old);
		ret[old++] = ' ';
	}
	memcpy(ret + old, s, len);
	ret[old + len] = 0;
	free(*text);
	*text = ret;
	return 0;
}

/* ID: TITLE */
static int parse_title(struct museum_entry *e, const char *s, const char *end)
{
	const char *colon = memchr(s, ':', (size_t)(end - s));

	if (!colon || e->id)
		return -EINVAL;
	e->id = strndup(s, (size_t)(colon - s));
	return e->id ? append(&e->title, skip_blanks(colon + 1, end), end) : -ENOMEM;
}

static int parse_line(struct museum_entry *e, const char *s, const char *end)
{
	if (eat(&s, end, "museum "))
		return parse_title(e, s, end);
	if (eat(&s, end, "kernels:"))
		return append(&e->kernels, s, end);
	if (eat(&s, end, "source:"))
		return append(&e->source, s, end);
	if (eat(&s, end, "note:"))
		return append(&e->note, s, end);
	if (eat(&s, end, "bug:"))
		return add_run(e, s, end, true);
	if (eat(&s, end, "fixed:"))
		return add_run(e, s, end, false);
	return 0;
}

static bool has_both(const struct museum_entry *e)
{
	bool bug = false, fixed = false;

	for (size_t i = 0; i < e->nr_runs; i++) {
		bug |= e->runs[i].bug;
		fixed |= !e->runs[i].bug;
	}
	return bug && fixed;
}

/* The comment that the file begins with. */
static int parse_comment(struct museum_entry *e, struct museum_error *err)
{
	const char *s = litmus_text(e->prog, &(size_t){ 0 });
	int r = 0;

	while (*s == '#' && !r) {
		const char *end = s + strcspn(s, "\n");

		r = parse_line(e, skip_blanks(s + 1, end), end);
		if (r == -EINVAL) {
			snprintf(err->text, sizeof(err->text), "%s: not understood: %.*s", e->path,
				 (int)(end - s), s);
			return r;
		}
		s = end + (*end == '\n');
	}
	if (r)
		return r;
	if (!e->kernels || !e->source || !has_both(e))
		return fail(err, e->path, "wants lines kernels, source, bug and fixed");
	return e->note ? 0 : append(&e->note, "", "");
}

/* ----------------------------------------------------------------------------- files */

static void entry_fini(struct museum_entry *e)
{
	for (size_t i = 0; i < e->nr_runs; i++) {
		free(e->runs[i].profile);
		free(e->runs[i].with);
	}
	litmus_free(e->prog);
	free(e->path);
	free(e->id);
	free(e->title);
	free(e->kernels);
	free(e->source);
	free(e->note);
}

static int entry_load(struct museum_entry *e, const char *path, struct museum_error *err)
{
	struct litmus_error wrong = { 0 };
	int r;

	e->path = strdup(path);
	if (!e->path)
		return -ENOMEM;
	r = litmus_parse_file(path, &e->prog, &wrong);
	if (!r)
		return parse_comment(e, err);
	if (r == -EINVAL)
		snprintf(err->text, sizeof(err->text), "%s:%u:%u: %s", path, wrong.line, wrong.col,
			 wrong.text);
	else
		fail(err, path, strerror(-r));
	return r;
}

/* A file of the folder that is an entry, by its first line. */
static bool is_entry(const char *path)
{
	static const char first[] = "# museum M";
	char buf[sizeof(first) - 1];
	FILE *f = fopen(path, "r");
	bool ret = f && fread(buf, 1, sizeof(buf), f) == sizeof(buf) &&
		   !memcmp(buf, first, sizeof(buf));

	if (f)
		fclose(f);
	return ret;
}

static int add(struct museum *m, const char *path, struct museum_error *err)
{
	struct museum_entry *more = realloc(m->entries, (m->nr + 1) * sizeof(*more)), *e;

	if (!more)
		return -ENOMEM;
	m->entries = more;
	e = &more[m->nr++];
	memset(e, 0, sizeof(*e));
	return entry_load(e, path, err);
}

static int add_folder(struct museum *m, const char *path, DIR *dir, struct museum_error *err)
{
	const struct dirent *d;
	char file[4096];
	int r = 0;

	while (!r && (d = readdir(dir))) {
		snprintf(file, sizeof(file), "%s/%s", path, d->d_name);
		if (is_entry(file))
			r = add(m, file, err);
	}
	return r;
}

static int by_id(const void *a, const void *b)
{
	return strcmp(((const struct museum_entry *)a)->id, ((const struct museum_entry *)b)->id);
}

int museum_load(const char *path, struct museum *ret, struct museum_error *err)
{
	DIR *dir = opendir(path);
	int r;

	memset(ret, 0, sizeof(*ret));
	snprintf(err->text, sizeof(err->text), "%s: %s", path, strerror(ENOMEM));
	if (!dir && errno != ENOTDIR) {
		r = -errno;
		snprintf(err->text, sizeof(err->text), "%s: %s", path, strerror(-r));
		return r;
	}
	if (!dir && !is_entry(path))
		return fail(err, path, "no entry of the museum: begins with `# museum M..`");
	r = dir ? add_folder(ret, path, dir, err) : add(ret, path, err);
	if (dir)
		closedir(dir);
	if (!r && !ret->nr)
		r = fail(err, path, "no entry of the museum is here");
	if (r)
		museum_free(ret);
	else
		qsort(ret->entries, ret->nr, sizeof(*ret->entries), by_id);
	return r;
}

void museum_free(struct museum *m)
{
	for (size_t i = 0; i < m->nr; i++)
		entry_fini(&m->entries[i]);
	free(m->entries);
	memset(m, 0, sizeof(*m));
}

/* ----------------------------------------------------------------------- exploration */

static int explore(const struct litmus *prog, const char *path, const struct litmus_options *opt,
		   struct museum_result *ret, struct museum_error *err)
{
	struct litmus_error wrong = { 0 };
	int r = litmus_explore(prog, opt, &ret->res, &wrong);

	if (r)
		snprintf(err->text, sizeof(err->text), "%s: %s", path,
			 wrong.text[0] ? wrong.text : strerror(-r));
	return r;
}

static bool is_as_told(const struct museum_run *run, const struct litmus_explore_result *res)
{
	if (res->status > LITMUS_NOT_MET || !res->has_condition || !res->complete)
		return false;
	return run->bug ? !res->ok : res->ok && !res->unasserted && !res->positive;
}

void museum_keep_fixed(struct museum *m)
{
	for (size_t i = 0; i < m->nr; i++) {
		struct museum_entry *e = &m->entries[i];
		size_t left = 0;

		for (size_t j = 0; j < e->nr_runs; j++) {
			if (!e->runs[j].bug) {
				e->runs[left++] = e->runs[j];
				continue;
			}
			free(e->runs[j].profile);
			free(e->runs[j].with);
		}
		e->nr_runs = left;
	}
}

int museum_explore(const struct museum_entry *e, const struct museum_run *run,
		   const struct litmus_options *opt, struct museum_result *ret,
		   struct museum_error *err)
{
	struct litmus_options o = *opt;
	struct litmus_error wrong = { 0 };
	struct litmus *other = NULL;
	int r = 0;

	o.profile = run->profile;
	if (run->with)
		r = litmus_parse_file(run->with, &other, &wrong);
	if (r) {
		snprintf(err->text, sizeof(err->text), "%s:%u: %s", run->with, wrong.line,
			 wrong.text[0] ? wrong.text : strerror(-r));
		return r;
	}
	r = explore(other ? other : e->prog, run->with ? run->with : e->path, &o, ret, err);
	if (!r)
		ret->as_told = is_as_told(run, &ret->res);
	litmus_free(other);
	return r;
}

void museum_result_fini(struct museum_result *r)
{
	litmus_explore_result_fini(&r->res);
}

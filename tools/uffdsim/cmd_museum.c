/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cmd_museum.c - uffdsim museum: bugs of the past, found in the kernels that had them
 */
#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "tools/museum/museum.h"
#include "tools/uffdsim/present.h"

/* Where the sources are, as seen from their root; else where they were installed. */
#define IN_TREE   "tests/litmus/museum"
#define INSTALLED UFFDSIM_DATADIR "/museum"

static const struct option_desc known[] = {
	{ "json", false, OPT_JSON },
	{ "dir", true, OPT_DIR },
	{ "patch", true, OPT_PATCH },
	{ "list", false, OPT_LIST },
	{ "markdown", false, OPT_MARKDOWN },
	{ "notime", false, OPT_NOTIME },
	{ "no-trace", false, OPT_NO_TRACE },
	{ "width", true, OPT_WIDTH },
	{ "full", false, OPT_FULL },
	{ "diagram", true, OPT_DIAGRAM },
	{ "output", true, OPT_OUTPUT },
	{ "seconds", true, OPT_SECONDS },
	{ NULL, false, 0 },
};

/* ------------------------------------------------------------------------- one entry */

static const char *what_came_out(const struct options *opt, const struct museum_run *run,
				 const struct museum_result *r)
{
	if (r->res.status > LITMUS_NOT_MET)
		return "NOT RUN";
	if (r->as_told)
		return run->bug ? "found" : "never";
	if (!r->res.complete)
		return "NOT COMPLETE";
	if (run->bug)
		return "NOT FOUND";
	return opt->patches.nr ? "FOUND AGAIN" : "STILL FOUND";
}

static void print_run(const struct museum_run *run, const struct museum_result *r,
		      const struct options *opt)
{
	const struct litmus_explore_result *res = &r->res;

	printf("%s %s%s%s: %s in %" PRIu64, run->bug ? "With the bug," : "Fixed,", run->profile,
	       run->with ? " with " : "", run->with ? run->with : "", what_came_out(opt, run, r),
	       run->bug ? res->positive : res->executions);
	if (run->bug)
		printf(" of %" PRIu64, res->executions);
	printf(" execution%s", res->executions == 1 ? "" : "s");
	if (!opt->notime)
		printf(" (%.2f s)", res->seconds);
	putchar('\n');
	if (!r->as_told && res->message)
		printf("  %s\n", res->message);
}

/* A sequence has only one execution, and no token. */
static int run_sequence(struct exhibit *v, const struct options *opt, const struct litmus *prog)
{
	struct litmus_options lit = opt->lit;
	struct litmus_error err;

	lit.trace = true;
	return litmus_run(prog, &lit, &v->run, &err);
}

/* The execution in which it shows; 0 or an exit status. */
static int show_diagram(const struct options *opt, const struct museum_entry *e,
			const struct museum_run *run, const struct museum_result *r)
{
	struct exhibit v = { .title = "In which it shows:", .token = r->res.witness };
	bool sequence = litmus_is_sequence(e->prog);
	struct options o = *opt;
	int ret = 0;

	o.file = e->path;
	o.lit.profile = run->profile;
	if (sequence)
		ret = run_sequence(&v, &o, e->prog);
	else if (v.token)
		exhibit_shorten(&v, &o, e->prog, LITMUS_SHOWS_CONDITION);
	else
		return 0;
	if (!ret)
		ret = exhibit_load(&v, &o, e->prog);
	ret = ret ? EXIT_MISSING : present(&o, e->prog, "museum", &v, 1, NULL);
	exhibit_fini(&v);
	if (sequence)
		litmus_run_result_fini(&v.run);
	return ret;
}

/* The lines of a description are indented in the file. */
static void print_description(const char *s)
{
	for (; *s; s++) {
		putchar(*s);
		if (*s == '\n')
			s += strspn(s + 1, " \t");
	}
	fputs("\n\n", stdout);
}

static json_t *run_json(const struct museum_run *run, const struct museum_result *r)
{
	const struct litmus_explore_result *res = &r->res;
	json_t *o = json_object();

	json_object_set_new(o, "profile", json_string(run->profile));
	if (run->with)
		json_object_set_new(o, "with", json_string(run->with));
	json_object_set_new(o, "expected", json_string(run->bug ? "found" : "never"));
	json_object_set_new(o, "as_told", json_boolean(r->as_told));
	json_object_set_new(o, "complete", json_boolean(res->complete));
	json_object_set_new(o, "executions", json_integer((json_int_t)res->executions));
	json_object_set_new(o, "positive", json_integer((json_int_t)res->positive));
	if (res->witness)
		json_object_set_new(o, "witness", json_string(res->witness));
	json_object_set_new(o, "seconds", json_real(res->seconds));
	return o;
}

static void print_json(const struct museum_entry *e, const struct museum_result *r, bool good)
{
	json_t *o = json_object(), *runs = json_array();

	json_object_set_new(o, "id", json_string(e->id));
	json_object_set_new(o, "title", json_string(e->title));
	json_object_set_new(o, "kernels", json_string(e->kernels));
	json_object_set_new(o, "source", json_string(e->source));
	json_object_set_new(o, "file", json_string(e->path));
	json_object_set_new(o, "as_told", json_boolean(good));
	for (size_t i = 0; i < e->nr_runs; i++)
		json_array_append_new(runs, run_json(&e->runs[i], &r[i]));
	json_object_set_new(o, "runs", runs);
	json_dumpf(o, stdout, JSON_COMPACT | JSON_REAL_PRECISION(6));
	putchar('\n');
	json_decref(o);
}

static void print_line(const struct options *opt, const struct museum_entry *e,
		       const struct museum_result *r, bool good)
{
	printf("%-5s %-8s %-27.27s  %s\n", e->id, good ? "as told" : "NOT", e->kernels, e->title);
	for (size_t i = 0; !good && i < e->nr_runs; i++)
		if (!r[i].as_told)
			printf("      %s: %s\n", e->runs[i].profile,
			       what_came_out(opt, &e->runs[i], &r[i]));
	fflush(stdout);
}

/* Everything about one entry; 0 or an exit status. */
static int print_all(const struct options *opt, const struct museum_entry *e,
		     const struct museum_result *r)
{
	bool shown = opt->no_trace;
	int ret = 0;

	printf("%s %s\nKernels: %s\nSource: %s\nFile: %s\n", e->id, e->title, e->kernels,
	       e->source, e->path);
	if (*e->note)
		printf("Note: %s\n", e->note);
	putchar('\n');
	print_description(litmus_description(e->prog));
	for (size_t i = 0; i < e->nr_runs && !ret; i++) {
		print_run(&e->runs[i], &r[i], opt);
		if (!e->runs[i].bug || shown || e->runs[i].with)
			continue;
		shown = true;
		ret = show_diagram(opt, e, &e->runs[i], &r[i]);
		putchar('\n');
	}
	return ret;
}

/* Both ways; 0 or an exit status, NOT_MET if something is not as told. */
static int run_entry(const struct options *opt, const struct museum_entry *e, bool alone)
{
	struct museum_result r[MUSEUM_MAX_RUNS];
	struct museum_error err;
	bool good = true;
	size_t nr = 0;
	int ret = 0;

	while (nr < e->nr_runs && !ret) {
		ret = museum_explore(e, &e->runs[nr], &opt->lit, &r[nr], &err);
		if (ret) {
			fprintf(stderr, "uffdsim museum: %s\n", err.text);
			ret = EXIT_USAGE;
			break;
		}
		good &= r[nr++].as_told;
	}
	if (!ret && opt->json)
		print_json(e, r, good);
	else if (!ret && alone)
		ret = print_all(opt, e, r);
	else if (!ret)
		print_line(opt, e, r, good);
	while (nr)
		museum_result_fini(&r[--nr]);
	return ret ? ret : good ? EXIT_MET : EXIT_NOT_MET;
}

/* ------------------------------------------------------------------------ the museum */

static bool is_folder(const char *path)
{
	struct stat st;

	return !stat(path, &st) && S_ISDIR(st.st_mode);
}

/* M17 is M17a, M17b and what else there is. */
static bool is_asked_for(const struct museum_entry *e, const char *id)
{
	size_t len = id ? strlen(id) : 0;

	return !id || (!strncmp(e->id, id, len) && (!e->id[len] || e->id[len] >= 'a'));
}

static void list_entries(const struct museum *m)
{
	for (size_t i = 0; i < m->nr; i++)
		printf("%-5s %-27.27s  %s\n", m->entries[i].id, m->entries[i].kernels,
		       m->entries[i].title);
}

static int run_entries(const struct options *opt, const struct museum *m, const char *id, bool full)
{
	unsigned nr = 0, wrong = 0;

	for (size_t i = 0; i < m->nr; i++) {
		int r;

		if (!is_asked_for(&m->entries[i], id))
			continue;
		if (nr && full && !opt->json)
			putchar('\n');
		r = run_entry(opt, &m->entries[i], full);
		if (r > EXIT_NOT_MET)
			return r;
		nr++;
		wrong += r;
	}
	if (id && !nr) {
		fprintf(stderr, "uffdsim museum: there is no %s\n", id);
		return EXIT_USAGE;
	}
	if (!full && !opt->json)
		printf("%u entries, %u as told\n", nr, nr - wrong);
	return wrong ? EXIT_NOT_MET : EXIT_MET;
}

static int museum(const struct options *opt, const struct museum *m, const char *id, bool full)
{
	if (opt->markdown)
		museum_print_markdown(stdout, m);
	else if (opt->list)
		list_entries(m);
	else
		return run_entries(opt, m, id, full);
	return EXIT_MET;
}

int cmd_museum(int argc, char **argv)
{
	const char *dir, *id;
	struct museum_error err;
	struct options opt;
	struct museum m;
	int r = options_parse_optional(argc, argv, known, &opt);

	if (r)
		return r;
	dir = opt.dir ? opt.dir : is_folder(IN_TREE) ? IN_TREE : INSTALLED;
	id = opt.file;
	/* A file instead of its number. */
	if (id && strchr(id, '.')) {
		dir = id;
		id = NULL;
	}
	opt.lit.check = true;
	r = load_patches(&opt);
	if (r)
		return r;
	if (museum_load(dir, &m, &err)) {
		fprintf(stderr, "uffdsim museum: %s\n", err.text);
		return EXIT_USAGE;
	}
	if (opt.patches.nr)
		museum_keep_fixed(&m);
	r = museum(&opt, &m, id, opt.file);
	museum_free(&m);
	return r;
}

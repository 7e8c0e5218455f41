/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cmd_compare.c - uffdsim compare: what a change of semantics makes possible, and
 * what impossible
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <uffdsim/mm.h>

#include "tools/litmus/text.h"
#include "tools/uffdsim/compare.h"

static const struct option_desc known[] = {
	{ "base", true, OPT_BASE },
	{ "with", true, OPT_WITH },
	{ "patch", true, OPT_PATCH },
	{ "json", false, OPT_JSON },
	{ "format", true, OPT_DIAGRAM },
	{ "diagram", true, OPT_DIAGRAM },
	{ "output", true, OPT_OUTPUT },
	{ "no-trace", false, OPT_NO_TRACE },
	{ "width", true, OPT_WIDTH },
	{ "full", false, OPT_FULL },
	{ "seconds", true, OPT_SECONDS },
	{ "max-executions", true, OPT_MAX_EXECUTIONS },
	{ "max-steps", true, OPT_MAX_STEPS },
	{ NULL, false, 0 },
};

/* ------------------------------------------------------------------ one file, two ways */

bool comparison_verdict_differs(const struct comparison *c, unsigned verdict)
{
	return !c->res[BASE].verdicts[verdict] != !c->res[WITH].verdicts[verdict];
}

bool comparison_condition_differs(const struct comparison *c)
{
	return !c->sequence && c->res[BASE].has_condition && c->res[BASE].ok != c->res[WITH].ok;
}

static int add_row(struct comparison *c, const char *text, uint64_t base, uint64_t with)
{
	struct outcome_row *rows = realloc(c->rows, (c->nr_rows + 1) * sizeof(*rows));

	if (!rows)
		return -ENOMEM;
	c->rows = rows;
	c->rows[c->nr_rows++] = (struct outcome_row){ text, { base, with } };
	return 0;
}

static int add_change(struct comparison *c, int side, bool verdict, const char *what,
		      const char *token)
{
	struct change *ch = realloc(c->changes, (c->nr_changes + 1) * sizeof(*ch));

	c->differs = true;
	if (!ch)
		return -ENOMEM;
	c->changes = ch;
	ch = &c->changes[c->nr_changes++];
	memset(ch, 0, sizeof(*ch));
	*ch = (struct change){ .side = side, .is_verdict = verdict, .what = what, .token = token };
	ch->title =
		format_text("%s%s, under %s:", what,
			    side == WITH ? " became possible" : " was possible", c->name[side]);
	return ch->title ? 0 : -ENOMEM;
}

/* Both lists are sorted. */
static int merge_states(struct comparison *c)
{
	const struct litmus_explore_result *res = c->res;
	size_t i[2] = { 0, 0 };
	int r = 0;

	while (!r && (i[BASE] < res[BASE].nr_states || i[WITH] < res[WITH].nr_states)) {
		const struct litmus_state *s[2];
		int order;

		for (int side = 0; side < 2; side++)
			s[side] = i[side] < res[side].nr_states ? &res[side].states[i[side]] : NULL;
		order = !s[BASE] ? 1 : !s[WITH] ? -1 : strcmp(s[BASE]->text, s[WITH]->text);
		r = add_row(c, order > 0 ? s[WITH]->text : s[BASE]->text,
			    order > 0 ? 0 : s[BASE]->count, order < 0 ? 0 : s[WITH]->count);
		if (!r && order)
			r = add_change(c, order > 0 ? WITH : BASE, false,
				       order > 0 ? s[WITH]->text : s[BASE]->text,
				       order > 0 ? s[WITH]->token : s[BASE]->token);
		i[BASE] += order <= 0;
		i[WITH] += order >= 0;
	}
	return r;
}

static int compare_verdicts(struct comparison *c)
{
	int r = 0;

	for (unsigned v = 0; v < NR_LITMUS_VERDICTS && !r; v++) {
		int side = c->res[WITH].verdicts[v] ? WITH : BASE;

		if (comparison_verdict_differs(c, v))
			r = add_change(c, side, true, litmus_verdict_info(v)->name,
				       c->res[side].verdict_token[v]);
	}
	return r;
}

static struct options options_of(const struct comparison *c, const struct options *opt, int side)
{
	struct options o = *opt;

	o.file = c->path;
	o.lit.profile = c->profile[side];
	patches_use(&o, c->patches[side]);
	return o;
}

static int explore_side(struct comparison *c, const struct options *opt, int side)
{
	struct options o = options_of(c, opt, side);
	struct litmus_error err;
	int r;

	o.lit.state_tokens = true;
	r = litmus_explore(c->prog, &o.lit, &c->res[side], &err);
	if (!r && c->res[side].status <= LITMUS_NOT_MET)
		return 0;
	litmus_print_error(stderr, c->path, &err);
	return r || c->res[side].status == LITMUS_BAD ? EXIT_USAGE : EXIT_MISSING;
}

static int run_side(struct comparison *c, const struct options *opt, int side)
{
	struct options o = options_of(c, opt, side);
	struct litmus_run_result run;
	struct litmus_error err;
	size_t size;
	int r = -ENOMEM;

	o.lit.json = open_memstream(&c->records[side], &size);
	if (o.lit.json) {
		r = litmus_run(c->prog, &o.lit, &run, &err);
		r = fclose(o.lit.json) ? -ENOMEM : r;
	}
	if (r)
		litmus_print_error(stderr, c->path, &err);
	else if (run.status > LITMUS_NOT_MET)
		litmus_print_error(stderr, c->path, &err);
	if (r)
		return EXIT_USAGE;
	r = run.status == LITMUS_BAD ? EXIT_USAGE : run.status > LITMUS_NOT_MET ? EXIT_MISSING : 0;
	litmus_run_result_fini(&run);
	return r;
}

/* The first records that differ are what is worth seeing; the rest follows from them. */
static int compare_records(struct comparison *c)
{
	char *at[2] = { c->records[BASE], c->records[WITH] };
	int r = 0;

	while (!r && (*at[BASE] || *at[WITH])) {
		char *line[2] = { at[BASE], at[WITH] };

		for (int side = 0; side < 2; side++) {
			at[side] += strcspn(at[side], "\n");
			if (*at[side])
				*at[side]++ = 0;
		}
		if (!strcmp(line[BASE], line[WITH]))
			continue;
		c->differs = true;
		for (int side = 0; side < 2 && !r; side++)
			if (*line[side])
				r = add_row(c, line[side], side == BASE, side == WITH);
	}
	return r;
}

static int compare_sides(struct comparison *c, const struct options *opt)
{
	int r = 0;

	for (int side = 0; side < 2 && !r; side++)
		r = c->sequence ? run_side(c, opt, side) : explore_side(c, opt, side);
	if (r)
		return r;
	if (c->sequence)
		r = compare_records(c);
	else
		r = merge_states(c);
	if (!r && !c->sequence)
		r = compare_verdicts(c);
	c->differs |= comparison_condition_differs(c);
	return r ? EXIT_MISSING : 0;
}

/* --------------------------------------------------------------------------- witnesses */

/* One execution that shows a change, as short as it gets. */
static int load_exhibit(struct comparison *c, const struct options *opt, struct change *ch)
{
	struct options o = options_of(c, opt, ch->side);
	int r;

	if (!ch->token)
		return 0;
	ch->exhibit = (struct exhibit){ .title = ch->title, .expected = true, .token = ch->token };
	exhibit_shorten(&ch->exhibit, &o, c->prog,
			ch->is_verdict ? LITMUS_SHOWS_VERDICTS : LITMUS_SHOWS_STATE);
	r = exhibit_load(&ch->exhibit, &o, c->prog);
	ch->shown = true;
	return r;
}

static int load_exhibits(struct comparison *c, const struct options *opt)
{
	int r = 0;

	for (size_t i = 0; i < c->nr_changes && !r; i++)
		r = load_exhibit(c, opt, &c->changes[i]);
	return r ? EXIT_MISSING : 0;
}

static void comparison_fini(struct comparison *c)
{
	for (size_t i = 0; i < c->nr_changes; i++) {
		if (c->changes[i].shown)
			exhibit_fini(&c->changes[i].exhibit);
		free(c->changes[i].title);
	}
	for (int side = 0; side < 2; side++) {
		litmus_explore_result_fini(&c->res[side]);
		free(c->records[side]);
		free(c->profile[side]);
		free(c->name[side]);
	}
	free(c->rows);
	free(c->changes);
	litmus_free(c->prog);
}

/* What --base and --with say, without the patches in them. */
struct sides {
	char *profile[2]; /* NULL: nothing */
	struct patch_list patches[2];
};

/* --patch is of the side that is looked at. */
static int sides_init(struct sides *s, struct options *opt)
{
	const char *names[2] = { [BASE] = opt->base, [WITH] = opt->with };
	int r;

	memset(s, 0, sizeof(*s));
	r = load_patches(opt);
	s->patches[WITH] = opt->patches;
	for (int side = 0; side < 2 && !r; side++) {
		if (!names[side])
			continue;
		s->profile[side] = strdup(names[side]);
		r = s->profile[side] ? patches_split(s->profile[side], &s->patches[side]) :
				       EXIT_MISSING;
	}
	return r;
}

static char *name_side(const char *profile, const struct patch_list *patches)
{
	char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	if (!f)
		return NULL;
	fputs(profile, f);
	for (size_t i = 0; i < patches->nr; i++)
		fprintf(f, " %s %s", i ? "and" : "with patch", patches->patches[i].patch->name);
	return fclose(f) ? NULL : text;
}

/* What the scenario runs under otherwise. */
static const char *own_profile(const struct comparison *c, const struct sides *s)
{
	const struct litmus_options with = { .patches = s->patches[WITH].patches,
					     .nr_patches = s->patches[WITH].nr };
	const char *name = litmus_profile(c->prog);

	if (!name)
		name = litmus_patches_base(&with);
	return name ? name : profile_name(profile_default());
}

/* "+X" is @base with X, and nothing is @base. */
static char *side_profile(const char *base, const char *said)
{
	return format_text("%s%s", !said || !*said || *said == '+' ? base : "", said ? said : "");
}

static int name_profiles(struct comparison *c, const struct sides *s)
{
	const char *base = own_profile(c, s);

	for (int side = 0; side < 2; side++) {
		c->patches[side] = &s->patches[side];
		c->profile[side] = side_profile(base, s->profile[side]);
		if (!c->profile[side])
			return EXIT_MISSING;
		c->name[side] = name_side(c->profile[side], c->patches[side]);
		if (!c->name[side])
			return EXIT_MISSING;
		base = c->profile[side];
	}
	return 0;
}

static int compare_file(struct comparison *c, struct options *opt, const struct sides *s,
			const char *path)
{
	int r;

	memset(c, 0, sizeof(*c));
	c->path = opt->file = path;
	r = load_file(opt, &c->prog);
	if (!r) {
		c->sequence = litmus_is_sequence(c->prog);
		r = name_profiles(c, s);
	}
	if (!r)
		r = compare_sides(c, opt);
	if (!r && !opt->no_trace && !opt->json)
		r = load_exhibits(c, opt);
	return r;
}

/* ------------------------------------------------------------------------------- files */

static int print_all(const struct options *opt, const struct comparison *c, size_t nr)
{
	FILE *out = opt->output ? fopen(opt->output, "w") : stdout;
	bool failed;

	if (!out) {
		fprintf(stderr, "uffdsim compare: %s: %s\n", opt->output, strerror(errno));
		return EXIT_MISSING;
	}
	for (size_t i = 0; i < nr && (opt->json || opt->format != SHOW_HTML); i++) {
		if (i && !opt->json)
			fputc('\n', out);
		if (opt->json)
			compare_print_json(out, &c[i]);
		else if (opt->format == SHOW_MARKDOWN)
			compare_print_markdown(out, opt, &c[i]);
		else
			compare_print_text(out, opt, &c[i]);
	}
	if (!opt->json && opt->format == SHOW_HTML)
		compare_print_html(out, opt, c, nr);
	failed = ferror(out);
	if ((out == stdout ? fflush(out) : fclose(out)) || failed) {
		fputs("uffdsim compare: cannot write\n", stderr);
		return EXIT_MISSING;
	}
	return 0;
}

static int compare_files(struct options *opt, const struct sides *s,
			 const struct file_list *files)
{
	struct comparison *c = calloc(files->nr, sizeof(*c));
	bool differs = false;
	size_t nr = 0;
	int r = c ? 0 : EXIT_MISSING;

	while (!r && nr < files->nr) {
		r = compare_file(&c[nr], opt, s, files->names[nr]);
		differs |= c[nr++].differs;
	}
	if (!r)
		r = print_all(opt, c, nr);
	while (nr)
		comparison_fini(&c[--nr]);
	free(c);
	return r ? r : differs ? EXIT_NOT_MET : EXIT_MET;
}

int cmd_compare(int argc, char **argv)
{
	struct file_list files = { 0 };
	struct sides sides = { .profile = { NULL } };
	struct options opt;
	int r = options_parse_files(argc, argv, known, &opt, &files);
	bool with = !r && (opt.with || opt.nr_patch_files);

	if (!r && (!with || opt.format == SHOW_SVG)) {
		fprintf(stderr, "uffdsim compare: %s\nTry 'uffdsim help compare'.\n",
			with ? "--format is text, markdown or html" :
			       "--with PROFILE, --with +VARIANT, or --patch FILE, is missing");
		r = EXIT_USAGE;
	}
	if (!r)
		r = sides_init(&sides, &opt);
	if (!r)
		r = compare_files(&opt, &sides, &files);
	free(sides.profile[BASE]);
	free(sides.profile[WITH]);
	file_list_free(&files);
	return r;
}

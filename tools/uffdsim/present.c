/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * present.c - executions as diagrams and traces, in the format and to the place asked for
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "tools/uffdsim/present.h"

/* ------------------------------------------------------------------------ exhibits */

int exhibit_shorten(struct exhibit *e, const struct options *opt, const struct litmus *prog,
		    enum litmus_shows what)
{
	struct litmus_error err;
	int r = litmus_shorten(prog, &opt->lit, what, e->token, &e->length, &err);

	if (!r)
		e->token = e->length.token;
	return r;
}

static int add_note(struct exhibit *e, char *text)
{
	size_t i = 0;

	while (e->notes[i])
		i++;
	if (!text || i + 1 == sizeof(e->notes) / sizeof(e->notes[0])) {
		free(text);
		return -ENOMEM;
	}
	e->notes[i] = text;
	return 0;
}

static int note_blocked(struct exhibit *e)
{
	const char *p = e->run.blocked;
	int r = add_note(e, strdup("Blocked at the end:"));

	while (*p && !r) {
		size_t len = strcspn(p, "\n");

		r = add_note(e, format_text("%.*s", (int)len, p));
		p += len + (p[len] == '\n');
	}
	return r;
}

static int note_length(struct exhibit *e)
{
	const struct litmus_short *l = &e->length;

	return add_note(e,
			format_text("Switches %" PRIu64 " -> %" PRIu64 ", steps %" PRIu64
					 " -> %" PRIu64 " (%s, %" PRIu64 " steps tried)",
					 l->switches_before, l->switches, l->steps_before, l->steps,
					 l->proven ? "minimal" : "the best found", l->effort));
}

static int note_token(struct exhibit *e, const struct options *opt)
{
	const char *profile = opt->lit.profile;
	int r = add_note(e, format_text("Token %s", e->token));
	size_t size;
	char *text;
	FILE *f = r ? NULL : open_memstream(&text, &size);

	if (!f)
		return r ? r : -ENOMEM;
	fprintf(f, "Replay: uffdsim run --replay %s%s%s", e->token, profile ? " --profile " : "",
		profile ? profile : "");
	for (size_t i = 0; i < opt->lit.nr_patches; i++)
		fprintf(f, " --patch %s", opt->lit.patches[i].path);
	if (opt->lit.leaks) /* --check was asked for: without it there may be nothing to see */
		fputs(" --check", f);
	fprintf(f, " %s", opt->file);
	return fclose(f) ? -ENOMEM : add_note(e, text);
}

static int make_diagram(struct exhibit *e, const struct options *opt, const struct litmus *prog)
{
	struct show_options show = opt->show;

	show.title = e->title;
	show.expected = e->expected;
	e->d = diagram_new(prog, &e->run, &show);
	return e->d ? 0 : -ENOMEM;
}

int exhibit_load(struct exhibit *e, const struct options *opt, const struct litmus *prog)
{
	struct litmus_options lit = opt->lit;
	struct litmus_error err;
	int r = 0;

	lit.replay = e->token;
	lit.random = false;
	lit.trace = true;
	if (e->max_steps)
		lit.max_steps = e->max_steps;
	if (e->token)
		r = litmus_run(prog, &lit, &e->run, &err);
	if (!r)
		r = make_diagram(e, opt, prog);
	if (!r && e->token && e->run.blocked)
		r = note_blocked(e);
	if (!r && e->token && e->length.token && opt->stats)
		r = note_length(e);
	if (!r && e->token)
		r = note_token(e, opt);
	return r;
}

void exhibit_fini(struct exhibit *e)
{
	for (size_t i = 0; i < sizeof(e->notes) / sizeof(e->notes[0]); i++)
		free(e->notes[i]);
	diagram_free(e->d);
	if (e->token)
		litmus_run_result_fini(&e->run);
	free(e->length.token);
}

/* -------------------------------------------------------------------------- output */

bool present_replaces_output(const struct options *opt)
{
	return !opt->output && (opt->format == SHOW_SVG || opt->format == SHOW_HTML);
}

static void print_one(FILE *out, const struct options *opt, const struct exhibit *e, bool first)
{
	struct show_options show = opt->show;

	show.title = e->title;
	show.expected = e->expected;
	show.notes = (char **)e->notes;
	switch (opt->format) {
	case SHOW_TEXT:
		if (e->title && !(first && opt->output))
			fputc('\n', out);
		text_print(out, e->d, &show);
		break;
	case SHOW_MARKDOWN:
		if (!(first && opt->output))
			fputc('\n', out);
		markdown_print(out, e->d, &show);
		break;
	case SHOW_SVG:
		svg_print(out, e->d, &show);
		break;
	case SHOW_HTML:
		html_print(out, e->d, &show);
		break;
	}
}

static void print_all(FILE *out, const struct options *opt, const struct litmus *prog,
		      const struct exhibit *v, size_t nr, const char *summary)
{
	if (opt->format == SHOW_HTML)
		html_begin(out, litmus_name(prog), summary);
	/* A picture is one execution: the first, what the others have in common with it or not. */
	for (size_t i = 0; i < (opt->format == SHOW_SVG && nr ? 1 : nr); i++)
		print_one(out, opt, &v[i], !i);
	if (opt->format == SHOW_HTML)
		html_end(out);
}

static int cannot_write(const char *verb, const char *path)
{
	fprintf(stderr, "uffdsim %s: %s: %s\n", verb, path, strerror(errno));
	return EXIT_MISSING;
}

int present(const struct options *opt, const struct litmus *prog, const char *verb,
	    struct exhibit *v, size_t nr, const char *summary)
{
	FILE *out = stdout;
	bool failed;

	if (!nr && opt->format == SHOW_SVG) {
		fprintf(stderr, "uffdsim %s: %s: no execution to draw\n", verb, opt->file);
		return 0;
	}
	if (opt->output && !opt->trace)
		out = fopen(opt->output, "w");
	if (!out)
		return cannot_write(verb, opt->output);
	print_all(out, opt, prog, v, nr, summary);
	failed = ferror(out);
	if ((out == stdout ? fflush(out) : fclose(out)) || failed)
		return cannot_write(verb, opt->output ? opt->output : "standard output");
	return 0;
}

int present_trace(const struct options *opt, const struct litmus *prog, const char *verb,
		  const struct exhibit *e)
{
	char *path = opt->output ? strdup(opt->output) :
				   format_text("%s.perfetto.json", litmus_name(prog));
	FILE *out = path ? strcmp(path, "-") ? fopen(path, "w") : stdout : NULL;
	int r;

	if (!out) {
		r = cannot_write(verb, path ? path : "trace");
		free(path);
		return r;
	}
	r = perfetto_print(out, prog, &e->run);
	if ((out == stdout ? fflush(out) : fclose(out)) || r)
		r = cannot_write(verb, path);
	else if (out != stdout)
		fprintf(stderr, "Trace written to %s: open it in https://ui.perfetto.dev\n", path);
	free(path);
	return r;
}

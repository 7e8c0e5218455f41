/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * witnesses.c - what explorations of scenarios find, drawn
 *
 * Every FILE under every profile that it has expectations for.  The diagram of what decides,
 * of a deadlock and of a bug must fit into a mail if two threads take part, end in a
 * sentence, and come from a token that leads to the same end.
 */
#include <stdlib.h>
#include <string.h>

#include "tools/show/show.h"

#define MAX_EXECUTIONS 2000

static unsigned tests, failed;

static void result(bool good, const char *file, const char *profile, const char *what)
{
	printf("%s %u - %s %s: %s\n", good ? "ok" : "not ok", ++tests, file, profile, what);
	failed += !good;
}

/* The first line that a mail would break, or that has blanks at its end; NULL if none. */
static const char *bad_line(const char *text, unsigned columns)
{
	for (; *text; text += strcspn(text, "\n"), text += *text == '\n') {
		size_t len = strcspn(text, "\n");

		if ((columns <= 2 && len > 78) || (len && text[len - 1] == ' '))
			return text;
	}
	return NULL;
}

static void check_text(const struct diagram *d, const struct show_options *opt, const char *file,
		       const char *profile)
{
	const char *bad;
	char *text;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	if (!f)
		return;
	text_print(f, d, opt);
	fclose(f);
	bad = bad_line(text, d->nr_columns);
	result(!bad && d->nr_rows && d->sentence, file, profile, opt->title);
	if (bad)
		printf("# %.*s\n", (int)strcspn(bad, "\n"), bad);
	free(text);
}

static void draw(const struct litmus *prog, struct litmus_options opt, const char *file,
		 const char *title, const char *token)
{
	struct show_options show = { .title = title };
	struct litmus_run_result run;
	struct litmus_error err;
	struct diagram *d;

	if (!token)
		return;
	opt.replay = token;
	opt.trace = true;
	if (litmus_run(prog, &opt, &run, &err) < 0) {
		result(false, file, token, "it does not replay");
		return;
	}
	d = diagram_new(prog, &run, &show);
	if (d)
		check_text(d, &show, file, opt.profile);
	diagram_free(d);
	litmus_run_result_fini(&run);
}

/* What an execution shows, as far as a shorter one must show it, too. */
static int status_of(const struct litmus *prog, struct litmus_options opt, const char *token,
		     uint32_t *verdicts)
{
	struct litmus_run_result run;
	struct litmus_error err;
	int r;

	opt.replay = token;
	r = litmus_run(prog, &opt, &run, &err);
	if (r < 0)
		return r;
	r = (int)run.status;
	*verdicts = run.verdicts;
	litmus_run_result_fini(&run);
	return r;
}

/* The shortest one: not longer, the same in what counts, and drawn. */
static void shorten(const struct litmus *prog, struct litmus_options opt, const char *file,
		    enum litmus_shows what, const char *title, const char *token)
{
	uint32_t before = 0, after = 0;
	struct litmus_short s;
	struct litmus_error err;
	bool good;

	if (!token)
		return;
	if (litmus_shorten(prog, &opt, what, token, &s, &err) < 0) {
		result(false, file, opt.profile, "it cannot be shortened");
		return;
	}
	good = status_of(prog, opt, token, &before) == status_of(prog, opt, s.token, &after) &&
	       !(before & ~after);
	good &= s.switches < s.switches_before ||
		(s.switches == s.switches_before && s.steps <= s.steps_before);
	result(good, file, opt.profile, "the shortest execution shows the same");
	printf("# switches %llu -> %llu, steps %llu -> %llu%s\n",
	       (unsigned long long)s.switches_before, (unsigned long long)s.switches,
	       (unsigned long long)s.steps_before, (unsigned long long)s.steps,
	       s.proven ? ", minimal" : "");
	draw(prog, opt, file, title, s.token);
	free(s.token);
}

static void explore(const struct litmus *prog, const char *file, const char *profile)
{
	struct litmus_options opt = { .profile = profile, .max_executions = MAX_EXECUTIONS };
	struct litmus_explore_result res;
	struct litmus_error err;

	if (litmus_explore(prog, &opt, &res, &err) < 0)
		return; /* a profile that this file does not fit */
	shorten(prog, opt, file, LITMUS_SHOWS_CONDITION, "witness", res.witness);
	shorten(prog, opt, file, LITMUS_SHOWS_VERDICTS, "deadlock", res.deadlock_token);
	shorten(prog, opt, file, LITMUS_SHOWS_FINDING, "finding", res.message_token);
	litmus_explore_result_fini(&res);
}

static void each_profile(const struct litmus *prog, const char *file)
{
	static const char mark[] = "# expect ";
	size_t len;
	const char *p = litmus_text(prog, &len);

	while ((p = strstr(p, mark))) {
		char profile[80];

		p += strlen(mark);
		if (sscanf(p, "%79[^: \n]", profile) == 1)
			explore(prog, file, profile);
	}
}

int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		struct litmus_error err;
		struct litmus *prog;

		if (litmus_parse_file(argv[i], &prog, &err)) {
			result(false, argv[i], "", "it does not parse");
			continue;
		}
		if (!litmus_is_sequence(prog))
			each_profile(prog, argv[i]);
		litmus_free(prog);
	}
	printf("1..%u\n", tests);
	return failed > 0;
}

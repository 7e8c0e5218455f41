/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pieces.c - the words of `explore` that are about a search in pieces
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tools/uffdsim/uffdsim.h"

bool pieces_wanted(const struct litmus_options *lit)
{
	return lit->jobs > 1 || lit->checkpoint || lit->resume || lit->split || lit->merge;
}

static int usage(const char *what)
{
	return usage_error("explore", "%s", what);
}

int pieces_options(struct options *opt, struct file_list *files)
{
	struct litmus_options *lit = &opt->lit;
	char **names;

	if (opt->merge && files->nr < 2)
		return usage("--merge wants a FILE and its parts");
	if (!opt->merge && files->nr != 1)
		return usage("one file at a time");
	if (opt->merge && (lit->resume || lit->split))
		return usage("--merge, --split, --part, --resume: one at a time");
	if (lit->split && (lit->resume || lit->checkpoint))
		return usage("--split only makes parts");
	opt->file = files->names[0];
	/* What is gone on with is kept where it was. */
	if (lit->resume && !lit->checkpoint)
		lit->checkpoint = lit->resume;
	if (!opt->merge)
		return 0;
	names = realloc(files->names, (files->nr + 1) * sizeof(*names));
	if (!names)
		return usage(strerror(ENOMEM));
	files->names = names;
	names[files->nr] = NULL;
	lit->merge = (const char *const *)names + 1;
	return 0;
}

/* NAME.1.part, NAME.2.part, ... */
static int name_part(void *ctx, unsigned part, unsigned parts, const char **path)
{
	struct part_name *n = ctx;

	snprintf(n->path, sizeof(n->path), "%.250s.%u.part", litmus_name(n->prog), part);
	puts(n->path);
	*path = n->path;
	return 0;
}

int pieces_program(const struct options *opt, const struct litmus *prog)
{
	const struct litmus_options *lit = &opt->lit;

	if (litmus_is_sequence(prog) && (lit->checkpoint || lit->split || lit->merge))
		return usage("a sequence has one execution: there are no pieces of it");
	return 0;
}

void pieces_name(struct options *opt, struct part_name *name, const struct litmus *prog)
{
	name->prog = prog;
	opt->lit.part = name_part;
	opt->lit.part_ctx = name;
}

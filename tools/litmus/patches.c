/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * patches.c - patches on top of a scenario's profile: taken in, named, told apart
 */
#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include <uffdsim/profile.h>

#include "tools/litmus/run.h"

const char *litmus_patches_base(const struct litmus_options *opt)
{
	const char *base = NULL;

	for (size_t i = 0; i < opt->nr_patches && !base; i++)
		if (opt->patches[i].patch->abi == UFFDSIM_PATCH_ABI)
			base = opt->patches[i].patch->base;
	return base;
}

int patches_apply(struct machine *m)
{
	for (size_t i = 0; i < m->opt->nr_patches; i++) {
		const struct litmus_patch *p = &m->opt->patches[i];
		char text[240];

		if (profile_patch(m->prof, p->patch, text, sizeof(text)) < 0)
			return lit_error(m->prog, m->err, (struct pos){ 0, 0 }, "%s%s%s",
					 p->path ? p->path : "", p->path ? ": " : "", text);
	}
	return 0;
}

/* Names are without blanks and colons. */
static void describe(FILE *f, const struct uffdsim_patch *patch)
{
	struct decision_info d;
	const char *sep = ": ";

	fputs(patch->name, f);
	for (unsigned i = 0; decision_nth(i, &d); i++) {
		if (!patch_decides(patch, i))
			continue;
		fprintf(f, "%s%s", sep, d.name);
		sep = ", ";
	}
	if (patch->sets)
		fprintf(f, "%s%s", sep, patch->sets);
	fputc('\n', f);
}

int patches_describe(const struct profile *prof, char **ret)
{
	const struct uffdsim_patch *patch;
	size_t size;
	FILE *f;

	*ret = NULL;
	if (!profile_patch_nth(prof, 0))
		return 0;
	f = open_memstream(ret, &size);
	if (!f)
		return -ENOMEM;
	for (unsigned i = 0; (patch = profile_patch_nth(prof, i)); i++)
		describe(f, patch);
	return fclose(f) ? -ENOMEM : 0;
}

char *patches_identity(const struct machine *m)
{
	char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	if (!f)
		return NULL;
	for (size_t i = 0; i < m->opt->nr_patches; i++)
		fprintf(f, " patch %s build %016" PRIx64, m->opt->patches[i].patch->name,
			m->opt->patches[i].build);
	if (fclose(f)) {
		free(text);
		return NULL;
	}
	return text;
}

void patches_print(FILE *out, const char *described)
{
	for (const char *p = described; p && *p; p += strcspn(p, "\n") + 1)
		fprintf(out, "Patch %.*s\n", (int)strcspn(p, "\n"), p);
}

struct json_t *patches_json(const char *described)
{
	json_t *list = json_array();

	for (const char *p = described; p && *p; p += strcspn(p, "\n") + 1)
		json_array_append_new(list, json_stringn(p, strcspn(p, ":\n")));
	return list;
}

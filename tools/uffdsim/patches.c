/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * patches.c - patches in files: --patch FILE, or FILE in a profile's name
 */
#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tools/litmus/text.h"
#include "tools/uffdsim/uffdsim.h"

static int complain(const char *path, const char *what)
{
	fprintf(stderr, "uffdsim: patch %s: %s\n", path, what);
	return EXIT_USAGE;
}

static bool ends_in(const char *word, size_t len, const char *end)
{
	size_t n = strlen(end);

	return len > n && !memcmp(word + len - n, end, n);
}

/* What tells two builds apart; 0 or -errno. */
static int hash_file(const char *path, uint64_t *hash)
{
	FILE *f = fopen(path, "rb");
	int c, r;

	if (!f)
		return -errno;
	*hash = 0xcbf29ce484222325ULL;
	while ((c = getc(f)) != EOF)
		*hash = (*hash ^ (unsigned char)c) * 0x100000001b3ULL;
	r = ferror(f) ? -EIO : 0;
	fclose(f);
	return r;
}

/* Stays loaded: results point into it. */
static int load(const char *path, struct litmus_patch *patch)
{
	/* Without a slash it would be looked for where libraries are. */
	char *file = format_text("%s%s", strchr(path, '/') ? "" : "./", path);
	void *lib;
	int r;

	if (!file)
		return complain(path, "out of memory");
	*patch = (struct litmus_patch){ .path = path };
	r = hash_file(file, &patch->build);
	lib = r ? NULL : dlopen(file, RTLD_NOW | RTLD_LOCAL);
	free(file);
	if (r)
		return complain(path, strerror(-r));
	if (!lib && ends_in(path, strlen(path), ".c"))
		return complain(path, "this is its source; `gcc -shared -fPIC -o NAME.so NAME.c` "
				      "makes what can be loaded (docs/patching.md)");
	if (!lib)
		return complain(path, dlerror());
	patch->patch = dlsym(lib, UFFDSIM_PATCH_SYMBOL);
	if (!patch->patch)
		return complain(path, "no patch: UFFDSIM_PATCH() of <uffdsim/patch.h> is missing");
	return 0;
}

int patches_add(struct patch_list *list, const char *path, size_t len)
{
	char *name = list->paths[list->nr % MAX_PATCHES];
	int r;

	if (list->nr == MAX_PATCHES || len >= sizeof(list->paths[0]))
		return complain(path, list->nr == MAX_PATCHES ? "one patch too many" :
								"its path is too long");
	memcpy(name, path, len);
	name[len] = 0;
	for (size_t i = 0; i < list->nr; i++)
		if (!strcmp(list->paths[i], name))
			return complain(name, "named twice");
	r = load(name, &list->patches[list->nr]);
	list->nr += !r;
	return r;
}

static bool names_patch(const char *word, size_t len)
{
	return memchr(word, '/', len) || ends_in(word, len, ".so");
}

int patches_split(char *profile, struct patch_list *list)
{
	char *to = profile, *word = profile;
	int r = 0;

	while (*word && !r) {
		size_t len = 1 + strcspn(word + 1, "+"), sign = *word == '+';
		bool patch = names_patch(word + sign, len - sign);

		if (patch) {
			r = patches_add(list, word + sign, len - sign);
		} else {
			memmove(to, word, len);
			to += len;
		}
		word += len;
	}
	*to = 0;
	return r;
}

void patches_use(struct options *opt, const struct patch_list *list)
{
	opt->lit.patches = list->patches;
	opt->lit.nr_patches = list->nr;
}

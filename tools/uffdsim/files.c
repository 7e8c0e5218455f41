/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * files.c - lists of scenario files; a folder stands for those in it and below
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <dirent.h>
#include <sys/stat.h>

#include "tools/uffdsim/uffdsim.h"

static int add(struct file_list *list, const char *name)
{
	char **names;

	if (list->nr == list->room) {
		list->room = list->room * 2 + 16;
		names = realloc(list->names, list->room * sizeof(*names));
		if (!names)
			return -ENOMEM;
		list->names = names;
	}
	list->names[list->nr] = strdup(name);
	return list->names[list->nr++] ? 0 : -ENOMEM;
}

static bool is_scenario(const char *name)
{
	const char *dot = strrchr(name, '.');

	return dot && !strcmp(dot, ".litmus");
}

static int add_folder(struct file_list *list, const char *folder, unsigned depth)
{
	struct dirent **entries;
	int n = depth > 16 ? 0 : scandir(folder, &entries, NULL, alphasort), r = 0;
	char path[4096];

	if (n < 0)
		return -errno;
	for (int i = 0; i < n; i++) {
		const char *name = entries[i]->d_name;
		struct stat st;

		snprintf(path, sizeof(path), "%s/%s", folder, name);
		if (!r && *name != '.' && !stat(path, &st)) {
			if (S_ISDIR(st.st_mode))
				r = add_folder(list, path, depth + 1);
			else if (is_scenario(name))
				r = add(list, path);
		}
		free(entries[i]);
	}
	if (depth <= 16)
		free(entries);
	return r;
}

int file_list_add(struct file_list *list, const char *path)
{
	struct stat st;

	if (!stat(path, &st) && S_ISDIR(st.st_mode))
		return add_folder(list, path, 0);
	return add(list, path);
}

void file_list_free(struct file_list *list)
{
	for (size_t i = 0; i < list->nr; i++)
		free(list->names[i]);
	free(list->names);
	memset(list, 0, sizeof(*list));
}

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * scratch.c - the folder for files that a scenario makes
 *
 * Its name has the number of the process it belongs to; what processes that are gone
 * left behind is removed by the next one.
 */
#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/swap.h>
#include <unistd.h>

#include "tools/live/scratch.h"

#define PREFIX "uffdsim-live-"

/* NULL: there is no disk. */
static const char *base_folder(void)
{
	const char *base = getenv("TMPDIR");

	if (!base)
		return "/var/tmp";
	return *base ? base : NULL;
}

void scratch_empty(const char *dir)
{
	DIR *d = opendir(dir);
	struct dirent *de;
	char path[600];

	while (d && (de = readdir(d))) {
		if (!strcmp(de->d_name, ".") || !strcmp(de->d_name, ".."))
			continue;
		snprintf(path, sizeof(path), "%s/%s", dir, de->d_name);
		swapoff(path);
		unlink(path);
	}
	if (d)
		closedir(d);
}

static void sweep(const char *base)
{
	DIR *d = opendir(base);
	struct dirent *de;
	char path[600];

	while (d && (de = readdir(d))) {
		int pid;

		if (sscanf(de->d_name, PREFIX "%d", &pid) != 1 || pid <= 0)
			continue;
		if (!kill(pid, 0) || errno != ESRCH)
			continue;
		snprintf(path, sizeof(path), "%s/%s", base, de->d_name);
		scratch_empty(path);
		rmdir(path);
	}
	if (d)
		closedir(d);
}

bool scratch_begin(char *dir, size_t size)
{
	const char *base = base_folder();

	if (*dir)
		return true;
	if (!base)
		return false;
	sweep(base);
	snprintf(dir, size, "%s/" PREFIX "%d", base, (int)getpid());
	if (!mkdir(dir, 0700))
		return true;
	*dir = 0;
	return false;
}

void scratch_end(char *dir)
{
	if (!*dir)
		return;
	scratch_empty(dir);
	rmdir(dir);
	*dir = 0;
}

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * files.c - replace a file at once
 */
#include <errno.h>
#include <unistd.h>

#include "tools/fuzz/files.h"

int file_replace(const char *path, void (*write)(FILE *out, void *ctx), void *ctx)
{
	char tmp[640];
	FILE *out;
	int r = 0;

	snprintf(tmp, sizeof(tmp), "%s.new", path);
	out = fopen(tmp, "w");
	if (!out)
		return -errno;
	write(out, ctx);
	if (fflush(out) || ferror(out) || fsync(fileno(out)))
		r = errno ? -errno : -EIO;
	if (fclose(out) && !r)
		r = -errno;
	if (!r && rename(tmp, path))
		r = -errno;
	if (r)
		unlink(tmp);
	return r;
}

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * initramfs.c - see initramfs.h
 *
 * An entry is a header of hexadecimal fields, the name and the data, each padded to a
 * multiple of four bytes; an entry called TRAILER!!! ends the archive.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "tools/live/initramfs.h"

struct archive {
	FILE *out;
	unsigned inode;
};

static void pad(struct archive *a, unsigned long len)
{
	while (len++ % 4)
		fputc(0, a->out);
}

static void head(struct archive *a, const char *name, unsigned mode, unsigned long size,
		 unsigned dev)
{
	unsigned len = (unsigned)strlen(name) + 1;

	/* magic inode mode uid gid links time size device special-device name-length check */
	fprintf(a->out, "070701%08X%08X%08X%08X%08X%08X%08lX%08X%08X%08X%08X%08X%08X", ++a->inode,
		mode, 0, 0, 1, 0, size, 0, 0, major(dev), minor(dev), len, 0);
	fwrite(name, 1, len, a->out);
	pad(a, 110 + len);
}

static int add_file(struct archive *a, const char *name, const char *path)
{
	char buf[65536];
	struct stat st;
	size_t n;
	FILE *in = fopen(path, "rb");

	if (!in)
		return -errno;
	if (fstat(fileno(in), &st)) {
		fclose(in);
		return -errno;
	}
	head(a, name, S_IFREG | 0755, (unsigned long)st.st_size, 0);
	while ((n = fread(buf, 1, sizeof(buf), in)))
		fwrite(buf, 1, n, a->out);
	pad(a, (unsigned long)st.st_size);
	fclose(in);
	return 0;
}

static int write_all(FILE *out, const char *program)
{
	static const char *const folders[] = { "dev", "proc", "sys", "tmp" };
	struct archive a = { .out = out };
	int r;

	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++)
		head(&a, folders[i], S_IFDIR | 0755, 0, 0);
	head(&a, "dev/console", S_IFCHR | 0600, 0, (unsigned)makedev(5, 1));
	r = add_file(&a, "init", program);
	head(&a, "TRAILER!!!", 0, 0, 0);
	return r;
}

int initramfs_make(const char *program)
{
	int fd = memfd_create("initramfs", 0), copy, r;
	FILE *out;

	if (fd < 0)
		return -errno;
	copy = dup(fd);
	out = copy < 0 ? NULL : fdopen(copy, "wb");
	if (!out) {
		close(fd);
		return -ENOMEM;
	}
	r = write_all(out, program);
	if (fclose(out) && !r)
		r = -EIO;
	if (!r)
		return fd;
	close(fd);
	return r;
}

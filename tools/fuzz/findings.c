/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * findings.c - findings: known ones, their names, their files
 */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/fuzz/files.h"
#include "tools/fuzz/findings.h"

struct finding *finding_find(const struct findings *f, const char *judge, const struct verdict *v)
{
	for (unsigned i = 0; i < f->nr; i++) {
		struct finding *fd = &f->item[i];

		if (!strcmp(fd->judge, judge) && !strcmp(fd->call, v->call) &&
		    !strcmp(fd->what, v->what))
			return fd;
	}
	return NULL;
}

/* "ioctl:UFFDIO_COPY", "ret -EAGAIN, kernel 0" become "copy-ret-eagain-kernel-0". */
static void make_name(char *buf, size_t size, const struct verdict *v)
{
	const char *parts[] = { v->call, v->what };
	size_t n = 0;

	if (!strncmp(v->call, "ioctl:UFFDIO_", 13))
		parts[0] += 13;
	for (unsigned i = 0; i < 2; i++) {
		for (const char *s = parts[i]; *s && n + 1 < size; s++) {
			if (isalnum((unsigned char)*s))
				buf[n++] = (char)tolower((unsigned char)*s);
			else if (n && buf[n - 1] != '-')
				buf[n++] = '-';
		}
		if (n && buf[n - 1] != '-' && n + 1 < size)
			buf[n++] = '-';
	}
	while (n && buf[n - 1] == '-')
		n--;
	buf[n] = '\0';
}

static bool name_taken(const struct findings *f, const char *name)
{
	for (unsigned i = 0; i < f->nr; i++)
		if (!strcmp(f->item[i].name, name))
			return true;
	return false;
}

struct finding *finding_add(struct findings *f, const char *judge, const struct verdict *v)
{
	struct finding *fd = &f->item[f->nr];
	char base[48];

	if (f->nr == FINDINGS_MAX)
		return NULL;
	memset(fd, 0, sizeof(*fd));
	snprintf(fd->judge, sizeof(fd->judge), "%s", judge);
	snprintf(fd->call, sizeof(fd->call), "%s", v->call);
	snprintf(fd->what, sizeof(fd->what), "%s", v->what);
	make_name(base, sizeof(base), v);
	snprintf(fd->name, sizeof(fd->name), "%s", base[0] ? base : "finding");
	for (unsigned n = 2; name_taken(f, fd->name); n++)
		snprintf(fd->name, sizeof(fd->name), "%s-%u", base, n);
	f->nr++;
	return fd;
}

/* Comment lines; the language has no way to end one but the line's end. */
static void put_comment(FILE *out, const char *text)
{
	while (*text) {
		size_t n = strcspn(text, "\n");

		fprintf(out, "#   %.*s\n", (int)n, text);
		text += n + (text[n] == '\n');
	}
}

static void write_finding(FILE *out, void *ctx)
{
	fputs(ctx, out);
}

/* A description must not end early. */
static void set_about(struct program *p, const struct verdict *v)
{
	snprintf(p->about, sizeof(p->about), "%s: %s", v->call[0] ? v->call : "run", v->what);
	for (char *s = p->about; *s; s++)
		if (*s == '"' || *s == '\n' || *s == '\\')
			*s = '\'';
}

int finding_save(const struct finding *fd, struct program *p, const struct verdict *v,
		 const char *dir, const char *origin)
{
	char *text = malloc(PROGRAM_TEXT), *all = NULL, path[600];
	size_t size;
	FILE *out;
	int r;

	if (!text)
		return -ENOMEM;
	snprintf(p->name, sizeof(p->name), "%s", fd->name);
	set_about(p, v);
	program_print(p, text);
	snprintf(path, sizeof(path), "%s/%s.litmus", dir, fd->name);
	out = open_memstream(&all, &size);
	if (!out) {
		free(text);
		return -ENOMEM;
	}
	fprintf(out, "%s\n# judge: %s\n", text, fd->judge);
	put_comment(out, v->detail);
	fprintf(out, "# found by: %s\n# reproduce: ", origin);
	for (const char *s = v->command; *s; s++) {
		if (s[0] == '%' && s[1] == 's')
			fputs(path, out), s++;
		else
			fputc(*s, out);
	}
	fputc('\n', out);
	r = fclose(out) ? -ENOMEM : file_replace(path, write_finding, all);
	free(all);
	free(text);
	return r;
}

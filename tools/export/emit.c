/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * emit.c - text out, and which helpers it needs
 */
#include <errno.h>
#include <stdarg.h>
#include <string.h>

#include "tools/export/emit.h"

void refuse(struct emit *x, struct pos pos, const char *fmt, ...)
{
	char text[160];
	va_list ap;

	if (x->r < 0)
		return;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	lit_error(x->prog, x->err, pos, "cannot be exported: %s", text);
	x->r = -EOPNOTSUPP;
}

void put(struct emit *x, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	if (vfprintf(x->f, fmt, ap) < 0 && !x->r)
		x->r = -ENOMEM;
	va_end(ap);
}

void put_indent(struct emit *x)
{
	for (unsigned i = 0; i < x->indent; i++)
		put(x, "\t");
}

void put_string(FILE *f, const char *text)
{
	putc('"', f);
	for (; *text; text++) {
		if (*text == '"' || *text == '\\')
			putc('\\', f);
		putc(*text, f);
	}
	putc('"', f);
}

/* ------------------------------------------------------------------ helpers */

static int part_find(const char *name, size_t len)
{
	for (int i = 0; export_parts[i].name; i++)
		if (strlen(export_parts[i].name) == len && !memcmp(export_parts[i].name, name, len))
			return i;
	return -1;
}

static void need_part(struct emit *x, int part)
{
	const char *s;

	if (part < 0 || part >= MAX_PARTS || x->used[part])
		return;
	x->used[part] = true;
	for (s = export_parts[part].needs; *s; s += strspn(s, " ")) {
		size_t len = strcspn(s, " ");

		need_part(x, part_find(s, len));
		s += len;
	}
}

void need(struct emit *x, const char *part)
{
	int i = part_find(part, strlen(part));

	if (i < 0 && !x->r)
		x->r = -ENOENT;
	need_part(x, i);
}

bool needed(const struct emit *x, const char *part)
{
	int i = part_find(part, strlen(part));

	return i >= 0 && x->used[i];
}

static void put_part(struct emit *x, FILE *out, int part, bool *done)
{
	const char *s;

	if (part < 0 || done[part])
		return;
	done[part] = true;
	for (s = export_parts[part].needs; *s; s += strspn(s, " ")) {
		size_t len = strcspn(s, " ");

		put_part(x, out, part_find(s, len), done);
		s += len;
	}
	fprintf(out, "%s\n", export_parts[part].text);
}

void put_parts(struct emit *x, FILE *out)
{
	bool done[MAX_PARTS] = { false };

	for (int i = 0; export_parts[i].name && i < MAX_PARTS; i++)
		if (x->used[i])
			put_part(x, out, i, done);
}

/* ---------------------------------------------------------------- constants */

/* Younger than the headers of long-term distributions. */
static const char *const young[] = {
	"UFFD_FEATURE_EXACT_ADDRESS", "UFFD_FEATURE_WP_HUGETLBFS_SHMEM",
	"UFFD_FEATURE_WP_UNPOPULATED", "UFFD_FEATURE_POISON", "UFFD_FEATURE_WP_ASYNC",
	"UFFD_FEATURE_MOVE", "UFFD_FEATURE_MINOR_HUGETLBFS", "UFFD_FEATURE_MINOR_SHMEM",
	"UFFDIO_CONTINUE_MODE_WP", "UFFDIO_POISON_MODE_DONTWAKE", "UFFDIO_MOVE_MODE_DONTWAKE",
	"UFFDIO_MOVE_MODE_ALLOW_SRC_HOLES", "UFFDIO_REGISTER_MODE_MINOR", "UFFD_USER_MODE_ONLY",
	"_UFFDIO_MOVE", "_UFFDIO_POISON", "_UFFDIO_CONTINUE", "PM_SCAN_WP_MATCHING",
	"PM_SCAN_CHECK_WPASYNC", "PAGE_IS_WPALLOWED", "PAGE_IS_WRITTEN", "PAGE_IS_FILE",
	"PAGE_IS_PRESENT", "PAGE_IS_SWAPPED", "PAGE_IS_PFNZERO", "PAGE_IS_HUGE",
	"PAGE_IS_SOFT_DIRTY", "PAGE_IS_GUARD", "MADV_GUARD_INSTALL", "MADV_GUARD_REMOVE",
	"MADV_COLLAPSE", "MADV_POPULATE_READ", "MADV_POPULATE_WRITE", "MADV_DONTNEED_LOCKED",
	"MFD_NOEXEC_SEAL", "MFD_EXEC", "MFD_HUGE_2MB", "MAP_HUGE_2MB", "MAP_DROPPABLE",
	"MAP_DENYWRITE", "MAP_EXECUTABLE", "PROT_SEM", "FALLOC_FL_COLLAPSE_RANGE",
	"PAGE_SHIFT", "TASK_SIZE", "MAP_TYPE", "UFFD_FEATURE_RWP", "UFFD_FEATURE_RWP_ASYNC",
	"UFFDIO_REGISTER_MODE_RWP", "UFFDIO_RWPROTECT_MODE_RWP", "UFFDIO_RWPROTECT_MODE_DONTWAKE",
	"UFFD_PAGEFAULT_FLAG_RWP", "PAGE_IS_ACCESSED", "_UFFDIO_RWPROTECT", "_UFFDIO_SET_MODE",
};

void need_constant(struct emit *x, const char *name, size_t len)
{
	bool is_young = false;

	for (size_t i = 0; i < sizeof(young) / sizeof(young[0]); i++)
		is_young |= strlen(young[i]) == len && !memcmp(young[i], name, len);
	for (unsigned i = 0; i < x->nr_constants; i++)
		if (strlen(x->constants[i]) == len && !memcmp(x->constants[i], name, len))
			return;
	if (!is_young || x->nr_constants == sizeof(x->constants) / sizeof(x->constants[0]))
		return;
	x->constants[x->nr_constants] = pool_strndup((struct litmus *)x->prog, name, len);
	if (x->constants[x->nr_constants])
		x->nr_constants++;
}

void put_constants(struct emit *x, FILE *out)
{
	uint8_t kind;
	int64_t n;

	for (unsigned i = 0; i < x->nr_constants; i++) {
		const char *name = x->constants[i];

		if (constant_find(name, strlen(name), &kind, &n))
			fprintf(out, "#ifndef %s\n#define %s 0x%llx\n#endif\n", name, name,
				(unsigned long long)n);
	}
}

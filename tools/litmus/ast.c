/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ast.c - memory and names of a parsed scenario
 */
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "tools/litmus/ast.h"

#define CHUNK_SIZE (32u << 10)

struct pool_chunk {
	struct pool_chunk *next;
	size_t used, size;
	_Alignas(16) unsigned char data[];
};

void *pool_alloc(struct litmus *prog, size_t size)
{
	struct pool_chunk *c = prog->pool;
	void *ret;

	size = (size + 15) & ~(size_t)15;
	if (!c || c->size - c->used < size) {
		size_t n = size > CHUNK_SIZE ? size : CHUNK_SIZE;

		c = calloc(1, sizeof(*c) + n);
		if (!c)
			return NULL;
		c->size = n;
		c->next = prog->pool;
		prog->pool = c;
	}
	ret = c->data + c->used;
	c->used += size;
	return ret;
}

char *pool_strndup(struct litmus *prog, const char *s, size_t len)
{
	char *ret = pool_alloc(prog, len + 1);

	if (ret)
		memcpy(ret, s, len);
	return ret;
}

int lit_name(struct litmus *prog, const char *s, size_t len, struct pos pos)
{
	char *copy;

	for (int i = 0; i < prog->nr_names; i++)
		if (strlen(prog->names[i]) == len && !memcmp(prog->names[i], s, len))
			return i;
	if (prog->nr_names == LIT_MAX_NAMES)
		return -ENOSPC;
	copy = pool_strndup(prog, s, len);
	if (!copy)
		return -ENOMEM;
	prog->names[prog->nr_names] = copy;
	prog->name_pos[prog->nr_names] = pos;
	return prog->nr_names++;
}

int lit_find_name(const struct litmus *prog, const char *s)
{
	for (int i = 0; i < prog->nr_names; i++)
		if (!strcmp(prog->names[i], s))
			return i;
	return LIT_NONE;
}

int lit_find_thread(const struct litmus *prog, const char *name)
{
	for (int i = 0; i < prog->nr_threads; i++)
		if (!strcmp(prog->threads[i].name, name))
			return i;
	return LIT_NONE;
}

int lit_find_proc(const struct litmus *prog, const char *name)
{
	for (int i = 0; i < prog->nr_procs; i++)
		if (!strcmp(prog->procs[i].name, name))
			return i;
	return LIT_NONE;
}

struct stmt *stmt_after(struct stmt *s)
{
	while (s) {
		if (s->next)
			return s->next;
		s = s->up;
		if (s && s->kind == STMT_WHILE)
			return s;
	}
	return NULL;
}

static void copy_source(const struct litmus *prog, struct litmus_error *err)
{
	const char *s = prog->text, *end = prog->text + prog->len;
	size_t n = 0;

	for (unsigned line = 1; line < err->line && s < end; s++)
		line += *s == '\n';
	for (; s < end && *s != '\n' && n < sizeof(err->source) - 1; s++) {
		unsigned char c = (unsigned char)*s;

		if (c == '\r')
			continue;
		err->source[n++] = c == '\t' || (c >= ' ' && c < 0x7f) ? (char)c : '?';
	}
	err->source[n] = 0;
}

int lit_error(const struct litmus *prog, struct litmus_error *err, struct pos pos, const char *fmt,
	      ...)
{
	va_list ap;

	if (!err)
		return -EINVAL;
	err->line = pos.line;
	err->col = pos.col;
	va_start(ap, fmt);
	vsnprintf(err->text, sizeof(err->text), fmt, ap);
	va_end(ap);
	err->source[0] = 0;
	if (pos.line)
		copy_source(prog, err);
	return -EINVAL;
}

/* ------------------------------------------------------------- the interface */

static int prog_new(const char *text, size_t len, struct litmus **ret)
{
	struct litmus *prog = calloc(1, sizeof(*prog));

	if (!prog)
		return -ENOMEM;
	prog->text = malloc(len + 1);
	if (!prog->text) {
		free(prog);
		return -ENOMEM;
	}
	if (len)
		memcpy(prog->text, text, len);
	prog->text[len] = 0;
	prog->len = len;
	*ret = prog;
	return 0;
}

int litmus_parse(const char *text, size_t len, struct litmus **ret, struct litmus_error *err)
{
	struct litmus *prog;
	int r;

	if (err)
		memset(err, 0, sizeof(*err));
	if (len > LITMUS_MAX_SIZE) {
		if (err)
			snprintf(err->text, sizeof(err->text), "larger than %u bytes",
				 LITMUS_MAX_SIZE);
		return -EFBIG;
	}
	r = prog_new(text, len, &prog);
	if (r < 0)
		return r;
	r = lit_parse(prog, err);
	if (!r)
		r = lit_check(prog, err);
	if (r < 0) {
		litmus_free(prog);
		return r;
	}
	*ret = prog;
	return 0;
}

int litmus_parse_file(const char *path, struct litmus **ret, struct litmus_error *err)
{
	FILE *f = fopen(path, "re");
	char *buf = NULL;
	size_t n;
	int r;

	if (err)
		memset(err, 0, sizeof(*err));
	if (!f)
		return -errno;
	/* One byte more than allowed tells that it is too large. */
	buf = malloc(LITMUS_MAX_SIZE + 1);
	if (!buf) {
		r = -ENOMEM;
		goto out;
	}
	errno = 0;
	n = fread(buf, 1, LITMUS_MAX_SIZE + 1, f);
	if (ferror(f)) {
		r = errno ? -errno : -EIO;
		goto out;
	}
	r = litmus_parse(buf, n, ret, err);
out:
	free(buf);
	fclose(f);
	return r;
}

void litmus_free(struct litmus *prog)
{
	if (!prog)
		return;
	while (prog->pool) {
		struct pool_chunk *c = prog->pool;

		prog->pool = c->next;
		free(c);
	}
	free(prog->text);
	free(prog);
}

void litmus_print_error(FILE *out, const char *file, const struct litmus_error *err)
{
	if (!err->line) {
		fprintf(out, "%s: %s\n", file, err->text);
		return;
	}
	fprintf(out, "%s:%u:%u: %s\n", file, err->line, err->col, err->text);
	if (!err->source[0] || err->col > sizeof(err->source))
		return;
	fprintf(out, "%s\n", err->source);
	/* Tabs stay tabs, so that the caret stands where the eye expects it. */
	for (unsigned i = 0; i + 1 < err->col; i++) {
		bool tab = i < strlen(err->source) && err->source[i] == '\t';

		fputc(tab ? '\t' : ' ', out);
	}
	fputs("^\n", out);
}

const char *litmus_text(const struct litmus *prog, size_t *len)
{
	*len = prog->len;
	return prog->text;
}

const char *litmus_name(const struct litmus *prog)
{
	return prog->name;
}

const char *litmus_description(const struct litmus *prog)
{
	return prog->desc ? prog->desc : "";
}

const char *litmus_profile(const struct litmus *prog)
{
	return prog->profile;
}

bool litmus_is_sequence(const struct litmus *prog)
{
	return prog->sequence;
}

unsigned litmus_statements(const struct litmus *prog)
{
	return prog->nr_steps;
}

void litmus_hash(const struct litmus *prog, char buf[33])
{
	const unsigned __int128 prime = ((unsigned __int128)1 << 88) + 0x13b;
	unsigned __int128 h =
		((unsigned __int128)0x6c62272e07bb0142ULL << 64) + 0x62b821756295c58dULL;

	for (size_t i = 0; i < prog->len; i++) {
		h ^= (unsigned char)prog->text[i];
		h *= prime;
	}
	for (int i = 0; i < 32; i++)
		buf[i] = "0123456789abcdef"[(unsigned)(h >> (124 - 4 * i)) & 15];
	buf[32] = 0;
}

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * scene.c - who and what of a log has a name in the scenario
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <uffdsim/abi.h>

#include "tools/import/scene.h"
#include "tools/litmus/ast.h"

/* ------------------------------------------------------------------- threads */

int thread_of(struct import *im, int pid)
{
	struct thread *t;

	for (int i = 0; i < im->nr_threads; i++)
		if (im->threads[i].pid == pid && im->threads[i].label[0] == 'T')
			return i;
	if (im->nr_threads == MAX_THREADS) {
		im->full = true;
		return 0;
	}
	t = &im->threads[im->nr_threads];
	t->pid = pid;
	snprintf(t->label, sizeof(t->label), "T%d", im->nr_threads + 1);
	return im->nr_threads++;
}

void new_thread(struct import *im, int pid, int proc)
{
	int i = thread_of(im, pid);

	im->threads[i].proc = proc;
	if (proc)
		snprintf(im->threads[i].label, sizeof(im->threads[i].label), "T%d@c%d", i + 1, proc);
}

void end_init(struct import *im)
{
	im->in_init = false;
	im->now = im->body;
}

void begin_statement(struct import *im, int thread)
{
	if (im->in_init && thread == 0)
		fputs("\t", im->now);
	else
		end_init(im), fprintf(im->now, "\t%s: ", im->threads[thread].label);
}

int owner_now(const struct import *im, int thread)
{
	return im->in_init ? INIT : thread;
}

/* A name as @thread has to write it. */
static void put_name(struct import *im, const char *name, int owner, int thread)
{
	if (owner != INIT && owner != thread)
		fprintf(im->now, "%s:", im->threads[owner].label);
	fputs(name, im->now);
}

void comment(struct import *im, const struct log_call *c, const char *why)
{
	fprintf(im->now, "\t# %.200s", c->text);
	if (c->ret)
		fprintf(im->now, " = %.60s", c->ret);
	fprintf(im->now, "%s%s\n", why ? "  # " : "", why ? why : "");
}

/* -------------------------------------------------------------------- memory */

struct range *range_of(struct import *im, uint64_t addr)
{
	/* The newest first. */
	for (size_t i = im->nr_ranges; i-- > 0;)
		if (addr - im->ranges[i].start < im->ranges[i].len)
			return &im->ranges[i];
	return NULL;
}

void add_range(struct import *im, uint64_t start, uint64_t len, int owner, const char *name)
{
	struct range *r;

	if (im->nr_ranges == MAX_RANGES) {
		im->full = true;
		return;
	}
	r = &im->ranges[im->nr_ranges++];
	*r = (struct range){ .start = start, .len = len, .owner = owner };
	snprintf(r->name, sizeof(r->name), "%s", name);
}

bool known(struct import *im, const char *text)
{
	int64_t n;

	return text && log_number(text, &n) && range_of(im, (uint64_t)n);
}

void put_address(struct import *im, const char *text, int thread)
{
	struct range *r;
	int64_t n = 0;

	log_number(text, &n);
	r = range_of(im, (uint64_t)n);
	if (!r) {
		fprintf(im->now, "0x%" PRIx64, (uint64_t)n);
		return;
	}
	put_name(im, r->name, r->owner, thread);
	if ((uint64_t)n != r->start)
		fprintf(im->now, "+0x%" PRIx64, (uint64_t)n - r->start);
}

/* Addresses that an ioctl of a userfaultfd names; false after the last. */
static bool ioctl_address(const struct log_call *c, int i, uint64_t *addr, uint64_t *len)
{
	static const char *const names[] = { "start", "dst", "src" };
	char buf[64];
	int64_t n;

	if (strcmp(c->name, "ioctl") || !c->args[1] || !c->args[2] || i > 2 ||
	    (strncmp(c->args[1], "UFFDIO_", 7) && strcmp(c->args[1], "PAGEMAP_SCAN")))
		return false;
	*addr = *len = 0;
	if (log_field(c->args[2], names[i], buf, sizeof(buf)) && log_number(buf, &n))
		*addr = (uint64_t)n;
	if (log_field(c->args[2], "len", buf, sizeof(buf)) && log_number(buf, &n))
		*len = (uint64_t)n;
	return true;
}

bool is_watched(const struct import *im, uint64_t start, uint64_t len)
{
	uint64_t addr, n;

	for (size_t k = 0; k < im->log.nr; k++)
		for (int i = 0; ioctl_address(&im->log.v[k], i, &addr, &n); i++)
			if (addr && addr < start + len && addr + (n ? n : 1) > start)
				return true;
	return false;
}

/* Does an mmap or mremap of the log give this address? */
static bool is_mapped_in_log(const struct import *im, uint64_t addr)
{
	for (size_t k = 0; k < im->log.nr; k++) {
		const struct log_call *c = &im->log.v[k];
		bool map = !strcmp(c->name, "mmap"), remap = !strcmp(c->name, "mremap");
		int64_t len = 0;

		if (!(map || remap) || c->failed || !c->args[2])
			continue;
		/* Files of the file system are not part of a scenario. */
		if (map && c->args[4] && strcmp(c->args[4], "-1") && !strstr(c->args[3], "SHARED"))
			continue;
		log_number(c->args[map ? 1 : 2], &len);
		if (addr - (uint64_t)c->value < (uint64_t)len)
			return true;
	}
	return false;
}

void add_older_memory(struct import *im)
{
	uint64_t addr, len;
	char name[NAME_SIZE];

	for (size_t k = 0; k < im->log.nr; k++) {
		for (int i = 0; ioctl_address(&im->log.v[k], i, &addr, &len); i++) {
			uint64_t start = addr & PAGE_MASK, end;

			if (!addr || range_of(im, addr) || is_mapped_in_log(im, addr) ||
			    len > 1u << 30)
				continue;
			end = (addr + (len ? len : 1) + PAGE_SIZE - 1) & PAGE_MASK;
			snprintf(name, sizeof(name), "M%zu", im->nr_ranges + 1);
			add_range(im, start, end - start, INIT, name);
			fprintf(im->init,
				"\t%s = mmap(NULL, 0x%" PRIx64
				", PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0)"
				"\t# not made in the log\n"
				"\tmemset(%s, 0x11, 0x%" PRIx64 ")\n",
				name, end - start, name, end - start);
		}
	}
}

/* --------------------------------------------------------------------- files */

struct file *file_of(struct import *im, int thread, const char *text)
{
	int64_t n;

	if (!text || !log_number(text, &n) || n < 0 || n >= MAX_FDS)
		return NULL;
	return &im->files[im->threads[thread].proc][n];
}

bool is_kind(struct import *im, int thread, const char *text, enum fd_kind kind)
{
	const struct file *f = file_of(im, thread, text);

	return f && (kind == FD_NONE ? f->kind != FD_NONE : f->kind == kind);
}

void add_file(struct import *im, int thread, int64_t fd, enum fd_kind kind, int owner,
		     const char *expr)
{
	struct file *f;

	if (fd < 0 || fd >= MAX_FDS)
		return;
	f = &im->files[im->threads[thread].proc][fd];
	f->kind = kind;
	f->owner = owner;
	snprintf(f->expr, sizeof(f->expr), "%s", expr);
}

void put_file(struct import *im, int thread, const char *text)
{
	const struct file *f = file_of(im, thread, text);

	if (f && f->kind)
		put_name(im, f->expr, f->owner, thread);
	else
		fputs("-1", im->now);
}

/* --------------------------------------------------------------------- flags */

bool is_flags(const char *text)
{
	uint8_t kind;
	int64_t n;

	while (*text) {
		size_t len = strcspn(text, "|");

		if (!log_number(text, &n) && !constant_find(text, len, &kind, &n))
			return false;
		text += len + (text[len] == '|');
	}
	return true;
}

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * calls.c - a call of a log as a statement
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <uffdsim/abi.h>

#include "tools/import/scene.h"
#include "tools/litmus/ast.h"

/* Places in the arena that no other mapping gets. */
#define MOVED_TO   0x10800000000ULL
#define MOVED_STEP 0x40000000ULL

static bool is_one_of(const char *name, const char *const *names)
{
	for (; *names; names++)
		if (!strcmp(*names, name))
			return true;
	return false;
}

static bool import_mmap(struct import *im, const struct log_call *c, int thread)
{
	int64_t len = 0, addr = 0;
	bool anon, shared;
	char name[NAME_SIZE];

	if (!c->args[5] || c->failed)
		return false;
	log_number(c->args[1], &len);
	log_number(c->args[0], &addr);
	anon = strstr(c->args[3], "MAP_ANONYMOUS");
	shared = is_kind(im, thread, c->args[4], FD_MEMFD);
	if ((!anon && !shared) ||
	    (!shared && !is_watched(im, (uint64_t)c->value, (uint64_t)len)) ||
	    !is_flags(c->args[2]) || !is_flags(c->args[3]))
		return false;
	snprintf(name, sizeof(name), "A%u", ++im->nr_map);
	begin_statement(im, thread);
	fprintf(im->now, "%s = mmap(", name);
	if (strstr(c->args[3], "MAP_FIXED") && range_of(im, (uint64_t)addr))
		put_address(im, c->args[0], thread);
	else
		fputs("NULL", im->now);
	fprintf(im->now, ", %s, %s, %s, ", c->args[1], c->args[2], c->args[3]);
	put_file(im, thread, c->args[4]);
	fprintf(im->now, ", %s)\n", c->args[5]);
	add_range(im, (uint64_t)c->value, (uint64_t)len, owner_now(im, thread), name);
	return true;
}

static bool moved_on_its_own(const struct log_call *c)
{
	int64_t old = 0;

	log_number(c->args[0], &old);
	return !c->failed && c->value != old && !strstr(c->args[3], "MREMAP_FIXED") &&
	       !strstr(c->args[3], "MREMAP_DONTUNMAP");
}

static bool import_mremap(struct import *im, const struct log_call *c, int thread)
{
	char name[NAME_SIZE];
	int64_t len = 0;

	if (!c->args[3] || !known(im, c->args[0]) || !is_flags(c->args[3]))
		return false;
	log_number(c->args[2], &len);
	snprintf(name, sizeof(name), "A%u", ++im->nr_map);
	begin_statement(im, thread);
	fprintf(im->now, "%s = mremap(", name);
	put_address(im, c->args[0], thread);
	fprintf(im->now, ", %s, %s, %s", c->args[1], c->args[2], c->args[3]);
	if (c->args[4] && known(im, c->args[4])) {
		fputs(", ", im->now);
		put_address(im, c->args[4], thread);
	} else if (moved_on_its_own(c)) {
		/* What was behind it is not known; so that it moves here, too: */
		fprintf(im->now, "|MREMAP_FIXED, 0x%" PRIx64,
			(uint64_t)(MOVED_TO + im->nr_map * MOVED_STEP));
	}
	fputs(")\n", im->now);
	if (!c->failed)
		add_range(im, (uint64_t)c->value, (uint64_t)len, owner_now(im, thread), name);
	return true;
}

/* munmap, mprotect, madvise, mlock... on memory of the scenario */
static bool import_range_call(struct import *im, const struct log_call *c, int thread)
{
	if (!c->args[1] || !known(im, c->args[0]) || (c->args[2] && !is_flags(c->args[2])))
		return false;
	begin_statement(im, thread);
	fprintf(im->now, "%s(", c->name);
	put_address(im, c->args[0], thread);
	fprintf(im->now, ", %s", c->args[1]);
	if (c->args[2])
		fprintf(im->now, ", %s", c->args[2]);
	fputs(")\n", im->now);
	return true;
}

static void open_as(struct import *im, const struct log_call *c, int thread, enum fd_kind kind,
		    char letter, unsigned *count, const char *call)
{
	char name[NAME_SIZE];

	snprintf(name, sizeof(name), "%c%u", letter, ++*count);
	begin_statement(im, thread);
	fprintf(im->now, "%s = %s\n", name, call);
	if (!c->failed)
		add_file(im, thread, c->value, kind, owner_now(im, thread), name);
}

static bool import_open(struct import *im, const struct log_call *c, int thread)
{
	char call[200];
	bool at = !strcmp(c->name, "openat");
	const char *path = c->args[at], *flags = c->args[at + 1];

	if (!path || !flags || !is_flags(flags))
		return false;
	snprintf(call, sizeof(call), "open(%.80s, %.80s)", path, flags);
	if (!strcmp(path, "\"/dev/userfaultfd\""))
		open_as(im, c, thread, FD_DEV, 'u', &im->nr_uffd, call);
	else if (!strcmp(path, "\"/proc/self/pagemap\""))
		open_as(im, c, thread, FD_PAGEMAP, 'u', &im->nr_uffd, call);
	else
		return false;
	return true;
}

static bool import_making(struct import *im, const struct log_call *c, int thread)
{
	char call[200];

	if (!c->args[0])
		return false;
	if (!strcmp(c->name, "userfaultfd")) {
		snprintf(call, sizeof(call), "userfaultfd(%.100s)", c->args[0]);
		if (!is_flags(c->args[0]))
			return false;
		open_as(im, c, thread, FD_UFFD, 'u', &im->nr_uffd, call);
		return true;
	}
	if (strcmp(c->name, "memfd_create") || !c->args[1] || !is_flags(c->args[1]))
		return false;
	snprintf(call, sizeof(call), "memfd_create(%.80s, %.80s)", c->args[0], c->args[1]);
	open_as(im, c, thread, FD_MEMFD, 'f', &im->nr_memfd, call);
	return true;
}

static void import_fork(struct import *im, const struct log_call *c, int thread)
{
	int proc;

	if (c->failed || c->value <= 0 || im->nr_procs == MAX_PROCS) {
		comment(im, c, NULL);
		return;
	}
	proc = im->nr_procs++;
	end_init(im);
	snprintf(im->procs[proc], sizeof(im->procs[proc]), "c%d", proc);
	begin_statement(im, thread);
	fprintf(im->now, "%s = fork()\n", im->procs[proc]);
	memcpy(im->files[proc], im->files[im->threads[thread].proc], sizeof(im->files[proc]));
	new_thread(im, (int)c->value, proc);
}

static bool import_clone(struct import *im, const struct log_call *c, int thread)
{
	bool process = !strcmp(c->name, "fork") || !strcmp(c->name, "vfork") ||
		       !strstr(c->text, "CLONE_VM");

	if (process) {
		import_fork(im, c, thread);
	} else if (strstr(c->text, "CLONE_THREAD") && c->value > 0) {
		end_init(im);
		new_thread(im, (int)c->value, im->threads[thread].proc);
	} else {
		comment(im, c, "shares its memory: not imported");
	}
	return true;
}

/* ------------------------------------------------------------------- ioctls */

static const char *const modes[] = { "mode", "flags", "max_pages", "category_inverted",
				     "category_mask", "category_anyof_mask", "return_mask",
				     "vec_len", NULL };

static bool put_ioctl_fields(struct import *im, const struct log_call *c, int thread)
{
	const char *arg = c->args[2], *sep = "";
	char buf[512], start[64], len[64];

	if (strstr(arg, "range={") || (log_field(arg, "start", start, 64) && !strstr(arg, "end="))) {
		if (!log_field(arg, "start", start, sizeof(start)) ||
		    !log_field(arg, "len", len, sizeof(len)))
			return false;
		fputs("range={", im->now);
		put_address(im, start, thread);
		fprintf(im->now, ", %s}", len);
		sep = ", ";
	} else {
		static const char *const addresses[] = { "dst", "src", "start", "end", NULL };

		for (int i = 0; addresses[i]; i++) {
			if (!log_field(arg, addresses[i], buf, sizeof(buf)))
				continue;
			fprintf(im->now, "%s%s=", sep, addresses[i]);
			put_address(im, buf, thread);
			sep = ", ";
		}
		if (log_field(arg, "len", buf, sizeof(buf)))
			fprintf(im->now, "%slen=%s", sep, buf), sep = ", ";
	}
	for (int i = 0; modes[i]; i++)
		if (log_field(arg, modes[i], buf, sizeof(buf)))
			fprintf(im->now, "%s%s=%s", sep, modes[i], buf), sep = ", ";
	return true;
}

static bool has_known_words(const char *arg)
{
	char buf[512];

	for (int i = 0; modes[i]; i++)
		if (log_field(arg, modes[i], buf, sizeof(buf)) && !is_flags(buf))
			return false;
	return !log_field(arg, "features", buf, sizeof(buf)) || is_flags(buf);
}

static bool import_ioctl(struct import *im, const struct log_call *c, int thread)
{
	const struct ioctl_desc *d;
	char buf[512];

	if (!c->args[2] || !is_kind(im, thread, c->args[0], FD_NONE))
		return false;
	d = ioctl_find(c->args[1], strlen(c->args[1]));
	if (d && d->id == IOC_NEW && is_flags(c->args[2])) {
		char name[NAME_SIZE];

		snprintf(name, sizeof(name), "u%u", ++im->nr_uffd);
		begin_statement(im, thread);
		fprintf(im->now, "%s = ioctl(", name);
		put_file(im, thread, c->args[0]);
		fprintf(im->now, ", USERFAULTFD_IOC_NEW, %s)\n", c->args[2]);
		if (!c->failed)
			add_file(im, thread, c->value, FD_UFFD, owner_now(im, thread), name);
		return true;
	}
	if (!d || *c->args[2] != '{' || !has_known_words(c->args[2])) {
		comment(im, c, "strace did not print its structure");
		return true;
	}
	begin_statement(im, thread);
	fputs("ioctl(", im->now);
	put_file(im, thread, c->args[0]);
	fprintf(im->now, ", %s, {", c->args[1]);
	if (d->id == IOC_API) {
		fputs("api=UFFD_API, features=", im->now);
		fputs(log_field(c->args[2], "features", buf, sizeof(buf)) ? buf : "0", im->now);
	} else {
		put_ioctl_fields(im, c, thread);
	}
	fputs("})\n", im->now);
	return true;
}

/* ------------------------------------------------------------------ any of them */

static bool import_file_call(struct import *im, const struct log_call *c, int thread)
{
	struct file *f = file_of(im, thread, c->args[0]);

	if (!f || !f->kind)
		return false;
	for (int i = 1; i < CALL_ARGS && c->args[i]; i++)
		if (!is_flags(c->args[i]))
			return false;
	begin_statement(im, thread);
	fprintf(im->now, "%s(", c->name);
	put_file(im, thread, c->args[0]);
	for (int i = 1; i < CALL_ARGS && c->args[i]; i++)
		fprintf(im->now, ", %s", c->args[i]);
	fputs(")\n", im->now);
	if (!strcmp(c->name, "close"))
		f->kind = FD_NONE;
	return true;
}

bool import_call(struct import *im, const struct log_call *c, int thread)
{
	static const char *const range_calls[] = { "munmap", "mprotect", "madvise", "mlock",
						   "mlock2", "munlock", "mseal", NULL };
	static const char *const file_calls[] = { "close", "ftruncate", "fallocate", NULL };
	static const char *const clones[] = { "clone", "clone3", "fork", "vfork", NULL };

	if (!strcmp(c->name, "mmap"))
		return import_mmap(im, c, thread);
	if (!strcmp(c->name, "mremap"))
		return import_mremap(im, c, thread);
	if (is_one_of(c->name, range_calls))
		return import_range_call(im, c, thread);
	if (!strcmp(c->name, "userfaultfd") || !strcmp(c->name, "memfd_create"))
		return import_making(im, c, thread);
	if (!strcmp(c->name, "open") || !strcmp(c->name, "openat"))
		return import_open(im, c, thread);
	if (!strcmp(c->name, "ioctl"))
		return import_ioctl(im, c, thread);
	if (!strcmp(c->name, "read"))
		return import_read(im, c, thread);
	if (!strcmp(c->name, "poll") || !strcmp(c->name, "ppoll"))
		return import_poll(im, c, thread);
	if (is_one_of(c->name, file_calls))
		return import_file_call(im, c, thread);
	if (is_one_of(c->name, clones))
		return import_clone(im, c, thread);
	if (!strcmp(c->name, "execve") || !strcmp(c->name, "exit_group")) {
		/* The program before execve() is another one. */
		if (im->nr_uffd)
			comment(im, c, "the model has no end of a process");
		return true;
	}
	return false;
}

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * strace.c - the calls of a log as the statements of a sequence
 *
 * A statement stands where its call began.  Accesses are in no log, but the
 * messages tell of those that faulted: each PAGEFAULT that was read becomes an
 * access by a thread of its own (F1, F2...), before the message is there.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <uffdsim/abi.h>
#include <uffdsim/litmus.h>

#include "tools/import/import.h"
#include "tools/import/log.h"
#include "tools/litmus/ast.h"

#define MAX_RANGES  256
#define MAX_THREADS 28 /* of the language: 30 */
#define MAX_PROCS   16
#define MAX_FDS     1024
#define NAME_SIZE   24

/* Memory of the log that the scenario has. */
struct range {
	uint64_t start, len;
	char name[NAME_SIZE];
	int owner; /* the thread that named it */
};

struct thread {
	int pid, proc; /* pid 0: an inferred access */
	char label[2 * NAME_SIZE];
	bool written;
};

enum fd_kind { FD_NONE, FD_UFFD, FD_DEV, FD_MEMFD, FD_PAGEMAP };

struct file {
	enum fd_kind kind;
	char expr[2 * NAME_SIZE];
	int owner;
};

struct import {
	struct log log;
	FILE *init, *body, *now;
	struct range ranges[MAX_RANGES];
	size_t nr_ranges;
	struct thread threads[MAX_THREADS];
	int nr_threads;
	char procs[MAX_PROCS][NAME_SIZE];
	int nr_procs;
	struct file (*files)[MAX_FDS]; /* by process */
	unsigned nr_uffd, nr_memfd, nr_map, nr_msg, nr_faults, left_out;
	bool in_init, full;
	size_t shown_until;      /* calls before it have their access written */
};

#define INIT (-1)

/* Places in the arena that no other mapping gets. */
#define MOVED_TO   0x10800000000ULL
#define MOVED_STEP 0x40000000ULL

/* ------------------------------------------------------------------- threads */

static int thread_of(struct import *im, int pid)
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

static void new_thread(struct import *im, int pid, int proc)
{
	int i = thread_of(im, pid);

	im->threads[i].proc = proc;
	if (proc)
		snprintf(im->threads[i].label, sizeof(im->threads[i].label), "T%d@c%d", i + 1, proc);
}

static void end_init(struct import *im)
{
	im->in_init = false;
	im->now = im->body;
}

static void begin_statement(struct import *im, int thread)
{
	if (im->in_init && thread == 0)
		fputs("\t", im->now);
	else
		end_init(im), fprintf(im->now, "\t%s: ", im->threads[thread].label);
}

static int owner_now(const struct import *im, int thread)
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

static void comment(struct import *im, const struct log_call *c, const char *why)
{
	fprintf(im->now, "\t# %.200s", c->text);
	if (c->ret)
		fprintf(im->now, " = %.60s", c->ret);
	fprintf(im->now, "%s%s\n", why ? "  # " : "", why ? why : "");
}

/* -------------------------------------------------------------------- memory */

static struct range *range_of(struct import *im, uint64_t addr)
{
	/* The newest first. */
	for (size_t i = im->nr_ranges; i-- > 0;)
		if (addr - im->ranges[i].start < im->ranges[i].len)
			return &im->ranges[i];
	return NULL;
}

static void add_range(struct import *im, uint64_t start, uint64_t len, int owner, const char *name)
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

static bool known(struct import *im, const char *text)
{
	int64_t n;

	return text && log_number(text, &n) && range_of(im, (uint64_t)n);
}

static void put_address(struct import *im, const char *text, int thread)
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

/* Is any of [start, start+len) ever given to a userfaultfd? */
static bool is_watched(const struct import *im, uint64_t start, uint64_t len)
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

/* Memory that a userfaultfd is told of and no mmap made: heap, stack, before the log. */
static void add_older_memory(struct import *im)
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

static struct file *file_of(struct import *im, int thread, const char *text)
{
	int64_t n;

	if (!text || !log_number(text, &n) || n < 0 || n >= MAX_FDS)
		return NULL;
	return &im->files[im->threads[thread].proc][n];
}

static bool is_kind(struct import *im, int thread, const char *text, enum fd_kind kind)
{
	const struct file *f = file_of(im, thread, text);

	return f && (kind == FD_NONE ? f->kind != FD_NONE : f->kind == kind);
}

static void add_file(struct import *im, int thread, int64_t fd, enum fd_kind kind, int owner,
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

static void put_file(struct import *im, int thread, const char *text)
{
	const struct file *f = file_of(im, thread, text);

	if (f && f->kind)
		put_name(im, f->expr, f->owner, thread);
	else
		fputs("-1", im->now);
}

/* --------------------------------------------------------------------- flags */

/* Names that the language knows, numbers; anything else cannot be said. */
static bool is_flags(const char *text)
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

/* -------------------------------------------------------------------- calls */

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

/* ------------------------------------------------------------------ messages */

/* The message that a read() gave. */
static bool message_of(const struct log_call *c, struct uffd_msg *m)
{
	return !strcmp(c->name, "read") && c->args[1] && c->value == (int64_t)sizeof(*m) &&
	       log_bytes(c->args[1], (uint8_t *)m, sizeof(*m)) == sizeof(*m);
}

/* Somebody accessed memory and faulted, or the message would not be there. */
static void infer_access(struct import *im, const struct uffd_msg *m)
{
	uint64_t addr = m->arg.pagefault.address;
	char text[32];
	int thread;

	if (m->event != UFFD_EVENT_PAGEFAULT || !range_of(im, addr) ||
	    im->nr_threads == MAX_THREADS)
		return;
	end_init(im);
	thread = im->nr_threads++;
	im->threads[thread].pid = 0;
	snprintf(im->threads[thread].label, sizeof(im->threads[thread].label), "F%u",
		 ++im->nr_faults);
	begin_statement(im, thread);
	snprintf(text, sizeof(text), "0x%" PRIx64, addr);
	if (m->arg.pagefault.flags & UFFD_PAGEFAULT_FLAG_WRITE) {
		fputs("*(", im->now);
		put_address(im, text, thread);
		fputs(") = 0x22", im->now);
	} else {
		fputs("r = *(", im->now);
		put_address(im, text, thread);
		fputs(")", im->now);
	}
	fputs("\t# inferred from the message\n", im->now);
}

/* The read() that comes after call @i on the same descriptor, of the same process. */
static size_t next_read(struct import *im, size_t i, const char *fd)
{
	int64_t want = -1, have;

	log_number(fd, &want);
	for (size_t k = i + 1; k < im->log.nr; k++)
		if (!strcmp(im->log.v[k].name, "read") && im->log.v[k].args[0] &&
		    log_number(im->log.v[k].args[0], &have) && have == want)
			return k;
	return im->log.nr;
}

/* What a poll() saw is what the next read() gets. */
static void show_access_of(struct import *im, size_t read)
{
	struct uffd_msg m;

	if (read >= im->log.nr || read < im->shown_until || !message_of(&im->log.v[read], &m))
		return;
	infer_access(im, &m);
	im->shown_until = read + 1;
}

static void leave_read(struct import *im, size_t i)
{
	const struct log_call *c = &im->log.v[i];
	int thread = thread_of(im, c->pid);
	struct uffd_msg m;
	char expr[NAME_SIZE * 2];

	if (!is_kind(im, thread, c->args[0], FD_UFFD) || !message_of(c, &m))
		return;
	show_access_of(im, i);
	if (m.event != UFFD_EVENT_FORK)
		return;
	/* Its name was given out when the call began. */
	snprintf(expr, sizeof(expr), "m_%u.fork.ufd", c->enter);
	add_file(im, thread, m.arg.fork.ufd, FD_UFFD, thread, expr);
}

static bool poll_fd(const struct log_call *c, char *buf, size_t size)
{
	return c->args[0] && log_field(c->args[0], "fd", buf, size);
}

static bool import_read(struct import *im, const struct log_call *c, int thread)
{
	if (!is_kind(im, thread, c->args[0], FD_UFFD))
		return false;
	end_init(im);
	begin_statement(im, thread);
	fputs("read(", im->now);
	put_file(im, thread, c->args[0]);
	fprintf(im->now, ", m_%u)\n", c->enter);
	return true;
}

static bool import_poll(struct import *im, const struct log_call *c, int thread)
{
	char fd[32], events[64] = "POLLIN";

	/* With a time limit that passed it did not wait for the event. */
	if (!poll_fd(c, fd, sizeof(fd)) || !is_kind(im, thread, fd, FD_UFFD) || c->value <= 0)
		return false;
	log_field(c->args[0], "events", events, sizeof(events));
	if (!is_flags(events))
		return false;
	end_init(im);
	begin_statement(im, thread);
	fputs("poll(", im->now);
	put_file(im, thread, fd);
	fprintf(im->now, ", %s)\n", events);
	return true;
}

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

/* ------------------------------------------------------------------ the log */

static bool import_call(struct import *im, const struct log_call *c, int thread)
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

/* What a call that ends now tells: accesses, descriptors. */
static void leave_call(struct import *im, size_t i)
{
	const struct log_call *c = &im->log.v[i];
	char fd[32];

	if (!strcmp(c->name, "read"))
		leave_read(im, i);
	else if ((!strcmp(c->name, "poll") || !strcmp(c->name, "ppoll")) && c->value > 0 &&
		 poll_fd(c, fd, sizeof(fd)) && is_kind(im, thread_of(im, c->pid), fd, FD_UFFD))
		show_access_of(im, next_read(im, i, fd));
}

static void enter_call(struct import *im, size_t i)
{
	const struct log_call *c = &im->log.v[i];
	int thread = thread_of(im, c->pid);

	/* What a call that returned at once tells was so before it. */
	if (c->leave == c->enter)
		leave_call(im, i);
	if (c->leave != c->enter && strncmp(c->name, "clone", 5))
		end_init(im);
	if (!import_call(im, c, thread))
		im->left_out++;
}

static void walk_lines(struct import *im)
{
	unsigned last = 0;

	for (size_t i = 0; i < im->log.nr; i++) {
		const struct log_call *c = &im->log.v[i];

		/* Calls that ended since the one before began. */
		for (size_t k = 0; k < i; k++) {
			unsigned leave = im->log.v[k].leave;

			if (leave > last && leave < c->enter && leave != im->log.v[k].enter)
				leave_call(im, k);
		}
		last = c->enter;
		enter_call(im, i);
	}
	for (size_t k = 0; k < im->log.nr; k++)
		if (im->log.v[k].leave > last && im->log.v[k].leave != im->log.v[k].enter)
			leave_call(im, k);
}

/* -------------------------------------------------------------- the scenario */

/* The line of @text that @line is becomes a comment. */
static char *without_line(const char *text, unsigned line, const char *why)
{
	const char *s = text;
	char *ret;

	for (unsigned i = 1; i < line && s; i++) {
		s = strchr(s, '\n');
		s = s ? s + 1 : NULL;
	}
	if (!s || asprintf(&ret, "%.*s\t# left out, %s: %s", (int)(s - text), text, why,
			   s + strspn(s, "\t ")) < 0)
		return NULL;
	return ret;
}

/* What a run finds wrong with the file is taken out. */
static int make_it_run(char **text)
{
	struct litmus_options opt = { 0 };

	for (int i = 0; i < 200; i++) {
		struct litmus_run_result res = { 0 };
		struct litmus_error err = { 0 };
		struct litmus *prog;
		char *next;
		int r = litmus_parse(*text, strlen(*text), &prog, &err);
		bool good;

		if (!r) {
			r = litmus_run(prog, &opt, &res, &err);
			litmus_free(prog);
		}
		good = !r && res.status != LITMUS_BAD;
		if (!r)
			litmus_run_result_fini(&res);
		if (good || (r < 0 && r != -EINVAL))
			return good ? 0 : r;
		next = err.line ? without_line(*text, err.line, err.text) : NULL;
		if (!next)
			return -EINVAL;
		free(*text);
		*text = next;
	}
	return -EINVAL;
}

static char *put_together(struct import *im, const char *name, const char *init, const char *body)
{
	char *text;

	if (asprintf(&text,
		     "uffd %s\n"
		     "\"Imported from a log of strace.  Accesses are in no log: those that userfaultfd\n"
		     " reported are inferred, all others are missing; contents are not the program's.\n"
		     " Mappings lie apart here, where the kernel may have merged them.\"\n\n"
		     "init {\n%s}\n\n"
		     "sequence {\n%s%s}\n",
		     name, init, body,
		     im->full ? "\t# the log has more threads or mappings than a scenario\n" : "") < 0)
		return NULL;
	return text;
}

static int import_with(struct import *im, FILE *out, const char *name, struct import_error *err)
{
	char *init = NULL, *body = NULL, *text = NULL;
	size_t init_size, body_size;
	int r = -ENOMEM;

	im->init = open_memstream(&init, &init_size);
	im->body = open_memstream(&body, &body_size);
	im->files = calloc(MAX_PROCS, sizeof(*im->files));
	if (im->init && im->body && im->files) {
		im->now = im->init;
		im->in_init = true;
		im->nr_procs = 1;
		add_older_memory(im);
		walk_lines(im);
		r = 0;
	}
	if (im->init)
		fclose(im->init);
	if (im->body)
		fclose(im->body);
	if (!r)
		text = put_together(im, name, init, body);
	if (!r && !im->nr_uffd) {
		snprintf(err->text, sizeof(err->text), "no userfaultfd in this log");
		r = -EINVAL;
	}
	if (!r)
		r = text ? make_it_run(&text) : -ENOMEM;
	if (!r)
		fputs(text, out);
	else if (!err->text[0])
		snprintf(err->text, sizeof(err->text), "no scenario came out of this log");
	free(init);
	free(body);
	free(text);
	free(im->files);
	return r;
}

int import_strace(FILE *out, const char *log, const char *name, struct import_error *err)
{
	struct import *im = calloc(1, sizeof(*im));
	int r = im ? log_parse(log, &im->log) : -ENOMEM;

	memset(err, 0, sizeof(*err));
	if (!r) {
		r = import_with(im, out, name, err);
		log_free(&im->log);
	}
	free(im);
	return r;
}

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * messages.c - what a program read of its userfaultfds, and who must have faulted
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <uffdsim/abi.h>

#include "tools/import/scene.h"

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

bool import_read(struct import *im, const struct log_call *c, int thread)
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

bool import_poll(struct import *im, const struct log_call *c, int thread)
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

void leave_call(struct import *im, size_t i)
{
	const struct log_call *c = &im->log.v[i];
	char fd[32];

	if (!strcmp(c->name, "read"))
		leave_read(im, i);
	else if ((!strcmp(c->name, "poll") || !strcmp(c->name, "ppoll")) && c->value > 0 &&
		 poll_fd(c, fd, sizeof(fd)) && is_kind(im, thread_of(im, c->pid), fd, FD_UFFD))
		show_access_of(im, next_read(im, i, fd));
}

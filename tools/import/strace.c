/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * strace.c - the calls of a log as the statements of a sequence
 *
 * A statement stands where its call began.  Accesses are in no log, but the
 * messages tell of those that faulted: each PAGEFAULT that was read becomes an
 * access by a thread of its own (F1, F2...), before the message is there.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <uffdsim/litmus.h>

#include "tools/import/import.h"
#include "tools/import/scene.h"

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

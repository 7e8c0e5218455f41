/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lines.c - a walk by commands, one a line: for scripts, and where there is no terminal
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tools/step/walk.h"

static const char help[] = "THREAD      one step of it\n"
			   "next [N]    N steps (1), as the path says, or of who ran last\n"
			   "back [N]    N steps back (1)\n"
			   "begin, end  to the begin, to the end of the execution\n"
			   "state       threads, locks, memory, queues\n"
			   "diagram     what happened so far\n"
			   "token       the choices up to here, for run --replay\n"
			   "quit\n";

static void print_place(const struct walk *w, FILE *out)
{
	const char *end = walk_end(w);

	fprintf(out, "step %u of %u%s%s\n", walk_place(w), walk_length(w), end ? ": " : "",
		end ? end : "");
}

static void print_state(const struct walk *w, FILE *out)
{
	print_place(w, out);
	walk_print_threads(w, out);
	fputs("locks\n", out);
	walk_print_locks(w, out);
	walk_print_memory(w, out);
	walk_print_queues(w, out);
}

static int next(struct walk *w, unsigned n)
{
	int r = 0, thread;

	while (!r && n-- && (thread = walk_next(w)) >= 0)
		r = walk_step(w, (unsigned)thread);
	return r;
}

static int back(struct walk *w, unsigned n)
{
	return walk_seek(w, n < walk_place(w) ? walk_place(w) - n : 0);
}

/* A thread's name, or -1. */
static int find_thread(const struct walk *w, const char *word)
{
	const char *name;

	for (unsigned i = 1; (name = walk_thread(w, i)); i++)
		if (!strcmp(name, word))
			return (int)i;
	return -1;
}

static int print_token(const struct walk *w, FILE *out)
{
	char *token = walk_token(w);

	if (!token)
		return -ENOMEM;
	fprintf(out, "Token %s\n", token);
	free(token);
	return 0;
}

/* 0, a negative errno, or 1: what this is nobody knows. */
static int command(struct walk *w, FILE *out, const char *word, unsigned n)
{
	int thread = find_thread(w, word), r;

	if (thread >= 0 || !strcmp(word, "next") || !strcmp(word, "back") ||
	    !strcmp(word, "begin") || !strcmp(word, "end")) {
		r = thread >= 0            ? walk_step(w, (unsigned)thread) :
		    !strcmp(word, "next")  ? next(w, n) :
		    !strcmp(word, "back")  ? back(w, n) :
		    !strcmp(word, "begin") ? walk_seek(w, 0) :
					     walk_to_end(w);
		if (r == -EAGAIN) {
			fprintf(out, "%s cannot go on here\n", word);
			return 0;
		}
		print_place(w, out);
		return r;
	}
	if (!strcmp(word, "token"))
		return print_token(w, out);
	if (!strcmp(word, "state"))
		print_state(w, out);
	else if (!strcmp(word, "diagram"))
		walk_print_diagram(w, out, 0);
	else if (!strcmp(word, "help"))
		fputs(help, out);
	else
		return 1;
	return 0;
}

int walk_lines(struct walk *w, FILE *in, FILE *out)
{
	char line[256], word[64];
	int r = 0;

	print_state(w, out);
	while (!r && fgets(line, sizeof(line), in)) {
		unsigned n = 1;

		if (sscanf(line, "%63s %u", word, &n) < 1 || *word == '#')
			continue;
		if (!strcmp(word, "quit"))
			break;
		r = command(w, out, word, n);
		if (r > 0) {
			fprintf(out, "unknown: '%s'; try help\n", word);
			r = 0;
		}
		fflush(out);
	}
	return r;
}

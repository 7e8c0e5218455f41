/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * show.h - an execution as people draw it
 *
 *	litmus_trace --diagram_new()--> rows --diagram_print()--> text, markdown, svg, html
 */
#ifndef SHOW_H
#define SHOW_H

#include <uffdsim/litmus.h>
#include <uffdsim/sim.h>

#include "tools/litmus/text.h"

/** What a row says; a picture gives each its own look. */
enum row_kind {
	ROW_CALL,    /* a statement of the scenario, with its result if nothing came between */
	ROW_RETURN,  /* its result */
	ROW_STEP,    /* a function of the kernel */
	ROW_LOCK,    /* an operation on a lock */
	ROW_BLOCKED, /* cannot go on */
	ROW_WAKE,    /* lets others go on */
	ROW_CHANGE,  /* an entry of a page table changed */
	ROW_HOLDS,   /* what it holds while others go on */
	ROW_FINDING, /* what ended the run */
	ROW_REPEAT,  /* how often the rows above come, in all columns */
	ROW_KINDS,
};

struct row {
	enum row_kind kind;
	int thread; /* of the trace; -1: the machine */
	unsigned depth, column;
	uint32_t wakes; /* ROW_WAKE: columns, as a mask */
	uint64_t step;
	char *text;
};

struct diagram {
	unsigned nr_columns;
	int threads[SIM_MAX_THREADS + 1]; /* of each column */
	char *names[SIM_MAX_THREADS + 1];
	size_t nr_rows;
	struct row *rows;
	char *legend;   /* the letters of entries that occur; NULL if none does */
	char *cycle;    /* who waits for whom at the end, a line each; NULL if nobody does */
	char *sentence; /* what went wrong, or what happened; may be NULL */
};

/** What is drawn, and how much of it. */
struct show_options {
	bool full;         /* also locks that nobody met */
	const char *title; /* "Counterexample:"; may be NULL */
	bool expected;     /* what was found is what the test asks for */
	unsigned width;    /* of the text form, for two columns; 0: 78 */
	char **notes;      /* lines below it: the token, how to replay; NULL-terminated; may be NULL */
};

/** Make a diagram of a run that kept its trace.  NULL without memory.  diagram_free() it. */
struct diagram *diagram_new(const struct litmus *prog, const struct litmus_run_result *run,
			    const struct show_options *opt);
void diagram_free(struct diagram *d);

enum show_format { SHOW_TEXT, SHOW_MARKDOWN, SHOW_SVG, SHOW_HTML };
/** "text", "markdown", "svg", "html"; false for any other word. */
bool show_format_parse(const char *word, enum show_format *ret);

/** Characters that each column takes if two may take @width; @ret has room for all. */
void text_widths(const struct diagram *d, unsigned width, unsigned *ret);
/** Characters of @text that go on one line of @width. */
unsigned text_wrap_at(const char *text, unsigned width);
/** What a row says, with parentheses where it is an aside.  malloc()ed. */
char *row_text(const struct row *r);
/** The columns alone: nothing around them. */
void text_columns(FILE *out, const struct diagram *d, unsigned width);
void text_print(FILE *out, const struct diagram *d, const struct show_options *opt);
void markdown_print(FILE *out, const struct diagram *d, const struct show_options *opt);
void svg_print(FILE *out, const struct diagram *d, const struct show_options *opt);
/** A page holds any number of diagrams, and @text (may be NULL) above them. */
void html_begin(FILE *out, const char *title, const char *text);
void html_print(FILE *out, const struct diagram *d, const struct show_options *opt);
void html_end(FILE *out);

/** What is drawn, as a title: without the colon.  malloc()ed. */
char *title_new(const struct show_options *opt);
/** @text with what XML gives a meaning replaced. */
void xml_escape(FILE *out, const char *text);

/** A trace for ui.perfetto.dev: 0 or a negative errno. */
int perfetto_print(FILE *out, const struct litmus *prog, const struct litmus_run_result *run);

/* Shared by the makers of rows. */

/** "UFFDIO_COPY", "fork()", "*A = 1": what a statement is called in a sentence.  malloc()ed. */
char *statement_name(const char *text);
/** What went wrong, in one sentence; NULL if there is nothing to say.  malloc()ed. */
char *sentence_new(const struct diagram *d, const struct litmus *prog,
		   const struct litmus_run_result *run, const struct show_options *opt);
/** The first circle of threads that wait for each other, as "A -> lock -> B -> A"; or NULL. */
char *cycle_new(const struct litmus_trace *tr);
/** Blocks of rows that come again and again become one and a row that says how often. */
void rows_collapse(struct diagram *d);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * program.h - a scenario as lines of text, one statement each
 *
 * The generator writes lines, the shrinker drops and shortens them; both know
 * nothing of a tree.  The step of a statement is the number of its line.
 */
#ifndef FUZZ_PROGRAM_H
#define FUZZ_PROGRAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PROGRAM_LINES 192
#define PROGRAM_LINE  400
#define PROGRAM_PARTS 6
#define PROGRAM_TEXT  (PROGRAM_LINES * PROGRAM_LINE + 8192)

/** Part 0 is init; of a sequence part 1 has everything, with thread names before colons. */
struct program_line {
	uint8_t part;
	char text[PROGRAM_LINE];
};

struct program {
	char name[64];
	char about[400];     /* description, without quotes */
	char locations[400]; /* "[x; y]" or empty */
	bool threads;
	unsigned nr_parts;            /* init included */
	char part[PROGRAM_PARTS][24]; /* names of threads, from 1 */
	unsigned nr;
	struct program_line line[PROGRAM_LINES];
};

void program_init(struct program *p, const char *name, bool threads);
/** A thread of its own part; its number. */
unsigned program_add_thread(struct program *p, const char *name);
/** A statement, at the end of @part; false if there is no room (or the line is too long). */
bool program_add(struct program *p, unsigned part, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/** Drop lines for which @drop is true; @drop: p->nr flags in the order of the text. */
void program_drop(struct program *p, const bool *drop);
/**
 * program_print - the text of the scenario
 * @buf: PROGRAM_TEXT bytes
 *
 * Sorts the lines by part first, so that p->line[n] is step n.
 * Returns the length.
 */
size_t program_print(struct program *p, char *buf);
/** The step that begins in line @line of the printed text (from 1); -1: none. */
int program_step_at(const struct program *p, unsigned line);
/** The reverse of program_print(), for text that it wrote.  False: it did not. */
bool program_scan(struct program *p, const char *text);

#endif

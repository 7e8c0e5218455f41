/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * script.h - system calls as text, for tables of what mappings become
 *
 * Commands are separated by ';'.  Addresses and lengths are pages, addresses
 * from A0 on.  Each must succeed, or give what follows '=': a number, an errno's
 * name, SEGV or BUS.  Protections are of the letters rwx, or '-'.
 *
 *   m A N PROT [FLAGS]     mmap with MAP_FIXED; FLAGS in hex are added
 *   u A N                  munmap
 *   p A N PROT             mprotect
 *   r A N M FLAGS [TO]     mremap; FLAGS of f FIXED, d DONTUNMAP, m MAYMOVE, or '-'
 *   a A N ADVICE           madvise, by number
 *   w A V [N]              store V to A (to N pages)
 *   l A                    load: gives the byte
 *   o FEATURES             a userfaultfd with these features (hex)
 *   g A N MODE             register, MODE of m, w, r (RWP)
 *   n A N                  unregister
 *   c A N                  UFFDIO_COPY of pages of 0x11
 *   v A N FROM [MODE]      UFFDIO_MOVE to A, MODE in hex; gives the answer field
 *   z A N                  UFFDIO_ZEROPAGE
 *   k A N                  UFFDIO_POISON
 *   x A N MODE             UFFDIO_WRITEPROTECT, 1 or 0
 *   q A N MODE             UFFDIO_RWPROTECT, 1 or 0
 *   e A N                  how many of the pages PAGEMAP_SCAN calls accessed
 *   y                      "4" to /proc/self/clear_refs: nothing is soft-dirty any more
 *   d A                    1 if the page is soft-dirty, else 0
 *   s ON                   swapon (1) or swapoff (0) of a device
 *   f                      fork; what follows a '@' is done by the child
 */
#ifndef TEST_MM_SCRIPT_H
#define TEST_MM_SCRIPT_H

#include "harness.h"

struct script {
	struct world *w;
	const char *text;
	struct process *child;
	struct task_struct *parent, *child_task;
	int uffd;
};

/** Inside a task: run the text of the struct script @arg. */
void script_run(struct task_struct *t, void *arg);

/** A row: the promise, the calls, and what maps and pagemap show then (NULL: not looked at). */
struct script_row {
	const char *promise, *text, *maps, *pagemap;
};

/** Each row in a new world under @profile. */
void script_table(const char *profile, const struct script_row *rows, size_t n);
#define SCRIPT_TABLE(profile, rows) script_table(profile, rows, ARRAY_SIZE(rows))

#endif

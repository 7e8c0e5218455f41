/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * process.h - making and dropping processes
 */
#ifndef MM_PROCESS_H
#define MM_PROCESS_H

#include "mm-model/mm_types.h"

/** A process with an empty mm and @files (which it takes over); NULL without memory or files. */
struct process *process_alloc(struct kernel *k, struct files_struct *files);
/** Its mm must be empty and its files given back. */
void process_free(struct process *p);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * scratch.h - the folder for files that a scenario makes
 */
#ifndef LIVE_SCRATCH_H
#define LIVE_SCRATCH_H

#include <stdbool.h>
#include <stddef.h>

/** Make it, if @dir is "" yet, and write its name there.  False: there is no place. */
bool scratch_begin(char *dir, size_t size);
/** Swap files among what is in it are turned off first. */
void scratch_empty(const char *dir);
void scratch_end(char *dir);

#endif

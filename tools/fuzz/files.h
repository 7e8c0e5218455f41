/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * files.h - files that are either the old or the new ones, never half
 */
#ifndef FUZZ_FILES_H
#define FUZZ_FILES_H

#include <stdio.h>

/** Write a file beside @path and rename it to there.  0 or a negative errno. */
int file_replace(const char *path, void (*write)(FILE *out, void *ctx), void *ctx);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * text.h - words in memory of their own
 */
#ifndef LITMUS_TEXT_H
#define LITMUS_TEXT_H

/** As printf() would print it; NULL without memory.  free() it. */
char *format_text(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#endif

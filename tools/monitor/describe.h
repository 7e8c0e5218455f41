/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * describe.h - calls and their results as a diagram shows them
 */
#ifndef MONITOR_DESCRIBE_H
#define MONITOR_DESCRIBE_H

#include "tools/monitor/program.h"

/** Room for the words of one argument. */
#define WORDS 160

/** A call begins; nothing of it is made unless a trace is kept. */
void describe_call(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/** Its result: "NAME = -EAGAIN" and @more. */
void describe_result(const char *name, int64_t ret, const char *more);
/** The same for a result that is no number. */
void describe_words(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
bool is_described(void);

/* Each fills @buf, of WORDS bytes, and returns it. */
const char *words_place(char *buf, uint64_t addr);
/** "1p" for whole pages. */
const char *words_length(char *buf, uint64_t len);
const char *words_prot(char *buf, uint64_t prot);
const char *words_advice(char *buf, int advice);
const char *words_message(char *buf, const struct uffd_msg *msg);
/** The name of a request, and of its structure what goes in or (@out) comes back. */
const char *words_request(char *buf, uint64_t cmd);
const char *words_argument(char *buf, uint64_t cmd, const void *arg, bool out);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * log.h - an strace log as a list of calls
 */
#ifndef IMPORT_LOG_H
#define IMPORT_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CALL_ARGS 8

struct log_call {
	int pid;
	unsigned enter, leave; /* lines, from 1; leave 0: the log ends before */
	char *name;
	char *args[CALL_ARGS]; /* as printed; NULL behind the last */
	char *text;            /* the call as printed, without its result */
	char *ret;             /* as printed; NULL without one */
	bool failed;
	int64_t value;         /* of ret */
};

struct log {
	struct log_call *v;
	size_t nr;
};

/** Calls in the order in which they began.  0 or -ENOMEM; other lines are passed over. */
int log_parse(const char *text, struct log *ret);
void log_free(struct log *log);

/** The value behind `NAME=` in a printed structure, up to a comma; false: it is not there. */
bool log_field(const char *text, const char *name, char *buf, size_t size);
/** A number as strace prints one. */
bool log_number(const char *text, int64_t *ret);
/** The bytes of a printed string; how many there are. */
size_t log_bytes(const char *text, uint8_t *buf, size_t size);

#endif

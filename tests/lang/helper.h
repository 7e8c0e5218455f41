/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef LANG_HELPER_H
#define LANG_HELPER_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <uffdsim/litmus.h>

/** A scenario that must parse. */
struct litmus *parse(const char *text);
/** LINE:COL: text of the error of a text that must not parse; static buffer. */
const char *parse_error(const char *text);
/** The records of one run; free() them. The last line's status in *status. */
char *run_json(const char *text, enum litmus_status *status);
/** The same with the error as LINE:COL: text in a static buffer. */
const char *run_error(const char *text, enum litmus_status status);
/** herd's summary without the time; free() it. */
char *summary(const char *text, enum litmus_status *status);
/** What explore --json prints without the time. */
char *explore_json(const char *text);

/** A scenario's usual begin: A of two pages, S filled with 0x11, u for @features. */
#define WORLD(features) \
	"uffd t\ninit {\n" \
	"A = mmap(NULL, 2p, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0)\n" \
	"S = mmap(NULL, 1p, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0)\n" \
	"memset(S, 0x11, 1p)\n" \
	"u = userfaultfd(O_CLOEXEC|O_NONBLOCK)\n" \
	"ioctl(u, UFFDIO_API, {api=UFFD_API, features=" features "})\n" \
	"}\n"
#define WORLD_STEPS 5
/** The records from step WORLD_STEPS on. */
const char *after_init(const char *json);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * scene.h - a scenario that is being made of a log
 */
#ifndef IMPORT_SCENE_H
#define IMPORT_SCENE_H

#include <stdio.h>

#include "tools/import/log.h"

#define MAX_RANGES  256
#define MAX_THREADS 28 /* of the language: 30 */
#define MAX_PROCS   16
#define MAX_FDS     1024
#define NAME_SIZE   24

/* Memory of the log that the scenario has. */
struct range {
	uint64_t start, len;
	char name[NAME_SIZE];
	int owner; /* the thread that named it */
};

struct thread {
	int pid, proc; /* pid 0: an inferred access */
	char label[2 * NAME_SIZE];
	bool written;
};

enum fd_kind { FD_NONE, FD_UFFD, FD_DEV, FD_MEMFD, FD_PAGEMAP };

struct file {
	enum fd_kind kind;
	char expr[2 * NAME_SIZE];
	int owner;
};

struct import {
	struct log log;
	FILE *init, *body, *now;
	struct range ranges[MAX_RANGES];
	size_t nr_ranges;
	struct thread threads[MAX_THREADS];
	int nr_threads;
	char procs[MAX_PROCS][NAME_SIZE];
	int nr_procs;
	struct file (*files)[MAX_FDS]; /* by process */
	unsigned nr_uffd, nr_memfd, nr_map, nr_msg, nr_faults, left_out;
	bool in_init, full;
	size_t shown_until; /* calls before it have their access written */
};

#define INIT (-1)

/* Threads, by the pid of the log; the first statement of another than the first ends init. */
int thread_of(struct import *im, int pid);
void new_thread(struct import *im, int pid, int proc);
void end_init(struct import *im);
void begin_statement(struct import *im, int thread);
/** Whose names those are that a statement of @thread makes now. */
int owner_now(const struct import *im, int thread);
/** The call as a comment, and why it is no statement. */
void comment(struct import *im, const struct log_call *c, const char *why);

/* Memory, by the addresses of the log */
struct range *range_of(struct import *im, uint64_t addr);
void add_range(struct import *im, uint64_t start, uint64_t len, int owner, const char *name);
bool known(struct import *im, const char *text);
void put_address(struct import *im, const char *text, int thread);
/** Is any of [start, start+len) ever given to a userfaultfd? */
bool is_watched(const struct import *im, uint64_t start, uint64_t len);
/** Memory that a userfaultfd is told of and no mmap made: heap, stack, before the log. */
void add_older_memory(struct import *im);

/* Descriptors, by the numbers of the log */
struct file *file_of(struct import *im, int thread, const char *text);
/** @kind FD_NONE: of any. */
bool is_kind(struct import *im, int thread, const char *text, enum fd_kind kind);
void add_file(struct import *im, int thread, int64_t fd, enum fd_kind kind, int owner,
	      const char *expr);
void put_file(struct import *im, int thread, const char *text);

/** Names that the language knows, numbers; anything else cannot be said. */
bool is_flags(const char *text);

/* Calls as statements; false: it is none of the scenario's. */
bool import_call(struct import *im, const struct log_call *c, int thread);
bool import_read(struct import *im, const struct log_call *c, int thread);
bool import_poll(struct import *im, const struct log_call *c, int thread);
/** What a call that ends now tells: accesses, descriptors. */
void leave_call(struct import *im, size_t i);

#endif

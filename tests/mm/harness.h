/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * harness.h - a kernel to test, and simulated threads that run C functions
 */
#ifndef TEST_MM_HARNESS_H
#define TEST_MM_HARNESS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "mm-model/userfaultfd.h"

#define RW   (PROT_READ | PROT_WRITE)
#define ANON (MAP_PRIVATE | MAP_ANONYMOUS)
#define A0   ARENA_BASE
#define PAGE(n) (A0 + (n) * PAGE_SIZE)
#define UNTOUCHED INT64_MAX
#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

#define MISSING UFFDIO_REGISTER_MODE_MISSING
#define WP      UFFDIO_REGISTER_MODE_WP
#define EVENTS                                                                             \
	(UFFD_FEATURE_EVENT_FORK | UFFD_FEATURE_EVENT_REMAP | UFFD_FEATURE_EVENT_REMOVE | \
	 UFFD_FEATURE_EVENT_UNMAP)

struct world {
	struct sim *sim;
	struct kernel *k;
	struct profile prof;
	struct process *main;
};

/** A machine with a kernel under @profile; mm_check() after every step. */
struct world *world_new(const char *profile);
/** The same in a machine of one's own making. */
struct world *world_new_in(const char *profile, const struct sim_config *cfg);
void world_free(struct world *w);

/** A thread of @p (NULL: main) that runs @fn(task, arg) on the next world_run(). */
typedef void (*task_fn)(struct task_struct *t, void *arg);
struct sim_thread *world_thread(struct world *w, struct process *p, const char *name, task_fn fn,
				void *arg);
/** Run until nothing moves; asserts that it ended as expected. */
void world_run(struct world *w, enum sim_end expected);
/** One thread, from start to end. */
void world_do(struct world *w, task_fn fn, void *arg);
/** A world of the newest profile for one thread, from beginning to end. */
void in_world(task_fn fn, void *arg);

/** Inside a task: a mapping at a fixed address; asserts success. */
uint64_t map_at(struct task_struct *t, uint64_t addr, unsigned pages, uint64_t prot);
/** Inside a task: a userfaultfd (non-blocking) after the API handshake. */
int uffd_open(struct task_struct *t, uint64_t features);
int64_t uffd_register(struct task_struct *t, int fd, uint64_t start, unsigned pages, uint64_t mode);
int64_t uffd_copy(struct task_struct *t, int fd, uint64_t dst, uint64_t src, unsigned pages,
		  uint64_t mode, int64_t *field);
int64_t uffd_zeropage(struct task_struct *t, int fd, uint64_t start, unsigned pages, int64_t *field);
int64_t uffd_wp(struct task_struct *t, int fd, uint64_t start, unsigned pages, uint64_t mode);
int64_t uffd_unregister(struct task_struct *t, int fd, uint64_t start, unsigned pages);
int64_t uffd_wake(struct task_struct *t, int fd, uint64_t start, unsigned pages);
/** ZEROPAGE, CONTINUE, POISON.  *field as in the others: INT64_MAX if it was not written. */
int64_t uffd_fill(struct task_struct *t, int fd, uint64_t cmd, uint64_t start, unsigned pages,
		  uint64_t mode, int64_t *field);
/**
 * Inside a task: memory under a new userfaultfd with the features *@arg.  Pages 0-3 are
 * registered (MISSING and WP) and written, 4-5 only written, 8-9 registered and empty.
 */
void watched_memory(struct task_struct *t, void *arg);
#define WATCHED_MAPS "0-4 rw- um uw; 4-6 rw-; 8-10 rw- um uw"
/** The next message as text: "fault 1 @2" (flags, page from A0), "remove 0-2", "EAGAIN", ... */
const char *uffd_read(struct task_struct *t, int fd);
/** The same, after poll() said that there is one. */
const char *uffd_wait(struct task_struct *t, int fd);
/** A call gave what its row promises. */
void assert_result(const char *promise, int64_t ret, int64_t expected);
/** A store or load that must succeed. */
void store(struct task_struct *t, uint64_t addr, uint8_t v);
uint8_t load(struct task_struct *t, uint64_t addr);
/** The mappings as "START-END rw- um;..." with addresses in pages from A0. */
const char *maps(struct world *w, struct process *p);
/** pagemap letters of @pages pages from @addr, separated by blanks. */
const char *pagemap(struct world *w, struct process *p, uint64_t addr, unsigned pages);

#endif

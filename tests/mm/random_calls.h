/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * random_calls.h - programs of random system calls on one small piece of memory
 *
 * The tests draw them, long or tiny; this makes a machine of one, ready to run.
 */
#ifndef TEST_MM_RANDOM_CALLS_H
#define TEST_MM_RANDOM_CALLS_H

#include "harness.h"

#if defined(__SANITIZE_ADDRESS__)
#define SLOW 8
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SLOW 8
#endif
#endif
#ifndef SLOW
#define SLOW 1
#endif

enum op {
	LOAD, STORE, MEMSET, COPY, COPY_WP, COPY_DONTWAKE, ZEROPAGE, POISON, CONTINUE, PROTECT,
	UNPROTECT, MOVE, MOVE_HOLES, MOVE_WITHIN, WAKE, REGISTER, REGISTER_WP, UNREGISTER, READ,
	POLL, CLOSE, MUNMAP, MMAP, MPROTECT,
	PROTECT_NONE, MREMAP_AWAY, MREMAP_BACK, MREMAP_STAY, MREMAP_GROW, DONTNEED, FREE, COLD,
	PAGEOUT, GUARD, UNGUARD, POPULATE, COLLAPSE, DONTFORK, WIPEONFORK, FORK, UFFD, UFFD_EVENTS,
	UFFD_SIGBUS, OPEN_DEV, SCAN, SCAN_WP, PIPE_WRITE, PIPE_READ,
	VMSPLICE, MEM_READ, MEM_WRITE, VM_READV, VM_WRITEV, PIN, UNPIN, MLOCK, MUNLOCK, MSEAL,
	SHRINK, EXTEND, PUNCH, ALLOCATE, REMOVE, REGISTER_MINOR, MMAP_FILE, ALIAS_LOAD, ALIAS_STORE,
	NR_OPS,
};

struct call {
	uint8_t op, page, pages, fd;
	bool huge, whole; /* in a program of huge pages; of 2 MiB */
};
#define MAX_CALLS   12
#define MAX_WORKERS 3
struct worker {
	bool in_child; /* of a process that was forked before all else */
	unsigned nr;
	struct call calls[MAX_CALLS];
};

/** Where the calls act: @pages from A0; further away a target and a source. */
struct program {
	uint64_t seed;
	const char *profile;
	unsigned pages, nr;
	bool blocking, registered, wp, source_missing;
	bool swap; /* MADV_PAGEOUT has somewhere to put pages */
	uint8_t file;   /* what lies at A0: MAP_SHARED or MAP_PRIVATE of a memfd, or 0 */
	bool huge; /* the memory and the source are 2 MiB that may be huge pages */
	bool late_fork; /* the child knows the userfaultfd */
	bool tlb; /* processors remember translations */
	bool spurious, killed; /* the first worker is woken without reason; gets a fatal signal */
	uint64_t features;
	unsigned populated, zero, protected; /* masks of pages */
	struct worker w[MAX_WORKERS];
};
#define TARGET(of) (A0 + ((of)->huge ? 2 * PMD_SIZE : 32 * PAGE_SIZE))
#define SOURCE(of) (A0 + ((of)->huge ? 4 * PMD_SIZE : 64 * PAGE_SIZE))
/** A descriptor of /proc/self/pagemap, out of the way of the others. */
#define PAGEMAP_FD 20
/** A pipe, /proc/self/mem and a ring. */
#define PIPE_FD    21
#define MEM_FD     22
#define RING_FD    23
/** A memfd of which A0 is a mapping, if it is one of a file; and a second, shared one. */
#define FILE_FD    24
#define ALIAS      (A0 + 96 * PAGE_SIZE)

/* All that a run changes lies in the arena: so does this. */
struct outcome {
	unsigned done;
	int64_t result[MAX_CALLS];
	unsigned children;
};

/* A program that is ready to go. */
struct ready {
	struct world *world;
	const struct program *p;
	struct process *child;
	struct outcome *out[MAX_WORKERS];
};

/** A number under @n; *x is the generator's state. */
unsigned below(uint64_t *x, unsigned n);
/** One of the profiles, the newest more often than the others. */
const char *random_profile(uint64_t *x);
/** A file for the memory of @p, or none; older kernels cannot write-protect it. */
uint8_t random_file(const struct program *p, uint64_t *x);
/** What lies below the calls: registered how, a file, swap, one program in @huge of huge pages. */
void random_memory(struct program *p, uint64_t *x, unsigned huge);
/** Sometimes a feature that changes how pages are protected; older kernels have none. */
uint64_t random_wp_feature(const struct program *p, uint64_t *x);
/** @op somewhere in the memory of @p. */
struct call random_call(const struct program *p, uint64_t *x, unsigned op);
/** Any that works on the memory of @p. */
unsigned random_op(const struct program *p, uint64_t *x);
void print_program(const struct program *p);
/** A machine with the threads of @p, which must outlive it. */
struct ready make_ready(const struct program *p, bool check_steps);

#endif

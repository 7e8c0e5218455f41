/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * monitor.h - write a userfaultfd protocol in C, and have every order of events tried
 *
 * SYNOPSIS
 *
 *	struct world { uint64_t A, S; int uffd; };
 *
 *	static void setup(struct world *w) { w->A = u_map("A", 1); ... }
 *	static void vcpu(struct world *w) { uffdsim_assert(u_load(w->A) == 0x11, "stale"); }
 *	static void monitor(struct world *w) { ... u_ioctl(w->uffd, UFFDIO_COPY, &copy); }
 *
 *	static const struct uffdsim_test test = {
 *		.name = "postcopy",
 *		.world_size = sizeof(struct world),
 *		.setup = setup,
 *		.threads = { { "vcpu", vcpu }, { "monitor", monitor, UFFDSIM_DAEMON } },
 *	};
 *
 *	assert_uffdsim_passes(&test);              (<uffdsim/cmocka.h>)
 *
 * DESCRIPTION
 *
 *	A test is some threads of a simulated process, each a C function, that make
 *	system calls of a simulated kernel.  uffdsim_explore() runs them under every
 *	schedule that can make a difference, from the state that setup() leaves behind.
 *
 *	Calls have the shape of the system's, with two differences: simulated memory has
 *	addresses (uint64_t), not pointers; and a call that fails returns the negative
 *	errno.  Structures that are passed to ioctl(), read() and poll() are the ABI's
 *	(<uffdsim/abi.h>, which must not be mixed with the system's headers of the same
 *	names), and lie on the caller's stack or in the world.
 *
 * RULES
 *
 *	What the threads share lies in struct world, a type of your own: one object,
 *	rewound between executions.  It belongs to the test and is not copied by fork.
 *	Variables on a thread's stack are its own.  Global and static variables must not
 *	be written: they are not rewound, and uffdsim_explore() refuses a test that does
 *	it (-EINVAL, with the place) where it can see that.
 *
 *	Members of struct world that two threads use are guarded by a u_mutex, or used
 *	through READ_ONCE() and the like, or do not change after setup().
 *
 *	No decision may depend on time, on addresses of the host, or on input.  A thread's
 *	stack is 64 KiB.
 *
 * Nothing here is thread-safe for OS threads, but several may explore at a time.
 */
#ifndef UFFDSIM_MONITOR_H
#define UFFDSIM_MONITOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <uffdsim/abi.h>

#ifdef __cplusplus
extern "C" {
#endif

/* -------------------------------------------------------------------- a test */

struct world; /* defined by you */
typedef void (*uffdsim_fn)(struct world *w);

/** May wait at the end without that being a deadlock: a monitor that serves for ever. */
#define UFFDSIM_DAEMON 1u

struct uffdsim_thread {
	const char *name;
	uffdsim_fn fn;
	unsigned flags;
};
#define UFFDSIM_THREADS 12

struct uffdsim_test {
	const char *name;
	const char *profile;       /**< which kernel, "v5.15+mmap_changing=bool"; NULL: the newest */
	size_t world_size;         /**< sizeof(struct world) */
	const struct world *world; /**< what it begins with; NULL: zeroes */
	uffdsim_fn setup;          /**< runs alone, to its end, before all; may be NULL */
	struct uffdsim_thread threads[UFFDSIM_THREADS + 1]; /**< ends with an empty one */
	/**
	 * Looks at how each execution ended: at @w, and at memory with u_peek().  It calls
	 * nothing but that and uffdsim_assert().  May be NULL.
	 */
	uffdsim_fn finish;
	/** Findings that are no failure, separated by blanks: "unanswered deadlock". */
	const char *allow;
	bool check;              /**< look at the kernel's invariants after every step */
	unsigned preemptions;    /**< not every execution: those with so many preemptions; 0: all */
	uint64_t max_executions; /**< 0: no bound */
	double max_seconds;      /**< 0: no bound */
	uint64_t max_steps;      /**< of an execution, before it counts as endless; 0: 1000 */
};

/** Ends the execution as a finding, "assertion", unless @cond holds; the rest is for printf(). */
#define uffdsim_assert(cond, ...) \
	do { \
		if (!(cond)) \
			uffdsim_fail(__FILE__, __LINE__, #cond, __VA_ARGS__); \
	} while (0)
void uffdsim_fail(const char *file, int line, const char *cond, const char *fmt, ...)
	__attribute__((format(printf, 4, 5), noreturn));

/* --------------------------------------------------------------- exploration */

/**
 * What was found.  Names of findings: "assertion", and the verdicts of `uffdsim help
 * verdicts`: "deadlock", "lost-wakeup", "self-wait", "unanswered", "livelock",
 * "lock-order", "use-after-free", "invariant", "misuse".
 */
struct uffdsim_result {
	bool passed;         /**< nothing was found that the test does not allow */
	bool complete;       /**< every execution was looked at */
	uint64_t executions;
	char *coverage;      /**< "complete", or what cut it, in words */
	char *findings;      /**< their names with the number of executions, a line each; "" if none */
	char *witness;       /**< a diagram of one that failed, for people; NULL if none did */
	char *token;         /**< its schedule; NULL if none did */
	double seconds;
	char error[256];     /**< what is wrong with the test: -EINVAL */
};

/**
 * uffdsim_explore - try every order of events
 *
 * Returns 0 with @res filled in, whatever was found; -EINVAL (an unknown profile, a setup
 * that does not come to its end, something that is not modelled, a global variable that
 * was written; res->error has words); or -ENOMEM.  uffdsim_result_fini() it.
 */
int uffdsim_explore(const struct uffdsim_test *test, struct uffdsim_result *res);
void uffdsim_result_fini(struct uffdsim_result *res);
/** Executions that showed @name. */
uint64_t uffdsim_found(const struct uffdsim_result *res, const char *name);
/** One line for a log: name, kernel, executions, what was found. */
void uffdsim_print_summary(const struct uffdsim_test *test, const struct uffdsim_result *res);

/* -------------------------------------------------------------------- memory */

/** mmap() of @pages pages of private anonymous memory for reading and writing, called @name. */
uint64_t u_map(const char *name, unsigned pages);
/** What the range is called in diagrams; @name is not copied.  Without it addresses are hex. */
void u_name(const char *name, uint64_t addr, uint64_t len);

/** A byte by the processor, which may fault and wait: it (0 to 255), U_SIGBUS or U_SIGSEGV. */
int u_load(uint64_t addr);
/** 0, U_SIGBUS or U_SIGSEGV. */
int u_store(uint64_t addr, uint8_t v);
/** The same for every byte of a range. */
int u_memset(uint64_t addr, uint8_t v, uint64_t len);
#define U_SIGBUS  (-7)
#define U_SIGSEGV (-11)
/** An observer: the byte of the initial process, -1 if the page is not present. */
int u_peek(uint64_t addr);

/* -------------------------------------------------------------- system calls */

int64_t u_mmap(uint64_t addr, uint64_t len, int prot, int flags, int fd, int64_t off);
int64_t u_munmap(uint64_t addr, uint64_t len);
int64_t u_mprotect(uint64_t addr, uint64_t len, int prot);
int64_t u_madvise(uint64_t addr, uint64_t len, int advice);
int64_t u_mremap(uint64_t addr, uint64_t old_len, uint64_t new_len, int flags, uint64_t new_addr);
/**
 * fork() returns once, in the parent: the child begins in @fn, as thread @name, with the
 * same @w.  The pid, or a negative errno.
 */
int64_t u_fork(const char *name, uffdsim_fn fn);
int u_userfaultfd(int flags);
int64_t u_ioctl(int fd, unsigned long cmd, void *arg);
/** Messages of a userfaultfd: as many as fit into @len. */
int64_t u_read(int fd, void *buf, size_t len);
/** A @timeout above 0 ends where nothing else can go on: see schedule_timeout() in sim.h. */
int u_poll(struct pollfd *fds, unsigned nr, int timeout);
int u_close(int fd);
int u_memfd_create(const char *name, unsigned flags);
int64_t u_ftruncate(int fd, int64_t len);
int64_t u_fallocate(int fd, int mode, int64_t off, int64_t len);
/** One descriptor for both ends; vmsplice() makes the kernel take references to the pages. */
int u_pipe(void);
int64_t u_vmsplice(int fd, uint64_t addr, uint64_t len, unsigned flags);
/** Between a file and simulated memory. */
int64_t u_read_into(int fd, uint64_t addr, uint64_t len);
int64_t u_write_from(int fd, uint64_t addr, uint64_t len);

/* ------------------------------------------- what the program's threads share */

/**
 * A member of struct world, of any integer type: each use is a scheduling point.  Two that
 * share eight bytes count as one.
 */
#define READ_ONCE(x) \
	__extension__({ \
		uffdsim_shared(&(x), sizeof(x), false, "READ_ONCE", #x); \
		__typeof__((x) + 0) u_read_v = (x); \
		uffdsim_shared_is("READ_ONCE", (long long)u_read_v); \
		u_read_v; \
	})
#define WRITE_ONCE(x, v) \
	__extension__({ \
		__typeof__((x) + 0) u_write_v = (v); \
		uffdsim_shared(&(x), sizeof(x), true, "WRITE_ONCE", #x); \
		(x) = u_write_v; \
		uffdsim_shared_is("WRITE_ONCE", (long long)u_write_v); \
	})
/** Write @v if it is @old; what was found. */
#define CMPXCHG(x, old, v) \
	__extension__({ \
		__typeof__((x) + 0) u_cas_old = (old), u_cas_v = (v), u_cas_now; \
		uffdsim_shared(&(x), sizeof(x), true, "CMPXCHG", #x); \
		u_cas_now = (x); \
		if (u_cas_now == u_cas_old) \
			(x) = u_cas_v; \
		uffdsim_shared_is("CMPXCHG", (long long)u_cas_now); \
		u_cas_now; \
	})
/** Add @n; the sum. */
#define ADD_RETURN(x, n) \
	__extension__({ \
		__typeof__((x) + 0) u_sum_n = (n), u_sum_v; \
		uffdsim_shared(&(x), sizeof(x), true, "ADD_RETURN", #x); \
		(x) = u_sum_v = (x) + u_sum_n; \
		uffdsim_shared_is("ADD_RETURN", (long long)u_sum_v); \
		u_sum_v; \
	})
/** A loop that goes round until @x is @v: a wait that costs nothing. */
#define AWAIT(x, v) uffdsim_await(&(x), sizeof(x), (long long)(v), #x)
void uffdsim_await(const volatile void *p, size_t size, long long v, const char *what);
void uffdsim_shared(const volatile void *p, size_t size, bool write, const char *how,
		    const char *what);
void uffdsim_shared_is(const char *what, long long v);

/** Mutexes and conditions of pthreads; made in setup().  @name is not copied. */
struct u_mutex {
	uint64_t opaque[8];
};
struct u_cond {
	uint64_t opaque[16];
};
void u_mutex_init(struct u_mutex *m, const char *name);
void u_mutex_lock(struct u_mutex *m);
void u_mutex_unlock(struct u_mutex *m);
void u_cond_init(struct u_cond *c, const char *name);
/** Lets go of @m while it waits.  Returns 0. */
int u_cond_wait(struct u_cond *c, struct u_mutex *m);
void u_cond_signal(struct u_cond *c);
void u_cond_broadcast(struct u_cond *c);

#ifdef __cplusplus
}
#endif
#endif

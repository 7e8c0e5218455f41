/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sys.h - system calls without the C library: no errno, no thread-local storage
 */
#ifndef LIVE_SYS_H
#define LIVE_SYS_H

#include <stdint.h>
#include <sys/syscall.h>

#ifndef __x86_64__
#error "live runs are for x86-64"
#endif

/* A value or a negative errno. */
static inline int64_t sys6(long nr, uint64_t a, uint64_t b, uint64_t c, uint64_t d, uint64_t e,
			   uint64_t f)
{
	register uint64_t r10 __asm__("r10") = d;
	register uint64_t r8 __asm__("r8") = e;
	register uint64_t r9 __asm__("r9") = f;
	int64_t ret;

	__asm__ volatile("syscall"
			 : "=a"(ret)
			 : "0"(nr), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
			 : "rcx", "r11", "memory");
	return ret;
}

#define SYS_N(nr, a, b, c, d, e, f, ...) \
	sys6((nr), (uint64_t)(a), (uint64_t)(b), (uint64_t)(c), (uint64_t)(d), (uint64_t)(e), \
	     (uint64_t)(f))
#define SYS(nr, ...) SYS_N(nr, ##__VA_ARGS__, 0, 0, 0, 0, 0, 0)

/** fn(arg) on a new task with its own stack; the new task's id, or a negative errno. */
int64_t live_clone(uint64_t flags, void *stack, void (*fn)(void *), void *arg);

int64_t live_futex_wait(uint32_t *word, uint32_t val, unsigned timeout_us);
void live_futex_wake(uint32_t *word);

/** Open, read as much as fits, close.  The length, or a negative errno. */
int64_t live_read_file(const char *path, char *buf, uint64_t size);

#endif

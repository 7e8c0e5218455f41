/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sys.c - system calls that need more than registers
 */
#include <fcntl.h>
#include <limits.h>
#include <linux/futex.h>
#include <time.h>

#include "tools/live/sys.h"

/*
 * The stack of the caller is in memory that both tasks share, so the new one runs on
 * its own from the first instruction and never returns from here.
 */
__asm__(".pushsection .text\n"
	".globl live_clone\n"
	".hidden live_clone\n"
	".type live_clone, @function\n"
	"live_clone:\n"
	"	andq $-16, %rsi\n"
	"	subq $16, %rsi\n"
	"	movq %rdx, (%rsi)\n"
	"	movq %rcx, 8(%rsi)\n"
	"	xorl %edx, %edx\n"
	"	xorl %r10d, %r10d\n"
	"	xorl %r8d, %r8d\n"
	"	movl $56, %eax\n" /* clone */
	"	syscall\n"
	"	testq %rax, %rax\n"
	"	jz 1f\n"
	"	ret\n"
	"1:	xorl %ebp, %ebp\n"
	"	popq %rax\n"
	"	popq %rdi\n"
	"	call *%rax\n"
	"	ud2\n"
	".size live_clone, . - live_clone\n"
	".popsection\n");

int64_t live_futex_wait(uint32_t *word, uint32_t val, unsigned timeout_us)
{
	struct timespec ts = { timeout_us / 1000000, (long)(timeout_us % 1000000) * 1000 };

	return SYS(SYS_futex, word, FUTEX_WAIT, val, timeout_us ? &ts : NULL);
}

void live_futex_wake(uint32_t *word)
{
	SYS(SYS_futex, word, FUTEX_WAKE, INT_MAX);
}

int64_t live_read_file(const char *path, char *buf, uint64_t size)
{
	int64_t fd = SYS(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC), n = 0, got = 0;

	if (fd < 0)
		return fd;
	while ((uint64_t)got + 1 < size) {
		n = SYS(SYS_read, fd, buf + got, size - 1 - (uint64_t)got);
		if (n <= 0)
			break;
		got += n;
	}
	SYS(SYS_close, fd);
	buf[got] = 0;
	return n < 0 ? n : got;
}

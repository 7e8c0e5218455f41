/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * access.c - loads and stores whose faults are counted and whose signals are caught
 */
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/resource.h>
#include <ucontext.h>

#include "tools/live/run.h"
#include "tools/live/sys.h"

/*
 * Only the instructions between live_access_begin and live_access_end touch the
 * arena.  A signal there goes on at live_access_failed, with its number in rax.
 */
uint64_t live_do_load(const uint8_t *addr);
uint64_t live_do_store(uint8_t *addr, uint64_t byte);
uint64_t live_do_memset(uint8_t *addr, uint64_t byte, uint64_t len);
extern const char live_access_begin[], live_access_end[], live_access_failed[];

#define FAILED      0x100
#define STACK_READY (48u << 10)

/* A sanitizer keeps books in memory of its own, and would fault there. */
#define NOT_WATCHED __attribute__((no_sanitize("address", "undefined")))

__asm__(".pushsection .text\n"
	".balign 64\n"
	".globl live_do_load, live_do_store, live_do_memset\n"
	".globl live_access_begin, live_access_end, live_access_failed\n"
	".hidden live_do_load, live_do_store, live_do_memset\n"
	".hidden live_access_begin, live_access_end, live_access_failed\n"
	"live_access_begin:\n"
	"live_do_load:\n"
	"	movzbl (%rdi), %eax\n"
	"	ret\n"
	"live_do_store:\n"
	"	movb %sil, (%rdi)\n"
	"	xorl %eax, %eax\n"
	"	ret\n"
	"live_do_memset:\n"
	"	movl %esi, %eax\n"
	"	movq %rdx, %rcx\n"
	"	cld\n"
	"	rep stosb\n"
	"	xorl %eax, %eax\n"
	"live_access_end:\n"
	"	ret\n"
	"live_access_failed:\n"
	"	ret\n"
	".popsection\n");

static void NOT_WATCHED on_signal(int sig, siginfo_t *info, void *context)
{
	greg_t *regs = ((ucontext_t *)context)->uc_mcontext.gregs;

	if (regs[REG_RIP] >= (greg_t)live_access_begin && regs[REG_RIP] < (greg_t)live_access_end) {
		regs[REG_RAX] = FAILED + sig;
		regs[REG_RIP] = (greg_t)live_access_failed;
		return;
	}
	/* Not the scenario's doing: end here, with this signal. */
	signal(sig, SIG_DFL);
}

void live_catch_signals(void)
{
	struct sigaction sa = { .sa_sigaction = on_signal,
				.sa_flags = (int)(SA_SIGINFO | SA_NODEFER) };

	sigaction(SIGSEGV, &sa, NULL);
	sigaction(SIGBUS, &sa, NULL);
}

static inline NOT_WATCHED int64_t faults(void)
{
	struct rusage ru;

	SYS(SYS_getrusage, RUSAGE_THREAD, &ru);
	return ru.ru_minflt + ru.ru_majflt;
}

enum how { LOAD, STORE, MEMSET };

/* Everything that the counted stretch needs was used just before, on a byte of our own. */
static uint64_t NOT_WATCHED __attribute__((noinline, aligned(64)))
counted(enum how how, uint8_t *addr, uint64_t byte, uint64_t len, bool *faulted)
{
	uint8_t dummy = 0, *where = &dummy;
	uint64_t ret = 0, n = 1;
	int64_t before = 0, after = 0;

	for (int round = 0; round < 2; round++) {
		before = faults();
		if (how == LOAD)
			ret = live_do_load(where);
		else if (how == STORE)
			ret = live_do_store(where, byte);
		else
			ret = live_do_memset(where, byte, n);
		after = faults();
		where = addr;
		n = len;
	}
	*faulted = after != before;
	return ret;
}

static uint64_t plain(enum how how, uint8_t *addr, uint64_t byte, uint64_t len)
{
	if (how == LOAD)
		return live_do_load(addr);
	return how == STORE ? live_do_store(addr, byte) : live_do_memset(addr, byte, len);
}

static uint64_t perform(struct lit_thread *t, enum how how, uint64_t addr, uint64_t byte,
			uint64_t len, bool *faulted)
{
	uint8_t *p = (uint8_t *)(uintptr_t)addr; // NOLINT(performance-no-int-to-ptr)

	*faulted = false;
	live_prepare(t);
	live_check_user_range(t, t->cur, addr, len);
	if (live_run_of(t->w)->exact_faults)
		return counted(how, p, byte, len, faulted);
	return plain(how, p, byte, len);
}

static enum access_result result(uint64_t r)
{
	return r < FAILED ? ACCESS_OK : r == FAILED + SIGBUS ? ACCESS_SIGBUS : ACCESS_SIGSEGV;
}

enum access_result live_load(struct lit_thread *t, uint64_t addr, uint8_t *byte, bool *faulted)
{
	uint64_t r = perform(t, LOAD, addr, 0, 1, faulted);

	*byte = (uint8_t)r;
	return result(r);
}

enum access_result live_store(struct lit_thread *t, uint64_t addr, uint8_t byte, bool *faulted)
{
	return result(perform(t, STORE, addr, byte, 1, faulted));
}

enum access_result live_memset(struct lit_thread *t, uint64_t addr, uint8_t byte, uint64_t len,
			       bool *faulted)
{
	return result(perform(t, MEMSET, addr, byte, len, faulted));
}

void live_warm_up(struct live_run *run)
{
	uint64_t here = (uint64_t)(uintptr_t)&run & PAGE_MASK;
	bool faulted;

	if (!run->exact_faults)
		return;
	/* Where the frames of signals will lie, however deep the call. */
	SYS(SYS_madvise, here - STACK_READY, STACK_READY, MADV_POPULATE_WRITE);
	/* Nothing can be mapped at the last page of the address space. */
	counted(LOAD, (uint8_t *)(uintptr_t)TASK_SIZE, 0, 1,
		&faulted); // NOLINT(performance-no-int-to-ptr)
}

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * context.h - one stack is left, another entered
 *
 * A context is what a suspended stack needs to go on; it lies on that stack.
 * On x86-64 and AArch64 that is three registers: the compiler is told that all
 * others change, so it keeps what it still wants, in most places nothing.
 * Everywhere else, and where a machine asks for it, _setjmp and _longjmp do the
 * same with what the C library has.
 */
#ifndef SIM_CONTEXT_H
#define SIM_CONTEXT_H

#include <setjmp.h>
#include <stdint.h>

/** What the asm below knows by its place. */
struct registers {
	void *sp, *fp, *pc;
};

#if defined(__x86_64__) && !defined(__ILP32__)
#define HAVE_REGISTERS 1

static inline __attribute__((always_inline)) void registers_switch(struct registers *from,
								   const struct registers *to)
{
	__asm__ volatile("leaq 1f(%%rip), %%rax\n\t"
			 "movq %%rsp, (%0)\n\t"
			 "movq %%rbp, 8(%0)\n\t"
			 "movq %%rax, 16(%0)\n\t"
			 "movq (%1), %%rsp\n\t"
			 "movq 8(%1), %%rbp\n\t"
			 "jmpq *16(%1)\n"
			 "1:"
			 : "+D"(from), "+S"(to)
			 :
			 : "rax", "rbx", "rcx", "rdx", "r8", "r9", "r10", "r11", "r12", "r13", "r14",
			   "r15", "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7",
			   "xmm8", "xmm9", "xmm10", "xmm11", "xmm12", "xmm13", "xmm14", "xmm15", "cc",
			   "memory");
}

/*
 * What they hold is the scheduler's, and may count: compilers save registers that they need
 * not, so it would come to lie on a thread's stack and be taken for something that it knows.
 */
static inline __attribute__((always_inline)) void registers_forget(void)
{
	__asm__ volatile("xorl %%eax, %%eax\n\txorl %%ebx, %%ebx\n\t"
			 "xorl %%ecx, %%ecx\n\txorl %%edx, %%edx\n\t"
			 "xorl %%esi, %%esi\n\txorl %%edi, %%edi\n\t"
			 "xorl %%r8d, %%r8d\n\txorl %%r9d, %%r9d\n\t"
			 "xorl %%r10d, %%r10d\n\txorl %%r11d, %%r11d\n\t"
			 "xorl %%r12d, %%r12d\n\txorl %%r13d, %%r13d\n\t"
			 "xorl %%r14d, %%r14d\n\txorl %%r15d, %%r15d"
			 :
			 :
			 : "rax", "rbx", "rcx", "rdx", "rsi", "rdi", "r8", "r9", "r10", "r11",
			   "r12", "r13", "r14", "r15", "cc");
}

/* As a call leaves it: 8 bytes below a multiple of 16, with no caller. */
static inline void registers_begin(struct registers *r, char *top,
				   void (*entry)(struct registers *from, struct registers *self))
{
	uintptr_t *sp = (uintptr_t *)((uintptr_t)top & ~(uintptr_t)15) - 1;

	*sp = 0;
	*r = (struct registers){ .sp = sp, .pc = (void *)(uintptr_t)entry };
}

#elif defined(__aarch64__)
#define HAVE_REGISTERS 1

static inline __attribute__((always_inline)) void registers_switch(struct registers *from,
								   const struct registers *to)
{
	register struct registers *x0 __asm__("x0") = from;
	register const struct registers *x1 __asm__("x1") = to;

	__asm__ volatile("adr x2, 1f\n\t"
			 "mov x3, sp\n\t"
			 "stp x3, x29, [x0]\n\t"
			 "str x2, [x0, #16]\n\t"
			 "ldp x3, x29, [x1]\n\t"
			 "ldr x2, [x1, #16]\n\t"
			 "mov sp, x3\n\t"
			 "br x2\n"
			 "1:"
			 : "+r"(x0), "+r"(x1)
			 :
			 : "x2", "x3", "x4", "x5", "x6", "x7", "x8", "x9", "x10", "x11", "x12", "x13",
			   "x14", "x15", "x16", "x17", "x19", "x20", "x21", "x22", "x23", "x24", "x25",
			   "x26", "x27", "x28", "x30", "v0", "v1", "v2", "v3", "v4", "v5", "v6", "v7",
			   "v8", "v9", "v10", "v11", "v12", "v13", "v14", "v15", "v16", "v17", "v18",
			   "v19", "v20", "v21", "v22", "v23", "v24", "v25", "v26", "v27", "v28", "v29",
			   "v30", "v31", "cc", "memory");
}

static inline __attribute__((always_inline)) void registers_forget(void)
{
	__asm__ volatile("mov x0, xzr\n\tmov x1, xzr\n\tmov x2, xzr\n\tmov x3, xzr\n\t"
			 "mov x4, xzr\n\tmov x5, xzr\n\tmov x6, xzr\n\tmov x7, xzr\n\t"
			 "mov x8, xzr\n\tmov x9, xzr\n\tmov x10, xzr\n\tmov x11, xzr\n\t"
			 "mov x12, xzr\n\tmov x13, xzr\n\tmov x14, xzr\n\tmov x15, xzr\n\t"
			 "mov x16, xzr\n\tmov x17, xzr\n\tmov x19, xzr\n\tmov x20, xzr\n\t"
			 "mov x21, xzr\n\tmov x22, xzr\n\tmov x23, xzr\n\tmov x24, xzr\n\t"
			 "mov x25, xzr\n\tmov x26, xzr\n\tmov x27, xzr\n\tmov x28, xzr"
			 :
			 :
			 : "x0", "x1", "x2", "x3", "x4", "x5", "x6", "x7", "x8", "x9", "x10", "x11",
			   "x12", "x13", "x14", "x15", "x16", "x17", "x19", "x20", "x21", "x22",
			   "x23", "x24", "x25", "x26", "x27", "x28");
}

static inline void registers_begin(struct registers *r, char *top,
				   void (*entry)(struct registers *from, struct registers *self))
{
	*r = (struct registers){ .sp = (void *)((uintptr_t)top & ~(uintptr_t)15),
				 .pc = (void *)(uintptr_t)entry };
}

#else
#define HAVE_REGISTERS 0

static inline void registers_switch(struct registers *from, const struct registers *to)
{
	(void)from, (void)to;
}

static inline void registers_forget(void)
{
}

static inline void registers_begin(struct registers *r, char *top,
				   void (*entry)(struct registers *from, struct registers *self))
{
	(void)r, (void)top, (void)entry;
}
#endif

#endif

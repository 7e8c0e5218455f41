/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * fiber.c - switching stacks
 *
 * Two ways, one machine uses one of them: registers by hand (context.h), or the
 * C library's _setjmp and _longjmp, whose stacks makecontext() brings to life
 * once; they park in fiber_boot_entry(), where every thread that gets this stack
 * begins.  Neither makes a system call.
 * Sanitizers are told here and nowhere else.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>

#include "sim_internal.h"

#if SIM_ASAN
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#define switch_begin(save, lo, size) __sanitizer_start_switch_fiber(save, lo, size)
#define switch_done(fake, lo, size)  __sanitizer_finish_switch_fiber(fake, lo, size)
#define stack_is_fresh(lo, size)     ASAN_UNPOISON_MEMORY_REGION(lo, size)
#else
#define switch_begin(save, lo, size) ((void)(save), (void)(lo), (void)(size))
#define switch_done(fake, lo, size)  ((void)(fake), (void)(lo), (void)(size))
#define stack_is_fresh(lo, size)     ((void)(lo), (void)(size))
#endif

/* Less than this left is an overflow: the machine's own frames, vsnprintf's above all, need it. */
#define STACK_RESERVE (SIM_ASAN ? 32u << 10 : 8u << 10)

#define ALT_STACK_SIZE (64u << 10)

/* What a signal handler, and an object whose memory is gone, cannot be told. */
static _Thread_local struct sim *running;

struct sim *fiber_running(void)
{
	return running;
}

struct sim *fiber_set_running(struct sim *sim)
{
	struct sim *old = running;

	running = sim;
	return old;
}

/* An address just below the caller's frame, whatever the architecture. */
static __attribute__((noinline)) char *stack_mark(void)
{
	char *p = __builtin_frame_address(0);

	__asm__ volatile("" : "+r"(p) : : "memory");
	return p;
}

static bool by_hand(const struct sim *sim)
{
	return HAVE_REGISTERS && !sim->cfg.portable_fibers;
}

/* Go on at @to; *@self is where this stack goes on, all that it needs lies above *@sp. */
static inline void switch_by_hand(void **self, const void *to, char **sp)
{
	struct registers here;

	*self = &here;
	*sp = stack_mark();
	registers_switch(&here, to);
}

static __attribute__((noinline)) void switch_portable(void **self, void *to, char **sp)
{
	jmp_buf here;

	*self = &here;
	*sp = stack_mark();
	if (!_setjmp(here))
		_longjmp(*(jmp_buf *)to, 1);
}

/* Inlined: each call that returns on another stack than it was made on is one mispredicted. */
static inline void switch_stack(const struct sim *sim, void **self, void *to, char **sp)
{
	if (by_hand(sim))
		switch_by_hand(self, to, sp);
	else
		switch_portable(self, to, sp);
}

/* ------------------------------------------------------------- where threads begin */

static void fiber_entry(struct sim *sim)
{
	switch_done(NULL, &sim->sched_stack, &sim->sched_stack_size);
	thread_main(sim, sim->state->cur);
	fiber_abandon(sim);
}

static void fiber_registers_entry(struct registers *from, struct registers *self)
{
	const struct fiber_slot *slot = (const void *)self; /* first member */

	fiber_entry(slot->sim);
}

static void fiber_boot_entry(unsigned hi, unsigned lo, unsigned id)
{
	struct sim *sim = (void *)((uintptr_t)hi << 32 | lo);
	struct fiber_slot *slot = &sim->slots[id];

	switch_done(NULL, &sim->sched_stack, &sim->sched_stack_size);
	slot->top = __builtin_frame_address(0);
	if (_setjmp(slot->begin.env))
		fiber_entry(sim);
	fiber_abandon(sim);
}

/* Bring a stack to life. */
static int fiber_boot_portable(struct sim *sim, unsigned id)
{
	struct fiber_slot *slot = &sim->slots[id];
	uintptr_t self = (uintptr_t)sim;
	ucontext_t uc;
	jmp_buf here;

	if (getcontext(&uc))
		return -ENOMEM;
	uc.uc_stack.ss_sp = slot->lo;
	uc.uc_stack.ss_size = (size_t)(slot->hi - slot->lo);
	uc.uc_link = NULL;
	makecontext(&uc, (void (*)(void))fiber_boot_entry, 3, (unsigned)(self >> 32),
		    (unsigned)self, id);
	switch_begin(&sim->sched_fake_stack, slot->lo, (size_t)(slot->hi - slot->lo));
	sim->sched_context = &here;
	if (!_setjmp(here))
		setcontext(&uc);
	switch_done(sim->sched_fake_stack, NULL, NULL);
	return 0;
}

static int fiber_boot(struct sim *sim, unsigned id)
{
	struct fiber_slot *slot = &sim->slots[id];

	if (mprotect(slot->lo - SIM_PAGE, SIM_PAGE, PROT_NONE))
		return -ENOMEM;
	slot->sim = sim;
	slot->top = slot->hi;
	/* The addresses may have been another machine's. */
	stack_is_fresh(slot->lo, (size_t)(slot->hi - slot->lo));
	if (!by_hand(sim) && fiber_boot_portable(sim, id))
		return -ENOMEM;
	slot->booted = true;
	return 0;
}

static void fiber_begin(struct sim *sim, struct sim_thread *t)
{
	struct fiber_slot *slot = &sim->slots[t->id];

	t->started = true;
	t->context = &slot->begin;
	stack_is_fresh(slot->lo, (size_t)(slot->top - slot->lo));
	if (by_hand(sim))
		registers_begin(&slot->begin.registers, slot->hi, fiber_registers_entry);
}

/* ------------------------------------------------------------------------ switching */

void fiber_enter(struct sim *sim, struct sim_thread *t)
{
	struct fiber_slot *slot = &sim->slots[t->id];
	char *sp; /* nobody asks where the machine's own stack ends */

	if (unlikely(!slot->booted) && fiber_boot(sim, t->id)) {
		finding_set(sim, SIM_END_BUG, SIM_BUG_NOMEM, "no stack for %s", t->name);
		return;
	}
	if (!t->started)
		fiber_begin(sim, t);
	sim->head.stack_end = slot->lo + STACK_RESERVE;
	switch_begin(&sim->sched_fake_stack, slot->lo, (size_t)(slot->hi - slot->lo));
	registers_forget();
	switch_stack(sim, &sim->sched_context, t->context, &sp);
	switch_done(sim->sched_fake_stack, NULL, NULL);
}

void fiber_leave(struct sim *sim, struct sim_thread *t)
{
	switch_begin(&t->fake_stack, sim->sched_stack, sim->sched_stack_size);
	switch_stack(sim, &t->context, sim->sched_context, &t->sp);
	switch_done(t->fake_stack, &sim->sched_stack, &sim->sched_stack_size);
}

void fiber_abandon(struct sim *sim)
{
	void *here;
	char *sp;

	switch_begin(NULL, sim->sched_stack, sim->sched_stack_size);
	switch_stack(sim, &here, sim->sched_context, &sp);
	__builtin_unreachable();
}

void fiber_check_stack(struct sim *sim, struct sim_thread *t)
{
	char *sp = __builtin_frame_address(0);

	if (unlikely(sp < sim->head.stack_end))
		sim_bug(sim, SIM_BUG_STACK_OVERFLOW, "%s used up its stack of %zu bytes", t->name,
			sim->cfg.stack_size);
}

/* ------------------------------------------------- overflows into the guard */

static bool is_guard(const struct sim *sim, const char *addr)
{
	const struct sim_thread *t = sim->state->cur;
	const struct fiber_slot *slot;

	if (!t)
		return false;
	slot = &sim->slots[t->id];
	return addr >= slot->lo - SIM_PAGE && addr < slot->lo;
}

static void on_segv(int sig, siginfo_t *info, void *context)
{
	struct sim *sim = running;

	if (sim && sim->catches && is_guard(sim, info->si_addr))
		sim_bug(sim, SIM_BUG_STACK_OVERFLOW, "%s overran its stack of %zu bytes",
			sim->state->cur->name, sim->cfg.stack_size);
	/* Not ours: let the access fault again in front of whoever was there before. */
	if (sim && sim->catches)
		sigaction(SIGSEGV, &sim->old_segv, NULL);
	else
		signal(SIGSEGV, SIG_DFL);
}

int sim_catch_stack_overflow(struct sim *sim)
{
	struct sigaction sa = { .sa_sigaction = on_segv };
	stack_t alt = { .ss_size = ALT_STACK_SIZE };

	if (sim->catches)
		return 0;
	alt.ss_sp = malloc(ALT_STACK_SIZE);
	if (!alt.ss_sp)
		return -ENOMEM;
	/* The handler leaves by _longjmp, so the signal must not stay blocked. */
	sa.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER;
	sigemptyset(&sa.sa_mask);
	if (sigaltstack(&alt, NULL) || sigaction(SIGSEGV, &sa, &sim->old_segv)) {
		free(alt.ss_sp);
		return -errno;
	}
	sim->alt_stack = alt.ss_sp;
	sim->catches = true;
	return 0;
}

void fiber_uncatch(struct sim *sim)
{
	stack_t off = { .ss_flags = SS_DISABLE };

	if (!sim->catches)
		return;
	sigaction(SIGSEGV, &sim->old_segv, NULL);
	sigaltstack(&off, NULL);
	free(sim->alt_stack);
	sim->catches = false;
}

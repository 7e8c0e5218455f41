/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * process.c - processes and threads of a scenario
 *
 * The controller forks a fresh main process for every run.  The first task of each
 * process, also of those that the scenario forks, waits for orders to start threads.
 * All of them are in one process group, which ends at once.
 */
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tools/live/run.h"
#include "tools/live/sys.h"

#define MAX_FORKS 64

static void wait_at_gate(struct live_thread *lt)
{
	struct live_run *run = lt->proc->run;
	volatile uint32_t delay = lt->delay;

	if (!run->nr_gate)
		return;
	__atomic_add_fetch(&run->gate, 1, __ATOMIC_SEQ_CST);
	for (unsigned i = 1; __atomic_load_n(&run->gate, __ATOMIC_ACQUIRE) < run->nr_gate; i++) {
		if (i % 2000)
			__builtin_ia32_pause();
		else
			SYS(SYS_sched_yield);
	}
	while (delay)
		delay--;
}

static void run_sequence(struct live_thread *lt)
{
	struct lit_thread *t = lt->t;

	for (;;) {
		uint32_t bell = __atomic_load_n(&lt->bell, __ATOMIC_ACQUIRE);
		const struct stmt *s = __atomic_load_n(&t->mail, __ATOMIC_ACQUIRE);

		if (!s) {
			live_futex_wait(&lt->bell, bell, 0);
			continue;
		}
		lit_run(t, s);
		__atomic_store_n(&t->mail, NULL, __ATOMIC_RELEASE);
		live_event(lt->proc->run);
	}
}

static void thread_main(void *arg)
{
	struct live_thread *lt = arg;
	struct live_run *run = lt->proc->run;

	lt->tid = (pid_t)SYS(SYS_gettid);
	live_warm_up(run);
	__atomic_store_n(&lt->state, LIVE_READY, __ATOMIC_RELEASE);
	if (run->w.prog->sequence && lt->t->index)
		run_sequence(lt);
	if (lt->t->index)
		wait_at_gate(lt);
	lit_run(lt->t, lt->t->decl->body);
	__atomic_store_n(&lt->state, LIVE_ENDED, __ATOMIC_RELEASE);
	live_event(run);
	/* Who ends takes its children along, so nobody ends. */
	for (;;)
		live_futex_wait(&lt->bell, lt->bell, 0);
}

static void pin(struct live_run *run, int index)
{
	uint64_t mask = 1ULL << ((index + run->cpu_first) % run->nr_cpus);

	SYS(SYS_sched_setaffinity, 0, sizeof(mask), &mask);
}

static void start_thread(struct live_proc *proc, int index)
{
	struct live_run *run = proc->run;
	struct live_thread *lt = &run->threads[index];
	void *stack = live_stack(run);
	int64_t r = -ENOMEM;

	/* A new thread inherits where its maker may run. */
	if (run->cpu_first >= 0)
		pin(run, index);
	if (stack)
		r = live_clone(CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD |
				       CLONE_SYSVSEM,
			       stack, thread_main, lt);
	if (r < 0)
		world_bad(&run->w, lt->t->decl->pos, "cannot start thread %s: %s",
			  lt->t->decl->name, errno_name(-r));
}

static void take_orders(void *arg)
{
	struct live_proc *proc = arg;

	for (;;) {
		uint32_t bell = __atomic_load_n(&proc->bell, __ATOMIC_ACQUIRE);
		uint32_t wanted = __atomic_exchange_n(&proc->wanted, 0, __ATOMIC_ACQ_REL);

		for (int i = 0; wanted; i++, wanted >>= 1)
			if (wanted & 1)
				start_thread(proc, i);
		live_futex_wait(&proc->bell, bell, 0);
	}
}

void live_want_thread(struct live_proc *proc, int index)
{
	struct live_run *run = proc->run;
	struct live_thread *lt = &run->threads[index];

	lt->t = &run->w.threads[index];
	lt->proc = proc;
	__atomic_store_n(&lt->state, LIVE_STARTED, __ATOMIC_RELEASE);
	__atomic_or_fetch(&proc->wanted, 1u << index, __ATOMIC_ACQ_REL);
	__atomic_add_fetch(&proc->bell, 1, __ATOMIC_ACQ_REL);
	live_futex_wake(&proc->bell);
}

/* ------------------------------------------------------------------ processes */

static void set_limit(int what, uint64_t n)
{
	struct rlimit rl = { n, n };

	SYS(SYS_setrlimit, what, &rl);
}

static void child_begin(void)
{
	SYS(SYS_prctl, PR_SET_PDEATHSIG, SIGKILL);
}

static void main_begin(struct live_run *run)
{
	SYS(SYS_setpgid, 0, 0);
	child_begin();
	SYS(SYS_close_range, 0, ~0U, 0);
	live_catch_signals();
	signal(SIGXFSZ, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
	set_limit(RLIMIT_CORE, 0);
	set_limit(RLIMIT_FSIZE, 1ULL << 30);
	set_limit(RLIMIT_NOFILE, 256);
#ifndef __SANITIZE_ADDRESS__
	set_limit(RLIMIT_AS, 8ULL << 30);
#endif
	take_orders(&run->main);
}

int live_start(struct live_run *run)
{
	struct live_proc *proc = &run->main;
	pid_t pid;

	proc->run = run;
	proc->index = 0;
	run->w.procs[0].p = proc;
	pid = fork();
	if (pid < 0)
		return -errno;
	if (!pid)
		main_begin(run);
	setpgid(pid, pid);
	proc->pid = pid;
	return 0;
}

void live_kill(struct live_run *run)
{
	pid_t group = run->main.pid;

	if (!group)
		return;
	kill(-group, SIGKILL);
	kill(group, SIGKILL);
	/* Orphans come to this process, which is a subreaper. */
	while (waitpid(-group, NULL, __WALL) > 0 || errno == EINTR)
		;
	run->main.pid = 0;
}

static void forked_main(void *arg)
{
	child_begin();
	take_orders(arg);
}

int64_t live_fork(struct lit_thread *t, const struct stmt *s, struct live_proc **ret)
{
	struct live_run *run = live_run_of(t->w);
	struct live_proc *proc = world_alloc(t->w, sizeof(*proc));
	void *stack = live_stack(run);
	int64_t pid;

	if (!stack || __atomic_add_fetch(&run->forks, 1, __ATOMIC_RELAXED) > MAX_FORKS)
		world_bad(t->w, s->pos, "more than %d processes", MAX_FORKS);
	proc->run = run;
	proc->index = LIT_NONE;
	/* As fork() but for the stack: everything else is copied. */
	pid = live_clone(SIGCHLD, stack, forked_main, proc);
	proc->pid = pid > 0 ? (pid_t)pid : 0;
	*ret = proc;
	return pid;
}

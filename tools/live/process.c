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

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/common_interface_defs.h>
#endif

#include "tools/live/run.h"
#include "tools/live/sys.h"

#define MAX_FORKS  64
#define GATE_SPINS 600

static void wait_at_gate(struct live_thread *lt)
{
	struct live_run *run = lt->proc->run;
	volatile uint32_t delay = lt->delay;

	__atomic_add_fetch(&run->gate, 1, __ATOMIC_SEQ_CST);
	/* On a busy machine somebody may be long in coming. */
	for (unsigned i = 0; i < GATE_SPINS; i++) {
		if (__atomic_load_n(&run->gate, __ATOMIC_ACQUIRE) >= run->nr_gate)
			break;
		__builtin_ia32_pause();
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

/* The kernel's setuid() is of one thread, the language's of the whole process. */
static void become(struct live_thread *lt)
{
	struct live_proc *proc = lt->proc;

	while (lt->nr_uids < __atomic_load_n(&proc->nr_uids, __ATOMIC_ACQUIRE))
		SYS(SYS_setuid, proc->uids[lt->nr_uids++]);
}

static void jitter(struct live_thread *lt)
{
	volatile uint32_t delay;
	uint64_t r;

	if (!lt->random || !lt->t->index)
		return;
	r = lt->random = lt->random * 6364136223846793005ULL + 1442695040888963407ULL;
	if (r >> 62)
		return;
	for (delay = (uint32_t)(r >> 32) % (2u << (r >> 58 & 15) % 12); delay;)
		delay--;
}

void live_prepare(struct lit_thread *t)
{
	struct live_thread *lt = live_thread_of(t);

	become(lt);
	jitter(lt);
}

static void pin(struct live_run *run, struct live_thread *lt)
{
	int want = run->cpu_first < 0 ? 0 : (lt->t->index + run->cpu_first) % run->nr_cpus + 1;
	uint64_t mask = want ? 1ULL << (want - 1) : ~0ULL;

	if (want != lt->pinned)
		SYS(SYS_sched_setaffinity, 0, sizeof(mask), &mask);
	lt->pinned = want;
}

/* What the last round left behind.  Descriptors first: munmap could wait for their readers. */
static void clean_up(void)
{
	SYS(SYS_close_range, 0, ~0U, 0);
	SYS(SYS_munmap, LIVE_ARENA_LOW, LIVE_ARENA_END - LIVE_ARENA_LOW);
}

static void ended(struct live_run *run, struct live_thread *lt)
{
	__atomic_store_n(&lt->state, LIVE_ENDED, __ATOMIC_RELEASE);
	if (!__atomic_sub_fetch(&run->alive, 1, __ATOMIC_ACQ_REL))
		live_event(run);
}

/* init is done: everybody who is there goes to the gate. */
static void open_start(struct live_run *run, uint32_t round)
{
	uint32_t n = 0;

	for (int i = 1; i < run->w.nr_threads; i++)
		n += __atomic_load_n(&run->threads[i].state, __ATOMIC_ACQUIRE) != LIVE_NONE;
	run->nr_gate = n;
	__atomic_store_n(&run->start, round, __ATOMIC_RELEASE);
	live_futex_wake(&run->start);
}

static void run_rounds(struct live_thread *lt)
{
	struct live_run *run = lt->proc->run;
	bool init = !lt->t->index;
	uint32_t *word = init ? &run->round : &run->start, done = 0, round;

	for (;;) {
		while ((round = __atomic_load_n(word, __ATOMIC_ACQUIRE)) == done)
			live_futex_wait(word, done, 0);
		if (init && done)
			clean_up();
		if (!init) {
			pin(run, lt);
			wait_at_gate(lt);
		}
		lit_run(lt->t, lt->t->decl->body);
		done = round;
		if (init && !run->w.prog->sequence)
			open_start(run, round);
		ended(run, lt);
	}
}

static void thread_main(void *arg)
{
	struct live_thread *lt = arg;
	struct live_run *run = lt->proc->run;

	lt->tid = (pid_t)SYS(SYS_gettid);
	live_warm_up(run);
	if (run->w.prog->sequence && lt->t->index)
		run_sequence(lt);
	/* Whose parent ends is killed, so nobody ends. */
	run_rounds(lt);
}

static void start_thread(struct live_proc *proc, int index)
{
	struct live_run *run = proc->run;
	struct live_thread *lt = &run->threads[index];
	void *stack = live_stack(run);
	int64_t r = -ENOMEM;

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
	__atomic_add_fetch(&run->alive, 1, __ATOMIC_ACQ_REL);
	__atomic_store_n(&lt->state, LIVE_STARTED, __ATOMIC_RELEASE);
	__atomic_or_fetch(&proc->wanted, 1u << index, __ATOMIC_ACQ_REL);
	__atomic_add_fetch(&proc->bell, 1, __ATOMIC_ACQ_REL);
	live_futex_wake(&proc->bell);
}

void live_round(struct live_run *run)
{
	__atomic_add_fetch(&run->round, 1, __ATOMIC_ACQ_REL);
	live_futex_wake(&run->round);
}

/* ------------------------------------------------------------------ processes */

static void set_limit(int what, uint64_t n)
{
	struct rlimit rl = { n, n };

	SYS(SYS_setrlimit, what, &rl);
}

static void child_begin(void)
{
#ifdef __SANITIZE_ADDRESS__
	/* Descriptor 2 is the scenario's: nothing may be written there.  Asked for by each process. */
	__sanitizer_set_report_fd((void *)(intptr_t)1023);
#endif
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

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * settle.c - is everything at rest?
 *
 * A thread that is in a statement either runs or sleeps in the kernel.  All are at
 * rest if every one is found asleep, and found so again, not having run in between:
 * then there was a moment, between the two looks, at which all of them slept, and
 * what sleeps is woken by somebody who runs.
 *
 * That leaves sleeps which the kernel itself ends: for the disk, for a grace period, for
 * a worker.  The name of the function that sleeps tells them apart; a lock must be waited
 * for a little longer, and a name not in the tables for much longer.
 */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>

#include "tools/live/run.h"
#include "tools/live/sys.h"

#define FIRST_WAIT_US 60
#define MAX_WAIT_US   2000
#define SPIN_LOOK_MS  50
#define SPIN_MS       300
#define LOCK_MS       30   /* for a lock: whoever holds it is asleep, too, or not of the scenario */
#define TIMER_MS      30   /* for a poll, where some have a time limit: those must be shorter */
#define PATIENCE_MS   1000 /* for a sleep of unknown kind, which the kernel may end */

/* How a thread was found. */
struct look {
	char state;
	uint64_t switches;
	bool endless; /* sleeps where only another thread wakes it */
};

bool live_busy(const struct live_thread *lt)
{
	uint32_t state = __atomic_load_n(&lt->state, __ATOMIC_ACQUIRE);

	if (state == LIVE_NONE)
		return false;
	if (lt->proc->run->w.prog->sequence && lt->t->index)
		return __atomic_load_n(&lt->t->mail, __ATOMIC_ACQUIRE);
	return state != LIVE_ENDED;
}

static uint64_t now_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000 + (uint64_t)ts.tv_nsec / 1000;
}

static uint64_t number_after(const char *text, const char *key)
{
	const char *p = strstr(text, key);

	return p ? strtoull(p + strlen(key), NULL, 10) : 0;
}

/* For how long it must be seen to sleep before it counts as asleep. */
static unsigned patience(const struct live_run *run, pid_t tid)
{
	static const struct {
		const char *name;
		unsigned ms;
	} sleeps[] = {
		/* Until another thread wakes it, or for ever. */
		{ "handle_userfault", 0 },
		{ "userfaultfd_", 0 },
		{ "poll_", 0 },
		{ "do_poll", 0 },
		{ "do_sys_poll", 0 },
		{ "pipe_", 0 },
		{ "anon_pipe_", 0 },
		{ "futex_", 0 },
		{ "rwsem_down_", LOCK_MS },
		{ "__mutex_lock", LOCK_MS },
	};
	char path[64], text[128];

	snprintf(path, sizeof(path), "/proc/%d/wchan", tid);
	if (live_read_file(path, text, sizeof(text)) <= 0)
		return PATIENCE_MS;
	for (size_t i = 0; i < sizeof(sleeps) / sizeof(sleeps[0]); i++)
		if (!strncmp(text, sleeps[i].name, strlen(sleeps[i].name)))
			return run->w.prog->timers && strstr(sleeps[i].name, "poll") ? TIMER_MS :
										       sleeps[i].ms;
	return PATIENCE_MS;
}

static bool look_at(const struct live_thread *lt, struct look *look)
{
	char path[64], text[4096];
	const char *p;

	memset(look, 0, sizeof(*look));
	if (!lt->tid)
		return true; /* on its way */
	snprintf(path, sizeof(path), "/proc/%d/status", lt->tid);
	if (live_read_file(path, text, sizeof(text)) <= 0)
		return false;
	p = strstr(text, "\nState:");
	look->state = p ? p[8] : 0;
	look->switches = number_after(text, "\nvoluntary_ctxt_switches:") +
			 number_after(text, "\nnonvoluntary_ctxt_switches:");
	return look->state != 'Z' && look->state != 'X';
}

static bool task_runs(const char *dir, const char *tid)
{
	char path[96], text[4096];
	const char *p;

	snprintf(path, sizeof(path), "%s/%.20s/status", dir, tid);
	if (live_read_file(path, text, sizeof(text)) <= 0)
		return false;
	p = strstr(text, "\nState:");
	return p && p[8] == 'R';
}

/* Some thread of a process runs, also one that is in no statement: it may hold the lock. */
static bool process_runs(const struct live_proc *proc)
{
	char dir[48];
	struct dirent *e;
	bool ret = false;
	DIR *d;

	if (!proc || !proc->pid)
		return false;
	snprintf(dir, sizeof(dir), "/proc/%d/task", proc->pid);
	d = opendir(dir);
	while (d && !ret && (e = readdir(d)))
		ret = e->d_name[0] != '.' && task_runs(dir, e->d_name);
	if (d)
		closedir(d);
	return ret;
}

static bool any_process_runs(const struct live_run *run)
{
	bool ret = process_runs(&run->main);

	for (int i = 1; i < run->w.prog->nr_procs && !ret; i++)
		ret = process_runs(run->w.procs[i].p);
	return ret;
}

struct looks {
	unsigned nr;
	struct live_thread *who[LIT_MAX_THREADS + 1];
	struct look look[LIT_MAX_THREADS + 1];
	unsigned patience; /* the longest of all, in milliseconds */
};

static void busy_threads(struct live_run *run, struct looks *l)
{
	l->nr = l->patience = 0;
	for (int i = 0; i < run->w.nr_threads; i++)
		if (live_busy(&run->threads[i]))
			l->who[l->nr++] = &run->threads[i];
}

enum verdict { RUNNING, ASLEEP, ASLEEP_SOMEHOW, GONE };

static bool asleep(const struct look *look)
{
	return look->state == 'S' || look->state == 'D';
}

static bool same_threads(struct live_run *run, const struct looks *l)
{
	struct looks now;

	busy_threads(run, &now);
	return now.nr == l->nr && !memcmp(now.who, l->who, now.nr * sizeof(now.who[0]));
}

/* One look at all of them, compared with a second; then nobody has begun in between. */
static enum verdict look_twice(struct live_run *run, struct looks *l, struct live_thread **runs)
{
	struct look again;
	unsigned ms;

	busy_threads(run, l);
	for (unsigned i = 0; i < l->nr; i++) {
		if (!look_at(l->who[i], &l->look[i]))
			return GONE;
		*runs = l->who[i];
		if (!asleep(&l->look[i]))
			return RUNNING;
		ms = patience(run, l->who[i]->tid);
		if (ms > l->patience)
			l->patience = ms;
	}
	for (unsigned i = 0; i < l->nr; i++) {
		if (!look_at(l->who[i], &again))
			return GONE;
		*runs = l->who[i];
		if (!asleep(&again) || again.switches != l->look[i].switches ||
		    !live_busy(l->who[i]))
			return RUNNING;
	}
	if (!same_threads(run, l) || (l->patience >= LOCK_MS && any_process_runs(run)))
		return RUNNING;
	return l->patience ? ASLEEP_SOMEHOW : ASLEEP;
}

static bool main_died(const struct live_run *run)
{
	siginfo_t info = { 0 };

	return !waitid(P_PID, (id_t)run->main.pid, &info, WEXITED | WNOHANG | WNOWAIT) &&
	       info.si_pid;
}

/* Processor time of all of them, in milliseconds. */
static uint64_t sum_cpu(const struct looks *l)
{
	char path[64], text[128];
	uint64_t ret = 0;

	for (unsigned i = 0; i < l->nr; i++) {
		snprintf(path, sizeof(path), "/proc/%d/schedstat", l->who[i]->tid);
		if (l->who[i]->tid && live_read_file(path, text, sizeof(text)) > 0)
			ret += strtoull(text, NULL, 10) / 1000000;
	}
	return ret;
}

static uint64_t sum_switches(const struct looks *l)
{
	uint64_t ret = 0;

	for (unsigned i = 0; i < l->nr; i++)
		ret += l->look[i].switches;
	return ret;
}

/*
 * Short statements: whoever has used so much of a processor will not stop.  What is
 * counted begins when the wait is no longer a short one.
 */
static bool spins(const struct looks *l, uint64_t elapsed_us, uint64_t *base)
{
	uint64_t cpu;

	if (elapsed_us < SPIN_LOOK_MS * 1000)
		return false;
	cpu = sum_cpu(l);
	if (*base == UINT64_MAX)
		*base = cpu;
	return cpu - *base > SPIN_MS;
}

enum live_rest live_settle(struct live_run *run, unsigned limit_ms, bool is_short,
			   struct lit_thread **who)
{
	uint64_t begin = now_us(), patient_since = 0, patient_sum = 0, base = UINT64_MAX;
	unsigned wait = FIRST_WAIT_US;
	struct live_thread *runs = NULL;
	struct looks l;

	*who = NULL;
	for (;;) {
		uint32_t events = __atomic_load_n(&run->events, __ATOMIC_ACQUIRE);
		enum verdict v;

		busy_threads(run, &l);
		if (__atomic_load_n(&run->parked, __ATOMIC_ACQUIRE))
			return LIVE_BAD;
		if (!l.nr)
			return LIVE_AT_REST;
		if (live_futex_wait(&run->events, events, wait) != -ETIMEDOUT)
			continue;
		wait = wait * 2 > MAX_WAIT_US ? MAX_WAIT_US : wait * 2;
		v = look_twice(run, &l, &runs);
		if (v == ASLEEP)
			return LIVE_AT_REST;
		if (v == GONE || main_died(run))
			return LIVE_DIED;
		if (v != ASLEEP_SOMEHOW || sum_switches(&l) != patient_sum) {
			patient_since = now_us();
			patient_sum = v == ASLEEP_SOMEHOW ? sum_switches(&l) : 0;
		} else if (now_us() - patient_since > (uint64_t)l.patience * 1000) {
			return LIVE_AT_REST;
		}
		if (now_us() - begin > (uint64_t)limit_ms * 1000 ||
		    (is_short && spins(&l, now_us() - begin, &base))) {
			*who = runs ? runs->t : NULL;
			return LIVE_HUNG;
		}
	}
}

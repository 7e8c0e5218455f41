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
 * a worker.  The name of the function that sleeps tells them apart; a name not in the
 * table must stay the same for longer.
 */
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
#define PATIENCE_MS   30 /* for a sleep of unknown kind */

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

/* Until another thread wakes it, or for ever. */
static bool waits_for_others(pid_t tid)
{
	static const char *const names[] = {
		"handle_userfault", "userfaultfd_", "poll_",      "do_poll",
		"do_sys_poll",      "pipe_",        "anon_pipe_", "futex_",
	};
	char path[64], text[128];

	snprintf(path, sizeof(path), "/proc/%d/wchan", tid);
	if (live_read_file(path, text, sizeof(text)) <= 0)
		return false;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (!strncmp(text, names[i], strlen(names[i])))
			return true;
	return false;
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

struct looks {
	unsigned nr;
	struct live_thread *who[LIT_MAX_THREADS + 1];
	struct look look[LIT_MAX_THREADS + 1];
};

static void busy_threads(struct live_run *run, struct looks *l)
{
	l->nr = 0;
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
	enum verdict ret = ASLEEP;
	struct look again;

	busy_threads(run, l);
	for (unsigned i = 0; i < l->nr; i++) {
		if (!look_at(l->who[i], &l->look[i]))
			return GONE;
		*runs = l->who[i];
		if (!asleep(&l->look[i]))
			return RUNNING;
		if (!waits_for_others(l->who[i]->tid))
			ret = ASLEEP_SOMEHOW;
	}
	for (unsigned i = 0; i < l->nr; i++) {
		if (!look_at(l->who[i], &again))
			return GONE;
		*runs = l->who[i];
		if (!asleep(&again) || again.switches != l->look[i].switches ||
		    !live_busy(l->who[i]))
			return RUNNING;
	}
	return same_threads(run, l) ? ret : RUNNING;
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
		} else if (now_us() - patient_since > PATIENCE_MS * 1000) {
			return LIVE_AT_REST;
		}
		if (now_us() - begin > (uint64_t)limit_ms * 1000 ||
		    (is_short && spins(&l, now_us() - begin, &base))) {
			*who = runs ? runs->t : NULL;
			return LIVE_HUNG;
		}
	}
}

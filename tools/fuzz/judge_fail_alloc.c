/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * judge_fail_alloc.c - the program again and again, each time with another
 * allocation of the simulated kernel that fails
 *
 * Every failure must be answered as the kernel does (ENOMEM, or the page fault is
 * tried again), keep all invariants, and leave nothing behind.  Calls that promise
 * to do all or nothing must have done nothing.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/fuzz/judge.h"

#define MAX_FAILURES 400
#define RET          16

/* What each statement gave when nothing failed. */
struct plain {
	char ret[PROGRAM_LINES][RET];
};

struct failing {
	const struct plain *plain;
	struct plain *learn; /* NULL: a failure is injected */
	bool seen;           /* the first event after the failure */
	unsigned step;
	char call[48], ret[RET];
};

static const char *ret_of(const struct litmus_event *ev)
{
	return ev->blocked ? "blocked" : ev->ret ? ev->ret : "done";
}

static void watch(void *ctx, const struct litmus_event *ev)
{
	struct failing *f = ctx;

	if (ev->step >= PROGRAM_LINES || ev->skipped)
		return;
	if (f->learn) {
		/* The first word counts: of a statement that was blocked that it was. */
		if (!ev->late)
			snprintf(f->learn->ret[ev->step], RET, "%s", ret_of(ev));
	} else if (ev->failed_alloc && !f->seen) {
		f->seen = true;
		f->step = ev->step;
		snprintf(f->call, sizeof(f->call), "%s%s", ev->call, ev->late ? " (late)" : "");
		snprintf(f->ret, RET, "%s", ret_of(ev));
	}
}

struct attempt {
	const struct litmus *prog;
	const char *profile;
	uint64_t nth;
	struct failing f;
	enum litmus_status status;
	bool reached; /* there was an nth allocation */
};

static int attempt(struct attempt *a, FILE *json, struct verdict *v)
{
	struct litmus_options opt = {
		.profile = a->profile,
		.check = true,
		.leaks = true,
		.skip_blocked = true,
		.fail_alloc = a->nth,
		.watch = watch,
		.watch_ctx = &a->f,
		.json = json,
		.state = json,
	};
	struct litmus_run_result res;
	struct litmus_error err;
	int r = litmus_run(a->prog, &opt, &res, &err);

	if (r)
		return r;
	a->status = res.status;
	a->reached = res.failed_alloc;
	if (res.status == LITMUS_NOT_MET)
		simulator_verdict(&res, &err, v);
	litmus_run_result_fini(&res);
	return 0;
}

/* -------------------------------------------------------------------- results */

/* What the kernel may answer when memory ran out, apart from what it would have anyway. */
static bool is_answer(const char *call, const char *ret)
{
	static const struct {
		const char *call, *ret;
	} others[] = {
		{ "madvise", "-EAGAIN" },           /* flags of a VMA */
		{ "ioctl:UFFDIO_COPY", "-EAGAIN" }, /* some pages were done */
		{ "ioctl:UFFDIO_ZEROPAGE", "-EAGAIN" },
		{ "ioctl:UFFDIO_CONTINUE", "-EAGAIN" },
		{ "ioctl:UFFDIO_POISON", "-EAGAIN" },
		{ "ioctl:UFFDIO_MOVE", "-EAGAIN" },
		{ "ioctl:UFFDIO_COPY", "-EFAULT" }, /* a fault inside the kernel's copy */
		{ "read", "-EFAULT" },
		{ "write", "-EFAULT" },
		{ "process_vm_readv", "-EFAULT" }, /* no page was pinned */
		{ "process_vm_writev", "-EFAULT" },
		{ "pread", "-EIO" }, /* of /proc/self/mem */
		{ "pwrite", "-EIO" },
		{ "mremap", "done" },    /* what it moved from could not be unmapped: it stays */
		{ "mremap", "blocked" }, /* moved back; what it had moved to is unmapped */
		{ "load", "blocked" },   /* tried again, with the page in the cache: MINOR */
		{ "store", "blocked" },
		{ "memset", "blocked" },
		{ "fork", "blocked" },              /* the reader got no descriptor */
		{ "io_uring_register", "-EFAULT" }, /* some pages were pinned */
		{ "mlock", "-EAGAIN" },
		{ "mlock2", "-EAGAIN" },
	};

	if (!strcmp(ret, "-ENOMEM"))
		return true;
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		if (!strcmp(others[i].call, call) && !strcmp(others[i].ret, ret))
			return true;
	return false;
}

/* Lengths may be partial. */
static bool is_plain(const struct failing *f)
{
	const char *plain = f->plain->ret[f->step];

	return !strcmp(plain, f->ret) || strstr(f->call, "(late)") ||
	       (plain[0] >= '0' && plain[0] <= '9' && f->ret[0] >= '0' && f->ret[0] <= '9');
}

/* ------------------------------------------------------------ all or nothing */

static bool all_or_nothing(const struct failing *f)
{
	static const char *const calls[] = { "fork", "userfaultfd", "memfd_create",
					     "pipe", "dup",         "open" };

	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++)
		if (!strcmp(calls[i], f->call))
			return true;
	return false;
}

/* The line {"state":N,...} without its number; NULL: none. */
static const char *state_after(const char *text, unsigned step)
{
	char head[32];
	const char *p;

	snprintf(head, sizeof(head), "{\"state\":%u,", step);
	p = strstr(text, head);
	return p ? p + strlen(head) : NULL;
}

static void check_state(struct attempt *a, struct verdict *v)
{
	char *text = NULL;
	const char *x, *y;
	size_t size;
	FILE *json;

	if (!a->f.step || !all_or_nothing(&a->f))
		return;
	json = open_memstream(&text, &size);
	if (!json)
		return;
	a->f.seen = false;
	attempt(a, json, v);
	fclose(json);
	x = text ? state_after(text, a->f.step - 1) : NULL;
	y = text ? state_after(text, a->f.step) : NULL;
	if (x && y && (strcspn(x, "\n") != strcspn(y, "\n") || memcmp(x, y, strcspn(x, "\n")))) {
		v->kind = VERDICT_FINDING;
		snprintf(v->what, sizeof(v->what), "a call that failed changed the memory");
		snprintf(v->detail, sizeof(v->detail), "before: %.*s\nafter: %.*s",
			 (int)strcspn(x, "\n"), x, (int)strcspn(y, "\n"), y);
	}
	free(text);
}

/* ---------------------------------------------------------------------- judge */

static int fail_nth(struct attempt *a, struct verdict *v)
{
	int r;

	a->f.seen = false;
	r = attempt(a, NULL, v);
	if (r || !a->reached)
		return r;
	if (v->kind == VERDICT_FINE && a->status == LITMUS_MET && a->f.seen) {
		if (!is_answer(a->f.call, a->f.ret) && !is_plain(&a->f)) {
			v->kind = VERDICT_FINDING;
			snprintf(v->what, sizeof(v->what), "%s when memory ran out", a->f.ret);
		} else if (!strcmp(a->f.ret, "-ENOMEM")) {
			check_state(a, v);
		}
	}
	if (v->kind != VERDICT_FINDING)
		return 0;
	v->step = a->f.step;
	if (a->f.seen)
		snprintf(v->call, sizeof(v->call), "%s", a->f.call);
	snprintf(v->command, sizeof(v->command), "uffdsim run --check --fail-alloc %llu %%s",
		 (unsigned long long)a->nth);
	return 0;
}

static int judge(const struct litmus *prog, const struct judge_options *jo, struct plain *plain,
		 struct verdict *v)
{
	uint64_t first = jo->fail_alloc ? jo->fail_alloc : 1;
	uint64_t end = jo->fail_alloc ? first + 1 : MAX_FAILURES;
	struct attempt a = { .prog = prog,
			     .profile = jo->profile,
			     .f = { .plain = plain, .learn = plain } };
	int r = attempt(&a, NULL, v);

	a.f.learn = NULL;
	if (!r && a.status == LITMUS_MET)
		a.reached = true;
	for (a.nth = first; !r && a.reached && v->kind == VERDICT_FINE && a.nth < end; a.nth++)
		r = fail_nth(&a, v);
	return r;
}

int judge_fail_alloc(void *ctx, const char *text, size_t len, struct verdict *v)
{
	const struct judge_options *jo = ctx;
	struct plain *plain;
	struct litmus *prog;
	int r;

	memset(v, 0, sizeof(*v));
	v->kind = VERDICT_BAD;
	if (litmus_parse(text, len, &prog, NULL))
		return 0;
	v->kind = VERDICT_FINE;
	plain = calloc(1, sizeof(*plain));
	r = plain ? judge(prog, jo, plain, v) : -ENOMEM;
	free(plain);
	litmus_free(prog);
	return r == -ENOMEM ? r : 0;
}

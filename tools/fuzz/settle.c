/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * settle.c - run a generated sequence, take out what must not stay, again
 */
#include <stdio.h>
#include <string.h>

#include "tools/fuzz/settle.h"

#define ROUNDS 8

struct round {
	struct program *p;
	struct cover *cover;
	bool drop[PROGRAM_LINES];
	bool again; /* what was dropped had an effect */
};

/* Statement @step got an errno: what takes it for an address means nothing. */
static void no_address(struct round *r, unsigned step)
{
	const char *line = strstr(r->p->line[step].text, ": r"), *end;
	char name[24];

	if (!line || !(end = strstr(line, " = m")))
		return;
	/* "T: r3 = mremap(...)" is T:r3 elsewhere. */
	snprintf(name, sizeof(name), "T:%.*s", (int)(end - line) - 2, line + 2);
	for (unsigned i = step + 1; i < r->p->nr; i++) {
		const char *use = strstr(r->p->line[i].text, name);

		if (use && (use[strlen(name)] < '0' || use[strlen(name)] > '9'))
			r->drop[i] = r->again = true;
	}
}

static void watch(void *ctx, const struct litmus_event *ev)
{
	struct round *r = ctx;

	if (ev->step >= PROGRAM_LINES)
		return;
	if (ev->skipped) {
		r->drop[ev->step] = true;
		return;
	}
	/* A kernel would not wait but try again for ever (avoid.h). */
	if (ev->blocked && strstr(r->p->line[ev->step].text, "MADV_GUARD_INSTALL"))
		r->drop[ev->step] = r->again = true;
	if (ev->lost_huge_pages && strstr(r->p->line[ev->step].text, "mremap"))
		r->drop[ev->step] = r->again = true;
	if (ev->others > 1 && !ev->late)
		r->drop[ev->step] = r->again = true;
	if ((!strcmp(ev->call, "mmap") || !strcmp(ev->call, "mremap")) && ev->ret)
		no_address(r, ev->step);
	if (r->cover)
		cover_event(r->cover, ev);
}

static unsigned take_out(struct round *r)
{
	unsigned n = 0;

	for (unsigned i = 0; i < r->p->nr; i++)
		n += r->drop[i];
	if (n)
		program_drop(r->p, r->drop);
	return n;
}

/* The line of a message; false if it is not one of the program's, or, @body, one of init's. */
static bool take_out_line(struct program *p, unsigned line, bool body)
{
	struct round r = { .p = p };
	int step = program_step_at(p, line);

	if (step < 0 || (body && !p->line[step].part))
		return false;
	r.drop[step] = true;
	take_out(&r);
	return true;
}

enum next { DONE, AGAIN, GIVE_UP };

static enum next judge_run(struct program *p, const struct litmus_run_result *res,
			   const struct litmus_error *err, struct round *r, struct settled *ret)
{
	if (res->status == LITMUS_UNMODELLED || res->status == LITMUS_BAD) {
		ret->unmodelled += res->status == LITMUS_UNMODELLED;
		/* Without what init makes there is little left. */
		if (!take_out_line(p, err->line, true))
			return GIVE_UP;
		ret->dropped++;
		return AGAIN;
	}
	ret->dropped += take_out(r);
	if (res->status == LITMUS_NOT_MET)
		simulator_verdict(res, err, &ret->v);
	return r->again && ret->v.kind == VERDICT_FINE ? AGAIN : DONE;
}

static enum next settle_round(struct program *p, const char *profile, struct cover *cover,
			      const char *text, size_t len, struct settled *ret)
{
	struct round r = { .p = p, .cover = cover };
	struct litmus_options opt = {
		.profile = profile,
		.check = true,
		.leaks = true,
		.skip_blocked = true,
		.watch = watch,
		.watch_ctx = &r,
	};
	struct litmus_run_result res;
	struct litmus_error err;
	struct litmus *prog;
	enum next next;

	if (litmus_parse(text, len, &prog, &err))
		return GIVE_UP;
	memset(&ret->v, 0, sizeof(ret->v));
	if (litmus_run(prog, &opt, &res, &err)) {
		next = GIVE_UP;
	} else {
		next = judge_run(p, &res, &err, &r, ret);
		litmus_run_result_fini(&res);
	}
	litmus_free(prog);
	return next;
}

/* A name whose assignment went must go as well. */
static void drop_orphans(struct program *p, char *text, size_t *len)
{
	struct litmus_error err;
	struct litmus *prog;

	do {
		*len = program_print(p, text);
		if (!litmus_parse(text, *len, &prog, &err)) {
			litmus_free(prog);
			return;
		}
	} while (take_out_line(p, err.line, false));
}

long settle(struct program *p, const char *profile, struct cover *cover, char *text,
	    struct settled *ret)
{
	enum next next = AGAIN;
	size_t len = 0;

	memset(ret, 0, sizeof(*ret));
	for (unsigned i = 0; i < ROUNDS && next == AGAIN; i++) {
		drop_orphans(p, text, &len);
		next = settle_round(p, profile, cover, text, len, ret);
	}
	ret->usable = next == DONE;
	if (ret->usable && ret->dropped)
		drop_orphans(p, text, &len);
	return (long)len;
}

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sequence.c - statement by statement, each when nothing moves any more
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tools/live/engine.h"
#include "tools/live/sys.h"

static int hung(struct machine *m, const struct lit_thread *t)
{
	const struct stmt *s = !t ? NULL : t->cur ? t->cur : t->mail;
	struct pos pos = s ? s->pos : (struct pos){ 0, 0 };

	m->status = LITMUS_NOT_MET;
	free(m->message);
	m->message = format_text("hung: %s does not come to rest%s%s; ended",
				 t ? t->decl->name : "the scenario", s && s->text ? " in " : "",
				 s && s->text ? s->text : "");
	if (!m->message)
		return -ENOMEM;
	lit_error(m->prog, m->err, pos, "%s", m->message);
	return 1;
}

int engine_settle(struct engine *e, struct machine *m)
{
	struct lit_thread *who;
	struct world *w = m->w;

	e->hung = false;
	switch (live_settle(e->run, e->req->limit_ms, !m->prog->sequence, &who)) {
	case LIVE_AT_REST:
		return 0;
	case LIVE_BAD:
		return machine_bad(m, w->bad_pos, "%s", w->bad_text);
	case LIVE_DIED:
		m->status = LITMUS_NOT_MET;
		free(m->message);
		m->message = strdup("a process of the scenario was killed");
		lit_error(m->prog, m->err, (struct pos){ 0, 0 }, "%s", m->message);
		return 1;
	default:
		e->hung = true;
		return hung(m, who);
	}
}

int engine_init_done(struct engine *e, struct machine *m)
{
	const struct lit_thread *init = &m->w->threads[0];

	if (!live_busy(&e->run->threads[0]))
		return 0;
	return machine_bad(m, init->cur ? init->cur->pos : init->decl->pos,
			   "init does not get past this statement");
}

int engine_begin(struct engine *e, struct machine *m)
{
	struct world *w = &e->run->w;
	int r;

	m->w = w;
	r = world_alloc_threads(w);
	if (!r)
		r = live_start(e->run);
	if (r < 0)
		return r;
	for (int i = 0; i < w->nr_threads; i++)
		if (!i || (!m->prog->sequence && !w->threads[i].decl->proc))
			live_want_thread(&e->run->main, i);
	live_round(e->run);
	if (!m->prog->sequence)
		return 0;
	r = engine_settle(e, m);
	if (!r)
		r = records_flush(m);
	return r ? r : engine_init_done(e, m);
}

static bool is_observer(const struct stmt *s)
{
	return s->kind == STMT_CALL && s->call->desc->observer;
}

/* An observer needs no thread of the scenario, and no rights of its. */
static void observe(struct live_run *run, struct lit_thread *t, const struct stmt *s)
{
	jmp_buf out;

	/* Everybody else is at rest. */
	run->engine = &out;
	if (!setjmp(out))
		lit_run(t, s);
	run->engine = NULL;
}

static int issue(struct engine *e, struct machine *m, const struct stmt *s)
{
	struct world *w = m->w;
	struct lit_thread *t = &w->threads[s->thread];
	struct live_thread *lt = &e->run->threads[s->thread];
	int r;

	if (t->mail)
		return machine_bad(m, s->pos, "%s is still blocked in step %u", t->decl->name,
				   t->cur ? t->cur->step : t->mail->step);
	if (!w->procs[t->decl->proc].p)
		return machine_bad(m, s->pos, "there is no process %s", t->decl->pname);
	/* An observer needs no thread of the scenario, and no rights of its. */
	if (is_observer(s)) {
		observe(e->run, t, s);
		if (w->bad)
			return machine_bad(m, w->bad_pos, "%s", w->bad_text);
		return records_flush_step(m, t);
	}
	__atomic_store_n(&t->mail, s, __ATOMIC_RELEASE);
	if (lt->state == LIVE_NONE) {
		live_want_thread(w->procs[t->decl->proc].p, s->thread);
	} else {
		__atomic_add_fetch(&lt->bell, 1, __ATOMIC_ACQ_REL);
		live_futex_wake(&lt->bell);
	}
	r = engine_settle(e, m);
	return r ? r : records_flush_step(m, t);
}

static bool may_skip(const struct engine *e, const struct stmt *s)
{
	const struct lit_thread *t = &e->run->w.threads[s->thread];

	return e->req->flags & ENGINE_SKIP && (t->mail || !e->run->w.procs[t->decl->proc].p);
}

static int run_all(struct engine *e, struct machine *m)
{
	bool state = e->req->flags & ENGINE_STATE;
	int r = engine_begin(e, m);

	for (const struct stmt *s = m->prog->issue; s && !r; s = s->issue) {
		if (!may_skip(e, s))
			r = issue(e, m, s);
		if (!r && state)
			r = records_state(m, s->step);
	}
	return r;
}

int engine_sequence(struct engine *e, const struct litmus *prog)
{
	struct litmus_options opt = { .json = e->out, .profile = e->req->profile };
	struct litmus_run_result res = { 0 };
	struct machine m = { .prog = prog, .opt = &opt, .err = &e->ans->err };
	int r;

	live_run_reset(e->run, prog, true);
	e->run->exact_faults = true;
	e->run->main.run = e->run;
	r = run_all(e, &m);
	e->run->w.over = true;
	if (!r)
		r = machine_finish(&m, &res);
	if (r >= 0)
		e->ans->status = (int32_t)m.status;
	engine_end(e);
	final_free(res.final, (size_t)prog->nr_keys);
	free(m.message);
	return r < 0 ? r : 0;
}

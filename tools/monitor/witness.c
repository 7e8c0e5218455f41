/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * witness.c - the easiest execution that shows something, as a diagram
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/litmus/tracer.h"
#include "tools/monitor/program.h"
#include "tools/show/show.h"

/* Steps taken to look for a shorter one: some tenths of a second. */
#define EFFORT 400000

struct path {
	const uint8_t *picks;
	uint64_t at, nr;
};

static int follow(void *state, const struct sim_choice *choice)
{
	struct path *path = state;

	return path->at < path->nr ? path->picks[path->at++] : -1;
}

struct goal {
	struct program *p;
	uint32_t findings;
};

static bool shows(void *ctx, struct sim *sim, enum sim_end end)
{
	struct goal *g = ctx;

	return program_findings(g->p, end) & g->findings;
}

/* @res->picks stays NULL if there is no shorter one, or no memory for it. */
static void shorten(const struct uffdsim_test *test, bool timers, const struct path *path,
		    uint32_t findings, struct sim_shortest_result *res)
{
	struct program p, *old;
	char error[256];
	struct goal goal = { &p, findings };
	const struct sim_shortest_config cfg = {
		.shows = shows,
		.ctx = &goal,
		.max_switches = sim_switches(path->picks, path->nr),
		.max_steps = 2 * path->nr + 64,
		.effort = EFFORT,
	};

	memset(res, 0, sizeof(*res));
	if (!program_begin(&p, test, timers, error)) {
		old = program_enter(&p);
		if (sim_shortest(p.sim, &cfg, res))
			memset(res, 0, sizeof(*res));
		program_enter(old);
	}
	program_end(&p);
}

/* ------------------------------------------------------------------- tracing */

static void host_address(const void *ctx, uint64_t addr, char *buf, size_t size)
{
	show_place(((const struct program *)ctx)->b, addr, buf, size);
}

/* A child is called after its first thread. */
static const char *host_process(const void *ctx, const struct process *proc)
{
	const struct program *p = ctx;

	if (proc == kernel_init_process(p->kernel))
		return NULL;
	for (unsigned i = 0; i < SIM_MAX_THREADS; i++)
		if (p->b->threads[i].task && task_process(p->b->threads[i].task) == proc)
			return p->b->threads[i].name;
	return "child";
}

static bool host_is_daemon(const void *ctx, const struct sim_thread *t)
{
	return ((const struct program *)ctx)->b->threads[sim_thread_id(t)].daemon;
}

/* What ended it, as the sentence below the diagram says it. */
static char *message(struct program *p, enum sim_end end)
{
	if (end == SIM_END_BUG && sim_finding(p->sim)->bug != SIM_BUG_ASSERTION)
		return format_text("%s: %s", sim_bug_name(sim_finding(p->sim)->bug),
				   sim_finding(p->sim)->text);
	if (p->failure[0])
		return format_text("assertion: %s", p->failure);
	return end == SIM_END_STEP_BOUND ? format_text("livelock: threads go round for ever") :
					   NULL;
}

static char *blocked_text(struct program *p)
{
	int n = sim_describe_blocked(p->sim, NULL, 0);
	char *text = n > 0 ? malloc((size_t)n + 1) : NULL;

	if (text)
		sim_describe_blocked(p->sim, text, (size_t)n + 1);
	return text;
}

static int draw(const struct uffdsim_test *test, const struct litmus_run_result *run,
		const char *token, char **ret)
{
	char *notes[4] = { NULL };
	struct show_options show = { .title = "Counterexample:" };
	struct diagram *d = diagram_new(NULL, run, &show);
	size_t size = 0;
	FILE *f = d ? open_memstream(ret, &size) : NULL;
	unsigned n = 0;

	if (!f) {
		diagram_free(d);
		return -ENOMEM;
	}
	if (run->blocked)
		notes[n++] = format_text("Blocked at the end:\n%.*s",
					 (int)strcspn(run->blocked, "") - 1, run->blocked);
	notes[n++] =
		format_text("Test %s, kernel %s, schedule %s", test->name, run->profile, token);
	show.notes = notes;
	text_print(f, d, &show);
	diagram_free(d);
	for (unsigned i = 0; i < n; i++)
		free(notes[i]);
	return fclose(f) ? -ENOMEM : 0;
}

static int run_traced(struct program *p, struct path *path, char **diagram, char **token)
{
	const struct tracer_host host = {
		.sim = p->sim,
		.kernel = p->kernel,
		.ctx = p,
		.address = host_address,
		.process = host_process,
		.is_daemon = host_is_daemon,
	};
	struct litmus_run_result run = { .profile = (char *)profile_name(p->prof) };
	struct tracer *tracer;
	enum sim_end end;
	int r = tracer_new(&host, &tracer);

	if (r)
		return r;
	end = sim_run(p->sim, (struct sim_strategy){ follow, path });
	if (end == SIM_END_STOPPED)
		end = SIM_END_STEP_BOUND;
	program_findings(p, end);
	run.message = message(p, end);
	if (end == SIM_END_DONE || end == SIM_END_DEADLOCK) {
		run.blocked = blocked_text(p);
		run.verdict_text = program_explain(p);
	}
	r = tracer_lines(tracer, &run.trace);
	if (!r)
		r = draw(p->test, &run, *token, diagram);
	tracer_free(tracer);
	run.profile = NULL;
	litmus_run_result_fini(&run);
	return r;
}

int program_witness(const struct uffdsim_test *test, bool timers, const uint8_t *picks, uint64_t nr,
		    uint32_t findings, char **diagram, char **token)
{
	struct path path = { .picks = picks, .nr = nr };
	struct sim_shortest_result s = { 0 };
	struct program p, *old;
	char error[256];
	int r;

	if (findings != 1u << VERDICT_LIVELOCK)
		shorten(test, timers, &path, findings, &s);
	if (s.picks)
		path = (struct path){ .picks = s.picks, .nr = s.steps };
	r = program_begin(&p, test, timers, error);
	old = program_enter(&p);
	if (!r && s.picks) {
		free(*token);
		*token = sim_token(p.hash, s.picks, s.enabled, s.steps);
		r = *token ? 0 : -ENOMEM;
	}
	if (!r)
		r = run_traced(&p, &path, diagram, token);
	program_enter(old);
	program_end(&p);
	sim_shortest_fini(&s);
	return r;
}

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sched.c - the step loop and the strategies
 *
 *     enabled threads --strategy--> one of them --fiber_enter--> its step
 *            ^                                                     |
 *            +------------- next scheduling point -----------------+
 *
 * Every thread that lives is parked at a scheduling point and has said what it
 * is about to do (t->op); it is enabled if that can be done now.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "sim_internal.h"

/* ------------------------------------------------------------------ machine */

int sim_create(struct sim **ret, const struct sim_config *cfg)
{
	struct sim *sim = calloc(1, sizeof(*sim));
	int err;

	if (!sim)
		return -ENOMEM;
	if (cfg)
		sim->cfg = *cfg;
	err = arena_create(sim);
	if (err) {
		free(sim);
		return err;
	}
	datarace_init(sim);
	memory_init(sim);
	*ret = sim;
	return 0;
}

void sim_destroy(struct sim *sim)
{
	if (!sim)
		return;
	fiber_uncatch(sim);
	lockdep_reset(sim);
	trace_reset(sim);
	snap_free(sim);
	free(sim->fp.v);
	arena_destroy(sim);
	free(sim);
}

void sim_reset(struct sim *sim)
{
	arena_reset(sim);
	datarace_init(sim);
	memory_init(sim);
	finding_clear(sim);
	lockdep_reset(sim);
	trace_reset(sim);
}

void sim_set_model(struct sim *sim, void *root, void (*check)(void *root))
{
	sim->state->model = root;
	sim->state->check = check;
}

void *sim_model(const struct sim *sim)
{
	return sim->state->model;
}

uint64_t sim_steps(const struct sim *sim)
{
	return sim->state->steps + sim->loop.granted - sim->head.free_steps;
}

/* --------------------------------------------------------- scheduling points */

static bool may_go_on(const struct sim_thread *t, const struct sim_op *op)
{
	return !op->enabled || op->enabled(t, op);
}

bool op_enabled(const struct sim_thread *t)
{
	return may_go_on(t, t->op) || (t->killable && t->killed);
}

static void note_blocked(struct sim *sim, const struct sim_thread *t, const struct sim_op *op)
{
	if (!op->idle && !op_enabled(t))
		trace_blocked(sim, op);
}

/* A step that cannot be ended: what it wants must be there. */
static void point_inside_step(struct sim *sim, struct sim_thread *t, const struct sim_op *op)
{
	if (may_go_on(t, op) || (t->killable && t->killed))
		return;
	if (op->obj)
		sim_touch(sim, sim_obj_key(op->obj), SIM_READ);
	sim_touch(sim, thread_key(t, THREAD_SIGNAL), SIM_READ);
	sim_bug(sim, SIM_BUG_ATOMIC_SLEEP, "%s: %s would block%s", t->name, op->what,
		sim->state->cur ? " with preemption disabled" : " outside any thread");
}

void sched_settle(struct sim *sim)
{
	uint32_t taken = sim->loop.granted - sim->head.free_steps;

	sim->state->steps += taken;
	sim->loop.choice.in_a_row += taken;
	sim->loop.granted = sim->head.free_steps = 0;
}

/*
 * After step @steps, up to the step bound, or to where others may have a turn, nothing is
 * to be decided.
 */
static void grant(struct sim *sim, uint64_t steps)
{
	uint64_t left = sim->loop.limit - steps;
	uint32_t free = SIM_FAIR_STEPS - 1 - sim->loop.choice.in_a_row % SIM_FAIR_STEPS;

	if (!(sim->state->alive & (sim->state->alive - 1)))
		free = UINT32_MAX; /* there are no others */
	if (sim->loop.stays && !(sim->state->alive & ~sim->loop.seen) && !sim->trace.on)
		sim->loop.granted = sim->head.free_steps = free < left ? free : (uint32_t)left;
}

static bool others_enabled(const struct sim *sim, const struct sim_thread *t)
{
	const struct sim_state *st = sim->state;

	for (uint32_t m = st->alive & ~(1u << t->id); m; m &= m - 1)
		if (op_enabled(st->threads[__builtin_ctz(m)]))
			return true;
	return false;
}

/*
 * Would the step loop let the running thread go on with @op?  Then there is no
 * need to ask it: a plain run has nothing to do between two steps.
 */
static bool goes_on(struct sim *sim, const struct sim_thread *t, const struct sim_op *op)
{
	struct sim_choice *c = &sim->loop.choice;
	struct sim_state *st = sim->state;
	unsigned in_a_row;

	sched_settle(sim);
	in_a_row = c->current == t->id ? c->in_a_row + 1 : 1;
	if (!sim->loop.stays || st->alive & ~sim->loop.seen || st->steps == sim->loop.limit)
		return false;
	if (!may_go_on(t, op) && !(t->killable && t->killed))
		return false;
	if (in_a_row % SIM_FAIR_STEPS == 0 && others_enabled(sim, t))
		return false;
	c->in_a_row = in_a_row;
	c->current = t->id;
	st->steps++;
	grant(sim, st->steps);
	return true;
}

bool sim_alone(const struct sim *sim)
{
	const struct sim_thread *t = sim->state->cur;

	return sim->plain && sim->loop.stays && !sim->cfg.never_alone && t && sim->state->alive == 1u << t->id;
}

void sim_point(struct sim *sim, const struct sim_op *op)
{
	struct sim_thread *t = sim->state->cur;

	if (!t || t->preempt_off) {
		point_inside_step(sim, sim_self(sim), op);
		return;
	}
	if (sim->nr_step_locks)
		spin_step_end(sim);
	fiber_check_stack(sim, t);
	if (sim->plain && goes_on(sim, t, op))
		return;
	t->op = op;
	if (unlikely(sim->trace.on))
		note_blocked(sim, t, op);
	fiber_leave(sim, t);
}

int sim_point_killable(struct sim *sim, const struct sim_op *op)
{
	struct sim_thread *t = sim_self(sim);

	t->killable = true;
	sim_point(sim, op);
	t->killable = false;
	sim_touch(sim, thread_key(t, THREAD_SIGNAL), SIM_READ);
	/* With a signal pending a lock that is free is still taken, as in the kernel. */
	return t->killed && !may_go_on(t, op) ? -EINTR : 0;
}

static __attribute__((noinline)) void yield(struct sim *sim, enum sim_op_kind kind, const char *what)
{
	const struct sim_op op = { .kind = kind, .what = what };

	sim_point(sim, &op);
}

void sim_yield(struct sim *sim, enum sim_op_kind kind, const char *what)
{
	bool deep = (char *)__builtin_frame_address(0) < sim->head.stack_end;

	if (unlikely(deep) || !free_step(sim))
		yield(sim, kind, what);
}

void sim_preempt_disable(struct sim *sim)
{
	sched_settle(sim);
	sim_self(sim)->preempt_off++;
}

void sim_preempt_enable(struct sim *sim)
{
	struct sim_thread *t = sim_self(sim);

	if (!t->preempt_off)
		sim_bug(sim, SIM_BUG_MISUSE, "%s: preemption is not disabled", t->name);
	t->preempt_off--;
}

/* -------------------------------------------------------------- the step loop */

uint32_t sched_timers(const struct sim *sim, uint32_t threads)
{
	uint32_t timers = 0;

	for (uint32_t m = threads; m; m &= m - 1) {
		const struct sim_thread *t = sim->state->threads[__builtin_ctz(m)];

		if (t->op->expires && !op_enabled(t))
			timers |= m & -m;
	}
	return timers;
}

uint32_t sched_enabled(const struct sim *sim)
{
	const struct sim_state *st = sim->state;
	uint32_t enabled = 0;

	for (uint32_t m = st->alive; m; m &= m - 1) {
		const struct sim_thread *t = st->threads[__builtin_ctz(m)];

		if (op_enabled(t))
			enabled |= m & -m;
	}
	if (!enabled && unlikely(sim->cfg.timers) && sched_final(sim) == SIM_END_DEADLOCK)
		return sched_timers(sim, st->alive);
	return enabled;
}

uint32_t sim_blocked(const struct sim *sim)
{
	return sim->state->alive & ~sched_enabled(sim);
}

int sched_default(uint32_t enabled, uint32_t fresh, int current)
{
	if (fresh)
		return __builtin_ctz(fresh);
	if (current >= 0 && enabled >> current & 1)
		return current;
	return __builtin_ctz(enabled);
}

int sched_fair(uint32_t enabled, uint32_t fresh, int current, unsigned in_a_row)
{
	uint32_t others = current >= 0 ? enabled & ~(1u << current) : 0;
	uint32_t above = others & ~((2u << (current & 31)) - 1);

	if (!fresh && others && in_a_row && in_a_row % SIM_FAIR_STEPS == 0)
		return __builtin_ctz(above ? above : others);
	return sched_default(enabled, fresh, current);
}

static void run_check(struct sim *sim)
{
	sim->in_check = true;
	if (!_setjmp(sim->check_env))
		sim->state->check(sim->state->model);
	sim->in_check = false;
}

void sched_step(struct sim *sim, unsigned id)
{
	struct sim_state *st = sim->state;

	st->cur = st->threads[id];
	st->last = (int)id;
	sim->ran |= 1u << id;
	st->steps++;
	sim->nr_step_locks = 0;
	sim->in_step = true;
	sim->head.records = !sim->plain;
	sim->head.running = 1u << id;
	sim->head.cur = st->cur;
	if (unlikely(sim->cfg.timers))
		sim_touch(sim, CLOCK_KEY, SIM_PART_READ);
	fiber_enter(sim, st->cur);
	sched_settle(sim);
	sim->head.records = false;
	sim->in_step = false;
	st->cur = sim->head.cur = NULL;
	footprint_end(sim);
	if (unlikely(sim->trace.on))
		trace_step_end(sim);
	if (sim->cfg.check_steps && st->check && !sim->ended)
		run_check(sim);
}

enum sim_end sched_final(const struct sim *sim)
{
	const struct sim_state *st = sim->state;

	for (uint32_t m = st->alive; m; m &= m - 1)
		if (!st->threads[__builtin_ctz(m)]->daemon)
			return SIM_END_DEADLOCK;
	return SIM_END_DONE;
}

static enum sim_end step_loop(struct sim *sim, struct sim_strategy strategy)
{
	struct sim_choice *choice = &sim->loop.choice;
	bool seen;
	int id;

	while (!sim->ended) {
		choice->enabled = sched_enabled(sim);
		if (!choice->enabled)
			return sched_final(sim);
		if (sim->state->steps == sim->loop.limit)
			return SIM_END_STEP_BOUND;
		choice->step = sim->state->steps;
		choice->fresh = choice->enabled & ~sim->loop.seen;
		id = strategy.pick(strategy.state, choice);
		if (id < 0 || id >= SIM_MAX_THREADS || !(choice->enabled >> id & 1))
			return SIM_END_STOPPED;
		seen = sim->loop.seen >> id & 1;
		if (seen) {
			if (choice->current != id)
				choice->in_a_row = 0;
			choice->current = id;
			grant(sim, sim->state->steps + 1);
		}
		sched_step(sim, (unsigned)id);
		choice->in_a_row += seen;
		sim->loop.seen |= 1u << id;
	}
	return sim->end;
}

static int pick_default(void *state, const struct sim_choice *choice);

static void loop_begin(struct sim *sim, struct sim_strategy strategy)
{
	memset(&sim->loop, 0, sizeof(sim->loop));
	sim->loop.choice.current = -1;
	sim->loop.limit = sim->state->steps + sim->cfg.max_steps;
	sim->loop.stays = strategy.pick == pick_default && !sim->cfg.check_steps &&
			  !sim->trace.on && !sim->cfg.watch_races && !sim->cfg.memory;
	footprint_begin(sim);
}

enum sim_end sim_run(struct sim *sim, struct sim_strategy strategy)
{
	struct sim *outer = fiber_set_running(sim);
	enum sim_end end;

	sim->in_run = sim->plain = true;
	loop_begin(sim, strategy);
	end = step_loop(sim, strategy);
	sim->in_run = sim->plain = false;
	fiber_set_running(outer);
	return end;
}

/* ---------------------------------------------------------------- strategies */

static int pick_default(void *state, const struct sim_choice *choice)
{
	return sched_fair(choice->enabled, choice->fresh, choice->current, choice->in_a_row);
}

struct sim_strategy sim_run_to_completion(void)
{
	return (struct sim_strategy){ .pick = pick_default };
}

static uint64_t rotl(uint64_t x, int k)
{
	return x << k | x >> (64 - k);
}

/* xoroshiro128+, Blackman and Vigna */
static uint64_t random_next(struct sim_random *r)
{
	uint64_t a = r->s[0], b = r->s[1], sum = a + b;

	b ^= a;
	r->s[0] = rotl(a, 24) ^ b ^ b << 16;
	r->s[1] = rotl(b, 37);
	return sum;
}

uint64_t sim_splitmix(uint64_t *x)
{
	uint64_t z = *x += 0x9e3779b97f4a7c15ULL;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ z >> 27) * 0x94d049bb133111ebULL;
	return z ^ z >> 31;
}

static int pick_random(void *state, const struct sim_choice *choice)
{
	uint32_t m = choice->enabled;
	unsigned nr = (unsigned)__builtin_popcount(m);

	for (uint64_t k = (random_next(state) >> 32) * nr >> 32; k; k--)
		m &= m - 1;
	return __builtin_ctz(m);
}

struct sim_strategy sim_random_init(struct sim_random *r, uint64_t seed)
{
	r->s[0] = sim_splitmix(&seed);
	r->s[1] = sim_splitmix(&seed);
	return (struct sim_strategy){ .pick = pick_random, .state = r };
}

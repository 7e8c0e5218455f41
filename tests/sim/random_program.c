/* SPDX-License-Identifier: BSD-2-Clause */
#include "random_program.h"

struct rp_world {
	struct sim *sim;
	const struct rp_program *p;
	struct sim_var var[RP_OBJS];
	struct mutex mutex[RP_OBJS];
	struct rwsem sem[RP_OBJS];
	struct spinlock spin[RP_OBJS], fine[RP_OBJS];
	struct wait_queue_head wqh;
	struct completion done;
	struct refcount ref;
	struct sim_obj page;
	uint8_t bytes[RP_BYTES];
	uint32_t seen[RP_THREADS]; /* what each thread has seen */
};

struct rp_thread {
	struct rp_world *w;
	unsigned id;
};

typedef void (*rp_fn)(struct rp_thread *t, const struct rp_op *op);

static void run_ops(struct rp_thread *t, const struct rp_op *op, unsigned nr);

static void see(struct rp_thread *t, int64_t v)
{
	t->w->seen[t->id] = t->w->seen[t->id] * 31 + (uint32_t)v + 1;
}

/* ---------------------------------------------------------------- variables */

static void do_read(struct rp_thread *t, const struct rp_op *op)
{
	see(t, read_once(&t->w->var[op->obj]));
}

static void do_write(struct rp_thread *t, const struct rp_op *op)
{
	write_once(&t->w->var[op->obj], op->val);
}

static void do_add(struct rp_thread *t, const struct rp_op *op)
{
	see(t, atomic_add_return(&t->w->var[op->obj], op->val));
}

static void do_cmpxchg(struct rp_thread *t, const struct rp_op *op)
{
	see(t, atomic_cmpxchg(&t->w->var[op->obj], 0, op->val));
}

static void do_ref(struct rp_thread *t, const struct rp_op *op)
{
	if (refcount_inc_not_zero(&t->w->ref))
		see(t, refcount_dec_and_test(&t->w->ref));
}

/* ------------------------------------------------- a page and its bytes */

static uint64_t byte_key(const struct rp_world *w, unsigned i)
{
	return sim_key(SIM_CLASS_MODEL, w->page.id, i + 1);
}

static uint64_t page_key(const struct rp_world *w)
{
	return sim_key(SIM_CLASS_MODEL, w->page.id, 0);
}

static void touch_page(struct rp_thread *t, const struct rp_op *op)
{
	struct rp_world *w = t->w;

	switch (op->val) {
	case 0:
		sim_touch(w->sim, page_key(w), SIM_PART_READ);
		sim_touch(w->sim, byte_key(w, op->obj), SIM_READ);
		see(t, w->bytes[op->obj]);
		break;
	case 1:
		sim_touch(w->sim, page_key(w), SIM_PART_WRITE);
		sim_touch(w->sim, byte_key(w, op->obj), SIM_WRITE);
		w->bytes[op->obj] += (uint8_t)(t->id + 1);
		break;
	case 2:
		sim_touch(w->sim, page_key(w), SIM_READ);
		for (unsigned i = 0; i < RP_BYTES; i++)
			see(t, w->bytes[i]);
		break;
	default:
		sim_touch(w->sim, page_key(w), SIM_WRITE);
		for (unsigned i = 0; i < RP_BYTES; i++)
			w->bytes[i] = (uint8_t)(w->bytes[i] * 3 + t->id);
	}
}

static void do_page(struct rp_thread *t, const struct rp_op *op)
{
	sim_yield(t->w->sim, SIM_OP_WRITE, "page");
	touch_page(t, op);
}

/* -------------------------------------------------------------------- locks */

static void do_mutex(struct rp_thread *t, const struct rp_op *op)
{
	mutex_lock(&t->w->mutex[op->obj]);
	run_ops(t, op + 1, op->len);
	mutex_unlock(&t->w->mutex[op->obj]);
}

static void do_mutex_killable(struct rp_thread *t, const struct rp_op *op)
{
	int err = mutex_lock_killable(&t->w->mutex[op->obj]);

	see(t, err);
	if (err)
		return;
	run_ops(t, op + 1, op->len);
	mutex_unlock(&t->w->mutex[op->obj]);
}

static void do_mutex_trylock(struct rp_thread *t, const struct rp_op *op)
{
	bool ok = mutex_trylock(&t->w->mutex[op->obj]);

	see(t, ok);
	if (!ok)
		return;
	run_ops(t, op + 1, op->len);
	mutex_unlock(&t->w->mutex[op->obj]);
}

static void do_down_read(struct rp_thread *t, const struct rp_op *op)
{
	down_read(&t->w->sem[op->obj]);
	run_ops(t, op + 1, op->len);
	up_read(&t->w->sem[op->obj]);
}

static void do_down_read_killable(struct rp_thread *t, const struct rp_op *op)
{
	int err = down_read_killable(&t->w->sem[op->obj]);

	see(t, err);
	if (err)
		return;
	run_ops(t, op + 1, op->len);
	up_read(&t->w->sem[op->obj]);
}

static void do_down_read_trylock(struct rp_thread *t, const struct rp_op *op)
{
	bool ok = down_read_trylock(&t->w->sem[op->obj]);

	see(t, ok);
	if (!ok)
		return;
	run_ops(t, op + 1, op->len);
	up_read(&t->w->sem[op->obj]);
}

static void do_down_write(struct rp_thread *t, const struct rp_op *op)
{
	down_write(&t->w->sem[op->obj]);
	run_ops(t, op + 1, op->len);
	up_write(&t->w->sem[op->obj]);
}

static void do_down_write_killable(struct rp_thread *t, const struct rp_op *op)
{
	int err = down_write_killable(&t->w->sem[op->obj]);

	see(t, err);
	if (err)
		return;
	run_ops(t, op + 1, op->len);
	up_write(&t->w->sem[op->obj]);
}

static void do_down_write_trylock(struct rp_thread *t, const struct rp_op *op)
{
	bool ok = down_write_trylock(&t->w->sem[op->obj]);

	see(t, ok);
	if (!ok)
		return;
	run_ops(t, op + 1, op->len);
	up_write(&t->w->sem[op->obj]);
}

static void do_downgrade(struct rp_thread *t, const struct rp_op *op)
{
	down_write(&t->w->sem[op->obj]);
	downgrade_write(&t->w->sem[op->obj]);
	run_ops(t, op + 1, op->len);
	up_read(&t->w->sem[op->obj]);
}

/* Spinlock sections are steps, unless @val lets a scheduling point into them. */
static void spin_section(struct rp_thread *t, const struct rp_op *op)
{
	const struct rp_op touch = { .obj = op->obj, .val = op->val & 3 };

	touch_page(t, &touch);
	if (op->val & 4)
		see(t, read_once(&t->w->var[op->obj]));
}

static void do_spin(struct rp_thread *t, const struct rp_op *op)
{
	spin_lock(&t->w->spin[op->obj]);
	spin_section(t, op);
	spin_unlock(&t->w->spin[op->obj]);
}

static void do_spin_fine(struct rp_thread *t, const struct rp_op *op)
{
	spin_lock(&t->w->fine[op->obj]);
	spin_section(t, op);
	spin_unlock(&t->w->fine[op->obj]);
}

static void do_spin_nested(struct rp_thread *t, const struct rp_op *op)
{
	spin_lock(&t->w->fine[op->obj]);
	spin_section(t, op);
	spin_lock(&t->w->fine[!op->obj]);
	touch_page(t, op);
	spin_unlock(&t->w->fine[!op->obj]);
	spin_unlock(&t->w->fine[op->obj]);
}

static void do_spin_trylock(struct rp_thread *t, const struct rp_op *op)
{
	bool ok = spin_trylock(&t->w->fine[op->obj]);

	see(t, ok);
	if (!ok)
		return;
	spin_section(t, op);
	spin_unlock(&t->w->fine[op->obj]);
}

static void do_preempt_off(struct rp_thread *t, const struct rp_op *op)
{
	sim_yield(t->w->sim, SIM_OP_YIELD, "preempt off");
	sim_preempt_disable(t->w->sim);
	see(t, read_once(&t->w->var[0]));
	write_once(&t->w->var[1], op->val);
	sim_preempt_enable(t->w->sim);
}

/* A finding ends the execution for all. */
static void do_bug(struct rp_thread *t, const struct rp_op *op)
{
	if (read_once(&t->w->var[op->obj]) == (op->val & 3))
		sim_bug(t->w->sim, SIM_BUG_MISUSE, "found %d", op->val & 3);
}

/* ------------------------------------------------------------------ sleeping */

static void do_wait(struct rp_thread *t, const struct rp_op *op)
{
	static const enum sim_task_state states[] = { TASK_UNINTERRUPTIBLE, TASK_KILLABLE };
	struct rp_world *w = t->w;
	struct sim *sim = w->sim;
	struct wait_queue_entry wq;

	init_waitqueue_func_entry(&wq, sim_current(sim),
				  op->val & 1 ? autoremove_wake_function : default_wake_function);
	wq.exclusive = op->val & 2;
	add_wait_queue(&w->wqh, &wq);
	set_current_state(sim, states[op->val >> 2 & 1]);
	if (!read_once(&w->var[op->obj])) {
		if (w->p->timers && op->obj)
			see(t, schedule_timeout(sim, &w->wqh.obj, "wait"));
		else
			schedule(sim, &w->wqh.obj, "wait");
	}
	set_current_state(sim, TASK_RUNNING);
	remove_wait_queue(&w->wqh, &wq);
}

static void do_wake(struct rp_thread *t, const struct rp_op *op)
{
	struct rp_world *w = t->w;

	/* A look is no scheduling point, and nobody is to see a thread before its first. */
	sim_yield(w->sim, SIM_OP_READ, "look");
	if (op->val & 1)
		write_once(&w->var[op->obj], 1);
	see(t, waitqueue_active(&w->wqh));
	if (op->val & 2)
		wake_up(&w->wqh);
	else
		wake_up_all(&w->wqh);
}

static void do_complete(struct rp_thread *t, const struct rp_op *op)
{
	if (op->val & 1)
		complete(&t->w->done);
	else
		complete_all(&t->w->done);
}

static void do_wait_for(struct rp_thread *t, const struct rp_op *op)
{
	if (op->val & 1)
		see(t, wait_for_completion_killable(&t->w->done));
	else
		wait_for_completion(&t->w->done);
}

static void do_kill(struct rp_thread *t, const struct rp_op *op)
{
	unsigned victim = op->val % t->w->p->nr_threads;

	sim_yield(t->w->sim, SIM_OP_WAKE, "kill");
	sim_kill(sim_thread_by_id(t->w->sim, victim));
}

static void do_look_at_signal(struct rp_thread *t, const struct rp_op *op)
{
	sim_yield(t->w->sim, SIM_OP_READ, "signal_pending");
	see(t, fatal_signal_pending(sim_current(t->w->sim)));
}

/* ------------------------------------------------------------------- programs */

static const struct {
	rp_fn fn;
	bool block;
} kinds[] = {
	{ do_read, false },           { do_write, false },
	{ do_add, false },            { do_cmpxchg, false },
	{ do_ref, false },            { do_page, false },
	{ do_page, false },           { do_mutex, true },
	{ do_mutex_killable, true },  { do_mutex_trylock, true },
	{ do_down_read, true },       { do_down_read, true },
	{ do_down_write, true },      { do_down_read_killable, true },
	{ do_down_read_trylock, true }, { do_down_write_killable, true },
	{ do_down_write_trylock, true }, { do_downgrade, true },
	{ do_spin, false },           { do_spin_fine, false },
	{ do_spin_nested, false },    { do_spin_trylock, false },
	{ do_preempt_off, false },    { do_wait, false },
	{ do_wake, false },           { do_complete, false },
	{ do_wait_for, false },       { do_kill, false },
	{ do_look_at_signal, false },   { do_bug, false },
};
#define NR_KINDS (sizeof(kinds) / sizeof(*kinds))

static void run_ops(struct rp_thread *t, const struct rp_op *op, unsigned nr)
{
	for (unsigned i = 0; i < nr; i += 1u + op[i].len)
		kinds[op[i].kind].fn(t, &op[i]);
}

static void thread_fn(void *arg)
{
	struct rp_thread *t = arg;
	const struct rp_program *p = t->w->p;

	run_ops(t, p->ops[t->id], p->nr_ops[t->id]);
}

static unsigned below(uint64_t *seed, unsigned n)
{
	*seed = *seed * 6364136223846793005ULL + 1442695040888963407ULL;
	return (unsigned)((*seed >> 33) % n);
}

/* Waiting and waking. */
#define FIRST_SLEEP 23
#define NR_SLEEPS 2

static struct rp_op random_op(uint64_t *seed, unsigned room, unsigned palette, bool timers)
{
	struct rp_op op = { .kind = (uint8_t)below(seed, NR_KINDS) };

	/* Half of the programs are about sleeping locks alone. */
	if (palette)
		op.kind = (uint8_t)(7 + below(seed, 11));
	if (timers && below(seed, 2))
		op.kind = (uint8_t)(FIRST_SLEEP + below(seed, NR_SLEEPS));
	op.obj = (uint8_t)below(seed, RP_OBJS);
	op.val = (uint8_t)below(seed, 8);
	if (kinds[op.kind].block && room)
		op.len = (uint8_t)below(seed, room + 1);
	return op;
}

void rp_generate(struct rp_program *p, uint64_t seed)
{
	unsigned budget, palette;

	seed = (seed + 1) * 0x9e3779b97f4a7c15ULL;
	below(&seed, 2);
	*p = (struct rp_program){ .nr_threads = (uint8_t)(2 + below(&seed, 3)) };
	p->spurious = seed % 7 == 0;
	p->timers = seed % 5 == 0;
	p->unfair = below(&seed, 3) == 0;
	palette = below(&seed, 2);
	budget = p->nr_threads == 2 ? 5 : p->nr_threads == 3 ? 3 : 2;
	for (unsigned t = 0; t < p->nr_threads; t++) {
		unsigned nr = 1 + below(&seed, budget);

		p->nr_ops[t] = (uint8_t)nr;
		/* A block never reaches out of the block around it: only the outermost has a length. */
		for (unsigned i = 0, end = 0; i < nr; i++) {
			unsigned room = (i < end ? end : nr) - i - 1;

			p->ops[t][i] = random_op(&seed, room, palette, p->timers);
			end = i + 1 + p->ops[t][i].len > end ? i + 1 + p->ops[t][i].len : end;
		}
	}
}

struct sim *rp_machine(const struct rp_program *p)
{
	static const char *const names[] = { "a", "b", "c", "d" };
	const struct sim_config cfg = {
		.rwsem_unfair = p->unfair,
		.portable_fibers = p->portable_fibers,
		.timers = p->timers,
	};
	struct sim_thread *victim;
	struct rp_world *w;
	struct sim *sim;

	if (sim_create(&sim, &cfg))
		return NULL;
	w = sim_zalloc(sim, sizeof(*w));
	w->sim = sim;
	w->p = p;
	for (unsigned i = 0; i < RP_OBJS; i++) {
		sim_var_init(sim, &w->var[i], "var", 0);
		mutex_init(sim, &w->mutex[i], "mutex");
		init_rwsem(sim, &w->sem[i], "sem");
		spin_lock_init(sim, &w->spin[i], "spin", 0);
		spin_lock_init(sim, &w->fine[i], "fine", SIM_SPIN_FINE);
	}
	init_waitqueue_head(sim, &w->wqh, "wqh");
	init_completion(sim, &w->done, "done");
	refcount_set(sim, &w->ref, "ref", 1);
	sim_obj_init(sim, &w->page, SIM_CLASS_MODEL, "page");
	for (unsigned i = 0; i < p->nr_threads; i++) {
		struct rp_thread *t = sim_zalloc(sim, sizeof(*t));

		*t = (struct rp_thread){ w, i };
		victim = sim_spawn(sim, names[i], thread_fn, t, 0);
		if (!i && p->spurious)
			sim_wake_spuriously(victim, 1);
	}
	sim_set_model(sim, w, NULL);
	return sim;
}

static uint64_t fold(uint64_t h, uint64_t v)
{
	return (h ^ v) * 0x100000001b3ULL ^ h >> 29;
}

uint64_t rp_final_state(struct sim *sim)
{
	const struct rp_world *w = sim_model(sim);
	uint64_t h = 0xcbf29ce484222325ULL;

	for (unsigned i = 0; i < RP_OBJS; i++) {
		h = fold(h, (uint64_t)sim_var_peek(&w->var[i]));
		h = fold(h, w->mutex[i].owner ? sim_thread_id(w->mutex[i].owner) + 1 : 0);
		h = fold(h, w->sem[i].writer ? sim_thread_id(w->sem[i].writer) + 1 : 0);
		h = fold(h, (uint64_t)w->sem[i].readers << 32 | w->sem[i].waiting_writers);
	}
	for (unsigned i = 0; i < RP_BYTES; i++)
		h = fold(h, w->bytes[i]);
	for (unsigned i = 0; i < RP_THREADS; i++)
		h = fold(h, w->seen[i]);
	h = fold(h, w->done.done);
	return fold(h, sim_blocked(sim));
}

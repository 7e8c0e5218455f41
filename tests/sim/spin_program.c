/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * spin_program.c - threads as pairs of an operation and one of two objects
 *
 *     s c  set, clear a variable       w  spin until it is set
 *     r    note what it is             v  spin until it is set, noting what the other one is
 *     l    spin on a mutex, section    b  take a mutex, try the other; give back, try again
 *     d    spin until an inner loop of reads has seen it set
 */
#include <string.h>

#include "spin_program.h"

#define SP_OBJS 2

struct sp_world {
	struct sim *sim;
	const struct sp_program *p;
	struct sim_var var[SP_OBJS];
	struct mutex mutex[SP_OBJS];
	uint64_t seen[SP_THREADS];
};

struct sp_thread {
	struct sp_world *w;
	unsigned id;
	unsigned at; /* of its operations */
};

static void see(struct sp_thread *t, int64_t v)
{
	t->w->seen[t->id] = t->w->seen[t->id] * 5 + (uint64_t)v + 1;
}

/* The head of a loop, of which there are up to three in an operation. */
static void head(struct sp_thread *t, uint64_t loop)
{
	sim_loop(t->w->sim, (t->w->seen[t->id] * SP_OPS + t->at) * 3 + loop);
}

static bool is_set(struct sp_thread *t, unsigned obj)
{
	return read_once(&t->w->var[obj]);
}

static void wait_and_note(struct sp_thread *t, unsigned obj)
{
	int64_t other;

	do {
		head(t, 0);
		other = read_once(&t->w->var[!obj]);
	} while (!is_set(t, obj));
	see(t, other);
}

static void take_and_set(struct sp_thread *t, unsigned obj)
{
	for (head(t, 0); !mutex_trylock(&t->w->mutex[obj]);)
		head(t, 0);
	atomic_inc(&t->w->var[obj]);
	mutex_unlock(&t->w->mutex[obj]);
}

static void take_both(struct sp_thread *t, unsigned obj)
{
	mutex_lock(&t->w->mutex[obj]);
	while (!mutex_trylock(&t->w->mutex[!obj])) {
		head(t, 0);
		mutex_unlock(&t->w->mutex[obj]);
		mutex_lock(&t->w->mutex[obj]);
	}
	see(t, 1);
	mutex_unlock(&t->w->mutex[!obj]);
	mutex_unlock(&t->w->mutex[obj]);
}

static void wait_in_two_loops(struct sp_thread *t, unsigned obj)
{
	bool set;

	do {
		set = false;
		for (unsigned i = 0; i < 2 && !set; i++) {
			head(t, 1 + i);
			set = is_set(t, obj);
		}
	} while (!set);
}

static void run_op(struct sp_thread *t, char op, unsigned obj)
{
	switch (op) {
	case 's':
		write_once(&t->w->var[obj], 1);
		break;
	case 'c':
		write_once(&t->w->var[obj], 0);
		break;
	case 'r':
		see(t, read_once(&t->w->var[obj]));
		break;
	case 'w':
		for (head(t, 0); !is_set(t, obj);)
			head(t, 0);
		break;
	case 'v':
		wait_and_note(t, obj);
		break;
	case 'l':
		take_and_set(t, obj);
		break;
	case 'b':
		take_both(t, obj);
		break;
	case 'd':
		wait_in_two_loops(t, obj);
		break;
	}
}

static void thread_fn(void *arg)
{
	struct sp_thread *t = arg;

	for (const char *op = t->w->p->ops[t->id]; *op; op += 2, t->at++)
		run_op(t, op[0], (unsigned)(op[1] - '0'));
}

void sp_generate(struct sp_program *p, uint64_t seed)
{
	static const char kinds[] = "sssccrrwwvvlbd";

	seed = seed * 0x9e3779b97f4a7c15ULL + 1;
	memset(p, 0, sizeof(*p));
	p->nr_threads = 2 + (unsigned)(sim_splitmix(&seed) % (SP_THREADS - 1));
	for (unsigned t = 0; t < p->nr_threads; t++) {
		unsigned nr = 1 + (unsigned)(sim_splitmix(&seed) % (p->nr_threads == 2 ? 3 : 2));

		for (unsigned i = 0; i < nr; i++) {
			p->ops[t][2 * i] = kinds[sim_splitmix(&seed) % (sizeof(kinds) - 1)];
			p->ops[t][2 * i + 1] = (char)('0' + sim_splitmix(&seed) % SP_OBJS);
		}
	}
}

unsigned sp_steps(const struct sp_program *p)
{
	unsigned nr = p->nr_threads;

	for (unsigned t = 0; t < p->nr_threads; t++)
		for (const char *op = p->ops[t]; *op; op += 2)
			nr += *op == 'b' ? 4 : *op == 'l' ? 3 : *op == 'v' ? 2 : 1;
	return nr;
}

struct sim *sp_machine(const struct sp_program *p)
{
	static const char *const names[SP_THREADS] = { "a", "b", "c" };
	struct sp_world *w;
	struct sim *sim;

	if (sim_create(&sim, NULL))
		return NULL;
	w = sim_zalloc(sim, sizeof(*w));
	w->sim = sim;
	w->p = p;
	for (unsigned i = 0; i < SP_OBJS; i++) {
		sim_var_init(sim, &w->var[i], "var", 0);
		mutex_init(sim, &w->mutex[i], "mutex");
	}
	for (unsigned i = 0; i < p->nr_threads; i++) {
		struct sp_thread *t = sim_zalloc(sim, sizeof(*t));

		*t = (struct sp_thread){ w, i, 0 };
		sim_spawn(sim, names[i], thread_fn, t, 0);
	}
	sim_set_model(sim, w, NULL);
	return sim;
}

uint64_t sp_final_state(struct sim *sim)
{
	const struct sp_world *w = sim_model(sim);
	uint64_t h = sim_blocked(sim);

	for (unsigned i = 0; i < SP_OBJS; i++)
		h = h * 31 + (uint64_t)sim_var_peek(&w->var[i]);
	for (unsigned i = 0; i < SP_THREADS; i++)
		h = h * 1000003 + w->seen[i];
	return h;
}

uint64_t sp_end_of_likes(struct sim *sim)
{
	const struct sp_world *w = sim_model(sim);
	uint64_t h = 0, likes = 0;

	for (unsigned i = 0; i < SP_OBJS; i++)
		h = h * 31 + (uint64_t)sim_var_peek(&w->var[i]);
	for (unsigned i = 0; i < SP_THREADS; i++) {
		uint64_t x = w->seen[i] * 2 + (sim_blocked(sim) >> i & 1);

		if (i)
			likes += sim_splitmix(&x);
		else
			h = h * 1000003 + x;
	}
	return h * 1000003 + likes;
}

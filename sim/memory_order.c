/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * memory_order.c - words that not everybody sees at the same time
 *
 * All stores to a word (struct sim_var) have one order, that of their execution.  A
 * thread *knows* a beginning of it: it reads the newest store that it knows, or its own.
 * It learns of more by and by, from a daemon of its own with a step for each store, so
 * where that comes is a choice of the schedule like any other; and at once from whatever
 * orders: a lock that another gave back, a wake-up, a barrier.
 *
 * SIM_MEMORY_TSO: one order for the stores to all words, and a thread learns of them in
 * that order.  Loads that lag behind and stores that wait in a buffer cannot be told
 * apart, so this is the store buffer of x86, without one.  Operations that read and write
 * at once, sleeping locks, taking a spinlock, and smp_mb() know everything.
 *
 * SIM_MEMORY_WEAK: an order for each word, learnt of separately.  A lock or a release
 * store hands on what its thread knows; smp_mb() joins what all barriers knew;
 * smp_wmb() and smp_rmb() do their half.  Each store is there at once for those who may
 * know it: one thread's stores to different words are never seen by all in another
 * order than it made them by what they overwrite, and no load waits for a later store.
 * So MP, SB, R, WRC and IRIW are shown without their barriers; LB, S and 2+2W are not.
 */
#include "sim_internal.h"

#define STORES 256 /* of one execution, to one word (TSO: to all) */
#define SYNCS  64
#define WORDS  SIM_MEMORY_WORDS
#define TSO_WORDS 16
#define NO_WORD TSO_WORDS

/* The number of the last store known, of each word; TSO: the first is of all. */
struct view {
	uint16_t known[WORDS];
};

struct store {
	int64_t value, before;
	struct view carries; /* what a reader knows if it acquires */
	uint8_t word, thread;
};

struct order {
	uint16_t nr;
	struct store stores[STORES];
};

struct sim_memory {
	unsigned nr_words;
	uint64_t keys[TSO_WORDS];
	struct order orders[WORDS];
	struct thread_view {
		struct view now;
		struct view told;     /* by its daemons, whatever it learnt otherwise */
		struct view released; /* at its last smp_wmb() */
		struct view read;     /* with what it read: for its next smp_rmb() */
	} of[SIM_MAX_THREADS];
	struct sync_view {
		uint64_t key; /* 0: free */
		struct view view;
	} syncs[SYNCS];
	struct view barriers;
};

/* Keys: what a thread knows of an order, a store, and the barriers of all. */
#define VIEW_KEY(thread, order) sim_key(SIM_CLASS_MEMORY, thread, order)
#define STORE_KEY(order, n)     sim_key(SIM_CLASS_MEMORY, SIM_MAX_THREADS, (order) << 16 | (n))
#define BARRIER_KEY             sim_key(SIM_CLASS_MEMORY, SIM_MAX_THREADS + 1, 0)
#define WORDS_KEY               sim_key(SIM_CLASS_MEMORY, SIM_MAX_THREADS + 1, 1)

static bool is_tso(const struct sim *sim)
{
	return sim->cfg.memory == SIM_MEMORY_TSO;
}

static unsigned order_of(const struct sim *sim, unsigned word)
{
	return is_tso(sim) ? 0 : word;
}

static unsigned max_words(const struct sim *sim)
{
	return is_tso(sim) ? TSO_WORDS : WORDS;
}

static unsigned nr_orders(const struct sim *sim)
{
	return is_tso(sim) ? 1 : WORDS;
}

/* The memory, if the running thread may see another one than the machine does. */
static struct sim_memory *memory_of(const struct sim *sim, unsigned *me)
{
	if (!sim->state->memory || !sim->state->cur)
		return NULL;
	*me = sim->state->cur->id;
	return sim->state->memory;
}

void memory_init(struct sim *sim)
{
	if (sim->cfg.memory && !sim->state->memory)
		sim->state->memory = sim_zalloc_outside(sim, sizeof(*sim->state->memory));
	sim->head.watches |= sim->state->memory != NULL;
}

/* NO_WORD: there were too many. */
static unsigned find_word(const struct sim_memory *mem, const struct sim_var *var)
{
	unsigned w = 0;

	while (w < mem->nr_words && mem->keys[w] != sim_obj_key(&var->obj))
		w++;
	return w < mem->nr_words ? w : NO_WORD;
}

void memory_add_word(struct sim *sim, const struct sim_var *var)
{
	struct sim_memory *mem = sim->state->memory;

	if (!mem)
		return;
	/* A word's number names keys and daemons: the order of their births is an order. */
	sim_touch(sim, WORDS_KEY, SIM_WRITE);
	if (mem->nr_words < max_words(sim))
		mem->keys[mem->nr_words++] = sim_obj_key(&var->obj);
}

static unsigned word_of(struct sim *sim, const struct sim_memory *mem, const struct sim_var *var)
{
	unsigned w = find_word(mem, var);

	if (w == NO_WORD)
		sim_unmodelled(sim, "more than %u shared words under this memory model",
			       max_words(sim));
	return w;
}

/* -------------------------------------------------------------------- views */

static void learn(struct sim *sim, unsigned thread, unsigned order, uint16_t n)
{
	uint16_t *known = &sim->state->memory->of[thread].now.known[order];

	if (!n)
		return;
	sim_touch(sim, VIEW_KEY(thread, order), SIM_WRITE);
	*known = n > *known ? n : *known;
}

static void learn_view(struct sim *sim, unsigned thread, const struct view *v)
{
	for (unsigned o = 0; o < nr_orders(sim); o++)
		learn(sim, thread, o, v->known[o]);
}

static void view_join(struct view *to, const struct view *from)
{
	for (unsigned o = 0; o < WORDS; o++)
		to->known[o] = to->known[o] > from->known[o] ? to->known[o] : from->known[o];
}

/* Somebody else decides by what @thread knows. */
static void view_touch(struct sim *sim, unsigned thread)
{
	for (unsigned o = 0; o < nr_orders(sim); o++)
		sim_touch(sim, VIEW_KEY(thread, o), SIM_READ);
}

/* TSO: @thread is up to date. */
static void learn_all(struct sim *sim, unsigned thread)
{
	sim_touch(sim, STORE_KEY(0, 0), SIM_READ);
	learn(sim, thread, 0, sim->state->memory->orders[0].nr);
}

/* ------------------------------------------------------------ what one learns of late */

static uint16_t next_store(const struct sim_memory *mem, unsigned thread, unsigned order)
{
	const struct order *o = &mem->orders[order];

	for (uint16_t n = mem->of[thread].told.known[order]; n < o->nr; n++)
		if (o->stores[n].thread != thread)
			return n + 1;
	return 0;
}

static bool has_news(const struct sim_thread *t, const struct sim_op *op)
{
	/*
	 * Also when the thread has ended, or learnt of it otherwise: a step that somebody's
	 * step takes away would not be missed by a search that looks at what happened.
	 */
	return next_store(t->sim->state->memory, (unsigned)op->arg % SIM_MAX_THREADS,
			  (unsigned)op->arg / SIM_MAX_THREADS);
}

static void learn_by_and_by(void *arg)
{
	struct sim_thread *t = arg;
	struct sim *sim = t->sim;
	unsigned order = (unsigned)(uintptr_t)sim_thread_data(sim_self(sim));
	const struct sim_op op = {
		.kind = SIM_OP_READ,
		.what = "learns of a store",
		.arg = order * SIM_MAX_THREADS + t->id,
		.enabled = has_news,
		.idle = true,
	};

	for (;;) {
		uint16_t n;

		sim_point(sim, &op);
		n = next_store(sim->state->memory, t->id, order);
		sim_touch(sim, STORE_KEY(order, n), SIM_READ);
		sim->state->memory->of[t->id].told.known[order] = n;
		learn(sim, t->id, order, n);
		sim_note(sim, "%s sees store %u", t->name, n);
	}
}

bool memory_watch(struct sim *sim, struct sim_thread *t)
{
	struct sim_memory *mem = sim->state->memory;

	if (sim->state->nr_threads + nr_orders(sim) > SIM_MAX_THREADS)
		return false;
	/* Whom the machine's owner starts knows all there was. */
	for (unsigned o = 0; !sim->state->cur && o < WORDS; o++)
		mem->of[t->id].now.known[o] = mem->of[t->id].told.known[o] = mem->orders[o].nr;
	for (unsigned o = 0; o < nr_orders(sim); o++) {
		struct sim_thread *d =
			sim_spawn(sim, "memory", learn_by_and_by, t, SIM_THREAD_DAEMON);

		if (!d)
			return false;
		sim_thread_set_data(d, (void *)(uintptr_t)o);
	}
	return true;
}

/* ----------------------------------------------------------- loads and stores */

static const struct store *newest_known(const struct sim *sim, const struct sim_memory *mem,
					unsigned me, unsigned word)
{
	const struct order *o = &mem->orders[order_of(sim, word)];

	for (uint16_t n = o->nr; n; n--) {
		const struct store *s = &o->stores[n - 1];

		if (s->word == word &&
		    (s->thread == me || n <= mem->of[me].now.known[order_of(sim, word)]))
			return s;
	}
	return NULL;
}

static int64_t value_before_all(const struct sim_var *var, const struct sim_memory *mem,
				unsigned word)
{
	const struct order *o = &mem->orders[order_of(var->obj.sim, word)];
	const struct store *s = o->stores;

	while (s < o->stores + o->nr && s->word != word)
		s++;
	return s < o->stores + o->nr ? s->before : var->v;
}

int64_t memory_value(const struct sim_var *var, const struct sim_thread *t)
{
	const struct sim *sim = var->obj.sim;
	const struct sim_memory *mem = sim->state->memory;
	unsigned word = find_word(mem, var);
	const struct store *s;

	if (word == NO_WORD)
		return var->v;
	s = newest_known(sim, mem, t->id, word);
	return s ? s->value : value_before_all(var, mem, word);
}

int64_t memory_load(struct sim_var *var, bool acquire)
{
	struct sim *sim = var->obj.sim;
	const struct store *s;
	struct sim_memory *mem;
	unsigned me, word;

	mem = memory_of(sim, &me);
	if (!mem) {
		sim_touch(sim, sim_obj_key(&var->obj), SIM_READ);
		return var->v;
	}
	word = word_of(sim, mem, var);
	sim_touch(sim, VIEW_KEY(me, order_of(sim, word)), SIM_READ);
	s = newest_known(sim, mem, me, word);
	if (!s)
		return value_before_all(var, mem, word);
	view_join(&mem->of[me].read, &s->carries);
	if (acquire && !is_tso(sim))
		learn_view(sim, me, &s->carries);
	return s->value;
}

void memory_store(struct sim_var *var, int64_t before, bool release)
{
	struct sim *sim = var->obj.sim;
	struct sim_memory *mem;
	struct order *o;
	struct store *s;
	unsigned me, word, order;

	mem = memory_of(sim, &me);
	if (!mem)
		return;
	word = word_of(sim, mem, var);
	order = order_of(sim, word);
	o = &mem->orders[order];
	if (o->nr == STORES)
		sim_unmodelled(sim, "more than %u stores under this memory model", STORES);
	sim_touch(sim, STORE_KEY(order, 0), SIM_WRITE);
	s = &o->stores[o->nr++];
	sim_touch(sim, STORE_KEY(order, o->nr), SIM_WRITE);
	*s = (struct store){ .value = var->v, .before = before };
	s->word = (uint8_t)word;
	s->thread = (uint8_t)me;
	if (is_tso(sim))
		return;
	learn(sim, me, order, o->nr);
	if (release)
		view_touch(sim, me);
	s->carries = release ? mem->of[me].now : mem->of[me].released;
	s->carries.known[order] = o->nr;
}

/* What an operation finds that reads and writes at once. */
static void learn_newest(struct sim *sim, struct sim_memory *mem, unsigned me, unsigned word)
{
	const struct order *o = &mem->orders[word];

	if (!o->nr)
		return;
	learn(sim, me, word, o->nr);
	view_join(&mem->of[me].read, &o->stores[o->nr - 1].carries);
}

void memory_read_modify_write(struct sim_var *var, int64_t before, bool changed, bool relaxed)
{
	struct sim *sim = var->obj.sim;
	struct sim_memory *mem;
	unsigned me;

	mem = memory_of(sim, &me);
	if (!mem)
		return;
	if (!is_tso(sim))
		learn_newest(sim, mem, me, word_of(sim, mem, var));
	if (!relaxed)
		memory_barrier(sim);
	if (changed)
		memory_store(var, before, !relaxed);
	if (!relaxed || is_tso(sim))
		memory_barrier(sim);
}

/* ------------------------------------------------------------------- barriers */

void memory_barrier(struct sim *sim)
{
	struct thread_view *v;
	struct sim_memory *mem;
	unsigned me;

	mem = memory_of(sim, &me);
	if (!mem)
		return;
	if (is_tso(sim)) {
		learn_all(sim, me);
		return;
	}
	v = &mem->of[me];
	sim_touch(sim, BARRIER_KEY, SIM_WRITE);
	view_touch(sim, me);
	learn_view(sim, me, &v->read);
	learn_view(sim, me, &mem->barriers);
	mem->barriers = v->released = v->now;
}

static const struct sim_op barrier_op = { .kind = SIM_OP_WRITE, .what = "smp_mb" };

void smp_mb(struct sim *sim)
{
	if (!sim->cfg.memory)
		return;
	sim_point(sim, &barrier_op);
	sim_note(sim, "smp_mb()");
	memory_barrier(sim);
}

void smp_wmb(struct sim *sim)
{
	struct sim_memory *mem;
	unsigned me;

	mem = memory_of(sim, &me);
	if (!mem || is_tso(sim))
		return;
	view_touch(sim, me);
	mem->of[me].released = mem->of[me].now;
}

void smp_rmb(struct sim *sim)
{
	struct sim_memory *mem;
	unsigned me;

	mem = memory_of(sim, &me);
	if (mem && !is_tso(sim))
		learn_view(sim, me, &mem->of[me].read);
}

/* ---------------------------------------------------------- locks and wake-ups */

static struct sync_view *find_sync(struct sim *sim, struct sim_memory *mem, uint64_t key)
{
	unsigned i = (unsigned)(key * 0x9e3779b97f4a7c15ULL >> 40) % SYNCS;

	for (unsigned n = 0; n < SYNCS; n++, i = (i + 1) % SYNCS) {
		if (!mem->syncs[i].key)
			mem->syncs[i].key = key;
		if (mem->syncs[i].key == key)
			return &mem->syncs[i];
	}
	sim_unmodelled(sim, "more than %u locks under this memory model", SYNCS);
}

void memory_acquire(struct sim *sim, uint64_t key)
{
	struct sim_memory *mem;
	unsigned me;

	mem = memory_of(sim, &me);
	if (!mem)
		return;
	if (is_tso(sim))
		learn_all(sim, me);
	else
		learn_view(sim, me, &find_sync(sim, mem, key)->view);
}

void memory_release(struct sim *sim, uint64_t key)
{
	struct sim_memory *mem;
	unsigned me;

	mem = memory_of(sim, &me);
	if (!mem)
		return;
	if (!is_tso(sim)) {
		view_touch(sim, me);
		view_join(&find_sync(sim, mem, key)->view, &mem->of[me].now);
	} else if (key >> 56 != SIM_CLASS_SPINLOCK) {
		learn_all(sim, me);
	}
}

void sim_sync_acquire(struct sim *sim, uint64_t key, bool shared)
{
	datarace_acquire(sim, key, shared);
	memory_acquire(sim, key);
}

void sim_sync_release(struct sim *sim, uint64_t key, bool shared)
{
	datarace_release(sim, key, shared);
	memory_release(sim, key);
}

void memory_hand_over(struct sim *sim, const struct sim_thread *to)
{
	struct sim_memory *mem;
	unsigned me;

	mem = memory_of(sim, &me);
	if (!mem)
		return;
	if (is_tso(sim)) {
		learn_all(sim, to->id);
		return;
	}
	view_touch(sim, me);
	learn_view(sim, to->id, &mem->of[me].now);
}

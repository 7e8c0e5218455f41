/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * atomic.c - shared words and reference counts
 */
#include <inttypes.h>

#include "sim_internal.h"

static void point(struct sim_obj *obj, enum sim_op_kind kind, const char *what)
{
	const struct sim_op op = { .kind = kind, .what = what, .obj = obj };

	sim_obj_check(obj);
	sim_point(obj->sim, &op);
	sim_obj_check(obj);
}

/* An atomic access is no data race, and nothing after it is one with what was before. */
static void synced(const struct sim_obj *obj)
{
	if (likely(!obj->sim->state->races))
		return;
	datarace_acquire(obj->sim, sim_obj_key(obj), false);
	datarace_release(obj->sim, sim_obj_key(obj), false);
}

static void touch(const struct sim_obj *obj, enum sim_mode mode)
{
	sim_touch(obj->sim, sim_obj_key(obj), mode);
	synced(obj);
}

/* Before the change. */
static void touch_to_write(const struct sim_var *var)
{
	touch(&var->obj, SIM_WRITE);
	if (var->awaited)
		sim_hold_value(var->obj.sim, sim_obj_key(&var->obj), var->v);
}

/* ---------------------------------------------------------------- variables */

void sim_var_init(struct sim *sim, struct sim_var *var, const char *name, int64_t v)
{
	sim_obj_init(sim, &var->obj, SIM_CLASS_VAR, name);
	var->v = v;
	var->awaited = false;
	memory_add_word(sim, var);
}

int64_t sim_var_look(struct sim_var *var)
{
	synced(&var->obj);
	if (unlikely(var->obj.sim->state->memory))
		return memory_load(var, false);
	sim_touch(var->obj.sim, sim_obj_key(&var->obj), SIM_READ);
	return var->v;
}

int64_t read_once(struct sim_var *var)
{
	int64_t v;

	point(&var->obj, SIM_OP_READ, "READ_ONCE");
	v = sim_var_look(var);
	obj_note(&var->obj, "READ_ONCE(%s) = %" PRId64, var->obj.name, v);
	return v;
}

static void store(struct sim_var *var, int64_t v, bool release, const char *what)
{
	int64_t before;

	point(&var->obj, SIM_OP_WRITE, what);
	before = var->v;
	touch_to_write(var);
	obj_note(&var->obj, "%s(%s, %" PRId64 ")", what, var->obj.name, v);
	var->v = v;
	if (unlikely(var->obj.sim->state->memory))
		memory_store(var, before, release);
}

void write_once(struct sim_var *var, int64_t v)
{
	store(var, v, false, "WRITE_ONCE");
}

void smp_store_release(struct sim_var *var, int64_t v)
{
	store(var, v, true, "smp_store_release");
}

int64_t smp_load_acquire(struct sim_var *var)
{
	int64_t v;

	point(&var->obj, SIM_OP_READ, "smp_load_acquire");
	synced(&var->obj);
	v = memory_load(var, true);
	obj_note(&var->obj, "smp_load_acquire(%s) = %" PRId64, var->obj.name, v);
	return v;
}

static int64_t add(struct sim_var *var, int64_t n, bool relaxed, const char *what)
{
	point(&var->obj, SIM_OP_WRITE, what);
	touch_to_write(var);
	var->v += n;
	obj_note(&var->obj, "%s(%" PRId64 ", %s) = %" PRId64, what, n, var->obj.name, var->v);
	memory_read_modify_write(var, var->v - n, true, relaxed);
	return var->v;
}

int64_t atomic_add_return(struct sim_var *var, int64_t n)
{
	return add(var, n, false, "atomic_add_return");
}

void atomic_add(struct sim_var *var, int64_t n)
{
	add(var, n, true, "atomic_add");
}

/* A compare that fails only reads. */
int64_t atomic_cmpxchg(struct sim_var *var, int64_t old, int64_t v)
{
	int64_t found;

	point(&var->obj, SIM_OP_WRITE, "atomic_cmpxchg");
	found = var->v;
	sim_varies(var->obj.sim, VARY_MODE);
	if (found == old)
		touch_to_write(var);
	else
		touch(&var->obj, SIM_READ);
	obj_note(&var->obj, "atomic_cmpxchg(%s, %" PRId64 ", %" PRId64 ") = %" PRId64,
		 var->obj.name, old, v, found);
	if (found == old)
		var->v = v;
	memory_read_modify_write(var, found, found == old, found != old);
	return found;
}

static bool has_value(const struct sim_thread *t, const struct sim_op *op)
{
	const struct sim_var *var = (const void *)op->obj;

	return (t->sim->state->memory ? memory_value(var, t) : var->v) == (int64_t)op->arg;
}

void await_value(struct sim_var *var, int64_t v)
{
	const struct sim_op op = {
		.kind = SIM_OP_WAIT,
		.needs = var->awaited && !var->obj.sim->cfg.memory ? SIM_NEEDS_VALUE :
								     SIM_NEEDS_UNKNOWN,
		.what = "await_value",
		.obj = &var->obj,
		.arg = (uint64_t)v,
		.enabled = has_value,
	};

	sim_obj_check(&var->obj);
	might_sleep(var->obj.sim, op.what);
	sim_point(var->obj.sim, &op);
	sim_var_look(var);
	obj_note(&var->obj, "await_value(%s, %" PRId64 ")", var->obj.name, v);
}

/* --------------------------------------------------------------- references */

static const char *refcount_name(const struct refcount *r)
{
	return r->obj.name ? r->obj.name : "a reference count";
}

void refcount_set(struct sim *sim, struct refcount *r, const char *name, int v)
{
	sim_obj_init(sim, &r->obj, SIM_CLASS_REFCOUNT, name);
	r->v = v;
}

void refcount_inc(struct refcount *r)
{
	point(&r->obj, SIM_OP_WRITE, "refcount_inc");
	touch(&r->obj, SIM_WRITE);
	if (r->v <= 0)
		sim_bug(r->obj.sim, SIM_BUG_REFCOUNT, "%s is taken at %d", refcount_name(r), r->v);
	r->v++;
	obj_note(&r->obj, "refcount_inc(%s) = %d", r->obj.name, r->v);
}

bool refcount_inc_not_zero(struct refcount *r)
{
	bool ok;

	point(&r->obj, SIM_OP_WRITE, "refcount_inc_not_zero");
	ok = r->v > 0;
	sim_varies(r->obj.sim, VARY_MODE);
	touch(&r->obj, ok ? SIM_WRITE : SIM_READ);
	r->v += ok;
	obj_note(&r->obj, "refcount_inc_not_zero(%s) = %d", r->obj.name, ok);
	return ok;
}

bool refcount_dec_and_test(struct refcount *r)
{
	point(&r->obj, SIM_OP_WRITE, "refcount_dec_and_test");
	touch(&r->obj, SIM_WRITE);
	memory_release(r->obj.sim, sim_obj_key(&r->obj));
	memory_acquire(r->obj.sim, sim_obj_key(&r->obj));
	if (r->v <= 0)
		sim_bug(r->obj.sim, SIM_BUG_REFCOUNT, "%s is dropped at %d", refcount_name(r),
			r->v);
	r->v--;
	obj_note(&r->obj, "refcount_dec_and_test(%s) = %d", r->obj.name, r->v);
	return r->v == 0;
}

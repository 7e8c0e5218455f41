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

static void touch(const struct sim_obj *obj, enum sim_mode mode)
{
	sim_touch(obj->sim, sim_obj_key(obj), mode);
	if (likely(!obj->sim->state->races))
		return;
	sim_sync_acquire(obj->sim, sim_obj_key(obj), false);
	sim_sync_release(obj->sim, sim_obj_key(obj), false);
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
}

int64_t read_once(struct sim_var *var)
{
	point(&var->obj, SIM_OP_READ, "READ_ONCE");
	touch(&var->obj, SIM_READ);
	obj_note(&var->obj, "READ_ONCE(%s) = %" PRId64, var->obj.name, var->v);
	return var->v;
}

void write_once(struct sim_var *var, int64_t v)
{
	point(&var->obj, SIM_OP_WRITE, "WRITE_ONCE");
	touch_to_write(var);
	obj_note(&var->obj, "WRITE_ONCE(%s, %" PRId64 ")", var->obj.name, v);
	var->v = v;
}

int64_t atomic_add_return(struct sim_var *var, int64_t n)
{
	point(&var->obj, SIM_OP_WRITE, "atomic_add_return");
	touch_to_write(var);
	var->v += n;
	obj_note(&var->obj, "atomic_add_return(%" PRId64 ", %s) = %" PRId64, n, var->obj.name,
		 var->v);
	return var->v;
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
	return found;
}

static bool has_value(const struct sim_thread *t, const struct sim_op *op)
{
	return ((const struct sim_var *)(const void *)op->obj)->v == (int64_t)op->arg;
}

void await_value(struct sim_var *var, int64_t v)
{
	const struct sim_op op = {
		.kind = SIM_OP_WAIT,
		.needs = var->awaited ? SIM_NEEDS_VALUE : SIM_NEEDS_UNKNOWN,
		.what = "await_value",
		.obj = &var->obj,
		.arg = (uint64_t)v,
		.enabled = has_value,
	};

	sim_obj_check(&var->obj);
	might_sleep(var->obj.sim, op.what);
	sim_point(var->obj.sim, &op);
	touch(&var->obj, SIM_READ);
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
	if (r->v <= 0)
		sim_bug(r->obj.sim, SIM_BUG_REFCOUNT, "%s is dropped at %d", refcount_name(r),
			r->v);
	r->v--;
	obj_note(&r->obj, "refcount_dec_and_test(%s) = %d", r->obj.name, r->v);
	return r->v == 0;
}

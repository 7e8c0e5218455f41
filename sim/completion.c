/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * completion.c - wait until something has been done
 *
 * After complete_all() waiting takes nothing away, so waiters commute.
 */
#include <limits.h>

#include "sim_internal.h"

void init_completion(struct sim *sim, struct completion *c, const char *name)
{
	sim_obj_init(sim, &c->obj, SIM_CLASS_COMPLETION, name);
	c->done = 0;
}

static bool is_done(const struct sim_thread *t, const struct sim_op *op)
{
	const struct completion *c = (const void *)op->obj;

	return c->done;
}

static void touch(const struct completion *c, enum sim_mode mode)
{
	uint64_t key = sim_obj_key(&c->obj);

	sim_obj_check(&c->obj);
	sim_touch(c->obj.sim, key, mode);
	if (mode == SIM_WRITE)
		sim_hold(c->obj.sim, key, c->done ? HOLD_EVENT : 0, 0, 0);
}

static int wait_for(struct completion *c, const char *what, bool killable)
{
	const struct sim_op op = {
		.kind = SIM_OP_WAIT,
		.needs = SIM_NEEDS_EVENT,
		.what = what,
		.obj = &c->obj,
		.enabled = is_done,
	};
	struct sim *sim = c->obj.sim;
	int err = 0;

	sim_obj_check(&c->obj);
	might_sleep(sim, what);
	if (killable)
		err = sim_point_killable(sim, &op);
	else
		sim_point(sim, &op);
	sim_varies(sim, VARY_MODE);
	touch(c, err || c->done == UINT_MAX ? SIM_READ : SIM_WRITE);
	if (!err && c->done != UINT_MAX)
		c->done--;
	sim_sync_acquire(sim, sim_obj_key(&c->obj), false);
	obj_note(&c->obj, "%s(%s)%s", what, c->obj.name, err ? " killed" : "");
	return err;
}

void wait_for_completion(struct completion *c)
{
	wait_for(c, "wait_for_completion", false);
}

int wait_for_completion_killable(struct completion *c)
{
	return wait_for(c, "wait_for_completion_killable", true);
}

static void wake_point(struct completion *c, const char *what)
{
	const struct sim_op op = { .kind = SIM_OP_WAKE, .what = what, .obj = &c->obj };

	sim_obj_check(&c->obj);
	sim_point(c->obj.sim, &op);
	touch(c, SIM_WRITE);
	obj_note(&c->obj, "%s(%s)", what, c->obj.name);
}

void complete(struct completion *c)
{
	wake_point(c, "complete");
	if (c->done != UINT_MAX)
		c->done++;
}

void complete_all(struct completion *c)
{
	wake_point(c, "complete_all");
	c->done = UINT_MAX;
}

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * object.c - the head of everything that threads share
 *
 * An id is (who made it, how many that one had made before): two schedules that
 * differ only in the order of independent steps give the same ids.
 */
#include <stdlib.h>

#include "sim_internal.h"

#define COUNT_BITS 14

uint32_t sim_obj_number(struct sim *sim)
{
	struct sim_thread *t = sim_self(sim);

	return (uint32_t)t->id << COUNT_BITS | (t->nr_objects++ & ((1u << COUNT_BITS) - 1));
}

void sim_obj_init(struct sim *sim, struct sim_obj *obj, enum sim_class cls, const char *name)
{
	*obj = (struct sim_obj){
		.sim = sim,
		.name = name,
		.id = sim_obj_number(sim),
		.cls = (uint8_t)cls,
		.live = SIM_OBJ_LIVE,
	};
}

void sim_obj_fini(struct sim_obj *obj)
{
	sim_obj_check(obj);
	sim_touch(obj->sim, sim_obj_key(obj), SIM_WRITE);
	obj->live = 0;
}

/* The memory of a dead object may hold anything: ask the thread which machine it is. */
static void object_is_dead(const struct sim_obj *obj)
{
	struct sim *sim = fiber_running();

	if (!sim) {
		fprintf(stderr, "sim: a dead object was used outside a run\n");
		abort();
	}
	if (obj->live == 0 && obj->name)
		sim_bug(sim, SIM_BUG_USE_AFTER_FREE, "%s: %s is used after its end",
			sim_self(sim)->name, obj->name);
	sim_bug(sim, SIM_BUG_USE_AFTER_FREE, "%s: an object is used after its memory was freed",
		sim_self(sim)->name);
}

void sim_obj_check(const struct sim_obj *obj)
{
	if (unlikely(obj->live != SIM_OBJ_LIVE))
		object_is_dead(obj);
}

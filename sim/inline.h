/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * inline.h - functions of sim.h that mostly have nothing to do
 *
 * The arguments are not even computed unless somebody looks: a macro, and only
 * then the function of that name.
 */
#ifndef SIM_INLINE_H
#define SIM_INLINE_H

#include "head.h"

#define sim_touch(sim, key, mode)                                                                  \
	(__builtin_expect(sim_head(sim)->records, 0) ? sim_touch(sim, key, mode) : (void)0)

#define sim_trace(sim, ...)                                                                        \
	(__builtin_expect(sim_head(sim)->traces, 0) ? sim_trace(sim, __VA_ARGS__) : (void)0)

#define sim_yield(sim, kind, what)                                                                 \
	(__builtin_expect(sim_head(sim)->free_steps, 1) ? (void)sim_head(sim)->free_steps-- :      \
							  sim_yield(sim, kind, what))
#define sim_watching(sim, call) (__builtin_expect(sim_head(sim)->watches, 0) ? call : (void)0)
#define sim_plain_read(sim, key, name)  sim_watching(sim, sim_plain_read(sim, key, name))
#define sim_plain_write(sim, key, name) sim_watching(sim, sim_plain_write(sim, key, name))
#define sim_sync_acquire(sim, key, shared) sim_watching(sim, sim_sync_acquire(sim, key, shared))
#define sim_sync_release(sim, key, shared) sim_watching(sim, sim_sync_release(sim, key, shared))

#define sim_shares(obj, nr, delta)                                                                 \
	(__builtin_expect(sim_head((obj)->sim)->records, 0) ? sim_shares(obj, nr, delta) : (void)0)
#define sim_happens(obj, happened)                                                                 \
	(__builtin_expect(sim_head((obj)->sim)->records, 0) ? sim_happens(obj, happened) : (void)0)

#define sim_trace_lock(obj, hold, text)                                                            \
	(__builtin_expect(sim_head((obj)->sim)->traces, 0) ? sim_trace_lock(obj, hold, text) :      \
							     (void)0)

/* Where all threads see the same memory the word is what it is. */
#define sim_var_look(var)                                                                          \
	(__builtin_expect(sim_head((var)->obj.sim)->records || sim_head((var)->obj.sim)->watches,   \
			  0) ?                                                                     \
		 sim_var_look(var) :                                                               \
		 (var)->v)

#define sim_obj_check(obj)                                                                         \
	(__builtin_expect((obj)->live != SIM_OBJ_LIVE, 0) ? sim_obj_check(obj) : (void)0)

#define waitqueue_active(wqh)                                                                      \
	(sim_head((wqh)->obj.sim)->records || (wqh)->obj.live != SIM_OBJ_LIVE ?                    \
		 waitqueue_active(wqh) :                                                           \
		 (wqh)->head != NULL)

#endif

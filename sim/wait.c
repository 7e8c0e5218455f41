/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * wait.c - wait queues
 *
 * The lock of a queue is fine, so two sections on it conflict by what they do
 * to the list: adding, removing and waking write it, finding nobody reads it.
 */
#include <utlist.h>

#include "inline.h"
#include "sim_internal.h"

void init_waitqueue_head(struct sim *sim, struct wait_queue_head *wqh, const char *name)
{
	sim_obj_init(sim, &wqh->obj, SIM_CLASS_WAITQUEUE, name);
	spin_lock_init(sim, &wqh->lock, name, SIM_SPIN_FINE);
	wqh->head = NULL;
}

void init_waitqueue_func_entry(struct wait_queue_entry *wq, struct sim_thread *t,
			       wait_queue_func_t f)
{
	*wq = (struct wait_queue_entry){ .thread = t, .func = f };
}

void init_waitqueue_entry(struct wait_queue_entry *wq, struct sim_thread *t)
{
	init_waitqueue_func_entry(wq, t, default_wake_function);
}

static void touch(const struct wait_queue_head *wqh, enum sim_mode mode)
{
	sim_obj_check(&wqh->obj);
	sim_touch(wqh->obj.sim, sim_obj_key(&wqh->obj), mode);
}

/* Entries, and even heads, lie on stacks of threads that sleep: linking writes there. */
static void links_change(const struct wait_queue_head *wqh, const struct wait_queue_entry *wq)
{
	struct sim *sim = wqh->obj.sim;

	if (sim->plain)
		return;
	stack_written(sim, wqh);
	stack_written(sim, wq);
	if (wqh->head) {
		stack_written(sim, wqh->head);
		stack_written(sim, wqh->head->prev);
	}
	if (wq->prev)
		stack_written(sim, wq->prev);
	if (wq->next)
		stack_written(sim, wq->next);
}

static void unlink_entry(struct wait_queue_head *wqh, struct wait_queue_entry *wq)
{
	links_change(wqh, wq);
	DL_DELETE(wqh->head, wq);
	wq->prev = wq->next = NULL;
	wq->queued = false;
}

void __add_wait_queue(struct wait_queue_head *wqh, struct wait_queue_entry *wq)
{
	touch(wqh, SIM_WRITE);
	links_change(wqh, wq);
	DL_PREPEND(wqh->head, wq);
	wq->queued = true;
}

void __add_wait_queue_entry_tail(struct wait_queue_head *wqh, struct wait_queue_entry *wq)
{
	touch(wqh, SIM_WRITE);
	links_change(wqh, wq);
	DL_APPEND(wqh->head, wq);
	wq->queued = true;
}

void __remove_wait_queue(struct wait_queue_head *wqh, struct wait_queue_entry *wq)
{
	sim_varies(wqh->obj.sim, VARY_MODE);
	touch(wqh, wq->queued ? SIM_WRITE : SIM_READ);
	if (wq->queued)
		unlink_entry(wqh, wq);
}

void add_wait_queue(struct wait_queue_head *wqh, struct wait_queue_entry *wq)
{
	spin_lock(&wqh->lock);
	__add_wait_queue(wqh, wq);
	spin_unlock(&wqh->lock);
}

void remove_wait_queue(struct wait_queue_head *wqh, struct wait_queue_entry *wq)
{
	spin_lock(&wqh->lock);
	__remove_wait_queue(wqh, wq);
	spin_unlock(&wqh->lock);
}

int default_wake_function(struct wait_queue_entry *wq, void *key)
{
	return wake_up_process(wq->thread);
}

/* It does not know its queue; the walk that calls it takes the entry out. */
int autoremove_wake_function(struct wait_queue_entry *wq, void *key)
{
	int ret = default_wake_function(wq, key);

	if (ret)
		wq->queued = false;
	return ret;
}

void __wake_up_locked_key(struct wait_queue_head *wqh, int nr_exclusive, void *key)
{
	struct wait_queue_entry *wq, *next;

	/* Whom it wakes is not known before. */
	sim_varies(wqh->obj.sim, VARY_ANY);
	touch(wqh, SIM_READ);
	DL_FOREACH_SAFE(wqh->head, wq, next) {
		bool exclusive = wq->exclusive;
		int ret;

		if (!wqh->obj.sim->plain)
			stack_written(wqh->obj.sim, wq); /* the function may */
		ret = wq->func(wq, key);
		if (!wq->queued && wq->prev)
			unlink_entry(wqh, wq);
		if (ret || !wq->queued)
			touch(wqh, SIM_WRITE);
		if (ret < 0 || (ret && exclusive && !--nr_exclusive))
			break;
	}
}

void __wake_up(struct wait_queue_head *wqh, int nr_exclusive, void *key)
{
	spin_lock(&wqh->lock);
	__wake_up_locked_key(wqh, nr_exclusive, key);
	spin_unlock(&wqh->lock);
}

bool (waitqueue_active)(const struct wait_queue_head *wqh)
{
	touch(wqh, SIM_READ);
	return wqh->head;
}

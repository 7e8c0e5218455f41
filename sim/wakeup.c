/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * wakeup.c - what is still to be explored from a node
 */
#include <stdlib.h>

#include "wakeup.h"

uint32_t wakeup_new(struct wakeups *w, unsigned thread, uint32_t foot, unsigned varies)
{
	uint32_t id = w->free;

	if (id) {
		w->free = w->v[id].next;
	} else {
		if (w->nr + 1 >= w->max) {
			uint32_t max = w->max ? w->max * 2 : 4096;
			struct wakeup *v = realloc(w->v, max * sizeof(*v));

			if (!v)
				return 0;
			w->v = v;
			w->max = max;
		}
		id = ++w->nr;
	}
	w->v[id] = (struct wakeup){
		.foot = foot, .thread = (uint8_t)thread, .varies = (uint8_t)varies,
	};
	if (++w->live > w->most)
		w->most = w->live;
	return id;
}

void wakeup_free(struct wakeups *w, uint32_t id)
{
	w->v[id].next = w->free;
	w->free = id;
	w->live--;
}

void wakeup_free_all(struct wakeups *w, uint32_t id)
{
	while (id) {
		uint32_t next = w->v[id].next;

		wakeup_free_all(w, w->v[id].child);
		wakeup_free(w, id);
		id = next;
	}
}

void wakeups_free(struct wakeups *w)
{
	free(w->v);
	*w = (struct wakeups){ .v = NULL };
}

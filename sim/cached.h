/* SPDX-License-Identifier: BSD-2-Clause */
/* cached.h - a search that knows the states it has been in (cached.c) */
#ifndef SIM_CACHED_H
#define SIM_CACHED_H

#include "explore.h"

struct cache *cache_new(uint64_t bytes);
void cache_free(struct cache *c);
/** A new last node: leave the candidates that were not tried from its state, none if all were. */
void cache_enter(struct explorer *ex, struct node *n);
/** The path is an execution; false if one before it ended in the same state. */
bool cache_end(struct explorer *ex);
/** Search, then report the states that come back. */
void search_cached(struct explorer *ex);

#endif

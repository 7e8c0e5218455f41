/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * settings.h - is this machine the world that the language describes?
 */
#ifndef LIVE_SETTINGS_H
#define LIVE_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>

/** @arrange: change what is not as it should be.  False: @why names the setting. */
bool settings_good(bool arrange, char *why, size_t size);

/*
 * The pool of huge pages, 16 of them free.  All who use it take a lock (flock on the
 * pool's directory in /sys); pages that were added stay.
 */
struct huge_pool {
	int fd;
	long before;
};
bool settings_huge_begin(struct huge_pool *pool, char *why, size_t size);
void settings_huge_end(struct huge_pool *pool);

/*
 * Who turns swap on wants to be alone; who gives pages up does not want it to be on.
 * flock on /proc/swaps, as all who do either take it.
 */
int settings_lock_swap(bool exclusive);
void settings_unlock(int fd);

#endif

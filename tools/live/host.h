/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * host.h - memory of this process
 *
 * <uffdsim/abi.h> has the same names as <sys/mman.h>, so files that include the
 * language cannot include that, too.
 */
#ifndef LIVE_HOST_H
#define LIVE_HOST_H

#include <stddef.h>
#include <stdint.h>

/** Shared memory outside of the arena; NULL without. */
void *host_map_shared(size_t size);
void host_unmap(uint64_t addr, uint64_t len);
/** Another number, at least @least, for a descriptor; or -errno. */
int host_move_fd(int fd, int least);
/**
 * Keep the code of this process in memory, as far as it may.  A thread of a scenario that
 * waits for its code to come from the disk would sleep, and nothing of the scenario wakes it.
 */
void host_keep_code(void);

#endif

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

#endif

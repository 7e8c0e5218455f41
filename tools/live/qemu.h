/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * qemu.h - another kernel, emulated, with the runner as its only program
 */
#ifndef LIVE_QEMU_H
#define LIVE_QEMU_H

#include <sys/types.h>

#include "tools/live/channel.h"

/**
 * qemu_start - boot @image
 * Returns 0 with the channel to its engine; -ENOTSUP with a reason.
 */
int qemu_start(const char *image, bool verbose, struct channel *c, pid_t *pid, struct hello *hello,
	       char *why, size_t whylen);

#endif

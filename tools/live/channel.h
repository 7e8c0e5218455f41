/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * channel.h - bytes to and from an engine
 *
 * Over a serial port the receiving side has a small buffer and no way to say stop, so
 * there the sender waits after every CHUNK bytes for a byte that says go on.
 */
#ifndef LIVE_CHANNEL_H
#define LIVE_CHANNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct channel {
	int in, out;
	bool paced_in;  /* what is read here is paced, so acknowledge it */
	bool paced_out; /* what is written here is */
};

/** False at the end of file or on an error. */
bool channel_read(const struct channel *c, void *buf, size_t len);
bool channel_write(const struct channel *c, const void *buf, size_t len);

/** The first thing that an engine on another kernel sends, after any noise of the machine. */
#define HELLO "\nuffdsim-engine-is-up "
struct hello {
	char release[72];
	char why[192]; /* "" or why it cannot run scenarios */
};
/** Skip until HELLO. */
bool channel_wait_hello(const struct channel *c, struct hello *ret);

#endif

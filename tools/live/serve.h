/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * serve.h - an engine's main function
 */
#ifndef LIVE_SERVE_H
#define LIVE_SERVE_H

struct channel;

/* Descriptors far from those that a scenario may name. */
#define ENGINE_FD 900

/** Serve requests until the end of file. */
void engine_serve(const struct channel *c);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * export.h - scenarios as programs of others
 *
 * Both functions return 0; -EOPNOTSUPP for what the other side cannot express
 * or the simulator cannot do, with the place and the reason in @err; another
 * negative errno as litmus_run() has it.
 */
#ifndef EXPORT_H
#define EXPORT_H

#include <stdio.h>

#include <uffdsim/litmus.h>

/**
 * export_c - a self-contained C program that performs the scenario on a kernel
 *
 * It prints TAP.  What it expects is what the simulator does under @profile
 * (NULL: the file's): of a sequence each statement's answer, of threads the set
 * of final states.
 */
int export_c(FILE *out, const struct litmus *prog, const char *profile, struct litmus_error *err);

/** export_syz - a sequence as a syzkaller program */
int export_syz(FILE *out, const struct litmus *prog, const char *profile, struct litmus_error *err);

#endif

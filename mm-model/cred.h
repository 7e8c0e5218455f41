/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cred.h - who a process is, and what it may
 */
#ifndef MM_CRED_H
#define MM_CRED_H

#include "mm-model/internal.h"

/** What RLIMIT_MEMLOCK allows who may not lock at will. */
#define MEMLOCK_LIMIT (8ULL << 20)

/** Any capability: root has all of them, nobody else has one. */
bool capable(const struct task_struct *t);
/** The files of /proc/self belong to root once the process changed its user. */
bool proc_self_accessible(const struct task_struct *t);
/** As a debugger with its real user id: 0 or -EPERM. */
int ptrace_may_access(const struct task_struct *t, const struct process *target);
/** For fork. */
void copy_creds(struct process *child, const struct process *parent);

#endif

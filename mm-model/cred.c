/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cred.c - users and capabilities: setuid, and who may look into whom
 */
#include "mm-model/cred.h"

static void touch_creds(const struct process *p, enum sim_mode mode)
{
	sim_touch(p->k->sim, sim_key(MM_CLASS_CRED, p->id, 0), mode);
}

bool capable(const struct task_struct *t)
{
	touch_creds(t->process, SIM_READ);
	return !t->process->cred.uid;
}

bool proc_self_accessible(const struct task_struct *t)
{
	return capable(t) || t->process->cred.dumpable;
}

int ptrace_may_access(const struct task_struct *t, const struct process *target)
{
	const struct process *p = t->process;

	if (p == target || capable(t))
		return 0;
	touch_creds(target, SIM_READ);
	return p->cred.uid == target->cred.uid && target->cred.dumpable ? 0 : -EPERM;
}

void copy_creds(struct process *child, const struct process *parent)
{
	touch_creds(parent, SIM_READ);
	child->cred = parent->cred;
}

int64_t sys_setuid(struct task_struct *t, uint64_t uid)
{
	struct process *p = t->process;

	sim_yield(p->k->sim, SIM_OP_WRITE, "setuid");
	if ((uint32_t)uid == UINT32_MAX)
		return -EINVAL;
	if (!capable(t) && (uint32_t)uid != p->cred.uid)
		return -EPERM;
	if ((uint32_t)uid == p->cred.uid)
		return 0;
	touch_creds(p, SIM_WRITE);
	p->cred.uid = uid;
	p->cred.dumpable = false;
	return 0;
}

int64_t sys_getpid(struct task_struct *t)
{
	return t->process->pid;
}

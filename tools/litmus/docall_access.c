/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * docall_access.c - what is locked, sealed and permitted; the kernel reaching for user memory
 */
#include <errno.h>

#include "tools/litmus/docall.h"

void call_mlock(struct lit_thread *t, const struct stmt *s, struct value *ret)
{
	uint64_t addr = uarg(t, s, 0), len = uarg(t, s, 1);

	ret_number(t, ret, sys_mlock(t->task, addr, len));
}

void call_mlock2(struct lit_thread *t, const struct stmt *s, struct value *ret)
{
	uint64_t addr = uarg(t, s, 0), len = uarg(t, s, 1), flags = uarg(t, s, 2);

	ret_number(t, ret, sys_mlock2(t->task, addr, len, flags));
}

void call_munlock(struct lit_thread *t, const struct stmt *s, struct value *ret)
{
	uint64_t addr = uarg(t, s, 0), len = uarg(t, s, 1);

	ret_number(t, ret, sys_munlock(t->task, addr, len));
}

void call_mseal(struct lit_thread *t, const struct stmt *s, struct value *ret)
{
	uint64_t addr = uarg(t, s, 0), len = uarg(t, s, 1), flags = uarg(t, s, 2);

	ret_number(t, ret, sys_mseal(t->task, addr, len, flags));
}

void call_process_vm_readv(struct lit_thread *t, const struct stmt *s, struct value *ret)
{
	int pid = eval_pid(t, s->call->args[0]);
	uint64_t local = uarg(t, s, 1), remote = uarg(t, s, 2), len = uarg(t, s, 3);

	ret_number(t, ret, sys_process_vm_readv(t->task, pid, local, remote, len));
}

void call_process_vm_writev(struct lit_thread *t, const struct stmt *s, struct value *ret)
{
	int pid = eval_pid(t, s->call->args[0]);
	uint64_t local = uarg(t, s, 1), remote = uarg(t, s, 2), len = uarg(t, s, 3);

	ret_number(t, ret, sys_process_vm_writev(t->task, pid, local, remote, len));
}

void call_getpid(struct lit_thread *t, const struct stmt *s, struct value *ret)
{
	ret_named(t, s, ret, VAL_PROC, "pid", sys_getpid(t->task));
}

void call_setuid(struct lit_thread *t, const struct stmt *s, struct value *ret)
{
	ret_number(t, ret, sys_setuid(t->task, uarg(t, s, 0)));
}

/* The last thread of a process takes it along, which the model does not know how to do. */
static bool is_last_of_process(const struct world *w, const struct lit_thread *victim)
{
	for (int i = 1; i < w->nr_threads; i++) {
		const struct lit_thread *t = &w->threads[i];

		if (t != victim && t->decl->proc == victim->decl->proc &&
		    !(t->fiber && fatal_signal_pending(t->fiber)))
			return false;
	}
	return true;
}

/* As to a task of its own that shares memory and descriptors: the others live on. */
void call_kill(struct lit_thread *t, const struct stmt *s, struct value *ret)
{
	struct lit_thread *victim = &t->w->threads[s->call->victim];

	sim_yield(t->w->sim, SIM_OP_WAKE, "kill");
	if (!victim->fiber || sim_thread_dead(victim->fiber)) {
		ret_number(t, ret, -ESRCH);
		return;
	}
	if (is_last_of_process(t->w, victim))
		sim_unmodelled(t->w->sim, "kill(%s): the end of a process", s->call->str);
	sim_kill(victim->fiber);
	ret_number(t, ret, 0);
}

/* What a thread does at its end; it stands last. */
void call_exit(struct lit_thread *t, const struct stmt *s, struct value *ret)
{
	ret_number(t, ret, sys_exit(t->task));
}

void call_vmsplice(struct lit_thread *t, const struct stmt *s, struct value *ret)
{
	int fd = arg_fd(t, s, 0);
	uint64_t addr = uarg(t, s, 1), len = uarg(t, s, 2), flags = uarg(t, s, 3);

	ret_number(t, ret, sys_vmsplice(t->task, fd, addr, len, flags));
}

void call_io_uring_setup(struct lit_thread *t, const struct stmt *s, struct value *ret)
{
	ret_named(t, s, ret, VAL_FD, "fd", sys_io_uring_setup(t->task, uarg(t, s, 0)));
}

void call_io_uring_register(struct lit_thread *t, const struct stmt *s, struct value *ret)
{
	int fd = arg_fd(t, s, 0);
	uint64_t opcode = uarg(t, s, 1), addr = uarg(t, s, 2), len = uarg(t, s, 3);

	ret_number(t, ret, sys_io_uring_register(t->task, fd, opcode, addr, len));
}

static void start_threads(int process);

/*
 * Not fork(): a C library holds locks of its own around it, and this call may
 * sleep until somebody reads the event.
 */
static s64 race_fork(int process)
{
	long pid = syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);

	if (pid < 0)
		return -errno;
	if (!pid) {
		st->pids[process] = getpid();
		start_threads(process);
		for (;;)
			pause();
	}
	st->pids[process] = (int)pid;
	while (!__atomic_load_n(&st->started[process], __ATOMIC_SEQ_CST))
		usleep(10);
	return pid;
}

/* needs: threads */
/*
 * Not fork(): a C library holds locks of its own around it, and this call may
 * sleep until somebody reads the event.
 */
static s64 fork_process(int process)
{
	long pid = syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);

	if (pid < 0)
		return -errno;
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		st->pids[process] = getpid();
		start_threads(process);
		for (;;)
			pause();
	}
	st->pids[process] = (int)pid;
	return pid;
}

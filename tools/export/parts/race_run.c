/* needs: race_threads race_settle own_files */
/* One run in a process of its own; 0, or how it was ended. */
static int run_once(unsigned seed)
{
	int status = 0;
	pid_t pid;

	memset(st, 0, sizeof(*st));
	st->seed = seed;
	for (int i = 0; i < NR_THREADS; i++)
		st->threads[i].process = processes[i];
	fflush(stdout);
	pid = fork();
	if (!pid) {
		setpgid(0, 0);
		alarm(20);
		st->pids[0] = getpid();
		run_init();
		start_threads(0);
		own_files();
		__atomic_store_n(&st->go, 1, __ATOMIC_SEQ_CST);
		settle();
		final_state();
		_exit(0);
	}
	setpgid(pid, pid);
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		return -1;
	kill(-pid, SIGKILL);
	while (waitpid(-pid, NULL, 0) > 0)
		;
	return status;
}

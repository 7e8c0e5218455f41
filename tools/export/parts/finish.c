static void finish(int status)
{
	fflush(stdout);
	for (int i = 0; i < NR_PROCESSES; i++)
		if (i && st->pids[i] > 0)
			kill(st->pids[i], SIGKILL);
	_exit(status);
}

static __attribute__((noreturn)) void *worker(void *arg)
{
	struct thread *t = arg;

	t->pid = getpid();
	__atomic_store_n(&t->tid, (int)syscall(SYS_gettid), __ATOMIC_SEQ_CST);
	for (;;) {
		while (sem_wait(&t->mail))
			;
		t->step();
		__atomic_store_n(&t->busy, 0, __ATOMIC_SEQ_CST);
	}
}

static void start_threads(int process)
{
	pthread_t id;

	for (int i = 0; i < NR_THREADS; i++)
		if (st->threads[i].process == process &&
		    pthread_create(&id, NULL, worker, &st->threads[i]))
			abort();
}

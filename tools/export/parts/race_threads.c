static void end(struct thread *t)
{
	__atomic_store_n(&t->busy, 0, __ATOMIC_SEQ_CST);
}

static void start_threads(int process)
{
	pthread_t id;

	for (int i = 0; i < NR_THREADS; i++) {
		struct thread *t = &st->threads[i];

		if (t->process != process)
			continue;
		__atomic_store_n(&t->busy, 1, __ATOMIC_SEQ_CST);
		if (pthread_create(&id, NULL, bodies[i], t))
			abort();
	}
	__atomic_store_n(&st->started[process], 1, __ATOMIC_SEQ_CST);
}

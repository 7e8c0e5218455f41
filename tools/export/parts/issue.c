/* needs: threads settle */
/* The next statement, on the thread it belongs to; then until nothing moves. */
static void issue(int thread, int number, void (*step)(void))
{
	struct thread *t = &st->threads[thread];

	if (__atomic_load_n(&t->busy, __ATOMIC_SEQ_CST)) {
		printf("Bail out! %s is still blocked\n", t->name);
		finish(1);
	}
	for (int i = 0; i < 5000 && !__atomic_load_n(&t->tid, __ATOMIC_SEQ_CST); i++)
		usleep(1000);
	if (!t->tid) {
		printf("Bail out! there is no thread %s\n", t->name);
		finish(1);
	}
	st->now = number;
	t->step = step;
	__atomic_store_n(&t->busy, 1, __ATOMIC_SEQ_CST);
	sem_post(&t->mail);
	settle();
}

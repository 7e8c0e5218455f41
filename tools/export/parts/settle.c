/* needs: asleep */
/* Until every thread is idle, or asleep and stays so. */
static void settle(void)
{
	long before = -1;
	int same = 0;

	while (same < 20) {
		long sum = 0;
		int busy = 0, moving = 0;

		for (int i = 0; i < NR_THREADS; i++) {
			struct thread *t = &st->threads[i];
			long n;

			if (!__atomic_load_n(&t->busy, __ATOMIC_SEQ_CST))
				continue;
			n = asleep(t->pid, t->tid);
			busy++;
			moving += !n;
			sum += n;
		}
		if (!busy)
			return;
		same = !moving && sum == before ? same + 1 : 0;
		before = sum;
		usleep(1000);
	}
}

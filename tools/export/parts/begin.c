/* Where a thread of a run begins: all wait for the start. */
static void begin(struct thread *t)
{
	t->pid = getpid();
	__atomic_store_n(&t->tid, (int)syscall(SYS_gettid), __ATOMIC_SEQ_CST);
	while (!__atomic_load_n(&st->go, __ATOMIC_SEQ_CST))
		usleep(10);
}

/* needs: killed */
/*
 * One access of user memory: it may be killed, and the thread's fault count
 * shows whether it faulted.
 */
static __thread sigjmp_buf access_env;
static __thread volatile sig_atomic_t access_on;
static __thread volatile long access_faults; /* volatile: siglongjmp() comes between */

static void on_signal(int sig)
{
	if (!access_on) {
		signal(sig, SIG_DFL);
		return;
	}
	siglongjmp(access_env, sig);
}

static long fault_count(void)
{
	struct rusage ru;

	getrusage(RUSAGE_THREAD, &ru);
	return ru.ru_minflt + ru.ru_majflt;
}

/* The stack, for the access itself and for a signal, must not count. */
static __attribute__((noinline)) void touch_stack(void)
{
	volatile char pad[4 * PAGE_SIZE];

	for (size_t i = 0; i < sizeof(pad); i += 256)
		pad[i] = 0;
}

/* Nor may the code on the way of a signal, which the first one may fault in. */
static void try_signal(void)
{
	static __thread int tried;

	if (tried++)
		return;
	access_on = 1;
	syscall(SYS_tgkill, getpid(), syscall(SYS_gettid), SIGSEGV);
}

static void access_begin(void)
{
	touch_stack();
	access_on = 1;
	fault_count();
	access_faults = fault_count();
}

static void access_end(void)
{
	access_faults = fault_count() - access_faults;
	access_on = 0;
}

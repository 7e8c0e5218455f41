/* needs: access access_ready */
static s64 load(s64 addr)
{
	volatile s64 ret = 0;
	int sig;

	if (!sigsetjmp(access_env, 0))
		try_signal();
	sig = sigsetjmp(access_env, 0);
	if (!sig) {
		access_begin();
		ret = *(volatile unsigned char *)addr;
	}
	access_end();
	return sig ? KILLED(sig) : ret;
}

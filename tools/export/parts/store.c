/* needs: access access_ready */
static s64 store(s64 addr, s64 value)
{
	int sig;

	if (!sigsetjmp(access_env, 0))
		try_signal();
	sig = sigsetjmp(access_env, 0);
	if (!sig) {
		access_begin();
		*(volatile unsigned char *)addr = (unsigned char)value;
	}
	access_end();
	return sig ? KILLED(sig) : 0;
}

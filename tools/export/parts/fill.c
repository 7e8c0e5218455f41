/* needs: access access_ready */
/* Every byte of the range, lowest page first. */
static s64 fill(s64 addr, s64 value, s64 len)
{
	int sig;

	if (!sigsetjmp(access_env, 0))
		try_signal();
	sig = sigsetjmp(access_env, 0);
	if (!sig) {
		access_begin();
		for (volatile s64 at = 0; at < len;) {
			s64 part = PAGE_SIZE - ((addr + at) & (PAGE_SIZE - 1));

			if (part > len - at)
				part = len - at;
			memset((void *)(addr + at), (int)value, (size_t)part);
			at += part;
		}
	}
	access_end();
	return sig ? KILLED(sig) : 0;
}

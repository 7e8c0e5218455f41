/* Mostly none, now and then up to some hundred microseconds. */
static void delay(void)
{
	static __thread unsigned seed;
	volatile unsigned n;

	if (!seed)
		seed = st->seed * 2654435761u + (unsigned)syscall(SYS_gettid) * 40503u + 1;
	seed ^= seed << 13;
	seed ^= seed >> 17;
	seed ^= seed << 5;
	for (n = seed % (1u << (seed >> 28)); n; n--)
		;
}

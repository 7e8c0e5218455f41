/* How results are shown: a number, or the name of an error. */
static const char *num(s64 n)
{
	static __thread char bufs[8][32];
	static __thread unsigned turn;
	char *buf = bufs[turn++ % 8];
	const char *name = n < 0 && n > -4096 ? strerrorname_np((int)-n) : NULL;

	if (name)
		snprintf(buf, sizeof(bufs[0]), "-%s", name);
	else
		snprintf(buf, sizeof(bufs[0]), "%lld", n);
	return buf;
}

/* needs: num */
/* Features and ioctls may have their highest bit set. */
static const char *bits(s64 n)
{
	static __thread char bufs[4][32];
	static __thread unsigned turn;
	char *buf = bufs[turn++ % 4];

	snprintf(buf, sizeof(bufs[0]), "0x%llx", n);
	return buf;
}

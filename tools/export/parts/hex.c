/* needs: num */
static const char *hex(s64 n)
{
	static __thread char bufs[8][32];
	static __thread unsigned turn;
	char *buf = bufs[turn++ % 8];

	if (n < 0 && n > -4096)
		return num(n);
	snprintf(buf, sizeof(bufs[0]), "0x%llx", n);
	return buf;
}

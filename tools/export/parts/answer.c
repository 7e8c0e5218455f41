/* needs: num not_written */
static const char *answer(const char *key, s64 n)
{
	static __thread char buf[64];

	buf[0] = 0;
	if (n != NOT_WRITTEN)
		snprintf(buf, sizeof(buf), " {%s=%s}", key, num(n));
	return buf;
}

/* needs: hex peek */
static const char *peeked(s64 n)
{
	return n == ABSENT ? "-" : hex(n);
}

/* needs: hex killed */
static const char *byte(s64 n)
{
	if (n == KILLED(SIGBUS))
		return "SIGBUS";
	return n == KILLED(SIGSEGV) ? "SIGSEGV" : hex(n);
}

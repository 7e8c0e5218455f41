/* needs: num killed */
/* What a store gives: 0, or the signal that ended it. */
static const char *done(s64 n)
{
	if (n == KILLED(SIGBUS))
		return "SIGBUS";
	return n == KILLED(SIGSEGV) ? "SIGSEGV" : num(n);
}

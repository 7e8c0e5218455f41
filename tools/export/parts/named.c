/* needs: num */
/* A descriptor or a process is shown by its name. */
static const char *named(s64 n, const char *name)
{
	return n < 0 ? num(n) : name;
}

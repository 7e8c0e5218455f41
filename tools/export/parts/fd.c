/* A name that holds no descriptor stands for -1. */
static int fd(s64 n)
{
	return n > 2 && n < 1 << 20 ? (int)n : -1;
}

static s64 splice_memory(int file, s64 addr, s64 len, int flags)
{
	struct iovec v = { (void *)addr, (size_t)len };
	long n = syscall(SYS_vmsplice, file, &v, 1, flags);

	return n < 0 ? -errno : n;
}

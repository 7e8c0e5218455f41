static s64 vm_call(long number, s64 pid, s64 local, s64 remote, s64 len)
{
	struct iovec a = { (void *)local, (size_t)len }, b = { (void *)remote, (size_t)len };
	long n = syscall(number, (pid_t)pid, &a, 1, &b, 1, 0);

	return n < 0 ? -errno : n;
}

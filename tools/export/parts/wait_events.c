static s64 wait_events(int file, int events)
{
	struct pollfd p = { .fd = file < 0 ? 1 << 20 : file, .events = (short)events };

	return poll(&p, 1, -1) < 0 ? -errno : p.revents;
}

/* One message; @m keeps what it had if there is none. */
static s64 read_message(int file, struct uffd_msg *m)
{
	struct uffd_msg msg;
	ssize_t n = read(file, &msg, sizeof(msg));

	if (n == sizeof(msg))
		*m = msg;
	return n < 0 ? -errno : n;
}

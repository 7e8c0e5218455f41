/* Without userfaultfd there is nothing to test. */
static void probe(void)
{
	int file = (int)syscall(SYS_userfaultfd, O_CLOEXEC);

	if (file < 0) {
		printf("1..0 # SKIP userfaultfd: %s\n", strerror(errno));
		exit(4);
	}
	close(file);
}

/* The mappings inside the arena, and how userfaultfd watches them. */
static const char *maps(void)
{
	static __thread char buf[TEXT];
	unsigned long start, end;
	char line[512], perm[8];
	size_t n = 0;
	int in = 0;
	FILE *f = fopen("/proc/self/smaps", "re");

	buf[0] = 0;
	while (f && fgets(line, sizeof(line), f)) {
		if (sscanf(line, "%lx-%lx %7s", &start, &end, perm) == 3) {
			in = start >> 40 == 1;
			if (in && n < sizeof(buf))
				n += (size_t)snprintf(buf + n, sizeof(buf) - n,
						      "%s0x%lx-0x%lx %.3s %c", n ? " " : "[",
						      start, end, perm, perm[3]);
		} else if (in && !strncmp(line, "VmFlags:", 8)) {
			static const char *const flags[] = { " um", " uw", " ui" };

			for (int i = 0; i < 3; i++)
				if (strstr(line, flags[i]) && n < sizeof(buf))
					n += (size_t)snprintf(buf + n, sizeof(buf) - n, "%s",
							      flags[i]);
		}
	}
	if (f)
		fclose(f);
	if (n < sizeof(buf))
		snprintf(buf + n, sizeof(buf) - n, "%s", n ? "]" : "[]");
	return buf;
}

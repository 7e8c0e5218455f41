/* The mappings inside the arena, with their VmFlags. */
static const char *smaps(void)
{
	static __thread char buf[TEXT];
	unsigned long start, end;
	char line[512], range[64];
	size_t n = 0;
	int in = 0;
	FILE *f = fopen("/proc/self/smaps", "re");

	buf[0] = 0;
	while (f && fgets(line, sizeof(line), f)) {
		if (sscanf(line, "%lx-%lx %7s", &start, &end, range) == 3) {
			in = start >> 40 == 1;
			snprintf(range, sizeof(range), "0x%lx-0x%lx", start, end);
		} else if (in && !strncmp(line, "VmFlags:", 8) && n < sizeof(buf)) {
			size_t len = strcspn(line, "\n");

			while (len > 8 && line[len - 1] == ' ')
				len--;
			n += (size_t)snprintf(buf + n, sizeof(buf) - n, "%s%s%.*s", n ? " " : "[",
					      range, (int)(len - 8), line + 8);
		}
	}
	if (f)
		fclose(f);
	if (n < sizeof(buf))
		snprintf(buf + n, sizeof(buf) - n, "%s", n ? "]" : "[]");
	return buf;
}
